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

from bench.interop import page as pages
from bench.interop.broker_cells import broker_cells
from bench.interop.cells import Book, Cell
from bench.interop.client_cells import client_cells
from bench.interop.clients import CLIENTS, PEERS
from bench.interop.mqadmin_cells import mqadmin_cells
from bench.interop.name_servers import ROWS, Pair, name_servers
from bench.interop.page import explanation
from bench.interop.registrar_cells import REAL, registrar_cells
from namesrv.check import stamp
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.not_available import NotAvailable, required

DOCS: Final = Path(__file__).parents[2] / "docs"
HERE: Final = Path(__file__).parent


@attrs.frozen
class Column:
    """A peer, the rows that it has, and what tries it on some of them at once. `run` raises `NotAvailable`, `Undecided`.

    `sources`: what is tried, and what it has to come to. Where they change, the cells are to be made again.
    """

    peer: str
    title: str
    rows: tuple[str, ...]
    run: Callable[[Sequence[str], Book], None]
    sources: tuple[Path, ...]

    @property
    def of(self) -> str:
        """A hash of those."""
        return stamp.digest_of_code(*self.sources)

    @property
    def file(self) -> Path:
        """Where its cells are kept."""
        return DOCS / "interop" / f"{self.peer}.json"


def of_ours(peer: str, title: str, run: Callable[[Sequence[Pair], Book], None], *sources: Path) -> Column:
    """One that meets our server."""

    def tried(rows: Sequence[str], book: Book) -> None:
        with name_servers(ROWS[row] for row in rows) as pairs:
            book.forget(rows)
            run(pairs, book)

    return Column(peer, title, tuple(ROWS), tried, sources)


COLUMNS: Final = (
    *(
        of_ours(f"broker-{v}", f"broker {v}", partial(broker_cells, v), HERE / "broker_cells.py")
        for v in ("5.5.0", "5.3.3", "4.9.7")
    ),
    *(
        of_ours(
            f"mqadmin-{v}", f"mqadmin {v}", partial(mqadmin_cells, v), HERE / "mqadmin_cells.py", PEERS / "Mqadmin.java"
        )
        for v in ("5.5.0", "4.9.7")
    ),
    *(
        of_ours(
            c.name, c.title, partial(client_cells, c), HERE / "client_cells.py", HERE / "clients.py", PEERS / c.script
        )
        for c in CLIENTS
    ),
    *(
        Column(
            f"registrar-{v}",
            f"our broker as {v}",
            tuple(REAL),
            partial(registrar_cells, v),
            (HERE / "registrar_cells.py",),
        )
        for v in ("5.5.0", "4.9.7")
    ),
)


def told(cell: Cell) -> None:
    """A line."""
    why = f": {cell.why}" if cell.why else ""
    click.echo(f"{cell.row}/{cell.peer} {cell.check}: {cell.verdict} ({cell.seconds:g} s){why}")


def selected(only: Sequence[str]) -> list[tuple[Column, list[str]]]:
    """The columns, each with its rows. Raises `click.UsageError` for what nothing is named."""
    chosen, known = [], set[str]()
    for column in COLUMNS:
        names = {row: {row, column.peer, f"{row}/{column.peer}"} for row in column.rows}
        known = known.union(*names.values())
        if rows := [row for row in column.rows if not only or names[row] & {*only}]:
            chosen.append((column, rows))
    if unknown := {*only} - known:
        raise click.UsageError(f"no such row, peer or ROW/PEER: {', '.join(sorted(unknown))}")
    return chosen


@click.command()
@click.option("--only", multiple=True, metavar="ROW/PEER", help="Only this cell, or a whole ROW or PEER.")
@click.option("--page", is_flag=True, help="Try nothing, make the page of what there is.")
def main(only: tuple[str, ...], page: bool) -> None:
    """Fill the matrix, and write docs/interop.md. Exit code 1 if something departs without an explanation, 2 if it is unknown."""
    verdicts: list[str] = []

    def tell(cell: Cell) -> None:
        told(cell)
        verdicts.append(cell.verdict if explanation(cell) is None else Verdict.HOLDS.value)

    for column, rows in selected(only) if not page else ():
        book = Book(column.file, tell=tell, of=column.of)
        try:
            column.run(rows, book)
        except NotAvailable as error:
            click.echo(f"interop: {column.peer}: {error}", err=True)
            # What is not installed keeps the result that it has, unless NAMESRV_REQUIRE names it.
            verdicts += [Verdict.UNKNOWN.value] if error.what in required() else []
        except Undecided as error:
            click.echo(f"interop: {column.peer}: {error}", err=True)
            verdicts.append(Verdict.UNKNOWN.value)
    (DOCS / "interop.md").write_text(pages.page(COLUMNS))
    if Verdict.VIOLATED.value in verdicts:
        sys.exit(1)
    sys.exit(2 if Verdict.UNKNOWN.value in verdicts else 0)


if __name__ == "__main__":
    main()
