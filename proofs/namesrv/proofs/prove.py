"""Induction, cell by cell: does this transition keep this invariant, if all of them held before?

A cell is proved, refuted (one step from a state in which all invariants hold leads out of one, reachable or not) or unknown.
"""

import time
from enum import Enum
from typing import Final

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.proofs.relation import Addr, B, J, M, Name, Parameters, State
from namesrv.proofs.transitions import TRANSITIONS, Transition, initial


class Verdict(Enum):
    """What a solver says; unknown is never proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@attrs.frozen
class Cell:
    """One question. `fires`: whether the transition can happen at all where the invariants hold."""

    transition: str
    invariant: str
    verdict: Verdict
    fires: bool
    seconds: float


def address_uniqueness(s: State) -> z3.BoolRef:
    """An address stands under one name and id; and (the strengthening) an id is held by one address."""
    m, j, b = z3.Const("m_other", Name), z3.Int("j_other"), z3.Const("b_other", Addr)
    one_place = z3.Implies(z3.And(s.holds(M, J, B), s.holds(m, j, B)), z3.And(m == M, j == J))
    one_holder = z3.Implies(z3.And(s.holds(M, J, B), s.holds(M, J, b)), b == B)
    return z3.And(z3.ForAll([M, J, B, m, j], one_place), z3.ForAll([M, J, B, b], one_holder))


def route_soundness(s: State) -> z3.BoolRef:
    """Every address that stands somewhere is live."""
    return z3.ForAll([M, J, B], z3.Implies(s.holds(M, J, B), s.live(B)))


def cluster_agreement(s: State) -> z3.BoolRef:
    """Both name tables have the same names, those with an address."""
    same_names = z3.ForAll([M], s.entered(M) == s.in_cluster(M))
    return z3.And(same_names, z3.ForAll([M], s.entered(M) == s.has_address(M)))


INVARIANTS: Final = {
    "RouteSoundness": route_soundness,
    "AddressUniqueness": address_uniqueness,
    "ClusterAgreement": cluster_agreement,
}
"""By the names that they have in `namesrv.model.invariants`."""

START: Final = "Start"
"""The row of the base case: does the invariant hold of a NameServer that knows nobody?"""


def prove(
    profile: Profile,
    *,
    invariants: tuple[str, ...] = tuple(INVARIANTS),
    transitions: dict[str, Transition] = TRANSITIONS,
    timeout_ms: int = 20_000,
) -> tuple[Cell, ...]:
    """The matrix, row by row: first the start, from which nothing is assumed, then each transition that the profile has."""
    start = State.named("start")
    fires = _check(initial(start), timeout_ms)[0] == z3.sat
    cells = []
    for invariant in invariants:
        answer, seconds = _check(z3.And(initial(start), z3.Not(INVARIANTS[invariant](start))), timeout_ms)
        cells.append(Cell(START, invariant, _verdict(answer), fires, seconds))
    for name, transition in transitions.items():
        pre, post, p = State.named("pre"), State.named("post"), Parameters.numbered("0")
        relation = transition(pre, post, p, profile)
        if z3.is_false(relation):
            continue
        before = z3.And(relation, p.broker_id >= 0, *(INVARIANTS[i](pre) for i in INVARIANTS))
        fires = _check(before, timeout_ms)[0] == z3.sat
        for invariant in invariants:
            answer, seconds = _check(z3.And(before, z3.Not(INVARIANTS[invariant](post))), timeout_ms)
            cells.append(Cell(name, invariant, _verdict(answer), fires, seconds))
    return tuple(cells)


def _verdict(answer: z3.CheckSatResult) -> Verdict:
    if answer == z3.unsat:
        return Verdict.PROVED
    return Verdict.REFUTED if answer == z3.sat else Verdict.UNKNOWN


def _check(formula: z3.BoolRef, timeout_ms: int) -> tuple[z3.CheckSatResult, float]:
    solver = z3.Solver()
    solver.set("timeout", timeout_ms)
    solver.add(formula)
    started = time.monotonic()
    return solver.check(), time.monotonic() - started
