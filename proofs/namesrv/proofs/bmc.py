"""A refuted cell may start from a state that nothing leads to. This looks for a run from the start, in the model's terms."""

import attrs
import z3

from namesrv.model.events import (
    Channel,
    ChannelClosed,
    Event,
    Opaque,
    Received,
    RegisterBroker,
    Request,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.proofs.prove import INVARIANTS
from namesrv.proofs.relation import Parameters, State, queued_becomes
from namesrv.proofs.transitions import TRANSITIONS, initial


@attrs.frozen
class Taken:
    """One step of the run that was found: which transition, and the numbers of what it was about."""

    transition: str
    name: int
    broker_id: int
    addr: int
    channel: int
    single: bool


def shortest_run(
    profile: Profile, invariant: str, *, steps: int = 4, timeout_ms: int = 20_000
) -> tuple[Taken, ...] | None:
    """The shortest run after which the invariant is false; `None` if there is none of at most `steps`, or the time is up.

    A run is to be replayed: so expiries are left out, for nobody can make a NameServer's clock go on, and whatever is queued is
    worked off before the next event, for nobody can make it be late.
    """
    names = [name for name in TRANSITIONS if name != "Expire"]
    states = [State.named("0")]
    solver = z3.Solver()
    solver.set("timeout", timeout_ms)
    solver.add(initial(states[0]))
    taken: list[tuple[z3.ArithRef, Parameters]] = []
    for number in range(1, steps + 1):
        post, p, which = State.named(str(number)), Parameters.numbered(str(number)), z3.Int(f"which_{number}")
        relations = [
            z3.And(which == index, TRANSITIONS[name](states[-1], post, p, profile)) for index, name in enumerate(names)
        ]
        solver.add(z3.Or(*relations), p.broker_id >= 0, p.broker_id <= 2)
        solver.add(z3.Or(which == names.index("RunUnregistration"), queued_becomes(states[-1], z3.BoolVal(False))))
        states.append(post)
        taken.append((which, p))
        solver.push()
        solver.add(z3.Not(INVARIANTS[invariant](post)), queued_becomes(post, z3.BoolVal(False)))
        if solver.check() == z3.sat:
            return tuple(_taken(solver.model(), names, which, p) for which, p in taken)
        solver.pop()
    return None


def _taken(model: z3.ModelRef, names: list[str], which: z3.ArithRef, p: Parameters) -> Taken:
    def element(constant: z3.ExprRef) -> int:
        universe = [str(value) for value in model.get_universe(constant.sort()) or ()]
        value = str(model.eval(constant, model_completion=True))
        return universe.index(value) if value in universe else 0

    return Taken(
        transition=names[model.eval(which).as_long()],
        name=element(p.name),
        broker_id=model.eval(p.broker_id, model_completion=True).as_long(),
        addr=element(p.addr),
        channel=element(p.channel),
        single=z3.is_true(model.eval(p.single, model_completion=True)),
    )


def events(run: tuple[Taken, ...]) -> tuple[Event, ...]:
    """What has to be done to a NameServer for that run: its own steps (a queued unregistration's) come by themselves."""
    done: list[Event] = []
    for number, step in enumerate(run, 1):
        channel = Channel(step.channel + 1)
        match step.transition:
            case "RegisterBrokerAccepted" | "RegisterBrokerRefused":
                request: Request = _registration(step, number)
            case "UnregisterBroker":
                request = UnregisterBroker(
                    cluster_name="C1", broker_name=_name(step), broker_id=step.broker_id, broker_addr=_addr(step)
                )
            case "ChannelDestroyed":
                done.append(ChannelClosed(channel=channel))
                continue
            case _:
                continue
        done.append(Received(channel=channel, opaque=Opaque(number), request=request))
    return tuple(done)


def _name(step: Taken) -> str:
    return f"n{step.name}"


def _addr(step: Taken) -> str:
    return f"h{step.addr}:10911"


def _registration(step: Taken, number: int) -> RegisterBroker:
    topics = ("t1",) if step.single else ("t1", "t2")
    return RegisterBroker(
        cluster_name="C1",
        broker_name=_name(step),
        broker_id=step.broker_id,
        broker_addr=_addr(step),
        body=RegisterBrokerBody(
            topic_config_table=table({topic: TopicConfig(topic_name=topic) for topic in topics}),
            data_version=DataVersion(counter=number, timestamp=number),
        ),
    )
