"""How an address leaves the tables: unregistration, and what it takes along.

Each release's way is one pure function on `Tables`; an exception that Java swallows ends it early, with what has been
changed until then. Source: `RouteInfoManager.unregisterBroker` (4.9.7), `.unRegisterBroker` and
`.cleanTopicByUnRegisterRequests` (5.5.0).
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable

import attrs
from rpds import HashTrieMap

from namesrv.model.events import UnregisterBroker
from namesrv.model.profiles import Profile, Unregistration
from namesrv.model.state import Tables, live_key
from namesrv.model.values import MASTER_ID, PERM_WRITE, BrokerAddrInfo, BrokerData


def remove_live(tables: Tables, key: BrokerAddrInfo) -> Tables:
    """Without the live entry and the filter servers of `key`."""
    return attrs.evolve(
        tables,
        broker_live_table=tables.broker_live_table.discard(key),
        filter_server_table=tables.filter_server_table.discard(key),
    )


def remove_topics(tables: Tables, broker_name: str | None, *, mappings: bool) -> Tables:
    """Without the queues (and, if asked for, the mappings) of a broker name, and without the topics that become empty."""
    topics = tables.topic_queue_table
    for topic, queues in tables.topic_queue_table.items():
        rest = queues.discard(broker_name)
        topics = topics.insert(topic, rest) if rest else topics.remove(topic)
    infos = tables.topic_queue_mapping_info_table
    if mappings:
        for topic, by_broker in tables.topic_queue_mapping_info_table.items():
            left = by_broker.discard(broker_name)
            infos = infos.insert(topic, left) if left else infos.remove(topic)
    return attrs.evolve(tables, topic_queue_table=topics, topic_queue_mapping_info_table=infos)


def remove_name_from_cluster(tables: Tables, cluster_name: str | None, broker_name: str | None) -> Tables:
    """Without the name in that cluster's set, and without the set if it becomes empty."""
    names = tables.cluster_addr_table.get(cluster_name)
    if names is None:
        return tables
    rest = names - {broker_name}
    clusters = tables.cluster_addr_table
    clusters = clusters.insert(cluster_name, rest) if rest else clusters.remove(cluster_name)
    return attrs.evolve(tables, cluster_addr_table=clusters)


def _with_addrs(tables: Tables, data: BrokerData, addrs: HashTrieMap[int, str | None]) -> Tables:
    data = attrs.evolve(data, broker_addrs=addrs)
    return attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.insert(data.broker_name, data))


def wipe_write_perm_without_master(tables: Tables, broker_name: str | None) -> Tables:
    """5.x: a name with `enableActingMaster` that has lost its master offers no queue for writing."""
    data = tables.broker_addr_table[broker_name]
    if not data.enable_acting_master or min(data.broker_addrs) <= MASTER_ID:
        return tables
    topics = tables.topic_queue_table
    for topic, queues in tables.topic_queue_table.items():
        queue = queues.get(broker_name)
        if queue is not None:
            topics = topics.insert(
                topic, queues.insert(broker_name, attrs.evolve(queue, perm=queue.perm & ~PERM_WRITE))
            )
    return attrs.evolve(tables, topic_queue_table=topics)


def remove_place(tables: Tables, key: BrokerAddrInfo, data: BrokerData, profile: Profile) -> Tables:
    """Repaired: the address leaves its place, and what depends on it goes along (`docs/strict.md`, Removal)."""
    tables = remove_live(tables, key)
    addrs = data.broker_addrs
    for broker_id, addr in data.broker_addrs.items():
        if addr == key.broker_addr:
            addrs = addrs.remove(broker_id)
    if not addrs:
        tables = attrs.evolve(
            tables,
            broker_addr_table=tables.broker_addr_table.remove(data.broker_name),
            write_wiped=tables.write_wiped - {data.broker_name},
        )
        tables = remove_name_from_cluster(tables, data.cluster, data.broker_name)
        return remove_topics(tables, data.broker_name, mappings=profile.mappings_leave_with_broker)
    tables = _with_addrs(tables, data, addrs)
    return wipe_write_perm_without_master(tables, data.broker_name)


def unregister(tables: Tables, request: UnregisterBroker, profile: Profile) -> Tables:
    """The tables after an unregistration has run, in an Apache profile's way."""
    if profile.unregistration is Unregistration.AT_ONCE_BY_ID:
        return _unregister_by_id(tables, request, profile)
    return _unregister_by_addr(tables, request, profile)


def _unregister_by_id(tables: Tables, request: UnregisterBroker, profile: Profile) -> Tables:
    key = live_key(profile, request.cluster_name, request.broker_addr)
    assert key is not None, "4.9 takes null addresses"
    tables = remove_live(tables, key)
    data = tables.broker_addr_table.get(request.broker_name)
    if data is None:
        return tables
    assert request.broker_id is not None, "unboxing a null brokerId throws before anything is done"
    addrs = data.broker_addrs.discard(request.broker_id)
    if addrs:
        return _with_addrs(tables, data, addrs)
    tables = attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.remove(request.broker_name))
    tables = remove_name_from_cluster(tables, request.cluster_name, request.broker_name)
    return remove_topics(tables, request.broker_name, mappings=False)


def unregister_batch(
    tables: Tables, requests: Iterable[UnregisterBroker], profile: Profile
) -> tuple[Tables, tuple[UnregisterBroker, ...] | None]:
    """5.x: a batch, in this order: addresses leave, then the topics of the names are cleaned.

    An exception ends it where it is: what is left of the batch is lost, and no topic is cleaned, not even of names that are gone.
    Returns the tables; and the requests that took a name's lowest id away, `None` if it was ended. Source:
    `RouteInfoManager.unRegisterBroker`, 5.1.4 and 5.3.3.
    """
    removed: list[str | None] = []
    reduced: list[str | None] = []
    lowest: list[UnregisterBroker] = []
    for request in requests:
        data = tables.broker_addr_table.get(request.broker_name)
        is_lowest = data is not None and data.broker_addrs and request.broker_id == min(data.broker_addrs)
        tables, has_thrown = _remove_addr(tables, request, profile)
        if has_thrown:
            return tables, None
        if data is not None and request.broker_name not in tables.broker_addr_table:
            removed.append(request.broker_name)
        elif data is not None:
            reduced.append(request.broker_name)
            lowest += [request] if is_lowest else []
    for name in removed:
        tables = remove_topics(tables, name, mappings=profile.mappings_leave_with_broker)
    for name in reduced:
        if name in tables.broker_addr_table:
            tables = wipe_write_perm_without_master(tables, name)
    return tables, tuple(lowest)


def may_throw(tables: Tables, requests: Iterable[UnregisterBroker]) -> bool:
    """Whether one of them may end its batch; then their order matters, whatever their names."""
    held = (addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values())
    parts = ((r.cluster_name, r.broker_addr, r.broker_name, r.broker_id) for r in requests)
    return any(None in each for each in parts) or None in held


def _unregister_by_addr(tables: Tables, request: UnregisterBroker, profile: Profile) -> Tables:
    return unregister_batch(tables, (request,), profile)[0]


def _remove_addr(tables: Tables, request: UnregisterBroker, profile: Profile) -> tuple[Tables, bool]:
    """The address leaves the live table and its name, which goes if it was the last; whether that has thrown on the way."""
    key = live_key(profile, request.cluster_name, request.broker_addr)
    if key is None:
        return tables, True  # BrokerAddrInfo.hashCode throws on a null part
    tables = remove_live(tables, key)
    if request.broker_name is None:
        return tables, True  # ConcurrentHashMap.get(null) throws
    data = tables.broker_addr_table.get(request.broker_name)
    if data is None:
        return tables, False
    if data.broker_addrs and request.broker_id is None:
        return tables, True  # null brokerId: equals() is called on it
    addrs = data.broker_addrs
    for broker_id in sorted(data.broker_addrs):  # HashMap.removeIf goes by bucket: small ids in order
        addr = data.broker_addrs[broker_id]
        if addr is None:  # equals() is called on it and throws
            return _with_addrs(tables, data, addrs), True
        if addr == request.broker_addr:
            addrs = addrs.remove(broker_id)
    if addrs:
        return _with_addrs(tables, data, addrs), False
    tables = attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.remove(request.broker_name))
    return remove_name_from_cluster(tables, request.cluster_name, request.broker_name), False
