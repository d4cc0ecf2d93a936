"""The way to one NameServer: a connection that is used again and again, and opened anew when it is lost.

After a failure the next attempt waits, longer each time; who asks in between learns at once that there is none. So a NameServer
that is down costs a broker no time, and gets no storm of connections when it comes back.
Source: `NettyRemotingClient.getAndCreateChannel`, 5.5.0, which has no back-off but tries every 3 s (`.scanAvailableNameSrv`).
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final

import attrs

from namesrv.remoting.address import Address
from namesrv.remoting.clock import Clock, sleep
from namesrv.remoting.connection import ConnectError, Connection, OnRequest, connect

CONNECT_TIMEOUT_MS: Final = 3_000
"""`NettyClientConfig.connectTimeoutMillis`."""


@attrs.frozen(kw_only=True)
class Backoff:
    """How long to wait after the first failure and at most, milliseconds; it doubles in between. Zero: not at all."""

    first_ms: int = 100
    most_ms: int = 10_000

    def after(self, failures: int) -> int:
        """The wait after so many failures in a row, milliseconds."""
        return min(self.most_ms, self.first_ms << min(failures - 1, 30)) if failures > 0 else 0


NO_BACKOFF: Final = Backoff(first_ms=0, most_ms=0)

OnChange = Callable[[bool, str], None]
"""Told `True` when a connection stands, `False` when one was lost or could not be had; and why. Not the same thing twice."""


class Channel:
    """One NameServer's connection, opened when it is asked for; `keep_open` opens it, and again whenever it is lost."""

    def __init__(
        self,
        address: Address,
        *,
        clock: Clock,
        backoff: Backoff = NO_BACKOFF,
        connect_timeout_ms: int = CONNECT_TIMEOUT_MS,
        tls: ssl.SSLContext | None = None,
        on_change: OnChange | None = None,
        on_request: OnRequest | None = None,
    ) -> None:
        self.address = address
        self._clock = clock
        self._backoff = backoff
        self._connect_timeout_ms = connect_timeout_ms
        self._tls = tls
        self._on_change = on_change
        self._on_request = on_request
        self._connection: Connection | None = None
        self._opened_ms = 0
        self._opening: asyncio.Task[Connection] | None = None
        self._failures = 0
        self._not_before_ms = 0
        self._why = "not connected yet"
        self._keeper: asyncio.Task[None] | None = None
        self._first_attempt = asyncio.Event()
        self._is_closed = False
        self._told: tuple[bool, str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a connection stands."""
        return self._connection is not None and not self._connection.is_closed

    async def connection(self) -> Connection:
        """The connection, opened if need be; many callers share one attempt. Raises `ConnectError`."""
        self._notice_loss()
        if self._connection is not None:
            return self._connection
        if self._is_closed:
            raise ConnectError("connect", str(self.address), "an open channel", "closed by this side")
        if self._opening is None:
            wait_ms = self._not_before_ms - self._clock.now_ms()
            if wait_ms > 0:
                got = f"none; next attempt in {wait_ms} ms ({self._why})"
                raise ConnectError("connect", str(self.address), "a connection", got)
            self._opening = asyncio.create_task(self._open())
        # Shielded: a caller that gives up must not take the attempt from the others.
        return await asyncio.shield(self._opening)

    def keep_open(self) -> None:
        """From now on a connection is there whenever it can be had."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_open())

    async def first_attempt(self) -> None:
        """Returns when the first attempt to connect has ended, well or badly."""
        await self._first_attempt.wait()

    async def close(self) -> None:
        """Closes the connection for good; who waits for an answer gets an error."""
        self._is_closed = True
        for task in (self._keeper, self._opening):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectError):
                    await task
        if self._connection is not None:
            await self._connection.close()

    async def _open(self) -> Connection:
        try:
            connection = await connect(
                self.address,
                clock=self._clock,
                timeout_ms=self._connect_timeout_ms,
                tls=self._tls,
                on_request=self._on_request,
            )
        except ConnectError as error:
            self._failed(error.got)
            raise
        else:
            self._connection = connection
            self._opened_ms = self._clock.now_ms()
            self._tell(True, "connected")
            return connection
        finally:
            self._opening = None
            self._first_attempt.set()

    def _notice_loss(self) -> None:
        """A connection that has ended is forgotten; one that did not last counts as a failure, so that it costs a wait too."""
        if self._connection is None or not self._connection.is_closed:
            return
        why = self._connection.why_closed or "closed"
        self._connection = None
        if self._clock.now_ms() - self._opened_ms >= self._backoff.most_ms:
            self._failures = 0
        self._failed(why)

    def _failed(self, why: str) -> None:
        self._failures += 1
        self._not_before_ms = self._clock.now_ms() + self._backoff.after(self._failures)
        self._why = why
        self._tell(False, why)

    def _tell(self, is_open: bool, why: str) -> None:
        if self._on_change is not None and not self._is_closed and (is_open, why) != self._told:
            self._told = (is_open, why)
            self._on_change(is_open, why)

    async def _keep_open(self) -> None:
        while True:
            try:
                connection = await self.connection()
            except ConnectError:
                # At least a millisecond: without back-off this must not spin.
                await sleep(self._clock, max(1, self._not_before_ms - self._clock.now_ms()))
            else:
                await connection.wait_closed()
                self._notice_loss()
