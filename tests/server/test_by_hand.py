"""Write permissions and topics changed by hand on our server, as the real releases answer; and the ways round full work."""

import json

import pytest

from tests.server.peers import CODES, PROFILES, Peer, server_and_peers
from tests.server.test_exact_answers import header, raw_answer

NAME = {"brokerName": "b"}


def body(*queues: object) -> bytes:
    return json.dumps({"brokerDatas": [], "filterServerTable": {}, "queueDatas": list(queues)}).encode()


def queue(name: str = "b", perm: int = 6) -> dict[str, object]:
    return {"brokerName": name, "perm": perm, "readQueueNums": 3, "topicSysFlag": 0, "writeQueueNums": 2}


def perms(peer: Peer, topic: str = "t1") -> dict[str, int] | None:
    answer = peer.route(topic)
    if answer.body is None:
        return None
    return {data["brokerName"]: data["perm"] for data in json.loads(answer.body)["queueDatas"]}


@pytest.mark.parametrize("profile", PROFILES)
def test_permissions_are_answered_with_the_number_of_topics(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        for ext in (None, {}, NAME):
            none = header(profile, ext='{"wipeTopicCount":"0"}')
            assert raw_answer(peer, CODES.WIPE_WRITE_PERM_OF_BROKER, ext) == none
            none = header(profile, ext='{"addTopicCount":"0"}')
            assert raw_answer(peer, CODES.ADD_WRITE_PERM_OF_BROKER, ext) == none
        peer.register(topics=("t1", "t2"), perm=7)
        for _ in range(2):
            wiped = header(profile, ext='{"wipeTopicCount":"2"}')
            assert raw_answer(peer, CODES.WIPE_WRITE_PERM_OF_BROKER, NAME) == wiped
            assert perms(peer) == {"b": 5}
        added = header(profile, ext='{"addTopicCount":"2"}')
        assert raw_answer(peer, CODES.ADD_WRITE_PERM_OF_BROKER, NAME) == added
        assert perms(peer) == {"b": 6}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_known_registration_does_not_undo_a_wipe_another_version_does_except_in_strict(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        for _ in range(2):
            peer.register(topics=("t1", "t2"))
        peer.ask(CODES.WIPE_WRITE_PERM_OF_BROKER, NAME)
        for _ in range(3):
            peer.register(topics=("t1", "t2"))
            assert perms(peer) == {"b": 4}
        peer.register(topics=("t1", "t2"), counter=2)
        assert perms(peer) == {"b": 4 if profile == "strict" else 6}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_known_registration_brings_a_deleted_topic_back_except_in_4_9(profile: str) -> None:
    with server_and_peers(profile=profile) as (_, [peer]):
        for _ in range(2):
            peer.register(topics=("t1", "t2"))
        for ext in ({"topic": "t1"}, {"topic": "t1", "clusterName": "C"}, {"topic": "t1", "clusterName": ""}):
            assert raw_answer(peer, CODES.DELETE_TOPIC_IN_NAMESRV, ext) == header(profile)
            assert perms(peer) is None
            peer.register(topics=("t1", "t2"))
            assert (perms(peer) is None) == (profile == "apache-4.9.7")
            peer.register(topics=("t1", "t2"), counter=2)
            assert perms(peer) == {"b": 6}
            peer.register(topics=("t1", "t2"))
        for ext in ({}, {"clusterName": "C"}, {"topic": "t1", "clusterName": "X"}, {"topic": "zz"}):
            assert raw_answer(peer, CODES.DELETE_TOPIC_IN_NAMESRV, ext) == header(profile)
        assert raw_answer(peer, CODES.DELETE_TOPIC_IN_NAMESRV) == header(profile)
        assert perms(peer) == {"b": 6}


@pytest.mark.parametrize("profile", [name for name in PROFILES if "4.9" not in name])
def test_topics_are_registered_by_hand_and_bad_bodies_answered_as_the_release_does(profile: str) -> None:
    topic = {"topic": "a"}
    with server_and_peers(profile=profile) as (_, [peer]):
        assert raw_answer(peer, CODES.REGISTER_TOPIC_IN_NAMESRV, topic, body(queue())) == header(profile)
        assert perms(peer, "a") is None
        peer.register()
        for given, left in (
            (body(queue(), queue("no")), None),
            (body(queue(perm=7)), {"b": 7}),
            (body(queue(perm=2), queue("no"), queue(perm=4)), {"b": 2}),
            (b'{"queueDatas":[null]}', {"b": 2}),
            (body({"perm": 6}), {"b": 2}),
            *((empty, {"b": 2}) for empty in (b"null", b"{}", body())),
        ):
            assert raw_answer(peer, CODES.REGISTER_TOPIC_IN_NAMESRV, topic, given) == header(profile)
            assert perms(peer, "a") == left
        assert raw_answer(peer, CODES.REGISTER_TOPIC_IN_NAMESRV, None, body(queue())) == header(profile)
        without = peer.ask(CODES.REGISTER_TOPIC_IN_NAMESRV, topic)
        assert (without.code, without.remark) == (
            (1, "java.lang.NullPointerException") if profile == "apache-5.1.4" else (0, None)
        )
        bad = peer.ask(CODES.REGISTER_TOPIC_IN_NAMESRV, topic, b"xx")
        library = "fastjson" if profile in ("apache-5.1.4", "apache-5.3.3") else "fastjson2"
        assert bad.code == 1
        assert (bad.remark or "").startswith(f"com.alibaba.{library}.JSONException")


def test_4_9_does_not_know_how_to_register_a_topic() -> None:
    with server_and_peers(profile="apache-4.9.7") as (_, [peer]):
        peer.request(CODES.REGISTER_TOPIC_IN_NAMESRV, {"topic": "a"}, body(queue()))
        assert peer.ask(CODES.GET_BROKER_CLUSTER_INFO).code == 0
