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

LENGTHS: Final = struct.Struct(">iI")
LENGTH: Final = struct.Struct(">i")


@attrs.frozen
class Frame:
    """One frame's parts. `body` is `None` if there is none: a body of no bytes can't be told from it."""

    serialize_type: int
    header: bytes
    body: bytes | None


def encode_frame(serialize_type: int, header: bytes, body: bytes | None = None) -> bytes:
    """The frame's bytes. Raises `FrameError` if the header is too long for its length field."""
    if len(header) > 0xFFFFFF:
        raise FrameError("header length", "frame", "at most 16777215", str(len(header)))
    rest = b"" if body is None else body
    return LENGTHS.pack(4 + len(header) + len(rest), serialize_type << 24 | len(header)) + header + rest


class FrameDecoder:
    """Splits a stream into frames, in time linear in its length, and never holds more than one frame's bytes unread."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()
        self._position = 0

    def feed(self, data: bytes | bytearray | memoryview) -> list[Frame]:
        """The frames that are complete with `data`. Raises `FrameError`; the stream is then lost."""
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        buffer = self._buffer
        available = len(buffer)
        while available - start >= 4:
            (length,) = LENGTH.unpack_from(buffer, start)
            where = f"byte {self._position + start}"
            if length < 4:
                raise FrameError("frame length", where, "at least 4", str(length))
            if length + 4 > self._max_frame_bytes:
                raise FrameError("frame length", where, f"at most {self._max_frame_bytes - 4}", str(length))
            if available - start < 8:
                break
            _, mark = LENGTHS.unpack_from(buffer, start)
            serialize_type, header_length = mark >> 24, mark & 0xFFFFFF
            if header_length > length - 4:
                raise FrameError("header length", where, f"at most {length - 4}", str(header_length))
            if serialize_type not in (SerializeType.JSON, SerializeType.ROCKETMQ):
                raise FrameError("serialize type", where, "0 (JSON) or 1 (ROCKETMQ)", str(serialize_type))
            end = start + 4 + length
            if available < end:
                break
            header_end = start + 8 + header_length
            body = bytes(buffer[header_end:end]) if end > header_end else None
            frames.append(Frame(serialize_type, bytes(buffer[start + 8 : header_end]), body))
            start = end
        if start:
            del buffer[:start]
            self._position += start
        return frames

    @property
    def buffered_bytes(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return len(self._buffer)

    def close(self) -> None:
        """The stream has ended. Raises `FrameError` if it ended within a frame."""
        if self._buffer:
            where = f"byte {self._position}"
            raise FrameError("end of stream", where, "the end of a frame", f"{len(self._buffer)} bytes of one")
