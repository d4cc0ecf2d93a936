"""Batches of queued unregistrations in the model of 5.x. That one that throws costs the others was seen on the real 5.3.3."""

import attrs
import pytest

from namesrv.model.events import RunUnregistration, UnregisterBroker
from namesrv.model.namesrv import step
from namesrv.model.profiles import APACHE_5_1_4, APACHE_5_5_0, Profile
from namesrv.model.state import Tables
from tests.model.worlds import World, registration, unregistration

BOTH = pytest.mark.parametrize("profile", [APACHE_5_1_4, APACHE_5_5_0], ids=lambda profile: profile.name)
THROWS = attrs.evolve(unregistration("h3:1", name="c"), cluster_name=None)


def outcomes(profile: Profile, *batch: UnregisterBroker) -> list[Tables]:
    """What the batch may come to, of three names a, b and c with a topic each of their own."""
    w = World(profile)
    for number, name in enumerate("abc", start=1):
        w.send(registration(f"h{number}:1", name=name, topics=(f"t{name}", f"u{name}")))
    state = attrs.evolve(w.state, unregistration_queue=batch)
    found = []
    for choice in range(24):
        try:
            after, _ = step(state, RunUnregistration(count=len(batch), choice=choice), profile)
        except ValueError:
            break
        assert after.unregistration_queue == ()
        found.append(after.tables)
    return found


def standing(tables: Tables) -> str:
    return "".join(sorted(str(name) for name in tables.broker_addr_table))


def with_topics(tables: Tables) -> str:
    return "".join(sorted({str(name) for queues in tables.topic_queue_table.values() for name in queues}))


@BOTH
def test_requests_for_different_names_come_to_the_same_in_any_order(profile: Profile) -> None:
    [tables] = outcomes(profile, unregistration("h1:1", name="a"), unregistration("h2:1", name="b"))
    assert (standing(tables), with_topics(tables)) == ("c", "c")


@BOTH
def test_one_that_throws_loses_what_comes_after_it_and_the_cleaning_of_what_came_before(profile: Profile) -> None:
    found = outcomes(profile, unregistration("h1:1", name="a"), unregistration("h2:1", name="b"), THROWS)
    assert {standing(tables) for tables in found} == {"abc", "bc", "ac", "c"}
    assert {with_topics(tables) for tables in found} == {"abc"}


@BOTH
def test_one_that_throws_alone_changes_nothing(profile: Profile) -> None:
    [tables] = outcomes(profile, THROWS)
    assert (standing(tables), with_topics(tables)) == ("abc", "abc")
