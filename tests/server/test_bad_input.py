"""Malformed and odd input: what PROTOCOL.md saw each release answer, and that nobody else notices."""

import json
import struct
import zlib

import pytest

from tests.server.peers import CODES, PROFILES, body_of, registration, server_and_peers

GOOD = b'{"code":106,"flag":0,"language":"JAVA","opaque":1,"version":513}'
COMMAND_EXCEPTION = (
    "org.apache.rocketmq.remoting.exception.RemotingCommandException: Failed to decode RegisterBrokerBody"
)
NULL_POINTER = "java.lang.NullPointerException"
"""What fastjson 1.2.83 comes to: bytes that are no UTF-8 are null."""

CLOSES = {
    "frame length 0": struct.pack(">i", 0),
    "frame length 3": struct.pack(">i", 3),
    "frame length -1": struct.pack(">i", -1),
    "frame length over 16 MiB": struct.pack(">ii", 16_777_213, 0),
    "frame length 4, header length 0": struct.pack(">ii", 4, 0),
    "header length over the frame": struct.pack(">ii", 8, 5) + b"1234",
    "header length 0xFFFFFF": struct.pack(">ii", 8, 0xFFFFFF) + b"1234",
    "serialize type 9": struct.pack(">iI", 4 + len(GOOD), 9 << 24 | len(GOOD)) + GOOD,
    "binary type with a JSON header": struct.pack(">iI", 4 + len(GOOD), 1 << 24 | len(GOOD)) + GOOD,
    "garbage header": struct.pack(">ii", 8, 4) + b"x{]!",
    "header is a list": struct.pack(">ii", 6, 2) + b"[]",
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS, not asked for": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("what", CLOSES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_malformed_frame_closes_its_connection_and_no_other(profile: str, what: str) -> None:
    with server_and_peers(2, profile=profile) as (_, [bad, good]):
        good.register()
        bad.send(CLOSES[what])
        assert bad.is_closed()
        assert good.topics() == {"t1", "t2"}


def test_the_longest_frame_is_waited_for() -> None:
    with server_and_peers(2) as (_, [slow, good]):
        slow.send(struct.pack(">ii", 16_777_212, 0))
        assert good.topics() == set()
        slow.socket.settimeout(0.05)
        assert not slow.is_closed()


def test_requests_before_a_malformed_frame_are_answered() -> None:
    with server_and_peers() as (_, [peer]):
        good = struct.pack(">ii", 4 + len(GOOD), len(GOOD)) + GOOD
        peer.send(good + good + b"garbage!" * 3)
        assert [peer.answer().code, peer.answer().code] == [0, 0]
        assert peer.is_closed()


def test_half_a_frame_and_then_the_end_is_just_the_end() -> None:
    with server_and_peers(2) as (_, [half, good]):
        half.send(struct.pack(">ii", 100, 50) + b"{")
        half.close()
        assert good.topics() == set()


@pytest.mark.parametrize("header", [b"{}", b'{"opaque":5}'])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_header_without_a_code_asks_for_code_0(profile: str, header: bytes) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.send(struct.pack(">ii", 4 + len(header), len(header)) + header)
        if "4.9" in profile:
            assert peer.says_nothing()
        else:
            assert peer.answer().remark == " request type 0 not supported"


@pytest.mark.parametrize("oddity", ['"language":"KLINGON"', '"version":"513"', '"language":null', '"extFields":null'])
@pytest.mark.parametrize("profile", PROFILES)
def test_an_odd_header_is_tolerated(profile: str, oddity: str) -> None:
    header = f'{{"code":105,"opaque":3,{oddity}}}'.encode()
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.send(struct.pack(">ii", 4 + len(header), len(header)) + header)
        answer = peer.answer()
        assert (answer.code, answer.opaque) == (17, 3)


@pytest.mark.parametrize("profile", PROFILES)
def test_answers_sent_to_the_server_are_passed_over(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.request(105, {"topic": "x"}, flag=1)
        assert peer.says_nothing()


UNDECODABLE = {
    "garbage": (b"no json", {}),
    "cut short": (body_of()[:-9], {}),
    "not an object": (b"[1]", {}),
    "deflated but not said to be": (zlib.compress(b"1234"), {}),
    "said to be deflated": (body_of(), {"compressed": "true"}),
    "a length of -1 inside": (zlib.compress(struct.pack(">i", -1)), {"compressed": "true"}),
    "too few bytes inside": (zlib.compress(struct.pack(">i", 100)), {"compressed": "true"}),
    "nested too deep": (b"[" * 100_000, {}),
}


@pytest.mark.parametrize("what", UNDECODABLE)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_body_that_cannot_be_read_is_refused_and_changes_nothing(profile: str, what: str) -> None:
    body, ext = UNDECODABLE[what]
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        before = peer.cluster_info()
        answer = peer.register(raw=body, ext=ext, name="other", addr="10.0.0.7:1")
        assert (answer.code, answer.ext_fields) == (1, None)
        is_null = what == "deflated but not said to be" and profile in ("apache-5.1.4", "apache-5.3.3")
        assert answer.remark == (NULL_POINTER if is_null else COMMAND_EXCEPTION)
        assert peer.cluster_info() == before


def test_a_bomb_is_not_inflated_beyond_the_bound() -> None:
    bomb = zlib.compress(struct.pack(">i", 1 << 28) + bytes(1 << 24), 9)
    with server_and_peers() as (_, [peer]):
        assert peer.register(raw=bomb, ext={"compressed": "true"}).code == 1
        assert peer.topics() == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_negative_version_is_no_version(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, body = registration()
        answer = peer.ask(CODES.REGISTER_BROKER, fields, body, version=-1)
        assert (answer.remark or "").startswith("java.lang.ArrayIndexOutOfBoundsException")
        assert peer.topics() == set()


@pytest.mark.parametrize(("version", "shape", "known"), [(36, "old", True), (36, "new", False), (37, "new", True)])
@pytest.mark.parametrize("profile", PROFILES)
def test_the_shape_of_a_body_goes_by_the_version(profile: str, version: int, shape: str, known: bool) -> None:
    body = body_of()
    if shape == "old":
        body = json.dumps(json.loads(body)["topicConfigSerializeWrapper"]).encode()
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, _ = registration()
        assert peer.ask(CODES.REGISTER_BROKER, fields, body, version=version).code == 0
        assert peer.topics() == ({"t1", "t2"} if known else set())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_registration_without_a_body_has_no_topics_and_version_zero(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, _ = registration()
        assert peer.ask(CODES.REGISTER_BROKER, fields).code == 0
        answer = peer.ask(CODES.QUERY_DATA_VERSION, fields, b'{"counter":0,"timestamp":0}')
        assert answer.ext_fields == {"changed": "false"}


@pytest.mark.parametrize(("profile", "code"), [("strict", 0), ("apache-5.5.0", 0), ("apache-4.9.7", 1)])
def test_a_question_for_the_version_without_a_body_throws_in_4_9(profile: str, code: int) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, _ = registration()
        answer = peer.ask(CODES.QUERY_DATA_VERSION, fields)
        assert answer.code == code
        if code:
            assert (answer.remark or "").startswith("java.lang.NullPointerException")


@pytest.mark.parametrize(
    ("profile", "package"),
    [("strict", "fastjson2"), ("apache-5.5.0", "fastjson2"), ("apache-4.9.7", "fastjson")],
)
def test_a_version_that_is_no_json_names_the_release_s_exception(profile: str, package: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        fields, _ = registration()
        answer = peer.ask(CODES.QUERY_DATA_VERSION, fields, b"xx")
        assert (answer.remark or "").startswith(f"com.alibaba.{package}.JSONException")


@pytest.mark.parametrize("code", [CODES.QUERY_DATA_VERSION, CODES.BROKER_HEARTBEAT])
@pytest.mark.parametrize("missing", ["clusterName", "brokerAddr"])
def test_5_5_0_throws_on_half_an_address(code: int, missing: str) -> None:
    with server_and_peers(profile="apache-5.5.0") as (_, [peer]):
        fields, _ = registration()
        del fields[missing]
        answer = peer.ask(code, fields, b'{"counter":0,"timestamp":0}')
        assert (answer.code, answer.ext_fields) == (1, None)
        assert (answer.remark or "").startswith("java.lang.NullPointerException")


def test_a_fault_of_the_server_s_own_cuts_off_one_peer_only() -> None:
    with server_and_peers(2) as (server, [bad, good]):
        good.register()

        def fail(*_: object) -> bytes:
            raise ZeroDivisionError

        server.call(lambda: server.server.processor._handlers.update({106: fail}))
        bad.request(106)
        assert bad.is_closed()
        assert good.topics() == {"t1", "t2"}


def test_numbers_as_strings_are_read_as_fastjson_does() -> None:
    body = body_of().replace(b'"perm":6', b'"perm":"4"')
    with server_and_peers() as (_, [peer]):
        assert peer.register(raw=body).code == 0
        assert b'"perm":4' in (peer.route("t1").body or b"")
