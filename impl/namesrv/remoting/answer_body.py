"""What NameServers answer (and REGISTER_TOPIC_IN_NAMESRV sends): routes, clusters, topics, keys, member groups.

Readers take every release's answers, broker ids with quotes or without. Writers write as fastjson does: keys sorted, nulls left
out, and what is a set in the values sorted too, so that equal values give equal bytes.
Source: `TopicRouteData`, `BrokerData`, `QueueData`, `ClusterInfo`, `TopicList`, `KVTable`, `BrokerMemberGroup`,
`GetBrokerMemberGroupResponseBody`, 4.9.7 and 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable
from typing import Any, Final

from rpds import HashTrieMap

from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    KVTable,
    QueueData,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
    table,
)
from namesrv.remoting.body import read_mapping_info, write_mapping_info
from namesrv.remoting.dialect import FASTJSON_2_0_59, Dialect
from namesrv.remoting.fastjson import NULL, IntegerKeys, dumps, loads
from namesrv.remoting.json_fields import (
    LONG_BOUND,
    Fields,
    nullable_texts,
    read_bool,
    read_class,
    read_int,
    read_integer_map,
    read_list,
    read_map,
    read_object,
    read_text,
    texts,
    to_text,
)

# Reading ----------------------------------------------------------------------------------------------------------


QUEUE_FIELDS: Final = frozenset({"brokerName", "readQueueNums", "writeQueueNums", "perm", "topicSysFlag"})
ROUTE_FIELDS: Final = frozenset(
    {"queueDatas", "brokerDatas", "filterServerTable", "topicQueueMappingByBroker", "orderTopicConf"}
)


def _read_queue_data(value: object, where: str) -> QueueData:
    return _queue_data(read_object(value, where), FASTJSON_2_0_59)


def _queue_data(fields: Fields, d: Dialect) -> QueueData:
    return QueueData(
        broker_name=read_text(fields, "brokerName"),
        read_queue_nums=read_int(fields, "readQueueNums", 0, d),
        write_queue_nums=read_int(fields, "writeQueueNums", 0, d),
        perm=read_int(fields, "perm", 0, d),
        topic_sys_flag=read_int(fields, "topicSysFlag", 0, d),
    )


def _read_addrs(fields: Fields, where: str) -> HashTrieMap[int, str | None]:
    addrs = fields.get("brokerAddrs")
    return table() if addrs is None else read_integer_map(addrs, f"{where}.brokerAddrs", LONG_BOUND, _nullable_text)


def _nullable_text(value: object, where: str) -> str | None:
    return None if value is None else to_text(value, where)


def _nullable_texts(value: object, where: str) -> tuple[str, ...] | None:
    return None if value is None else texts(value, where)


def _read_names(value: object, where: str) -> frozenset[str | None]:
    return frozenset(nullable_texts(read_list(value, where), where))


def _read_broker_data(value: object, where: str) -> BrokerData:
    fields = read_object(value, where)
    return BrokerData(
        cluster=read_text(fields, "cluster"),
        broker_name=read_text(fields, "brokerName"),
        broker_addrs=_read_addrs(fields, where),
        enable_acting_master=read_bool(fields, "enableActingMaster"),
        zone_name=read_text(fields, "zoneName"),
    )


def _items(fields: Fields, key: str) -> Iterable[tuple[object, str]]:
    value = fields.get(key)
    items = [] if value is None else read_list(value, key)
    return ((item, f"{key}[{index}]") for index, item in enumerate(items))


def decode_topic_route_data(data: bytes) -> TopicRouteData:
    """A route, from any release. Raises `BodyError`."""
    fields = read_object(loads(data, "TopicRouteData"), "its start")
    filters = fields.get("filterServerTable")
    mappings = fields.get("topicQueueMappingByBroker")
    return TopicRouteData(
        queue_datas=frozenset(_read_queue_data(item, where) for item, where in _items(fields, "queueDatas")),
        broker_datas=frozenset(_read_broker_data(item, where) for item, where in _items(fields, "brokerDatas")),
        filter_server_table=table() if filters is None else read_map(filters, "filterServerTable", _nullable_texts),
        topic_queue_mapping_by_broker=None
        if mappings is None
        else read_map(mappings, "topicQueueMappingByBroker", read_mapping_info),
        order_topic_conf=read_text(fields, "orderTopicConf"),
    )


def decode_queue_datas(data: bytes, dialect: Dialect = FASTJSON_2_0_59) -> list[QueueData | None] | None:
    """The queues of a route in the order in which it has them, as REGISTER_TOPIC_IN_NAMESRV sends them. Raises `BodyError`."""
    fields = read_class(loads(data, "TopicRouteData", dialect), "its start", ROUTE_FIELDS, dialect)
    if fields is None:
        return None
    for item, where in _items(fields, "brokerDatas"):  # read as well, though nobody looks at them
        _read_broker_data(item, where)
    if fields.get("filterServerTable") is not None:
        read_map(fields["filterServerTable"], "filterServerTable", _nullable_texts)
    queues = fields.get("queueDatas")
    if queues is None:
        return None
    found: list[QueueData | None] = []
    for index, item in enumerate([queues] if isinstance(queues, dict) else read_list(queues, "queueDatas")):
        queue = read_class(item, f"queueDatas[{index}]", QUEUE_FIELDS, dialect)
        found.append(None if queue is None else _queue_data(queue, dialect))
    return found


def decode_cluster_info(data: bytes) -> ClusterInfo:
    """All brokers of all clusters. Raises `BodyError`."""
    fields = read_object(loads(data, "ClusterInfo"), "its start")
    brokers = fields.get("brokerAddrTable")
    clusters = fields.get("clusterAddrTable")
    return ClusterInfo(
        broker_addr_table=table() if brokers is None else read_map(brokers, "brokerAddrTable", _read_broker_data),
        cluster_addr_table=table() if clusters is None else read_map(clusters, "clusterAddrTable", _read_names),
    )


def decode_topic_list(data: bytes) -> TopicList:
    """Topic names. Raises `BodyError`."""
    fields = read_object(loads(data, "TopicList"), "its start")
    names = fields.get("topicList")
    return TopicList(
        topic_list=frozenset() if names is None else _read_names(names, "topicList"),
        broker_addr=read_text(fields, "brokerAddr"),
    )


def decode_kv_table(data: bytes) -> KVTable:
    """The keys of one KV namespace. Raises `BodyError`."""
    fields = read_object(loads(data, "KVTable"), "its start")
    keys = fields.get("table")
    given = {} if keys is None else {k: v for k, v in read_object(keys, "table").items() if v is not None}
    return KVTable(table=read_map(given, "table", to_text))


def decode_broker_member_group(data: bytes) -> BrokerMemberGroup | None:
    """The brokers of one name; `None` where the answer holds none. Raises `BodyError`."""
    found = read_object(loads(data, "GetBrokerMemberGroupResponseBody"), "its start").get("brokerMemberGroup")
    if found is None:
        return None
    fields = read_object(found, "brokerMemberGroup")
    return BrokerMemberGroup(
        cluster=read_text(fields, "cluster"),
        broker_name=read_text(fields, "brokerName"),
        broker_addrs=_read_addrs(fields, "brokerMemberGroup"),
    )


# Writing ----------------------------------------------------------------------------------------------------------


def _sorted(names: Iterable[str | None]) -> list[Any]:
    """Sorted, nulls (which fastjson writes in a collection) first."""
    return [NULL if name is None else name for name in sorted(names, key=lambda name: (name is not None, name))]


def _write_addrs(addrs: HashTrieMap[int, str | None]) -> IntegerKeys:
    return IntegerKeys((broker_id, addrs[broker_id]) for broker_id in sorted(addrs))


def _write_broker_data(data: BrokerData, release_5: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "brokerAddrs": _write_addrs(data.broker_addrs),
        "brokerName": data.broker_name,
        "cluster": data.cluster,
    }
    if release_5:
        fields |= {"enableActingMaster": data.enable_acting_master, "zoneName": data.zone_name}
    return fields


def _write_queue_data(data: QueueData) -> dict[str, Any]:
    return {
        "brokerName": data.broker_name,
        "perm": data.perm,
        "readQueueNums": data.read_queue_nums,
        "topicSysFlag": data.topic_sys_flag,
        "writeQueueNums": data.write_queue_nums,
    }


def _write_mappings(infos: HashTrieMap[str | None, TopicQueueMappingInfo]) -> dict[str, Any]:
    return {str(name): write_mapping_info(infos[name]) for name in sorted(infos, key=str)}


def encode_topic_route_data(route: TopicRouteData, *, quoted: bool, release_5: bool = True) -> bytes:
    """A route. `quoted`: broker ids in quotes and all in ASCII (for clients from V4_9_4 on); `release_5`: with what 5.x adds."""
    mappings = route.topic_queue_mapping_by_broker if release_5 else None
    queues = [_write_queue_data(data) for data in route.queue_datas]
    brokers = [_write_broker_data(data, release_5) for data in route.broker_datas]
    filters = sorted(route.filter_server_table.items())
    fields = {
        "brokerDatas": sorted(brokers, key=dumps),
        "filterServerTable": {addr: None if servers is None else list(servers) for addr, servers in filters},
        "orderTopicConf": route.order_topic_conf,
        "queueDatas": sorted(queues, key=dumps),
        "topicQueueMappingByBroker": None if mappings is None else _write_mappings(mappings),
    }
    return dumps(fields, quoted=quoted)


def encode_queue_datas(queues: Iterable[QueueData | None] | None) -> bytes:
    """A route of queues only, in their order; `None`: without the key."""
    given = None if queues is None else [NULL if data is None else _write_queue_data(data) for data in queues]
    return dumps({"brokerDatas": [], "filterServerTable": {}, "queueDatas": given})


def encode_cluster_info(info: ClusterInfo, *, release_5: bool = True) -> bytes:
    """All brokers of all clusters; broker ids never in quotes."""
    brokers, clusters = info.broker_addr_table, info.cluster_addr_table
    return dumps(
        {
            "brokerAddrTable": {
                str(name): _write_broker_data(brokers[name], release_5) for name in sorted(brokers, key=str)
            },
            "clusterAddrTable": {str(name): _sorted(clusters[name]) for name in sorted(clusters, key=str)},
        }
    )


def encode_topic_list(topics: TopicList) -> bytes:
    """Topic names."""
    return dumps({"brokerAddr": topics.broker_addr, "topicList": _sorted(topics.topic_list)})


def encode_kv_table(keys: KVTable) -> bytes:
    """The keys of one KV namespace."""
    return dumps({"table": dict(sorted(keys.table.items()))})


def encode_broker_member_group(group: BrokerMemberGroup) -> bytes:
    """The brokers of one name; broker ids never in quotes."""
    fields = {
        "brokerAddrs": _write_addrs(group.broker_addrs),
        "brokerName": group.broker_name,
        "cluster": group.cluster,
    }
    return dumps({"brokerMemberGroup": fields})
