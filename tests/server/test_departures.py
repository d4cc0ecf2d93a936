"""How brokers leave: unregistration, closed connections, silence. With a clock that the test holds."""

import pytest

from namesrv.server import HeldClock
from tests.server.peers import CODES, PROFILES, Peer, body_of, place, server_and_peers, settled

SAME = b'{"counter":1,"stateVersion":0,"timestamp":1}'
APACHE = ("apache-5.5.0", "apache-4.9.7")
FIVE = ("strict", "apache-5.5.0")


@pytest.mark.parametrize("profile", PROFILES)
def test_an_unregistered_broker_takes_its_topics_name_and_cluster_along(profile: str) -> None:
    with server_and_peers(profile=profile) as (server, [peer]):
        peer.register()
        assert peer.ask(CODES.UNREGISTER_BROKER, place()).code == 0
        settled(server)
        assert peer.topics() == set()
        assert peer.cluster_info() == b'{"brokerAddrTable":{},"clusterAddrTable":{}}'
        assert peer.route("t1").code == 17


@pytest.mark.parametrize("profile", PROFILES)
def test_a_closed_connection_takes_its_broker_along_and_nobody_else(profile: str) -> None:
    with server_and_peers(3, profile=profile) as (server, [one, two, watcher]):
        one.register()
        two.register(name="b2", addr="10.0.0.2:10911", topics=("t2", "t3"))
        one.close()
        watch_until(watcher, {"t2", "t3"})
        two.close()
        watch_until(watcher, set())
        settled(server)


def watch_until(peer: Peer, topics: set[str]) -> None:
    """Asks until the server knows exactly these topics; a deadline is the test's own timeout."""
    for _ in range(5_000):
        if peer.topics() == topics:
            return
    pytest.fail(f"still {peer.topics()}, expected {topics}")


@pytest.mark.parametrize(("profile", "left"), [("strict", 0), ("apache-5.5.0", 1), ("apache-4.9.7", 1)])
def test_of_several_brokers_on_a_connection_apache_removes_one_and_strict_all(profile: str, left: int) -> None:
    with server_and_peers(2, profile=profile) as (server, [broker, watcher]):
        broker.register(topics=("t1", "x1"))
        broker.register(name="b2", addr="10.0.0.2:10911", topics=("t2", "x2"))
        broker.close()
        watch_until(watcher, {"t2", "x2"} if left else set())
        settled(server)
        assert len(server.server.manager.tables.live) == left


@pytest.mark.parametrize("profile", PROFILES)
def test_a_broker_that_has_reconnected_stays_when_the_old_connection_closes(profile: str) -> None:
    with server_and_peers(3, profile=profile) as (server, [old, new, watcher]):
        old.register()
        new.register()
        old.close()
        while len(server.call(lambda: list(server.server.connections))) > 2:
            pass
        settled(server)
        assert watcher.topics() == {"t1", "t2"}


@pytest.mark.parametrize("profile", PROFILES)
def test_silence_is_forgiven_for_exactly_the_timeout(profile: str) -> None:
    clock = HeldClock()
    with server_and_peers(2, profile=profile, clock=clock) as (server, [broker, watcher]):
        broker.register()
        clock.advance(120_000)
        assert server.scan() == 0
        assert watcher.topics() == {"t1", "t2"}
        clock.advance(1)
        assert server.scan() == 1
        assert broker.is_closed()
        settled(server)
        assert watcher.topics() == set()


@pytest.mark.parametrize("profile", FIVE)
def test_5_x_lets_a_broker_bring_its_own_timeout(profile: str) -> None:
    clock = HeldClock()
    with server_and_peers(profile=profile, clock=clock) as (server, [broker]):
        broker.register(ext={"heartbeatTimeoutMillis": "1000"})
        clock.advance(1_000)
        assert server.scan() == 0
        clock.advance(1)
        assert server.scan() == 1


def test_4_9_does_not() -> None:
    clock = HeldClock()
    with server_and_peers(profile="apache-4.9.7", clock=clock) as (server, [broker]):
        broker.register(ext={"heartbeatTimeoutMillis": "1000"})
        clock.advance(119_000)
        assert server.scan() == 0


@pytest.mark.parametrize(("profile", "expired"), [("strict", 0), ("apache-5.5.0", 1), ("apache-4.9.7", 0)])
def test_a_timeout_beyond_the_end_of_long_wraps_round_in_5_5_0_only(profile: str, expired: int) -> None:
    with server_and_peers(profile=profile, clock=HeldClock()) as (server, [broker]):
        broker.register(ext={"heartbeatTimeoutMillis": str((1 << 63) - 1)})
        assert server.scan() == expired


@pytest.mark.parametrize(
    ("profile", "version", "refreshes"),
    [
        ("strict", SAME, True),
        ("apache-5.5.0", SAME, True),
        ("apache-4.9.7", SAME, True),
        ("strict", b'{"counter":2,"timestamp":1}', True),
        ("apache-5.5.0", b'{"counter":2,"timestamp":1}', True),
        ("apache-4.9.7", b'{"counter":2,"timestamp":1}', False),
    ],
)
def test_asking_for_the_version_is_a_sign_of_life(profile: str, version: bytes, refreshes: bool) -> None:
    clock = HeldClock()
    with server_and_peers(profile=profile, clock=clock) as (server, [broker]):
        broker.register()
        clock.advance(100_000)
        broker.ask(CODES.QUERY_DATA_VERSION, place(), version)
        clock.advance(100_000)
        assert server.scan() == (0 if refreshes else 1)


@pytest.mark.parametrize("profile", FIVE)
def test_a_heartbeat_is_a_sign_of_life(profile: str) -> None:
    clock = HeldClock()
    with server_and_peers(profile=profile, clock=clock) as (server, [broker]):
        broker.register()
        clock.advance(100_000)
        broker.ask(CODES.BROKER_HEARTBEAT, place())
        clock.advance(100_000)
        assert server.scan() == 0


@pytest.mark.parametrize(("profile", "closes"), [("strict", False), ("apache-5.5.0", True), ("apache-4.9.7", True)])
def test_an_expired_broker_s_connection_is_spared_by_strict_if_it_speaks_for_another(
    profile: str, closes: bool
) -> None:
    clock = HeldClock()
    with server_and_peers(profile=profile, clock=clock) as (server, [broker]):
        broker.register()
        clock.advance(100_000)
        broker.register(name="b2", addr="10.0.0.2:10911")
        clock.advance(100_000)
        assert server.scan() == 1
        settled(server)
        if closes:
            assert broker.is_closed()
        else:
            assert b'"b2"' in broker.cluster_info()
            assert b'"b"' not in broker.cluster_info()


def test_4_9_removes_a_neighbour_instead_of_the_expired_broker_and_never_scans_again() -> None:
    clock = HeldClock()
    with server_and_peers(2, profile="apache-4.9.7", clock=clock) as (server, [broker, watcher]):
        broker.register()
        clock.advance(100_000)
        broker.register(name="b2", addr="10.0.0.2:10911", topics=("t9", "t8"))
        clock.advance(100_000)
        assert server.scan() == 1
        assert broker.is_closed()
        settled(server)
        assert watcher.topics() == {"t1", "t2"}
        clock.advance(1_000_000)
        assert server.scan() == 0
        assert server.server.manager.is_scan_stopped


@pytest.mark.parametrize("profile", FIVE)
def test_a_group_that_has_lost_its_master_offers_nothing_for_writing(profile: str) -> None:
    with server_and_peers(3, profile=profile) as (server, [master, slave, watcher]):
        acting = {"enableActingMaster": "true"}
        master.register(ext=acting)
        slave.register(broker_id=1, addr="10.0.0.2:10911", ext=acting)
        assert b'"perm":6' in (watcher.route("t1").body or b"")
        assert master.ask(CODES.UNREGISTER_BROKER, place()).code == 0
        settled(server)
        assert b'"perm":4' in (watcher.route("t1").body or b"")


@pytest.mark.parametrize("profile", PROFILES)
def test_filter_servers_are_shown_and_leave_with_their_broker(profile: str) -> None:
    with server_and_peers(2, profile=profile) as (server, [peer, other]):
        peer.register(filters=("f1:1", "f2:2"))
        other.register(broker_id=1, addr="10.0.0.2:10911")
        shown = b'"filterServerTable":{"10.0.0.1:10911":["f1:1","f2:2"]}'
        assert shown in (other.route("t1").body or b"")
        peer.ask(CODES.UNREGISTER_BROKER, place())
        settled(server)
        assert b'"filterServerTable":{}' in (other.route("t1").body or b"")


def test_strict_lets_only_the_speaking_connection_unregister_and_only_its_place() -> None:
    with server_and_peers(2, profile="strict") as (_, [broker, stranger]):
        broker.register()
        for peer, where in (
            (stranger, place()),
            (broker, place(broker_id=1)),
            (broker, place(name="other")),
            (broker, {}),
        ):
            answer = peer.ask(CODES.UNREGISTER_BROKER, where)
            assert (answer.code, answer.remark) == (1, "unregister broker failed")
        assert broker.topics() == {"t1", "t2"}
        assert broker.ask(CODES.UNREGISTER_BROKER, place(addr="10.9.9.9:1")).code == 0
        assert broker.ask(CODES.UNREGISTER_BROKER, place()).code == 0
        assert broker.topics() == set()


def test_4_9_frees_the_id_whoever_holds_it() -> None:
    with server_and_peers(profile="apache-4.9.7") as (_, [peer]):
        peer.register()
        peer.ask(CODES.UNREGISTER_BROKER, place(addr="10.9.9.9:1"))
        assert peer.topics() == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_after_everybody_has_gone_nothing_is_left(profile: str) -> None:
    with server_and_peers(4, profile=profile) as (server, [one, two, three, watcher]):
        one.register(filters=("f:1",))
        two.register(broker_id=1, addr="10.0.0.2:10911")
        three.register(name="b3", addr="10.0.0.3:10911", topics=("t1", "t7"))
        for peer in (one, two, three):
            watcher.route("t1")
            peer.close()
        watch_until(watcher, set())
        while len(server.call(lambda: list(server.server.connections))) > 1:
            pass
        settled(server)
        tables = server.server.manager.tables
        assert not (tables.live or tables.broker_addr or tables.cluster_addr or tables.filter_server or tables.mapping)
        assert watcher.route("t1").code == 17


def test_the_body_of_a_departed_broker_is_forgotten() -> None:
    with server_and_peers(profile="strict") as (_, [peer]):
        peer.register()
        peer.ask(CODES.UNREGISTER_BROKER, place())
        fields = place() | {"compressed": "false", "enableActingMaster": "false", "haServerAddr": "10.0.0.1:109112"}
        assert peer.ask(CODES.REGISTER_BROKER, fields, body_of()).code == 0
        assert peer.topics() == {"t1", "t2"}
