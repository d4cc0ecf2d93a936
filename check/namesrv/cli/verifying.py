"""What `namesrv verify` does: the parts in a few processes, progress, a table, JSON."""

import multiprocessing
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

import attrs
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from namesrv.check.findings import Verdict, worst
from namesrv.check.report import coloured
from namesrv.check.verification import PARTS, Outcome, Part, run_part
from namesrv.cli.results import write_json


@attrs.frozen(kw_only=True)
class Verifying:
    """One call of `namesrv verify`."""

    quick: bool
    seed: int
    jobs: int
    only: str | None
    json_file: Path | None
    console: Console = attrs.Factory(Console)

    def run(self) -> Verdict:
        """Everything, then the table. A selection without parts is unknown."""
        parts = [part for part in PARTS if self._amount(part) and (self.only is None or self.only in part.name)]
        if not parts:
            self.console.print(f"no part's name contains {self.only!r}; there are: {', '.join(p.name for p in PARTS)}")
            return Verdict.UNKNOWN
        started = time.monotonic()
        outcomes = self._run_all(parts)
        seconds = time.monotonic() - started
        self._print(parts, outcomes, seconds)
        self._write_json(parts, outcomes, seconds)
        return worst(*(outcome.verdict for outcome in outcomes.values()))

    def _amount(self, part: Part) -> int:
        return part.quick if self.quick else part.full

    def _run_all(self, parts: list[Part]) -> dict[str, Outcome]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        context = multiprocessing.get_context("spawn")
        outcomes: dict[str, Outcome] = {}
        with (
            ProcessPoolExecutor(self.jobs, mp_context=context) as pool,
            Progress(*columns, console=self.console, transient=True) as progress,
        ):
            task = progress.add_task("verifying", total=len(parts))
            running: dict[Future[Outcome], str] = {
                pool.submit(run_part, part.name, self._amount(part), self.seed): part.name for part in parts
            }
            for future in as_completed(running):
                name = running[future]
                outcomes[name] = future.result()
                progress.advance(task)
                progress.console.print(f"{coloured(outcomes[name].verdict)}  {escape(name)}", highlight=False)
        return outcomes

    def _print(self, parts: list[Part], outcomes: dict[str, Outcome], seconds: float) -> None:
        table = Table(title=f"namesrv verify, seed {self.seed}", title_justify="left")
        for column in ("checked", "verdict", "how much", "s"):
            table.add_column(column, justify="right" if column == "s" else "left")
        for part in parts:
            outcome = outcomes[part.name]
            shown = "[dim]skipped[/]" if outcome.skipped else coloured(outcome.verdict)
            row = (part.name, shown, outcome.detail, f"{outcome.seconds:.1f}")
            table.add_row(*row)
        self.console.print(table)
        for part in parts:
            for number, line in enumerate(outcomes[part.name].story, 1):
                head = f"\n[bold]{escape(part.name)}[/]\n" if number == 1 else ""
                self.console.print(f"{head}  {number:>2}  {escape(line)}", highlight=False, soft_wrap=True)
        verdict = worst(*(outcome.verdict for outcome in outcomes.values()))
        self.console.print(f"{coloured(verdict)} in {seconds:.0f} s")

    def _write_json(self, parts: list[Part], outcomes: dict[str, Outcome], seconds: float) -> None:
        if self.json_file is None:
            return
        document = {
            "verdict": worst(*(outcome.verdict for outcome in outcomes.values())).value,
            "seed": self.seed,
            "seconds": round(seconds, 3),
            "parts": [
                {
                    "name": part.name,
                    "verdict": "skipped" if outcomes[part.name].skipped else outcomes[part.name].verdict.value,
                    "detail": outcomes[part.name].detail,
                    "seconds": round(outcomes[part.name].seconds, 3),
                    "story": list(outcomes[part.name].story),
                }
                for part in parts
            ],
        }
        write_json(self.json_file, document)
