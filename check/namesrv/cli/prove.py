"""`namesrv prove`: which invariants hold for any number of brokers, and which do not."""

import sys
from pathlib import Path
from typing import Any

import click

from namesrv.cli.main import EXIT_UNKNOWN, nearest


@click.command(name="prove")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="strict or apache-5.5.0.")
@click.option("--invariant", metavar="NAME", help="Only this one.")
@click.option("--timeout-ms", type=click.IntRange(min=1), default=20_000, show_default=True, help="For each question.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, allow_dash=True), help="The matrix for machines.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
def prove(profile: str, invariant: str | None, timeout_ms: int, json_file: Path | None, expect: str) -> None:
    """Prove invariants inductive with Z3, transition by transition; for what is refuted, find a run that shows it."""
    from rich.console import Console
    from rich.table import Table

    from namesrv import proofs
    from namesrv.check.describe import describe_request
    from namesrv.model.events import ChannelClosed, Received
    from namesrv.model.profiles import APACHE_5_5_0, STRICT

    profiles = {known.name: known for known in (STRICT, APACHE_5_5_0)}
    if profile not in profiles:
        raise click.UsageError(f"--profile: no proofs for {profile!r}{nearest(profile, list(profiles))}")
    if invariant is not None and invariant not in proofs.INVARIANTS:
        raise click.UsageError(f"--invariant: no {invariant!r}{nearest(invariant, list(proofs.INVARIANTS))}")
    chosen = tuple(proofs.INVARIANTS) if invariant is None else (invariant,)
    cells = proofs.prove(profiles[profile], invariants=chosen, timeout_ms=timeout_ms)
    console = Console()
    table = Table(title=f"{profile}: does the transition keep the invariant?", title_justify="left")
    for column in ("transition", *chosen):
        table.add_column(column)
    colours = {proofs.Verdict.PROVED: "green", proofs.Verdict.REFUTED: "red", proofs.Verdict.UNKNOWN: "yellow"}
    for transition in dict.fromkeys(cell.transition for cell in cells):
        row = [cell for cell in cells if cell.transition == transition]
        table.add_row(transition, *(f"[{colours[c.verdict]}]{c.verdict.value}[/] {c.seconds:.2f} s" for c in row))
    console.print(table)
    runs: dict[str, list[str]] = {}
    for name in dict.fromkeys(cell.invariant for cell in cells if cell.verdict is proofs.Verdict.REFUTED):
        run = proofs.shortest_run(profiles[profile], name, timeout_ms=timeout_ms)
        console.print(f"\n[bold]{name}[/] is broken by" if run else f"\n[bold]{name}[/]: no run is known to break it")
        runs[name] = []
        for event in proofs.events(run) if run else ():
            match event:
                case Received():
                    runs[name].append(f"connection {event.channel}: {describe_request(event.request)}")
                case ChannelClosed():
                    runs[name].append(f"connection {event.channel}: close")
                case _:
                    pass
        for line in runs[name]:
            console.print(f"  {line}", highlight=False, soft_wrap=True)
    _write(json_file, profile, cells, runs)
    verdicts = {cell.verdict for cell in cells}
    if proofs.Verdict.UNKNOWN in verdicts or not all(cell.fires for cell in cells):
        sys.exit(EXIT_UNKNOWN)
    sys.exit(0 if (proofs.Verdict.REFUTED in verdicts) == (expect == "violated") else 1)


def _write(json_file: Path | None, profile: str, cells: Any, runs: dict[str, list[str]]) -> None:
    if json_file is None:
        return
    import orjson

    rows = [
        {"transition": c.transition, "invariant": c.invariant, "verdict": c.verdict.value, "seconds": c.seconds}
        for c in cells
    ]
    data = orjson.dumps({"profile": profile, "cells": rows, "runs": runs}, option=orjson.OPT_INDENT_2) + b"\n"
    if str(json_file) == "-":
        sys.stdout.buffer.write(data)
    else:
        json_file.write_bytes(data)
