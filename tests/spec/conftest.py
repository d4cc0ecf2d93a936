"""What the specification's tests share: stock TLC, or a reason to skip."""

import pytest

from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from namesrv.check.tlc import need_tla2tools


@pytest.fixture
def tlc() -> None:
    """A Java and the jar are there; else the test is skipped, or fails if NAMESRV_REQUIRE names what is missing."""
    try:
        find_java()
        need_tla2tools()
    except NotAvailable as error:
        missing(error)
