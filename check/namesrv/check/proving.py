"""One profile's proofs: the matrix, the runs that come to what is refuted, each told to the model and to our server."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

from namesrv import proofs
from namesrv.check.findings import Verdict
from namesrv.check.proof_runs import before_last, broken_on_the_way, ends, replay, sentences
from namesrv.check.reproduce import Outcome
from namesrv.model.profiles import Profile, same_registration

REPRODUCED: Final = (Outcome.REPRODUCED, Outcome.OTHERWISE)
"""Ours behaves as the model says; where things happen at once it need not come to the state that is wrong."""


@attrs.frozen(kw_only=True)
class Refutation:
    """A refuted cell. `run`: what comes to it from the start, `None` if nothing is known to; `lines`: for people.

    `is_late`: nothing is known to because the time was up before the search was done.

    `in_model`: whether the Python model comes to a state in which the invariant is false, too; `replayed`: what our server did.
    `already`: the invariants that are false on the way, before the last thing happens.
    """

    transition: str
    invariant: str
    run: proofs.Run | None
    is_late: bool = False
    lines: tuple[str, ...] = ()
    in_model: bool = False
    replayed: Outcome | None = None
    already: frozenset[str] = frozenset()

    @property
    def is_reached(self) -> bool:
        """Whether a run comes to it that the Python model confirms."""
        return self.run is not None and self.in_model

    @property
    def agrees(self) -> bool:
        """Whether model and server say what the proofs say."""
        return self.run is None or (self.in_model and self.replayed in REPRODUCED)


@attrs.frozen(kw_only=True)
class Proving:
    """What came of it. `fires`: for each transition a run to a state in which it can happen."""

    profile: Profile
    cells: tuple[proofs.Cell, ...]
    refutations: tuple[Refutation, ...] = ()
    late: frozenset[tuple[str, str]] = frozenset()
    fires: dict[str, proofs.Run] = attrs.field(factory=dict)
    mutants: dict[str, bool] = attrs.field(factory=dict)

    @property
    def rows(self) -> tuple[str, ...]:
        """The transitions that the profile has."""
        return tuple(dict.fromkeys(cell.transition for cell in self.cells))

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What must never be: solvers, or proofs and model, against each other; an empty proof."""
        told = [f"{c.transition}, {c.invariant}: Z3 {c.z3.verdict.value}, cvc5 {c.cvc5.verdict.value}"
                for c in self.cells if c.is_contradiction]  # fmt: skip
        told += [f"{r.transition}, {r.invariant}: the run does not break it in the model or on our server"
                 for r in self.refutations if not r.agrees]  # fmt: skip
        told += [
            f"{row}: can't happen" for row in self.rows if self.fires and row not in self.fires and row != proofs.START
        ]
        told += [f"{name}: its mutant was not found out" for name, found in self.mutants.items() if not found]
        return tuple(told)

    @property
    def verdict(self) -> Verdict:
        """Violated if something is refuted, or contradicts itself; unknown if a cell is."""
        verdicts = {cell.verdict for cell in self.cells}
        if self.contradictions or proofs.Verdict.REFUTED in verdicts:
            return Verdict.VIOLATED
        if not self.cells or proofs.Verdict.UNKNOWN in verdicts or self.late:
            return Verdict.UNKNOWN
        return Verdict.HOLDS


def prove_profile(
    profile: Profile,
    *,
    invariants: tuple[str, ...] | None = None,
    timeout_ms: int = 60_000,
    folder: Path | None = None,
    workers: int = 2,
    guards: bool = False,
    runs_within_s: float | None = None,
    progress: Callable[[str, int, int], None] = lambda row, done, of: None,
) -> Proving:
    """All of it. `guards`: the mutants too. `runs_within_s`: how long runs are looked for, to the end if not told.

    `progress`: what is being done, how much of it is, out of how much.
    """
    cells = proofs.prove(
        profile,
        invariants=invariants,
        timeout_ms=timeout_ms,
        folder=folder,
        workers=workers,
        progress=progress,
    )
    strengthenings = {i.name for i in proofs.INVARIANTS.values() if i.is_strengthening}
    refuted = [(c.transition, c.invariant) for c in cells if c.verdict is proofs.Verdict.REFUTED]
    wanted = [cell for cell in refuted if cell[1] not in strengthenings]

    progress("runs to what is refuted", 0, len(wanted))
    until_s = None if runs_within_s is None else time.time() + runs_within_s
    runs, late = (
        proofs.shortest_runs_in(workers, profile, wanted, timeout_ms=timeout_ms, until_s=until_s)
        if wanted
        else ({}, frozenset())
    )
    refutations = tuple(_told(profile, cell, runs.get(cell), is_late=cell in late) for cell in wanted)
    rows = [row for row in dict.fromkeys(cell.transition for cell in cells) if row != proofs.START]
    fires = proofs.firing(profile, rows, timeout_ms=timeout_ms)
    mutants = {}
    if guards:
        cache = proofs.Cache(folder)
        for number, mutant in enumerate(proofs.MUTANTS, 1):
            cell = mutant.cell(timeout_ms=timeout_ms, cache=cache)
            mutants[f"{mutant.transition}, {mutant.invariant}, {mutant.about}"] = cell.verdict is proofs.Verdict.REFUTED
            progress("mutants", number, len(proofs.MUTANTS))
    return Proving(profile=profile, cells=cells, refutations=refutations, late=late, fires=fires, mutants=mutants)


def _told(profile: Profile, cell: tuple[str, str], run: proofs.Run | None, *, is_late: bool) -> Refutation:
    transition, invariant = cell
    if run is None:
        return Refutation(transition=transition, invariant=invariant, run=None, is_late=is_late)
    if invariant == "SkipSafety":
        run = before_last(run)
    in_model = bool(ends(run, profile, invariant))
    return Refutation(
        transition=transition,
        invariant=invariant,
        run=run,
        lines=sentences(run),
        in_model=in_model,
        replayed=replay(run, profile, invariant) if in_model else Outcome.ABSENT,
        already=broken_on_the_way(run, profile),
    )


def as_data(proving: Proving) -> dict[str, Any]:
    """For machines."""
    return {
        "profile": proving.profile.name,
        "also": list(same_registration(proving.profile)),
        "verdict": proving.verdict.value,
        "contradictions": list(proving.contradictions),
        "cells": [
            {
                "transition": c.transition,
                "invariant": c.invariant,
                "verdict": c.verdict.value,
                "z3": {"verdict": c.z3.verdict.value, "seconds": round(c.z3.seconds, 4)},
                "cvc5": {"verdict": c.cvc5.verdict.value, "seconds": round(c.cvc5.seconds, 4)},
                "framed": c.is_framed,
                "core": list(c.z3.core),
            }
            for c in proving.cells
        ],
        "refuted": [
            {
                "transition": r.transition,
                "invariant": r.invariant,
                "run": list(r.lines) if r.run is not None else None,
                "late": r.is_late,
                "state": list(r.run.state) if r.run is not None else None,
                "model": r.in_model,
                "server": None if r.replayed is None else r.replayed.name.lower(),
                "already": sorted(r.already),
            }
            for r in proving.refutations
        ],
        "fires": {row: {"after": [h.transition for h in run.happened], "state": list(run.state)}
                  for row, run in proving.fires.items()},
        "mutants": proving.mutants,
    }  # fmt: skip
