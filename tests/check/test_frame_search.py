"""Where a frame begins in a stream of which only the middle is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check.frame_search import FrameSearch, find_frame
from namesrv.remoting.codes import RequestCode, SerializeType
from namesrv.remoting.command import encode_command, request
from namesrv.remoting.frame import encode_frame

BODY = b'{"topicConfigTable":{"T":{"perm":6}},"dataVersion":{"counter":1}}' * 3
JSON = encode_command(request(RequestCode.REGISTER_BROKER, opaque=7, ext_fields={"brokerName": "b"}, body=BODY))
BINARY = encode_command(
    request(
        RequestCode.GET_BROKER_CLUSTER_INFO, opaque=7, ext_fields={"a": "b"}, serialize_type=int(SerializeType.ROCKETMQ)
    )
)


@settings(max_examples=100)
@given(st.integers(1, len(JSON) - 1), st.sampled_from([JSON, BINARY]), st.lists(st.integers(1, 60), max_size=6))
def test_the_rest_of_a_frame_is_skipped_up_to_the_next_however_it_comes(
    cut: int, frame: bytes, sizes: list[int]
) -> None:
    data, search, at = JSON[cut:] + frame + JSON, FrameSearch(), 0
    for size in [*sizes, len(data)]:
        found = search.feed(data[at : at + size])
        at += size
        if found is not None:
            found += data[at:]
            break
    assert found == frame + JSON
    assert search.skipped == len(JSON) - cut


@pytest.mark.parametrize("frame", [JSON, BINARY])
def test_a_frame_that_begins_at_once_is_found_at_once(frame: bytes) -> None:
    assert find_frame(frame) == (0, True)
    assert find_frame(frame[:30]) == (0, False)


@pytest.mark.parametrize(
    "data",
    [
        b"\x17\x03\x03\x00\x40" + bytes(range(64)),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        encode_frame(0, b'{"no":"remoting"}'),
        encode_frame(0, b'{"broken'),
        encode_frame(1, b"\x00\x01\xff" + b"x" * 30),
        BODY,
    ],
)
def test_what_only_looks_like_a_frame_is_none(data: bytes) -> None:
    start, is_whole = find_frame(data + b" " * 16)
    assert not is_whole
    assert start > 0
