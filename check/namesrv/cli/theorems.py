"""`namesrv prove --theorems`: theorems across steps and runs, each for each profile, and what happens without their premises."""

from pathlib import Path
from typing import TYPE_CHECKING

from namesrv.cli.main import EXIT_UNKNOWN, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from namesrv.model.profiles import Profile
    from namesrv.proofs.theorems import Proof

ALL = "all"


def named(name: str) -> tuple[str, ...]:
    """The theorems that a name stands for: one, or those that begin with it. Raises `click.UsageError`."""
    import click

    from namesrv.proofs.theorems import THEOREMS

    chosen = tuple(n for n in THEOREMS if name in (ALL, n)) or tuple(n for n in THEOREMS if n.startswith(name))
    if not chosen:
        raise click.UsageError(f"--theorems: no {name!r}{nearest(name, list(THEOREMS))}")
    return chosen


def prove_theorems(
    name: str,
    profiles: "tuple[Profile, ...]",
    *,
    timeout_ms: int,
    folder: Path | None,
    workers: int,
    questions: Path | None,
) -> int:
    """Proves and prints them; the exit code: 0 as expected, 1 not so, 2 something is unknown.

    With one theorem's name: also the runs to its counterexamples, each told to the model.
    """
    from rich.console import Console

    from namesrv.proofs import Verdict, theorems

    console, chosen = Console(), named(name)
    with console.status("theorems") as status:
        proofs = theorems.prove_theorems(
            chosen,
            profiles,
            timeout_ms=timeout_ms,
            folder=folder,
            workers=workers,
            progress=_telling(status.update),
        )
    _show(console, [proof for proof in proofs if not proof.theorem.name.startswith("Commute")])
    _show_pairs(console, [proof for proof in proofs if proof.theorem.name.startswith("Commute")])
    faults = [fault for proof in proofs for fault in proof.faults]
    faults += [f"{p.theorem.name}, {p.profile.name}: {p.verdict.value}, which is not expected" for p in proofs
               if not p.is_as_expected and not p.faults]  # fmt: skip
    if name in theorems.THEOREMS:
        for proof in proofs:
            faults += _tell(console, proof)
    if questions is not None:
        for proof in proofs:
            file = questions / proof.profile.name / f"{proof.theorem.name}.smt2"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(proof.question)
    for fault in faults:
        console.print(f"[red]{fault}[/]", highlight=False)
    if any(proof.verdict is Verdict.UNKNOWN for proof in proofs):
        return EXIT_UNKNOWN
    return 1 if faults else 0


def _telling(update: "Callable[[str], None]") -> "Callable[[str, int, int], None]":
    return lambda what, done, of: update(f"theorems: {done} of {of}, {what}")


def _mark(proof: "Proof | None") -> str:
    if proof is None:
        return "–"
    colour = {"proved": "green", "refuted": "red"}.get(proof.verdict.value, "yellow")
    second = "" if proof.cvc5.verdict is proof.z3.verdict else f", cvc5 {proof.cvc5.verdict.value}"
    return f"[{colour}]{proof.verdict.value}[/]{second}"


def _show(console: "Console", proofs: "list[Proof]") -> None:
    from rich import box
    from rich.table import Table

    if not proofs:
        return
    table = Table(title="Theorems", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    profiles = list(dict.fromkeys(proof.profile.name for proof in proofs))
    for column in ("theorem", *profiles, "needs"):
        table.add_column(column, no_wrap=column == "theorem")
    for name in dict.fromkeys(proof.theorem.name for proof in proofs):
        of = {proof.profile.name: proof for proof in proofs if proof.theorem.name == name}
        needs = dict.fromkeys(premise for proof in of.values() for premise in proof.without)
        table.add_row(name, *(_mark(of.get(profile)) for profile in profiles), ", ".join(needs))
    console.print(table)


def _show_pairs(console: "Console", proofs: "list[Proof]") -> None:
    """The matrix: with which other broker's events does an event commute?"""
    from rich import box
    from rich.table import Table

    if not proofs:
        return
    table = Table(
        title="Which events of two brokers commute", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    profiles = list(dict.fromkeys(proof.profile.name for proof in proofs))
    for column in ("one", "other", "names"):
        table.add_column(column, no_wrap=True)
    for profile in profiles:
        table.add_column(profile.removeprefix("apache-"))
    for name in dict.fromkeys(proof.theorem.name for proof in proofs):
        of = {proof.profile.name: proof for proof in proofs if proof.theorem.name == name}
        table.add_row(*name.split("-", 3)[1:], *(_mark(of.get(profile)) for profile in profiles))
    console.print(table)


def _tell(console: "Console", proof: "Proof") -> list[str]:
    """The runs to counterexamples. Returns what the model does not confirm."""
    from namesrv.check.theorem_runs import agrees, story
    from namesrv.proofs.theorems import counterexamples

    console.print(f"\n[bold]{proof.theorem.name}[/], {proof.profile.name}: {proof.theorem.says}", highlight=False)
    faults = []
    for premise, witness in counterexamples(proof).items():
        head = "  It is false after" if premise is None else f"  Without {premise} ({proof.theorem.premises[premise]})"
        if witness is None:
            console.print(f"{head}: no short run comes to it", highlight=False)
            continue
        confirmed = agrees(witness)
        console.print(f"{head}; the model {'agrees' if confirmed else 'does not agree'}:", highlight=False)
        for line in story(witness):
            console.print(f"    {line}", highlight=False, soft_wrap=True, markup=False)
        if not confirmed:
            faults.append(f"{proof.theorem.name}, {proof.profile.name}, {premise}: the model does not agree")
    return faults
