"""Whatever comes, the processor answers, stays silent or says that the header is bad; and the tables stay whole."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.remoting.errors import HeaderError
from namesrv.server import SERVER_PROFILES
from namesrv.server.processor import Processor
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.splitter import Parts, Splitter
from namesrv.server.tables import Tables

CAPTURES = Path(__file__).parent.parent / "captures"
FRAMES = [
    bytes.fromhex(frame["hex"])
    for path in sorted(CAPTURES.glob("*.json"))
    for frame in json.loads(path.read_text())["frames"]
    if frame["dir"] == "to-namesrv"
]


def whole(tables: Tables) -> None:
    """What holds of the tables after each request, whoever sent it."""
    for name, entry in tables.broker_addr.items():
        assert entry.name == name
    for queues in tables.topic_queue.values():
        assert queues
    for names in tables.cluster_addr.values():
        assert names
    kept = sum(map(len, {route for forms in tables._routes.values() for route in forms.values()}))
    assert kept == sum(map(len, tables._shared))


@st.composite
def bent_frames(draw: st.DrawFn) -> Parts:
    """A real peer's frame, with a few bytes of header or body changed, cut out or put in."""
    [(serialize_type, head, body)] = Splitter().feed(draw(st.sampled_from(FRAMES)))
    parts = [bytearray(head), bytearray(body or b"")]
    for _ in range(draw(st.integers(0, 3))):
        part = draw(st.sampled_from(parts))
        at = draw(st.integers(0, len(part)))
        part[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return serialize_type, bytes(parts[0]), bytes(parts[1]) or None


@pytest.mark.parametrize("profile", SERVER_PROFILES)
@given(frames=st.lists(bent_frames(), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_bent_frames_are_answered_or_refused(profile: str, frames: list[Parts]) -> None:
    manager = RouteInfoManager(SERVER_PROFILES[profile], lambda channel: None)
    processor = Processor(manager, lambda: 1_700_000_000_000)
    channels = ["one", "two"]
    for number, (serialize_type, head, body) in enumerate(frames):
        try:
            answer = processor.process(channels[number % 2], serialize_type, head, body)
        except HeaderError:
            continue
        assert answer is None or Splitter().feed(answer)
        manager.run_unregistrations()
        whole(manager.tables)
    for channel in channels:
        while any(info.channel == channel for info in list(manager.tables.live.values())):
            before = len(manager.tables.live)
            manager.channel_destroyed(channel, None)
            manager.run_unregistrations()
            if len(manager.tables.live) == before:
                break  # an address that stands nowhere: Apache leaves it to the scan, and that never finds a place for it
        whole(manager.tables)
    manager.scan_not_active_broker(1 << 62)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("profile", SERVER_PROFILES)
def test_every_captured_request_of_a_real_peer_is_taken(profile: str, frame: bytes) -> None:
    processor = Processor(RouteInfoManager(SERVER_PROFILES[profile], lambda channel: None), lambda: 1)
    for _ in range(2):
        [parts] = Splitter().feed(frame)
        answer = processor.process("channel", *parts)
        assert answer is None or Splitter().feed(answer)
