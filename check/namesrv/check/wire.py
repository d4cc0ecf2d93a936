"""Between the model's events and the wire: requests become frames, answers become values.

Names get the run's prefix on the way out and lose it on the way back; what is not the run's own is left out of answers, so
that a NameServer may be shared. Bodies are compared as values: the order of brokers, queues and topics means nothing.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import attrs

from namesrv.check.as_written import as_written, reads_written
from namesrv.check.findings import Undecided
from namesrv.check.steps import PREFIX, Crc, Header, Style
from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    AnswerBody,
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
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    ConfigText,
    DataVersion,
    KVTable,
    RegisterBrokerBody,
    TopicList,
    TopicRouteData,
    table,
)
from namesrv.remoting.answer_body import (
    decode_broker_member_group,
    decode_cluster_info,
    decode_kv_table,
    decode_topic_list,
    decode_topic_route_data,
    encode_queue_datas,
)
from namesrv.remoting.body import (
    decode_data_version,
    encode_data_version,
    encode_old_register_broker_body,
    encode_register_broker_body,
)
from namesrv.remoting.codes import ONEWAY_FLAG, RequestCode, ResponseCode, SerializeType
from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.remoting.compressed import crc32, encode_compressed
from namesrv.remoting.config_text import decode_config_text, encode_properties
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import FrameDecoder, encode_frame
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
D = TypeVar("D", BrokerData, BrokerMemberGroup)

SOMEBODY_ELSES: Final = "somebody else's"
"""Instead of an address that is none of the run's own."""

NO_BODY: Final = b"not a body"
"""Bytes that no release can read as the body of anything."""

JAVA_EXCEPTION: Final = re.compile(r"^(?:[a-z]\w*\.)+(\w*(?:Exception|Error))\b")
"""How the remark begins that `RemotingHelper.exceptionSimpleDesc` makes: class, message, top of the stack."""


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
UNTYPED_KEYS: Final = ("code", "extFields", "flag", "language", "opaque", "version")

# Out --------------------------------------------------------------------------------------------------------------


def model_request(request: Request, style: Style, profile: Profile) -> Request:
    """The request as this release reads it, when it is written in this style. Raises `SaysTooLittle`."""
    if style.is_by_hand and reads_written(type(request)):
        _, ext_fields, data = _parts(NO_PREFIX, request, style)
        return as_written(type(request), ext_fields, data, style.mq_version, profile)
    if isinstance(request, PutKVConfig) and request.value == "" and style.header is Header.ROCKETMQ:
        return attrs.evolve(request, value=None)  # RocketMQSerializable.readStr: no length, no string
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
    has_null = body.data_version is None or configs is None or any(c.topic_name is None for c in configs.values())
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
            serialize_type=SerializeType.ROCKETMQ if style.header is Header.ROCKETMQ else SerializeType.JSON,
            keys=UNTYPED_KEYS if style.header is Header.WITHOUT_TYPE else None,
        )
    )
    return _with_single_quotes(frame) if style.header is Header.SINGLE_QUOTES else frame


def _with_single_quotes(frame: bytes) -> bytes:
    (parts,) = FrameDecoder().feed(frame)
    return encode_frame(parts.serialize_type, parts.header.replace(b'"', b"'")[:-1] + b",}", parts.body)


def _parts(prefix: Prefix, request: Request, style: Style) -> tuple[int, dict[str, str] | None, bytes | None]:
    code, ext_fields, body = _usual_parts(prefix, request, style)
    if style.without_body:
        body = None
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
            kv_header = _kv_header(request.namespace, prefix.on(request.key), request.value)
            return RequestCode.PUT_KV_CONFIG, write(kv_header), None
        case GetKVConfig():
            return RequestCode.GET_KV_CONFIG, write(_kv_header(request.namespace, prefix.on(request.key))), None
        case DeleteKVConfig():
            return RequestCode.DELETE_KV_CONFIG, write(_kv_header(request.namespace, prefix.on(request.key))), None
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
        topic_queue_mapping_info_map=table(
            {
                prefix.text + key: attrs.evolve(info, topic=prefix.on(info.topic), bname=prefix.on(info.bname))
                for key, info in infos.items()
            }
        ),
    )


# Back -------------------------------------------------------------------------------------------------------------


def read_answer(prefix: Prefix, request: Request, command: RemotingCommand) -> Answer:
    """The answer as a value. Raises `Undecided` if its body can't be read as what a NameServer answers."""
    remark, exception = command.remark, None
    if remark is not None:
        match = JAVA_EXCEPTION.match(remark)
        if match is not None and command.code == ResponseCode.SYSTEM_ERROR:
            remark, exception = None, match.group(1)
        else:
            remark = remark if prefix.kept else remark.replace(prefix.text, "")
    ext_fields = None
    if command.ext_fields is not None:
        ext_fields = table({key: prefix.off(value) for key, value in command.ext_fields.items()})
    try:
        body = None if command.body is None else _read_body(prefix, request, command.body)
    except RemotingError as error:
        raise Undecided(f"the answer's body can't be read: {error}") from error
    if not ext_fields and command.serialize_type == SerializeType.ROCKETMQ:
        # The binary form can't tell an empty map from none: what the model says about that can't be compared.
        with_header = isinstance(request, RegisterBroker | QueryDataVersion | GetKVConfig)
        ext_fields = NO_EXT_FIELDS if with_header and not exception else None
        if isinstance(request, GetKVConfig) and command.code == ResponseCode.SUCCESS:
            ext_fields = table({"value": ""})  # nor an empty string from none
    return Answer(code=command.code, remark=remark, exception=exception, ext_fields=ext_fields, body=body)


NO_EXT_FIELDS: Final[Any] = table()


def _read_body(prefix: Prefix, request: Request, data: bytes) -> AnswerBody:
    match request:
        case RegisterBroker() | GetKVListByNamespace():
            return _own_keys(prefix, decode_kv_table(data))
        case QueryDataVersion():
            return decode_data_version(data) or DataVersion(counter=None)
        case GetRouteInfoByTopic():
            return _own_route(prefix, decode_topic_route_data(data))
        case GetBrokerClusterInfo():
            return _own_clusters(prefix, decode_cluster_info(data))
        case GetAllTopicList() | GetTopicsByCluster() | GetSystemTopicList() | GetUnitTopicList():
            topics = decode_topic_list(data)
            own = frozenset(prefix.off(topic) for topic in topics.topic_list if prefix.owns(topic))
            addr = topics.broker_addr
            addr = prefix.off(addr) if addr is None or prefix.owns(addr) else SOMEBODY_ELSES
            return TopicList(topic_list=own, broker_addr=addr)
        case GetNamesrvConfig():
            return decode_config_text(data)
        case GetBrokerMemberGroup():
            return _own_group(prefix, decode_broker_member_group(data))
        case _:
            raise Undecided(f"an answer to {type(request).__name__} has a body of {len(data)} bytes")


def _own_group(prefix: Prefix, group: BrokerMemberGroup | None) -> BrokerMemberGroup:
    if group is None:
        raise Undecided("the answer to GetBrokerMemberGroup holds no group")
    return BrokerMemberGroup(
        cluster=prefix.off(group.cluster),
        broker_name=prefix.off(group.broker_name),
        broker_addrs=table({broker_id: prefix.off(addr) for broker_id, addr in group.broker_addrs.items()}),
    )


def explained_by(got: Answer, possible: Iterable[Answer]) -> list[Answer]:
    """Those answers that this one may be: itself, but for the address of a broker that is somebody else's, and any order."""
    body = got.body
    if isinstance(body, ConfigText):
        same = attrs.evolve(got, body=_sorted_lines(body))
        return [got, *(answer for answer in possible if _is_in_any_order(answer.body) and answer == same)]
    if not isinstance(body, TopicList) or body.broker_addr != SOMEBODY_ELSES:
        return [got]
    same = attrs.evolve(got, body=attrs.evolve(body, broker_addr=None))
    return [
        answer
        for answer in possible
        if isinstance(answer.body, TopicList)
        and attrs.evolve(answer, body=attrs.evolve(answer.body, broker_addr=None)) == same
    ]


def _is_in_any_order(body: object) -> bool:
    return isinstance(body, ConfigText) and body.any_order


def _sorted_lines(body: ConfigText) -> ConfigText:
    return ConfigText(lines=tuple(sorted(body.lines)), any_order=True)


def as_read(answer: Answer) -> Answer:
    """What of a model's answer its reader gets to see: fastjson leaves null values out, and a null key is read as its name.

    A counter that is left out is read as a new `DataVersion` has it.
    """
    body = answer.body
    if isinstance(body, DataVersion) and body.counter is None:
        return attrs.evolve(answer, body=attrs.evolve(body, counter=0))
    if isinstance(body, ConfigText) and body.any_order:
        return attrs.evolve(answer, body=_sorted_lines(body))
    if isinstance(body, BrokerMemberGroup):
        return attrs.evolve(answer, body=_without_null_addrs(body))
    if isinstance(body, TopicRouteData):
        brokers = frozenset(_without_null_addrs(data) for data in body.broker_datas)
        filters = {_key(addr): servers for addr, servers in body.filter_server_table.items()}
        return attrs.evolve(answer, body=attrs.evolve(body, broker_datas=brokers, filter_server_table=table(filters)))
    if isinstance(body, ClusterInfo):
        by_name = {_key(name): _without_null_addrs(data) for name, data in body.broker_addr_table.items()}
        by_cluster = {_key(name): names for name, names in body.cluster_addr_table.items()}
        return attrs.evolve(
            answer, body=ClusterInfo(broker_addr_table=table(by_name), cluster_addr_table=table(by_cluster))
        )
    return answer


def _key(name: str | None) -> str | None:
    return "null" if name is None else name


def _without_null_addrs(data: D) -> D:
    if None not in data.broker_addrs.values():
        return data
    addrs = {broker_id: addr for broker_id, addr in data.broker_addrs.items() if addr is not None}
    return attrs.evolve(data, broker_addrs=table(addrs))


def _own_keys(prefix: Prefix, keys: KVTable) -> KVTable:
    return KVTable(table=table({prefix.off(k): v for k, v in keys.table.items() if prefix.owns(k)}))


def _own_broker(prefix: Prefix, data: BrokerData) -> BrokerData:
    return attrs.evolve(
        data,
        cluster=prefix.off(data.cluster),
        broker_name=prefix.off(data.broker_name),
        broker_addrs=table({broker_id: prefix.off(addr) for broker_id, addr in data.broker_addrs.items()}),
    )


def _own_route(prefix: Prefix, route: TopicRouteData) -> TopicRouteData:
    mappings = route.topic_queue_mapping_by_broker
    if mappings is not None:
        mappings = table(
            {
                prefix.off(key): attrs.evolve(info, topic=prefix.off(info.topic), bname=prefix.off(info.bname))
                for key, info in mappings.items()
            }
        )
    return attrs.evolve(
        route,
        queue_datas=frozenset(
            attrs.evolve(queue, broker_name=prefix.off(queue.broker_name)) for queue in route.queue_datas
        ),
        broker_datas=frozenset(_own_broker(prefix, data) for data in route.broker_datas),
        filter_server_table=table({prefix.off(addr): servers for addr, servers in route.filter_server_table.items()}),
        topic_queue_mapping_by_broker=mappings,
    )


def _own_clusters(prefix: Prefix, info: ClusterInfo) -> ClusterInfo:
    return ClusterInfo(
        broker_addr_table=table(
            {
                prefix.off(name): _own_broker(prefix, data)
                for name, data in info.broker_addr_table.items()
                if prefix.owns(name)
            }
        ),
        cluster_addr_table=table(
            {
                prefix.off(name): frozenset(prefix.off(broker) for broker in brokers)
                for name, brokers in info.cluster_addr_table.items()
                if prefix.owns(name)
            }
        ),
    )
