"""The generated search: Hypothesis looks for a sequence that the profile does not allow, and shrinks it."""

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Final

import attrs
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test

from namesrv.check.findings import Undecided, Verdict, Violation
from namesrv.check.machine import Journal, machine_for
from namesrv.check.runner import Runner, Target
from namesrv.check.steps import Step
from namesrv.check.wire import Prefix
from namesrv.model.profiles import Profile

SHRINK_BUDGET_S: Final = 60.0
"""How long a failure is made smaller."""


@attrs.frozen(kw_only=True)
class SearchReport:
    """What a search has come to. `steps` and `violation` only if it is violated; `repeats`: how often of how many tries."""

    verdict: Verdict
    seed: int
    examples: int
    steps_run: int
    requests: int
    seconds: float
    steps: tuple[Step, ...] = ()
    violation: Violation | None = None
    repeats: tuple[int, int] = (0, 0)
    reason: str | None = None


def new_run_name() -> str:
    """A prefix for names that no other run has."""
    return f"nk{secrets.token_hex(3)}-"


def search(
    target: Target,
    profile: Profile,
    *,
    examples: int,
    seed_value: int,
    stateful_steps: int = 20,
    budget_s: float | None = None,
    on_example: Callable[[int], None] = lambda _: None,
) -> SearchReport:
    """Runs `examples` generated sequences. `budget_s`: no example is begun after that many seconds."""
    started = time.monotonic()
    run_name = new_run_name()
    numbers = itertools.count(1)
    journal = Journal()

    def new_runner() -> Runner:
        number = next(numbers)
        on_example(number)
        return Runner(target, profile, Prefix(f"{run_name}{number}-"))

    def out_of_time() -> bool:
        now = time.monotonic()
        if journal.failures:
            return now - first_failure() > SHRINK_BUDGET_S
        return budget_s is not None and now - started > budget_s

    failed_at: list[float] = []

    def first_failure() -> float:
        if not failed_at:
            failed_at.append(time.monotonic())
        return failed_at[0]

    journal.out_of_time = out_of_time
    machine = seed(seed_value)(machine_for(new_runner, journal))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=stateful_steps,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    reason: str | None = None
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except (Violation, FlakyFailure):
        pass
    except Undecided as error:
        reason = str(error)
    steps, violation = _shortest(journal)
    verdict = Verdict.VIOLATED if violation else Verdict.UNKNOWN if reason or not journal.examples else Verdict.HOLDS
    report = SearchReport(
        verdict=verdict,
        seed=seed_value,
        examples=journal.examples,
        steps_run=journal.steps,
        requests=journal.requests,
        seconds=time.monotonic() - started,
        steps=steps,
        violation=violation,
        reason=reason,
    )
    return report


def _shortest(journal: Journal) -> tuple[tuple[Step, ...], Violation | None]:
    """The shortest failing sequence that was seen, the latest of several: shrinking goes on after length is settled."""
    if not journal.failures:
        return (), None
    length = min(len(steps) for steps, _ in journal.failures)
    return next((steps, v) for steps, v in reversed(journal.failures) if len(steps) == length)
