"""Frames out of a stream, for a server that meets many small ones and a few very long ones.

The same frames and the same refusals as `namesrv.remoting.FrameDecoder`, which says what a frame is. Small frames are cut out of
what has come (`feed`). For the body of a long one there is a buffer of its own, into which the socket may read directly
(`space`, `filled`): a registration with ten thousand topics is copied once, by the kernel. Lengths are checked before anything
is kept for them, and a long body's buffer grows with what has come.
"""

from typing import Final

from namesrv.remoting.codes import SerializeType
from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import LENGTHS, MAX_FRAME_BYTES

SERIALIZE_TYPES: Final = (int(SerializeType.JSON), int(SerializeType.ROCKETMQ))
PREFIX: Final = LENGTHS.size

LONG_BYTES: Final = 1 << 17
"""A body from here on is read into a buffer of its own."""
FIRST_SPACE_BYTES: Final = 1 << 21
"""The most that is set aside for a body of which little has come."""

Body = bytes | bytearray
Parts = tuple[int, bytes, Body | None]
"""Serialize type, header, body. The body of a long frame is a bytearray that nobody else holds."""


class Splitter:
    """One stream's. `error` is set once it is malformed; then nothing more comes out."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._chunks: list[bytes] = []
        self._kept = 0
        self._wanted = PREFIX
        self._position = 0
        self._long: bytearray | None = None
        self._long_at = 0
        self._long_size = 0
        self._long_head: tuple[int, bytes] = (0, b"")
        self.error: FrameError | None = None

    @property
    def buffered_bytes(self) -> int:
        """How many bytes of an unfinished frame are held."""
        return self._kept if self._long is None else self._long_at

    def space(self) -> memoryview | None:
        """Where the next bytes belong, `None` if they are for `feed`. To be let go of before anything else is called."""
        if self._long is None:
            return None
        return memoryview(self._long)[self._long_at :]

    def filled(self, count: int) -> list[Parts]:
        """So many bytes have been put into `space()`. The frame, if that completes it."""
        assert self._long is not None
        self._long_at += count
        if self._long_at == self._long_size:
            body, self._long = self._long, None
            self._position += PREFIX + len(self._long_head[1]) + self._long_size
            return [(*self._long_head, body)]
        if self._long_at == len(self._long):
            grown = bytearray(min(2 * len(self._long), self._long_size))
            grown[: self._long_at] = self._long
            self._long = grown
        return []

    def feed(self, data: bytes) -> list[Parts]:
        """The frames that are complete with `data`. Never raises; see `error`."""
        if self.error is not None:
            return []
        if self._long is not None:
            return self._feed_long(data)
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
        self._position += at
        if at < size and not self._begin_long(data, at):
            self._chunks.append(data[at:] if at else data)
            self._kept = size - at
        return frames

    def _begin_long(self, data: bytes, at: int) -> bool:
        """Whether what is left is a whole header and the beginning of a long body, now in its buffer."""
        if self._wanted <= LONG_BYTES or len(data) - at < PREFIX:
            return False
        length, mark = LENGTHS.unpack_from(data, at)
        body_at = at + PREFIX + (mark & 0xFFFFFF)
        if body_at > len(data):
            return False
        self._long_size = at + 4 + length - body_at
        if self._long_size <= LONG_BYTES:
            return False
        self._long_head = (mark >> 24, data[at + PREFIX : body_at])
        begun = data[body_at:]
        self._long = bytearray(min(self._long_size, max(FIRST_SPACE_BYTES, 2 * len(begun))))
        self._long[: len(begun)] = begun
        self._long_at = len(begun)
        return True

    def _feed_long(self, data: bytes) -> list[Parts]:
        at = 0
        frames: list[Parts] = []
        while at < len(data) and not frames:
            space = self.space()
            assert space is not None
            count = min(len(space), len(data) - at)
            space[:count] = data[at : at + count]
            space.release()
            at += count
            frames = self.filled(count)
        return frames + self.feed(data[at:]) if at < len(data) else frames

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
