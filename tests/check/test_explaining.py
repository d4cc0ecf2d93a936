"""Is what a NameServer answers true of one that keeps the invariants? Ours, and the real ones, driven into anomalies."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import attrs
import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.explaining import Explained, explain_target, judge
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.oracle import Oracle
from namesrv.check.peer import Peer
from namesrv.check.runner import Target
from namesrv.check.snapshot import Looker
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.explore.peers import H1, H2, registration, unregistration
from namesrv.model.events import Request
from namesrv.model.profiles import APACHE_5_5_0, DISTINCT_PROFILES, PROFILES, STRICT
from namesrv.model.values import TopicQueueMappingInfo
from namesrv.proofs.explain import OF_TABLES, explain
from tests.check.peers import hangs_up, serving

H3 = "h3:10911"
CLUSTERS = "GET_BROKER_CLUSTER_INFO: "
MAPPINGS = {"t1": TopicQueueMappingInfo(topic="t1", bname="a", total_queues=2)}
NOBODY = ("C1", "zz", 0)


@attrs.frozen(kw_only=True)
class Case:
    """An anomaly that answers show. `core`: the facts told; `caught_by`: the invariant without which it passes."""

    slug: str
    requests: tuple[Request, ...]
    core: frozenset[str]
    caught_by: str
    data_versions: bool = False

    def __str__(self) -> str:
        return self.slug


TWO_NAMES = Case(
    slug="register/accepted/address-under-another-name",
    requests=(registration(), registration(place=("C1", "b", 0))),
    core=frozenset({f"{CLUSTERS}broker a of C1 has 0={H1}", f"{CLUSTERS}broker b of C1 has 0={H1}"}),
    caught_by="AddressUniqueness",
)
TWO_CLUSTERS = Case(
    slug="register/accepted/name-of-another-cluster",
    requests=(registration(), registration(H2, ("C2", "a", 1))),
    core=frozenset({f"{CLUSTERS}broker a of C1 has 0={H1}, 1={H2}", f"{CLUSTERS}clusterAddrTable has of C2 a"}),
    caught_by="ClusterAgreement",
)
ROUTE_WITHOUT_LIFE = Case(
    slug="unregister/address-under-another-name",
    requests=(registration(), unregistration(place=("C1", "b", 0))),
    core=frozenset({f"{CLUSTERS}broker a of C1 has 0={H1}", f"QUERY_DATA_VERSION: no DataVersion of {H1} in C1"}),
    caught_by="RouteSoundness",
    data_versions=True,
)
CASES = {
    "apache-5.5.0": (
        TWO_NAMES,
        TWO_CLUSTERS,
        ROUTE_WITHOUT_LIFE,
        Case(
            slug="register/topic-before-broker/one-topic",
            requests=(registration(topics={"t1": 4}),),
            core=frozenset({f"{CLUSTERS}broker a of C1 has no address"}),
            caught_by="ClusterAgreement",
        ),
        Case(
            slug="register/broker-name-null-swallowed/no-brokername",
            requests=(registration(place=("C1", None, 0)),),
            core=frozenset({f"{CLUSTERS}clusterAddrTable has of C1 None", f"{CLUSTERS}there is no broker None"}),
            caught_by="ClusterAgreement",
        ),
        Case(
            slug="unregister/batch+unregister/queued",
            requests=(registration(mappings=MAPPINGS), registration(H2, ("C1", "b", 0)), unregistration()),
            core=frozenset(
                {f"{CLUSTERS}there is no broker a", "GET_ROUTEINFO_BY_TOPIC t1: a topic-queue mapping of broker a"}
            ),
            caught_by="NothingLeftOver",
        ),
    ),
    "apache-4.9.7": (
        TWO_NAMES,
        TWO_CLUSTERS,
        ROUTE_WITHOUT_LIFE,
        Case(
            slug="unregister/by-id/no-clustername/not-live",
            requests=(registration(), unregistration(place=(None, "a", 0))),
            core=frozenset({f"{CLUSTERS}clusterAddrTable has of C1 a", f"{CLUSTERS}there is no broker a"}),
            caught_by="ClusterAgreement",
        ),
        Case(
            slug="unregister/by-id/address-in-another-cluster",
            requests=(registration(), unregistration(place=("C2", "a", 0))),
            core=frozenset({f"{CLUSTERS}clusterAddrTable has of C1 a", f"{CLUSTERS}there is no broker a"}),
            caught_by="ClusterAgreement",
        ),
    ),
}
ALL = [(release, case) for release, cases in CASES.items() for case in cases]

SOUND = (
    (),
    (
        registration(),
        registration(H2, ("C1", "a", 1)),
        registration(H3, ("C2", "b", 0), {"t1": 4, "t3": 8}, filters=("f:1",)),
    ),
)
"""What leaves every release in order."""


@contextmanager
def told(target: Target, requests: tuple[Request, ...], settle: Callable[[], None]) -> Iterator[None]:
    """The requests have been answered, over one connection that stays."""
    peer = Peer(target.host, target.port, timeout_s=5)
    for request in requests:
        opaque = peer.next_opaque()
        peer.send(encode(Prefix(""), request, Style(), opaque=opaque, oneway=False))
        assert peer.answer(opaque, time.monotonic() + 5) is not None
    settle()
    yield
    peer.close()


@pytest.mark.parametrize("requests", SOUND, ids=["nobody", "three-brokers"])
@pytest.mark.parametrize("profile", DISTINCT_PROFILES)
def test_a_namesrv_in_order_is_explained(profile: str, requests: tuple[Request, ...]) -> None:
    with Embedded(profile=profile) as server:
        target = Target(host="127.0.0.1", port=server.port)
        with told(target, requests, server.settle):
            for data_versions in (False, True):
                found = explain_target(target, PROFILES[profile], data_versions=data_versions)
                assert found.verdict is Verdict.HOLDS, found
                assert found.snapshot.in_motion == frozenset()


@pytest.mark.parametrize(("release", "case"), ALL, ids=str)
def test_an_anomaly_is_not_explained_and_the_core_names_it(release: str, case: Case) -> None:
    with Embedded(profile=release) as server:
        target = Target(host="127.0.0.1", port=server.port)
        with told(target, case.requests, server.settle):
            found = explain_target(target, PROFILES[release], data_versions=case.data_versions)
    assert_told(found, case)


def assert_told(found: Explained, case: Case) -> None:
    assert found.verdict is Verdict.VIOLATED
    cores = {frozenset(fact.says for fact in c.facts): c.invariants for c in found.contradictions}
    assert case.core in cores
    assert case.caught_by in cores[case.core]


@pytest.mark.parametrize(("release", "case"), ALL, ids=str)
def test_who_ignores_the_invariant_lets_the_anomaly_pass(release: str, case: Case) -> None:
    with Embedded(profile=release) as server:
        target = Target(host="127.0.0.1", port=server.port)
        with told(target, case.requests, server.settle):
            looker = Looker(target, data_versions=case.data_versions)
            facts = looker.snapshot().facts
            looker.close()
    meant = {fact for fact in facts if fact.says in case.core}
    assert len(meant) == len(case.core)
    without = tuple(name for name in OF_TABLES if name != case.caught_by)
    assert explain(meant, PROFILES[release], invariants=without).verdict.value == "proved"
    assert explain(meant, PROFILES[release]).verdict.value == "refuted"


@pytest.mark.parametrize(("release", "case"), ALL, ids=str)
def test_strict_that_is_told_the_same_is_explained(release: str, case: Case) -> None:
    with Embedded(profile="strict") as server:
        target = Target(host="127.0.0.1", port=server.port)
        with told(target, case.requests, server.settle):
            assert explain_target(target, STRICT, data_versions=True).verdict is Verdict.HOLDS


# The real ones --------------------------------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize("release", CASES)
def test_a_real_namesrv_in_order_is_explained(own_apache_namesrv: Callable[..., Oracle], release: str) -> None:
    oracle = own_apache_namesrv(release)  # of three brokers over one connection 4.9 takes out one when it closes
    target = Target(host=oracle.host, port=oracle.port)
    with told(target, SOUND[1], lambda: None):
        assert explain_target(target, PROFILES[release], data_versions=True).verdict is Verdict.HOLDS


@pytest.mark.oracle
@pytest.mark.parametrize(("release", "case"), ALL, ids=str)
def test_an_anomaly_of_a_real_namesrv_is_not_explained(
    own_apache_namesrv: Callable[..., Oracle], release: str, case: Case
) -> None:
    oracle = own_apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port)
    with told(target, case.requests, lambda: None):
        deadline = time.monotonic() + 10  # an unregistration of 5.5.0 has been answered before it is worked off
        found = explain_target(target, PROFILES[release], data_versions=case.data_versions)
        while found.verdict is not Verdict.VIOLATED and time.monotonic() < deadline:
            found = explain_target(target, PROFILES[release], data_versions=case.data_versions)
    assert_told(found, case)


# While it is being driven ---------------------------------------------------------------------------------------------


class Load:
    """Brokers of a few names and addresses that come, change, quarrel and go, as a seed says."""

    def __init__(self, target: Target, seed: int) -> None:
        self._rng = Random(seed)
        self._peers = [Peer(target.host, target.port, timeout_s=5) for _ in range(3)]
        self.done = 0

    def one(self) -> None:
        """One request, answered."""
        rng = self._rng
        place = (rng.choice(["C1", "C2"]), rng.choice("abc"), rng.choice([0, 0, 1]))
        addr = rng.choice([H1, H2, H3])
        topics = {topic: rng.choice([4, 8]) for topic in rng.sample(["t1", "t2", "t3", "t4"], rng.randint(2, 4))}
        request = rng.choice(
            [registration(addr, place, topics), registration(addr, place, topics), unregistration(addr, place)]
        )
        peer = rng.choice(self._peers)
        opaque = peer.next_opaque()
        peer.send(encode(Prefix(""), request, Style(), opaque=opaque, oneway=False))
        assert peer.answer(opaque, time.monotonic() + 5) is not None
        self.done += 1

    def some(self, number: int) -> None:
        """So many."""
        for _ in range(number):
            self.one()


@pytest.mark.parametrize("seed", range(6))
def test_strict_is_explained_whatever_happens_between_two_requests_of_a_look(seed: int) -> None:
    with Embedded(profile="strict") as server:
        target = Target(host="127.0.0.1", port=server.port)
        load, rng = Load(target, seed), Random(seed)
        load.some(20)
        looker = Looker(target, data_versions=True, at_once=1, between=lambda: load.some(rng.choice([0, 0, 0, 1, 2])))
        for _ in range(3):
            found = judge(looker, target.where, STRICT)
            assert found.verdict is Verdict.HOLDS, found
        looker.close()
    assert load.done > 60


def test_a_single_look_at_what_is_driven_is_not_to_be_trusted() -> None:
    """The bad twin of looking twice: answers of different times contradict one another."""
    verdicts = set()
    with Embedded(profile="strict") as server:
        target = Target(host="127.0.0.1", port=server.port)
        load = Load(target, 1)
        load.some(20)
        looker = Looker(target, at_once=1, between=lambda: load.some(2))
        for _ in range(10):
            verdicts.add(explain(looker.look(), STRICT).verdict.value)
        looker.close()
    assert "refuted" in verdicts


def test_strict_under_concurrent_load_is_explained_each_time() -> None:
    with Embedded(profile="strict") as server:
        target = Target(host="127.0.0.1", port=server.port)
        load, over, failed = Load(target, 7), threading.Event(), list[BaseException]()
        load.some(20)

        def drive() -> None:
            try:
                while not over.is_set():
                    load.one()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=drive)
        thread.start()
        try:
            found, settled = list[Explained](), list[Explained]()
            deadline = time.monotonic() + 60
            while len(settled) < 4 and time.monotonic() < deadline:  # a busy machine may never find it standing still
                found.append(explain_target(target, STRICT, data_versions=True))
                settled += [found[-1]] if "in motion" not in found[-1].why else []
        finally:
            over.set()
            thread.join()
    assert failed == []
    assert settled, "it never stood still"
    assert {explained.verdict for explained in settled} == {Verdict.HOLDS}, [explained.why for explained in settled]
    assert any(explained.snapshot.in_motion for explained in found), "it was being driven"


# No verdict -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handle", [hangs_up])
def test_who_is_no_namesrv_is_undecided(handle: Callable[..., None]) -> None:
    with serving(handle) as port, pytest.raises(Undecided):
        explain_target(Target(host="127.0.0.1", port=port), APACHE_5_5_0)


def test_a_solver_without_time_does_not_know() -> None:
    with Embedded(profile="apache-5.5.0") as server:
        target = Target(host="127.0.0.1", port=server.port)
        with told(target, SOUND[1], server.settle):
            found = explain_target(target, APACHE_5_5_0, timeout_ms=1)
    assert found.verdict is Verdict.UNKNOWN
    assert "1 ms" in found.why
