"""docs/benchmarks.md has three parts, each written by its own command: the server's, the recorder's, the explorer's."""

from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
RECORDER: Final = "## The recorder, beside a plain relay"
EXPLORER: Final = "## The explorer, beside TLC"
HEADINGS: Final = (RECORDER, EXPLORER)


def write_server(text: str) -> None:
    """Writes the first part; the others stay as they are."""
    _write("", text)


def write_recorder(text: str) -> None:
    """Writes the second part, without its heading."""
    _write(RECORDER, text)


def write_explorer(text: str) -> None:
    """Writes the last part, without its heading."""
    _write(EXPLORER, text)


def _write(heading: str, text: str) -> None:
    """The part under `heading`, the empty one for the first."""
    parts, rest = {}, DOCUMENT.read_text() if DOCUMENT.exists() else ""
    for each in reversed(HEADINGS):
        rest, found, below = rest.partition(each)
        if found:
            parts[each] = below.strip()
    parts[""] = rest.strip()
    parts[heading] = text.strip()
    DOCUMENT.parent.mkdir(exist_ok=True)
    kept = [parts[""], *(f"{each}\n\n{parts[each]}" for each in HEADINGS if each in parts)]
    DOCUMENT.write_text("\n\n".join(part for part in kept if part) + "\n")
