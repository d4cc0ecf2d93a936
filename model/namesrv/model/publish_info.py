"""The queues that a producer or a consumer makes of a route, and whether a route is news to it.

Source: `MQClientInstance.topicRouteData2TopicPublishInfo`, `.topicRouteData2TopicSubscribeInfo`,
`ClientMetadata.topicRouteData2EndpointsForStaticTopic`, `TopicRouteData.topicRouteDataChanged`, 5.5.0.
"""

from typing import Final

import attrs

from namesrv.model.values import MASTER_ID, PERM_READ, PERM_WRITE, BrokerData, TopicRouteData

METADATA_SCOPE_GLOBAL: Final = "__global__"
LOGICAL_QUEUE_MOCK_BROKER_PREFIX: Final = "__syslo__"
MAX_INT: Final = (1 << 31) - 1


class NotANumber(ValueError):
    """An order topic config in which something else stands where the number of queues should: Java throws."""


@attrs.frozen(order=True)
class MessageQueue:
    """One queue. `broker_name`: of a static topic's, that of its scope."""

    broker_name: str
    queue_id: int


@attrs.frozen(kw_only=True)
class TopicPublishInfo:
    """What a producer may send to, in the order in which it goes round."""

    message_queues: tuple[MessageQueue, ...]
    is_order_topic: bool = False


def topic_publish_info(route: TopicRouteData) -> TopicPublishInfo:
    """First the order topic config decides, then static mappings, then the queues of brokers with a master and perm to write.

    Raises `NotANumber`.
    """
    if route.order_topic_conf:
        return TopicPublishInfo(message_queues=_of_order_conf(route.order_topic_conf), is_order_topic=True)
    if route.order_topic_conf is None and route.topic_queue_mapping_by_broker:
        return TopicPublishInfo(message_queues=tuple(sorted(_of_mappings(route), key=_by_id)))
    queues: list[MessageQueue] = []
    for data in sorted(route.queue_datas, key=lambda queue_data: queue_data.broker_name or ""):
        if data.perm & PERM_WRITE and _has_master(route, data.broker_name):
            queues += [MessageQueue(data.broker_name or "", number) for number in range(data.write_queue_nums)]
    return TopicPublishInfo(message_queues=tuple(queues))


def topic_subscribe_info(route: TopicRouteData) -> frozenset[MessageQueue]:
    """The queues with perm to read: a consumer asks for no master."""
    if route.topic_queue_mapping_by_broker:
        return frozenset(_of_mappings(route))
    return frozenset(
        MessageQueue(data.broker_name or "", number)
        for data in route.queue_datas
        if data.perm & PERM_READ
        for number in range(data.read_queue_nums)
    )


def is_route_changed(old: TopicRouteData, new: TopicRouteData) -> bool:
    """Whether `new` is news. A broker's cluster, zone and acting master are not looked at: `BrokerData.equals`."""
    return (_compared(old), old.queue_datas, old.filter_server_table, old.topic_queue_mapping_by_broker) != (
        _compared(new),
        new.queue_datas,
        new.filter_server_table,
        new.topic_queue_mapping_by_broker,
    ) or old.order_topic_conf != new.order_topic_conf


def _compared(route: TopicRouteData) -> frozenset[tuple[str | None, object]]:
    return frozenset((data.broker_name, data.broker_addrs) for data in route.broker_datas)


def _by_id(queue: MessageQueue) -> tuple[int, str]:
    return queue.queue_id, queue.broker_name


def _has_master(route: TopicRouteData, broker_name: str | None) -> bool:
    def is_it(data: BrokerData) -> bool:
        return data.broker_name == broker_name and MASTER_ID in data.broker_addrs

    return any(map(is_it, route.broker_datas))


def _of_order_conf(conf: str) -> tuple[MessageQueue, ...]:
    """`broker-a:4;broker-b:4`."""
    queues: list[MessageQueue] = []
    items = conf.split(";")
    while items and not items[-1]:
        items.pop()  # as Java's split does
    for item in items:
        broker_name, *numbers = item.split(":")
        number = numbers[0] if numbers else ""
        digits = number[1:] if number[:1] in ("-", "+") else number
        if not (digits.isascii() and digits.isdecimal()) or int(number) > MAX_INT:
            raise NotANumber(f"order topic config: expected BROKER:NUMBER;..., got {conf!r}")
        queues += [MessageQueue(broker_name, queue_id) for queue_id in range(int(number))]
    return tuple(queues)


def _of_mappings(route: TopicRouteData) -> list[MessageQueue]:
    """Of each scope, the logic queues: as many as the greatest mapping has. The epoch decides only where each lives."""
    totals: dict[str, int] = {}
    for info in (route.topic_queue_mapping_by_broker or {}).values():
        if info.scope is not None:
            counted = info.total_queues if info.epoch >= -1 else 0
            totals[info.scope] = max(counted, totals.get(info.scope, 0))
    queues = []
    for scope, total in totals.items():
        name = scope.removeprefix("__") if scope == METADATA_SCOPE_GLOBAL else scope
        queues += [MessageQueue(LOGICAL_QUEUE_MOCK_BROKER_PREFIX + name, number) for number in range(total)]
    return queues
