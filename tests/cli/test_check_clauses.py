"""`namesrv check` and its clauses, as a user calls it: which are run, what is written where, and the exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from namesrv.check.clauses import suite
from namesrv.check.clauses.clause_page import MADE, page
from namesrv.check.clauses.suite import SUITE
from namesrv.check.embedded import Embedded
from namesrv.check.schemas import schema
from namesrv.cli.check import check
from tests.check.clauses.small import NO_ROUTE, SMALL, TOLD_OF_MASTER
from tests.check.clauses.test_judge import words_changed
from tests.check.faults import FAULTS
from tests.check.peers import serving, silent

PAGE = Path(__file__).parents[2] / "docs" / "clauses.md"
BY_SLUG = {fault.slug: fault for fault in FAULTS}


@pytest.fixture(autouse=True)
def small_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "SUITE", SMALL)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Embedded(profile="strict") as server:
        yield f"127.0.0.1:{server.port}"


def run(*words: str) -> Result:
    return CliRunner().invoke(check, list(words))


def test_clauses_come_first_and_then_sequences(address: str) -> None:
    result = run(address, "--examples", "3", "--seed", "1", "--no-expiry")
    assert result.exit_code == 0, result.output
    board, search = result.output.index("clauses: holds: 8 holds, 1 skipped"), result.output.index("examples,")
    assert board < search


def test_no_examples_no_search_and_no_clauses_only_search(address: str) -> None:
    alone = run(address, "--examples", "0")
    assert alone.exit_code == 0, alone.output
    assert "examples," not in alone.output and "expiry" not in alone.output
    without = run(address, "--no-clauses", "--examples", "2", "--no-expiry")
    assert without.exit_code == 0, without.output
    assert "clauses:" not in without.output and "examples," in without.output


def test_nothing_to_do_is_undecided(address: str) -> None:
    assert run(address, "--no-clauses", "--examples", "0").exit_code == 2
    assert run(address, "--clause", "register-broker/harmful").exit_code == 2


def test_only_the_clauses_that_are_asked_for_are_run(address: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("--clause", "register-broker/told", "--clause", "get-route", "--json", str(report))
    result = run(address, *words)
    assert result.exit_code == 0, result.output
    document = json.loads(report.read_text())
    assert [row["slug"] for row in document["clauses"]] == [
        "register-broker/told-of-master",
        "get-route/no-route-remark",
    ]
    assert document["seed"] is None


def test_what_may_harm_is_run_if_all_that_it_needs_is_given(address: str) -> None:
    assert run(address, "--clause", "register-broker/harmful", "--own", "--destructive").exit_code == 0
    assert run(address, "--clause", "register-broker/harmful", "--destructive").exit_code == 2


def test_a_departure_exits_with_1_and_the_command_that_is_told_repeats_it(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("report.json", "report.xml", "report.html")}
    with BY_SLUG["master-not-told"].injected(), Embedded(profile="strict") as server:
        where = f"127.0.0.1:{server.port}"
        words = ("--json", files["report.json"], "--junit", files["report.xml"], "--html", files["report.html"])
        result = run(where, "--examples", "0", *map(str, words))
        assert result.exit_code == 1, result.output
        again = f"namesrv check {where} --profile strict --clause {TOLD_OF_MASTER.slug}"
        assert again in result.output
        repeated = run(*again.split()[2:])
        assert repeated.exit_code == 1
        assert f"violated: {TOLD_OF_MASTER.slug} (should)" in repeated.output
    document = json.loads(files["report.json"].read_text())
    Draft202012Validator(schema("check")).validate(document)
    (violated,) = [row for row in document["clauses"] if row["result"] == "violated"]
    assert violated["violation"]["command"] == again
    failures = [case.name for suite in JUnitXml.fromfile(str(files["report.xml"])) for case in suite if case.is_failure]
    assert failures == [TOLD_OF_MASTER.slug]
    assert again in files["report.html"].read_text()


@pytest.mark.parametrize(("fail_on", "code"), [("may", 1), ("should", 0), ("must", 0)])
def test_fail_on_says_which_departures_count_for_clauses_and_sequences(fail_on: str, code: int, tmp_path: Path) -> None:
    with words_changed(), Embedded(profile="strict") as server:
        words = ("--examples", "20", "--seed", "4", "--no-expiry", "--fail-on", fail_on)
        result = run(f"127.0.0.1:{server.port}", *words, "--save", str(tmp_path / "failure.json"))
    assert result.exit_code == code, result.output
    assert f"violated: {NO_ROUTE.slug} (may)" in result.output
    assert ("--fail-on" in result.output) == (fail_on != "may")


def test_where_nobody_answers_any_more_there_is_no_search() -> None:
    with serving(silent) as port:
        result = run(f"127.0.0.1:{port}", "--examples", "5", "--no-expiry")
    assert result.exit_code == 2
    assert "said nothing for 5 s" in result.output


def test_infer_says_which_profile_it_is(address: str, tmp_path: Path) -> None:
    report = tmp_path / "infer.json"
    result = run(address, "--infer", "--json", str(report))
    assert result.exit_code == 0, result.output
    assert "does what these clauses ask of strict" in result.output.replace("\n", " ")
    document = json.loads(report.read_text())
    Draft202012Validator(schema("infer")).validate(document)
    assert document["nearest"] == ["strict"]


def test_infer_exits_with_1_where_it_is_no_known_profile() -> None:
    with BY_SLUG["master-not-told"].injected(), Embedded(profile="strict") as server:
        result = run(where := f"127.0.0.1:{server.port}", "--infer", "--own")
    assert result.exit_code == 1, result.output
    assert f"violated: {TOLD_OF_MASTER.slug} (should)" in result.output
    assert f"More of it: namesrv check {where} --profile strict --own\n" in result.output


def test_the_list_needs_nobody_and_names_every_clause() -> None:
    result = run("--list")
    assert result.exit_code == 0, result.output
    for clause in SMALL:
        assert f"  {clause.slug}  {clause.severity.value}" in result.output
    assert "register-broker/harmful  must --destructive --own" in result.output
    assert "An older claim is ignored. (apache-5.5.0, apache-5.4.0, apache-5.3.3, apache-5.1.4)" in result.output
    assert "9 clauses" in result.output


def test_the_list_of_a_profile_tells_what_is_asked_of_that_one() -> None:
    result = run("--list", "--profile", "strict", "--clause", "register-broker/older")
    assert "An older claim is refused.\n" in result.output
    assert "ignored" not in result.output and "1 clauses" in result.output
    assert "register-broker/older" not in run("--list", "--profile", "apache-4.9.7").output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "Missing argument 'HOST:PORT'"),
        (("127.0.0.1:1", "--clause", "register-brokr"), "no clause begins with 'register-brokr'"),
        (("--list", "--profile", "apache-5.5"), "did you mean 'apache-5.5.0'?"),
        (("127.0.0.1:1", "--markdown", "page.md"), "--markdown: needs --list"),
        (("127.0.0.1:1", "--infer", "--profile", "strict"), "--infer: asks for the profile"),
        (("127.0.0.1:1", "--examples", "0"), "Connection refused"),
    ],
    ids=lambda words: str(words[-1]) if words else "nothing",
)
def test_what_cannot_run_exits_with_2_and_says_why(words: tuple[str, ...], complaint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert complaint in result.output


def test_the_page_of_clauses_is_written(tmp_path: Path) -> None:
    file = tmp_path / "clauses.md"
    assert run("--list", "--markdown", str(file)).exit_code == 0
    assert file.read_text() == page(SMALL)


def test_the_page_in_docs_is_of_the_suite_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(SUITE), f"run {MADE}"
