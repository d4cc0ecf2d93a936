"""`docs/proofs.md`: the matrices of all profiles as a page, each with the hash of what was proved."""

import re
from collections.abc import Container, Mapping
from functools import cache
from typing import Final

import attrs

from namesrv.check import agreement, stamp
from namesrv.check.proving import Proving
from namesrv.model.profiles import DISTINCT_PROFILES, Profile, same_registration
from namesrv.proofs import INVARIANTS, MUTANTS, START, STEP_INVARIANTS, STEPS, Cell, Verdict, statement

CODES: Final = {
    "RouteSoundness": "RS",
    "AddressUniqueness": "AU",
    "ClusterAgreement": "CA",
    "QueueSoundness": "QS",
    "AcknowledgedEffect": "AE",
    "VersionCoherence": "VC",
    "LiveIsStanding": "LS",
    "LiveIsConnected": "LC",
    "NothingLeftOver": "NL",
    "TopicsAreSaid": "TS",
    "WipedIsReadOnly": "WR",
    "AtomicRefusal": "AR",
    "SkipSafety": "SS",
    "VersionMonotonicity": "VM",
    "HandGivesWay": "HW",
    "OneHolder": "oh",
    "HeldIsEntered": "he",
    "PartsAreThere": "pt",
    "StaysAreWhole": "sw",
    "OneLiveKey": "ok",
    "LiveAsSaid": "ls",
    "SaidIsHeld": "sh",
    "SaidIsKept": "sk",
    "PromisedIsConnected": "pc",
    "WipedIsRemembered": "wk",
}
"""The columns' heads; strengthenings in small letters."""

MADE: Final = "`namesrv prove --markdown docs/proofs.md`"

HEAD: Final = """# Proofs

Generated: {made}. Do not edit.

For any number of brokers, names, clusters, topics, connections and versions: if all invariants held before a transition, does
this one hold after it? Asked of Z3, and of cvc5 once more. The theorems in words, and what is assumed:
[`proofs/README.md`](../proofs/README.md).

· the transition touches nothing that the invariant reads; ✓ proved by both; z proved by Z3, cvc5 did not come to an end;
✗ refuted, and a run from the start comes to it; x refuted, no run of at most {steps} steps comes to it; u refuted, and the search
for a run was cut off; ? unknown; empty: says nothing of such a step. Releases with the same registration have the same
questions, letter for letter, and are told once.

{columns}

| | cells | proved by both | by Z3 only | refuted | of these reached | transitions shown to happen |
|---|---|---|---|---|---|---|
{counts}
"""


@cache
def digest(profile: Profile) -> str:
    """A hash of what is proved of it: every transition, every invariant."""
    return stamp.digest(statement(profile))


def made_of() -> str:
    """A hash of what is proved of all of them."""
    return stamp.digest(*map(digest, DISTINCT_PROFILES.values()))


def glyph(cell: Cell, reached: Container[tuple[str, str]], late: Container[tuple[str, str]]) -> str:
    """How a cell came out, in one letter. `late`: those for which a run was not looked for to the end."""
    if cell.verdict is Verdict.UNKNOWN:
        return "?"
    if cell.verdict is Verdict.REFUTED:
        name = (cell.transition, cell.invariant)
        return "✗" if name in reached else "u" if name in late else "x"
    if cell.cvc5.verdict is not Verdict.PROVED:
        return "z"
    return "·" if cell.is_framed else "✓"


@attrs.frozen
class Section:
    """What the page says of a profile: its row among the counts, and its matrix."""

    count: str
    text: str


def section(proving: Proving) -> Section:
    """What it is to say of that profile."""
    return Section(count=_count(proving), text=_profile(proving))


def kept(text: str) -> dict[str, Section]:
    """By profile, the sections of a page that are of the present statement."""
    head, *parts = re.split(r"\n(?=## )", text)
    texts = {name: part for name in DISTINCT_PROFILES for part in parts if part.startswith(f"## `{name}`\n")}
    counts = {name: row for name in texts for row in head.splitlines() if row.startswith(f"| `{name}`")}
    return {
        name: Section(count=counts[name], text=part)
        for name, part in texts.items()
        if f"Statement {digest(DISTINCT_PROFILES[name])}." in part
    }


def page(sections: Mapping[str, Section]) -> str:
    """The page. `sections`: by profile."""
    done = [sections[name] for name in DISTINCT_PROFILES]
    says = {name: i.says for name, i in INVARIANTS.items()} | STEP_INVARIANTS
    columns = "\n".join(f"- **{CODES[name]}** *{name}*: {says[name]}" for name in CODES)
    head = HEAD.format(made=MADE, steps=STEPS, columns=columns, counts="\n".join(each.count for each in done))
    return stamp.stamped("\n".join([head, *(each.text for each in done), agreement.told()]), made_of())


def finished(text: str) -> dict[str, Section]:
    """Those in which nothing is left open: proving it again would write the same."""
    return {name: section for name, section in kept(text).items() if not marked_cells(section.text, "u")[name]}


def reached_cells(text: str) -> dict[str, dict[tuple[str, str], bool]]:
    """What a page says: by profile, the refuted cells that a run comes to; whether the run breaks something on the way."""
    return marked_cells(text, "✗")


def marked_cells(text: str, wanted: str) -> dict[str, dict[tuple[str, str], bool]]:
    """By profile, the cells that the page marks so; whether a run that it tells of breaks something on the way."""
    found: dict[str, dict[tuple[str, str], bool]] = {}
    for section in f"\n{text}".split("\n## `")[1:]:
        told = section.splitlines()
        cells = found.setdefault(told[0].removesuffix("`"), {})
        rows = [[part.strip() for part in line.split("|")[1:-1]] for line in told if line.startswith("| `")]
        after = {line.split(": ")[0] for line in told if line.startswith("- `") and "; on the way " in line}
        for name, *marks in rows:
            row = name.strip("`")
            for invariant, mark in zip(CODES, marks, strict=False):
                if mark == wanted:
                    cells[row, invariant] = f"- `{row}`, *{invariant}*" in after
    return found


def _count(proving: Proving) -> str:
    cells = proving.cells
    both = sum(c.verdict is Verdict.PROVED and c.cvc5.verdict is Verdict.PROVED for c in cells)
    alone = sum(c.verdict is Verdict.PROVED for c in cells) - both
    refuted = sum(c.verdict is Verdict.REFUTED for c in cells)
    reached = sum(r.is_reached for r in proving.refutations)
    counted = (
        f"{len(cells)} | {both} | {alone} | {refuted} | {reached} | {len(proving.fires)} of {len(proving.rows) - 1} |"
    )
    names = (proving.profile.name, *same_registration(proving.profile))
    return f"| {', '.join(f'`{name}`' for name in names)} | {counted}"


def _profile(proving: Proving) -> str:
    lines = [
        f"## `{proving.profile.name}`",
        "",
        f"Statement {digest(proving.profile)}.",
        "",
        f"| transition | {' | '.join(CODES.values())} |",
        f"|---|{'---|' * len(CODES)}",
    ]
    reached = {(r.transition, r.invariant) for r in proving.refutations if r.is_reached}
    for row in proving.rows:
        cells = {c.invariant: glyph(c, reached, proving.late) for c in proving.cells if c.transition == row}
        lines.append(f"| `{row}` | {' | '.join(cells.get(name, '') for name in CODES)} |")
    unused = unused_hypotheses(proving)
    if proving.profile.atomic_requests:
        lines += ["", *_guards(proving), "", f"Hypotheses that no proof uses: {', '.join(unused) or 'none'}."]
    if proving.contradictions:
        lines += ["", "Contradictions, each a fault of the relation, the model or a solver:", ""]
        lines += [f"- {line}" for line in proving.contradictions]
    if proving.refutations:
        lines += ["", "What comes to the refuted cells:", ""]
    for r in proving.refutations:
        if r.run is None:
            known = "the search for a run was cut off" if r.is_late else f"not reachable within {STEPS} steps"
            lines.append(f"- `{r.transition}`, *{r.invariant}*: {known}")
            continue
        told = "; ".join(r.lines)
        server = "" if r.replayed is None else r.replayed.name.lower()
        already = f"; on the way {' '.join(code for name, code in CODES.items() if name in r.already)} broken"
        lines.append(
            f"- `{r.transition}`, *{r.invariant}*: {told} (model: {'broken' if r.in_model else 'not'}; our server: {server}"
            f"{already if r.already else ''})"
        )
    return "\n".join([*lines, ""])


def _guards(proving: Proving) -> list[str]:
    found = sum(proving.mutants.values())
    without: dict[str, list[str]] = {}
    for cell in proving.cells:
        if not cell.uses_guard and cell.verdict is Verdict.PROVED:
            without.setdefault(cell.transition, []).append(CODES[cell.invariant])
    told = "; ".join(f"`{transition}` {' '.join(codes)}" for transition, codes in without.items())
    lines = [f"Mutants whose proof has to fail: {found} of {len(MUTANTS)} are found out.", ""]
    lines.append(f"Proved without the transition's guard: {told or 'none'}.")
    return [
        *lines,
        "(Who leaves, leaves wholly, whoever asked: who may ask is what AE and the ledger's invariants need.)",
    ]


def unused_hypotheses(proving: Proving) -> list[str]:
    """Invariants that no other proof of the matrix needs: they are there for themselves."""
    used = {
        name
        for c in proving.cells
        if c.transition != START and not c.is_framed
        for name in c.z3.core
        if name != c.invariant
    }
    return [name for name in INVARIANTS if name not in used]
