"""How brokers leave: unregistering, closed connections, silence."""

import attrs
import pytest

from namesrv.model.departures import queue_removal
from namesrv.model.events import (
    Answer,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    Opaque,
    Received,
    Request,
    ScanNotActiveBroker,
)
from namesrv.model.namesrv import enabled, settle, step, successors
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.model.state import NameServerState
from tests.model.worlds import World, query, registration, unregistration, version

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
FROM_5 = pytest.mark.parametrize("profile", [APACHE_5_5_0, STRICT], ids=lambda p: p.name)


@EVERY
def test_the_last_broker_takes_its_name_and_topics_along(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    assert world.send(unregistration()) == Answer(code=0)
    assert world.route("t1") is None
    assert not world.clusters().cluster_addr_table


@EVERY
def test_a_closed_connection_takes_its_broker_along(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.close()
    assert world.route("t1") is None


@EVERY
def test_an_old_connection_does_not_take_along_who_has_registered_over_a_new_one(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(), channel=1)
    world.send(registration(), channel=2)
    world.close(1)
    assert world.route("t1") is not None


@pytest.mark.parametrize(("profile", "left"), [(APACHE_4_9_7, 1), (APACHE_5_5_0, 1), (STRICT, 0)])
def test_a_connection_of_two_brokers_takes_both_along_only_in_strict(profile: Profile, left: int) -> None:
    world = World(profile)
    world.send(registration("h1:1", name="a"))
    world.send(registration("h2:1", name="b"))
    world.close()
    assert len(world.live()) == left


@pytest.mark.parametrize(("null_id", "found"), [(0, {False}), (2, {True}), (-1, {True, False})])
def test_in_5_x_whose_group_has_a_null_address_under_a_lower_id_is_not_found(null_id: int, found: set[bool]) -> None:
    world = World(APACHE_5_5_0)
    world.send(attrs.evolve(registration(broker_id=null_id), broker_addr=None))
    world.send(registration("h2:1", broker_id=1), channel=2)
    key = next(iter(world.state.tables.broker_live_table))
    assert {bool(state.unregistration_queue) for state, _ in queue_removal(world.state, key)} == found


def test_in_5_5_a_queued_unregistration_removes_who_has_registered_since() -> None:
    world = World(APACHE_5_5_0)
    world.send(registration(), channel=1)
    request = Received(channel=Channel(1), opaque=Opaque(7), request=unregistration())
    state, _ = step(world.state, request, APACHE_5_5_0)
    work, *_ = enabled(state, APACHE_5_5_0)
    state, _ = step(state, work, APACHE_5_5_0)
    assert len(state.unregistration_queue) == 1
    again = Received(channel=Channel(2), opaque=Opaque(8), request=registration(data_version=version(2, 2)))
    state, _ = step(state, again, APACHE_5_5_0)
    register, *_ = enabled(state, APACHE_5_5_0)
    state, _ = step(state, register, APACHE_5_5_0)
    assert state.tables.broker_live_table
    world.state, _ = settle(state, APACHE_5_5_0)
    assert world.live() == set()


def test_4_9_unregisters_by_id_whatever_address_holds_it() -> None:
    world = World(APACHE_4_9_7)
    world.send(registration("h1:1"))
    world.send(registration("h2:1"), channel=2)
    world.send(unregistration("h1:1"))
    assert world.addrs() == {}
    assert world.live() == {"h2:1"}


@pytest.mark.parametrize(
    ("request_", "channel"),
    [(unregistration(name="b"), 1), (unregistration(broker_id=1), 1), (unregistration(), 2)],
    ids=["another name", "another id", "another connection"],
)
def test_strict_refuses_to_unregister_what_is_not_the_senders(request_: object, channel: int) -> None:
    world = World(STRICT)
    world.send(registration())
    answer = world.send(request_, channel=channel)  # type: ignore[arg-type]
    assert answer == Answer(code=1, remark="unregister broker failed")
    assert world.live() == {"h1:1"}


@FROM_5
def test_a_group_without_its_master_offers_nothing_for_writing(profile: Profile) -> None:
    world = World(profile)
    world.send(registration("h1:1", enable_acting_master=True), channel=1)
    world.send(registration("h2:1", broker_id=1, enable_acting_master=True), channel=2)
    world.close(1)
    route = world.route("t1")
    assert route is not None
    assert [queue.perm for queue in route.queue_datas] == [4]


@EVERY
@pytest.mark.parametrize(("silent_ms", "stays"), [(120_000, True), (120_001, False)])
def test_a_broker_expires_after_two_silent_minutes(profile: Profile, silent_ms: int, stays: bool) -> None:
    world = World(profile)
    world.send(registration())
    world.now_ms += silent_ms
    world.scan()
    assert (world.route("t1") is not None) is stays


@FROM_5
def test_a_broker_may_bring_its_own_timeout(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(heartbeat_timeout_ms=1_000))
    world.now_ms += 1_001
    world.scan()
    assert world.route("t1") is None


@FROM_5
def test_a_heartbeat_is_a_sign_of_life(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(heartbeat_timeout_ms=1_000))
    world.now_ms += 900
    world.send(BrokerHeartbeat(cluster_name="C", broker_addr="h1:1", broker_name="a"))
    world.now_ms += 900
    world.scan()
    assert world.route("t1") is not None


@pytest.mark.parametrize(
    ("profile", "same_version", "stays"),
    [
        (APACHE_4_9_7, True, True),
        (APACHE_4_9_7, False, False),
        (APACHE_5_5_0, True, True),
        (APACHE_5_5_0, False, True),
        (STRICT, False, True),
    ],
)
def test_a_query_is_a_sign_of_life_in_4_9_only_if_unchanged(profile: Profile, same_version: bool, stays: bool) -> None:
    world = World(profile)
    world.send(registration())
    world.now_ms += 100_000
    world.send(query(data_version=version() if same_version else version(9, 9)))
    world.now_ms += 100_000
    world.scan()
    assert (world.route("t1") is not None) is stays


@pytest.mark.parametrize(("profile", "stays"), [(APACHE_5_5_0, False), (STRICT, True)])
def test_a_timeout_without_end_wraps_round_in_java(profile: Profile, stays: bool) -> None:
    world = World(profile)
    world.send(registration(heartbeat_timeout_ms=(1 << 63) - 1))
    world.scan()
    assert (world.route("t1") is not None) is stays


@pytest.mark.parametrize(("profile", "left"), [(APACHE_5_5_0, set()), (STRICT, {"h2:1"})])
def test_an_expired_broker_takes_its_neighbour_along_only_in_apache(profile: Profile, left: set[str]) -> None:
    world = World(profile)
    world.send(registration("h1:1", name="a", heartbeat_timeout_ms=1_000))
    world.send(registration("h2:1", name="b", heartbeat_timeout_ms=600_000))
    world.now_ms += 1_001
    states = _all_ends(step_scan(world), profile, world.now_ms)
    assert left in [{key.broker_addr for key in state.tables.broker_live_table} for state in states]


def step_scan(world: World) -> NameServerState:
    state, _ = step(world.state, ScanNotActiveBroker(), world.profile)
    return state


def _all_ends(state: NameServerState, profile: Profile, now_ms: int) -> list[NameServerState]:
    seen, frontier, ends = {state}, [state], []
    while frontier:
        current = frontier.pop()
        following = [after for _, after, _ in successors(current, profile, now_ms)]
        if not following:
            ends.append(current)
        for after in following:
            if after not in seen:
                seen.add(after)
                frontier.append(after)
    return ends


def test_4_9_scan_stops_for_good_when_an_expired_broker_shared_its_connection() -> None:
    world = World(APACHE_4_9_7)
    world.send(registration("h1:1", name="a"))
    world.send(registration("h2:1", name="b"))
    world.now_ms += 120_001
    ends = _all_ends(step_scan(world), APACHE_4_9_7, world.now_ms)
    assert any(end.scan_stopped for end in ends)


def test_4_9_scan_stops_for_good_when_a_close_is_noticed_before_the_broker_is_taken_out() -> None:
    """Seen on the real one: ConcurrentModificationException in HashIterator.remove, of scanNotActiveBroker."""
    world = World(APACHE_4_9_7)
    world.send(registration())
    world.now_ms += 120_001
    ends = _all_ends(step_scan(world), APACHE_4_9_7, world.now_ms)
    assert {end.scan_stopped for end in ends} == {True, False}
    assert all(not end.tables.broker_live_table and not end.tables.broker_addr_table for end in ends)


def test_4_9_scan_and_the_close_that_it_causes_may_each_take_one_of_two_brokers_along() -> None:
    """Seen on the real one: the close had found the silent one before the scan took it out, and the scan then found the other."""
    world = World(APACHE_4_9_7)
    world.send(registration("h1:1", name="a"))
    world.now_ms += 120_001
    world.send(registration("h2:1", name="b"))
    ends = _all_ends(step_scan(world), APACHE_4_9_7, world.now_ms)
    left = {tuple(data.broker_name for data in end.tables.broker_addr_table.values()) for end in ends}
    assert left == {(), ("a",), ("b",)}


@pytest.mark.parametrize(
    ("request_", "may_stop"),
    [
        (registration("h3:1", name="c"), True),
        (registration("h2:1", name="b"), False),
        (unregistration("h2:1", name="b"), True),
        (unregistration("h9:1", name="z"), False),
        (query("h2:1", name="b", data_version=version()), False),
    ],
    ids=["newcomer", "registers again", "unregisters", "unknown unregisters", "asks"],
)
def test_4_9_scan_stops_for_good_when_the_live_table_changes_under_it(request_: Request, may_stop: bool) -> None:
    """Even where nobody has expired."""
    world = World(APACHE_4_9_7)
    world.send(registration("h1:1", name="a"), channel=1)
    world.send(registration("h2:1", name="b"), channel=2)
    event = Received(channel=Channel(2), opaque=Opaque(9), request=request_)
    state, _ = step(step_scan(world), event, APACHE_4_9_7)
    assert any(end.scan_stopped for end in _all_ends(state, APACHE_4_9_7, world.now_ms)) is may_stop


def test_4_9_a_null_name_does_not_end_the_search_for_a_closed_connection() -> None:
    """As seen on the real one: the next name loses its place too, and the null name stays in its cluster with its topics."""
    world = World(APACHE_4_9_7)
    world.send(attrs.evolve(registration(), broker_name=None))
    world.send(registration(name="b"))
    state, _ = step(world.state, ChannelClosed(channel=Channel(1)), APACHE_4_9_7)
    ends = [end.tables for end in _all_ends(state, APACHE_4_9_7, 0)]
    assert any(not end.broker_addr_table for end in ends)
    assert {(end.cluster_addr_table["C"], frozenset(end.topic_queue_table)) for end in ends} == {
        (frozenset({None}), frozenset({"t1", "t2"}))
    }


def test_4_9_a_null_address_outlives_its_connection() -> None:
    world = World(APACHE_4_9_7)
    world.send(attrs.evolve(registration(), broker_addr=None))
    world.close()
    assert world.live() == {None}


def test_a_close_in_5_5_may_overtake_the_registration_sent_before_it() -> None:
    """Netty's I/O thread reports the close while the registration waits for a worker: a ghost, until it expires."""
    state = NameServerState()
    request = Received(channel=Channel(1), opaque=Opaque(1), request=registration())
    for event in (request, ChannelClosed(channel=Channel(1))):
        state, _ = step(state, event, APACHE_5_5_0)
    ends = _all_ends(state, APACHE_5_5_0, 0)
    assert {bool(end.tables.broker_live_table) for end in ends} == {True, False}
    strict, _ = step(NameServerState(), request, STRICT)
    strict, _ = step(strict, ChannelClosed(channel=Channel(1)), STRICT)
    assert [bool(end.tables.broker_live_table) for end in _all_ends(strict, STRICT, 0)] == [False]
