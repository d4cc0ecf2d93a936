"""What a broker knows of its registration: settings, topics, timers, and which registration is under way. All of it is frozen."""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from enum import Enum
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.broker_events import Call, NameServerIndex, ReceivedAnswer
from namesrv.model.broker_profiles import BrokerProfile
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    DataVersion,
    TopicConfig,
    TopicQueueMappingInfo,
)


@attrs.frozen(kw_only=True)
class BrokerSettings:
    """How a broker is configured; names and defaults as in `BrokerConfig` and `MessageStoreConfig`, times in milliseconds.

    `name_servers`: how many there are. `register_broker_timeout_ms` `None`: the profile's. `has_ha_master_address`: a slave that
    was told its master's HA address does not learn it. `enable_dledger_commit_log`: a quorum gives it its role, and `broker_id`
    is -1 (`BrokerStartup`). `enable_controller_mode`: 5.x, a controller gives it its role. `full_body`: it says of its
    registrations whether they are full, which no Apache broker does. `disappear_time_after_start_ms`: 5.x, no timer registers
    earlier.
    """

    cluster_name: str
    broker_name: str
    broker_addr: str
    name_servers: int
    broker_id: int = 0
    ha_server_addr: str | None = None
    broker_permission: int = PERM_READ | PERM_WRITE
    auto_create_topic_enable: bool = True
    register_name_server_period_ms: int = 30_000
    register_broker_timeout_ms: int | None = None
    force_register: bool = True
    compressed_register: bool = False
    enable_split_registration: bool = False
    split_registration_size: int = 800
    enable_single_topic_register: bool = False
    enable_slave_acting_master: bool = False
    compatible_with_old_name_srv: bool = True
    broker_heartbeat_interval_ms: int = 1_000
    send_heartbeat_timeout_ms: int = 1_000
    broker_not_active_timeout_ms: int = 10_000
    total_replicas: int = 1
    skip_pre_online: bool = False
    disappear_time_after_start_ms: int = -1
    state_machine_version: int = 0
    enable_dledger_commit_log: bool = False
    enable_controller_mode: bool = False
    has_ha_master_address: bool = False
    full_body: bool = False


class Timer(Enum):
    """What happens again and again, each at a fixed rate: one that is late fires as often as it should have."""

    REGISTER = "register"
    HEARTBEAT = "heartbeat"


class Then(Enum):
    """What follows a registration that the broker's own start waits for."""

    NOTHING = "nothing"
    SCHEDULE_TIMERS = "schedule-timers"
    LEAVE_ISOLATION = "leave-isolation"


@attrs.frozen(kw_only=True)
class RegisterAll:
    """Everything is to be registered. Source: `BrokerController.registerBrokerAll`.

    `force`: without asking first; `from_timer`: by the periodic timer, whose thread waits for it.
    """

    check_order_config: bool
    oneway: bool
    force: bool
    from_timer: bool = False
    then: Then = Then.NOTHING


@attrs.frozen(kw_only=True)
class RegisterIncrement:
    """These topics are to be registered. Source: `BrokerController.registerIncrementBrokerData`."""

    configs: tuple[TopicConfig, ...]


@attrs.frozen(kw_only=True)
class RegisterSingle:
    """This topic is to be told by REGISTER_TOPIC_IN_NAMESRV. Source: `BrokerController.registerSingleTopicAll`, 5.x."""

    config: TopicConfig


Job = RegisterAll | RegisterIncrement | RegisterSingle
"""What waits for the lock that all registrations of a broker share: its methods are synchronized."""


@attrs.frozen(kw_only=True)
class Part:
    """One registration of a job: `configs` as they were when it began, or `None` for the table as it is when it leaves.

    `full_at`: these are all of them at that DataVersion; `None` if they are not all. `makes_version`: a new one as it leaves.
    """

    configs: HashTrieMap[str, TopicConfig] | None
    full_at: DataVersion | None = None
    mappings: HashTrieMap[str, TopicQueueMappingInfo] = HashTrieMap()
    ask_first: bool = False
    makes_version: bool = False


@attrs.frozen(kw_only=True)
class Asking:
    """Every NameServer has been asked whether the broker has to register. `asked`: the version that went with it."""

    asked: DataVersion
    needed: bool = False


@attrs.frozen(kw_only=True)
class Registering:
    """A registration has been sent to NameServers."""


@attrs.frozen(kw_only=True)
class TellingTopic:
    """A single topic has been sent to every NameServer."""


@attrs.frozen(kw_only=True)
class UnderWay:
    """The job that holds the lock. `waiting`: calls without an end; after `deadline_ms` they count no more.

    `pauses`: a part has gone to nobody, and before the next one a NameServer may become available: it leaves with a `Tick`.
    """

    job: Job
    parts: tuple[Part, ...]
    phase: Asking | Registering | TellingTopic
    waiting: HashTrieMap[Call, NameServerIndex]
    deadline_ms: int
    pauses: bool = False
    results: tuple[ReceivedAnswer, ...] = ()
    """Of this registration, in the order in which they came."""


@attrs.frozen(kw_only=True)
class Unregistering:
    """NameServers are told one after the other: `name_server` next or now. `call` is `None` while timers are waited for."""

    name_server: NameServerIndex = NameServerIndex(0)
    call: Call | None = None
    not_before_ms: int = 0


NOT_STARTED: Final = -1


@attrs.frozen(kw_only=True, cache_hash=True)
class BrokerState:
    """Everything. `broker_id`, `broker_permission`, `state_machine_version` are at first the settings'. Times: epoch ms."""

    settings: BrokerSettings
    profile: BrokerProfile
    topic_config_table: HashTrieMap[str, TopicConfig]
    data_version: DataVersion
    topic_queue_mapping_table: HashTrieMap[str, TopicQueueMappingInfo] = HashTrieMap()
    broker_id: int = 0
    broker_permission: int = PERM_READ | PERM_WRITE
    state_machine_version: int = 0
    """Of the last election, which goes into new DataVersions (5.x): `DefaultMessageStore.getStateMachineVersion`."""
    available: frozenset[NameServerIndex] = frozenset()
    timers: HashTrieMap[Timer, int] = HashTrieMap()
    started_ms: int = NOT_STARTED
    is_isolated: bool = False
    is_shutdown: bool = False
    is_unregistered: bool = False
    is_closed: bool = False
    jobs: tuple[Job, ...] = ()
    under_way: UnderWay | None = None
    then: Then = Then.NOTHING
    """What the job that has just given up the lock wants to follow."""
    unregistering: Unregistering | None = None
    next_call: int = 0
    master_addr: str | None = None
    """Where a slave copies from, as the last registration's first answer says."""
    ha_master_addr: str | None = None


def initial_state(
    settings: BrokerSettings,
    profile: BrokerProfile,
    topic_config_table: HashTrieMap[str, TopicConfig],
    created_ms: int,
    stored_version: DataVersion | None = None,
) -> BrokerState:
    """A broker that has not been started. `topic_config_table`: its own topics and those that it stored; `created_ms`: when the
    process made its DataVersion, epoch milliseconds; `stored_version`: what stands in its place, if it stored topics."""
    return BrokerState(
        settings=settings,
        profile=profile,
        topic_config_table=topic_config_table,
        data_version=stored_version or DataVersion(timestamp=created_ms),
        broker_id=settings.broker_id,
        broker_permission=settings.broker_permission,
        state_machine_version=settings.state_machine_version,
    )
