"""A theorem's counterexample, told to the Python model: is the theorem false there too?"""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.check.anomaly_story import sentence
from namesrv.check.describe import describe_request
from namesrv.check.steps import question_of
from namesrv.explore.peers import Told
from namesrv.model.events import (
    Answer,
    Answered,
    ChannelClosed,
    Event,
    Opaque,
    Received,
    RegisterBroker,
    Request,
    UnregisterBroker,
)
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState, Tables
from namesrv.proofs import Happens
from namesrv.proofs.theorems import Witness

FIRST_OPAQUE: Final = 1000


def tell(
    state: NameServerState, event: Event, now_ms: int, profile: Profile
) -> tuple[NameServerState, tuple[object, ...]]:
    """What a NameServer does about it, until it is at rest; and what it answers."""
    state, said = step(state, event, profile)
    state, more = settle(state, profile, now_ms)
    return state, tuple(output.answer for output in (*said, *more) if isinstance(output, Answered))


def _after(happened: tuple[Happens, ...], profile: Profile) -> NameServerState:
    state = NameServerState()
    for one in happened:
        if one.event is not None:
            state, _ = tell(state, one.event, one.now_ms, profile)
    return state


def _unstamped(tables: Tables) -> Tables:
    live = tables.broker_live_table
    for key, info in live.items():
        live = live.insert(key, attrs.evolve(info, last_update_ms=0))
    return attrs.evolve(tables, broker_live_table=live)


def _received(happens: Happens, opaque: int, request: Request | None = None) -> Received:
    event = happens.event
    assert isinstance(event, Received)
    asked = event.request if request is None else request
    return attrs.evolve(event, opaque=Opaque(FIRST_OPAQUE + opaque), request=asked, oneway=False)


def _skip(state: NameServerState, events: tuple[Happens, ...], profile: Profile, without: str | None) -> bool:
    """322 says *unchanged* (unless that is the premise left out), and registering is refused or changes something."""
    [registration] = events
    event = _received(registration, 1)
    assert isinstance(event.request, RegisterBroker)
    asked = _received(registration, 0, question_of(event.request))
    skipped, [answer] = tell(state, asked, registration.now_ms, profile)
    assert isinstance(answer, Answer)
    forced, [outcome] = tell(skipped, event, registration.now_ms, profile)
    assert isinstance(outcome, Answer)
    changes = outcome.code != 0 or _unstamped(forced.tables) != _unstamped(state.tables)
    assert answer.ext_fields is not None
    told = answer.ext_fields["changed"] == "true"
    return changes and told == (without == "Unchanged")


def _twice(state: NameServerState, events: tuple[Happens, ...], profile: Profile, without: str | None) -> bool:
    del without
    first, second = (_received(event, n) for n, event in enumerate(events))
    second = attrs.evolve(first, channel=second.channel, opaque=second.opaque)
    once, said = tell(state, first, events[0].now_ms, profile)
    twice, again = tell(once, second, events[1].now_ms, profile)
    return _unstamped(once.tables) != _unstamped(twice.tables) or said != again


def _commute(state: NameServerState, events: tuple[Happens, ...], profile: Profile, without: str | None) -> bool:
    del without
    ends = []
    for order in ((0, 1), (1, 0)):
        after, said = state, dict[int, tuple[object, ...]]()
        for n in order:
            event = events[n].event
            if isinstance(event, Received):
                event = _received(events[n], n)
            assert event is not None
            after, said[n] = tell(after, event, events[n].now_ms, profile)
        ends.append((after.tables, after.scan_stopped, sorted(said.items())))
    return ends[0] != ends[1]


def _accepts(state: NameServerState, events: tuple[Happens, ...], profile: Profile, without: str | None) -> bool:
    """The registration comes into force: its version is stored."""
    del without
    event = _received(events[0], 0)
    assert isinstance(event.request, RegisterBroker) and event.request.body is not None
    after, _ = tell(state, event, events[0].now_ms, profile)
    addr, version = event.request.broker_addr, event.request.body.data_version
    return any(k.broker_addr == addr and i.data_version == version for k, i in after.tables.broker_live_table.items())


REPLAYS: Final[dict[str, Callable[[NameServerState, tuple[Happens, ...], Profile, str | None], bool]]] = {
    "skip": _skip,
    "twice": _twice,
    "commute": _commute,
    "accepts": _accepts,
}


def agrees(witness: Witness) -> bool:
    """Whether the model comes to the same: the theorem is false after that run."""
    assert witness.theorem.replay is not None
    happened, events = done_last(witness)
    state = _after(happened, witness.profile)
    return REPLAYS[witness.theorem.replay](state, events, witness.profile, witness.without)


def done_last(witness: Witness) -> tuple[tuple[Happens, ...], tuple[Happens, ...]]:
    """The run and the events. What was put off before the events (a queued unregistration, a lost connection) is one of them."""
    happened, events = list(witness.run.happened), list(witness.events)
    for number, event in enumerate(events):
        for earlier in [h for h in happened if _puts_off(h, event)][-1:]:
            happened.remove(earlier)
            events[number] = attrs.evolve(earlier, now_ms=event.now_ms)
    return tuple(happened), tuple(events)


def _puts_off(earlier: Happens, event: Happens) -> bool:
    if event.transition.startswith("batch/"):
        one, other = earlier.event, event.event
        if not (
            isinstance(one, Received) and isinstance(other, Received) and isinstance(one.request, UnregisterBroker)
        ):
            return False
        assert isinstance(other.request, UnregisterBroker)
        return (one.request.broker_addr, one.request.broker_name) == (
            other.request.broker_addr,
            other.request.broker_name,
        )
    if event.transition.startswith("removal/"):
        return isinstance(earlier.event, ChannelClosed)
    if event.transition.startswith("channel_destroy/"):
        return isinstance(earlier.event, ChannelClosed) and earlier.event == event.event
    return False


def story(witness: Witness) -> tuple[str, ...]:
    """For people: the run, then what the theorem speaks of."""
    happened, events = done_last(witness)
    lines = [sentence(Told(h.event, at_once=False)) for h in happened if h.event is not None]
    if witness.theorem.replay == "skip":
        request = _received(events[0], 0).request
        assert isinstance(request, RegisterBroker)
        lines.append(f"asks: {describe_request(question_of(request))}")
    if witness.theorem.replay == "twice":
        first, second = (_received(event, number) for number, event in enumerate(events))
        return (
            *lines,
            f"then {sentence(Told(first, at_once=False))}",
            f"and once more over connection {second.channel}",
        )
    lines += [f"then {sentence(Told(e.event, at_once=False))}" for e in events if e.event is not None]
    return tuple(lines)
