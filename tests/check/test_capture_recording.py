"""Captures come to the recordings that a proxy would have made, as far as the captures go."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.check.capture_recording import HORIZON_NS, CaptureRecording
from namesrv.check.captures import Capture, CaptureError, Segment, servers_in
from namesrv.check.recording import Closed, Ended, Event, FrameSeen, Gap, Opened, Side, StreamEnded, Unreadable
from namesrv.check.recording_file import load_recording
from namesrv.remoting.address import Address
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request
from tests.check.captured import (
    CLIENT,
    CLIENT6,
    LINKS,
    SERVER,
    SERVER6,
    Packet,
    Peer,
    ip_packet,
    linked,
    write_capture,
    write_pcapng,
)

FOLDER = Path(__file__).parent.parent / "recordings" / "tcpdump"
MS = 1_000_000
BODY = b'{"filterServerList":[]}' * 40
ASKED = [encode_command(request(RequestCode.REGISTER_BROKER, opaque=n, body=BODY)) for n in range(3)]
ANSWERED = [encode_command(attrs.evolve(request(0, opaque=n), flag=1)) for n in range(3)]


def conversation(client: Peer = CLIENT, server: Peer = SERVER, isn: int = 4_294_967_000) -> list[Packet]:
    """Connect, three requests in two segments each, three answers, and an end: every millisecond a packet. Numbers wrap."""
    packets: list[Packet] = []
    mine, others = isn, 77

    def put(flags: str, data: bytes = b"", *, back: bool = False) -> None:
        nonlocal mine, others
        source, target = (server, client) if back else (client, server)
        seq, ack = (others, mine) if back else (mine, others)
        packets.append(Packet(len(packets), source, target, flags, seq, data, ack if "A" in flags else 0))
        size = len(data) + ("S" in flags) + ("F" in flags)
        mine, others = (mine, others + size) if back else (mine + size, others)

    put("S")
    put("SA", back=True)
    put("A")
    for asked, answered in zip(ASKED, ANSWERED, strict=True):
        put("A", asked[:500])
        put("PA", asked[500:])
        put("PA", answered, back=True)
    put("FA")
    put("FA", back=True)
    put("A")
    return packets


def recorded(tmp_path: Path, packets: Sequence[Packet], link: str = "ethernet", server: Peer = SERVER) -> list[Event]:
    """The events of a capture that has these packets."""
    events: list[Event] = []
    recording = CaptureRecording([Address(*server)], events.append)
    for segment in Capture(write_capture(tmp_path / "c.pcap", packets, link), server[1]):
        recording.add(segment)
    recording.close()
    return events


def of_kind(events: Sequence[Event], kind: type[Event]) -> list[Any]:
    """Those."""
    return [event for event in events if isinstance(event, kind)]


WHOLE = [
    Opened(at=0, connection=1, peer="10.0.0.1:40000"),
    *(
        FrameSeen(at=at * MS, connection=1, sender=sender, data=data)
        for at, sender, data in (
            (4, Side.CLIENT, ASKED[0]),
            (5, Side.SERVER, ANSWERED[0]),
            (7, Side.CLIENT, ASKED[1]),
            (8, Side.SERVER, ANSWERED[1]),
            (10, Side.CLIENT, ASKED[2]),
            (11, Side.SERVER, ANSWERED[2]),
        )
    ),
    StreamEnded(at=12 * MS, connection=1, sender=Side.CLIENT),
    StreamEnded(at=13 * MS, connection=1, sender=Side.SERVER),
    Closed(at=13 * MS, connection=1, by=Side.CLIENT),
    Ended(at=14 * MS, frames=6),
]


@pytest.mark.parametrize("link", sorted(LINKS))
def test_each_link_layer_can_be_read(tmp_path: Path, link: str) -> None:
    assert recorded(tmp_path, conversation(), link) == WHOLE


@pytest.mark.parametrize("link", sorted(LINKS))
def test_each_link_layer_can_be_read_with_ipv6(tmp_path: Path, link: str) -> None:
    events = recorded(tmp_path, conversation(CLIENT6, SERVER6), link, SERVER6)
    assert events == [Opened(at=0, connection=1, peer="[2001:db8::1]:40000"), *WHOLE[1:]]


def test_pcapng_is_read_as_pcap_is(tmp_path: Path) -> None:
    events: list[Event] = []
    recording = CaptureRecording([Address(*SERVER)], events.append)
    path = write_pcapng(tmp_path / "c.pcapng", conversation())
    assert path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    for segment in Capture(path, 9876):
        recording.add(segment)
    recording.close()
    assert events == WHOLE


def test_a_link_layer_that_is_none_of_these_is_refused_by_name(tmp_path: Path) -> None:
    import cypcap

    with cypcap.open_dead(cypcap.DatalinkType.PPP, 100) as pcap, pcap.dump_open(tmp_path / "c"):
        pass
    with pytest.raises(CaptureError, match="Linux cooked or raw IP, got PPP"):
        Capture(tmp_path / "c", 9876)


@pytest.mark.parametrize("name", ["ethernet.pcap", "any.pcap"])
def test_what_tcpdump_captured_is_what_the_proxy_recorded_meanwhile(name: str) -> None:
    by_proxy = load_recording(FOLDER / "proxy.jsonl")
    events: list[Event] = []
    recording = CaptureRecording([Address("127.0.0.1", 19876)], events.append)
    for segment in Capture(FOLDER / name, 19876):
        recording.add(segment)
    recording.close()

    def without_time(events: Sequence[Event]) -> list[Event]:
        return [attrs.evolve(event, at=0) for event in events if not isinstance(event, Opened)]

    assert without_time(events) == without_time(by_proxy.events)
    (opened,) = of_kind(events, Opened)
    assert not opened.continued
    frames = [[event.at for event in of_kind(each, FrameSeen)] for each in (events, by_proxy.events)]
    gaps = [[later - at for at, later in itertools.pairwise(times)] for times in frames]
    assert all(abs(mine - others) < 100 * MS for mine, others in zip(*gaps, strict=True))


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 4))
def test_packets_in_another_order_or_twice_come_to_the_same_frames(
    tmp_path_factory: pytest.TempPathFactory, random: Any, twice: int
) -> None:
    packets = conversation()
    first, middle, last = packets[:3], packets[3:12], packets[12:]
    middle += random.sample(middle, twice)
    random.shuffle(middle)
    mixed = [attrs.evolve(packet, ms=ms) for ms, packet in enumerate([*first, *middle, *last])]
    events = recorded(tmp_path_factory.mktemp("c"), mixed)
    for side, said in ((Side.CLIENT, ASKED), (Side.SERVER, ANSWERED)):
        assert [event.data for event in of_kind(events, FrameSeen) if event.sender is side] == said
    assert of_kind(events, Gap) == []
    assert [event.unreadable for event in of_kind(events, Closed)] == [(0, 0)]
    assert [event.at for event in events] == sorted(event.at for event in events)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 14), min_size=1, max_size=14))
def test_whichever_packets_are_missing_only_whole_frames_are_told_in_the_order_of_time(
    tmp_path_factory: pytest.TempPathFactory, missing: set[int]
) -> None:
    packets = [packet for index, packet in enumerate(conversation()) if index not in missing]
    events = recorded(tmp_path_factory.mktemp("c"), packets)
    for side, said in ((Side.CLIENT, ASKED), (Side.SERVER, ANSWERED)):
        found = [event.data for event in of_kind(events, FrameSeen) if event.sender is side]
        assert found == [frame for frame in said if frame in found]
    assert [event.at for event in events] == sorted(event.at for event in events)
    lost = {index for index, asked in enumerate(ASKED) if {3 + 3 * index, 4 + 3 * index} & missing}
    whole = [asked for index, asked in enumerate(ASKED) if index not in lost]
    assert [event.data for event in of_kind(events, FrameSeen) if event.sender is Side.CLIENT] == whole


def test_a_missing_segment_is_told_with_its_size_and_later_frames_are_found_again(tmp_path: Path) -> None:
    packets = conversation()
    del packets[6]  # the first half of the second request
    events = recorded(tmp_path, packets)
    frames = [event.data for event in of_kind(events, FrameSeen) if event.sender is Side.CLIENT]
    assert frames == [ASKED[0], ASKED[2]]
    assert [(event.at, event.sender, event.count) for event in of_kind(events, Gap)] == [
        (7 * MS, Side.CLIENT, 500),
        (9 * MS, Side.CLIENT, len(ASKED[1]) - 500),
    ]
    assert [event.at for event in of_kind(events, FrameSeen)] == [at * MS for at in (4, 5, 8, 10, 11)]


def test_a_packet_that_was_cut_off_is_a_gap(tmp_path: Path) -> None:
    packets = conversation()
    packets[6] = attrs.evolve(packets[6], cut=100)
    events = recorded(tmp_path, packets)
    assert next(event.count for event in of_kind(events, Gap)) == 100
    assert [event.data for event in of_kind(events, FrameSeen) if event.sender is Side.CLIENT] == [ASKED[0], ASKED[2]]


def test_a_capture_that_begins_within_a_connection_begins_with_the_next_frame(tmp_path: Path) -> None:
    events = recorded(tmp_path, conversation()[4:])
    assert events[0] == Opened(at=0, connection=1, peer="10.0.0.1:40000", continued=True)
    assert [event.data for event in of_kind(events, FrameSeen)] == [
        ANSWERED[0],
        ASKED[1],
        ANSWERED[1],
        ASKED[2],
        ANSWERED[2],
    ]
    assert [(event.sender, event.count) for event in of_kind(events, Gap)] == [(Side.CLIENT, len(ASKED[0]) - 500)]


def test_a_reset_is_one_and_the_same_ports_again_are_another_connection(tmp_path: Path) -> None:
    first = [*conversation()[:6], Packet(6, SERVER, CLIENT, "RA", 78 + len(ANSWERED[0]))]
    again = [attrs.evolve(packet, ms=packet.ms + 100) for packet in conversation(isn=5)]
    events = recorded(tmp_path, [*first, *again])
    assert [(event.connection, event.by, event.reset) for event in of_kind(events, Closed)] == [
        (1, Side.SERVER, True),
        (2, Side.CLIENT, False),
    ]
    assert [event.continued for event in of_kind(events, Opened)] == [False, False]
    late = recorded(tmp_path, [*conversation(), attrs.evolve(conversation()[10], ms=20)])  # sent again after the end
    assert len(of_kind(late, Opened)) == 1


def test_a_connection_whose_end_was_not_captured_ends_where_its_ports_are_used_again(tmp_path: Path) -> None:
    again = [attrs.evolve(packet, ms=packet.ms + 100) for packet in conversation(isn=5)]
    events = recorded(tmp_path, [*conversation()[:12], *again])
    assert [event.connection for event in of_kind(events, Closed)] == [1, 2]
    assert len(of_kind(events, FrameSeen)) == 12


def test_tls_is_told_also_from_its_middle_on(tmp_path: Path) -> None:
    hello = b"\x16\x03\x01\x00\x20" + b"\0" * 32
    data = b"\x17\x03\x03\x00\x20" + b"\0" * 32
    packets = [*conversation()[:3], Packet(3, CLIENT, SERVER, "PA", 4_294_967_001, hello, 78)]
    packets += [Packet(4, ("10.0.0.3", 5), SERVER, "PA", 9, data, 1)]
    events = recorded(tmp_path, packets)
    assert [(event.connection, event.why) for event in of_kind(events, Unreadable)] == [(1, "TLS"), (2, "TLS")]


def test_what_is_held_back_is_told_as_soon_as_nothing_older_can_come() -> None:
    events: list[Event] = []
    recording = CaptureRecording([Address(*SERVER)], events.append)
    client, server = Address(*CLIENT), Address(*SERVER)

    def segment(at: int, data: bytes, seq: int) -> Segment:
        return Segment(
            at=at, source=client, target=server, seq=seq, ack=1, data=data, cut=0, syn=False, fin=False, rst=False
        )

    recording.add(segment(5, ASKED[0], 0))
    recording.add(segment(10 + HORIZON_NS, ASKED[1], len(ASKED[0])))
    assert [event.data for event in of_kind(events, FrameSeen)] == [ASKED[0]]


def test_servers_are_counted_and_other_ports_passed_over(tmp_path: Path) -> None:
    others = [Packet(50, CLIENT, ("10.0.0.9", 10911), "S", 1), Packet(51, CLIENT, ("10.0.0.9", 9876), "S", 1)]
    found, passed = servers_in(write_capture(tmp_path / "c", [*conversation(), *others]), 9876)
    assert found == {Address(*SERVER): 15, Address("10.0.0.9", 9876): 1}
    assert passed.packets == 17


def test_a_capture_that_ends_early_is_read_up_to_there(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "c", conversation())
    path.write_bytes(path.read_bytes()[:-20])
    capture = Capture(path, 9876)
    assert len(list(capture)) == 14
    assert capture.passed.error is not None and "truncated" in capture.passed.error


@pytest.mark.parametrize("data", [b"", b'{"format":"namesrv-recording"}\n' * 3, b"\xd4\xc3\xb2\xa1" + b"\xff" * 20])
def test_a_file_that_is_no_capture_is_refused_with_a_reason(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "c").write_bytes(data)
    with pytest.raises(CaptureError) as caught:
        Capture(tmp_path / "c", 9876)
    assert caught.value.where == "c"
    assert caught.value.got


def test_packets_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    import cypcap

    with cypcap.open_dead(cypcap.DatalinkType.EN10MB, 1 << 16) as pcap, pcap.dump_open(tmp_path / "c") as dumper:
        for data in (b"", b"\0" * 5, b"\0" * 12 + b"\x08\x00" + b"\x45", b"\xff" * 200):
            dumper.dump(cypcap.Pkthdr(1.0, len(data), len(data)), data)
    capture = Capture(tmp_path / "c", 9876)
    assert list(capture) == []
    assert capture.passed.packets == 4


@pytest.mark.parametrize("link", sorted(LINKS))
def test_whatever_has_become_of_the_packets_events_come_in_the_order_of_time(tmp_path: Path, link: str) -> None:
    import cypcap

    random = Random(link)
    packets = [linked(link, ip_packet(packet)) for packet in (*conversation(), *conversation(CLIENT6, SERVER6))]
    with cypcap.open_dead(LINKS[link], 1 << 16) as pcap, pcap.dump_open(tmp_path / "c") as dumper:
        for _ in range(300):
            data = bytearray(random.choice(packets))
            for _ in range(random.randint(0, 4)):
                data[random.randrange(min(len(data), 80))] = random.choice((0, 1, 255, random.randrange(256)))
            size = random.choice((len(data), random.randrange(len(data) + 1)))
            header = cypcap.Pkthdr(1 + random.random() * 100, size, len(data))
            dumper.dump(header, bytes(data[:size]))
    segments = list(Capture(tmp_path / "c", 9876))
    events: list[Event] = []
    recording = CaptureRecording({segment.target for segment in segments}, events.append)
    for segment in segments:
        recording.add(segment)
    recording.close()
    assert len(of_kind(events, Opened)) > 10
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert isinstance(events[-1], Ended)
