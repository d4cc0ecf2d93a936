"""What it means that a system has healed: NameServers agree with every broker that is there, and show nobody who is not."""

from typing import Any, Final

from namesrv.explore.clients import clients_follow
from namesrv.explore.groups import lowest_slave_publishes
from namesrv.explore.product import Invariant, Product
from namesrv.explore.registration import Layout, shows
from namesrv.model.profiles import Profile
from namesrv.model.system.scope import Scope

UNFAIR: Final = (
    " starts",
    " changes ",
    " deletes ",
    " shuts down",
    " crashes",
    " vanishes",
    " waits no longer",
    " breaks",
    " is cut",
    " hears too late ",
    " starts again",
    " has to send ",
    "an administrator ",
)
"""Of the rules' names: what need not happen, or is a fault. (A client that loses its connection changes to a NameServer.)"""


def fair_rules(product: Product) -> frozenset[str]:
    """What has to happen sooner or later, where it can: all but faults, changes, and the start of a broker that is down."""
    return frozenset(rule.name for rule in product.rules if not any(words in rule.name for words in UNFAIR))


def agreement(scope: Scope, profile: Profile) -> tuple[Invariant, ...]:
    """*Convergence*, *dead brokers vanish*, *deleted topics vanish*, as what has to be true in the end.

    Where there are groups that act for their master, also *PrimeSlavePublishes*; where there are clients, *ClientsFollow*.
    """
    layout = Layout(scope)
    brokers = tuple(layout.broker(broker) for broker in range(scope.brokers))
    found = []
    for namesrv in range(scope.namesrvs):
        looks_at = (*brokers, layout.namesrv(namesrv))
        found.append(Invariant(f"Convergence@{namesrv + 1}", looks_at, _agrees))
        found.append(Invariant(f"DeadBrokersVanish@{namesrv + 1}", looks_at, _shows_nobody_else))
        found.append(Invariant(f"DeletedTopicsVanish@{namesrv + 1}", looks_at, _shows_no_other_topic))
        if scope.acting:
            found.append(Invariant(f"PrimeSlavePublishes@{namesrv + 1}", looks_at, lowest_slave_publishes))
        for client in range(scope.clients):
            follows = clients_follow(namesrv, profile)
            name = f"ClientsFollow@{client + 1}-{namesrv + 1}"
            found.append(Invariant(name, (layout.client(client), layout.namesrv(namesrv)), follows))
    return tuple(found)


def _agrees(at: tuple[Any, ...]) -> bool:
    """Whether the NameServer shows what each broker that runs is configured to be now."""
    *brokers, namesrv = at
    return all(
        shows(namesrv, broker) for broker in brokers if broker.state is not None and not broker.state.is_shutdown
    )


def _shows_nobody_else(at: tuple[Any, ...]) -> bool:
    """Whether every address that stands is a running broker's."""
    *brokers, namesrv = at
    running = {broker.settings.broker_addr for broker in brokers if broker.state is not None}
    tables = namesrv.state.tables
    return all(addr in running for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values())


def _shows_no_other_topic(at: tuple[Any, ...]) -> bool:
    """Whether every topic that is shown of a running master's name is one of that master's."""
    *brokers, namesrv = at
    for broker in brokers:
        if broker.state is None or broker.state.broker_id or broker.state.is_shutdown:
            continue
        name, configs = broker.settings.broker_name, broker.state.topic_config_table
        if any(
            name in queues and topic not in configs for topic, queues in namesrv.state.tables.topic_queue_table.items()
        ):
            return False
    return True
