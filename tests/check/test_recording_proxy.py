"""The proxy is transparent, and its recording is what both sides said."""

import hashlib
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from namesrv.check.recording import Closed, Ended, FrameSeen, Opened, Side, StreamEnded, Unreadable, UpstreamLost
from namesrv.check.recording_file import load_recording
from namesrv.check.recording_sink import Parts
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request
from namesrv.remoting.frame import encode_frame
from namesrv.server.running import running
from namesrv.server.tls import self_signed_context
from tests.check.peers import serving, speaks_http
from tests.check.proxied import DEADLINE_S, accept, exactly, listener, port_of, proxied, reset
from tests.waiting import until

FRAME = encode_frame(0, b'{"code":106}', b"body")
ANSWER = encode_frame(0, b'{"code":0}')


def cluster_info(opaque: int) -> bytes:
    """GET_BROKER_CLUSTER_INFO."""
    return encode_command(request(RequestCode.GET_BROKER_CLUSTER_INFO, opaque=opaque))


def answer_of(peer: socket.socket) -> bytes:
    """One whole frame."""
    head = exactly(peer, 4)
    return head + exactly(peer, int.from_bytes(head, "big"))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_what_both_sides_said_is_recorded_byte_for_byte_in_its_order(tmp_path: Path, loop: str) -> None:
    with running(profile="strict") as ns, proxied(ns.port, tmp_path / "r", loop=loop) as proxy:
        with proxy.connect() as peer:
            asked, answered = [], []
            for opaque in range(3):
                asked.append(cluster_info(opaque))
                peer.sendall(asked[-1])
                answered.append(answer_of(peer))
            name = peer.getsockname()
        until("it is closed", lambda: proxy.events(Closed))
    recording = load_recording(proxy.path)
    frames = [event for event in recording.events if isinstance(event, FrameSeen)]
    assert [event.data for event in frames if event.sender is Side.CLIENT] == asked
    assert [event.data for event in frames if event.sender is Side.SERVER] == answered
    assert [event.sender for event in frames] == [Side.CLIENT, Side.SERVER] * 3
    assert recording.events[0] == Opened(at=recording.events[0].at, connection=1, peer=f"127.0.0.1:{name[1]}")
    assert [(e.by, e.reset, e.unreadable) for e in recording.events if isinstance(e, Closed)] == [
        (Side.CLIENT, False, (0, 0))
    ]
    assert recording.events[-1] == Ended(at=recording.events[-1].at, frames=6)
    assert recording.left_out == ()
    assert proxy.told == []


def test_a_request_stands_before_the_server_has_it_and_an_answer_after_it_was_given(tmp_path: Path) -> None:
    with (
        listener() as server,
        proxied(port_of(server), tmp_path / "r") as proxy,
        proxy.connect() as peer,
        accept(server) as upstream,
    ):
        peer.sendall(FRAME)
        exactly(upstream, len(FRAME))
        had = proxy.proxy.now()
        gave = proxy.proxy.now()
        upstream.sendall(ANSWER)
        exactly(peer, len(ANSWER))
        came = proxy.proxy.now()
        until("both are recorded", lambda: len(proxy.events(FrameSeen)) == 2)
    asked, answered = proxy.events(FrameSeen)
    assert asked.at <= had
    assert gave <= answered.at <= came


def test_bytes_go_on_before_their_frame_is_whole(tmp_path: Path) -> None:
    with (
        listener() as server,
        proxied(port_of(server), tmp_path / "r") as proxy,
        proxy.connect() as peer,
        accept(server) as upstream,
    ):
        for index in range(len(FRAME)):
            peer.sendall(FRAME[index : index + 1])
            assert exactly(upstream, 1) == FRAME[index : index + 1]
        until("the frame is recorded", lambda: [event.data for event in proxy.events(FrameSeen)] == [FRAME])


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_has_said_all_still_hears_the_answer(tmp_path: Path, loop: str) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r", loop=loop) as proxy:
        with proxy.connect() as peer, accept(server) as upstream:
            peer.sendall(FRAME)
            peer.shutdown(socket.SHUT_WR)
            assert exactly(upstream, len(FRAME)) == FRAME
            assert upstream.recv(1) == b""
            upstream.sendall(ANSWER)
            assert exactly(peer, len(ANSWER)) == ANSWER
            upstream.close()
            assert peer.recv(1) == b""
        until("it is closed", lambda: proxy.events(Closed))
    told = [event for event in proxy.recording().events if not isinstance(event, Opened | Ended)]
    assert [(type(event), getattr(event, "sender", None)) for event in told] == [
        (FrameSeen, Side.CLIENT),
        (StreamEnded, Side.CLIENT),
        (FrameSeen, Side.SERVER),
        (StreamEnded, Side.SERVER),
        (Closed, None),
    ]
    assert [(event.by, event.reset) for event in proxy.events(Closed)] == [(Side.CLIENT, False)]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("by", [Side.CLIENT, Side.SERVER])
def test_a_reset_is_passed_on_as_a_reset(tmp_path: Path, by: Side, loop: str) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r", loop=loop) as proxy:
        peer, upstream = proxy.connect(), accept(server)
        peer.sendall(FRAME)
        exactly(upstream, len(FRAME))
        mine, others = (peer, upstream) if by is Side.CLIENT else (upstream, peer)
        reset(mine)
        with pytest.raises(ConnectionResetError):
            others.recv(1)
        others.close()
        until("it is closed", lambda: proxy.events(Closed))
    assert [(event.by, event.reset) for event in proxy.events(Closed)] == [(by, True)]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_what_was_said_before_a_reset_still_arrives(tmp_path: Path, loop: str) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r", loop=loop) as proxy:
        for _ in range(20):
            with proxy.connect() as peer:
                upstream = accept(server)
                peer.sendall(FRAME)
                exactly(upstream, len(FRAME))
                upstream.sendall(ANSWER)
                reset(upstream)
                assert exactly(peer, len(ANSWER)) == ANSWER
                with pytest.raises(ConnectionResetError):
                    peer.recv(1)
        until("all are closed", lambda: len(proxy.events(Closed)) == 20)
    assert [event.data for event in proxy.events(FrameSeen)] == [FRAME, ANSWER] * 20


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_has_said_all_before_the_name_server_was_reached_has_said_it(tmp_path: Path, loop: str) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r", loop=loop) as proxy:
        for _ in range(20):
            with proxy.connect() as peer:
                peer.sendall(FRAME)
                peer.sendall(ANSWER)
                peer.shutdown(socket.SHUT_WR)
                with accept(server) as upstream:
                    assert exactly(upstream, len(FRAME + ANSWER)) == FRAME + ANSWER
                    assert upstream.recv(1) == b""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_does_not_read_holds_the_other_up_and_nothing_is_lost(tmp_path: Path, loop: str) -> None:
    data = encode_frame(0, b"{}", b"x" * 1_000_000) * 24
    with (
        listener() as server,
        proxied(port_of(server), tmp_path / "r", loop=loop) as proxy,
        proxy.connect() as peer,
        accept(server) as upstream,
    ):
        sending = threading.Thread(target=peer.sendall, args=(data,), daemon=True)
        sending.start()

        def is_held_up() -> bool:
            pairs = list(proxy.proxy.pairs)
            return bool(pairs) and not pairs[0].client.transport.is_reading()

        until("the client is not read any more", lambda: proxy.call(is_held_up))
        assert proxy.proxy.counts.bytes < len(data)
        got = exactly(upstream, len(data))
        sending.join(DEADLINE_S)
        assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
        until("all frames are recorded", lambda: proxy.proxy.counts.requests == 24)


def test_while_the_name_server_is_down_peers_are_reset_and_later_they_are_passed_on(tmp_path: Path) -> None:
    with listener() as gone:
        port = port_of(gone)
    with proxied(port, tmp_path / "r") as proxy:
        for _ in range(2):
            with (
                pytest.raises(ConnectionResetError),
                proxy.connect() as peer,
            ):  # maybe before it is told that it is connected
                peer.recv(1)
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(DEADLINE_S)
            with proxy.connect() as peer, accept(server) as upstream:
                peer.sendall(FRAME)
                assert exactly(upstream, len(FRAME)) == FRAME
                until("it is recorded", lambda: proxy.events(FrameSeen))
    assert [event.connection for event in proxy.events(UpstreamLost)] == [1, 2]
    assert [(event.connection, event.by, event.reset) for event in proxy.events(Closed)][:2] == [
        (1, Side.SERVER, True),
        (2, Side.SERVER, True),
    ]
    lost, found = proxy.told
    assert f"the NameServer 127.0.0.1:{port} can't be reached: " in lost
    assert found == f"the NameServer 127.0.0.1:{port} can be reached again"


def test_a_name_server_that_goes_away_takes_its_connections_along_and_the_recording_goes_on(tmp_path: Path) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r") as proxy:
        with proxy.connect() as first:
            accept(server).close()
            assert first.recv(1) == b""
        with proxy.connect() as second, accept(server) as upstream:
            upstream.sendall(ANSWER)
            assert exactly(second, len(ANSWER)) == ANSWER
        until("both are closed", lambda: len(proxy.events(Closed)) == 2)
    first_closed, _ = proxy.events(Closed)
    assert (first_closed.connection, first_closed.by) == (1, Side.SERVER)
    assert [event.connection for event in proxy.events(FrameSeen)] == [2]


def test_tls_is_passed_on_and_said_to_be_unreadable(tmp_path: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        running(profile="strict", tls=self_signed_context("127.0.0.1")) as ns,
        proxied(ns.port, tmp_path / "r") as proxy,
    ):
        with context.wrap_socket(proxy.connect()) as peer:
            peer.sendall(cluster_info(7))
            assert b'"opaque":7' in answer_of(peer)
        until("it is closed", lambda: proxy.events(Closed))
    assert [(event.sender, event.why) for event in proxy.events(Unreadable)] == [
        (Side.CLIENT, "TLS"),
        (Side.SERVER, "TLS"),
    ]
    (closed,) = proxy.events(Closed)
    assert all(count > 100 for count in closed.unreadable)
    assert sum(closed.unreadable) == proxy.proxy.counts.bytes
    assert proxy.proxy.counts.unreadable == {"TLS": 1}
    assert proxy.events(FrameSeen) == []


def test_what_is_no_remoting_is_passed_on_and_what_came_before_it_is_kept(tmp_path: Path) -> None:
    with serving(speaks_http) as port, proxied(port, tmp_path / "r") as proxy:
        with proxy.connect() as peer:
            peer.sendall(FRAME + b"\xff\xff\xff\xff")
            assert exactly(peer, 8) == b"HTTP/1.1"
        until("it is closed", lambda: proxy.events(Closed))
    assert [event.data for event in proxy.events(FrameSeen)] == [FRAME]
    told = {event.sender: event for event in proxy.events(Unreadable)}
    where = f"byte {len(FRAME)}"
    assert told[Side.CLIENT].why == f"not remoting: frame length at {where}: expected at least 4, got -1"
    assert told[Side.SERVER].why.endswith("it begins with b'HTTP/1.1'")


def test_half_a_frame_is_counted_when_its_connection_is_closed(tmp_path: Path) -> None:
    with listener() as server, proxied(port_of(server), tmp_path / "r") as proxy:
        with proxy.connect() as peer, accept(server) as upstream:
            peer.sendall(FRAME + FRAME[:9])
            exactly(upstream, len(FRAME) + 9)
        until("it is closed", lambda: proxy.events(Closed))
    assert [event.unreadable for event in proxy.events(Closed)] == [(9, 0)]


def test_many_connections_at_once_are_each_their_own(tmp_path: Path) -> None:
    with running(profile="strict") as ns, proxied(ns.port, tmp_path / "r") as proxy:
        peers = [proxy.connect() for _ in range(100)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda numbered: numbered[1].sendall(cluster_info(numbered[0])), enumerate(peers)))
        for opaque, peer in enumerate(peers):
            assert f'"opaque":{opaque},'.encode() in answer_of(peer)
            peer.close()
        until("all are closed", lambda: len(proxy.events(Closed)) == len(peers))
    by_connection: dict[int, list[Side]] = {}
    for event in proxy.events(FrameSeen):
        by_connection.setdefault(event.connection, []).append(event.sender)
    assert by_connection == {number: [Side.CLIENT, Side.SERVER] for number in range(1, 101)}


def test_when_it_is_stopped_every_connection_is_closed_by_it(tmp_path: Path) -> None:
    with listener() as server:
        with proxied(port_of(server), tmp_path / "r") as proxy:
            peer, upstream = proxy.connect(), accept(server)
            peer.sendall(FRAME)
            exactly(upstream, len(FRAME))
        assert peer.recv(1) == b""
        assert upstream.recv(1) == b""
        peer.close()
        upstream.close()
    assert [(event.by, event.reset) for event in proxy.events(Closed)] == [(Side.PROXY, False)]
    assert proxy.recording().has_ended


def test_a_recording_goes_on_in_other_files_and_a_connection_goes_with_it(tmp_path: Path) -> None:
    parts = Parts(frames=4)
    with running(profile="strict") as ns, proxied(ns.port, tmp_path / "run.jsonl", parts=parts) as proxy:
        with proxy.connect() as peer:
            for opaque in range(5):
                peer.sendall(cluster_info(opaque))
                answer_of(peer)
        until("all are recorded", lambda: len(proxy.events(FrameSeen)) == 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "run.0001.jsonl",
        "run.0002.jsonl",
        "run.0003.jsonl",
    ]
    recording = proxy.recording()
    assert len([event for event in recording.events if isinstance(event, Opened)]) == 1
    assert recording.has_ended and recording.left_out == ()
    last = load_recording(tmp_path / "run.0003.jsonl")
    assert (last.head.part, last.head.continued_from) == (3, "run.0002.jsonl")
    assert isinstance(last.events[0], Opened) and last.events[0].continued


def test_the_time_in_a_recording_is_that_of_the_proxys_clock(tmp_path: Path) -> None:
    before = time.monotonic_ns()
    with listener() as server, proxied(port_of(server), tmp_path / "r") as proxy, proxy.connect():
        accept(server).close()
        until("it has opened", lambda: proxy.events(Opened))
    assert all(0 <= event.at <= time.monotonic_ns() - before for event in proxy.recording().events)
