"""Frames in any splits, and streams that are none."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import LENGTHS, MAX_FRAME_BYTES, Frame, FrameDecoder, encode_frame
from tests.remoting.captured import SCENARIOS, captured

GOOD = encode_frame(0, b"{}", b"body")

frames = st.builds(
    Frame,
    serialize_type=st.sampled_from((0, 1)),
    header=st.binary(max_size=30),
    body=st.none() | st.binary(min_size=1, max_size=30),
)


def encode(frame: Frame) -> bytes:
    return encode_frame(frame.serialize_type, frame.header, frame.body)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """`data` cut at these places."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return (data[start:end] for start, end in pairwise(edges))


@given(st.lists(frames, max_size=6), st.lists(st.integers(0, 1 << 16), max_size=12))
def test_any_split_of_a_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    decoder = FrameDecoder()
    got: list[Frame] = []
    for piece in pieces(b"".join(map(encode, sent)), cuts):
        got += decoder.feed(piece)
    decoder.close()
    assert got == sent


def test_the_captured_frames_byte_by_byte_are_the_captured_frames_at_once() -> None:
    stream = b"".join(frame for name in SCENARIOS for frame in captured(name))
    slow, fast = FrameDecoder(), FrameDecoder()
    got = [frame for index in range(len(stream)) for frame in slow.feed(stream[index : index + 1])]
    assert got == fast.feed(memoryview(stream))
    assert b"".join(map(encode, got)) == stream
    assert slow.buffered_bytes == fast.buffered_bytes == 0


def test_a_body_of_no_bytes_is_no_body() -> None:
    assert FrameDecoder().feed(encode_frame(0, b"{}", b"")) == [Frame(0, b"{}", None)]


def test_a_header_of_no_bytes_is_left_to_the_command() -> None:
    assert FrameDecoder().feed(encode_frame(0, b"", b"x")) == [Frame(0, b"", b"x")]


MALFORMED = [
    # name, bytes, what, where, expected, got
    ("length 0", struct.pack(">i", 0), "frame length", "byte 0", "at least 4", "0"),
    ("length 3", struct.pack(">i", 3), "frame length", "byte 0", "at least 4", "3"),
    ("length -1", struct.pack(">i", -1), "frame length", "byte 0", "at least 4", "-1"),
    ("length -2^31", struct.pack(">i", -(1 << 31)), "frame length", "byte 0", "at least 4", "-2147483648"),
    ("2^31-1", struct.pack(">i", (1 << 31) - 1), "frame length", "byte 0", "at most 16777212", "2147483647"),
    ("over 16 MiB", struct.pack(">i", 16777217), "frame length", "byte 0", "at most 16777212", "16777217"),
    ("4 over 16 MiB", struct.pack(">i", 16777213), "frame length", "byte 0", "at most 16777212", "16777213"),
    ("header over frame", struct.pack(">iI", 4, 1), "header length", "byte 4", "at most 0", "1"),
    ("longest header", struct.pack(">iI", 100, 0xFFFFFF), "header length", "byte 4", "at most 96", "16777215"),
    ("type 2", struct.pack(">iI", 6, 2 << 24 | 2), "serialize type", "byte 4", "0 (JSON) or 1 (ROCKETMQ)", "2"),
    ("type 9", struct.pack(">iI", 6, 9 << 24 | 2), "serialize type", "byte 4", "0 (JSON) or 1 (ROCKETMQ)", "9"),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01", "frame length", "byte 0", "at most 16777212", "369295618"),
    ("HTTP GET", b"GET / HTTP/1.1\r\n", "frame length", "byte 0", "at most 16777212", "1195725856"),
]


@pytest.mark.parametrize(
    ("data", "what", "where", "expected", "got"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_frame_is_refused_with_what_where_expected_and_got(
    data: bytes, what: str, where: str, expected: str, got: str
) -> None:
    with pytest.raises(FrameError) as caught:
        FrameDecoder().feed(data)
    error = caught.value
    assert (error.what, error.where, error.expected, error.got) == (what, where, expected, got)
    assert str(error) == f"{what} at {where}: expected {expected}, got {got}"


@pytest.mark.parametrize("data", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_frames_before_a_malformed_one_are_handed_over_and_the_next_call_raises(data: bytes) -> None:
    decoder = FrameDecoder()
    assert decoder.feed(GOOD + GOOD + data) == [Frame(0, b"{}", b"body")] * 2
    assert decoder.error is not None
    assert decoder.error.where in (f"byte {2 * len(GOOD)}", f"byte {2 * len(GOOD) + 4}")
    with pytest.raises(FrameError):
        decoder.feed(GOOD)
    with pytest.raises(FrameError):
        decoder.close()


def test_the_longest_frame_is_one_of_16_mib_with_its_length_field() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(struct.pack(">iI", MAX_FRAME_BYTES - 4, 2)) == []
    (frame,) = decoder.feed(b"{}" + bytes(MAX_FRAME_BYTES - 10))
    assert frame.body is not None
    assert len(encode(frame)) == MAX_FRAME_BYTES


def test_a_long_frame_that_has_begun_can_be_collected_by_somebody_else() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(GOOD + GOOD[:9]) == [Frame(0, b"{}", b"body")]
    assert decoder.hand_over(len(GOOD) + 1) is None
    begun, missing = decoder.hand_over(len(GOOD)) or (b"", 0)
    assert begun + GOOD[-missing:] == GOOD
    assert decoder.hand_over(0) is None
    with pytest.raises(FrameError, match=f"byte {2 * len(GOOD)}"):
        decoder.feed(bytes(8))


def test_a_shorter_bound_holds_too() -> None:
    assert FrameDecoder(len(GOOD)).feed(GOOD)
    with pytest.raises(FrameError, match=f"expected at most {len(GOOD) - 5}, got {len(GOOD) - 4}"):
        FrameDecoder(len(GOOD) - 1).feed(GOOD)


@pytest.mark.parametrize("size", range(1, len(GOOD)))
def test_a_stream_that_ends_within_a_frame_is_reported(size: int) -> None:
    decoder = FrameDecoder()
    decoder.feed(GOOD + GOOD[:size])
    with pytest.raises(FrameError) as caught:
        decoder.close()
    assert str(caught.value) == (
        f"end of stream at byte {len(GOOD)}: expected the end of a frame, got {size} bytes of one"
    )


def test_a_length_that_lies_costs_no_memory() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(struct.pack(">iI", MAX_FRAME_BYTES - 4, 100) + b"x") == []
    assert decoder.buffered_bytes == 9


@given(st.binary(max_size=64), st.lists(st.integers(0, 64), max_size=4))
def test_arbitrary_bytes_raise_nothing_but_frame_errors(data: bytes, cuts: list[int]) -> None:
    decoder = FrameDecoder(256)
    fed = b""
    with suppress(FrameError):
        for piece in pieces(data, cuts):
            fed += b"".join(map(encode, decoder.feed(piece)))
        decoder.close()
        assert fed == data


def test_a_header_too_long_for_its_length_field_is_not_encoded() -> None:
    with pytest.raises(FrameError, match="expected at most 16777215, got 16777216"):
        encode_frame(0, bytes(1 << 24))


class CountingBuffer(bytearray):
    """Counts the bytes that are copied out of it and moved within it."""

    moved = 0

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        if isinstance(key, slice):
            self.moved += len(range(*key.indices(len(self))))
        return super().__getitem__(key)

    def __delitem__(self, key: SupportsIndex | slice) -> None:
        super().__delitem__(key)
        self.moved += len(self)


@pytest.mark.parametrize("step", [1, 7, 1 << 12, 1 << 20])
def test_decoding_moves_each_byte_a_bounded_number_of_times(step: int) -> None:
    stream = GOOD * 2000 + encode_frame(0, b"{}", bytes(50_000)) + GOOD
    decoder = FrameDecoder()
    buffer = decoder._buffer = CountingBuffer()
    count = sum(len(decoder.feed(stream[at : at + step])) for at in range(0, len(stream), step))
    assert count == 2002
    assert decoder._buffer is buffer
    # Each byte leaves once; a rest shorter than a frame stays behind at most once a call that gave frames.
    assert buffer.moved <= 3 * len(stream)


def test_a_frames_lengths_are_looked_at_once_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    class Counting:
        @staticmethod
        def unpack_from(buffer: bytearray, offset: int) -> tuple[int, ...]:
            nonlocal calls
            calls += 1
            return LENGTHS.unpack_from(buffer, offset)

    stream = encode_frame(0, b"{}", bytes(3000))
    monkeypatch.setattr("namesrv.remoting.frame.LENGTHS", Counting)
    decoder = FrameDecoder()
    for at in range(len(stream)):
        decoder.feed(stream[at : at + 1])
    assert calls == len(stream) - 7
