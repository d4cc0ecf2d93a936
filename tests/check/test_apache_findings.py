"""What docs/findings says of Apache's own NameServer is still so."""

import json
import time
from collections.abc import Callable, Iterable

import pytest
from bench.torn_routes import EXPERIMENTS, run

from namesrv.check.oracle import RELEASES, Oracle
from namesrv.check.peer import Peer
from namesrv.check.stand_in import StandInBroker
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.explore.peers import H1, H2, V2, registration
from namesrv.model.events import (
    GetRouteInfoByTopic,
    GetSystemTopicList,
    RegisterBroker,
    Request,
    UnregisterBroker,
)
from namesrv.remoting.command import RemotingCommand
from tests.waiting import until

pytestmark = pytest.mark.oracle

TRIES = 30
"""Each of them shows it more often than not; one is enough."""

POISON = [UnregisterBroker(cluster_name=None, broker_addr="x:1", broker_name="x", broker_id=0)] * 20


def ask(peer: Peer, requests: Iterable[Request]) -> list[RemotingCommand]:
    """Sends all at once, then waits for every answer."""
    numbered = [(peer.next_opaque(), request) for request in requests]
    peer.send(b"".join(encode(Prefix(""), r, Style(), opaque=number, oneway=False) for number, r in numbered))
    answers = [peer.answer(number, time.monotonic() + 60) for number, _ in numbered]
    assert None not in answers
    return [answer for answer in answers if answer is not None]


def unregistration(name: str) -> UnregisterBroker:
    return UnregisterBroker(cluster_name=f"c-{name}", broker_addr=f"{name}:1", broker_name=name, broker_id=0)


def register(oracle: Oracle, name: str) -> StandInBroker:
    return StandInBroker(oracle, name=name, cluster=f"c-{name}", addr=f"{name}:1", topics=[f"{name}-1", f"{name}-2"])


def has_route(peer: Peer, name: str) -> bool:
    (answer,) = ask(peer, [GetRouteInfoByTopic(topic=f"{name}-1")])
    return answer.code == 0


@pytest.mark.parametrize(("poison", "lost"), [(POISON, True), ([], False)], ids=["with", "without"])
def test_an_unregistration_without_a_cluster_keeps_another_broker_registered(
    own_apache_namesrv: Callable[..., Oracle], poison: list[UnregisterBroker], lost: bool
) -> None:
    oracle = own_apache_namesrv("apache-5.5.0")
    peer = Peer(oracle.host, oracle.port, timeout_s=60)
    brokers = []
    still_there = False
    for number in range(TRIES):
        brokers += [register(oracle, f"b{number}"), register(oracle, f"later{number}")]
        answers = ask(peer, [*poison, unregistration(f"b{number}"), *poison])
        assert {answer.code for answer in answers} == {0}

        def is_worked_off(later: str = f"later{number}") -> bool:
            """What is queued behind all that, alone, has been done."""
            ask(peer, [unregistration(later)])
            return not has_route(peer, later)

        until("the queue is worked off", is_worked_off)
        still_there = still_there or has_route(peer, f"b{number}")
        if still_there:
            break
    for broker in brokers:
        broker.crash()
    assert still_there is lost


def test_a_registration_without_a_name_takes_the_address_from_the_system_topics(
    own_apache_namesrv: Callable[..., Oracle],
) -> None:
    oracle = own_apache_namesrv("apache-5.5.0")
    peer = Peer(oracle.host, oracle.port, timeout_s=60)
    broker = register(oracle, "b")
    (before,) = ask(peer, [GetSystemTopicList()])
    assert json.loads(before.body or b"")["brokerAddr"] == "b:1"
    nameless = RegisterBroker(cluster_name="d", broker_addr="n:1", broker_name=None, broker_id=0)
    answers = ask(peer, [nameless])
    (after,) = ask(peer, [GetSystemTopicList()])
    assert [answers[0].code, after.code] == [0, 0]
    assert "brokerAddr" not in json.loads(after.body or b"")
    broker.crash()


def test_a_member_without_a_leader_publishes_over_the_leader_of_its_quorum(
    own_apache_namesrv: Callable[..., Oracle],
) -> None:
    oracle = own_apache_namesrv("apache-5.5.0")
    peer = Peer(oracle.host, oracle.port, timeout_s=60)
    leader = registration(H1, ("C1", "a", 0), {"t1": 4, "t2": 4}, enable_acting_master=False)
    member = registration(H2, ("C1", "a", -1), {"t1": 8, "t2": 4}, enable_acting_master=False)
    assert queues_of_t1(peer, [leader]) == [4]
    assert queues_of_t1(peer, [member]) == [8]
    assert queues_of_t1(peer, [leader]) == [8]
    assert queues_of_t1(peer, [registration(H1, ("C1", "a", 0), version=V2, enable_acting_master=False)]) == [4]


def queues_of_t1(peer: Peer, requests: list[RegisterBroker]) -> list[int]:
    """Of each broker name, after these."""
    assert all(answer.code == 0 for answer in ask(peer, requests))
    (answer,) = ask(peer, [GetRouteInfoByTopic(topic="t1")])
    return [queue["writeQueueNums"] for queue in json.loads(answer.body)["queueDatas"]]


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_routes_may_be_of_two_moments_and_their_brokers_are_never_the_later_part(release: str) -> None:
    """One run shows it some ten times; where other work leaves this no time, another one may."""
    by_hand, a_master_leaves, _ = EXPERIMENTS
    experiment = a_master_leaves if a_master_leaves.is_of(release) else by_hand
    runs = []
    for _ in range(5):
        runs.append(run(release, experiment, names=300, seconds=8.0))
        if runs[-1].torn:
            break
    assert runs[-1].torn, runs
    assert sum(each.turned_round for each in runs) == 0
