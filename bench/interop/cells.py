"""A cell of the matrix: one of our profiles, a peer, what was tried, and what came of it."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from namesrv.check.findings import Undecided, Verdict

SKIPPED: Final = "skipped"
"""Beside the three verdicts: there is nothing to try, and `why` says so."""


KEPT: Final = attrs.filters.exclude("seconds")
WHY_CHARS: Final = 600
PLACES: Final = ((str(Path(__file__).parents[2]), "."), (str(Path.home()), "~"), (tempfile.gettempdir(), "TMP"))
"""What a machine calls its folders is no result."""


class Departed(Exception):
    """The peer and the NameServer under test don't get along; the message says in what."""


@attrs.frozen(kw_only=True)
class Cell:
    """`row`: whose routes; `peer`: who used them; `check`: what it did. `verdict`: a `Verdict`'s value, or `SKIPPED`.

    `seconds`: how long it took, which is not kept. `of`: the hash of what tried it.
    """

    row: str
    peer: str
    check: str
    verdict: str
    why: str = ""
    seconds: float = 0.0
    of: str = ""


@attrs.define
class Book:
    """What is known of one peer, as its file has it. `tell` hears of each cell as it comes in, `of` is what tries them now."""

    file: Path
    tell: Callable[[Cell], None] = lambda cell: None
    of: str = ""
    cells: list[Cell] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        document = json.loads(self.file.read_text()) if self.file.exists() else []
        self.cells = [Cell(**fields) for fields in document]

    def put(self, cell: Cell) -> None:
        """In the place of what was known of it."""
        cell = attrs.evolve(cell, of=self.of)
        same = [(known.row, known.check) == (cell.row, cell.check) for known in self.cells]
        if any(same):
            self.cells[same.index(True)] = cell
        else:
            self.cells.append(cell)
        self.file.parent.mkdir(exist_ok=True)
        text = ",\n ".join(json.dumps(attrs.asdict(each, filter=KEPT)) for each in self.cells)
        self.file.write_text(f"[{text}]\n")
        self.tell(cell)

    def skip(self, row: str, peer: str, check: str, why: str) -> None:
        """There is nothing to try."""
        self.put(Cell(row=row, peer=peer, check=check, verdict=SKIPPED, why=why))

    def forget(self, rows: Iterable[str]) -> None:
        """A check that a cut-off run no longer came to must not show what an earlier one saw."""
        self.cells = [cell for cell in self.cells if cell.row not in set(rows)]

    @contextmanager
    def trying(self, row: str, peer: str, check: str) -> Iterator[None]:
        """What the block raises is the cell's verdict; nothing: it holds."""
        verdict, why, begun = Verdict.HOLDS, "", time.monotonic()
        try:
            yield
        except Departed as error:
            verdict, why = Verdict.VIOLATED, str(error)
        except Undecided as error:
            verdict, why = Verdict.UNKNOWN, str(error)
        for place, name in PLACES:
            why = why.replace(place, name)
        why = why if len(why) <= WHY_CHARS else f"{why[:WHY_CHARS]} …"
        took = round(time.monotonic() - begun, 1)
        self.put(Cell(row=row, peer=peer, check=check, verdict=verdict.value, why=why, seconds=took))
