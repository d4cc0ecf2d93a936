"""Where the proxy puts its events: a file, or several, written by a thread of its own, so that a slow disk holds up no traffic.

Lines are cut into parts in the caller's thread, and handed over a few times a second. The thread writes, and makes the lines of
long frames, piece by piece, so that it never keeps Python for long from whoever passes on what comes next. What can't be written
is counted, told, and stands in the file as a `Gap` as soon as writing succeeds again. Traffic never waits.
"""

import contextlib
import errno
import glob
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs

from namesrv.check.recording import Closed, Continues, Ended, Event, FrameSeen, Gap, Head, Opened
from namesrv.check.recording_file import RecordingWriter
from namesrv.check.recording_lines import LONG_BYTES, event_line, frame_line, frame_line_bytes, head_line

MAX_WAITING_BYTES: Final = 128 << 20
"""So much may wait for a slow disk; frames beyond it are left out, connections' beginnings and ends are not."""


@attrs.frozen
class Parts:
    """When a recording goes on in another file: after so many bytes, so many frames; `None`: never. `keep`: the last so many."""

    bytes: int | None = None
    frames: int | None = None
    keep: int | None = None

    @property
    def is_one(self) -> bool:
        """Whether everything goes into one file."""
        return self.bytes is None and self.frames is None

    def path(self, path: Path, part: int) -> Path:
        """`run.jsonl`; or `run.0001.jsonl`, `run.0002.jsonl`, … in their order."""
        return path if self.is_one else path.with_name(f"{path.stem}.{part:04}{path.suffix}")

    def pattern(self, path: Path) -> str:
        """What the parts' names match."""
        return f"{glob.escape(path.stem)}.[0-9][0-9][0-9][0-9]*{glob.escape(path.suffix)}"


@attrs.frozen
class _Batch:
    """Lines, and frames whose lines are still to be made; how long they are, about; how many frames are in them, and are told in
    them to be missing; when the last of them was.
    """

    lines: tuple[bytes | FrameSeen, ...]
    bytes: int
    frames: int
    missing: int
    at: int


def _joined(lines: tuple[bytes | FrameSeen, ...]) -> Iterator[bytes | Iterator[bytes | memoryview]]:
    """What is written at once: short lines together, long ones in pieces."""
    short: list[bytes] = []
    for line in lines:
        if isinstance(line, bytes):
            short.append(line)
        else:
            yield b"".join(short)
            short.clear()
            yield frame_line(line)
    yield b"".join(short)


@attrs.frozen
class _NextPart:
    path: Path
    head: Head
    at: int


class RecordingSink:
    """Takes events by `emit`; `flush` hands them over. `tell` gets a line for people, from another thread, when writing fails.

    The first file is made at once: raises `OSError`, also where parts of another recording are in the way.
    """

    def __init__(self, path: Path, head: Head, parts: Parts, tell: Callable[[str], None]) -> None:
        self._path = path
        self._head = head
        self._parts = parts
        self._lines: list[bytes | FrameSeen] = []
        self._lines_bytes = 0
        self._frames = 0
        self._missing = 0
        self._at = 0
        self._part_bytes = len(head_line(head))
        self._part_frames = 0
        self._open: dict[int, Opened] = {}
        self._left_out = 0
        self._left_out_in_all = 0
        if not parts.is_one and (there := next(iter(sorted(path.parent.glob(parts.pattern(path)))), None)):
            raise FileExistsError(errno.EEXIST, "a part of another recording is there", there.name)
        self._writing = _Writing(parts.path(path, 1), head, parts.keep, tell)

    @property
    def lost_frames(self) -> int:
        """Frames that are not in the file, as far as is known yet."""
        return self._writing.lost_in_all + self._left_out_in_all

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that there are, the last one still written to."""
        return tuple(self._writing.paths)

    @property
    def size(self) -> int:
        """Bytes written, in all files, also those that are removed again."""
        return self._writing.size

    def emit(self, event: Event) -> None:
        """One event more."""
        if isinstance(event, FrameSeen):
            if self._writing.waiting > MAX_WAITING_BYTES:
                self._left_out += 1
                self._left_out_in_all += 1
                return
            self._part_frames += 1
            self._frames += 1
        is_late = isinstance(event, Ended) or self._writing.waiting <= MAX_WAITING_BYTES // 2
        if self._left_out and is_late:
            lost, self._left_out = self._left_out, 0
            self._missing += lost
            self._put(Gap(at=event.at, frames=lost, why="the disk is slower than the traffic"))
        self._put(event)
        if isinstance(event, Opened):
            self._open[event.connection] = event
        elif isinstance(event, Closed):
            self._open.pop(event.connection, None)
        if not isinstance(event, Ended) and self._is_full():
            self._next_part(event.at)

    def flush(self) -> None:
        """What has come so far goes to the thread."""
        if self._lines:
            self._writing.put(_Batch(tuple(self._lines), self._lines_bytes, self._frames, self._missing, self._at))
            self._lines.clear()
            self._lines_bytes = self._frames = self._missing = 0

    def close(self) -> None:
        """Waits until everything is written, or has failed."""
        self.flush()
        self._writing.close()

    def _put(self, event: Event) -> None:
        if isinstance(event, FrameSeen) and len(event.data) >= LONG_BYTES:
            self._lines.append(event)
            size = frame_line_bytes(event)
        else:
            line = event_line(event)
            self._lines.append(line)
            size = len(line)
        self._lines_bytes += size
        self._part_bytes += size
        self._at = event.at

    def _is_full(self) -> bool:
        parts = self._parts
        return (parts.bytes is not None and self._part_bytes >= parts.bytes) or (
            parts.frames is not None and self._part_frames >= parts.frames
        )

    def _next_part(self, at: int) -> None:
        part = self._head.part + 1
        before, path = (self._parts.path(self._path, number) for number in (part - 1, part))
        self._put(Continues(at=at, file=path.name))
        self.flush()
        self._head = attrs.evolve(self._head, part=part, continued_from=before.name)
        self._writing.put(_NextPart(path, self._head, at))
        self._part_bytes, self._part_frames = len(head_line(self._head)), 0
        for known in self._open.values():
            self._put(attrs.evolve(known, at=at, continued=True))


class _Writing:
    """The thread, and what it has come to."""

    def __init__(self, path: Path, head: Head, keep: int | None, tell: Callable[[str], None]) -> None:
        self.paths: list[Path] = []
        self.lost_in_all = 0
        self.size = 0
        self._put_bytes = 0  # by the caller's thread
        self._done_bytes = 0  # by this one
        self._keep = keep
        self._tell = tell
        self._writer: RecordingWriter | None = None
        self._wanted: _NextPart | None = None
        self._lost: int | None = None
        self._lost_at = 0
        self._why = ""
        self._begin(_NextPart(path, head, 0))
        self._queue: queue.SimpleQueue[_Batch | _NextPart | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="namesrv-recording", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that are not written yet."""
        return self._put_bytes - self._done_bytes

    def put(self, item: _Batch | _NextPart) -> None:
        if isinstance(item, _Batch):
            self._put_bytes += item.bytes
        self._queue.put(item)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        with contextlib.suppress(OSError):
            if self._lost is not None:
                self._write(_Batch((), 0, 0, 0, self._lost_at))
            if self._writer is not None:
                self._writer.close()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if isinstance(item, _NextPart):
                    self._wanted = item
                    self._begin(item)
                else:
                    self._write(item)
            except OSError as error:
                self._failed(item, error)
            finally:
                if isinstance(item, _Batch):
                    self._done_bytes += item.bytes

    def _begin(self, part: _NextPart) -> None:
        """A new file. Raises `OSError`."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._writer = RecordingWriter(part.path, part.head)
        self._wanted = None
        self.size += self._writer.size
        self.paths.append(part.path)
        while self._keep is not None and len(self.paths) > self._keep:
            self.paths.pop(0).unlink(missing_ok=True)

    def _write(self, batch: _Batch) -> None:
        """Raises `OSError`; nothing of the batch is in the file then."""
        if self._wanted is not None:
            self._begin(self._wanted)
        assert self._writer is not None
        if self._lost is not None:
            gap = event_line(Gap(at=self._lost_at, frames=self._lost, why=self._why))
            self._writer.append(gap)
            self.size += len(gap)
            self._lost = None
            self._tell(f"{self._writer.path.name} can be written again; what is missing is told in it")
        before = self._writer.size
        self._writer.append(*_joined(batch.lines))
        self.size += self._writer.size - before

    def _failed(self, item: _Batch | _NextPart, error: OSError) -> None:
        if self._lost is None:
            self._lost = 0
            path = self._wanted.path if self._wanted is not None else self.paths[-1]
            self._why = error.strerror or str(error)
            self._tell(f"{path.name} can't be written: {self._why}; traffic goes on")
        self._lost_at = item.at
        if isinstance(item, _Batch):
            self._lost += item.frames + item.missing
            self.lost_in_all += item.frames
