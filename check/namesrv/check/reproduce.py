"""An anomaly's story on a real NameServer: does it come to the same tables?

What happens one after the other is done so; what has to happen at once is sent at once, as often as it takes, since the order in
which a NameServer's threads work on it is its own. Every attempt has names of its own, so that hash tables fall out differently.
"""

from collections.abc import Callable
from enum import Enum
from functools import partial
from random import Random
from typing import Final

import attrs

from namesrv.check.at_once import Acts, in_any_order
from namesrv.check.findings import Violation
from namesrv.check.runner import OBSERVER, Runner, Target
from namesrv.check.search import new_run_name
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.check.time_there import HeldServer
from namesrv.check.wire import Prefix
from namesrv.explore.catalogue import Anomaly, outcomes
from namesrv.explore.peers import Silent, Told
from namesrv.model.events import (
    Channel,
    ChannelClosed,
    QueryDataVersion,
    Received,
    RegisterBroker,
    ScanNotActiveBroker,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.state import Tables

PADDINGS_BYTES: Final = (0, 10_000, 50_000, 200_000)

ATTEMPTS: Final = 100
"""How often a story is tried in which several things happen at once."""

HASTY_DEADLINE_MS: Final = 500
"""How long such an attempt waits for what may be still to come."""

Burst = tuple[Step, ...]
"""Steps between which nobody looks."""


class Outcome(Enum):
    """How it came out."""

    REPRODUCED = "reproduced"
    ABSENT = "the story breaks no invariant here"
    OTHERWISE = "the NameServer behaves as its profile says, but came to other tables"
    UNEXPLAINED = "the NameServer does not behave as its profile says"
    UNDECIDED = "the NameServer could not be asked"
    NEEDS_CLOCK = "needs a NameServer whose clock is held"
    LEAVES_TRACES = "would leave behind what cannot be removed: only for a NameServer of one's own (--own)"


@attrs.frozen(kw_only=True)
class Reproduction:
    """`attempts`: how many it took, or were made."""

    outcome: Outcome
    attempts: int = 0
    detail: str = ""


def takes_time(anomaly: Anomaly) -> bool:
    """Whether somebody has to fall silent in it."""
    return any(isinstance(told.happening, Silent) for told in anomaly.story)


def leaves_traces(anomaly: Anomaly) -> bool:
    """Whether a registration has a part missing, so that nothing names what it leaves; or an unregistration that may be in one
    batch with others, whose brokers' topics then stay.
    """
    for told in anomaly.story:
        request = told.happening.request if isinstance(told.happening, Received) else None
        races = any(later.at_once for later in anomaly.story)
        if isinstance(request, RegisterBroker) or (isinstance(request, UnregisterBroker) and races):
            parts = (request.cluster_name, request.broker_name, request.broker_addr)
            if not all(parts) or request.broker_id is None:
                return True
    return False


def reproduce(
    target: Target,
    profile: Profile,
    anomaly: Anomaly,
    *,
    held: HeldServer | None = None,
    settle: Callable[[], None] | None = None,
    own: bool = False,
    attempts: int = ATTEMPTS,
    perform: Callable[[Acts], None] | None = None,
    shown: Callable[[Prefix], None] = lambda prefix: None,
) -> Reproduction:
    """Tells an anomaly's story to the NameServer, which is to behave as `profile` says; not always the one that it was found in.

    `perform`: does what has to happen at once, connections' ends first, if not in an order that is drawn. `shown`: called while
    it shows, before what can be removed is, with what names of this attempt begin with.
    Raises `Undecided` if the NameServer can't be asked.
    """
    if takes_time(anomaly) and held is None:
        return Reproduction(outcome=Outcome.NEEDS_CLOCK)
    if leaves_traces(anomaly) and not own and held is None and settle is None:
        return Reproduction(outcome=Outcome.LEAVES_TRACES)
    wanted, sound = ends_of(anomaly, profile)
    races = any(_is_a_race(burst) for burst in bursts_of(anomaly.story)) and held is None
    hasty = attrs.evolve(profile, internal_step_deadline_ms=HASTY_DEADLINE_MS)
    for attempt in range(1, attempts + 1):
        # Where a race leaves open whether something is still to come, waiting for it each time would take hours. So an attempt
        # is hasty, and what it shows is looked at again with patience; the last one is not hasty.
        is_hasty = races and attempt < attempts
        prefix = prefix_of(anomaly, profile)
        runner = Runner(target, hasty if is_hasty else profile, prefix, held=held, settle=settle)
        try:
            tell(runner, anomaly.story, Random(attempt), perform)
            found = _tables(runner, races=races)
            if is_hasty and found <= wanted:
                runner.look(patience_s=profile.internal_step_deadline_ms / 1000)
                found = _tables(runner, races=races)
            if found <= wanted:
                shown(prefix)
        except Violation as violation:
            if is_hasty:
                continue
            return Reproduction(outcome=Outcome.UNEXPLAINED, attempts=attempt, detail=told_of(violation))
        finally:
            runner.finish()
        if found <= wanted:
            return Reproduction(outcome=Outcome.REPRODUCED, attempts=attempt)
        if not wanted and found <= sound:
            return Reproduction(outcome=Outcome.ABSENT, attempts=attempt)
    return Reproduction(outcome=Outcome.OTHERWISE, attempts=attempts)


def prefix_of(anomaly: Anomaly, profile: Profile) -> Prefix:
    """A new one; none where null keys are stored, which have no place for one."""
    return Prefix("" if leaves_traces(anomaly) and not profile.concurrent_tables else new_run_name())


def ends_of(anomaly: Anomaly, profile: Profile) -> tuple[set[Tables], set[Tables]]:
    """What the tables may come to, comparable: in which it shows, and in which nothing is broken."""
    ends = outcomes(anomaly.story, profile)
    wanted = {comparable(part.state.tables) for part in ends if anomaly.new & part.broken}
    return wanted, {comparable(part.state.tables) for part in ends if not part.broken} - wanted


def told_of(violation: Violation) -> str:
    """What was found, in a line."""
    finding = violation.finding
    return f"{finding.what}: expected {'; or '.join(finding.expected)}, got {finding.got}"


def _tables(runner: Runner, *, races: bool) -> set[Tables]:
    """What the tables may be. After a race it is looked once more: a look that waits takes in what may happen after it.

    Raises `Violation` if something happens while it looks.
    """
    if races:
        runner.look_at_once()
    return {comparable(belief.state.tables) for belief in runner.tracker.beliefs}


def tell(runner: Runner, story: tuple[Told, ...], rng: Random, perform: Callable[[Acts], None] | None = None) -> None:
    """Does everything in it, and looks after each burst. Raises `Violation` or `Undecided`."""
    for burst in bursts_of(story):
        if _is_a_race(burst) and perform is not None:
            runner.run_at_once(sorted(burst, key=lambda step: not isinstance(step, Close)), perform)
            continue
        if _is_a_race(burst):
            padding_bytes = rng.choice(PADDINGS_BYTES) if any(isinstance(step, Close) for step in burst) else 0
            runner.run_at_once([_padded(step, padding_bytes) for step in burst], partial(in_any_order, rng=rng))
            continue
        for step in burst:
            runner.run(step, look=step is burst[-1])


def _is_a_race(burst: Burst) -> bool:
    """Whether several things are done, none of which is for a held clock."""
    done = sum(len(step.sends) if isinstance(step, Requests) else isinstance(step, Close) for step in burst)
    return done > 1 and not any(isinstance(step, Advance | Scan) for step in burst)


def _padded(step: Step, padding_bytes: int) -> Step:
    """A registration that takes its reader time may be overtaken by the end of its connection."""
    if not isinstance(step, Requests):
        return step
    style = Style(padding_bytes=padding_bytes)
    return Requests(sends=tuple(attrs.evolve(send, style=style) for send in step.sends))


def bursts_of(story: tuple[Told, ...]) -> list[Burst]:
    """The story as steps; connections are opened when they are first spoken over, or again after they were closed."""
    bursts: list[list[Step]] = []
    opened: set[Channel] = set()
    silent: list[str | None] = []
    for told in story:
        if not told.at_once or not bursts:
            bursts.append([])
        burst = bursts[-1]
        match told.happening:
            case Received() as event:
                if event.channel not in opened:
                    opened.add(event.channel)
                    is_anew = Close(connection=event.channel) in burst
                    burst.insert(len(burst) if is_anew else 0, Open(connection=event.channel))
                send = Send(connection=event.channel, request=event.request, oneway=event.oneway)
                if burst and isinstance(burst[-1], Requests):
                    burst[-1] = Requests(sends=(*burst[-1].sends, send))
                else:
                    burst.append(Requests(sends=(send,)))
            case ChannelClosed() as event:
                opened.discard(event.channel)
                burst.append(Close(connection=event.channel))
            case Silent() as who:
                silent.append(who.key.broker_addr)
            case ScanNotActiveBroker():
                burst += _silence(story, silent)
                burst.append(Scan())
            case _:
                raise ValueError(f"bursts_of: nobody outside can do {told.happening}")
    return [tuple(burst) for burst in bursts if burst]


def _silence(story: tuple[Told, ...], silent: list[str | None]) -> list[Step]:
    """More than the timeout goes by, in halves; in the middle those who are not silent give a sign of life."""
    half_ms = 70_000
    signs = signs_of_life(story, silent)
    return [Advance(ms=half_ms), *([signs] if signs.sends else []), Advance(ms=half_ms)]


def signs_of_life(story: tuple[Told, ...], silent: list[str | None]) -> Requests:
    """A question for each broker of the story that is not silent."""
    signs: list[Send] = []
    said = [told.happening.request for told in story if isinstance(told.happening, Received)]
    for request in said:
        if isinstance(request, RegisterBroker) and request.broker_addr not in silent and request.body is not None:
            question = QueryDataVersion(
                cluster_name=request.cluster_name,
                broker_addr=request.broker_addr,
                broker_name=request.broker_name,
                broker_id=request.broker_id,
                data_version=request.body.data_version,
            )
            signs.append(Send(connection=OBSERVER, request=question))
    return Requests(sends=tuple(signs))


def comparable(tables: Tables) -> Tables:
    """The tables without times and connections, which differ from run to run."""
    live = tables.broker_live_table
    for key, info in live.items():
        live = live.insert(key, attrs.evolve(info, last_update_ms=0, heartbeat_timeout_ms=0, channel=Channel(0)))
    return attrs.evolve(tables, broker_live_table=live)
