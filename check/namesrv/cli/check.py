"""`namesrv check HOST:PORT`: does this NameServer behave like that release?"""

import secrets
import sys
from pathlib import Path
from typing import NoReturn

import click

from namesrv.cli.main import EXIT_UNKNOWN, nearest


def fail(message: str) -> NoReturn:
    """One clear line, exit 2."""
    click.echo(f"namesrv check: {message}", err=True)
    sys.exit(EXIT_UNKNOWN)


def parse_target(text: str) -> tuple[str, int]:
    """`HOST:PORT`, an IPv6 host in brackets. Raises `click.UsageError`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise click.UsageError(f"expected HOST:PORT, got {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


@click.command(name="check")
@click.argument("target", metavar="HOST:PORT")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="What it should behave like.")
@click.option("--examples", default=240, show_default=True, type=click.IntRange(min=1), help="Generated sequences.")
@click.option("--steps", default=20, show_default=True, type=click.IntRange(min=1), help="The most steps of one.")
@click.option("--seed", type=click.IntRange(min=0), help="Generate the same sequences again.  [default: a new one]")
@click.option("--replay", type=click.Path(path_type=Path, exists=True), help="Run this file's sequence, once.")
@click.option("--save", type=click.Path(path_type=Path), default=Path("namesrv-failure.json"), show_default=True,
              help="Where a failing sequence goes.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, allow_dash=True), help="The result for machines.")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False),
              help="The result as a page, with a drawing.")  # fmt: skip
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
@click.option("--expiry/--no-expiry", default=True, show_default=True,
              help="Wait for silent brokers to expire (some 20 s, beside the search).")  # fmt: skip
@click.option("--slow", is_flag=True, help="Also what takes minutes: the fixed 120 s of 4.9.")
@click.option("--own", is_flag=True, help="Nobody else uses the NameServer: try also null names and addresses.")
def check(
    target: str,
    profile: str,
    examples: int,
    steps: int,
    seed: int | None,
    replay: Path | None,
    save: Path,
    json_file: Path | None,
    html_file: Path | None,
    expect: str,
    expiry: bool,
    slow: bool,
    own: bool,
) -> None:
    """Run generated sequences on the NameServer at HOST:PORT and on the model, side by side.

    The NameServer may be in use: names of the run's own are used, and removed at the end.
    """
    host, port = parse_target(target)

    from namesrv.check.findings import Undecided, Verdict
    from namesrv.check.runner import Target, probe
    from namesrv.cli.checking import Checking
    from namesrv.model.profiles import PROFILES

    if profile not in PROFILES:
        fail(f"no such profile {profile!r}{nearest(profile, list(PROFILES))}")
    chosen_target = Target(host=host, port=port)
    try:
        probe(chosen_target)
    except Undecided as reason:
        fail(str(reason))
    checking = Checking(
        target=chosen_target,
        profile=PROFILES[profile],
        save=save,
        json_file=json_file,
        html_file=html_file,
        own=own,
    )
    if replay is not None:
        verdict = checking.replay(replay)
    else:
        chosen = secrets.randbelow(1 << 32) if seed is None else seed
        verdict = checking.search(examples=examples, steps=steps, seed=chosen, expiry=expiry, slow=slow)
    if verdict is Verdict.UNKNOWN:
        sys.exit(EXIT_UNKNOWN)
    sys.exit(0 if verdict.value == expect else 1)
