"""`namesrv prove`: which invariants hold for any number of brokers, and which do not."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT, NEW_FOLDER
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.status import Status

    from namesrv.check.proving import Proving
    from namesrv.proofs import Cell

WIDE = 110
"""Columns that the whole matrix takes; a narrower terminal gets the strengthenings apart."""


@click.command(name="prove", short_help="Prove the invariants, with Z3 and cvc5.")
@click.option(
    "--profile",
    default="strict",
    show_default=True,
    metavar="NAME",
    help="Which profile; `all` for all that differ.",
)
@click.option("--invariant", metavar="NAME", help="Only this column.")
@click.option(
    "--theorems",
    is_flag=False,
    flag_value="all",
    metavar="[NAME]",
    help="Instead: theorems across steps; of one, the runs that show what it needs.",
)
@click.option("--guards", is_flag=True, help="Also the mutants: steps whose proof has to fail.")
@click.option("--timeout-ms", type=click.IntRange(min=1), default=60_000, show_default=True, help="For each question.")
@click.option("--runs-within", "runs_within_s", type=click.FloatRange(min=0), metavar="SECONDS",
              help="How long runs to what is refuted are looked for.  [default: to the end]")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes at once.")
@click.option("--no-cache", is_flag=True, help="Ask again what was answered in an earlier run.")
@click.option("--questions", type=NEW_FOLDER, metavar="DIR",
              help="Write every question there, as SMT-LIB 2.")  # fmt: skip
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="Everything, for machines.")
@click.option(
    "--markdown",
    type=NEW_FILE,
    metavar="F",
    help="docs/proofs.md, of all profiles. What it "
    "says already of the same statement is kept, unless --no-cache is given.",
)
@click.option("--html", "html_file", type=NEW_FILE,
              help="The result as a page; beside it a page of each run to what is refuted, step by step.")  # fmt: skip
@click.option("--against", metavar="HOST:PORT", help="Instead: can what this NameServer answers be true of one that keeps "
              "every invariant that `strict` keeps?")  # fmt: skip
@click.option(
    "--data-versions", is_flag=True, help="With --against: ask for DataVersions too, a sign of life of each address."
)
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
def prove(profile: str, invariant: str | None, theorems: str | None, guards: bool, timeout_ms: int,
          runs_within_s: float | None, jobs: int, no_cache: bool, questions: Path | None, json_file: Path | None,
          markdown: Path | None, html_file: Path | None, against: str | None, data_versions: bool,
          expect: str) -> None:  # fmt: skip
    """Prove invariants inductive with Z3 and cvc5, transition by transition; find and replay runs to what is refuted."""
    from rich.console import Console

    from namesrv import proofs
    from namesrv.check.findings import Verdict
    from namesrv.check.proof_page import finished, kept, page, section
    from namesrv.check.proving import as_data, prove_profile
    from namesrv.cli.results import write_json
    from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES

    everything = markdown is not None
    if profile not in PROFILES and profile != "all":
        raise click.UsageError(f"--profile: no profile {profile!r}{nearest(profile, list(PROFILES))}")
    if theorems is not None and against is not None:
        raise click.UsageError("--theorems, --against: expected one of them, got both")
    if against is not None:
        for option, file in (("--html", html_file), ("--markdown", markdown), ("--questions", questions)):
            if file is not None:
                raise click.UsageError(f"{option}: not with --against")
        from namesrv.cli import proving_against

        if profile == "all":
            raise click.UsageError("--against: a NameServer has one --profile")
        sys.exit(
            proving_against.against(against, PROFILES[profile], data_versions=data_versions, timeout_ms=timeout_ms,
                                    json_file=json_file, expect=expect)
        )  # fmt: skip
    names = proofs.columns()
    if invariant is not None and invariant not in names:
        raise click.UsageError(f"--invariant: no {invariant!r}{nearest(invariant, list(names))}")
    if theorems is not None:
        for option, file in (("--html", html_file), ("--markdown", markdown), ("--json", json_file)):
            if file is not None:
                raise click.UsageError(f"{option}: not with --theorems")
        from namesrv.cli.theorems import prove_theorems

        folder = None if no_cache else proofs.default_folder()
        of = tuple(DISTINCT_PROFILES.values()) if profile == "all" else (PROFILES[profile],)
        sys.exit(prove_theorems(theorems, of, timeout_ms=timeout_ms, folder=folder, workers=jobs, questions=questions))
    console, done = Console(), []
    read = kept if runs_within_s is not None else finished
    known = read(markdown.read_text()) if markdown is not None and markdown.exists() and not no_cache else {}
    for chosen in DISTINCT_PROFILES.values() if everything or profile == "all" else [PROFILES[profile]]:
        if chosen.name in known:
            console.print(f"{chosen.name}: as {markdown} says already")
            continue
        with console.status(chosen.name) as status:
            done.append(
                prove_profile(
                    chosen,
                    invariants=None if invariant is None else (invariant,),
                    timeout_ms=timeout_ms,
                    folder=None if no_cache else proofs.default_folder(),
                    workers=jobs,
                    runs_within_s=runs_within_s,
                    guards=guards or (everything and chosen.name == "strict"),
                    progress=_telling(status, chosen.name),
                )
            )
        _show(console, done[-1])
        _export(questions, done[-1])
    if markdown is not None:
        markdown.write_text(page(known | {proving.profile.name: section(proving) for proving in done}))
    write_json(json_file, [as_data(proving) for proving in done])
    if html_file is not None:
        _write_html(html_file, done)
    verdicts = {proving.verdict for proving in done}
    if Verdict.UNKNOWN in verdicts:
        sys.exit(EXIT_UNKNOWN)
    if any(proving.contradictions for proving in done):
        sys.exit(1)
    sys.exit(0 if (Verdict.VIOLATED in verdicts) == (expect == "violated") else 1)


def _telling(status: "Status", profile: str) -> "Callable[[str, int, int], None]":
    return lambda what, done, of: status.update(f"{profile}: {done} of {of}, {what}")


def _show(console: "Console", proving: "Proving") -> None:
    from namesrv import proofs
    from namesrv.check.proof_page import CODES
    from namesrv.model.profiles import same_registration

    columns = [name for name in proofs.columns() if any(c.invariant == name for c in proving.cells)]
    strengthenings = [name for name in columns if CODES[name].islower()]
    if console.width < WIDE and len(strengthenings) < len(columns):
        _show_matrix(console, proving, [name for name in columns if name not in strengthenings])
        if strengthenings:
            _show_matrix(console, proving, strengthenings)
    else:
        _show_matrix(console, proving, columns)
    console.print("  ".join(f"{CODES[name]} {name}" for name in columns), highlight=False)
    console.print("· touched nothing of it  ✓ proved by both  z proved by Z3 only  ✗ refuted, reachable  x refuted, not in "
                  "few steps  u refuted, search cut off  ? unknown", highlight=False)  # fmt: skip
    for refutation in proving.refutations:
        _tell(console, refutation)
    proved = sum(cell.verdict is proofs.Verdict.PROVED for cell in proving.cells)
    names = ", ".join((proving.profile.name, *same_registration(proving.profile)))
    console.print(f"[bold]{proving.verdict.value}[/], {names}: {proved} of {len(proving.cells)} cells proved, "
                  f"{len(proving.fires)} of {len(proving.rows) - 1} transitions shown to happen", highlight=False)  # fmt: skip
    if proving.mutants:
        console.print(f"{sum(proving.mutants.values())} of {len(proving.mutants)} mutants found out", highlight=False)
    for line in proving.contradictions:
        console.print(f"[red]contradiction[/]: {line}", highlight=False)


def _show_matrix(console: "Console", proving: "Proving", columns: list[str]) -> None:
    """Transition × invariant; the rules of one request under its name."""
    from rich import box
    from rich.table import Table

    from namesrv.check.proof_page import CODES, glyph

    table = Table(title=f"{proving.profile.name}: does the transition keep the invariant?", title_justify="left",
                  box=box.SIMPLE_HEAD, padding=0)  # fmt: skip
    table.add_column("transition", no_wrap=True)
    for name in columns:
        table.add_column(CODES[name], justify="center", no_wrap=True)
    table.add_column("Z3 s", justify="right", no_wrap=True)
    table.add_column("cvc5 s", justify="right", no_wrap=True)
    reached = {(r.transition, r.invariant) for r in proving.refutations if r.is_reached}
    above = ""
    for row in proving.rows:
        cells = {c.invariant: c for c in proving.cells if c.transition == row and c.invariant in columns}
        seconds = [f"{sum(getattr(c, who).seconds for c in cells.values()):.2f}" for who in ("z3", "cvc5")]
        marks = [
            _coloured(cells[name], glyph(cells[name], reached, proving.late)) if name in cells else ""
            for name in columns
        ]
        request, _, rule = row.partition("/")
        if rule and request != above:
            table.add_row(request)
        above = request
        table.add_row(f"  {rule}" if rule else request, *marks, *seconds)
    console.print(table)


def _coloured(cell: "Cell", mark: str) -> str:
    colour = {"proved": "green", "refuted": "red"}.get(cell.verdict.value, "yellow")
    return f"[{colour}]{mark}[/]"


def _tell(console: "Console", refutation: Any) -> None:
    from namesrv.proofs import STEPS

    head = f"\n[bold]{refutation.transition}[/] breaks [bold]{refutation.invariant}[/]"
    if refutation.run is None:
        known = "the search for a run was cut off" if refutation.is_late else f"not reachable within {STEPS} steps"
        console.print(f"{head}: {known}", highlight=False)
        return
    said = refutation.replayed.name.lower()
    console.print(f"{head}; the model agrees, our server: {said}" if refutation.in_model else head, highlight=False)
    for line in refutation.lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


def _export(folder: Path | None, proving: "Proving") -> None:
    if folder is None:
        return
    for cell in proving.cells:
        name = f"{cell.transition}-{cell.invariant}".replace("/", "-")
        file = folder / proving.profile.name / f"{name}.smt2"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(cell.question)


def _write_html(file: Path, done: "list[Proving]") -> None:
    from namesrv.check.proof_report import page_of
    from namesrv.check.recorded.show import BooksBeside
    from namesrv.check.report_page import write
    from namesrv.cli.results import typed_again

    write(file, page_of(done, shlex.join(typed_again(without=frozenset())), BooksBeside(file)))
