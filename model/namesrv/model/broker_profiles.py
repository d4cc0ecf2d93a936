"""What a release's broker does, as data: everything in which 4.9.7, 5.3.3 and 5.5.0 register differently.

The NameServer's side is in `profiles`. Times are in milliseconds. `BROKER_PROFILES` holds them by name.
"""

from enum import Enum
from typing import Final

import attrs


class NewTopicRegistration(Enum):
    """How a topic that a producer's first message created gets known: `TopicConfigManager.createTopicInSendMessageMethod`."""

    ALL_ONEWAY = "all-oneway"
    """4.9.7: everything, one-way; nobody learns whether it arrived."""
    ONLY_IT = "only-it"
    """5.5.0: that topic alone, and the answers are waited for: `.registerBrokerData`."""


class MaskedPerm(Enum):
    """What a broker that may not be read from or written to says of a topic's perm: `BrokerController.registerBrokerAll`."""

    REPLACED = "replaced"
    """4.9.7: `brokerPermission` instead of it, which can grant what the topic does not."""
    ANDED = "anded"
    """5.5.0: what both allow."""


@attrs.frozen(kw_only=True)
class BrokerProfile:
    """One release's broker. Each field names its source."""

    name: str
    mq_version: int
    """The version in every request's header: `MQVersion.CURRENT_VERSION`."""
    state_version: bool
    """Whether DataVersion has a stateVersion: `DataVersion.nextVersion(long)`, from 5.0 on."""
    register_broker_timeout_ms: int
    """Of all NameServers together: `BrokerConfig.registerBrokerTimeoutMills`."""
    only_available: bool
    """5.5.0 registers with those that it has a connection to: `NettyRemotingClient.getAvailableNameSrvList`. 4.9.7: with all."""
    new_topic_registration: NewTopicRegistration
    masked_perm: MaskedPerm
    masked_increment_keeps_sys_flag: bool
    """5.5.0's `registerIncrementBrokerData` keeps it, its `registerBrokerAll` does not; 4.9.7 in neither."""
    table_at_send: bool
    """4.9.7 hands out the table itself, so that a registration holds what is there when it leaves, unless perms are masked:
    `TopicConfigManager.buildTopicConfigSerializeWrapper`. 5.5.0 copies it before it asks whether to register, and takes the
    version when it leaves: topics that came in between are missing under a version that promises them."""
    same_config_is_ignored: bool
    """5.5.0's `AdminBrokerProcessor.updateAndCreateTopic` does nothing for a config that is there already."""
    order_config_clears: bool
    """4.9.7's `updateOrderTopicConfig` also takes `order` from topics that the NameServer does not list."""
    role_change_is_forced: bool
    """4.9.7: `BrokerController.changeToSlave`; 5.5.0 as configured: `DLedgerRoleChangeHandler`."""
    claims_compression: bool
    """Whether a compressed body is said to be one: 5.5.0's `BrokerOuterAPI.registerBrokerAll` says `compressed=false` always."""
    acting_master: bool
    """Whether `enableSlaveActingMaster` exists, isolation and heartbeats with it: from 5.0 on."""
    split_registration: bool
    """Whether `enableSplitRegistration` exists: from 5.1 on."""
    split_makes_versions: bool
    """5.3.3 makes a new DataVersion for each part of a split registration: `TopicConfigManager.buildSerializeWrapper`. All parts
    of 5.5.0's are of one."""
    single_topic_register: bool
    """Whether `enableSingleTopicRegister` exists: from 5.1 on."""
    unregisters_first: bool
    """5.5.0's shutdown unregisters before it stops the timers; then registrations are suppressed, and questions go on:
    `BrokerController.shutdownBasicService`. 4.9.7 stops the timers, waits for a registration under way, unregisters."""
    unregister_timeout_ms: int = 3_000
    """`BrokerOuterAPI.unregisterBroker`."""
    single_topic_timeout_ms: int = 3_000
    """`BrokerController.registerSingleTopicAll`."""
    first_registration_timer_ms: int = 10_000
    """`BrokerController.start`: the delay of the periodic registration."""
    least_period_ms: int = 10_000
    most_period_ms: int = 60_000
    """`BrokerController.start`: bounds of `registerNameServerPeriod`."""
    first_heartbeat_ms: int = 1_000
    """`BrokerController.scheduleSendHeartbeat`."""
    timers_wait_ms: int = 5_000
    """4.9.7's `BrokerController.shutdown`: how long it waits for a periodic registration that is under way."""


BROKER_4_9_7: Final = BrokerProfile(
    name="apache-4.9.7",
    mq_version=407,
    state_version=False,
    register_broker_timeout_ms=6_000,
    only_available=False,
    new_topic_registration=NewTopicRegistration.ALL_ONEWAY,
    masked_perm=MaskedPerm.REPLACED,
    masked_increment_keeps_sys_flag=False,
    table_at_send=True,
    same_config_is_ignored=False,
    order_config_clears=True,
    role_change_is_forced=True,
    claims_compression=True,
    acting_master=False,
    split_registration=False,
    split_makes_versions=False,
    single_topic_register=False,
    unregisters_first=False,
)

BROKER_5_5_0: Final = BrokerProfile(
    name="apache-5.5.0",
    mq_version=513,
    state_version=True,
    register_broker_timeout_ms=24_000,
    only_available=True,
    new_topic_registration=NewTopicRegistration.ONLY_IT,
    masked_perm=MaskedPerm.ANDED,
    masked_increment_keeps_sys_flag=True,
    table_at_send=False,
    same_config_is_ignored=True,
    order_config_clears=False,
    role_change_is_forced=False,
    claims_compression=False,
    acting_master=True,
    split_registration=True,
    split_makes_versions=False,
    single_topic_register=True,
    unregisters_first=True,
)

BROKER_5_3_3: Final = attrs.evolve(BROKER_5_5_0, name="apache-5.3.3", mq_version=479, split_makes_versions=True)

BROKER_PROFILES: Final = {profile.name: profile for profile in (BROKER_5_5_0, BROKER_5_3_3, BROKER_4_9_7)}
"""Every broker profile by its name, the default first."""
