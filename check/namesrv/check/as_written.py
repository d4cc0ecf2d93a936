"""What a release reads in a request that was written by hand: bytes for a body, fields of a header that are missing or odd.

Bodies are read by `namesrv.remoting`, in the dialect of the profile's fastjson. Our server reads them in the same way, so it is
the real releases that decide whether this is right (`tests/check/clauses/test_suite_against_apache.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, cast

import attrs

from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetRouteInfoByTopic,
    GetTopicsByCluster,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody
from namesrv.remoting.answer_body import decode_queue_datas
from namesrv.remoting.body import (
    decode_data_version,
    decode_nullable_register_broker_body,
    decode_old_register_broker_body,
)
from namesrv.remoting.compressed import crc32, decode_compressed
from namesrv.remoting.dialect import Dialect, NotUtf8
from namesrv.remoting.errors import BodyError, CommaError
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

HEADERS: Final[dict[Any, type[attrs.AttrsInstance]]] = {
    UnregisterBroker: BrokerRequestHeader,
    BrokerHeartbeat: BrokerRequestHeader,
    GetBrokerMemberGroup: GetBrokerMemberGroupRequestHeader,
    GetTopicsByCluster: GetTopicsByClusterRequestHeader,
    GetKVConfig: KVConfigRequestHeader,
    PutKVConfig: KVConfigRequestHeader,
    DeleteKVConfig: KVConfigRequestHeader,
    GetKVListByNamespace: KVConfigRequestHeader,
    DeleteTopicInNamesrv: TopicRequestHeader,
    WipeWritePermOfBroker: WritePermOfBrokerRequestHeader,
    AddWritePermOfBroker: WritePermOfBrokerRequestHeader,
}
"""Requests that are what their header says; all others have their own ways, or no header."""

NO_TIMESTAMP: Final = -(1 << 62)
"""The NameServer's clock, which a run does not know."""


class SaysTooLittle(ValueError):
    """What a case sends comes out differently each time, so that nobody can expect anything."""


@cache
def dialect_of(profile: Profile) -> Dialect:
    """How a release reads bodies."""
    named = {
        field.name: getattr(profile, f"json_{field.name}")
        for field in attrs.fields(Dialect)
        if hasattr(profile, f"json_{field.name}")
    }
    named["not_utf_8"] = NotUtf8(profile.json_not_utf_8.value)
    return Dialect(
        **named, loose=profile.json_is_loose, release_5=profile.state_version, counter_is_int=profile.counter_is_int
    )


def as_written(
    kind: Callable[..., Request],
    ext: Mapping[str, str] | None,
    body: bytes | None,
    mq_version: int,
    profile: Profile,
) -> Request:
    """The request of that kind that a release reads. Raises `SaysTooLittle`."""
    if kind is RegisterBroker:
        return _registration(ext, body, mq_version, profile)
    if kind is QueryDataVersion:
        return _question(ext, body, profile)
    if kind is RegisterTopicInNamesrv:
        return _topic(ext, body, profile)
    if kind is GetRouteInfoByTopic:
        route = read(GetRouteInfoRequestHeader, ext)
        return GetRouteInfoByTopic(topic=route.topic, zone_name=route.zone_name if route.zone_mode else None)
    found, made = read(HEADERS[kind], ext), cast(type[Any], kind)
    request: Request = made(**{field.name: getattr(found, field.name) for field in attrs.fields(made)})
    return request


def reads_written(kind: Callable[..., Request]) -> bool:
    """Whether `as_written` knows this kind: the others have no header, or one that says nothing."""
    return kind in HEADERS or kind in (RegisterBroker, QueryDataVersion, RegisterTopicInNamesrv, GetRouteInfoByTopic)


def _error(error: BodyError) -> str:
    return "JSONValidException" if isinstance(error, CommaError) else "JSONException"


def _registration(
    ext: Mapping[str, str] | None, data: bytes | None, mq_version: int, profile: Profile
) -> RegisterBroker:
    header = read(RegisterBrokerRequestHeader, ext)
    body, body_error = _registered(data, mq_version, profile, compressed=bool(header.compressed))
    return RegisterBroker(
        cluster_name=header.cluster_name,
        broker_addr=header.broker_addr,
        broker_name=header.broker_name,
        broker_id=header.broker_id,
        ha_server_addr=header.ha_server_addr,
        heartbeat_timeout_ms=header.heartbeat_timeout_ms,
        enable_acting_master=header.enable_acting_master,
        zone_name=header.zone_name,
        full_body=header.full_body,
        crc32_matches=header.body_crc32 in (None, 0, crc32(data)),
        body=body,
        body_error=body_error,
    )


def _registered(
    data: bytes | None, mq_version: int, profile: Profile, *, compressed: bool
) -> tuple[RegisterBrokerBody | None, str | None]:
    """The body, or the exception that comes instead."""
    dialect = dialect_of(profile)
    old_shape = mq_version < MQVersion.V3_0_11
    body: RegisterBrokerBody | None
    if mq_version < 0:
        return None, "ArrayIndexOutOfBoundsException"
    try:
        if data is None:
            body = RegisterBrokerBody(filter_server_list=None if old_shape else ())
        elif old_shape:
            body = decode_old_register_broker_body(data, now_ms=NO_TIMESTAMP, dialect=dialect)
        elif compressed:
            body = decode_compressed(
                data,
                mappings=profile.state_version and mq_version >= MQVersion.V5_0_0,
                attributes=profile.reads_topic_attributes,
                now_ms=NO_TIMESTAMP,
                dialect=dialect,
            )
        else:
            body = decode_nullable_register_broker_body(data, now_ms=NO_TIMESTAMP, dialect=dialect)
    except BodyError as error:
        return None, _error(error) if old_shape else "RemotingCommandException"
    if body is None:
        return None, "NullPointerException"
    if body.data_version is not None and body.data_version.timestamp == NO_TIMESTAMP:
        raise SaysTooLittle("a registration without a timestamp has the NameServer's time, which nobody knows")
    return body, None


def _question(ext: Mapping[str, str] | None, data: bytes | None, profile: Profile) -> QueryDataVersion:
    header = read(BrokerRequestHeader, ext)
    version: DataVersion | None = None
    body_error = None
    try:
        if data is not None:
            version = decode_data_version(data, now_ms=NO_TIMESTAMP, dialect=dialect_of(profile))
    except BodyError as error:
        body_error = _error(error)
    return QueryDataVersion(
        cluster_name=header.cluster_name,
        broker_addr=header.broker_addr,
        broker_name=header.broker_name,
        broker_id=header.broker_id,
        data_version=version,
        has_body=data is not None and version is None,
        body_error=body_error,
    )


def _topic(ext: Mapping[str, str] | None, data: bytes | None, profile: Profile) -> RegisterTopicInNamesrv:
    topic = read(TopicRequestHeader, ext).topic
    try:
        queues = None if data is None else decode_queue_datas(data, dialect_of(profile))
    except BodyError as error:
        return RegisterTopicInNamesrv(topic=topic, queue_datas=None, body_error=_error(error))
    return RegisterTopicInNamesrv(
        topic=topic, queue_datas=None if queues is None else tuple(queues), has_body=data is not None
    )
