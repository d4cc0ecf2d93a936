"""Is there an order that explains a story? A search that goes deep first (Wing and Gong), and remembers where it has been (Lowe).

It makes no internal step before an answer asks for it, and then the fewest first: whatever is done later than it could have been
is seen by as many as before. It knows the answers to come, so a step that would answer otherwise is not taken. And it looks at
once: who only looks, and sees now what it will have been told, may as well have looked now. A route of which the brokers are
right and the queues are not may become right by what changes before it is encoded (`late_encoding`), so it is remembered.

Time stands still: nobody falls silent within a round, so no broker expires, and to ask for a version changes nothing.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.answer_values import as_read
from namesrv.check.concurrent.story import Asked, Left, Story, Stray, Told
from namesrv.check.idle import without_idle_tasks
from namesrv.check.late_encoding import answers_later, copied, states_later
from namesrv.check.recorded.replay import matching
from namesrv.check.recorded.timed import READS, looks_twice
from namesrv.model.context import Context
from namesrv.model.events import (
    Answer,
    Answered,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    GetBrokerClusterInfo,
    Opaque,
    Output,
    QueryDataVersion,
    Received,
    Request,
    UpdateNamesrvConfig,
)
from namesrv.model.namesrv import step, unregistrations, works
from namesrv.model.profiles import Profile
from namesrv.model.requests import advance
from namesrv.model.state import NameServerState, Task
from namesrv.model.values import ClusterInfo, TopicRouteData

MAX_PLACES: Final = 20_000
"""More are not looked at, which would take minutes: the verdict is then unknown."""

MAX_REMEMBERED: Final = 20_000
"""So many looks at tables are kept; then it begins anew."""

LOOKERS: Final = (QueryDataVersion, GetBrokerClusterInfo, BrokerHeartbeat)
"""Requests of several steps, none of which changes anything while time stands still."""


class TooManyPlaces(Exception):
    """The search has been given up: undecided."""


@attrs.frozen
class Place:
    """Before the move of number `at` the NameServer is in `state`; `unseen` have not yet seen what they will have been told.

    `half`: routes that were looked up, are not what they will have been told, and may still become it.
    """

    at: int
    state: NameServerState
    unseen: frozenset[Opaque]
    half: frozenset[tuple[Opaque, Answer]] = frozenset()

    def waiting(self) -> frozenset[Opaque]:
        """Those who can't have been answered yet, of whom no task is left."""
        return self.unseen | {opaque for opaque, _ in self.half}


@attrs.define
class Ordering:
    """A search, once: `explains`. `until`: answers from this move on are not known, and need not be explained.

    `places`: how many it has looked at; `furthest`: the move that no place got beyond.
    """

    story: Story
    profile: Profile
    initial: NameServerState
    names: str
    until: int
    max_places: int = MAX_PLACES
    places: int = 0
    furthest: int = 0
    _asked: dict[Opaque, Asked] = attrs.Factory(dict)
    _got: dict[Opaque, Answer | None] = attrs.Factory(dict)
    _ranks: dict[Opaque, int] = attrs.Factory(dict)
    _been: dict[tuple[int, NameServerState], list[Place]] = attrs.Factory(dict)
    _accepted: dict[tuple[Opaque, Answer], bool] = attrs.Factory(dict)
    _looked: dict[tuple[object, ...], frozenset[Answer]] = attrs.Factory(dict)
    _one_look: bool = True
    _wanted: Opaque | None = None

    def __attrs_post_init__(self) -> None:
        self._asked = self.story.asked()
        for number, move in enumerate(self.story.moves):
            if isinstance(move, Told):
                self._ranks[move.opaque] = number
                if number < self.until:
                    self._got[move.opaque] = move.answer
        configured = any(isinstance(asked.request, UpdateNamesrvConfig) for asked in self._asked.values())
        self._one_look = not configured and not looks_twice(self.initial)

    def explains(self) -> bool:
        """Whether some order does. Raises `TooManyPlaces`."""
        return any(place.at >= self.until for place in self._search())

    def possible(self, opaque: Opaque) -> frozenset[Answer]:
        """What this request may be answered at `until`, as far as is found before the search would be given up."""
        found: set[Answer] = set()
        self._wanted = opaque
        with suppress(TooManyPlaces):
            for place in self._search():
                if place.at >= self.until:
                    for here in self._rest(place):
                        found |= self._answers(here.state, opaque)
        return frozenset(found)

    def _rest(self, place: Place) -> Iterator[Place]:
        frontier = [place]
        while frontier:
            here = frontier.pop()
            yield here
            frontier += [each for each in map(self._seen, self._steps(here)) if self._is_new(each)]

    def _answers(self, state: NameServerState, opaque: Opaque) -> frozenset[Answer]:
        request = self._asked[opaque].request
        if self._only_looks(request):
            return frozenset() if state.locked else self._look(state, request)
        steps = (each for task in state.tasks if task.opaque == opaque for each in works(state, task, self.profile))
        return frozenset(as_read(said.answer) for _, outputs in steps for said in outputs if isinstance(said, Answered))

    # The search -------------------------------------------------------------------------------------------------

    def _search(self) -> Iterator[Place]:
        """Every place before a move, each once."""
        ways = [iter([Place(0, self.initial, frozenset())])]
        while ways:
            before = next(ways[-1], None)
            if before is None:
                ways.pop()
                continue
            place = self._onward(before)
            if self._is_new(place):
                yield place
                if place.at < self.until:
                    ways.append(self._beyond(place))

    def _is_new(self, place: Place) -> bool:
        """Whether nobody was here who had seen as much. Raises `TooManyPlaces`."""
        key = place.at, place.state
        been = self._been.setdefault(key, [])
        if any(_has_seen_as_much(other, place) for other in been):
            return False
        been[:] = [other for other in been if not _has_seen_as_much(place, other)]
        been.append(place)
        self.places += 1
        self.furthest = max(self.furthest, place.at)
        if self.places > self.max_places:
            raise TooManyPlaces(f"more than {self.max_places:,} places were looked at")
        return True

    def _beyond(self, place: Place) -> Iterator[Place]:
        """Where internal steps lead, the fewest first, until the next move is possible."""
        frontier = deque([place])
        while frontier:
            here = frontier.popleft()
            for after in map(self._seen, self._steps(here)):
                if self._is_free(after):
                    yield after
                elif self._is_new(after):
                    frontier.append(after)

    def _onward(self, place: Place) -> Place:
        """As far as it gets without an internal step."""
        at, state, unseen, half = place.at, place.state, place.unseen, place.half
        while at < self.until and self._is_free(Place(at, state, unseen, half)):
            match self.story.moves[at]:
                case Asked() as asked if self._only_looks(asked.request):
                    unseen |= frozenset() if asked.oneway else {asked.opaque}
                case Asked() as asked:
                    event = Received(
                        channel=asked.channel, opaque=asked.opaque, request=asked.request, oneway=asked.oneway
                    )
                    state = step(state, event, self.profile)[0]
                case Left() as left:
                    event_of_close = ChannelClosed(channel=left.channel, aborted=left.aborted)
                    state = step(state, event_of_close, self.profile)[0]
                case _:
                    pass
            at += 1
            seen = self._seen(Place(at, state, unseen, half))
            state, unseen, half = seen.state, seen.unseen, seen.half
        return Place(at, state, unseen, half)

    def _is_free(self, place: Place) -> bool:
        """Whether the next move may come: it is no answer, or one that has been given."""
        move = self.story.moves[place.at]
        if isinstance(move, Stray):
            return False
        if not isinstance(move, Told):
            return True
        return move.opaque not in place.waiting() and all(task.opaque != move.opaque for task in place.state.tasks)

    # Steps ------------------------------------------------------------------------------------------------------

    def _steps(self, place: Place) -> Iterator[Place]:
        """Where every internal step leads that answers nothing but what was answered: first of him who is answered next."""
        state = place.state
        for task in sorted(state.tasks, key=lambda task: self._ranks.get(task.opaque, len(self.story.moves))):
            if isinstance(task.job, LOOKERS) and task.opaque != self._wanted:
                continue  # it looks as soon as it sees what it will tell (`_seen`)
            for after, outputs in works(state, task, self.profile):
                said = frozenset(as_read(each.answer) for each in outputs if isinstance(each, Answered))
                half = self._half_right(task.opaque, said)
                if half or self._is_right(task, after, outputs):
                    yield from self._encoded(place, half, after, outputs)
        for _, after, outputs in unregistrations(state, self.profile):
            yield from self._encoded(place, frozenset(), after, outputs)

    def _encoded(
        self,
        place: Place,
        looked: frozenset[tuple[Opaque, Answer]],
        after: NameServerState,
        outputs: tuple[Output, ...],
    ) -> Iterator[Place]:
        """After the step, in which `looked` were looked up: what was before may have been encoded before it or after it."""
        before, half = place.state.tables, place.half
        for opaque, answer in place.half:
            request = self._asked[opaque].request
            later = map(as_read, answers_later(answer, request, before, after, outputs, self.profile))
            half |= {(opaque, each) for each in later}
        right = {opaque for opaque, answer in half if self._accepts(opaque, answer)}
        half = looked | frozenset(each for each in half if each[0] not in right)
        for state in states_later(before, after, outputs, self.profile):
            yield Place(place.at, without_idle_tasks(state, self.profile), place.unseen - right, half)

    def _half_right(self, opaque: Opaque, answers: frozenset[Answer]) -> frozenset[tuple[Opaque, Answer]]:
        """Those that are not what it will have been told, and may still become it."""
        got = self._got.get(opaque)
        if not self.profile.route_encoded_after_lock or got is None or not isinstance(got.body, TopicRouteData):
            return frozenset()
        if self._is_told(opaque, answers):
            return frozenset()
        told = copied(got.body)
        routes = [(answer, answer.body) for answer in answers]
        return frozenset((opaque, a) for a, body in routes if isinstance(body, TopicRouteData) and copied(body) == told)

    def _is_right(self, task: Task, after: NameServerState, outputs: tuple[Output, ...]) -> bool:
        """Whether what it says, or has seen so far, is what it will have been told."""
        answers = [output.answer for output in outputs if isinstance(output, Answered)]
        if answers:
            return all(self._accepts(task.opaque, as_read(answer)) for answer in answers)
        got = self._got.get(task.opaque)
        kept = _same(after, task)
        if got is None or kept is None:
            return got is None
        match kept.job:
            case QueryDataVersion() if kept.pc:
                return got.ext_fields is not None and got.ext_fields.get("changed") == str(bool(kept.memo)).lower()
            case GetBrokerClusterInfo() if kept.pc and isinstance(got.body, ClusterInfo):
                assert isinstance(kept.memo, HashTrieMap)
                likely = as_read(Answer(code=got.code, body=attrs.evolve(got.body, broker_addr_table=kept.memo)))
                return (
                    isinstance(likely.body, ClusterInfo) and likely.body.broker_addr_table == got.body.broker_addr_table
                )
            case _:
                return True

    # Looks ------------------------------------------------------------------------------------------------------

    def _seen(self, place: Place) -> Place:
        """Whoever only looks has looked, if it sees what it will have been told: nobody is the worse for it."""
        state = place.state
        for task in state.tasks:
            if isinstance(task.job, LOOKERS) and task.opaque in self._got:
                state = self._looked_on(state, task)
        if state is not place.state:
            state = without_idle_tasks(state, self.profile)
        looked = {opaque: self._sees(state, opaque) for opaque in place.unseen}
        unseen = frozenset(opaque for opaque, answers in looked.items() if not self._is_told(opaque, answers))
        half = place.half.union(*(self._half_right(opaque, looked[opaque]) for opaque in unseen))
        seen = place.unseen - unseen
        return Place(place.at, state, unseen, frozenset(each for each in half if each[0] not in seen))

    def _looked_on(self, state: NameServerState, task: Task | None) -> NameServerState:
        """As many of its looks as there can be now."""
        while task is not None:
            looked = next(works(state, task, self.profile), None)
            if looked is None or not self._is_right(task, *looked):
                break
            state = attrs.evolve(looked[0], tables=state.tables)
            task = _same(state, task)
        return state

    def _sees(self, state: NameServerState, opaque: Opaque) -> frozenset[Answer]:
        """What a look shows now, if it is known what it will have been told."""
        if opaque not in self._got or state.locked:
            return frozenset()
        return self._look(state, self._asked[opaque].request)

    def _is_told(self, opaque: Opaque, answers: frozenset[Answer]) -> bool:
        return any(self._accepts(opaque, answer) for answer in answers)

    def _look(self, state: NameServerState, request: Request) -> frozenset[Answer]:
        key = state.tables, state.kv_config, request
        known = self._looked.get(key)
        if known is None:
            if len(self._looked) > MAX_REMEMBERED:
                self._looked.clear()
            task = Task(channel=Channel(0), opaque=Opaque(0), job=request)
            alone = attrs.evolve(state, tasks=(), locked=False)
            context = Context(state=alone, task=task, profile=self.profile, now_ms=0, watched=False)
            said = (output for outcome in advance(context) for output in outcome.outputs)
            known = frozenset(as_read(output.answer) for output in said if isinstance(output, Answered))
            self._looked[key] = known
        return known

    def _only_looks(self, request: Request) -> bool:
        return self._one_look and isinstance(request, READS)

    def _accepts(self, opaque: Opaque, answer: Answer) -> bool:
        """Whether it is what the request will have been answered, as far as that is known."""
        key = opaque, answer
        known = self._accepted.get(key)
        if known is None:
            got, request = self._got.get(opaque), self._asked[opaque].request
            known = got is None or answer in matching(self.names, request, got, frozenset({answer}))
            self._accepted[key] = known
        return known


def _same(state: NameServerState, task: Task) -> Task | None:
    """What has become of the task, `None` if it is done."""
    return next((each for each in state.tasks if (each.channel, each.opaque) == (task.channel, task.opaque)), None)


def _has_seen_as_much(one: Place, other: Place) -> bool:
    """Of two places in one state."""
    waiting = one.waiting()
    return waiting <= other.waiting() and all(each in one.half or each[0] not in waiting for each in other.half)
