"""Recordings as files: what is written is read again, and of what is no recording the good part is."""

from pathlib import Path

import attrs
import orjson
import pytest
from jsonschema import Draft202012Validator

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
from namesrv.check.recording_file import RecordingReader, RecordingWriter, load_recording
from namesrv.check.recording_lines import NAMES, event_line, head_line
from namesrv.check.schemas import schema
from namesrv.remoting.frame import encode_frame

HEAD = Head(started="2026-11-26T06:00:00Z", listen="127.0.0.1:1", upstream="127.0.0.1:2", made_by="namesrv 0")
FRAME = encode_frame(0, b'{"code":106}', b"body")
EVENTS: tuple[Event, ...] = (
    Opened(at=1, connection=1, peer="10.0.0.1:5"),
    Opened(at=1, connection=2, peer="[::1]:5", continued=True),
    FrameSeen(at=2, connection=1, sender=Side.CLIENT, data=FRAME),
    FrameSeen(at=3, connection=1, sender=Side.SERVER, data=encode_frame(1, b"x" * 21)),
    Unreadable(at=4, connection=2, sender=Side.CLIENT, count=5, why="TLS"),
    StreamEnded(at=5, connection=1, sender=Side.CLIENT),
    Closed(at=6, connection=1, by=Side.CLIENT),
    Closed(at=7, connection=2, by=Side.PROXY, reset=True, unreadable=(9, 0)),
    UpstreamLost(at=8, connection=3, why="refused"),
    Gap(at=9, why="the disk is full", frames=3),
    Gap(at=9, why="missing in the capture", connection=3, sender=Side.SERVER, count=0),
    Ended(at=10, frames=2),
)


def written(path: Path, *lines: bytes, head: Head = HEAD) -> Path:
    path.write_bytes(head_line(head) + b"".join(lines))
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", HEAD) as writer:
        for event in EVENTS:
            writer.write(event)
    recording = load_recording(tmp_path / "r")
    assert recording.head == HEAD
    assert recording.events == EVENTS
    assert recording.left_out == ()
    assert recording.has_ended
    assert writer.size == (tmp_path / "r").stat().st_size


def test_every_line_keeps_to_the_schema() -> None:
    validator = Draft202012Validator(schema("recording"))
    validator.check_schema(schema("recording"))
    lines = [head_line(HEAD), head_line(attrs.evolve(HEAD, part=2, continued_from="r.1"))]
    lines += [event_line(event) for event in (*EVENTS, Continues(at=1, file="r.2"))]
    for line in lines:
        validator.validate(orjson.loads(line))
    assert {type(event) for event in EVENTS} == set(NAMES) - {Continues}


@pytest.mark.parametrize(
    "line",
    [
        b'{"at":1,"event":"frame","connection":1,"from":"client","hex":"00"}',
        b'{"at":1,"event":"open","connection":0,"peer":"h:1"}',
        b'{"at":1,"event":"frame","connection":1,"from":"proxy","hex":"0000000400000000"}',
        b'{"at":1,"event":"continues","file":"../r"}',
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, line: bytes) -> None:
    assert not Draft202012Validator(schema("recording")).is_valid(orjson.loads(line))
    with RecordingReader(written(tmp_path / "r", line + b"\n")) as reader:
        assert list(reader) == []
        assert reader.left_out_lines == 1


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"evidence")
    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path / "r", HEAD)
    assert (tmp_path / "r").read_bytes() == b"evidence"


@pytest.mark.parametrize(
    ("first", "expected", "got"),
    [
        (b"", '"format": "namesrv-recording"', "an empty file"),
        (b"\xd4\xc3\xb2\xa1\x02\x00", "a JSON object", "\\x02\\x00"),
        (b"[]\n", "a JSON object", "list"),
        (b'{"format":"namesrv trace 1"}\n', '"format": "namesrv-recording"', "namesrv trace 1"),
        (b'{"format":"namesrv-recording","version":2}\n', "1", "2"),
        (b'{"format":"namesrv-recording","version":1}\n', "a text", "nothing"),
        (b'{"format":"namesrv-recording","version":1', "a JSON object", "format"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_a_reason(
    tmp_path: Path, first: bytes, expected: str, got: str
) -> None:
    (tmp_path / "r").write_bytes(first)
    with pytest.raises(RecordingError) as caught:
        load_recording(tmp_path / "r")
    assert caught.value.where == "r, line 1"
    assert caught.value.expected == expected
    assert got in caught.value.got


def test_a_truncated_last_line_is_left_out_and_the_rest_used(tmp_path: Path) -> None:
    lines = [event_line(event) for event in EVENTS[:4]]
    recording = load_recording(written(tmp_path / "r", *lines[:3], lines[3][:-20]))
    assert recording.events == EVENTS[:3]
    assert not recording.has_ended
    (told,) = recording.left_out
    assert str(told) == f"last line at r, line 5: expected a whole line, got {len(lines[3]) - 20} bytes of one"


def test_a_last_line_that_lacks_only_its_newline_is_used(tmp_path: Path) -> None:
    recording = load_recording(written(tmp_path / "r", event_line(EVENTS[0]).rstrip()))
    assert recording.events == EVENTS[:1]
    assert recording.left_out == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"garbage", "line at r, line 3: expected a JSON object, got 'garbage'"),
        (b"", "line at r, line 3: expected a JSON object, got ''"),
        (b"[1]", "line at r, line 3: expected a JSON object, got list"),
        (b'{"at":5,"event":"dance"}', "event at r, line 3: expected one of open"),
        (b'{"at":-1,"event":"open"}', "at at r, line 3: expected a number of 0 or more, got -1"),
        (b'{"at":true,"event":"open"}', "at at r, line 3: expected a number of 0 or more, got True"),
        (b'{"at":5,"event":"open","connection":3}', "peer at r, line 3: expected a text, got nothing"),
        (b'{"at":5,"event":"frame","connection":3,"from":"x","hex":""}', "expected client or server, got 'x'"),
        (b'{"at":5,"event":"frame","connection":3,"from":"client","hex":"0g"}', "expected bytes in hex, got '0g'"),
        (b'{"at":5,"event":"frame","connection":3,"from":"client","hex":""}', "expected one whole frame, got 0 frames"),
        (b'{"at":5,"event":"close","connection":3,"by":"client","reset":1}', "expected true or false, got 1"),
        (b'{"at":0,"event":"end","frames":1}', "at at r, line 3: expected 1 or later, got 0"),
    ],
)
def test_a_line_that_is_no_event_is_left_out_and_told(tmp_path: Path, line: bytes, told: str) -> None:
    first, last = event_line(EVENTS[0]), event_line(EVENTS[-1])
    recording = load_recording(written(tmp_path / "r", first, line + b"\n", last))
    assert recording.events == (EVENTS[0], EVENTS[-1])
    assert recording.left_out_lines == 1
    assert told in str(recording.left_out[0])


def test_a_frame_has_to_be_one_whole_frame(tmp_path: Path) -> None:
    for data in (FRAME[:-1], FRAME + FRAME, FRAME + b"\0"):
        event = FrameSeen(at=1, connection=1, sender=Side.CLIENT, data=data)
        recording = load_recording(written(tmp_path / "r", event_line(event)))
        assert recording.events == ()
        assert recording.left_out[0].expected == "one whole frame"


def test_a_line_beyond_any_event_is_skipped_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("namesrv.check.recording_file.MAX_LINE_BYTES", 1000)
    path = written(tmp_path / "r", event_line(EVENTS[0]), b"x" * 3000 + b"\n", event_line(EVENTS[2]), b"y" * 5000)
    recording = load_recording(path)
    assert recording.events == (EVENTS[0], EVENTS[2])
    assert [told.got for told in recording.left_out] == ["3001 bytes without one", "5000 bytes without one"]


def test_of_many_foreign_lines_the_first_are_told_and_all_counted(tmp_path: Path) -> None:
    recording = load_recording(written(tmp_path / "r", b"\n" * 1000, event_line(EVENTS[0])))
    assert recording.events == EVENTS[:1]
    assert len(recording.left_out) == 100
    assert recording.left_out_lines == 1000


def test_parts_are_one_recording_and_open_connections_are_told_once(tmp_path: Path) -> None:
    second = attrs.evolve(HEAD, part=2, continued_from="r.1")
    again = Opened(at=3, connection=1, peer="10.0.0.1:5", continued=True)
    written(tmp_path / "r.1", *map(event_line, EVENTS[:3]), event_line(Continues(at=3, file="r.2")))
    written(tmp_path / "r.2", event_line(again), *map(event_line, EVENTS[5:]), head=second)
    recording = load_recording(tmp_path / "r.1")
    assert recording.events == (*EVENTS[:3], *EVENTS[5:])
    assert recording.has_ended
    assert load_recording(tmp_path / "r.2").events == (again, *EVENTS[5:])


def test_a_part_that_is_missing_or_goes_back_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "r", event_line(EVENTS[0]), event_line(Continues(at=3, file="r.2")))
    recording = load_recording(path)
    assert recording.events == EVENTS[:1]
    assert str(recording.left_out[0]) == (
        "next part at r.2: expected the recording to go on, got No such file or directory"
    )
    written(path, event_line(EVENTS[0]), event_line(Continues(at=3, file="r")))
    assert "one that was" in load_recording(path).left_out[0].got
    written(path, event_line(EVENTS[0]), event_line(Continues(at=3, file="r.2")))
    written(tmp_path / "r.2", event_line(EVENTS[2]))
    assert load_recording(path).left_out[0].expected == "3 or later"
