"""What came of clauses on one NameServer: the data that every report is made of."""

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Rule, Severity
from namesrv.check.findings import Finding, Verdict
from namesrv.check.steps import Step


class Result(Enum):
    """How one clause came out. `NOT_APPLICABLE`: it says nothing about the profile; `SKIPPED`: what it needs was not chosen."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"
    SKIPPED = "skipped"


RUN = frozenset({Result.HOLDS, Result.VIOLATED, Result.UNKNOWN})
"""Those of which a case was to tell something."""


@attrs.frozen(kw_only=True)
class Judged:
    """One clause. `rule`: what the profile has to keep, `None` if nothing; `reason`: why there is no verdict. `apart_from`: the
    clauses whose departures were met again, and passed over.

    If it is violated: `steps`, up to the one that shows it (names without the run's prefix), `finding`, and how many (`repeated`)
    of `again` more runs came out so.
    """

    clause: Clause
    result: Result
    rule: Rule | None = None
    reason: str = ""
    apart_from: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    finding: Finding | None = None
    repeated: int = 0
    again: int = 0
    requests: int = 0
    seconds: float = 0.0
    left_behind: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SuiteReport:
    """All of them, in the suite's order. `stopped`: why the run came to an end before all were judged."""

    judged: tuple[Judged, ...]
    stopped: str = ""

    def of(self, result: Result) -> tuple[Judged, ...]:
        """Those that came out so."""
        return tuple(each for each in self.judged if each.result is result)

    @property
    def summary(self) -> str:
        """How many came out how, in words."""
        return ", ".join(f"{len(self.of(result))} {result.value}" for result in Result if self.of(result)) or "none"

    @property
    def apart_from(self) -> dict[str, int]:
        """How many clauses hold but for what another one tells, by that one."""
        return dict(Counter(slug for each in self.of(Result.HOLDS) for slug in each.apart_from))

    @property
    def skipped(self) -> dict[str, int]:
        """How many clauses were not run, by the reason: what has to be said for them."""
        return dict(Counter(each.reason for each in self.of(Result.SKIPPED)))

    @property
    def left_behind(self) -> tuple[str, ...]:
        """Cluster and broker name of what could not be removed."""
        return tuple(name for each in self.judged for name in each.left_behind)

    def verdict(self, fail_on: Severity = Severity.MAY) -> Verdict:
        """Of the clauses that are at least so severe; unknown if no clause at all has been run."""
        if not any(each.result in RUN for each in self.judged):
            return Verdict.UNKNOWN
        results = {each.result for each in self.judged if each.clause.severity.at_least(fail_on)}
        if Result.VIOLATED in results:
            return Verdict.VIOLATED
        return Verdict.UNKNOWN if Result.UNKNOWN in results else Verdict.HOLDS


@attrs.frozen(kw_only=True)
class Score:
    """How many clauses of a group came out how. `departures`: of each severity."""

    group: str
    counts: dict[Result, int]
    departures: dict[Severity, int]

    @property
    def result(self) -> Result:
        """Of the group: the worst that counts; not applicable or skipped only if nothing else."""
        for result in (Result.VIOLATED, Result.UNKNOWN, Result.HOLDS, Result.SKIPPED):
            if self.counts.get(result):
                return result
        return Result.NOT_APPLICABLE

    @property
    def numbers(self) -> tuple[int, ...]:
        """As `HEADS` has them."""
        return (
            self.counts[Result.HOLDS],
            *(self.departures[severity] for severity in Severity),
            self.counts[Result.UNKNOWN],
            self.counts[Result.SKIPPED] + self.counts[Result.NOT_APPLICABLE],
        )


HEADS: Final = ("hold", *(f"✗ {severity.value}" for severity in Severity), "unknown", "not run")
"""What a score's numbers count; ✗ are departures."""


def scoreboard(judged: Iterable[Judged]) -> tuple[Score, ...]:
    """By group, in the suite's order."""
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(each.clause.group, []).append(each)
    return tuple(
        Score(
            group=group,
            counts={result: sum(each.result is result for each in members) for result in Result},
            departures={
                severity: sum(each.result is Result.VIOLATED and each.clause.severity is severity for each in members)
                for severity in Severity
            },
        )
        for group, members in groups.items()
    )
