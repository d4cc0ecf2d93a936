"""How answers are compared with what vectors expect: by a regular expression that says what comparing them as JSON would."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.check.vectors.patterns import LARGEST, pattern
from tests.check.vectors.comparing import agrees, facts, parsed

EXPECTED: dict[str, Any] = {
    "opaque": 7,
    "code": 0,
    "remark": "",
    "extFields": {"a": "1"},
    "body": {"x": [1, {"y": "z"}]},
}
ANSWER: dict[str, Any] = {"code": 0, "remark": None, "extFields": {"a": "1"}, "body": b'{"x":[{"y":"z"},1]}'}
OTHERS = {"language": "JAVA", "version": 399, "flag": 1, "serializeTypeCurrentRPC": "JSON"}


def matches(answer: Mapping[str, Any], *expected: Mapping[str, Any]) -> bool:
    """Whether the regular expression of what is expected matches the answer to request 7, as a runner reads it."""
    fields = {"opaque": 7} | answer | OTHERS
    body = fields.pop("body") or b""
    return bool(re.fullmatch(pattern(expected), f"{json.dumps(fields)}\n{body.decode()}"))


def are_equal(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Both ways, which have to agree."""
    equal = agrees(answer, expected)
    assert matches(answer, expected) is equal
    return equal


def test_the_order_of_arrays_and_members_means_nothing() -> None:
    assert are_equal(ANSWER, EXPECTED)


@pytest.mark.parametrize(
    "change",
    [
        {"code": 1},
        {"remark": "no"},
        {"extFields": {"a": "2"}},
        {"extFields": {"a": "1", "b": "1"}},
        {"extFields": None},
        {"body": None},
        {"body": b'{"x":[{"y":"z"}]}'},
        {"body": b'{"x":[{"y":"z"},1,1]}'},
        {"body": b'{"x":[{"y":"z"},"1"]}'},
        {"body": b'{"x":[{"y":"z"},11]}'},
        {"body": b'{"x":[1,{"y":"z"}],"more":0}'},
        {"body": b'{"x":[1,{"y":"zz"}]}'},
        {"body": b"no JSON"},
    ],
)
def test_any_other_answer_is_wrong(change: dict[str, Any]) -> None:
    assert not are_equal(ANSWER | change, EXPECTED)


def test_the_answer_to_another_request_is_wrong() -> None:
    assert not matches(ANSWER | {"opaque": 8}, EXPECTED)


@pytest.mark.parametrize("lacking", ["code", "opaque", "extFields"])
def test_a_header_that_lacks_something_is_wrong(lacking: str) -> None:
    fields: dict[str, Any] = {"opaque": 7, "code": 0, "extFields": {"a": "1"}} | OTHERS
    assert re.fullmatch(pattern([EXPECTED | {"body": None}]), f"{json.dumps(fields)}\n")
    del fields[lacking]
    assert not re.fullmatch(pattern([EXPECTED | {"body": None}]), f"{json.dumps(fields)}\n")


def test_a_remark_that_is_null_is_not_compared() -> None:
    assert are_equal(ANSWER | {"remark": 'java.lang.NullPointerException, "..."\n'}, EXPECTED | {"remark": None})
    assert are_equal(ANSWER, EXPECTED | {"remark": None})
    assert not are_equal(ANSWER, EXPECTED | {"remark": "no"})


def test_null_an_empty_string_and_absence_are_the_same() -> None:
    assert are_equal(
        ANSWER | {"extFields": {"a": "1", "b": ""}, "body": b'{"x":[1,{"y":"z","n":null}],"e":""}'}, EXPECTED
    )
    assert are_equal(ANSWER | {"extFields": None}, EXPECTED | {"extFields": {}})
    assert are_equal(ANSWER | {"extFields": {"a": ""}}, EXPECTED | {"extFields": {}})


def test_an_empty_body_is_not_the_same_as_none() -> None:
    assert not are_equal(ANSWER | {"body": b"{}"}, EXPECTED | {"body": None})
    assert not are_equal(ANSWER | {"body": None}, EXPECTED | {"body": {}})
    assert facts({"a": {}}) != facts({"a": []}) != facts({})


def test_integer_keys_need_no_quotes() -> None:
    assert parsed(b'{"a":{0:"h:1",-1:"h:2"}}') == {"a": {"0": "h:1", "-1": "h:2"}}
    for body in (b'{"a":{0:"h:1",-1:"h:2"}}', b'{"a":{"-1":"h:2","0":"h:1"}}'):
        assert are_equal(ANSWER | {"body": body}, EXPECTED | {"body": {"a": {"0": "h:1", "-1": "h:2"}}})


def test_how_a_string_is_escaped_means_nothing() -> None:
    for body in (b'{"a":"/<b"}', rb'{"a":"\/\u003cb"}', rb'{ "a": "/\u003Cb" }'):
        assert are_equal(ANSWER | {"body": body}, EXPECTED | {"body": {"a": "/<b"}})
    for body in ('{"a":"é"}', r'{"a":"\u00e9"}', r'{"a":"\u00E9"}'):
        assert are_equal(ANSWER | {"body": body.encode()}, EXPECTED | {"body": {"a": "é"}})


def test_any_of_several_is_enough() -> None:
    assert matches(ANSWER, EXPECTED | {"code": 1}, EXPECTED)
    assert not matches(ANSWER, EXPECTED | {"code": 1}, EXPECTED | {"code": 2})


def test_only_what_is_the_sequence_s_own_counts_in_a_body_of_all() -> None:
    expected = EXPECTED | {"own": "s1-", "body": {"topicList": ["s1-t"]}}
    assert are_equal(ANSWER | {"body": b'{"brokerAddr":"s2-h:1","topicList":["s2-t","s1-t"]}'}, expected)
    assert are_equal(ANSWER | {"body": b'{"topicList":["s1-t"],"brokerAddr":"s1-h:1"}'}, expected)
    assert not are_equal(ANSWER | {"body": b'{"topicList":["s2-t"]}'}, expected)
    assert not are_equal(ANSWER | {"body": b'{"topicList":["s1-t","s1-u"]}'}, expected)
    assert not are_equal(ANSWER | {"body": None}, expected)


def test_more_orders_than_can_be_written_down_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        pattern([EXPECTED | {"body": {"x": list(range(LARGEST + 1))}}])


# Whatever the answer --------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "bc", "0", "12", "-1"])
LEAVES = st.sampled_from(["", "a", "b/", "\n", "ü", "1", "s1-a", "s2-a"]) | st.integers(0, 2) | st.booleans()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, st.none() | inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(KEYS, st.none() | VALUES, max_size=3)
OF_ALL = st.fixed_dictionaries(
    {
        "topicList": st.lists(st.sampled_from(["", "s1-a", "s1-b", "s2-a", "s3-s"]), unique=True, max_size=4),
        "table": st.dictionaries(
            st.sampled_from(["", "s1-a", "s1-b", "s2-a"]),
            st.fixed_dictionaries({"0": st.sampled_from(["s1-h", "s2-h"]), "name": st.sampled_from(["", "s1-a"])})
            | st.booleans(),
            max_size=3,
        ),
    }
)


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """As some server writes it: members and elements in some order, with or without spaces."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in draw(st.permutations(list(value)))}
        return [shuffled(item) for item in draw(st.permutations(value))] if isinstance(value, list) else value

    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (",\n ", ":")]))
    return json.dumps(shuffled(value), separators=(comma, colon))


@given(st.data(), BODIES, BODIES)
def test_it_says_of_every_body_what_comparing_says(data: st.DataObject, wanted: Any, other: Any) -> None:
    got = data.draw(st.sampled_from([wanted, other]))
    are_equal(ANSWER | {"body": data.draw(written(got)).encode()}, EXPECTED | {"body": wanted})


@given(st.data(), OF_ALL, OF_ALL)
def test_it_says_of_every_body_of_all_what_comparing_says(data: st.DataObject, wanted: Any, other: Any) -> None:
    got = data.draw(st.sampled_from([wanted, other]))
    are_equal(ANSWER | {"body": data.draw(written(got)).encode()}, EXPECTED | {"body": wanted, "own": "s1-"})
