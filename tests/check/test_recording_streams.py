"""Streams come to the same frames however they are split."""

from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check.recording import Event, FrameSeen, Gap, Side
from namesrv.check.recording_streams import Stream, Traffic
from namesrv.remoting.frame import encode_frame

FRAMES = st.lists(
    st.builds(encode_frame, st.sampled_from((0, 1)), st.binary(max_size=20), st.none() | st.binary(max_size=20)),
    max_size=5,
)


@settings(max_examples=100)
@given(FRAMES, st.binary(max_size=12), st.lists(st.integers(1, 9)))
def test_frames_are_found_byte_for_byte_in_any_splits(frames: list[bytes], rest: bytes, sizes: list[int]) -> None:
    whole = b"".join(frames)
    data, at, found = whole + rest, 0, []
    stream, at_once = Stream(), Stream()
    for size in [*sizes, len(data)]:
        found += stream.feed(data[at : at + size])
        at += size
    assert b"".join(found) == data[: stream.framed]
    assert found[: len(frames)] == frames
    assert at_once.feed(data) == found
    assert (at_once.why_unreadable is None) == (stream.why_unreadable is None)
    assert stream.seen == len(data)


def test_after_something_missing_frames_are_found_again() -> None:
    frame = encode_frame(0, b"{}")
    events: list[Event] = []
    traffic = Traffic(events.append)
    connection = traffic.opened(0, "h:1")
    traffic.came(1, connection, Side.CLIENT, frame + frame[:5])
    traffic.missing(2, connection, Side.CLIENT, 100, "not in the capture")
    traffic.came(3, connection, Side.CLIENT, frame)
    assert [type(event) for event in events[1:]] == [FrameSeen, Gap, FrameSeen]
