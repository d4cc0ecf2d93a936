"""A report with everything in it that one can have, for tests of what is made of it; and one of nothing wrong."""

from pathlib import Path
from typing import Final

import attrs

from namesrv.check.check_report import CheckReport, Expiry
from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.judged import Judged, Result, SuiteReport
from namesrv.check.findings import Finding, Verdict, Violation
from namesrv.check.search import SearchReport
from tests.check.clauses.small import (
    HARMFUL,
    LEAVES,
    NO_KEY,
    NO_ROUTE,
    OLDER,
    TELLS_ROUTE,
    TOLD_OF_MASTER,
    UNKNOWN_CODE,
)

NASTY: Final = """</svg><script>alert("1")</script> & 'quoted' <b> ]]> {{ 7 * 7 }} [bold]"""


def violated(clause: Clause, got: str = "SUCCESS", **more: int) -> Judged:
    finding = Finding(what="REQUEST x", where="127.0.0.1:1", expected=("SYSTEM_ERROR", "code 99"), got=got)
    return Judged(
        clause=clause,
        result=Result.VIOLATED,
        rule=clause.rules[0],
        steps=clause.steps,
        finding=finding,
        **{"repeated": 3, "again": 3, "requests": 7, **more},
    )


def judged(clause: Clause, result: Result, reason: str = "") -> Judged:
    rule = None if result is Result.NOT_APPLICABLE else clause.rules[0]
    return Judged(clause=clause, result=result, rule=rule, reason=reason, seconds=0.25, requests=5)


MIXED: Final = SuiteReport(
    judged=(
        judged(TELLS_ROUTE, Result.HOLDS),
        violated(TOLD_OF_MASTER, NASTY, repeated=1),
        judged(OLDER, Result.NOT_APPLICABLE, "says nothing about apache-4.9.7"),
        judged(HARMFUL, Result.SKIPPED, "runs with --destructive"),
        violated(LEAVES, again=1, repeated=1),
        violated(NO_ROUTE, again=1, repeated=0),
        judged(NO_KEY, Result.HOLDS),
        judged(UNKNOWN_CODE, Result.UNKNOWN, f"the connection was lost {NASTY}"),
    )
)

SEARCH: Final = SearchReport(
    verdict=Verdict.HOLDS, seed=5, examples=20, steps_run=300, requests=900, seconds=1.5, left_behind=("nk1-C nk1-a",)
)
FOUND: Final = attrs.evolve(
    SEARCH,
    verdict=Verdict.VIOLATED,
    steps=TELLS_ROUTE.steps,
    violation=Violation(Finding(what="REQUEST y", where="127.0.0.1:1", expected=("SUCCESS",), got=NASTY)),
    repeated=2,
)

EVERYTHING: Final = CheckReport(
    target="127.0.0.1:9876",
    profile="apache-5.5.0",
    suite=MIXED,
    search=FOUND,
    expiry=Expiry(verdict=Verdict.UNKNOWN, summary="3 of 5 silent brokers are still there"),
    replay=Path("kept.json"),
    options=("--own",),
    seconds=12.3456,
)
FINE: Final = CheckReport(
    target="127.0.0.1:9876",
    profile="strict",
    suite=SuiteReport(judged=(judged(TELLS_ROUTE, Result.HOLDS),)),
    search=SEARCH,
    expiry=Expiry(verdict=Verdict.HOLDS, summary="6 brokers, 21 s"),
)
STOPPED: Final = CheckReport(
    target="127.0.0.1:9876",
    profile="strict",
    suite=SuiteReport(judged=(judged(TELLS_ROUTE, Result.UNKNOWN, "not run: nobody there"),), stopped="nobody there"),
)
