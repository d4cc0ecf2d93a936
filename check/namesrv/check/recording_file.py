"""Recordings as files: appended to, and read whatever has become of them.

The reader keeps what is whole and says what it has left out; only a file whose first line is no recording's is refused.
"""

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

from namesrv.check.recording import Continues, Event, Head, LeftOut, Opened, Recording, RecordingError
from namesrv.check.recording_lines import FORMAT, event_line, head_line, parse_event, parse_head
from namesrv.remoting.frame import MAX_FRAME_BYTES

MAX_LINE_BYTES: Final = 2 * MAX_FRAME_BYTES + 4096
"""No event is longer: a frame of the greatest length in hex, and room for the rest."""
CAPTURES: Final = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\n\r\r\n")
"""How pcap (two byte orders, two resolutions) and pcapng begin."""
GZIP: Final = b"\x1f\x8b"
MAX_TOLD: Final = 100
"""So many lines that were left out are told one by one; the others are counted."""


class RecordingWriter:
    """Appends to a new file, one line an event; a file that is there already is never written over. Raises `OSError`."""

    def __init__(self, path: Path, head: Head) -> None:
        self.path = path
        self._file: IO[bytes] = path.open("xb", buffering=0)
        self.size = 0
        try:
            self.append(head_line(head))
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, event: Event) -> None:
        """The event's line, at once. Raises `OSError`."""
        self.append(event_line(event))

    def append(self, *lines: bytes | Iterable[bytes | memoryview]) -> None:
        """Whole lines, or pieces of them, at once. Raises `OSError`; nothing of them is then in the file, if that can still be
        shortened.
        """
        size = self.size
        try:
            for line in lines:
                for piece in (line,) if isinstance(line, bytes) else line:
                    left = memoryview(piece)
                    while left:
                        left = left[self._file.write(left) or 0 :]
                    size += len(piece)
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self.size)
                self._file.seek(self.size)
            raise
        self.size = size

    def close(self) -> None:
        """The file is whole. Raises `OSError`."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RecordingReader:
    """Reads one file, event by event, whatever its size: `for event in reader`. What was left out is known as far as was read.
    What gzip has made of a recording is read as such.

    `after`: where the part before this one ended. Raises `RecordingError` if the first line is no recording's, `OSError` if the
    file can't be read.
    """

    def __init__(self, path: Path, *, after: int = 0) -> None:
        self.path = path
        self.left_out: list[LeftOut] = []
        self.left_out_lines = 0
        self._raw = path.open("rb")
        self._file: IO[bytes] = self._raw
        if self._raw.peek(2)[:2] == GZIP:
            self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
        self._number = 1
        self._at = after
        self._is_cut = False
        try:
            if self._raw.peek(4).startswith(CAPTURES):
                got = "a capture (namesrv record --pcap-in FILE makes a recording of it)"
                raise RecordingError("first line", self._where(), f'"format": "{FORMAT}"', got)
            first = self._line(MAX_LINE_BYTES)
            if not first.strip():
                got = self.left_out[0].got if self._is_cut else "an empty file"
                raise RecordingError("first line", self._where(), f'"format": "{FORMAT}"', got)
            self.head = parse_head(first, self._where())
        except BaseException:
            self.close()
            raise

    @property
    def share(self) -> float:
        """How much of the file was read, 0 to 1; what is no file on a disk is always read to 0."""
        if self._raw.closed:
            return 1.0
        size = os.fstat(self._raw.fileno()).st_size
        return min(1.0, self._raw.tell() / size) if size and self._raw.seekable() else 0.0

    def __iter__(self) -> Iterator[Event]:
        """The events that are whole, in their order."""
        while line := self._line(MAX_LINE_BYTES):
            self._number += 1
            if not line.endswith(b"\n"):
                rest = self._skip_line()
                if rest is not None:
                    got = f"{len(line) + rest} bytes without one"
                    self._leave_out("end of line", f"within {MAX_LINE_BYTES} bytes", got)
                    continue
            try:
                event = parse_event(line, self._where())
            except RecordingError as error:
                if line.endswith(b"\n"):
                    self._leave_out(error.what, error.expected, error.got)
                else:
                    self._leave_out("last line", "a whole line", f"{len(line)} bytes of one")
                continue
            if event.at < self._at:
                self._leave_out("at", f"{self._at} or later", str(event.at))
                continue
            self._at = event.at
            yield event

    def close(self) -> None:
        """The file is not read any further."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, most: int) -> bytes:
        """The next line, or so many bytes of it; nothing more once the file can't be read any further, which is told."""
        if self._is_cut:
            return b""
        try:
            return self._file.readline(most)
        except (EOFError, zlib.error, OSError) as error:
            self._is_cut = True
            what = "gzip" if self._file is not self._raw else "file"
            self._leave_out(f"the rest of the {what}", "to be read", str(error) or type(error).__name__)
            return b""

    def _skip_line(self) -> int | None:
        """How many more bytes this line has; `None` if the file has ended with what was read."""
        skipped = None
        while piece := self._line(1 << 20):
            skipped = (skipped or 0) + len(piece)
            if piece.endswith(b"\n"):
                break
        return skipped

    def _where(self) -> str:
        return f"{self.path.name}, line {self._number}"

    def _leave_out(self, what: str, expected: str, got: str) -> None:
        self.left_out_lines += 1
        if len(self.left_out) < MAX_TOLD:
            self.left_out.append(LeftOut(what=what, where=self._where(), expected=expected, got=got))


def load_recording(path: Path) -> Recording:
    """The recording that begins in this file, with all the files in which it goes on.

    Raises `RecordingError`, `OSError` for the first file; a later one that is missing is told in `left_out`.
    """
    reader = RecordingReader(path)
    head = reader.head
    events: list[Event] = []
    left_out: list[LeftOut] = []
    lines, read = 0, {path.name}
    while True:
        goes_on: Continues | None = None
        with reader:
            for event in reader:
                if isinstance(event, Continues):
                    goes_on = event
                elif len(read) == 1 or not (isinstance(event, Opened) and event.continued):
                    events.append(event)
        left_out += reader.left_out
        lines += reader.left_out_lines
        if goes_on is None:
            break
        try:
            if goes_on.file in read:
                raise RecordingError("next part", goes_on.file, "a file that was not read yet", "one that was")
            read.add(goes_on.file)
            reader = RecordingReader(path.with_name(goes_on.file), after=goes_on.at)
        except (RecordingError, OSError) as error:
            got = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            left_out.append(LeftOut(what="next part", where=goes_on.file, expected="the recording to go on", got=got))
            lines += 1
            break
    return Recording(head=head, events=tuple(events), left_out=tuple(left_out[:MAX_TOLD]), left_out_lines=lines)
