"""What the acts of a system do, written down as they are met: one call of Python for each combination of local states.

A table answers whole arrays of combinations. Local states, and what stages say, are numbers here, in the order in which they
were met.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from namesrv.explore.hashing import Indices, KeyNumbers, Keys
from namesrv.explore.layout import Packing, layout_of
from namesrv.explore.product import Act

_DENSE_BITS: Final = 24
"""Up to here a table has a place for every combination, met or not: one look instead of several. Memory that is not touched is
not taken."""

_PAGE: Final = 4096
_NONE: Final = np.uint8(1)
_SOME: Final = np.uint8(2)
"""A combination without outcomes, and one with some. Where nothing is known, there is 0."""


class Numbering:
    """Numbers values 0, 1, 2, … as they come: the local states of components that share it, or what stages say."""

    def __init__(self) -> None:
        self.values: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        """The number of `value`; the next one if it is new."""
        next_ = len(self.values)
        number = self._numbers.setdefault(value, next_)
        if number == next_:
            self.values.append(value)
        return number

    @property
    def bits(self) -> int:
        """How many bits its numbers take."""
        return (len(self.values) - 1).bit_length() if self.values else 0


class Column:
    """An array of numbers that grows."""

    def __init__(self) -> None:
        self._held: Keys = np.zeros(64, np.uint64)
        self._size = 0

    @property
    def array(self) -> Keys:
        """What it holds now; later additions may or may not be seen through it."""
        return self._held[: self._size]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._held.nbytes

    def extend(self, values: Sequence[int] | Keys) -> None:
        """Adds `values` at the end."""
        size = self._size + len(values)
        if size > self._held.size:
            self._held = np.concatenate([self.array, np.zeros(size, np.uint64)])
        self._held[self._size : size] = values
        self._size = size


class Table:
    """What `act` does. `inputs`: how the local states of each component that it looks at are numbered; `told`, `says`: alike.

    A row is one combination. Its outcomes stand one after the other from `start[row]` on, `count[row]` of them: `after[i]` and
    `said` have the numbers of the local states after, and of what is said. Rows are filled when they are first asked for.
    """

    def __init__(self, act: Act, inputs: Sequence[Numbering], told: Numbering, says: Numbering) -> None:
        self._act = act
        self._inputs = tuple(inputs)
        self.told, self.says = told, says
        self.start, self.count, self.said = Column(), Column(), Column()
        self.before = tuple(Column() for _ in inputs)
        self._row_told = Column()
        self.after = tuple(Column() for _ in inputs)
        self.source = Column()
        self.filled = 0
        self._bits: tuple[int, ...] = ()
        self._packing = Packing(layout_of([0]))
        self._numbers = KeyNumbers()
        self._dense: npt.NDArray[np.int32] | None = None
        self._marks = np.zeros(0, np.uint8)
        self._resize()

    @property
    def nbytes(self) -> int:
        """Bytes of memory, the Python objects apart."""
        columns = (self.start, self.count, self.said, self._row_told, self.source, *self.before, *self.after)
        dense = 0 if self._dense is None else min(5 * self._dense.size, 2 * self.filled * _PAGE)
        return sum(column.nbytes for column in columns) + self._numbers.nbytes + self._packing.nbytes + dense

    def rows(self, columns: Sequence[Keys], told: Keys | int) -> Indices:
        """The row of each combination of `columns` (numbers of local states) and `told`. What `act` raises goes through."""
        keys, _ = self._asked(columns, told)
        return (
            self._numbers.numbers(keys)
            if self._dense is None
            else self._dense.take(keys.view(np.int64)).astype(np.int64)
        )

    def outcomes(self, columns: Sequence[Keys], told: Keys | int) -> tuple[Indices, Indices]:
        """For each outcome of each combination: the combination's position in `columns`, and the outcome's in this table."""
        keys, marks = self._asked(columns, told)
        if self._dense is None:
            rows = self._numbers.numbers(keys)
            counts = self.count.array.take(rows).view(np.int64)
            some = counts.nonzero()[0]
            rows = rows.take(some)
        else:
            # Most rules can do nothing in most states: that is known by a byte, before anything larger is looked at.
            some = (marks == _SOME).nonzero()[0]
            rows = self._dense.take(keys.take(some).view(np.int64))
        count = self.count.array.take(rows).view(np.int64)
        start = self.start.array.take(rows).view(np.int64)
        total = int(count.sum())
        if total == some.size:
            return some, start
        ends = np.cumsum(count)
        return np.repeat(some, count), np.arange(total) + np.repeat(start - (ends - count), count)

    def _asked(self, columns: Sequence[Keys], told: Keys | int) -> tuple[Keys, npt.NDArray[np.uint8]]:
        """The keys of combinations, whose rows are all filled now, and their marks, if there are any."""
        if any(numbering.bits > bits for numbering, bits in zip((*self._inputs, self.told), self._bits, strict=True)):
            self._resize()
        keys = self._keys(columns, told)
        if self._dense is None:
            self._numbers.numbers(keys)
            self._fill()
            return keys, self._marks
        marks = self._marks.take(keys.view(np.int64))
        if not marks.all():
            self._numbers.numbers(keys[marks == 0])
            self._fill()
            marks = self._marks.take(keys.view(np.int64))
        return keys, marks

    def _keys(self, columns: Sequence[Keys], told: Keys | int) -> Keys:
        layout = self._packing.layout
        if layout.words > 1 or not columns:
            size = columns[0].size if columns else 1
            said = np.full(size, told, np.uint64) if isinstance(told, int) else told
            return self._packing.keys(layout.words_of([*columns, said]))
        # What `words_of` does, without making more arrays than needed: this is where searches spend their time.
        keys = columns[0]
        for field, column in zip(layout.fields[1:], columns[1:], strict=False):
            keys = keys | (column << np.uint64(field.shift))
        if isinstance(told, int):
            return keys | np.uint64(told << layout.fields[-1].shift) if told else keys
        return keys | (told << np.uint64(layout.fields[-1].shift)) if layout.fields[-1].bits else keys

    def _resize(self) -> None:
        """Makes keys wide enough for all numbers there are; again when they are twice as many."""
        self._fill()  # rows that an exception has kept from being filled
        self._bits = tuple(numbering.bits for numbering in (*self._inputs, self.told))
        self._packing = Packing(layout_of(self._bits))
        words = self._packing.layout.words_of([*(column.array for column in self.before), self._row_told.array])
        self._numbers = KeyNumbers(self._packing.keys(words))
        self._dense = None
        if sum(self._bits) <= _DENSE_BITS:
            self._dense = np.zeros(1 << sum(self._bits), np.int32)
            self._marks = np.zeros(self._dense.size, np.uint8)
            self._mark(0)

    def _mark(self, first: int) -> None:
        """Notes the rows from `first` on in their places."""
        if self._dense is not None:
            rows = np.arange(first, self.filled)
            places = self._numbers.keys(rows).view(np.int64)
            self._dense[places] = rows
            self._marks[places] = np.where(self.count.array.take(rows) > 0, _SOME, _NONE)

    def _fill(self) -> None:
        first = self.filled
        if self._numbers.size == first:
            return
        columns = self._packing.columns(self._numbers.keys(np.arange(first, self._numbers.size)))
        rows: list[list[tuple[list[int], int]]] = []
        try:
            for *numbers, told in zip(*(column.tolist() for column in columns), strict=True):
                rows.append(self._outcomes_of(numbers, told))
        finally:
            # Also after an exception: what is known stays known, the rest is asked for again.
            self._write(rows, columns)

    def _outcomes_of(self, numbers: list[int], told: int) -> list[tuple[list[int], int]]:
        local = tuple([numbering.values[number] for numbering, number in zip(self._inputs, numbers, strict=True)])
        outcomes = []
        for after, says in self._act(local, self.told.values[told]):
            if len(after) != len(numbers):
                raise ValueError(
                    f"act {self._act!r}: expected local states of {len(numbers)} components, got {after!r}"
                )
            # To hash a local state may cost more than the act; most are what they were.
            after_numbers = [
                number if each is was else numbering.number(each)
                for numbering, each, was, number in zip(self._inputs, after, local, numbers, strict=True)
            ]
            outcomes.append((after_numbers, self.says.number(says)))
        return outcomes

    def _write(self, rows: list[list[tuple[list[int], int]]], columns: Sequence[Keys]) -> None:
        first = self.filled
        counts = np.array([len(row) for row in rows], np.uint64)
        ends = np.cumsum(counts, dtype=np.uint64) + np.uint64(self.said.array.size)
        outcomes = [outcome for row in rows for outcome in row]
        self.start.extend(ends - counts)
        self.count.extend(counts)
        for column, written in zip((*self.before, self._row_told), columns, strict=True):
            column.extend(written[: len(rows)])
        self.source.extend(np.repeat(np.arange(first, first + len(rows), dtype=np.uint64), counts.view(np.int64)))
        for place, column in enumerate(self.after):
            column.extend([after[place] for after, _ in outcomes])
        self.said.extend([says for _, says in outcomes])
        self.filled += len(rows)
        self._mark(first)
