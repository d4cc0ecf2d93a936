"""What clients are told: routes, clusters, topics. Reads only.

Source: `RouteInfoManager.pickupTopicRouteData`, `.getAllClusterInfo`, `.getAllTopicList`, 4.9.7 and 5.5.0.
"""

from itertools import product
from typing import Final

import attrs

from namesrv.model.profiles import Profile
from namesrv.model.state import Tables, live_key
from namesrv.model.values import MASTER_ID, PERM_WRITE, BrokerData, TopicList, TopicRouteData, table

SYNC_BROKER_MEMBER_GROUP_PREFIX: Final = "rmq_sys_SYNC_BROKER_MEMBER_"
"""Topics whose routes show the real broker ids: `TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX`."""


def pickup_topic_route_data(
    tables: Tables, topic: str | None, profile: Profile, *, support_acting_master: bool = False
) -> tuple[TopicRouteData, ...]:
    """The route of `topic`: none if it has no queues or none of their brokers is known, several if it may be any of them.

    An address that stands under several names has one entry of filter servers for all of them. Which one depends, in 5.5.0, on
    the order of a Java hash set; null overwrites, and never reaches the wire.
    """
    queues = tables.topic_queue_table.get(topic)
    if queues is None or (topic is None and profile.concurrent_tables):
        return ()
    datas = [tables.broker_addr_table[name] for name in queues if name in tables.broker_addr_table]
    if not datas:
        return ()
    filters: dict[str | None, set[tuple[str | None, ...] | None]] = {}
    for data in datas:
        for addr in data.broker_addrs.values():
            key = live_key(profile, data.cluster, addr)
            if key is not None:  # 4.9 has filter servers of the null address too
                filters.setdefault(addr, set()).add(tables.filter_server_table.get(key))
    mappings = tables.topic_queue_mapping_info_table.get(topic) if topic is not None else None
    routes = []
    for chosen in product(*(sorted(servers, key=str) for servers in filters.values())):
        table_of_filters = {addr: servers for addr, servers in zip(filters, chosen, strict=True) if servers is not None}
        route = TopicRouteData(
            queue_datas=frozenset(queues.values()),
            broker_datas=frozenset(datas),
            filter_server_table=table(table_of_filters),
            topic_queue_mapping_by_broker=mappings,
        )
        routes.append(with_acting_masters(route, topic) if support_acting_master else route)
    return tuple(routes)


def with_acting_masters(route: TopicRouteData, topic: str | None) -> TopicRouteData:
    """The lowest slave of a name that has lost its master, and offers nothing for writing, is shown as id 0.

    Not in the routes of topics that are there to show real ids.
    """
    if topic is None or topic.startswith(SYNC_BROKER_MEMBER_GROUP_PREFIX):
        return route
    perms = {queue.broker_name: queue.perm for queue in route.queue_datas}
    return attrs.evolve(
        route, broker_datas=frozenset(_acting(data, perms.get(data.broker_name)) for data in route.broker_datas)
    )


def _acting(data: BrokerData, perm: int | None) -> BrokerData:
    addrs = data.broker_addrs
    if not addrs or MASTER_ID in addrs or not data.enable_acting_master or perm is None or perm & PERM_WRITE:
        return data
    lowest = min(addrs)
    return attrs.evolve(data, broker_addrs=addrs.remove(lowest).insert(MASTER_ID, addrs[lowest]))


def of_zone(route: TopicRouteData, zone_name: str) -> TopicRouteData:
    """Without names that have a master in another zone, their queues, and their addresses' filter servers; mappings stay.

    A name that has lost its master is shown to everybody. Source: `ZoneRouteRPCHook.filterByZoneName`, 5.1.4 and 5.3.3.
    """
    kept: set[BrokerData] = set()
    left_out: set[BrokerData] = set()
    for data in route.broker_datas:
        is_near = data.zone_name is not None and data.zone_name.lower() == zone_name.lower()
        has_master = data.broker_addrs.get(MASTER_ID) is not None
        (kept if is_near or not has_master else left_out).add(data)
    names = {data.broker_name for data in left_out}
    filters = route.filter_server_table
    for data in left_out:
        for addr in data.broker_addrs.values():
            filters = filters.discard(addr)
    return attrs.evolve(
        route,
        broker_datas=frozenset(kept),
        queue_datas=frozenset(queue for queue in route.queue_datas if queue.broker_name not in names),
        filter_server_table=filters,
    )


def get_all_topic_list(tables: Tables) -> TopicList:
    """Every topic that has queues."""
    return TopicList(topic_list=frozenset(tables.topic_queue_table))
