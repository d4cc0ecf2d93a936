"""`namesrv prove --against HOST:PORT`: can what a NameServer answers be true of one that keeps the invariants?"""

from pathlib import Path

from rich.console import Console

from namesrv.check.explaining import Explained, as_data, explain_target
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.report import coloured
from namesrv.check.runner import Target
from namesrv.check.seen import WARNING
from namesrv.cli.check import parse_target
from namesrv.cli.main import EXIT_UNKNOWN
from namesrv.cli.results import write_json
from namesrv.model.profiles import Profile
from namesrv.proofs.invariants import INVARIANTS


def against(
    address: str, profile: Profile, *, data_versions: bool, timeout_ms: int, json_file: Path | None, expect: str
) -> int:
    """Tells what came of it; the exit code. Raises `click.UsageError` if that is no address."""
    host, port = parse_target(address)
    console = Console()
    if data_versions:
        console.print(f"[yellow]warning[/]: {WARNING}", highlight=False)
    try:
        with console.status(address) as status:
            explained = explain_target(
                Target(host=host, port=port),
                profile,
                data_versions=data_versions,
                timeout_ms=timeout_ms,
                progress=lambda line: status.update(f"{address}: {line}"),
            )
    except Undecided as error:
        console.print(f"{coloured(Verdict.UNKNOWN)}: {error}", highlight=False, soft_wrap=True)
        return EXIT_UNKNOWN
    _tell(console, explained)
    write_json(json_file, as_data(explained))
    if explained.verdict is Verdict.UNKNOWN:
        return EXIT_UNKNOWN
    return 0 if (explained.verdict is Verdict.VIOLATED) == (expect == "violated") else 1


def _tell(console: Console, explained: Explained) -> None:
    snapshot = explained.snapshot
    told = {
        Verdict.HOLDS: "some state that keeps the invariants explains what stood still",
        Verdict.VIOLATED: "no state that keeps the invariants explains these answers",
        Verdict.UNKNOWN: explained.why,
    }[explained.verdict]
    console.print(
        f"{coloured(explained.verdict)}: {explained.target} as {explained.profile.name}: {told} "
        f"({len(snapshot.facts)} facts of {snapshot.answers} answers, {len(snapshot.in_motion)} in motion, left out)",
        highlight=False,
        soft_wrap=True,
    )
    for number, contradiction in enumerate(explained.contradictions, 1):
        console.print(f"\n{number}. These cannot be true together:", highlight=False)
        for fact in contradiction.facts:
            console.print(f"   {fact.says}", highlight=False, soft_wrap=True, markup=False)
        for name in contradiction.invariants:
            console.print(f"   {name}: {INVARIANTS[name].says}", highlight=False, soft_wrap=True, markup=False)
