"""Vectors are played against real NameServers: those that they are of pass, others fail."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.oracle import RELEASES, Oracle, free_port
from namesrv.check.steps import Style
from namesrv.check.vectors.playing import Played, play
from namesrv.check.vectors.pool import POOL
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import GetAllTopicList
from namesrv.model.profiles import PROFILES
from tests.check.peers import hangs_up, serving, speaks_http
from tests.check.vectors.conftest import Made, lines

HEAD = '{"op":"vectors","format":2,"profile":"strict","sequences":1}'
ONE = [HEAD, '{"op":"sequence","name":"s001","rows":[]}', '{"op":"open","connection":0}']


def played(profile: str, against: str, made: Made) -> Played:
    with Embedded(profile=against) as server:
        return play(lines(made(profile)), "127.0.0.1", server.port)


@pytest.mark.parametrize("profile", PROFILES)
def test_our_server_passes_the_vectors_of_its_profile(profile: str, made: Made) -> None:
    found = played(profile, profile, made)
    assert found.failures == ()
    assert found.verdict is Verdict.HOLDS
    assert found.sequences == made(profile).sequences > 20
    assert made(profile).reached_after_all == made(profile).missing == ()


@pytest.mark.parametrize(
    ("profile", "against"),
    [
        ("apache-5.5.0", "apache-4.9.7"),
        ("apache-4.9.7", "apache-5.5.0"),
        ("strict", "apache-5.5.0"),
        ("apache-5.5.0", "strict"),
        ("apache-5.3.3", "apache-5.1.4"),
    ],
)
def test_a_server_of_another_profile_fails(profile: str, against: str, made: Made) -> None:
    found = played(profile, against, made)
    assert found.verdict is Verdict.VIOLATED
    assert "expected" in str(found.failures[0])


@pytest.mark.oracle
@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_the_real_namesrv_passes_the_vectors_of_its_release(
    profile: str, made: Made, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    oracle = own_apache_namesrv(profile)
    assert play(lines(made(profile)), oracle.host, oracle.port).failures == ()


@pytest.mark.slow
@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_every_release_passes_all_its_vectors(
    release: str, made: Made, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    oracle = own_apache_namesrv(release)
    assert play(lines(made(release, POOL)), oracle.host, oracle.port).failures == ()


@pytest.mark.oracle
def test_the_real_namesrv_fails_the_vectors_of_another_release(
    made: Made, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    oracle = own_apache_namesrv("apache-5.5.0")
    assert play(lines(made("apache-4.9.7", 0)), oracle.host, oracle.port).verdict is Verdict.VIOLATED


def test_no_server_is_undecided() -> None:
    with pytest.raises(Undecided, match="connect to"):
        play(ONE, "127.0.0.1", free_port("127.0.0.1"))


def test_vectors_of_another_format_are_undecided() -> None:
    with pytest.raises(Undecided, match="format 3"):
        play([HEAD.replace('"format":2', '"format":3')], "127.0.0.1", 1)


def test_vectors_without_a_sequence_decide_nothing() -> None:
    assert play([HEAD], "127.0.0.1", 1).verdict is Verdict.UNKNOWN


def test_a_connection_that_is_hung_up_is_no_answer(made: Made) -> None:
    with serving(hangs_up) as port:
        found = play(lines(made("strict", 0))[:6], "127.0.0.1", port)
    assert [failure.got for failure in found.failures] == ["no answer"]


def test_a_web_server_is_undecided(made: Made) -> None:
    with serving(speaks_http) as port, pytest.raises(Undecided, match="no RocketMQ remoting"):
        play(lines(made("strict", 0))[:6], "127.0.0.1", port)


@pytest.mark.parametrize("connection", [0, 1])
def test_an_answer_that_nobody_expects_is_a_failure(connection: int, made: Made) -> None:
    """It stands before the one that is due, or is there when its connection is closed."""
    frame = next(op["hex"] for op in map(json.loads, lines(made("strict", 0))) if op["op"] == "send")
    other = encode(Prefix(""), GetAllTopicList(), Style(), opaque=2, oneway=False).hex()
    steps: list[dict[str, Any]] = [
        {"op": "open", "connection": 1},
        {"op": "send", "connection": 0, "hex": frame},
        {"op": "send", "connection": connection, "hex": other},
        {"op": "expect", "connection": connection, "matches": ['(?s)^.*"opaque":2.*$'], "answers": [[]]},
        {"op": "close", "connection": 0, "linger": -1},
    ]
    with Embedded(profile="strict") as server:
        found = play([*ONE, *map(json.dumps, steps)], "127.0.0.1", server.port)
    assert [failure.what for failure in found.failures] == ["an answer that is not due" if connection else "expect"]


def test_a_file_that_is_cut_short_decides_nothing(made: Made) -> None:
    with Embedded(profile="strict") as server:
        found = play(lines(made("strict", 0))[:-1], "127.0.0.1", server.port)
    assert found.failures == ()
    assert found.verdict is Verdict.UNKNOWN
