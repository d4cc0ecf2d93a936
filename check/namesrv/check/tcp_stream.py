"""One direction of a TCP connection, put together from the segments that a capture has of it.

Segments may come out of order, twice, overlapping, or not at all. What is contiguous is handed on with the time at which it had
come. A hole is given up when the receiver has acknowledged what is behind its beginning, so that nobody will send it again, or
when nothing has filled it for too long. Sequence numbers: RFC 9293, 3.4.
"""

import bisect
from typing import Final

import attrs

MODULUS: Final = 1 << 32
PATIENCE_NS: Final = 30_000_000_000
"""A segment that was really lost is sent again within that: RFC 6298 doubles from 1 s; Linux begins at 0.2 s."""
REORDERED_NS: Final = 1_000_000_000
"""A capture may have an acknowledgement before what it acknowledges (several queues of a network card), but not for long."""
MOST_HELD_BYTES: Final = 64 << 20


@attrs.frozen
class Data:
    """Bytes in their order; all of them had come at `at`."""

    at: int
    data: bytes


@attrs.frozen
class Hole:
    """So many bytes that the capture does not have; what is behind them came at `at`."""

    at: int
    count: int


@attrs.frozen
class End:
    """The FIN, after everything else."""

    at: int


Piece = Data | Hole | End


@attrs.frozen
class _Held:
    seq: int
    at: int
    data: bytes
    fin: bool


class TcpStream:
    """`begin` where the SYN was seen; without it the stream begins with the first segment that is. Times must not go back."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: list[_Held] = []
        self._held_bytes = 0
        self._waiting_since = 0
        self._acked_since: int | None = None
        self.is_over = False

    def begin(self, seq: int) -> None:
        """The sequence number of the SYN."""
        self._next = (seq + 1) % MODULUS

    @property
    def is_fresh(self) -> bool:
        """Whether nothing of it has been seen yet."""
        return self._next is None

    def is_near(self, seq: int) -> bool:
        """Whether a segment there may be of this stream still."""
        return self._next is None or abs(_distance(self._next, seq)) < MOST_HELD_BYTES

    @property
    def has_hole(self) -> bool:
        """Whether something is held that what is before it is missing for."""
        return bool(self._held)

    def add(self, at: int, seq: int, data: bytes, *, fin: bool) -> list[Piece]:
        """What is contiguous with this segment."""
        if self.is_over or not (data or fin):
            return []
        if self._next is None:
            self._next = seq
        offset = _distance(self._next, seq)
        if offset > 0:
            if not self._held:
                self._waiting_since = at
            bisect.insort(self._held, _Held(seq, at, data, fin), key=self._ahead)
            self._held_bytes += len(data)
            return self.give_up() if self._held_bytes > MOST_HELD_BYTES else []
        pieces = self._take(at, _Held(seq, at, data, fin))
        return pieces + self._take_held(at)

    def acked(self, at: int, ack: int) -> None:
        """The other side has everything before `ack`, says the capture."""
        if self._held and self._next is not None and _distance(self._next, ack) > 0 and self._acked_since is None:
            self._acked_since = at

    def tick(self, at: int) -> list[Piece]:
        """Time has gone on: a hole may be given up."""
        pieces: list[Piece] = []
        if self._acked_since is not None and at - self._acked_since >= REORDERED_NS:
            pieces += self._give_up_first()
        while self._held and at - self._waiting_since >= PATIENCE_NS:
            pieces += self._give_up_first()
        return pieces

    def give_up(self) -> list[Piece]:
        """Nothing fills any hole any more: all that is held."""
        pieces: list[Piece] = []
        while self._held:
            pieces += self._give_up_first()
        return pieces

    def _give_up_first(self) -> list[Piece]:
        """The first hole, and what is behind it, with its own times."""
        first = self._held[0]
        hole = Hole(first.at, self._ahead(first))
        self._next = first.seq
        return [hole, *self._take_held(first.at)]

    def _ahead(self, held: _Held) -> int:
        """How far it is from what is next."""
        assert self._next is not None
        return _distance(self._next, held.seq)

    def _take_held(self, at: int) -> list[Piece]:
        """What is held and contiguous now. `at`: when what was before it had come."""
        pieces: list[Piece] = []
        while self._held and self._ahead(self._held[0]) <= 0:
            held = self._held.pop(0)
            self._held_bytes -= len(held.data)
            at = max(at, held.at)
            pieces += self._take(at, held)
        if pieces:
            self._acked_since = None
            self._waiting_since = min((held.at for held in self._held), default=0)
        return pieces

    def _take(self, at: int, segment: _Held) -> list[Piece]:
        """A segment that does not begin behind what is next: its new bytes."""
        assert self._next is not None
        known = -_distance(self._next, segment.seq)
        fresh = segment.data[known:]
        pieces: list[Piece] = []
        if fresh:
            pieces.append(Data(at, fresh))
            self._next = (self._next + len(fresh)) % MODULUS
        if segment.fin and not self.is_over and known <= len(segment.data):
            self.is_over = True
            pieces.append(End(at))
        return pieces


def _distance(start: int, end: int) -> int:
    """From `start` to `end`, the shorter way round."""
    return (end - start + MODULUS // 2) % MODULUS - MODULUS // 2
