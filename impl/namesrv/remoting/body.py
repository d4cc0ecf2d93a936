"""What brokers send: registrations and DataVersions, between bytes and `namesrv.model.values`.

fastjson fills what is absent with the Java class's defaults and keeps an explicit null; unknown keys are passed over. One default
is no constant: a new `DataVersion` takes the reader's clock as its timestamp, so readers here have a `now_ms`.
Source: `RegisterBrokerBody`, `TopicConfigSerializeWrapper`, `TopicConfigAndMappingSerializeWrapper`, `DataVersion`,
`TopicConfig`, `TopicQueueMappingInfo`, 4.9.7 and 5.5.0. The compressed form is in `compressed`.
"""

from functools import partial
from typing import Any, Final

from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, TopicQueueMappingInfo, table
from namesrv.remoting.dialect import FASTJSON_2_0_59, Dialect
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import NULL, IntegerKeys, dumps, loads
from namesrv.remoting.json_fields import (
    AS_NULL,
    INT_BOUND,
    WIDE,
    Fields,
    read_bool,
    read_class,
    read_int,
    read_integer_map,
    read_java_map,
    read_long,
    read_map,
    read_object,
    read_text,
    shown,
    texts,
    to_number,
    to_text,
)
from namesrv.remoting.loose_json import BareKey

# Reading ----------------------------------------------------------------------------------------------------------

VERSION_FIELDS: Final = frozenset({"counter", "timestamp"})
TOPIC_FIELDS: Final = frozenset(
    {"topicName", "readQueueNums", "writeQueueNums", "perm", "topicFilterType", "topicSysFlag", "order"}
)
MAPPING_FIELDS: Final = frozenset({"topic", "bname", "totalQueues", "scope", "epoch", "dirty", "currIdMap"})
BODY_FIELDS: Final = frozenset({"filterServerList", "topicConfigSerializeWrapper"})
WRAPPER_FIELDS: Final = frozenset({"dataVersion", "topicConfigTable"})
OF_RELEASE_5: Final = {
    VERSION_FIELDS: VERSION_FIELDS | {"stateVersion"},
    TOPIC_FIELDS: TOPIC_FIELDS | {"attributes"},
    WRAPPER_FIELDS: WRAPPER_FIELDS | {"topicQueueMappingInfoMap", "topicQueueMappingDetailMap", "mappingDataVersion"},
}
FILTER_TYPES: Final = 2
"""How many `TopicFilterType`s there are; a number stands for one."""


def _known(fields: frozenset[str], d: Dialect) -> frozenset[str]:
    return OF_RELEASE_5[fields] if d.release_5 else fields


def read_data_version(
    value: object, where: str = "dataVersion", *, now_ms: int = 0, dialect: Dialect = FASTJSON_2_0_59
) -> DataVersion | None:
    """A DataVersion, or `None` for null. Java takes its own clock where the timestamp is absent: `now_ms`, epoch milliseconds."""
    fields = read_class(value, where, _known(VERSION_FIELDS, dialect), dialect)
    if fields is None:
        return None
    return DataVersion(
        state_version=read_long(fields, "stateVersion", 0, dialect),
        timestamp=read_long(fields, "timestamp", now_ms, dialect),
        counter=_counter(fields, dialect),
    )


def _counter(fields: Fields, d: Dialect) -> int | None:
    """An AtomicLong, which may be null."""
    value = fields.get("counter", 0)
    if value is None or (value in AS_NULL and not d.null_is_zero):
        return None
    if isinstance(value, dict) and d.object_is_a_counter:
        return 0
    counter = read_long(fields, "counter", 0, d)
    if d.counter_is_int and not -INT_BOUND <= counter < INT_BOUND:
        raise BodyError("DataVersion", "counter", "an int", str(counter))
    return counter


def read_topic_config(value: object, where: str, dialect: Dialect = FASTJSON_2_0_59) -> TopicConfig:
    """One topic, absent fields as in `new TopicConfig()`."""
    read_object(value, where)
    fields = read_class(value, where, _known(TOPIC_FIELDS, dialect), dialect) or {}
    return TopicConfig(
        topic_name=read_text(fields, "topicName"),
        read_queue_nums=read_int(fields, "readQueueNums", 16, dialect),
        write_queue_nums=read_int(fields, "writeQueueNums", 16, dialect),
        perm=read_int(fields, "perm", 6, dialect),
        topic_filter_type=_filter_type(fields),
        topic_sys_flag=read_int(fields, "topicSysFlag", 0, dialect),
        order=read_bool(fields, "order"),
        attributes=read_attributes(fields.get("attributes"), f"{where}.attributes", dialect),
    )


def _filter_type(fields: Fields) -> str:
    """An enumeration: any text, or a constant's number."""
    value = fields.get("topicFilterType")
    if value is None or value == "":
        return "SINGLE_TAG"
    if isinstance(value, str):
        return to_text(value, "topicFilterType")
    if type(value) is int and 0 <= value < FILTER_TYPES:
        return ("SINGLE_TAG", "MULTI_TAG")[value]
    raise BodyError("body", "topicFilterType", "a constant's name or number", shown(value))


def read_attributes(value: object, where: str, dialect: Dialect = FASTJSON_2_0_59) -> Any:
    """A topic's attributes; those that are null are as good as absent, and so is an empty text."""
    given = read_object({} if value is None or value == "" else value, where)
    for key in given:
        if isinstance(key, BareKey) or (not dialect.wide_map_keys and WIDE.search(key)):
            raise BodyError("body", where, "a text as a key", shown(key))
    return read_map({key: item for key, item in given.items() if item is not None}, where, to_text)


def read_mapping_info(value: object, where: str, dialect: Dialect = FASTJSON_2_0_59) -> TopicQueueMappingInfo:
    """One static topic's mapping."""
    read_object(value, where)
    fields = read_class(value, where, MAPPING_FIELDS, dialect) or {}
    ids = fields.get("currIdMap", {})
    return TopicQueueMappingInfo(
        topic=read_text(fields, "topic"),
        bname=read_text(fields, "bname"),
        total_queues=read_int(fields, "totalQueues", 0, dialect),
        scope=read_text(fields, "scope", "__global__"),
        epoch=read_long(fields, "epoch", 0, dialect),
        dirty=read_bool(fields, "dirty"),
        curr_id_map=None if ids is None else read_integer_map(ids, f"{where}.currIdMap", INT_BOUND, _queue_id),
    )


def _queue_id(value: object, where: str) -> int:
    return to_number(value, where, INT_BOUND)


def decode_data_version(data: bytes, *, now_ms: int = 0, dialect: Dialect = FASTJSON_2_0_59) -> DataVersion | None:
    """The body of QUERY_DATA_VERSION and of its answer; `None` for null, and for no bytes. Raises `BodyError`."""
    if not data:
        return None
    return read_data_version(loads(data, "DataVersion", dialect), "its start", now_ms=now_ms, dialect=dialect)


def decode_register_broker_body(
    data: bytes, *, now_ms: int = 0, dialect: Dialect = FASTJSON_2_0_59
) -> RegisterBrokerBody:
    """The plain body of REGISTER_BROKER from V3_0_11 on. Raises `BodyError`, also for null."""
    found = decode_nullable_register_broker_body(data, now_ms=now_ms, dialect=dialect)
    if found is None:
        raise BodyError("body", "its start", "a JSON object", "null")
    return found


def decode_nullable_register_broker_body(
    data: bytes, *, now_ms: int = 0, dialect: Dialect = FASTJSON_2_0_59
) -> RegisterBrokerBody | None:
    """The same; `None` for null. Raises `BodyError`."""
    fields = read_class(loads(data, "RegisterBrokerBody", dialect), "its start", BODY_FIELDS, dialect)
    if fields is None:
        return None
    servers = _read_filters(fields.get("filterServerList", []), dialect)
    return _read_wrapper(fields.get("topicConfigSerializeWrapper", {}), servers, now_ms, dialect)


def decode_old_register_broker_body(
    data: bytes, *, now_ms: int = 0, dialect: Dialect = FASTJSON_2_0_59
) -> RegisterBrokerBody:
    """The body of REGISTER_BROKER before V3_0_11: topics and their version, no filter servers. Raises `BodyError`."""
    return _read_wrapper(loads(data, "TopicConfigSerializeWrapper", dialect), None, now_ms, dialect)


def has_null_wrapper(data: bytes, dialect: Dialect) -> bool:
    """Whether such a body, which can be read, has a null instead of topics and their version. Raises `BodyError`."""
    fields = read_class(loads(data, "RegisterBrokerBody", dialect), "its start", BODY_FIELDS, dialect) or {}
    wrapper = fields.get("topicConfigSerializeWrapper", {})
    return read_class(wrapper, "topicConfigSerializeWrapper", _known(WRAPPER_FIELDS, dialect), dialect) is None


def is_null(data: bytes, dialect: Dialect) -> bool:
    """Whether a body that should be an object is read as null. Raises `BodyError`."""
    value = loads(data, "body", dialect)
    return value is None or value == "" or (value == [] and dialect.blank_is_null)


def _read_filters(value: object, d: Dialect) -> tuple[str, ...] | None:
    if value is None or (value == "" and d.anything_is_a_list):
        return None
    if value == "":
        return ()
    if isinstance(value, list | str):
        return texts(value, "filterServerList")
    return (to_text(value, "filterServerList"),) if d.anything_is_a_list else None


def _read_wrapper(value: object, filters: tuple[str, ...] | None, now_ms: int, d: Dialect) -> RegisterBrokerBody:
    """A wrapper that is null has neither topics nor version."""
    wrapper = read_class(value, "topicConfigSerializeWrapper", _known(WRAPPER_FIELDS, d), d)
    if wrapper is None:
        return RegisterBrokerBody(topic_config_table=None, data_version=None, filter_server_list=filters)
    if d.release_5:  # nobody uses these two, but they are read
        read_data_version(wrapper.get("mappingDataVersion"), "mappingDataVersion", dialect=d)
        read_java_map(wrapper.get("topicQueueMappingDetailMap"), "topicQueueMappingDetailMap", read_object, d)
    configs = wrapper.get("topicConfigTable", {})
    infos = wrapper.get("topicQueueMappingInfoMap")
    mappings = None
    if d.release_5:
        mappings = read_java_map(infos, "topicQueueMappingInfoMap", partial(read_mapping_info, dialect=d), d)
    return RegisterBrokerBody(
        topic_config_table=read_java_map(configs, "topicConfigTable", partial(read_topic_config, dialect=d), d),
        data_version=read_data_version(wrapper.get("dataVersion", {}), now_ms=now_ms, dialect=d),
        topic_queue_mapping_info_map=table() if mappings is None else mappings,
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
