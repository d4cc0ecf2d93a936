"""Text that terminals, XML and JSON can show, whatever a server or a bad request put into it."""

import re
from typing import Final

LONG_RUN: Final = re.compile(r"(.)\1{39,}", re.DOTALL)
"""One character so often that nobody reads it: how bad input makes a field over-long."""


def readable(text: str) -> str:
    """Long runs of a character are counted; what does not print is escaped as in Python, but for line ends."""
    text = LONG_RUN.sub(lambda run: f"{run[1]}…({len(run[0])} times)", text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
