"""`namesrv check --infer`: which known profile is a NameServer nearest to, and where does it depart from it?"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.infer import Inference, as_json, infer
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import HEADS, Result, SuiteReport
from namesrv.check.findings import Verdict
from namesrv.check.report import coloured
from namesrv.check.runner import Target
from namesrv.cli.checking import judge_all
from namesrv.cli.results import write_json
from namesrv.model.profiles import PROFILES, Profile

DEADLINE_MS: Final = 1_000
"""How long an answer is waited for. Most profiles are wrong, and then what is waited for never comes."""


def infer_profile(
    target: Target,
    clauses: Sequence[Clause],
    chosen: frozenset[Needs],
    *,
    version: int,
    json_file: Path | None,
    started_with: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    console: Console | None = None,
) -> Verdict:
    """Runs the clauses under every known profile, and prints how near each is. `options`: what has to be said again."""
    told = Console() if console is None else console

    def judge(profile: Profile) -> SuiteReport:
        hasty = attrs.evolve(profile, internal_step_deadline_ms=DEADLINE_MS)
        judging = Judge(target, hasty, chosen=chosen, repeats=1, started_with=started_with)
        return judge_all(judging, clauses, told, profile.name)

    inference = infer(target.where, PROFILES.values(), judge, version)
    _print(told, inference, options)
    write_json(json_file, as_json(inference))
    return inference.verdict


def _print(console: Console, inference: Inference, options: Sequence[str]) -> None:
    table = Table("profile", box=None, header_style="dim", padding=(0, 1, 0, 0))
    for head in (*HEADS[:-1], "distance"):
        table.add_column(head, justify="right")
    for each in inference.ranked:
        departures = [judged.clause.severity for judged in each.departures]
        numbers = (
            len(each.report.of(Result.HOLDS)),
            *(departures.count(severity) for severity in Severity),
            each.undecided,
            each.distance,
        )
        table.add_row(each.profile.name, *(str(number or "·") for number in numbers))
    console.print(table)
    nearest = inference.nearest
    for judged in (*nearest.departures, *nearest.report.of(Result.UNKNOWN)):
        words = f"{coloured(judged.result)}: [bold]{judged.clause.slug}[/] ({judged.clause.severity.value})"
        console.print(f"\n{words}", highlight=False, soft_wrap=True)
        if judged.finding is not None and judged.rule is not None:
            console.print(f"  {escape(judged.rule.sentence)}", highlight=False, soft_wrap=True)
            console.print(f"  then      {escape(judged.finding.what)}", highlight=False, soft_wrap=True)
            for expected in judged.finding.expected:
                console.print(f"  expected  {escape(expected)}", highlight=False, soft_wrap=True)
            console.print(f"  got       {escape(judged.finding.got)}", highlight=False, soft_wrap=True)
        else:
            console.print(f"  {escape(judged.reason)}", highlight=False, soft_wrap=True)
    if nearest.departures:
        again = ["namesrv", "check", inference.target, "--profile", nearest.profile.name, *options]
        console.print(f"\nMore of it: [bold]{escape(shlex.join(again))}[/]", soft_wrap=True)
    console.print(f"\n{escape(inference.conclusion)}", highlight=False, soft_wrap=True)
