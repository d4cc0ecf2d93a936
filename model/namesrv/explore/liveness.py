"""Whether a system heals: whether, from wherever it has got to, it can come to stay good once nothing but `fair_rules` happens.

On the graph of all states that can be reached by any rule, restricted to the fair ones: the states from which only good ones can
be reached (AG good), and those from which one of these can be reached (EF AG good). If every state is among the latter, each run
that is fair to every move ends up good for good. If one is not, there is a run from it that is never good for good: a lasso.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import attrs
import numpy as np
import numpy.typing as npt

from namesrv.explore.expansion import CHUNK, Expander
from namesrv.explore.hashing import Indices, KeyNumbers, Keys
from namesrv.explore.outcome import Found, Options, Verdict
from namesrv.explore.paths import stories
from namesrv.explore.product import Invariant, Move, Product, State, moves
from namesrv.explore.search import Search, Stopped

Marks = npt.NDArray[np.bool_]

_SOURCE_BITS = np.uint64(32)
_SOURCE = np.uint64(2**32 - 1)


@attrs.frozen(kw_only=True)
class Lasso:
    """A run that is never good for good. `story` leads from the initial state to one that cannot heal, and on to a bad state.

    `loop` leads from there by fair rules to the same state again; it is empty if no fair rule does anything there.
    """

    story: tuple[Move, ...]
    loop: tuple[Move, ...]


@attrs.frozen(kw_only=True)
class Healing:
    """Whether all heal. `found`: the search before; `safe`: states from which fair rules lead to good ones only; `healing`: those
    from which fair rules can lead there, in at most `moves` moves. `violated` has a lasso, by a nearest state that does not heal.
    """

    verdict: Verdict
    reason: str
    found: Found
    safe: int
    healing: int
    moves: int
    lasso: Lasso | None


def heals(
    product: Product, good: Collection[Invariant], fair_rules: Collection[str], options: Options | None = None
) -> Healing:
    """Whether, from every state that can be reached, fair rules can lead to where all of `good` hold from then on.

    Symmetries are not used. Raises `ValueError` if a fair rule is none of the product's.
    """
    unknown = set(fair_rules) - {rule.name for rule in product.rules}
    if unknown:
        raise ValueError(f"heals: fair_rules: expected names of the product's rules, got {sorted(unknown)}")
    options = attrs.evolve(options or Options(), symmetry=False, all_violations=True)
    search = Search(attrs.evolve(product, invariants=()), options)
    found = search.run()
    graph = _Graph(search, frozenset(fair_rules))
    try:
        if found.reason:
            raise Stopped(found.reason)
        bad = graph.bad(good)
        graph.connect(options.max_bytes - search.nbytes)
        in_danger, _ = graph.leading_to(bad)
        healing, far = graph.leading_to(~in_danger)
    except Stopped as stopped:
        return Healing(verdict="unknown", reason=str(stopped), found=found, safe=0, healing=0, moves=0, lasso=None)
    except KeyboardInterrupt:
        return Healing(verdict="unknown", reason="interrupted", found=found, safe=0, healing=0, moves=0, lasso=None)
    lasso = None if healing.all() else _lasso(search, good, graph.fair, int(np.argmin(healing)))
    return Healing(
        verdict="holds" if lasso is None else "violated",
        reason="",
        found=found,
        safe=int(healing.size - np.count_nonzero(in_danger)),
        healing=int(np.count_nonzero(healing)),
        moves=far,
        lasso=lasso,
    )


class _Graph:
    """The states of a finished search, numbered level by level, and the fair moves between them, backwards."""

    def __init__(self, search: Search, fair: frozenset[str]) -> None:
        self.fair = fair
        self._search = search
        self._keys: Keys = np.concatenate(search.levels)
        self._sources = self._starts = np.empty(0, np.int64)

    def bad(self, good: Collection[Invariant]) -> Marks:
        """The states in which one of `good` is false."""
        expander = self._search.expander
        tables = [(each.looks_at, expander.label_table(each.looks_at, each.holds)) for each in good]
        bad = np.zeros(self._keys.size, np.bool_)
        for at, words in self._chunks(expander):
            for looks_at, table in tables:
                rows = table.rows([expander.layout.column(words, index) for index in looks_at], 0)
                holds = np.array([bool(value) for value in table.says.values], np.bool_)
                bad[at : at + words[0].size] |= ~holds.take(table.said.array.take(rows).view(np.int64))
        return bad

    def connect(self, max_bytes: int) -> None:
        """Finds all fair moves. Raises `Stopped` if they take more memory."""
        expander = self._search.expander
        numbers = KeyNumbers(self._keys)
        pieces: list[Keys] = []
        taken = numbers.nbytes
        for at, words in self._chunks(expander):
            met = [
                (numbers.numbers(expander.packing.keys(done.words)).view(np.uint64) << _SOURCE_BITS)
                | (done.source + at).view(np.uint64)
                for done in expander.successors(words, track=True, rules=self.fair)
            ]
            if met:
                pieces.append(np.unique(np.concatenate(met)))
                # Twice: they are sorted once more, all together.
                taken += 2 * pieces[-1].nbytes
            if taken > max_bytes:
                raise Stopped(f"moves: {taken} bytes of memory, expected at most {max_bytes}")
        moves_ = np.concatenate(pieces) if pieces else np.empty(0, np.uint64)
        pieces.clear()
        moves_.sort()
        self._starts = np.searchsorted(moves_, np.arange(self._keys.size + 1, dtype=np.uint64) << _SOURCE_BITS)
        self._sources = (moves_ & _SOURCE).view(np.int64)

    def leading_to(self, seed: Marks) -> tuple[Marks, int]:
        """The states from which fair moves can lead into `seed`, and how many moves at most the nearest way takes."""
        met = seed.copy()
        frontier: Indices = np.flatnonzero(seed)
        far = 0
        while True:
            self._go_on()
            first, last = self._starts.take(frontier), self._starts.take(frontier + 1)
            count = last - first
            ends = np.cumsum(count)
            total = int(ends[-1]) if ends.size else 0
            sources = self._sources.take(np.arange(total) + np.repeat(first - (ends - count), count))
            frontier = np.unique(sources[~met.take(sources)])
            if not frontier.size:
                return met, far
            met[frontier] = True
            far += 1

    def _go_on(self) -> None:
        if stop := self._search.options.stop():
            raise Stopped(stop)

    def _chunks(self, expander: Expander) -> Iterator[tuple[int, list[Keys]]]:
        for at in range(0, self._keys.size, CHUNK):
            self._go_on()
            yield at, expander.packing.words(self._keys[at : at + CHUNK])


def _lasso(search: Search, good: Collection[Invariant], fair: frozenset[str], number: int) -> Lasso:
    level = 0
    while number >= search.levels[level].size:
        number -= search.levels[level].size
        level += 1
    (story,) = stories(search.expander, search.levels, [(level, int(search.levels[level][number]))])
    product = search.product
    told = list(story)
    at = told[-1].after if told else product.initial
    if is_good(good, at):
        told += _to_a_bad_one(product, good, fair, at)
    # From a state that cannot heal, a bad one can always be reached again; there are only so many, so one comes again.
    passed: dict[State, int] = {}
    while (at := told[-1].after if told else product.initial) not in passed:
        passed[at] = len(told)
        further = _to_a_bad_one(product, good, fair, at)
        if not further:
            return Lasso(story=tuple(told), loop=())
        told += further
    return Lasso(story=tuple(told[: passed[at]]), loop=tuple(told[passed[at] :]))


def is_good(good: Collection[Invariant], state: State) -> bool:
    """Whether all of `good` hold."""
    return all(each.holds(tuple(state[index] for index in each.looks_at)) for each in good)


def _to_a_bad_one(product: Product, good: Collection[Invariant], fair: frozenset[str], at: State) -> list[Move]:
    """Fair moves, at least one and as few as possible, to a bad state; none if there are none."""
    return _way(product, fair, at, lambda state: not is_good(good, state))


def _way(product: Product, fair: frozenset[str], at: State, wanted: Callable[[State], bool]) -> list[Move]:
    before: dict[State, tuple[State, Move]] = {}
    frontier = [at]
    while frontier:
        following = []
        for state in frontier:
            for move in moves(product, state):
                if move.rule not in fair or move.after in before:
                    continue
                before[move.after] = state, move
                if wanted(move.after):
                    way = [move]
                    while state != at:
                        state, move = before[state]
                        way.append(move)
                    return way[::-1]
                following.append(move.after)
        frontier = following
    return []
