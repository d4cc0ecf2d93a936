"""What of an answer stands beside what it says, and servers that have it wrong."""

from collections.abc import Callable
from typing import Any, Final
from unittest import mock

import pytest

from namesrv.check.answer_head import expects_quotes, keys_in_quotes
from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.on_our_server import Servers, told_apart
from namesrv.check.clauses.suite import SUITE
from namesrv.check.steps import Requests, Style
from namesrv.model.events import GetAllTopicList, GetBrokerClusterInfo, GetRouteInfoByTopic
from namesrv.server import answers
from namesrv.server.processor import Processor

CLAUSES: Final = {clause.slug: clause for clause in SUITE}


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (b'{"brokerAddrs":{0:"a",1:"b"}}', False),
        (b'{"brokerAddrs":{"0":"a"}}', True),
        (b'{"brokerAddrs":{}}', None),
        (b'{"a":"{0:1}","b":"{\\"0\\":1}"}', None),
        (b'{"a":"{0:1}","b":{"0":1}}', True),
        (b'{"0":1,1:1}', False),
        (b'{"x":["0","1"]}', None),
    ],
)
def test_numbers_that_are_keys_are_seen_outside_of_texts(body: bytes, quoted: bool | None) -> None:
    assert keys_in_quotes(body) is quoted


@pytest.mark.parametrize(("version", "standard", "quoted"), [(401, None, True), (400, None, False), (0, True, True)])
def test_a_route_has_quotes_for_those_who_need_them(version: int, standard: bool | None, quoted: bool) -> None:
    style = Style(mq_version=version, accept_standard_json_only=standard)
    assert expects_quotes(GetRouteInfoByTopic(topic="t"), style) is quoted
    assert expects_quotes(GetRouteInfoByTopic(topic="t", zone_name="z"), style) is False
    assert expects_quotes(GetBrokerClusterInfo(), style) is False
    assert expects_quotes(GetAllTopicList(), style) is None


def rewriting(old: bytes, new: bytes) -> Any:
    """A server that writes something else of the same length into each answer."""
    assert len(old) == len(new)
    original: Callable[..., bytes | None] = Processor.process

    def process(*args: Any) -> bytes | None:
        answer = original(*args)
        return None if answer is None else answer.replace(old, new)

    return mock.patch.object(Processor, "process", process)


@pytest.mark.parametrize(
    ("old", "new", "slug"),
    [
        (b'"flag":1', b'"flag":3', "answer/flag"),
        (b'"opaque":3', b'"opaque":9', "answer/opaque"),
        (b'"language":"JAVA"', b'"language":"RUST"', "answer/language"),
        (b'"version":513', b'"version":512', "answer/version"),
        (b'"version":513', b'"version":512', "answer/exception-header"),
        (b'{"0":"', b'{ 0 :"', "get-route-info-by-topic/keys-in-quotes"),
    ],
)
def test_an_answer_whose_head_is_wrong_is_told_by_its_clause(old: bytes, new: bytes, slug: str) -> None:
    clause: Clause = CLAUSES[slug]
    with rewriting(old, new), Servers("strict") as servers:
        assert told_apart(clause, "strict", servers)
    with Servers("strict") as servers:
        assert not told_apart(clause, "strict", servers)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"language":"JAVA"', b'"language":"RUST"'), (b'"version":513', b'"version":512')]
)
def test_the_language_and_version_of_a_port_are_wording_and_no_departure_of_a_more_severe_clause(
    old: bytes, new: bytes
) -> None:
    severe = [clause for clause in SUITE if clause.severity is not Severity.MAY and looks_at_heads(clause)]
    assert severe
    with rewriting(old, new), Servers("strict") as servers:
        assert [clause.slug for clause in severe if told_apart(clause, "strict", servers)] == []


def looks_at_heads(clause: Clause) -> bool:
    return any(isinstance(step, Requests) and any(s.style.whole_answer for s in step.sends) for step in clause.steps)


def test_quotes_for_all_are_told_by_the_clauses_about_old_clients() -> None:
    original = answers.encode_broker

    def quoted(*args: Any, **more: Any) -> str:
        return original(*args, **{**more, "quoted": True})

    with mock.patch.object(answers, "encode_broker", quoted), Servers("apache-4.9.7") as servers:
        for slug in ("get-route-info-by-topic/keys-without-quotes", "get-broker-cluster-info/keys-without-quotes"):
            assert told_apart(CLAUSES[slug], "apache-4.9.7", servers)
