"""Heads and events of recordings as lines of JSON; `schemas/recording.schema.json` is their schema.

Reading is strict: each line is what it should be, or a `RecordingError` says what it is instead.
"""

from binascii import hexlify
from collections.abc import Iterator
from typing import Any, Final

import attrs
import numpy as np
import orjson

from namesrv.check.recording import (
    Closed,
    Continues,
    Ended,
    Event,
    FrameSeen,
    Gap,
    Head,
    Opened,
    RecordingError,
    Side,
    StreamEnded,
    Unreadable,
    UpstreamLost,
)
from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import FrameDecoder

FORMAT: Final = "namesrv-recording"
VERSION: Final = 1
SHOWN_CHARACTERS: Final = 60
LONGEST_NS: Final = 36_525 * 86_400 * 10**9
LONG_BYTES: Final = 1 << 15
"""Of a frame of so many bytes numpy makes the digits, which lets other threads go on meanwhile; `hexlify` does not."""
PIECE_BYTES: Final = 1 << 18


def _digits_of_pairs() -> "np.ndarray[Any, np.dtype[np.uint32]]":
    """The four digits of any two bytes, at their number in little-endian order."""
    of_one = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
    pairs = np.empty((256, 256, 2), np.uint16)
    pairs[:, :, 0], pairs[:, :, 1] = of_one, of_one[:, None]
    return pairs.reshape(-1).view(np.uint32)


DIGITS: Final = _digits_of_pairs()
"""Two bytes at once take half as long as one by one."""
FRAME_LINE_BYTES: Final = 80
"""Of a frame's line, about, without the frame."""

NAMES: Final[dict[type[Event], str]] = {
    Opened: "open",
    FrameSeen: "frame",
    StreamEnded: "eof",
    Closed: "close",
    Unreadable: "unreadable",
    UpstreamLost: "upstream_lost",
    Gap: "gap",
    Continues: "continues",
    Ended: "end",
}


def head_line(head: Head) -> bytes:
    """The first line, with its newline."""
    fields: dict[str, Any] = {"format": FORMAT, "version": VERSION, **attrs.asdict(head)}
    if head.continued_from is None:
        del fields["continued_from"]
    return orjson.dumps(fields) + b"\n"


def event_line(event: Event) -> bytes:
    """The event's line, with its newline."""
    if isinstance(event, FrameSeen):
        return b"".join(frame_line(event))
    fields: dict[str, Any] = {"at": event.at, "event": NAMES[type(event)]}
    match event:
        case Opened():
            fields |= {"connection": event.connection, "peer": event.peer}
            if event.continued:
                fields["continued"] = True
        case StreamEnded():
            fields |= {"connection": event.connection, "from": event.sender}
        case Closed():
            fields |= {"connection": event.connection, "by": event.by, "reset": event.reset}
            if any(event.unreadable):
                fields["unreadable"] = {"client": event.unreadable[0], "server": event.unreadable[1]}
        case Unreadable():
            fields |= {"connection": event.connection, "from": event.sender, "bytes": event.count, "why": event.why}
        case UpstreamLost():
            fields |= {"connection": event.connection, "why": event.why}
            if event.refused:
                fields["refused"] = True
        case Gap():
            more = {"connection": event.connection, "from": event.sender, "frames": event.frames, "bytes": event.count}
            fields |= {"why": event.why, **{key: value for key, value in more.items() if value is not None}}
        case Continues():
            fields["file"] = event.file
        case Ended():
            fields["frames"] = event.frames
    return orjson.dumps(fields) + b"\n"


def frame_line(event: FrameSeen) -> Iterator[bytes | memoryview]:
    """The line of a frame in pieces: of a long one, each is made in little time, and none is copied."""
    yield b'{"at":%d,"event":"frame","connection":%d,"from":"%b","hex":"' % (
        event.at,
        event.connection,
        event.sender.encode(),
    )
    if len(event.data) < LONG_BYTES:
        yield hexlify(event.data)
    else:
        pairs = np.frombuffer(event.data, "<u2", len(event.data) // 2)
        for start in range(0, len(pairs), PIECE_BYTES // 2):
            yield DIGITS.take(pairs[start : start + PIECE_BYTES // 2]).view(np.uint8).data
        yield hexlify(event.data[2 * len(pairs) :])
    yield b'"}\n'


def frame_line_bytes(event: FrameSeen) -> int:
    """How long that line is, near enough to part recordings by."""
    return 2 * len(event.data) + FRAME_LINE_BYTES


class _Fields:
    """The members of one line's object, each asked for once by name and kind."""

    def __init__(self, line: bytes, where: str) -> None:
        self.where = where
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise RecordingError("line", where, "a JSON object", _shown_line(line)) from error
        if not isinstance(fields, dict):
            raise RecordingError("line", where, "a JSON object", type(fields).__name__)
        self._fields: dict[str, Any] = fields

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise RecordingError(name, self.where, "a text", _shown(value))
        return value

    def number(self, name: str, least: int = 0) -> int:
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise RecordingError(name, self.where, f"a number of {least} or more", _shown(value))
        return value

    def flag(self, name: str, otherwise: bool | None = None) -> bool:
        value = self._fields.get(name, otherwise)
        if not isinstance(value, bool):
            raise RecordingError(name, self.where, "true or false", _shown(value))
        return value

    def side(self, name: str, *, proxy_too: bool = False) -> Side:
        allowed = [side.value for side in Side if proxy_too or side is not Side.PROXY]
        value = self.text(name)
        if value not in allowed:
            raise RecordingError(name, self.where, " or ".join(allowed), _shown(value))
        return Side(value)

    def frame(self, name: str) -> bytes:
        text = self.text(name)
        try:
            data = bytes.fromhex(text)
        except ValueError as error:
            raise RecordingError(name, self.where, "bytes in hex", _shown(text)) from error
        decoder = FrameDecoder()
        try:
            frames = decoder.feed(data)
            decoder.close()
        except FrameError as error:
            raise RecordingError(name, self.where, "one whole frame", str(error)) from error
        if len(frames) != 1:
            raise RecordingError(name, self.where, "one whole frame", f"{len(frames)} frames")
        return data

    def counts(self, name: str) -> tuple[int, int]:
        value = self._fields.get(name)
        if value is None:
            return 0, 0
        if not isinstance(value, dict):
            raise RecordingError(name, self.where, "bytes of client and server", _shown(value))
        inner = _Fields.__new__(_Fields)
        inner.where, inner._fields = self.where, value
        return inner.number(Side.CLIENT), inner.number(Side.SERVER)


def parse_head(line: bytes, where: str = "line 1") -> Head:
    """The head of its line. Raises `RecordingError`."""
    fields = _Fields(line, where)
    if not fields.has("format") or fields.text("format") != FORMAT:
        raise RecordingError("first line", where, f'"format": "{FORMAT}"', _shown_line(line))
    version = fields.number("version")
    if version != VERSION:
        raise RecordingError("version of the format", where, str(VERSION), str(version))
    return Head(
        started=fields.text("started"),
        listen=fields.text("listen"),
        upstream=fields.text("upstream"),
        made_by=fields.text("made_by"),
        source=fields.text("source") if fields.has("source") else "proxy",
        part=fields.number("part", 1) if fields.has("part") else 1,
        continued_from=fields.text("continued_from") if fields.has("continued_from") else None,
    )


def parse_event(line: bytes, where: str) -> Event:
    """The event of its line. Members that are not known are not looked at. Raises `RecordingError`."""
    fields = _Fields(line, where)
    name, at = fields.text("event"), fields.number("at")
    if at > LONGEST_NS:  # or all that comes later would be older
        raise RecordingError("at", where, f"at most {LONGEST_NS}, which is a century", str(at))
    if name == "gap":
        return Gap(
            at=at,
            why=fields.text("why"),
            connection=fields.number("connection", 1) if fields.has("connection") else None,
            sender=fields.side("from") if fields.has("from") else None,
            frames=fields.number("frames") if fields.has("frames") else None,
            count=fields.number("bytes") if fields.has("bytes") else None,
        )
    if name == "continues":
        file = fields.text("file")
        if file in ("", ".", "..") or any(c in file for c in "/\\\0"):
            raise RecordingError("file", where, "the name of a file, without a folder", _shown(file))
        return Continues(at=at, file=file)
    if name == "end":
        return Ended(at=at, frames=fields.number("frames"))
    if name not in NAMES.values():
        raise RecordingError("event", where, f"one of {', '.join(NAMES.values())}", _shown(name))
    connection = fields.number("connection", 1)
    match name:
        case "open":
            return Opened(
                at=at, connection=connection, peer=fields.text("peer"), continued=fields.flag("continued", False)
            )
        case "frame":
            return FrameSeen(at=at, connection=connection, sender=fields.side("from"), data=fields.frame("hex"))
        case "eof":
            return StreamEnded(at=at, connection=connection, sender=fields.side("from"))
        case "close":
            return Closed(
                at=at,
                connection=connection,
                by=fields.side("by", proxy_too=True),
                reset=fields.flag("reset"),
                unreadable=fields.counts("unreadable"),
            )
        case "unreadable":
            return Unreadable(
                at=at,
                connection=connection,
                sender=fields.side("from"),
                count=fields.number("bytes"),
                why=fields.text("why"),
            )
        case _:
            refused = fields.flag("refused", False)
            return UpstreamLost(at=at, connection=connection, why=fields.text("why"), refused=refused)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _shown_line(line: bytes) -> str:
    return _shown(line[: 4 * SHOWN_CHARACTERS].decode(errors="replace").rstrip())
