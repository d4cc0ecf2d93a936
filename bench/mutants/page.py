"""docs/mutants.md, made of docs/mutants/*.json and the catalogue."""

from pathlib import Path
from typing import Final

from bench.mutants.catalogue import BLIND, MUTATIONS
from bench.mutants.judging import EXAMPLES, LIMIT_S, NOT_ASKED, Judged
from bench.mutants.later import LATER
from bench.mutants.mutation import Mutation
from bench.mutants.results import Results, load
from namesrv.check import stamp
from namesrv.check.findings import Verdict

MADE: Final = "python -m bench.mutants"

INTRODUCTION: Final = f"""# Seeded bugs

How good is `namesrv check`? Bugs are put into Apache's own NameServer, one at a time: a line of its sources changed as somebody
might by mistake, compiled, and started in the place of the released class, all in one Java process. Then the parts
of `namesrv check` look at it, with the
command's default options: the suite's clauses; if they find nothing, the check of expiry; if that finds nothing either, the
generated search ({EXAMPLES} sequences; 200 for what was judged before that was the default). And, to compare, a happy path of
six requests, each with the answer that everybody would look for: register, query the version, route, cluster info, topic list,
unregister.

Found means *violated*; *unknown* is not found. The limit for each is {LIMIT_S:g} s on a machine that does nothing else; the
seconds below are of one that did other things too, some of them of one that did very much else (more than
{LIMIT_S:g} s then say nothing). Verdicts are of several days, and of the clauses that there were: *not run* are those added
since.
The same classes compiled unchanged have to hold, or nothing here would mean
anything. Mutants that nobody could tell from the original through the port are listed last, with the reason.
"""


def digest(release: str) -> str:
    """Of the catalogue of that release, and of what this page says of it."""
    text = "\n".join(f"{m.slug} {m.digest} {m.breaks} {m.excluded}" for m in MUTATIONS[release])
    return stamp.digest(text)


def made_of(docs: Path) -> str:
    """A hash of the catalogues, and of what was judged."""
    return stamp.digest(*map(digest, MUTATIONS), stamp.digest_of_files(*sorted((docs / "mutants").glob("*.json"))))


def page(docs: Path) -> str:
    """All releases that there are results of."""
    parts = [INTRODUCTION]
    for release in MUTATIONS:
        path = docs / "mutants" / f"{release}.json"
        if path.exists():
            parts.append(
                _section(load(path, release, 1), [line for each in FIRST for line in _blindly(docs, release, *each)])
            )
    return stamp.stamped("\n".join(parts), made_of(docs))


FIRST: Final = (
    ("blind", BLIND, "by somebody who had read Apache's sources and no clause"),
    (
        "later",
        LATER,
        "later, after some of the clauses were read (the clauses alone were asked then)",
    ),
)
"""Whose first verdicts are kept: in which file, and who wrote them."""


def _blindly(docs: Path, release: str, kept: str, mutations: tuple[Mutation, ...], who: str) -> list[str]:
    """What was seen of them the first time, if there are any."""
    path = docs / "mutants" / f"{release}-{kept}.json"
    if not path.exists():
        return []
    first = load(path, release, 1).present()
    rows = [first[mutation.slug].seen for mutation in mutations if mutation.slug in first]
    missed = [
        f"`{mutation.slug}`"
        for mutation in mutations
        if mutation.slug in first and first[mutation.slug].seen.by is None
    ]
    return [
        f"Of these, {len(rows)} were written {who}, and judged"
        f" before any clause was added for them. Then {_part(sum(row.by is not None for row in rows), len(rows))} were found,"
        f" {_part(sum(row.clause is not None or not row.starts for row in rows), len(rows))} by clauses. Not found then:"
        f" {', '.join(missed) or 'none'}.",
        "",
    ]


def _section(results: Results, blindly: list[str]) -> str:
    mutations = [mutation for mutation in MUTATIONS[results.release] if mutation.excluded is None]
    excluded = [mutation for mutation in MUTATIONS[results.release] if mutation.excluded is not None]
    judged = results.present()
    lines = [
        f"## `{results.release}`",
        "",
        f"`{MADE} --release {results.release}`, seed {results.seed}.",
        f"The classes unchanged: {results.control or 'not looked at'}.",
        "",
        *_groups(mutations, judged),
        "",
        *blindly,
        *_survivors(mutations, judged),
        *_all(mutations, judged),
        "",
        "Not run, for nobody could see them through the port:",
        "",
        *(f"- `{mutation.slug}`: {mutation.breaks} {mutation.excluded}." for mutation in excluded),
        "",
    ]
    return "\n".join(lines)


def _groups(mutations: list[Mutation], judged: dict[str, Judged]) -> list[str]:
    lines = [
        "| group | mutants | `namesrv check` | its clauses | its search, where asked | happy path |",
        "|---|---|---|---|---|---|",
    ]
    names = list(dict.fromkeys(mutation.group for mutation in mutations))
    for name in [*names, None]:
        slugs = [mutation.slug for mutation in mutations if name in (mutation.group, None)]
        rows = [judged[slug].seen for slug in slugs if slug in judged]
        asked = [row for row in rows if row.search != NOT_ASKED]
        found = sum(row.search == Verdict.VIOLATED.value for row in asked)
        cells = (
            f"`{name}`" if name is not None else "**all**",
            f"{len(slugs)}" if len(rows) == len(slugs) else f"{len(slugs)} ({len(slugs) - len(rows)} not run)",
            _part(sum(row.by is not None for row in rows), len(rows)),
            _part(sum(row.clause is not None or not row.starts for row in rows), len(rows)),
            f"{found} of {len(asked)}" if asked else "–",
            _part(sum(row.happy for row in rows), len(rows)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _part(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.0f} %)" if total else "–"


def _survivors(mutations: list[Mutation], judged: dict[str, Judged]) -> list[str]:
    rows = [mutation for mutation in mutations if mutation.slug in judged and judged[mutation.slug].seen.by is None]
    late = [row.slug for row in judged.values() if row.seen.by is not None and row.seen.seconds > LIMIT_S]
    lines = [f"Found, but later than {LIMIT_S:g} s: {', '.join(f'`{slug}`' for slug in late)}.", ""] if late else []
    lines += ["Not found:", ""] if rows else ["None survived.", ""]
    for mutation in rows:
        told = judged[mutation.slug].seen.told
        lines.append(f"- `{mutation.slug}`: {mutation.breaks}{f' ({told})' if told else ''}")
    return [*lines, ""]


def _all(mutations: list[Mutation], judged: dict[str, Judged]) -> list[str]:
    lines = ["| mutant | what it does | found by | s | search | happy path |", "|---|---|---|---|---|---|"]
    for mutation in mutations:
        if mutation.slug in judged:
            seen = judged[mutation.slug].seen
            cells = (
                f"`{mutation.slug}`",
                mutation.breaks,
                f"`{seen.clause}`" if seen.clause is not None else seen.by or "–",
                f"{seen.seconds:.0f}",
                "–" if seen.search == NOT_ASKED else f"{seen.search}, {seen.examples}",
                "found" if seen.happy else "–",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return lines
