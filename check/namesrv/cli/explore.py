"""`namesrv explore`: every run of a small system, or the shortest that breaks an invariant."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from namesrv.explore.fairness import Fairness
    from namesrv.explore.outcome import Found, Progress
    from namesrv.explore.product import Move, Product
    from namesrv.model.profiles import Profile
    from namesrv.model.system.scope import Scope

GIB = 1 << 30
EVERY_S = 0.5
"""Between two looks at the progress."""


@click.command(name="explore")
@click.option("--profile", default="strict", show_default=True, metavar="NAME", help="How the NameServers behave.")
@click.option("--scope", "scope_text", default="", metavar="brokers=2,…",
              help="brokers, namesrvs, topics, versions, faults, deletes, names, clients (numbers), "
              "forced, extended, acting, heartbeats, split, shared (true, false), "
              "kinds (of faults, with +).  [default: brokers=2,namesrvs=2,versions=2,faults=2]")  # fmt: skip
@click.option("--invariant", metavar="NAME", help="Only this one.")
@click.option("--all", "find_all", is_flag=True, help="Go on after the first violation: one story for each invariant.")
@click.option("--full-product", is_flag=True, help="All NameServers at once, even where one is enough.")
@click.option("--liveness", is_flag=True, help="Whether it heals: convergence, and dead brokers vanish.")
@click.option("--fairness", type=click.Choice(["moves", "strong", "weak"]), default="moves", show_default=True,
              help="With --liveness: to what runs are fair, every single move or (less) rules.")  # fmt: skip
@click.option("--deadlock", is_flag=True, help="A state in which nothing can happen is a violation, too.")
@click.option("--max-gib", type=click.FloatRange(min=0.01), default=4.0, show_default=True, help="Memory for states.")
@click.option("--max-states", type=click.IntRange(min=1), help="Stop there: the verdict is then unknown.")
@click.option("--checkpoint", type=click.Path(path_type=Path, file_okay=False), help="Keep each level in this folder.")
@click.option("--resume", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Go on from there.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, allow_dash=True), help="The result for machines.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
@click.option("--diagram/--no-diagram", default=False, show_default=True, help="A story as a Mermaid diagram, too.")
def explore(
    profile: str,
    scope_text: str,
    invariant: str | None,
    find_all: bool,
    full_product: bool,
    liveness: bool,
    fairness: "Fairness",
    deadlock: bool,
    max_gib: float,
    max_states: int | None,
    checkpoint: Path | None,
    resume: Path | None,
    json_file: Path | None,
    expect: str,
    diagram: bool,
) -> None:
    """Explore brokers, NameServers and a faulty network, breadth first, to the end of a scope.

    A verdict is for the scope that it names. What `holds` for one NameServer beside others holds for each of several, because
    they never talk to each other, and whatever a broker does because of one, it may do by itself: so invariants of single
    NameServers are looked at with one, unless --full-product is given.
    """
    from rich.console import Console

    from namesrv.explore.outcome import Options, TooLarge
    from namesrv.explore.registration import registration_system
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
    product = registration_system(looked_at, PROFILES[profile])
    if invariant is not None:
        product = _only(product, invariant)
    options = Options(
        all_violations=find_all or liveness,
        through_broken=liveness,
        deadlock=deadlock,
        max_bytes=int(max_gib * GIB),
        max_states=max_states,
        checkpoint=checkpoint,
        resume=resume,
        clock=time.monotonic,
        memory=_most_bytes,
    )
    try:
        if liveness:
            verdict, data = _heals(
                product, looked_at, PROFILES[profile], options, console, fairness=fairness, diagram=diagram
            )
        else:
            verdict, data = _searched(product, options, console, diagram=diagram)
    except (TooLarge, ValueError, OSError) as error:
        click.echo(f"namesrv explore: {error}", err=True)
        sys.exit(EXIT_UNKNOWN)
    console.print(f"[bold]{verdict}[/], {profile}, {looked_at}", highlight=False, soft_wrap=True)
    _write(json_file, {"verdict": verdict, "profile": profile, "scope": str(looked_at), **data})
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


def _searched(product: "Product", options: Any, console: Any, *, diagram: bool) -> tuple[str, dict[str, Any]]:
    from namesrv.check.system_story import sentence
    from namesrv.explore.search import search

    with _Showing(console) as showing:
        options.progress = showing
        found = search(product, options)
    _tell_counts(found, console)
    by_story: dict[tuple[Move, ...], list[str]] = {}
    for violation in found.violations:
        by_story.setdefault(violation.story, []).append(violation.invariant)
    for story, names in by_story.items():
        console.print(f"\n[bold]{', '.join(names)}[/]: broken after {len(story)} steps", highlight=False)
        _tell(story, product, console, diagram=diagram)
    stories = {violation.invariant: [sentence(move) for move in violation.story] for violation in found.violations}
    return found.verdict, {**_counts(found), "violations": stories}


def _heals(
    product: "Product",
    scope: "Scope",
    profile: "Profile",
    options: Any,
    console: Any,
    *,
    fairness: "Fairness",
    diagram: bool,
) -> tuple[str, dict[str, Any]]:
    from namesrv.check.system_story import sentence
    from namesrv.explore.convergence import agreement, fair_rules
    from namesrv.explore.liveness import heals

    with _Showing(console) as showing:
        options.progress = showing
        healing = heals(product, agreement(scope, profile), fair_rules(product), options, fairness=fairness)
    _tell_counts(healing.found, console)
    data: dict[str, Any] = {**_counts(healing.found), "within": healing.moves}
    if healing.verdict == "holds":
        console.print(
            f"from every state the system can heal within {healing.moves} moves, and then stays so"
            + ("" if fairness == "moves" else f"; every run that is fair to rules, if only {fairness}ly, does"),
            highlight=False,
            soft_wrap=True,
        )
    if healing.lasso is not None:
        can_heal = healing.healing == healing.found.distinct
        console.print(
            "\nafter this it can heal, but need not:" if can_heal else "\nafter this it can never heal for good:"
        )
        _tell(healing.lasso.story, product, console, diagram=diagram)
        console.print("and then, again and again:" if healing.lasso.loop else "and then nothing has to happen any more")
        _tell(healing.lasso.loop, product, console, diagram=False)
        data["story"] = [sentence(move) for move in healing.lasso.story]
        data["loop"] = [sentence(move) for move in healing.lasso.loop]
    return healing.verdict, data


def _tell(story: "tuple[Move, ...]", product: "Product", console: Any, *, diagram: bool) -> None:
    from namesrv.check.system_story import mermaid, sentence

    for number, move in enumerate(story, 1):
        console.print(f"  {number:2} {sentence(move)}", highlight=False, soft_wrap=True, markup=False)
    if diagram and story:
        console.print(
            f"\n```mermaid\n{mermaid(story, product.components)}\n```", highlight=False, soft_wrap=True, markup=False
        )


def _tell_counts(found: "Found", console: Any) -> None:
    console.print(
        f"{found.distinct:,} distinct states, {found.generated:,} generated, depth {found.depth}, "
        f"{found.seconds:.1f} s, {found.rate:,.0f} states/s, {found.nbytes / (1 << 20):,.0f} MiB"
        + (f"; ended early: {found.reason}" if found.reason else ""),
        highlight=False,
        soft_wrap=True,
    )


def _counts(found: "Found") -> dict[str, Any]:
    return {
        "distinct": found.distinct,
        "generated": found.generated,
        "depth": found.depth,
        "seconds": found.seconds,
        "bytes": found.nbytes,
        "reason": found.reason,
    }


class _Showing:
    """A line that says how far the search is; nothing where nobody looks."""

    def __init__(self, console: Any) -> None:
        self._status = console.status("exploring") if console.is_terminal else None
        self._shown = 0.0

    def __enter__(self) -> "_Showing":
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if self._status is None or now - self._shown < EVERY_S:
            return
        self._shown = now
        expected = f", some {progress.expected:,} in all" if progress.expected else ""
        self._status.update(f"level {progress.level}: {progress.distinct:,} states, {progress.rate:,.0f}/s{expected}")


def _write(json_file: Path | None, data: dict[str, Any]) -> None:
    if json_file is None:
        return
    import orjson

    text = orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"
    if str(json_file) == "-":
        sys.stdout.buffer.write(text)
    else:
        json_file.write_bytes(text)
