"""What `namesrv check` does once its arguments are read: clauses, search, replay, with progress and reports."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from namesrv.check.check_document import as_json
from namesrv.check.check_page import page_of, section
from namesrv.check.check_report import CheckReport, Expiry
from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Judged, SuiteReport
from namesrv.check.departure import Told
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.history import History, HistoryError, load, save
from namesrv.check.junit import write_junit
from namesrv.check.recorded.show import PagesBeside
from namesrv.check.report import coloured, print_failure, print_search, print_suite
from namesrv.check.report_page import Page, write
from namesrv.check.runner import Target
from namesrv.check.search import SearchReport, replay, search
from namesrv.cli.results import write_json
from namesrv.model.profiles import PROFILES, Profile
from namesrv.remoting.version import MQVersion


def progress_on(console: Console) -> Progress:
    """A bar, a count, and how long it takes."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def judge_all(
    judge: Judge, clauses: Sequence[Clause], console: Console, about: str, then: Callable[[], None] = lambda: None
) -> SuiteReport:
    """Judges them, with progress. `then`: as `Judge.suite`'s."""
    with progress_on(console) as progress:
        task = progress.add_task(about, total=len(clauses))

        def on_judged(judged: Judged) -> None:
            del judged
            progress.advance(task)

        return judge.suite(clauses, on_judged, then)


@attrs.frozen(kw_only=True)
class Files:
    """Where results go. `save`: a failing sequence."""

    save: Path
    json: Path | None = None
    html: Path | None = None
    junit: Path | None = None

    def write(self, report: CheckReport) -> None:
        """Every report that is asked for. Raises `OSError`."""
        write_json(self.json, as_json(report))
        if self.html is not None:
            write(self.html, page_of(report, PagesBeside(self.html, PROFILES[report.profile])))
        if self.junit is not None:
            write_junit(self.junit, report)


@attrs.frozen(kw_only=True)
class Checking:
    """One call of `namesrv check`. `version`: in the header of its answers; `chosen`: which needs of clauses are met;
    `options`: what has to be said again; `started_with`: the NameServer's own, as its file has them.
    """

    target: Target
    profile: Profile
    version: int
    files: Files
    chosen: frozenset[Needs] = frozenset()
    fail_on: Severity = Severity.MAY
    options: tuple[str, ...] = ()
    started_with: Mapping[str, str] = attrs.Factory(dict)
    console: Console = attrs.Factory(lambda: Console(stderr=False))

    @property
    def own(self) -> bool:
        """Nobody else uses the NameServer."""
        return Needs.OWN in self.chosen

    def check(self, clauses: Sequence[Clause], *, examples: int, steps: int, seed: int, expiry: bool) -> Verdict:
        """The clauses, then generated sequences, and expiry beside them. No `examples`, no search."""
        began = time.monotonic()
        report = CheckReport(
            target=self.target.where, profile=self.profile.name, fail_on=self.fail_on, options=self.options
        )
        silent = ExpiryCheck(self.target, self.profile, slow=Needs.SLOW in self.chosen) if expiry else None
        begin: Callable[[], None] = (lambda: None) if silent is None else silent.start
        told = None
        if not clauses:
            begin()
        else:
            judge = Judge(self.target, self.profile, chosen=self.chosen, started_with=self.started_with)
            about = f"clauses, {self.profile.name} at {self.target.where}"
            suite = judge_all(judge, clauses, self.console, about, begin)
            told = judge.told
            report = attrs.evolve(report, suite=suite)
            print_suite(self.console, suite, report.command, self.fail_on)
        if examples and not (report.suite is not None and report.suite.stopped):
            found = self._search(examples, steps, seed, told)
            stored = None
            if found.violation is not None:
                stored = self._kept(History(profile=self.profile.name, steps=found.steps, seed=found.seed))
            report = attrs.evolve(report, search=found, replay=stored)
            print_search(self.console, report)
        if silent is not None:
            expiry_told = self._wait_for(silent)
            word = expiry_told.said if expiry_told.verdict is None else coloured(expiry_told.verdict)
            self.console.print(f"expiry: {word}  {expiry_told.summary}", highlight=False, soft_wrap=True)
            report = attrs.evolve(report, expiry=expiry_told)
        report = attrs.evolve(report, seconds=time.monotonic() - began)
        self.files.write(report)
        return report.verdict

    def _kept(self, history: History) -> Path | None:
        """Where the failing sequence is now; that it can't be written (`--save` has a default) loses no report."""
        try:
            save(self.files.save, history)
        except OSError as error:
            self.console.print(f"the sequence is not kept: {error}", highlight=False, soft_wrap=True, markup=False)
            return None
        return self.files.save

    def _wait_for(self, silent: ExpiryCheck) -> Expiry:
        if silent.skipped is not None:
            return Expiry(verdict=None, summary=silent.skipped)
        with self.console.status("waiting for silent brokers to expire"):
            silent.wait()
        return Expiry(verdict=silent.verdict, summary=silent.summary)

    def _search(self, examples: int, steps: int, seed: int, told: Told | None) -> SearchReport:
        """What the clauses have told is passed over: it is looked for what they have not."""
        with progress_on(self.console) as progress:
            task = progress.add_task(f"{self.profile.name} at {self.target.where}", total=examples)
            return search(
                self.target,
                self.profile,
                examples=examples,
                seed_value=seed,
                stateful_steps=steps,
                own=self.own,
                compared=self.fail_on.compared,
                null_clusters=self.version >= MQVersion.V5_0_0,
                started_with=self.started_with,
                told=told,
                on_example=lambda number: progress.update(task, completed=min(number, examples)),
            )

    def replay(self, path: Path) -> Verdict:
        """One stored sequence, under the profile that the command names."""
        try:
            history = load(path)
            violation = replay(
                self.target,
                self.profile,
                history.steps,
                own=self.own,
                compared=self.fail_on.compared,
                started_with=self.started_with,
            )
        except (HistoryError, OSError, Undecided) as error:
            self.console.print(f"{coloured(Verdict.UNKNOWN)}: {error}", highlight=False, soft_wrap=True)
            return Verdict.UNKNOWN
        verdict = Verdict.HOLDS if violation is None else Verdict.VIOLATED
        names = CheckReport(target=self.target.where, profile=self.profile.name, options=self.options)
        command = names.command("--replay", str(path))
        if self.files.html is not None:
            follow = PagesBeside(self.files.html, self.profile)
            parts = () if violation is None else (section(history.steps, violation.finding, None, follow=follow),)
            title = f"{self.target.where} as {self.profile.name}: {path}"
            write(self.files.html, Page(title=title, verdict=verdict.value, sections=parts, command=command))
        if violation is None:
            self.console.print(f"{coloured(Verdict.HOLDS)}: {len(history.steps)} steps of {path}")
            return Verdict.HOLDS
        self.console.print(f"{coloured(Verdict.VIOLATED)}: {path}")
        print_failure(self.console, history.steps, violation.finding, 0, command, again=0)
        return Verdict.VIOLATED
