"""Streams come to the same frames however they are split."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check import recording_streams
from namesrv.check.recording import Event, FrameSeen, Side
from namesrv.check.recording_streams import LONG_FRAME_BYTES, Stream, Traffic
from namesrv.remoting.frame import encode_frame

FRAMES = st.lists(
    st.builds(encode_frame, st.sampled_from((0, 1)), st.binary(max_size=20), st.none() | st.binary(max_size=20)),
    max_size=5,
)


def fault(stream: Stream) -> str | None:
    """Without how the stream begins: as much is quoted as had come."""
    why = stream.why_unreadable
    return None if why is None else why.partition(", it begins with")[0]


@settings(max_examples=100)
@given(FRAMES, st.binary(max_size=12), st.lists(st.integers(1, 9)), st.sampled_from((10, 20, LONG_FRAME_BYTES)))
def test_frames_are_found_byte_for_byte_in_any_splits(
    frames: list[bytes], rest: bytes, sizes: list[int], long: int
) -> None:
    """Also those that are put together by themselves for their length."""
    whole = b"".join(frames)
    data, at, found = whole + rest, 0, []
    stream, at_once = Stream(), Stream()
    with patch.object(recording_streams, "LONG_FRAME_BYTES", long):
        for size in [*sizes, len(data)]:
            found += stream.feed(data[at : at + size])
            at += size
    assert b"".join(found) == data[: stream.framed]
    assert found[: len(frames)] == frames
    assert at_once.feed(data) == found
    assert fault(at_once) == fault(stream)
    assert stream.seen == len(data)


def test_after_something_missing_frames_are_found_again() -> None:
    frame = encode_frame(0, b"{}")
    long = encode_frame(0, b"{}", bytes(LONG_FRAME_BYTES))
    events: list[Event] = []
    traffic = Traffic(events.append)
    connection = traffic.opened(0, "h:1")
    traffic.came(1, connection, Side.CLIENT, frame + frame[:5])
    traffic.missing(2, connection, Side.CLIENT, 100, "not in the capture")
    traffic.came(3, connection, Side.CLIENT, frame + long[:1000])
    traffic.missing(4, connection, Side.CLIENT, 100, "not in the capture")
    traffic.came(5, connection, Side.CLIENT, long + frame)
    found = [event.data if isinstance(event, FrameSeen) else None for event in events[1:]]
    assert found == [frame, None, frame, None, long, frame]
