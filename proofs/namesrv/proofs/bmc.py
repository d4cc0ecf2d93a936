"""A refuted cell may start from a state that nothing leads to. This looks for a run from the start, in the model's terms."""

from collections.abc import Callable, Iterable
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.decode import Decoder, Happens, happens, ordinary, told
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Term, conj, disj, imp
from namesrv.proofs.unrolled import Unrolled

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
    progress: Callable[[int, int, int], None] = lambda steps, found, of: None,
) -> tuple[dict[CellName, Run], frozenset[CellName]]:
    """The shortest run for each cell that has one of at most so many steps, and the cells for which the time was up.

    A run breaks the invariant with that transition, and it is broken when the NameServer has nothing left to do. Runs of events
    with all their parts come first among those of one length.
    """
    unrolled = Unrolled(profile)
    unrolled.solver.set("timeout", timeout_ms)
    left = [cell for cell in cells if cell[0] in unrolled.names]
    wanted, found, late = len(left), dict[CellName, Run](), set[CellName]()
    for length in range(1, steps + 1):
        if not left:
            break
        unrolled.extend()
        preferred = [_all_ordinary(unrolled, plain=plain) for plain in (True, False)]
        for cell in list(left):
            breaks = unrolled.broken_by(*cell)
            run, in_time = _find(unrolled, breaks, preferred)
            if run is not None:
                found[cell] = run
                left.remove(cell)
                late.discard(cell)
            elif not in_time:
                late.add(cell)
            progress(length, len(found), wanted)
    return found, frozenset(late)


def _all_ordinary(unrolled: Unrolled, *, plain: bool) -> Term:
    """Every request of the run is."""
    requests = [
        n for n, name in enumerate(unrolled.names) if name.startswith(("register_broker/", "unregister_broker/"))
    ]
    return conj(
        *(
            imp(disj(*(moment.which == n for n in requests)), ordinary(unrolled.u, moment.p, plain=plain))
            for moment in unrolled.moments
        )
    )


def _find(unrolled: Unrolled, breaks: Term, preferred: list[Term]) -> tuple[Run | None, bool]:
    in_time = True
    for wanted in (*(conj(breaks, kind) for kind in preferred), breaks):
        unrolled.solver.push()
        unrolled.solver.add(wanted)
        said = unrolled.solver.check()
        run = _decoded(unrolled, unrolled.solver.model()) if said == z3.sat else None
        unrolled.solver.pop()
        if run is not None:
            return run, True
        in_time = in_time and said == z3.unsat
    return None, in_time


def _decoded(unrolled: Unrolled, model: z3.ModelRef) -> Run:
    d = Decoder(unrolled.u, model)
    taken = [
        happens(d, unrolled.names[d.number(moment.which)], moment.p, number)
        for number, moment in enumerate(unrolled.moments, 1)
    ]
    return Run(happened=tuple(taken), state=told(d, unrolled.states[-1]))


def firing(profile: Profile, names: Iterable[str], *, steps: int = STEPS, timeout_ms: int = 60_000) -> dict[str, Run]:
    """For each transition a run from the start after which it can happen, with the state that it happens in."""
    unrolled = Unrolled(profile)
    unrolled.solver.set("timeout", timeout_ms)
    left, found = list(names), dict[str, Run]()
    for length in range(steps + 1):
        p = Parameters.numbered(unrolled.u, f"last_{length}")
        for name in list(left):
            step = TRANSITIONS[name].step(unrolled.states[-1], p, profile)
            assert step is not None
            unrolled.solver.push()
            unrolled.solver.add(*step.guard.values(), p.now >= 0, unrolled.u.is_id(p.broker_id))
            if unrolled.solver.check() == z3.sat:
                found[name] = _decoded(unrolled, unrolled.solver.model())
                left.remove(name)
            unrolled.solver.pop()
        if not left:
            break
        if length < steps:
            unrolled.extend()
    return found
