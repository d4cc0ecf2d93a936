"""`namesrv vectors`: what a release does, as a file that a port in any language can play; and a runner of our own."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from namesrv.cli.check import parse_target
from namesrv.cli.files import NEW_FOLDER
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.check.vectors.making import Vectors

SCHEMA = "vectors.schema.json"


def fail(message: str) -> NoReturn:
    """One clear line, exit 2."""
    click.echo(f"namesrv vectors: {message}", err=True)
    sys.exit(EXIT_UNKNOWN)


@click.command(name="vectors", short_help="Test vectors for a port in any language.")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="What is put down.")
@click.option("-o", "--output", type=NEW_FOLDER, metavar="DIR",
              help="Write DIR/NAME.jsonl and the format's JSON Schema.")  # fmt: skip
@click.option("--check", "target", metavar="HOST:PORT", help="Play them against a NameServer just started.")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Play this file; nothing is made.")  # fmt: skip
@click.option("--sequences", default=300, show_default=True, type=click.IntRange(min=1), help="The most sequences.")
@click.option(
    "--pool", type=click.IntRange(min=0), help="How many generated ones they are chosen from.  [default: 800]"
)
def vectors(
    profile: str, output: Path | None, target: str | None, file: Path | None, sequences: int, pool: int | None
) -> None:
    """Make test vectors of a profile, print what they cover, and write or play them. The format: docs/vectors.md."""
    address = None if target is None else parse_target(target)
    if file is not None:
        if address is None or output is not None:
            raise click.UsageError("--file is played: it needs --check, and nothing is written")
        sys.exit(_play(file.read_text().splitlines(), *address))
    if address is None and output is None:
        raise click.UsageError("expected -o DIR, --check HOST:PORT, or both")

    from namesrv.check.vectors.making import make
    from namesrv.check.vectors.pool import POOL
    from namesrv.model.profiles import PROFILES

    if profile not in PROFILES:
        fail(f"no such profile {profile!r}{nearest(profile, list(PROFILES))}")
    if address is not None:
        _probe(*address)  # making them takes minutes
    made = make(
        PROFILES[profile],
        count=POOL if pool is None else pool,
        limit=sequences,
        progress=lambda line: click.echo(line, err=True),
    )
    _report(made)
    if output is not None:
        _write(made, output)
    if address is not None:
        code = _play([line.decode() for line in made.lines()], *address)
        if code:
            sys.exit(code)
    if made.missing:
        fail(f"rows that are neither reached nor known to be out of reach: {', '.join(made.missing)}")


def _probe(host: str, port: int) -> None:
    """Exit 2 if nobody is there."""
    from namesrv.check.findings import Undecided
    from namesrv.check.probing import probe
    from namesrv.check.target import Target

    try:
        probe(Target(host=host, port=port))
    except Undecided as reason:
        fail(str(reason))


def _report(made: "Vectors") -> None:
    known = len(made.reached) + len(made.unreached) + len(made.missing)
    click.echo(f"{made.profile}: {made.sequences} sequences, {len(made.ops)} lines")
    click.echo(
        f"rows: {known}; reached {len(made.reached)}, out of reach {len(made.unreached)}, missing {len(made.missing)}"
    )
    for row, count in made.reached.items():
        click.echo(f"  {row:<58} in {count} of the sequences")
    for row, why in made.unreached.items():
        click.echo(f"  {row:<58} out of reach: {why}")


def _write(made: "Vectors", output: Path) -> None:
    from importlib.resources import files

    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{made.profile}.jsonl"
    with path.open("wb") as file:
        file.writelines(made.lines())
    (output / SCHEMA).write_bytes(files("namesrv.check.vectors").joinpath(SCHEMA).read_bytes())
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB; {output / SCHEMA}")


def _play(lines: list[str], host: str, port: int) -> int:
    from namesrv.check.findings import Undecided, Verdict
    from namesrv.check.vectors.playing import play

    try:
        played = play(lines, host, port)
    except Undecided as reason:
        fail(str(reason))
    for failure in played.failures:
        click.echo(str(failure))
    broken = len({failure.sequence for failure in played.failures})
    click.echo(
        f"{played.verdict.value}: {host}:{port}: {played.sequences} sequences, {played.operations} operations, "
        f"{broken} sequences failed"
    )
    if played.verdict is Verdict.UNKNOWN:
        fail("no whole file: it has no sequence, or is cut short")
    return 0 if played.verdict is Verdict.HOLDS else 1
