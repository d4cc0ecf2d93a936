"""Real Apache peers for tests: a broker, and mqadmin, whose producer and consumer are the Java client's."""

from bench.interop.broker import Broker, apache_broker
from bench.interop.mqadmin import mqadmin_once as mqadmin

__all__ = ["Broker", "apache_broker", "mqadmin"]
