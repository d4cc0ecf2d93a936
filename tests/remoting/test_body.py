"""Registrations and DataVersions: round trips, and what fastjson makes of odd ones."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, TopicQueueMappingInfo, table
from namesrv.remoting.body import (
    decode_data_version,
    decode_old_register_broker_body,
    decode_register_broker_body,
    encode_data_version,
    encode_old_register_broker_body,
    encode_register_broker_body,
)
from namesrv.remoting.dialect import FASTJSON_1_2_83
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import loads
from tests.remoting.strategies import data_versions, json_values, register_broker_bodies

ALL_KEYS = FASTJSON_1_2_83
"""fastjson2 refuses some keys with characters beyond 16 bits."""


@given(register_broker_bodies)
def test_a_registration_reads_back_as_it_was_written(body: RegisterBrokerBody) -> None:
    assert decode_register_broker_body(encode_register_broker_body(body), dialect=ALL_KEYS) == body


@given(register_broker_bodies)
def test_a_4_9_registration_reads_back_without_what_only_5_x_has(body: RegisterBrokerBody) -> None:
    configs, version = body.topic_config_table, body.data_version
    if configs is not None:
        configs = table({key: attrs.evolve(config, attributes=table()) for key, config in configs.items()})
    expected = attrs.evolve(
        body,
        topic_config_table=configs,
        data_version=None if version is None else attrs.evolve(version, state_version=0),
        topic_queue_mapping_info_map=table(),
    )
    encoded = encode_register_broker_body(body, release_5=False)
    assert decode_register_broker_body(encoded, dialect=ALL_KEYS) == expected
    wrapper = loads(encoded)["topicConfigSerializeWrapper"]
    assert set(wrapper) == {"dataVersion", "topicConfigTable"}
    assert version is None or set(wrapper["dataVersion"]) == {"counter", "timestamp"}


@given(register_broker_bodies)
def test_an_old_registration_reads_back_without_filter_servers(body: RegisterBrokerBody) -> None:
    expected = attrs.evolve(body, filter_server_list=None)
    assert decode_old_register_broker_body(encode_old_register_broker_body(body), dialect=ALL_KEYS) == expected


@given(data_versions)
def test_a_data_version_reads_back_as_it_was_written(version: DataVersion) -> None:
    assert decode_data_version(encode_data_version(version)) == version
    without = attrs.evolve(version, state_version=0)
    assert decode_data_version(encode_data_version(version, state_version=False)) == without


def test_topics_are_written_in_the_order_of_their_names_so_that_equal_registrations_are_equal_bytes() -> None:
    names = [f"t{index}" for index in range(100, 150)]
    body = RegisterBrokerBody(topic_config_table=table({name: TopicConfig(topic_name=name) for name in names[::-1]}))
    for release_5 in (True, False):
        encoded = encode_register_broker_body(body, release_5=release_5)
        assert list(loads(encoded)["topicConfigSerializeWrapper"]["topicConfigTable"]) == names


ODD_DATA_VERSIONS = [
    # what was sent, what 5.5.0 makes of it at the time 99 (tried on its RemotingSerializable.decode)
    ("{}", DataVersion(timestamp=99)),
    ("null", None),
    ("", None),
    ('{"counter":null,"timestamp":5}', DataVersion(timestamp=5, counter=None)),
    ('{"counter":null,"stateVersion":null,"timestamp":null}', DataVersion(counter=None)),
    ('{"counter":"7","stateVersion":"3","timestamp":"9"}', DataVersion(state_version=3, timestamp=9, counter=7)),
    ('{"counter":"","timestamp":""}', DataVersion()),
    ('{"counter":"null","timestamp":1}', DataVersion(timestamp=1)),
    ('{"counter":1.5,"timestamp":1.9}', DataVersion(timestamp=1, counter=1)),
    ('{"counter":true,"timestamp":1}', DataVersion(timestamp=1, counter=1)),
    ('{"counter":1,"counter":2,"timestamp":1}', DataVersion(timestamp=1, counter=2)),
    ('{"unknown":{},"timestamp":1}', DataVersion(timestamp=1)),
]


@pytest.mark.parametrize(("text", "expected"), ODD_DATA_VERSIONS)
def test_an_odd_data_version_is_read_as_the_real_5_5_0_reads_it(text: str, expected: DataVersion | None) -> None:
    assert decode_data_version(text.encode(), now_ms=99) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "body at its start: expected a JSON object, got a JSON array"),
        ("5", "body at its start: expected a JSON object, got 5"),
        ('{"counter":{"value":5}}', "body at counter: expected a number of 64 bits, got a JSON object"),
        ('{"counter":9223372036854775808}', "body at counter: expected a number of 64 bits, got 9223372036854775808"),
        ('{"counter":99999999999999999999999}', "body at counter: expected a number of 64 bits, got 1e+23"),
        ('{"timestamp":"2020-01-01"}', "body at timestamp: expected a number of 64 bits, got '2020-01-01'"),
    ],
)
def test_a_data_version_that_5_5_0_refuses_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BodyError) as caught:
        decode_data_version(text.encode())
    assert str(caught.value) == message


DEFAULT = TopicConfig(topic_name="b")


def config_of(fields: str) -> TopicConfig:
    text = f'{{"topicConfigSerializeWrapper":{{"topicConfigTable":{{"a":{{"topicName":"b",{fields}}}}}}}}}'
    configs = decode_register_broker_body(text.encode()).topic_config_table
    assert configs is not None
    return configs["a"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('"x":1', DEFAULT),
        ('"perm":null,"readQueueNums":null', attrs.evolve(DEFAULT, perm=0, read_queue_nums=0)),
        ('"order":"true","perm":"6"', attrs.evolve(DEFAULT, order=True)),
        ('"order":1', attrs.evolve(DEFAULT, order=True)),
        ('"order":null,"attributes":null', DEFAULT),
        ('"topicFilterType":"MULTI_TAG"', attrs.evolve(DEFAULT, topic_filter_type="MULTI_TAG")),
        ('"topicName":5', attrs.evolve(DEFAULT, topic_name="5")),
        ('"topicName":null', attrs.evolve(DEFAULT, topic_name=None)),
        ('"attributes":{"x":1,"y":null,"z":true}', attrs.evolve(DEFAULT, attributes=table({"x": "1", "z": "true"}))),
    ],
)
def test_an_odd_topic_config_is_read_as_the_real_5_5_0_reads_it(fields: str, expected: TopicConfig) -> None:
    assert config_of(fields) == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ('"perm":"x"', "body at perm: expected a number of 32 bits, got 'x'"),
        ('"perm":2147483648', "body at perm: expected a number of 32 bits, got 2147483648"),
        ('"order":"yes"', "body at order: expected true or false, got 'yes'"),
        ('"attributes":[]', "body at topicConfigTable.a.attributes: expected a JSON object, got a JSON array"),
    ],
)
def test_a_topic_config_that_5_5_0_refuses_is_refused_with_its_place(fields: str, message: str) -> None:
    with pytest.raises(BodyError) as caught:
        config_of(fields)
    assert str(caught.value) == message


def test_an_empty_registration_has_javas_defaults_and_the_readers_time() -> None:
    expected = RegisterBrokerBody(data_version=DataVersion(timestamp=99))
    assert decode_register_broker_body(b"{}", now_ms=99) == expected


def test_explicit_nulls_of_a_registration_stay_null() -> None:
    text = b'{"filterServerList":null,"topicConfigSerializeWrapper":{"dataVersion":null,"topicConfigTable":null}}'
    body = decode_register_broker_body(text)
    assert (body.filter_server_list, body.data_version, body.topic_config_table) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[]", "its start"),
        ("null", "its start"),
        ('{"topicConfigSerializeWrapper":[]}', "topicConfigSerializeWrapper"),
        ('{"topicConfigSerializeWrapper":{"topicConfigTable":[]}}', "topicConfigTable"),
        ('{"topicConfigSerializeWrapper":{"topicConfigTable":{"a":null}}}', "topicConfigTable.a"),
        ('{"topicConfigSerializeWrapper":{"topicConfigTable":{"a":5}}}', "topicConfigTable.a"),
        ('{"filterServerList":["a",null]}', "filterServerList[1]"),
        (
            '{"topicConfigSerializeWrapper":{"topicQueueMappingInfoMap":{"t":{"currIdMap":{"x":0}}}}}',
            "key of topicQueueMappingInfoMap.t.currIdMap",
        ),
    ],
)
def test_a_registration_of_another_shape_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(BodyError) as caught:
        decode_register_broker_body(text.encode())
    assert caught.value.where == where


def test_a_static_topics_queue_ids_may_be_quoted_or_not() -> None:
    text = (
        b'{"topicConfigSerializeWrapper":{"topicQueueMappingInfoMap":{"t":{"topic":"t","bname":"b",'
        b'"currIdMap":{0:0,"1":"7"}}}}}'
    )
    assert decode_register_broker_body(text).topic_queue_mapping_info_map["t"] == TopicQueueMappingInfo(
        topic="t", bname="b", curr_id_map=table({0: 0, 1: 7})
    )


DECODERS: list[Callable[[bytes], Any]] = [
    decode_register_broker_body,
    decode_old_register_broker_body,
    decode_data_version,
]
KEYS = st.sampled_from(
    (
        *("filterServerList", "topicConfigSerializeWrapper", "dataVersion", "topicConfigTable", "topicName", "order"),
        *("counter", "timestamp", "stateVersion", "topicQueueMappingInfoMap", "currIdMap", "attributes", "perm", "0"),
    )
)
shapes: st.SearchStrategy[Any] = st.recursive(
    json_values, lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(st.sampled_from(DECODERS), shapes)
def test_arbitrary_json_raises_nothing_but_body_errors(decode: Callable[[bytes], Any], value: Any) -> None:
    with suppress(BodyError):
        hash(decode(json.dumps(value).encode()))


@given(st.sampled_from(DECODERS), st.binary(max_size=60))
def test_arbitrary_bytes_raise_nothing_but_body_errors(decode: Callable[[bytes], Any], data: bytes) -> None:
    with suppress(BodyError):
        decode(data)
