"""What should never be false of the tables: each invariant a predicate with its sentence, named as in `spec/` and `proofs/`."""

from collections.abc import Callable
from typing import Final

from namesrv.model.state import Tables

Invariant = Callable[[Tables], bool]


def route_soundness(tables: Tables) -> bool:
    """Every address that a route may show is live in that cluster."""
    live = {(key.cluster_name, key.broker_addr) for key in tables.broker_live_table}
    by_addr = {addr for cluster, addr in live if cluster == ""}
    return all(
        (data.cluster, addr) in live or addr in by_addr
        for data in tables.broker_addr_table.values()
        for addr in data.broker_addrs.values()
    )


def address_uniqueness(tables: Tables) -> bool:
    """An address stands under one broker name and one broker id."""
    addrs = [addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()]
    return len(addrs) == len(set(addrs))


def cluster_agreement(tables: Tables) -> bool:
    """Cluster table and broker table name the same brokers, and no name is without an address."""
    named = {(cluster, name) for cluster, names in tables.cluster_addr_table.items() for name in names}
    entered = {(data.cluster, name) for name, data in tables.broker_addr_table.items()}
    return named == entered and all(data.broker_addrs for data in tables.broker_addr_table.values())


def queue_soundness(tables: Tables) -> bool:
    """Queues are of brokers that are there, and no topic is without queues."""
    return all(
        queues and all(name in tables.broker_addr_table for name in queues)
        for queues in tables.topic_queue_table.values()
    )


INVARIANTS: Final[dict[str, Invariant]] = {
    "RouteSoundness": route_soundness,
    "AddressUniqueness": address_uniqueness,
    "ClusterAgreement": cluster_agreement,
    "QueueSoundness": queue_soundness,
}
"""By the name that they have in the specification and the proofs."""
