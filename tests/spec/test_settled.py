"""What `docs/strict.md` tells under "Settled in the spike", run on the model, our server and the real one.

Two stories that go wrong in every Apache release, and in `strict` without the repair that each of them has led to; and what was
decided to be as it is in Apache's.
"""

from collections.abc import Callable

import attrs
import pytest

from namesrv.check.counterexample import replay_events
from namesrv.check.embedded import Embedded
from namesrv.check.oracle import Oracle
from namesrv.check.runner import Target
from namesrv.model.events import (
    Answered,
    Channel,
    DeleteTopicInNamesrv,
    Event,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
)
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table

GOES_WRONG = pytest.mark.parametrize("profile", [APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name)


def version(counter: int, timestamp: int) -> DataVersion:
    return DataVersion(counter=counter, timestamp=timestamp)


def registration(number: int, sent: DataVersion, channel: int = 1, **queues: int) -> Received:
    configs = {
        topic: TopicConfig(topic_name=topic, read_queue_nums=n, write_queue_nums=n) for topic, n in queues.items()
    }
    request = RegisterBroker(
        cluster_name="C1",
        broker_addr="h1:10911",
        broker_name="a",
        broker_id=0,
        body=RegisterBrokerBody(topic_config_table=table(configs), data_version=sent),
    )
    return Received(channel=Channel(channel), opaque=Opaque(number), request=request)


def question(number: int, asked: DataVersion) -> Received:
    request = QueryDataVersion(
        cluster_name="C1", broker_addr="h1:10911", broker_name="a", broker_id=0, data_version=asked
    )
    return Received(channel=Channel(1), opaque=Opaque(number), request=request)


SAME_VERSION = (
    registration(1, version(1, 1), t1=4, t2=4),
    registration(2, version(2, 2), t1=8),
    registration(3, version(2, 2), t2=8),
    registration(4, version(2, 2), t1=8, t2=8),
    question(5, version(2, 2)),
)
"""Two topics have changed. They are told one by one under one version (enableSplitRegistration), then both."""

EARLIER_TIMESTAMP = (
    registration(1, version(1, 3), channel=2, t1=8, t2=8),
    registration(2, version(1, 1), t1=4),
    question(3, version(1, 1)),
)
"""A broker has lost its versions and counts anew, over a new connection; then comes, over the old one, what it had sent when it
counted that far the first time."""


DELETED_BY_HAND = (
    registration(1, version(1, 1), t1=4, t2=4),
    Received(channel=Channel(2), opaque=Opaque(2), request=DeleteTopicInNamesrv(topic="t1")),
    question(3, version(1, 1)),
    registration(4, version(2, 2), t1=4, t2=4),
    question(5, version(2, 2)),
)
"""An administrator deletes a topic at the NameServer alone. Its broker asks before it registers, until it has something new to
say."""


TAKEN_OVER = (
    registration(1, version(0, 2), t1=4, t2=4),
    registration(2, version(0, 1), t1=4, t2=4),
    question(3, version(0, 1)),
)
"""Nothing is wrong here: a slave starts with a version of its own, and takes over its master's, who started earlier."""


@attrs.frozen
class End:
    """How a story ends: each answer's code, how many queues each topic has, and whether the last answer was "unchanged"."""

    codes: tuple[int, ...]
    queues: dict[str, int]
    unchanged: bool


def run(profile: Profile, events: tuple[Event, ...]) -> End:
    state = NameServerState()
    answers: list[Answered] = []
    for event in events:
        state, said = settle(step(state, event, profile)[0], profile, now_ms=1)
        answers += [output for output in said if isinstance(output, Answered)]
    fields = answers[-1].answer.ext_fields
    return End(
        codes=tuple(answered.answer.code for answered in answers),
        queues={str(topic): by_name["a"].read_queue_nums for topic, by_name in state.tables.topic_queue_table.items()},
        unchanged=fields is not None and fields.get("changed") == "false",
    )


NOT_PUT = End(codes=(0, 0, 0, 0, 0), queues={"t1": 8, "t2": 4}, unchanged=True)
WENT_BACK = End(codes=(0, 0, 0), queues={"t1": 4, "t2": 8}, unchanged=True)


@GOES_WRONG
def test_a_known_topic_that_is_told_under_a_known_version_is_not_put_by_apache_then_or_later(profile: Profile) -> None:
    assert run(profile, SAME_VERSION) == NOT_PUT


def test_nor_by_strict_without_its_repair_and_with_it_each_is_put() -> None:
    assert run(attrs.evolve(STRICT, same_version_puts_topics=False), SAME_VERSION) == NOT_PUT
    assert run(STRICT, SAME_VERSION) == End(codes=(0, 0, 0, 0, 0), queues={"t1": 8, "t2": 8}, unchanged=True)
    assert run(STRICT, SAME_VERSION[:3]).queues == {"t1": 8, "t2": 8}


@GOES_WRONG
def test_an_earlier_timestamp_at_an_equal_counter_is_accepted_by_apache_and_called_unchanged(profile: Profile) -> None:
    assert run(profile, EARLIER_TIMESTAMP) == WENT_BACK


def test_so_it_is_by_strict_without_its_repair_and_with_it_refused() -> None:
    assert run(attrs.evolve(STRICT, timestamp_breaks_tie=False), EARLIER_TIMESTAMP) == WENT_BACK
    assert run(STRICT, EARLIER_TIMESTAMP) == End(codes=(0, 1, 0), queues={"t1": 8, "t2": 8}, unchanged=False)


@GOES_WRONG
def test_a_new_slave_that_takes_over_its_masters_earlier_timestamp_is_accepted_over_its_own_connection(
    profile: Profile,
) -> None:
    slaves = tuple(attrs.evolve(event, request=attrs.evolve(event.request, broker_id=1)) for event in TAKEN_OVER)
    assert run(profile, slaves) == End(codes=(0, 0, 0), queues={}, unchanged=True)
    assert run(STRICT, slaves) == End(codes=(0, 0, 0), queues={}, unchanged=True)


@pytest.mark.parametrize("profile", [STRICT, APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name)
def test_a_topic_deleted_by_hand_stays_away_from_a_broker_that_asks_until_it_has_something_new_to_say(
    profile: Profile,
) -> None:
    assert run(profile, DELETED_BY_HAND[:3]) == End(codes=(0, 0, 0), queues={"t2": 4}, unchanged=True)
    assert run(profile, DELETED_BY_HAND) == End(codes=(0, 0, 0, 0, 0), queues={"t1": 4, "t2": 4}, unchanged=True)


def test_strict_takes_back_what_the_speaking_connection_takes_back_and_nothing_that_comes_over_another() -> None:
    back = (registration(1, version(5, 5), t1=8), registration(2, version(5, 5), t1=8, t2=8))
    assert run(STRICT, (*back, registration(3, version(3, 3), t1=4), question(4, version(3, 3)))) == End(
        codes=(1, 0, 0, 0), queues={"t1": 4, "t2": 8}, unchanged=True
    )
    assert run(STRICT, (*back, registration(3, version(3, 3), channel=2, t1=4), question(4, version(3, 3)))) == End(
        codes=(1, 0, 1, 0), queues={"t1": 8, "t2": 8}, unchanged=False
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "events",
    [SAME_VERSION, EARLIER_TIMESTAMP, TAKEN_OVER, DELETED_BY_HAND],
    ids=["same-version", "earlier-timestamp", "taken-over", "deleted-by-hand"],
)
def test_our_server_does_as_the_model_does(profile: str, events: tuple[Event, ...]) -> None:
    with Embedded(profile=profile) as server:
        target = Target(host="127.0.0.1", port=server.port)
        assert replay_events(target, PROFILES[profile], events, "RouteSoundness").explained


@pytest.mark.oracle
@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
@pytest.mark.parametrize(
    "events",
    [SAME_VERSION, EARLIER_TIMESTAMP, DELETED_BY_HAND],
    ids=["same-version", "earlier-timestamp", "deleted-by-hand"],
)
def test_the_real_one_does_so_too(
    apache_namesrv: Callable[..., Oracle], profile: str, events: tuple[Event, ...]
) -> None:
    oracle = apache_namesrv(profile)
    target = Target(host=oracle.host, port=oracle.port)
    assert replay_events(target, PROFILES[profile], events, "RouteSoundness").explained
