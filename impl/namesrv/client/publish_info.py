"""What a producer and a consumer make of a route: the queues that they use.

Source: `MQClientInstance.topicRouteData2TopicPublishInfo`, `.topicRouteData2TopicSubscribeInfo`,
`ClientMetadata.topicRouteData2EndpointsForStaticTopic`, 5.5.0.
"""

import re
from collections.abc import Iterable
from typing import Final

import attrs

from namesrv.model.values import MASTER_ID, PERM_READ, PERM_WRITE, TopicQueueMappingInfo, TopicRouteData

GLOBAL_SCOPE: Final = "__global__"
LOGICAL_QUEUE_MOCK_BROKER: Final = "__syslo__"
"""`MixAll.METADATA_SCOPE_GLOBAL`, `.LOGICAL_QUEUE_MOCK_BROKER_PREFIX`."""
NUMBER: Final = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
MAX_QUEUES: Final = 65_536
"""A judgement of ours: a route that asks for more queues of one broker is cut off there, for nobody has so many."""


@attrs.frozen(order=True)
class MessageQueue:
    """One queue of a topic on a broker; of a static topic, on the logical broker of its scope."""

    broker_name: str
    queue_id: int


@attrs.frozen(kw_only=True)
class TopicPublishInfo:
    """The queues that a producer sends to, in the order of its round robin (Java's starts at a random one)."""

    message_queues: tuple[MessageQueue, ...]
    is_order_topic: bool


class OrderTopicConfError(ValueError):
    """An order topic config that Java's client fails on: it keeps the route that it had."""


def topic_publish_info(route: TopicRouteData) -> TopicPublishInfo:
    """The queues of brokers that may be written to and have a master. Raises `OrderTopicConfError`."""
    if route.order_topic_conf:
        return TopicPublishInfo(message_queues=tuple(_ordered(route.order_topic_conf)), is_order_topic=True)
    if route.topic_queue_mapping_by_broker and route.order_topic_conf is None:
        queues = sorted(_static_queues(route), key=lambda queue: (queue.queue_id, queue.broker_name))
        return TopicPublishInfo(message_queues=tuple(queues), is_order_topic=False)
    with_master = {data.broker_name for data in route.broker_datas if MASTER_ID in data.broker_addrs}
    found = [
        MessageQueue(queues.broker_name, queue_id)
        for queues in sorted(route.queue_datas, key=lambda data: data.broker_name or "")
        if queues.perm & PERM_WRITE and queues.broker_name is not None and queues.broker_name in with_master
        for queue_id in range(min(queues.write_queue_nums, MAX_QUEUES))
    ]
    return TopicPublishInfo(message_queues=tuple(found), is_order_topic=False)


def topic_subscribe_info(route: TopicRouteData) -> frozenset[MessageQueue]:
    """The queues that may be read from; whether there is a broker to read from is found out later."""
    if route.topic_queue_mapping_by_broker:
        return frozenset(_static_queues(route))
    return frozenset(
        MessageQueue(queues.broker_name, queue_id)
        for queues in route.queue_datas
        if queues.perm & PERM_READ and queues.broker_name is not None
        for queue_id in range(min(queues.read_queue_nums, MAX_QUEUES))
    )


def _ordered(conf: str) -> Iterable[MessageQueue]:
    """`BROKER:NUMBER;...`"""
    parts = conf.split(";")
    while parts and not parts[-1]:
        parts.pop()
    for part in parts:
        broker_name, _, rest = part.partition(":")
        number = rest.partition(":")[0]
        if NUMBER.fullmatch(number) is None:
            raise OrderTopicConfError(f"order topic config: expected BROKER:NUMBER;..., got {conf!r}")
        for queue_id in range(min(int(number), MAX_QUEUES)):
            yield MessageQueue(broker_name, queue_id)


def _static_queues(route: TopicRouteData) -> Iterable[MessageQueue]:
    """Of each scope as many logic queues as the greatest mapping says, wherever they live."""
    scopes: dict[str, list[TopicQueueMappingInfo]] = {}
    for info in (route.topic_queue_mapping_by_broker or {}).values():
        if info.scope is not None:
            scopes.setdefault(info.scope, []).append(info)
    for scope, infos in scopes.items():
        # Java means to take the newest epoch's only, but never raises the -1 that it compares with: all of them count.
        total = max((info.total_queues for info in infos if info.epoch >= -1), default=0)
        name = LOGICAL_QUEUE_MOCK_BROKER + (scope[2:] if scope == GLOBAL_SCOPE else scope)
        for queue_id in range(min(total, MAX_QUEUES)):
            yield MessageQueue(name, queue_id)
