"""What NameServers answer: round trips, other releases' shapes, odd ones."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    KVTable,
    QueueData,
    TopicList,
    TopicRouteData,
    table,
)
from namesrv.remoting.answer_body import (
    decode_broker_member_group,
    decode_cluster_info,
    decode_kv_table,
    decode_topic_list,
    decode_topic_route_data,
    encode_broker_member_group,
    encode_cluster_info,
    encode_kv_table,
    encode_topic_list,
    encode_topic_route_data,
)
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import loads
from tests.remoting.strategies import (
    broker_member_groups,
    cluster_infos,
    json_values,
    kv_tables,
    topic_lists,
    topic_route_datas,
)


@given(topic_route_datas, st.booleans())
def test_a_route_reads_back_as_it_was_written(route: TopicRouteData, quoted: bool) -> None:
    assert decode_topic_route_data(encode_topic_route_data(route, quoted=quoted)) == route


@given(topic_route_datas)
def test_a_route_with_quoted_ids_is_standard_json_in_ascii(route: TopicRouteData) -> None:
    assert json.loads(encode_topic_route_data(route, quoted=True).decode("ascii"))["queueDatas"] is not None


@given(topic_route_datas)
def test_a_4_9_route_reads_back_without_what_only_5_x_has(route: TopicRouteData) -> None:
    brokers = {attrs.evolve(data, enable_acting_master=False, zone_name=None) for data in route.broker_datas}
    expected = attrs.evolve(route, broker_datas=frozenset(brokers), topic_queue_mapping_by_broker=None)
    encoded = encode_topic_route_data(route, quoted=False, release_5=False)
    assert decode_topic_route_data(encoded) == expected
    for data in loads(encoded)["brokerDatas"]:
        assert {"enableActingMaster", "zoneName"}.isdisjoint(data)


@given(cluster_infos)
def test_a_cluster_info_reads_back_as_it_was_written(info: ClusterInfo) -> None:
    assert decode_cluster_info(encode_cluster_info(info)) == info


@given(topic_lists)
def test_a_topic_list_reads_back_as_it_was_written(topics: TopicList) -> None:
    assert decode_topic_list(encode_topic_list(topics)) == topics


@given(kv_tables)
def test_a_kv_table_reads_back_as_it_was_written(keys: KVTable) -> None:
    assert decode_kv_table(encode_kv_table(keys)) == keys


@given(broker_member_groups)
def test_a_member_group_reads_back_as_it_was_written(group: BrokerMemberGroup) -> None:
    assert decode_broker_member_group(encode_broker_member_group(group)) == group


ROUTE = TopicRouteData(
    queue_datas=frozenset(
        {QueueData(broker_name="P-b", read_queue_nums=4, write_queue_nums=4, perm=6, topic_sys_flag=0)}
    ),
    broker_datas=frozenset(
        {BrokerData(cluster="P-C", broker_name="P-b", broker_addrs=table({1: "10.0.0.2:10911", 0: "10.0.0.1:10911"}))}
    ),
)


@pytest.mark.parametrize(
    ("release_5", "quoted", "expected"),
    [
        (
            False,
            False,
            '{"brokerDatas":[{"brokerAddrs":{0:"10.0.0.1:10911",1:"10.0.0.2:10911"},"brokerName":"P-b","cluster":"P-C"}],'
            '"filterServerTable":{},"queueDatas":[{"brokerName":"P-b","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]}',
        ),
        (
            True,
            True,
            '{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},"brokerName":"P-b","cluster":"P-C",'
            '"enableActingMaster":false}],'
            '"filterServerTable":{},"queueDatas":[{"brokerName":"P-b","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]}',
        ),
    ],
)  # fmt: skip
def test_a_route_is_written_as_each_release_writes_it(release_5: bool, quoted: bool, expected: str) -> None:
    assert encode_topic_route_data(ROUTE, quoted=quoted, release_5=release_5).decode() == expected


def test_nulls_in_maps_are_left_out_and_nulls_in_collections_are_written() -> None:
    data = BrokerData(cluster=None, broker_name=None, broker_addrs=table({0: None, 1: "a"}))
    info = ClusterInfo(
        broker_addr_table=table([("b", data)]),
        cluster_addr_table=table([("C", frozenset({"b", None, "a"}))]),
    )
    assert encode_cluster_info(info) == (
        b'{"brokerAddrTable":{"b":{"brokerAddrs":{1:"a"},"enableActingMaster":false}},'
        b'"clusterAddrTable":{"C":[null,"a","b"]}}'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", TopicRouteData(queue_datas=frozenset(), broker_datas=frozenset())),
        ('{"brokerDatas":null,"queueDatas":null,"filterServerTable":null,"orderTopicConf":"x"}',
         TopicRouteData(queue_datas=frozenset(), broker_datas=frozenset(), order_topic_conf="x")),
        ('{"brokerDatas":[{"brokerAddrs":{0:"a","1":null},"cluster":"C"}],"filterServerTable":{"a":["x",1],"b":null}}',
         TopicRouteData(
             queue_datas=frozenset(),
             broker_datas=frozenset({BrokerData(cluster="C", broker_name=None, broker_addrs=table({0: "a", 1: None}))}),
             filter_server_table=table({"a": ("x", "1"), "b": None}))),
    ],
)  # fmt: skip
def test_an_odd_route_is_read_as_java_reads_it(text: str, expected: TopicRouteData) -> None:
    assert decode_topic_route_data(text.encode()) == expected


@pytest.mark.parametrize(
    ("decode", "text", "where"),
    [
        (decode_topic_route_data, '{"queueDatas":{}}', "queueDatas"),
        (decode_topic_route_data, '{"queueDatas":[{},null]}', "queueDatas[1]"),
        (decode_topic_route_data, '{"brokerDatas":[{"brokerAddrs":{"x":"a"}}]}', "key of brokerDatas[0].brokerAddrs"),
        (decode_cluster_info, '{"clusterAddrTable":{"C":null}}', "clusterAddrTable.C"),
        (decode_cluster_info, '{"brokerAddrTable":{"b":null}}', "brokerAddrTable.b"),
        (decode_topic_list, '{"topicList":{}}', "topicList"),
        (decode_kv_table, '{"table":[]}', "table"),
        (decode_broker_member_group, '{"brokerMemberGroup":[]}', "brokerMemberGroup"),
    ],
)
def test_an_answer_of_another_shape_is_refused_with_its_place(
    decode: Callable[[bytes], Any], text: str, where: str
) -> None:
    with pytest.raises(BodyError) as caught:
        decode(text.encode())
    assert caught.value.where == where


def test_a_member_group_may_be_absent() -> None:
    assert decode_broker_member_group(b"{}") is None


DECODERS: list[Callable[[bytes], Any]] = [
    decode_topic_route_data,
    decode_cluster_info,
    decode_topic_list,
    decode_kv_table,
    decode_broker_member_group,
]
KEYS = st.sampled_from(
    (
        *("brokerDatas", "queueDatas", "filterServerTable", "topicQueueMappingByBroker", "orderTopicConf", "cluster"),
        *("brokerAddrs", "brokerName", "brokerAddrTable", "clusterAddrTable", "topicList", "table", "0"),
        *("brokerMemberGroup", "currIdMap", "enableActingMaster", "perm"),
    )
)
shapes: st.SearchStrategy[Any] = st.recursive(
    json_values,
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


@given(st.sampled_from(DECODERS), shapes)
def test_arbitrary_json_raises_nothing_but_body_errors(decode: Callable[[bytes], Any], value: Any) -> None:
    with suppress(BodyError):
        hash(decode(json.dumps(value).encode()))
