"""A refuted cell may start from a state that nothing leads to. This looks for a run from the start, in the model's terms."""

import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.decode import Decoder, Happens, Ordinary, happens, is_ordinary, told
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Term, conj, disj, imp
from namesrv.proofs.unrolled import Unrolled, finds_somebody, has_queued, unrolled

STEPS: Final = 5
"""How long runs are looked for: the longest known are two registrations, a lost connection, and the two steps that it makes."""

CellName = tuple[str, str]
"""Transition and invariant."""


@attrs.frozen(kw_only=True)
class Run:
    """What leads from the start to a broken invariant. `state`: the NameServer then, in lines."""

    happened: tuple[Happens, ...]
    state: tuple[str, ...]


def shortest_runs(
    profile: Profile,
    cells: Iterable[CellName],
    *,
    steps: int = STEPS,
    timeout_ms: int = 60_000,
    until_s: float | None = None,
) -> tuple[dict[CellName, Run], frozenset[CellName]]:
    """The shortest run for each cell that has one of at most so many steps, and the cells for which the time was up.

    `until_s`: of the system's clock (`time.time`), for all of it. A run breaks the invariant with that transition, and it is
    broken when the NameServer has nothing left to do. Runs of events with all their parts come first among those of one length.
    """
    known = unrolled(profile)
    left = [cell for cell in cells if cell[0] in known.names]
    found, late = dict[CellName, Run](), set[CellName]()
    for length in range(1, steps + 1):
        if not left:
            break
        known.reach(length, timeout_ms)
        preferred = [_all_ordinary(known, length, how) for how in Ordinary]
        for cell in list(left):
            if until_s is not None and time.time() > until_s:
                return found, frozenset(late | set(left))
            breaks = known.broken_by(*cell, length)
            run, in_time = _find(known, length, (*(conj(breaks, kind) for kind in preferred), breaks), cell[1])
            if run is not None:
                found[cell] = run
                left.remove(cell)
                late.discard(cell)
            elif not in_time:
                late.add(cell)
    return found, frozenset(late)


def shortest_runs_in(
    workers: int,
    profile: Profile,
    cells: Iterable[CellName],
    *,
    steps: int = STEPS,
    timeout_ms: int = 60_000,
    until_s: float | None = None,
) -> tuple[dict[CellName, Run], frozenset[CellName]]:
    """The same in several processes, each with a part of the cells."""
    wanted = list(cells)
    parts = [part for part in (wanted[number::workers] for number in range(workers)) if part]
    with ProcessPoolExecutor(max_workers=workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        search = partial(shortest_runs, profile, steps=steps, timeout_ms=timeout_ms, until_s=until_s)
        results = list(pool.map(search, parts))
    found = {cell: run for runs, _ in results for cell, run in runs.items()}
    return found, frozenset(cell for _, late in results for cell in late)


def _all_ordinary(known: Unrolled, length: int, how: Ordinary) -> Term:
    """Every request of the run is."""
    requests = [n for n, name in enumerate(known.names) if name.startswith(("register_broker/", "unregister_broker/"))]
    return conj(
        *(
            imp(disj(*(moment.which == n for n in requests)), is_ordinary(known.u, moment.p, how))
            for moment in known.moments[:length]
        )
    )


def _find(
    known: Unrolled, length: int, wanted: tuple[Term, ...], invariant: str | None = None
) -> tuple[Run | None, bool]:
    """A run of which the first one is true that can be; and whether each answer came in time."""
    in_time = True
    for what in wanted:
        model, was_in_time = known.model(what, length, invariant=invariant)
        if model is not None:
            return decoded(known, length, model), True
        in_time = in_time and was_in_time
    return None, in_time


def decoded(known: Unrolled, length: int, model: z3.ModelRef) -> Run:
    """The run that a solver's model is about."""
    d = Decoder(known.u, model)
    taken = [
        attrs.evolve(
            happens(d, known.names[d.number(moment.which)], moment.p, number),
            in_between=d.is_true(disj(finds_somebody(known.states[number]), has_queued(known.states[number]))),
        )
        for number, moment in enumerate(known.moments[:length], 1)
    ]
    return Run(happened=tuple(taken), state=told(d, known.states[length]))


def firing(profile: Profile, names: Iterable[str], *, steps: int = STEPS, timeout_ms: int = 60_000) -> dict[str, Run]:
    """For each transition a run from the start after which it can happen, with the state that it happens in."""
    known = unrolled(profile)
    left, found = list(names), dict[str, Run]()
    for length in range(steps + 1):
        if not left:
            break
        known.reach(length, timeout_ms)
        state, p = known.states[length], Parameters.numbered(known.u, f"last_{length}")
        for name in list(left):
            step = TRANSITIONS[name].step(state, p, profile)
            assert step is not None
            run, _ = _find(known, length, (conj(*step.guard.values(), p.now >= 0, known.u.is_id(p.broker_id)),))
            if run is not None:
                found[name] = run
                left.remove(name)
    return found
