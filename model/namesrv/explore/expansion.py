"""What may happen in each of many states at once: the rules of a product, done on packed states by looking into tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from namesrv.explore.hashing import Indices, Keys
from namesrv.explore.layout import Layout, Packing, layout_of
from namesrv.explore.product import NOTHING, Act, Invariant, Local, Product, Said, State
from namesrv.explore.symmetry import Symmetries
from namesrv.explore.tables import Column, Numbering, Table

CHUNK: Final = 1 << 15
"""States expanded in one go: few enough that what is computed on the way stays in the cache."""


class Outgrown(Exception):
    """There are more local states than the layout has room for; nothing is lost, but the states must be packed anew."""


@attrs.frozen
class Successors:
    """What one rule does in an array of states. `source[i]`: the position there of the state that `i` is a successor of.

    `said`: for each stage the numbers of what it said. Both are empty unless they were asked for.
    """

    rule: int
    words: list[Keys]
    source: Indices
    said: tuple[Keys, ...]


@attrs.frozen
class _Stage:
    """A stage and what its table's outcomes add to each word of a state, as far as `change` has been worked out."""

    table: Table
    looks_at: tuple[int, ...]
    change: tuple[tuple[int, Column], ...]


class Expander:
    """The tables of a product, and the packing of its states. The packing changes (`repack`); the tables only grow."""

    def __init__(self, product: Product, *, symmetry: bool = False, through_broken: bool = True) -> None:
        """With `symmetry`, one state stands for all that the product's symmetries make of it. Without `through_broken`, nothing
        happens in states in which an invariant is false."""
        self.product = product
        self._through_broken = through_broken
        self._classes = _Classes(product)
        self.locals = tuple(self._classes.of(index) for index in range(len(product.components)))
        for numbering, local in zip(self.locals, product.initial, strict=True):
            numbering.number(local)
        self.symmetries = Symmetries(product, self.locals) if symmetry and product.symmetries else None
        tables: dict[tuple[int, tuple[int, ...]], Table] = {}
        self._tables = [
            [self._table(tables, stage.act, stage.looks_at) for stage in rule.stages] for rule in product.rules
        ]
        self._judges = {
            looks_at: self.label_table(
                looks_at, _judge([each for each in product.invariants if each.looks_at == looks_at])
            )
            for looks_at in {invariant.looks_at for invariant in product.invariants}
        }
        self._place = [_place(product, index) for index in range(len(product.invariants))]
        self.tables = (*tables.values(), *self._judges.values())
        self._bits: list[int] = [0] * len(self.locals)
        self.packing = Packing(layout_of([]))
        self.repack()

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.packing.nbytes + sum(table.nbytes for table in self.tables)

    @property
    def layout(self) -> Layout:
        """Where each component stands."""
        return self.packing.layout

    def repack(self) -> Packing:
        """Goes over to a new packing with room for all local states there are. Returns the one before."""
        before = self.packing
        bits = [numbering.bits for numbering in self.locals]
        roomy = [held if needed <= held else needed + 1 for held, needed in zip(self._bits, bits, strict=True)]
        # Room to grow spares packing anew, but is not worth another word.
        self._bits = roomy if layout_of(roomy).words == layout_of(bits).words else bits
        self.packing = Packing(layout_of(self._bits))
        self._stages = [
            [
                _Stage(table, stage.looks_at, self._no_change(stage.looks_at))
                for table, stage in zip(tables, rule.stages, strict=True)
            ]
            for tables, rule in zip(self._tables, self.product.rules, strict=True)
        ]
        return before

    def moved(self, keys: Keys, before: Packing) -> Keys:
        """The keys, in this packing, of the states that have `keys` in the packing `before`."""
        pieces = [
            self.packing.keys(self.layout.words_of(before.columns(keys[at : at + CHUNK])))
            for at in range(0, keys.size, CHUNK)
        ]
        return np.concatenate(pieces) if pieces else keys

    def standing_for(self, words: list[Keys]) -> list[Keys]:
        """The words of the states that stand for these; they themselves, without symmetry. May raise `Outgrown`."""
        if self.symmetries is None:
            return words
        if self.symmetries.close():
            self._check_room()
        return self.symmetries.smallest(self.layout, words)

    def key(self, state: State) -> int:
        """The key of the state that stands for `state`. Raises `Outgrown` if there is no room for one of its local states."""
        columns = [
            np.array([numbering.number(local)], np.uint64) for numbering, local in zip(self.locals, state, strict=True)
        ]
        self._check_room()
        return int(self.packing.keys(self.standing_for(self.layout.words_of(columns)))[0])

    def state(self, key: int) -> State:
        """The state that has this key."""
        return self.state_of_words(self.packing.words(np.array([key], np.uint64)))

    def state_of_words(self, words: Sequence[Keys]) -> State:
        """The state that has these words, each an array of one."""
        columns = [self.layout.column(words, index) for index in range(len(self.locals))]
        return tuple(numbering.values[int(column[0])] for numbering, column in zip(self.locals, columns, strict=True))

    def states(self, keys: Keys) -> Iterator[State]:
        """The states that have these keys."""
        for at in range(0, keys.size, CHUNK):
            columns = self.packing.columns(keys[at : at + CHUNK])
            named = [
                [numbering.values[number] for number in column.tolist()]
                for numbering, column in zip(self.locals, columns, strict=True)
            ]
            yield from zip(*named, strict=True)

    def said(self, rule: int, said: Sequence[int]) -> tuple[Said, ...]:
        """What the stages of a rule said, from its numbers."""
        return tuple(table.says.values[number] for table, number in zip(self._tables[rule], said, strict=True))

    def opened(self, keys: Keys) -> tuple[Keys, list[Keys]]:
        """Those of the states that are to be expanded: their keys and their words."""
        words = self.packing.words(keys)
        if self._through_broken:
            return keys, words
        good = np.ones(keys.size, np.bool_)
        for index in range(len(self.product.invariants)):
            good &= self.holds(index, words)
        return keys[good], [word[good] for word in words]

    def label_table(self, looks_at: Sequence[int], label: Callable[[tuple[Local, ...]], Hashable]) -> Table:
        """A table whose only outcome for local states of `looks_at` says what `label` makes of them."""
        return Table(
            lambda local, _: [(local, label(local))], [self.locals[i] for i in looks_at], _nothing(), Numbering()
        )

    def successors(
        self, words: list[Keys], *, track: bool = False, rules: Collection[str] | None = None
    ) -> Iterator[Successors]:
        """What each rule (of `rules`) does in these states, in the order of the rules. With `track`, also from where, and what
        was said.

        Raises `Outgrown` when a local state turns up for which the layout has no room.
        """
        columns: dict[int, Keys] = {}
        for number, rule in enumerate(self.product.rules):
            if rules is not None and rule.name not in rules:
                continue
            done = self._rule(number, words, columns, track=track)
            if done is not None:
                yield done

    def holds(self, invariant: int, words: Sequence[Keys]) -> npt.NDArray[np.bool_]:
        """Whether the invariant of this index holds in each of these states."""
        looks_at = self.product.invariants[invariant].looks_at
        table = self._judges[looks_at]
        columns = [self.layout.column(words, index) for index in looks_at]
        rows = table.rows(columns, 0 if looks_at else np.zeros(words[0].size, np.uint64))
        place = self._place[invariant]
        true = np.array([judged[place] for judged in table.says.values], np.bool_)  # type: ignore[index]
        return true.take(table.said.array.take(rows).view(np.int64))

    def _rule(self, number: int, words: list[Keys], columns: dict[int, Keys], *, track: bool) -> Successors | None:
        stages = self._stages[number]
        words = list(words)
        told: Keys | int = 0
        source = np.arange(words[0].size) if track else np.empty(0, np.int64)
        said: tuple[Keys, ...] = ()
        for position, stage in enumerate(stages):
            if position == 0:
                told = stage.table.told.number(NOTHING)
                for index in stage.looks_at:
                    if index not in columns:
                        columns[index] = self.layout.column(words, index)
                looked_at = [columns[index] for index in stage.looks_at]
                if not looked_at:
                    told = np.full(words[0].size, told, np.uint64)
            else:
                looked_at = [self.layout.column(words, index) for index in stage.looks_at]
            table = stage.table
            filled = table.filled
            taken, outcomes = table.outcomes(looked_at, told)
            if table.filled > filled:
                self._check_room()
            if not taken.size:
                return None
            words = [word.take(taken) for word in words]
            for word, change in self._changes(stage):
                words[word] += change.take(outcomes)
            told = table.said.array.take(outcomes)
            if track:
                source = source.take(taken)
                said = (*(each.take(taken) for each in said), told)
        return Successors(number, words, source, said)

    def _changes(self, stage: _Stage) -> Iterator[tuple[int, Keys]]:
        table = stage.table
        size = table.said.array.size
        for word, change in stage.change:
            worked_out = change.array.size
            if worked_out < size:
                source = table.source.array[worked_out:].view(np.int64)
                added = np.zeros(size - worked_out, np.uint64)
                for index, before, after in zip(stage.looks_at, table.before, table.after, strict=True):
                    field = self.layout.fields[index]
                    if field.word == word:
                        # Modulo 2**64, and so right also where a number gets smaller.
                        added += (after.array[worked_out:] - before.array.take(source)) << np.uint64(field.shift)
                change.extend(added)
            yield word, change.array

    def _no_change(self, looks_at: tuple[int, ...]) -> tuple[tuple[int, Column], ...]:
        return tuple((word, Column()) for word in sorted({self.layout.fields[index].word for index in looks_at}))

    def _check_room(self) -> None:
        for index, (numbering, bits) in enumerate(zip(self.locals, self._bits, strict=True)):
            if numbering.bits > bits:
                raise Outgrown(self.product.components[index])

    def _table(self, tables: dict[tuple[int, tuple[int, ...]], Table], act: Act, looks_at: tuple[int, ...]) -> Table:
        inputs = [self.locals[index] for index in looks_at]
        name = (id(act), tuple(map(id, inputs)))
        if name not in tables:
            tables[name] = Table(act, inputs, self._classes.of(("told", id(act))), self._classes.of(("says", id(act))))
        return tables[name]


def _nothing() -> Numbering:
    numbering = Numbering()
    numbering.number(NOTHING)
    return numbering


def _judge(invariants: Sequence[Invariant]) -> Callable[[tuple[Local, ...]], Hashable]:
    """Which of them hold, all asked at once: to tell one local state from others may cost more than to judge it."""
    return lambda local: tuple([bool(invariant.holds(local)) for invariant in invariants])


def _place(product: Product, index: int) -> int:
    """Which one of those that look at the same components an invariant is."""
    looks_at = product.invariants[index].looks_at
    return sum(each.looks_at == looks_at for each in product.invariants[:index])


class _Classes:
    """Which values share a numbering: those of components that take part in one act at the same place or are renamed into each
    other, and what is said by one act and told to another."""

    def __init__(self, product: Product) -> None:
        self._parent: dict[object, object] = {}
        self._numberings: dict[object, Numbering] = {}
        for rule in product.rules:
            before: Act | None = None
            for stage in rule.stages:
                for place, index in enumerate(stage.looks_at):
                    self._join(index, (id(stage.act), place))
                if before is not None:
                    self._join(("says", id(before)), ("told", id(stage.act)))
                before = stage.act
        for symmetry in product.symmetries:
            for index, source in enumerate(symmetry.source):
                self._join(index, source)

    def of(self, value: object) -> Numbering:
        return self._numberings.setdefault(self._find(value), Numbering())

    def _join(self, one: object, other: object) -> None:
        self._parent[self._find(one)] = self._find(other)

    def _find(self, value: object) -> object:
        while (parent := self._parent.setdefault(value, value)) != value:
            value = parent
        return value
