"""Induction, cell by cell: if all invariants held before a transition, does this one hold after it?

A cell is proved, refuted (a step from a state in which all invariants hold leads out of one, reachable or not) or unknown. A step
that leads out is looked for in a small universe, where both solvers decide: of a release first, of `strict` if it is not proved.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Final

import attrs
import z3

from namesrv.model.profiles import STRICT, Profile
from namesrv.proofs.cache import Cache
from namesrv.proofs.invariants import INVARIANTS, STEP_INVARIANTS, goal_of
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.solvers import FIRST_MS, Answer, Hypotheses, Verdict, ask_cvc5, writer
from namesrv.proofs.state import State, bounded, initial, relation
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.transitions import TRANSITIONS, transitions_of
from namesrv.proofs.universe import Scope, Term, Universe, conj

START: Final = "start"
"""The row of the base case: does the invariant hold of a NameServer that knows nobody?"""

SMALL: Final = Scope(versions=2)
"""Where steps that lead out of an invariant are looked for."""


@attrs.frozen(kw_only=True)
class Cell:
    """One question. `verdict`: both solvers', or Z3's where cvc5 does not know (`cvc5` says so).

    `core`: the names of the hypotheses used. `is_framed`: the transition touches nothing that the invariant reads.
    `question`: as SMT-LIB 2.
    """

    transition: str
    invariant: str
    z3: Answer
    cvc5: Answer
    is_framed: bool = False
    uses_guard: bool = True
    question: str = attrs.field(default="", repr=False)

    @property
    def verdict(self) -> Verdict:
        """Z3's, which cvc5 must not contradict."""
        return Verdict.UNKNOWN if self.is_contradiction else self.z3.verdict

    @property
    def is_contradiction(self) -> bool:
        """Whether one solver proves what the other one refutes."""
        return {self.z3.verdict, self.cvc5.verdict} == {Verdict.PROVED, Verdict.REFUTED}


@attrs.frozen(kw_only=True)
class Setting:
    """What every row of a matrix has: any state in which the invariants hold, and any event."""

    u: Universe
    before: State
    p: Parameters
    held: dict[str, Term]

    @staticmethod
    @cache
    def of(profile: Profile, scope: Scope | None) -> "Setting":
        """Made once: its formulas are large."""
        u = Universe(scope)
        before = State.named(u, "0")
        held = {name: i.holds(before, profile) for name, i in INVARIANTS.items() if i.is_assumed(profile)}
        return Setting(u=u, before=before, p=Parameters.numbered(u, "0"), held=held)


@attrs.frozen(kw_only=True)
class Job:
    """One row of the matrix. `invariants`: the columns; all of them are hypotheses."""

    profile: Profile
    transition: Transition | None
    invariants: tuple[str, ...]
    timeout_ms: int
    cache: Cache

    def run(self) -> tuple[Cell, ...]:
        """The cells of the row; none if the profile does not have the transition."""
        return tuple(self._start() if self.transition is None else self._steps())

    def _start(self) -> Iterator[Cell]:
        u = Universe()
        state = State.named(u, "0")
        asked = Hypotheses(initial(state), timeout_ms=self.timeout_ms, cache=self.cache)
        for name in self.invariants:
            if name not in STEP_INVARIANTS:
                yield self._cell(START, name, asked, INVARIANTS[name].holds(state, self.profile))

    def _steps(self) -> Iterator[Cell]:
        assert self.transition is not None
        setting = Setting.of(self.profile, None)
        before, held = setting.before, setting.held
        step = self.transition.step(before, setting.p, self.profile)
        if step is None:
            return
        hypotheses = {**setting.u.axioms(), **step.guard, **held}
        asked = Hypotheses(hypotheses, timeout_ms=self.timeout_ms, cache=self.cache)
        small: SmallUniverse | None = None
        for name in self.invariants:
            goal = goal_of(name, before, step, self.profile)
            if goal is None:
                continue
            if z3.is_true(goal) or (name in held and goal.eq(held[name])):
                alone = Hypotheses(
                    {n: held[n] for n in (name,) if n in held}, timeout_ms=self.timeout_ms, cache=self.cache
                )
                yield self._cell(self.transition.name, name, alone, goal, is_framed=True)
                continue
            if not self.profile.atomic_requests or asked.prove(goal).verdict is not Verdict.PROVED:
                small = small or SmallUniverse(self.transition, self.profile, self.timeout_ms, self.cache)
                cell = small.refute(name)
                if cell.verdict is Verdict.REFUTED:
                    yield cell
                    continue
            yield self._cell(self.transition.name, name, asked, goal, guard=tuple(step.guard))

    def _cell(
        self,
        transition: str,
        invariant: str,
        asked: Hypotheses,
        goal: Term,
        *,
        is_framed: bool = False,
        guard: tuple[str, ...] = (),
    ) -> Cell:
        answer = asked.prove(goal)
        names = answer.core if answer.verdict is Verdict.PROVED else tuple(asked.told)
        text = asked.question(names, goal)
        is_proved = answer.verdict is Verdict.PROVED
        first_ms = min(FIRST_MS, self.timeout_ms) if is_proved else self.timeout_ms
        second = ask_cvc5(text, timeout_ms=first_ms, cache=self.cache)
        if is_proved and second.verdict is Verdict.UNKNOWN:
            answer = attrs.evolve(answer, core=asked.smaller(names, goal))
            text = asked.question(answer.core, goal)
            second = ask_cvc5(text, timeout_ms=self.timeout_ms, cache=self.cache)
        return Cell(
            transition=transition,
            invariant=invariant,
            z3=answer,
            cvc5=second,
            is_framed=is_framed,
            uses_guard=is_framed or not guard or not set(guard).isdisjoint(answer.core),
            question=text,
        )


class SmallUniverse:
    """A transition where there are two of each: does it lead out of an invariant?"""

    def __init__(self, transition: Transition, profile: Profile, timeout_ms: int, cache: Cache) -> None:
        self.transition, self.profile, self.timeout_ms, self.cache = transition, profile, timeout_ms, cache
        setting = Setting.of(profile, SMALL)
        self.before = setting.before
        step = transition.step(setting.before, setting.p, profile)
        assert step is not None
        self.step: Step = step
        scope = conj(setting.u.is_id(setting.p.broker_id), bounded(setting.before))
        self.hypotheses = {**setting.u.axioms(), "Scope": scope, **step.guard, **setting.held}
        self.asked = Hypotheses(self.hypotheses, timeout_ms=timeout_ms, cache=cache, scope=SMALL)

    def refute(self, invariant: str) -> Cell:
        """The cell, as far as this universe goes: what is proved here is not proved."""
        goal = goal_of(invariant, self.before, self.step, self.profile)
        assert goal is not None
        answer = self.asked.prove(goal)
        text = ""
        second = Answer(verdict=Verdict.UNKNOWN, seconds=0.0)
        if answer.verdict is Verdict.REFUTED:
            text = self.asked.question(tuple(self.hypotheses), goal)
            second = ask_cvc5(text, timeout_ms=self.timeout_ms, cache=self.cache)
        return Cell(
            transition=self.transition.name,
            invariant=invariant,
            z3=answer,
            cvc5=second,
            question=text,
        )


def columns(profile: Profile = STRICT, *, strengthenings: bool = True) -> tuple[str, ...]:
    """The names of the invariants, the strengthenings that are assumed of the profile last."""
    told = [i.name for i in INVARIANTS.values() if not i.is_strengthening]
    more = [i.name for i in INVARIANTS.values() if i.is_strengthening and i.is_assumed(profile)]
    return (*told, *STEP_INVARIANTS, *(more if strengthenings else ()))


def prove(
    profile: Profile,
    *,
    invariants: tuple[str, ...] | None = None,
    transitions: Mapping[str, Transition] | None = None,
    timeout_ms: int = 60_000,
    folder: Path | None = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda row, done, of: None,
) -> tuple[Cell, ...]:
    """The matrix, row by row: first the start, then each transition that the profile has.

    `folder`: where verdicts are kept; `workers`: processes (1: in this one; `transitions` that are not the real ones need that).
    """
    chosen = columns(profile) if invariants is None else invariants
    rows: list[Transition | None] = [None, *(transitions_of(profile) if transitions is None else transitions.values())]
    cache = Cache(folder)
    jobs = {
        START if row is None else row.name: Job(
            profile=profile, transition=row, invariants=chosen, timeout_ms=timeout_ms, cache=cache
        )
        for row in rows
    }
    if workers == 1 or transitions is not None:
        done: dict[str, tuple[Cell, ...]] = {}
        for number, (name, job) in enumerate(jobs.items(), 1):
            done[name] = job.run()
            progress(name, number, len(jobs))
    else:
        done = _in_processes(jobs, workers, progress)
    return tuple(cell for name in jobs for cell in done[name])


def _in_processes(
    jobs: dict[str, Job], workers: int, progress: Callable[[str, int, int], None]
) -> dict[str, tuple[Cell, ...]]:
    context = multiprocessing.get_context("spawn")
    done: dict[str, tuple[Cell, ...]] = {}
    slow_first = sorted(jobs, key=lambda name: not name.endswith(("/accepted", "/batch", "/expired", "/by-id")))
    with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
        futures = {
            pool.submit(run_row, job.profile, name, job.invariants, job.timeout_ms, job.cache.folder): name
            for name, job in ((name, jobs[name]) for name in slow_first)
        }
        for number, future in enumerate(as_completed(futures), 1):
            done[futures[future]] = future.result()
            progress(futures[future], number, len(jobs))
    return done


def run_row(
    profile: Profile, row: str, invariants: tuple[str, ...], timeout_ms: int, folder: Path | None
) -> tuple[Cell, ...]:
    """One row, by name: what a process is asked."""
    transition = None if row == START else TRANSITIONS[row]
    job = Job(
        profile=profile, transition=transition, invariants=invariants, timeout_ms=timeout_ms, cache=shared_cache(folder)
    )
    return job.run()


_CACHES: dict[Path | None, Cache] = {}


def shared_cache(folder: Path | None) -> Cache:
    """This process's."""
    return _CACHES.setdefault(folder, Cache(folder))


def statement(profile: Profile) -> str:
    """What is proved, as text: each transition's guard and what becomes of every table; each invariant. To be hashed."""
    setting = Setting.of(profile, None)
    spelled = writer(None)
    told = [f"{name}: {spelled.text(term)}" for name, term in setting.held.items()]
    for transition in transitions_of(profile):
        step = transition.step(setting.before, setting.p, profile)
        assert step is not None
        told.append(transition.name)
        told += [f"  {name}: {spelled.text(term)}" for name, term in step.guard.items()]
        told.append(f"  {spelled.text(relation(conj(), step.after, State.named(setting.u, '1')))}")
    return "\n".join(told)
