"""docs/interop.md, made of what was seen."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

from bench.interop.broker_cells import CHECKS as BROKER_CHECKS
from bench.interop.cells import SKIPPED, Book, Cell
from bench.interop.client_cells import CHECKS as CLIENT_CHECKS
from namesrv.check import stamp
from namesrv.check.findings import Verdict

MADE: Final = "python -m bench.interop"

HEAD: Final = f"""# Who gets along with whom

Generated: `{MADE}`. Do not edit.

Real brokers, mqadmin and clients with our server, and our broker with real NameServers. A cell says how many checks hold; what
does not hold, could not be judged, or was not tried, is told at the end. A cell again:

```sh
{MADE} --only strict/broker-5.5.0
```

A whole row or column: `--only strict`, `--only java`. It takes a JDK of 11 or later, and Go and Node for their clients; where
something is missing, the old result stays, unless `NAMESRV_REQUIRE` names it (`java,maven,go,node,pypi,rust`).

CI (`.ci/run`) runs two samples of it (`tests/peers`): a real broker 5.5.0, mqadmin 5.5.0 (six commands, a message sent and
received) and kill -9 with `strict` beside the real 5.5.0; a real broker 4.9.7 and a message with our server. It fails, too, if
a result below is neither green nor explained.
"""

OURS: Final = """
## Our server

Each profile of `namesrv serve` runs beside the real NameServer of its release (`strict`: of 5.5.0), and brokers register with
both. A check holds if the real one comes to show what the peer has done, and then ours the same: every route, the cluster info,
the list of topics. mqadmin is given each command for both, and has to print the same. Clients know no other NameServer than ours.
"""

THEIRS: Final = """
## Our broker

First a real broker with mqadmin, then our registrar under the same names and addresses, goes through the same stages. A stage
holds if the NameServer shows the same after both.
"""

TOLD: Final = BROKER_CHECKS | CLIENT_CHECKS
"""What a check is, where its name does not say it."""

EXPLAINED: Final[dict[tuple[str, str, str], str]] = {
    ("rust-1.0.0", "registrar-4.9.7", "*"): (
        "rocketmq-rust refuses what brokers of 4.9 register, the real one's as ours; why, and how to see it: "
        "[finding](findings/rocketmq-rust-brokers-of-4.9.md)"
    ),
}
"""Why a peer's own fault makes a cell red, by row, peer and check (`*`: any)."""


def explanation(cell: Cell) -> str | None:
    """Of a cell that is red."""
    for key, told in EXPLAINED.items():
        if all(wanted in ("*", is_) for wanted, is_ in zip(key, (cell.row, cell.peer, cell.check), strict=True)):
            return told
    return None


class Column(Protocol):
    """Of the matrix."""

    @property
    def peer(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def rows(self) -> Sequence[str]: ...
    @property
    def file(self) -> Path: ...


def made_of(columns: Iterable[Column]) -> str:
    """A hash of what was seen, each cell with the hash of what tried it."""
    return stamp.digest_of_files(*(column.file for column in columns))


def page(columns: Sequence[Column]) -> str:
    """Of what is kept, in the columns' order."""
    cells = {column.peer: Book(column.file).cells for column in columns}
    parts = [HEAD]
    for told, is_ours in ((OURS, True), (THEIRS, False)):
        chosen = [column for column in columns if column.peer.startswith("registrar") != is_ours]
        parts += [told, *_table(chosen, cells), "", *_checks(chosen, cells)]
    parts += ["\n## What does not hold, or was not tried\n", *_told(cell for peer in cells.values() for cell in peer)]
    return stamp.stamped("\n".join(parts), made_of(columns))


def _table(columns: Sequence[Column], cells: dict[str, list[Cell]]) -> list[str]:
    rows = dict.fromkeys(row for column in columns for row in column.rows)
    lines = [f"| peer | {' | '.join(f'`{row}`' for row in rows)} |", "|---" * (len(rows) + 1) + "|"]
    for column in columns:
        numbers = (_cell([cell for cell in cells[column.peer] if cell.row == row]) for row in rows)
        lines.append(f"| {column.title} (`{column.peer}`) | {' | '.join(numbers)} |")
    return lines


def _cell(cells: list[Cell]) -> str:
    if not cells:
        return "–"
    count = {
        verdict: sum(cell.verdict == verdict for cell in cells) for verdict in (*(v.value for v in Verdict), SKIPPED)
    }
    holds = f"{count.pop('holds')}"
    red, unknown = count["violated"], count["unknown"]
    parts = [holds, *([f"**{red} violated**"] if red else []), *([f"**{unknown} unknown**"] if unknown else [])]
    return ", ".join(parts) + (f" ({count[SKIPPED]} not tried)" if count[SKIPPED] else "")


def _checks(columns: Sequence[Column], cells: dict[str, list[Cell]]) -> Iterable[str]:
    """What was tried, once for peers with the same checks."""
    peers: dict[frozenset[str], list[str]] = {}
    for column in columns:
        if checks := frozenset(cell.check for cell in cells[column.peer]):
            peers.setdefault(checks, []).append(column.peer)
    for alike in peers.values():
        checks = list(dict.fromkeys(cell.check for cell in cells[alike[0]]))
        told = {} if alike[0].startswith("registrar") else TOLD
        names = ", ".join(check for check in checks if check not in told)
        yield f"- {', '.join(f'`{peer}`' for peer in alike)}: {names}".rstrip()
        yield from (f"  - *{check}*: {told[check]}" for check in checks if check in told)


def _told(cells: Iterable[Cell]) -> list[str]:
    """What is not green, those with the same reason together."""
    alike: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        if cell.verdict != Verdict.HOLDS.value:
            why = explanation(cell) or cell.why
            alike.setdefault((cell.peer, cell.verdict, " ".join(why.split())), []).append(cell)
    lines = []
    for (peer, verdict, why), same in alike.items():
        rows = ", ".join(dict.fromkeys(f"`{cell.row}`" for cell in same))
        checks = ", ".join(dict.fromkeys(cell.check for cell in same))
        said = "not tried" if verdict == SKIPPED else f"**{verdict}**"
        lines.append(f"- `{peer}` with {rows} ({checks}): {said}: {why}.")
    return lines or ["Nothing."]
