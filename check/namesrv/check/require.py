"""What must be there for the tests: NAMESRV_REQUIRE names it, separated by commas; what it doesn't name may be missing.

NAMESRV_REQUIRE=java,maven,tlc pytest       # CI: a test that can't run for want of one of these fails
pytest                                      # elsewhere: it is skipped, and says what is missing
"""

from typing import NoReturn

import pytest

from namesrv.check import not_available
from namesrv.check.not_available import VARIABLE, NotAvailable


def required() -> frozenset[str]:
    """The names in NAMESRV_REQUIRE. Raises `pytest.UsageError` for one that nothing asks for."""
    try:
        return not_available.required()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


def missing(error: NotAvailable) -> NoReturn:
    """Ends the test: failed if NAMESRV_REQUIRE names what is missing, else skipped."""
    if error.what in required():
        pytest.fail(f"{VARIABLE} names {error.what}, which is missing: {error}", pytrace=False)
    pytest.skip(f"{error.what} is missing: {error}")
