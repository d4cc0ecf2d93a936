"""pytest fixtures of this package, for its own tests and for those who install it. Imports nothing heavy until one is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from namesrv.check.oracle import Oracle


@contextmanager
def _starting() -> Iterator[Callable[..., Oracle]]:
    """Starts oracles, one for the same arguments, and ends them with the block."""
    from namesrv.check.not_available import NotAvailable
    from namesrv.check.oracle import Oracle
    from namesrv.check.require import missing

    started: dict[tuple[str, str], Oracle] = {}
    with ExitStack() as stack:

        def start(release: str, **options: Any) -> Oracle:
            key = (release, repr(sorted(options.items())))
            if key not in started or not started[key].is_running:
                try:
                    started[key] = stack.enter_context(Oracle(release, **options))
                except NotAvailable as error:
                    missing(error)
            return started[key]

        yield start


@pytest.fixture(scope="session")
def apache_namesrv() -> Iterator[Callable[..., Oracle]]:
    """A factory: `apache_namesrv("apache-5.5.0")` is the real NameServer, started once a session for the same arguments.

    Takes what `namesrv.check.oracle.Oracle` takes. Without Java, or without the jars, the test is skipped; it fails if the
    environment variable NAMESRV_REQUIRE names what is missing.
    """
    with _starting() as start:
        yield start


@pytest.fixture
def own_apache_namesrv() -> Iterator[Callable[..., Oracle]]:
    """As `apache_namesrv`, but for one test: nobody has left anything in its tables, and nobody finds what the test leaves."""
    with _starting() as start:
        yield start
