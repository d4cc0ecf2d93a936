"""JUnit XML as others read it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pytest

from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import SuiteReport
from namesrv.check.junit import write_junit
from tests.check.clauses.small import TELLS_ROUTE
from tests.check.reports import EVERYTHING, FINE, NASTY, violated


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "junit.xml"


def written(file: Path, report: CheckReport) -> ET.Element:
    write_junit(file, report)
    return ET.fromstring(file.read_bytes())


def cases(root: ET.Element) -> dict[str, ET.Element]:
    return {str(case.get("name")): case for case in root.iter("testcase")}


def kinds(root: ET.Element) -> dict[str, str]:
    return {name: " ".join(child.tag for child in case) or "passed" for name, case in cases(root).items()}


def test_each_clause_is_a_test_case_that_came_out_as_the_clause_did(file: Path) -> None:
    assert kinds(written(file, EVERYTHING)) == {
        "register-broker/tells-route": "passed",
        "register-broker/told-of-master": "failure",
        "register-broker/older-state-version": "skipped",
        "register-broker/harmful": "skipped",
        "unregister-broker/leaves": "failure",
        "get-route/no-route-remark": "failure",
        "get-kv-config/no-key": "passed",
        "unknown-code/answered": "error",
        "search/generated-sequences": "failure",
        "expiry/silent-brokers": "error",
    }


def test_a_departure_that_fail_on_lets_pass_is_skipped_and_says_so(file: Path) -> None:
    root = written(file, attrs.evolve(EVERYTHING, fail_on=Severity.MUST))
    found = kinds(root)
    assert found["unregister-broker/leaves"] == "failure"
    assert found["register-broker/told-of-master"] == found["get-route/no-route-remark"] == "skipped"
    (skipped,) = cases(root)["get-route/no-route-remark"]
    assert str(skipped.get("message")).startswith("departs, which --fail-on must lets pass")


def test_counts_agree_with_the_cases_and_groups_are_suites(file: Path) -> None:
    root = written(file, EVERYTHING)
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    first = suites["register-broker"]
    assert [first.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "0", "2"]
    assert root.get("tests") == "10" and root.get("failures") == "4" and root.get("errors") == "2"
    properties = {p.get("name"): p.get("value") for p in first.iter("property")}
    assert properties == {"target": "127.0.0.1:9876", "profile": "apache-5.5.0"}
    assert {case.get("classname") for case in first.iter("testcase")} == {"namesrv.check.register-broker"}


def test_a_failure_tells_the_case_what_was_expected_and_the_command(file: Path) -> None:
    (failure,) = cases(written(file, EVERYTHING))["register-broker/told-of-master"]
    assert failure.get("type") == "should"
    assert failure.get("message") == "should: What register-broker/told-of-master says."
    for words in (
        " 1  connection 1: open",
        "Then REQUEST x",
        "expected  SYSTEM_ERROR",
        "or  code 99",
        NASTY,
        "Source: RouteInfoManager.registerBroker, rocketmq-all-5.5.0",
        "--clause register-broker/told-of-master --own",
    ):
        assert words in (failure.text or "")


def test_where_nothing_is_wrong_everything_passed(file: Path) -> None:
    assert set(kinds(written(file, FINE)).values()) == {"passed"}


def test_whatever_a_server_says_the_file_can_be_read(file: Path) -> None:
    """XML has no way to write most control characters."""
    suite = SuiteReport(judged=(violated(TELLS_ROUTE, "remark '\x00\x0b\ud800\ufffe'"),))
    (failure,) = cases(written(file, attrs.evolve(EVERYTHING, suite=suite)))[TELLS_ROUTE.slug]
    assert "\\x00\\x0b\\ud800\\ufffe" in (failure.text or "")
