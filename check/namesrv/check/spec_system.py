"""The system as `spec/Registration.tla` has it: one function from the model's states to TLA+'s, and the actions' names.

What the model has and the specification has not is dead or constant in the scopes that both have, and is dropped here:

- what nobody looks at again: the causes of a broken invariant, the invariants that are false of a NameServer at rest (they can be
  read off its tables), what a broker had stored when it was last down, and everything else of one that is down;
- what those scopes never vary: permissions, order configs, mappings, isolation, timeouts, deadlines, `then` (between steps).

`representative` drops, and gives a local state again; `system_value` renders, and is injective on representatives.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from namesrv.check.spec_graph import Graph, graph_of
from namesrv.check.spec_values import (
    ABSENT,
    CODES,
    ledger_value,
    name_server_value,
    queue_value,
    request_value,
    version_value,
)
from namesrv.check.tla_values import TlaValue, tla_value
from namesrv.explore.product import Product, Rule, Stage, State, moves
from namesrv.explore.registration import Layout, registration_system
from namesrv.model.broker_state import Asking as AskingPhase
from namesrv.model.broker_state import BrokerState, Job, RegisterAll, RegisterIncrement, UnderWay
from namesrv.model.events import Answer
from namesrv.model.profiles import Profile
from namesrv.model.promises import STEP_INVARIANTS
from namesrv.model.system.broker_part import LEAVING, BrokerPart
from namesrv.model.system.link import Connection, Link, Tag
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import Scope
from namesrv.model.values import DataVersion

NOBODY: Final = -1
"""A tag that is none."""

ACTIONS: Final = (
    ("starts without its versions", "StartsWithoutVersions"),
    ("starts elsewhere", "StartsElsewhere"),
    ("starts again", "StartsAgain"),
    ("starts", "Starts"),
    ("registers by timer", "RegistersByTimer"),
    ("changes a topic", "ChangesTopic"),
    ("changes its role", "ChangesRole"),
    ("deletes a topic", "DeletesTopic"),
    ("stops its timers", "StopsTimers"),
    ("shuts down", "ShutsDown"),
    ("waits no longer", "WaitsNoLonger"),
    ("crashes", "Crashes"),
    ("vanishes", "Vanishes"),
    (" hears from ", "HearsFrom"),
    (" reads from ", "ReadsFrom"),
    (" connects to ", "ConnectsTo"),
    (" notices that NameServer ", "BrokerNotices"),
    (" notices that broker ", "NameServerNotices"),
    (" has not heard from ", "HasNotHeardFrom"),
    (" hears too late from ", "HearsTooLateFrom"),
    (" breaks", "Breaks"),
    (" is cut", "IsCut"),
    (" works", "Works"),
    (" has heard nothing of ", "HasHeardNothing"),
    (" scans", "Scans"),
)
"""Words in a rule's name, and the action of `Registration.tla`; the first that fits counts."""

BOUNDED: Final = "MC"
"""Before an action's name in `MCRegistration.tla`, where it takes from the budget."""


def action_of(rule: str) -> str:
    """The action that a rule is. Raises `ValueError` if it is none of them."""
    for words, action in ACTIONS:
        if words in rule:
            return action
    raise ValueError(f"action_of: expected a rule of the registration system, got {rule!r}")


# What is dropped --------------------------------------------------------------------------------------------------


def representative(local: Any) -> Any:
    """The local state without what is dead."""
    match local:
        case NameServerPart():
            return attrs.evolve(local, causes=frozenset(), broken=local.broken & frozenset(STEP_INVARIANTS))
        case BrokerPart() if local.state is not None:
            return attrs.evolve(local, stored=(local.state.topic_config_table, local.state.data_version))
        case _:
            return local


def quotient(product: Product) -> Product:
    """The system on representatives: what is dropped decides nothing, so it has the same runs."""
    made: dict[Any, Any] = {}

    def act_of(stage: Stage) -> Any:
        act = stage.act

        def represented(at: Any, told: Any) -> Iterator[Any]:
            for locals_after, says in act(at, told):
                yield tuple(map(representative, locals_after)), says

        # Equal acts have to stay equal: a search shares their tables.
        return made.setdefault(act, represented)

    rules = tuple(
        Rule(rule.name, tuple(Stage(stage.looks_at, act_of(stage)) for stage in rule.stages)) for rule in product.rules
    )
    initial = tuple(map(representative, product.initial))
    return attrs.evolve(product, initial=initial, rules=rules, invariants=())  # which read what is dropped


def system_graph(scope: Scope, profile: Profile) -> Graph[TlaValue]:
    """The whole graph of that scope under that profile, without reductions, as the specification names states and actions."""
    product = quotient(registration_system(scope, profile))

    def successors(state: State) -> Iterator[tuple[str, State]]:
        for move in moves(product, state):
            yield BOUNDED + action_of(move.rule), move.after

    return graph_of([product.initial], successors, lambda state: system_value(scope, state))


# Rendering --------------------------------------------------------------------------------------------------------


def system_value(scope: Scope, state: State) -> TlaValue:
    """The values of the variables of `MCRegistration.tla`."""
    layout = Layout(scope)
    brokers, namesrvs = range(scope.brokers), range(scope.namesrvs)
    budget: Any = state[0]
    return tla_value(
        {
            "budget": {"faults": budget.faults, "changes": budget.changes, "deletes": budget.deletes},
            "brokers": tuple(broker_value(state[layout.broker(b)]) for b in brokers),
            "links": tuple(tuple(link_value(state[layout.link(b, n)]) for n in namesrvs) for b in brokers),
            "namesrvs": tuple(part_value(state[layout.namesrv(n)]) for n in namesrvs),
        }
    )


def spec_value(variables: Mapping[str, TlaValue]) -> TlaValue:
    """The same of a state that TLC has printed."""
    return tla_value(dict(variables))


def part_value(part: Any) -> Any:
    """`NameServerPart.tla`."""
    assert isinstance(part, NameServerPart)
    return {
        "state": name_server_value(part.state),
        "ledger": ledger_value(part.ledger),
        "closed": frozenset(part.closed),
        "broken": part.broken & frozenset(STEP_INVARIANTS),
    }


def configs_value(configs: Any) -> Any:
    return {topic: queue_value(config) for topic, config in configs.items()}


def broker_value(part: Any) -> Any:
    """`Broker.tla`."""
    assert isinstance(part, BrokerPart)
    settings, state = part.settings, part.state
    topics, version = part.stored if state is None else (state.topic_config_table, state.data_version)
    value = {
        "cluster_name": settings.cluster_name,
        "broker_name": settings.broker_name,
        "broker_addr": settings.broker_addr,
        "home_id": settings.broker_id,
        "up": state is not None,
        "topics": configs_value(topics),
        "data_version": version_value(version),
        "broker_id": settings.broker_id,
        "available": frozenset(),
        "timer": False,
        "is_shutdown": False,
        "is_unregistered": False,
        "jobs": (),
        "under_way": (),
        "leaving": (),
        "master_addr": ABSENT,
    }
    return value if state is None else value | _running(state)


def _running(state: BrokerState) -> dict[str, Any]:
    leaving = state.unregistering
    return {
        "broker_id": state.broker_id,
        "available": frozenset(index + 1 for index in state.available),
        "timer": bool(state.timers),
        "is_shutdown": state.is_shutdown,
        "is_unregistered": state.is_unregistered,
        "jobs": tuple(map(_job, state.jobs)),
        "under_way": () if state.under_way is None else (_under_way(state.under_way),),
        "leaving": ()
        if leaving is None
        else ({"name_server": leaving.name_server + 1, "asked": leaving.call is not None},),
        "master_addr": ABSENT if state.master_addr is None else state.master_addr,
    }


def _job(job: Job) -> Any:
    match job:
        case RegisterAll():
            return {
                "kind": "all",
                "oneway": job.oneway,
                "force": job.force,
                "from_timer": job.from_timer,
                "starts": job.then.value == "schedule-timers",
            }
        case RegisterIncrement():
            return {
                "kind": "increment",
                "topics": {config.topic_name: queue_value(config) for config in job.configs},
            }
    raise TypeError(f"_job: expected what the specification has, got {job}")


def _under_way(now: UnderWay) -> Any:
    (part,) = now.parts
    asking = isinstance(now.phase, AskingPhase)
    asked = now.phase.asked if isinstance(now.phase, AskingPhase) else DataVersion(timestamp=1)
    return {
        "job": _job(now.job),
        "phase": "asking" if asking else "registering",
        "asked": version_value(asked),
        "needed": isinstance(now.phase, AskingPhase) and now.phase.needed,
        "topics": () if part.configs is None else (configs_value(part.configs),),
        "waiting": frozenset(index + 1 for index in now.waiting.values()),
        "results": tuple(ABSENT if r.master_addr is None else r.master_addr for r in now.results),
    }


def tag_value(tag: Tag) -> int:
    """The model counts NameServers from 0."""
    if tag is None:
        return NOBODY
    return tag + 1


def link_value(link: Any) -> Any:
    """`Network.tla`."""
    assert isinstance(link, Link)
    return {
        "slots": tuple(() if c is None else (_connection(c),) for c in link.slots),
        "failed": tuple(map(tag_value, link.failed)),
    }


def _connection(c: Connection) -> Any:
    return {
        "at_broker": c.at_broker,
        "at_namesrv": c.at_namesrv,
        "is_broken": c.is_broken,
        "is_half_open": c.is_half_open,
        "is_remembered": c.is_remembered,
        "requests": tuple(
            {"request": request_value(m.request), "tag": tag_value(m.tag), "oneway": m.oneway} for m in c.requests
        ),
        "awaiting": tuple((opaque, tag_value(tag)) for opaque, tag in c.awaiting),
        "answers": tuple((tag_value(tag), _answer(answer)) for tag, answer in c.answers),
    }


def _answer(answer: Answer) -> Any:
    code = CODES[answer.code]
    fields = answer.ext_fields
    if fields is None:
        return {"code": code}
    if "changed" in fields:
        found = () if answer.body is None else (version_value(_version(answer)),)
        return {"code": code, "changed": fields["changed"] == "true", "data_version": found}
    return {
        "code": code,
        "masterAddr": fields.get("masterAddr", ABSENT),
        "haServerAddr": fields.get("haServerAddr", ABSENT),
    }


def _version(answer: Answer) -> DataVersion:
    assert isinstance(answer.body, DataVersion)
    return answer.body


assert LEAVING == 100, "Broker.tla says so too"
