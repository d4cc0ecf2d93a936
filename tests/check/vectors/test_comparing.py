"""How answers are compared with what vectors expect."""

from typing import Any

import pytest

from namesrv.check.vectors.comparing import agrees, facts, parsed

EXPECTED: dict[str, Any] = {"code": 0, "remark": "", "extFields": {"a": "1"}, "body": {"x": [1, {"y": "z"}]}}
ANSWER: dict[str, Any] = {"code": 0, "remark": None, "extFields": {"a": "1"}, "body": b'{"x":[{"y":"z"},1]}'}


def test_the_order_of_arrays_and_members_means_nothing() -> None:
    assert agrees(ANSWER, EXPECTED)


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
        {"body": b'{"x":[1,{"y":"z"}],"more":0}'},
        {"body": b"no JSON"},
    ],
)
def test_any_other_answer_is_wrong(change: dict[str, Any]) -> None:
    assert not agrees(ANSWER | change, EXPECTED)


def test_a_remark_that_is_null_is_not_compared() -> None:
    assert agrees(ANSWER | {"remark": "java.lang.NullPointerException, ..."}, EXPECTED | {"remark": None})


def test_null_an_empty_string_and_absence_are_the_same() -> None:
    assert agrees(ANSWER | {"extFields": {"a": "1", "b": ""}, "body": b'{"x":[1,{"y":"z","n":null}],"e":""}'}, EXPECTED)


def test_an_empty_body_is_not_the_same_as_none() -> None:
    assert not agrees(ANSWER | {"body": b"{}"}, EXPECTED | {"body": None})
    assert facts({"a": {}}) != facts({"a": []}) != facts({})


def test_integer_keys_need_no_quotes() -> None:
    assert parsed(b'{"a":{0:"h:1",-1:"h:2"}}') == {"a": {"0": "h:1", "-1": "h:2"}}


def test_only_what_is_the_sequence_s_own_counts_in_a_body_of_all() -> None:
    expected = EXPECTED | {"own": "s1-", "body": {"topicList": ["s1-t"]}}
    assert agrees(ANSWER | {"body": b'{"brokerAddr":"s2-h:1","topicList":["s2-t","s1-t"]}'}, expected)
    assert not agrees(ANSWER | {"body": b'{"topicList":["s2-t"]}'}, expected)
    assert not agrees(ANSWER | {"body": b'{"topicList":["s1-t","s1-u"]}'}, expected)
