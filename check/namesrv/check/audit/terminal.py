"""An audit at a terminal, once or while it goes on (rich)."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from namesrv.check.audit.audited import Audit, Finding
from namesrv.check.colours import coloured

FACTS_SHOWN: Final = 3
EXPLANATIONS_SHOWN: Final = 3


def print_audit(console: Console, audit: Audit) -> None:
    """The NameServers, each finding with what explains it and what to do, and the verdict."""
    for part in rendered(audit):
        console.print(part, highlight=False, soft_wrap=True)


def rendered(audit: Audit) -> Iterator[RenderableType]:
    """The same, part by part."""
    yield _name_servers(audit)
    for number, finding in enumerate(audit.findings, 1):
        yield from _told(number, finding)
    for remark in audit.remarks:
        yield f"[dim]remark[/]: {escape(remark)}"
    yield f"{coloured(audit.verdict)}: {escape(audit.reason)}"


def _name_servers(audit: Audit) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("NameServer", "taken for", "brokers", "topics", "requests", "s"):
        table.add_column(head, justify="left" if head in ("NameServer", "taken for") else "right")
    for look in audit.looks:
        if look.seen is None:
            table.add_row(escape(look.where), "[red]could not be asked[/]")
            continue
        name = "" if look.profile is None else look.profile.name
        name += f" [dim]({escape(look.profile_why)})[/]" if look.profile_why else ""
        numbers = (look.brokers, len(look.seen.topics), look.seen.answers)
        table.add_row(escape(look.where), name, *map(str, numbers), f"{look.seconds:.2f}")
    return table


def _told(number: int, finding: Finding) -> Iterator[RenderableType]:
    invariant = f" ({finding.kind.invariant})" if finding.kind.invariant else ""
    yield f"\n[bold]{number}. {finding.kind.slug}[/]{invariant} at {escape(', '.join(finding.where))}"
    for fact in _some(finding.says, FACTS_SHOWN):
        yield f"   {escape(fact)}"
    yield f"   [dim]means[/]  {escape(finding.kind.means)}"
    if finding.explained_by:
        slugs = _some([known.slug for known in finding.explained_by], EXPLANATIONS_SHOWN)
        yield f"   [dim]as in[/]  {escape(', '.join(slugs))}"
    for sentence in finding.do:
        yield f"   [dim]do[/]     {escape(sentence)}"


def _some(texts: Iterable[str], number: int) -> list[str]:
    texts = list(texts)
    more = len(texts) - number
    return [*texts[:number], f"and {more} more"] if more > 0 else texts


def screen(audit: Audit, changed: Iterable[str], at: str) -> RenderableType:
    """What `--watch` shows: the same, and what has changed last. A screen may be too low for all: the verdict comes first."""
    name_servers, *findings, verdict = rendered(audit)
    title = Text(f"namesrv audit, {at}, Ctrl-C ends it", style="bold")
    lines = [Text(line, style="dim") for line in changed]
    news = [Text("\nwhat changed", style="bold"), *lines] if lines else []
    return Group(title, verdict, name_servers, *news, *findings)
