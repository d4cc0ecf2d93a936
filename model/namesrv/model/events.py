"""What can happen to a NameServer, and what it says: requests, events from outside, internal steps, outputs.

A request holds what the NameServer's release reads from the frame, already decoded: how it got there on the wire
(JSON or binary header, compressed or plain body) is `namesrv.remoting`'s and the checker's matter. `None` in a
request's field means that the header does not have it, or has something that Java could not parse.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from enum import Enum
from typing import NewType

import attrs
from rpds import HashTrieMap

from namesrv.model.values import (
    BrokerMemberGroup,
    ClusterInfo,
    ConfigText,
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicList,
    TopicRouteData,
)

Channel = NewType("Channel", int)
"""One TCP connection, as the NameServer sees it: a number that is never used twice."""

Opaque = NewType("Opaque", int)
"""A request's number, unique within its connection."""


@attrs.frozen(kw_only=True)
class RegisterBroker:
    """REGISTER_BROKER (103).

    `body` is `None` if it could not be read, and then `body_error` is the simple class name of the exception that the release
    answers with. A request without a body has an empty one with DataVersion zero. `heartbeat_timeout_ms`: milliseconds.
    `full_body`: whether the body has all topics of the broker at its DataVersion. Apache brokers don't say and no Apache release
    reads it: an extension of ours (`docs/protocol-gaps.md`).
    Source: `DefaultRequestProcessor.registerBroker`, `RegisterBrokerRequestHeader`.
    """

    cluster_name: str | None
    broker_addr: str | None
    broker_name: str | None
    broker_id: int | None
    ha_server_addr: str | None = None
    heartbeat_timeout_ms: int | None = None
    enable_acting_master: bool | None = None
    zone_name: str | None = None
    full_body: bool | None = None
    crc32_matches: bool = True
    body: RegisterBrokerBody | None = RegisterBrokerBody()
    body_error: str | None = None


@attrs.frozen(kw_only=True)
class UnregisterBroker:
    """UNREGISTER_BROKER (104). Source: `UnRegisterBrokerRequestHeader`."""

    cluster_name: str | None
    broker_addr: str | None
    broker_name: str | None
    broker_id: int | None


@attrs.frozen(kw_only=True)
class QueryDataVersion:
    """QUERY_DATA_VERSION (322). `data_version` is `None` without a body, and where `has_body` for one that is null.

    `body_error`: the simple class name of the exception with which the release answers a body that it can't read.
    Source: `QueryDataVersionRequestHeader`.
    """

    cluster_name: str | None
    broker_addr: str | None
    broker_name: str | None
    broker_id: int | None
    data_version: DataVersion | None
    has_body: bool = False
    body_error: str | None = None


@attrs.frozen(kw_only=True)
class BrokerHeartbeat:
    """BROKER_HEARTBEAT (904), 5.x. Source: `DefaultRequestProcessor.brokerHeartbeat`."""

    cluster_name: str | None
    broker_addr: str | None
    broker_name: str | None


@attrs.frozen(kw_only=True)
class GetRouteInfoByTopic:
    """GET_ROUTEINFO_BY_TOPIC (105). `zone_name`: the asker's, if it says that it wants only brokers of its zone (`__ZONE_MODE`).

    Source: `ClientRequestProcessor.getRouteInfoByTopic`; `ZoneRouteRPCHook`, 5.x.
    """

    topic: str | None
    zone_name: str | None = None


@attrs.frozen(kw_only=True)
class GetBrokerClusterInfo:
    """GET_BROKER_CLUSTER_INFO (106). Source: `DefaultRequestProcessor.getBrokerClusterInfo`."""


@attrs.frozen(kw_only=True)
class GetAllTopicList:
    """GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206). Source: `DefaultRequestProcessor.getAllTopicListFromNameserver`."""


@attrs.frozen(kw_only=True)
class PutKVConfig:
    """PUT_KV_CONFIG (100). Source: `DefaultRequestProcessor.putKVConfig`."""

    namespace: str | None
    key: str | None
    value: str | None


@attrs.frozen(kw_only=True)
class GetKVConfig:
    """GET_KV_CONFIG (101). Source: `DefaultRequestProcessor.getKVConfig`."""

    namespace: str | None
    key: str | None


@attrs.frozen(kw_only=True)
class DeleteKVConfig:
    """DELETE_KV_CONFIG (102). Source: `DefaultRequestProcessor.deleteKVConfig`."""

    namespace: str | None
    key: str | None


@attrs.frozen(kw_only=True)
class GetKVListByNamespace:
    """GET_KVLIST_BY_NAMESPACE (219). Source: `DefaultRequestProcessor.getKVListByNamespace`."""

    namespace: str | None


@attrs.frozen(kw_only=True)
class WipeWritePermOfBroker:
    """WIPE_WRITE_PERM_OF_BROKER (205). Source: `DefaultRequestProcessor.wipeWritePermOfBroker`."""

    broker_name: str | None


@attrs.frozen(kw_only=True)
class AddWritePermOfBroker:
    """ADD_WRITE_PERM_OF_BROKER (327). Source: `DefaultRequestProcessor.addWritePermOfBroker`."""

    broker_name: str | None


@attrs.frozen(kw_only=True)
class DeleteTopicInNamesrv:
    """DELETE_TOPIC_IN_NAMESRV (216). Source: `DefaultRequestProcessor.deleteTopicInNamesrv`."""

    topic: str | None
    cluster_name: str | None = None


@attrs.frozen(kw_only=True)
class RegisterTopicInNamesrv:
    """REGISTER_TOPIC_IN_NAMESRV (217), 5.x. `queue_datas`: in the order of the body, `None` where it has none.

    `has_body`: false without a body. `body_error`: the simple class name of the exception with which the release answers a body
    that it can't read. Source: `DefaultRequestProcessor.registerTopicToNamesrv`.
    """

    topic: str | None
    queue_datas: tuple[QueueData | None, ...] | None
    has_body: bool = True
    body_error: str | None = None


@attrs.frozen(kw_only=True)
class GetTopicsByCluster:
    """GET_TOPICS_BY_CLUSTER (224). Source: `DefaultRequestProcessor.getTopicsByCluster`."""

    cluster: str | None


@attrs.frozen(kw_only=True)
class GetSystemTopicList:
    """GET_SYSTEM_TOPIC_LIST_FROM_NS (304). Source: `DefaultRequestProcessor.getSystemTopicListFromNs`."""


class UnitList(Enum):
    """Which topics are listed, by two bits of their topicSysFlag."""

    UNIT = 311
    """GET_UNIT_TOPIC_LIST: `RouteInfoManager.getUnitTopics`."""
    HAS_UNIT_SUB = 312
    """GET_HAS_UNIT_SUB_TOPIC_LIST: `RouteInfoManager.getHasUnitSubTopicList`."""
    HAS_UNIT_SUB_UNUNIT = 313
    """GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: `RouteInfoManager.getHasUnitSubUnUnitTopicList`."""


@attrs.frozen(kw_only=True)
class GetUnitTopicList:
    """311, 312, 313. Source: `DefaultRequestProcessor.getUnitTopicList` and its neighbours."""

    kind: UnitList


@attrs.frozen(kw_only=True)
class GetBrokerMemberGroup:
    """GET_BROKER_MEMBER_GROUP (901), 5.x. Source: `DefaultRequestProcessor.getBrokerMemberGroup`."""

    cluster_name: str | None
    broker_name: str | None


@attrs.frozen(kw_only=True)
class UpdateNamesrvConfig:
    """UPDATE_NAMESRV_CONFIG (318). `properties`: as `Properties.load` reads the body, `None` without one.

    `readable`: false where it throws, for a `\\u` without four digits. Source: `DefaultRequestProcessor.updateConfig`.
    """

    properties: HashTrieMap[str, str] | None
    readable: bool = True


@attrs.frozen(kw_only=True)
class GetNamesrvConfig:
    """GET_NAMESRV_CONFIG (319). Source: `DefaultRequestProcessor.getConfig`."""


@attrs.frozen(kw_only=True)
class UnknownRequest:
    """A request with a code that the release does not know."""

    code: int


Request = (
    RegisterBroker
    | UnregisterBroker
    | QueryDataVersion
    | BrokerHeartbeat
    | GetRouteInfoByTopic
    | GetBrokerClusterInfo
    | GetAllTopicList
    | PutKVConfig
    | GetKVConfig
    | DeleteKVConfig
    | GetKVListByNamespace
    | WipeWritePermOfBroker
    | AddWritePermOfBroker
    | DeleteTopicInNamesrv
    | RegisterTopicInNamesrv
    | GetTopicsByCluster
    | GetSystemTopicList
    | GetUnitTopicList
    | GetBrokerMemberGroup
    | UpdateNamesrvConfig
    | GetNamesrvConfig
    | UnknownRequest
)


# What comes from outside ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Received:
    """A request has arrived; nothing has been done about it yet. `oneway`: no answer is wanted."""

    channel: Channel
    opaque: Opaque
    request: Request
    oneway: bool = False


@attrs.frozen(kw_only=True)
class ChannelClosed:
    """The peer has closed its connection; the NameServer has not looked at it yet.

    `aborted`: it was reset, or closed with an answer unread, which makes the peer's kernel reset it.
    """

    channel: Channel
    aborted: bool = False


@attrs.frozen(kw_only=True)
class ScanNotActiveBroker:
    """The scan timer has fired. Source: `RouteInfoManager.scanNotActiveBroker`."""


# What the NameServer does by itself -------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Work:
    """The next internal step of the task `(channel, opaque)`; `choice` tells apart the ways in which it may go on."""

    channel: Channel
    opaque: Opaque
    choice: int = 0
    now_ms: int = 0


@attrs.frozen(kw_only=True)
class RunUnregistration:
    """5.x: the batch service takes the first `count` queued unregistrations and works on them under one lock.

    It keeps them in a hash set, so their order is any: `choice` tells those apart that come to different tables.
    Source: `BatchUnregistrationService.run`, `RouteInfoManager.unRegisterBroker`.
    """

    count: int
    choice: int = 0


Event = Received | ChannelClosed | ScanNotActiveBroker | Work | RunUnregistration


# What it says -----------------------------------------------------------------------------------------------------

AnswerBody = TopicRouteData | ClusterInfo | TopicList | KVTable | DataVersion | BrokerMemberGroup | ConfigText


@attrs.frozen(kw_only=True)
class Answer:
    """An answer, without opaque and version.

    `exception` is the simple name of a Java exception's class; then the rest of the remark is the JVM's and `remark` is `None`.
    `ext_fields` is `None` where the header has no such key.
    """

    code: int
    remark: str | None = None
    exception: str | None = None
    ext_fields: HashTrieMap[str, str] | None = None
    body: AnswerBody | None = None


@attrs.frozen(kw_only=True)
class Answered:
    """The NameServer has sent `answer` to the request `(channel, opaque)`."""

    channel: Channel
    opaque: Opaque
    answer: Answer


@attrs.frozen(kw_only=True)
class NotifyMinBrokerIdChange:
    """The NameServer has sent NOTIFY_MIN_BROKER_ID_CHANGE (905), one-way, to the broker at `addr`, over a connection of its own.

    `ha_broker_addr`: on a registration, the newcomer's; `offline_broker_addr`: on a removal, who has left.
    Source: `NotifyMinBrokerIdChangeRequestHeader`, whose broker name is never set.
    """

    addr: str | None
    min_broker_id: int
    min_broker_addr: str | None
    ha_broker_addr: str | None = None
    offline_broker_addr: str | None = None


@attrs.frozen(kw_only=True)
class ClosedChannel:
    """The NameServer has closed a connection."""

    channel: Channel


@attrs.frozen(kw_only=True)
class Applied:
    """Which row of which table decided: for stories, coverage and the causes of anomalies."""

    table: str
    rule: str


Output = Answered | ClosedChannel | NotifyMinBrokerIdChange | Applied
