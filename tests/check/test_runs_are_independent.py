"""Many runs share one embedded server: none may inherit what another did to it."""

from namesrv.check.embedded import Embedded
from namesrv.check.runner import Target
from namesrv.check.search import replay
from namesrv.check.steps import Advance, Open, Requests, Scan, Send, Style
from namesrv.model.events import RegisterBroker
from namesrv.model.profiles import PROFILES
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.server import HeldClock

REGISTER = RegisterBroker(
    cluster_name="C1",
    broker_addr="h1:10911",
    broker_name="a",
    broker_id=0,
    body=RegisterBrokerBody(
        topic_config_table=table({"t1": TopicConfig(topic_name="t1")}),
        data_version=DataVersion(timestamp=1, counter=1),
    ),
)
STEPS = (
    Open(connection=1),
    Requests(sends=(Send(connection=1, request=REGISTER, oneway=False, style=Style()),)),
    Advance(ms=120_001),
    Scan(),
)


def test_a_scan_timer_of_4_9_that_an_earlier_run_ended_runs_again_in_the_next() -> None:
    with Embedded(profile="apache-4.9.7", clock=HeldClock()) as server:
        assert server.server is not None
        server.call(setattr, server.server.manager, "is_scan_stopped", True)
        target = Target(host="127.0.0.1", port=server.port)
        assert replay(target, PROFILES["apache-4.9.7"], STEPS, held=server) is None
