"""Every way in which an invariant can become false, found by search, told apart by cause.

A search goes breadth first and does not go on from a state in which an invariant is false; so each story is the shortest of its
cause, and each cause breaks something by itself. A cause is the rules applied since the NameServer was last at rest, with their
circumstances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import attrs

from namesrv.explore.peers import NAMESRV, Happening, Silent, Theme, Told, peers
from namesrv.explore.product import Move, State, moves
from namesrv.explore.themes import THEMES
from namesrv.model.events import Received
from namesrv.model.profiles import Profile
from namesrv.model.system.nameserver_part import Cause, NameServerPart, became_stale, happened, internal_steps

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
    story: tuple[Told, ...]
    after: NameServerPart
    new: frozenset[str] = frozenset()


@cache
def anomalies(profile: Profile, themes: tuple[Theme, ...] = THEMES) -> tuple[Anomaly, ...]:
    """Those of a profile, the shortest first. One is told if it breaks what no simpler cause does."""
    found = sorted(
        (anomaly for theme in themes for anomaly in search(theme, profile)),
        key=lambda anomaly: (
            len(anomaly.story),
            sum(1 + len(cause.circumstances) for cause in anomaly.causes),
            sorted(map(str, anomaly.causes)),
            sorted(anomaly.broken),
        ),
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


def outcomes(story: Iterable[Told], profile: Profile) -> frozenset[NameServerPart]:
    """Every part at rest that the story may come to: whatever order is left to the NameServer, all orders."""
    parts = {NameServerPart()}
    for told in story:
        if not told.at_once or profile.atomic_requests:
            parts = at_rest(parts, profile)
        if isinstance(told.happening, Received):  # over a connection that is there, maybe the next of that number
            parts = {part for part in parts if told.happening.channel not in part.closed}
        parts = _on_the_way({apply(part, told.happening, profile) for part in parts}, profile)
    return frozenset(at_rest(parts, profile))


def apply(part: NameServerPart, happening: Happening, profile: Profile) -> NameServerPart:
    """The part after something from outside, before it has done anything about it."""
    if not isinstance(happening, Silent):
        return happened(part, happening, profile)[0]
    for key in part.state.tables.broker_live_table:  # a story may be told to another release, which has other keys
        if key.broker_addr == happening.key.broker_addr:
            part = became_stale(part, key)
    return part


def _on_the_way(parts: set[NameServerPart], profile: Profile) -> set[NameServerPart]:
    reached, frontier = set(parts), list(parts)
    while frontier:
        for after, _said in internal_steps(frontier.pop(), profile):
            if after not in reached:
                reached.add(after)
                frontier.append(after)
    return reached


def at_rest(parts: set[NameServerPart], profile: Profile) -> set[NameServerPart]:
    """Whatever they come to when nothing more happens from outside."""
    return {part for part in _on_the_way(parts, profile) if part.is_at_rest}


def search(theme: Theme, profile: Profile) -> Iterator[Anomaly]:
    """One theme, to the end; nothing of one whose beginning breaks something already."""
    system = peers(theme, profile)
    if theme.begun(profile).broken:
        return
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
                        story=theme.told_before + _story(parents, move.after),
                        after=part,
                    )
        frontier = following


def _story(parents: dict[State, tuple[State, Move] | None], state: State) -> tuple[Told, ...]:
    told: list[Told] = []
    while (step := parents[state]) is not None:
        state, move = step
        sentence = move.said[-1]
        if isinstance(sentence, Told):
            told.append(sentence)
    return tuple(reversed(told))
