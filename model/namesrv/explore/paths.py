"""Shortest ways to states that a search has met: back from level to level, for all at once, by expanding levels again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from namesrv.explore.expansion import CHUNK, Expander
from namesrv.explore.hashing import Keys
from namesrv.explore.product import Move, State, moves


def stories(expander: Expander, levels: Sequence[Keys], places: Sequence[tuple[int, int]]) -> list[tuple[Move, ...]]:
    """For each (level, key) of `places` a shortest chain of moves from the initial state to it."""
    before = _predecessors(expander, levels, places)
    told: list[tuple[Move, ...]] = []
    for level, key in places:
        keys = [key]
        for at in range(level, 0, -1):
            keys.append(before[at, keys[-1]])
        told.append(_retold(expander, keys[::-1]))
    return told


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
            for done in expander.successors(expander.packing.words(keys), track=True):
                met = expander.packing.keys(done.words)
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
    at: State = expander.product.initial
    told = []
    for key in keys[1:]:
        after = expander.state(key)
        move = next(move for move in moves(expander.product, at) if move.after == after)
        told.append(move)
        at = move.after
    return tuple(told)
