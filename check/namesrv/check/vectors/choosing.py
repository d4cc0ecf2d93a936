"""Few sequences that show as much as many: greedy set cover, then every step goes that a sequence was not chosen for.

What a sequence shows: the rows that decide; each step's kind with its rows, its answers' codes and the tables that it changed;
and every two such steps in a row.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

import attrs

from namesrv.check.vectors.script import Deed, NoScript, Script, VectorStep
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState

CHOSEN: Final = 300
"""The most sequences."""


@attrs.frozen(kw_only=True)
class Chosen:
    """A sequence, and what it was chosen for."""

    steps: tuple[VectorStep, ...]
    shows: frozenset[Hashable]


def deeds_of(profile: Profile, steps: Sequence[VectorStep]) -> list[Deed | None]:
    """What each step comes to; nothing if there is no script of the sequence."""
    script = Script(profile, "s000", NameServerState(), written=False)
    try:
        script.run(steps)
    except NoScript:
        return []
    return script.deeds


def shown_by(deeds: Sequence[Deed | None]) -> frozenset[Hashable]:
    """What a sequence of such deeds shows."""
    return frozenset(feature for _, features in _features(deeds) for feature in features)


def _features(deeds: Sequence[Deed | None]) -> Iterator[tuple[int, list[Hashable]]]:
    """By step."""
    before = None
    for index, deed in enumerate(deeds):
        if deed is not None:
            yield index, [*sorted(deed.rows), deed, (before, deed)]
            before = deed


def choose(profile: Profile, sequences: Sequence[tuple[VectorStep, ...]], *, limit: int = CHOSEN) -> list[Chosen]:
    """In the order of the pool. First for rows; of those that show as much that is new, the shorter, then the earlier."""
    deeds = [deeds_of(profile, steps) for steps in sequences]
    left = {index: shown_by(each) for index, each in enumerate(deeds)}
    seen: set[Hashable] = set()
    chosen: dict[int, frozenset[Hashable]] = {}
    while left and len(chosen) < limit:
        best = max(left, key=lambda i: (_rows(left[i]), len(left[i]), -len(sequences[i]), -i))
        new = left.pop(best)
        if not new:
            break
        chosen[best] = new
        seen |= new
        left = {i: features - seen for i, features in left.items()}
    return [
        Chosen(steps=shortened(profile, sequences[i], deeds[i], chosen[i]), shows=chosen[i]) for i in sorted(chosen)
    ]


def _rows(features: frozenset[Hashable]) -> int:
    return sum(isinstance(feature, str) for feature in features)


def shortened(
    profile: Profile, steps: tuple[VectorStep, ...], deeds: Sequence[Deed | None], shows: frozenset[Hashable]
) -> tuple[VectorStep, ...]:
    """Up to the last step that it was chosen for; and without the idle ones before it, if they go without anything else going."""
    first_shown: dict[Hashable, int] = {}
    for index, features in _features(deeds):
        for feature in features:
            first_shown.setdefault(feature, index)
    needed = {first_shown[feature] for feature in shows}
    steps = steps[: max(needed) + 1]
    lean = tuple(
        step
        for index, (step, deed) in enumerate(zip(steps, deeds, strict=False))
        if index in needed or not _is_idle(deed)
    )
    return lean if len(lean) < len(steps) and shows <= shown_by(deeds_of(profile, lean)) else steps


def _is_idle(deed: Deed | None) -> bool:
    return deed is not None and not deed.changed
