"""Sets and numberings of 64-bit keys, whole arrays at a time: open addressing, linear probing, nothing is ever removed.

Sorting would do too, but costs five times as much for each key as one probe of a table that does not fit in the cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Keys: TypeAlias = npt.NDArray[np.uint64]
Indices: TypeAlias = npt.NDArray[np.int64]

EMPTY: Final = np.uint64(2**64 - 1)
"""What stands in a slot that holds no key; no key is this large."""

_FULL: Final = 0.62
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_FAR: Final = 32
_PIECE: Final = 1 << 18
"""Keys handled in one go: what is computed on the way stays in the cache."""


class KeySet:
    """A set of keys below `EMPTY`, with room for `room` of them. Its owner makes a larger one when that is not enough."""

    def __init__(self, room: int) -> None:
        self._slots = np.full(max(int(room / _FULL), 64), EMPTY)
        self._room = int(self._slots.size * _FULL)
        self.size = 0

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._slots.nbytes

    def has_room(self, more: int) -> bool:
        """Whether `more` new keys can be added."""
        return self.size + more <= self._room

    def add(self, keys: Keys) -> Keys:
        """Those of `keys` that were not in the set, each once; now they are. Raises `OverflowError` if too many are new."""
        if keys.size <= _PIECE:
            return self._add(keys)[0]
        return np.concatenate([self._add(keys[at : at + _PIECE])[0] for at in range(0, keys.size, _PIECE)])

    def contains(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Whether each of `keys` is in the set."""
        return self.find(keys) >= 0

    def find(self, keys: Keys) -> Indices:
        """The slot of each of `keys`, -1 where it is not in the set."""
        found = np.full(keys.size, -1, np.int64)
        slots, at = self._home(keys), np.arange(keys.size)
        step = 0
        while at.size:
            step += 1
            there = self._slots.take(slots)
            wanted = keys.take(at)
            hit = there == wanted
            found[at[hit]] = slots[hit]
            going_on = (~hit & (there != EMPTY)).nonzero()[0]
            at, slots = at.take(going_on), self._next(slots.take(going_on), step)
        return found

    def _home(self, keys: Keys) -> Indices:
        mixed = keys >> _HALF
        mixed ^= keys
        mixed *= _GOLDEN
        mixed >>= _HALF
        mixed *= np.uint64(self._slots.size)
        mixed >>= _HALF
        return mixed.view(np.int64)

    def _next(self, slots: Indices, step: int) -> Indices:
        """Where to look after the `step`th look: farther off each time, so that keys do not queue up; in the end, everywhere."""
        slots += step if step < _FAR else 1
        past = (slots >= self._slots.size).nonzero()[0]
        if past.size:
            slots[past] -= self._slots.size
        return slots

    def _add(self, keys: Keys) -> tuple[Keys, Indices]:
        """The new ones, each once, and their slots."""
        slots = self._home(keys)
        fresh: list[Keys] = []
        fresh_slots: list[Indices] = []
        step = 0
        while keys.size:
            step += 1
            there = self._slots.take(slots)
            going_on = there != keys
            free = (there == EMPTY).nonzero()[0]
            if free.size:
                new, new_slots = keys.take(free), slots.take(free)
                # Several may want one slot, some with the same key: each leaves its position there, and sees who came last.
                position = np.arange(free.size, dtype=np.uint64)
                self._slots[new_slots] = position
                last = self._slots.take(new_slots)
                winners = (last == position).nonzero()[0]
                going_on[free] = new.take(last.view(np.int64)) != new
                new, new_slots = new.take(winners), new_slots.take(winners)
                self._slots[new_slots] = new
                self.size += new.size
                fresh.append(new)
                fresh_slots.append(new_slots)
                if self.size > self._room:
                    raise OverflowError(f"key set: expected room for {self._room} keys to be enough, got {self.size}")
            rest = going_on.nonzero()[0]
            keys, slots = keys.take(rest), self._next(slots.take(rest), step)
        if len(fresh) == 1:
            return fresh[0], fresh_slots[0]
        if not fresh:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        return np.concatenate(fresh), np.concatenate(fresh_slots)


class KeyNumbers:
    """Numbers keys 0, 1, 2, … as they come."""

    def __init__(self, keys: Iterable[int] | Keys = ()) -> None:
        """With `keys`, all different, numbered already."""
        listed = np.asarray(keys if isinstance(keys, np.ndarray) else list(keys), dtype=np.uint64)
        self._keys = listed.copy()
        self.size = listed.size
        self._remember(max(2 * self.size, 1024))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._set.nbytes + self._numbers.nbytes + self._keys.nbytes

    def keys(self, numbers: Keys | Indices) -> Keys:
        """The keys that have these numbers."""
        return self._keys.take(numbers.view(np.int64))

    def numbers(self, keys: Keys) -> Indices:
        """The number of each of `keys`; new ones get the next numbers."""
        slots = self._set.find(keys)
        unknown = (slots < 0).nonzero()[0]
        if unknown.size:
            new, remembered = keys.take(unknown), self._set
            self._number(new)
            if self._set is remembered:
                slots[unknown] = self._set.find(new)
            else:
                slots = self._set.find(keys)
        return self._numbers.take(slots)

    def _number(self, keys: Keys) -> None:
        for at in range(0, keys.size, _PIECE):
            piece = keys[at : at + _PIECE]
            if not self._set.has_room(piece.size):
                self._remember(2 * (self.size + piece.size))
            fresh, slots = self._set._add(piece)
            if self.size + fresh.size > self._keys.size:
                self._keys = np.concatenate([self._keys, np.zeros(self._keys.size // 2 + fresh.size, np.uint64)])
            self._keys[self.size : self.size + fresh.size] = fresh
            self._numbers[slots] = np.arange(self.size, self.size + fresh.size)
            self.size += fresh.size

    def _remember(self, room: int) -> None:
        self._set = KeySet(room)
        self._numbers = np.zeros(self._set._slots.size, np.int64)
        for at in range(0, self.size, _PIECE):
            piece = self._keys[at : min(at + _PIECE, self.size)]
            self._set.add(piece)
            self._numbers[self._set.find(piece)] = np.arange(at, at + piece.size)
