"""How many states a scope will have, before it is searched: told from the same system with smaller budgets.

A budget of b more things that may happen lets them happen at some n places of a run, in any order that matters little: so states
grow like the ways to choose b places out of n, repeatedly, C(n + b, b). For each part of the budget n is measured where that is
cheap, and how far parts are from being independent of each other with one of each. Wherever it could be compared that was
right within a factor of two (`tests/explore/test_estimate.py`, `docs/system.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Final

import attrs

from namesrv.explore.outcome import BYTES_PER_STATE, Options, Progress
from namesrv.explore.product import Product
from namesrv.explore.registration import BUDGET
from namesrv.explore.search import Search, Stopped
from namesrv.model.system.scope import Budget

LARGEST: Final = 300_000
"""States of one probe: a second or two."""

CHEAP: Final = 50_000
"""A larger budget is probed too if it may be expected to have no more states than this."""

PATIENCE_S: Final = 15.0
"""For all probes together."""


@attrs.frozen(kw_only=True)
class Estimate:
    """`states`: distinct ones. `is_least`: it may be far more, for a probe was too large to be ended. `probes`: by budget, what
    was counted."""

    states: int
    is_least: bool
    probes: tuple[tuple[str, int], ...]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that a search of so many takes."""
        return self.states * BYTES_PER_STATE

    def __str__(self) -> str:
        """Two digits are more than it is good for."""
        digits = max(0, len(str(self.states)) - 2)
        return f"{'at least' if self.is_least else 'some'} {round(self.states, -digits):,}"


@attrs.frozen
class _Probe:
    states: int
    is_over: bool


class _Violated(Exception):
    """A probe has found what the search looks for: it will find it too, and soon."""


def estimate(system: Product, options: Options, *, smaller: Product | None = None) -> Estimate | None:
    """What a search of the registration system with these options may be expected to come to. Costs seconds.

    `smaller`: one with fewer parts, from which growth is taken if the system is too large for a probe even with nothing in its
    budget: with more parts there are more places, so it grows at least as much. `None` if nothing can be said: something is
    broken nearby, and the search ends there, or the probes were too slow.
    """
    budget = system.initial[BUDGET]
    assert isinstance(budget, Budget)
    whole: dict[str, int] = attrs.asdict(budget)
    nothing = dict.fromkeys(whole, 0)
    probes: list[tuple[str, int]] = []
    deadline = options.clock() + PATIENCE_S

    def probe(**spent: int) -> _Probe:
        initial = (Budget(**(nothing | spent)), *system.initial[1:])
        limited = attrs.evolve(
            options,
            max_states=LARGEST,
            progress=_until(deadline, options.clock),
            memory=None,  # what the process holds already says nothing of a probe
            expected=None,
            checkpoint=None,
            resume=None,
        )
        found = Search(attrs.evolve(system, initial=initial), limited).run()
        if found.violations and not options.all_violations:
            raise _Violated
        probes.append((", ".join(f"{n}={s}" for n, s in spent.items()) or "nothing", found.distinct))
        return _Probe(found.distinct, not found.reason)

    try:
        least = probe()
        if options.stop():
            return None
        if not least.is_over:
            alike = None if smaller is None or options.clock() > deadline else estimate(smaller, options)
            times = 1 if alike is None else alike.states // alike.probes[0][1]
            return Estimate(states=least.states * times, is_least=True, probes=tuple(probes))
        grown = {
            name: _growth(value, least.states, lambda spent, name=name: probe(**{name: spent}))  # type: ignore[misc]
            for name, value in whole.items()
            if value
        }
        states = least.states * prod(each.times for each in grown.values())
        is_over = all(each.is_over for each in grown.values())
        together = least.states * prod(each.first for each in grown.values())
        if len(grown) > 1 and is_over and together <= LARGEST / 2:
            # How far they are from being independent.
            met = probe(**dict.fromkeys(grown, 1))
            states *= met.states / together
            is_over = met.is_over
    except _Violated:
        return None
    if options.stop():
        return None
    return Estimate(states=int(states), is_least=not is_over, probes=tuple(probes))


@attrs.frozen
class _Growth:
    """How many times as many states a part of the budget makes as nothing of it, and as its first unit does."""

    times: float
    first: float
    is_over: bool


def _growth(value: int, least: int, probe: Callable[[int], _Probe]) -> _Growth:
    states, ratio, first, is_over = float(least), 1.0, 1.0, True
    for spent in range(1, value + 1):
        expected = states * _next_ratio(ratio, spent)
        if is_over and (spent == 1 or expected <= CHEAP):
            met = probe(spent)
            is_over = met.is_over
            expected = met.states if is_over else max(expected, met.states)
        ratio, states = expected / states, expected
        first = states / least if spent == 1 else first
    return _Growth(states / least, first, is_over)


def _next_ratio(ratio: float, spent: int) -> float:
    """C(n + b, b) / C(n + b - 1, b - 1) = (n + b) / b, with n from the ratio before."""
    return ((spent - 1) * ratio + 1) / spent


def _until(deadline: float, clock: Callable[[], float]) -> Callable[[Progress], None]:
    def look(progress: Progress) -> None:
        if clock() > deadline:
            raise Stopped(f"no end after {PATIENCE_S:.0f} s, on level {progress.level}")

    return look
