"""Groups that act for their master, as rules of the system: coming online, beating, copying; and what such a name looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from namesrv.explore.product import Invariant, Rule, Stage
from namesrv.model.broker_state import BrokerState
from namesrv.model.state import Tables
from namesrv.model.system.groups import beat, copy_topics, find_group, no_oneway_task, nothing_oneway
from namesrv.model.values import MASTER_ID, PERM_WRITE, table

if TYPE_CHECKING:
    from namesrv.explore.registration import Layout

Stages = Callable[[int], list[Stage]]
"""Of a broker: a stage at each of its links."""


def group_rules(layout: Layout, idle: Stages, outward: Stages) -> list[Rule]:
    """What brokers of groups do beside what all brokers do."""
    scope, rules = layout.scope, []
    for broker in range(scope.brokers):
        at, who = (layout.broker(broker),), f"broker {broker + 1}"
        process = scope.process_of(broker)
        waits = nothing_oneway(scope.members(process).index(broker))
        sent = [Stage((layout.link(broker, n),), waits) for n in range(scope.namesrvs)]
        worked = no_oneway_task(process)
        done = [Stage((layout.namesrv(n),), worked) for n in range(scope.namesrvs)]
        rules.append(Rule(f"{who} comes online", (*idle(broker), Stage(at, find_group), *outward(broker))))
        rules.append(Rule(f"{who} beats", (*sent, *done, Stage(at, beat), *outward(broker))))
        for other in range(scope.brokers):
            if other != broker and (other - broker) % scope.names == 0:
                stage = Stage((layout.broker(broker), layout.broker(other)), copy_topics)
                rules.append(Rule(f"{who} copies the topics of broker {other + 1}", (stage,)))
    return rules


def group_invariants(namesrvs: Sequence[int]) -> tuple[Invariant, ...]:
    """*MasterlessIsReadOnly*: a name whose slaves may act and that has no master offers no queue for writing, but by hand.

    `namesrvs`: their components. Source: `RouteInfoManager.registerBroker`, `.cleanTopicByUnRegisterRequests`, 5.5.0.
    """
    return tuple(
        Invariant(f"MasterlessIsReadOnly@{n + 1}", (at,), _masterless_is_read_only) for n, at in enumerate(namesrvs)
    )


def _masterless_is_read_only(at: tuple[Any, ...]) -> bool:
    (part,) = at
    tables: Tables = part.state.tables
    masterless = {
        name
        for name, data in tables.broker_addr_table.items()
        if data.enable_acting_master and data.broker_addrs and MASTER_ID not in data.broker_addrs
    }
    return not part.is_at_rest or not any(
        queue.perm & PERM_WRITE
        for topic, queues in tables.topic_queue_table.items()
        for name, queue in queues.items()
        if name in masterless and (topic, name) not in part.ledger.by_hand
    )


def lowest_slave_publishes(at: tuple[Any, ...]) -> bool:
    """Of names that run without a master, whether the running slave with the lowest id has its topics shown, to be read."""
    *brokers, namesrv = at
    tables: Tables = namesrv.state.tables
    running: dict[str, list[BrokerState]] = {}
    for broker in brokers:
        if broker.state is not None and not broker.state.is_shutdown:
            running.setdefault(broker.settings.broker_name, []).append(broker.state)
    for name, states in running.items():
        lowest = min(states, key=lambda state: state.broker_id)
        if lowest.broker_id == MASTER_ID:
            continue
        for topic, config in lowest.topic_config_table.items():
            queue = tables.topic_queue_table.get(topic, table()).get(name)
            if queue is None or (queue.read_queue_nums, queue.perm) != (
                config.read_queue_nums,
                config.perm & ~PERM_WRITE,
            ):
                return False
    return True
