"""What `namesrv check` does once its arguments are read: search or replay, with progress and a report."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from namesrv.check.check_page import page_of, section
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.history import History, HistoryError, load, save
from namesrv.check.report import as_json, coloured, print_failure
from namesrv.check.report_page import Page, write
from namesrv.check.runner import Target
from namesrv.check.search import REPEATS, SearchReport, replay, search
from namesrv.cli.results import write_json
from namesrv.model.profiles import PROFILES, Profile


@attrs.frozen(kw_only=True)
class Checking:
    """One call of `namesrv check`."""

    target: Target
    profile: Profile
    save: Path
    json_file: Path | None
    html_file: Path | None = None
    own: bool = False
    started_with: Mapping[str, str] = attrs.Factory(dict)
    tls_words: tuple[str, ...] = ()
    console: Console = attrs.Factory(lambda: Console(stderr=False))

    def search(self, *, examples: int, steps: int, seed: int, expiry: bool, slow: bool) -> Verdict:
        """Generated sequences, and expiry beside them."""
        silent = ExpiryCheck(self.target, self.profile, slow=slow) if expiry else None
        if silent is not None:
            silent.start()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console) as progress:
            task = progress.add_task(f"{self.profile.name} at {self.target.where}", total=examples)

            def on_example(number: int) -> None:
                progress.update(task, completed=min(number, examples))

            report = search(
                self.target,
                self.profile,
                examples=examples,
                seed_value=seed,
                stateful_steps=steps,
                own=self.own,
                started_with=self.started_with,
                on_example=on_example,
            )
            if silent is not None:
                progress.update(task, description="waiting for silent brokers to expire")
                silent.wait()
        verdict = self._report(report)
        beside = () if silent is None else (("expiry", f"{silent.verdict.value}: {silent.summary}"),)
        if self.html_file is not None:
            page = page_of(
                report,
                target=self.target.where,
                profile=self.profile.name,
                command=self._again(report),
                more=beside,
            )
            judged = verdict if silent is None else worst(verdict, silent.verdict)
            write(self.html_file, attrs.evolve(page, verdict=judged.value))
        if silent is not None:
            verdict = worst(verdict, silent.verdict)
            self.console.print(f"expiry: {coloured(silent.verdict)}  {silent.summary}", highlight=False, soft_wrap=True)
        return verdict

    def replay(self, path: Path) -> Verdict:
        """One stored sequence, under the profile that the command names."""
        try:
            history = load(path)
            violation = replay(self.target, self.profile, history.steps, own=self.own, started_with=self.started_with)
        except (HistoryError, OSError) as error:
            return self._unknown(str(error))
        except Undecided as reason:
            return self._unknown(str(reason))
        verdict = Verdict.HOLDS if violation is None else Verdict.VIOLATED
        if self.html_file is not None:
            parts = () if violation is None else (section(history.steps, violation.finding, None),)
            title = f"{self.target.where} as {self.profile.name}: {path}"
            write(self.html_file, Page(title=title, verdict=verdict.value, sections=parts, command=self._command(path)))
        if violation is None:
            self.console.print(f"{coloured(Verdict.HOLDS)}: {len(history.steps)} steps of {path}")
            return Verdict.HOLDS
        self.console.print(f"{coloured(Verdict.VIOLATED)}: {path}")
        print_failure(self.console, history.steps, violation.finding, REPEATS, self._command(path))
        return Verdict.VIOLATED

    def _report(self, report: SearchReport) -> Verdict:
        stored: Path | None = None
        if report.violation is not None:
            stored = self.save
            save(stored, History(profile=self.profile.name, steps=report.steps, seed=report.seed))
        if self.json_file is not None:
            document = as_json(report, target=self.target.where, profile=self.profile.name, replay=stored)
            write_json(self.json_file, document)
        self.console.print(
            f"{coloured(report.verdict)}: {self.target.where} as {self.profile.name}: {report.examples} examples,"
            f" {report.steps_run} steps, {report.requests} requests in {report.seconds:.1f} s, seed {report.seed}",
            highlight=False,
            soft_wrap=True,
        )
        if report.left_behind:
            self.console.print(f"left behind, could not be removed: {', '.join(report.left_behind)}", soft_wrap=True)
        if report.verdict is Verdict.UNKNOWN:
            self.console.print(f"  because {report.reason}", highlight=False, soft_wrap=True)
        if report.violation is not None and stored is not None:
            print_failure(self.console, report.steps, report.violation.finding, report.repeated, self._command(stored))
        return report.verdict

    def _again(self, report: SearchReport) -> str:
        if report.violation is not None:
            return self._command(self.save)
        return self._words("--seed", str(report.seed))

    def _command(self, path: Path) -> str:
        return self._words("--replay", str(path))

    def _words(self, *more: str) -> str:
        words = ["namesrv", "check", self.target.where, "--profile", self.profile.name, *more]
        words += self.tls_words
        for key, value in self.started_with.items():
            words += ["--option", f"{key}={value}"]
        return shlex.join([*words, "--own"] if self.own else words)

    def _unknown(self, reason: str) -> Verdict:
        self.console.print(f"{coloured(Verdict.UNKNOWN)}: {reason}", highlight=False, soft_wrap=True)
        return Verdict.UNKNOWN


def worst(*verdicts: Verdict) -> Verdict:
    """Violated if one is; else unknown if one is."""
    for verdict in (Verdict.VIOLATED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS


__all__ = ["PROFILES", "Checking", "worst"]
