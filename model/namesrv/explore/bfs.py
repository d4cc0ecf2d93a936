"""Plain breadth-first search: every state that can be reached, once each, level by level.

No reduction, no threads, nothing clever: this is what cleverer searches, and TLC, are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

import attrs

S = TypeVar("S", bound=Hashable)


@attrs.frozen(kw_only=True)
class Explored(Generic[S]):
    """What a search has found. `depth`: states on the longest shortest path, the initial one included.

    `complete` is false if `max_states` ended the search early: then the other fields say only how far it got.
    """

    distinct: int
    generated: int
    depth: int
    complete: bool
    states: frozenset[S]


def explore(initial: S, successors: Callable[[S], Iterable[S]], *, max_states: int = 1_000_000) -> Explored[S]:
    """Every state that can be reached from `initial`. A successor that is the state itself counts as generated only."""
    seen = {initial}
    frontier = [initial]
    generated, depth = 1, 1
    while frontier:
        following: list[S] = []
        for state in frontier:
            for after in successors(state):
                generated += 1
                if after not in seen:
                    if len(seen) >= max_states:
                        return _told(seen, generated, depth, complete=False)
                    seen.add(after)
                    following.append(after)
        frontier = following
        depth += bool(frontier)
    return _told(seen, generated, depth, complete=True)


def _told(seen: set[S], generated: int, depth: int, *, complete: bool) -> Explored[S]:
    return Explored(distinct=len(seen), generated=generated, depth=depth, complete=complete, states=frozenset(seen))
