"""Generators of what travels on the wire: any text that UTF-8 can hold, any number that fits. One per type."""

from typing import Any, Final

from hypothesis import strategies as st

from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
    table,
)
from namesrv.remoting.codes import LanguageCode
from namesrv.remoting.command import RemotingCommand

INT: Final = 1 << 31
LONG: Final = 1 << 63

ints = st.integers(-INT, INT - 1)
shorts = st.integers(-(1 << 15), (1 << 15) - 1)
longs = st.integers(-LONG, LONG - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" "), min_size=1, max_size=12)
"""Text that a compressed topic line has a place for."""

maybe_texts = st.none() | texts
ext_fields = st.dictionaries(texts, texts, max_size=4)


def tables(keys: st.SearchStrategy[Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Immutable maps."""
    return st.dictionaries(keys, values, max_size=3).map(table)


json_commands = st.builds(
    RemotingCommand,
    code=ints,
    opaque=ints,
    flag=ints,
    language=st.none() | texts,
    version=ints,
    remark=maybe_texts,
    ext_fields=st.none() | ext_fields,
    body=st.none() | st.binary(min_size=1, max_size=40),
)

binary_commands = st.builds(
    RemotingCommand,
    code=shorts,
    opaque=ints,
    flag=ints,
    language=st.sampled_from(LanguageCode).map(lambda code: code.name) | st.integers(14, 127).map(str),
    version=shorts,
    remark=st.none() | texts.filter(bool),
    ext_fields=st.none() | st.dictionaries(texts.filter(bool), texts.filter(bool), min_size=1, max_size=4),
    body=st.none() | st.binary(min_size=1, max_size=40),
    serialize_type=st.just(1),
)

data_versions = st.builds(DataVersion, state_version=longs, timestamp=longs, counter=st.none() | longs)
topic_configs = st.builds(
    TopicConfig,
    topic_name=maybe_texts,
    read_queue_nums=ints,
    write_queue_nums=ints,
    perm=ints,
    topic_filter_type=st.sampled_from(("SINGLE_TAG", "MULTI_TAG")),
    topic_sys_flag=ints,
    order=st.booleans(),
    attributes=tables(texts, texts),
)
mapping_infos = st.builds(
    TopicQueueMappingInfo,
    topic=maybe_texts,
    bname=maybe_texts,
    total_queues=ints,
    scope=maybe_texts,
    epoch=longs,
    dirty=st.booleans(),
    curr_id_map=st.none() | tables(ints, ints),
)
register_broker_bodies = st.builds(
    RegisterBrokerBody,
    topic_config_table=st.none() | tables(texts, topic_configs),
    data_version=st.none() | data_versions,
    topic_queue_mapping_info_map=tables(texts, mapping_infos),
    filter_server_list=st.none() | st.lists(texts, max_size=3).map(tuple),
)

line_configs = st.builds(
    TopicConfig,
    topic_name=words,
    read_queue_nums=ints,
    write_queue_nums=ints,
    perm=ints,
    topic_filter_type=st.sampled_from(("SINGLE_TAG", "MULTI_TAG")),
    attributes=tables(words, words),
)
"""Topics as a compressed body can hold them: without flag and order."""


@st.composite
def compressed_bodies(draw: st.DrawFn) -> RegisterBrokerBody:
    """Bodies as the compressed form can hold them: tables under their topics' own names."""
    configs = draw(st.lists(line_configs, max_size=4))
    infos = draw(st.lists(mapping_infos.filter(lambda info: info.topic is not None), max_size=2))
    return RegisterBrokerBody(
        topic_config_table=table({str(config.topic_name): config for config in configs}),
        data_version=draw(data_versions),
        topic_queue_mapping_info_map=table({str(info.topic): info for info in infos}),
        filter_server_list=draw(st.none() | st.lists(texts, max_size=3).map(tuple)),
    )


broker_ids = st.integers(0, 3) | longs
broker_datas = st.builds(
    BrokerData,
    cluster=maybe_texts,
    broker_name=maybe_texts,
    broker_addrs=tables(broker_ids, texts),
    enable_acting_master=st.booleans(),
    zone_name=maybe_texts,
)
queue_datas = st.builds(
    QueueData,
    broker_name=maybe_texts,
    read_queue_nums=ints,
    write_queue_nums=ints,
    perm=ints,
    topic_sys_flag=ints,
)
topic_route_datas = st.builds(
    TopicRouteData,
    queue_datas=st.frozensets(queue_datas, max_size=3),
    broker_datas=st.frozensets(broker_datas, max_size=3),
    filter_server_table=tables(texts, st.lists(texts, max_size=2).map(tuple)),
    topic_queue_mapping_by_broker=st.none()
    | tables(
        texts,
        mapping_infos.filter(lambda info: info.scope is not None and info.curr_id_map is not None),
    ),
    order_topic_conf=maybe_texts,
)
cluster_infos = st.builds(
    ClusterInfo,
    broker_addr_table=tables(texts, broker_datas),
    cluster_addr_table=tables(texts, st.frozensets(maybe_texts, max_size=3)),
)
topic_lists = st.builds(TopicList, topic_list=st.frozensets(maybe_texts, max_size=4), broker_addr=maybe_texts)
kv_tables = st.builds(KVTable, table=tables(texts, texts))
broker_member_groups = st.builds(
    BrokerMemberGroup, cluster=maybe_texts, broker_name=maybe_texts, broker_addrs=tables(broker_ids, texts)
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
"""What JSON can hold, numbers beyond 64 bits included."""
