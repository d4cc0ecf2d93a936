"""Traces under stock TLC: rendered as a TLA+ module over `spec/RegistrationTrace.tla`, run, and the verdict of each read.

Accepted, rejected and could-not-run are told apart: TLC prints how far each trace was explained, and a trace that was not
explained to its end is rejected only if TLC has searched everything.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from namesrv.check.findings import Verdict
from namesrv.check.spec_values import answer_value, record, request_value
from namesrv.check.theme_graph import SPEC_PROFILES
from namesrv.check.tla_values import TlaValue, as_tla
from namesrv.check.tlc import TlcResult, run_tlc
from namesrv.check.traces import Settled, Silence, Trace, TraceEvent, request_of
from namesrv.model.events import Answered, ChannelClosed, ClosedChannel, Received, ScanNotActiveBroker

MODULE: Final = "Trace"

LONG_EVENTS: Final = 2_000
"""More events than that take TLC long."""

EXPLAINED: Final = re.compile(r'^<<"explained", (\d+), (\d+)>>$', re.MULTILINE)
CONFIG: Final = """\\* Are the traces of {module}.tla behaviours of the specification? See RegistrationTrace.tla.
CONSTANTS
  P <- {profile}
  Traces <- TheTraces
SPECIFICATION TraceSpec
CONSTRAINT Progress
"""


@attrs.frozen(kw_only=True)
class Judged:
    """What TLC says of one trace. `verdict`: holds if accepted, violated if rejected. `explained`: events, from the first on."""

    verdict: Verdict
    explained: int


def trace_module(traces: Sequence[Trace]) -> str:
    """The generated module. Raises `LeftOut`."""
    lines = [f"---- MODULE {MODULE} ----", "EXTENDS RegistrationTrace, Profiles", ""]
    for number, trace in enumerate(traces, start=1):
        events = ",\n  ".join(as_tla(event_value(trace.events, index)) for index in range(len(trace.events)))
        lines += [f"\\* {trace.server}, seed {trace.seed}", f"Trace{number} == <<\n  {events}>>", ""]
    lines += [f"TheTraces == <<{', '.join(f'Trace{number}' for number in range(1, len(traces) + 1))}>>", "===="]
    return "\n".join(lines) + "\n"


def trace_files(traces: Sequence[Trace], profile: str) -> dict[str, str]:
    """The generated module and its `.cfg`, by file name, for TLC beside the modules of `spec`. Raises `LeftOut`."""
    config = CONFIG.format(module=MODULE, profile=SPEC_PROFILES[profile])
    return {f"{MODULE}.tla": trace_module(traces), f"{MODULE}.cfg": config}


def judge_traces(
    traces: Sequence[Trace],
    profile: str,
    *,
    timeout_s: float = 600.0,
    instead: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[list[Judged], TlcResult]:
    """What TLC says of each of the traces, all of one profile, in one run. Raises `NotAvailable`, `LeftOut`.

    `instead`: texts for modules of the specification, by file name, in place of those that it has.
    """
    files = {**(instead or {}), **trace_files(traces, profile)}
    is_long = sum(len(trace.events) for trace in traces) > LONG_EVENTS
    result = run_tlc(MODULE, MODULE, timeout_s, files=files, is_long=is_long, progress=progress)
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


def event_value(events: Sequence[TraceEvent], index: int) -> TlaValue:
    """The event as the specification has it. An answer is read as one to its request, which comes before it. Raises `LeftOut`."""
    match events[index]:
        case Received() as sent:
            return record(event="Received", channel=sent.channel, opaque=sent.opaque, oneway=sent.oneway,
                          request=request_value(sent.request))  # fmt: skip
        case Answered() as answered:
            answer = answer_value(request_of(events[:index], answered), answered.answer)
            return record(event="Answered", channel=answered.channel, opaque=answered.opaque, answer=answer)
        case ChannelClosed() as close:
            return record(event="ChannelClosed", channel=close.channel, aborted=close.aborted)
        case ClosedChannel() as close:
            return record(event="ClosedChannel", channel=close.channel)
        case ScanNotActiveBroker() | Settled() | Silence() as plain:
            return record(event=type(plain).__name__)
