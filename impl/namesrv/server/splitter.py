"""Frames out of a stream, for a server that meets many small ones and a few very long ones.

The same frames and the same refusals as `namesrv.remoting.FrameDecoder`, which says what a frame is; but nothing is copied
twice, and what came before a malformed frame is still handed out. A length is checked before anything is kept for it, and
what is kept is what has come.
"""

from typing import Final

from namesrv.remoting.codes import SerializeType
from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import LENGTHS, MAX_FRAME_BYTES

SERIALIZE_TYPES: Final = (int(SerializeType.JSON), int(SerializeType.ROCKETMQ))
PREFIX: Final = LENGTHS.size

Parts = tuple[int, bytes, bytes | None]
"""Serialize type, header, body."""


class Splitter:
    """One stream's. `error` is set once it is malformed; then nothing more comes out."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._chunks: list[bytes] = []
        self._kept = 0
        self._wanted = PREFIX
        self._position = 0
        self.error: FrameError | None = None

    @property
    def buffered_bytes(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return self._kept

    def feed(self, data: bytes) -> list[Parts]:
        """The frames that are complete with `data`. Never raises; see `error`."""
        if self.error is not None:
            return []
        if self._kept:
            self._chunks.append(data)
            self._kept += len(data)
            if self._kept < self._wanted and self._wanted > PREFIX:
                return []
            data = b"".join(self._chunks)
            self._chunks.clear()
            self._kept = 0
        frames: list[Parts] = []
        at, size = 0, len(data)
        try:
            while size - at >= PREFIX:
                length, mark = LENGTHS.unpack_from(data, at)
                header_length = mark & 0xFFFFFF
                if (
                    length < 4
                    or length + 4 > self._max_frame_bytes
                    or header_length > length - 4
                    or mark >> 24 not in SERIALIZE_TYPES
                ):
                    self._refuse(length, mark, at)
                end = at + 4 + length
                if end > size:
                    self._wanted = 4 + length
                    break
                header_end = at + PREFIX + header_length
                frames.append((mark >> 24, data[at + PREFIX : header_end], data[header_end:end] or None))
                at = end
            else:
                self._wanted = PREFIX
                if size - at >= 4:
                    self._check_length(data, at)
        except FrameError as error:
            self.error = error
            return frames
        if at < size:
            self._chunks.append(data[at:] if at else data)
            self._kept = size - at
        self._position += at
        return frames

    def _check_length(self, data: bytes, at: int) -> None:
        """Four bytes are enough to know that a length is none."""
        length = int.from_bytes(data[at : at + 4], "big", signed=True)
        if length < 4 or length + 4 > self._max_frame_bytes:
            self._refuse(length, 0, at)

    def _refuse(self, length: int, mark: int, at: int) -> None:
        where = f"byte {self._position + at}"
        if length < 4:
            raise FrameError("frame length", where, "at least 4", str(length))
        if length + 4 > self._max_frame_bytes:
            raise FrameError("frame length", where, f"at most {self._max_frame_bytes - 4}", str(length))
        where = f"byte {self._position + at + 4}"
        if mark >> 24 not in SERIALIZE_TYPES:
            raise FrameError("serialize type", where, "0 (JSON) or 1 (ROCKETMQ)", str(mark >> 24))
        raise FrameError("header length", where, f"at most {length - 4}", str(mark & 0xFFFFFF))
