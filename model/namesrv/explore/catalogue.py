"""Every way in which an invariant can become false, found by search, told apart by cause.

A search goes breadth first and does not go on from a state in which an invariant is false; so each story is the shortest of its
cause, and each cause breaks something by itself. A cause is the rules applied since the NameServer was last at rest, with their
circumstances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from namesrv.explore.peers import NAMESRV, THEMES, Happening, Theme, peers
from namesrv.explore.product import Move, State, moves
from namesrv.model.profiles import Profile
from namesrv.model.system.nameserver_part import Cause, NameServerPart

Causes = frozenset[Cause]


@attrs.frozen(kw_only=True)
class Anomaly:
    """One cause, and what it breaks. `story`: what happened, from a NameServer that knows nobody.

    `new`: what no simpler cause breaks already.
    """

    profile: str
    theme: str
    causes: Causes
    broken: frozenset[str]
    story: tuple[Happening, ...]
    after: NameServerPart
    new: frozenset[str] = frozenset()


def anomalies(profile: Profile, themes: Iterable[Theme] = THEMES) -> tuple[Anomaly, ...]:
    """Those of a profile, the shortest first. One is told if it breaks what no simpler cause does."""
    found = sorted(
        (anomaly for theme in themes for anomaly in search(theme, profile)),
        key=lambda anomaly: (len(anomaly.story), sum(1 + len(cause.circumstances) for cause in anomaly.causes)),
    )
    told: list[Anomaly] = []
    for anomaly in found:
        explained = frozenset[str]().union(
            *(known.broken for known in told if is_simpler(known.causes, anomaly.causes))
        )
        if not anomaly.broken <= explained:
            told.append(attrs.evolve(anomaly, new=anomaly.broken - explained))
    return tuple(told)


def is_simpler(causes: Causes, others: Causes) -> bool:
    """Whether each of `causes` is among the others, in no more special circumstances."""
    return all(
        any(
            (cause.table, cause.rule) == (other.table, other.rule) and cause.circumstances <= other.circumstances
            for other in others
        )
        for cause in causes
    )


def search(theme: Theme, profile: Profile) -> Iterator[Anomaly]:
    """One theme, to the end."""
    system = peers(theme, profile)
    parents: dict[State, tuple[State, Move] | None] = {system.initial: None}
    frontier = [system.initial]
    seen: set[tuple[Causes, frozenset[str]]] = set()
    while frontier:
        following = []
        for state in frontier:
            for move in moves(system, state):
                if move.after in parents:
                    continue
                parents[move.after] = (state, move)
                part: Any = move.after[NAMESRV]
                if not part.broken:
                    following.append(move.after)
                elif (part.causes, part.broken) not in seen:
                    seen.add((part.causes, part.broken))
                    yield Anomaly(
                        profile=profile.name,
                        theme=theme.name,
                        causes=part.causes,
                        broken=part.broken,
                        story=_story(parents, move.after),
                        after=part,
                    )
        frontier = following


def _story(parents: dict[State, tuple[State, Move] | None], state: State) -> tuple[Happening, ...]:
    told: list[Happening] = []
    while (step := parents[state]) is not None:
        state, move = step
        happening: Any = move.said[-1]
        if happening is not None:
            told.append(happening)
    return tuple(reversed(told))
