"""States as numbers: the number of each component's local state in a field of a 64-bit word, and one key for the whole state.

A system that needs more than one word has keys all the same: its words are numbered as they come, and the numbers are put
together, in a chain (as in tree compression). So a state is always one 64-bit number, and equal states have equal keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import attrs
import numpy as np

from namesrv.explore.hashing import KeyNumbers, Keys

WORD_BITS: Final = 63
"""One less than a word has: a key is never `EMPTY`."""

_NUMBER_BITS: Final = np.uint64(32)
_NUMBER: Final = np.uint64(2**32 - 1)


@attrs.frozen
class Field:
    """Where a component stands: `word`, and there `bits` bits from `shift`."""

    word: int
    shift: int
    bits: int


@attrs.frozen
class Layout:
    """One field for each component, in order, the first in the lowest bits."""

    fields: tuple[Field, ...]

    @property
    def words(self) -> int:
        """How many words a state takes."""
        return 1 + max((field.word for field in self.fields), default=0)

    def words_of(self, columns: Sequence[Keys]) -> list[Keys]:
        """`columns`: for each component the numbers of its local states, all of the same length."""
        size = columns[0].size if columns else 0
        words = [np.zeros(size, np.uint64) for _ in range(self.words)]
        for field, column in zip(self.fields, columns, strict=True):
            words[field.word] |= column << np.uint64(field.shift)
        return words

    def column(self, words: Sequence[Keys], index: int) -> Keys:
        """The numbers of the local states of component `index`."""
        field = self.fields[index]
        return (words[field.word] >> np.uint64(field.shift)) & np.uint64((1 << field.bits) - 1)


def layout_of(bits: Iterable[int]) -> Layout:
    """Fields of so many bits, in as few words as their order allows. Raises `ValueError` if one is wider than a word."""
    fields = []
    word = shift = 0
    for index, width in enumerate(bits):
        if not 0 <= width <= WORD_BITS:
            raise ValueError(f"layout: component {index}: expected at most {WORD_BITS} bits, got {width}")
        if shift + width > WORD_BITS:
            word, shift = word + 1, 0
        fields.append(Field(word, shift, width))
        shift += width
    return Layout(tuple(fields))


class Packing:
    """Keys of the states of one layout, and back."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._numbered = [(KeyNumbers(), KeyNumbers()) for _ in range(layout.words - 1)]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(left.nbytes + right.nbytes for left, right in self._numbered)

    def keys(self, words: Sequence[Keys]) -> Keys:
        """One key for each state. May be `words[0]` itself."""
        key = words[0]
        for (left, right), word in zip(self._numbered, words[1:], strict=True):
            key = left.numbers(key).view(np.uint64) | (right.numbers(word).view(np.uint64) << _NUMBER_BITS)
        return key

    def words(self, keys: Keys) -> list[Keys]:
        """The words of the states that have these keys."""
        words: list[Keys] = []
        for left, right in reversed(self._numbered):
            words.append(right.keys(keys >> _NUMBER_BITS))
            keys = left.keys(keys & _NUMBER)
        words.append(keys)
        return words[::-1]

    def columns(self, keys: Keys) -> list[Keys]:
        """For each component the numbers of its local states."""
        words = self.words(keys)
        return [self.layout.column(words, index) for index in range(len(self.layout.fields))]
