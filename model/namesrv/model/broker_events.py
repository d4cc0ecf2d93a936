"""What can happen to a broker's registration, and what it does: events, requests, calls.

NameServers are numbers here, in the order of the broker's list. A call is a request that an answer is wanted for: it has a number
that is never used twice, and ends in exactly one `ReceivedAnswer` or `CallFailed`. Times are epoch milliseconds.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from typing import NewType

import attrs
from rpds import HashTrieMap

from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker, UnregisterBroker
from namesrv.model.values import DataVersion, KVTable, QueueData, TopicConfig, TopicQueueMappingInfo

Call = NewType("Call", int)
"""A request that an answer is wanted for."""

NameServerIndex = NewType("NameServerIndex", int)
"""A NameServer, by its place in the broker's list."""


@attrs.frozen(kw_only=True)
class RegisterTopic:
    """REGISTER_TOPIC_IN_NAMESRV (217), 5.x. Source: `BrokerOuterAPI.registerSingleTopicAll`."""

    topic: str
    queue_data: QueueData


BrokerRequest = RegisterBroker | UnregisterBroker | QueryDataVersion | BrokerHeartbeat | RegisterTopic


# What happens -----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Started:
    """The broker has been started. Source: `BrokerController.start`."""


@attrs.frozen(kw_only=True)
class Tick:
    """Time has passed: timers that are due fire, waiting that has run out ends."""


@attrs.frozen(kw_only=True)
class NameServerAvailable:
    """There is a connection to that NameServer. Source: `NettyRemotingClient.scanAvailableNameSrv`, 5.x."""

    name_server: NameServerIndex


@attrs.frozen(kw_only=True)
class NameServerUnavailable:
    """There is none any more."""

    name_server: NameServerIndex


@attrs.frozen(kw_only=True)
class ReceivedAnswer:
    """A NameServer has answered. What the answer's kind does not have is left at its default.

    `changed`, `data_version`: of QUERY_DATA_VERSION; the other three of REGISTER_BROKER. `body_error`: there is a body that can't
    be read. `has_body` and no `data_version`: it was null.
    """

    call: Call
    code: int
    has_body: bool = False
    body_error: bool = False
    changed: bool | None = None
    data_version: DataVersion | None = None
    ha_server_addr: str | None = None
    master_addr: str | None = None
    kv_table: KVTable | None = None


@attrs.frozen(kw_only=True)
class CallFailed:
    """There will be no answer: no connection, the connection lost, the call's own timeout."""

    call: Call


@attrs.frozen(kw_only=True)
class TopicUpdated:
    """An administrator has created or changed topics; 4.9.7 takes one at a time.

    `mapping`: makes the one topic a static one (5.x). Source: `AdminBrokerProcessor.updateAndCreateTopic`,
    `.updateAndCreateTopicList`, `.updateAndCreateStaticTopic`.
    """

    configs: tuple[TopicConfig, ...]
    mapping: TopicQueueMappingInfo | None = None


@attrs.frozen(kw_only=True)
class TopicCreatedOnSend:
    """A producer has sent to a topic that is not there. Source: `TopicConfigManager.createTopicInSendMessageMethod`."""

    topic: str
    default_topic: str = "TBW102"
    queue_nums: int = 4
    topic_sys_flag: int = 0


@attrs.frozen(kw_only=True)
class TopicCreatedByBroker:
    """The broker has made a topic of its own accord: for a consumer group's retries, or 4.9.7 a minute after its start
    RMQ_SYS_TRANS_HALF_TOPIC, when it first looks for transactions to check (5.5.0 has that one from the start).

    Source: `TopicConfigManager.createTopicInSendMessageBackMethod`; `TransactionalMessageBridge.selectTopicConfig`, 4.9.7.
    """

    config: TopicConfig


@attrs.frozen(kw_only=True)
class TopicDeleted:
    """An administrator has deleted a topic; no NameServer is told. Source: `AdminBrokerProcessor.deleteTopic`."""

    topic: str


@attrs.frozen(kw_only=True)
class TopicsCopied:
    """A slave has copied its master's topics, and their version with them; no NameServer is told.

    Source: `SlaveSynchronize.syncTopicConfig`, 5.5.0.
    """

    topic_config_table: HashTrieMap[str, TopicConfig]
    data_version: DataVersion


@attrs.frozen(kw_only=True)
class BrokerPermissionChanged:
    """`brokerPermission` was set. Source: `AdminBrokerProcessor.updateBrokerConfig`."""

    broker_permission: int


@attrs.frozen(kw_only=True)
class RoleChanged:
    """The broker got another id: 0 makes it a master. Source: `BrokerController.changeToSlave`, `.changeToMaster`, 4.9.7."""

    broker_id: int


@attrs.frozen(kw_only=True)
class ServiceStarted:
    """5.x, acting master: the others of the group have been found, the broker comes online. Source: `.startService`."""


@attrs.frozen(kw_only=True)
class ServiceStopped:
    """5.x: the broker is isolated; it neither registers by timer nor beats. Source: `BrokerController.stopService`."""


@attrs.frozen(kw_only=True)
class Shutdown:
    """The broker is told to stop. Source: `BrokerController.shutdown`."""


@attrs.frozen(kw_only=True)
class TimersStopped:
    """5.x: the shutdown has come as far as stopping the timers; until then they go on."""


BrokerEvent = (
    Started
    | Tick
    | NameServerAvailable
    | NameServerUnavailable
    | ReceivedAnswer
    | CallFailed
    | TopicUpdated
    | TopicCreatedOnSend
    | TopicCreatedByBroker
    | TopicDeleted
    | TopicsCopied
    | BrokerPermissionChanged
    | RoleChanged
    | ServiceStarted
    | ServiceStopped
    | Shutdown
    | TimersStopped
)


# What the broker does ---------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Send:
    """A request leaves. `call` is `None` for a one-way one; `timeout_ms`: after which a call fails.

    `deflated`: whether a registration's body is compressed; `claims_compressed`: whether its header says so.
    """

    name_server: NameServerIndex
    request: BrokerRequest
    call: Call | None
    timeout_ms: int
    deflated: bool = False
    claims_compressed: bool = False


@attrs.frozen(kw_only=True)
class CloseConnections:
    """All connections are closed; nothing follows."""


BrokerOutput = Send | CloseConnections
