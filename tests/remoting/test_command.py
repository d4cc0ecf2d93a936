"""Commands in both header forms."""

import json
import struct
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.remoting.codes import LanguageCode, RequestCode, SerializeType
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command, request, response_to
from namesrv.remoting.errors import HeaderError
from namesrv.remoting.frame import Frame, FrameDecoder
from namesrv.remoting.version import MQVersion
from tests.remoting.strategies import binary_commands, json_commands, json_values


def decode_header(header: bytes, serialize_type: int = 0) -> RemotingCommand:
    return decode_command(Frame(serialize_type, header, None))


def decode(data: bytes) -> RemotingCommand:
    (frame,) = FrameDecoder().feed(data)
    return decode_command(frame)


def header_of(data: bytes) -> bytes:
    return data[8 : 8 + int.from_bytes(data[5:8])]


JAVA_REQUEST = (
    b'{"code":105,"extFields":{"topic":"t"},"flag":0,"language":"JAVA","opaque":7,'
    b'"serializeTypeCurrentRPC":"JSON","version":513}'
)


def test_a_request_is_written_as_a_java_peer_writes_it() -> None:
    command = request(RequestCode.GET_ROUTEINFO_BY_TOPIC, opaque=7, ext_fields={"topic": "t"})
    assert header_of(encode_command(command)) == JAVA_REQUEST


def test_an_answer_is_written_as_a_java_peer_writes_it() -> None:
    answer = response_to(decode_header(JAVA_REQUEST), 17, remark="none")
    assert header_of(encode_command(answer)) == (
        b'{"code":17,"flag":1,"language":"JAVA","opaque":7,"remark":"none",'
        b'"serializeTypeCurrentRPC":"JSON","version":513}'
    )
    assert answer.is_response
    assert not answer.is_oneway


def test_empty_ext_fields_are_a_key_and_no_ext_fields_are_none() -> None:
    asked = decode_header(JAVA_REQUEST)
    assert b'"extFields":{}' in encode_command(response_to(asked, 0, ext_fields={}))
    assert b"extFields" not in encode_command(response_to(asked, 0))


def test_a_oneway_request_has_the_second_flag() -> None:
    command = request(103, opaque=1, oneway=True)
    assert (command.flag, command.is_oneway, command.is_response) == (2, True, False)


@given(json_commands)
def test_a_json_command_reads_back_as_it_was_written(command: RemotingCommand) -> None:
    again = decode(encode_command(command))
    names = ("code", "opaque", "flag", "version", "remark", "ext_fields", "body")
    assert [getattr(again, name) for name in names] == [getattr(command, name) for name in names]
    assert again.language == ("JAVA" if command.language is None else command.language)
    assert encode_command(again) == encode_command(command)


@given(binary_commands)
def test_a_binary_command_reads_back_as_it_was_written(command: RemotingCommand) -> None:
    again = decode(encode_command(command))
    assert again == command
    assert encode_command(again) == encode_command(command)


@given(st.permutations(["code", "flag", "language", "opaque", "remark", "version", "x", "extFields"]), st.data())
def test_a_header_keeps_its_keys_their_order_and_what_stands_behind(keys: list[str], data: st.DataObject) -> None:
    values: dict[str, Any] = {
        "code": 1,
        "flag": 2,
        "language": "GO",
        "opaque": 3,
        "remark": data.draw(st.sampled_from([None, "", "r"])),
        "version": 4,
        "x": {"y": [1, None, "z"]},
        "extFields": data.draw(st.sampled_from([None, {}, {"b": "1", "a": "2"}])),
    }
    chosen = data.draw(st.lists(st.sampled_from(keys), unique=True))
    header = orjson.dumps({key: values[key] for key in keys if key in chosen}) + data.draw(
        st.sampled_from([b"", b"\n", b" \r\n"])
    )
    assert header_of(encode_command(decode_header(header))) == header


def test_a_header_that_claims_another_serialisation_is_json_all_the_same() -> None:
    header = b'{"code":1,"opaque":2,"serializeTypeCurrentRPC":"ROCKETMQ"}'
    command = decode_header(header)
    assert command.serialize_type == SerializeType.JSON
    assert header_of(encode_command(command)) == header


ODD_HEADERS = [
    # header, what 5.5.0 makes of it (tried on its RemotingCommand.decode)
    (b"{}", {"code": 0, "opaque": 0, "flag": 0, "version": 0, "language": "JAVA", "ext_fields": None}),
    (b'{"code":null,"opaque":null}', {"code": 0, "opaque": 0}),
    (b'{"code":105,"language":"ERLANG","version":"513"}', {"code": 105, "language": "ERLANG", "version": 513}),
    (b'{"language":"KLINGON"}', {"language": "KLINGON"}),
    (b'{"language":9}', {"language": "GO"}),
    (b'{"language":null}', {"language": None}),
    (b'{"code":""}', {"code": 0}),
    (b'{"code":"105.7"}', {"code": 105}),
    (b'{"code":105.7}', {"code": 105}),
    (b'{"code":true}', {"code": 1}),
    (b'{"code":-5}', {"code": -5}),
    (b'{"code":1,"code":2}', {"code": 2}),
    (b'{"version":100000}', {"version": 100000}),
    (b'{"remark":5}', {"remark": "5"}),
    (b'{"remark":{"a":1}}', {"remark": '{"a":1}'}),
    (b'{"extFields":null}', {"ext_fields": None}),
    (
        b'{"extFields":{"a":1,"b":true,"c":null,"e":{"x":1},"f":[1,2]}}',
        {"ext_fields": {"a": "1", "b": "true", "e": '{"x":1}', "f": "[1,2]"}},
    ),
    (b'{"unknown":{"a":[1,{}]}}', {"code": 0}),
    (b' {"code":1}\n', {"code": 1, "trailing": b"\n"}),
]


@pytest.mark.parametrize(("header", "expected"), ODD_HEADERS, ids=[row[0].decode() for row in ODD_HEADERS])
def test_an_odd_header_is_read_as_the_real_5_5_0_reads_it(header: bytes, expected: dict[str, object]) -> None:
    command = decode_header(header)
    assert {name: getattr(command, name) for name in expected} == expected


BAD_HEADERS = [
    (b"", "header at character 0: expected a JSON object, got "),
    (b"garbage", "header at character 0: expected a JSON object, got "),
    (b"null", "header at its start: expected a JSON object, got NoneType"),
    (b"[]", "header at its start: expected a JSON object, got list"),
    (b"5", "header at its start: expected a JSON object, got int"),
    (b'{"code":1,"opaque":1}x', "header at character 21: expected a JSON object, got "),
    (b'{"code":1', "header at character 9: expected a JSON object, got "),
    (b"{code:1}", "header at character 1: expected a JSON object, got "),
    (b'{"code":"abc"}', "header at code: expected a number, got 'abc'"),
    (b'{"code":" 1"}', "header at code: expected a number, got ' 1'"),
    (b'{"code":"1_0"}', "header at code: expected a number, got '1_0'"),
    (b'{"opaque":[]}', "header at opaque: expected a number, got list"),
    (b'{"code":2147483648}', "header at code: expected a number of 32 bits, got 2147483648"),
    (b'{"version":3000000000}', "header at version: expected a number of 32 bits, got 3000000000"),
    (b'{"code":1e400}', "header at character "),
    (b'{"flag":1e300}', "header at flag: expected a number of 32 bits, got "),
    (b'{"language":99}', "header at language: expected a language's name or number, got 99"),
    (b'{"extFields":[]}', "header at extFields: expected a JSON object, got list"),
    (b'{"extFields":"x"}', "header at extFields: expected a JSON object, got str"),
    (b'{"extFields":{"a":' + b"[" * 300 + b"]" * 300 + b"}}", "header at a: expected a text, got list"),
    (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "header at character "),
    (b'{"remark":"\xff"}', "header at character 0: expected a JSON object, got "),
]


@pytest.mark.parametrize(("header", "message"), BAD_HEADERS, ids=[row[0][:40].decode("latin1") for row in BAD_HEADERS])
def test_a_header_that_makes_the_real_server_close_is_refused_with_its_place(header: bytes, message: str) -> None:
    with pytest.raises(HeaderError) as caught:
        decode_header(header)
    assert str(caught.value).startswith(message)


def binary(remark: bytes = struct.pack(">i", 0), ext: bytes = struct.pack(">i", 0)) -> bytes:
    return struct.pack(">hbhii", 105, 9, 513, 7, 0) + remark + ext


BAD_BINARY = [
    ("a JSON header", b"{}", "binary header at its start: expected at least 21 bytes, got 2"),
    ("no remark", binary(b"", b""), "length of remark at byte 13: expected 4 bytes, got 0"),
    ("remark over header", binary(struct.pack(">i", 99)), "length of remark at byte 17: expected at most 4, got 99"),
    ("remark -1", binary(struct.pack(">i", -1)), "length of remark at byte 17: expected at most 4, got -1"),
    ("no ext", binary(ext=b""), "length of extFields at byte 17: expected 4 bytes, got 0"),
    ("ext over header", binary(ext=struct.pack(">i", 9)), "length of extFields at byte 21: expected at most 0, got 9"),
    (
        "key over header",
        binary(ext=struct.pack(">ih", 2, 5)),
        "length of ext field's name at byte 23: expected at most 0, got 5",
    ),
    (
        "key -1",
        binary(ext=struct.pack(">ih", 2, -1)),
        "length of ext field's name at byte 23: expected at most 0, got -1",
    ),
    (
        "value 2^31-1",
        binary(ext=struct.pack(">ih1si", 7, 1, b"k", (1 << 31) - 1)),
        "length of ext field's value at byte 28: expected at most 0, got 2147483647",
    ),
]


@pytest.mark.parametrize(("header", "message"), [row[1:] for row in BAD_BINARY], ids=[row[0] for row in BAD_BINARY])
def test_a_malformed_binary_header_is_refused_with_its_place(header: bytes, message: str) -> None:
    with pytest.raises(HeaderError) as caught:
        decode_header(header, SerializeType.ROCKETMQ)
    assert str(caught.value) == message


def test_a_binary_header_has_no_ext_fields_where_their_length_is_zero_or_less() -> None:
    assert decode_header(binary(), 1).ext_fields is None
    assert decode_header(binary(ext=struct.pack(">i", -1)), 1).ext_fields is None


def test_an_ext_field_of_no_text_is_null_in_binary_as_in_java() -> None:
    ext = struct.pack(">h1si", 1, b"k", 0)
    assert decode_header(binary(ext=struct.pack(">i", len(ext)) + ext), 1).ext_fields == {}


def test_an_unknown_language_survives_in_binary_as_a_number() -> None:
    header = bytearray(binary())
    header[2] = 77
    command = decode_header(bytes(header), 1)
    assert command.language == "77"
    assert header_of(encode_command(command)) == bytes(header)


@pytest.mark.parametrize("language", LanguageCode)
def test_a_language_is_a_name_in_both_forms(language: LanguageCode) -> None:
    for serialize_type in SerializeType:
        command = RemotingCommand(code=1, opaque=1, language=language.name, serialize_type=serialize_type)
        assert decode(encode_command(command)).language == language.name


@pytest.mark.parametrize(
    "command",
    [
        RemotingCommand(code=70_000, opaque=1, serialize_type=1),
        RemotingCommand(code=1, opaque=1 << 31, serialize_type=1),
        RemotingCommand(code=1, opaque=1, version=-40_000, serialize_type=1),
        RemotingCommand(code=1, opaque=1, language="KLINGON", serialize_type=1),
        RemotingCommand(code=1, opaque=1, language=None, serialize_type=1),
        RemotingCommand(code=1, opaque=1, remark="\ud800", serialize_type=1),
        RemotingCommand(code=1, opaque=1, ext_fields={"k" * 40_000: ""}, serialize_type=1),
        RemotingCommand(code=1, opaque=1, remark="\ud800"),
        RemotingCommand(code=1 << 70, opaque=1),
    ],
)
def test_what_a_header_can_not_hold_is_not_written(command: RemotingCommand) -> None:
    with pytest.raises(HeaderError, match="header to write at a field: expected what"):
        encode_command(command)


@given(st.binary(max_size=80), st.sampled_from((0, 1)))
def test_arbitrary_headers_raise_nothing_but_header_errors(header: bytes, serialize_type: int) -> None:
    with suppress(HeaderError):
        encode_command(decode_header(header, serialize_type))


KEYS = ("code", "opaque", "flag", "version", "language", "remark", "extFields", "serializeTypeCurrentRPC", "other")


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_arbitrary_values_in_a_header_raise_nothing_but_header_errors(fields: dict[str, object]) -> None:
    try:
        command = decode_header(json.dumps(fields).encode())
    except HeaderError:
        return
    again = decode(encode_command(command))
    assert (again.code, again.opaque, again.flag, again.version) == (
        command.code,
        command.opaque,
        command.flag,
        command.version,
    )


def test_the_version_of_a_request_is_the_latest_studied_release_by_default() -> None:
    assert request(1, opaque=0).version == MQVersion.V5_5_0
