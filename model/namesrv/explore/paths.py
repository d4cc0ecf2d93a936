"""Shortest ways to states that a search has met: back from level to level, for all at once, by expanding levels again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from namesrv.explore.expansion import CHUNK, Expander
from namesrv.explore.hashing import Keys
from namesrv.explore.product import Move, Product, State, moves


def stories(expander: Expander, levels: Sequence[Keys], places: Sequence[tuple[int, int]]) -> list[tuple[Move, ...]]:
    """For each (level, key) of `places` a shortest chain of moves from the initial state to it."""
    before = _predecessors(expander, levels, places)
    ways: list[tuple[Move, ...]] = []
    for level, key in places:
        keys = [key]
        for at in range(level, 0, -1):
            keys.append(before[at, keys[-1]])
        ways.append(_retold(expander, keys[::-1]))
    return ways


def _predecessors(
    expander: Expander, levels: Sequence[Keys], places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """(level, key) to the key of a state on the level before; for `places`, and all that lead there."""
    before: dict[tuple[int, int], int] = {}
    wanted: set[int] = set()
    for level in range(max((level for level, _ in places), default=0), 0, -1):
        wanted |= {key for at, key in places if at == level}
        found: dict[int, int] = {}
        targets = np.array(sorted(wanted), np.uint64)
        for at in range(0, levels[level - 1].size, CHUNK):
            keys = levels[level - 1][at : at + CHUNK]
            keys, words = expander.opened(keys)
            for done in expander.successors(words, track=True):
                met = expander.packing.keys(expander.standing_for(done.words))
                hits = np.flatnonzero(np.isin(met, targets))
                for hit in hits.tolist():
                    found.setdefault(int(met[hit]), int(keys[done.source[hit]]))
            if len(found) == len(wanted):
                break
        before |= {(level, key): found[key] for key in wanted}
        wanted = set(found.values())
    return before


def _retold(expander: Expander, keys: list[int]) -> tuple[Move, ...]:
    """The moves that lead from state to state, told by the rules themselves."""
    product = expander.product
    if expander.symmetries is None:
        return told(product, [expander.state(key) for key in keys[1:]])
    at: State = product.initial
    passed = []
    for key in keys[1:]:
        at = next((move.after for move in moves(product, at) if expander.key(move.after) == key), at)
        passed.append(at)
    # They lead to a state that is the last one but for a renaming. Renamed alike they lead to itself, if they still begin at the
    # initial state.
    wanted = expander.state(keys[-1])
    for symmetry in product.symmetries:
        if (
            passed
            and passed[-1] != wanted == symmetry.apply(passed[-1])
            and symmetry.apply(product.initial) == product.initial
        ):
            return told(product, [symmetry.apply(state) for state in passed])
    return told(product, passed)


def told(product: Product, states: Sequence[State]) -> tuple[Move, ...]:
    """The moves that lead from the initial state through `states`. Raises `RuntimeError` if the rules have none."""
    at = product.initial
    done: list[Move] = []
    for state in states:
        move = next((move for move in moves(product, at) if move.after == state), None)
        if move is None:
            raise RuntimeError(
                f"path, move {len(done) + 1}: expected the rules to do what they did in the search, got no move to {state!r} "
                f"from {at!r}; acts have to be functions of their arguments, and symmetries symmetries"
            )
        done.append(move)
        at = state
    return tuple(done)
