"""A capture as a recording: its segments put together into streams, these cut into frames, and the events of all put in order.

A hole is noticed late, and what stands behind it came earlier than that; so events wait until nothing older can come any more.
"""

import heapq
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import attrs

from namesrv.check.captures import Segment
from namesrv.check.frame_search import FrameSearch
from namesrv.check.recording import Ended, Event, Side
from namesrv.check.recording_streams import TLS_RECORDS, Traffic
from namesrv.check.tcp_stream import PATIENCE_NS, Data, Hole, Piece, TcpStream
from namesrv.remoting.address import Address

HORIZON_NS: Final = PATIENCE_NS + 1_000_000_000
NOT_CAPTURED: Final = "the capture lacks a part of this connection"
NO_FRAME: Final = "until the next frame"
OTHER: Final = {Side.CLIENT: Side.SERVER, Side.SERVER: Side.CLIENT}


def iso(at: int) -> str:
    """Nanoseconds since the epoch as ISO 8601, UTC, to the microsecond."""
    when = datetime.fromtimestamp(at // 1_000_000_000, UTC).replace(microsecond=at // 1_000 % 1_000_000)
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


class InOrder:
    """Hands events on by their times, those of one time as they came."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._waiting: list[tuple[int, int, Event]] = []
        self._count = 0

    def put(self, event: Event) -> None:
        """One event more."""
        self._count += 1
        heapq.heappush(self._waiting, (event.at, self._count, event))

    def release(self, before: int) -> None:
        """Nothing that is older will come any more."""
        while self._waiting and self._waiting[0][0] < before:
            self._emit(heapq.heappop(self._waiting)[2])

    def close(self) -> None:
        """Nothing will come any more."""
        while self._waiting:
            self._emit(heapq.heappop(self._waiting)[2])


@attrs.define
class _Connection:
    number: int
    streams: dict[Side, TcpStream]
    searches: dict[Side, FrameSearch | None]
    syn: int | None
    ended: set[Side] = attrs.field(factory=set)
    is_closed: bool = False


class CaptureRecording:
    """`add` segments in the capture's order, then `close`. `emit` is given the events in theirs; their times begin with 0.

    `servers`: the NameServer's addresses; segments of others are left out.
    """

    def __init__(self, servers: Iterable[Address], emit: Callable[[Event], None]) -> None:
        self._servers = frozenset(servers)
        self._order = InOrder(emit)
        self.traffic = Traffic(self._order.put)
        self.began: int | None = None
        self._at = 0
        self._connections: dict[tuple[Address, Address], _Connection] = {}
        self._with_hole: set[tuple[Address, Address]] = set()

    def add(self, segment: Segment) -> None:
        """One segment more."""
        sender = Side.CLIENT if segment.target in self._servers else Side.SERVER
        server, client = segment.target, segment.source
        if sender is Side.SERVER:
            server, client = client, server
        if server not in self._servers:
            return
        if self.began is None:
            self.began = segment.at
        self._at = at = segment.at - self.began
        self._tick(at)
        key = client, server
        known = self._connections.get(key)
        if segment.syn:
            self._syn(at, key, known, sender, segment)
            return
        if known is None or (known.is_closed and not known.streams[sender].is_near(segment.seq)):
            if not segment.data:
                return
            known = self._open(at, key, None)
        if known.is_closed:
            return
        stream = known.streams[sender]
        if segment.ack is not None:
            known.streams[OTHER[sender]].acked(at, segment.ack)
        self._put(known, sender, stream.add(at, segment.seq, segment.data, fin=segment.fin))
        if stream.has_hole:
            self._with_hole.add(key)
        if segment.rst:
            self._close(at, known, sender, reset=True)
        elif len(known.ended) == len(known.streams):
            self._close(at, known, sender, reset=False)

    def close(self) -> None:
        """The capture is over; who is still connected stays so."""
        for known in self._connections.values():
            self._give_up(self._at, known)
        self._order.put(Ended(at=self._at, frames=self.traffic.counts.frames))
        self._order.close()

    def _tick(self, at: int) -> None:
        for key in list(self._with_hole):
            known = self._connections[key]
            for side, stream in known.streams.items():
                if not known.is_closed:
                    self._put(known, side, stream.tick(at))
            if known.is_closed or not any(stream.has_hole for stream in known.streams.values()):
                self._with_hole.discard(key)
        self._order.release(at - HORIZON_NS)

    def _syn(
        self, at: int, key: tuple[Address, Address], known: _Connection | None, sender: Side, segment: Segment
    ) -> None:
        if sender is Side.CLIENT and (known is None or known.syn != segment.seq):
            if known is not None and not known.is_closed:  # its end was not captured
                self._close(at, known, Side.CLIENT, reset=True)
            known = self._open(at, key, segment.seq)
            known.streams[Side.CLIENT].begin(segment.seq)
        elif sender is Side.SERVER and known is not None and known.streams[Side.SERVER].is_fresh:
            known.streams[Side.SERVER].begin(segment.seq)
            known.searches[Side.SERVER] = None

    def _open(self, at: int, key: tuple[Address, Address], syn: int | None) -> _Connection:
        number = self.traffic.opened(at, str(key[0]), continued=syn is None)
        known = _Connection(
            number,
            {Side.CLIENT: TcpStream(), Side.SERVER: TcpStream()},
            {Side.CLIENT: None if syn is not None else FrameSearch(), Side.SERVER: FrameSearch()},
            syn,
        )
        self._connections[key] = known
        return known

    def _put(self, known: _Connection, sender: Side, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Data):
                self._data(piece.at, known, sender, piece.data)
            elif isinstance(piece, Hole):
                self._stop_search(piece.at, known, sender)
                self.traffic.missing(piece.at, known.number, sender, piece.count, NOT_CAPTURED)
                known.searches[sender] = FrameSearch()
            else:
                self._stop_search(piece.at, known, sender)
                known.ended.add(sender)
                self.traffic.ended(piece.at, known.number, sender)

    def _data(self, at: int, known: _Connection, sender: Side, data: bytes) -> None:
        search = known.searches[sender]
        if search is None:
            self.traffic.came(at, known.number, sender, data)
            return
        if not search.held and not search.skipped and data.startswith(TLS_RECORDS):
            known.searches[sender] = None
            self.traffic.came(at, known.number, sender, data)
            return
        found = search.feed(data)
        if found is not None:
            known.searches[sender] = None
            if search.skipped:
                self.traffic.missing(at, known.number, sender, search.skipped, NO_FRAME)
            self.traffic.came(at, known.number, sender, found)

    def _stop_search(self, at: int, known: _Connection, sender: Side) -> None:
        """No frame will be found: what was looked at is told."""
        search, known.searches[sender] = known.searches[sender], None
        if search is not None and search.held + search.skipped:
            self.traffic.missing(at, known.number, sender, search.held + search.skipped, NO_FRAME)

    def _give_up(self, at: int, known: _Connection) -> None:
        if known.is_closed:
            return
        for side, stream in known.streams.items():
            self._put(known, side, stream.give_up())
            self._stop_search(at, known, side)

    def _close(self, at: int, known: _Connection, by: Side, *, reset: bool) -> None:
        self._give_up(at, known)
        known.is_closed = True
        self.traffic.closed(at, known.number, by, reset=reset)
