"""The tracker for recordings: time goes on by itself, many may ask at once, and nobody waits for anything.

Three things differ from a run of our own:

- A belief knows since when each piece of work waits. An internal step happens at its cause's time: the earliest that it can,
  so an entry may expire a little too early, never too late; whoever asks what is overdue adds what a request may take.
- Requests that only read are not in work: a belief remembers what each of them may have been answered so far, on its way here.
  So a hundred clients that ask at once make one state, not 2^100.
- One-way signs of life happen at once: whether they have, nobody is ever told. Only where the broker was about to expire, both.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.answer_values import as_read
from namesrv.check.late_encoding import answers_later
from namesrv.check.tracker import Belief, ExternalEvent, Following, TooManyStates, Tracker
from namesrv.model.closing import is_expired, with_close_noticed
from namesrv.model.context import Context
from namesrv.model.departures import queue_removal
from namesrv.model.events import (
    Answer,
    Answered,
    BrokerHeartbeat,
    Channel,
    ClosedChannel,
    GetAllTopicList,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    Opaque,
    Output,
    QueryDataVersion,
    Received,
    Request,
    ScanNotActiveBroker,
    UnknownRequest,
    UnregisterBroker,
)
from namesrv.model.namesrv import successors, unregistrations, works
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.removal import may_throw
from namesrv.model.requests import advance, needs_lock
from namesrv.model.state import CLOSE, ClosedConnection, NameServerState, Task
from namesrv.model.values import BrokerAddrInfo, table

READS: Final = (
    *(GetRouteInfoByTopic, GetAllTopicList, GetTopicsByCluster, GetSystemTopicList, GetUnitTopicList),
    *(GetBrokerMemberGroup, GetKVConfig, GetKVListByNamespace, GetNamesrvConfig, UnknownRequest),
)
"""Requests that change nothing, in one look at one state."""

SIGNS_OF_LIFE: Final = (BrokerHeartbeat, QueryDataVersion)
MAX_STATES: Final = 4_000
"""More are not followed: each event would take seconds, and hardly any answer be impossible."""

MAX_REMEMBERED: Final = 2_000
"""So many answers, and so many tables' deadlines, are kept; then it begins anew."""


Key = tuple[Channel, Opaque] | UnregisterBroker
"""A piece of work: a task, or what is queued."""


@attrs.frozen(cache_hash=True)
class Timed(Belief):
    """A belief. `since`: when the cause of each piece of work was seen, milliseconds; `seen`: what each read that nobody has seen
    answered may have been answered by now.
    """

    since: HashTrieMap[Key, int] = HashTrieMap()
    seen: HashTrieMap[tuple[Channel, Opaque], frozenset[Answer]] = HashTrieMap()


class TimedTracker(Tracker):
    """The beliefs about a NameServer of which a recording tells. Time is the recording's, milliseconds."""

    def __init__(self, profile: Profile, initial: Iterable[NameServerState]) -> None:
        super().__init__(profile, (), as_read)
        self._beliefs = frozenset(Timed(state) for state in initial)
        self._acting_ms = 0
        self._asked: HashTrieMap[tuple[Channel, Opaque], Request] = table()
        self._gone: set[Channel] = set()
        self._remembered: dict[tuple[object, ...], frozenset[Answer]] = {}
        self._earliest: dict[int, tuple[HashTrieMap[BrokerAddrInfo, object], int | None]] = {}

    # What happens -----------------------------------------------------------------------------------------------

    def happened(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something was done to the NameServer. Raises `TooManyStates`."""
        self._acting_ms = now_ms
        if isinstance(event, Received):
            if self._only_reads(event):
                if not event.oneway:
                    self._asked = self._asked.insert((event.channel, event.opaque), event.request)
                    looked = [self._looked(belief) for belief in self._timed()]
                    # What is still in work may as well come only now, after a look.
                    self._beliefs = frozenset(looked) if self.is_quiet() else self._closure(looked, now_ms)
                return
            if event.oneway and isinstance(event.request, SIGNS_OF_LIFE) and not self._about_to_expire(now_ms):
                self._at_once(event, now_ms)
                return
        super().happened(event, now_ms)

    def may_have_happened(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something may have been done to the NameServer, or not. Raises `TooManyStates`."""
        self._acting_ms = now_ms
        super().may_have_happened(event, now_ms)

    def may_have_scanned(self, now_ms: int) -> None:
        """A scan may have come by now, or be under way. Raises `TooManyStates`.

        Where a scan only closes connections and queues removals, it comes to the same if it finds each broker by itself: then
        there is no need to follow scans half done. It may come as late as one interval from now.
        """
        if self.profile.channel_destroy is not ChannelDestroy.ONE_QUEUED or self._may_throw():
            self.may_have_happened(ScanNotActiveBroker(), now_ms)
            return
        self._acting_ms = now_ms + self.profile.scan_interval_ms
        found: set[Belief] = set(self._beliefs)
        frontier = list(self._timed())
        while frontier:
            for after in self._finds(frontier.pop(), now_ms):
                if after not in found:
                    found.add(after)
                    frontier.append(after)
            if len(found) > MAX_STATES:
                raise TooManyStates(f"more than {MAX_STATES} states are consistent with the recording")
        self._beliefs = self._closure(found, now_ms)

    def _may_throw(self) -> bool:
        return any(may_throw(belief.state.tables, belief.state.unregistration_queue) for belief in self._beliefs)

    def _finds(self, belief: Timed, now_ms: int) -> Iterator[Timed]:
        state = belief.state
        queued = {(request.cluster_name, request.broker_addr) for request in state.unregistration_queue}
        for key, info in state.tables.broker_live_table.items():
            if is_expired(info, now_ms, self.profile) and (key.cluster_name, key.broker_addr) not in queued:
                for after, _ in queue_removal(state, key):
                    if after is not state:
                        closing = with_close_noticed(after, info.channel)
                        yield self._without_idle(self._said(belief, closing, (ClosedChannel(channel=info.channel),)))

    def may_have_been_lost(self, channel: Channel) -> None:
        """The connection broke: what was sent over it last may never have been read. Raises `TooManyStates`."""
        after: set[Belief] = set(self._beliefs)
        for belief in self._timed():
            mine = [t for t in belief.state.tasks if t.channel == channel and t.opaque != CLOSE and t.pc == 0]
            for kept in range(len(mine)):
                lost = mine[kept:]
                tasks = tuple(task for task in belief.state.tasks if task not in lost)
                after.add(self._said(belief, attrs.evolve(belief.state, tasks=tasks), ()))
        self._beliefs = frozenset(after)
        if len(after) > MAX_STATES:
            raise TooManyStates(f"more than {MAX_STATES} states are consistent with the recording")

    def forget(self, channel: Channel) -> None:
        """Nobody will see any answer over this connection any more."""
        self._gone.add(channel)
        asked = [key for key in self._asked if key[0] == channel]
        for key in asked:
            self._asked = self._asked.remove(key)
        self._beliefs = frozenset(self._without(belief, channel) for belief in self._timed())

    def forget_answer(self, channel: Channel, opaque: Opaque) -> None:
        """Whatever it was answered, nobody looks at it."""
        key = (channel, opaque)
        self._asked = self._asked.discard(key)
        self._beliefs = frozenset(
            attrs.evolve(belief, answers=belief.answers.discard(key), seen=belief.seen.discard(key))
            for belief in self._timed()
        )

    def was_refused(self, channel: Channel, opaque: Opaque) -> None:
        """The request was turned away before anybody worked on it."""
        self.forget_answer(channel, opaque)
        before = self._beliefs
        after: set[Belief] = set()
        for belief in self._timed():
            tasks = tuple(task for task in belief.state.tasks if (task.channel, task.opaque) != (channel, opaque))
            if len(tasks) < len(belief.state.tasks):
                after.add(self._said(belief, attrs.evolve(belief.state, tasks=tasks), ()))
        self._beliefs = frozenset(after) or before

    def add(self, states: Iterable[NameServerState]) -> None:
        """It may as well be in one of these."""
        self._beliefs |= {self._looked(Timed(state)) for state in states}

    def become(self, beliefs: Iterable[Belief]) -> None:
        """These are the beliefs now."""
        self._beliefs = frozenset(beliefs)

    # What is seen -----------------------------------------------------------------------------------------------

    def possible_answers(self, channel: Channel, opaque: Opaque) -> frozenset[Answer]:
        """What the answer to this request may be."""
        key = (channel, opaque)
        if key in self._asked:
            return frozenset[Answer]().union(*(belief.seen.get(key, frozenset()) for belief in self._timed()))
        return super().possible_answers(channel, opaque)

    def observed(self, channel: Channel, opaque: Opaque, matching: Iterable[Answer]) -> bool:
        """The request has been answered with one of `matching`. False if nothing explains that; then nothing changes."""
        key, wanted = (channel, opaque), frozenset(matching)
        if key not in self._asked:
            return super().observed(channel, opaque, wanted)
        left = [belief for belief in self._timed() if not wanted.isdisjoint(belief.seen.get(key, frozenset()))]
        if left:
            self._asked = self._asked.remove(key)
            self._beliefs = frozenset(attrs.evolve(belief, seen=belief.seen.discard(key)) for belief in left)
        return bool(left)

    # Time -------------------------------------------------------------------------------------------------------

    def deadlines(self) -> list[int]:
        """When live entries become old enough for a scan, in any state, in order."""
        found: set[int] = set()
        for belief in self._beliefs:
            live = belief.state.tables.broker_live_table
            found |= {info.last_update_ms + info.heartbeat_timeout_ms for info in live.values()}
        return sorted(found)

    def next_deadline(self) -> int | None:
        """The first of them."""
        first = [deadline for belief in self._beliefs if (deadline := self._first_of(belief.state)) is not None]
        return min(first, default=None)

    def any_expired(self, now_ms: int) -> bool:
        """Whether a scan would find somebody now, in some state."""
        return any(
            is_expired(info, now_ms, self.profile)
            for belief in self._beliefs
            for info in belief.state.tables.broker_live_table.values()
        )

    def drop_overdue(self, before_ms: int) -> bool:
        """What was to be done since before `before_ms` has been done: other states are ruled out. False if none is left."""
        left = frozenset(
            belief for belief in self._timed() if not any(self._is_due(belief, key, before_ms) for key in belief.since)
        )
        if left:
            self._beliefs = left
        return bool(left)

    def _is_due(self, belief: Timed, key: Key, before_ms: int) -> bool:
        if belief.since[key] >= before_ms:
            return False
        return isinstance(key, UnregisterBroker) or not all(
            isinstance(task.job, ClosedConnection) and task.job.again
            for task in belief.state.tasks
            if (task.channel, task.opaque) == key
        )

    def _first_of(self, state: NameServerState) -> int | None:
        live = state.tables.broker_live_table
        known = self._earliest.get(id(live))
        if known is None or known[0] is not live:
            if len(self._earliest) > MAX_REMEMBERED:
                self._earliest.clear()
            first = min((info.last_update_ms + info.heartbeat_timeout_ms for info in live.values()), default=None)
            known = self._earliest[id(live)] = (live, first)
        return known[1]

    def _about_to_expire(self, now_ms: int) -> bool:
        first = self.next_deadline()
        return first is not None and first < now_ms + self.profile.internal_step_deadline_ms

    # Steps ------------------------------------------------------------------------------------------------------

    def _timed(self) -> Iterator[Timed]:
        for belief in self._beliefs:
            assert isinstance(belief, Timed)
            yield belief

    def _only_reads(self, event: Received) -> bool:
        if not isinstance(event.request, READS):
            return False
        return not any(looks_twice(belief.state) for belief in self._beliefs)

    def _at_once(self, event: Received, now_ms: int) -> None:
        after = []
        for belief in self._timed():
            task = Task(channel=event.channel, opaque=event.opaque, job=event.request, oneway=True)
            context = Context(state=belief.state, task=task, profile=self.profile, now_ms=now_ms, watched=False)
            after += [self._said(belief, outcome.state, outcome.outputs) for outcome in advance(context)]
        self._beliefs = frozenset(after)

    def _closure(self, beliefs: Iterable[Belief], now_ms: int, following: Following = successors) -> frozenset[Belief]:
        seen = {self._without_idle_tasks(belief) for belief in beliefs}
        frontier = list(seen)
        while frontier:
            belief = frontier.pop()
            assert isinstance(belief, Timed)
            for after in self._one_step(belief):
                if after not in seen:
                    seen.add(after)
                    frontier.append(after)
            if len(seen) > MAX_STATES:
                raise TooManyStates(f"more than {MAX_STATES} states are consistent with the recording")
        return self._merged(seen) if len(seen) > 1 and self._asked else frozenset(seen)

    def _merged(self, beliefs: Iterable[Belief]) -> frozenset[Belief]:
        """Beliefs in one state are one: a read may have seen whatever it may have seen on any way there."""
        by_state: dict[Timed, Timed] = {}
        for belief in beliefs:
            assert isinstance(belief, Timed)
            rest = attrs.evolve(belief, seen=table())
            known = by_state.get(rest)
            by_state[rest] = belief if known is None else attrs.evolve(rest, seen=_joined(known.seen, belief.seen))
        return frozenset(by_state.values())

    def _one_step(self, belief: Timed) -> Iterator[Belief]:
        """Every internal step, at the time of its cause."""
        state = belief.state
        asked = [(task, belief.since.get((task.channel, task.opaque))) for task in state.tasks]
        times = [self._acting_ms if at is None else at for _, at in asked]
        times += [belief.since.get(request, self._acting_ms) for request in state.unregistration_queue]
        if times:
            self._acting_ms = min(times)
            for _, after, outputs in unregistrations(state, self.profile):
                yield from self._with_what_is_read(belief, after, outputs)
        for task, time_ms in asked:
            if time_ms is not None:
                self._acting_ms = time_ms
                for after, outputs in works(state, task, self.profile, time_ms):
                    yield from self._with_what_is_read(belief, after, outputs)

    def _with_what_is_read(
        self, belief: Timed, state: NameServerState, outputs: tuple[Output, ...]
    ) -> Iterator[Belief]:
        for after in self._encoded(belief, self._said(belief, state, outputs), outputs):
            yield self._without_idle_tasks(after)

    def _said(self, belief: Belief, state: NameServerState, outputs: Iterable[object]) -> Timed:
        assert isinstance(belief, Timed)
        outputs = tuple(outputs)
        answers, closed = belief.answers, belief.closed
        for output in outputs:
            match output:
                case Answered() if output.channel not in self._gone:
                    answers = answers.insert((output.channel, output.opaque), self._as_read(output.answer))
                case ClosedChannel() if output.channel not in self._gone:
                    closed = closed | {output.channel}
                case _:
                    pass
        seen = self._seen_later(belief, state, outputs)
        after = Timed(state, answers, closed, self._since(belief, state), seen)
        return after if _shows_the_same(state, belief.state) else self._looked(after)

    def _since(self, belief: Timed, state: NameServerState) -> HashTrieMap[Key, int]:
        if not state.tasks and not state.unregistration_queue:
            return table()
        keys: list[Key] = [(task.channel, task.opaque) for task in state.tasks]
        keys += state.unregistration_queue
        return table({key: belief.since.get(key, self._acting_ms) for key in keys})

    def _without_idle(self, belief: Belief) -> Timed:
        after = self._without_idle_tasks(belief)
        assert isinstance(after, Timed)
        return after

    def _without_idle_tasks(self, belief: Belief) -> Belief:
        after = super()._without_idle_tasks(belief)
        if after is belief:
            return belief
        assert isinstance(after, Timed)
        return attrs.evolve(after, since=self._since(after, after.state))

    # Reads ------------------------------------------------------------------------------------------------------

    def _looked(self, belief: Timed) -> Timed:
        """What is asked may be answered by what is there now, too, unless a writer in the middle keeps the reader out."""
        seen = belief.seen
        for (channel, opaque), request in self._asked.items():
            task = Task(channel=channel, opaque=opaque, job=request)
            if belief.state.locked and needs_lock(task):
                continue
            before = seen.get((channel, opaque), frozenset())
            after = before | self._read(belief.state, request)
            if after != before:
                seen = seen.insert((channel, opaque), after)
        return belief if seen is belief.seen else attrs.evolve(belief, seen=seen)

    def _seen_later(
        self, belief: Timed, state: NameServerState, outputs: tuple[object, ...]
    ) -> HashTrieMap[tuple[Channel, Opaque], frozenset[Answer]]:
        """What each read may have been answered, whether routes were encoded before this step or after it."""
        seen, before = belief.seen, belief.state.tables
        if before is not state.tables:
            for key, answers in belief.seen.items():
                asked = self._asked.get(key)
                later = (answers_later(each, asked, before, state, outputs, self.profile) for each in answers)
                if more := frozenset(self._as_read(answer) for answer in chain.from_iterable(later)):
                    seen = seen.insert(key, answers | more)
        return seen

    def _read(self, state: NameServerState, request: Request) -> frozenset[Answer]:
        key = (state.tables, state.kv_config, state.options, request)
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) > MAX_REMEMBERED:
                self._remembered.clear()
            task = Task(channel=Channel(0), opaque=Opaque(0), job=request)
            alone = attrs.evolve(state, tasks=(), locked=False)
            context = Context(state=alone, task=task, profile=self.profile, now_ms=0, watched=False)
            said = (output for outcome in advance(context) for output in outcome.outputs)
            known = frozenset(self._as_read(output.answer) for output in said if isinstance(output, Answered))
            self._remembered[key] = known
        return known

    def _without(self, belief: Timed, channel: Channel) -> Timed:
        answers, seen = belief.answers, belief.seen
        for key in [key for key in answers if key[0] == channel]:
            answers = answers.remove(key)
        for key in [key for key in seen if key[0] == channel]:
            seen = seen.remove(key)
        return attrs.evolve(belief, answers=answers, seen=seen, closed=belief.closed - {channel})


def _joined(
    one: HashTrieMap[tuple[Channel, Opaque], frozenset[Answer]],
    other: HashTrieMap[tuple[Channel, Opaque], frozenset[Answer]],
) -> HashTrieMap[tuple[Channel, Opaque], frozenset[Answer]]:
    for key, answers in other.items():
        one = one.insert(key, answers | one.get(key, frozenset()))
    return one


def _shows_the_same(one: NameServerState, other: NameServerState) -> bool:
    """Whether a reader certainly sees the same."""
    same_tables = one.tables is other.tables and one.locked == other.locked
    return same_tables and one.kv_config is other.kv_config and one.options is other.options


def looks_twice(state: NameServerState) -> bool:
    """Whether some read is more than one look, or depends on more than the tables."""
    options = state.options
    return options.order_message_enable or options.need_wait_for_service or options.cluster_test
