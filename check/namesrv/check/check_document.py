"""What a check tells machines: a JSON document, kept to `schemas/check.schema.json`.

`format` goes up when something that was promised is taken away or means something else; keys may be added at any time.
"""

from importlib.metadata import version
from typing import Any, Final

from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.judged import Judged, Result, Score, scoreboard
from namesrv.check.describe import describe_step
from namesrv.check.findings import Finding
from namesrv.check.search import REPEATS

FORMAT: Final = 1


def as_json(report: CheckReport) -> dict[str, Any]:
    """The report for machines."""
    found, suite = report.search, report.suite
    judged = () if suite is None else suite.judged
    document: dict[str, Any] = {
        "format": FORMAT,
        "namesrv": version("namesrv"),
        "verdict": report.verdict.value,
        "target": report.target,
        "profile": report.profile,
        "fail_on": report.fail_on.value,
        "seed": None if found is None else found.seed,
        "examples": 0 if found is None else found.examples,
        "steps": 0 if found is None else found.steps_run,
        "requests": (0 if found is None else found.requests) + sum(each.requests for each in judged),
        "seconds": round(report.seconds, 3),
        "groups": [_group(score) for score in scoreboard(judged)],
        "clauses": [_clause(each, report) for each in judged],
        "expiry": None
        if report.expiry is None or report.expiry.verdict is None
        else {"verdict": report.expiry.verdict.value, "summary": report.expiry.summary},
    }
    left_behind = [] if suite is None else list(suite.left_behind)
    if found is not None:
        left_behind += found.left_behind
        document["search"] = {"verdict": found.verdict.value}
        if found.violation is not None:
            replay = None if report.replay is None else str(report.replay)
            document["violation"] = {
                **_finding(found.violation.finding),
                "steps": [describe_step(step) for step in found.steps],
                "repeated": found.repeated,
                "repeats": REPEATS,
                "replay": replay,
            }
    if left_behind:
        document["left_behind"] = left_behind
    reason = (suite is not None and suite.stopped) or (found is not None and found.reason)
    if reason:
        document["reason"] = reason
    return document


def _group(score: Score) -> dict[str, Any]:
    return {
        "group": score.group,
        "result": score.result.value,
        "results": {result.value: score.counts[result] for result in Result},
        "departures": {severity.value: number for severity, number in score.departures.items()},
    }


def _clause(judged: Judged, report: CheckReport) -> dict[str, Any]:
    clause, rule = judged.clause, judged.rule
    row: dict[str, Any] = {
        "slug": clause.slug,
        "group": clause.group,
        "severity": clause.severity.value,
        "needs": sorted(need.value for need in clause.needs),
        "result": judged.result.value,
        "sentence": None if rule is None else rule.sentence,
        "source": None if rule is None else rule.source,
        "tag": None if rule is None else rule.tag,
        "requests": judged.requests,
        "seconds": round(judged.seconds, 3),
    }
    if judged.reason:
        row["reason"] = judged.reason
    if judged.apart_from:
        row["apart_from"] = list(judged.apart_from)
    if judged.result is Result.VIOLATED and judged.finding is not None:
        row["violation"] = {
            **_finding(judged.finding),
            "steps": [describe_step(step) for step in judged.steps],
            "repeated": judged.repeated,
            "repeats": judged.again,
            "command": report.command("--clause", clause.slug),
        }
    return row


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "what": finding.what,
        "where": finding.where,
        "expected": list(finding.expected),
        "got": finding.got,
    }
