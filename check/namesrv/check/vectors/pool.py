"""Where vectors come from: the search's own sequences, without a server; and a few by hand, for rows that those don't reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from namesrv.check.machine import Journal, machine_for
from namesrv.check.steps import Close, Open, Requests, Send, Step, Style
from namesrv.check.strategies import parts_that_may_lack
from namesrv.check.vectors.script import Expire, VectorStep
from namesrv.check.wire import Prefix
from namesrv.model.events import (
    BrokerHeartbeat,
    DeleteKVConfig,
    GetKVConfig,
    GetKVListByNamespace,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnknownRequest,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table

SEED: Final = 20_261_126
POOL: Final = 800
"""So many generated sequences are chosen from."""

STEPS: Final = 20

PIPELINED: Final = 6
"""One in so many may send requests without waiting for answers, over one connection or several."""


class Recorder:
    """Stands for a runner, and only keeps the steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.requests = 0
        self.prefix = Prefix("")
        self.left_behind: tuple[tuple[str | None, str | None], ...] = ()

    def run(self, step: Step) -> None:
        """Keeps it."""
        self.steps.append(step)

    def finish(self) -> None:
        """Nothing to do."""


def generated(profile: Profile, *, count: int, concurrent: bool) -> list[tuple[Step, ...]]:
    """Sequences of the search's state machine; the same ones each time."""
    recorders: list[Recorder] = []

    def new_recorder() -> Recorder:
        recorders.append(Recorder())
        return recorders[-1]

    kind = machine_for(
        new_recorder,  # type: ignore[arg-type]  # the machine asks no more of a runner than a recorder has
        Journal(),
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
    run_state_machine_as_test(seed(SEED)(kind), settings=chosen)
    return [tuple(recorder.steps) for recorder in recorders]


# By hand ----------------------------------------------------------------------------------------------------------

VERSION: Final = DataVersion(timestamp=1, counter=1)
BODY: Final = RegisterBrokerBody(
    topic_config_table=table({name: TopicConfig(topic_name=name) for name in ("t1", "t2")}), data_version=VERSION
)


def registration(**fields: object) -> RegisterBroker:
    """A master with two topics."""
    given: dict[str, object] = {
        "cluster_name": "C1",
        "broker_addr": "h1:10911",
        "broker_name": "a",
        "broker_id": 0,
        "body": BODY,
    }
    return RegisterBroker(**given | fields)  # type: ignore[arg-type]  # the fields of the class, by name


def question(**fields: object) -> QueryDataVersion:
    """About that master."""
    place = {"cluster_name": "C1", "broker_addr": "h1:10911", "broker_name": "a", "broker_id": 0}
    return QueryDataVersion(**place | {"data_version": VERSION} | fields)  # type: ignore[arg-type]


def sequence(*requests: Request | Close | Expire, connection: int = 1) -> tuple[VectorStep, ...]:
    """Over one connection, one after the other."""
    steps: list[VectorStep] = [Open(connection=connection)]
    for each in requests:
        if isinstance(each, Close | Expire):
            steps.append(each)
        else:
            steps.append(Requests(sends=(Send(connection=connection, request=each, style=Style()),)))
    return tuple(steps)


UNREADABLE: Final = "an exception whose name is not compared"


def by_hand(profile: Profile) -> Iterator[tuple[VectorStep, ...]]:
    """Null names, unreadable bodies, expiry: what the search leaves out, so that servers can be shared.

    The last one leaves a null address where it is kept (4.9.7), which harms whoever comes after it.
    """
    gone = UnregisterBroker(cluster_name="C1", broker_addr="h1:10911", broker_name="a", broker_id=0)
    yield sequence(registration(body=None, body_error=UNREADABLE))
    yield sequence(registration(), question(body_error=UNREADABLE), question(data_version=None))
    yield sequence(question(cluster_name=None), question(broker_addr=None))
    yield sequence(
        registration(),
        *(BrokerHeartbeat(cluster_name=c, broker_addr="h1:10911", broker_name="a") for c in ("C1", "C2", None)),
    )
    yield sequence(
        registration(),
        RegisterTopicInNamesrv(topic="t3", queue_datas=None, body_error=UNREADABLE),
        RegisterTopicInNamesrv(topic="t3", queue_datas=None, has_body=False),
    )
    yield sequence(registration(broker_id=None), registration(), attrs.evolve(gone, broker_id=None), gone)
    kept = {"namespace": "n", "key": "k"}
    kv_reads = (GetKVConfig(**kept), GetKVListByNamespace(namespace="n"))
    yield sequence(*kv_reads, PutKVConfig(**kept, value="v"), *kv_reads, DeleteKVConfig(**kept), *kv_reads)
    yield sequence(UnknownRequest(code=9_999), PutKVConfig(namespace="n", key=None, value="v"))
    newcomer = registration(broker_addr="h2:10911")
    versionless = attrs.evolve(BODY, data_version=None)
    yield (*sequence(registration()), *sequence(newcomer, connection=2), Close(connection=1))
    yield sequence(registration(), attrs.evolve(newcomer, body=versionless))
    if profile.request_heartbeat_timeout:
        yield sequence(registration(heartbeat_timeout_ms=1_000), Expire(connection=1))
    if profile.concurrent_tables:
        yield sequence(registration(cluster_name=None), registration(), registration(broker_name=None))
        yield sequence(registration(broker_addr=None), registration(), gone)
    else:
        yield (*sequence(registration(broker_addr=None)), Close(connection=1))


def pool(profile: Profile, *, count: int = POOL) -> list[tuple[VectorStep, ...]]:
    """Everything to choose from."""
    together = count // PIPELINED
    found = [*generated(profile, count=count - together, concurrent=False)]
    if together:
        found += generated(profile, count=together, concurrent=True)
    return [*found, *by_hand(profile)]
