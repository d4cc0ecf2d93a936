"""Compressed registrations: round trips, lengths that lie, streams that are none."""

import struct
import zlib
from contextlib import suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.compressed import crc32, decode_compressed, encode_compressed
from namesrv.remoting.errors import BodyError
from tests.remoting.captured import body_of
from tests.remoting.strategies import compressed_bodies


def part(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def number(value: int) -> bytes:
    return struct.pack(">i", value)


VERSION = part(b'{"counter":1,"timestamp":2}')
NO_TOPICS = number(0)
NO_FILTERS = part(b"[]")


def body(*parts: bytes) -> bytes:
    return zlib.compress(b"".join(parts))


def one_topic(line: bytes) -> bytes:
    return body(VERSION, number(1), part(line), NO_FILTERS)


@given(compressed_bodies())
def test_a_compressed_body_reads_back_as_it_was_written(value: RegisterBrokerBody) -> None:
    assert decode_compressed(encode_compressed(value), mappings=True) == value


@given(compressed_bodies())
def test_a_4_9_compressed_body_reads_back_without_what_only_5_x_has(value: RegisterBrokerBody) -> None:
    configs = value.topic_config_table
    assert configs is not None
    assert value.data_version is not None
    expected = attrs.evolve(
        value,
        topic_config_table=table({k: attrs.evolve(config, attributes=table()) for k, config in configs.items()}),
        data_version=attrs.evolve(value.data_version, state_version=0),
        topic_queue_mapping_info_map=table(),
    )
    encoded = encode_compressed(value, release_5=False)
    assert decode_compressed(encoded, mappings=False, attributes=False) == expected


def test_a_body_written_without_mappings_ends_too_early_for_one_who_expects_them() -> None:
    encoded = encode_compressed(RegisterBrokerBody(), release_5=False)
    with pytest.raises(BodyError) as caught:
        decode_compressed(encoded, mappings=True)
    assert str(caught.value) == "compressed body at number of mappings: expected 4 bytes, got 0 before the end"


def test_mappings_that_nobody_expects_are_not_looked_at() -> None:
    encoded = encode_compressed(RegisterBrokerBody(data_version=DataVersion(timestamp=5)))
    assert decode_compressed(encoded, mappings=False).data_version == DataVersion(timestamp=5)


def test_what_stands_behind_the_last_part_is_not_looked_at() -> None:
    data = body(VERSION, NO_TOPICS, NO_FILTERS, b"more") + b"and more"
    assert decode_compressed(data, mappings=False).data_version == DataVersion(timestamp=2, counter=1)


MALFORMED = [
    # name, bytes, where, expected, got
    ("nothing", b"", "length of dataVersion", "4 bytes", "0 before the end"),
    ("half a stream", zlib.compress(VERSION, 0)[:20], "dataVersion", "27 bytes", "9 before the end"),
    ("length -1", body(number(-1)), "length of dataVersion", "at least 0", "-1"),
    ("length 2^31-1", body(number((1 << 31) - 1)), "dataVersion", "at most 67108864 bytes", "2147483647"),
    ("length over the end", body(number(5), b"abc"), "dataVersion", "5 bytes", "3 before the end"),
    ("no topics", body(VERSION), "number of topics", "4 bytes", "0 before the end"),
    ("topic of -1 bytes", body(VERSION, number(1), number(-1)), "length of topic 0", "at least 0", "-1"),
    ("a topic too few", body(VERSION, number(1)), "length of topic 0", "4 bytes", "0 before the end"),
    ("no filters", body(VERSION, NO_TOPICS), "length of filterServerList", "4 bytes", "0 before the end"),
    ("four words", one_topic(b"t 8 8 6"), "topic 0", "NAME READ WRITE PERM FILTER", "'t 8 8 6'"),
    ("no word", one_topic(b"   "), "topic 0", "NAME READ WRITE PERM FILTER", "'   '"),
    ("no number", one_topic(b"t 8 x 6 SINGLE_TAG"), "topic 0", "numbers of queues and a perm", "'x'"),
    ("over 32 bits", one_topic(b"t 8 2147483648 6 SINGLE_TAG"), "topic 0", "numbers of queues and a perm", "'2147483648'"),
    ("no filter type", one_topic(b"t 8 8 6 NONE"), "topic 0", "SINGLE_TAG or MULTI_TAG", "'NONE'"),
    ("spaces in the name", one_topic(b"a b 8 8 6 SINGLE_TAG"), "topic 0", "SINGLE_TAG or MULTI_TAG", "'6'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "where", "expected", "got"), [row[1:] for row in MALFORMED], ids=[r[0] for r in MALFORMED]
)
def test_a_malformed_compressed_body_is_refused_with_what_where_expected_and_got(
    data: bytes, where: str, expected: str, got: str
) -> None:
    with pytest.raises(BodyError) as caught:
        decode_compressed(data, mappings=False)
    assert (caught.value.what, caught.value.where) == ("compressed body", where)
    assert (caught.value.expected, caught.value.got) == (expected, got)


@pytest.mark.parametrize("data", [b"{}", body_of("b550-register", 0), b"\x78\x9c" + bytes(20)])
def test_what_is_no_zlib_stream_is_refused(data: bytes) -> None:
    with pytest.raises(BodyError, match="compressed body at byte 0 inflated: expected a zlib stream, got Error -3"):
        decode_compressed(data, mappings=False)


def test_a_negative_number_of_parts_is_none_as_in_java() -> None:
    value = decode_compressed(body(VERSION, number(-1), NO_FILTERS, number(-1)), mappings=True)
    assert (value.topic_config_table, value.topic_queue_mapping_info_map) == (table(), table())


def test_a_mapping_without_a_topic_is_refused_as_javas_map_refuses_it() -> None:
    data = body(VERSION, NO_TOPICS, NO_FILTERS, number(1), part(b"{}"))
    with pytest.raises(BodyError, match="compressed body at mapping 0: expected a topic's name, got null"):
        decode_compressed(data, mappings=True)


def test_a_bomb_is_inflated_no_further_than_it_is_read() -> None:
    bomb = zlib.compress(VERSION + number(1) + number(1 << 20) + bytes(50 << 20), 9)
    assert len(bomb) < 60_000
    with pytest.raises(BodyError, match=r"expected at most 65536 bytes, got (more|1048576)"):
        decode_compressed(bomb, mappings=False, max_inflated_bytes=1 << 16)


def test_many_small_parts_are_bounded_together() -> None:
    lines = b"".join(part(b"t%d 8 8 6 SINGLE_TAG" % index) for index in range(10_000))
    data = body(VERSION, number(10_000), lines, NO_FILTERS)
    assert decode_compressed(data, mappings=False).topic_config_table
    with pytest.raises(BodyError, match="compressed body at its end: expected at most 100000 bytes, got more"):
        decode_compressed(data, mappings=False, max_inflated_bytes=100_000)


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        (b"t 8 8 6 SINGLE_TAG", {}),
        (b"t 8 8 6 SINGLE_TAG ", {}),
        (b't 8 8 6 SINGLE_TAG {"+a":"b"}', {"+a": "b"}),
        (b"t 8 8 6 SINGLE_TAG {}", {}),
        (b"t 8 8 6 SINGLE_TAG null", {}),
        (b't 8 8 6 SINGLE_TAG {"a":"b c"}', {}),
        (b"t 8 8 6 SINGLE_TAG x y z", {}),
    ],
)
def test_a_topic_line_may_have_attributes_and_java_passes_over_those_it_can_not_read(
    line: bytes, attributes: dict[str, str]
) -> None:
    configs = decode_compressed(one_topic(line), mappings=False).topic_config_table
    assert configs is not None
    assert configs["t"] == TopicConfig(
        topic_name="t", read_queue_nums=8, write_queue_nums=8, attributes=table(attributes)
    )


def test_a_release_without_attributes_takes_a_line_that_ends_in_spaces_and_none_with_a_sixth_word() -> None:
    configs = decode_compressed(one_topic(b"t 8 8 6 SINGLE_TAG  "), mappings=False, attributes=False).topic_config_table
    assert configs is not None
    assert list(configs) == ["t"]
    with pytest.raises(BodyError, match="expected NAME READ WRITE PERM FILTER"):
        decode_compressed(one_topic(b"t 8 8 6 SINGLE_TAG {}"), mappings=False, attributes=False)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [(b"", None), (b"null", None), (b"[]", ()), (b'["a",1]', ("a", "1")), (b'"x"', ("x",)), (b"{}", ()), (b"[", ())],
)
def test_filter_servers_that_can_not_be_read_are_none_at_all(filters: bytes, expected: tuple[str, ...] | None) -> None:
    assert decode_compressed(body(VERSION, NO_TOPICS, part(filters)), mappings=False).filter_server_list == expected


def test_a_data_version_of_no_bytes_is_null() -> None:
    assert decode_compressed(body(number(0), NO_TOPICS, NO_FILTERS), mappings=False).data_version is None


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (RegisterBrokerBody(data_version=None), "dataVersion"),
        (RegisterBrokerBody(topic_config_table=None), "topicConfigTable"),
    ],
)
def test_a_null_that_the_form_has_no_place_for_is_not_written(value: RegisterBrokerBody, where: str) -> None:
    with pytest.raises(BodyError, match=f"compressed body to write at {where}: expected a value, got null"):
        encode_compressed(value)


@given(st.binary(max_size=100), st.booleans(), st.booleans())
def test_arbitrary_bytes_raise_nothing_but_body_errors(data: bytes, is_stream: bool, mappings: bool) -> None:
    with suppress(BodyError):
        decode_compressed(zlib.compress(data) if is_stream else data, mappings=mappings)


@given(st.integers(0, 1000), st.integers(0, 255))
def test_a_damaged_body_of_a_real_broker_raises_nothing_but_body_errors(index: int, value: int) -> None:
    inflated = bytearray(zlib.decompress(body_of("b550-register-compressed-broken", 0)))
    inflated[index % len(inflated)] = value
    with suppress(BodyError):
        decode_compressed(zlib.compress(inflated), mappings=True)


def test_the_crc_has_no_sign_bit_and_none_of_nothing() -> None:
    assert crc32(b"123456789") == 0xCBF43926 & 0x7FFFFFFF
    assert crc32(None) == crc32(b"") == 0
