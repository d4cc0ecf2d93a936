"""fastjson's dialect: integer keys without quotes, read and written."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import NULL, TOKEN, IntegerKeys, dumps, loads
from tests.remoting.strategies import ints, texts

values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | ints | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.dictionaries(ints, inner, max_size=3).map(IntegerKeys)
    ),
)


def with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): with_text_keys(item) for key, item in value.items()}
    return [with_text_keys(item) for item in value] if isinstance(value, list) else value


@given(values, st.booleans())
def test_what_is_written_reads_back_with_its_keys_as_text(value: Any, quoted: bool) -> None:
    assert loads(dumps(value, quoted=quoted)) == with_text_keys(value)


@given(values)
def test_quoted_is_standard_json_in_ascii(value: Any) -> None:
    assert json.loads(dumps(value, quoted=True).decode("ascii")) == with_text_keys(value)


def test_integer_keys_are_written_without_quotes_unless_asked_for() -> None:
    assert dumps(IntegerKeys({0: "a", 1: "é"})) == '{0:"a",1:"é"}'.encode()
    assert dumps(IntegerKeys({0: "a", 1: "é"}), quoted=True) == b'{"0":"a","1":"\\u00e9"}'


def test_nulls_are_left_out_of_objects_unless_they_are_meant() -> None:
    assert dumps({"a": None, "b": NULL, "c": [NULL], "d": {}}) == b'{"b":null,"c":[null],"d":{}}'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{0:"10.0.0.1:10911"}', {"0": "10.0.0.1:10911"}),
        (b'{ -5 : 1 ,\n7\t:{8:[{9:0}]}}', {"-5": 1, "7": {"8": [{"9": 0}]}}),
        (b'{"x":"{0:1,2:3}",4:"\\",5:6"}', {"x": "{0:1,2:3}", "4": '",5:6'}),
        (b'{0:1,0:2}', {"0": 2}),
        (b'{"0":1,0:2}', {"0": 2}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"[1,2,3]", [1, 2, 3]),
        (b'{0:[1,2,-3]}', {"0": [1, 2, -3]}),
        (b'{"\xc3\xa9":{1:"\xe4\xb8\xad"}}', {"é": {"1": "中"}}),
    ],
)  # fmt: skip
def test_the_dialect_reads_as_the_json_that_was_meant(data: bytes, expected: object) -> None:
    assert loads(data) == expected


@pytest.mark.parametrize(
    ("data", "where", "got"),
    [
        (b"", 0, "the end"),
        (b"{0:}", 3, "'}'"),
        (b'{0:1,1:2,"a":tru}', 13, "'tru}'"),
        (b'{"a":"\xc3\xa9",3:x}', 12, "'x}'"),
        (b"[1,2:3]", 6, "']'"),
        (b"{0:1}x", 5, "'x'"),
        (b"{a:1}", 1, "'a:1}'"),
        (b'{0:"x', 5, "the end"),
        (b'{0:"x\\', 6, "the end"),
        (b"{'a':1}", 1, "\"'a':1}\""),
        (b"{0:1,,1:2}", 5, "',1:2}'"),
        (b"\xff", 0, "'\ufffd'"),
    ],
)
def test_an_error_tells_the_byte_of_what_was_sent(data: bytes, where: int, got: str) -> None:
    with pytest.raises(BodyError) as caught:
        loads(data)
    assert str(caught.value).startswith(f"body at byte {where}: expected JSON (")
    assert str(caught.value).endswith(f"), got {got}")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"{0:"])
def test_nesting_is_bounded(opening: bytes) -> None:
    with pytest.raises(BodyError, match="depth limit exceeded"):
        loads(opening * 5000)


@pytest.mark.parametrize("unfinished", [b'"' + b'\\"' * 5000, b'"' + b"\\" * 10_001, b'"' + b"a" * 10_000])
def test_an_unfinished_string_is_scanned_once_and_not_from_every_quote_in_it(unfinished: bytes) -> None:
    assert [match.span() for match in TOKEN.finditer(unfinished)] == [(0, len(unfinished))]


@given(st.binary(max_size=60))
def test_arbitrary_bytes_raise_nothing_but_body_errors(data: bytes) -> None:
    with suppress(BodyError):
        loads(data)


def whole(number: int) -> int | float:
    """Beyond 64 bits orjson reads a float: no field that is a number takes so much."""
    return number if -(1 << 63) <= number < 1 << 64 else float(number)


@given(st.text(st.sampled_from('{}[],:"\\0123456789-abtrue\n '), max_size=40))
def test_what_standard_json_takes_is_taken_with_the_same_meaning(text: str) -> None:
    try:
        expected = json.loads(text, parse_int=lambda digits: whole(int(digits)))
    except ValueError:
        with suppress(BodyError):
            loads(text.encode())
        return
    assert loads(text.encode()) == expected


@pytest.mark.parametrize("value", ["\ud800", 1 << 70, object(), {1: 2}, {1, 2}])
def test_what_json_and_utf_8_can_not_hold_is_not_written(value: object) -> None:
    with pytest.raises(BodyError, match="JSON to write at a value: expected what JSON and UTF-8 can hold, got "):
        dumps({"a": [value]})


def test_a_null_key_is_read_as_fastjson_writes_it() -> None:
    assert loads(b'{"brokerAddrTable":{null:{"brokerAddrs":{0:"null:1"}},"a":null}}') == {
        "brokerAddrTable": {"null": {"brokerAddrs": {"0": "null:1"}}, "a": None}
    }
