"""Who finds a mutant out: a happy path, the suite's clauses, the generated search, and the check of expiry.

Together the last three are `namesrv check` with its default options. Here one is asked after the other, and none that is not
needed: the clauses up to the first that is violated, expiry if there is none, the search if that finds nothing either.
"""

import re
import tempfile
import time
from pathlib import Path
from typing import Final

import attrs

from bench.mutants import happy_path
from bench.mutants.building import Workshop
from bench.mutants.hosting import HostFailed
from bench.mutants.mutation import Mutation
from namesrv.check.clauses.clause import Needs
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Result
from namesrv.check.clauses.suite import SUITE
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Finding, Undecided, Verdict
from namesrv.check.runner import Target
from namesrv.check.search import search
from namesrv.model.profiles import PROFILES
from namesrv.remoting.errors import RemotingError

EXAMPLES: Final = 240
"""The command's default."""

LIMIT_S: Final = 120.0
"""What is found later than this is not found, on a machine that does nothing else."""

SHRINK_S: Final = 2.0
"""Here only the verdict counts; the command takes up to half a minute to make the sequence short."""

REPEATS: Final = 1
"""How often a clause that fails is run again; the command does it three times, and goes on with the next."""

NEAR: Final[dict[str, tuple[str, ...]]] = {
    "data-version": ("query-data-version",),
    "unregistration": ("unregister-broker",),
    "close": ("channel-destroy",),
    "routes": ("get-route-info-by-topic",),
    "lists": ("get-",),
    "kv": ("put-kv-config", "get-kv", "delete-kv-config"),
    "by-hand": ("wipe-", "add-", "delete-topic", "register-topic-in-namesrv"),
    "wire": ("register-broker/checksum", "register-broker/body", "register-broker/compressed", "unknown-code"),
}
"""Which clauses are asked first for a group's mutants, to be done sooner; all others come after them."""

NOT_ASKED: Final = "not asked"


@attrs.frozen(kw_only=True)
class Seen:
    """What they saw of one NameServer.

    `happy`: whether the happy path found fault. `clause`: the first that is violated. `search`, `expiry`: verdicts, or
    `NOT_ASKED`. `examples`: the search's sequences, those for making one shorter among them. `seconds`: until the verdict.
    `told`: what was wrong. `starts`: false if it never answered its first question.
    """

    starts: bool = True
    happy: bool = True
    clause: str | None = None
    search: str = NOT_ASKED
    expiry: str = NOT_ASKED
    examples: int = 0
    seconds: float = 0.0
    told: str = ""

    @property
    def by(self) -> str | None:
        """Which part of `namesrv check` found fault; `None`: none did. What only is *unknown* is not found."""
        if not self.starts:
            return "start"
        if self.clause is not None:
            return "clause"
        for part, verdict in (("expiry", self.expiry), ("search", self.search)):
            if verdict == Verdict.VIOLATED.value:
                return part
        return None


@attrs.frozen(kw_only=True)
class Judged:
    """What came of one mutant. `digest`: of the mutation."""

    slug: str
    digest: str
    seen: Seen


@attrs.frozen(kw_only=True)
class Jury:
    """How they look. `all_of_them`: the search and expiry are asked even if a clause has found fault."""

    seed: int = 1
    examples: int = EXAMPLES
    limit_s: float = LIMIT_S
    all_of_them: bool = False

    def judge(self, workshop: Workshop, mutation: Mutation) -> Judged:
        """Makes the mutant, starts it, and looks at it. Raises what making it raises."""
        with workshop.mutant(mutation) as classes:
            seen = self.look_at(workshop, classes, NEAR.get(mutation.group, ()))
        return Judged(slug=mutation.slug, digest=mutation.digest, seen=seen)

    def look_at(self, workshop: Workshop, classes: Path, near: tuple[str, ...] = ()) -> Seen:
        """At a NameServer with these classes in the place of the released ones. `near`: clauses that begin so come first."""
        try:
            with workshop.host.serving(classes) as target:
                happy = _happy(target)
                return attrs.evolve(self._check(target, workshop.release, near), happy=happy)
        except HostFailed as error:
            return Seen(starts=False, told=str(error).splitlines()[0])

    def _check(self, target: Target, release: str, near: tuple[str, ...]) -> Seen:
        began = time.monotonic()
        seen = _clauses(target, release, near)
        if seen.by is None or self.all_of_them:
            seen = _expiry(seen, target, release)
        if seen.by is None or self.all_of_them:
            seen = self._search(seen, target, release)
        seen = attrs.evolve(seen, seconds=round(time.monotonic() - began, 1))
        if seen.by is not None and seen.seconds > self.limit_s and not self.all_of_them:
            late = Verdict.UNKNOWN.value
            return attrs.evolve(seen, clause=None, expiry=late, search=late, told=f"too late: {seen.told}")
        return seen

    def _search(self, seen: Seen, target: Target, release: str) -> Seen:
        report = search(
            target,
            PROFILES[release],
            examples=self.examples,
            seed_value=self.seed,
            budget_s=self.limit_s,
            shrink_budget_s=SHRINK_S,
        )
        told = report.reason or "" if report.violation is None else _told(report.violation.finding)
        return attrs.evolve(seen, search=report.verdict.value, examples=report.examples, told=told or seen.told)


HOME: Final = re.compile(re.escape(tempfile.gettempdir()) + r"/namesrv-mutants-\w+(/\d+)?")
"""Where a mutant keeps its files: no two runs have the same."""


def _happy(target: Target) -> bool:
    try:
        return happy_path.walk(target.host, target.port) is not None
    except (Undecided, RemotingError):
        return True  # it lost its connection, or read what it does not understand


def _clauses(target: Target, release: str, near: tuple[str, ...]) -> Seen:
    judge = Judge(target, PROFILES[release], repeats=REPEATS)
    undecided = []
    for clause in sorted(
        SUITE, key=lambda clause: (Needs.UNUSED not in clause.needs, not clause.slug.startswith(near))
    ):
        judged = judge.judge(clause)
        if judged.result is Result.VIOLATED and judged.finding is not None:
            return Seen(clause=clause.slug, told=_told(judged.finding))
        if judged.result is Result.UNKNOWN:
            undecided.append(f"{clause.slug}: {judged.reason}")
    return Seen(told=undecided[0] if undecided else "")


def _expiry(seen: Seen, target: Target, release: str) -> Seen:
    silent = ExpiryCheck(target, PROFILES[release], slow=False)
    if silent.skipped is not None:
        return seen
    silent.start()
    silent.wait()
    told = "" if silent.verdict is Verdict.HOLDS else silent.summary
    return attrs.evolve(seen, expiry=silent.verdict.value, told=told or seen.told)


def _told(finding: Finding) -> str:
    told = f"{finding.what}: expected {' or '.join(finding.expected)}; got {finding.got}"
    return HOME.sub("HOME", told)
