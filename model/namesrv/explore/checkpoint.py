"""A search on disk, level by level, so that it can go on where it ended.

A folder holds `search.pickle` (the local states in the order of their numbers, and the counts) and one `level-N.npy` for each
level: the words of its states, one row for each word. Local states are pickled: resume only from a folder that you wrote.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from namesrv.explore.expansion import Expander
from namesrv.explore.hashing import Keys
from namesrv.explore.layout import Layout
from namesrv.explore.product import Local, Product, State

_FORMAT = 1


class CheckpointError(ValueError):
    """What is in the folder is not a checkpoint of this search."""


@attrs.frozen(kw_only=True)
class Saved:
    """How far a search was. `first`: by invariant the level of its first violation, and the state."""

    levels: int
    generated: int
    first: dict[str, tuple[int, State]]


@attrs.frozen(kw_only=True)
class _Written:
    """What is pickled. `layouts`: that of each level's words; `locals_`: for each component."""

    written_as: int
    search: tuple[Any, ...]
    saved: Saved
    layouts: tuple[Layout, ...]
    locals_: tuple[list[Local], ...]


class Checkpoint:
    """The folder. Levels are written once, each in the layout of its time."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder if need be."""
        self._folder = folder
        self._layouts: list[Layout] = []
        folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Makes what another search may have left here count no more."""
        (self._folder / "search.pickle").unlink(missing_ok=True)

    def save(self, expander: Expander, levels: list[Keys], saved: Saved) -> None:
        """Writes the levels that have not been written, and then, at once, what makes them count."""
        for number in range(len(self._layouts), saved.levels):
            with self._level(number).open("wb") as file:
                np.save(file, np.stack(expander.packing.words(levels[number])), allow_pickle=False)
            self._layouts.append(expander.layout)
        written = _Written(
            written_as=_FORMAT,
            search=_identity(expander.product, symmetries=expander.symmetries is not None),
            saved=saved,
            layouts=tuple(self._layouts),
            locals_=tuple(numbering.values for numbering in expander.locals),
        )
        beside = self._folder / "search.pickle.new"
        beside.write_bytes(pickle.dumps(written, protocol=5))
        beside.replace(self._folder / "search.pickle")

    def load(self, expander: Expander) -> tuple[list[Keys], Saved]:
        """The levels, packed as `expander` packs now. Raises `CheckpointError` if this is no checkpoint of the same search."""
        path = self._folder / "search.pickle"
        try:
            written = pickle.loads(path.read_bytes())
        except (OSError, pickle.PickleError, EOFError, AttributeError, ImportError) as error:
            raise CheckpointError(f"{path}: expected a checkpoint, got {type(error).__name__}: {error}") from error
        if not isinstance(written, _Written) or written.written_as != _FORMAT:
            raise CheckpointError(f"{path}: expected a checkpoint of format {_FORMAT}, got {type(written).__name__}")
        wanted = _identity(expander.product, symmetries=expander.symmetries is not None)
        if written.search != wanted:
            raise CheckpointError(f"{path}: expected a checkpoint of {wanted}, got one of {written.search}")
        for numbering, values in zip(expander.locals, written.locals_, strict=True):
            for number, value in enumerate(values):
                if numbering.number(value) != number:
                    raise CheckpointError(
                        f"{path}: expected local state {number} to be {value!r}, which has another number"
                    )
        expander.repack()
        self._layouts = list(written.layouts)
        levels = [self._load_level(expander, number) for number in range(written.saved.levels)]
        return levels, written.saved

    def _load_level(self, expander: Expander, number: int) -> Keys:
        layout = self._layouts[number]
        try:
            words = list(np.load(self._level(number), allow_pickle=False))
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{self._level(number)}: expected a level, got {type(error).__name__}: {error}"
            ) from error
        if len(words) != layout.words:
            raise CheckpointError(f"{self._level(number)}: expected {layout.words} words, got {len(words)}")
        columns = [layout.column(words, index) for index in range(len(layout.fields))]
        return expander.packing.keys(expander.layout.words_of(columns))

    def _level(self, number: int) -> Path:
        return self._folder / f"level-{number}.npy"


def _identity(product: Product, *, symmetries: bool) -> tuple[Any, ...]:
    """What two searches have to have in common: components, rules, invariants by name, the initial state, and which symmetries
    are used."""
    return (
        product.components,
        tuple(rule.name for rule in product.rules),
        tuple(invariant.name for invariant in product.invariants),
        product.initial,
        tuple(symmetry.source for symmetry in product.symmetries) if symmetries else (),
    )
