"""Registrations that meet others: conflicts, moves, slaves, partial effects. Per profile where they differ."""

import orjson
import pytest

from tests.server.peers import CODES, PROFILES, Peer, body_of, place, registration, server_and_peers

OTHER = "10.0.0.2:10911"
FIVE = ("strict", "apache-5.5.0")


def perms(peer: Peer, topic: str = "t1") -> bytes:
    """The route's body."""
    body = peer.route(topic).body
    assert body is not None
    return body


@pytest.mark.parametrize(
    ("profile", "code", "holder"), [("strict", 1, "1"), ("apache-5.5.0", 0, "1"), ("apache-4.9.7", 0, "2")]
)
def test_an_older_state_version_does_not_take_a_live_broker_s_place_from_5_x_on(
    profile: str, code: int, holder: str
) -> None:
    with server_and_peers(2, profile=profile) as (_, [old, new]):
        old.register(state=5)
        assert new.register(addr=OTHER, state=4).code == code
        assert f'0:"10.0.0.{holder}:10911"'.encode() in old.cluster_info()


@pytest.mark.parametrize("profile", PROFILES)
def test_with_equal_state_versions_the_newest_claim_wins(profile: str) -> None:
    with server_and_peers(2, profile=profile) as (_, [old, new]):
        old.register()
        assert new.register(addr=OTHER).code == 0
        assert f'0:"{OTHER}"'.encode() in old.cluster_info()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_slave_that_becomes_master_leaves_its_old_id(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register(broker_id=1)
        peer.register(broker_id=0)
        assert b'"brokerAddrs":{0:"10.0.0.1:10911"}' in peer.cluster_info()


@pytest.mark.parametrize(("profile", "names"), [("strict", 0), ("apache-5.5.0", 1), ("apache-4.9.7", 1)])
def test_a_refused_first_topic_leaves_the_name_behind_in_5_5_0(profile: str, names: int) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        answer = peer.register(topics=("single",))
        assert answer.code == (0 if "4.9" in profile else 1)
        assert peer.cluster_info().count(b'"C":["b"]') == names
        assert peer.topics() == ({"single"} if "4.9" in profile else set())


@pytest.mark.parametrize("profile", PROFILES)
def test_an_incremental_registration_leaves_the_other_topics_alone(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        assert peer.register(topics=("t3",), counter=2).code == 0
        assert peer.topics() == {"t1", "t2", "t3"}


@pytest.mark.parametrize(("profile", "perm"), [("strict", 4), ("apache-5.5.0", 6), ("apache-4.9.7", 6)])
def test_with_an_equal_version_topics_keep_what_they_were_except_in_strict(profile: str, perm: int) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.register(perm=4)
        assert b'"perm":%d' % perm in perms(peer)
        peer.register(perm=4, counter=2)
        assert b'"perm":4' in perms(peer)


@pytest.mark.parametrize(("profile", "known"), [("strict", True), ("apache-5.5.0", True), ("apache-4.9.7", False)])
def test_with_an_equal_version_5_x_takes_topics_that_it_lacks(profile: str, known: bool) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.register(topics=("t1", "t2", "t3"))
        assert ("t3" in peer.topics()) == known


@pytest.mark.parametrize("profile", PROFILES)
def test_a_slave_publishes_no_topics(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration(broker_id=1)
        del fields["enableActingMaster"]
        assert peer.ask(CODES.REGISTER_BROKER, fields, body).code == 0
        assert peer.topics() == set()


@pytest.mark.parametrize(("acting", "perm"), [("false", b'"perm":6'), ("true", b'"perm":4')])
@pytest.mark.parametrize("profile", FIVE)
def test_the_slave_with_the_lowest_id_publishes_and_as_acting_master_without_the_write_bit(
    profile: str, acting: str, perm: bytes
) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register(broker_id=1, ext={"enableActingMaster": acting})
        peer.register(broker_id=2, addr=OTHER, ext={"enableActingMaster": acting}, topics=("t8", "t9"))
        assert peer.topics() == {"t1", "t2"}
        assert perm in perms(peer)


@pytest.mark.parametrize("version", [{"counter": 1}, {"counter": 7, "timestamp": 6}], ids=["counter", "timestamp"])
@pytest.mark.parametrize(("profile", "code"), [("strict", 1), ("apache-5.5.0", 0), ("apache-4.9.7", 0)])
def test_only_strict_refuses_a_data_version_that_goes_back_and_only_over_another_connection(
    profile: str, version: dict[str, int], code: int
) -> None:
    with server_and_peers(2, profile=profile) as (_, [new, old]):
        new.register(counter=7)
        assert old.register(**version).code == code
        assert new.register(**version).code == 0


def test_strict_alone_takes_a_body_that_says_to_be_full_for_all_topics() -> None:
    for profile, topics in (("strict", {"t1"}), ("apache-5.5.0", {"t1", "t2"}), ("apache-4.9.7", {"t1", "t2"})):
        with server_and_peers(profile=profile) as (_, [peer]):
            peer.register(topics=("t1", "t2"))
            assert peer.register(topics=("t1",), counter=2, ext={"fullBody": "true"}).code == 0
            assert peer.topics() == topics


@pytest.mark.parametrize(("full", "changed"), [(None, "false"), ("true", "false"), ("false", "true")])
def test_strict_does_not_call_unchanged_a_version_that_came_with_a_body_that_is_not_full(
    full: str | None, changed: str
) -> None:
    with server_and_peers() as (_, [peer]):
        peer.register(ext={} if full is None else {"fullBody": full})
        version = orjson.dumps({"counter": 1, "stateVersion": 0, "timestamp": 1})
        fields = peer.ask(CODES.QUERY_DATA_VERSION, place(), version).ext_fields
        assert fields is not None and fields["changed"] == changed


def test_one_topic_that_is_said_to_be_all_registers_its_broker() -> None:
    with server_and_peers() as (_, [peer]):
        assert peer.register(topics=("t1",)).code == 1
        assert peer.register(topics=("t1",), ext={"fullBody": "false"}).code == 1
        assert peer.register(topics=("t1",), ext={"fullBody": "true"}).code == 0


@pytest.mark.parametrize(("profile", "places"), [("strict", 1), ("apache-5.5.0", 2), ("apache-4.9.7", 2)])
def test_only_strict_lets_an_address_stand_at_one_place_only(profile: str, places: int) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.register(name="b2")
        assert peer.cluster_info().count(b"10.0.0.1:10911") == places


@pytest.mark.parametrize(("profile", "code"), [("strict", 1), ("apache-5.5.0", 0), ("apache-4.9.7", 0)])
def test_only_strict_refuses_a_name_that_another_cluster_has(profile: str, code: int) -> None:
    with server_and_peers(2, profile=profile) as (_, [one, two]):
        one.register()
        assert two.register(cluster="D", broker_id=1, addr=OTHER).code == code


def test_strict_replaces_the_topics_of_a_name_that_a_new_master_takes_over() -> None:
    with server_and_peers(2, profile="strict") as (_, [one, two]):
        one.register(topics=("old1", "old2"))
        two.register(addr=OTHER, topics=("new1", "new2"))
        assert one.topics() == {"new1", "new2"}


@pytest.mark.parametrize("missing", ["clusterName", "brokerName", "brokerAddr"])
def test_5_5_0_answers_success_to_what_it_has_done_by_half(missing: str) -> None:
    with server_and_peers(profile="apache-5.5.0") as (server, [peer]):
        fields, body = registration()
        del fields[missing]
        answer = peer.ask(CODES.REGISTER_BROKER, fields, body)
        assert (answer.code, answer.ext_fields) == (0, {})
        tables = server.server.manager.tables
        assert not tables.live
        assert bool(tables.cluster_addr) == (missing != "clusterName")
        assert bool(tables.broker_addr) == (missing == "brokerAddr")
        assert bool(tables.topic_queue) == (missing == "brokerAddr")


@pytest.mark.parametrize("missing", ["clusterName", "brokerName", "brokerAddr", "brokerId"])
def test_strict_refuses_a_registration_with_a_part_missing(missing: str) -> None:
    with server_and_peers(profile="strict") as (_, [peer]):
        fields, body = registration()
        del fields[missing]
        assert peer.ask(CODES.REGISTER_BROKER, fields, body).remark == "register broker failed"
        assert peer.cluster_info() == b'{"brokerAddrTable":{},"clusterAddrTable":{}}'


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
@pytest.mark.parametrize("broker_id", [{}, {"brokerId": "none"}, {"brokerId": str(1 << 63)}])
def test_apache_throws_on_a_broker_id_that_is_none(profile: str, broker_id: dict[str, str]) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration()
        del fields["brokerId"]
        answer = peer.ask(CODES.REGISTER_BROKER, fields | broker_id, body)
        assert (answer.code, answer.ext_fields) == (1, None)
        assert (answer.remark or "").startswith("java.lang.NullPointerException")


@pytest.mark.parametrize(
    ("profile", "addrs", "live"), [("apache-5.5.0", {}, 0), ("apache-4.9.7", {0: "10.0.0.1:10911"}, 0)]
)
def test_a_null_wrapper_is_answered_success_with_half_of_it_done(
    profile: str, addrs: dict[int, str], live: int
) -> None:
    with server_and_peers(profile=profile) as (server, [peer]):
        assert peer.register(raw=b'{"topicConfigSerializeWrapper":null}').code == 0
        tables = server.server.manager.tables
        assert tables.broker_addr["b"].addrs == addrs
        assert len(tables.live) == live


def test_5_5_0_takes_a_null_wrapper_from_a_broker_that_stands_and_4_9_only_keeps_what_it_had() -> None:
    for profile in ("apache-5.5.0", "apache-4.9.7"):
        with server_and_peers(profile=profile) as (server, [peer]):
            peer.register()
            assert peer.register(raw=b'{"topicConfigSerializeWrapper":null}').code == 0
            [info] = server.server.manager.tables.live.values()
            assert info.version is not None
            assert (info.version.counter == 0) == (profile == "apache-5.5.0")
            assert peer.topics() == {"t1", "t2"}


def test_an_address_whose_version_is_null_keeps_its_place_in_5_5_0() -> None:
    nameless = body_of().replace(b'{"counter":1,"stateVersion":0,"timestamp":1}', b"null")
    with server_and_peers(2, profile="apache-5.5.0") as (_, [one, two]):
        assert one.register(raw=nameless).code == 0
        assert two.register(addr=OTHER).code == 0
        assert b'0:"10.0.0.1:10911"' in one.cluster_info()


def test_4_9_takes_null_parts_for_keys() -> None:
    with server_and_peers(profile="apache-4.9.7") as (server, [peer]):
        assert peer.ask(CODES.REGISTER_BROKER, {"brokerId": "0"}, body_of()).code == 0
        assert list(server.server.manager.tables.live) == [("", None)]


def test_strict_says_unchanged_only_to_the_place_that_is_registered() -> None:
    version = b'{"counter":1,"stateVersion":0,"timestamp":1}'
    with server_and_peers(profile="strict") as (_, [peer]):
        peer.register()
        for where, changed in ((place(), "false"), (place(broker_id=1), "true"), (place(name="b2"), "true")):
            answer = peer.ask(CODES.QUERY_DATA_VERSION, where, version)
            assert answer.ext_fields == {"changed": changed}
            assert answer.body == version


@pytest.mark.parametrize("profile", PROFILES)
def test_one_way_requests_are_carried_out_and_not_answered(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration()
        peer.request(CODES.REGISTER_BROKER, fields, body, flag=2)
        assert peer.says_nothing()
        assert peer.topics() == {"t1", "t2"}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_route_changes_with_everything_that_it_shows(profile: str) -> None:
    with server_and_peers(2, profile=profile) as (_, [one, two]):
        seen = []
        for change in (
            one.register,
            lambda: two.register(broker_id=1, addr=OTHER),
            lambda: one.register(filters=("f:1",)),
            lambda: one.register(filters=("f:2",)),
            lambda: one.register(perm=4, counter=2),
            lambda: two.register(name="b2", addr=OTHER, counter=3),
            lambda: one.register(broker_id=3, counter=4),
        ):
            assert change().code == 0
            seen.append(perms(one))
            assert perms(two) == seen[-1]
        assert len(set(seen)) == len(seen)
