"""Recordings of our server and of real ones are behaviours of the model; what was tampered with is not."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import attrs
import pytest

from namesrv.check.findings import Verdict
from namesrv.check.recorded.judging import Judged, as_data, judge
from namesrv.check.recorded.seen import Start
from namesrv.check.recording import Closed, Event, FrameSeen, Opened, Recording
from namesrv.check.recording_file import load_recording
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send
from namesrv.check.trace_steps import OBSERVER
from namesrv.model.events import GetBrokerClusterInfo, GetRouteInfoByTopic, QueryDataVersion, RegisterBroker, Request
from namesrv.model.profiles import PROFILES
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.codes import RequestCode
from tests.check.recorded.making import generated, record_steps
from tests.check.recorded.tampering import (
    TAMPERINGS,
    Tampering,
    broker_removed,
    command_of,
    dropped,
    queues_changed,
    version_changed,
)

RECORDINGS = Path(__file__).parents[2] / "recordings"
REAL = {
    "broker-4.9.7.jsonl": "apache-4.9.7",
    "broker-5.5.0.jsonl": "apache-5.5.0",
    "broker-5.5.0-topic-before-broker.jsonl": "apache-5.5.0",
}
BROKER = RegisterBroker(
    cluster_name="C1",
    broker_addr="h1:10911",
    broker_name="a",
    broker_id=0,
    ha_server_addr="h1:10912",
    body=RegisterBrokerBody(
        topic_config_table=table({"t1": TopicConfig(topic_name="t1")}), data_version=DataVersion(timestamp=1, counter=1)
    ),
)
TWO_TOPICS = attrs.evolve(
    BROKER,
    body=RegisterBrokerBody(
        topic_config_table=table({topic: TopicConfig(topic_name=topic) for topic in ("t1", "t2")}),
        data_version=DataVersion(timestamp=1, counter=1),
    ),
)
NEXT_VERSION = attrs.evolve(
    TWO_TOPICS,
    body=attrs.evolve(TWO_TOPICS.body or RegisterBrokerBody(), data_version=DataVersion(timestamp=2, counter=2)),
)
ROUTE = GetRouteInfoByTopic(topic="t1")
QUERY = QueryDataVersion(
    cluster_name="C1",
    broker_addr="h1:10911",
    broker_name="a",
    broker_id=0,
    data_version=DataVersion(timestamp=1, counter=1),
)


def said(connection: int, *requests: Request) -> Requests:
    return Requests(sends=tuple(Send(connection=connection, request=request) for request in requests))


@cache
def real(name: str) -> Recording:
    return load_recording(RECORDINGS / name)


@cache
def ours(profile: str, seed: int) -> Recording:
    return generated(profile, seed)


def verdict(events: tuple[Event, ...], profile: str, start: Start) -> Judged:
    return judge(events, PROFILES[profile], start)


@pytest.mark.parametrize("start", Start)
@pytest.mark.parametrize(("name", "profile"), REAL.items())
def test_what_real_brokers_and_nameservers_said_is_explained(name: str, profile: str, start: Start) -> None:
    judged = verdict(real(name).events, profile, start)
    assert judged.verdict is Verdict.HOLDS, judged
    assert judged.counts["answers explained"] == judged.counts["answers"]


@pytest.mark.parametrize("start", Start)
@pytest.mark.parametrize("seed", [0])
@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_what_our_server_said_is_explained(profile: str, seed: int, start: Start) -> None:
    judged = verdict(ours(profile, seed).events, profile, start)
    assert judged.verdict is Verdict.HOLDS, judged


@pytest.mark.parametrize(("profile", "seed"), [("strict", 3), ("apache-5.5.0", 0)])
def test_brokers_that_fall_silent_are_explained(profile: str, seed: int) -> None:
    recording = generated(profile, seed, timed=True)
    assert verdict(recording.events, profile, Start.EMPTY).verdict is Verdict.HOLDS


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_a_recording_that_begins_in_the_middle_is_explained_from_unknown(profile: str) -> None:
    events = ours(profile, 1).events
    for cut in range(5, len(events) - 5, 17):
        there = {getattr(event, "connection", None) for event in events[cut:]}
        opened = tuple(
            attrs.evolve(event, continued=True)
            for event in events[:cut]
            if isinstance(event, Opened) and event.connection in there
        )
        judged = verdict((*opened, *events[cut:]), profile, Start.UNKNOWN)
        assert judged.verdict is not Verdict.VIOLATED, (cut, judged)


# Tampered with ------------------------------------------------------------------------------------------------------


def some(tampered: Iterable[tuple[str, tuple[Event, ...]]], most: int) -> list[tuple[str, tuple[Event, ...]]]:
    """So many of them, from everywhere."""
    every = list(tampered)
    return every[:: max(1, len(every) // most)][:most]


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.__name__)
@pytest.mark.parametrize(("name", "profile"), REAL.items())
def test_a_real_recording_that_was_tampered_with_is_rejected(name: str, profile: str, tampering: Tampering) -> None:
    for about, events in some(tampering(real(name).events), 1):
        assert verdict(events, profile, Start.EMPTY).verdict is Verdict.VIOLATED, about


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.__name__)
@pytest.mark.parametrize(("profile", "seed"), [("strict", 0), ("apache-4.9.7", 1)])
def test_what_our_server_did_not_say_is_rejected(profile: str, seed: int, tampering: Tampering) -> None:
    for about, events in some(tampering(ours(profile, seed).events), 1):
        assert verdict(events, profile, Start.EMPTY).verdict is Verdict.VIOLATED, about


def something_else_was_in_work(events: tuple[Event, ...], about: str) -> bool:
    """Whether both what was said and what was made of it are possible: something else was asked at the same time, or may still
    have been in work, which nobody is told of: a one-way request, a close, in 5.x a removal.
    """
    number = int(about.split()[1])
    answered = events[number]
    assert isinstance(answered, FrameSeen)
    mine = answered.connection, command_of(answered).opaque
    asked: set[tuple[int, int]] = set()
    for event in events[:number]:
        if isinstance(event, Closed):
            return True
        if isinstance(event, FrameSeen):
            command, others = command_of(event), asked - {mine}
            if command.is_oneway or command.code == RequestCode.UNREGISTER_BROKER:
                return True
            if mine in asked or ((event.connection, command.opaque) == mine and others):
                return True
            asked ^= {(event.connection, command.opaque)}
    return False


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["strict", "apache-4.9.7", "apache-5.5.0"])
def test_of_every_tampering_with_many_recordings_only_what_is_possible_is_accepted(profile: str) -> None:
    recordings = [*(real(name) for name, of in REAL.items() if of == profile), *(ours(profile, n) for n in range(6))]
    tried, missed = 0, []
    for number, recording in enumerate(recordings):
        for tampering in TAMPERINGS:
            for about, events in tampering(recording.events):
                tried += 1
                if verdict(events, profile, Start.EMPTY).verdict is not Verdict.VIOLATED:
                    assert something_else_was_in_work(recording.events, about), (number, tampering.__name__, about)
                    missed.append((number, tampering.__name__, about))
    assert tried > 200
    assert len(missed) <= tried * 0.05, missed


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.__name__)
def test_each_tampering_was_tried_somewhere(tampering: Tampering) -> None:
    recordings = [*map(real, REAL), *(ours(profile, 0) for profile in ("strict", "apache-5.5.0")), asked_twice()]
    assert any(any(tampering(recording.events)) for recording in recordings)


@cache
def asked_twice() -> Recording:
    """A broker that was there before registers once more, with another version."""
    steps = (
        *(Open(connection=OBSERVER), Open(connection=1), said(1, TWO_TOPICS), said(1, QUERY), said(OBSERVER, ROUTE)),
        *(said(1, NEXT_VERSION), said(1, QUERY), said(OBSERVER, ROUTE)),
    )
    return record_steps("apache-5.5.0", steps)


@pytest.mark.parametrize("tampering", [version_changed, broker_removed], ids=["version", "broker"])
def test_from_unknown_too_what_was_registered_here_is_certain(tampering: Tampering) -> None:
    for about, events in tampering(asked_twice().events):
        assert verdict(events, "apache-5.5.0", Start.UNKNOWN).verdict is Verdict.VIOLATED, about


def test_from_unknown_queues_are_certain_only_once_a_version_has_followed_another() -> None:
    verdicts = [
        verdict(events, "apache-5.5.0", Start.UNKNOWN).verdict for _, events in queues_changed(asked_twice().events)
    ]
    assert verdicts == [Verdict.HOLDS, Verdict.VIOLATED]


def test_an_answer_that_does_not_come_is_noticed_once_later_ones_have_come() -> None:
    later = (Advance(ms=5_001), said(OBSERVER, ROUTE), Advance(ms=1_000), said(OBSERVER, ROUTE))
    recording = record_steps("strict", (Open(connection=OBSERVER), said(OBSERVER, ROUTE), *later))
    first, *others = [verdict(events, "strict", Start.EMPTY) for _, events in dropped(recording.events)]
    assert first.impossible is not None
    assert "no answer" in first.impossible.finding.got
    assert [judged.verdict for judged in others] == [Verdict.HOLDS, Verdict.HOLDS]
    assert others[0].counts["not answered by the end"] == 1


# Time ----------------------------------------------------------------------------------------------------------------


def shifted(events: tuple[Event, ...], after: int, by_ms: int) -> tuple[Event, ...]:
    """Everything after that event comes so much later, or sooner."""
    return (
        *events[: after + 1],
        *(attrs.evolve(event, at=event.at + by_ms * 1_000_000) for event in events[after + 1 :]),
    )


SILENT = (Open(connection=OBSERVER), Open(connection=1), said(1, TWO_TOPICS), said(OBSERVER, ROUTE))


def test_a_broker_may_not_go_before_its_time_has_passed() -> None:
    recording = record_steps("apache-5.5.0", (*SILENT, Advance(ms=120_001), Scan(), said(OBSERVER, ROUTE)))
    last_said = max(n for n, event in enumerate(recording.events) if isinstance(event, FrameSeen) and event.at < 10**9)
    assert verdict(recording.events, "apache-5.5.0", Start.EMPTY).verdict is Verdict.HOLDS
    early = shifted(recording.events, last_said, -60_000)
    closed = verdict(early, "apache-5.5.0", Start.EMPTY)  # whoever has closed it: that takes the broker along
    assert closed.verdict is Verdict.UNKNOWN
    assert closed.reasons == ("1 connections that the NameServer closed for no reason that is known",)
    open_still = tuple(event for event in early if not isinstance(event, Closed))
    judged = verdict(open_still, "apache-5.5.0", Start.EMPTY)
    assert judged.impossible is not None
    assert "TOPIC_NOT_EXIST" in judged.impossible.finding.got


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0"])
def test_a_broker_may_not_stay_for_long_after_that(profile: str) -> None:
    asked = [step for _ in range(6) for step in (Advance(ms=4_000), said(OBSERVER, ROUTE))]
    recording = record_steps(profile, (*SILENT, Advance(ms=119_000), said(OBSERVER, ROUTE), *asked))
    judged = verdict(recording.events, profile, Start.EMPTY)
    assert judged.impossible is not None
    assert judged.impossible.finding.what == "brokers that are silent for longer than their timeout expire"


def test_a_nameserver_that_stalls_is_no_violation() -> None:
    steps = (*SILENT, said(OBSERVER, ROUTE), said(1, QUERY))
    events = record_steps("apache-5.5.0", steps).events
    answers = [n for n, event in enumerate(events) if isinstance(event, FrameSeen) and event.sender == "server"]
    stalled = shifted(events, answers[1], 30_000)  # asked, and answered half a minute later
    stalled = shifted(stalled, answers[2] - 1, 30_000)
    assert verdict(stalled, "apache-5.5.0", Start.EMPTY).verdict is Verdict.HOLDS


def test_a_broker_whose_connection_closes_may_be_there_for_a_while() -> None:
    steps = (*SILENT, Close(connection=1), said(OBSERVER, ROUTE, GetBrokerClusterInfo()))
    assert verdict(record_steps("apache-5.5.0", steps).events, "apache-5.5.0", Start.EMPTY).verdict is Verdict.HOLDS


def test_a_hundred_clients_that_ask_at_once_are_followed() -> None:
    reads = [GetRouteInfoByTopic(topic=f"t{number % 3}") for number in range(100)]
    judged = verdict(
        record_steps("apache-5.5.0", (*SILENT, said(OBSERVER, *reads))).events, "apache-5.5.0", Start.EMPTY
    )
    assert judged.verdict is Verdict.HOLDS
    assert judged.most_states <= 4


# Verdicts ------------------------------------------------------------------------------------------------------------


def test_another_release_is_told_apart() -> None:
    events = real("broker-5.5.0-topic-before-broker.jsonl").events
    judged = verdict(events, "apache-4.9.7", Start.UNKNOWN)
    assert judged.impossible is not None
    assert judged.impossible.finding.expected == ("SUCCESS",)
    assert as_data(judged)["verdict"] == "violated"


def test_nothing_that_could_be_judged_is_unknown() -> None:
    events = record_steps("strict", (Open(connection=OBSERVER),)).events
    judged = verdict(events, "strict", Start.EMPTY)
    assert judged.verdict is Verdict.UNKNOWN
    assert judged.reasons == ("there is no answer that could be judged",)
