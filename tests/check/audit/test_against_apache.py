"""Real NameServers: nothing is found of what is in order, and what a release does wrong is found and named."""

from collections.abc import Callable

import pytest

from namesrv.check.audit.auditor import Auditor
from namesrv.check.audit.snapshots import Asker
from namesrv.check.findings import Verdict
from namesrv.check.oracle import Oracle
from namesrv.check.stand_in import StandInBroker
from namesrv.check.target import Target
from namesrv.model.profiles import PROFILES


@pytest.mark.oracle
@pytest.mark.parametrize("release", ["apache-5.5.0", pytest.param("apache-4.9.7", marks=pytest.mark.slow)])
def test_a_real_namesrv_is_sound_until_two_clusters_have_one_broker_name(
    own_apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    oracle = own_apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port)

    def audit() -> tuple[Verdict, list[str]]:
        found = Auditor(Asker(targets=(target,)).snapshot, confirm=3).audit(lambda share: None)
        assert [look.profile for look in found.looks] == [PROFILES[release]]
        return found.verdict, [finding.explained_by[0].slug for finding in found.findings]

    brokers = [
        StandInBroker(oracle, addr=f"127.0.0.1:{port}", name=name, broker_id=number, topics=["t1", "t2"])
        for name, number, port in (("a", 0, 10911), ("a", 1, 10921), ("b", 0, 10931))
    ]
    assert audit() == (Verdict.HOLDS, [])
    brokers.append(StandInBroker(oracle, addr="127.0.0.1:10941", name="a", cluster="C2", topics=["t1", "t2"]))
    assert audit() == (Verdict.VIOLATED, ["register/accepted/name-of-another-cluster"])
    for broker in brokers:
        broker.crash()
