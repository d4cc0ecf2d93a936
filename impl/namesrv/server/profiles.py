"""What a release's NameServer does, for the server: one named field per difference, with its source.

Written apart from the model's profiles on purpose: the checker compares the two implementations with each other and with the
real releases. Sources: `RouteInfoManager`, `DefaultRequestProcessor` of each release; `docs/strict.md` for `strict`.
"""

from difflib import get_close_matches
from typing import Final

import attrs

from namesrv.remoting.dialect import FASTJSON_1_2_69, FASTJSON_1_2_83, FASTJSON_2_0_43, FASTJSON_2_0_59, Dialect
from namesrv.remoting.version import MQVersion


@attrs.frozen(kw_only=True)
class ServerProfile:
    """One release's behaviour, or `strict`'s. Times in milliseconds."""

    name: str
    mq_version: int
    """The version in every answer's header: `MQVersion.CURRENT_VERSION`."""
    faq_url: str
    """Where the remark of TOPIC_NOT_EXIST points: `FAQUrl.APPLY_TOPIC_URL`."""
    answers_in_kind: bool
    """Whether a request with a binary header gets such an answer: `NettyRemotingAbstract.processRequestCommand`, 4.9.7."""
    answers_unknown_codes: bool
    """4.9.7's `DefaultRequestProcessor.processRequest` returns null, and then nothing is answered."""
    fastjson_1: bool
    """Which characters are written as escapes: up to 5.3.3 it is fastjson 1.2, from 5.4.0 on fastjson 2 (seen on the wire)."""
    json_exception: str
    """The class of the exception on a body that is not JSON: fastjson up to 5.3.3, fastjson2 from 5.4.0 on."""
    dialect: Dialect
    """How bodies are read: the fastjson that the release has."""
    version_before_checksum: bool
    """Whether a version that is none is found before a wrong checksum: `DefaultRequestProcessor.processRequest`, 4.9.7."""
    broker_heartbeat: bool
    """Whether BROKER_HEARTBEAT is known: `DefaultRequestProcessor.brokerHeartbeat`, 5.x."""
    state_version: bool
    """Whether a DataVersion has a stateVersion, which decides conflicts: `RouteInfoManager.registerBroker`, 5.x."""
    acting_master: bool
    """Whether enableActingMaster, zones, prime slaves, topic-queue mappings are known: 5.x."""
    request_heartbeat_timeout: bool
    """Whether a broker brings its own heartbeatTimeoutMillis: `BrokerLiveInfo`, 5.x."""
    live_by_cluster: bool
    """Liveness and filter servers by cluster and address (`BrokerAddrInfo`, 5.x), or by address alone (4.9.7)."""
    null_keys: bool
    """4.9.7's HashMap takes null keys; the ConcurrentHashMap of 5.5.0 throws, in the middle of what it was doing."""
    null_data_version: bool
    """Whether QUERY_DATA_VERSION without a body is answered: `RemotingSerializable.decode`, 5.3.3; before, it throws."""
    takes_null_wrapper: bool
    """Whether a null wrapper counts as a new DataVersion: `RouteInfoManager.registerBroker`, 5.x; 4.9.7 throws."""
    refuses_first_single_topic: bool
    """One topic from a broker id that nobody holds is refused: `RouteInfoManager.registerBroker`, 5.x."""
    empty_address_is_none: bool
    """Whether an id held by an empty address counts as free: `StringUtils.isEmpty` in 5.x, `null ==` in 4.9.7."""
    puts_absent_topics: bool
    """With an unchanged DataVersion, puts topics that the name lacks: `RouteInfoManager.isTopicConfigChanged`, 5.x."""
    query_always_refreshes: bool
    """Whether QUERY_DATA_VERSION counts as a sign of life whatever it finds: 5.5.0; in 4.9.7 only if unchanged."""
    unregister_by_id: bool
    """4.9.7 removes the broker id at once; 5.5.0 queues, and then removes the address from whatever ids hold it."""
    filter_servers_all_addresses: bool
    """The route's filterServerTable reaches out for every address, null ones too, and throws: `pickupTopicRouteData`, 5.x."""
    register_topic: bool = True
    """Whether REGISTER_TOPIC_IN_NAMESRV is known: `DefaultRequestProcessor.processRequest`, 5.x."""
    member_group: bool = True
    """Whether GET_BROKER_MEMBER_GROUP is known: `DefaultRequestProcessor.processRequest`, 5.x."""
    config_black_list_option: bool = True
    """Whether rocketmqHome, configBlackList and what that lists can't be set: `initConfigBlackList`, 5.3.3, not 5.1.4."""
    config_refusal: str = "Can not update config in black list."
    """The remark with which a key is refused: `DefaultRequestProcessor.updateConfig`."""
    config_is_trimmed: bool = True
    """Whether blanks round an option's text go: `MixAll.properties2Object`, 5.3.3, not 5.1.4."""
    zones: bool = True
    """Whether clients may ask for the brokers of their zone: `ZoneRouteRPCHook`, 5.x."""
    ready_check_breaks: bool = False
    """needWaitForService: once a route has been found, no other is answered any more: `getRouteInfoByTopic`, 5.1.4."""
    notification_ends_at_dead: bool = False
    """Whether NOTIFY_MIN_BROKER_ID_CHANGE is sent to nobody behind a broker that can't be reached: `invokeOneway`, 5.1.4."""
    cluster_test_answers_everything: bool = True
    """clusterTest: its processor is the default one in 5.x, and knows only routes: `NamesrvController.registerProcessor`."""
    prime_slave_is_read_only: bool = False
    """Whether all that a prime slave publishes loses write permission, also without acting master: `registerBroker`, 5.1.4."""
    first_scan_ms: int = 5_000
    """The first scan after the start: `NamesrvController.startScheduleService` and (4.9.7) `.initialize`."""
    scan_interval_ms: int = 5_000
    """Between two scans: `NamesrvConfig.scanNotActiveBrokerInterval`; in 4.9.7 fixed at 10 s."""
    heartbeat_timeout_ms: int = 120_000
    """How long a broker may be silent: `DEFAULT_BROKER_CHANNEL_EXPIRED_TIME`, `BROKER_CHANNEL_EXPIRED_TIME`."""
    repaired: bool = False
    """All repairs of `docs/strict.md`: they stand or fall together here, `namesrv.server.strict` has the rules."""


APACHE_5_5_0: Final = ServerProfile(
    name="apache-5.5.0",
    mq_version=int(MQVersion.V5_5_0),
    faq_url="https://rocketmq.apache.org/docs/bestPractice/06FAQ",
    answers_in_kind=False,
    answers_unknown_codes=True,
    fastjson_1=False,
    json_exception="com.alibaba.fastjson2.JSONException",
    dialect=FASTJSON_2_0_59,
    version_before_checksum=False,
    broker_heartbeat=True,
    state_version=True,
    acting_master=True,
    request_heartbeat_timeout=True,
    live_by_cluster=True,
    null_keys=False,
    null_data_version=True,
    takes_null_wrapper=True,
    refuses_first_single_topic=True,
    empty_address_is_none=True,
    puts_absent_topics=True,
    query_always_refreshes=True,
    unregister_by_id=False,
    filter_servers_all_addresses=True,
)

APACHE_4_9_7: Final = ServerProfile(
    name="apache-4.9.7",
    mq_version=int(MQVersion.V4_9_7),
    faq_url="http://rocketmq.apache.org/docs/faq/",
    answers_in_kind=True,
    answers_unknown_codes=False,
    fastjson_1=True,
    json_exception="com.alibaba.fastjson.JSONException",
    dialect=FASTJSON_1_2_69,
    version_before_checksum=True,
    broker_heartbeat=False,
    state_version=False,
    acting_master=False,
    request_heartbeat_timeout=False,
    live_by_cluster=False,
    null_keys=True,
    null_data_version=False,
    takes_null_wrapper=False,
    refuses_first_single_topic=False,
    empty_address_is_none=False,
    puts_absent_topics=False,
    query_always_refreshes=False,
    unregister_by_id=True,
    filter_servers_all_addresses=False,
    register_topic=False,
    member_group=False,
    cluster_test_answers_everything=False,
    zones=False,
    config_black_list_option=False,
    config_refusal="Can not update config path",
    config_is_trimmed=False,
    scan_interval_ms=10_000,
)

APACHE_5_4_0: Final = attrs.evolve(
    APACHE_5_5_0, name="apache-5.4.0", mq_version=int(MQVersion.V5_4_0), dialect=FASTJSON_2_0_43
)

APACHE_5_3_3: Final = attrs.evolve(
    APACHE_5_4_0,
    name="apache-5.3.3",
    mq_version=int(MQVersion.V5_3_3),
    fastjson_1=True,
    json_exception="com.alibaba.fastjson.JSONException",
    dialect=FASTJSON_1_2_83,
    first_scan_ms=5,
)

APACHE_5_1_4: Final = attrs.evolve(
    APACHE_5_3_3,
    name="apache-5.1.4",
    mq_version=int(MQVersion.V5_1_4),
    null_data_version=False,
    ready_check_breaks=True,
    notification_ends_at_dead=True,
    prime_slave_is_read_only=True,
    config_black_list_option=False,
    config_refusal="Can not update config path",
    config_is_trimmed=False,
)

STRICT: Final = attrs.evolve(APACHE_5_5_0, name="strict", filter_servers_all_addresses=False, repaired=True)

SERVER_PROFILES: Final = {
    profile.name: profile for profile in (STRICT, APACHE_5_5_0, APACHE_5_4_0, APACHE_5_3_3, APACHE_5_1_4, APACHE_4_9_7)
}
"""Every profile by its name, the default first."""


class UnknownProfile(ValueError):
    """There is no profile of that name; the message suggests the nearest."""


def server_profile(name: str) -> ServerProfile:
    """The profile of that name. Raises `UnknownProfile`."""
    try:
        return SERVER_PROFILES[name]
    except KeyError:
        near = get_close_matches(name, SERVER_PROFILES, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]!r}?" if near else "there is no near one"
        known = ", ".join(SERVER_PROFILES)
        raise UnknownProfile(f"profile: expected one of {known}, got {name!r}; {hint}") from None
