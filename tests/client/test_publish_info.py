"""The queues that clients make of routes: the implementation's against the model's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from namesrv.client import publish_info as ours
from namesrv.model import publish_info as model
from namesrv.model.values import BrokerData, QueueData, TopicQueueMappingInfo, TopicRouteData, table
from tests.client.routes import ROUTES

MASTER_A = BrokerData(cluster="C", broker_name="a", broker_addrs=table({0: "10.0.0.1:10911", 1: "10.0.0.2:10911"}))
SLAVE_B = BrokerData(cluster="C", broker_name="b", broker_addrs=table({1: "10.0.0.3:10911"}))


def queues(name: str, perm: int = 6) -> QueueData:
    return QueueData(broker_name=name, read_queue_nums=2, write_queue_nums=1, perm=perm, topic_sys_flag=0)


def pairs(found: tuple[ours.MessageQueue, ...] | frozenset[ours.MessageQueue]) -> list[tuple[str, int]]:
    return [(queue.broker_name, queue.queue_id) for queue in (sorted(found) if isinstance(found, frozenset) else found)]


def test_a_producer_uses_brokers_with_a_master_and_perm_to_write_a_consumer_any_with_perm_to_read() -> None:
    route = TopicRouteData(
        queue_datas=frozenset({queues("a"), queues("b")}), broker_datas=frozenset({MASTER_A, SLAVE_B})
    )
    assert pairs(ours.topic_publish_info(route).message_queues) == [("a", 0)]
    assert pairs(ours.topic_subscribe_info(route)) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_without_perm_there_is_no_queue() -> None:
    route = TopicRouteData(queue_datas=frozenset({queues("a", 4)}), broker_datas=frozenset({MASTER_A}))
    assert ours.topic_publish_info(route).message_queues == ()
    write_only = TopicRouteData(queue_datas=frozenset({queues("a", 2)}), broker_datas=frozenset({MASTER_A}))
    assert ours.topic_subscribe_info(write_only) == frozenset()


def test_an_order_topic_config_decides_alone() -> None:
    route = TopicRouteData(queue_datas=frozenset(), broker_datas=frozenset(), order_topic_conf="x:2;y:1")
    info = ours.topic_publish_info(route)
    assert (pairs(info.message_queues), info.is_order_topic) == ([("x", 0), ("x", 1), ("y", 0)], True)


def test_a_static_topic_has_logic_queues_by_scope() -> None:
    mapping = TopicQueueMappingInfo(topic="t", bname="a", total_queues=2, curr_id_map=table({0: 0}))
    route = TopicRouteData(
        queue_datas=frozenset({queues("a")}),
        broker_datas=frozenset({MASTER_A}),
        topic_queue_mapping_by_broker=table({"a": mapping}),
    )
    expected = [("__syslo__global__", 0), ("__syslo__global__", 1)]
    assert pairs(ours.topic_publish_info(route).message_queues) == expected
    assert pairs(ours.topic_subscribe_info(route)) == expected


@pytest.mark.parametrize("conf", ["a", "a:", "a:x", "a:1;b"])
def test_a_config_that_java_throws_on_is_an_error_that_shows_it(conf: str) -> None:
    route = TopicRouteData(queue_datas=frozenset(), broker_datas=frozenset(), order_topic_conf=conf)
    with pytest.raises(ours.OrderTopicConfError, match=f"expected BROKER:NUMBER;..., got '{conf}'"):
        ours.topic_publish_info(route)


@settings(deadline=None)
@given(ROUTES)
def test_implementation_and_model_make_the_same_queues_of_any_route(route: TopicRouteData) -> None:
    assert pairs(ours.topic_subscribe_info(route)) == [
        (queue.broker_name, queue.queue_id) for queue in sorted(model.topic_subscribe_info(route))
    ]
    try:
        expected = model.topic_publish_info(route)
    except model.NotANumber:
        with pytest.raises(ours.OrderTopicConfError):
            ours.topic_publish_info(route)
        return
    info = ours.topic_publish_info(route)
    assert info.is_order_topic == expected.is_order_topic
    assert pairs(info.message_queues) == [(queue.broker_name, queue.queue_id) for queue in expected.message_queues]
