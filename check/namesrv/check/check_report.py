"""What one call of `namesrv check` has found: the data that terminal, page, JSON and JUnit reports are made of."""

import shlex
from pathlib import Path

import attrs

from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import SuiteReport
from namesrv.check.findings import Verdict, worst
from namesrv.check.search import SearchReport


@attrs.frozen(kw_only=True)
class Expiry:
    """What came of silent brokers. `verdict`: `None` if it was not looked, `summary` says why."""

    verdict: Verdict | None
    summary: str

    @property
    def said(self) -> str:
        """The verdict in a word: `skipped` is none."""
        return "skipped" if self.verdict is None else self.verdict.value


@attrs.frozen(kw_only=True)
class CheckReport:
    """A part is `None` if it was not run. `fail_on`: which departures from clauses count; `replay`: where the sequence of the
    search's violation is kept; `options`: what has to be said again to see the same (`--own`, for example)."""

    target: str
    profile: str
    fail_on: Severity = Severity.MAY
    suite: SuiteReport | None = None
    search: SearchReport | None = None
    expiry: Expiry | None = None
    replay: Path | None = None
    options: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Of everything that was run; unknown if nothing was."""
        verdicts = []
        if self.suite is not None:
            verdicts.append(self.suite.verdict(self.fail_on))
        if self.search is not None:
            verdicts.append(self.search.verdict)
        if self.expiry is not None and self.expiry.verdict is not None:
            verdicts.append(self.expiry.verdict)
        return worst(*verdicts) if verdicts else Verdict.UNKNOWN

    def command(self, *more: str) -> str:
        """How to do a part of it again."""
        return shlex.join(["namesrv", "check", self.target, "--profile", self.profile, *more, *self.options])

    @property
    def again(self) -> str:
        """How to do the search again, or to see its violation; else the whole."""
        if self.replay is not None:
            return self.command("--replay", str(self.replay))
        return self.command() if self.search is None else self.command("--seed", str(self.search.seed))
