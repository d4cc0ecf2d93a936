"""A NameServer within a system, and what was promised by it."""

from namesrv.explore.catalogue import outcomes
from namesrv.explore.peers import H1, H2, ONE, Happening, Silent, Told, registration
from namesrv.model.events import Opaque, Received, ScanNotActiveBroker
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.values import BrokerAddrInfo

NEIGHBOURS: tuple[Happening, ...] = (
    Received(channel=ONE, opaque=Opaque(1), request=registration(H1)),
    Received(channel=ONE, opaque=Opaque(2), request=registration(H2, ("C1", "b", 0))),
    Silent(BrokerAddrInfo(cluster_name="", broker_addr=H1)),
    ScanNotActiveBroker(),
)


def promised(part: NameServerPart) -> set[str | None]:
    return {addr for addr, stay in part.ledger.stays.items() if stay.promised}


def test_nothing_is_promised_over_a_connection_that_a_scan_has_closed_whoever_notices_when() -> None:
    story = [Told(happening, at_once=False) for happening in NEIGHBOURS]
    assert {frozenset(promised(part)) for part in outcomes(story, STRICT)} == {frozenset({H2})}, "spared"
    for release in (APACHE_5_5_0, APACHE_4_9_7):
        ends = outcomes(story, release)
        assert {frozenset(promised(part)) for part in ends} == {frozenset()}
