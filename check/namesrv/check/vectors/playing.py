"""A dumb runner: plays vectors against a NameServer with sockets and regular expressions, and knows nothing of what they mean.

A port's own runner does the same in its language; `docs/vectors/runner.go` is one.
"""

import json
import re
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any, Final

import attrs

from namesrv.check.findings import Undecided, Verdict

FORMAT: Final = 2
"""The version of the format that this runner plays."""

TIMEOUT_S: Final = 5.0
"""How long it waits for an answer."""

POLL_S: Final = 0.005
"""How long it is between two questions of a `wait`."""

MAX_FRAME_BYTES: Final = 1 << 24
"""No NameServer says more at once."""

GLANCE_S: Final = 0.001
"""How long it looks, before it closes a connection, for answers that nobody asked for."""

Op = dict[str, Any]


@attrs.frozen(kw_only=True)
class Failure:
    """An operation that did not come out as expected. `line`: its number in the vectors, from 1."""

    sequence: str
    line: int
    what: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.sequence}, line {self.line}: {self.what}\n  expected  {self.expected}\n  got       {self.got}"


@attrs.frozen(kw_only=True)
class Played:
    """What playing came to. `operations`: how many were done; `whole`: whether that was all there is."""

    sequences: int
    operations: int
    failures: tuple[Failure, ...]
    whole: bool

    @property
    def verdict(self) -> Verdict:
        """Vectors without a single sequence decide nothing, nor does a file that is cut short."""
        if self.failures:
            return Verdict.VIOLATED
        return Verdict.HOLDS if self.sequences and self.whole else Verdict.UNKNOWN


class Connection:
    """One TCP connection: frames out, answers in."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self._is_closed = False

    def send(self, frame: bytes) -> None:
        """Sends one frame; that nobody reads any more is found when the answer does not come."""
        try:
            self._socket.sendall(frame)
        except OSError:
            self._is_closed = True

    def answer(self, deadline: float) -> str | None:
        """The next answer, `None` if none comes by `deadline`."""
        while (frame := self._next_frame()) is None:
            left_s = deadline - time.monotonic()
            if self._is_closed or left_s <= 0:
                return None
            self._socket.settimeout(left_s)
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                return None
            except OSError:
                data = b""
            self._is_closed = not data
            self._data += data
        return read_frame(frame)

    def _next_frame(self) -> bytes | None:
        """The next one that is whole, without its length."""
        if len(self._data) < 4:
            return None
        length = struct.unpack_from(">i", self._data)[0]
        if not 4 <= length <= MAX_FRAME_BYTES:
            raise Undecided(f"an answer that is no RocketMQ remoting: it begins with {self._data[:80]!r}")
        if len(self._data) < 4 + length:
            return None
        frame, self._data = self._data[4 : 4 + length], self._data[4 + length :]
        return frame

    def close(self, *, linger_s: int = -1) -> None:
        """Closes; with 0 it resets."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", linger_s >= 0, max(linger_s, 0)))
        self._socket.close()


def read_frame(frame: bytes) -> str:
    """The header, a line feed, the body. `frame`: without its length. Raises `Undecided` if it is no RocketMQ remoting."""
    length = struct.unpack_from(">i", frame)[0]
    header = frame[4 : 4 + length]
    if length < 0 or not header.startswith(b"{"):
        raise Undecided(f"an answer that is no RocketMQ remoting: {frame[:80]!r}")
    return b"\n".join((header, frame[4 + length :])).decode("utf-8", "replace")


class _Failed(Exception):
    def __init__(self, what: str, expected: str, got: str) -> None:
        super().__init__(what)
        self.parts = {"what": what, "expected": expected, "got": got}


class _Sequence:
    """One sequence's connections, and what is done over them."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._connections: dict[int, Connection] = {}

    def do(self, op: Op) -> None:
        """One operation. Raises `_Failed`, and `Undecided` where the NameServer can't be reached."""
        match op["op"]:
            case "open":
                try:
                    self._connections[op["connection"]] = Connection(*self._address)
                except OSError as error:
                    raise Undecided(f"connect to {self._address[0]}:{self._address[1]}: {error}") from error
            case "send" | "expect" | "wait":
                self._ask(op)
            case "close":
                self._close(op)
            case other:
                raise Undecided(f"vectors of another format: no operation {other!r} is known")

    def end(self) -> None:
        """Nothing is left open."""
        for connection in self._connections.values():
            connection.close()

    def _ask(self, op: Op) -> None:
        """Sends, waits for as many answers as are due; within the time of a `wait`, asks again after one that is not."""
        connection, frame = self._connections[op["connection"]], bytes.fromhex(op.get("hex", ""))
        within_s = op.get("within", 0) / 1000
        until, due = time.monotonic() + within_s, list(zip(op.get("matches", ()), op.get("answers", ()), strict=True))
        connection.send(frame)
        while due:
            got = connection.answer(until + TIMEOUT_S)
            answered = next((one for one in due if got is not None and re.fullmatch(one[0], got)), None)
            if answered is not None:
                due.remove(answered)
            elif got is None or time.monotonic() >= until:
                expected = " or ".join(json.dumps(each) for _, answers in due for each in answers)
                raise _Failed(op["op"], expected, got or "no answer")
            else:
                time.sleep(POLL_S)
                connection.send(frame)

    def _close(self, op: Op) -> None:
        connection = self._connections.pop(op["connection"])
        got = connection.answer(time.monotonic() + GLANCE_S)
        connection.close(linger_s=op["linger"])
        if got is not None:
            raise _Failed("an answer that is not due", "no answer", got)


def play(lines: Iterable[str], host: str, port: int, *, enough: int | None = None) -> Played:
    """Plays every sequence; of one that fails, the rest is left out. It ends after `enough` failures. Raises `Undecided`."""
    operations, failures, names, whole = 0, list[Failure](), list[str](), False
    current: _Sequence | None = None
    failed = False
    try:
        for number, line in enumerate(lines, 1):
            op = json.loads(line)
            if op["op"] == "vectors":
                if op["format"] != FORMAT:
                    raise Undecided(f"vectors of format {op['format']}, expected {FORMAT}")
            elif op["op"] == "sequence":
                if current is not None:
                    current.end()
                current, failed = _Sequence(host, port), False
                names.append(op["name"])
            elif op["op"] == "end":
                whole = op["sequences"] == len(names)
            elif current is None:
                raise Undecided(f"line {number}: an operation before the first sequence")
            elif not failed:
                operations += 1
                try:
                    current.do(op)
                except _Failed as error:
                    failed = True
                    failures.append(Failure(sequence=names[-1], line=number, **error.parts))
                    if len(failures) == enough:
                        break
    finally:
        if current is not None:
            current.end()
    return Played(sequences=len(names), operations=operations, failures=tuple(failures), whole=whole)
