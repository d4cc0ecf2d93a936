"""What a release may be once it has come to rest: few states, and all that every interleaving leads to."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from namesrv.check import tracker as tracking
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Violation
from namesrv.check.runner import Runner, Target
from namesrv.check.steps import Advance, Open, Requests, Scan, Send
from namesrv.check.tracker import Belief, TooManyStates, Tracker
from namesrv.check.wire import Prefix
from namesrv.model.events import Channel, ChannelClosed, Opaque, Received, RegisterBroker, ScanNotActiveBroker
from namesrv.model.namesrv import is_pending
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT, Profile
from namesrv.server import HeldClock
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.tables import LiveKey
from tests.model.worlds import registration

LATE_MS = 200_000
BOUND = 1_000

TWO_PLACES = tuple(
    registration(addr, name=name, broker_id=broker_id, enable_acting_master=name == "a")
    for name, addr, broker_id in (
        ("a", "h1:1", 3),
        ("a", "h2:1", 2),
        ("a", "h3:1", 4),
        ("c", "h2:1", 0),
        ("c", "h3:1", 2),
    )
)
"""Three addresses, two of them at two places each, as in seed 3 of `verify --quick`: every interleaving is 11704 states."""

ONE_GROUP = tuple(
    registration(f"h{broker_id + 1}:1", broker_id=broker_id, enable_acting_master=True) for broker_id in range(3)
)
TWO_GROUPS = tuple(
    registration(f"h{broker_id + 1}:1", name=name, broker_id=broker_id) for name in "ab" for broker_id in (0, 1)
)

registrations = st.builds(
    registration,
    st.sampled_from(("h1:1", "h2:1", "h2:1", None)),
    name=st.sampled_from("ab"),
    broker_id=st.integers(0, 2),
    cluster=st.sampled_from(("C", "C", "C", "D")),
    enable_acting_master=st.booleans(),
    heartbeat_timeout_ms=st.sampled_from((None, None, None, LATE_MS)),
)
channels = st.sampled_from((Channel(1), Channel(1), Channel(2)))


def registered(profile: Profile, said: list[tuple[RegisterBroker, Channel]]) -> Tracker:
    tracker = Tracker(profile)
    for number, (request, channel) in enumerate(said, 1):
        tracker.happened(Received(channel=channel, opaque=Opaque(number), request=request, oneway=True))
        tracker.has_come_to_rest()
    return tracker


def both_ways(profile: Profile, before: frozenset[Belief]) -> tuple[frozenset[Belief], frozenset[Belief]]:
    """At rest after a scan: by every interleaving, and at once."""
    through, at_once = (Tracker(profile, [belief.state for belief in before]) for _ in range(2))
    through.happened(ScanNotActiveBroker(), LATE_MS)
    through.has_come_to_rest()
    at_once.happened_until_rest(ScanNotActiveBroker(), LATE_MS)
    return through.beliefs, at_once.beliefs


@settings(deadline=None)
@given(
    said=st.lists(st.tuples(registrations, channels), min_size=1, max_size=4),
    aborted=st.none() | channels,
)
@example(said=[(request, Channel(1)) for request in ONE_GROUP], aborted=Channel(1))
@example(said=[(request, Channel(1 + request.broker_id)) for request in TWO_GROUPS], aborted=None)
@example(said=[(request, Channel(1)) for request in TWO_GROUPS], aborted=None)
def test_at_rest_after_a_scan_is_what_every_interleaving_leads_to(
    said: list[tuple[RegisterBroker, Channel]], aborted: Channel | None
) -> None:
    tracker = registered(APACHE_5_5_0, said)
    if aborted is not None:  # whose second notice may still come
        tracker.happened(ChannelClosed(channel=aborted, aborted=True))
        tracker.has_come_to_rest()
    through, at_once = both_ways(APACHE_5_5_0, tracker.beliefs)
    assert at_once == through


@pytest.mark.parametrize("profile", [APACHE_4_9_7, STRICT], ids=lambda profile: profile.name)
def test_who_queues_nothing_comes_to_rest_by_every_interleaving(profile: Profile) -> None:
    said = [(request, Channel(1)) for request in TWO_PLACES]
    through, at_once = both_ways(profile, registered(profile, said).beliefs)
    assert at_once == through
    assert not any(is_pending(belief.state) for belief in at_once)


def test_silent_brokers_at_several_places_make_few_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "MAX_BELIEFS", BOUND)
    tracker = registered(APACHE_5_5_0, [(request, Channel(1)) for request in TWO_PLACES])
    before = [belief.state for belief in tracker.beliefs]
    with pytest.raises(TooManyStates):
        tracker.happened(ScanNotActiveBroker(), LATE_MS)
    at_once = Tracker(APACHE_5_5_0, before)
    at_once.happened_until_rest(ScanNotActiveBroker(), LATE_MS)
    assert 1 < len(at_once.beliefs) < 20


def live_after_a_scan(manager: type[RouteInfoManager]) -> set[int]:
    """How many addresses may be live, by what has been seen of a server whose clock is held."""
    with Embedded(profile="apache-5.5.0", clock=HeldClock(), manager=manager) as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), APACHE_5_5_0, Prefix("nkt-"), held=server)
        try:
            runner.run(Open(connection=1))
            for request in TWO_PLACES:
                runner.run(Requests(sends=(Send(connection=1, request=request),)))
            runner.run(Advance(ms=LATE_MS))
            runner.run(Scan())
            return {len(belief.state.tables.broker_live_table) for belief in runner.tracker.beliefs}
        finally:
            runner.finish()


def test_a_run_with_a_held_clock_does_not_follow_what_a_scan_is_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "MAX_BELIEFS", BOUND)
    assert live_after_a_scan(RouteInfoManager) == {0}


class SparesOne(RouteInfoManager):
    """A bad twin: a silent broker is never queued."""

    def _queue_removal(self, key: LiveKey) -> None:
        if not (key[1] or "").endswith("h1:1"):
            super()._queue_removal(key)


def test_a_server_that_spares_a_silent_broker_is_found_out() -> None:
    with pytest.raises(Violation):
        live_after_a_scan(SparesOne)
