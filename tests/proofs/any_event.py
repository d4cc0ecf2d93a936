"""Any request that the proofs' scope has names for, in whatever state its parts are."""

import attrs
from hypothesis import strategies as st

from namesrv.explore.peers import H1, H2, V1, V2, registration, unregistration
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    Channel,
    DeleteTopicInNamesrv,
    QueryDataVersion,
    RegisterTopicInNamesrv,
    Request,
    WipeWritePermOfBroker,
)
from namesrv.model.values import (
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)
from namesrv.proofs.happenings import Asked

ADDRS, NAMES, CLUSTERS, TOPICS = (
    (None, "", H1, H2),
    (None, "", "a", "b"),
    (None, "", "C1", "C2"),
    (None, "", "t1", "t2", "t3"),
)
VERSIONS = st.sampled_from([None, V1, V2, DataVersion(counter=None, timestamp=1), DataVersion(counter=2, timestamp=1)])


def queue(name: str | None, perm: int = 6) -> QueueData:
    return QueueData(broker_name=name, read_queue_nums=4, write_queue_nums=4, perm=perm, topic_sys_flag=0)


@st.composite
def by_hand(draw: st.DrawFn, name: str | None, cluster: str | None) -> Request:
    """What an administrator may ask."""
    topic = draw(st.sampled_from(TOPICS[2:]) | st.sampled_from(TOPICS))
    queues = st.builds(queue, st.sampled_from(NAMES[2:]) | st.sampled_from(NAMES), st.sampled_from([2, 4, 6]))
    return draw(
        st.one_of(
            st.just(WipeWritePermOfBroker(broker_name=name)),
            st.just(AddWritePermOfBroker(broker_name=name)),
            st.just(DeleteTopicInNamesrv(topic=topic, cluster_name=cluster)),
            st.just(DeleteTopicInNamesrv(topic=topic)),
            st.builds(
                RegisterTopicInNamesrv,
                topic=st.just(topic),
                queue_datas=st.lists(st.none() | queues, max_size=3).map(tuple),
                has_body=st.booleans(),
            ),
        )
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request, its parts mostly there."""
    addr, name, cluster = (draw(st.sampled_from(of[2:]) | st.sampled_from(of)) for of in (ADDRS, NAMES, CLUSTERS))
    place = (cluster, name, draw(st.sampled_from([0, 0, 1, 2, -1, None])))
    kinds = ["register", "register", "register", "unregister", "query", "heartbeat", "by hand"]
    kind = draw(st.sampled_from(kinds))
    if kind == "by hand":
        return draw(by_hand(name, cluster))
    if kind == "unregister":
        return unregistration(addr, place)
    version = draw(VERSIONS)
    if kind == "query":
        return QueryDataVersion(
            cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=place[2], data_version=version
        )
    if kind == "heartbeat":
        return BrokerHeartbeat(cluster_name=cluster, broker_addr=addr, broker_name=name)
    topics = draw(
        st.dictionaries(
            st.sampled_from(TOPICS[2:]) | st.sampled_from(TOPICS),
            st.tuples(st.integers(4, 5), st.sampled_from([2, 4, 6])),
        )
    )
    configs = {t or repr(t): TopicConfig(topic_name=t, read_queue_nums=q, perm=perm) for t, (q, perm) in topics.items()}
    mapped = draw(st.sets(st.sampled_from(TOPICS[2:]))) if name else set()
    body = RegisterBrokerBody(
        topic_config_table=table(configs) if draw(st.integers(0, 9)) else None,
        data_version=version,
        topic_queue_mapping_info_map=table(
            {t or "": TopicQueueMappingInfo(topic=t, bname=name, total_queues=draw(st.integers(1, 2))) for t in mapped}
        ),
        filter_server_list=draw(st.sampled_from([None, (), ("f1:1",)])),
    )
    return attrs.evolve(
        registration(addr, place),
        body=body if draw(st.integers(0, 19)) else None,
        full_body=draw(st.sampled_from([None, None, True, False])),
        enable_acting_master=draw(st.sampled_from([None, True, False])),
        zone_name=draw(st.sampled_from([None, "z"])),
        ha_server_addr=draw(st.sampled_from([None, "ha"])),
        heartbeat_timeout_ms=draw(st.sampled_from([None, 5, -1, (1 << 63) - 1])),
        crc32_matches=draw(st.integers(0, 19)) > 0,
    )


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Over one of two connections."""
    return Asked(
        channel=Channel(draw(st.integers(1, 2))),
        request=draw(requests()),
        now_ms=draw(st.sampled_from([0, 1, 200_000])),
        oneway=draw(st.integers(0, 4)) == 0,
        overtaken=draw(st.integers(0, 4)) == 0,
    )
