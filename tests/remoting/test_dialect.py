"""What each release's fastjson takes for JSON: bodies of QUERY_DATA_VERSION as the real NameServers were seen to answer them.

A broker had registered the version 0/1@1. `same`: the body was read as that; `else`: as another, or null; `no`: it was refused.
"""

import pytest

from namesrv.model.values import DataVersion
from namesrv.remoting.body import decode_data_version
from namesrv.remoting.dialect import FASTJSON_1_2_69, FASTJSON_1_2_83, FASTJSON_2_0_43, FASTJSON_2_0_59, Dialect
from namesrv.remoting.errors import BodyError, CommaError
from namesrv.remoting.loose_json import MAX_DEPTH, read_loosely

DIALECTS = {"4.9.7": FASTJSON_1_2_69, "5.3.3": FASTJSON_1_2_83, "5.4.0": FASTJSON_2_0_43, "5.5.0": FASTJSON_2_0_59}
V = b'{"counter":1,"stateVersion":0,"timestamp":1}'

SEEN = [
    # the body, and what 4.9.7, 5.1.4 and 5.3.3 (the same), 5.4.0, 5.5.0 made of it on 2026-11-26
    (V, "same same same same"),
    (b"null", "else else else else"),
    (b'""', "else else else else"),
    (b"[]", "else else no no"),
    (b" ", "else else no no"),
    (b"NULL", "else else no no"),
    (b"nul", "no no no no"),
    (b"[1]", "no no no no"),
    (V[:-1], "no no no no"),
    (V + V, "no no no no"),
    (b"\xff\xfe", "no else no no"),
    (V.replace(b"{", b'{"a":"\xff",'), "same else same same"),
    (V.replace(b"{", b'{"\xff":1,'), "same else no no"),
    (V.replace(b'"counter"', b"counter"), "same same no no"),
    (V.replace(b"{", b"{1:1,"), "no no no no"),
    (V.replace(b"{", b"{null:1,"), "same same no no"),
    (V.replace(b"{", b"{,"), "same same no no"),
    (V.replace(b",", b",,", 1), "same same same no"),
    (V + b"//", "same same no no"),
    (V + b"// x\n", "same same same same"),
    (V + b"/* x */", "same same no same"),
    (b"/* x */" + V, "same same same same"),
    (b"// x\n" + V, "same same same same"),
    (V.replace(b"{", b"{/* x */"), "same same no same"),
    (V.replace(b":", b":/* x */", 1), "same same no no"),
    (b"\xef\xbb\xbf" + V, "same same no no"),
    (V.replace(b'"', b"'"), "same same same same"),
    (V.replace(b"1", b"01"), "same same same same"),
    (V.replace(b"1", b"+1"), "same same same same"),
    (V.replace(b"1", b"1e0"), "same same same same"),
    (V.replace(b"1", b"1.7"), "same same same same"),
    (V.replace(b"1", b"1L"), "same same same same"),
    (V.replace(b"1", b"0x1"), "no no no no"),
    (V[:-1] + b",}", "same same same same"),
    (V[:-1] + b',"a":1,}', "same same same no"),
    (V[:-1] + b',"a":[1,]}', "same same same no"),
    (V.replace(b"1,", b"1 "), "no no same same"),
    (V.replace(b":1", b" 1"), "no no no no"),
    (V.replace(b"1", b"true", 1), "no same same same"),
    (V.replace(b"1", b"{}", 1), "no no else no"),
    (V.replace(b"1", b"[]", 1), "no no no no"),
    (V.replace(b"1", b"[1]", 1), "no no same same"),
    (V.replace(b"1", b'"1"'), "same same same same"),
    (V.replace(b"1", b'"1.7"'), "no no same same"),
    (V.replace(b"1", b'" 1 "'), "no no no no"),
    (V.replace(b"1", b"null"), "else else else else"),
    (V.replace(b"1", b"2147483648", 1), "else else no else"),
    (V.replace(b"1}", b"{}}"), "no no no no"),
    (V.replace(b'"stateVersion":0', b'"stateVersion":"x"'), "same no no no"),
    (V.replace(b'"counter"', b'"COUNTER"').replace(b'"timestamp"', b'"time_stamp"'), "same same else else"),
    (V.replace(b'"counter"', b'"c\\u006funter"'), "same same same same"),
    (V.replace(b"{", b'{"a":"\\q",'), "no no no no"),
    (V.replace(b"{", b'{"a":"x\ny\x01",'), "same same same same"),
    (V.replace(b"{", b'{"a":"\\ud800",'), "same same same same"),
    (V.replace(b"{", '{"\U0001f600":1,'.encode()), "same same no no"),
    (V.replace(b"{", '{"a":"\U0001f600",'.encode()), "same same same same"),
    (V.replace(b"{", b'{"a":{"b":[1,{"c":null}]},'), "same same same same"),
    (V.replace(b"{", b'{"a":NaN,'), "same same no no"),
    (V.replace(b"{", b"{\x0c"), "same same same same"),
    (V.replace(b"{", b"{\xc2\xa0"), "no no no no"),
]  # fmt: skip


def read(body: bytes, dialect: Dialect) -> str:
    try:
        version = decode_data_version(body, now_ms=99, dialect=dialect)
    except BodyError:
        return "no"
    return "same" if version == DataVersion(timestamp=1, counter=1) else "else"


@pytest.mark.parametrize(("body", "seen"), SEEN)
def test_a_body_is_read_as_each_release_was_seen_to_read_it(body: bytes, seen: str) -> None:
    assert [read(body, dialect) for dialect in DIALECTS.values()] == seen.split()


def test_a_comma_behind_an_unknown_field_is_told_from_other_errors() -> None:
    with pytest.raises(CommaError):
        decode_data_version(V[:-1] + b',"a":1,}', dialect=FASTJSON_2_0_59)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"{'a':["])
def test_nesting_is_bounded(opening: bytes) -> None:
    with pytest.raises(BodyError, match=f"at most {MAX_DEPTH} levels"):
        read_loosely(opening * 5000, "body", FASTJSON_1_2_83)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_an_error_tells_where_it_is_and_what_was_expected(dialect: Dialect) -> None:
    with pytest.raises(BodyError, match="DataVersion at character 11: expected JSON, got 'x'") as caught:
        decode_data_version(b"{'counter':x", dialect=dialect)
    assert caught.value.got == "'x'"
