"""A connection to the NameServer under test: blocking, bounded in time, answers matched by opaque."""

import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Final

from namesrv.check.findings import Undecided
from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import FrameDecoder

RECEIVE_BYTES: Final = 1 << 16


class Peer:
    """One TCP connection, over TLS with `tls`. Raises `Undecided` where it is lost or what comes is not a NameServer's."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.where = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._clock = clock
        self._decoder = FrameDecoder()
        self._answers: dict[int, RemotingCommand] = {}
        self._next_opaque = 0
        self.is_closed_by_peer = False
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout_s)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        except OSError as error:
            raise Undecided(f"connect to {self.where}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def next_opaque(self) -> int:
        """A number that no earlier request of this connection has."""
        self._next_opaque += 1
        return self._next_opaque

    def send(self, frames: bytes) -> None:
        """Sends everything."""
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(frames)
        except OSError as error:
            self.is_closed_by_peer = True
            raise Undecided(f"send to {self.where}: {error}") from error

    def answer(self, opaque: int, deadline: float) -> RemotingCommand | None:
        """The answer to that request, or `None` if it has not come by `deadline` (of `clock`) or the peer has closed."""
        while opaque not in self._answers:
            if self.is_closed_by_peer or not self._receive(deadline - self._clock()):
                return None
        return self._answers.pop(opaque)

    def is_closed(self, deadline: float) -> bool:
        """Whether the NameServer has closed it by `deadline` (of `clock`)."""
        while not self.is_closed_by_peer and self._receive(deadline - self._clock()):
            pass
        return self.is_closed_by_peer

    def fileno(self) -> int:
        """For whoever waits for several."""
        return self._socket.fileno()

    def arrived(self) -> list[RemotingCommand]:
        """Takes the answers that have come, in order. Reads once: for a connection of which is known that there is something.

        Enough for TLS, too: no record is as long as `RECEIVE_BYTES`, so none is left half read, which no selector would tell.
        """
        self._receive(self._timeout_s)
        came = list(self._answers.values())
        self._answers.clear()
        return came

    def unread(self) -> dict[int, RemotingCommand]:
        """What has come and nobody has asked for."""
        return dict(self._answers)

    def close(self, *, abort: bool = False) -> None:
        """Closes the connection; `abort` resets it."""
        if abort:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _receive(self, timeout_s: float) -> bool:
        """Reads once. False if nothing came in time."""
        if timeout_s <= 0:
            return False
        self._socket.settimeout(timeout_s)
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self.is_closed_by_peer = True
            return False
        try:
            for frame in self._decoder.feed(data):
                command = decode_command(frame)
                self._answers[command.opaque] = command
        except RemotingError as error:
            raise Undecided(f"{self.where} does not speak RocketMQ remoting: {error}") from error
        return True
