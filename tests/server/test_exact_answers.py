"""The answers of PROTOCOL.md, byte for byte: headers' keys, ext fields or none, remarks, bodies."""

import pytest

from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.remoting.version import MQVersion
from tests.server.peers import CODES, PROFILES, VERSIONS, Peer, body_of, place, registration, server_and_peers

MASTER, SLAVE = "10.0.0.1:10911", "10.0.0.2:10911"
BROKER_5 = ',"enableActingMaster":false'
QUEUES = '"queueDatas":[{"brokerName":"b","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]'


def raw_answer(
    peer: Peer, code: int, ext: dict[str, str] | None = None, body: bytes | None = None, version: int = 513
) -> bytes:
    """The answer's bytes, header and body in one."""
    peer.send(encode_command(RemotingCommand(code=code, opaque=77, ext_fields=ext, body=body, version=version)))
    data = b""
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
        data += peer.socket.recv(1 << 16)
    return data[8:]


def header(profile: str, code: int = 0, ext: str = "", remark: str = "") -> bytes:
    """A header as fastjson writes it."""
    ext = f'"extFields":{ext},' if ext else ""
    remark = f'"remark":"{remark}",' if remark else ""
    return (
        f'{{"code":{code},{ext}"flag":1,"language":"JAVA","opaque":77,{remark}"serializeTypeCurrentRPC":"JSON",'
        f'"version":{VERSIONS[profile]}}}'
    ).encode()


@pytest.mark.parametrize("profile", PROFILES)
def test_registrations_and_their_refusals_are_answered_as_apache_writes_them(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration()
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields, body) == header(profile, ext="{}")
        slave, _ = registration(broker_id=1, addr=SLAVE)
        expected = header(profile, ext=f'{{"haServerAddr":"{MASTER}2","masterAddr":"{MASTER}"}}')
        assert raw_answer(peer, CODES.REGISTER_BROKER, slave, body) == expected
        expected = header(profile, 1, "{}", "crc32 not match")
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields | {"bodyCrc32": "5"}, body) == expected
        fields, body = registration(name="new", addr="10.0.0.9:1", topics=("single",))
        expected = header(profile, ext="{}") if "4.9" in profile else header(profile, 1, "{}", "register broker failed")
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields, body) == expected


@pytest.mark.parametrize("profile", PROFILES)
def test_a_slave_without_a_master_is_told_nothing(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration(broker_id=1)
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields, body) == header(profile, ext="{}")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_order_topic_config_comes_with_registrations_once_it_has_been_created(profile: str) -> None:
    with server_and_peers(profile=profile) as (server, [peer]):
        keys = server.server.processor.kv_config
        fields, body = registration()
        server.call(lambda: keys.put("ORDER_TOPIC_CONFIG", "t1", "b:4"))
        expected = header(profile, ext="{}") + b'{"table":{"t1":"b:4"}}'
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields, body) == expected
        server.call(lambda: keys.delete("ORDER_TOPIC_CONFIG", "t1"))
        expected = header(profile, ext="{}") + b'{"table":{}}'
        assert raw_answer(peer, CODES.REGISTER_BROKER, fields, body) == expected


@pytest.mark.parametrize("profile", PROFILES)
def test_data_versions_are_answered_as_apache_writes_them(profile: str) -> None:
    stored = b'{"counter":1,"timestamp":1}' if "4.9" in profile else b'{"counter":1,"stateVersion":0,"timestamp":1}'
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        same, other = b'{"counter":1,"stateVersion":0,"timestamp":1}', b'{"counter":2,"stateVersion":0,"timestamp":1}'
        answer = raw_answer(peer, CODES.QUERY_DATA_VERSION, place(), same)
        assert answer == header(profile, ext='{"changed":"false"}') + stored
        answer = raw_answer(peer, CODES.QUERY_DATA_VERSION, place(), other)
        assert answer == header(profile, ext='{"changed":"true"}') + stored
        answer = raw_answer(peer, CODES.QUERY_DATA_VERSION, place(addr="10.0.0.9:1"), same)
        assert answer == header(profile, ext='{"changed":"true"}')


@pytest.mark.parametrize("profile", PROFILES)
def test_routes_are_written_for_the_version_that_asks(profile: str) -> None:
    acting = "" if "4.9" in profile else BROKER_5

    def route(mark: str) -> bytes:
        addrs = f'{{{mark}0{mark}:"{MASTER}",{mark}1{mark}:"{SLAVE}"}}'
        broker = f'{{"brokerAddrs":{addrs},"brokerName":"b","cluster":"C"{acting}}}'
        return header(profile) + f'{{"brokerDatas":[{broker}],"filterServerTable":{{}},{QUEUES}}}'.encode()

    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.register(broker_id=1, addr=SLAVE)
        for _ in ("made", "from the cache"):
            for version, mark in ((513, '"'), (int(MQVersion.V4_9_4), '"'), (400, ""), (0, "")):
                answer = raw_answer(peer, CODES.GET_ROUTEINFO_BY_TOPIC, {"topic": "t1"}, version=version)
                assert answer == route(mark)
            standard = {"topic": "t1", "acceptStandardJsonOnly": "true"}
            assert raw_answer(peer, CODES.GET_ROUTEINFO_BY_TOPIC, standard, version=0) == route('"')


@pytest.mark.parametrize("profile", PROFILES)
def test_a_topic_without_a_route_is_answered_with_the_release_s_own_advice(profile: str) -> None:
    url = "http://rocketmq.apache.org/docs/faq/"
    if "4.9" not in profile:
        url = "https://rocketmq.apache.org/docs/bestPractice/06FAQ"
    with server_and_peers(profile=profile) as (_, [peer]):
        for ext, topic in (({"topic": "nope"}, "nope"), ({}, "null"), (None, "null")):
            remark = f"No topic route info in name server for the topic: {topic}\\nSee {url} for further details."
            assert raw_answer(peer, CODES.GET_ROUTEINFO_BY_TOPIC, ext) == header(profile, 17, remark=remark)


@pytest.mark.parametrize("profile", PROFILES)
def test_clusters_and_topics_are_listed_as_apache_writes_them(profile: str) -> None:
    acting = "" if "4.9" in profile else BROKER_5
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, 106) == header(profile) + b'{"brokerAddrTable":{},"clusterAddrTable":{}}'
        assert raw_answer(peer, 206) == header(profile) + b'{"topicList":[]}'
        peer.register()
        broker = f'{{"brokerAddrs":{{0:"{MASTER}"}},"brokerName":"b","cluster":"C"{acting}}}'
        expected = f'{{"brokerAddrTable":{{"b":{broker}}},"clusterAddrTable":{{"C":["b"]}}}}'
        assert raw_answer(peer, 106) == header(profile) + expected.encode()
        assert raw_answer(peer, 206) == header(profile) + b'{"topicList":["t1","t2"]}'


@pytest.mark.parametrize("profile", PROFILES)
def test_unregistration_is_answered_without_ext_fields_known_or_not(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, CODES.UNREGISTER_BROKER, place()) == header(profile)
        peer.register()
        assert raw_answer(peer, CODES.UNREGISTER_BROKER, place()) == header(profile)


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0"])
def test_5_x_answers_heartbeats_and_refuses_codes_that_it_does_not_know(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, CODES.BROKER_HEARTBEAT, place()) == header(profile)
        for code in (9999, 0, -5):
            expected = header(profile, 3, remark=f" request type {code} not supported")
            assert raw_answer(peer, code) == expected


def test_4_9_says_nothing_to_codes_that_it_does_not_know() -> None:
    with server_and_peers(profile="apache-4.9.7") as (_, [peer]):
        for code in (9999, 0, -5, CODES.BROKER_HEARTBEAT, CODES.GET_BROKER_MEMBER_GROUP):
            peer.request(code)
            assert peer.says_nothing()


@pytest.mark.parametrize(("profile", "kind"), [("strict", 0), ("apache-5.5.0", 0), ("apache-4.9.7", 1)])
def test_binary_headers_are_answered_in_kind_by_4_9_and_in_json_by_5_x(profile: str, kind: int) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        answer = peer.ask(CODES.GET_BROKER_CLUSTER_INFO, serialize_type=1)
        assert (answer.code, answer.serialize_type, answer.flag) == (0, kind, 1)
        assert answer.version == VERSIONS[profile]


ODD = "ä/\"\\\t\x0b\x7f\xa0\u2028日😀'"
WRITTEN = {
    ("apache-5.5.0", 513): "ä/\\\"\\\\\\t\\u000b\x7f\xa0\u2028日😀'",
    ("apache-5.5.0", 0): "ä/\\\"\\\\\\t\\u000b\x7f\xa0\u2028日😀'",
    ("apache-4.9.7", 513): "\\u00E4\\/\\\"\\\\\\t\\u000B\\u007F\\u00A0\\u2028\\u65E5\\uD83D\\uDE00'",
    ("apache-4.9.7", 0): "ä/\\\"\\\\\\t\\u000B\\u007F\xa0\\u2028日😀'",
}
"""Seen on the wire, one character each."""


@pytest.mark.parametrize(("profile", "version"), WRITTEN)
def test_odd_characters_are_written_as_the_release_s_fastjson_writes_them(profile: str, version: int) -> None:
    topic = "t" + ODD.replace("\U0001f600", "")  # as a key beside what is escaped, fastjson2 does not read it
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register(name="b" + ODD, topics=(topic, "x"))
        body = peer.route(topic, version=version).body
        assert f'"brokerName":"b{WRITTEN[profile, version]}"'.encode() in (body or b"")
        assert peer.topics() == {topic, "x"}
        info = f'"b{WRITTEN[profile, 0]}"'.encode()
        assert peer.cluster_info().count(info) == 3


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_a_body_of_null_is_a_null_pointer(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        answer = peer.register(raw=b"null")
        assert (answer.remark or "").startswith("java.lang.NullPointerException")
        assert peer.topics() == set()


def test_bodies_are_checked_against_their_crc_only_if_the_header_has_one() -> None:
    with server_and_peers() as (_, [peer]):
        fields, _ = registration()
        for crc in ({}, {"bodyCrc32": "0"}, {"bodyCrc32": "what"}, {"bodyCrc32": "99999999999"}):
            assert peer.ask(CODES.REGISTER_BROKER, fields | crc, body_of()).code == 0
        assert peer.ask(CODES.REGISTER_BROKER, fields | {"bodyCrc32": "7"}).remark == "crc32 not match"
