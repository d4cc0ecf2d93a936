"""What a release does, as data. A difference between releases is a named field with its source, never a version test.

`strict` is `apache-5.5.0` with the repairs of `docs/strict.md`; its fields say which. `PROFILES` holds them all.
"""

from enum import Enum
from typing import Any, Final

import attrs

from namesrv.model.options import SETTINGS_4_9, SETTINGS_5_1, SETTINGS_5_3, Setting


class LiveKey(Enum):
    """What liveness and filter servers are keyed by."""

    ADDR = "addr"
    """4.9.7: `HashMap<String, BrokerLiveInfo> brokerLiveTable`."""
    CLUSTER_AND_ADDR = "cluster-and-addr"
    """5.5.0: `BrokerAddrInfo`."""


class OlderStateVersion(Enum):
    """A claim to a broker id that another live address holds with a greater stateVersion."""

    WINS = "wins"
    """4.9.7 knows no stateVersion: `RouteInfoManager.registerBroker` just puts the new address."""
    IGNORED = "ignored"
    """5.5.0 answers SUCCESS, stores nothing and drops the newcomer's live entry: `RouteInfoManager.registerBroker`."""
    REFUSED = "refused"
    """Repair `older-state-version-refused`."""


class TopicBeforeBroker(Enum):
    """A registration of exactly one topic by an address that is not registered yet."""

    ACCEPTED = "accepted"
    """4.9.7: `RouteInfoManager.registerBroker` has no such rule."""
    REFUSED_LEAVING_NAME = "refused-leaving-name"
    """5.5.0 answers `register broker failed`, after the cluster and the broker name have been entered."""
    REFUSED = "refused"
    """Repair `atomic-refusal`."""


class TopicUpdate(Enum):
    """Which topics of an accepted body are put."""

    ALL_IF_CHANGED = "all-if-changed"
    """4.9.7: all of them, if first or the DataVersion differs: `RouteInfoManager.registerBroker`."""
    EACH_IF_CHANGED_OR_ABSENT = "each-if-changed-or-absent"
    """5.5.0: also one that the name has no queues of: `RouteInfoManager.isTopicConfigChanged`."""


class QueryRefreshes(Enum):
    """When QUERY_DATA_VERSION counts as a sign of life: `DefaultRequestProcessor.queryBrokerTopicConfig`."""

    UNCHANGED = "unchanged"
    """4.9.7: only if it is answered `changed=false`."""
    ALWAYS = "always"
    """5.5.0."""
    SAME_PLACE = "same-place"
    """Repair `query-checks-place`: if the address stands where the request says."""


class Unregistration(Enum):
    """How an address leaves."""

    AT_ONCE_BY_ID = "at-once-by-id"
    """4.9.7: `RouteInfoManager.unregisterBroker` removes the broker id, whatever address holds it."""
    QUEUED_BY_ADDR = "queued-by-addr"
    """5.5.0: `BatchUnregistrationService`, later; removes every id of the name that holds the address."""
    AT_ONCE_CHECKED = "at-once-checked"
    """Repairs `atomic-requests`, `unregister-checks-place`, `unregister-checks-connection`."""


class ChannelDestroy(Enum):
    """What a closed connection takes along: `RouteInfoManager.onChannelDestroy`."""

    ONE_AT_ONCE = "one-at-once"
    """4.9.7: the first address found; its removal does not look again at who speaks for it."""
    ONE_QUEUED = "one-queued"
    """5.5.0: the first address found; its removal is queued."""
    ALL_AT_ONCE = "all-at-once"
    """Repair `close-removes-all`."""


class NotUtf8(Enum):
    """What becomes of a request's body that is no UTF-8: `RemotingSerializable.decode`."""

    REPLACED = "replaced"
    """4.9.7 makes a String of it, with a replacement character for what is none."""
    NULL = "null"
    """5.1.4 and 5.3.3: `JSON.parseObject(byte[])` of fastjson 1.2.83 makes it null."""
    SKIPPED = "skipped"
    """5.4.0 and 5.5.0: fastjson2 does not notice in the text of a field that it does not know, and refuses it elsewhere."""


@attrs.frozen(kw_only=True)
class Profile:
    """One release's (or `strict`'s) behaviour. Times are in milliseconds; see each field's comment for its source."""

    name: str
    mq_version: int
    """The version in the header of every answer: `MQVersion.CURRENT_VERSION`."""
    faq_url: str
    """In the remark of TOPIC_NOT_EXIST: `FAQUrl.APPLY_TOPIC_URL`."""
    answers_unknown_codes: bool
    """4.9.7's `DefaultRequestProcessor.processRequest` returns null: no answer. 5.5.0: REQUEST_CODE_NOT_SUPPORTED."""
    broker_heartbeat: bool
    """Whether BROKER_HEARTBEAT (904) is known: from 5.0 on."""
    state_version: bool
    """Whether DataVersion has a stateVersion: from 5.0 on."""
    acting_master: bool
    """Whether `enableActingMaster`, zone names, prime slaves and topic-queue mappings exist: from 5.0 on."""
    request_heartbeat_timeout: bool
    """Whether a broker may bring its own `heartbeatTimeoutMillis`: from 5.0 on."""
    concurrent_tables: bool
    """5.5.0 keeps tables in ConcurrentHashMap, which throws on null keys; 4.9.7 in HashMap, which takes them."""
    decodes_absent_body: bool
    """`DataVersion.decode(null)` gives null from 5.3.3 on, a NullPointerException before: `RemotingSerializable.decode`."""
    reads_topic_attributes: bool
    """Whether a compressed body's topic line may have a sixth word: `TopicConfig.decode` of 4.9.7 takes exactly five."""
    live_key: LiveKey
    older_state_version: OlderStateVersion
    topic_before_broker: TopicBeforeBroker
    topic_update: TopicUpdate
    query_refreshes: QueryRefreshes
    unregistration: Unregistration
    channel_destroy: ChannelDestroy
    register_topic: bool = True
    """Whether REGISTER_TOPIC_IN_NAMESRV (217) is known: `DefaultRequestProcessor.processRequest`, from 5.0 on."""
    member_group: bool = True
    """Whether GET_BROKER_MEMBER_GROUP (901) is known: `DefaultRequestProcessor.processRequest`, from 5.0 on."""
    counter_is_int: bool = False
    """Whether a DataVersion's counter beyond an int can't be read, though it is an AtomicLong: 5.4.0, with fastjson2 2.0.43.

    Seen on the wire; the body is then one that can't be decoded. As an int may, it may be an object, which is 0. Before
    (fastjson 1.2) and after (2.0.59) it is a long.
    """
    json_not_utf_8: NotUtf8 = NotUtf8.SKIPPED
    json_is_loose: bool = False
    """Whether a body's keys may be bare words, a comma stand before the first, a byte order mark begin it: fastjson 1.2.

    Source of this and of all that follows: seen on the jars. 4.9.7 has fastjson 1.2.69, 5.1.4 and 5.3.3 have 1.2.83, 5.4.0 has
    fastjson2 2.0.43, 5.5.0 has 2.0.59. What they read, they read in `RemotingSerializable.decode`.
    """
    json_blank_is_null: bool = False
    """Whether a body of blanks, and `[]` where an object should be, are null: fastjson 1.2."""
    json_commas_required: bool = False
    """Whether fields need a comma between them: fastjson 1.2."""
    json_comma_after_unknown: bool = False
    """Whether a comma may stand behind the last field though no class knows that field: all but fastjson2 2.0.59."""
    json_block_comments: bool = True
    """Whether `/* */` may stand inside an object: all but fastjson2 2.0.43."""
    json_smart_keys: bool = False
    """Whether a field is found whatever its key's case, `_` and `-`: fastjson 1.2."""
    json_null_is_zero: bool = True
    """Whether a number that is null is 0; in fastjson 1.2 the class's default stays, and `"NULL"` is as null."""
    json_object_is_zero: bool = True
    """Whether an int that is an object is 0: fastjson2."""
    json_exponent_is_double: bool = True
    """Whether a number with an exponent that is beyond its type is the nearest bound: fastjson2. In fastjson 1.2 it loses its
    upper bits, as a decimal number without exponent does in all, and an exponent beyond 100 can't be read.
    """
    json_numbers_in_texts: bool = True
    """Whether a number may be a text with decimals, or one of `true`: fastjson2."""
    json_commas_in_texts: bool = True
    """Whether a number that is a text may have commas: before three digits each in fastjson2 2.0.59, anywhere in fastjson 1.2."""
    json_list_of_one: bool = True
    """Whether a number may be an array of one: fastjson2."""
    json_list_of_one_text: bool = True
    """Whether a text may be an array of one: fastjson2 2.0.59. A topic is then called what stands in it."""
    json_letters_are_flags: bool = False
    """Whether a boolean may be `"T"`, `"F"`, `"f"` or `"y"`: fastjson 1.2. Of letters all take `"Y"` and `"N"`."""
    json_flags_in_single_quotes: bool = True
    """Whether a boolean may be a text in single quotes: all but fastjson2 2.0.43."""
    json_constants_in_single_quotes: bool = False
    """Whether a topic's filter type may be: fastjson 1.2."""
    json_refuses_types: bool = False
    """Whether an object with a field `@type` can't be read: fastjson 1.2."""
    json_null_keys: bool = False
    """Whether a null key can be written: fastjson 1.2. In fastjson2 a topic that has a mapping without a broker name has no route
    any more: a NullPointerException answers whoever asks.
    """
    json_true_is_a_long: bool = True
    """Whether a long may be true: all but fastjson 1.2.69."""
    json_anything_is_a_list: bool = False
    """Whether filter servers that are neither an array nor a text are an array of one text, and not null: fastjson 1.2."""
    json_wide_field_names: bool = False
    """Whether a field's name may have characters beyond 16 bits: fastjson 1.2."""
    json_wide_map_keys: bool = True
    """Whether a topic may, as a key of a body's table: all but fastjson2 2.0.43."""
    json_number_is_a_map_key: bool = True
    """Whether a topic may be a number without quotes, as a key of a body's table: fastjson2."""
    settings: tuple[Setting, ...] = attrs.field(default=SETTINGS_5_3, hash=False)
    """The options that there are: the fields of `NamesrvConfig` and `NettyServerConfig`."""
    sorts_config: bool = True
    """Whether GET_NAMESRV_CONFIG lists them by name: `Configuration.getAllConfigsInternal`, 5.x; in 4.9.7 a hash table does."""
    trims_config: bool = True
    """Whether an option that is text loses blanks at its ends: `MixAll.properties2Object`, 5.3.3 and not yet 5.1.4."""
    config_black_list: frozenset[str] = frozenset(
        {"configBlackList", "configStorePath", "kvConfigPath", "rocketmqHome"}
    )
    """What UPDATE_NAMESRV_CONFIG refuses: `DefaultRequestProcessor.initConfigBlackList`, 5.3.3; `.updateConfig`, 5.1.4."""
    config_refusal: str = "Can not update config in black list."
    """And in what words: `DefaultRequestProcessor.updateConfig`."""
    route_encoded_after_lock: bool = True
    """Whether a route's queues and mappings may be later than its brokers: it is encoded when the read lock has been released.

    The model's step is one look all the same; who judges answers reads this (`namesrv.check.late_encoding`). Source:
    `RouteInfoManager.pickupTopicRouteData`; `getRouteInfoByTopic` of `DefaultRequestProcessor` (4.9.7), `ClientRequestProcessor`.
    """
    answers_in_kind: bool = False
    """Whether a binary header is answered with one, and not JSON: `NettyRemotingAbstract.processRequestCommand`, 4.9.7."""
    zones: bool = True
    """Whether a route may be asked for by zone: `ZoneRouteRPCHook`, from 5.0 on."""
    ready_check_breaks: bool = False
    """needWaitForService: once a route has been found, 5.1.4 is never ready again: `needCheckNamesrvReady` of
    `ClientRequestProcessor.getRouteInfoByTopic`, gone since 5.3.2.
    """
    cluster_test_answers_everything: bool = True
    """clusterTest: whether every request is answered as one for a route: `NamesrvController.registerProcessor`, 5.x."""
    prime_slave_is_read_only: bool = False
    """5.1.4 takes write permission from whatever a prime slave publishes, 5.3.3 only if its group may have an acting master.

    Source: `RouteInfoManager.registerBroker`. No effect without `acting_master`.
    """
    heartbeat_timeout_ms: int = 120_000
    """`BROKER_CHANNEL_EXPIRED_TIME` / `DEFAULT_BROKER_CHANNEL_EXPIRED_TIME`."""
    scan_interval_ms: int = 5_000
    """`NamesrvConfig.scanNotActiveBrokerInterval` (5.x); fixed at 10 s in 4.9.7's `NamesrvController`."""
    first_scan_ms: int = 5_000
    """The first scan, after the start: `NamesrvController.startScheduleService`, whose 5 in 5.1.4 and 5.3.3 are milliseconds."""
    internal_step_deadline_ms: int = 5_000
    """A judgement of ours, no source: an enabled internal step that has not happened by then never will."""
    atomic_requests: bool = False
    """Repair `atomic-requests`: a request, a close and a scan are one step each."""
    in_order: bool = False
    """Repair `in-order`. Otherwise a thread pool works on the requests of one connection in any order."""
    atomic_refusal: bool = False
    """Repair `atomic-refusal`: a registration that is not accepted changes nothing."""
    data_version_monotonic: bool = False
    """Repair `data-version-monotonic`: over another connection, an older DataVersion does not replace a live address's newer one.

    Over the speaking connection requests come in order, and the last word counts: a slave takes over its master's DataVersion.
    """
    timestamp_breaks_tie: bool = False
    """Repair `timestamp-breaks-tie`: of two DataVersions with equal counters, the one with the smaller timestamp is older.

    Apache compares DataVersions for equality only (`RouteInfoManager.isBrokerTopicConfigChanged`, 4.9.7 and 5.5.0). No effect
    without `data_version_monotonic`.
    """
    same_version_puts_topics: bool = False
    """Repair `same-version-puts-topics`: every topic and mapping of an accepted body is put, whatever its DataVersion.

    Apache puts a known topic only if the DataVersion differs from the stored one (`RouteInfoManager.registerBroker`, 4.9.7 and
    5.5.0), so of several registrations with one version only the first is heard about what was known before.
    """
    one_place_per_address: bool = False
    """Repair `one-place-per-address`. 5.5.0 looks for the address among the ids of the same name only."""
    displaced_broker_leaves: bool = False
    """Repair `displaced-broker-leaves`. 5.5.0 keeps the live entry of an address whose id another one took."""
    one_cluster_per_name: bool = False
    """Repair `one-cluster-per-name`. 5.5.0 enters the name in the second cluster's set and keeps the first in BrokerData."""
    first_topics_replace: bool = False
    """Repair `first-topics-replace`: a master's first registration removes what the name published before."""
    full_body_replaces: bool = False
    """Extension `full-body`: what a master does not name in a body that says to be full, it has no more; and a version that came
    with a body that says not to be full is not called unchanged.

    No Apache release knows the ext field. Source: `docs/protocol-gaps.md`.
    """
    query_checks_place: bool = False
    """Repair `query-checks-place`: QUERY_DATA_VERSION says unchanged only to the place that is registered."""
    expiry_spares_neighbours: bool = False
    """Repair `expiry-spares-neighbours`: the connection of an expired address stays open if it speaks for another."""
    mappings_leave_with_broker: bool = False
    """Repair `mappings-leave-with-broker`. 5.5.0 never removes a topic-queue mapping."""
    parts_required: bool = False
    """Repair `parts-required`. Apache fails halfway on null parts, swallows the exception and answers SUCCESS."""
    wipe_outlasts_registration: bool = False
    """Repair `wipe-outlasts-registration`: WIPE_WRITE_PERM_OF_BROKER holds until ADD_WRITE_PERM_OF_BROKER, or until the
    name's master comes anew. In Apache the next registration with another DataVersion undoes it.
    """
    expiry_overflows: bool = True
    """`last + timeout` wraps round at 2^63 (`RouteInfoManager.scanNotActiveBroker`); false is repair `no-expiry-overflow`."""

    def __str__(self) -> str:
        """Its name."""
        return self.name


FASTJSON_1_2: Final[dict[str, Any]] = {
    "json_is_loose": True,
    "json_blank_is_null": True,
    "json_commas_required": True,
    "json_comma_after_unknown": True,
    "json_smart_keys": True,
    "json_null_is_zero": False,
    "json_object_is_zero": False,
    "json_exponent_is_double": False,
    "json_numbers_in_texts": False,
    "json_list_of_one": False,
    "json_list_of_one_text": False,
    "json_letters_are_flags": True,
    "json_constants_in_single_quotes": True,
    "json_refuses_types": True,
    "json_null_keys": True,
    "json_anything_is_a_list": True,
    "json_wide_field_names": True,
    "json_number_is_a_map_key": False,
}

APACHE_4_9_7: Final = Profile(
    name="apache-4.9.7",
    mq_version=407,
    faq_url="http://rocketmq.apache.org/docs/faq/",
    answers_unknown_codes=False,
    broker_heartbeat=False,
    state_version=False,
    acting_master=False,
    request_heartbeat_timeout=False,
    concurrent_tables=False,
    decodes_absent_body=False,
    reads_topic_attributes=False,
    live_key=LiveKey.ADDR,
    older_state_version=OlderStateVersion.WINS,
    topic_before_broker=TopicBeforeBroker.ACCEPTED,
    topic_update=TopicUpdate.ALL_IF_CHANGED,
    query_refreshes=QueryRefreshes.UNCHANGED,
    unregistration=Unregistration.AT_ONCE_BY_ID,
    channel_destroy=ChannelDestroy.ONE_AT_ONCE,
    register_topic=False,
    member_group=False,
    answers_in_kind=True,
    zones=False,
    settings=SETTINGS_4_9,
    cluster_test_answers_everything=False,
    sorts_config=False,
    trims_config=False,
    config_black_list=frozenset({"configStorePath", "kvConfigPath"}),
    config_refusal="Can not update config path",
    scan_interval_ms=10_000,
    json_not_utf_8=NotUtf8.REPLACED,
    json_true_is_a_long=False,
    **FASTJSON_1_2,
)

APACHE_5_5_0: Final = Profile(
    name="apache-5.5.0",
    mq_version=513,
    faq_url="https://rocketmq.apache.org/docs/bestPractice/06FAQ",
    answers_unknown_codes=True,
    broker_heartbeat=True,
    state_version=True,
    acting_master=True,
    request_heartbeat_timeout=True,
    concurrent_tables=True,
    decodes_absent_body=True,
    reads_topic_attributes=True,
    live_key=LiveKey.CLUSTER_AND_ADDR,
    older_state_version=OlderStateVersion.IGNORED,
    topic_before_broker=TopicBeforeBroker.REFUSED_LEAVING_NAME,
    topic_update=TopicUpdate.EACH_IF_CHANGED_OR_ABSENT,
    query_refreshes=QueryRefreshes.ALWAYS,
    unregistration=Unregistration.QUEUED_BY_ADDR,
    channel_destroy=ChannelDestroy.ONE_QUEUED,
)

APACHE_5_4_0: Final = attrs.evolve(
    APACHE_5_5_0,
    name="apache-5.4.0",
    mq_version=493,
    counter_is_int=True,
    json_comma_after_unknown=True,
    json_block_comments=False,
    json_commas_in_texts=False,
    json_list_of_one_text=False,
    json_flags_in_single_quotes=False,
    json_wide_map_keys=False,
)
"""The NameServer's sources are those of 5.5.0; the fastjson2 that reads its bodies is another one."""

APACHE_5_3_3: Final = attrs.evolve(
    APACHE_5_5_0,
    name="apache-5.3.3",
    mq_version=479,
    first_scan_ms=5,
    json_not_utf_8=NotUtf8.NULL,
    **FASTJSON_1_2,
)

APACHE_5_1_4: Final = attrs.evolve(
    APACHE_5_3_3,
    name="apache-5.1.4",
    mq_version=441,
    decodes_absent_body=False,
    ready_check_breaks=True,
    prime_slave_is_read_only=True,
    settings=SETTINGS_5_1,
    trims_config=False,
    config_black_list=frozenset({"configStorePath", "kvConfigPath"}),
    config_refusal="Can not update config path",
)

STRICT: Final = attrs.evolve(
    APACHE_5_5_0,
    name="strict",
    older_state_version=OlderStateVersion.REFUSED,
    topic_before_broker=TopicBeforeBroker.REFUSED,
    query_refreshes=QueryRefreshes.SAME_PLACE,
    unregistration=Unregistration.AT_ONCE_CHECKED,
    channel_destroy=ChannelDestroy.ALL_AT_ONCE,
    atomic_requests=True,
    route_encoded_after_lock=False,
    in_order=True,
    atomic_refusal=True,
    data_version_monotonic=True,
    timestamp_breaks_tie=True,
    same_version_puts_topics=True,
    one_place_per_address=True,
    displaced_broker_leaves=True,
    one_cluster_per_name=True,
    first_topics_replace=True,
    full_body_replaces=True,
    query_checks_place=True,
    expiry_spares_neighbours=True,
    mappings_leave_with_broker=True,
    parts_required=True,
    wipe_outlasts_registration=True,
    expiry_overflows=False,
)

PROFILES: Final = {
    profile.name: profile for profile in (STRICT, APACHE_5_5_0, APACHE_5_4_0, APACHE_5_3_3, APACHE_5_1_4, APACHE_4_9_7)
}
"""Every profile by its name, the default first: every part of the project follows them all."""

NOT_OF_REGISTRATION: Final = frozenset(
    {"name", "mq_version", "answers_in_kind", "first_scan_ms", "counter_is_int", "route_encoded_after_lock"}
    | {field.name for field in attrs.fields(Profile) if field.name.startswith("json_")}
)
"""Fields that nothing reads by which tables change: what an answer's header says, when the first scan comes, when a route is
encoded, and whether a body can be read, which is known before a step.
"""


def registration_of(profile: Profile) -> Profile:
    """The first of `PROFILES` that registers brokers as this one does, or itself: what is proved of one holds for the other."""
    return next((known for known in PROFILES.values() if _read_of(known) == _read_of(profile)), profile)


def _read_of(profile: Profile) -> dict[str, Any]:
    return attrs.asdict(profile, filter=lambda field, _: field.name not in NOT_OF_REGISTRATION)


DISTINCT_PROFILES: Final = {name: profile for name, profile in PROFILES.items() if registration_of(profile) is profile}
"""Those that differ in registration: what takes long is asked of these."""


def same_registration(profile: Profile) -> tuple[str, ...]:
    """The other profiles of which holds what holds of this one."""
    return tuple(
        name
        for name, other in PROFILES.items()
        if name != profile.name and registration_of(other) == registration_of(profile)
    )
