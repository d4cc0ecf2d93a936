"""Sets of NameServers as an audit sees them, for tests: sound ones, made of the model's tables, to be changed."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from namesrv.check.audit.signs import seen_of
from namesrv.check.audit.snapshots import Look, Snapshot, judged
from namesrv.check.seen import Seen
from namesrv.explore.peers import H2, ONE, TWO, registration
from namesrv.model.events import Channel, Opaque, Received, Request
from namesrv.model.profiles import APACHE_5_5_0, Profile
from namesrv.model.system.nameserver_part import NameServerPart, happened, settled
from namesrv.model.values import BrokerData, QueueData, TopicQueueMappingInfo, table

X, Y, Z = "x:9876", "y:9876", "z:9876"
H3 = "h3:10911"
MAPPING = TopicQueueMappingInfo(topic="t1", bname="b", total_queues=2, curr_id_map=table({0: 0, 1: 1}))
SOUND = (
    (ONE, registration()),
    (TWO, registration(H2, ("C1", "a", 1))),
    (Channel(3), registration(H3, ("C2", "b", 0), {"t1": 4, "t3": 8}, mappings={"t1": MAPPING}, filters=("f:1",))),
)
"""A master with its slave, and a broker of another cluster with a static topic and a filter server."""


def told(requests: Iterable[tuple[Channel, Request]], profile: Profile = APACHE_5_5_0) -> NameServerPart:
    """A NameServer that was told this, one after the other."""
    part = NameServerPart()
    for channel, request in requests:
        part, _ = happened(part, Received(channel=channel, opaque=Opaque(1), request=request), profile)
        part, _ = settled(part, profile)
    return part


def sound(profile: Profile = APACHE_5_5_0) -> Seen:
    """What a NameServer shows at which those have registered."""
    return seen_of(told(SOUND, profile).state.tables, profile)


def look(where: str, seen: Seen, profile: Profile = APACHE_5_5_0) -> Look:
    """One NameServer in a snapshot."""
    return Look(where=where, seen=seen, profile=profile)


def snapshot(*seen: Seen, profile: Profile = APACHE_5_5_0) -> Snapshot:
    """A set of up to three."""
    return judged(tuple(look(where, each, profile) for where, each in zip((X, Y, Z), seen, strict=False)))


def with_broker(seen: Seen, data: BrokerData) -> Seen:
    """With that entry in the broker table."""
    clusters = attrs.evolve(
        seen.clusters, broker_addr_table=seen.clusters.broker_addr_table.insert(data.broker_name, data)
    )
    return attrs.evolve(seen, clusters=clusters)


def broker(seen: Seen, name: str) -> BrokerData:
    """The entry of that name."""
    return seen.clusters.broker_addr_table[name]


def with_cluster(seen: Seen, cluster: str, *names: str) -> Seen:
    """With those names in that cluster."""
    named = seen.clusters.cluster_addr_table.insert(cluster, frozenset(names))
    return attrs.evolve(seen, clusters=attrs.evolve(seen.clusters, cluster_addr_table=named))


def with_route(seen: Seen, topic: str, **fields: object) -> Seen:
    """With those parts of a topic's route changed; no route at all without any."""
    route = seen.routes[topic]
    assert route is not None
    changed = attrs.evolve(route, **fields) if fields else None  # type: ignore[arg-type]  # fields of a route, by name
    return attrs.evolve(seen, routes={**seen.routes, topic: changed})


def with_queues(seen: Seen, topic: str, name: str, queues: int) -> Seen:
    """With so many queues of the topic at that broker; 0: it does not have the topic."""
    route = seen.routes[topic]
    assert route is not None
    others = {queue for queue in route.queue_datas if queue.broker_name != name}
    own = QueueData(broker_name=name, read_queue_nums=queues, write_queue_nums=queues, perm=6, topic_sys_flag=0)
    return with_route(seen, topic, queue_datas=frozenset(others | ({own} if queues else set())))
