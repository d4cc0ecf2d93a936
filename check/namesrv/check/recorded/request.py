"""A client's frame as the request that a release reads in it: the way back from `namesrv.check.wire`.

What a release reads is what the model has. Where that can't be known from outside (a body that takes a part from the NameServer's
own clock), or a release does what the model leaves out, the request is `NotUnderstood`.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Callable
from typing import Final

import attrs

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
    UnitList,
    UnknownRequest,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody, table
from namesrv.remoting.answer_body import decode_queue_datas
from namesrv.remoting.body import (
    decode_data_version,
    decode_old_register_broker_body,
    decode_register_broker_body,
)
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.compressed import crc32, decode_compressed
from namesrv.remoting.config_text import decode_properties
from namesrv.remoting.errors import BodyError
from namesrv.remoting.headers import (
    BrokerRequestHeader,
    GetBrokerMemberGroupRequestHeader,
    GetRouteInfoRequestHeader,
    GetTopicsByClusterRequestHeader,
    KVConfigRequestHeader,
    RegisterBrokerRequestHeader,
    TopicRequestHeader,
    WritePermOfBrokerRequestHeader,
    read,
)
from namesrv.remoting.version import MQVersion
from namesrv.server.profiles import server_profile

INT_BOUND: Final = 1 << 31
TIMESTAMP: Final = b'"timestamp"'
"""A DataVersion without it gets the NameServer's time."""


class NotUnderstood(Exception):
    """It can't be known what the release reads. The text says why. `changes`: whether it may change what the NameServer holds."""

    def __init__(self, why: str, *, changes: bool) -> None:
        super().__init__(why)
        self.changes = changes


def read_request(command: RemotingCommand, profile: Profile) -> Request:
    """The request as this release reads it. Raises `NotUnderstood`."""
    reader = READERS.get(command.code)
    if reader is None or not _is_known(command.code, profile):
        return UnknownRequest(code=command.code)
    return reader(command, profile)


def _is_known(code: int, profile: Profile) -> bool:
    match code:
        case RequestCode.BROKER_HEARTBEAT:
            return profile.broker_heartbeat
        case RequestCode.GET_BROKER_MEMBER_GROUP:
            return profile.member_group
        case RequestCode.REGISTER_TOPIC_IN_NAMESRV:
            return profile.register_topic
        case _:
            return True


def _register_broker(command: RemotingCommand, profile: Profile) -> Request:
    header = read(RegisterBrokerRequestHeader, command.ext_fields)
    request = RegisterBroker(
        cluster_name=header.cluster_name,
        broker_addr=header.broker_addr,
        broker_name=header.broker_name,
        broker_id=header.broker_id,
        ha_server_addr=header.ha_server_addr,
        heartbeat_timeout_ms=header.heartbeat_timeout_ms,
        enable_acting_master=header.enable_acting_master,
        zone_name=header.zone_name,
        full_body=header.full_body,
        crc32_matches=not header.body_crc32 or crc32(command.body) == header.body_crc32,
    )
    if command.version < 0:  # MQVersion.value2Version throws, before or after the checksum is looked at
        if not request.crc32_matches:
            raise NotUnderstood("a negative version beside a wrong checksum", changes=False)
        return attrs.evolve(request, body=None, body_error="ArrayIndexOutOfBoundsException")
    try:
        body = _body(command, profile, compressed=bool(header.compressed))
    except BodyError:
        old_shape = command.version < MQVersion.V3_0_11
        return attrs.evolve(request, body=None, body_error="JSONException" if old_shape else "RemotingCommandException")
    if body is None:
        return attrs.evolve(request, body=None, body_error="NullPointerException")
    return attrs.evolve(request, body=body)


def _body(command: RemotingCommand, profile: Profile, *, compressed: bool) -> RegisterBrokerBody | None:
    """`None` for JSON's null. Raises `BodyError`, `NotUnderstood`."""
    new_shape = command.version >= MQVersion.V3_0_11
    data = command.body
    if data is None:
        return RegisterBrokerBody(filter_server_list=() if new_shape else None)
    if new_shape and compressed:
        mappings = profile.state_version and command.version >= MQVersion.V5_0_0
        body = decode_compressed(data, mappings=mappings, attributes=profile.state_version)
    elif data.strip() == b"null":
        if new_shape:
            return None
        raise NotUnderstood("a body of null in the shape of before 3.0.11", changes=True)
    elif new_shape and not _is_utf_8(data) and server_profile(profile.name).not_utf_8_is_null:
        return None
    else:
        body = decode_register_broker_body(data) if new_shape else decode_old_register_broker_body(data)
        if TIMESTAMP not in data:
            raise NotUnderstood("a DataVersion without a timestamp, which is then the NameServer's own", changes=True)
    if _is_beyond(body.data_version, profile):
        raise BodyError("DataVersion", "counter", "an int", "more")
    return body


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_beyond(version: DataVersion | None, profile: Profile) -> bool:
    if not profile.counter_is_int or version is None or version.counter is None:
        return False
    return not -INT_BOUND <= version.counter < INT_BOUND


def _unregister_broker(command: RemotingCommand, _: Profile) -> Request:
    header = read(BrokerRequestHeader, command.ext_fields)
    return UnregisterBroker(
        cluster_name=header.cluster_name,
        broker_addr=header.broker_addr,
        broker_name=header.broker_name,
        broker_id=header.broker_id,
    )


def _query_data_version(command: RemotingCommand, profile: Profile) -> Request:
    header = read(BrokerRequestHeader, command.ext_fields)
    version, error = None, None
    try:
        version = None if command.body is None else decode_data_version(command.body)
        if _is_beyond(version, profile):
            error = "JSONException"
    except BodyError:
        error = "JSONException"
    if version is not None and command.body is not None and TIMESTAMP not in command.body:
        raise NotUnderstood("a DataVersion without a timestamp, which is then the NameServer's own", changes=False)
    return QueryDataVersion(
        cluster_name=header.cluster_name,
        broker_addr=header.broker_addr,
        broker_name=header.broker_name,
        broker_id=header.broker_id,
        data_version=version,
        body_error=error,
    )


def _broker_heartbeat(command: RemotingCommand, _: Profile) -> Request:
    header = read(BrokerRequestHeader, command.ext_fields)
    return BrokerHeartbeat(
        cluster_name=header.cluster_name, broker_addr=header.broker_addr, broker_name=header.broker_name
    )


def _get_route(command: RemotingCommand, _: Profile) -> Request:
    header = read(GetRouteInfoRequestHeader, command.ext_fields)
    return GetRouteInfoByTopic(topic=header.topic, zone_name=header.zone_name if header.zone_mode else None)


def _kv(kind: Callable[..., Request], *names: str) -> Callable[[RemotingCommand, Profile], Request]:
    def read_kv(command: RemotingCommand, _: Profile) -> Request:
        header = read(KVConfigRequestHeader, command.ext_fields)
        return kind(**{name: getattr(header, name) for name in names})

    return read_kv


def _write_perm(
    kind: type[WipeWritePermOfBroker] | type[AddWritePermOfBroker],
) -> Callable[[RemotingCommand, Profile], Request]:
    def read_perm(command: RemotingCommand, _: Profile) -> Request:
        return kind(broker_name=read(WritePermOfBrokerRequestHeader, command.ext_fields).broker_name)

    return read_perm


def _delete_topic(command: RemotingCommand, _: Profile) -> Request:
    header = read(TopicRequestHeader, command.ext_fields)
    return DeleteTopicInNamesrv(topic=header.topic, cluster_name=header.cluster_name)


def _register_topic(command: RemotingCommand, _: Profile) -> Request:
    topic = read(TopicRequestHeader, command.ext_fields).topic
    if command.body is None:
        return RegisterTopicInNamesrv(topic=topic, queue_datas=None, has_body=False)
    try:
        queues = decode_queue_datas(command.body)
    except BodyError:
        return RegisterTopicInNamesrv(topic=topic, queue_datas=None, body_error="JSONException")
    return RegisterTopicInNamesrv(topic=topic, queue_datas=None if queues is None else tuple(queues))


def _topics_by_cluster(command: RemotingCommand, _: Profile) -> Request:
    return GetTopicsByCluster(cluster=read(GetTopicsByClusterRequestHeader, command.ext_fields).cluster)


def _member_group(command: RemotingCommand, _: Profile) -> Request:
    header = read(GetBrokerMemberGroupRequestHeader, command.ext_fields)
    return GetBrokerMemberGroup(cluster_name=header.cluster_name, broker_name=header.broker_name)


def _update_config(command: RemotingCommand, _: Profile) -> Request:
    if command.body is None:
        return UpdateNamesrvConfig(properties=None)
    try:
        return UpdateNamesrvConfig(properties=table(decode_properties(command.body)))
    except BodyError:
        return UpdateNamesrvConfig(properties=None, readable=False)


READERS: Final[dict[int, Callable[[RemotingCommand, Profile], Request]]] = {
    RequestCode.REGISTER_BROKER: _register_broker,
    RequestCode.UNREGISTER_BROKER: _unregister_broker,
    RequestCode.QUERY_DATA_VERSION: _query_data_version,
    RequestCode.BROKER_HEARTBEAT: _broker_heartbeat,
    RequestCode.GET_ROUTEINFO_BY_TOPIC: _get_route,
    RequestCode.GET_BROKER_CLUSTER_INFO: lambda *_: GetBrokerClusterInfo(),
    RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER: lambda *_: GetAllTopicList(),
    RequestCode.PUT_KV_CONFIG: _kv(PutKVConfig, "namespace", "key", "value"),
    RequestCode.GET_KV_CONFIG: _kv(GetKVConfig, "namespace", "key"),
    RequestCode.DELETE_KV_CONFIG: _kv(DeleteKVConfig, "namespace", "key"),
    RequestCode.GET_KVLIST_BY_NAMESPACE: _kv(GetKVListByNamespace, "namespace"),
    RequestCode.WIPE_WRITE_PERM_OF_BROKER: _write_perm(WipeWritePermOfBroker),
    RequestCode.ADD_WRITE_PERM_OF_BROKER: _write_perm(AddWritePermOfBroker),
    RequestCode.DELETE_TOPIC_IN_NAMESRV: _delete_topic,
    RequestCode.REGISTER_TOPIC_IN_NAMESRV: _register_topic,
    RequestCode.GET_TOPICS_BY_CLUSTER: _topics_by_cluster,
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS: lambda *_: GetSystemTopicList(),
    RequestCode.GET_UNIT_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.UNIT),
    RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB),
    RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB_UNUNIT),
    RequestCode.GET_BROKER_MEMBER_GROUP: _member_group,
    RequestCode.UPDATE_NAMESRV_CONFIG: _update_config,
    RequestCode.GET_NAMESRV_CONFIG: lambda *_: GetNamesrvConfig(),
}
"""What reads each code."""
