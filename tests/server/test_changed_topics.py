"""Parts of the short ways: differences of tables, checksums of parts, frames out of a stream."""

import zlib

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.remoting.errors import FrameError
from namesrv.remoting.frame import FrameDecoder, encode_frame
from namesrv.server.changed_topics import common_prefix, common_suffix, difference, is_canonical
from namesrv.server.crc import combine, shift
from namesrv.server.splitter import Splitter

names = st.text(st.sampled_from('ab,:}{"8\\é '), max_size=4)
plain_names = st.text("ab,:8é ", max_size=4)
numbers = st.sampled_from([0, 4, 8, 18, 88])
attributes = st.sampled_from([{}, {"k": "v"}, {"k": "8", "l": ""}])


def tail_of(topics: dict[str, tuple[int, int, dict[str, str]]], *, release_5: bool = True) -> bytes:
    """What follows the versions in a registration."""
    configs = {}
    for topic, (read, write, attribute) in topics.items():
        configs[topic] = ({"attributes": attribute} if release_5 else {}) | {
            "order": False,
            "perm": 6,
            "readQueueNums": read,
            "topicFilterType": "SINGLE_TAG",
            "topicName": topic,
            "topicSysFlag": 0,
            "writeQueueNums": write,
        }
    rest = b',"topicQueueMappingDetailMap":{},"topicQueueMappingInfoMap":{}}}' if release_5 else b"}}"
    return b',"topicConfigTable":' + orjson.dumps(configs) + rest


def rows(tail: bytes) -> dict[str, tuple[int, int, int, int]]:
    """The table as a parser reads it."""
    table = orjson.loads(b"{" + tail[1:-1])["topicConfigTable"]
    keys = ("readQueueNums", "writeQueueNums", "perm", "topicSysFlag")
    return {c["topicName"]: tuple(c[k] for k in keys) for c in table.values()}  # type: ignore[misc]


tables = st.dictionaries(plain_names, st.tuples(numbers, numbers, attributes), min_size=1, max_size=8)


@given(old=tables, data=st.data(), release_5=st.booleans())
@settings(max_examples=500, deadline=None)
def test_a_difference_holds_all_that_a_parser_finds_different(
    old: dict[str, tuple[int, int, dict[str, str]]], data: st.DataObject, release_5: bool
) -> None:
    new = dict(old)
    for topic in data.draw(st.lists(st.sampled_from(sorted(old)), max_size=2)):
        new.pop(topic, None)
    new |= data.draw(st.dictionaries(plain_names, st.tuples(numbers, numbers, attributes), max_size=2))
    before, after = tail_of(old, release_5=release_5), tail_of(new, release_5=release_5)
    assert is_canonical(before, len(old))
    found = difference(before, after)
    if found is None:
        return
    was, now = rows(before), rows(after)
    assert {topic: now[topic] for topic in found} == found
    assert all(now[topic] == was[topic] for topic in now.keys() - found.keys())
    assert is_canonical(after, len(new))


@given(topics=st.dictionaries(names, st.tuples(numbers, numbers, attributes), max_size=4))
def test_only_tables_whose_names_hold_no_braces_quotes_or_escapes_are_canonical(
    topics: dict[str, tuple[int, int, dict[str, str]]],
) -> None:
    plain = bool(topics) and not any(set(name) & set('{}"\\') for name in topics)
    assert is_canonical(tail_of(topics), len(topics)) == plain


def test_a_key_that_is_there_twice_is_not_canonical() -> None:
    one = tail_of({"a": (4, 4, {})})
    entry = one[len(b',"topicConfigTable":{') : one.index(b"}},") + 1]
    twice = one.replace(entry, entry + b"," + entry)
    assert not is_canonical(twice, 1)


@pytest.mark.parametrize(
    "change", [(b'"perm":6', b'"perm":"6"'), (b'"a":{', b'"A":{'), (b'"order":false', b'"order":0')]
)
def test_what_no_broker_writes_is_left_to_the_parser(change: tuple[bytes, bytes]) -> None:
    tail = tail_of({"a": (4, 4, {}), "b": (4, 4, {})})
    odd = tail.replace(*change, 1)
    assert not is_canonical(odd, 2)
    assert difference(tail, odd) is None


def test_one_topic_among_thousands_is_a_small_difference() -> None:
    topics: dict[str, tuple[int, int, dict[str, str]]] = {f"topic-{number}": (4, 4, {}) for number in range(3_000)}
    changed = topics | {"topic-1500": (4, 18, {})}
    assert difference(tail_of(topics), tail_of(changed)) == {"topic-1500": (4, 18, 6, 0)}


@given(a=st.binary(max_size=40), b=st.binary(max_size=40), common=st.binary(max_size=40), times=st.integers(0, 4000))
def test_common_ends_are_exact(a: bytes, b: bytes, common: bytes, times: int) -> None:
    common *= times
    for x, y, count in ((common + a, common + b, common_prefix), (a + common, b + common, common_suffix)):
        n = count(x, y)
        assert len(common) <= n <= min(len(x), len(y))
        if count is common_prefix:
            assert x[:n] == y[:n]
            assert n == min(len(x), len(y)) or x[n] != y[n]
        else:
            assert x[len(x) - n :] == y[len(y) - n :]
            assert n == min(len(x), len(y)) or x[-n - 1] != y[-n - 1]


@given(head=st.binary(), tail=st.binary())
def test_checksums_of_parts_combine(head: bytes, tail: bytes) -> None:
    assert combine(zlib.crc32(head), zlib.crc32(tail), shift(len(tail))) == zlib.crc32(head + tail)


malformed = st.sampled_from(
    [b"", b"\0\0\0\3xxxx", b"\x7f\xff\xff\xffxxxx", b"\0\0\0\x08\0\0\0\x06abcd", b"\0\0\0\x08\x07\0\0\0abcd"]
)
parts = st.tuples(st.integers(0, 1), st.binary(max_size=30), st.one_of(st.none(), st.binary(min_size=1, max_size=300)))


@given(frames=st.lists(parts, max_size=6), end=st.one_of(malformed, st.binary(max_size=12)), data=st.data())
def test_the_splitter_finds_what_the_decoder_finds_in_whatever_pieces(
    frames: list[tuple[int, bytes, bytes | None]], end: bytes, data: st.DataObject
) -> None:
    stream = b"".join(encode_frame(*frame) for frame in frames) + end
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    splitter, found = Splitter(), []
    for piece in pieces:
        found += splitter.feed(piece)
    decoder, expected, error = FrameDecoder(), [], None
    try:
        for byte in stream:
            expected += decoder.feed(bytes([byte]))
    except FrameError as caught:
        error = caught
    assert found == [(f.serialize_type, f.header, f.body) for f in expected]
    assert str(splitter.error) == str(error)


LONG = bytes(range(256)) * (1 << 14)


@pytest.mark.parametrize("piece_bytes", [1_000, 70_000, 1 << 20, 1 << 23])
@pytest.mark.parametrize("directly", [False, True])
def test_long_frames_come_out_whole_whatever_the_pieces(piece_bytes: int, directly: bool) -> None:
    stream = encode_frame(0, b"{}", LONG) + encode_frame(1, b"x" * 300, LONG[7:]) + encode_frame(0, b"{}") + b"\0\0"
    splitter, found, at = Splitter(), [], 0
    while at < len(stream):
        space = splitter.space() if directly else None
        if space is None:
            piece = stream[at : at + piece_bytes]
            found += splitter.feed(piece)
        else:
            piece = stream[at : at + min(piece_bytes, len(space))]
            space[: len(piece)] = piece
            space.release()
            found += splitter.filled(len(piece))
        at += len(piece)
    assert found == [(0, b"{}", LONG), (1, b"x" * 300, LONG[7:]), (0, b"{}", None)]
    assert splitter.buffered_bytes == 2


def test_a_long_length_alone_sets_little_aside() -> None:
    splitter = Splitter()
    assert splitter.feed((16_777_212).to_bytes(4, "big") + b"\0\0\0\2{}" + bytes(100)) == []
    space = splitter.space()
    assert space is not None
    assert len(space) <= 1 << 21
