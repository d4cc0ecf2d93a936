"""A client's frame as the request that a release reads in it: the way back from `namesrv.check.wire`.

What a release reads is what the model has. Where that can't be known from outside (a body that takes a part from the NameServer's
own clock), or a release does what the model leaves out, the request is `NotUnderstood`.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Callable
from typing import Final

from namesrv.check.as_written import SaysTooLittle, as_written
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
from namesrv.model.values import table
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.config_text import decode_properties
from namesrv.remoting.errors import BodyError


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


def _written(kind: Callable[..., Request], *, changes: bool) -> Callable[[RemotingCommand, Profile], Request]:
    """Reads what its header and body say. `changes`: as `NotUnderstood.changes`."""

    def read_written(command: RemotingCommand, profile: Profile) -> Request:
        try:
            return as_written(kind, command.ext_fields, command.body, command.version, profile)
        except SaysTooLittle as reason:
            raise NotUnderstood(str(reason), changes=changes) from reason

    return read_written


def _update_config(command: RemotingCommand, _: Profile) -> Request:
    if command.body is None:
        return UpdateNamesrvConfig(properties=None)
    try:
        return UpdateNamesrvConfig(properties=table(decode_properties(command.body)))
    except BodyError:
        return UpdateNamesrvConfig(properties=None, readable=False)


WRITTEN: Final[dict[int, Callable[..., Request]]] = {
    RequestCode.REGISTER_BROKER: RegisterBroker,
    RequestCode.UNREGISTER_BROKER: UnregisterBroker,
    RequestCode.QUERY_DATA_VERSION: QueryDataVersion,
    RequestCode.BROKER_HEARTBEAT: BrokerHeartbeat,
    RequestCode.GET_ROUTEINFO_BY_TOPIC: GetRouteInfoByTopic,
    RequestCode.PUT_KV_CONFIG: PutKVConfig,
    RequestCode.GET_KV_CONFIG: GetKVConfig,
    RequestCode.DELETE_KV_CONFIG: DeleteKVConfig,
    RequestCode.GET_KVLIST_BY_NAMESPACE: GetKVListByNamespace,
    RequestCode.WIPE_WRITE_PERM_OF_BROKER: WipeWritePermOfBroker,
    RequestCode.ADD_WRITE_PERM_OF_BROKER: AddWritePermOfBroker,
    RequestCode.DELETE_TOPIC_IN_NAMESRV: DeleteTopicInNamesrv,
    RequestCode.REGISTER_TOPIC_IN_NAMESRV: RegisterTopicInNamesrv,
    RequestCode.GET_TOPICS_BY_CLUSTER: GetTopicsByCluster,
    RequestCode.GET_BROKER_MEMBER_GROUP: GetBrokerMemberGroup,
}
"""What says something in its header or body."""

READERS: Final[dict[int, Callable[[RemotingCommand, Profile], Request]]] = {
    **{code: _written(kind, changes=kind is not QueryDataVersion) for code, kind in WRITTEN.items()},
    RequestCode.GET_BROKER_CLUSTER_INFO: lambda *_: GetBrokerClusterInfo(),
    RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER: lambda *_: GetAllTopicList(),
    RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS: lambda *_: GetSystemTopicList(),
    RequestCode.GET_UNIT_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.UNIT),
    RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB),
    RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: lambda *_: GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB_UNUNIT),
    RequestCode.UPDATE_NAMESRV_CONFIG: _update_config,
    RequestCode.GET_NAMESRV_CONFIG: lambda *_: GetNamesrvConfig(),
}
"""What reads each code."""
