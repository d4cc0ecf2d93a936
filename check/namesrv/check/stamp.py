"""The last line of whatever is generated: what it was made from, and its own text, as hashes. `tests/check/test_stamps.py` looks.

So a page that is older than what it tells of, or that somebody has edited by hand, is found out without making it again.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

LINE: Final = "<!-- Made from {made_of}; text {text}. Do not edit. -->"
STAMP: Final = re.compile(r"\n\n<!-- Made from (\w+); text (\w+)\. Do not edit\. -->\s*\Z")
COMMENT: Final = ("#", "//", "\\*")
"""How a line begins that says nothing to Python, Go, JavaScript, Java or TLA+."""


def digest(*parts: str) -> str:
    """Of texts in their order, 16 hex digits."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def digest_of_files(*files: Path) -> str:
    """Of what was recorded."""
    return digest(*(file.read_text(encoding="utf-8") for file in files))


def digest_of_code(*files: Path) -> str:
    """Of sources. Comments that have their lines to themselves, and blank lines, may change."""
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return digest(*(line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith(COMMENT)))


def stamped(text: str, made_of: str) -> str:
    """The text, and a line with both hashes. `made_of`: a digest of whatever the text would be another one without."""
    text = text.strip("\n")
    return f"{text}\n\n{LINE.format(made_of=made_of, text=digest(text))}\n"


def fault(text: str, made_of: str) -> str:
    """What is wrong with a text that was stamped, in words; empty if nothing is. `made_of`: as it would be now."""
    text = text.strip("\n")
    stamp = STAMP.search(text)
    if stamp is None:
        return "expected a stamp at the end, got none"
    if stamp[2] != (now := digest(text[: stamp.start()])):
        return f"edited by hand: expected text {stamp[2]}, got {now}"
    return "" if stamp[1] == made_of else f"out of date: expected to be made from {made_of}, got {stamp[1]}"
