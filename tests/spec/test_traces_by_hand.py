"""Traces of what administrators ask: the specification explains what our server does, and not what it does not."""

from contextlib import closing

import attrs
import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.check.steps import Open, Requests, Send, Step
from namesrv.check.theme_graph import HANDS, SPEC_PROFILES
from namesrv.check.trace_campaign import OURS
from namesrv.check.trace_recorder import Recorder
from namesrv.check.trace_steps import LAST_LOOK, OBSERVER
from namesrv.check.trace_tla import judge_traces
from namesrv.check.traces import Trace, TraceEvent, explained_by_model
from namesrv.check.wire import Prefix
from namesrv.explore.peers import V2, registration
from namesrv.model.events import Answered, DeleteTopicInNamesrv, RegisterTopicInNamesrv, WipeWritePermOfBroker
from namesrv.model.profiles import PROFILES
from namesrv.model.values import table
from namesrv.server import HeldClock

SAID_AGAIN = registration(topics={"t1": 5, "t2": 4}, version=V2)
DEFAULT = (
    "strict",
    pytest.param("apache-5.5.0", marks=pytest.mark.slow),
    pytest.param("apache-4.9.7", marks=pytest.mark.slow),
)


def steps(profile: str) -> tuple[Step, ...]:
    """Everything that administrators ask in `HANDS`, between registrations; a look after each."""
    asked = [request for _, request in HANDS.alphabet]
    if not PROFILES[profile].register_topic:
        asked = [request for request in asked if not isinstance(request, RegisterTopicInNamesrv)]
    told = (registration(), WipeWritePermOfBroker(broker_name="a"), SAID_AGAIN, *asked)
    sends = [Send(connection=1, request=request) for request in told]
    return (
        Open(connection=OBSERVER),
        Open(connection=1),
        *(s for send in sends for s in (Requests(sends=(send,)), LAST_LOOK[0])),
    )


def recorded(profile: str) -> Trace:
    with Embedded(profile=profile, clock=HeldClock()) as server:
        recorder = Recorder(Target(host="127.0.0.1", port=server.port), PROFILES[profile], Prefix(""), server)
        with closing(recorder):
            recorder.record(steps(profile))
            return Trace(profile=profile, server=OURS, events=recorder.finish(LAST_LOOK))


def otherwise(trace: Trace) -> list[Trace]:
    """The same, but for one count too many; and as if a topic had not been deleted, or a name not wiped."""

    def counted(event: TraceEvent) -> TraceEvent:
        fields = event.answer.ext_fields if isinstance(event, Answered) else None
        if fields is None or "wipeTopicCount" not in fields or not isinstance(event, Answered):
            return event
        return attrs.evolve(event, answer=attrs.evolve(event.answer, ext_fields=table({"wipeTopicCount": "7"})))

    def asked(kind: type) -> list[int]:
        return [n for n, event in enumerate(trace.events) if isinstance(getattr(event, "request", None), kind)]

    left_out = [asked(WipeWritePermOfBroker)[0], asked(DeleteTopicInNamesrv)[0]]
    shorter = [(*trace.events[:n], *trace.events[n + 2 :]) for n in left_out]  # the request and its answer
    return [attrs.evolve(trace, events=events) for events in (tuple(map(counted, trace.events)), *shorter)]


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("profile", DEFAULT)
def test_what_administrators_do_is_explained_and_what_they_did_not_do_is_not(profile: str) -> None:
    assert profile in SPEC_PROFILES
    trace = recorded(profile)
    wrong = otherwise(trace)
    assert explained_by_model(trace, PROFILES[profile]) == len(trace.events)
    assert all(explained_by_model(other, PROFILES[profile]) < len(other.events) for other in wrong)
    judged, _ = judge_traces([trace, *wrong], profile)
    assert [each.verdict for each in judged] == [Verdict.HOLDS, *([Verdict.VIOLATED] * len(wrong))]
    assert [j.explained for j in judged] == [explained_by_model(each, PROFILES[profile]) for each in (trace, *wrong)]
