"""Lists and member groups of our server, byte for byte as the real releases answer."""

import json

import pytest

from tests.server.peers import CODES, PROFILES, Peer, registration, server_and_peers
from tests.server.test_exact_answers import header, raw_answer

NOT_SET = "not set any response code"
ONLY_5 = [name for name in PROFILES if "4.9" not in name]


def register_flagged(peer: Peer, *flags: int, **place: object) -> None:
    fields, body = registration(topics=tuple(f"f{flag}" for flag in flags), **place)  # type: ignore[arg-type]
    document = json.loads(body)
    for name, config in document["topicConfigSerializeWrapper"]["topicConfigTable"].items():
        config["topicSysFlag"] = int(name[1:])
    peer.ask(CODES.REGISTER_BROKER, fields | {"bodyCrc32": "0"}, json.dumps(document).encode())


def topics(body: bytes | None) -> list[str]:
    assert body is not None
    found: list[str] = json.loads(body)["topicList"]
    return sorted(found)


@pytest.mark.parametrize("profile", PROFILES)
def test_lists_are_written_as_apache_writes_them(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        for code in (224, 304, 311, 312, 313):
            assert raw_answer(peer, code) == header(profile) + b'{"topicList":[]}'
        register_flagged(peer, 0, 1, 2, 3)
        register_flagged(peer, 5, 6, 7, 8, name="c", addr="10.0.0.2:1", cluster="D")
        for code, ext, expected in (
            (224, {"cluster": "C"}, ["f0", "f1", "f2", "f3"]),
            (224, {"cluster": "D"}, ["f5", "f6", "f7", "f8"]),
            (224, {"cluster": "E"}, []),
            (224, {}, []),
            (304, {}, ["C", "D", "b", "c"]),
            (311, {}, ["f1", "f3", "f5", "f7"]),
            (312, {}, ["f2", "f3", "f6", "f7"]),
            (313, {}, ["f2", "f6"]),
        ):
            assert topics(peer.ask(code, ext).body) == expected
        assert b'{"brokerAddr":"10.0.0.1:10911","topicList":[' in raw_answer(peer, 304)


@pytest.mark.parametrize("profile", ONLY_5)
def test_groups_are_written_as_apache_writes_them(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        peer.register()
        peer.register(broker_id=3, addr="10.0.0.3:1")
        both = '{0:"10.0.0.1:10911",3:"10.0.0.3:1"}'
        for ext, group in (
            ({"clusterName": "Q", "brokerName": "b"}, f'{{"brokerAddrs":{both},"brokerName":"b","cluster":"Q"}}'),
            ({"brokerName": "b"}, f'{{"brokerAddrs":{both},"brokerName":"b"}}'),
            ({"clusterName": "C", "brokerName": "x"}, '{"brokerAddrs":{},"brokerName":"x","cluster":"C"}'),
            (None, '{"brokerAddrs":{}}'),
        ):
            expected = header(profile, remark=NOT_SET) + f'{{"brokerMemberGroup":{group}}}'.encode()
            assert raw_answer(peer, CODES.GET_BROKER_MEMBER_GROUP, ext) == expected


def test_4_9_does_not_know_of_groups() -> None:
    with server_and_peers(profile="apache-4.9.7") as (_, [peer]):
        peer.request(CODES.GET_BROKER_MEMBER_GROUP, {"brokerName": "b"})
        assert peer.says_nothing()
