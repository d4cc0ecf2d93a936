"""What the tests of the specification share."""

import pytest

from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from namesrv.check.tlc import need_tla2tools


@pytest.fixture
def tlc() -> None:
    """Java and stock TLC are there, or the test is skipped."""
    try:
        find_java()
        need_tla2tools()
    except NotAvailable as error:
        missing(error)
