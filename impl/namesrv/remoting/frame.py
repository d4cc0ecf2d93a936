"""Frames: a length, a byte for the header's serialisation with three for its length, the header, the body.

    int32 length of all that follows | uint8 serialize type, uint24 header length | header | body

`FrameDecoder` is fed bytes as they come, in any splits. It returns whole frames, or raises `FrameError`, or wants more.
Source: `NettyDecoder` (Netty's LengthFieldBasedFrameDecoder), `RemotingCommand.decode`, 5.5.0.
"""

import struct
from typing import Final

import attrs

from namesrv.remoting.codes import SerializeType
from namesrv.remoting.errors import FrameError

MAX_FRAME_BYTES: Final = 16_777_216
"""`com.rocketmq.remoting.frameMaxLength`: the longest frame that Apache accepts, its length field included."""

MAX_HEADER_BYTES: Final = 0xFFFFFF
LONG_BODY_BYTES: Final = 1 << 14
LENGTHS: Final = struct.Struct(">iI")
LENGTH: Final = struct.Struct(">i")
LAST_SERIALIZE_TYPE: Final = max(SerializeType)


@attrs.frozen
class Frame:
    """One frame's parts. `body` is `None` if there is none: a body of no bytes can't be told from it."""

    serialize_type: int
    header: bytes
    body: bytes | None


def encode_frame(serialize_type: int, header: bytes, body: bytes | None = None) -> bytes:
    """The frame's bytes. Raises `FrameError` if a part is too long for its length field."""
    if len(header) > MAX_HEADER_BYTES:
        raise FrameError("header length", "frame", f"at most {MAX_HEADER_BYTES}", str(len(header)))
    rest = b"" if body is None else body
    length = 4 + len(header) + len(rest)
    if length >= 1 << 31:
        raise FrameError("frame length", "frame", f"at most {(1 << 31) - 1}", str(length))
    return LENGTHS.pack(length, serialize_type << 24 | len(header)) + header + rest


def _copy(buffer: bytearray, start: int, end: int) -> bytes:
    """Of a long body one copy, not two; for a short one a view costs more than it saves."""
    if end - start < LONG_BODY_BYTES:
        return bytes(buffer[start:end])
    with memoryview(buffer) as view:
        return bytes(view[start:end])


class FrameDecoder:
    """Splits a stream into frames, in time linear in its length, and never holds more than one frame's bytes unread.

    Lengths are judged as soon as they are there, before anything of that size is held: a peer that lies about them costs no
    memory. `max_frame_bytes`: the longest frame, its length field included.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()
        self._position = 0
        self._error: FrameError | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """The frames that are complete with `data`.

        Raises `FrameError` where a length makes no sense: the stream is then lost. Frames that were whole before it in the
        same `data` are returned first (Netty hands them over too); the error is then in `error`, and the next call raises it.
        """
        if self._error is not None:
            raise self._error
        self._buffer += data
        frames: list[Frame] = []
        try:
            self._split(frames)
        except FrameError as error:
            self._error = error
            self._buffer = bytearray()
            if not frames:
                raise
        return frames

    def _split(self, frames: list[Frame]) -> None:
        buffer = self._buffer
        available = len(buffer)
        start = 0
        while available - start >= 8:
            length, mark = LENGTHS.unpack_from(buffer, start)
            header_end = start + 8 + (mark & 0xFFFFFF)
            end = start + 4 + length
            if not 4 <= length <= self._max_frame_bytes - 4 or header_end > end or mark >> 24 > LAST_SERIALIZE_TYPE:
                raise self._fault(start, length, mark)
            if available < end:
                break
            body = _copy(buffer, header_end, end) if end > header_end else None
            frames.append(Frame(mark >> 24, bytes(buffer[start + 8 : header_end]), body))
            start = end
        if 4 <= available - start < 8:
            (length,) = LENGTH.unpack_from(buffer, start)
            if not 4 <= length <= self._max_frame_bytes - 4:
                raise self._fault(start, length, 0)
        if start:
            del buffer[:start]
            self._position += start

    def _fault(self, start: int, length: int, mark: int) -> FrameError:
        where = f"byte {self._position + start}"
        if length < 4:
            return FrameError("frame length", where, "at least 4", str(length))
        if length > self._max_frame_bytes - 4:
            return FrameError("frame length", where, f"at most {self._max_frame_bytes - 4}", str(length))
        where = f"byte {self._position + start + 4}"
        if mark >> 24 > LAST_SERIALIZE_TYPE:
            return FrameError("serialize type", where, "0 (JSON) or 1 (ROCKETMQ)", str(mark >> 24))
        return FrameError("header length", where, f"at most {length - 4}", str(mark & 0xFFFFFF))

    def hand_over(self, least_bytes: int) -> tuple[bytes, int] | None:
        """Of an unfinished frame of that many bytes or more: what of it has come, and how many bytes of it are still to come.

        Its lengths make sense. The caller collects it, and feeds only what follows. `None` if there is no such frame.
        """
        if self._error is not None or len(self._buffer) < LENGTHS.size:
            return None
        (length,) = LENGTH.unpack_from(self._buffer)
        whole = LENGTH.size + length
        if whole < least_bytes:
            return None
        begun = bytes(self._buffer)
        self._buffer = bytearray()
        self._position += whole
        return begun, whole - len(begun)

    @property
    def error(self) -> FrameError | None:
        """What was wrong behind the frames that `feed` returned, if anything was."""
        return self._error

    @property
    def buffered_bytes(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return len(self._buffer)

    def close(self) -> None:
        """The stream has ended. Raises `FrameError` if it ended within a frame, or was lost before."""
        if self._error is not None:
            raise self._error
        if self._buffer:
            where = f"byte {self._position}"
            raise FrameError("end of stream", where, "the end of a frame", f"{len(self._buffer)} bytes of one")
