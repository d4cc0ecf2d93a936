"""Which known profile is a NameServer nearest to? The clauses are run under each; departures count by their severity."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import Judged, Result, SuiteReport
from namesrv.check.findings import Verdict
from namesrv.model.profiles import Profile

FORMAT: Final = 1
"""Of `as_json`'s documents."""

WEIGHTS: Final = {Severity.MUST: 100, Severity.SHOULD: 10, Severity.MAY: 1}
"""What a departure costs: no number of lesser ones that a group has makes up for a worse one."""


@attrs.frozen(kw_only=True)
class Likeness:
    """One profile. `says_version`: whether the answers' headers bear its version."""

    profile: Profile
    report: SuiteReport
    says_version: bool = False

    @property
    def departures(self) -> tuple[Judged, ...]:
        """The clauses that do not hold."""
        return self.report.of(Result.VIOLATED)

    @property
    def undecided(self) -> int:
        """How many clauses nobody could judge."""
        return len(self.report.of(Result.UNKNOWN))

    @property
    def distance(self) -> int:
        """The sum of the departures' weights; what is undecided counts like the least."""
        return sum(WEIGHTS[judged.clause.severity] for judged in self.departures) + self.undecided


@attrs.frozen(kw_only=True)
class Inference:
    """`ranked`: the nearest profile first; of equally near ones, the one whose version the answers bear, then the latest.
    `version`: that version, if there was an answer."""

    target: str
    ranked: tuple[Likeness, ...]
    version: int | None = None

    @property
    def nearest(self) -> Likeness:
        """The first."""
        return self.ranked[0]

    @property
    def tied(self) -> tuple[Likeness, ...]:
        """Those that the clauses can't tell from the nearest, itself among them."""
        return tuple(each for each in self.ranked if each.distance == self.nearest.distance)

    @property
    def conclusion(self) -> str:
        """In one sentence or two. Equally near profiles are named, for the version in a header is no behaviour."""
        names = [each.profile.name for each in self.tied]
        which = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        more = ""
        if len(names) > 1:
            more = ". The clauses don't tell these apart"
            bearers = [each.profile.name for each in self.tied if each.says_version]
            if bearers:
                more += f"; the version in its answers, {self.version}, is that of {' and '.join(bearers)}"
        if self.verdict is Verdict.UNKNOWN:
            why = self.stopped or f"{self.nearest.undecided} clauses are undecided"
            return f"{self.target}: unknown, {why}"
        if self.verdict is Verdict.HOLDS:
            return f"{self.target} does what these clauses ask of {which}{more}"
        count = len(self.nearest.departures)
        return f"{self.target} is nearest to {which}, and departs in {count} clause{'s' if count > 1 else ''}{more}"

    @property
    def verdict(self) -> Verdict:
        """Holds if it equals the nearest; unknown if a clause was undecided, none was run, or the NameServer went away."""
        return Verdict.UNKNOWN if self.stopped else self.nearest.report.verdict()

    @property
    def stopped(self) -> str:
        """Why not every profile was tried to the end."""
        return next((each.report.stopped for each in self.ranked if each.report.stopped), "")


def infer(
    target: str,
    profiles: Iterable[Profile],
    judge: Callable[[Profile], SuiteReport],
    version: int | None = None,
) -> Inference:
    """Runs the suite under each profile (`judge`). Stops at the first that could not be judged to the end."""
    seen: list[Likeness] = []
    for profile in profiles:
        likeness = Likeness(profile=profile, report=judge(profile), says_version=profile.mq_version == version)
        seen.append(likeness)
        if likeness.report.stopped:
            break
    ranked = sorted(seen, key=lambda each: (each.distance, not each.says_version))
    return Inference(target=target, ranked=tuple(ranked), version=version)


def as_json(inference: Inference) -> dict[str, Any]:
    """For machines; kept to `schemas/infer.schema.json`."""
    return {
        "format": FORMAT,
        "verdict": inference.verdict.value,
        "target": inference.target,
        "version": inference.version,
        "nearest": [each.profile.name for each in inference.tied],
        "profiles": [
            {
                "profile": each.profile.name,
                "distance": each.distance,
                "results": {result.value: len(each.report.of(result)) for result in Result},
                "departures": [judged.clause.slug for judged in each.departures],
            }
            for each in inference.ranked
        ],
        "conclusion": inference.conclusion,
        **({"reason": inference.stopped} if inference.stopped else {}),
    }
