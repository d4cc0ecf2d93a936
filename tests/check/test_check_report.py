"""The verdict of a whole check, and what people are told of it at a terminal."""

import io

import attrs
import pytest
from rich.console import Console

from namesrv.check.check_report import CheckReport, Expiry
from namesrv.check.clauses.clause import Severity
from namesrv.check.findings import Verdict
from namesrv.check.report import print_search, print_suite, run_again
from tests.check.reports import EVERYTHING, FINE, FOUND, NASTY, STOPPED


def told(report: CheckReport) -> str:
    console = Console(file=io.StringIO(), width=100)
    assert report.suite is not None
    print_suite(console, report.suite, report.command, report.fail_on)
    print_search(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (EVERYTHING, Verdict.VIOLATED),
        (FINE, Verdict.HOLDS),
        (STOPPED, Verdict.UNKNOWN),
        (attrs.evolve(FINE, search=FOUND), Verdict.VIOLATED),
        (attrs.evolve(FINE, expiry=Expiry(verdict=Verdict.UNKNOWN, summary="")), Verdict.UNKNOWN),
        (attrs.evolve(FINE, expiry=Expiry(verdict=None, summary="")), Verdict.HOLDS),
        (attrs.evolve(FINE, suite=None, search=None, expiry=None), Verdict.UNKNOWN),
        (attrs.evolve(FINE, suite=None, search=None, expiry=Expiry(verdict=None, summary="")), Verdict.UNKNOWN),
    ],
)
def test_a_check_is_as_good_as_its_worst_part(report: CheckReport, verdict: Verdict) -> None:
    assert report.verdict is verdict


@pytest.mark.parametrize("severity", Severity)
def test_a_departure_counts_if_its_clause_is_severe_enough(severity: Severity) -> None:
    assert EVERYTHING.suite is not None
    worst = [each for each in EVERYTHING.suite.judged if each.clause.severity is not Severity.MUST]
    suite = attrs.evolve(EVERYTHING.suite, judged=tuple(worst))
    expected = Verdict.HOLDS if severity is Severity.MUST else Verdict.VIOLATED
    assert suite.verdict(severity) is expected


def test_a_departure_is_told_with_its_requirement_source_case_and_command() -> None:
    said = told(EVERYTHING)
    for words in (
        "violated: unregister-broker/leaves (must)",
        "What unregister-broker/leaves says.  RouteInfoManager.registerBroker, rocketmq-all-5.5.0",
        "UNREGISTER_BROKER C a/0 h1:1",
        "Then REQUEST x",
        "expected  SYSTEM_ERROR",
        "or  code 99",
        "Run again, it failed again.",
        "Run again 3 times, it failed 1 times.",
        "namesrv check 127.0.0.1:9876 --profile apache-5.5.0 --clause unregister-broker/leaves --own",
        "unknown: unknown-code/answered: the connection was lost",
        NASTY,
    ):
        assert words in said


@pytest.mark.parametrize(
    ("repeated", "again", "words"),
    [
        (0, 0, "It was not run again."),
        (0, 1, "Run again, it did not fail."),
        (1, 1, "Run again, it failed again."),
        (2, 3, "Run again 3 times, it failed 2 times."),
    ],
)
def test_how_often_a_failure_repeats_is_said(repeated: int, again: int, words: str) -> None:
    assert run_again(repeated, again) == words


def test_the_scoreboard_has_a_row_for_each_group_and_a_sum() -> None:
    rows = {words[0]: words[1:] for line in told(EVERYTHING).splitlines() if (words := line.split())}
    assert rows["register-broker"] == ["violated", "1", "·", "1", "·", "·", "2"]
    assert rows["unknown-code"] == ["unknown", "·", "·", "·", "·", "1", "·"]
    assert "clauses: violated: 2 holds, 3 violated, 1 unknown, 1 not applicable, 1 skipped" in told(EVERYTHING)


def test_what_was_skipped_is_told_with_what_it_needs() -> None:
    assert "\n  1 skipped: runs with --destructive\n" in told(EVERYTHING)


def test_where_the_run_was_stopped_its_reason_is_said_once() -> None:
    assert told(STOPPED).count("nobody there") == 1
