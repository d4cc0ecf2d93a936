"""What a check tells people (rich text) and machines (JSON), from the same report."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from namesrv.check.describe import describe_step
from namesrv.check.findings import Finding, Verdict
from namesrv.check.search import REPEATS, SearchReport
from namesrv.check.steps import Step

COLOURS = {Verdict.HOLDS: "green", Verdict.VIOLATED: "red", Verdict.UNKNOWN: "yellow"}


def coloured(verdict: Verdict) -> str:
    """The verdict for rich."""
    return f"[{COLOURS[verdict]}]{verdict.value}[/]"


def print_failure(console: Console, steps: tuple[Step, ...], finding: Finding, repeated: int, command: str) -> None:
    """The sequence, what was expected and what came, and how to see it again."""
    console.print("\n[bold]The shortest sequence found[/] (names without the run's prefix):")
    for number, step in enumerate(steps, 1):
        console.print(f"  {number:>2}  {escape(describe_step(step))}", highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Then[/] {escape(finding.what)}", highlight=False, soft_wrap=True)
    for index, expected in enumerate(finding.expected):
        label = "expected" if index == 0 else "      or"
        console.print(f"  {label}  {escape(expected)}", highlight=False, soft_wrap=True)
    console.print(f"  got       {escape(finding.got)}", highlight=False, soft_wrap=True)
    console.print(f"\nRun again {REPEATS} times, it failed {repeated} times.")
    console.print(f"Again: [bold]{escape(command)}[/]", soft_wrap=True)


def as_json(report: SearchReport, *, target: str, profile: str, replay: Path | None) -> dict[str, Any]:
    """The report for machines; keys are stable."""
    document: dict[str, Any] = {
        "verdict": report.verdict.value,
        "target": target,
        "profile": profile,
        "seed": report.seed,
        "examples": report.examples,
        "steps": report.steps_run,
        "requests": report.requests,
        "seconds": round(report.seconds, 3),
    }
    if report.left_behind:
        document["left_behind"] = list(report.left_behind)
    if report.reason is not None:
        document["reason"] = report.reason
    if report.violation is not None:
        finding = report.violation.finding
        document["violation"] = {
            "what": finding.what,
            "where": finding.where,
            "expected": list(finding.expected),
            "got": finding.got,
            "steps": [describe_step(step) for step in report.steps],
            "repeated": report.repeated,
            "repeats": REPEATS,
            "replay": None if replay is None else str(replay),
        }
    return document
