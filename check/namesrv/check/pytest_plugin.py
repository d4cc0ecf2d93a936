"""pytest fixtures of this package, for its own tests and for those who install it. Imports nothing heavy until one is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from namesrv.check.oracle import Oracle
    from namesrv.check.stand_in import StandInBroker
    from namesrv.server.running import RunningNameServer

MARKER = "nameserver(profile, **options): which profile the fixtures nameserver and apache_nameserver have, and how they start"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", MARKER)


def _asked(request: pytest.FixtureRequest, default: str) -> tuple[str, dict[str, Any]]:
    """Profile and options: the fixture's parameter, else the marker's, else the default."""
    marker = request.node.get_closest_marker("nameserver")
    args, options = (marker.args, marker.kwargs) if marker is not None else ((), {})
    profile = getattr(request, "param", None) or (args[0] if args else options.get("profile", default))
    if len(args) > 1 or not isinstance(profile, str):
        raise pytest.UsageError(f"{request.node.nodeid}: expected one profile's name, got {args or profile!r}")
    return profile, {name: value for name, value in options.items() if name != "profile"}


@pytest.fixture
def nameserver(request: pytest.FixtureRequest) -> Iterator[RunningNameServer]:
    """A NameServer in this process, on a free port of loopback, with empty tables and a clock that the test holds.

    `@pytest.mark.nameserver("apache-4.9.7")` names the profile, `strict` if nothing does; or parametrize it indirectly. More of
    the marker is what `namesrv.server.NameServer` takes. It has `host`, `port`, `address`; `advance(ms)` and `scan()` let brokers
    expire.
    """
    from namesrv.server.clock import HeldClock
    from namesrv.server.profiles import UnknownProfile
    from namesrv.server.running import running

    profile, options = _asked(request, "strict")
    try:
        with running(**{"profile": profile, "clock": HeldClock(), **options}) as server:
            yield server
    except UnknownProfile as error:
        raise pytest.UsageError(f"{request.node.nodeid}: {error}") from error


@pytest.fixture
def apache_nameserver(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    """The real Apache NameServer, for one test: `host`, `port`, `address`, `log()`.

    `@pytest.mark.nameserver("apache-4.9.7")` names the release, `apache-5.5.0` if nothing does; or parametrize it indirectly.
    More of the marker is what `namesrv.check.oracle.Oracle` takes. Without Java, or without the jars, the test is skipped.
    """
    from namesrv.check.oracle import UnknownRelease

    release, options = _asked(request, "apache-5.5.0")
    with _starting() as start:
        try:
            yield start(release, **options)
        except UnknownRelease as error:
            raise pytest.UsageError(f"{request.node.nodeid}: {error}") from error


@pytest.fixture
def stand_in_broker() -> Iterator[Callable[..., StandInBroker]]:
    """A factory: `stand_in_broker(nameserver, addr="127.0.0.1:10911", topics=["a", "b"])` is registered until the test ends.

    Takes what `namesrv.check.stand_in.StandInBroker` takes.
    """
    from namesrv.check.stand_in import StandInBroker

    brokers: list[StandInBroker] = []

    def register(*args: Any, **options: Any) -> StandInBroker:
        brokers.append(StandInBroker(*args, **options))
        return brokers[-1]

    yield register
    for broker in brokers:
        broker.crash()


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
