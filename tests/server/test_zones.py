"""Routes asked for by zone, of our server, as the real releases write them (`test_beside_apache` asks them)."""

import pytest

from tests.server.peers import CODES, PROFILES, Peer, server_and_peers

FIVE = pytest.mark.parametrize("profile", [profile for profile in PROFILES if profile != "apache-4.9.7"])


def near(peer: Peer, zone: str, mode: str = "true") -> bytes:
    answer = peer.ask(CODES.GET_ROUTEINFO_BY_TOPIC, {"topic": "t1", "__ZONE_MODE": mode, "__ZONE_NAME": zone})
    assert answer.code == 0 and answer.body is not None
    return answer.body


@FIVE
def test_a_route_by_zone_is_written_anew_with_ids_that_have_no_quotes(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register(ext={"__ZONE_NAME": "z1"}, filters=("f1",))
        whole = peer.route("t1").body
        assert whole is not None and b'{"0":"10.0.0.1:10911"}' in whole
        assert near(peer, "Z1") == whole.replace(b'{"0":', b"{0:")
        assert near(peer, "z2") == b'{"brokerDatas":[],"filterServerTable":{},"queueDatas":[]}'
        assert near(peer, " ") == near(peer, "z2", mode="no") == peer.route("t1").body == whole


def test_4_9_7_knows_no_zones() -> None:
    with server_and_peers(profile="apache-4.9.7") as (_, [peer]):
        peer.register(ext={"__ZONE_NAME": "z1"})
        assert near(peer, "z2") == peer.route("t1").body
