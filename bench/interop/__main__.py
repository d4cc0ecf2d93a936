"""The interop matrix: `python -m bench.interop [--only ROW/PEER]`.

Rows are our server's profiles, columns real brokers, administrators and clients; and our broker with real NameServers. What
came out is kept in docs/interop/PEER.json, and docs/interop.md is made of those files (`--page`: only that).
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import attrs
import click

from bench.interop.broker_cells import broker_cells
from bench.interop.cells import Book, Cell
from bench.interop.client_cells import client_cells
from bench.interop.clients import CLIENTS
from bench.interop.mqadmin_cells import mqadmin_cells
from bench.interop.name_servers import ROWS, Pair, Row, name_servers
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.not_available import NotAvailable, required

DOCS: Final = Path(__file__).parents[2] / "docs"


@attrs.frozen
class Column:
    """A peer, and what tries it on some rows at once."""

    peer: str
    run: Callable[[Sequence[Pair], Book], None]


COLUMNS: Final = (
    *(Column(f"broker-{version}", partial(broker_cells, version)) for version in ("5.5.0", "5.3.3", "4.9.7")),
    *(Column(f"mqadmin-{version}", partial(mqadmin_cells, version)) for version in ("5.5.0", "4.9.7")),
    *(Column(client.name, partial(client_cells, client)) for client in CLIENTS),
)


def told(cell: Cell) -> None:
    """A line."""
    why = f": {cell.why}" if cell.why else ""
    click.echo(f"{cell.row}/{cell.peer} {cell.check}: {cell.verdict} ({cell.seconds:g} s){why}")


def selected(only: Sequence[str]) -> list[tuple[Column, list[Row]]]:
    """The columns, each with its rows. Raises `click.UsageError` for what nothing is named."""
    chosen = []
    for column in COLUMNS:
        rows = [
            row for row in ROWS.values() if not only or {row.name, column.peer, f"{row.name}/{column.peer}"} & {*only}
        ]
        if rows:
            chosen.append((column, rows))
    known = {*ROWS, *(column.peer for column in COLUMNS)}
    known |= {f"{row}/{column.peer}" for row in ROWS for column in COLUMNS}
    if unknown := {*only} - known:
        raise click.UsageError(f"no such row, peer or ROW/PEER: {', '.join(sorted(unknown))}")
    return chosen


@click.command()
@click.option("--only", multiple=True, metavar="ROW/PEER", help="Only this cell, or a whole ROW or PEER.")
@click.option("--page", is_flag=True, help="Try nothing, make the page of what there is.")
def main(only: tuple[str, ...], page: bool) -> None:
    """Fill the matrix, and write docs/interop.md. Exit code 1 if something departs, 2 if something is unknown."""
    verdicts: list[str] = []

    def tell(cell: Cell) -> None:
        told(cell)
        verdicts.append(cell.verdict)

    for column, rows in selected(only) if not page else ():
        book = Book(DOCS / "interop" / f"{column.peer}.json", tell=tell)
        try:
            with name_servers(rows) as pairs:
                book.forget(row.name for row in rows)
                column.run(pairs, book)
        except NotAvailable as error:
            click.echo(f"interop: {column.peer}: {error}", err=True)
            # What is not installed keeps the result that it has, unless NAMESRV_REQUIRE names it.
            verdicts += [Verdict.UNKNOWN.value] if error.what in required() else []
        except Undecided as error:
            click.echo(f"interop: {column.peer}: {error}", err=True)
            verdicts.append(Verdict.UNKNOWN.value)
    if Verdict.VIOLATED.value in verdicts:
        sys.exit(1)
    sys.exit(2 if Verdict.UNKNOWN.value in verdicts else 0)


if __name__ == "__main__":
    main()
