"""Of a recording that nothing explains, the least that is as impossible: whole connections, exchanges and single events go.

What is left out must not make the answer wrong: without a registration, a route that shows its broker would be wrong, too.
So the same has to come where no more was possible than before: the same request, the same answer, none but the same alternatives.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from namesrv.check.recorded.replay import Replay
from namesrv.check.recorded.seen import Impossible, Start
from namesrv.check.recording import Event
from namesrv.check.tracker import TooManyStates
from namesrv.model.options import Options
from namesrv.model.profiles import Profile

BUDGET_S: Final = 30.0

Unit = frozenset[int]
"""Events that go together, by number."""


def shortest(
    events: Sequence[Event],
    found: Impossible,
    profile: Profile,
    start: Start,
    *,
    options: Options | None = None,
    names: str = "",
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Event, ...]:
    """The events up to the impossible one that can't be spared, as far as the time reaches. Deterministic but for that."""
    new = partial(Replay, profile, start, options, names)
    search = _Search(events[: found.event + 1], found, new, lambda: clock() < give_up)
    give_up = clock() + budget_s
    return search.run()


class _Search:
    def __init__(
        self,
        events: Sequence[Event],
        found: Impossible,
        new_replay: Callable[[], Replay],
        in_time: Callable[[], bool],
    ) -> None:
        self._events = events
        self._found = found
        self._new_replay = new_replay
        self._in_time = in_time
        self._needed = frozenset({found.event} | ({found.asked_at} if found.asked_at is not None else set()))

    def run(self) -> tuple[Event, ...]:
        kept = frozenset(range(len(self._events)))
        for units in (self._connections(), self._exchanges(), [frozenset({number}) for number in sorted(kept)]):
            kept = self._without_as_many(kept, [unit - self._needed for unit in units])
        return tuple(self._events[number] for number in sorted(kept))

    def _without_as_many(self, kept: frozenset[int], units: list[Unit]) -> frozenset[int]:
        """Leaves out ever smaller runs of units, the latest first, until no single one can be spared."""
        units = [unit for unit in units if unit & kept]
        size = len(units)
        while size:
            first = len(units)
            while first > 0:
                chosen = units[max(first - size, 0) : first]
                without = kept - frozenset[int]().union(*chosen)
                if not self._in_time():
                    return kept
                if without != kept and self._is_as_impossible(without):
                    kept = without
                    units = [unit for unit in units if unit not in chosen]
                first -= size
            size = min(size // 2, len(units))
        return kept

    def _is_as_impossible(self, kept: frozenset[int]) -> bool:
        replay = self._new_replay()
        numbers = sorted(kept)
        try:
            for number in numbers:
                replay.see(self._events[number])
                if replay.impossible:
                    break
        except TooManyStates:
            return False
        if not replay.impossible or numbers[replay.impossible[0].event] != self._found.event:
            return False
        one, other = replay.impossible[0].finding, self._found.finding
        return (one.what, one.got) == (other.what, other.got) and set(one.expected) <= set(other.expected)

    def _connections(self) -> list[Unit]:
        by_connection: dict[object, set[int]] = {}
        for number, event in enumerate(self._events):
            connection = getattr(event, "connection", None)
            if connection is not None and connection != self._found.connection:
                by_connection.setdefault(connection, set()).add(number)
        return [frozenset(numbers) for numbers in by_connection.values()]

    def _exchanges(self) -> list[Unit]:
        """A request with its answer."""
        replay = self._new_replay()
        units = []
        try:
            for number, event in enumerate(self._events):
                seen = replay.see(event)
                if seen.answered is not None:
                    units.append(frozenset({seen.answered, number}))
        except TooManyStates:
            pass
        return units
