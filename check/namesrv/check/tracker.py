"""Which model states are consistent with everything that has been observed (subset construction).

Part of a NameServer works later or in parallel, so after the same requests it may be in one of several states. The tracker
keeps all of them, closed under internal steps, and strikes out those that an observation rules out. None left: violated.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.idle import without_idle_tasks
from namesrv.check.late_encoding import answers_later, states_later
from namesrv.check.rest import emptied, finding, only_finds_and_queues
from namesrv.model.context import Context
from namesrv.model.events import (
    Answer,
    Answered,
    Channel,
    ChannelClosed,
    ClosedChannel,
    GetRouteInfoByTopic,
    Opaque,
    Output,
    Received,
    Request,
    RunUnregistration,
    ScanNotActiveBroker,
    Work,
)
from namesrv.model.namesrv import is_pending, step, successors
from namesrv.model.profiles import Profile
from namesrv.model.requests import advance
from namesrv.model.state import CLOSE, NameServerState, Tables, Task

MAX_BELIEFS: Final = 20_000
"""More states than this are not followed: the verdict is then unknown."""

CROWD: Final = 256
"""With more states than this it is worth waiting for work that changes nothing now, too."""

ExternalEvent = Received | ChannelClosed | ScanNotActiveBroker

Following = Callable[
    [NameServerState, Profile, int], Iterator[tuple[Work | RunUnregistration, NameServerState, tuple[Output, ...]]]
]
"""Which internal steps are taken."""


class TooManyStates(Exception):
    """The set of consistent states has outgrown `MAX_BELIEFS`: undecided."""


@attrs.frozen(cache_hash=True)
class Belief:
    """One state that the NameServer may be in, with what it has said that nobody has looked at yet."""

    state: NameServerState
    answers: "HashTrieMap[tuple[Channel, Opaque], Answer]" = HashTrieMap()
    closed: frozenset[Channel] = frozenset()


class Tracker:
    """The set of beliefs. Not thread-safe; every method takes time as `now_ms` (epoch milliseconds).

    `as_read`: what of an answer gets through to its reader.
    """

    def __init__(
        self,
        profile: Profile,
        initial: Iterable[NameServerState] = (NameServerState(),),
        as_read: Callable[[Answer], Answer] = lambda answer: answer,
    ) -> None:
        self.profile = profile
        self._as_read = as_read
        self._beliefs: frozenset[Belief] = frozenset(Belief(state) for state in initial)
        self._routes: dict[tuple[Channel, Opaque], GetRouteInfoByTopic] = {}

    @property
    def beliefs(self) -> frozenset[Belief]:
        """What may be the case, for reports."""
        return self._beliefs

    def happened(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something was done to the NameServer. Raises `TooManyStates`."""
        if isinstance(event, Received) and isinstance(event.request, GetRouteInfoByTopic) and not event.oneway:
            self._routes[event.channel, event.opaque] = event.request
        after = (self._said(belief, *step(belief.state, event, self.profile)) for belief in self._beliefs)
        self._beliefs = self._closure(after, now_ms)

    def happened_until_rest(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something was done to the NameServer, and nothing else until it had come to rest. Raises `TooManyStates`."""
        after = [self._said(belief, *step(belief.state, event, self.profile)) for belief in self._beliefs]
        if all(only_finds_and_queues(belief.state, self.profile) for belief in after):
            found = self._closure(after, now_ms, finding)
            left = {attrs.evolve(belief, state=emptied(belief.state, self.profile)) for belief in found}
            self._beliefs = self._closure(left, now_ms, finding)
        else:
            self._beliefs = self._closure(after, now_ms)
        self.has_come_to_rest()

    def may_have_happened(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something may have been done to the NameServer, or not. Raises `TooManyStates`."""
        after = [self._said(belief, *step(belief.state, event, self.profile)) for belief in self._beliefs]
        self._beliefs = self._closure([*self._beliefs, *after], now_ms)

    def possible_answers(self, channel: Channel, opaque: Opaque) -> frozenset[Answer]:
        """What the answer to this request may be."""
        key = (channel, opaque)
        return frozenset(belief.answers[key] for belief in self._beliefs if key in belief.answers)

    def observed(self, channel: Channel, opaque: Opaque, matching: Iterable[Answer]) -> bool:
        """The request has been answered with one of `matching`. False if nothing explains that; then nothing changes."""
        key, wanted = (channel, opaque), frozenset(matching)
        left = frozenset(
            attrs.evolve(belief, answers=belief.answers.remove(key))
            for belief in self._beliefs
            if belief.answers.get(key) in wanted
        )
        if left:
            self._beliefs = left
            self._routes.pop(key, None)
        return bool(left)

    def observed_closed(self, channel: Channel) -> bool:
        """The NameServer has closed the connection. False if nothing explains that; then nothing changes."""
        left = frozenset(belief for belief in self._beliefs if channel in belief.closed)
        if left:
            self._beliefs = left
        return bool(left)

    def nothing_outstanding(self) -> bool:
        """Whether no state has an answer that has not been looked at, or a request in work."""
        return all(
            not belief.answers and all(task.opaque == CLOSE for task in belief.state.tasks) for belief in self._beliefs
        )

    def is_quiet(self) -> bool:
        """Whether in every state nothing is left to be done."""
        return not any(is_pending(belief.state) for belief in self._beliefs)

    def awaits_change(self) -> bool:
        """Whether some state still has work to do that is worth waiting for: it would change the tables, or there is a crowd."""
        return any(self._is_awaited(belief.state) for belief in self._beliefs)

    def settled(self) -> frozenset[Belief]:
        """Those in which nothing is left to do that would change the tables; none in a crowd, which is worth waiting for."""
        return frozenset() if len(self._beliefs) > CROWD else self._unawaited()

    def drop_pending_change(self) -> bool:
        """The deadline has passed: states that still have such work to do are ruled out. False if none is left."""
        left = self._unawaited()
        if left:
            self._beliefs = left
        return bool(left)

    def has_come_to_rest(self) -> None:
        """The NameServer has done whatever it had to do: only such states are left."""
        self._beliefs = frozenset(belief for belief in self._beliefs if not is_pending(belief.state))

    def peek(self, request: Request, now_ms: int = 0) -> dict[Belief, frozenset[Answer]]:
        """What each state may answer to a request that only reads, if it were asked alone now. Changes nothing."""
        task = Task(channel=Channel(0), opaque=Opaque(0), job=request)
        answers = {}
        for belief in self._beliefs:
            context = Context(state=belief.state, task=task, profile=self.profile, now_ms=now_ms, watched=False)
            said = (output for outcome in advance(context) for output in outcome.outputs)
            answers[belief] = frozenset(self._as_read(output.answer) for output in said if isinstance(output, Answered))
        return answers

    def keep(self, beliefs: Iterable[Belief]) -> bool:
        """Keeps only these beliefs. False if there are none; then nothing changes."""
        left = self._beliefs & frozenset(beliefs)
        if left:
            self._beliefs = left
        return bool(left)

    def back_to(self, beliefs: Iterable[Belief]) -> None:
        """What was looked at since does not count: these were the beliefs."""
        self._beliefs = frozenset(beliefs)

    # ------------------------------------------------------------------------------------------------------------

    def _unawaited(self) -> frozenset[Belief]:
        return frozenset(belief for belief in self._beliefs if not self._is_awaited(belief.state))

    def _is_awaited(self, state: NameServerState) -> bool:
        """Whether it has work to do, and some run of it leads to other tables; in a crowd, any work counts."""
        if not is_pending(state):
            return False
        return len(self._beliefs) > CROWD or any(tables != state.tables for tables in self._final_tables(state))

    def _final_tables(self, state: NameServerState) -> set[Tables]:
        final: set[Tables] = set()
        seen, frontier = {state}, [state]
        while frontier:
            current = frontier.pop()
            following = [after for _, after, _ in successors(current, self.profile)]
            if not following or not is_pending(current):
                final.add(current.tables)
            for after in following:
                if after not in seen:
                    seen.add(after)
                    frontier.append(after)
        return final

    def _closure(self, beliefs: Iterable[Belief], now_ms: int, following: Following = successors) -> frozenset[Belief]:
        seen = {self._without_idle_tasks(belief) for belief in beliefs}
        frontier = list(seen)
        while frontier:
            belief = frontier.pop()
            for _, state, outputs in following(belief.state, self.profile, now_ms):
                for said in self._encoded(belief, self._said(belief, state, outputs), outputs):
                    after = self._without_idle_tasks(said)
                    if after not in seen:
                        seen.add(after)
                        frontier.append(after)
            if len(seen) > MAX_BELIEFS:
                raise TooManyStates(f"more than {MAX_BELIEFS} states are consistent with what was observed")
        return frozenset(seen)

    def _said(self, belief: Belief, state: NameServerState, outputs: Iterable[object]) -> Belief:
        answers, closed = belief.answers, belief.closed
        for output in outputs:
            match output:
                case Answered():
                    answers = answers.insert((output.channel, output.opaque), self._as_read(output.answer))
                case ClosedChannel():
                    closed = closed | {output.channel}
                case _:
                    pass
        return Belief(state, answers, closed)

    def _encoded(self, before: Belief, after: Belief, outputs: tuple[Output, ...]) -> list[Belief]:
        """What a step has come to, whether routes that nobody has read yet were encoded before it or after it."""
        tables = before.state.tables
        if tables is after.state.tables:
            return [after]
        ways = [attrs.evolve(after, state=s) for s in states_later(tables, after.state, outputs, self.profile)]
        for key, answer in before.answers.items():
            later = answers_later(answer, self._routes.get(key), tables, after.state, outputs, self.profile)
            answers = {self._as_read(each) for each in later}
            ways += [attrs.evolve(way, answers=way.answers.insert(key, each)) for way in ways for each in answers]
        return ways

    def _without_idle_tasks(self, belief: Belief) -> Belief:
        """And what is queued for different names, which comes to the same in any order, in one.

        A state between two of them may be taken for another order's, until both are done.
        """
        state = without_idle_tasks(belief.state, self.profile)
        queue = tuple(sorted(state.unregistration_queue, key=lambda request: request.broker_name or ""))
        if state is belief.state and queue == state.unregistration_queue:
            return belief
        return attrs.evolve(belief, state=attrs.evolve(state, unregistration_queue=queue))
