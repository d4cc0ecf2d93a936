"""Connections: many requests on one, peers that do not read, silence, TLS on the same port, start and stop."""

import asyncio
import socket
import ssl
import time
from pathlib import Path

import orjson
import pytest

from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.server import HeldClock, NameServer, UnknownProfile
from namesrv.server.app import WRITE_HIGH_BYTES
from namesrv.server.running import running
from namesrv.server.tls import self_signed_context
from tests.server.peers import CODES, PROFILES, Peer, body_of, registration, server_and_peers, settled


@pytest.mark.parametrize("profile", PROFILES)
def test_pipelined_requests_are_all_answered_by_opaque(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        asked = {}
        for number in range(500):
            request = peer.request(105, {"topic": ("t1", "t2", "nope")[number % 3]})
            asked[request.opaque] = 17 if number % 3 == 2 else 0
        answers = [peer.answer() for _ in asked]
        assert {answer.opaque: answer.code for answer in answers} == asked


def test_frames_may_come_in_any_pieces() -> None:
    with server_and_peers() as (_, [peer]):
        fields, body = registration()
        command = RemotingCommand(code=CODES.REGISTER_BROKER, opaque=9, ext_fields=fields, body=body)
        for byte in encode_command(command) * 2:
            peer.send(bytes([byte]))
        assert [peer.answer().opaque, peer.answer().opaque] == [9, 9]
        assert peer.topics() == {"t1", "t2"}


def test_a_peer_that_does_not_read_is_not_worked_for_and_costs_no_memory() -> None:
    topics = tuple(f"{'x' * 100}{number}" for number in range(3_000))
    with running() as server:
        greedy, other = Peer(server, receive_bytes=4096), Peer(server)
        other.register(topics=topics)
        [connection] = [c for c in server.call(lambda: list(server.server.connections)) if c.peer == name_of(greedy)]
        asked = 60  # answers of 300 KB each: far more than any buffer on the way
        for _ in range(asked):
            greedy.request(CODES.GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
        assert other.ask(CODES.GET_BROKER_CLUSTER_INFO).code == 0
        held = server.call(connection._transport.get_write_buffer_size)
        assert held <= WRITE_HIGH_BYTES + 2 * 400_000
        assert other.ask(CODES.GET_BROKER_CLUSTER_INFO).code == 0
        assert [greedy.answer().code for _ in range(asked)] == [0] * asked
        greedy.close()
        other.close()


def name_of(peer: Peer) -> str:
    """How the server calls it."""
    host, port = peer.socket.getsockname()[:2]
    return f"{host}:{port}"


def test_a_connection_that_is_silent_for_two_minutes_is_closed() -> None:
    clock = HeldClock()
    with server_and_peers(2, clock=clock) as (server, [silent, busy]):
        silent.send(b"\x00\x00\x01\x00")  # never finishes its frame
        busy.topics()
        clock.advance(119_999)
        assert server.call(server.server.close_idle) == 0
        busy.topics()
        clock.advance(1)
        assert server.call(server.server.close_idle) == 1
        assert silent.is_closed()
        assert busy.topics() == set()


def test_a_peer_that_never_takes_its_answers_is_closed_too() -> None:
    clock = HeldClock()
    topics = tuple(f"{'x' * 100}{number}" for number in range(3_000))
    with running(clock=clock) as server:
        greedy, other = Peer(server, receive_bytes=4096), Peer(server)
        other.register(topics=topics)
        for _ in range(60):
            greedy.request(CODES.GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
        [stuck] = [c for c in server.call(lambda: list(server.server.connections)) if c.peer == name_of(greedy)]
        give_up = time.monotonic() + 120
        before, now = None, None
        while now is None or not now[0] or now != before:  # paused, and nothing leaves any more
            assert time.monotonic() < give_up, f"expected the connection paused and stuck, got {now}"
            other.topics()
            before, now = now, server.call(lambda: (stuck._is_paused, stuck._transport.get_write_buffer_size()))
        clock.advance(119_000)
        other.topics()
        clock.advance(1_000)
        assert server.call(server.server.close_idle) == 1
        while len(server.call(lambda: list(server.server.connections))) > 1:
            pass
        assert len(other.topics()) == 3_000
        greedy.close()
        other.close()


def client_context() -> ssl.SSLContext:
    """Trusts anybody, as RocketMQ's test mode does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_tls_and_plain_text_share_a_port() -> None:
    with running(tls=self_signed_context()) as server:
        plain, secret = Peer(server), Peer(server, tls=client_context())
        assert secret.register().code == 0
        assert plain.topics() == {"t1", "t2"}
        assert secret.topics() == {"t1", "t2"}
        secret.close()
        for _ in range(5_000):
            if not plain.topics():
                break
        settled(server)
        assert plain.topics() == set()
        plain.close()


def test_a_failed_handshake_and_a_silent_peer_disturb_nobody() -> None:
    with running(tls=self_signed_context()) as server:
        silent, broken, plain = Peer(server), Peer(server), Peer(server)
        broken.send(b"\x16\x03\x01\x00\x05hello")
        while broken.socket.recv(1 << 10):
            pass  # an alert may come before the end
        assert plain.topics() == set()
        for peer in (silent, broken, plain):
            peer.close()


def test_a_large_registration_passes_through_tls() -> None:
    topics = tuple(f"topic-{number}" for number in range(5_000))
    with running(tls=self_signed_context()) as server:
        secret = Peer(server, tls=client_context())
        assert secret.register(topics=topics).code == 0
        assert len(secret.topics()) == 5_000
        secret.close()


def test_a_server_is_up_in_process_on_a_free_port_and_leaves_it_free() -> None:
    async def scenario() -> int:
        async with NameServer() as ns:
            reader, writer = await asyncio.open_connection(ns.host, ns.port)
            writer.write(encode_command(RemotingCommand(code=106, opaque=1)))
            assert await reader.readexactly(4)
            writer.close()
            assert ns.address == f"127.0.0.1:{ns.port}"
        return ns.port

    port = asyncio.run(scenario())
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_stopping_closes_every_connection() -> None:
    with running() as server:
        peer = Peer(server)
        peer.register()
    assert peer.is_closed()
    peer.close()


def test_ipv6_is_served() -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 on this machine")
    with running(host="::1") as server:
        peer = Peer(server)
        assert peer.topics() == set()
        assert server.address == f"[::1]:{server.port}"
        peer.close()


def test_a_port_in_use_is_an_os_error() -> None:
    with running() as server, pytest.raises(OSError, match="in use"), running(port=server.port):
        pass


def test_an_unknown_profile_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownProfile, match=r"got 'apache-5\.5'; did you mean 'apache-5\.5\.0'\?"):
        NameServer(profile="apache-5.5")


def test_timers_scan_by_themselves_with_the_system_s_clock() -> None:
    with server_and_peers(2, profile="strict", scan_interval_ms=20) as (server, [broker, watcher]):
        broker.register(ext={"heartbeatTimeoutMillis": "-1"})
        server.call(server.server.scan)
        for _ in range(5_000):
            if not watcher.topics():
                break
        assert watcher.topics() == set()


def test_routes_are_kept_up_to_a_bound_and_stay_right() -> None:
    topics = tuple(f"t{number}" for number in range(300))
    with server_and_peers() as (server, [peer]):
        tables = server.server.manager.tables
        tables._max_route_bytes = 20_000
        peer.register(topics=topics)
        for topic in (*topics, *topics):
            route = orjson.loads(peer.route(topic).body or b"")
            assert route["queueDatas"][0]["brokerName"] == "b"
        assert 0 < server.call(lambda: len(tables._routes)) < 100
        assert server.call(lambda: tables._route_bytes) <= 20_000
        peer.register(topics=topics, counter=2, perm=4)
        assert server.call(lambda: (tables._route_bytes, tables._shared, tables._routes)) == (0, {}, {})


def test_topics_on_the_same_brokers_with_the_same_queues_share_the_bytes_of_their_route() -> None:
    with server_and_peers() as (server, [peer]):
        peer.register(topics=("t1", "t2", "t3"))
        peer.register(topics=("t4",), perm=4, counter=2)
        for topic in ("t1", "t2", "t3", "t4"):
            peer.route(topic)
        shared = server.call(lambda: [s.users for s in server.server.manager.tables._shared.values()])
        assert sorted(shared) == [1, 3]


def test_registrations_of_one_connection_speak_for_it_whatever_their_number() -> None:
    with server_and_peers(2, profile="strict") as (server, [many, watcher]):
        for number in range(1, 20):
            fields, body = registration(name=f"b{number}", addr=f"10.0.1.{number}:10911")
            many.request(CODES.REGISTER_BROKER, fields, body)
        assert [many.answer().code for _ in range(1, 20)] == [0] * 19
        many.close()
        for _ in range(5_000):
            if not watcher.topics():
                break
        settled(server)
        assert server.server.manager.tables.live == {}


def test_an_old_broker_s_body_is_taken_whole() -> None:
    with server_and_peers() as (_, [peer]):
        assert peer.register(raw=body_of(("only", "two"))).code == 0
        assert peer.topics() == {"only", "two"}
