"""Bodies: between bytes and `namesrv.model.values`, as real releases write and read them.

fastjson fills what is absent with the Java class's defaults and keeps an explicit null; unknown keys are passed over.
Source: `RegisterBrokerBody`, `TopicConfigSerializeWrapper`, `TopicRouteData`, `ClusterInfo`, `TopicList`, `KVTable`, 4.9.7, 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rpds import HashTrieMap

from namesrv.model.values import (
    BrokerData,
    ClusterInfo,
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
    table,
)
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import NULL, IntegerKeys, dumps, loads

V = TypeVar("V")
Fields = Mapping[str, Any]


# Reading ----------------------------------------------------------------------------------------------------------


def _object(value: object, where: str) -> Fields:
    if isinstance(value, dict):
        return value
    raise BodyError("body", where, "a JSON object", "null" if value is None else type(value).__name__)


def _list(value: object, where: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise BodyError("body", where, "a JSON array", "null" if value is None else type(value).__name__)


def _int(fields: Fields, key: str, default: int) -> int:
    """A number; fastjson reads one from a string too, and null as a primitive's zero."""
    value = fields.get(key, default)
    if isinstance(value, int):
        return int(value)
    if value is None:
        return 0
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BodyError("body", key, "a number", repr(value)) from error


def _text(fields: Fields, key: str, default: str | None = None) -> str | None:
    value = fields.get(key, default)
    return value if value is None or isinstance(value, str) else str(value)


def _map(value: object, where: str, read: Callable[[object, str], V]) -> HashTrieMap[Any, V]:
    return table({key: read(item, f"{where}.{key}") for key, item in _object(value, where).items()})


def _integer_map(value: object, where: str) -> HashTrieMap[int, Any]:
    try:
        return table({int(key): item for key, item in _object(value, where).items()})
    except ValueError as error:
        raise BodyError("body", where, "integer keys", str(error)) from error


def read_data_version(value: object, where: str = "dataVersion", *, now_ms: int = 0) -> DataVersion | None:
    """A DataVersion, or `None` for null. Java takes its own clock where the timestamp is absent: `now_ms`, epoch milliseconds."""
    if value is None:
        return None
    fields = _object(value, where)
    counter = None if "counter" in fields and fields["counter"] is None else _int(fields, "counter", 0)
    return DataVersion(
        state_version=_int(fields, "stateVersion", 0), timestamp=_int(fields, "timestamp", now_ms), counter=counter
    )


def read_topic_config(value: object, where: str) -> TopicConfig:
    """One topic, absent fields as in `new TopicConfig()`."""
    fields = _object(value, where)
    attributes = fields.get("attributes")
    return TopicConfig(
        topic_name=_text(fields, "topicName"),
        read_queue_nums=_int(fields, "readQueueNums", 16),
        write_queue_nums=_int(fields, "writeQueueNums", 16),
        perm=_int(fields, "perm", 6),
        topic_filter_type=_text(fields, "topicFilterType", "SINGLE_TAG") or "SINGLE_TAG",
        topic_sys_flag=_int(fields, "topicSysFlag", 0),
        order=fields.get("order") is True,
        attributes=table() if attributes is None else _map(attributes, f"{where}.attributes", lambda v, _: str(v)),
    )


def read_mapping_info(value: object, where: str) -> TopicQueueMappingInfo:
    """One static topic's mapping."""
    fields = _object(value, where)
    ids = fields.get("currIdMap", {})
    return TopicQueueMappingInfo(
        topic=_text(fields, "topic"),
        bname=_text(fields, "bname"),
        total_queues=_int(fields, "totalQueues", 0),
        scope=_text(fields, "scope", "__global__"),
        epoch=_int(fields, "epoch", 0),
        dirty=fields.get("dirty") is True,
        curr_id_map=None if ids is None else _integer_map(ids, f"{where}.currIdMap"),
    )


def decode_data_version(data: bytes, *, now_ms: int = 0) -> DataVersion | None:
    """The body of QUERY_DATA_VERSION and of its answer. Raises `BodyError`."""
    return read_data_version(loads(data), "its start", now_ms=now_ms)


def decode_register_broker_body(data: bytes, *, now_ms: int = 0) -> RegisterBrokerBody:
    """The plain body of REGISTER_BROKER from V3_0_11 on. Raises `BodyError`."""
    fields = _object(loads(data), "its start")
    filters = fields.get("filterServerList", [])
    servers = None if filters is None else tuple(str(item) for item in _list(filters, "filterServerList"))
    wrapper = fields.get("topicConfigSerializeWrapper", {})
    return _read_wrapper(_object(wrapper, "topicConfigSerializeWrapper"), servers, now_ms)


def decode_old_register_broker_body(data: bytes, *, now_ms: int = 0) -> RegisterBrokerBody:
    """The body of REGISTER_BROKER before V3_0_11: topics and their version, no filter servers. Raises `BodyError`."""
    return _read_wrapper(_object(loads(data), "its start"), None, now_ms)


def _read_wrapper(wrapper: Fields, filters: tuple[str, ...] | None, now_ms: int) -> RegisterBrokerBody:
    configs = wrapper.get("topicConfigTable", {})
    infos = wrapper.get("topicQueueMappingInfoMap") or {}
    return RegisterBrokerBody(
        topic_config_table=None if configs is None else _map(configs, "topicConfigTable", read_topic_config),
        data_version=read_data_version(wrapper.get("dataVersion", {}), now_ms=now_ms),
        topic_queue_mapping_info_map=_map(infos, "topicQueueMappingInfoMap", read_mapping_info),
        filter_server_list=filters,
    )


def _read_queue_data(value: object, where: str) -> QueueData:
    fields = _object(value, where)
    return QueueData(
        broker_name=_text(fields, "brokerName"),
        read_queue_nums=_int(fields, "readQueueNums", 0),
        write_queue_nums=_int(fields, "writeQueueNums", 0),
        perm=_int(fields, "perm", 0),
        topic_sys_flag=_int(fields, "topicSysFlag", 0),
    )


def _read_broker_data(value: object, where: str) -> BrokerData:
    fields = _object(value, where)
    return BrokerData(
        cluster=_text(fields, "cluster"),
        broker_name=_text(fields, "brokerName"),
        broker_addrs=_integer_map(fields.get("brokerAddrs") or {}, f"{where}.brokerAddrs"),
        enable_acting_master=fields.get("enableActingMaster") is True,
        zone_name=_text(fields, "zoneName"),
    )


def decode_topic_route_data(data: bytes) -> TopicRouteData:
    """A route, from any release. Raises `BodyError`."""
    fields = _object(loads(data), "its start")
    mappings = fields.get("topicQueueMappingByBroker")
    return TopicRouteData(
        queue_datas=frozenset(
            _read_queue_data(v, "queueDatas") for v in _list(fields.get("queueDatas", []), "queueDatas")
        ),
        broker_datas=frozenset(
            _read_broker_data(v, "brokerDatas") for v in _list(fields.get("brokerDatas", []), "brokerDatas")
        ),
        filter_server_table=table(
            {
                addr: None if servers is None else tuple(_list(servers, "filterServerTable"))
                for addr, servers in _object(fields.get("filterServerTable") or {}, "filterServerTable").items()
            }
        ),
        topic_queue_mapping_by_broker=None
        if mappings is None
        else _map(mappings, "topicQueueMappingByBroker", read_mapping_info),
        order_topic_conf=_text(fields, "orderTopicConf"),
    )


def decode_cluster_info(data: bytes) -> ClusterInfo:
    """All brokers of all clusters. Raises `BodyError`."""
    fields = _object(loads(data), "its start")
    brokers = fields.get("brokerAddrTable") or {}
    clusters = fields.get("clusterAddrTable") or {}
    return ClusterInfo(
        broker_addr_table=_map(brokers, "brokerAddrTable", _read_broker_data),
        cluster_addr_table=_map(clusters, "clusterAddrTable", lambda names, where: frozenset(_list(names, where))),
    )


def decode_topic_list(data: bytes) -> TopicList:
    """Topic names. Raises `BodyError`."""
    fields = _object(loads(data), "its start")
    return TopicList(
        topic_list=frozenset(_list(fields.get("topicList", []), "topicList")), broker_addr=_text(fields, "brokerAddr")
    )


def decode_kv_table(data: bytes) -> KVTable:
    """The keys of one KV namespace. Raises `BodyError`."""
    fields = _object(loads(data), "its start")
    return KVTable(table=_map(fields.get("table") or {}, "table", lambda value, _: str(value)))


# Writing ----------------------------------------------------------------------------------------------------------


def write_data_version(version: DataVersion, *, state_version: bool = True) -> dict[str, Any]:
    """As JSON; `state_version`: whether the release has one (5.x)."""
    fields: dict[str, Any] = {"counter": version.counter}
    if state_version:
        fields["stateVersion"] = version.state_version
    fields["timestamp"] = version.timestamp
    return fields


def write_topic_config(config: TopicConfig, *, attributes: bool = True) -> dict[str, Any]:
    """As JSON; `attributes`: whether the release has them (5.x)."""
    fields: dict[str, Any] = {"attributes": dict(config.attributes)} if attributes else {}
    return fields | {
        "order": config.order,
        "perm": config.perm,
        "readQueueNums": config.read_queue_nums,
        "topicFilterType": config.topic_filter_type,
        "topicName": config.topic_name,
        "topicSysFlag": config.topic_sys_flag,
        "writeQueueNums": config.write_queue_nums,
    }


def write_mapping_info(info: TopicQueueMappingInfo) -> dict[str, Any]:
    """As JSON."""
    return {
        "bname": info.bname,
        "currIdMap": None if info.curr_id_map is None else IntegerKeys(sorted(info.curr_id_map.items())),
        "dirty": info.dirty,
        "epoch": info.epoch,
        "scope": info.scope,
        "topic": info.topic,
        "totalQueues": info.total_queues,
    }


def write_wrapper(
    body: RegisterBrokerBody, *, release_5: bool = True, mapping_data_version: DataVersion | None = None
) -> dict[str, Any]:
    """The topics and their version as JSON; `release_5`: with what only 5.x writes. A null that was read is left out."""
    configs = None
    if body.topic_config_table is not None:
        configs = {key: write_topic_config(c, attributes=release_5) for key, c in body.topic_config_table.items()}
    version = None if body.data_version is None else write_data_version(body.data_version, state_version=release_5)
    if not release_5:
        return {"dataVersion": version, "topicConfigTable": configs}
    return {
        "dataVersion": version,
        "mappingDataVersion": write_data_version(mapping_data_version or DataVersion()),
        "topicConfigTable": configs,
        "topicQueueMappingDetailMap": {},
        "topicQueueMappingInfoMap": {k: write_mapping_info(i) for k, i in body.topic_queue_mapping_info_map.items()},
    }


def encode_register_broker_body(
    body: RegisterBrokerBody, *, release_5: bool = True, mapping_data_version: DataVersion | None = None
) -> bytes:
    """The plain body of REGISTER_BROKER, as a 5.x broker (or a 4.9 one) writes it, up to the order of topics."""
    filters = None if body.filter_server_list is None else list(body.filter_server_list)
    wrapper = write_wrapper(body, release_5=release_5, mapping_data_version=mapping_data_version)
    return with_nulls({"filterServerList": filters, "topicConfigSerializeWrapper": wrapper})


def encode_old_register_broker_body(body: RegisterBrokerBody) -> bytes:
    """The body of REGISTER_BROKER before V3_0_11: the wrapper alone."""
    return with_nulls(write_wrapper(body))


NULLABLE = ("filterServerList", "dataVersion", "topicConfigTable", "counter")
"""Fields where null differs from absent when read back: written as null."""


def with_nulls(value: dict[str, Any]) -> bytes:
    """As `dumps`, but a null of `NULLABLE` is written: a broker never sends one, a checker does."""
    return dumps(_explicit(value))


def _explicit(value: Any) -> Any:
    if isinstance(value, IntegerKeys):
        return value
    if isinstance(value, dict):
        return {k: NULL if v is None and k in NULLABLE else _explicit(v) for k, v in value.items()}
    return value


def encode_data_version(version: DataVersion, *, state_version: bool = True) -> bytes:
    """The body of QUERY_DATA_VERSION."""
    return dumps(write_data_version(version, state_version=state_version))
