"""A stream is what its segments say, in whatever order, how often, and whichever are missing."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check.tcp_stream import MODULUS, PATIENCE_NS, REORDERED_NS, Data, End, Hole, Piece, TcpStream

SEQS = st.integers(0, MODULUS - 1)


@st.composite
def segmented(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    """A stream, and segments `start, end` that cover it, overlapping, some of them twice, in any order."""
    data = draw(st.binary(min_size=1, max_size=60))
    cuts = sorted({0, len(data), *draw(st.lists(st.integers(0, len(data)), max_size=8))})
    spans = [
        (max(0, start - draw(st.integers(0, 3))), min(len(data), end + draw(st.integers(0, 3))))
        for start, end in itertools.pairwise(cuts)
    ]
    spans += draw(st.lists(st.sampled_from(spans), max_size=3))
    return data, draw(st.permutations(spans))


def told(pieces: list[Piece], size: int) -> list[int | None]:
    """The stream's bytes, `None` where they are missing at the end or in a hole."""
    found: list[int | None] = []
    for piece in pieces:
        if isinstance(piece, Data):
            found += piece.data
        elif isinstance(piece, Hole):
            found += [None] * piece.count
    return found + [None] * (size - len(found))


@settings(max_examples=100)
@given(segmented(), SEQS)
def test_what_comes_in_any_order_is_put_together_and_the_end_comes_last(
    stream: tuple[bytes, list[tuple[int, int]]], isn: int
) -> None:
    data, spans = stream
    reader = TcpStream()
    reader.begin(isn)
    pieces: list[Piece] = []
    for at, (start, end) in enumerate(spans):
        seq = (isn + 1 + start) % MODULUS
        pieces += reader.add(at, seq, data[start:end], fin=end == len(data))
    assert told(pieces, len(data)) == list(data)
    assert [type(piece) for piece in pieces].count(End) == 1
    assert isinstance(pieces[-1], End)
    assert not any(isinstance(piece, Hole) for piece in pieces)
    assert not reader.has_hole


@settings(max_examples=100)
@given(segmented(), SEQS, st.data())
def test_what_is_missing_is_a_hole_of_its_size_and_the_rest_is_kept(
    stream: tuple[bytes, list[tuple[int, int]]], isn: int, draw: st.DataObject
) -> None:
    data, spans = stream
    kept = draw.draw(st.lists(st.sampled_from(spans), unique=True))
    reader = TcpStream()
    reader.begin(isn)
    pieces: list[Piece] = []
    for at, (start, end) in enumerate(kept):
        pieces += reader.add(at, (isn + 1 + start) % MODULUS, data[start:end], fin=False)
    pieces += reader.give_up()
    known = {index for start, end in kept for index in range(start, end)}
    assert told(pieces, len(data)) == [byte if index in known else None for index, byte in enumerate(data)]


def begun() -> TcpStream:
    """At sequence number 0."""
    stream = TcpStream()
    stream.begin(-1 % MODULUS)
    return stream


def test_bytes_have_the_time_at_which_nothing_before_them_was_missing_any_more() -> None:
    stream = begun()
    assert stream.add(1, 0, b"a", fin=False) == [Data(1, b"a")]
    assert stream.add(2, 2, b"c", fin=False) == []
    assert stream.add(3, 1, b"b", fin=False) == [Data(3, b"b"), Data(3, b"c")]


def test_a_hole_is_given_up_soon_if_it_was_acknowledged_and_what_is_behind_it_keeps_its_time() -> None:
    stream = begun()
    stream.add(0, 5, b"xy", fin=False)
    stream.add(1, 7, b"z", fin=True)
    stream.acked(10, 0)
    assert stream.tick(10 + REORDERED_NS) == []
    stream.acked(20, 8)
    assert stream.tick(19 + REORDERED_NS) == []
    assert stream.tick(20 + REORDERED_NS) == [Hole(0, 5), Data(0, b"xy"), Data(1, b"z"), End(1)]


def test_a_hole_that_nobody_acknowledges_is_waited_for_as_long_as_tcp_would_send_it_again() -> None:
    stream = begun()
    stream.add(7, 5, b"xy", fin=False)
    assert stream.tick(PATIENCE_NS) == []
    assert stream.tick(7 + PATIENCE_NS) == [Hole(7, 5), Data(7, b"xy")]


def test_without_its_beginning_a_stream_begins_with_what_is_seen_first() -> None:
    stream = TcpStream()
    assert stream.is_fresh
    assert stream.add(1, MODULUS - 1, b"ab", fin=False) == [Data(1, b"ab")]
    assert stream.add(2, 1, b"c", fin=False) == [Data(2, b"c")]


def test_a_keep_alive_says_nothing() -> None:
    stream = begun()
    stream.add(1, 0, b"abc", fin=False)
    assert stream.add(2, 2, b"\0", fin=False) == []
