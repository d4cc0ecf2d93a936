"""Our own server in a thread of this process, for checks that need one."""

import asyncio
import threading
from types import TracebackType
from typing import Any, Final, Self

from namesrv.server import HeldClock, NameServer

LOOP_ROUNDS: Final = 10
"""Closing takes three rounds of the loop (read, lose the connection, run the queue); more does not hurt."""


class Embedded:
    """`with Embedded(profile="strict") as server:` is up on `server.port`. Takes what `NameServer` takes.

    Raises what `NameServer.start` raises.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.server: NameServer | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="namesrv-embedded", daemon=True)
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.server is not None
        return self.server.port

    def call(self, function: Any, *args: Any) -> Any:
        """Runs a function of the server's in its loop, and waits for what it returns."""

        async def run() -> Any:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def now_ms(self) -> int:
        """The server's time, epoch milliseconds."""
        assert self.server is not None
        return self.server.clock.now_ms()

    def advance(self, ms: int) -> None:
        """Its clock, which has to be a held one, goes on."""
        assert self.server is not None
        assert isinstance(self.server.clock, HeldClock)
        self.call(self.server.clock.advance, ms)

    def begin_run(self) -> None:
        """4.9.7 scans no more once an exception has ended its timer: what a run did to it must not reach into the next."""
        assert self.server is not None
        self.call(setattr, self.server.manager, "is_scan_stopped", False)

    def scan(self) -> None:
        """It scans for brokers that are no longer active."""
        assert self.server is not None
        self.call(self.server.scan)

    def settle(self) -> None:
        """Lets its loop go round until it has read what was sent and run what it had put off."""

        async def go_round() -> None:
            for _ in range(LOOP_ROUNDS):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(go_round(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        try:
            self.server = NameServer(**self.options)
            await self.server.start()
        except BaseException as error:
            self._error = error
            return
        finally:
            self._ready.set()
        await self._stop.wait()
        await self.server.stop()
