"""What this machine lacks for a check: said in one line, with how to get it."""

import os
from typing import Final

VARIABLE: Final = "NAMESRV_REQUIRE"
KNOWN: Final = frozenset({"chromium", "crosshair", "go", "java", "maven", "node", "pypi", "rust", "tlc", "uv"})
"""`maven` stands for Maven Central's jars, by whatever fetches them; `pypi` for what pip installs into an environment of its own;
`uv` for building and installing the wheel."""


def required() -> frozenset[str]:
    """The names in NAMESRV_REQUIRE. Raises `ValueError` for one that nothing asks for: a typo would require nothing."""
    names = frozenset(name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip())
    if unknown := names - KNOWN:
        raise ValueError(f"{VARIABLE}: expected names of {sorted(KNOWN)}, got {sorted(unknown)}")
    return names


class NotAvailable(Exception):
    """A tool, package or file is not there. The message says what, where it was looked for, and how to get it.

    `what`: the short name under which `NAMESRV_REQUIRE` may ask for it (`java`, `maven`, `tlc`, ...).
    """

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what
