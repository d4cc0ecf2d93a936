"""Custom headers: strings on the wire, types here, lenient as Java is."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.remoting import headers
from namesrv.remoting.headers import (
    BrokerRequestHeader,
    GetRouteInfoRequestHeader,
    RegisterBrokerRequestHeader,
    parse_integer,
    parse_long,
    read,
    write,
)
from tests.remoting.strategies import ext_fields, ints, longs, texts

KINDS = [kind for kind in vars(headers).values() if isinstance(kind, type) and attrs.has(kind)]

VALUES = {parse_long: longs, parse_integer: ints, headers._boolean: st.booleans(), headers._string: texts}


@st.composite
def any_headers(draw: st.DrawFn) -> attrs.AttrsInstance:
    """A header of any kind, each field there or not."""
    kind = draw(st.sampled_from(KINDS))
    fields = {field.name: draw(st.none() | VALUES[field.metadata["parse"]]) for field in attrs.fields(kind)}
    return kind(**fields)


@given(any_headers())
def test_a_header_reads_back_as_it_was_written(header: Any) -> None:
    assert read(type(header), write(header)) == header


@given(ext_fields, st.sampled_from(KINDS), st.data())
def test_reading_never_raises(fields: dict[str, str], kind: type[attrs.AttrsInstance], data: st.DataObject) -> None:
    names = [field.metadata["name"] for field in attrs.fields(kind)]
    fields |= data.draw(st.dictionaries(st.sampled_from(names), texts | ints.map(str)))
    again = write(read(kind, fields))
    assert set(again) <= set(fields)


def test_absent_ext_fields_leave_everything_at_none() -> None:
    assert read(BrokerRequestHeader, None) == read(BrokerRequestHeader, {}) == BrokerRequestHeader()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("+5", 5),
        ("007", 7),
        ("٣", 3),
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("9223372036854775808", None),
        ("", None),
        ("+", None),
        ("--1", None),
        (" 1", None),
        ("1_0", None),
        ("1.0", None),
        ("0x1", None),
        ("²", None),
        ("null", None),
        ("9" * 10_000, None),
    ],
)
def test_a_number_is_read_as_java_parses_a_long(text: str, value: int | None) -> None:
    assert read(BrokerRequestHeader, {"brokerId": text}).broker_id == value


def test_a_crc_beyond_32_bits_is_none() -> None:
    assert parse_integer("2147483647") == 2147483647
    assert read(RegisterBrokerRequestHeader, {"bodyCrc32": "2147483648"}).body_crc32 is None


@pytest.mark.parametrize(("text", "value"), [("true", True), ("TRUE", True), ("tRuE", True), ("1", False), ("", False)])
def test_a_boolean_is_true_only_where_it_says_so(text: str, value: bool) -> None:
    assert read(RegisterBrokerRequestHeader, {"compressed": text}).compressed is value


def test_a_zone_travels_under_names_of_its_own() -> None:
    header = GetRouteInfoRequestHeader(topic="t", zone_mode=True, zone_name="z")
    assert write(header) == {"topic": "t", "__ZONE_MODE": "true", "__ZONE_NAME": "z"}
