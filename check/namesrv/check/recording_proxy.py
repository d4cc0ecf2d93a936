"""A transparent proxy before a NameServer, which records what goes through.

Bytes go on as they come, before anybody looks at them; a half-closed side is half-closed on the other, a reset is a reset, and
who does not read makes the other wait. Two things can't be passed on as they were. Where the NameServer refuses a connection the
peer's has been accepted already: it is reset. And the NameServer sees the proxy's address in place of its peers'.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final, cast

from namesrv.check.recording import Ended, Side
from namesrv.check.recording_sink import RecordingSink
from namesrv.check.recording_streams import Counts, Traffic
from namesrv.remoting.address import Address

CONNECT_TIMEOUT_S: Final = 10.0
"""For a NameServer that does not even refuse. A peer's own is 3 s: `NettyClientConfig.connectTimeoutMillis`, 5.5.0."""
FLUSH_S: Final = 0.05
"""What was seen is written so long after at the most; that much is lost if the proxy is killed."""
MOST_SEEN_BYTES: Final = 4 << 20
"""More is not kept until then."""
CLOSING_S: Final = 2.0
"""What was passed on when the proxy is stopped has so long to leave."""
BACKLOG: Final = 1024
RESET_LINGER: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, with no time: closing sends a reset."""


def host_port(name: tuple[object, ...] | str | None) -> str:
    """A socket's name as `HOST:PORT`, an IPv6 host in brackets."""
    if not isinstance(name, tuple):
        return str(name)
    return str(Address(str(name[0]), int(str(name[1]))))


class _Side(asyncio.Protocol):
    """One socket of a pair."""

    def __init__(self, pair: "_Pair", side: Side) -> None:
        self._pair = pair
        self._side = side
        self.is_lost = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    @property
    def open_transport(self) -> asyncio.Transport | None:
        """As long as something can be done with it."""
        transport = self.transport
        return None if transport is None or transport.is_closing() else transport

    def abort(self) -> None:
        """What has not left by now does not."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's classes
        self._pair.made(self._side, self.transport)

    def data_received(self, data: bytes) -> None:
        self._pair.came(self._side, data)

    def eof_received(self) -> bool:
        return self._pair.ended(self._side)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost.set()
        self._pair.lost(self._side, error)

    def pause_writing(self) -> None:
        self._pair.wait(self._side, True)

    def resume_writing(self) -> None:
        self._pair.wait(self._side, False)


class _Pair:
    """A peer's connection, and the proxy's own to the NameServer for it."""

    def __init__(self, proxy: "RecordingProxy") -> None:
        self._proxy = proxy
        self.client = _Side(self, Side.CLIENT)
        self._server = _Side(self, Side.SERVER)
        self._number = 0
        self._ended: set[Side] = set()
        self._is_through = False
        self._is_over = False
        self._early: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None

    def made(self, side: Side, transport: asyncio.Transport) -> None:
        self._proxy.sides.add(self.client if side is Side.CLIENT else self._server)
        if side is Side.SERVER:
            return
        transport.pause_reading()  # until there is somebody to pass it on to; uvloop forgets it here, see `came`
        self._number = self._proxy.settle().opened(self._proxy.now(), host_port(transport.get_extra_info("peername")))
        self._proxy.pairs.add(self)
        self._connecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop, upstream = asyncio.get_running_loop(), self._proxy.upstream
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: self._server, upstream.host, upstream.port)
        except TimeoutError:
            self._upstream_lost(f"no answer within {CONNECT_TIMEOUT_S:g} s")
        except OSError as error:
            self._upstream_lost(error.strerror or str(error))
        else:
            self._proxy.upstream_found()
            if self._is_over:
                self._server.abort()
            else:
                self._pass_on_what_was_early()

    def _upstream_lost(self, why: str) -> None:
        if not self._is_over:
            self._proxy.upstream_lost(self._number, why)
            self._end(Side.SERVER, reset=True)

    def _pass_on_what_was_early(self) -> None:
        self._is_through = True
        server, client = self._server.open_transport, self.client.open_transport
        if server is not None:
            server.writelines(self._early)
            if Side.CLIENT in self._ended:
                server.write_eof()
        self._early.clear()
        if client is not None:
            client.resume_reading()

    def came(self, side: Side, data: bytes) -> None:
        at = self._proxy.now()
        if not self._is_through and side is Side.CLIENT:
            self._early.append(data)
            if (client := self.client.open_transport) is not None:
                client.pause_reading()
        elif (other := self._other(side).open_transport) is not None:
            other.write(data)
        if not self._is_over:
            self._proxy.came(at, self._number, side, data)

    def ended(self, side: Side) -> bool:
        """Whether the transport is to stay open, for the other direction."""
        if self._is_over:
            return False
        at = self._proxy.now()
        self._ended.add(side)
        is_early = not self._is_through and side is Side.CLIENT
        if not is_early and (other := self._other(side).open_transport) is not None:
            other.write_eof()
        self._proxy.settle().ended(at, self._number, side)
        if len(self._ended) == len((self.client, self._server)):
            self._end(side, reset=False)
        return not self._is_over

    def lost(self, side: Side, error: Exception | None) -> None:
        self._proxy.sides.discard(self.client if side is Side.CLIENT else self._server)
        if not self._is_over:  # nothing of ours has closed it: a reset, or a peer that is gone
            self._end(side, reset=error is not None)

    def wait(self, side: Side, is_full: bool) -> None:
        """What goes to `side` does not get away, so its other side is not read meanwhile."""
        if (other := self._other(side).open_transport) is not None:
            (other.pause_reading if is_full else other.resume_reading)()

    def stop(self) -> None:
        """The proxy is stopped."""
        self._end(Side.PROXY, reset=False)

    def _other(self, side: Side) -> _Side:
        return self._server if side is Side.CLIENT else self.client

    def _end(self, by: Side, *, reset: bool) -> None:
        at = self._proxy.now()
        self._is_over = True
        self._proxy.pairs.discard(self)
        if self._connecting is not None and self._connecting is not asyncio.current_task():
            self._connecting.cancel()
        for side in (self.client, self._server):
            if (transport := side.open_transport) is None:
                continue
            if reset:
                sock: socket.socket = transport.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_LINGER)
                transport.abort()
            else:
                transport.close()
        self._proxy.settle().closed(at, self._number, by, reset=reset)


class RecordingProxy:
    """`listen`, then `start`, at last `stop`. `upstream`: the NameServer. `tell` gets a line for people when something is wrong.

    `clock`: nanoseconds, monotonic.
    """

    def __init__(
        self, upstream: Address, tell: Callable[[str], None], clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.upstream = upstream
        self.pairs: set[_Pair] = set()
        self.sides: set[_Side] = set()
        self._tell = tell
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._seen: list[tuple[int, int, Side, bytes]] = []
        self._seen_bytes = 0
        self._later: asyncio.TimerHandle | None = None
        self._is_upstream_told = False

    async def listen(self, host: str, port: int) -> str:
        """Takes the port, and returns where that is, `HOST:PORT`; nobody is accepted yet. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._unexpected)
        self._server = await loop.create_server(
            lambda: _Pair(self).client, host, port, backlog=BACKLOG, start_serving=False
        )
        return host_port(self._server.sockets[0].getsockname())

    async def start(self, sink: RecordingSink) -> None:
        """Peers are accepted; the recording's time begins."""
        assert self._server is not None, "not listening"
        self._sink = sink
        self._traffic = Traffic(sink.emit)
        self._began = self._clock()
        await self._server.start_serving()

    def now(self) -> int:
        """Nanoseconds since `start`."""
        return self._clock() - self._began

    @property
    def counts(self) -> Counts:
        """What has been looked at so far."""
        return self._traffic.counts

    def came(self, at: int, connection: int, side: Side, data: bytes) -> None:
        """Bytes that were passed on, which are looked at later: uvloop writes them only when this callback is done."""
        self._seen.append((at, connection, side, data))
        self._seen_bytes += len(data)
        if self._seen_bytes > MOST_SEEN_BYTES:
            self._write_later(0)
        else:
            self._write_later(FLUSH_S)

    def settle(self) -> Traffic:
        """Everything that came has been looked at; what is told now comes after it."""
        seen, self._seen, self._seen_bytes = self._seen, [], 0
        for at, connection, side, data in seen:
            self._traffic.came(at, connection, side, data)
        self._write_later(FLUSH_S)
        return self._traffic

    def upstream_lost(self, connection: int, why: str) -> None:
        """A connection could not be passed on; told once until one can be."""
        self.settle().upstream_lost(self.now(), connection, why)
        if not self._is_upstream_told:
            self._is_upstream_told = True
            self._tell(f"the NameServer {self.upstream} can't be reached: {why}; peers are reset until it can")

    def upstream_found(self) -> None:
        """A connection was passed on."""
        if self._is_upstream_told:
            self._is_upstream_told = False
            self._tell(f"the NameServer {self.upstream} can be reached again")

    async def stop(self) -> None:
        """Closes every connection, and ends the recording; what it could not write by then is lost and counted."""
        assert self._server is not None, "not started"
        self._server.close()
        for pair in list(self.pairs):
            pair.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                while self.sides:
                    await next(iter(self.sides)).is_lost.wait()
        for side in list(self.sides):
            side.abort()
        frames = self.settle().counts.frames
        if self._later is not None:
            self._later.cancel()
        self._sink.emit(Ended(at=self.now(), frames=frames))
        await asyncio.to_thread(self._sink.close)

    def _write_later(self, within_s: float) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(within_s, self._write)
        elif within_s == 0:
            self._write()

    def _write(self) -> None:
        self.settle()
        self._sink.flush()
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _unexpected(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Too many open files, mostly: the loop goes on."""
        self._tell(f"{context.get('message', 'unexpected')}: {context.get('exception')!r}")
