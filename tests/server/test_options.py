"""What the options of the start change in our server, as the real releases do (`test_beside_apache` asks them)."""

import json
from pathlib import Path

import pytest

from namesrv.server import HeldClock
from namesrv.server.app import NameServer
from tests.server.peers import CODES, PROFILES, server_and_peers, settled

FIVE = pytest.mark.parametrize("profile", [profile for profile in PROFILES if profile != "apache-4.9.7"])
ACTING = {"enableActingMaster": "true"}
ORDER = {"namespace": "ORDER_TOPIC_CONFIG", "key": "t1", "value": "b:4"}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_route_brings_its_order_config_as_soon_as_the_option_is_on(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.ask(CODES.PUT_KV_CONFIG, ORDER)
        for on in (b"false", b"true", b"false"):
            peer.ask(CODES.UPDATE_NAMESRV_CONFIG, None, b"orderMessageEnable=" + on)
            body = peer.route("t1").body
            assert body is not None and (b'"orderTopicConf":"b:4"' in body) == (on == b"true")


@FIVE
def test_the_lowest_slave_of_a_name_without_master_is_shown_in_its_place(profile: str) -> None:
    with server_and_peers(2, profile=profile, options={"supportActingMaster": "true"}) as (server, [master, slave]):
        master.register(ext=ACTING)
        slave.register(ext=ACTING, broker_id=3, addr="10.0.0.2:1")
        master.close()
        settled(server)
        body = slave.route("t1").body
        assert body is not None
        assert json.loads(body)["brokerDatas"][0]["brokerAddrs"] == {"0": "10.0.0.2:1"}
        assert b'{3:"10.0.0.2:1"}' in slave.cluster_info()


@FIVE
def test_topics_that_a_body_lacks_are_deleted_however_often_it_was_said(profile: str) -> None:
    options = {"deleteTopicWithBrokerRegistration": "true"}
    queue = {"brokerName": "b", "perm": 6, "readQueueNums": 3, "topicSysFlag": 3, "writeQueueNums": 2}
    with server_and_peers(profile=profile, options=options) as (_, [peer]):
        for _ in range(2):
            peer.register()
            peer.ask(CODES.REGISTER_TOPIC_IN_NAMESRV, {"topic": "t9"}, json.dumps({"queueDatas": [queue]}).encode())
            assert peer.topics() == {"t1", "t2", "t9"}
            peer.register()
            assert peer.topics() == {"t1", "t2"}


@FIVE
def test_no_route_is_answered_until_the_wait_is_over(profile: str) -> None:
    options = {"needWaitForService": "true", "waitSecondsForService": "45"}
    clock = HeldClock()
    with server_and_peers(profile=profile, options=options, clock=clock) as (server, [peer]):
        peer.register()
        server.call(lambda: clock.advance(44_999))
        assert peer.route("t1").remark == "name server not ready"
        server.call(lambda: clock.advance(1))
        assert peer.route("t1").code == 0
        assert (peer.route("t1").remark == "name server not ready") == (profile == "apache-5.1.4")


def test_the_start_looks_at_intervals_and_places_too(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    options = {
        "scanNotActiveBrokerInterval": "7000",
        "serverChannelMaxIdleTimeSeconds": "3",
        "kvConfigPath": str(file),
    }
    clock = HeldClock()
    with server_and_peers(profile="strict", options=options, clock=clock) as (server, [peer]):
        peer.ask(CODES.PUT_KV_CONFIG, ORDER)
        assert file.exists()
        server.call(lambda: clock.advance(2_999))
        assert server.call(server.server.close_idle) == 0
        server.call(lambda: clock.advance(1))
        assert server.call(server.server.close_idle) == 1
    assert NameServer(options=options)._scan_interval_ms == 7_000
    assert NameServer(profile="apache-4.9.7", options=options)._scan_interval_ms == 10_000
