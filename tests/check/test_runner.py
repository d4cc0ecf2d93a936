"""One run: what is compared, and what the verdict is where the peer can't be judged."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import attrs
import pytest

from namesrv.check import answering
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Suspicious, Undecided, Violation
from namesrv.check.peer import Peer
from namesrv.check.runner import REPEATED_READS, Runner, Target
from namesrv.check.steps import UNREADABLE_HEADERS, Close, Crc, Header, Open, Requests, Send, Style
from namesrv.check.wire import Prefix
from namesrv.model.events import GetAllTopicList, GetRouteInfoByTopic, RegisterBroker, Request, UnknownRequest
from namesrv.model.profiles import PROFILES, STRICT
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.server import app
from namesrv.server.processor import Processor
from tests.check.peers import hangs_up, serving, silent, speaks_http
from tests.model.worlds import query, registration, unregistration, version


def one(request: Request, connection: int = 1, **how: Any) -> Requests:
    return Requests(sends=(Send(connection=connection, request=request, **how),))


@pytest.fixture(params=PROFILES)
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    with Embedded(profile=request.param) as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), PROFILES[request.param], Prefix("nkt-"))
        runner.run(Open(connection=1))
        runner.run(Open(connection=2))
        yield runner
        runner.finish()


def test_our_server_is_explained_by_its_own_profile(runner: Runner) -> None:
    for step in (
        one(registration()),
        one(registration("h2:1", broker_id=1), 2),
        one(query(data_version=version())),
        one(registration(topics=("t3",), data_version=version(2, 2)), style=Style(header=Header.ROCKETMQ)),
        one(registration(data_version=version(3, 3)), style=Style(compressed=True, mq_version=401)),
        one(registration(data_version=version(4, 4)), style=Style(crc=Crc.WRONG)),
        one(UnknownRequest(code=9_999)),
        Close(connection=2),
        one(unregistration()),
    ):
        runner.run(step)
    assert len(runner.tracker.beliefs) >= 1


@pytest.mark.parametrize("header", sorted(UNREADABLE_HEADERS, key=lambda header: header.name))
def test_a_header_that_nobody_can_read_ends_the_connection_and_takes_its_broker_along(header: Header) -> None:
    with Embedded(profile="apache-5.5.0") as server:
        target = Target(host="127.0.0.1", port=server.port)
        runner = Runner(target, PROFILES["apache-5.5.0"], Prefix("nkt-"), settle=server.settle)
        for step in (
            Open(connection=1),
            one(registration()),
            one(GetRouteInfoByTopic(topic="t1"), style=Style(header=header)),
        ):
            runner.run(step)
        assert 1 not in runner.connections
        assert not any(belief.state.tables.broker_addr_table for belief in runner.tracker.beliefs)
        runner.finish()


def test_a_connection_that_outlives_a_header_that_nobody_can_read_is_a_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.Connection, "_refuse", lambda connection, error: None)
    with Embedded(profile="strict") as server:
        profile = attrs.evolve(STRICT, internal_step_deadline_ms=500)
        runner = Runner(Target(host="127.0.0.1", port=server.port), profile, Prefix("nkt-"))
        runner.run(Open(connection=1))
        with pytest.raises(Violation, match="ends connection 1"):
            runner.run(one(GetRouteInfoByTopic(topic="t1"), style=Style(header=Header.NO_JSON)))
        runner.finish()


def test_a_connection_that_ends_while_a_request_is_sent_is_suspicious() -> None:
    with Embedded(profile="strict", max_frame_bytes=1 << 20) as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), STRICT, Prefix("nkt-"))
        runner.run(Open(connection=1))
        with pytest.raises(Suspicious, match="closed the connection"):
            runner.run(one(GetAllTopicList(), style=Style(padding_bytes=15 << 20)))
        runner.finish()


def test_races_are_explained_in_every_order(runner: Runner) -> None:
    sends = (
        Send(connection=1, request=registration()),
        Send(connection=2, request=registration("h2:1")),
        Send(connection=1, request=unregistration()),
    )
    runner.run(Requests(sends=sends))


def test_nothing_is_left_behind() -> None:
    with Embedded(profile="strict") as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), STRICT, Prefix("nkt-"))
        runner.run(Open(connection=1))
        runner.run(one(registration()))
        runner.finish()
        assert server.server is not None
        server.settle()
        assert not server.server.manager.tables.live


def test_others_of_a_shared_name_server_are_not_seen() -> None:
    with Embedded(profile="strict") as server:
        target = Target(host="127.0.0.1", port=server.port)
        ours, theirs = Runner(target, STRICT, Prefix("nka-")), Runner(target, STRICT, Prefix("nkb-"))
        for runner in (theirs, ours):
            runner.run(Open(connection=1))
            runner.run(one(registration()))
        ours.finish()
        theirs.run(one(GetRouteInfoByTopic(topic="t1")))
        theirs.finish()


def test_a_server_of_another_profile_is_violated() -> None:
    with Embedded(profile="apache-4.9.7") as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), STRICT, Prefix("nkt-"))
        runner.run(Open(connection=1))
        with pytest.raises(Violation) as caught:
            runner.run(one(registration(topics=("t1",))))
        runner.finish()
    finding = caught.value.finding
    assert finding.what.startswith("REGISTER_BROKER C a/0 h1:1")
    assert finding.expected == ("SYSTEM_ERROR remark 'register broker failed'",)
    assert finding.got == "SUCCESS"


@pytest.mark.parametrize(
    ("peer", "patience_ms", "reason"),
    [
        (silent, 200, "answers nothing within 0.2 s"),
        (hangs_up, 60_000, "closed the connection instead of answering"),
        (speaks_http, 60_000, "does not speak RocketMQ remoting"),
    ],
    ids=["silent", "hangs up", "speaks HTTP"],
)
def test_a_peer_that_is_no_name_server_is_unknown(peer: Callable[..., None], patience_ms: int, reason: str) -> None:
    patient = attrs.evolve(STRICT, internal_step_deadline_ms=patience_ms)
    with serving(peer) as port:
        runner = Runner(Target(host="127.0.0.1", port=port, timeout_s=patience_ms / 1000), patient, Prefix("nkt-"))
        runner.run(Open(connection=1))
        with pytest.raises(Undecided, match=reason):
            runner.run(one(registration()))
        runner.finish()


def test_an_answer_that_only_comes_late_is_unknown_and_none_at_all_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is over, the NameServer is alive, and then the answer is there after all: it, or this machine, had stalled."""
    with Embedded(profile="strict") as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), STRICT, Prefix("nkt-"), settle=server.settle)
        runner.run(Open(connection=1))
        monkeypatch.setattr(runner, "_answer", lambda peer, opaque: None)
        with pytest.raises(Undecided, match="took more than 5 s to answer REGISTER_BROKER"):
            runner.run(one(registration()))
        monkeypatch.setattr(Peer, "answer", lambda peer, opaque, deadline: None)
        monkeypatch.setattr(answering, "probe", lambda target, clock: 0)
        with pytest.raises(Violation) as caught:
            runner.run(one(GetAllTopicList()))
        assert caught.value.finding.got == "no answer"
        monkeypatch.undo()
        runner.finish()


def test_nobody_there_is_unknown() -> None:
    with serving(silent) as port:
        pass
    with pytest.raises(Undecided, match="Connection refused"):
        Runner(Target(host="127.0.0.1", port=port), STRICT, Prefix("nkt-"))


def test_a_body_that_java_cannot_read_is_answered_with_its_exception(runner: Runner) -> None:
    request: RegisterBroker = attrs.evolve(registration(), body=None, body_error="RemotingCommandException")
    runner.run(one(request))


@pytest.mark.parametrize(
    ("profile", "times", "explained"),
    [("apache-5.5.0", 1, True), ("apache-5.5.0", 1 + REPEATED_READS, False), ("strict", 1, False)],
)
def test_clusters_that_others_have_disturbed_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, profile: str, times: int, explained: bool
) -> None:
    left = times
    original = Processor._frame

    def disturbed(processor: Processor, request: Any, code: int = ResponseCode.SUCCESS, **parts: Any) -> bytes:
        nonlocal left
        if left and request.code == RequestCode.GET_BROKER_CLUSTER_INFO and code == ResponseCode.SUCCESS:
            left -= 1
            return processor._exception(request, "java.util.ConcurrentModificationException")
        return original(processor, request, code, **parts)

    with Embedded(profile=profile) as server:
        runner = Runner(Target(host="127.0.0.1", port=server.port), PROFILES[profile], Prefix("nkt-"))
        runner.run(Open(connection=1))
        monkeypatch.setattr(Processor, "_frame", disturbed)
        with nullcontext() if explained else pytest.raises(Violation):
            runner.run(one(registration()))
        runner.finish()
