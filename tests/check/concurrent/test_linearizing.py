"""Concurrent clients on live servers: right ones are explained, also where they answer in odd orders; each race is caught."""

import socket
import time
from collections.abc import Callable, Iterable
from random import Random
from typing import Any
from unittest import mock

import pytest

from namesrv.check.concurrent.driving import Round
from namesrv.check.concurrent.linearizing import Linearized, Rounds, linearize
from namesrv.check.concurrent.plan import AFTER, BEFORE, Plan, plan_of
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.oracle import Oracle
from namesrv.check.peer import Peer
from namesrv.check.recorded.judging import judge
from namesrv.check.recorded.seen import Start
from namesrv.check.recording import Closed, Side
from namesrv.check.runner import Target
from namesrv.check.search import new_run_name
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.cli.check import tls_context
from namesrv.model.events import GetBrokerClusterInfo, PutKVConfig, RegisterBroker, Request
from namesrv.model.profiles import PROFILES
from namesrv.model.values import ORDER_TOPIC_CONFIG, DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.server.tables import Tables
from namesrv.server.tls import self_signed_context
from tests.check.concurrent.racing import CLIENTS, Lockstep, LosesUpdates, LosingManager, StaleVersions

PATIENCE_S = 60.0
NAMES = "lin-"


def run(profile: str, rounds: Rounds, *, plan: Plan | None = None, **server: Any) -> Linearized:
    with Embedded(profile=profile, max_kept_bytes=0, **server) as embedded:
        target = Target(host="127.0.0.1", port=embedded.port, timeout_s=PATIENCE_S)
        given = None if plan is None else lambda number: plan
        report = linearize(target, PROFILES[profile], rounds, NAMES, shrink_s=PATIENCE_S, plan=given)
        tables = embedded.call(lambda: embedded.server and embedded.server.manager.tables)
        assert not tables.broker_addr
        assert not tables.topic_queue
        return report


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_what_clients_saw_at_once_of_our_server_is_explained(profile: str) -> None:
    report = run(profile, Rounds(rounds=5, seed=1))
    assert report.verdict is not Verdict.VIOLATED, report
    assert report.overlapping > 0
    assert report.explained > report.requests == 5 * 3 * 4


@pytest.mark.parametrize(("profile", "requests"), [("strict", 4), ("apache-5.5.0", 2), ("apache-4.9.7", 4)])
def test_orders_that_are_not_those_of_sending_are_explained_too(profile: str, requests: int) -> None:
    report = run(profile, Rounds(rounds=5, requests=requests, seed=2, clients=CLIENTS), processor=Lockstep)
    assert report.verdict is not Verdict.VIOLATED, report
    assert report.overtaken > 0


@pytest.mark.parametrize(("profile", "within"), [("strict", 5), ("apache-5.5.0", 5), ("apache-4.9.7", 5)])
def test_updates_that_are_lost_where_registrations_meet_are_caught(profile: str, within: int) -> None:
    rounds = Rounds(rounds=within, seed=1, clients=CLIENTS)
    report = run(profile, rounds, processor=LosesUpdates, manager=LosingManager)
    assert report.verdict is Verdict.VIOLATED
    assert report.caught is not None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_as_many_rounds_as_there_are_by_default_catch_them_whatever_the_seed(profile: str, seed: int) -> None:
    report = run(profile, Rounds(seed=seed, clients=CLIENTS), processor=LosesUpdates, manager=LosingManager)
    assert report.verdict is Verdict.VIOLATED


def registration(name: str, topics: tuple[str, ...], number: int) -> RegisterBroker:
    configs = table({topic: TopicConfig(topic_name=topic, read_queue_nums=number) for topic in topics})
    return RegisterBroker(
        cluster_name="C1",
        broker_addr=f"h{number}:1",
        broker_name=name,
        broker_id=0,
        ha_server_addr="h:1",
        body=RegisterBrokerBody(topic_config_table=configs, data_version=DataVersion(timestamp=1, counter=number)),
    )


def test_the_least_of_a_lost_update_is_the_registrations_that_met_and_the_look() -> None:
    look = GetBrokerClusterInfo()
    at_once = (
        (registration("a", ("t1", "t2"), 1), look),
        (registration("b", ("t2", "t3"), 2), look),
        (PutKVConfig(namespace="namesrv-check", key="t1", value="1"), look),
    )
    plan = Plan(before=BEFORE, at_once=at_once, after=AFTER)
    report = run("strict", Rounds(rounds=1), plan=plan, processor=LosesUpdates, manager=LosingManager)
    assert report.caught is not None
    lines = [line.partition("connection ")[2] for line in report.caught.lines(PROFILES["strict"])]
    asked = [line for line in lines if "REGISTER_BROKER" in line or "GET_" in line or "PUT_" in line]
    # The list shows the topics of one; neither came after the other's answer.
    assert [line.split()[1] for line in asked] == ["REGISTER_BROKER", "REGISTER_BROKER", "GET_ALL_TOPIC_LIST"], lines


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_who_leaves_takes_its_broker_along_while_others_look(profile: str) -> None:
    look = GetBrokerClusterInfo()
    at_once = ((registration("a", ("t1", "t2"), 1),), (look,) * 4, (registration("b", ("t2", "t3"), 2), look))
    plan = Plan(before=BEFORE, at_once=at_once, after=AFTER, leaving=frozenset({0}))
    with Embedded(profile=profile) as embedded:
        target = Target(host="127.0.0.1", port=embedded.port, timeout_s=PATIENCE_S)
        history = Round(target, NAMES, Random(1)).run(plan)
    left = [event for event in history.events if isinstance(event, Closed)]
    assert [(event.connection, event.by) for event in left] == [(2, Side.CLIENT)]
    judged = judge(history.events, PROFILES[profile], Start.EMPTY, names=NAMES)
    assert judged.verdict is not Verdict.VIOLATED, judged


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0"])
def test_a_version_from_before_a_registration_that_was_answered_is_caught(profile: str) -> None:
    report = run(profile, Rounds(rounds=3, seed=1), manager=StaleVersions)
    assert report.caught is not None
    assert report.caught.judged.impossible is not None
    assert "QUERY_DATA_VERSION" in report.caught.judged.impossible.finding.what


def test_a_route_of_a_snapshot_that_is_too_old_is_caught() -> None:
    with mock.patch.object(Tables, "_drop_route"):
        report = run("strict", Rounds(rounds=5, seed=1))
    assert report.caught is not None
    assert report.caught.judged.impossible is not None
    assert "GET_ROUTEINFO_BY_TOPIC" in report.caught.judged.impossible.finding.what


def somebody_else(target: Target, theirs: Iterable[Request]) -> Peer:
    other = target.connect()
    for request in theirs:
        opaque = other.next_opaque()
        other.send(encode(Prefix("theirs-"), request, Style(), opaque=opaque, oneway=False))
        assert other.answer(opaque, time.monotonic() + PATIENCE_S) is not None
    return other


def test_answers_of_many_tls_records_are_waited_for_to_their_end() -> None:
    many = registration("a", tuple(f"topic-{number}" for number in range(1_500)), 1)
    with Embedded(profile="strict", tls=self_signed_context("127.0.0.1")) as embedded:
        context = tls_context(None, insecure=True)
        target = Target(host="127.0.0.1", port=embedded.port, timeout_s=PATIENCE_S, tls=context)
        other = somebody_else(target, [many])
        report = linearize(target, PROFILES["strict"], Rounds(rounds=2, seed=1), NAMES)
        assert report.verdict is Verdict.HOLDS, report.why_unknown
        other.close()


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_what_others_have_in_the_nameserver_makes_no_difference(profile: str) -> None:
    theirs = (registration("a", ("t1", "t2"), 1), PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"))
    with Embedded(profile=profile) as embedded:
        target = Target(host="127.0.0.1", port=embedded.port, timeout_s=PATIENCE_S)
        other = somebody_else(target, theirs)
        report = linearize(target, PROFILES[profile], Rounds(rounds=3, seed=1), NAMES)
        assert report.verdict is not Verdict.VIOLATED, report.caught
        tables = embedded.call(lambda: embedded.server and embedded.server.manager.tables)
        assert set(tables.broker_addr) == {"theirs-a"}
        other.close()


def test_one_client_alone_is_no_evidence() -> None:
    report = run("strict", Rounds(rounds=2, clients=1))
    assert report.verdict is Verdict.UNKNOWN
    assert (report.overlapping, report.requests) == (0, 2 * 4)
    assert "no evidence" in report.why_unknown[0]


def test_a_nameserver_that_stalls_is_unknown_and_not_waited_for_in_every_round() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target(host="127.0.0.1", port=silent.getsockname()[1], timeout_s=0.05)
        report = linearize(target, PROFILES["strict"], Rounds(rounds=50), NAMES)
    assert (report.verdict, report.rounds) == (Verdict.UNKNOWN, 1)
    assert "no answer within 0.05 s to PUT_KV_CONFIG" in " ".join(report.why_unknown)


def test_a_nameserver_that_is_not_there_is_unknown() -> None:
    target = Target(host="127.0.0.1", port=1, timeout_s=1)
    report = linearize(target, PROFILES["strict"], Rounds(rounds=3), NAMES)
    assert (report.verdict, report.rounds) == (Verdict.UNKNOWN, 1)


def test_what_clients_ask_follows_from_the_seed_and_no_registration_is_like_another() -> None:
    plans = [plan_of(Random("1/1"), clients=3, requests=8) for _ in range(2)]
    assert plans[0] == plans[1] != plan_of(Random("1/2"), clients=3, requests=8)
    bodies = [r.body for asked in plans[0].at_once for r in asked if isinstance(r, RegisterBroker)]
    versions = [body.data_version for body in bodies if body is not None]
    assert len(set(versions)) == len(versions) > 3


@pytest.mark.oracle
@pytest.mark.parametrize("release", ["apache-5.5.0", "apache-4.9.7"])
def test_what_clients_saw_at_once_of_a_real_release_is_explained(
    apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    oracle = apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port, timeout_s=PATIENCE_S)
    report = linearize(target, PROFILES[release], Rounds(rounds=6, seed=3), new_run_name())
    assert report.verdict is not Verdict.VIOLATED, report
    assert report.overlapping > 0
    assert report.left_behind == 0
