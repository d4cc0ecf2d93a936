"""docs/conformance.md, made of what was seen."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from namesrv.check import stamp
from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import HEADS

MADE: Final = "python -m bench.conformance"

HEAD: Final = """# Who conforms

Generated: `{made}`. Do not edit.

The [clauses](clauses.md) of `namesrv check`, group by group, on every NameServer that we know. Each of Apache's releases and each
profile of our server is held against its own profile, rocketmq-rust's NameServer against `apache-5.5.0`. A cell says how many
clauses hold, and how many depart: of *must* (routes wrong or lost), *should* (answers differ), *may* (wording). Clauses that say
nothing about a release, or need an option, are not counted. What departs is below, each
kind with the shortest sequence that shows it; what of it harms users is told in [findings/](findings).
"""


def made_of(documents: Iterable[dict[str, Any]]) -> str:
    """A hash of what was seen, each with the hash of its clauses."""
    return stamp.digest(*map(json.dumps, documents))


def page(documents: Sequence[dict[str, Any]]) -> str:
    """The page, of the files' contents."""
    parts = [HEAD.format(made=MADE), *_table(documents), "", *_departures(documents)]
    return stamp.stamped("\n".join(parts), made_of(documents))


def _table(documents: Sequence[dict[str, Any]]) -> list[str]:
    titles = [document["title"] for document in documents]
    lines = [f"| about | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    groups = dict.fromkeys(group for document in documents for group in document["groups"])
    for group in groups:
        cells = [_cell(document["groups"].get(group)) for document in documents]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    sums = [[sum(column) for column in zip(*document["groups"].values(), strict=True)] for document in documents]
    lines.append(f"| **all** | {' | '.join(_cell(numbers) for numbers in sums)} |")
    return lines


def _cell(numbers: list[int] | None) -> str:
    if numbers is None:
        return "–"
    named = dict(zip(HEADS, numbers, strict=True))
    hold = named.pop("hold")
    named.pop("not run")
    faults = [f"{count} {name.removesuffix(' departs')}" for name, count in named.items() if count]
    if not hold and not faults:
        return "–"
    return str(hold) if not faults else f"{hold}, **{', '.join(faults)}**"


def _departures(documents: Sequence[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for document in documents:
        if not document["departures"] and not document["unknown"] and not document["stopped"]:
            continue
        lines += [f"## {document['title']}", "", f"Under `{document['profile']}`.", ""]
        if document["stopped"]:
            lines += [f"Cut short: {document['stopped']}", ""]
        for alike in _alike(document["departures"]):
            lines += _departure(alike)
        for slug, reason in document["unknown"].items():
            lines += [f"- `{slug}`: unknown, {reason}"]
        lines.append("")
    return lines or ["Nothing departs."]


def _alike(departures: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Those in which the same request got the same instead of the same, the shortest sequence first; the worst come first."""
    kinds: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for departure in departures:
        request, expected = departure["what"].split()[0], departure["expected"][0]
        kinds.setdefault((request, expected, departure["got"]), []).append(departure)
    for alike in kinds.values():
        alike.sort(key=lambda departure: (len(departure["steps"]), len("".join(departure["steps"]))))
    return sorted(kinds.values(), key=lambda alike: (min(map(_rank, alike)), -len(alike)))


def _rank(departure: dict[str, Any]) -> int:
    return [severity.value for severity in Severity].index(departure["severity"])


def _departure(alike: list[dict[str, Any]]) -> list[str]:
    shortest = alike[0]
    others = ", ".join(f"`{departure['slug']}` ({departure['severity']})" for departure in alike[1:])
    return [
        f"### {shortest['slug']}",
        "",
        f"*{shortest['severity']}*. {shortest['sentence']} (`{shortest['source']}`)",
        "",
        "```",
        *(f"{number:>3}  {step}" for number, step in enumerate(shortest["steps"], 1)),
        "",
        shortest["what"],
        f"  expected  {' or '.join(shortest['expected'])}",
        f"  got       {shortest['got']}",
        "```",
        "",
        *([f"The same answer is why {len(alike) - 1} more depart: {others}.", ""] if others else []),
    ]
