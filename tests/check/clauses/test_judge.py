"""How clauses come out: on servers that keep them, on such as don't, and where nobody can tell."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest import mock

import attrs
import pytest

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.judge import UNKNOWN_IN_A_ROW, Judge
from namesrv.check.clauses.judged import Judged, Result, SuiteReport, scoreboard
from namesrv.check.compared import Compared
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.peer import Peer
from namesrv.check.runner import Target
from namesrv.check.search import REPEATS, search
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import Answer, UpdateNamesrvConfig
from namesrv.model.profiles import APACHE_4_9_7, PROFILES, STRICT, Profile
from namesrv.model.values import table
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.server.config import Config
from namesrv.server.processor import Processor
from tests.check.clauses.small import (
    HARMFUL,
    LEAVES,
    NO_KEY,
    NO_ROUTE,
    OLDER,
    SMALL,
    TELLS_ROUTE,
    TOLD_OF_MASTER,
    UNCHANGED,
    UNKNOWN_CODE,
    clause,
)
from tests.check.faults import FAULTS
from tests.check.peers import hangs_up, serving, silent
from tests.model.worlds import registration, unregistration

BY_SLUG = {fault.slug: fault for fault in FAULTS}
QUICK = attrs.evolve(STRICT, internal_step_deadline_ms=200)
TOLD_TO_ALL = clause("register-broker/told-to-all", Severity.MUST, registration(), needs=frozenset({Needs.UNUSED}))

SETS_OPTION = clause(
    "update-namesrv-config/some",
    Severity.MUST,
    UpdateNamesrvConfig(properties=table({"productEnvName": "x"})),
    needs=frozenset({Needs.UNUSED}),
)


@pytest.fixture
def strict() -> Iterator[Embedded]:
    with Embedded(profile="strict") as server:
        yield server


def judge_of(server: Embedded, profile: Profile = STRICT, **more: Any) -> Judge:
    return Judge(Target(host="127.0.0.1", port=server.port, timeout_s=60), profile, settle=server.settle, **more)


def results(report: SuiteReport) -> dict[str, Result]:
    return {judged.clause.slug: judged.result for judged in report.judged}


def words_changed() -> AbstractContextManager[Any]:
    """A server that says everything in other words."""
    original = Processor._frame

    def frame(processor: Processor, request: Any, code: int = 0, **parts: Any) -> bytes:
        if "remark" in parts:
            parts["remark"] = "in other words"
        return original(processor, request, code, **parts)

    return mock.patch.object(Processor, "_frame", frame)


@pytest.mark.parametrize("name", PROFILES)
def test_every_clause_holds_on_our_server_under_its_own_profile(name: str) -> None:
    with Embedded(profile=name) as server:
        report = judge_of(server, PROFILES[name]).suite(SMALL)
    not_asked = {Result.NOT_APPLICABLE, Result.SKIPPED}
    assert {result for result in results(report).values() if result not in not_asked} == {Result.HOLDS}
    assert report.verdict() is Verdict.HOLDS
    assert [judged.clause for judged in report.judged] == list(SMALL)


@pytest.mark.parametrize(
    ("fault", "told_by"),
    [
        ("older-state-version-accepted", OLDER),
        ("query-never-changed", TELLS_ROUTE),
        ("query-always-changed", UNCHANGED),
        ("unregister-forgotten", LEAVES),
        ("master-not-told", TOLD_OF_MASTER),
        ("unknown-code-ignored", UNKNOWN_CODE),
        ("topics-outlive-broker", LEAVES),
    ],
    ids=lambda value: getattr(value, "slug", value),
)
def test_a_faulty_server_is_told_by_clause(fault: str, told_by: Clause) -> None:
    with BY_SLUG[fault].injected(), Embedded(profile="strict") as server:
        report = judge_of(server, QUICK).suite(SMALL)
    violated = {judged.clause.slug for judged in report.of(Result.VIOLATED)}
    assert report.verdict() is Verdict.VIOLATED
    assert told_by.slug in violated


def test_a_violation_tells_its_steps_what_was_expected_and_how_often_it_repeats() -> None:
    with BY_SLUG["query-always-changed"].injected(), Embedded(profile="strict") as server:
        judged = judge_of(server).judge(UNCHANGED)
    assert judged.result is Result.VIOLATED
    assert judged.finding is not None
    assert judged.finding.what.startswith("QUERY_DATA_VERSION C a/0 h1:1")
    assert "changed=false" in judged.finding.expected[0]
    assert "changed=true" in judged.finding.got
    assert judged.steps == UNCHANGED.steps
    assert judged.again == judged.repeated == REPEATS
    assert judged.rule == UNCHANGED.rules[0]


def test_a_server_that_answers_in_other_words_fails_clauses_about_wording_only() -> None:
    with words_changed(), Embedded(profile="strict") as server:
        report = judge_of(server).suite(SMALL)
    assert [judged.clause for judged in report.of(Result.VIOLATED)] == [NO_ROUTE]
    assert report.verdict(Severity.MAY) is Verdict.VIOLATED
    assert report.verdict(Severity.SHOULD) is Verdict.HOLDS
    assert report.verdict(Severity.MUST) is Verdict.HOLDS


def test_each_way_to_compare_sees_what_the_ones_before_it_see_and_more() -> None:
    answers = [
        Answer(code=0),
        Answer(code=0, ext_fields=table({})),
        Answer(code=0, remark="other words"),
        Answer(code=0, ext_fields=table({"masterAddr": "h1:1"})),
        Answer(code=0, ext_fields=table({"changed": "true"})),
        Answer(code=1, exception="NullPointerException"),
    ]
    told_apart = [len({compared.of(answer) for answer in answers}) for compared in Compared]
    assert told_apart == [3, 4, 6]


def test_a_clause_that_says_nothing_about_the_profile_is_not_run(strict: Embedded) -> None:
    judged = judge_of(strict, APACHE_4_9_7).judge(OLDER)
    assert (judged.result, judged.requests) == (Result.NOT_APPLICABLE, 0)


def test_a_clause_is_run_only_if_all_that_it_needs_is_chosen(strict: Embedded) -> None:
    some = judge_of(strict, chosen={Needs.OWN}).judge(HARMFUL)
    assert (some.result, some.requests) == (Result.SKIPPED, 0)
    assert some.reason == "runs with --destructive"
    every = judge_of(strict, chosen={Needs.OWN, Needs.DESTRUCTIVE}).judge(HARMFUL)
    assert every.result is Result.HOLDS


def test_what_every_broker_is_told_of_is_asked_first_and_where_no_broker_is_registered(strict: Embedded) -> None:
    begun: list[list[Clause]] = []
    heard: list[Clause] = []
    judge = judge_of(strict)
    judge.suite(
        (TELLS_ROUTE, TOLD_TO_ALL), lambda judged: heard.append(judged.clause), lambda: begun.append(list(heard))
    )
    assert heard == [TOLD_TO_ALL, TELLS_ROUTE]
    assert begun == [[TOLD_TO_ALL]], "what registers brokers beside the clauses begins after those that must have none"
    assert judge.judge(TOLD_TO_ALL).result is Result.HOLDS


def test_where_a_broker_is_registered_nothing_is_told_to_all_but_by_the_owner(strict: Embedded) -> None:
    other = Peer("127.0.0.1", strict.port, timeout_s=5.0)
    other.send(encode(Prefix(""), registration(), Style(), opaque=1, oneway=False))
    assert other.answer(1, time.monotonic() + 5.0) is not None
    some = judge_of(strict).judge(TOLD_TO_ALL)
    assert (some.result, some.requests) == (Result.SKIPPED, 0)
    assert some.reason == "runs where no broker is registered, or with --own"
    assert judge_of(strict, chosen={Needs.OWN}).judge(TOLD_TO_ALL).result is Result.HOLDS
    other.close()


def test_what_every_broker_would_hear_is_not_run_where_others_may_come(strict: Embedded) -> None:
    assert judge_of(strict, chosen=()).judge(TOLD_TO_ALL).result is Result.SKIPPED


def test_no_option_is_set_where_none_can_be_read(strict: Embedded) -> None:
    """rocketmq-rust's last line has no end. What could not be put back would be held against every answer that follows."""
    with mock.patch.object(Config, "listing", return_value=b"listenPort=9876"):
        judge = judge_of(strict)
        judged = judge.judge(SETS_OPTION)
    assert (judged.result, judged.requests) == (Result.SKIPPED, 0)
    assert judged.reason == "sets options, and those that there are can't be read"


def test_after_an_option_that_could_not_be_put_back_none_is_set(strict: Embedded) -> None:
    original = Config.update
    values = []

    def once(config: Config, properties: Mapping[str, str]) -> None:
        if not values:
            original(config, properties)
        values.append(properties)

    with mock.patch.object(Config, "update", once):
        judge = judge_of(strict)
        first, second = judge.judge(SETS_OPTION), judge.judge(SETS_OPTION)
    assert (first.result, first.left_behind) == (Result.HOLDS, ("option productEnvName",))
    assert (second.result, second.requests) == (Result.SKIPPED, 0)
    assert second.reason == "sets options, and productEnvName could not be put back"


def test_what_may_harm_is_run_last_and_reported_in_its_place(strict: Embedded) -> None:
    heard: list[Judged] = []
    clauses = (HARMFUL, TELLS_ROUTE)
    report = judge_of(strict, chosen=set(Needs)).suite(clauses, heard.append)
    assert [judged.clause for judged in heard] == [TELLS_ROUTE, HARMFUL]
    assert [judged.clause for judged in report.judged] == list(clauses)


def test_where_nothing_was_run_nothing_is_known(strict: Embedded) -> None:
    assert judge_of(strict).suite((HARMFUL,)).verdict() is Verdict.UNKNOWN
    assert judge_of(strict).suite(()).verdict() is Verdict.UNKNOWN


@pytest.mark.parametrize("peer", [silent, hangs_up])
def test_a_peer_that_is_no_name_server_ends_the_run(peer: Callable[..., None]) -> None:
    """Each undecided clause would wait for the deadline."""
    with serving(peer) as port:
        report = Judge(Target(host="127.0.0.1", port=port, timeout_s=0.2), QUICK).suite(SMALL)
    applicable = [judged for judged in report.judged if judged.result is not Result.SKIPPED]
    assert {judged.result for judged in applicable} == {Result.UNKNOWN}
    assert sum(judged.requests > 0 for judged in applicable) <= UNKNOWN_IN_A_ROW
    assert f"{UNKNOWN_IN_A_ROW} clauses in a row were undecided" in report.stopped
    assert applicable[-1].reason == f"not run: {report.stopped}"
    assert report.verdict() is Verdict.UNKNOWN


def test_a_server_that_hangs_up_on_one_request_every_time_is_violated() -> None:
    """What happens once may be a lost connection; nobody loses one at the same request each time."""

    def hang_up(processor: Processor, request: Any) -> bytes:
        raise RuntimeError(f"{request.code} ends the connection")

    with mock.patch.object(Processor, "unknown", hang_up), Embedded(profile="strict") as server:
        report = judge_of(server).suite((UNKNOWN_CODE, TELLS_ROUTE))
    first, second = report.judged
    assert first.result is Result.VIOLATED
    assert first.finding is not None and first.finding.got == "the connection closed"
    assert first.repeated == first.again == REPEATS
    assert second.result is Result.HOLDS


def test_keys_of_others_are_no_surprise(strict: Embedded) -> None:
    """Namespaces can't be removed: those that are there belong to what the case begins with."""
    assert [judge_of(strict).judge(NO_KEY).result for _ in range(2)] == [Result.HOLDS] * 2


def test_the_scoreboard_counts_by_group_in_the_order_of_the_suite() -> None:
    with words_changed(), Embedded(profile="strict") as server:
        scores = scoreboard(judge_of(server).suite(SMALL).judged)
    assert [score.group for score in scores] == [
        "register-broker",
        "query-data-version",
        "unregister-broker",
        "get-route",
        "get-kv-config",
        "unknown-code",
    ]
    first, route = scores[0], scores[3]
    assert (first.counts[Result.HOLDS], first.counts[Result.SKIPPED], first.result) == (3, 1, Result.HOLDS)
    assert route.result is Result.VIOLATED
    assert route.departures == {Severity.MUST: 0, Severity.SHOULD: 0, Severity.MAY: 1}


# What one clause has told ----------------------------------------------------------------------------------------------


def names_an_empty_master() -> AbstractContextManager[Any]:
    """A server that tells of a master without an address where there is none to tell of."""
    original = Processor._frame

    def frame(processor: Processor, request: Any, code: int = 0, **parts: Any) -> bytes:
        if request.code == RequestCode.REGISTER_BROKER and code == 0 and not parts.get("ext_fields"):
            parts["ext_fields"] = {"masterAddr": ""}
        return original(processor, request, code, **parts)

    return mock.patch.object(Processor, "_frame", frame)


def lists_nothing() -> AbstractContextManager[Any]:
    """A server that knows no topic list."""
    original = Processor._frame

    def frame(processor: Processor, request: Any, code: int = 0, **parts: Any) -> bytes:
        if request.code == RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER:
            return original(processor, request, ResponseCode.REQUEST_CODE_NOT_SUPPORTED)
        return original(processor, request, code, **parts)

    return mock.patch.object(Processor, "_frame", frame)


ANSWERED: Final = clause("register-broker/answered", Severity.SHOULD, registration())
AGAIN: Final = clause("register-broker/again", Severity.SHOULD, registration(), registration(), unregistration())
OLDER_ANSWER: Final = attrs.evolve(OLDER, slug="register-broker/older-answer", severity=Severity.SHOULD)


def test_what_one_clause_has_told_does_not_fail_the_others() -> None:
    with names_an_empty_master(), Embedded(profile="strict") as server:
        report = judge_of(server).suite((ANSWERED, AGAIN))
    assert [judged.result for judged in report.judged] == [Result.VIOLATED, Result.HOLDS]
    assert [judged.apart_from for judged in report.judged] == [(), (ANSWERED.slug,)]
    assert report.apart_from == {ANSWERED.slug: 1}
    assert report.verdict() is Verdict.VIOLATED


def test_what_is_behind_it_is_found() -> None:
    with (
        names_an_empty_master(),
        BY_SLUG["older-state-version-accepted"].injected(),
        Embedded(profile="strict") as server,
    ):
        report = judge_of(server).suite((ANSWERED, OLDER_ANSWER))
    older = report.judged[1]
    assert older.result is Result.VIOLATED
    assert older.finding is not None and "h2:1" in older.finding.what


def test_a_slave_that_is_not_told_its_master_is_another_departure() -> None:
    with names_an_empty_master(), Embedded(profile="strict") as server:
        report = judge_of(server).suite((ANSWERED, TOLD_OF_MASTER))
    assert report.judged[1].result is Result.HOLDS
    with (
        names_an_empty_master(),
        BY_SLUG["master-not-told"].injected(),
        Embedded(profile="strict") as server,
    ):
        report = judge_of(server).suite((ANSWERED, TOLD_OF_MASTER))
    assert report.judged[1].result is Result.VIOLATED


def test_a_read_that_tells_nothing_is_left_out_of_looks_once_it_has_been_told() -> None:
    with lists_nothing(), Embedded(profile="strict") as server:
        report = judge_of(server).suite((TELLS_ROUTE, UNCHANGED, LEAVES))
    assert [judged.result for judged in report.judged] == [Result.VIOLATED, Result.HOLDS, Result.HOLDS]
    assert report.judged[2].apart_from == (TELLS_ROUTE.slug,)


def test_the_search_looks_behind_what_the_clauses_have_told() -> None:
    with names_an_empty_master(), Embedded(profile="strict") as server:
        judge = judge_of(server)
        judge.suite((ANSWERED,))
        target = Target(host="127.0.0.1", port=server.port)
        shared: dict[str, Any] = {"examples": 4, "seed_value": 1, "shrink_budget_s": 0, "compared": Compared.ANSWERS}
        assert search(target, STRICT, told=judge.told, **shared).verdict is Verdict.HOLDS
        assert search(target, STRICT, **shared).verdict is Verdict.VIOLATED
