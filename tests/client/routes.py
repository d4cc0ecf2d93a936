"""Routes in a small world: two brokers, few queues, so that they collide."""

from __future__ import annotations

from hypothesis import strategies as st

from namesrv.model.values import BrokerData, QueueData, TopicQueueMappingInfo, TopicRouteData, table

NAMES = st.sampled_from(["a", "b"])
QUEUES = st.builds(
    QueueData,
    broker_name=NAMES,
    read_queue_nums=st.integers(-1, 3),
    write_queue_nums=st.integers(-1, 3),
    perm=st.sampled_from([0, 2, 4, 6, 7]),
    topic_sys_flag=st.sampled_from([0, 1]),
)
BROKERS = st.builds(
    BrokerData,
    cluster=st.sampled_from(["C", "D"]),
    broker_name=NAMES,
    broker_addrs=st.sets(st.sampled_from([0, 1, 2])).map(lambda ids: table({i: f"10.0.0.{i}:10911" for i in ids})),
    enable_acting_master=st.booleans(),
)
MAPPINGS = st.builds(
    TopicQueueMappingInfo,
    topic=st.just("t"),
    bname=NAMES,
    total_queues=st.integers(0, 3),
    scope=st.sampled_from(["__global__", "zone", None]),
    epoch=st.sampled_from([-2, 0, 1]),
)
ORDER_CONFS = st.sampled_from(
    ["", "a:2", "a:2;b:1", "a:2;", ";", "a", "a:", "a:x", "a:-1", "a:+1;;b:1", "a:99999999999", "a:1:2"]
)


def by_name(found: list[QueueData]) -> frozenset[QueueData]:
    """One of each broker name, as a NameServer keeps them."""
    return frozenset({queues.broker_name: queues for queues in found}.values())


def brokers_by_name(found: list[BrokerData]) -> frozenset[BrokerData]:
    """One of each name."""
    return frozenset({data.broker_name: data for data in found}.values())


ROUTES = st.builds(
    TopicRouteData,
    queue_datas=st.lists(QUEUES, max_size=3).map(by_name),
    broker_datas=st.lists(BROKERS, max_size=3).map(brokers_by_name),
    topic_queue_mapping_by_broker=st.none() | st.dictionaries(NAMES, MAPPINGS, max_size=2).map(table),
    order_topic_conf=st.none() | st.none() | ORDER_CONFS,
)
