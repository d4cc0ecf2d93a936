"""`namesrv simulate`: random walks of systems that are too large to explore."""

import secrets
import sys
from pathlib import Path

import click

from namesrv.cli.files import NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN, nearest


@click.command(name="simulate", short_help="Random walks through a system too large to explore.")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="How the NameServers behave.")
@click.option("--scope", "scope_text", default="", metavar="brokers=30,…",
              help="As for explore.  "
              "[default: brokers=30,namesrvs=3,topics=3,versions=9,faults=9,deletes=3,names=10]")  # fmt: skip
@click.option("--walks", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--steps", type=click.IntRange(min=1), default=500, show_default=True, help="The most moves of a walk.")
@click.option("--seed", type=click.IntRange(min=0), help="Take the same walks again.  [default: a new one]")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
def simulate(
    profile: str, scope_text: str, walks: int, steps: int, seed: int | None, json_file: Path | None, expect: str
) -> None:
    """Walk through a large system at random, and shrink the first walk that breaks an invariant to a story.

    That nothing was found says nothing of the walks that were not taken.
    """
    from rich.console import Console

    from namesrv.check.findings import Verdict
    from namesrv.check.simulation import simulate as take_walks
    from namesrv.check.system_story import sentence
    from namesrv.cli.results import write_json
    from namesrv.model.profiles import PROFILES
    from namesrv.model.system.scope import Scope, parse_scope

    if profile not in PROFILES:
        raise click.UsageError(f"--profile: no {profile!r}{nearest(profile, list(PROFILES))}")
    large = Scope(brokers=30, namesrvs=3, topics=3, versions=9, faults=9, deletes=3, names=10)
    try:
        scope = parse_scope(scope_text, large)
    except ValueError as error:
        raise click.UsageError(f"--scope: {error}") from error
    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    console = Console()
    found = take_walks(PROFILES[profile], scope, walks=walks, steps=steps, seed_value=chosen)
    for number, move in enumerate(found.story, 1):
        console.print(f"  {number:2} {sentence(move)}", highlight=False, soft_wrap=True, markup=False)
    if found.broken:
        console.print(f"then broken: {', '.join(found.broken)}\n", highlight=False, soft_wrap=True)
    console.print(
        f"[bold]{found.verdict.value}[/]: {found.walks} walks, {found.moves} moves, {found.seconds:.1f} s, "
        f"{profile}, {scope}\nAgain: namesrv simulate --profile {profile} --scope {scope} "
        f"--walks {walks} --steps {steps} --seed {chosen}",
        highlight=False,
        soft_wrap=True,
    )
    if json_file is not None:
        data = {
            "verdict": found.verdict.value,
            "profile": profile,
            "scope": str(scope),
            "seed": chosen,
            "walks": found.walks,
            "moves": found.moves,
            "broken": found.broken,
            "story": [sentence(move) for move in found.story],
        }
        write_json(json_file, data)
    if found.verdict is Verdict.UNKNOWN:
        sys.exit(EXIT_UNKNOWN)
    sys.exit(0 if (found.verdict is Verdict.VIOLATED) == (expect == "violated") else 1)
