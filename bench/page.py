"""docs/benchmarks.md has two parts, each written by its own command: the server's, and below it the explorer's."""

from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
EXPLORER: Final = "## The explorer, beside TLC"


def write_server(text: str) -> None:
    """Writes the first part; the other stays as it is."""
    _write(text, _parts()[1])


def write_explorer(text: str) -> None:
    """Writes the second part, without its heading."""
    _write(_parts()[0], f"{EXPLORER}\n\n{text}")


def _parts() -> tuple[str, str]:
    old = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    server, heading, explorer = old.partition(EXPLORER)
    return server, heading + explorer


def _write(server: str, explorer: str) -> None:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text("\n\n".join(part.strip() for part in (server, explorer) if part) + "\n")
