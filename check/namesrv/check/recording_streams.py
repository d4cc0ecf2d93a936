"""What streams of bytes come to as events of a recording, whoever has read them: the proxy, or a capture."""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.check.recording import (
    Closed,
    Event,
    FrameSeen,
    Gap,
    Opened,
    Side,
    StreamEnded,
    Unreadable,
    UpstreamLost,
)
from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import FrameDecoder, encode_frame

TLS_RECORDS: Final = (b"\x16\x03", b"\x15\x03", b"\x14\x03", b"\x17\x03")
"""How a record of TLS begins: a handshake, or one from the middle. As remoting it would be a frame of 350 MB."""
TLS: Final = "TLS"
SHOWN_BYTES: Final = 8


class Stream:
    """One direction of a connection."""

    def __init__(self) -> None:
        self._decoder = FrameDecoder()
        self._start = b""
        self.seen = 0
        self.framed = 0
        self.why_unreadable: str | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole with `data`, as they were on the wire. See `why_unreadable` for what is none."""
        self.seen += len(data)
        if self.why_unreadable is not None:
            return []
        if len(self._start) < SHOWN_BYTES:
            self._start += data[: SHOWN_BYTES - len(self._start)]
        try:
            found = self._decoder.feed(data)
            fault = self._decoder.error
        except FrameError as error:
            found, fault = [], error
        frames = [encode_frame(frame.serialize_type, frame.header, frame.body) for frame in found]
        self.framed += sum(map(len, frames))
        if fault is not None:
            self._give_up(fault)
        return frames

    def restart(self) -> None:
        """Something is missing: what comes next begins with a frame, unless it was unreadable anyhow."""
        if self.why_unreadable is None:
            self._decoder = FrameDecoder()

    def _give_up(self, fault: FrameError) -> None:
        if self._start.startswith(TLS_RECORDS):
            self.why_unreadable = TLS
        else:
            begin = f", it begins with {self._start!r}" if not self.framed else ""
            self.why_unreadable = f"not remoting: {fault}{begin}"

    @property
    def unreadable(self) -> int:
        """Bytes that are in no frame, or not yet."""
        return self.seen - self.framed


@attrs.define
class Counts:
    """What has come so far. `unreadable`: connections of which something can't be read, and why, for the first of each reason."""

    connections: int = 0
    open: int = 0
    requests: int = 0
    answers: int = 0
    bytes: int = 0
    upstream_lost: int = 0
    gaps: int = 0
    unreadable: dict[str, int] = attrs.field(factory=dict)

    @property
    def frames(self) -> int:
        """Both ways."""
        return self.requests + self.answers


@attrs.define
class _Connection:
    number: int
    streams: dict[Side, Stream]
    ended: list[Side]
    is_told: bool = False


class Traffic:
    """All connections of a recording. `emit` is given each event, in order; times are the caller's and must not go back."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.counts = Counts()
        self._emit = emit
        self._connections: dict[int, _Connection] = {}

    def opened(self, at: int, peer: str, *, continued: bool = False) -> int:
        """A connection; returns its number."""
        self.counts.connections += 1
        self.counts.open += 1
        number = self.counts.connections
        self._connections[number] = _Connection(number, {Side.CLIENT: Stream(), Side.SERVER: Stream()}, [])
        self._emit(Opened(at=at, connection=number, peer=peer, continued=continued))
        return number

    def came(self, at: int, connection: int, sender: Side, data: bytes) -> None:
        """Bytes of an open connection."""
        self.counts.bytes += len(data)
        stream = self._connections[connection].streams[sender]
        was_readable = stream.why_unreadable is None
        for frame in stream.feed(data):
            if sender is Side.CLIENT:
                self.counts.requests += 1
            else:
                self.counts.answers += 1
            self._emit(FrameSeen(at=at, connection=connection, sender=sender, data=frame))
        if was_readable and stream.why_unreadable is not None:
            self._tell_unreadable(at, connection, sender, stream.why_unreadable)

    def ended(self, at: int, connection: int, sender: Side) -> None:
        """One direction is over."""
        known = self._connections[connection]
        if sender not in known.ended:
            known.ended.append(sender)
            self._emit(StreamEnded(at=at, connection=connection, sender=sender))

    def missing(self, at: int, connection: int, sender: Side, count: int | None, why: str) -> None:
        """Bytes of an open connection that nobody has seen: what `came` next begins with a frame."""
        self.counts.gaps += 1
        self._connections[connection].streams[sender].restart()
        self._emit(Gap(at=at, connection=connection, sender=sender, count=count, why=why))

    def upstream_lost(self, at: int, connection: int, why: str) -> None:
        """The NameServer could not be reached; the connection is closed next."""
        self.counts.upstream_lost += 1
        self._emit(UpstreamLost(at=at, connection=connection, why=why))

    def closed(self, at: int, connection: int, by: Side, *, reset: bool = False) -> None:
        """A connection is gone, which has to be an open one; `by` counts if no direction had ended before."""
        known = self._connections.pop(connection)
        self.counts.open -= 1
        client, server = (known.streams[side].unreadable for side in (Side.CLIENT, Side.SERVER))
        self._emit(
            Closed(
                at=at,
                connection=connection,
                by=known.ended[0] if known.ended else by,
                reset=reset,
                unreadable=(client, server),
            )
        )

    def _tell_unreadable(self, at: int, connection: int, sender: Side, why: str) -> None:
        known = self._connections[connection]
        if not known.is_told:
            known.is_told = True
            kind = TLS if why == TLS else "not remoting"
            self.counts.unreadable[kind] = self.counts.unreadable.get(kind, 0) + 1
        count = known.streams[sender].unreadable
        self._emit(Unreadable(at=at, connection=connection, sender=sender, count=count, why=why))
