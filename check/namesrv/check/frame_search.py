"""Finds where the next frame begins in a stream that is known from its middle on only: a capture began late, or has a hole.

Lengths alone prove little, so a frame counts only if its header can be read: JSON with a code and an opaque, or the binary form.
"""

import struct
from typing import Final

import orjson

from namesrv.remoting.codes import SerializeType
from namesrv.remoting.command import decode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import LENGTHS, MAX_FRAME_BYTES, Frame

PREFIX: Final = LENGTHS.size
JSON_START: Final = b'{"'
MOST_HEADER_BYTES: Final = 1 << 14
"""Real headers have some hundred bytes."""
BINARY: Final = struct.Struct(">hbhii")
LANGUAGES: Final = range(32)


class FrameSearch:
    """Is fed what comes; returns what begins with a frame as soon as there is one. `skipped`: the bytes before it so far."""

    def __init__(self) -> None:
        self._buffer = b""
        self.skipped = 0

    def feed(self, data: bytes) -> bytes | None:
        """All from the next frame on, or `None` if there is none yet."""
        self._buffer += data
        start, is_whole = find_frame(self._buffer)
        self.skipped += start
        self._buffer = self._buffer[start:]
        return self._buffer if is_whole else None

    @property
    def held(self) -> int:
        """Bytes of which it is not known yet what they are."""
        return len(self._buffer)


def find_frame(data: bytes) -> tuple[int, bool]:
    """Where the first frame begins whose header is there and can be read; or where one might begin, `False`, if more had come."""
    for start in range(len(data)):
        if len(data) - start < PREFIX:
            return start, False
        length, mark = LENGTHS.unpack_from(data, start)
        kind, header_length = mark >> 24, mark & 0xFFFFFF
        if kind not in (SerializeType.JSON, SerializeType.ROCKETMQ) or not 4 <= length <= MAX_FRAME_BYTES - 4:
            continue
        if not 2 <= header_length <= min(length - 4, MOST_HEADER_BYTES):
            continue
        header = data[start + PREFIX : start + PREFIX + header_length]
        if not _may_begin(kind, header):
            continue
        if len(header) < header_length:
            return start, False
        if _is_header(kind, header):
            return start, True
    return len(data), False


def _may_begin(kind: int, header: bytes) -> bool:
    """Whether a header may begin so."""
    if kind == SerializeType.JSON:
        return header[: len(JSON_START)] == JSON_START[: len(header)]
    return len(header) < BINARY.size or BINARY.unpack_from(header)[1] in LANGUAGES


def _is_header(kind: int, header: bytes) -> bool:
    if kind == SerializeType.JSON:
        try:
            fields = orjson.loads(header)
        except orjson.JSONDecodeError:
            return False
        return isinstance(fields, dict) and "code" in fields and "opaque" in fields
    try:
        command = decode_command(Frame(kind, header, None))
    except RemotingError:
        return False
    return not command.trailing and command.version >= 0
