"""A route that is encoded after the lock: its queues and mappings may be later than its brokers, and nothing else may."""

from pathlib import Path

import attrs
import pytest

from namesrv.check.answer_values import as_read
from namesrv.check.concurrent.ordering import Ordering
from namesrv.check.concurrent.story import Asked, Story, Told
from namesrv.check.recorded.timed import TimedTracker
from namesrv.check.traces import Settled, TraceEvent, explained_by_model, load_trace
from namesrv.explore.peers import H1
from namesrv.model.events import Answered, Channel, Opaque, PutKVConfig, Received
from namesrv.model.options import Options
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ORDER_TOPIC_CONFIG
from tests.late import CASES, DONE, MASTER, READ, ROUTE, SLAVE_COMES, WIPE, Case, brokers, done, found, looking, queue

TOLD = [
    pytest.param(case, profile, id=f"{case.name}-{profile}".replace(" ", "_"))
    for case in CASES
    for profile in (*case.releases, "strict")
]
SEEN = Path(__file__).parents[1] / "traces" / "apache-5.1.4-torn.jsonl"
PUT_CONF = PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4")
TWICE = Options(order_message_enable=True)
"""With this option a route is two looks, and a task of its own to all who judge."""


@pytest.mark.parametrize(("case", "profile"), TOLD)
def test_the_tracker_explains_just_those_routes_that_may_be(case: Case, profile: str) -> None:
    assert explained_by_model(case.trace(profile), PROFILES[profile]) == case.explained(profile)


def explained_in_a_recording(events: tuple[TraceEvent, ...], profile: Profile, options: Options) -> int:
    """As `namesrv trace check` goes through them: it never hears that nothing is left to do."""
    tracker = TimedTracker(profile, [NameServerState(options=options)])
    for number, event in enumerate(events):
        if isinstance(event, Received):
            tracker.happened(event, number)
        elif isinstance(event, Answered) and not tracker.observed(event.channel, event.opaque, [as_read(event.answer)]):
            return number
    return len(events)


@pytest.mark.parametrize("options", [Options(), TWICE], ids=["", "order-topics"])
@pytest.mark.parametrize(("case", "profile"), TOLD)
def test_a_recording_is_judged_so(case: Case, profile: str, options: Options) -> None:
    assert explained_in_a_recording(case.events, PROFILES[profile], options) == case.explained(profile)


def as_story(events: tuple[TraceEvent, ...]) -> Story:
    """What several clients saw; numbers of requests are all different there."""

    def number(event: Received | Answered) -> Opaque:
        return Opaque(event.channel * 100 + event.opaque)

    moves = [
        Asked(0, event.channel, number(event), event.request)
        if isinstance(event, Received)
        else Told(0, number(event), as_read(event.answer))
        for event in events
        if isinstance(event, Received | Answered)
    ]
    return Story(moves=tuple(moves), texts={})


@pytest.mark.parametrize("options", [Options(), TWICE], ids=["", "order-topics"])
@pytest.mark.parametrize(("case", "profile"), TOLD)
def test_there_is_an_order_for_just_those_routes_that_may_be(case: Case, profile: str, options: Options) -> None:
    told = as_story(case.events)
    ordering = Ordering(told, PROFILES[profile], NameServerState(options=options), "", len(told.moves))
    assert ordering.explains() == (case.explained(profile) == len(case.events))


ORDERED = attrs.evolve(
    CASES[0],
    name="an order config that is later, too",
    events=(
        *MASTER,
        *looking(found(queue(READ), brokers(H1), conf="a:4"), *SLAVE_COMES, *WIPE, *done(9, PUT_CONF, DONE)),
    ),
)
"""It is looked up after the lock; so the queues have to be followed while the request is in work."""


@pytest.mark.parametrize("profile", [*ORDERED.releases, "strict"])
def test_the_order_config_may_be_later_together_with_the_queues(profile: str) -> None:
    told = as_story(ORDERED.events)
    ordering = Ordering(told, PROFILES[profile], NameServerState(options=TWICE), "", len(told.moves))
    assert explained_in_a_recording(ORDERED.events, PROFILES[profile], TWICE) == ORDERED.explained(profile)
    assert ordering.explains() == (profile != "strict")


def test_what_a_real_5_1_4_showed_is_explained_and_not_if_it_were_encoded_under_the_lock() -> None:
    trace = load_trace(SEEN)
    profile = PROFILES[trace.profile]
    assert explained_by_model(trace, profile) == len(trace.events)
    route = explained_by_model(trace, attrs.evolve(profile, route_encoded_after_lock=False))
    torn = trace.events[route]
    assert isinstance(torn, Answered)
    assert Received(channel=torn.channel, opaque=torn.opaque, request=ROUTE) in trace.events


def test_it_is_not_explained_if_it_was_asked_for_when_all_had_been_done() -> None:
    """The same answers; but the requests for the route leave when nothing is left to do of all others."""
    trace = load_trace(SEEN)
    late = [e for e in trace.events if isinstance(e, Received | Answered) and e.channel == Channel(2)]
    events = (*(e for e in trace.events if e not in late), Settled(), *late)
    moved = attrs.evolve(trace, events=events)
    assert explained_by_model(moved, PROFILES[trace.profile]) < len(events)
