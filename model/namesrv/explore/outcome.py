"""What is asked of a search, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import attrs

from namesrv.explore.expansion import Successors
from namesrv.explore.hashing import Keys
from namesrv.explore.product import Move, State

Verdict: TypeAlias = Literal["holds", "violated", "unknown"]

BYTES_PER_STATE: Final = 40
"""What a distinct state takes at most: its key in its level, and its place in a set that is never emptier than a third."""


class TooLarge(ValueError):
    """The search would need more memory than it may take."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far a search is. `done` of the `width` states of `level` are expanded. `expected`: distinct states in the end, if
    levels go on shrinking as they do; `None` while they grow. `resumed`: states that a search before this one had met."""

    level: int
    done: int
    width: int
    distinct: int
    generated: int
    seconds: float
    expected: int | None
    resumed: int = 0

    @property
    def rate(self) -> float:
        """Distinct states per second."""
        return (self.distinct - self.resumed) / self.seconds if self.seconds > 0 else 0.0


@attrs.frozen(kw_only=True)
class Violation:
    """An invariant that is false (or, as `DEADLOCK`, a state in which nothing can happen), and a shortest way there.

    `story` starts from the initial state; it is empty if that is the state.
    """

    invariant: str
    state: State
    story: tuple[Move, ...]


DEADLOCK: Final = "deadlock"
"""What a violation is called in whose state nothing can happen."""


@attrs.frozen(kw_only=True)
class Found:
    """What a search has found. `unknown`: it ended early (`reason` says why), and says nothing of the states it did not reach.

    `distinct`, `generated`: states; `generated` counts a state each time it is met, the initial one once. `levels`: distinct
    states by the fewest moves that lead there. `unopened`: of the distinct states, those whose moves have not been looked at;
    `resumed`: those that a search before this one had met. `violations`: for each invariant the first, shortest first.
    """

    verdict: Verdict
    reason: str
    distinct: int
    generated: int
    levels: tuple[int, ...]
    seconds: float
    nbytes: int
    violations: tuple[Violation, ...]
    unopened: int = 0
    resumed: int = 0

    @property
    def depth(self) -> int:
        """States on the longest shortest path, the initial one included."""
        return len(self.levels)

    @property
    def rate(self) -> float:
        """Distinct states per second."""
        return (self.distinct - self.resumed) / self.seconds if self.seconds > 0 else 0.0


def nobody_stops() -> str:
    """For searches that nobody wants to end early."""
    return ""


def no_clock() -> float:
    """For searches of which nobody asks how long they took."""
    return 0.0


Watch: TypeAlias = Callable[[int, list[Keys], Successors], None]
"""Told of every expansion: the level and the words of the states expanded, what one rule does in them."""


@attrs.define(kw_only=True)
class Options:
    """How to search.

    `symmetry`: whether one state stands for all that the product's symmetries make of it. `all_violations`: goes on after a
    violation; not from the states in which it is one, if `through_broken` is false. `deadlock`: a state without moves is a
    violation. `max_bytes`: memory that the search's arrays may take; and the whole process, if `memory` tells how much that is
    (local states are Python objects, and many of them take more than the arrays). `expected`: distinct states, if known: refused
    before it starts if they do not fit. `checkpoint`: a folder to which each level is written; `resume`: one from which to go on.
    `stop`: asked again and again; what it says, if anything, is why the search has to end. `clock`: seconds. `on_new` is told of
    each level: its number, and the keys of its states.
    """

    symmetry: bool = True
    through_broken: bool = True
    all_violations: bool = False
    deadlock: bool = False
    max_bytes: int = 4 << 30
    max_states: int | None = None
    checkpoint: Path | None = None
    resume: Path | None = None
    expected: int | None = None
    memory: Callable[[], int] | None = None
    stop: Callable[[], str] = nobody_stops
    clock: Callable[[], float] = no_clock
    progress: Callable[[Progress], None] | None = None
    on_new: Callable[[int, Keys], None] | None = None
    watch: Watch | None = None
