"""Verdicts and results at a terminal (rich)."""

from enum import Enum
from typing import Final

COLOURS: Final = {
    "holds": "green",
    "violated": "red",
    "unknown": "yellow",
    "not applicable": "dim",
    "skipped": "dim",
}


def coloured(verdict: Enum) -> str:
    """The verdict for rich."""
    return f"[{COLOURS[verdict.value]}]{verdict.value}[/]"
