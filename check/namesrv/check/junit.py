"""What a check tells continuous integration: JUnit XML, one test suite per group of clauses, one test case per clause.

A test case is named by the clause's slug. A departure is a failure, unless `--fail-on` lets it pass: then it is skipped, and says
so. What is undecided is an error, what was not run is skipped.
"""

from pathlib import Path
from typing import Final

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.judged import Judged, Result
from namesrv.check.describe import describe_step
from namesrv.check.findings import Finding, Verdict
from namesrv.check.report import run_again
from namesrv.check.search import REPEATS
from namesrv.check.steps import Step

CLASS: Final = "namesrv.check"

Outcome = Error | Failure | Skipped


def write_junit(file: Path, report: CheckReport) -> None:
    """Writes the file. Raises `OSError`."""
    junit(report).write(str(file), pretty=True)


def junit(report: CheckReport) -> JUnitXml:
    """The report as JUnit XML."""
    document = JUnitXml(f"{report.target} as {report.profile}")
    suites: dict[str, TestSuite] = {}
    for judged in () if report.suite is None else report.suite.judged:
        suites.setdefault(judged.clause.group, TestSuite(judged.clause.group)).add_testcase(_clause(judged, report))
    if report.search is not None:
        suites["search"] = TestSuite("search")
        suites["search"].add_testcase(_search(report))
    if report.expiry is not None:
        case = _case("expiry/silent-brokers", 0.0)
        _judge(case, report.expiry.verdict, report.expiry.summary)
        suites["expiry"] = TestSuite("expiry")
        suites["expiry"].add_testcase(case)
    for suite in suites.values():
        for name in ("target", "profile"):
            suite.add_property(name, getattr(report, name))
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    return document


def _case(name: str, seconds: float) -> TestCase:
    group = name.partition("/")[0]
    return TestCase(name, f"{CLASS}.{group}", round(seconds, 3))


def _clause(judged: Judged, report: CheckReport) -> TestCase:
    clause = judged.clause
    case = _case(clause.slug, judged.seconds)
    match judged.result:
        case Result.VIOLATED:
            assert judged.finding is not None and judged.rule is not None
            counts = clause.severity.at_least(report.fail_on)
            said = f"{clause.severity.value}: {judged.rule.sentence}"
            result: Outcome
            if counts:
                result = Failure(said, clause.severity.value)
            else:
                result = Skipped(
                    f"departs, which --fail-on {report.fail_on.value} lets pass: {said}", clause.severity.value
                )
            source = f"Source: {judged.rule.source}, {judged.rule.tag}"
            again = run_again(judged.repeated, judged.again)
            command = report.command("--clause", clause.slug)
            result.text = _told(judged.steps, judged.finding, source, again, f"Again: {command}")
            case.result = result
        case Result.UNKNOWN:
            case.result = Error(judged.reason, "unknown")
        case Result.SKIPPED | Result.NOT_APPLICABLE:
            case.result = Skipped(judged.reason, judged.result.value)
        case Result.HOLDS:
            pass
    return case


def _search(report: CheckReport) -> TestCase:
    found = report.search
    assert found is not None
    case = _case("search/generated-sequences", found.seconds)
    if found.violation is None:
        _judge(case, found.verdict, found.reason or "")
    else:
        failure = Failure(str(found.violation), "violated")
        again = run_again(found.repeated, REPEATS)
        failure.text = _told(found.steps, found.violation.finding, again, f"Again: {report.again}")
        case.result = failure
    return case


def _judge(case: TestCase, verdict: Verdict | None, why: str) -> None:
    if verdict is None:
        case.result = Skipped(why, "skipped")
    elif verdict is not Verdict.HOLDS:
        case.result = Failure(why, "violated") if verdict is Verdict.VIOLATED else Error(why, "unknown")


def _told(steps: tuple[Step, ...], finding: Finding, *more: str) -> str:
    lines = [f"{number:>2}  {describe_step(step)}" for number, step in enumerate(steps, 1)]
    lines.append(f"Then {finding.what}")
    lines += [f"  {'expected' if not index else '      or'}  {text}" for index, text in enumerate(finding.expected)]
    return "\n".join([*lines, f"  got       {finding.got}", *more])
