"""Which model states are consistent with everything that has been observed (subset construction).

Part of a NameServer works later or in parallel, so after the same requests it may be in one of several states. The tracker
keeps all of them, closed under internal steps, and strikes out those that an observation rules out. None left: violated.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.rest import emptied, finding, only_finds_and_queues
from namesrv.model.context import Context
from namesrv.model.events import (
    Answer,
    Answered,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    ClosedChannel,
    GetAllTopicList,
    GetBrokerClusterInfo,
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
    Received,
    RegisterTopicInNamesrv,
    Request,
    RunUnregistration,
    ScanNotActiveBroker,
    UnknownRequest,
    Work,
)
from namesrv.model.namesrv import is_pending, step, successors
from namesrv.model.profiles import Profile
from namesrv.model.requests import advance
from namesrv.model.state import CLOSE, ClosedConnection, NameServerState, Tables, Task

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

    @property
    def beliefs(self) -> frozenset[Belief]:
        """What may be the case, for reports."""
        return self._beliefs

    def happened(self, event: ExternalEvent, now_ms: int = 0) -> None:
        """Something was done to the NameServer. Raises `TooManyStates`."""
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
                after = self._without_idle_tasks(self._said(belief, state, outputs))
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

    def _without_idle_tasks(self, belief: Belief) -> Belief:
        """Without the tasks of which nobody will ever know whether they are done: each would double the states.

        A closed connection that speaks for nobody and has nothing in work can never come to anything; nor can a request that
        changes nothing and is not answered. What is queued for different names comes to the same in any order; a state between
        two of them may be taken for another order's, until both are done.
        """
        state = belief.state
        at_work = tuple(task for task in state.tasks if not self._is_mute(task))
        if any(isinstance(task.job, ClosedConnection) for task in at_work):
            speaking = {info.channel for info in state.tables.broker_live_table.values()}
            speaking |= {task.channel for task in at_work if not isinstance(task.job, ClosedConnection)}
            tasks = tuple(
                task
                for task in at_work
                if not isinstance(task.job, ClosedConnection) or task.pc or task.channel in speaking
            )
        else:
            tasks = at_work
        queue = tuple(sorted(state.unregistration_queue, key=lambda request: request.broker_name or ""))
        if len(tasks) == len(state.tasks) and queue == state.unregistration_queue:
            return belief
        return attrs.evolve(belief, state=attrs.evolve(state, tasks=tasks, unregistration_queue=queue))

    def _is_mute(self, task: Task) -> bool:
        """Whether the task is a read, or of a code that the release does not know, and nothing is said to it."""
        match task.job:
            case (
                GetRouteInfoByTopic()
                | GetBrokerClusterInfo()
                | GetAllTopicList()
                | GetKVConfig()
                | GetKVListByNamespace()
            ):
                return task.oneway
            case GetTopicsByCluster() | GetSystemTopicList() | GetUnitTopicList() | GetNamesrvConfig():
                return task.oneway
            case GetBrokerMemberGroup():
                return task.oneway or not (self.profile.member_group or self.profile.answers_unknown_codes)
            case UnknownRequest():
                return task.oneway or not self.profile.answers_unknown_codes
            case RegisterTopicInNamesrv():
                return not (self.profile.register_topic or self.profile.answers_unknown_codes)
            case BrokerHeartbeat():
                return not (self.profile.broker_heartbeat or self.profile.answers_unknown_codes)
            case _:
                return False
