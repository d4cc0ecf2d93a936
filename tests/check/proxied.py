"""A recording proxy in a thread of its own, before whoever listens at a port; and the sockets of both sides."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from namesrv.check.recording import Event, Head, Recording
from namesrv.check.recording_file import load_recording
from namesrv.check.recording_proxy import RecordingProxy
from namesrv.check.recording_sink import Parts, RecordingSink
from namesrv.remoting.address import Address
from namesrv.server.running import new_event_loop

DEADLINE_S = 60.0
ONE_FILE = Parts()
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": new_event_loop,
}


@attrs.define
class Proxied:
    """The proxy, where it listens, and what it has told. The recording is whole once the block is left."""

    proxy: RecordingProxy
    port: int
    path: Path
    told: list[str]
    loop: asyncio.AbstractEventLoop
    sink: RecordingSink

    def connect(self) -> socket.socket:
        """A peer."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)

    def call(self, action: Callable[[], Any]) -> Any:
        """What `action` returns, between two turns of the proxy's loop."""
        done: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(action()))
        return done.result(DEADLINE_S)

    def recording(self) -> Recording:
        """All of it so far."""
        return load_recording(self.path)

    def events(self, kind: type[Event]) -> list[Any]:
        """Those of one kind."""
        return [event for event in self.recording().events if isinstance(event, kind)]


@contextmanager
def proxied(
    upstream_port: int, path: Path, *, parts: Parts = ONE_FILE, loop: str = "uvloop", host: str = "127.0.0.1"
) -> Iterator[Proxied]:
    """Until the block is left, in an orderly way."""
    running = LOOPS[loop]()
    told: list[str] = []
    ready: Future[Proxied] = Future()
    stop = asyncio.Event()

    async def serve() -> None:
        proxy = RecordingProxy(Address(host, upstream_port), told.append)
        try:
            listen = await proxy.listen("127.0.0.1", 0)
            head = Head(started="2026-11-26T06:00:00Z", listen=listen, upstream=str(proxy.upstream), made_by="tests")
            sink = RecordingSink(path, head, parts, told.append)
            await proxy.start(sink)
        except BaseException as error:
            ready.set_exception(error)
            return
        port = int(listen.rpartition(":")[2])
        ready.set_result(Proxied(proxy, port, parts.path(path, 1), told, running, sink))
        await stop.wait()
        await proxy.stop()

    def run() -> None:
        try:
            running.run_until_complete(serve())
        finally:
            running.close()

    thread = threading.Thread(target=run, name="proxy", daemon=True)
    thread.start()
    try:
        yield ready.result(DEADLINE_S)
    finally:
        running.call_soon_threadsafe(stop.set)
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the proxy does not stop"


@contextmanager
def listener() -> Iterator[socket.socket]:
    """In the place of a NameServer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE_S)
        yield server


def port_of(server: socket.socket) -> int:
    """Where it listens."""
    port = server.getsockname()[1]
    assert isinstance(port, int)
    return port


def accept(server: socket.socket) -> socket.socket:
    """The next connection."""
    accepted, _ = server.accept()
    accepted.settimeout(DEADLINE_S)
    return accepted


def exactly(peer: socket.socket, count: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < count:
        piece = peer.recv(count - len(data))
        assert piece, f"expected {count} bytes, got the end after {len(data)}"
        data += piece
    return data


def reset(peer: socket.socket) -> None:
    """Closes it so that the other side sees a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
