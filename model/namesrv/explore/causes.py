"""What breaks invariants, told apart by cause; and the first state of every kind. Each with a shortest story."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

import attrs
import numpy as np

from namesrv.explore.expansion import CHUNK, Successors
from namesrv.explore.hashing import Indices, Keys
from namesrv.explore.outcome import Found, Options
from namesrv.explore.paths import stories
from namesrv.explore.product import Local, Move, Product, Said, State, broken, moves
from namesrv.explore.search import Search

CauseOf: TypeAlias = Callable[[str, tuple[Said, ...]], Hashable]
"""(name of the rule, what its stages said) to what counts as one cause."""


@attrs.frozen(kw_only=True)
class Break:
    """A move after which an invariant is false that held before; the last of `story`, which starts from the initial state."""

    invariant: str
    cause: Hashable
    story: tuple[Move, ...]

    @property
    def before(self) -> State | None:
        """The state in which the move was made; `None` for the initial one."""
        return self.story[-2].after if len(self.story) > 1 else None


@attrs.frozen
class _Seen:
    """A break as the search meets it: where, and by which rule."""

    level: int
    before: State
    after: State
    rule: int
    said: tuple[Said, ...]


def breaking_moves(product: Product, cause: CauseOf, options: Options | None = None) -> tuple[Found, tuple[Break, ...]]:
    """For each invariant and each cause a move that breaks it, as few moves away as possible; the shortest stories first.

    The search goes on after violations (through states in which something is broken only if the options say so). It may end as
    `unknown`, and then these are the breaks met so far.
    """
    watcher = _Watcher(product, cause)
    search = Search(product, attrs.evolve(options or Options(), all_violations=True, watch=watcher.watch))
    watcher.search = search
    found = search.run()
    seen = sorted(watcher.seen.items(), key=lambda item: item[1].level)
    expander = search.expander
    told = stories(expander, search.levels, [(each.level, expander.key(each.before)) for _, each in seen])
    breaks = []
    for ((invariant, name), each), story in zip(seen, told, strict=True):
        at = story[-1].after if story else product.initial
        breaks.append(Break(invariant=invariant, cause=name, story=(*story, _last(search, at, invariant, each))))
    return found, tuple(breaks)


def _last(search: Search, at: State, invariant: str, seen: _Seen) -> Move:
    """The move that breaks it, made in `at`: the state in which it was met, but perhaps for a renaming."""
    product, expander = search.product, search.expander
    wanted = Move(product.rules[seen.rule].name, seen.after, seen.said)
    made = list(moves(product, at))
    if wanted in made:
        return wanted
    key = expander.key(seen.after)
    alike = [move for move in made if expander.key(move.after) == key and broken(product, move.after)]
    if not alike:
        raise RuntimeError(f"break of {invariant}: expected the move {wanted!r} in {at!r}, or one like it; got none")
    return alike[0]


class _Watcher:
    def __init__(self, product: Product, cause: CauseOf) -> None:
        self._product, self._cause = product, cause
        self.search: Search | None = None
        self.seen: dict[tuple[str, Hashable], _Seen] = {}
        self._known: set[tuple[int, ...]] = set()
        self._touched = [{index for stage in rule.stages for index in stage.looks_at} for rule in product.rules]
        self._held: dict[int, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
        self._words: list[Keys] = []

    def watch(self, level: int, words: list[Keys], done: Successors) -> None:
        assert self.search is not None
        expander = self.search.expander
        if words is not self._words:
            self._words, self._held = words, {}
        for index, invariant in enumerate(self._product.invariants):
            if self._touched[done.rule].isdisjoint(invariant.looks_at):
                continue
            false = np.flatnonzero(~expander.holds(index, done.words))
            if not false.size:
                continue
            if index not in self._held:
                self._held[index] = expander.holds(index, words)
            breaks = false[self._held[index].take(done.source.take(false))]
            if breaks.size:
                self._note(level, index, words, done, breaks)

    def _note(self, level: int, index: int, words: list[Keys], done: Successors, breaks: Indices) -> None:
        assert self.search is not None
        expander = self.search.expander
        said = np.stack([each.take(breaks) for each in done.said], axis=1)
        _, first = np.unique(said, axis=0, return_index=True)
        for at in np.sort(first).tolist():
            numbers = said[at].tolist()
            if (index, done.rule, *numbers) in self._known:
                continue
            self._known.add((index, done.rule, *numbers))
            told = expander.said(done.rule, numbers)
            name = self._product.invariants[index].name, self._cause(self._product.rules[done.rule].name, told)
            if name not in self.seen:
                place = int(breaks[at])
                source = int(done.source[place])
                before = expander.state_of_words([word[source : source + 1] for word in words])
                after = expander.state_of_words([word[place : place + 1] for word in done.words])
                self.seen[name] = _Seen(level, before, after, done.rule, told)


@attrs.frozen
class Label:
    """What `of` makes of the local states of the components `looks_at`; `None` where there is nothing to be told."""

    name: str
    looks_at: tuple[int, ...]
    of: Callable[[tuple[Local, ...]], Hashable]


@attrs.frozen(kw_only=True)
class First:
    """A first state that has a label. `story` starts from the initial state."""

    label: str
    value: Hashable
    state: State
    story: tuple[Move, ...]


def first_of_each(
    product: Product, labels: Sequence[Label], options: Options | None = None
) -> tuple[Found, tuple[First, ...]]:
    """For each value of each label a state that has it, as few moves away as possible; the shortest stories first."""
    seen: dict[tuple[int, int], tuple[int, State]] = {}

    def look(level: int, keys: Keys) -> None:
        for at in range(0, keys.size, CHUNK):
            piece = keys[at : at + CHUNK]
            words = expander.packing.words(piece)
            for number, (label, table) in enumerate(tables):
                rows = table.rows([expander.layout.column(words, index) for index in label.looks_at], 0)
                values, first = np.unique(table.said.array.take(rows), return_index=True)
                for value, place in zip(values.tolist(), first.tolist(), strict=True):
                    if (number, value) not in seen and table.says.values[value] is not None:
                        seen[number, value] = level, expander.state(int(piece[place]))

    search = Search(product, attrs.evolve(options or Options(), all_violations=True, on_new=look))
    expander = search.expander
    tables = [(label, expander.label_table(label.looks_at, label.of)) for label in labels]
    found = search.run()
    ordered = sorted(seen.items(), key=lambda item: item[1][0])
    told = stories(expander, search.levels, [(level, expander.key(state)) for _, (level, state) in ordered])
    firsts = []
    for ((number, value), (_, state)), story in zip(ordered, told, strict=True):
        label, table = tables[number]
        reached = story[-1].after if story else product.initial
        firsts.append(
            First(
                label=label.name,
                value=table.says.values[value],
                state=state if reached == state else reached,
                story=story,
            )
        )
    return found, tuple(firsts)
