"""`namesrv explore`: every run of a small system, or the shortest that breaks an invariant."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT, NEW_FOLDER
from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.explore.fairness import Fairness
    from namesrv.explore.outcome import Verdict
    from namesrv.explore.product import Product
    from namesrv.model.system.scope import Scope

GIB = 1 << 30


@click.command(name="explore", short_help="Every run of a small system of brokers and NameServers.")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="How the NameServers behave.")
@click.option("--scope", "scope_text", default="", metavar="brokers=2,…",
              help="brokers, namesrvs, topics, versions, faults, deletes, names, clients, by_hand (numbers), "
              "forced, extended, acting, heartbeats, split, shared (true, false), "
              "kinds (of faults, with +).  [default: brokers=2,namesrvs=2,versions=2,faults=2]")  # fmt: skip
@click.option("--invariant", metavar="NAME", help="Only this one.")
@click.option("--all", "find_all", is_flag=True, help="Go on after the first violation: one story for each invariant.")
@click.option("--full-product", is_flag=True, help="All NameServers at once, even where one is enough.")
@click.option("--symmetry/--no-symmetry", default=True, show_default=True,
              help="One state stands for all that differ only by who is called what (not with --liveness).")  # fmt: skip
@click.option("--liveness", is_flag=True, help="Whether it heals: convergence, and dead brokers vanish.")
@click.option("--fairness", type=click.Choice(["moves", "strong", "weak"]), default="moves", show_default=True,
              help="With --liveness: to what runs are fair, every single move or (less) rules.")  # fmt: skip
@click.option("--deadlock", is_flag=True, help="A state in which nothing can happen is a violation, too.")
@click.option("--max-gib", type=click.FloatRange(min=0.01), default=4.0, show_default=True, help="Memory for states.")
@click.option("--force", is_flag=True, help="Start even if more states are expected than fit.")
@click.option("--max-states", type=click.IntRange(min=1), help="Stop there: the verdict is then unknown.")
@click.option("--checkpoint", type=NEW_FOLDER, help="Keep each level in this folder.")
@click.option("--resume", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Go on from there.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
@click.option("--html", "html_file", type=NEW_FILE,
              help="The result as a page, with drawings; beside it a page of each story, step by step.")  # fmt: skip
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
@click.option("--diagram/--no-diagram", default=False, show_default=True, help="A story as a Mermaid diagram, too.")
def explore(
    profile: str,
    scope_text: str,
    invariant: str | None,
    find_all: bool,
    full_product: bool,
    symmetry: bool,
    liveness: bool,
    fairness: "Fairness",
    deadlock: bool,
    max_gib: float,
    force: bool,
    max_states: int | None,
    checkpoint: Path | None,
    resume: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    expect: str,
    diagram: bool,
) -> None:
    """Explore brokers, NameServers and a faulty network, breadth first, to the end of a scope.

    A verdict is for the scope that it names. What `holds` for one NameServer beside others holds for each of several, because
    they never talk to each other, and whatever a broker does because of one, it may do by itself: so invariants of single
    NameServers are looked at with one, unless --full-product is given.
    """
    from rich.console import Console

    from namesrv.check.recorded.show import BooksBeside
    from namesrv.check.report_page import write
    from namesrv.cli.exploring import Exploring
    from namesrv.cli.results import typed_again, write_json
    from namesrv.explore.outcome import Options
    from namesrv.explore.registration import registration_system
    from namesrv.explore.registration_symmetry import symmetric
    from namesrv.model.profiles import PROFILES
    from namesrv.model.promises import NAMES
    from namesrv.model.system.scope import Scope, parse_scope

    if profile not in PROFILES:
        raise click.UsageError(f"--profile: no {profile!r}{nearest(profile, list(PROFILES))}")
    if invariant is not None and invariant not in NAMES:
        raise click.UsageError(f"--invariant: no {invariant!r}{nearest(invariant, list(NAMES))}")
    try:
        scope = parse_scope(scope_text, Scope(brokers=2, namesrvs=2, versions=2, faults=2))
    except ValueError as error:
        raise click.UsageError(f"--scope: {error}") from error
    console = Console()
    looked_at = _looked_at(scope, full_product=full_product or liveness, console=console)
    product = symmetric(registration_system(looked_at, PROFILES[profile]), looked_at)
    if invariant is not None:
        product = _only(product, invariant)
    exploring = Exploring(
        product=product,
        profile=PROFILES[profile],
        scope=looked_at,
        options=Options(
            symmetry=symmetry and not liveness,
            all_violations=find_all or liveness,
            through_broken=liveness,
            deadlock=deadlock,
            max_bytes=int(max_gib * GIB),
            max_states=max_states,
            checkpoint=checkpoint,
            resume=resume,
            clock=time.monotonic,
            memory=_most_bytes,
        ),
        command=typed_again(without=frozenset({"checkpoint", "resume", "max_states"})),
        diagram=diagram,
        beside=None if html_file is None else BooksBeside(html_file),
        console=console,
    )
    verdict: Verdict = "unknown"
    try:
        verdict = exploring.run(liveness=liveness, fairness=fairness, force=force)
    except (ValueError, OSError) as error:
        exploring.data["reason"] = str(error)
        click.echo(f"namesrv explore: {error}", err=True)
    write_json(json_file, {"verdict": verdict, **exploring.data})
    if html_file is not None:
        write(html_file, exploring.page(verdict))
    if verdict == "unknown":
        sys.exit(EXIT_UNKNOWN)
    sys.exit(0 if (verdict == "violated") == (expect == "violated") else 1)


def _most_bytes() -> int:
    """What the process has taken at most so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _looked_at(scope: "Scope", *, full_product: bool, console: Any) -> "Scope":
    import attrs

    if scope.namesrvs == 1 or full_product or scope.clients:
        return scope
    console.print(
        f"one NameServer stands for each of the {scope.namesrvs}: they never talk to each other", highlight=False
    )
    return attrs.evolve(scope, namesrvs=1)


def _only(product: "Product", invariant: str) -> "Product":
    import attrs

    chosen = tuple(i for i in product.invariants if i.name.partition("@")[0] == invariant)
    return attrs.evolve(product, invariants=chosen)
