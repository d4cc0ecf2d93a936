"""A broker's registration over real sockets: `Registrar` registers with every NameServer, keeps doing so, and unregisters."""

from namesrv.broker.profiles import BROKER_PROFILES, RegistrarProfile, UnknownBrokerProfile, broker_profile
from namesrv.broker.registrar import Registrar
from namesrv.broker.report import Report
from namesrv.broker.settings import RegistrarSettings
from namesrv.broker.topics import default_topics, later_topics

__all__ = [
    "BROKER_PROFILES",
    "Registrar",
    "RegistrarProfile",
    "RegistrarSettings",
    "Report",
    "UnknownBrokerProfile",
    "broker_profile",
    "default_topics",
    "later_topics",
]
