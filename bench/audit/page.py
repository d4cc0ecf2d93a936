"""docs/audit.md, made of what an audit can find and of what was seen on real NameServers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from namesrv.check import stamp
from namesrv.check.audit.kinds import KINDS, NOT_READABLE
from namesrv.model.promises import NAMES

HEAD: Final = """# What an audit finds

Generated: `python -m bench.audit`. Do not edit. For those who want to know whether their routing is right:
[is-my-routing-right.md](is-my-routing-right.md).

`namesrv audit "HOST:PORT;HOST:PORT"` asks every NameServer of a set 206 (topics), 106 (brokers and clusters) and 105 (each
topic's route), which change nothing; with `--data-versions` also 322, which is a sign of life of whoever it asks about, and keeps
dead brokers alive. It does so twice, and where something is wrong again and again, after pauses of different length: what is the
same eight times in a row (`--confirm`) is a finding.

| exit code | |
|---|---|
| 0 | nothing is wrong in what can be seen |
| 1 | something was wrong in each of the last snapshots |
| 2 | a NameServer could not be asked, or what was wrong never stayed |

`--json FILE` keeps to `check/namesrv/check/schemas/audit.schema.json`: keys may be added, `format` goes up if one is taken
away.
`--prometheus-port N` serves on loopback `namesrv_audit_verdict{verdict}`, `_findings{kind}`, `_up{namesrv}`,
`_brokers{namesrv}`, `_topics{namesrv}`, `_snapshot_seconds{namesrv}` and `_time_seconds`.

An anomaly is named by which kinds of findings it shows: the audit looks at the model's state after each story of the
[catalogue](anomalies.md), by itself and beside a NameServer that was started since. What shows in the same way can't be told
apart from outside; the likeliest comes first.

## Kinds of findings

| kind | invariant | read off | means |
|---|---|---|---|
"""

SILENT_LEFT_OUT: Final = (
    "Each story that takes no silence was told to one of two real NameServers; the brokers that were left then registered at "
    "the other. *Named*: the place of that very anomaly among those that explain a finding. What was found as nothing "
    "shows in no answer. What takes silence (120 s in 4.9.7) was not told."
)
SILENT_TOLD: Final = (
    "Each story was told to one of two real NameServers; the brokers that were left then registered at the other. What takes "
    "silence was staged on a NameServer started for it (`namesrv.check.staging`), in real time: some seconds in 5.x, where a "
    "broker brings its own timeout, 120 s in 4.9.7. *Named*: the place of that very anomaly among those that explain a finding. "
    "What was found as nothing shows in no answer."
)


def made_of(documents: Mapping[str, Any]) -> str:
    """A hash of what was seen, and of what can be found."""
    kinds = [f"{kind.slug} {kind.invariant} {kind.reads.value} {kind.means}" for kind in KINDS.values()]
    return stamp.digest(*kinds, *(f"{name} {json.dumps(document)}" for name, document in documents.items()))


def page(documents: Mapping[str, Any]) -> str:
    """The page, of what was kept: by name of its file."""
    lines = [HEAD.rstrip("\n")]
    for kind in KINDS.values():
        invariant = f"*{kind.invariant}*" if kind.invariant else "the set agrees"
        lines.append(f"| `{kind.slug}` | {invariant} | {kind.reads.value} | {kind.means} |")
    lines += [
        "",
        "Of the model's invariants answers show (of a null address nothing, and a null topic can't be asked for):",
        "",
    ]
    lines += [f"- *{name}*: {NOT_READABLE.get(name, 'all of it')}." for name in NAMES]
    lines += [*_provoked(documents), *_healthy(documents.get("healthy")), *_size(documents.get("size"))]
    return stamp.stamped("\n".join(lines), made_of(documents))


def _provoked(documents: Mapping[str, Any]) -> list[str]:
    releases = {name: rows for name, rows in documents.items() if name.startswith("apache-")}
    if not releases:
        return []
    lines = [
        "",
        "## Anomalies provoked on real NameServers",
        "",
        SILENT_TOLD if any("scan/" in row["slug"] for rows in releases.values() for row in rows) else SILENT_LEFT_OUT,
        "",
        "| | told | came about | found | named | named first |",
        "|---|---|---|---|---|---|",
    ]
    for release, rows in releases.items():
        shown = [row for row in rows if row["outcome"] == "reproduced"]
        numbers = (
            len(rows),
            len(shown),
            sum(bool(row["kinds"]) for row in shown),
            sum(bool(row["named"]) for row in shown),
            sum(row["named"] == 1 for row in shown),
        )
        lines.append(f"| `{release}` | {' | '.join(map(str, numbers))} |")
    for release, rows in releases.items():
        lines += ["", f"### `{release}`", "", "| anomaly | found as | named |", "|---|---|---|"]
        for row in rows:
            lines.append(f"| `{row['slug']}` | {_found(row)} | {_place(row)} |")
    return lines


def _found(row: dict[str, Any]) -> str:
    if row["outcome"] != "reproduced":
        return f"did not come about: {row['outcome']}"
    kinds = ", ".join(f"`{kind}`" for kind in row["kinds"])
    return (kinds or "nothing") + (" (`--data-versions`)" if row["with_versions"] else "")


def _place(row: dict[str, Any]) -> str:
    return f"{row['named']}." if row["named"] else "–"


def _healthy(document: dict[str, Any] | None) -> list[str]:
    if document is None:
        return []
    lines = [
        "",
        "## Real NameServers that are in order",
        "",
        "A master and its slave, a master with a static topic, a broker with a filter server in another cluster, and an order "
        "configuration. At rest; while all register again and again, each time with a newer DataVersion; and while twenty times "
        "a second one topic is new and another one changes. *Undecided*: something was in motion in each of 24 snapshots.",
        "",
        "| set | brokers | data versions | audits | hold | undecided | findings |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in document.items():
        for row in rows:
            verdicts = row["verdicts"]
            asked = "yes" if row["data_versions"] else "no"
            numbers = (sum(verdicts.values()), verdicts.get("holds", 0), verdicts.get("unknown", 0))
            found = "; ".join(row["findings"]) or "none"
            lines.append(f"| {name} | {row['phase']} | {asked} | {' | '.join(map(str, numbers))} | {found} |")
    return lines


def _size(rows: list[dict[str, Any]] | None) -> list[str]:
    if rows is None:
        return []
    lines = [
        "",
        "## How long a snapshot takes",
        "",
        "A real 5.5.0 (its small JVM) and the audit on one machine with two cores, two brokers: seconds, the best of three.",
        "",
        "| topics | requests | windows of 1 | of 64 | of 512 |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        seconds = [f"{row['seconds'][window]:.2f}" for window in ("1", "64", "512")]
        lines.append(f"| {row['topics']:,} | {row['requests']:,} | {' | '.join(seconds)} |")
    return lines
