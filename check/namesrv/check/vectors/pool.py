"""Where vectors come from: the search's own sequences, without a server; and a few by hand."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from namesrv.check.admin_machine import AdminMachine
from namesrv.check.broker_machine import BrokerMachine
from namesrv.check.draws import from_the_seed_alone
from namesrv.check.machine import Journal, Machine, Setup
from namesrv.check.steps import Step
from namesrv.check.strategies import parts_that_may_lack
from namesrv.check.vectors.by_hand import by_hand
from namesrv.check.vectors.script import VectorStep
from namesrv.model.profiles import Profile

SEED: Final = 20_261_126
POOL: Final = 800
"""So many generated sequences are chosen from."""

STEPS: Final = 20

ADMINISTERED: Final = 3
"""In one of so many administrators have their hands."""

PIPELINED: Final = 6
"""One in so many may send requests without waiting for answers, over one connection or several."""


class Recorder:
    """Stands for a runner, and only keeps the steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.requests = 0
        self.traces: tuple[str, ...] = ()

    def run(self, step: Step) -> None:
        """Keeps it."""
        self.steps.append(step)

    def finish(self) -> None:
        """Nothing to do."""


def generated(profile: Profile, kind: type[Machine], *, count: int, concurrent: bool) -> list[tuple[Step, ...]]:
    """Sequences of one of the search's state machines; the same ones each time."""
    if not count:
        return []
    recorders: list[Recorder] = []

    def new_recorder() -> Recorder:
        recorders.append(Recorder())
        return recorders[-1]

    setup = Setup(
        new_runner=new_recorder,  # type: ignore[arg-type]  # the machine asks no more of a runner than a recorder has
        journal=Journal(),
        concurrent=concurrent,
        may_lack=parts_that_may_lack(profile, own=False),
        own=True,
    )
    chosen = settings(
        max_examples=count,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    machine = seed(SEED)(type(kind.__name__, (kind,), {"setup": setup}))
    with from_the_seed_alone():
        run_state_machine_as_test(machine, settings=chosen)
    return [tuple(recorder.steps) for recorder in recorders if recorder.steps]  # one may end before its first step


def pool(profile: Profile, *, count: int = POOL) -> list[tuple[VectorStep, ...]]:
    """Everything to choose from."""
    administered, racing = count // ADMINISTERED, count // PIPELINED
    return [
        *generated(profile, BrokerMachine, count=count - administered - racing, concurrent=False),
        *generated(profile, AdminMachine, count=administered, concurrent=False),
        *generated(profile, BrokerMachine, count=racing, concurrent=True),
        *by_hand(profile),
    ]
