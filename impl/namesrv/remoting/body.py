"""What brokers send: registrations and DataVersions, between bytes and `namesrv.model.values`.

fastjson fills what is absent with the Java class's defaults and keeps an explicit null; unknown keys are passed over. One default
is no constant: a new `DataVersion` takes the reader's clock as its timestamp, so readers here have a `now_ms`.
Source: `RegisterBrokerBody`, `TopicConfigSerializeWrapper`, `TopicConfigAndMappingSerializeWrapper`, `DataVersion`,
`TopicConfig`, `TopicQueueMappingInfo`, 4.9.7 and 5.5.0. The compressed form is in `compressed`.
"""

from typing import Any, Final

from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, TopicQueueMappingInfo, table
from namesrv.remoting.fastjson import NULL, IntegerKeys, dumps, loads
from namesrv.remoting.json_fields import (
    INT_BOUND,
    Fields,
    read_bool,
    read_int,
    read_integer_map,
    read_long,
    read_map,
    read_object,
    read_text,
    texts,
    to_number,
    to_text,
)

# Reading ----------------------------------------------------------------------------------------------------------


def read_data_version(value: object, where: str = "dataVersion", *, now_ms: int = 0) -> DataVersion | None:
    """A DataVersion, or `None` for null. Java takes its own clock where the timestamp is absent: `now_ms`, epoch milliseconds."""
    if value is None:
        return None
    fields = read_object(value, where)
    counter = None if "counter" in fields and fields["counter"] is None else read_long(fields, "counter", 0)
    return DataVersion(
        state_version=read_long(fields, "stateVersion", 0),
        timestamp=read_long(fields, "timestamp", now_ms),
        counter=counter,
    )


def read_topic_config(value: object, where: str) -> TopicConfig:
    """One topic, absent fields as in `new TopicConfig()`."""
    fields = read_object(value, where)
    attributes = fields.get("attributes")
    return TopicConfig(
        topic_name=read_text(fields, "topicName"),
        read_queue_nums=read_int(fields, "readQueueNums", 16),
        write_queue_nums=read_int(fields, "writeQueueNums", 16),
        perm=read_int(fields, "perm", 6),
        topic_filter_type=read_text(fields, "topicFilterType") or "SINGLE_TAG",
        topic_sys_flag=read_int(fields, "topicSysFlag", 0),
        order=read_bool(fields, "order"),
        attributes=table() if attributes is None else read_attributes(attributes, f"{where}.attributes"),
    )


def read_attributes(value: object, where: str) -> Any:
    """A topic's attributes; those that are null are as good as absent."""
    given = {key: item for key, item in read_object(value, where).items() if item is not None}
    return read_map(given, where, to_text)


def read_mapping_info(value: object, where: str) -> TopicQueueMappingInfo:
    """One static topic's mapping."""
    fields = read_object(value, where)
    ids = fields.get("currIdMap", {})
    return TopicQueueMappingInfo(
        topic=read_text(fields, "topic"),
        bname=read_text(fields, "bname"),
        total_queues=read_int(fields, "totalQueues", 0),
        scope=read_text(fields, "scope", "__global__"),
        epoch=read_long(fields, "epoch", 0),
        dirty=read_bool(fields, "dirty"),
        curr_id_map=None if ids is None else read_integer_map(ids, f"{where}.currIdMap", INT_BOUND, _queue_id),
    )


def _queue_id(value: object, where: str) -> int:
    return to_number(value, where, INT_BOUND)


def decode_data_version(data: bytes, *, now_ms: int = 0) -> DataVersion | None:
    """The body of QUERY_DATA_VERSION and of its answer; `None` for null, and for no bytes. Raises `BodyError`."""
    return read_data_version(loads(data, "DataVersion"), "its start", now_ms=now_ms) if data else None


def decode_register_broker_body(data: bytes, *, now_ms: int = 0) -> RegisterBrokerBody:
    """The plain body of REGISTER_BROKER from V3_0_11 on. Raises `BodyError`."""
    fields = read_object(loads(data, "RegisterBrokerBody"), "its start")
    filters = fields.get("filterServerList", [])
    servers = None if filters is None else texts(filters, "filterServerList")
    wrapper = fields.get("topicConfigSerializeWrapper", {})
    return _read_wrapper(read_object(wrapper, "topicConfigSerializeWrapper"), servers, now_ms)


def decode_old_register_broker_body(data: bytes, *, now_ms: int = 0) -> RegisterBrokerBody:
    """The body of REGISTER_BROKER before V3_0_11: topics and their version, no filter servers. Raises `BodyError`."""
    return _read_wrapper(read_object(loads(data, "TopicConfigSerializeWrapper"), "its start"), None, now_ms)


def _read_wrapper(wrapper: Fields, filters: tuple[str, ...] | None, now_ms: int) -> RegisterBrokerBody:
    configs = wrapper.get("topicConfigTable", {})
    infos = wrapper.get("topicQueueMappingInfoMap")
    return RegisterBrokerBody(
        topic_config_table=None if configs is None else read_map(configs, "topicConfigTable", read_topic_config),
        data_version=read_data_version(wrapper.get("dataVersion", {}), now_ms=now_ms),
        topic_queue_mapping_info_map=table()
        if infos is None
        else read_map(infos, "topicQueueMappingInfoMap", read_mapping_info),
        filter_server_list=filters,
    )


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
    fields: dict[str, Any] = {"attributes": dict(sorted(config.attributes.items()))} if attributes else {}
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
    """The topics and their version as JSON, topics sorted; `release_5`: with what only 5.x writes."""
    configs = None
    if body.topic_config_table is not None:
        entries = sorted(body.topic_config_table.items())
        configs = {key: write_topic_config(config, attributes=release_5) for key, config in entries}
    version = None if body.data_version is None else write_data_version(body.data_version, state_version=release_5)
    if not release_5:
        return {"dataVersion": version, "topicConfigTable": configs}
    infos = sorted(body.topic_queue_mapping_info_map.items())
    return {
        "dataVersion": version,
        "mappingDataVersion": write_data_version(mapping_data_version or DataVersion()),
        "topicConfigTable": configs,
        "topicQueueMappingDetailMap": {},
        "topicQueueMappingInfoMap": {key: write_mapping_info(info) for key, info in infos},
    }


def encode_register_broker_body(
    body: RegisterBrokerBody, *, release_5: bool = True, mapping_data_version: DataVersion | None = None
) -> bytes:
    """The plain body of REGISTER_BROKER, as a 5.x broker (or a 4.9 one) writes it, up to the order of topics.

    `mapping_data_version`: that of the broker's static topics, which NameServers do not look at.
    """
    filters = None if body.filter_server_list is None else list(body.filter_server_list)
    wrapper = write_wrapper(body, release_5=release_5, mapping_data_version=mapping_data_version)
    return with_nulls({"filterServerList": filters, "topicConfigSerializeWrapper": wrapper})


def encode_old_register_broker_body(body: RegisterBrokerBody) -> bytes:
    """The body of REGISTER_BROKER before V3_0_11: the wrapper alone."""
    return with_nulls(write_wrapper(body))


NULLABLE: Final = frozenset({"filterServerList", "dataVersion", "topicConfigTable", "counter", "currIdMap", "scope"})
"""Fields where null differs from absent when read back: written as null."""


def with_nulls(value: dict[str, Any]) -> bytes:
    """As `dumps`, but a null of `NULLABLE` is written: a broker never sends one, a checker does."""
    return dumps(_explicit(value))


def _explicit(value: Any) -> Any:
    if isinstance(value, dict) and not isinstance(value, IntegerKeys):
        return {k: NULL if v is None and k in NULLABLE else _explicit(v) for k, v in value.items()}
    return value


def encode_data_version(version: DataVersion, *, state_version: bool = True) -> bytes:
    """The body of QUERY_DATA_VERSION; `state_version`: as a 5.x broker writes it."""
    return with_nulls(write_data_version(version, state_version=state_version))
