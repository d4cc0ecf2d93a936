"""Where events are put: parts, a disk that is full, a disk that is slow."""

import errno
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from namesrv.check import recording_sink
from namesrv.check.recording import Closed, Ended, Event, FrameSeen, Gap, Head, Opened, Recording, Side
from namesrv.check.recording_file import RecordingWriter, load_recording
from namesrv.check.recording_lines import event_line, frame_line
from namesrv.check.recording_sink import Parts, RecordingSink
from namesrv.remoting.frame import encode_frame
from tests.waiting import until

HEAD = Head(started="2026-11-26T06:00:00Z", listen="127.0.0.1:1", upstream="127.0.0.1:2", made_by="tests")
FULL = OSError(errno.ENOSPC, "No space left on device")


def frames(numbers: Iterable[int]) -> list[FrameSeen]:
    """A frame for each number, which is also its time."""
    return [
        FrameSeen(at=number, connection=1, sender=Side.CLIENT, data=encode_frame(0, b"%05d" % number))
        for number in numbers
    ]


def put(sink: RecordingSink, *events: Event) -> None:
    """And hands them over."""
    for event in events:
        sink.emit(event)
    sink.flush()


def load(path: Path) -> Recording:
    """With nothing left out."""
    recording = load_recording(path)
    assert recording.left_out == ()
    return recording


class Disk:
    """Stands before a file: `is_full` writes a part of what it is given and fails; while not `is_fast` writing waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self.is_fast = threading.Event()
        self.is_fast.set()
        self.failed = 0
        monkeypatch.setattr(recording_sink, "RecordingWriter", self._writer)

    def _writer(self, path: Path, head: Head) -> RecordingWriter:
        disk = self
        writer = RecordingWriter(path, head)
        file = writer._file

        class Slow:
            def write(self, data: memoryview) -> int:
                assert disk.is_fast.wait(120)
                if disk.is_full:
                    if len(data) > 10:
                        return file.write(data[:10]) or 0
                    disk.failed += 1
                    raise FULL
                return file.write(data) or 0

            def __getattr__(self, name: str) -> object:
                return getattr(file, name)

        writer._file = Slow()  # type: ignore[assignment]
        return writer


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """For every file of the test."""
    return Disk(monkeypatch)


def test_a_full_disk_is_told_and_what_is_missing_stands_in_the_file_once_there_is_room(
    tmp_path: Path, disk: Disk
) -> None:
    told: list[str] = []
    sink = RecordingSink(tmp_path / "r", HEAD, Parts(), told.append)
    put(sink, *frames(range(3)))
    until("they are written", lambda: len(load(tmp_path / "r").events) == 3)
    disk.is_full = True
    put(sink, *frames(range(3, 8)))
    until("it has failed", lambda: sink.lost_frames == 5)
    assert len(load(tmp_path / "r").events) == 3  # no torn line
    put(sink, *frames(range(8, 10)))
    until("it has failed again", lambda: sink.lost_frames == 7)
    disk.is_full = False
    put(sink, *frames(range(10, 12)), Ended(at=12, frames=12))
    sink.close()
    recording = load(tmp_path / "r")
    assert recording.events == (
        *frames(range(3)),
        Gap(at=9, frames=7, why="No space left on device"),
        *frames(range(10, 12)),
        Ended(at=12, frames=12),
    )
    assert told == [
        "r can't be written: No space left on device; traffic goes on",
        "r can be written again; what is missing is told in it",
    ]
    assert sink.size == (tmp_path / "r").stat().st_size


def test_a_disk_that_stays_full_ends_the_recording_and_nothing_else(tmp_path: Path, disk: Disk) -> None:
    told: list[str] = []
    sink = RecordingSink(tmp_path / "r", HEAD, Parts(), told.append)
    disk.is_full = True
    put(sink, *frames(range(4)), Ended(at=5, frames=4))
    sink.close()
    assert sink.lost_frames == 4
    assert load(tmp_path / "r").events == ()
    assert len(told) == 1


def test_what_a_slow_disk_has_no_room_for_is_left_out_and_told(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_sink, "MAX_WAITING_BYTES", 400)
    sink = RecordingSink(tmp_path / "r", HEAD, Parts(), lambda line: None)
    disk.is_fast.clear()
    opened, closed = Opened(at=0, connection=1, peer="h:1"), Closed(at=20, connection=1, by=Side.CLIENT)
    put(sink, opened)
    for event in frames(range(1, 20)):
        put(sink, event)
    lost = sink.lost_frames
    assert 0 < lost < 19
    put(sink, closed)
    disk.is_fast.set()
    until("the disk has caught up", lambda: closed in load(tmp_path / "r").events)
    put(sink, *frames([21]), Ended(at=22, frames=20))
    sink.close()
    events = load(tmp_path / "r").events
    assert events == (
        opened,
        *frames(range(1, 20 - lost)),
        closed,
        Gap(at=21, frames=lost, why="the disk is slower than the traffic"),
        *frames([21]),
        Ended(at=22, frames=20),
    )


def test_a_next_file_that_can_not_be_made_is_tried_again(tmp_path: Path, disk: Disk) -> None:
    told: list[str] = []
    sink = RecordingSink(tmp_path / "r", HEAD, Parts(frames=2), told.append)
    (tmp_path / "r.0002").mkdir()
    put(sink, *frames(range(3)))
    until("it has failed", lambda: sink.lost_frames == 1)
    (tmp_path / "r.0002").rmdir()
    put(sink, *frames([3]))
    sink.close()
    assert load(tmp_path / "r.0001").events == (
        *frames(range(2)),
        Gap(at=2, frames=1, why="File exists"),
        *frames([3]),
    )
    assert "r.0002 can't be written: File exists" in told[0]


@pytest.mark.parametrize("parts", [Parts(bytes=900), Parts(frames=5)])
def test_all_parts_together_are_the_recording(tmp_path: Path, parts: Parts) -> None:
    sink = RecordingSink(tmp_path / "run.x", HEAD, parts, lambda line: None)
    events = [Opened(at=0, connection=1, peer="h:1"), *frames(range(1, 30)), Ended(at=31, frames=29)]
    put(sink, *events)
    sink.close()
    assert len(sink.paths) > 3
    assert load(sink.paths[0]).events == tuple(events)
    assert sum(path.stat().st_size for path in sink.paths) == sink.size
    if parts.bytes is not None:
        assert all(path.stat().st_size < parts.bytes + 300 for path in sink.paths)


def test_only_the_last_files_are_kept_and_each_can_be_read_by_itself(tmp_path: Path) -> None:
    sink = RecordingSink(tmp_path / "run.x", HEAD, Parts(frames=5, keep=2), lambda line: None)
    put(sink, Opened(at=0, connection=1, peer="h:1"), *frames(range(1, 23)), Ended(at=31, frames=22))
    sink.close()
    assert [path.name for path in sink.paths] == ["run.0004.x", "run.0005.x"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.0004.x", "run.0005.x"]
    recording = load(sink.paths[0])
    assert recording.events[0] == Opened(at=15, connection=1, peer="h:1", continued=True)
    assert recording.events[1:] == (*frames(range(16, 23)), Ended(at=31, frames=22))


def test_parts_of_another_recording_are_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "run.0007.x").touch()
    with pytest.raises(FileExistsError) as caught:
        RecordingSink(tmp_path / "run.x", HEAD, Parts(frames=5), lambda line: None)
    assert caught.value.filename == "run.0007.x"
    assert [path.name for path in tmp_path.iterdir()] == ["run.0007.x"]


LONG = FrameSeen(at=7, connection=1, sender=Side.SERVER, data=encode_frame(0, b"{}", bytes(range(256)) * 3_000))


def test_a_long_frame_is_written_as_any_other_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    sink = RecordingSink(path, HEAD, Parts(), print)
    before, after = frames([5]), frames([9])
    put(sink, *before, LONG, *after)
    sink.close()
    assert path.read_bytes().splitlines(keepends=True)[2] == event_line(LONG)
    assert load(path).events == (*before, LONG, *after)
    assert sink.size == path.stat().st_size


def test_of_a_long_frame_that_does_not_fit_nothing_is_left(tmp_path: Path) -> None:
    """The disk is full in the middle of its line."""
    with RecordingWriter(tmp_path / "r.jsonl", HEAD) as writer:
        writer.write(frames([5])[0])
        size = writer.size

        def pieces() -> Iterator[bytes]:
            yield from islice(frame_line(LONG), 3)
            raise FULL

        with pytest.raises(OSError, match="No space left"):
            writer.append(pieces())
        assert writer.size == writer.path.stat().st_size == size
        writer.write(LONG)
    assert load(writer.path).events == (*frames([5]), LONG)
