"""Requests as frames, and as what a release reads in them.

Names get the run's prefix on the way out; `answer_values` takes it off again.
"""

from typing import Final, TypeVar

import attrs

from namesrv.check.as_written import as_written, reads_written
from namesrv.check.steps import PREFIX, UNREADABLE_HEADERS, Crc, Header, Style
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnknownRequest,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import (
    DataVersion,
    RegisterBrokerBody,
    TopicQueueMappingInfo,
    table,
)
from namesrv.remoting.answer_body import (
    encode_queue_datas,
)
from namesrv.remoting.body import (
    encode_data_version,
    encode_old_register_broker_body,
    encode_register_broker_body,
)
from namesrv.remoting.codes import ONEWAY_FLAG, RequestCode, SerializeType
from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.remoting.compressed import crc32, encode_compressed
from namesrv.remoting.config_text import encode_properties
from namesrv.remoting.frame import LENGTH, MAX_FRAME_BYTES, FrameDecoder, encode_frame
from namesrv.remoting.headers import (
    BrokerRequestHeader,
    GetBrokerMemberGroupRequestHeader,
    GetRouteInfoRequestHeader,
    GetTopicsByClusterRequestHeader,
    KVConfigRequestHeader,
    RegisterBrokerRequestHeader,
    TopicRequestHeader,
    WritePermOfBrokerRequestHeader,
    write,
)
from namesrv.remoting.json_fields import INT_BOUND
from namesrv.remoting.version import MQVersion

T = TypeVar("T")

NO_BODY: Final = b"not a body"
"""Bytes that no release can read as the body of anything."""


@attrs.frozen
class Prefix:
    """What makes a run's names its own. `text` starts every cluster, broker name, address and topic of it.

    `kept`: names that are read keep it, so that they are those on the wire; what is not the run's own is left out all the same.
    """

    text: str
    kept: bool = attrs.field(default=False, kw_only=True)

    def on(self, name: str | None) -> str | None:
        """The name on the wire."""
        return None if name is None else self.text + name

    def off(self, name: T) -> T:
        """The name in the small world."""
        if self.kept or not isinstance(name, str):
            return name
        return name.removeprefix(self.text)  # type: ignore[return-value]

    def owns(self, name: object) -> bool:
        """Whether it is the run's own. Without a text everything is."""
        return not self.text or (isinstance(name, str) and name.startswith(self.text))


NO_PREFIX: Final = Prefix("")
BINARY: Final = frozenset({Header.ROCKETMQ, Header.BINARY_TOO_LONG})
BENT: Final = UNREADABLE_HEADERS | {Header.SINGLE_QUOTES}
"""Headers that are written as they should be, first."""
UNTYPED_KEYS: Final = ("code", "extFields", "flag", "language", "opaque", "version")


def model_request(request: Request, style: Style, profile: Profile) -> Request:
    """The request as this release reads it, when it is written in this style. Raises `SaysTooLittle`."""
    if style.is_by_hand and reads_written(type(request)):
        _, ext_fields, data = _parts(NO_PREFIX, request, style)
        return as_written(type(request), ext_fields, data, style.mq_version, profile)
    if style.header is Header.ROCKETMQ:  # RocketMQSerializable.readStr: no length, no string
        if isinstance(request, PutKVConfig) and request.value == "":
            return attrs.evolve(request, value=None)
        if isinstance(request, DeleteTopicInNamesrv) and request.cluster_name == "":
            return attrs.evolve(request, cluster_name=None)
        if isinstance(request, RegisterBroker):
            ha, zone = request.ha_server_addr or None, request.zone_name or None
            request = attrs.evolve(request, ha_server_addr=ha, zone_name=zone)
    if isinstance(request, QueryDataVersion) and _is_beyond(request.data_version, profile):
        return attrs.evolve(request, body_error="JSONException")
    if not isinstance(request, RegisterBroker):
        return request
    if style.crc is Crc.WRONG:
        request = attrs.evolve(request, crc32_matches=False)
    body = request.body
    if body is None:
        return request
    if _is_beyond(body.data_version, profile):
        old_shape = style.mq_version < MQVersion.V3_0_11
        error = "JSONException" if old_shape else "RemotingCommandException"
        return attrs.evolve(request, body=None, body_error=error)
    if style.mq_version < MQVersion.V3_0_11:
        body = attrs.evolve(body, filter_server_list=None, topic_queue_mapping_info_map=table())
    elif _is_compressed(style, body):
        assert body.topic_config_table is not None
        attributes = style.mq_version >= MQVersion.V5_0_0
        if attributes and body.topic_config_table and not profile.reads_topic_attributes:
            return attrs.evolve(request, body=None, body_error="RemotingCommandException")
        # A topic's line has no place for the flag: Java reads its default.
        configs = {key: attrs.evolve(config, topic_sys_flag=0) for key, config in body.topic_config_table.items()}
        body = attrs.evolve(body, topic_config_table=table(configs))
        if style.mq_version < MQVersion.V5_0_0:
            body = attrs.evolve(body, topic_queue_mapping_info_map=table())
    return attrs.evolve(request, body=body)


def _is_beyond(version: DataVersion | None, profile: Profile) -> bool:
    """Whether the release takes this counter for no number."""
    if not profile.counter_is_int or version is None or version.counter is None:
        return False
    return not -INT_BOUND <= version.counter < INT_BOUND


def _is_compressed(style: Style, body: RegisterBrokerBody) -> bool:
    """A compressed body has no way to write null."""
    configs = body.topic_config_table
    infos = body.topic_queue_mapping_info_map
    has_null = body.data_version is None or configs is None or any(c.topic_name is None for c in configs.values())
    has_null = has_null or infos is None or None in infos.values()
    return style.compressed and not has_null and style.mq_version >= MQVersion.V3_0_11


def encode(prefix: Prefix, request: Request, style: Style, *, opaque: int, oneway: bool) -> bytes:
    """The request's frame."""
    code, ext_fields, body = _parts(prefix, request, style)
    frame = encode_command(
        RemotingCommand(
            code=code,
            opaque=opaque,
            flag=ONEWAY_FLAG if oneway else 0,
            language=style.language,
            version=style.mq_version,
            ext_fields=ext_fields,
            body=body,
            serialize_type=SerializeType.ROCKETMQ if style.header in BINARY else SerializeType.JSON,
            keys=UNTYPED_KEYS if style.header is Header.WITHOUT_TYPE else None,
        )
    )
    return _with_another_header(frame, style.header) if style.header in BENT else frame


def _with_another_header(frame: bytes, header: Header) -> bytes:
    (parts,) = FrameDecoder().feed(frame)
    match header:
        case Header.SINGLE_QUOTES:
            return encode_frame(parts.serialize_type, parts.header.replace(b'"', b"'")[:-1] + b",}", parts.body)
        case Header.UNKNOWN_TYPE:
            return encode_frame(max(SerializeType) + 1, parts.header, parts.body)
        case Header.TOO_LONG | Header.BINARY_TOO_LONG:
            mark = parts.serialize_type << 24 | len(parts.header) + len(parts.body or b"") + 1
            return frame[: LENGTH.size] + LENGTH.pack(mark) + frame[2 * LENGTH.size :]
        case Header.NO_JSON:
            return encode_frame(parts.serialize_type, parts.header[:-1], parts.body)
        case Header.NO_OBJECT:
            return encode_frame(parts.serialize_type, b"null", parts.body)
        case Header.OF_A_FRAME_TOO_LONG:
            return LENGTH.pack(MAX_FRAME_BYTES - LENGTH.size + 1) + frame[LENGTH.size :]
        case _:
            raise ValueError(f"a header {header.value} is written in its own way")


def _parts(prefix: Prefix, request: Request, style: Style) -> tuple[int, dict[str, str] | None, bytes | None]:
    code, ext_fields, body = _usual_parts(prefix, request, style)
    if style.without_body:
        body = None
    elif body is None and style.padding_bytes:
        body = bytes(style.padding_bytes)
    elif style.body is not None:
        body = style.body.replace(PREFIX.encode(), prefix.text.encode())
    fields = dict(ext_fields or {})
    if fields.pop("bodyCrc32", None) is not None:
        fields |= _checksum(body, style)
    fields |= {key: value.replace(PREFIX, prefix.text) for key, value in style.ext_fields.items() if value is not None}
    for key, value in style.ext_fields.items():
        if value is None:
            fields.pop(key, None)
    return code, None if style.without_ext_fields or (ext_fields is None and not fields) else fields, body


def _usual_parts(prefix: Prefix, request: Request, style: Style) -> tuple[int, dict[str, str] | None, bytes | None]:
    match request:
        case RegisterBroker():
            return RequestCode.REGISTER_BROKER, *_register(prefix, request, style)
        case UnregisterBroker():
            return RequestCode.UNREGISTER_BROKER, write(_broker_header(prefix, request)), None
        case QueryDataVersion():
            version = request.data_version
            body = None if version is None else encode_data_version(version, state_version=style.state_version)
            body = body if request.body_error is None else NO_BODY
            return RequestCode.QUERY_DATA_VERSION, write(_broker_header(prefix, request)), body
        case BrokerHeartbeat():
            header = BrokerRequestHeader(
                broker_name=prefix.on(request.broker_name),
                broker_addr=prefix.on(request.broker_addr),
                cluster_name=prefix.on(request.cluster_name),
            )
            return RequestCode.BROKER_HEARTBEAT, write(header), None
        case GetRouteInfoByTopic():
            route_header = GetRouteInfoRequestHeader(
                topic=prefix.on(request.topic),
                accept_standard_json_only=style.accept_standard_json_only,
                zone_mode=None if request.zone_name is None else True,
                zone_name=request.zone_name,
            )
            return RequestCode.GET_ROUTEINFO_BY_TOPIC, write(route_header), None
        case GetBrokerClusterInfo():
            return RequestCode.GET_BROKER_CLUSTER_INFO, None, None
        case GetAllTopicList():
            return RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, None, None
        case PutKVConfig():
            kv_header = _kv_header(request.namespace, _key(prefix, request.key), request.value)
            return RequestCode.PUT_KV_CONFIG, write(kv_header), None
        case GetKVConfig():
            return RequestCode.GET_KV_CONFIG, write(_kv_header(request.namespace, _key(prefix, request.key))), None
        case DeleteKVConfig():
            return RequestCode.DELETE_KV_CONFIG, write(_kv_header(request.namespace, _key(prefix, request.key))), None
        case GetKVListByNamespace():
            return RequestCode.GET_KVLIST_BY_NAMESPACE, write(_kv_header(request.namespace)), None
        case WipeWritePermOfBroker():
            perm_header = WritePermOfBrokerRequestHeader(broker_name=prefix.on(request.broker_name))
            return RequestCode.WIPE_WRITE_PERM_OF_BROKER, write(perm_header), None
        case AddWritePermOfBroker():
            perm_header = WritePermOfBrokerRequestHeader(broker_name=prefix.on(request.broker_name))
            return RequestCode.ADD_WRITE_PERM_OF_BROKER, write(perm_header), None
        case DeleteTopicInNamesrv():
            cluster = prefix.on(request.cluster_name) if request.cluster_name else request.cluster_name
            topic_header = TopicRequestHeader(topic=prefix.on(request.topic), cluster_name=cluster)
            return RequestCode.DELETE_TOPIC_IN_NAMESRV, write(topic_header), None
        case RegisterTopicInNamesrv():
            topic_header = TopicRequestHeader(topic=prefix.on(request.topic))
            return RequestCode.REGISTER_TOPIC_IN_NAMESRV, write(topic_header), _given_queues(prefix, request)
        case GetTopicsByCluster():
            cluster_header = GetTopicsByClusterRequestHeader(cluster=prefix.on(request.cluster))
            return RequestCode.GET_TOPICS_BY_CLUSTER, write(cluster_header), None
        case GetSystemTopicList():
            return RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, None, None
        case GetUnitTopicList():
            return request.kind.value, None, None
        case GetBrokerMemberGroup():
            group_header = GetBrokerMemberGroupRequestHeader(
                cluster_name=prefix.on(request.cluster_name), broker_name=prefix.on(request.broker_name)
            )
            return RequestCode.GET_BROKER_MEMBER_GROUP, write(group_header), None
        case UpdateNamesrvConfig():
            return RequestCode.UPDATE_NAMESRV_CONFIG, None, _properties(request)
        case GetNamesrvConfig():
            return RequestCode.GET_NAMESRV_CONFIG, None, None
        case UnknownRequest():
            return request.code, None, None


UNREADABLE: Final = rb"productEnvName=\u00zz"
"""A body that `Properties.load` does not take."""


def _properties(request: UpdateNamesrvConfig) -> bytes | None:
    if not request.readable:
        return UNREADABLE
    # No frame can say that there is a body of no bytes.
    return None if request.properties is None else encode_properties(dict(sorted(request.properties.items()))) or b"#"


def _given_queues(prefix: Prefix, request: RegisterTopicInNamesrv) -> bytes | None:
    if request.body_error is not None:
        return NO_BODY
    if not request.has_body:
        return None
    queues = request.queue_datas
    if queues is None:
        return encode_queue_datas(None)
    return encode_queue_datas(
        [None if data is None else attrs.evolve(data, broker_name=prefix.on(data.broker_name)) for data in queues]
    )


def _kv_header(namespace: str | None, key: str | None = None, value: str | None = None) -> KVConfigRequestHeader:
    """Namespaces are the checker's own, and can't be removed: they bear no run's prefix, their keys do."""
    return KVConfigRequestHeader(namespace=namespace, key=key, value=value)


def _key(prefix: Prefix, key: str | None) -> str | None:
    """An empty key has no place for a prefix; it is everybody's."""
    return prefix.on(key) if key else key


def _broker_header(prefix: Prefix, request: UnregisterBroker | QueryDataVersion) -> BrokerRequestHeader:
    return BrokerRequestHeader(
        broker_name=prefix.on(request.broker_name),
        broker_addr=prefix.on(request.broker_addr),
        cluster_name=prefix.on(request.cluster_name),
        broker_id=request.broker_id,
    )


def _register(prefix: Prefix, request: RegisterBroker, style: Style) -> tuple[dict[str, str], bytes | None]:
    body, compressed = NO_BODY, False
    if request.body is not None:
        own = _with_prefix(prefix, request.body)
        compressed = _is_compressed(style, own)
        if compressed:
            release_5 = style.mq_version >= MQVersion.V5_0_0
            body = encode_compressed(own, release_5=release_5, state_version=style.state_version)
        elif style.mq_version < MQVersion.V3_0_11:
            body = encode_old_register_broker_body(own)
        else:
            body = _padded(encode_register_broker_body(own, release_5=style.state_version), style.padding_bytes)
    header = RegisterBrokerRequestHeader(
        broker_name=prefix.on(request.broker_name),
        broker_addr=prefix.on(request.broker_addr),
        cluster_name=prefix.on(request.cluster_name),
        ha_server_addr=request.ha_server_addr,
        broker_id=request.broker_id,
        compressed=compressed,
        body_crc32=0,
        heartbeat_timeout_ms=request.heartbeat_timeout_ms,
        enable_acting_master=request.enable_acting_master,
        zone_name=request.zone_name,
        full_body=request.full_body,
    )
    return write(header), body


def _checksum(body: bytes | None, style: Style) -> dict[str, str]:
    return {} if style.crc is Crc.ABSENT else {"bodyCrc32": str(crc32(body) ^ (style.crc is Crc.WRONG))}


def _padded(body: bytes, padding_bytes: int) -> bytes:
    """The object with one field more, at its end: an array of small arrays, which costs fastjson more than a long string."""
    if not padding_bytes:
        return body
    return body.removesuffix(b"}") + b',"padding":[' + b"[0]," * (padding_bytes // 4) + b"[]]}"


def _with_prefix(prefix: Prefix, body: RegisterBrokerBody) -> RegisterBrokerBody:
    configs = body.topic_config_table
    infos = body.topic_queue_mapping_info_map
    if infos is not None:
        infos = table({prefix.text + key: _own_mapping(prefix, info) for key, info in infos.items()})
    if configs is not None:
        configs = table(
            {
                prefix.text + key: attrs.evolve(config, topic_name=prefix.on(config.topic_name))
                for key, config in configs.items()
            }
        )
    return attrs.evolve(
        body,
        topic_config_table=configs,
        topic_queue_mapping_info_map=infos,
    )


def _own_mapping(prefix: Prefix, info: TopicQueueMappingInfo | None) -> TopicQueueMappingInfo | None:
    return info and attrs.evolve(info, topic=prefix.on(info.topic), bname=prefix.on(info.bname))
