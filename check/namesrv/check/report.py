"""What a check tells people at a terminal (rich text)."""

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import HEADS, Judged, Result, SuiteReport, scoreboard
from namesrv.check.colours import coloured as coloured
from namesrv.check.describe import describe_step
from namesrv.check.findings import Finding, Verdict
from namesrv.check.search import REPEATS, SearchReport
from namesrv.check.steps import Step


def print_failure(
    console: Console,
    steps: tuple[Step, ...],
    finding: Finding,
    repeated: int,
    command: str,
    *,
    again: int = REPEATS,
    title: str = "The shortest sequence found",
) -> None:
    """The sequence, what was expected and what came, and how to see it again."""
    console.print(f"\n[bold]{title}[/] (names without the run's prefix):")
    for number, step in enumerate(steps, 1):
        console.print(f"  {number:>2}  {escape(describe_step(step))}", highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Then[/] {escape(finding.what)}", highlight=False, soft_wrap=True)
    for index, expected in enumerate(finding.expected):
        label = "expected" if index == 0 else "      or"
        console.print(f"  {label}  {escape(expected)}", highlight=False, soft_wrap=True)
    console.print(f"  got       {escape(finding.got)}", highlight=False, soft_wrap=True)
    console.print(f"\n{run_again(repeated, again)}")
    console.print(f"Again: [bold]{escape(command)}[/]", soft_wrap=True)


def run_again(repeated: int, again: int) -> str:
    """How often a failure has repeated."""
    if again == 0:
        return "It was not run again."
    if again == 1:
        return f"Run again, it {'failed again' if repeated else 'did not fail'}."
    return f"Run again {again} times, it failed {repeated} times."


def print_suite(console: Console, report: SuiteReport, command: Callable[..., str], fail_on: Severity) -> None:
    """The scoreboard, then each clause that does not hold. `command`: as a `CheckReport`'s."""
    for judged in report.judged:
        if judged.result is Result.VIOLATED:
            _print_departure(console, judged, command("--clause", judged.clause.slug))
    for judged in report.of(Result.UNKNOWN):
        said = f"{coloured(judged.result)}: {judged.clause.slug}: {escape(judged.reason)}"
        console.print(said, highlight=False, soft_wrap=True)
        if report.stopped:
            break  # the others say the same
    console.print(_board(report))
    if report.left_behind:
        console.print(f"left behind, could not be removed: {escape(', '.join(report.left_behind))}", soft_wrap=True)
    verdict = coloured(report.verdict(fail_on))
    console.print(f"clauses: {verdict}: {report.summary}", highlight=False, soft_wrap=True)
    for reason, number in report.skipped.items():
        console.print(f"  {number} skipped: {escape(reason)}", highlight=False, soft_wrap=True)
    for slug, number in report.apart_from.items():
        said = f"{number} hold but for what {slug} tells" if number > 1 else f"1 holds but for what {slug} tells"
        console.print(f"  {escape(said)}", highlight=False, soft_wrap=True)


def _print_departure(console: Console, judged: Judged, command: str) -> None:
    clause, rule, finding = judged.clause, judged.rule, judged.finding
    assert rule is not None and finding is not None
    title = f"{coloured(judged.result)}: [bold]{clause.slug}[/] ({clause.severity.value})"
    console.print(f"\n{title}", highlight=False, soft_wrap=True)
    console.print(
        f"  {escape(rule.sentence)}  [dim]{escape(rule.source)}, {rule.tag}[/]", highlight=False, soft_wrap=True
    )
    print_failure(console, judged.steps, finding, judged.repeated, command, again=judged.again, title="The case")


def _board(report: SuiteReport) -> Table:
    board = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    board.add_column("clauses", no_wrap=True)
    board.add_column("verdict")
    for head in HEADS:
        board.add_column(head, justify="right")
    for score in scoreboard(report.judged):
        board.add_row(score.group, coloured(score.result), *(str(number or "·") for number in score.numbers))
    return board


def print_search(console: Console, report: CheckReport) -> None:
    """What the generated search has come to, if there was one."""
    found = report.search
    if found is None:
        return
    console.print(
        f"{coloured(found.verdict)}: {report.target} as {report.profile}: {_how_much(found)}, seed {found.seed}",
        highlight=False,
        soft_wrap=True,
    )
    if found.left_behind:
        console.print(f"left behind, could not be removed: {', '.join(found.left_behind)}", soft_wrap=True)
    if found.verdict is Verdict.UNKNOWN:
        console.print(f"  because {found.reason}", highlight=False, soft_wrap=True)
    if found.violation is not None:
        print_failure(console, found.steps, found.violation.finding, found.repeated, report.again)


def _how_much(found: SearchReport) -> str:
    return f"{found.examples} examples, {found.steps_run} steps, {found.requests} requests in {found.seconds:.1f} s"
