"""Traces under stock TLC: rendered as a TLA+ module over `spec/RegistrationTrace.tla`, run, and the verdict of each read.

Accepted, rejected and could-not-run are told apart: TLC prints how far each trace was explained, and a trace that was not
explained to its end is rejected only if TLC has searched everything.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from namesrv.check.findings import Verdict
from namesrv.check.tla_values import as_tla, tla_value
from namesrv.check.tlc import TlcResult, run_tlc
from namesrv.check.traces import Settled, Silence, Trace, TraceEvent
from namesrv.model.events import (
    Answer,
    Answered,
    BrokerHeartbeat,
    ChannelClosed,
    ClosedChannel,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    Received,
    RegisterBroker,
    Request,
    ScanNotActiveBroker,
    UnknownRequest,
    UnregisterBroker,
)
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    BrokerData,
    ClusterInfo,
    DataVersion,
    QueueData,
    TopicConfig,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
    table,
)

MODULE: Final = "Trace"
EXPLAINED: Final = re.compile(r'^<<"explained", (\d+), (\d+)>>$', re.MULTILINE)
CODES: Final = {0: "SUCCESS", 1: "SYSTEM_ERROR", 3: "REQUEST_CODE_NOT_SUPPORTED", 17: "TOPIC_NOT_EXIST"}
PROFILES_IN_TLA: Final = {"strict": "Strict", "apache-5.5.0": "Apache550", "apache-4.9.7": "Apache497"}
"""What `spec/Profiles.tla` calls them."""

CONFIG: Final = """\\* Are the traces of {module}.tla behaviours of the specification? See RegistrationTrace.tla.
CONSTANTS
  P <- {profile}
  Traces <- TheTraces
SPECIFICATION TraceSpec
CONSTRAINT Progress
"""


class NotInSpecification(ValueError):
    """The trace has something that the specification does not speak of; the text says what."""


@attrs.frozen(kw_only=True)
class Judged:
    """What TLC says of one trace. `verdict`: holds if accepted, violated if rejected. `explained`: events, from the first on."""

    verdict: Verdict
    explained: int


def trace_module(traces: Sequence[Trace]) -> str:
    """The generated module. Raises `NotInSpecification`."""
    lines = [f"---- MODULE {MODULE} ----", "EXTENDS RegistrationTrace, Profiles", ""]
    for number, trace in enumerate(traces, start=1):
        events = ",\n  ".join(as_tla(tla_value(event_value(trace.events, index))) for index in range(len(trace.events)))
        lines += [f"\\* {trace.server}, seed {trace.seed}", f"Trace{number} == <<\n  {events}>>", ""]
    lines += [f"TheTraces == <<{', '.join(f'Trace{number}' for number in range(1, len(traces) + 1))}>>", "===="]
    return "\n".join(lines) + "\n"


def judge_traces(
    traces: Sequence[Trace],
    profile: str,
    *,
    timeout_s: float = 600.0,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[list[Judged], TlcResult]:
    """What TLC says of each of the traces, all of one profile, in one run. Raises `NotAvailable`, `NotInSpecification`."""
    files = {
        f"{MODULE}.tla": trace_module(traces),
        f"{MODULE}.cfg": CONFIG.format(module=MODULE, profile=PROFILES_IN_TLA[profile]),
    }
    result = run_tlc(MODULE, MODULE, timeout_s, files=files, progress=progress)
    return read_judgements(traces, result), result


def read_judgements(traces: Sequence[Trace], result: TlcResult) -> list[Judged]:
    """From what TLC has printed. What is explained to the end is accepted, however the search ended."""
    explained = [-1] * len(traces)
    for number, count in EXPLAINED.findall(result.text):
        explained[int(number) - 1] = max(explained[int(number) - 1], int(count))
    judged = []
    for trace, count in zip(traces, explained, strict=True):
        if count == len(trace.events):
            verdict = Verdict.HOLDS
        elif result.verdict is Verdict.HOLDS and count >= 0:
            verdict = Verdict.VIOLATED
        else:
            verdict = Verdict.UNKNOWN
        judged.append(Judged(verdict=verdict, explained=max(count, 0)))
    return judged


# Values -----------------------------------------------------------------------------------------------------------


def event_value(events: Sequence[TraceEvent], index: int) -> dict[str, Any]:
    """The event as the specification has it. An answer is read as one to its request, which comes before it."""
    match events[index]:
        case Received() as sent:
            return {"event": "Received", "channel": sent.channel, "opaque": sent.opaque, "oneway": sent.oneway,
                    "request": request_value(sent.request)}  # fmt: skip
        case Answered() as answered:
            answer = answer_value(answered.answer, _request_of(events[:index], answered))
            return {
                "event": "Answered",
                "channel": answered.channel,
                "opaque": answered.opaque,
                "answer": answer,
            }
        case ChannelClosed() as close:
            return {"event": "ChannelClosed", "channel": close.channel, "aborted": close.aborted}
        case ClosedChannel() as close:
            return {"event": "ClosedChannel", "channel": close.channel}
        case ScanNotActiveBroker() | Settled() | Silence() as plain:
            return {"event": type(plain).__name__}


def _request_of(before: Sequence[TraceEvent], answered: Answered) -> Request | None:
    key = (answered.channel, answered.opaque)
    sent = (event.request for event in before if isinstance(event, Received) and (event.channel, event.opaque) == key)
    return next(sent, None)


def answer_value(answer: Answer, request: Request | None) -> dict[str, Any]:
    """An answer to that request; to none, it has no more than a code. Raises `NotInSpecification`."""
    if answer.code not in CODES or answer.exception is not None:
        raise NotInSpecification(f"an answer with code {answer.code}, exception {answer.exception}")
    value: dict[str, Any] = {"code": CODES[answer.code]}
    fields = answer.ext_fields or table()
    match request, answer.body:
        case RegisterBroker(), None:
            value |= {name: fields.get(name, "absent") for name in ("masterAddr", "haServerAddr")}
        case QueryDataVersion(), DataVersion() | None as stored:
            value |= {"changed": fields.get("changed") == "true"}
            value |= {"data_version": () if stored is None else (version_value(stored),)}
        case GetRouteInfoByTopic(), TopicRouteData() as route:
            value |= {"route": route_value(route)}
        case GetBrokerClusterInfo(), ClusterInfo() as info:
            brokers = {name: broker_value(data) for name, data in info.broker_addr_table.items()}
            value |= {"broker_addr_table": brokers, "cluster_addr_table": dict(info.cluster_addr_table.items())}
        case GetAllTopicList(), TopicList() as topics:
            value |= {"topic_list": topics.topic_list}
        case _, None:
            pass
        case _:
            raise NotInSpecification(f"an answer to {type(request).__name__} with {type(answer.body).__name__}")
    return value


def route_value(route: TopicRouteData) -> dict[str, Any]:
    """A route; that of a release without mappings has none."""
    mappings = route.topic_queue_mapping_by_broker or table()
    return {
        "queue_datas": {queue.broker_name: queue_value(queue) for queue in route.queue_datas},
        "broker_datas": {data.broker_name: broker_value(data) for data in route.broker_datas},
        "filter_server_table": dict(route.filter_server_table.items()),
        "topic_queue_mapping_by_broker": {name: mapping_value(info) for name, info in mappings.items()},
    }


def version_value(version: DataVersion | None) -> dict[str, Any]:
    if version is None:
        raise NotInSpecification("a request without a DataVersion")
    return {name: getattr(version, name) for name in ("state_version", "counter", "timestamp")}


def queue_value(config: TopicConfig | QueueData) -> dict[str, Any]:
    if config.read_queue_nums != config.write_queue_nums or config.topic_sys_flag:
        raise NotInSpecification(f"a topic with other numbers of queues to write to, or flags: {config}")
    perm = {name for name, bit in (("read", PERM_READ), ("write", PERM_WRITE)) if config.perm & bit}
    return {"queue_nums": config.read_queue_nums, "perm": perm}


def mapping_value(info: TopicQueueMappingInfo) -> dict[str, Any]:
    return {"bname": info.bname, "epoch": info.epoch}


def broker_value(data: BrokerData) -> dict[str, Any]:
    return {"cluster": data.cluster, "broker_addrs": dict(data.broker_addrs.items()),
            "enable_acting_master": data.enable_acting_master}  # fmt: skip


def request_value(request: Request) -> dict[str, Any]:
    kind = {"kind": type(request).__name__}
    match request:
        case RegisterBroker(body=body):
            if body is None or body.topic_config_table is None:
                raise NotInSpecification(f"a registration without its parts: {request}")
            return (
                kind
                | _place(request)
                | {
                    "ha_server_addr": request.ha_server_addr or "absent",
                    "enable_acting_master": _optional(request.enable_acting_master),
                    "full_body": _optional(request.full_body),
                    "body": {
                        "topic_config_table": {t: queue_value(c) for t, c in body.topic_config_table.items()},
                        "data_version": version_value(body.data_version),
                        "topic_queue_mapping_info_map": {
                            t: mapping_value(i) for t, i in body.topic_queue_mapping_info_map.items()
                        },
                        "filter_server_list": body.filter_server_list or (),
                    },
                }
            )
        case UnregisterBroker():
            return kind | _place(request)
        case QueryDataVersion():
            return kind | _place(request) | {"data_version": version_value(request.data_version)}
        case BrokerHeartbeat():
            return kind | {name: getattr(request, name) for name in ("cluster_name", "broker_addr", "broker_name")}
        case GetRouteInfoByTopic():
            return kind | {"topic": request.topic}
        case UnknownRequest():
            return kind | {"code": request.code}
        case _:
            return kind


def _place(request: Any) -> dict[str, Any]:
    return {name: getattr(request, name) for name in ("cluster_name", "broker_addr", "broker_name", "broker_id")}


def _optional(value: bool | None) -> str:
    return "absent" if value is None else str(value).lower()
