"""A NameServer in a thread of its own, for callers that are not asyncio: blocking tests, the checker.

with running(profile="apache-5.5.0") as ns:
    socket.create_connection((ns.host, ns.port))
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from namesrv.server.app import NameServer
from namesrv.server.clock import HeldClock


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed, else the standard library's."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class RunningNameServer:
    """What the caller holds: the address, and a way to call the server in its own thread."""

    def __init__(self, server: NameServer, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.host = server.host
        self.port = server.port
        self.address = server.address
        self._loop = loop

    def call(self, action: Callable[[], Any]) -> Any:
        """The result of `action`, called between two turns of the server's loop; its exception is raised here."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(action())
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    def advance(self, ms: int) -> None:
        """Its clock, which has to be a `HeldClock`, goes on."""
        clock = self.server.clock
        assert isinstance(clock, HeldClock), "only a held clock can be advanced"
        self.call(lambda: clock.advance(ms))

    def scan(self) -> int:
        """`NameServer.scan`."""
        count = self.call(self.server.scan)
        assert isinstance(count, int)
        return count


@contextmanager
def running(**arguments: Any) -> Iterator[RunningNameServer]:
    """A `NameServer(**arguments)` that runs until the block is left. Raises `OSError` if it can't listen."""
    loop = new_event_loop()
    server = NameServer(**arguments)
    stop = asyncio.Event()
    started: Future[None] = Future()

    async def serve() -> None:
        try:
            await server.start()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        await stop.wait()
        await server.stop()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="namesrv-server", daemon=True)
    thread.start()
    try:
        started.result()
        yield RunningNameServer(server, loop)
    finally:
        with contextlib.suppress(RuntimeError):  # the loop is closed: starting had failed
            loop.call_soon_threadsafe(stop.set)
        thread.join()
