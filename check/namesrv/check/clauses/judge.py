"""Runs clauses' cases on a NameServer, each under names of its own, beside the model, which says what the profile expects."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Needs
from namesrv.check.clauses.judged import Judged, Result, SuiteReport
from namesrv.check.clauses.waiting import run_waiting
from namesrv.check.departure import Departure, Told
from namesrv.check.expiry import make_it_close, scan_may_stop
from namesrv.check.findings import Finding, Suspicious, Undecided, Violation
from namesrv.check.probing import is_unused, probe, shows_options
from namesrv.check.readable import readable
from namesrv.check.runner import Runner, Target
from namesrv.check.search import REPEATS, new_run_name, prefix_of
from namesrv.check.steps import Requests, Step
from namesrv.check.time_there import RealTime, Time
from namesrv.model.events import Request, UpdateNamesrvConfig
from namesrv.model.profiles import Profile
from namesrv.model.values import ORDER_TOPIC_CONFIG

REPEAT_BUDGET_S: Final = 5.0
SUITE_REPEAT_BUDGET_S: Final = 30.0
"""No repetition is begun after so many seconds, of a clause or of all: where nothing is answered, each waits for the deadline."""

HASTE_S: Final = 0.1
"""How long it is waited for names to go, on a NameServer that has been seen to keep them."""

UNKNOWN_IN_A_ROW: Final = 3
"""After so many it is asked whether the NameServer is there at all."""

ALONE: Final = frozenset({Needs.OWN, Needs.DESTRUCTIVE})
"""What may need null names, which bear no prefix."""


@attrs.frozen(kw_only=True)
class Attempt:
    """One run of a case. `error`: how it ended, if not well; `steps`: those that were begun."""

    steps: tuple[Step, ...]
    error: Violation | Undecided | None = None
    requests: int = 0
    left_behind: tuple[str, ...] = ()
    passed_over: frozenset[Departure] = frozenset()

    @property
    def finding(self) -> Finding | None:
        """What was wrong, or would be if it came out so every time."""
        return self.error.finding if isinstance(self.error, Violation | Suspicious) else None


class Judge:
    """Of one NameServer under one profile. A departure that one clause has told does not fail those that come after it: what they
    are about is looked for behind it. `chosen`: which of the needs are met. `settle`, `started_with`: as a runner's.

    `repeats`: how often a case that fails is run again, if it is not slow. `time_there`: the NameServer's, if not this machine's.
    """

    def __init__(
        self,
        target: Target,
        profile: Profile,
        *,
        chosen: Iterable[Needs] = (Needs.UNUSED,),
        settle: Callable[[], None] | None = None,
        repeats: int = REPEATS,
        time_there: Time | None = None,
        started_with: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self.profile = profile
        self._chosen = frozenset(chosen)
        self._settle = settle
        self._repeats = repeats
        self._time: Time = RealTime() if time_there is None else time_there
        self._started_with = started_with
        self._clock = clock
        self._names = (f"{new_run_name()}{number}-" for number in itertools.count(1))
        self._answers_kv = True
        self._patience_s: float | None = None
        self._repeating_s = 0.0
        self._unused = True if Needs.OWN in self._chosen else None if Needs.UNUSED in self._chosen else False
        self._no_way_back: str | None = None
        self.told: Final = Told()

    def suite(
        self,
        clauses: Sequence[Clause],
        on_judged: Callable[[Judged], None] = lambda _: None,
        then: Callable[[], None] = lambda: None,
    ) -> SuiteReport:
        """Judges them all: what is slow all at once, what may leave traces last. `on_judged` hears of each as soon as it is.

        What every broker is told of comes first; `then` may begin whatever registers brokers beside the others.
        """
        done: dict[str, Judged] = {}

        def heard(judged: Judged) -> None:
            done[judged.clause.slug] = judged
            on_judged(judged)

        slow = [clause for clause in clauses if Needs.SLOW in clause.needs]
        alone = [clause for clause in clauses if clause.needs & ALONE and clause not in slow]
        early = [clause for clause in clauses if Needs.UNUSED in clause.needs and clause not in (*slow, *alone)]
        stopped = self._one_by_one(early, heard)
        then()
        stopped = self._one_by_one([c for c in clauses if c not in (*slow, *alone, *early)], heard, stopped)
        self._all_at_once(slow, heard, stopped)
        stopped = self._one_by_one(alone, heard, stopped)
        return SuiteReport(judged=tuple(done[clause.slug] for clause in clauses), stopped=stopped)

    def _one_by_one(self, clauses: Iterable[Clause], heard: Callable[[Judged], None], stopped: str = "") -> str:
        """Why the NameServer is not asked any more, if it has been seen to be gone."""
        unknown = 0
        for clause in clauses:
            judged = self._unheard(clause, stopped) if stopped else self.judge(clause)
            heard(judged)
            unknown = unknown + 1 if judged.result is Result.UNKNOWN else 0
            if unknown == UNKNOWN_IN_A_ROW and not stopped:
                unknown = 0
                try:
                    probe(self.target, self._clock)
                except Undecided as reason:
                    stopped = f"{UNKNOWN_IN_A_ROW} clauses in a row were undecided, and then: {reason}"
        return stopped

    def _all_at_once(self, clauses: Iterable[Clause], heard: Callable[[Judged], None], stopped: str) -> None:
        """They mostly wait. Nobody's names are removed before the last is done: that might stop 4.9.7's scan."""
        waiting: list[Clause] = []
        for clause in clauses:
            passed_over = self._passed_over(clause) or (self._unheard(clause, stopped) if stopped else None)
            if passed_over is None:
                waiting.append(clause)
            else:
                heard(passed_over)
        if not waiting:
            return
        if scan_may_stop(self.profile):
            with contextlib.suppress(Undecided):  # if it can't be made to, the cases will tell
                make_it_close(self.target)
        began = self._clock()
        names = [next(self._names) for _ in waiting]
        with ThreadPoolExecutor(max_workers=len(waiting)) as pool:
            runs = list(pool.map(self._run, waiting, names))
        for clause, run in zip(waiting, runs, strict=True):
            heard(attrs.evolve(self._judged(clause, self._finished(run)), seconds=self._clock() - began))

    def judge(self, clause: Clause) -> Judged:
        """Runs the case once; if that ends in a violation, again, to say how often it repeats."""
        passed_over = self._passed_over(clause)
        if passed_over is not None:
            return passed_over
        began = self._clock()
        judged = self._judged(clause, self._attempt(clause))
        return attrs.evolve(judged, seconds=self._clock() - began)

    def _judged(self, clause: Clause, first: Attempt) -> Judged:
        judged = Judged(
            clause=clause,
            result=Result.HOLDS,
            rule=clause.rule(self.profile),
            apart_from=self.told.slugs(first.passed_over),
            requests=first.requests,
            left_behind=first.left_behind,
        )
        if first.finding is not None:
            return self._repeat(judged, first)
        if first.error is not None:
            return attrs.evolve(judged, result=Result.UNKNOWN, reason=readable(str(first.error)))
        return judged

    def _repeat(self, judged: Judged, first: Attempt) -> Judged:
        """A violation is one at once; what is only suspicious has to come out so every time."""
        began = self._clock()
        attempts: list[Attempt] = []
        repeats = 0 if Needs.SLOW in judged.clause.needs else self._repeats
        budget_s = min(REPEAT_BUDGET_S, SUITE_REPEAT_BUDGET_S - self._repeating_s)
        while len(attempts) < repeats and self._clock() - began < budget_s:
            attempts.append(self._attempt(judged.clause))
        self._repeating_s += self._clock() - began
        repeated = sum(_is_same(attempt, first) for attempt in attempts)
        judged = attrs.evolve(
            judged,
            steps=first.steps,
            finding=first.finding,
            repeated=repeated,
            again=len(attempts),
            requests=judged.requests + sum(attempt.requests for attempt in attempts),
            left_behind=(*judged.left_behind, *(name for attempt in attempts for name in attempt.left_behind)),
        )
        every_time = bool(attempts) and repeated == len(attempts)
        if isinstance(first.error, Violation) or (every_time and self._is_there()):
            if first.finding is not None and first.finding.departure is not None:
                self.told.tell(first.finding.departure, judged.clause.slug)
            return attrs.evolve(judged, result=Result.VIOLATED)
        return attrs.evolve(judged, result=Result.UNKNOWN, reason=readable(str(first.error)))

    def _is_there(self) -> bool:
        try:
            probe(self.target, self._clock)
        except Undecided:
            return False
        return True

    def _passed_over(self, clause: Clause) -> Judged | None:
        rule = clause.rule(self.profile)
        if rule is None:
            reason = f"says nothing about {self.profile.name}"
            return Judged(clause=clause, result=Result.NOT_APPLICABLE, reason=reason)
        missing = sorted(need.told for need in clause.needs if not self._is_met(need))
        if missing:
            return Judged(clause=clause, result=Result.SKIPPED, rule=rule, reason=f"runs {', '.join(missing)}")
        if _sets_options(clause) and (why := self._why_no_way_back()):
            return Judged(clause=clause, result=Result.SKIPPED, rule=rule, reason=f"sets options, and {why}")
        return None

    def _why_no_way_back(self) -> str:
        """Why options that are set could not be put back, and all that follows be judged by them; empty if they can be."""
        if self._no_way_back is None:
            try:
                self._no_way_back = (
                    "" if shows_options(self.target, self._clock) else "those that there are can't be read"
                )
            except Undecided as reason:
                self._no_way_back = str(reason)
        return self._no_way_back

    def _is_met(self, need: Needs) -> bool:
        """`UNUSED`, where that may be, is looked for once, before the run has registered anybody."""
        if need is not Needs.UNUSED:
            return need in self._chosen
        if self._unused is None:
            try:
                self._unused = is_unused(self.target, self._clock)
            except Undecided:
                self._unused = False
        return self._unused

    def _unheard(self, clause: Clause, stopped: str) -> Judged:
        passed_over = self._passed_over(clause)
        if passed_over is not None:
            return passed_over
        rule = clause.rule(self.profile)
        return Judged(clause=clause, result=Result.UNKNOWN, rule=rule, reason=f"not run: {stopped}")

    def _attempt(self, clause: Clause) -> Attempt:
        return self._finished(self._run(clause, next(self._names)))

    def _run(self, clause: Clause, name: str) -> "_Run":
        """Runs the case under this name; what it registered is still there."""
        run = _Run()
        slow = Needs.SLOW in clause.needs
        try:
            run.runner = Runner(
                self.target,
                self.profile,
                prefix_of(self.profile, name, own=bool(ALONE & clause.needs)),
                held=self._time if slow else None,
                settle=None if slow else self._settle,
                compared=clause.severity.compared,
                started_with=self._started_with,
                namespaces=_namespaces(clause.steps) if self._answers_kv else (),
                clock=self._clock,
                told=self.told,
            )
            self._answers_kv = self._answers_kv and run.runner.answers_kv
            if slow:
                run_waiting(run.runner, run.begin(clause.steps), self._time)
            else:
                for step in run.begin(clause.steps):
                    run.runner.run(step)
        except (Violation, Undecided) as came:
            run.error = came
        except BaseException:
            if run.runner is not None:
                run.runner.finish()
            raise
        return run

    def _finished(self, run: "_Run") -> Attempt:
        runner = run.runner
        if runner is None:
            return Attempt(steps=(), error=run.error)
        began = self._clock()
        runner.finish(patience_s=self._patience_s)
        if self._clock() - began > self.profile.internal_step_deadline_ms / 1000:
            self._patience_s = HASTE_S
        if runner.options_left:
            self._no_way_back = f"{', '.join(runner.options_left)} could not be put back"
        return Attempt(
            steps=tuple(run.steps),
            error=run.error,
            requests=runner.requests,
            left_behind=runner.traces,
            passed_over=frozenset(runner.passed_over),
        )


@attrs.define
class _Run:
    """One run of a case that has not been finished yet."""

    runner: Runner | None = None
    steps: list[Step] = attrs.Factory(list)
    error: Violation | Undecided | None = None

    def begin(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Each, as it is begun."""
        for step in steps:
            self.steps.append(step)
            yield step


def _is_same(attempt: Attempt, first: Attempt) -> bool:
    """Whether it came out in the same way, at the same request."""
    if attempt.finding is None or first.finding is None:
        return False
    return type(attempt.error) is type(first.error) and attempt.finding.what == first.finding.what


def _namespaces(steps: Iterable[Step]) -> list[str]:
    """Those of KV configs that the steps may tell of; brokers are told of the order topics whenever they register."""
    named = {getattr(request, "namespace", None) for request in _requests(steps)}
    return sorted({ORDER_TOPIC_CONFIG, *(name for name in named if isinstance(name, str))})


def _sets_options(clause: Clause) -> bool:
    """Whether it changes how everybody is answered meanwhile: what is refused, or as it is, it may send to anybody."""
    sends_updates = any(isinstance(request, UpdateNamesrvConfig) for request in _requests(clause.steps))
    return sends_updates and bool(clause.needs & {Needs.OWN, Needs.UNUSED})


def _requests(steps: Iterable[Step]) -> Iterator[Request]:
    return (send.request for step in steps if isinstance(step, Requests) for send in step.sends)
