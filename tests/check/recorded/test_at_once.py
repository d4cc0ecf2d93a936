"""Peers that speak at the same time, through the proxy, over real sockets and in real time: what they saw is explained."""

import threading
from pathlib import Path
from random import Random

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.recorded.judging import judge
from namesrv.check.recorded.seen import Start
from namesrv.check.recorded.stream import Stream
from namesrv.check.runner import Target
from namesrv.check.steps import Requests, Style
from namesrv.check.trace_steps import generated_steps
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import BrokerHeartbeat, UnknownRequest
from namesrv.model.profiles import PROFILES
from tests.check.proxied import proxied

PATIENCE_S = 60.0


def speak(port: int, profile: str, seed: int, length: int) -> None:
    """Generated requests over one connection, now and then several before any answer; then it is closed, or reset."""
    rng = Random(seed)
    peer = Target(host="127.0.0.1", port=port, timeout_s=PATIENCE_S).connect()
    for step in generated_steps(seed, PROFILES[profile], timed=False, length=length):
        if not isinstance(step, Requests):
            continue
        due = []
        for send in step.sends:
            opaque = peer.next_opaque()
            peer.send(encode(Prefix(""), send.request, Style(), opaque=opaque, oneway=send.oneway))
            if not send.oneway and not isinstance(send.request, UnknownRequest | BrokerHeartbeat):
                due.append(opaque)
        clock = peer._clock
        assert all(peer.answer(opaque, clock() + PATIENCE_S) is not None for opaque in due)
    peer.close(abort=rng.random() < 0.3)


def recorded(profile: str, seed: int, path: Path, *, peers: int, length: int) -> Path:
    with Embedded(profile=profile) as server, proxied(server.port, path) as before:
        threads = [
            threading.Thread(target=speak, args=(before.port, profile, seed * 100 + number, length))
            for number in range(peers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return before.path


@pytest.mark.parametrize(("profile", "peers"), [("strict", 4), ("apache-5.5.0", 2), ("apache-4.9.7", 2)])
def test_what_several_saw_at_the_same_time_is_explained(profile: str, peers: int, tmp_path: Path) -> None:
    path = recorded(profile, 1, tmp_path / "run.jsonl", peers=peers, length=6)
    for start in Start:
        judged = judge(Stream(path), PROFILES[profile], start)
        assert judged.verdict is not Verdict.VIOLATED, judged
        assert judged.counts["answers explained"] > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("profile", "peers"), [("strict", 5), ("apache-5.5.0", 2), ("apache-4.9.7", 3)])
def test_what_many_saw_at_the_same_time_is_explained(profile: str, peers: int, seed: int, tmp_path: Path) -> None:
    path = recorded(profile, seed, tmp_path / "run.jsonl", peers=peers, length=10)
    judged = judge(Stream(path), PROFILES[profile], Start.EMPTY)
    assert judged.verdict is not Verdict.VIOLATED, judged
