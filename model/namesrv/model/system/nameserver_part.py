"""A NameServer within a system: its state, and beside it what the invariants have to remember.

Time has two values here: a live entry is fresh, or stale (silent for longer than its timeout). Connections have small numbers
that are used again; a live entry whose connection is gone has none (`GONE`), so that it can't be taken for a later one's.
"""

from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.model.circumstances import circumstances
from namesrv.model.events import (
    Applied,
    Channel,
    ChannelClosed,
    ClosedChannel,
    Event,
    Output,
    Work,
)
from namesrv.model.ledger import GONE, Ledger, forget_absent, observe, release_silent
from namesrv.model.namesrv import is_pending, step, successors
from namesrv.model.profiles import Profile
from namesrv.model.promises import broken_at_rest
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import BrokerAddrInfo

STALE_MS: Final = -(1 << 40)
"""The time of a stale entry; fresh ones have 0, which is now."""


@attrs.frozen(kw_only=True)
class Forgotten:
    """Nothing is left to be done for a closed connection: its number may be used again."""

    channel: Channel


Said = Output | Forgotten


@attrs.frozen(order=False)
class Cause:
    """A rule that was applied, and in what circumstances (`namesrv.model.circumstances`)."""

    table: str
    rule: str
    circumstances: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """For stories and slugs."""
        words = f" ({', '.join(sorted(self.circumstances))})" if self.circumstances else ""
        return f"{self.table}/{self.rule}{words}"


@attrs.frozen(kw_only=True, cache_hash=True)
class NameServerPart:
    """`closed`: connections that it knows to be closed and has not forgotten. `broken`: the invariants that are false now.

    `causes`: the rules applied since it was last at rest.
    """

    state: NameServerState = NameServerState()
    ledger: Ledger = Ledger()
    closed: frozenset[Channel] = frozenset()
    causes: frozenset[Cause] = frozenset()
    broken: frozenset[str] = frozenset()

    @property
    def is_at_rest(self) -> bool:
        """Whether it has nothing left to do."""
        return not is_pending(self.state) and not self.state.locked


def happened(part: NameServerPart, event: Event, profile: Profile) -> tuple[NameServerPart, tuple[Said, ...]]:
    """An event from outside, or one internal step."""
    state, outputs = step(part.state, event, profile)
    return _after(part, event, state, outputs, profile)


def internal_steps(part: NameServerPart, profile: Profile) -> Iterator[tuple[NameServerPart, tuple[Said, ...]]]:
    """Everything that it may do next by itself."""
    for event, state, outputs in successors(part.state, profile):
        yield _after(part, event, state, outputs, profile)


def settled(
    part: NameServerPart, profile: Profile, said: tuple[Said, ...] = ()
) -> tuple[NameServerPart, tuple[Said, ...]]:
    """After all of them, the first each time: for profiles in which requests are atomic, and there is but one way."""
    while True:
        following = next(internal_steps(part, profile), None)
        if following is None:
            return part, said
        part, more = following
        said += more


def _after(
    part: NameServerPart, event: Event, state: NameServerState, outputs: tuple[Output, ...], profile: Profile
) -> tuple[NameServerPart, tuple[Said, ...]]:
    ledger, broken = observe(part.ledger, part.state, event, state, outputs, part.closed)
    ledger = forget_absent(ledger, state.tables)
    closed = part.closed | {output.channel for output in outputs if isinstance(output, ClosedChannel)}
    if isinstance(event, ChannelClosed):
        closed |= {event.channel}
    at_work = {task.channel for task in state.tasks}
    forgotten = frozenset(channel for channel in closed if channel not in at_work)
    if forgotten:
        state, ledger = _without_channels(state, ledger, forgotten)
    rules = _causes(part, event, outputs, profile)
    began = frozenset() if part.is_at_rest else part.causes
    after = NameServerPart(state=state, ledger=ledger, closed=closed - forgotten, causes=began | rules, broken=broken)
    said: tuple[Said, ...] = (*outputs, *(Forgotten(channel=channel) for channel in sorted(forgotten)))
    if after.is_at_rest:
        wrong = broken_at_rest(state.tables, ledger, profile)
        after = attrs.evolve(after, broken=broken | wrong, causes=after.causes if broken | wrong else frozenset())
    return after, said


def _causes(part: NameServerPart, event: Event, outputs: tuple[Output, ...], profile: Profile) -> frozenset[Cause]:
    """The rules that the step applied, each with its circumstances."""
    words: frozenset[str] = frozenset()
    if isinstance(event, Work):
        key = (event.channel, event.opaque)
        task = next((task for task in part.state.tasks if (task.channel, task.opaque) == key), None)
        words = frozenset() if task is None else circumstances(part.state.tables, part.ledger, task, profile)
    return frozenset(Cause(o.table, o.rule, words) for o in outputs if isinstance(o, Applied))


def _without_channels(
    state: NameServerState, ledger: Ledger, gone: frozenset[Channel]
) -> tuple[NameServerState, Ledger]:
    live = state.tables.broker_live_table
    for key, info in live.items():
        if info.channel in gone:
            live = live.insert(key, attrs.evolve(info, channel=GONE))
    stays = ledger.stays
    for addr, stay in stays.items():
        if stay.channel in gone:
            stays = stays.insert(addr, attrs.evolve(stay, channel=GONE))
    tables = attrs.evolve(state.tables, broker_live_table=live)
    return attrs.evolve(state, tables=tables), attrs.evolve(ledger, stays=stays)


# Time -------------------------------------------------------------------------------------------------------------


def is_stale(tables: Tables, key: BrokerAddrInfo) -> bool:
    """Whether a live entry has been silent for too long."""
    return tables.broker_live_table[key].last_update_ms == STALE_MS


def became_stale(part: NameServerPart, key: BrokerAddrInfo) -> NameServerPart:
    """The address has been silent for longer than its timeout."""
    live = part.state.tables.broker_live_table
    live = live.insert(key, attrs.evolve(live[key], last_update_ms=STALE_MS))
    state = attrs.evolve(part.state, tables=attrs.evolve(part.state.tables, broker_live_table=live))
    return attrs.evolve(part, state=state, ledger=release_silent(part.ledger, key.broker_addr))
