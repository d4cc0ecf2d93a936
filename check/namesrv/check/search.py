"""The generated search: Hypothesis looks for a sequence that the profile does not allow, and shrinks it."""

import contextlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import attrs
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from namesrv.check.admin_machine import AdminMachine
from namesrv.check.broker_machine import BrokerMachine
from namesrv.check.compared import Compared
from namesrv.check.departure import Told
from namesrv.check.draws import from_the_seed_alone
from namesrv.check.findings import Undecided, Verdict, Violation
from namesrv.check.machine import Journal, Machine, Setup
from namesrv.check.runner import Runner, Target
from namesrv.check.spared import without_what_can_be_spared
from namesrv.check.steps import Step
from namesrv.check.strategies import parts_that_may_lack
from namesrv.check.time_there import HeldServer
from namesrv.check.wire import Prefix
from namesrv.model.profiles import Profile

STEPS: Final = 20
"""How many steps an example has at the most."""

PHASES: Final = (Phase.generate, Phase.shrink)

SHRINK_BUDGET_S: Final = 30.0
"""How long a failure is made smaller."""

SEQUENTIAL_PERCENT: Final = 35
"""The part of the examples in which brokers are alone, and no request is sent before the last one's answer has come."""

ADMIN_PERCENT: Final = 25
"""The part of the examples with administrators, one request after the other."""

MAX_CANDIDATES: Final = 5
"""How many failing sequences, of different lengths, are run again."""

REPEATS: Final = 3
"""How often a failure is run again, to say whether it repeats."""


@attrs.frozen(kw_only=True)
class SearchReport:
    """What a search has come to. `steps` and `violation` only if it is violated; `repeated`: how often of `REPEATS` times.

    `left_behind`: cluster and broker name of what could not be removed.
    """

    verdict: Verdict
    seed: int
    examples: int
    steps_run: int
    requests: int
    seconds: float
    steps: tuple[Step, ...] = ()
    violation: Violation | None = None
    repeated: int = 0
    reason: str | None = None
    left_behind: tuple[str, ...] = ()


def new_run_name() -> str:
    """A prefix for names that no other run has."""
    return f"nk{secrets.token_hex(3)}-"


def prefix_of(profile: Profile, name: str, *, own: bool) -> Prefix:
    """Null keys have no place for a prefix: who keeps them on a NameServer of one's own does without."""
    return Prefix("" if own and not profile.concurrent_tables else name)


def replay(
    target: Target,
    profile: Profile,
    steps: tuple[Step, ...],
    held: HeldServer | None = None,
    *,
    settle: Callable[[], None] | None = None,
    own: bool = False,
    compared: Compared = Compared.WORDING,
    started_with: Mapping[str, str] | None = None,
    told: Told | None = None,
) -> Violation | None:
    """Runs the steps once. Raises `Undecided`."""
    prefix = prefix_of(profile, new_run_name(), own=own)
    runner = Runner(
        target, profile, prefix, held=held, settle=settle, compared=compared, started_with=started_with, told=told
    )
    try:
        for step in steps:
            runner.run(step)
    except Violation as violation:
        return violation
    finally:
        runner.finish()
    return None


def search(
    target: Target,
    profile: Profile,
    *,
    examples: int,
    seed_value: int,
    stateful_steps: int = STEPS,
    budget_s: float | None = None,
    shrink_budget_s: float = SHRINK_BUDGET_S,
    short_enough: int = 0,
    held: HeldServer | None = None,
    settle: Callable[[], None] | None = None,
    own: bool = False,
    compared: Compared = Compared.WORDING,
    null_clusters: bool = True,
    started_with: Mapping[str, str] | None = None,
    told: Told | None = None,
    on_example: Callable[[int], None] = lambda _: None,
) -> SearchReport:
    """Runs `examples` generated sequences. `budget_s`: none is begun after that many seconds. `short_enough`: a
    failure of so few steps is not made smaller.

    `own`: nobody else uses the NameServer, so that null keys may be left in its tables for a while. `held`: the target, if its
    clock is held: then time is part of the sequences, and nothing races. `settle`, `compared`, `started_with`, `told`: as a
    runner's.
    `null_clusters`: registrations may lack their cluster, which a 4.9 would keep as a null key that everybody sees.
    """
    started = time.monotonic()
    run_name = new_run_name()
    numbers = itertools.count(1)

    def new_runner() -> Runner:
        number = next(numbers)
        on_example(number)
        prefix = prefix_of(profile, f"{run_name}{number}-", own=own)
        return Runner(
            target,
            profile,
            prefix,
            held=held,
            settle=settle,
            compared=compared,
            started_with=started_with,
            told=told,
        )

    def worth_shortening(steps: tuple[Step, ...]) -> bool:
        return time.monotonic() - journal.failed_at <= shrink_budget_s and len(steps) > short_enough

    def out_of_time() -> bool:
        if journal.failures:
            return not worth_shortening(journal.failures[-1][0])
        return budget_s is not None and time.monotonic() - started > budget_s

    journal = Journal(out_of_time=out_of_time)
    setup = Setup(
        new_runner=new_runner,
        journal=journal,
        timed=held is not None,
        may_lack=parts_that_may_lack(profile, own=own, null_clusters=null_clusters),
        own=own,
    )
    reason: str | None = None
    for count, kind, concurrent in _shares(examples, held is not None):
        if count and not journal.failures and reason is None:
            members = {"setup": attrs.evolve(setup, concurrent=concurrent)}
            machine = seed(seed_value)(type(kind.__name__, (kind,), members))
            reason = _run(machine, count, stateful_steps)
    again = partial(
        replay,
        target,
        profile,
        held=held,
        settle=settle,
        own=own,
        compared=compared,
        started_with=started_with,
        told=told,
    )
    steps, violation, repeated = _best_failure(journal, again)
    if violation is not None and repeated:
        shorter, found = without_what_can_be_spared(steps, violation, again, worth_shortening)
        if shorter != steps and (times := _repeated(again, shorter)) >= repeated:
            steps, violation, repeated = shorter, found, times
    if violation is None and reason is None and journal.undecided:
        reason = journal.undecided[0]
    if violation is None and reason is None and journal.examples < examples:
        reason = f"time was up after {journal.examples} of {examples} examples"
    return SearchReport(
        verdict=Verdict.VIOLATED if violation else Verdict.UNKNOWN if reason else Verdict.HOLDS,
        seed=seed_value,
        examples=journal.examples,
        steps_run=journal.steps,
        requests=journal.requests,
        seconds=time.monotonic() - started,
        steps=steps,
        violation=violation,
        repeated=repeated,
        reason=reason,
        left_behind=tuple(journal.left_behind),
    )


def _shares(examples: int, timed: bool) -> Iterator[tuple[int, type[Machine], bool]]:
    """How many examples of which kind, and whether requests race in them. What fails without races is shorter to tell and repeats
    every time, so races come last; a held clock is for brokers alone, without any.
    """
    alone = examples if timed else examples * SEQUENTIAL_PERCENT // 100
    administered = 0 if timed else examples * ADMIN_PERCENT // 100
    yield alone, BrokerMachine, False
    yield administered, AdminMachine, False
    yield examples - alone - administered, BrokerMachine, True


def _run(machine: type[RuleBasedStateMachine], examples: int, stateful_steps: int) -> str | None:
    """One Hypothesis run. What went wrong is in the machine's journal; returns why there is no verdict, if there is none."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=stateful_steps,
        deadline=None,
        database=None,
        derandomize=False,  # where CI is set, Hypothesis would pass over the seed
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
    try:
        with from_the_seed_alone():
            run_state_machine_as_test(machine, settings=chosen)
    except (Violation, Flaky):
        pass  # the journal has it; a failure that does not repeat is one all the same
    except Undecided as error:
        return str(error)
    return None


Again = Callable[[tuple[Step, ...]], Violation | None]
"""Runs steps once more."""


def _repeated(again: Again, steps: tuple[Step, ...]) -> int:
    count = 0
    for _ in range(REPEATS):
        with contextlib.suppress(Undecided):
            count += again(steps) is not None
    return count


def _best_failure(journal: Journal, again: Again) -> tuple[tuple[Step, ...], Violation | None, int]:
    """The shortest failing sequence that repeats every time; where none does, the shortest.

    Of several with one length the latest is taken: shrinking goes on after the length is settled.
    """
    by_length = sorted(enumerate(journal.failures), key=lambda item: (len(item[1][0]), -item[0]))
    best: tuple[tuple[Step, ...], Violation | None, int] = ((), None, 0)
    tried: set[int] = set()
    for _, (steps, violation) in by_length:
        if len(steps) in tried or len(tried) == MAX_CANDIDATES:
            continue
        tried.add(len(steps))
        repeated = _repeated(again, steps)
        if best[1] is None or repeated == REPEATS:
            best = (steps, violation, repeated)
        if repeated == REPEATS:
            break
    return best
