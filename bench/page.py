"""docs/benchmarks.md has six parts, each written by its own command: server, recorder, traces, explorer, scopes, clients.

Each has a stamp of its own. What it is made from is what was measured, not how fast it was: that is of the day which it names.
"""

from pathlib import Path
from typing import Final

from namesrv.check import stamp

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
SERVER: Final = ""
"""The first part has the page's heading."""
RECORDER: Final = "## The recorder, beside a plain relay"
TRACES: Final = "## Large recordings, checked"
EXPLORER: Final = "## The explorer, beside TLC"
SCOPES: Final = "## The explorer, on the registration system"
LINEARIZE: Final = "## Concurrent clients: how much is decided"
HEADINGS: Final = (RECORDER, TRACES, EXPLORER, SCOPES, LINEARIZE)


def write_part(heading: str, text: str, made_of: str) -> None:
    """Writes one part; the others stay as they are. `text`: without its heading; `made_of`: a hash of what was measured."""
    written = parts(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
    written[heading] = stamp.stamped(text, made_of)
    DOCUMENT.parent.mkdir(exist_ok=True)
    told = (f"{each}\n\n{written[each]}".lstrip("\n") for each in (SERVER, *HEADINGS) if each in written)
    DOCUMENT.write_text("\n".join(told))


def parts(text: str) -> dict[str, str]:
    """What the page has, by heading."""
    found, rest = {}, text
    for heading in reversed(HEADINGS):
        rest, there, below = rest.partition(f"{heading}\n")
        if there:
            found[heading] = below.strip("\n") + "\n"
    return {SERVER: rest.strip("\n") + "\n"} | found
