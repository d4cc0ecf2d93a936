"""Small worlds: few clusters, names, ids, addresses and topics, so that requests collide. One generator per type."""

from enum import Enum
from typing import Final

import attrs
from hypothesis import strategies as st

from namesrv.check.steps import AS_IT_IS, LATEST_MQ_VERSION, Crc, Header, Style
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
from namesrv.model.values import (
    ORDER_TOPIC_CONFIG,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)

CLUSTERS: Final = ("C1", "C1", "C1", "C2")
BROKER_NAMES: Final = ("a", "a", "a", "b", "c")
BROKER_IDS: Final = (0, 0, 1, 2)
ADDRS: Final = ("h1:10911", "h2:10911", "h3:10911")
TOPICS: Final = ("t1", "t2", "t3")

TOPIC_SETS: Final = (("t1", "t2"), ("t1", "t2", "t3"), ("t2", "t3"), ("t1",), ("t3",), ())
"""Mostly two or more: one topic alone is refused from a broker that is not there yet."""

ZONE: Final = "z1"

clusters = st.sampled_from(CLUSTERS)
broker_names = st.sampled_from(BROKER_NAMES)
broker_ids = st.sampled_from(BROKER_IDS)
addrs = st.sampled_from(ADDRS)
topics = st.sampled_from(TOPICS)

data_versions = st.builds(
    DataVersion,
    state_version=st.sampled_from((0, 0, 0, 1, 2)),
    timestamp=st.integers(1, 3),
    counter=st.integers(0, 3),
)

QUEUE_NUMS: Final = ((4, 4), (4, 4), (8, 8), (8, 4), (4, 8))
"""To read and to write: they differ while a topic grows or shrinks."""

topic_configs = st.builds(
    lambda queues, perm, flag: {
        "read_queue_nums": queues[0],
        "write_queue_nums": queues[1],
        "perm": perm,
        "topic_sys_flag": flag,
    },
    st.sampled_from(QUEUE_NUMS),
    st.sampled_from((6, 6, 4, 2, 7)),
    st.sampled_from((0, 0, 1, 2, 3)),
)


SEVERAL_TOPICS: Final = (("t1", "t2"), ("t2", "t3"), ())
"""What a broker that is not there yet may come with."""


@st.composite
def topic_config_tables(draw: st.DrawFn, sets: tuple[tuple[str, ...], ...] = TOPIC_SETS) -> dict[str, TopicConfig]:
    """Some of the topics, each with a config of its own."""
    chosen = draw(st.sampled_from(sets))
    return {topic: TopicConfig(topic_name=topic, **draw(topic_configs)) for topic in chosen}


OWN: Final = ""
"""In a mapping, until `with_own_mappings`: the broker's own name."""

mapping_infos = st.builds(
    lambda topic, bname, epoch: (
        topic,
        TopicQueueMappingInfo(topic=topic, bname=bname, epoch=epoch, total_queues=2, curr_id_map=table({0: 0, 1: 1})),
    ),
    topics,
    st.sampled_from((OWN, OWN, OWN, "c")),
    st.integers(0, 1),
)


def with_own_mappings(request: RegisterBroker) -> RegisterBroker:
    """The same registration with its mappings under its own name, as brokers send them; but for those of `c`."""
    if request.body is None or not request.body.topic_queue_mapping_info_map:
        return request
    infos = {
        topic: info if info is None or info.bname == "c" else attrs.evolve(info, bname=request.broker_name or OWN)
        for topic, info in request.body.topic_queue_mapping_info_map.items()
    }
    return attrs.evolve(request, body=attrs.evolve(request.body, topic_queue_mapping_info_map=table(infos)))


register_bodies = st.builds(
    lambda configs, version, mappings, filters: RegisterBrokerBody(
        topic_config_table=table(configs),
        data_version=version,
        topic_queue_mapping_info_map=table(mappings),
        filter_server_list=filters,
    ),
    topic_config_tables(),
    data_versions,
    st.one_of(st.just([]), st.just([]), st.lists(mapping_infos, max_size=2)),
    st.sampled_from(((), None, ("f1:1",), ("f1:1", "f2:1"))),
)

register_brokers = st.builds(
    RegisterBroker,
    cluster_name=clusters,
    broker_addr=addrs,
    broker_name=broker_names,
    broker_id=broker_ids,
    ha_server_addr=st.sampled_from(("h1:10912", "h1:10912", "h2:10912", None)),
    heartbeat_timeout_ms=st.sampled_from((None, None, 600_000)),
    enable_acting_master=st.sampled_from((None, True, True, False)),
    zone_name=st.sampled_from((None, None, None, ZONE, ZONE, "")),
    full_body=st.sampled_from((None, None, None, True, True, False)),
    body=register_bodies,
).map(with_own_mappings)
"""Timeouts are far off here: expiry has a check of its own."""

HEARTBEAT_TIMEOUTS_MS: Final = (None, 1_000, 5_000, 0, -1, (1 << 63) - 1)
"""For runs that hold the NameServer's clock: absent, short, none at all, and so long that Java's sum wraps round."""

timed_register_brokers = st.builds(
    lambda request, timeout_ms: attrs.evolve(request, heartbeat_timeout_ms=timeout_ms),
    register_brokers,
    st.sampled_from(HEARTBEAT_TIMEOUTS_MS),
)

pauses_ms = st.sampled_from((1, 500, 1_000, 1_001, 5_001, 60_000, 120_001))


@st.composite
def reregistrations(draw: st.DrawFn, earlier: RegisterBroker) -> RegisterBroker:
    """An earlier registration once more, with a few things about it changed."""
    fresh = draw(register_brokers)
    names = [
        "cluster_name",
        "broker_addr",
        "broker_name",
        "broker_id",
        "enable_acting_master",
        "full_body",
        "heartbeat_timeout_ms",
        "body",
    ]
    changed = draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    fields = {name: getattr(fresh if name in changed else earlier, name) for name in names}
    return with_own_mappings(RegisterBroker(ha_server_addr=fresh.ha_server_addr, zone_name=earlier.zone_name, **fields))


@attrs.frozen
class VersionStep:
    """How far a broker's DataVersion goes on: usually both, but a clock may stand still. And whether its filter servers leave."""

    counter: int
    timestamp: int
    without_filter_servers: bool


version_steps = st.builds(
    VersionStep,
    counter=st.sampled_from((1, 1, 2, 0)),
    timestamp=st.sampled_from((1, 0)),
    without_filter_servers=st.booleans(),
)


steps_back = st.builds(
    VersionStep,
    counter=st.sampled_from((-1, 0)),
    timestamp=st.sampled_from((-1, 0)),
    without_filter_servers=st.just(False),
)


def stepped(earlier: RegisterBroker, step: VersionStep) -> RegisterBroker:
    """The same registration with a later, or earlier, DataVersion, but not one below zero."""
    body = earlier.body
    if body is None or body.data_version is None or body.data_version.counter is None:
        return earlier
    version = attrs.evolve(
        body.data_version,
        counter=max(0, body.data_version.counter + step.counter),
        timestamp=max(0, body.data_version.timestamp + step.timestamp),
    )
    filters = () if step.without_filter_servers else body.filter_server_list
    return attrs.evolve(earlier, body=attrs.evolve(body, data_version=version, filter_server_list=filters))


def changed(earlier: RegisterBroker, configs: dict[str, TopicConfig], step: VersionStep) -> RegisterBroker:
    """The registration that follows when topics have changed."""
    later = stepped(earlier, step)
    return earlier if later is earlier else with_topics(later, configs)


def with_topics(request: RegisterBroker, configs: dict[str, TopicConfig]) -> RegisterBroker:
    """The same registration with other topics."""
    if request.body is None:
        return request
    return attrs.evolve(request, body=attrs.evolve(request.body, topic_config_table=table(configs)))


class Part(Enum):
    """What a registration may lack, or have out of range."""

    CLUSTER_NAME = "clusterName"
    BROKER_NAME = "brokerName"
    BROKER_ADDR = "brokerAddr"
    BROKER_ID = "brokerId"
    BELOW_ZERO = "a broker id below zero"
    VERSION = "dataVersion"
    COUNTER = "counter"
    TOPIC_TABLE = "topicConfigTable"
    TOPIC_NAME = "topicName"


NAMELESS: Final = frozenset({Part.CLUSTER_NAME, Part.BROKER_NAME, Part.BROKER_ADDR, Part.TOPIC_NAME})
"""Without these a release that takes null keys has entries that are nobody's own."""


def parts_that_may_lack(profile: Profile, *, own: bool, null_clusters: bool = True) -> tuple[Part, ...]:
    """Those of which a run leaves nothing behind. `own`: nobody else uses the NameServer; `null_clusters`: as far as anybody can
    tell it is no 4.9, whatever it should behave like.

    4.9.7 keeps null keys, which everybody sees. Not generated for 5.x: a null name stays in its cluster, where nobody can remove
    it; a topic without a name ends `registerBroker` with an exception, and a null address ends `pickupTopicRouteData` with one if
    anybody has filter servers, both in the order of a Java hash map, which is not modelled.
    """
    if profile.concurrent_tables:
        cluster = {Part.CLUSTER_NAME} if own or null_clusters else set()
        return tuple(part for part in Part if part not in NAMELESS or part in cluster)
    return tuple(part for part in Part if own or part not in NAMELESS)


def without(request: RegisterBroker, part: Part) -> RegisterBroker:
    """The same registration without that part."""
    body = request.body
    if body is None:
        return request
    configs = body.topic_config_table
    match part:
        case Part.CLUSTER_NAME:
            return attrs.evolve(request, cluster_name=None)
        case Part.BROKER_NAME:
            return attrs.evolve(request, broker_name=None)
        case Part.BROKER_ADDR:
            return attrs.evolve(request, broker_addr=None)
        case Part.BROKER_ID:
            return attrs.evolve(request, broker_id=None)
        case Part.BELOW_ZERO:
            return attrs.evolve(request, broker_id=-1)
        case Part.VERSION:
            body = attrs.evolve(body, data_version=None)
        case Part.COUNTER:
            version = body.data_version
            body = attrs.evolve(body, data_version=version and attrs.evolve(version, counter=None))
        case Part.TOPIC_TABLE:
            body = attrs.evolve(body, topic_config_table=None)
        case Part.TOPIC_NAME if configs:
            first = min(configs)
            nameless = attrs.evolve(configs[first], topic_name=None)
            body = attrs.evolve(body, topic_config_table=configs.insert(first, nameless))
    return attrs.evolve(request, body=body)


unregister_brokers = st.builds(
    UnregisterBroker, cluster_name=clusters, broker_addr=addrs, broker_name=broker_names, broker_id=broker_ids
)

query_data_versions = st.builds(
    QueryDataVersion,
    cluster_name=clusters,
    broker_addr=addrs,
    broker_name=broker_names,
    broker_id=broker_ids,
    data_version=data_versions,
)

broker_heartbeats = st.builds(BrokerHeartbeat, cluster_name=clusters, broker_addr=addrs, broker_name=broker_names)

reads: st.SearchStrategy[Request] = st.one_of(
    st.builds(GetRouteInfoByTopic, topic=topics),
    st.builds(GetRouteInfoByTopic, topic=topics, zone_name=st.sampled_from((ZONE, ZONE.upper(), "z2", " "))),
    st.builds(GetBrokerClusterInfo),
    st.builds(GetAllTopicList),
    st.builds(GetTopicsByCluster, cluster=st.sampled_from((*CLUSTERS, "C3", None))),
    st.builds(GetSystemTopicList),
    st.builds(GetUnitTopicList, kind=st.sampled_from(UnitList)),
    st.builds(GetBrokerMemberGroup, cluster_name=clusters, broker_name=st.sampled_from((*BROKER_NAMES, None))),
)

NAMESPACES: Final = ("namesrv-check", "namesrv-check", "namesrv-check-2")
"""On the wire as they are: nobody can remove a namespace, so that each run should not leave one of its own."""

NEVER_PUT: Final = "namesrv-check-never"
"""A namespace that is only asked for."""


queue_datas = st.builds(
    QueueData,
    broker_name=st.sampled_from((*BROKER_NAMES, "nobody", None)),
    read_queue_nums=st.sampled_from((3, 5)),
    write_queue_nums=st.sampled_from((2, 5)),
    perm=st.sampled_from((6, 7, 4, 2)),
    topic_sys_flag=st.sampled_from((0, 1, 2, 7)),
)

write_perms: st.SearchStrategy[Request] = st.one_of(
    st.builds(WipeWritePermOfBroker, broker_name=broker_names),
    st.builds(AddWritePermOfBroker, broker_name=broker_names),
)

deleted_topics = st.builds(
    DeleteTopicInNamesrv, topic=topics, cluster_name=st.sampled_from((None, None, "", "C1", "C1", "C2", "C3"))
)

topics_by_hand: st.SearchStrategy[Request] = st.one_of(
    deleted_topics,
    st.builds(
        RegisterTopicInNamesrv,
        topic=st.sampled_from((*TOPICS, "t4")),
        queue_datas=st.lists(queue_datas | queue_datas | st.none(), max_size=3).map(tuple) | st.none(),
    ),
    st.builds(RegisterTopicInNamesrv, topic=st.none(), queue_datas=st.tuples(queue_datas)),
    st.builds(RegisterTopicInNamesrv, topic=topics, queue_datas=st.none(), has_body=st.just(False)),
)

KV_VALUES: Final = ("a:4", "a:4;b:4", "b:2", "", None)


def namespaces(*, own: bool) -> st.SearchStrategy[str]:
    """Where keys are put. `own`: nobody else uses the NameServer; only then among the order topics, which brokers are told of."""
    return st.sampled_from((*NAMESPACES, ORDER_TOPIC_CONFIG) if own else NAMESPACES)


def puts(*, own: bool) -> st.SearchStrategy[PutKVConfig]:
    """A key that is put; at times without a value."""
    keys, values = st.sampled_from(("t1", "t1", "t2")), st.sampled_from(KV_VALUES)
    return st.builds(PutKVConfig, namespace=namespaces(own=own), key=keys, value=values)


REFUSED_BY_ALL: Final = frozenset({"configStorePath", "kvConfigPath"})
"""Options that no release lets anybody set: `Profile.config_black_list` has the others."""


def refused_updates(black_list: frozenset[str] = REFUSED_BY_ALL) -> st.SearchStrategy[UpdateNamesrvConfig]:
    """What changes no NameServer: options that it refuses, alone or not, with the values that they have; a body that can't be
    read; none. An update that is accepted rewrites the NameServer's file, whatever is in it.
    """
    refused = st.sampled_from(sorted(black_list))
    others = st.sampled_from(
        ("clusterTest", "clusterTest", "productEnvName")
    )  # on the wire in order, mostly before the refused
    return st.one_of(
        st.builds(lambda key: UpdateNamesrvConfig(properties=table({key: AS_IT_IS})), refused),
        st.builds(
            lambda key, other: UpdateNamesrvConfig(properties=table({key: AS_IT_IS, other: AS_IT_IS})), refused, others
        ),
        st.just(UpdateNamesrvConfig(properties=table(), readable=False)),
        st.just(UpdateNamesrvConfig(properties=None)),
    )


CONFIG_TEXTS: Final = ("x", " x y ", "", "ä=日\\", "a\nb=c", AS_IT_IS)
CONFIG_NUMBERS: Final = ("7", "-1", "+8", " 9", "9.0", "x", "", "2147483648", "9223372036854775808", AS_IT_IS)
CONFIG_BOOLEANS: Final = ("true", "TRUE", "false", "true ", "yes", AS_IT_IS)

LISTED_ONLY: Final = ("serverWorkerThreads", "serverOnewaySemaphoreValue", "listenPort", "waitSecondsForService")
"""Numbers that answers don't depend on, as long as nobody has to wait."""

SWITCHES: Final = (
    *("orderMessageEnable", "orderMessageEnable", "returnOrderTopicConfigToBroker", "supportActingMaster"),
    *("supportActingMaster", "deleteTopicWithBrokerRegistration", "enableTopicList", "enableAllTopicList"),
    *("clusterTest", "serverPooledByteBufAllocatorEnable"),
)
"""On or off. Not notifyMinBrokerIdChanged: the run's addresses are names that somebody would have to be asked about. Not
needWaitForService: while it is on no route is answered, by which it is seen that a queue is empty.
"""

updates: st.SearchStrategy[UpdateNamesrvConfig] = st.one_of(
    st.builds(
        lambda switch, text: UpdateNamesrvConfig(properties=table({switch: text})),
        st.sampled_from(SWITCHES),
        st.sampled_from(CONFIG_BOOLEANS),
    ),
    st.builds(
        lambda key, text: UpdateNamesrvConfig(properties=table({key: text})),
        st.sampled_from(("productEnvName", "rocketmqHome", "bindAddress", "namesrvCheck", "")),
        st.sampled_from(CONFIG_TEXTS),
    ),
    st.builds(
        lambda key, text, env: UpdateNamesrvConfig(properties=table({key: text, "productEnvName": env})),
        st.sampled_from((*LISTED_ONLY, "scanNotActiveBrokerInterval")),
        st.sampled_from(CONFIG_NUMBERS),
        st.sampled_from(CONFIG_TEXTS),
    ),
    st.just(UpdateNamesrvConfig(properties=table())),
)
"""For a NameServer that nobody else uses: whatever an update may change, and what it can't."""


def config_requests(*, own: bool) -> st.SearchStrategy[Request]:
    """What administrators do with the NameServer's own configuration. `own`: nobody else uses it."""
    shown = st.builds(GetNamesrvConfig)
    return st.one_of(shown, refused_updates(), updates) if own else st.one_of(shown, refused_updates())


def kv_requests(*, own: bool) -> st.SearchStrategy[Request]:
    """What administrators do with KV configs, parts missing at times, and with the NameServer's own."""
    put_in, values = namespaces(own=own), st.sampled_from(KV_VALUES)
    asked = put_in | st.sampled_from((NEVER_PUT, None))
    keys = st.sampled_from(("t1", "t1", "t2", "t3", None))
    return st.one_of(
        config_requests(own=own),
        puts(own=own),
        puts(own=own),
        st.builds(PutKVConfig, namespace=st.none(), key=keys, value=values),
        st.builds(PutKVConfig, namespace=put_in, key=st.none(), value=values),
        st.builds(GetKVConfig, namespace=asked, key=keys),
        st.builds(DeleteKVConfig, namespace=asked, key=keys),
        st.builds(GetKVListByNamespace, namespace=asked),
    )


unknown_requests = st.builds(UnknownRequest, code=st.sampled_from((9999, 0, -5, 77)))

styles = st.builds(
    Style,
    header=st.sampled_from((Header.JSON, Header.JSON, Header.JSON, Header.ROCKETMQ)),
    mq_version=st.sampled_from((LATEST_MQ_VERSION, LATEST_MQ_VERSION, 407, 401, 317, 37)),
    compressed=st.sampled_from((False, False, True)),
    crc=st.sampled_from((Crc.RIGHT, Crc.RIGHT, Crc.RIGHT, Crc.ABSENT)),
    accept_standard_json_only=st.sampled_from((None, None, True, False)),
)
"""Ways to write a request that every release reads the same."""
