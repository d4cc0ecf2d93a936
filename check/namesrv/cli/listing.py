"""`namesrv check --list`: the clauses, for people who choose some, and as a page."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.clause_page import page
from namesrv.check.clauses.selecting import groups, rules_of
from namesrv.model.profiles import PROFILES, Profile


def list_clauses(clauses: Sequence[Clause], profile: Profile | None, markdown: Path | None) -> None:
    """Prints slug, severity and requirement, by group; with a profile, only what is asked of that one. Or writes the page."""
    if profile is not None:
        clauses = [clause for clause in clauses if clause.rule(profile) is not None]
    if markdown is not None:
        markdown.write_text(page(clauses), encoding="utf-8")
        return
    console = Console()
    for group, members in groups(clauses).items():
        console.print(f"\n[bold]{group}[/]")
        for clause in members:
            needs = "".join(f" {told.removeprefix('with ')}" for told in sorted(need.told for need in clause.needs))
            console.print(f"  {clause.slug}  [dim]{clause.severity.value}{needs}[/]", highlight=False, soft_wrap=True)
            for rule, names in rules_of(clause, profile):
                whom = "" if profile is not None or len(names) == len(PROFILES) else f" ({', '.join(names)})"
                console.print(f"      {escape(rule.sentence)}[dim]{whom}[/]", highlight=False, soft_wrap=True)
    console.print(f"\n{len(clauses)} clauses")
