"""Symmetry reduction: of all states that are the same but for a renaming, one stands for all.

It is the one whose numbers of local states come first, read from the last component to the first. Local states keep their
numbers, so it stays the same one however states are packed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np

from namesrv.explore.hashing import Keys
from namesrv.explore.layout import Layout
from namesrv.explore.product import Local, Product
from namesrv.explore.tables import Column, Numbering


class _Relabelling:
    """What a renaming makes of each local state that has a number."""

    def __init__(self, rename: Callable[[Local], Local], numbering: Numbering) -> None:
        self._rename, self._numbering = rename, numbering
        self._renamed = Column()

    def close(self) -> bool:
        """Renames all local states there are. Whether there are new ones now, which may have to be renamed in another way."""
        values = self._numbering.values
        before = len(values)
        while self._renamed.array.size < len(values):
            self._renamed.extend([self._numbering.number(self._rename(values[self._renamed.array.size]))])
        return len(values) > before

    @property
    def renamed(self) -> Keys:
        """The number of each local state's renaming."""
        return self._renamed.array


@attrs.frozen
class _Renaming:
    source: tuple[int, ...]
    relabel: tuple[_Relabelling | None, ...]


class Symmetries:
    """The symmetries of a product, on packed states."""

    def __init__(self, product: Product, locals_: Sequence[Numbering]) -> None:
        shared: dict[tuple[int, int], _Relabelling] = {}

        def relabelling(rename: Callable[[Local], Local] | None, numbering: Numbering) -> _Relabelling | None:
            if rename is None:
                return None
            return shared.setdefault((id(rename), id(numbering)), _Relabelling(rename, numbering))

        self._shared = shared
        self._renamings = [
            _Renaming(
                symmetry.source,
                tuple(
                    relabelling(rename, numbering) for rename, numbering in zip(symmetry.relabel, locals_, strict=True)
                ),
            )
            for symmetry in product.symmetries
        ]

    def __bool__(self) -> bool:
        return bool(self._renamings)

    def close(self) -> bool:
        """Renames all local states there are, in every way; to be called before `smallest`. Whether there are new ones now."""
        new = False
        # A group is closed, so this ends.
        while any(relabelling.close() for relabelling in self._shared.values()):
            new = True
        return new

    def smallest(self, layout: Layout, words: list[Keys]) -> list[Keys]:
        """The words of the states that stand for these."""
        columns = [layout.column(words, index) for index in range(len(layout.fields))]
        smallest = words
        for renaming in self._renamings:
            renamed = [
                columns[source] if relabel is None else relabel.renamed.take(columns[source].view(np.int64))
                for source, relabel in zip(renaming.source, renaming.relabel, strict=True)
            ]
            other = layout.words_of(renamed)
            less = _less(other, smallest)
            smallest = [np.where(less, one, two) for one, two in zip(other, smallest, strict=True)]
        return smallest


def _less(one: Sequence[Keys], other: Sequence[Keys]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which states of `one` come before those of `other`: the last word decides first."""
    less = one[0] < other[0]
    for mine, yours in zip(one[1:], other[1:], strict=True):
        less = (mine < yours) | ((mine == yours) & less)
    return less
