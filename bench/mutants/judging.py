"""Who finds a mutant out: the happy path, and `namesrv check` with its default options, expiry beside it."""

import time
from pathlib import Path
from typing import Any, Final

import attrs

from bench.mutants import happy_path
from bench.mutants.building import Workshop
from bench.mutants.mutation import Mutation
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.oracle import Oracle, OracleFailed
from namesrv.check.runner import Target
from namesrv.check.search import SearchReport, search
from namesrv.model.profiles import KNOWN_PROFILES
from namesrv.remoting.errors import RemotingError

EXAMPLES: Final = 200
"""The command's default."""

LIMIT_S: Final = 120.0
"""What is found later than this is not found, on a machine that does nothing else."""

SHRINK_S: Final = 2.0
"""Here only the verdict counts; the command takes up to half a minute to make the sequence short."""


@attrs.frozen(kw_only=True)
class Judged:
    """What came of one mutant. `happy`: whether the happy path found it out; `by`: `search`, `expiry`, or `None`: it survived.

    `examples`: sequences until then, those for making it shorter among them; `seconds`: until the verdict; `told`: what was
    wrong; `digest`: of the mutation.
    """

    slug: str
    digest: str
    happy: bool
    by: str | None
    verdict: str
    examples: int
    seconds: float
    told: str


def judge(workshop: Workshop, mutation: Mutation, *, seed: int, examples: int, limit_s: float) -> Judged:
    """Makes the mutant, starts it, and has both look at it. Raises what making it raises, and `OracleFailed`."""
    with workshop.mutant(mutation) as classes:
        found = look_at(workshop, classes, seed=seed, examples=examples, limit_s=limit_s)
    return Judged(slug=mutation.slug, digest=mutation.digest, **found)


def look_at(workshop: Workshop, classes: Path, *, seed: int, examples: int, limit_s: float) -> dict[str, Any]:
    """The fields of `Judged` that are about a NameServer with these classes."""
    try:
        with Oracle(workshop.release, java=workshop.java, jars=workshop.jars, classes=classes) as oracle:
            target = Target(host=oracle.host, port=oracle.port)
            happy = _happy(target)
            return {"happy": happy, **_check(target, workshop.release, seed, examples, limit_s)}
    except OracleFailed as error:  # so wrong that it does not even start, or not answer its first question
        return {
            "happy": True,
            "by": "start",
            "verdict": Verdict.VIOLATED.value,
            "examples": 0,
            "seconds": 0.0,
            "told": str(error).splitlines()[0],
        }


def _happy(target: Target) -> bool:
    try:
        return happy_path.walk(target.host, target.port) is not None
    except (Undecided, RemotingError):
        return True  # it lost its connection, or read what it does not understand


def _check(target: Target, release: str, seed: int, examples: int, limit_s: float) -> dict[str, Any]:
    """As `namesrv check`, but for one thing: expiry is waited for after the search, and only if that has found nothing."""
    started = time.monotonic()
    profile = KNOWN_PROFILES[release]
    report = search(target, profile, examples=examples, seed_value=seed, budget_s=limit_s, shrink_budget_s=SHRINK_S)
    by, verdict, told = "search", report.verdict, _told(report)
    if report.violation is None:
        silent = ExpiryCheck(target, profile, slow=False)
        silent.start()
        silent.wait()
        if silent.verdict is not Verdict.HOLDS:
            by, verdict, told = "expiry", silent.verdict, silent.summary
    seconds = time.monotonic() - started
    is_found = verdict is Verdict.VIOLATED and seconds <= limit_s
    return {
        "by": by if is_found else None,
        "verdict": verdict.value,
        "examples": report.examples,
        "seconds": round(seconds, 1),
        "told": told,
    }


def _told(report: SearchReport) -> str:
    if report.violation is None:
        return report.reason or ""
    finding = report.violation.finding
    return f"{finding.what}: expected {' or '.join(finding.expected)}; got {finding.got}"
