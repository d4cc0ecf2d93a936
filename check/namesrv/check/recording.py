"""What a recording holds: who it is of, and event by event what went between a NameServer and its peers.

`recording_lines` writes and reads them as lines of JSON, `recording_file` as files; docs/recordings.md tells the format.

`at`: nanoseconds since the recording began, never going back; taken where the bytes pass, before they are passed on. So
of two events of a recording it is certain that

- a request stands before the NameServer could have had all of it, and an answer after the NameServer had given all of it;
- what a peer sent because of an answer stands after that answer, whatever the connections.
"""

from enum import StrEnum

import attrs


class RecordingError(ValueError):
    """Something that is no part of a recording."""

    def __init__(self, what: str, where: str, expected: str, got: str) -> None:
        super().__init__(f"{what} at {where}: expected {expected}, got {got}")
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got


class Side(StrEnum):
    """Who speaks, or ends a connection. The proxy does neither unless it is stopped."""

    CLIENT = "client"
    SERVER = "server"
    PROXY = "proxy"


@attrs.frozen(kw_only=True)
class Head:
    """The first line. `started`: ISO 8601, UTC. `listen`: where the peers connect; `upstream`: the NameServer; both `HOST:PORT`.

    `source`: `proxy`, or `capture` for one made of a tcpdump's file. `part` counts from 1; `continued_from` names the file
    before this one, of the same folder.
    """

    started: str
    listen: str
    upstream: str
    made_by: str
    source: str = "proxy"
    part: int = 1
    continued_from: str | None = None


@attrs.frozen(kw_only=True)
class Opened:
    """A peer has connected. Numbers count from 1 and are not used again.

    `continued`: the connection was there before the recording, or before this part of it.
    """

    at: int
    connection: int
    peer: str
    continued: bool = False


@attrs.frozen(kw_only=True)
class FrameSeen:
    """One whole remoting frame, its length field included, as `sender` wrote it; `at`: its last byte has passed."""

    at: int
    connection: int
    sender: Side
    data: bytes = attrs.field(repr=lambda data: f"<{len(data)} bytes>")


@attrs.frozen(kw_only=True)
class StreamEnded:
    """`sender` will say nothing more (a FIN). The other direction may go on. Once per direction at the most."""

    at: int
    connection: int
    sender: Side


@attrs.frozen(kw_only=True)
class Closed:
    """The connection is gone in both directions. `by`: whose end, or reset, came first.

    `reset`: it did not end in an orderly way. `unreadable`: bytes of `client`, of `server`, that are in no frame.
    """

    at: int
    connection: int
    by: Side
    reset: bool = False
    unreadable: tuple[int, int] = (0, 0)


@attrs.frozen(kw_only=True)
class Unreadable:
    """From here on what `sender` says is passed on, but is no frames. `count`: bytes of it that were seen so far.

    Once per direction at the most.
    """

    at: int
    connection: int
    sender: Side
    count: int
    why: str


@attrs.frozen(kw_only=True)
class UpstreamLost:
    """The NameServer could not be reached for this peer, whose connection is closed without a word of the NameServer's."""

    at: int
    connection: int
    why: str


@attrs.frozen(kw_only=True)
class Gap:
    """Something is missing here: the recording can't be written, or the capture lacks a segment.

    `connection`, `sender`: of which, `None` for all. `frames`, `count` (bytes): how much, `None` if that is not known.
    """

    at: int
    why: str
    connection: int | None = None
    sender: Side | None = None
    frames: int | None = None
    count: int | None = None


@attrs.frozen(kw_only=True)
class Continues:
    """The recording goes on in `file`, of the same folder."""

    at: int
    file: str


@attrs.frozen(kw_only=True)
class Ended:
    """The recording was ended in an orderly way. `frames`: how many were seen, in all parts."""

    at: int
    frames: int


Event = Opened | FrameSeen | StreamEnded | Closed | Unreadable | UpstreamLost | Gap | Continues | Ended


@attrs.frozen(kw_only=True)
class LeftOut:
    """A line that is no event, or none that can stand there; in the words of `RecordingError`."""

    what: str
    where: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.what} at {self.where}: expected {self.expected}, got {self.got}"


@attrs.frozen(kw_only=True)
class Recording:
    """All of a recording. `left_out`: the first lines that could not be used, `left_out_lines` how many there were.

    `has_ended`: it was ended in an orderly way; otherwise whatever came last may be missing.
    """

    head: Head
    events: tuple[Event, ...]
    left_out: tuple[LeftOut, ...] = ()
    left_out_lines: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether the last event says so."""
        return bool(self.events) and isinstance(self.events[-1], Ended)
