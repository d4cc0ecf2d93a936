"""Runs clauses' cases on a NameServer, each under names of its own, beside the model, which says what the profile expects."""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Needs
from namesrv.check.clauses.judged import Judged, Result, SuiteReport
from namesrv.check.findings import Finding, Suspicious, Undecided, Violation
from namesrv.check.readable import readable
from namesrv.check.runner import Runner, Target, probe
from namesrv.check.search import REPEATS, new_run_name, prefix_of
from namesrv.check.steps import Requests, Step
from namesrv.model.profiles import Profile
from namesrv.model.values import ORDER_TOPIC_CONFIG

REPEAT_BUDGET_S: Final = 5.0
"""No repetition is begun after that many seconds: where nothing is answered, each one waits for the deadline."""

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

    @property
    def finding(self) -> Finding | None:
        """What was wrong, or would be if it came out so every time."""
        return self.error.finding if isinstance(self.error, Violation | Suspicious) else None


class Judge:
    """Of one NameServer under one profile. `chosen`: which of the clauses' needs are met. `settle`: as a runner's.

    `repeats`: how often a case that fails is run again.
    """

    def __init__(
        self,
        target: Target,
        profile: Profile,
        *,
        chosen: Iterable[Needs] = (),
        settle: Callable[[], None] | None = None,
        repeats: int = REPEATS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self.profile = profile
        self._chosen = frozenset(chosen)
        self._settle = settle
        self._repeats = repeats
        self._clock = clock
        self._names = (f"{new_run_name()}{number}-" for number in itertools.count(1))
        self._answers_kv = True

    def suite(self, clauses: Sequence[Clause], on_judged: Callable[[Judged], None] = lambda _: None) -> SuiteReport:
        """Judges them all; what may leave traces comes last. `on_judged` hears of each as soon as it is."""
        done: dict[str, Judged] = {}
        stopped = ""
        unknown = 0
        for clause in sorted(clauses, key=lambda clause: len(ALONE & clause.needs)):
            judged = self._unheard(clause, stopped) if stopped else self.judge(clause)
            done[clause.slug] = judged
            on_judged(judged)
            unknown = unknown + 1 if judged.result is Result.UNKNOWN else 0
            if unknown == UNKNOWN_IN_A_ROW and not stopped:
                unknown = 0
                try:
                    probe(self.target, self._clock)
                except Undecided as reason:
                    stopped = f"{UNKNOWN_IN_A_ROW} clauses in a row were undecided, and then: {reason}"
        return SuiteReport(judged=tuple(done[clause.slug] for clause in clauses), stopped=stopped)

    def judge(self, clause: Clause) -> Judged:
        """Runs the case once; if that ends in a violation, again, to say how often it repeats."""
        passed_over = self._passed_over(clause)
        if passed_over is not None:
            return passed_over
        began = self._clock()
        first = self._attempt(clause)
        judged = Judged(
            clause=clause,
            result=Result.HOLDS,
            rule=clause.rule(self.profile),
            requests=first.requests,
            left_behind=first.left_behind,
        )
        if first.finding is not None:
            judged = self._repeat(judged, first)
        elif first.error is not None:
            judged = attrs.evolve(judged, result=Result.UNKNOWN, reason=readable(str(first.error)))
        return attrs.evolve(judged, seconds=self._clock() - began)

    def _repeat(self, judged: Judged, first: Attempt) -> Judged:
        """A violation is one at once; what is only suspicious has to come out so every time."""
        began = self._clock()
        attempts: list[Attempt] = []
        while len(attempts) < self._repeats and self._clock() - began < REPEAT_BUDGET_S:
            attempts.append(self._attempt(judged.clause))
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
        missing = sorted(need.value for need in clause.needs - self._chosen)
        if missing:
            reason = "runs with " + ", ".join(f"--{need}" for need in missing)
            return Judged(clause=clause, result=Result.SKIPPED, rule=rule, reason=reason)
        return None

    def _unheard(self, clause: Clause, stopped: str) -> Judged:
        passed_over = self._passed_over(clause)
        if passed_over is not None:
            return passed_over
        rule = clause.rule(self.profile)
        return Judged(clause=clause, result=Result.UNKNOWN, rule=rule, reason=f"not run: {stopped}")

    def _attempt(self, clause: Clause) -> Attempt:
        begun: list[Step] = []
        runner = None
        error: Violation | Undecided | None = None
        try:
            runner = Runner(
                self.target,
                self.profile,
                prefix_of(self.profile, next(self._names), own=bool(ALONE & clause.needs)),
                settle=self._settle,
                compared=clause.severity.compared,
                namespaces=_namespaces(clause.steps) if self._answers_kv else (),
                clock=self._clock,
            )
            self._answers_kv = self._answers_kv and runner.answers_kv
            for step in clause.steps:
                begun.append(step)
                runner.run(step)
        except (Violation, Undecided) as came:
            error = came
        finally:
            if runner is not None:
                runner.finish()
        if runner is None:
            return Attempt(steps=(), error=error)
        prefix = runner.prefix.text
        return Attempt(
            steps=tuple(begun),
            error=error,
            requests=runner.requests,
            left_behind=tuple(f"{prefix}{cluster} {prefix}{name}" for cluster, name in runner.left_behind),
        )


def _is_same(attempt: Attempt, first: Attempt) -> bool:
    """Whether it came out in the same way, at the same request."""
    if attempt.finding is None or first.finding is None:
        return False
    return type(attempt.error) is type(first.error) and attempt.finding.what == first.finding.what


def _namespaces(steps: Iterable[Step]) -> list[str]:
    """Those of KV configs that the steps may tell of; brokers are told of the order topics whenever they register."""
    requests = (send.request for step in steps if isinstance(step, Requests) for send in step.sends)
    named = {getattr(request, "namespace", None) for request in requests}
    return sorted({ORDER_TOPIC_CONFIG, *(name for name in named if isinstance(name, str))})
