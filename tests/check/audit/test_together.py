"""Where NameServers of a set differ: each kind has a set that must be found out; who is odd is named where most agree."""

from collections.abc import Callable
from itertools import permutations

import attrs
import pytest

from namesrv.check.audit.kinds import KINDS, Reads
from namesrv.check.audit.signs import seen_of
from namesrv.check.audit.snapshots import judged
from namesrv.check.seen import Seen
from namesrv.explore.peers import H1, H2
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, DISTINCT_PROFILES, PROFILES
from namesrv.model.values import DataVersion, table
from tests.check.audit.sets import (
    H3,
    MAPPING,
    SOUND,
    X,
    Y,
    Z,
    broker,
    look,
    snapshot,
    sound,
    told,
    with_broker,
    with_queues,
    with_route,
)

LATER = DataVersion(counter=9, timestamp=9)


def without_versions(seen: Seen) -> Seen:
    return attrs.evolve(seen, stored=None)


def flagged(seen: Seen) -> Seen:
    return with_broker(seen, attrs.evolve(broker(seen, "a"), enable_acting_master=True))


Change = Callable[[Seen], Seen]
DIFFERENT: dict[str, tuple[Change, str]] = {
    "broker-missing": (
        lambda s: with_broker(s, attrs.evolve(broker(s, "a"), broker_addrs=table({0: H1}))),
        f"a/1 of C1, {H2}, stands at {X} and not at {Y}",
    ),
    "place-differs": (
        lambda s: with_broker(s, attrs.evolve(broker(s, "b"), broker_addrs=table({0: "h9:1"}))),
        f"b/0 of C2: {H3} at {X}, h9:1 at {Y}",
    ),
    "flags-differ": (
        flagged,
        f"a: enableActingMaster=false, zone (null) at {X}, enableActingMaster=true, zone (null) at {Y}",
    ),
    "topics-differ": (lambda s: with_queues(s, "t1", "b", 0), f"t1 of b: r4 w4 p6 at {X}, nothing at {Y}"),
    "queues-differ": (lambda s: with_queues(s, "t1", "a", 8), f"t1 of a: r4 w4 p6 at {X}, r8 w8 p6 at {Y}"),
    "mapping-differs": (
        lambda s: with_route(
            s,
            "t1",
            topic_queue_mapping_by_broker=table({"b": attrs.evolve(MAPPING, epoch=3, curr_id_map=table({0: 0}))}),
        ),
        "t1 of b: epoch 0, 2 queues, __global__, 0=0 1=1 at x:9876, epoch 3, 2 queues, __global__, 0=0 at y:9876",
    ),
    "filters-differ": (
        lambda s: with_route(with_route(s, "t1", filter_server_table=table()), "t3", filter_server_table=table()),
        f"{H3}: f:1 at {X}, nothing at {Y}",
    ),
    "order-config-differs": (lambda s: with_route(s, "t2", order_topic_conf="a:4"), f"t2: (null) at {X}, a:4 at {Y}"),
    "version-differs": (
        lambda s: attrs.evolve(s, stored={**(s.stored or {}), ("C2", H3): LATER}),
        f"b: version 0/1@1 at {X}, version 0/9@9 at {Y}",
    ),
    "same-version-other-topics": (
        lambda s: with_queues(s, "t3", "b", 0),
        f"b: version 0/1@1 goes with 2 topics at {X}, 1 topics at {Y}",
    ),
}
ALONG = {"same-version-other-topics": {"topics-differ", "filters-differ"}}


def test_every_kind_of_a_set_has_one_that_must_be_found_out() -> None:
    assert set(DIFFERENT) == {slug for slug, kind in KINDS.items() if kind.reads in (Reads.SET, Reads.SET_VERSIONS)}


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_wrong_where_all_say_the_same(profile: str) -> None:
    seen = sound(PROFILES[profile])
    assert snapshot(seen, seen, seen, profile=PROFILES[profile]).signs == frozenset()


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_differs_is_told_and_nothing_else(kind: str) -> None:
    change, says = DIFFERENT[kind]
    right, wrong = sound(), change(sound())
    if KINDS[kind].reads is Reads.SET:
        right, wrong = without_versions(right), without_versions(wrong)
    signs = snapshot(right, wrong).signs
    assert says in {sign.says for sign in signs if sign.kind == kind}
    assert {sign.kind for sign in signs} - ALONG.get(kind, set()) == {kind}
    assert all(sign.where in ((X, Y), (Y,)) for sign in signs)


@pytest.mark.parametrize("kind", [kind for kind in DIFFERENT if kind != "same-version-other-topics"])
@pytest.mark.parametrize("odd", [X, Y, Z])
def test_of_three_the_odd_one_is_named(kind: str, odd: str) -> None:
    change, _ = DIFFERENT[kind]
    seen = [change(sound()) if where == odd else sound() for where in (X, Y, Z)]
    signs = snapshot(*map(without_versions, seen) if KINDS[kind].reads is Reads.SET else seen).signs
    assert {sign.where for sign in signs if sign.kind == kind} == {(odd,)}


def test_three_that_all_differ_are_all_named() -> None:
    seen = [sound(), with_queues(sound(), "t1", "a", 8), with_queues(sound(), "t1", "a", 16)]
    (sign,) = snapshot(*map(without_versions, seen)).signs
    assert sign.where == (X, Y, Z)


def test_a_broker_that_is_missing_is_one_difference_and_not_one_for_each_topic() -> None:
    whole, empty = sound(), seen_of(told(SOUND[:2]).state.tables, APACHE_5_5_0)
    signs = snapshot(whole, empty).signs
    assert {(sign.kind, sign.broker) for sign in signs} == {("broker-missing", "b")}


@pytest.mark.parametrize("release", DISTINCT_PROFILES)
def test_in_whatever_order_brokers_come_a_set_is_sound(release: str) -> None:
    profile = PROFILES[release]
    seen = [seen_of(told(order, profile).state.tables, profile) for order in permutations(SOUND)]
    assert all(snapshot(seen[0], other, profile=profile).signs == frozenset() for other in seen)


def test_releases_are_compared_by_what_both_have() -> None:
    """4.9 has no acting masters, zones, mappings and state versions."""
    new, old = (
        seen_of(told(SOUND).state.tables, APACHE_5_5_0),
        seen_of(told(SOUND, APACHE_4_9_7).state.tables, APACHE_4_9_7),
    )
    assert new.routes["t1"] != old.routes["t1"], "they do differ"
    stored = {place: v and attrs.evolve(v, state_version=3) for place, v in (new.stored or {}).items()}
    new = attrs.evolve(new, stored=stored)
    assert judged((look(X, flagged(new)), look(Y, old, APACHE_4_9_7))).signs == frozenset()


def test_one_namesrv_is_compared_with_nobody() -> None:
    assert snapshot(sound()).signs == frozenset()
