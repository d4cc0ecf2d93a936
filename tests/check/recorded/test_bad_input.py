"""Whatever is in the file, it is said what is wrong, and what is good is used."""

from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check.findings import Verdict
from namesrv.check.recorded.judging import Judged, judge
from namesrv.check.recorded.seen import Start
from namesrv.check.recorded.stream import Stream
from namesrv.check.recording import (
    Closed,
    Continues,
    Event,
    FrameSeen,
    Gap,
    Opened,
    RecordingError,
    Side,
    StreamEnded,
    Unreadable,
    UpstreamLost,
)
from namesrv.check.recording_file import load_recording
from namesrv.check.recording_lines import event_line, head_line
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0
from namesrv.remoting.command import encode_command, request
from tests.check.recorded.making import HEAD
from tests.check.recorded.tampering import command_of
from tests.check.recorded.test_judging import RECORDINGS

REAL = RECORDINGS / "broker-5.5.0.jsonl"
EVENTS = load_recording(REAL).events
TLS = "no frame: a TLS client hello"


def judged(events: tuple[Event, ...], start: Start = Start.UNKNOWN) -> Judged:
    return judge(events, APACHE_5_5_0, start)


def of_file(path: Path) -> Judged:
    return judge(Stream(path), APACHE_5_5_0, Start.EMPTY)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"\x16\x03\x01\x02\x00\x01\x00", b'{"format":"pcap"}\n'])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match="line 1"):
        Stream(file)


def test_a_truncated_recording_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl"
    data = REAL.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    stream = Stream(file)
    found = judge(stream, APACHE_5_5_0, Start.EMPTY)
    assert found.verdict is Verdict.HOLDS
    assert 6 < found.counts["answers explained"] < 16
    assert (stream.left_out_lines, stream.ended) == (1, False)
    assert "last line" in str(stream.left_out[0])


def test_a_line_that_is_broken_in_the_middle_is_a_gap_and_never_green(tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    lines = REAL.read_bytes().splitlines(keepends=True)
    lines[6] = b'{"at":1,"event":"fra\n'
    file.write_bytes(b"".join(lines))
    found = of_file(file)
    assert found.verdict is Verdict.UNKNOWN
    assert "1 gaps" in found.reasons
    assert found.counts["answers explained"] > 8


def test_a_part_that_is_missing_is_told(tmp_path: Path) -> None:
    file = tmp_path / "part.jsonl"
    file.write_bytes(head_line(HEAD) + event_line(Continues(at=5, file="gone.jsonl")))
    stream = Stream(file)
    assert [type(event) for event in stream] == [Gap]
    assert "gone.jsonl" in str(stream.left_out[0])


def test_parts_that_go_on_in_each_other_end(tmp_path: Path) -> None:
    file = tmp_path / "loop.jsonl"
    file.write_bytes(head_line(HEAD) + event_line(Continues(at=5, file="loop.jsonl")))
    assert len(list(Stream(file))) == 1


def test_a_recording_in_parts_is_one(tmp_path: Path) -> None:
    lines = REAL.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    at = EVENTS[middle - 2].at
    again = event_line(Opened(at=at, connection=1, peer="h:1", continued=True))
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines[:middle]) + event_line(Continues(at=at, file="b.jsonl")))
    (tmp_path / "b.jsonl").write_bytes(lines[0] + again + b"".join(lines[middle:]))
    assert tuple(Stream(tmp_path / "a.jsonl")) == EVENTS


def test_of_answers_that_may_be_missing_none_is_held_against_it() -> None:
    asked = next(n for n, event in enumerate(EVENTS) if isinstance(event, FrameSeen))
    gap = Gap(at=EVENTS[asked].at, why="a segment", connection=1, sender=Side.SERVER)
    found = judged((*EVENTS[: asked + 1], gap, *EVENTS[asked + 1 :]), Start.EMPTY)
    assert found.verdict is Verdict.UNKNOWN
    assert (found.counts["answers explained"], found.counts["answers not judged"]) == (15, 1)


def test_a_conversation_over_tls_is_not_judged_and_ends_all_judging() -> None:
    at = EVENTS[8].at
    tls = (
        Opened(at=at, connection=99, peer="h:9"),
        Unreadable(at=at, connection=99, sender=Side.CLIENT, count=200, why=TLS),
        Unreadable(at=at, connection=99, sender=Side.SERVER, count=900, why=TLS),
    )
    found = judged((*EVENTS[:9], *tls, *EVENTS[9:]), Start.EMPTY)
    assert found.verdict is Verdict.UNKNOWN
    assert any("nothing is judged after" in reason for reason in found.reasons)
    assert found.counts["answers explained"] < 16


def test_bytes_that_the_nameserver_does_not_answer_leave_the_rest_judged() -> None:
    at = EVENTS[8].at
    foreign = (
        Opened(at=at, connection=99, peer="h:9"),
        Unreadable(at=at, connection=99, sender=Side.CLIENT, count=18, why="GET / HTTP/1.1"),
        Closed(at=at, connection=99, by=Side.SERVER, unreadable=(18, 0)),
    )
    found = judged((*EVENTS[:9], *foreign, *EVENTS[9:]), Start.EMPTY)
    assert found.counts["answers explained"] == 16
    assert found.reasons == ("1 connections that can't be read",)


def test_connections_that_are_half_open_are_no_matter() -> None:
    at = EVENTS[8].at
    half = (
        Opened(at=at, connection=98, peer="h:9"),
        Opened(at=at, connection=99, peer="h:9"),
        StreamEnded(at=at, connection=99, sender=Side.CLIENT),
    )
    assert judged((*EVENTS[:9], *half, *EVENTS[9:]), Start.EMPTY).verdict is Verdict.HOLDS


def test_a_nameserver_that_was_away_may_have_forgotten_everything() -> None:
    """The recorded broker finds nothing of it when it comes again, and is explained: it registers anew."""
    first = tuple(event for event in EVENTS if event.at < EVENTS[8].at)
    at = first[-1].at
    away = (
        Closed(at=at, connection=1, by=Side.SERVER),
        UpstreamLost(at=at, connection=50, why="connection refused"),
    )
    again = tuple(
        attrs.evolve(event, connection=51) if getattr(event, "connection", None) == 1 else event for event in EVENTS
    )
    shifted = tuple(attrs.evolve(event, at=event.at + at) for event in again)
    found = judged((*first, *away, *shifted), Start.EMPTY)
    assert found.verdict is Verdict.HOLDS, found
    assert found.counts["times that the NameServer may have started again"] == 1


def test_a_request_that_may_have_changed_anything_makes_it_unknown() -> None:
    first = next(n for n, event in enumerate(EVENTS) if isinstance(event, FrameSeen))
    event = EVENTS[first]
    assert isinstance(event, FrameSeen)
    body = b'{"topicConfigSerializeWrapper":{"topicConfigTable":{}}}'
    command = attrs.evolve(
        command_of(event), body=body, ext_fields={**(command_of(event).ext_fields or {}), "bodyCrc32": "0"}
    )
    strange = attrs.evolve(event, data=encode_command(command))
    found = judged((*EVENTS[:first], strange, *EVENTS[first + 1 :]), Start.EMPTY)
    assert found.verdict is Verdict.UNKNOWN
    assert found.counts["requests not understood"] == 1


def test_codes_that_4_9_does_not_answer_may_stay_unanswered() -> None:
    at = EVENTS[0].at
    asked = FrameSeen(at=at, connection=1, sender=Side.CLIENT, data=encode_command(request(9999, opaque=77)))
    recording = load_recording(RECORDINGS / "broker-4.9.7.jsonl").events
    later = tuple(attrs.evolve(event, at=event.at + at) for event in recording[1:])
    found = judge((recording[0], asked, *later), APACHE_4_9_7, Start.EMPTY)
    assert found.verdict is Verdict.HOLDS, found


def test_what_the_nameserver_asks_is_counted() -> None:
    at = EVENTS[4].at
    push = FrameSeen(at=at, connection=1, sender=Side.SERVER, data=encode_command(request(40, opaque=5, oneway=True)))
    found = judged((*EVENTS[:5], push, *EVENTS[5:]), Start.EMPTY)
    assert found.verdict is Verdict.HOLDS
    assert found.counts["requests of the NameServer's"] == 1


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, len(EVENTS) - 1), max_size=14), st.sampled_from(Start))
def test_events_in_any_order_are_judged_somehow(numbers: list[int], start: Start) -> None:
    assert judged(tuple(EVENTS[number] for number in numbers), start).verdict in Verdict


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, REAL.stat().st_size - 1), st.integers(0, 255))
def test_a_byte_that_is_another_is_judged_somehow(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    file = tmp_path_factory.mktemp("bytes") / "file"
    data = bytearray(REAL.read_bytes())
    data[at] = byte
    file.write_bytes(data)
    try:
        stream = Stream(file)
    except RecordingError:
        return
    assert judge(stream, APACHE_5_5_0, Start.EMPTY).verdict in Verdict
