"""Breadth-first search of a product on packed states, level by level; shortest counterexamples.

What it counts, and how far away things are, is exactly what `reference.search_plainly` says; it only is faster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from namesrv.explore.checkpoint import Checkpoint, Saved
from namesrv.explore.expansion import CHUNK, Expander, Outgrown, Successors
from namesrv.explore.hashing import Keys, KeySet
from namesrv.explore.outcome import BYTES_PER_STATE, DEADLOCK, Found, Options, Progress, TooLarge, Verdict, Violation
from namesrv.explore.paths import stories, told
from namesrv.explore.product import Move, Product, broken

_ROOM: Final = 1 << 18
"""New states at most added at once."""


class Stopped(Exception):
    """A search that does not go on; its argument says why."""


class Search:
    """One search, and afterwards all that it knows: the levels, and the tables to expand them again."""

    def __init__(self, product: Product, options: Options) -> None:
        """Raises `TooLarge` if what is expected does not fit, `CheckpointError` if it cannot go on from where it should."""
        if options.expected is not None and options.expected * BYTES_PER_STATE > options.max_bytes:
            raise TooLarge(
                f"search: expected at most {options.max_bytes} bytes, "
                f"got {options.expected} states of {BYTES_PER_STATE} bytes: {options.expected * BYTES_PER_STATE}"
            )
        self.product, self.options = product, options
        self.expander = Expander(product, symmetry=options.symmetry, through_broken=options.through_broken)
        self.levels: list[Keys] = []
        self.generated = 0
        self.first: dict[str, tuple[int, int]] = {}
        """By invariant: the level and the key of its first violation."""
        self._new: list[Keys] = []
        self._seen = KeySet(_ROOM)
        self._started = 0.0
        self._opened = 0
        self._resumed = 0
        self._checkpoint = None if options.checkpoint is None else Checkpoint(options.checkpoint)
        if self._checkpoint is not None and options.resume != options.checkpoint:
            self._checkpoint.clear()
        if options.resume is not None:
            self._resume(options.resume)

    @property
    def distinct(self) -> int:
        """States met so far."""
        return self._seen.size

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        held = sum(level.nbytes for level in self.levels) + sum(piece.nbytes for piece in self._new)
        return held + self._seen.nbytes + self.expander.nbytes

    def run(self) -> Found:
        """Searches to the end, or as far as it may: what stops it (`Options.stop`, Ctrl-C, memory) makes it `unknown`."""
        self._started = self.options.clock()
        reason = ""
        try:
            if not self.levels:
                self._begin()
            while self.levels[-1].size and not self._decided():
                self._level()
        except Stopped as stopped:
            reason = str(stopped)
        except KeyboardInterrupt:
            reason = "interrupted"
        except MemoryError:
            reason = "there is no memory left on this machine"
        unopened = self.distinct - sum(level.size for level in self.levels[:-1]) - self._opened if reason else 0
        if self.levels and not self.levels[-1].size:
            self.levels.pop()
        return self._found(reason, unopened)

    def _begin(self) -> None:
        self.generated = 1
        while True:
            try:
                key = np.array([self.expander.key(self.product.initial)], np.uint64)
                break
            except Outgrown:
                self.expander.repack()
        self._seen.add(key)
        self._judge(0, key)
        self.levels.append(key)
        if self.options.on_new is not None:
            self.options.on_new(0, key)
        self._save()

    def _decided(self) -> bool:
        return bool(self.first) and not self.options.all_violations

    def _level(self) -> None:
        number = len(self.levels) - 1
        width = self.levels[-1].size
        done = self._opened = 0
        self._new = []
        while done < width:
            if stop := self.options.stop():
                raise Stopped(stop)
            try:
                self._expand(number, self.levels[-1][done : done + CHUNK])
            except Outgrown:
                self._repack()
                continue
            done = self._opened = min(done + CHUNK, width)
            self._report(number, done, width)
            taken = max(self.nbytes, 0 if self.options.memory is None else self.options.memory())
            if taken > self.options.max_bytes:
                raise Stopped(f"{taken} bytes of memory, expected at most {self.options.max_bytes}")
            if self.options.max_states is not None and self.distinct > self.options.max_states:
                raise Stopped(f"{self.distinct} states, expected at most {self.options.max_states}")
        new = np.concatenate(self._new) if self._new else np.empty(0, np.uint64)
        self._new = []
        self.levels.append(new)
        self._opened = 0
        self._judge(number + 1, new)
        if self.options.on_new is not None and new.size:
            self.options.on_new(number + 1, new)
        self._save()

    def _expand(self, level: int, keys: Keys) -> None:
        expander = self.expander
        keys, words = expander.opened(keys)
        track = self.options.watch is not None or self.options.deadlock
        done = list(expander.successors(words, track=track))
        met = np.empty(0, np.uint64)
        if done:
            together = [np.concatenate([each.words[word] for each in done]) for word in range(expander.layout.words)]
            met = expander.packing.keys(expander.standing_for(together))
        # From here on nothing asks to be packed anew, and so nothing is done twice.
        if self.options.watch is not None:
            for each in done:
                self.options.watch(level, words, each)
        if self.options.deadlock:
            self._note_deadlock(level, keys, done)
        self.generated += met.size
        for at in range(0, met.size, _ROOM):
            part = met[at : at + _ROOM]
            self._make_room(part.size)
            self._new.append(self._seen.add(part))

    def _note_deadlock(self, level: int, keys: Keys, done: list[Successors]) -> None:
        alive = np.zeros(keys.size, np.bool_)
        for each in done:
            alive[each.source] = True
        if DEADLOCK not in self.first and not alive.all():
            self.first[DEADLOCK] = level, int(keys[int(np.argmin(alive))])

    def _judge(self, level: int, keys: Keys) -> None:
        open_ = [index for index, each in enumerate(self.product.invariants) if each.name not in self.first]
        for at in range(0, keys.size, CHUNK):
            piece = keys[at : at + CHUNK]
            words = self.expander.packing.words(piece)
            for index in open_:
                name = self.product.invariants[index].name
                if name not in self.first:
                    holds = self.expander.holds(index, words)
                    if not holds.all():
                        self.first[name] = level, int(piece[int(np.argmin(holds))])

    def _make_room(self, more: int) -> None:
        if self._seen.has_room(more):
            return
        room = max(2 * self._seen.size, self._seen.size + 2 * _ROOM)
        after = self.nbytes - self._seen.nbytes + room * 14
        if after > self.options.max_bytes:
            room = self._seen.size + self._seen.size // 4 + more
            after = self.nbytes - self._seen.nbytes + room * 14
        if after > self.options.max_bytes:
            raise Stopped(f"{after} bytes of memory would be needed, expected at most {self.options.max_bytes}")
        self._remember(room)

    def _remember(self, room: int) -> None:
        # The old set goes before the new one comes: the levels have all that is in it.
        self._seen = KeySet(1)
        self._seen = KeySet(room)
        for held in (*self.levels, *self._new):
            self._seen.add(held)

    def _save(self) -> None:
        if self._checkpoint is not None:
            first = {name: (level, self.expander.state(key)) for name, (level, key) in self.first.items()}
            saved = Saved(levels=len(self.levels), generated=self.generated, first=first)
            self._checkpoint.save(self.expander, self.levels, saved)

    def _resume(self, folder: Path) -> None:
        if self.options.watch is not None or self.options.on_new is not None:
            raise ValueError("search: resume: expected nobody to watch, for whom the levels before would be missing")
        checkpoint = Checkpoint(folder)
        self.levels, saved = checkpoint.load(self.expander)
        self.generated = saved.generated
        self.first = {name: (level, self.expander.key(state)) for name, (level, state) in saved.first.items()}
        if self.options.checkpoint == folder:
            self._checkpoint = checkpoint
        self._remember(2 * sum(keys.size for keys in self.levels) + 2 * _ROOM)
        self._resumed = self.distinct

    def _repack(self) -> None:
        before = self.expander.repack()
        for held in (self.levels, self._new):
            for at, keys in enumerate(held):
                held[at] = self.expander.moved(keys, before)
        for name, (level, key) in self.first.items():
            self.first[name] = level, int(self.expander.moved(np.array([key], np.uint64), before)[0])
        self._remember(2 * sum(keys.size for keys in (*self.levels, *self._new)) + 2 * _ROOM)

    def _report(self, level: int, done: int, width: int) -> None:
        if self.options.progress is None:
            return
        expected = None
        if len(self.levels) > 1 and width < self.levels[-2].size:
            ratio = width / self.levels[-2].size
            expected = int(sum(each.size for each in self.levels) + width * ratio / (1 - ratio))
        self.options.progress(
            Progress(
                level=level,
                done=done,
                width=width,
                distinct=self.distinct,
                generated=self.generated,
                seconds=self.options.clock() - self._started,
                expected=expected,
                resumed=self._resumed,
            )
        )

    def _found(self, reason: str, unopened: int) -> Found:
        seconds = self.options.clock() - self._started
        ordered = sorted(self.first.items(), key=lambda item: item[1][0])
        ways = stories(self.expander, self.levels, [place for _, place in ordered])
        violations = tuple(
            _violation(self.product, name, story) for (name, _), story in zip(ordered, ways, strict=True)
        )
        if self.expander.symmetries is not None and self.options.all_violations:
            violations = _by_other_names(self.product, violations)
        verdict: Verdict = "violated" if violations else "unknown" if reason else "holds"
        return Found(
            verdict=verdict,
            reason=reason,
            distinct=self.distinct,
            generated=self.generated,
            levels=tuple(level.size for level in self.levels),
            seconds=seconds,
            nbytes=self.nbytes,
            violations=violations,
            unopened=unopened,
            resumed=self._resumed,
        )


def _violation(product: Product, name: str, story: tuple[Move, ...]) -> Violation:
    state = story[-1].after if story else product.initial
    false = broken(product, state)
    if name != DEADLOCK and name not in false:
        # A story that could not be told of the state found, but only of one that is the same but for a renaming.
        name = false[0]
    return Violation(invariant=name, state=state, story=story)


def _by_other_names(product: Product, violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """With those of the invariants that symmetries make of them: where one NameServer stood for another, that is meant too."""
    shortest = {violation.invariant: violation for violation in violations}
    for violation in violations:
        for symmetry in product.symmetries:
            state = symmetry.apply(violation.state)
            new = [
                name
                for name in broken(product, state)
                if name not in shortest or len(shortest[name].story) > len(violation.story)
            ]
            if new:
                story = told(product, [symmetry.apply(move.after) for move in violation.story])
                shortest |= {name: Violation(invariant=name, state=state, story=story) for name in new}
    return tuple(sorted(shortest.values(), key=lambda violation: len(violation.story)))


def search(product: Product, options: Options | None = None) -> Found:
    """Searches everything that can be reached. Raises `TooLarge` if what is expected does not fit into memory."""
    return Search(product, options or Options()).run()
