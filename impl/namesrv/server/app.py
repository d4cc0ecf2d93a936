"""The server itself: sockets, timers, and the way from bytes to the processor and back.

    async with NameServer(profile="strict") as ns:
        ...  # talk to ns.host, ns.port

Nothing here grows without bound: a frame is at most `max_frame_bytes` long, a connection is read from only while its answers
leave, and one that neither reads nor writes for `idle_timeout_ms` is closed (Netty's IdleStateHandler in Apache's).
"""

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import MAX_FRAME_BYTES
from namesrv.server.clock import Clock, HeldClock, SystemClock
from namesrv.server.config import Config
from namesrv.server.kv_config import KVConfigManager
from namesrv.server.log import log
from namesrv.server.notifications import Notifier
from namesrv.server.processor import Processor
from namesrv.server.profiles import ServerProfile, server_profile
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.splitter import Parts, Splitter
from namesrv.server.tls import SniffingListener
from namesrv.server.unchanged import MAX_KEPT_BYTES

NEVER_MS: Final = 1 << 40
"""Where a time of no milliseconds stands for none: Netty's IdleStateHandler."""
STOP_TIMEOUT_S: Final = 1.0
"""How long a server that is stopped waits for peers to take their answers."""
BACKLOG: Final = 1024
"""`NettyServerConfig.serverSocketBacklog`."""
READ_BYTES: Final = 256 << 10
"""The buffer that all connections read into; what has come is taken out before the next one reads."""
WRITE_CHUNK_BYTES: Final = 64 << 10
"""Answers are gathered up to this size before they are written."""
WRITE_HIGH_BYTES: Final = 1 << 20
"""With so many bytes waiting to leave, a connection's requests are not worked on."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `host` may be a name or an address of either family. Raises `OSError`."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class NameServer:
    """A NameServer on one address. `host` may be IPv6; `port` 0 takes a free one.

    `profile`: a name or a `ServerProfile`. With a `HeldClock` it scans only in `scan()`, and closes idle connections only in
    `close_idle()`. `scan_interval_ms`, `idle_timeout_ms` `None`: those of the options, or the profile's. `tls`: a server-side
    context, for connections that begin with a TLS handshake; others stay plain. `manager` and `processor`: subclasses, for a
    server that is faulty on purpose; with `max_kept_bytes` 0 every registration gets to `manager.register_broker` (otherwise
    `unchanged` takes its ways round it). `data`: the folder that keeps the KV configs; without it they go with the server.
    `options`: NamesrvConfig's, by name, as a file would have them; `config_file`: where they are written when somebody changes
    them.
    `start` raises `OSError` where the address can't be had, the constructor `UnknownProfile` and `KVConfigError`.
    """

    def __init__(
        self,
        *,
        profile: str | ServerProfile = "strict",
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        scan_interval_ms: int | None = None,
        tls: ssl.SSLContext | None = None,
        manager: type[RouteInfoManager] = RouteInfoManager,
        processor: type[Processor] = Processor,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        idle_timeout_ms: int | None = None,
        max_kept_bytes: int = MAX_KEPT_BYTES,
        data: Path | None = None,
        options: Mapping[str, str] | None = None,
        config_file: Path | None = None,
    ) -> None:
        self.profile = server_profile(profile) if isinstance(profile, str) else profile
        self.host = host
        self.port = port
        self.clock = SystemClock() if clock is None else clock
        self.tls = tls
        self.max_frame_bytes = max_frame_bytes
        given = options or {}
        machine: dict[str, str | int] = {"configStorePath": str(config_file or "")}
        if scan_interval_ms is not None:
            machine["scanNotActiveBrokerInterval"] = scan_interval_ms
        self.config = Config(self.profile, given, file=config_file, machine=machine)
        if idle_timeout_ms is None:
            idle_timeout_ms = self.config.number("serverChannelMaxIdleTimeSeconds") * 1_000
        self._idle_timeout_ms = idle_timeout_ms if idle_timeout_ms > 0 else NEVER_MS
        if scan_interval_ms is None and "scanNotActiveBrokerInterval" in given:
            scan_interval_ms = self.config.number("scanNotActiveBrokerInterval")
        self._scan_interval_ms = scan_interval_ms or self.profile.scan_interval_ms
        self.manager = manager(self.profile, self._close_channel)
        kv_file = Path(given["kvConfigPath"]) if given.get("kvConfigPath") else None
        kv_config = KVConfigManager(data, file=kv_file)
        self.processor = processor(self.manager, self.clock.now_ms, max_kept_bytes, kv_config, self.config)
        self._notifier = Notifier(self.profile)
        self.processor.told_options = self._look_at_options
        self._look_at_options()
        self.connections: set[Connection] = set()
        self.read_view = memoryview(bytearray(READ_BYTES))
        self._server: asyncio.Server | None = None
        self._listener: SniffingListener | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._all_gone: asyncio.Event | None = None

    @property
    def address(self) -> str:
        """`HOST:PORT`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens. Raises `OSError`."""
        loop = self._loop = asyncio.get_running_loop()
        sock = listen(self.host, self.port)
        self.port = sock.getsockname()[1]
        self.config.learn({"listenPort": self.port, "bindAddress": self.host})
        if self.tls is None:
            self._server = await loop.create_server(lambda: Connection(self, loop), sock=sock)
        else:
            self._listener = SniffingListener(
                sock, lambda: Connection(self, loop), self.tls, first_byte_timeout_s=self._idle_timeout_ms / 1000
            )
            self._listener.start()
        if not isinstance(self.clock, HeldClock):
            self._every("scan", self.profile.first_scan_ms, self._scan_interval_ms, self.scan)
            self._every("idle", self._idle_timeout_ms // 12, self._idle_timeout_ms // 12, self.close_idle)

    async def stop(self) -> None:
        """Stops listening, lets written answers leave (for `STOP_TIMEOUT_S` at most) and closes every connection."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._listener is not None:
            await self._listener.stop()
        await self._notifier.stop()
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close()
        if self.connections:
            self._all_gone = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), STOP_TIMEOUT_S)
        for connection in list(self.connections):
            connection.abort()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None
        self._listener = None

    def _look_at_options(self) -> None:
        self.manager.notify = self._notifier.send if self.config.is_on("notifyMinBrokerIdChanged") else None

    def scan(self) -> int:
        """Runs `scanNotActiveBroker` now. Returns how many live addresses had been silent for too long."""
        count = self.manager.scan_not_active_broker(self.clock.now_ms())
        self.settle()
        return count

    def close_idle(self) -> int:
        """Closes the connections that have neither read nor written for `idle_timeout_ms`. Returns how many."""
        now_ms = self.clock.now_ms()
        idle = [c for c in self.connections if c.last_activity_ms + self._idle_timeout_ms <= now_ms]
        for connection in idle:
            log.info("connection closed", why="idle", peer=connection.peer)
            connection.abort()
        return len(idle)

    def settle(self) -> None:
        """Has queued unregistrations run on the loop's next turn: the answers that announce them leave before."""
        if self.manager.queue and self._loop is not None:
            self._loop.call_soon(self.manager.run_unregistrations)

    def forget(self, connection: "Connection") -> None:
        """The connection is gone."""
        self.connections.discard(connection)
        self.manager.channel_destroyed(connection, connection.peer)
        self.settle()
        if self._all_gone is not None and not self.connections:
            self._all_gone.set()

    def _every(self, name: str, delay_ms: int, interval_ms: int, action: object) -> None:
        assert self._loop is not None
        assert callable(action)

        def run() -> None:
            try:
                action()
            except Exception:
                log.exception("timer failed", timer=name)
            self._every(name, interval_ms, interval_ms, action)

        self._timers[name] = self._loop.call_later(delay_ms / 1000, run)

    def _close_channel(self, channel: object) -> None:
        assert isinstance(channel, Connection)
        channel.close()


class Connection(asyncio.BufferedProtocol):
    """One peer. What the tables know as its channel."""

    def __init__(self, server: NameServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._splitter = Splitter(server.max_frame_bytes)
        self._pending: deque[Parts] = deque()
        self._transport: asyncio.Transport | None = None
        self._is_paused = False
        self._is_long = False
        self._is_closing = False
        self.peer: str | None = None
        self.last_activity_ms = server.clock.now_ms()

    # asyncio.BufferedProtocol ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        name = self._transport.get_extra_info("peername")
        self.peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else None
        self._server.connections.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes: a long body's own buffer, or the one that all connections share."""
        space = self._splitter.space()
        self._is_long = space is not None
        return self._server.read_view if space is None else space

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come, since the last `get_buffer`."""
        if self._is_closing:
            return
        self.last_activity_ms = self._server.clock.now_ms()
        splitter = self._splitter
        view = self._server.read_view
        frames = splitter.filled(nbytes) if self._is_long else splitter.feed(bytes(view[:nbytes]))
        if self._pending or self._is_paused:
            self._pending.extend(frames)
        elif frames:
            self._work(frames)
        if self._splitter.error is not None and not self._pending:
            self._refuse(self._splitter.error)

    def _work(self, frames: list[Parts]) -> None:
        """Answers frames in order, as long as the answers leave."""
        process = self._server.processor.process
        answers: list[bytes] = []
        size = 0
        for index, (serialize_type, head, body) in enumerate(frames):
            try:
                answer = process(self, serialize_type, head, body)
            except RemotingError as error:
                self._write(answers)
                self._refuse(error)
                return
            except Exception:
                # A fault of ours: this peer is cut off, the others go on.
                log.exception("request failed", peer=self.peer)
                self._write(answers)
                self.close()
                return
            if answer is not None:
                answers.append(answer)
                size += len(answer)
                if size > WRITE_CHUNK_BYTES:
                    self._write(answers)
                    answers, size = [], 0
                    if self._is_paused:
                        self._pending.extend(frames[index + 1 :])
                        break
        self._write(answers)
        self._server.settle()

    def _write(self, answers: list[bytes]) -> None:
        if answers and self._transport is not None:
            self._transport.write(answers[0] if len(answers) == 1 else b"".join(answers))

    def _refuse(self, error: RemotingError) -> None:
        log.warning("connection closed", why="malformed frame", peer=self.peer, error=str(error))
        self.close()

    def pause_writing(self) -> None:
        """The peer does not take its answers: nothing more is read from it until it does."""
        self._is_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It does again."""
        self._is_paused = False
        self.last_activity_ms = self._server.clock.now_ms()
        if self._pending:
            frames = list(self._pending)
            self._pending.clear()
            self._work(frames)
        if self._is_paused or self._is_closing or self._transport is None:
            return
        if self._splitter.error is not None:
            self._refuse(self._splitter.error)
        else:
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, whoever closed it."""
        self._is_closing = True
        self._pending.clear()
        self._server.forget(self)

    # The server's side --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Closes; answers that wait leave first, unless the peer does not take them."""
        self._is_closing = True
        self._pending.clear()
        if self._transport is not None:
            if self._transport.get_write_buffer_size():
                self._loop.call_later(STOP_TIMEOUT_S, self.abort)
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        self._is_closing = True
        if self._transport is not None:
            self._transport.abort()
