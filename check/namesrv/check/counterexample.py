"""A run that a proof has found, on a real NameServer: does it come to the state that the proof speaks of?"""

import attrs

from namesrv.check.findings import Violation
from namesrv.check.runner import Runner, Target
from namesrv.check.search import new_run_name
from namesrv.check.steps import Close, Open, Requests, Send, Step
from namesrv.check.wire import Prefix
from namesrv.model.events import ChannelClosed, Event, Received
from namesrv.model.invariants import INVARIANTS
from namesrv.model.profiles import Profile


@attrs.frozen(kw_only=True)
class Replayed:
    """`explained`: the NameServer behaved as its profile's model does. `broken`: then the invariant is false."""

    explained: bool
    broken: bool


def steps_of(events: tuple[Event, ...]) -> tuple[Step, ...]:
    """Requests and closed connections as steps; connections are opened when they are first spoken over."""
    steps: list[Step] = []
    opened: set[int] = set()
    for event in events:
        match event:
            case Received():
                if event.channel not in opened:
                    opened.add(event.channel)
                    steps.append(Open(connection=event.channel))
                steps.append(Requests(sends=(Send(connection=event.channel, request=event.request),)))
            case ChannelClosed():
                steps.append(Close(connection=event.channel))
            case _:
                raise ValueError(f"steps_of: nobody outside can do {event}")
    return tuple(steps)


def replay_events(target: Target, profile: Profile, events: tuple[Event, ...], invariant: str) -> Replayed:
    """Runs them, and looks at the invariant in every state that explains what was seen. Raises `Undecided`."""
    runner = Runner(target, profile, Prefix(new_run_name()))
    try:
        for step in steps_of(events):
            runner.run(step)
    except Violation:
        return Replayed(explained=False, broken=False)
    finally:
        beliefs = runner.tracker.beliefs
        runner.finish()
    return Replayed(explained=True, broken=not any(INVARIANTS[invariant](b.state.tables) for b in beliefs))
