"""What must be there for the tests: NAMESRV_REQUIRE names it, separated by commas; what it doesn't name may be missing.

NAMESRV_REQUIRE=java,maven,tlc pytest       # CI: a test that can't run for want of one of these fails
pytest                                      # elsewhere: it is skipped, and says what is missing
"""

import os
from typing import Final, NoReturn

import pytest

from namesrv.check.not_available import NotAvailable

VARIABLE: Final = "NAMESRV_REQUIRE"
KNOWN: Final = frozenset({"java", "maven", "tlc", "uv"})
"""`maven` stands for Maven Central's jars, by whatever fetches them; `uv` for building and installing the wheel."""


def required() -> frozenset[str]:
    """The names in NAMESRV_REQUIRE. Raises `pytest.UsageError` for one that nothing asks for: a typo would require nothing."""
    names = frozenset(name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip())
    if unknown := names - KNOWN:
        raise pytest.UsageError(f"{VARIABLE}: expected names of {sorted(KNOWN)}, got {sorted(unknown)}")
    return names


def missing(error: NotAvailable) -> NoReturn:
    """Ends the test: failed if NAMESRV_REQUIRE names what is missing, else skipped."""
    if error.what in required():
        pytest.fail(f"{VARIABLE} names {error.what}, which is missing: {error}", pytrace=False)
    pytest.skip(f"{error.what} is missing: {error}")
