"""What `namesrv explore` does once its arguments are read: estimate, search, tell; and what is told where it ends early."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import attrs
from rich.console import Console

from namesrv.check.recorded.runs import book_of_moves
from namesrv.check.recorded.show import BooksBeside
from namesrv.check.report_page import Page, Section
from namesrv.check.system_story import diagram, mermaid, sentence
from namesrv.explore.convergence import agreement, fair_rules
from namesrv.explore.estimate import Estimate, estimate
from namesrv.explore.fairness import Fairness
from namesrv.explore.liveness import heals
from namesrv.explore.outcome import Found, Options, Progress, TooLarge, Verdict
from namesrv.explore.product import Move, Product
from namesrv.explore.registration import registration_system
from namesrv.explore.search import search
from namesrv.model.profiles import Profile
from namesrv.model.system.scope import Scope

EVERY_S = 0.5
"""Between two looks at the progress."""

Story = tuple[Move, ...]


@attrs.define(kw_only=True)
class Exploring:
    """One call of `namesrv explore`. `command`: how to call it again, without checkpoints; `beside`: makes pages of runs."""

    product: Product
    profile: Profile
    scope: Scope
    options: Options
    command: list[str]
    diagram: bool
    beside: BooksBeside | None = None
    console: Console = attrs.Factory(Console)
    data: dict[str, Any] = attrs.Factory(dict)
    _sections: list[Section] = attrs.field(factory=list, init=False)
    _facts: list[tuple[str, str]] = attrs.field(factory=list, init=False)

    def run(self, *, liveness: bool, fairness: Fairness, force: bool) -> Verdict:
        """The verdict. Raises `ValueError` (`TooLarge` is one), `OSError`."""
        self.data |= {"profile": self.profile.name, "scope": str(self.scope)}
        with Stopping() as stopping:
            self.options.stop = stopping
            # What goes on, or is cut off anyway, needs no estimate.
            bounded = self.options.resume is not None or self.options.max_states is not None
            expected = None if bounded else self._estimate(force=force)
            with Showing(self.console, expected) as showing:
                self.options.progress = showing
                verdict = self._heals(fairness) if liveness else self._searched()
        self.console.print(f"[bold]{verdict}[/], {self.profile.name}, {self.scope}", highlight=False, soft_wrap=True)
        return verdict

    def page(self, verdict: Verdict) -> Page:
        """All of it as a page."""
        return Page(
            title=f"{self.profile.name}: brokers, NameServers and a faulty network, explored",
            verdict=verdict,
            lead=f"Every run of the scope {self.scope}. A verdict is for the scope that it names.",
            facts=tuple(self._facts),
            sections=tuple(self._sections),
            command=shlex.join(self.command),
        )

    def _estimate(self, *, force: bool) -> Estimate | None:
        with self._status("probing smaller budgets"):
            expected = estimate(self.product, self.options, smaller=self._smaller())
        if expected is None:
            return None
        self.data["expected"] = expected.states
        if expected.nbytes > self.options.max_bytes and not force:
            raise TooLarge(
                f"too large: {expected} states are expected, {gib(expected.nbytes)}; {gib(self.options.max_bytes)} may be "
                "taken (--max-gib). Try fewer faults, kinds of faults, versions or brokers, one NameServer (without "
                "--full-product), or --force"
            )
        return expected

    def _smaller(self) -> Product | None:
        """The same with fewer parts, where the whole may be too large to be probed."""
        few = attrs.evolve(self.scope, brokers=min(self.scope.brokers, 2), namesrvs=1, topics=1)
        if few == self.scope:
            return None
        return registration_system(few, self.profile)

    @contextmanager
    def _status(self, words: str) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(words):
            yield

    def _searched(self) -> Verdict:
        found = search(self.product, self.options)
        self._tell_counts(found)
        by_story: dict[Story, list[str]] = {}
        for violation in found.violations:
            by_story.setdefault(violation.story, []).append(violation.invariant)
        for story, names in by_story.items():
            self.console.print(f"\n[bold]{', '.join(names)}[/]: broken after {len(story)} steps", highlight=False)
            title = f"{', '.join(names)}: broken after {len(story)} steps"
            self._tell(story, title, broken=names, links=self._page_of(story, title))
        self.data["violations"] = {v.invariant: [sentence(move) for move in v.story] for v in found.violations}
        return found.verdict

    def _heals(self, fairness: Fairness) -> Verdict:
        good = agreement(self.scope, self.profile)
        healing = heals(self.product, good, fair_rules(self.product), self.options, fairness=fairness)
        self._tell_counts(healing.found)
        if healing.reason and not healing.found.reason:
            self.console.print(f"ended early, at the moves between states: {healing.reason}", soft_wrap=True)
            self.data["reason"] = healing.reason
        self.data["within"] = healing.moves
        if healing.verdict == "holds":
            words = f"from every state the system can heal within {healing.moves} moves, and then stays so"
            if fairness != "moves":
                words += f"; every run that is fair to rules, if only {fairness}ly, does"
            self.console.print(words, highlight=False, soft_wrap=True)
            self._facts.append(("heals", words))
        if healing.lasso is not None:
            can_heal = healing.healing == healing.found.distinct
            after = "after this it can heal, but need not" if can_heal else "after this it can never heal for good"
            self.console.print(f"\n{after}:")
            again = "and then, again and again" if healing.lasso.loop else "and then nothing has to happen any more"
            words = f"{after}; {again}" if healing.lasso.loop else after
            links = self._page_of(healing.lasso.story, words, healing.lasso.loop)
            self._tell(healing.lasso.story, after, links=links)
            self.console.print(f"{again}:" if healing.lasso.loop else again)
            self._tell(healing.lasso.loop, again, drawn=bool(healing.lasso.loop))
            self.data["story"] = [sentence(move) for move in healing.lasso.story]
            self.data["loop"] = [sentence(move) for move in healing.lasso.loop]
        return healing.verdict

    def _page_of(self, story: Story, title: str, loop: Story = ()) -> tuple[tuple[str, str], ...]:
        if self.beside is None:
            return ()
        return (self.beside.add(book_of_moves(self.product, story, self.profile, title, loop)),)

    def _tell(
        self,
        story: Story,
        title: str,
        *,
        broken: list[str] | None = None,
        drawn: bool = True,
        links: tuple[tuple[str, str], ...] = (),
    ) -> None:
        steps = tuple(sentence(move) for move in story)
        for number, step in enumerate(steps, 1):
            self.console.print(f"  {number:2} {step}", highlight=False, soft_wrap=True, markup=False)
        if self.diagram and story:
            text = mermaid(story, self.product.components)
            self.console.print(f"\n```mermaid\n{text}\n```", highlight=False, soft_wrap=True, markup=False)
        picture = diagram(story, self.product.components, broken or ()) if drawn and story else None
        self._sections.append(Section(title=title, steps=steps, diagram=picture, links=links))

    def _tell_counts(self, found: Found) -> None:
        symmetries = len(self.product.symmetries) if self.options.symmetry else 0
        alike = f" (each stands for all that {symmetries} renamings make of it)" if symmetries else ""
        counts = (
            f"{found.distinct:,} distinct states{alike}, {found.generated:,} generated, depth {found.depth}, "
            f"{found.seconds:.1f} s, {found.rate:,.0f} states/s, {found.nbytes / (1 << 20):,.0f} MiB"
        )
        self.console.print(counts, highlight=False, soft_wrap=True)
        self._facts.append(("searched", counts))
        self.data |= {
            "distinct": found.distinct,
            "generated": found.generated,
            "depth": found.depth,
            "seconds": found.seconds,
            "bytes": found.nbytes,
            "reason": found.reason,
            "symmetries": symmetries,
        }
        if found.reason:
            self._tell_end(found)

    def _tell_end(self, found: Found) -> None:
        """How far a search came that did not come to its end, and how to go on."""
        end = f"ended early on level {found.depth}: {found.reason}; {found.unopened:,} states were met and not looked into"
        folder = self.options.checkpoint
        self.data |= {"level": found.depth, "unopened": found.unopened, "checkpoint": str(folder) if folder else None}
        if folder is None:
            on = "nothing was kept: with --checkpoint FOLDER it could go on from there"
        else:
            again = [*self.command, "--checkpoint", str(folder), "--resume", str(folder)]
            on = f"the levels before are kept in {folder}; go on: {shlex.join(again)}"
            self.data["resume"] = shlex.join(again)
        for words in (end, on):
            self.console.print(words, highlight=False, soft_wrap=True, markup=False)
        self._facts += [("ended early", end), ("to go on", on)]


class Stopping:
    """While it is entered, Ctrl-C and SIGTERM ask a search to end at the next opportunity; a second one ends it at once."""

    def __init__(self) -> None:
        self._why = ""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> str:
        """Why to stop; empty if not to."""
        return self._why

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._why:
            raise KeyboardInterrupt
        self._why = "interrupted" if number == signal.SIGINT else "told to end (SIGTERM)"


class Showing:
    """A line that says how far the search is; nothing where nobody looks."""

    def __init__(
        self, console: Console, expected: Estimate | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._status = console.status("exploring") if console.is_terminal else None
        self._expected = expected
        self._clock = clock
        self._shown = 0.0

    def __enter__(self) -> Showing:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if self._status is not None and now - self._shown >= EVERY_S:
            self._shown = now
            self._status.update(progress_line(progress, self._expected))


def progress_line(progress: Progress, estimated: Estimate | None) -> str:
    """Level, states, speed, and what remains: by the levels once they shrink, before that by the estimate."""
    line = f"level {progress.level}: {progress.distinct:,} states, {progress.rate:,.0f}/s"
    expected, said = progress.expected, f"some {progress.expected or 0:,}"
    if expected is None and estimated is not None and estimated.states > progress.distinct:
        expected, said = estimated.states, str(estimated)
    if expected is None:
        return line
    left_s = max(0, expected - progress.distinct) / progress.rate if progress.rate else 0.0
    return f"{line}; {said} in all, {duration(left_s)} left"


def duration(seconds: float) -> str:
    """Roughly: `42 s`, `7 min`, `3 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"


def gib(nbytes: int) -> str:
    """`2.5 GiB`."""
    return f"{nbytes / (1 << 30):,.3g} GiB"
