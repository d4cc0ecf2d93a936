"""A dumb runner: plays vectors against a NameServer with sockets and JSON, and knows nothing of what they mean.

A port's own runner does the same in its language; `docs/vectors/runner.go` is one.
"""

import json
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any, Final

import attrs

from namesrv.check.findings import Undecided, Verdict
from namesrv.check.vectors.comparing import agrees

FORMAT: Final = 1
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
Answer = dict[str, Any]


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
    """What playing came to. `operations`: how many were done."""

    sequences: int
    operations: int
    failures: tuple[Failure, ...]

    @property
    def verdict(self) -> Verdict:
        """Vectors without a single sequence decide nothing."""
        if self.failures:
            return Verdict.VIOLATED
        return Verdict.HOLDS if self.sequences else Verdict.UNKNOWN


class Connection:
    """One TCP connection: frames out, answers in, by opaque."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self.answers: dict[int, Answer] = {}
        self.is_closed = False

    def send(self, frame: bytes) -> None:
        """Sends one frame; that nobody reads any more is found when the answer does not come."""
        try:
            self._socket.sendall(frame)
        except OSError:
            self.is_closed = True

    def answer(self, opaque: int, deadline: float) -> Answer | None:
        """The answer to that request, `None` if it does not come by `deadline`."""
        while opaque not in self.answers:
            if not self.receive(deadline):
                return None
        return self.answers.pop(opaque)

    def receive(self, deadline: float) -> bool:
        """Reads once. False if nothing came in time, or nothing will come any more."""
        left_s = deadline - time.monotonic()
        if self.is_closed or left_s <= 0:
            return False
        self._socket.settimeout(left_s)
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.is_closed = not data
        self._data += data
        while (frame := self._next_frame()) is not None:
            opaque, answer = read_frame(frame)
            self.answers[opaque] = answer
        return not self.is_closed

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

    def close(self, *, reset: bool = False) -> None:
        """Closes, or resets."""
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


def read_frame(frame: bytes) -> tuple[int, Answer]:
    """Opaque and answer. `frame`: without its length. Raises `Undecided` if it is no answer of RocketMQ's remoting."""
    try:
        length = struct.unpack_from(">i", frame)[0]
        fields, body = json.loads(frame[4 : 4 + length]), frame[4 + length :] or None
        answer = {"code": fields["code"], "remark": fields.get("remark"), "extFields": fields.get("extFields")}
        return fields["opaque"], {**answer, "body": body}
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise Undecided(f"an answer that is no RocketMQ remoting: {frame[:80]!r}: {error}") from error


class _Failed(Exception):
    def __init__(self, what: str, expected: object, got: object) -> None:
        super().__init__(what)
        self.parts = {"what": what, "expected": _shown(expected), "got": _shown(got)}


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=_decoded)


def _decoded(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


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
            case "send":
                self._connections[op["connection"]].send(bytes.fromhex(op["hex"]))
            case "expect":
                self._expect(op, time.monotonic() + TIMEOUT_S)
            case "wait":
                self._wait(op)
            case "close":
                self._close(op)
            case other:
                raise Undecided(f"vectors of another format: no operation {other!r} is known")

    def end(self) -> None:
        """Nothing is left open."""
        for connection in self._connections.values():
            connection.close()

    def _expect(self, op: Op, deadline: float) -> None:
        got = self._connections[op["connection"]].answer(op["opaque"], deadline)
        if got is None or not any(agrees(got, answer) for answer in op["answers"]):
            raise _Failed(f"the answer to request {op['opaque']}", _either(op["answers"]), got or "no answer")

    def _wait(self, op: Op) -> None:
        deadline = time.monotonic() + op["within"] / 1000
        while True:
            self._connections[op["connection"]].send(bytes.fromhex(op["hex"]))
            try:
                self._expect(op, time.monotonic() + TIMEOUT_S)
            except _Failed:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            time.sleep(POLL_S)

    def _close(self, op: Op) -> None:
        connection = self._connections.pop(op["connection"])
        while connection.receive(time.monotonic() + GLANCE_S):
            pass
        connection.close(reset=op["reset"])
        for opaque, answer in connection.answers.items():
            raise _Failed(f"an answer to request {opaque}", "no answer", answer)


def _either(answers: list[Any]) -> object:
    return answers[0] if len(answers) == 1 else {"any of": answers}


def play(lines: Iterable[str], host: str, port: int, *, enough: int | None = None) -> Played:
    """Plays every sequence; of one that fails, the rest is left out. It ends after `enough` failures. Raises `Undecided`."""
    operations, failures, names = 0, list[Failure](), list[str]()
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
    return Played(sequences=len(names), operations=operations, failures=tuple(failures))
