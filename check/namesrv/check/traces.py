"""What was seen of a NameServer from outside, in order: a trace, its file, and whether the model explains it.

A trace has what its peers did and what they saw: requests sent, answers read, connections closed. What the server did by itself
in between nobody has seen. Names are those of a small world (`C1`, `a`, `h1:10911`, `t1`), as in histories.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs
import orjson

from namesrv.check.answer_values import as_read
from namesrv.check.history import KINDS, HistoryError, read, write
from namesrv.check.tracker import Tracker
from namesrv.model.events import Answer, Answered, ChannelClosed, ClosedChannel, Received, Request, ScanNotActiveBroker
from namesrv.model.profiles import Profile

FORMAT: Final = "namesrv trace 1"


@attrs.frozen(kw_only=True)
class Settled:
    """The server, which can tell, had nothing left to do."""


@attrs.frozen(kw_only=True)
class Silence:
    """So much time has passed that every broker that was live then has been silent for too long."""


SILENCE_MS: Final = 120_001
"""Longer than `Profile.heartbeat_timeout_ms`, which no broker of a trace replaces by its own."""

TraceEvent = Received | Answered | ChannelClosed | ClosedChannel | ScanNotActiveBroker | Settled | Silence
"""A request was sent; its answer was read; a connection was closed by its peer, or seen closed by the NameServer; it scanned."""

TRACE_KINDS: Final = {kind.__name__: kind for kind in (Settled, Silence)}


@attrs.frozen(kw_only=True)
class Trace:
    """`server`: what it was seen of, in words. `seed`: what generated it, if anything did."""

    profile: str
    server: str
    events: tuple[TraceEvent, ...]
    seed: int | None = None


def save_trace(path: Path, trace: Trace) -> None:
    """Writes a file of JSON lines, what the trace is of and then an event each. Raises `OSError`."""
    head = {"format": FORMAT, "profile": trace.profile, "server": trace.server, "seed": trace.seed}
    lines = [orjson.dumps(head), *(orjson.dumps(write(event)) for event in trace.events)]
    path.write_bytes(b"\n".join(lines) + b"\n")


def load_trace(path: Path) -> Trace:
    """Reads the file. Raises `OSError`, `HistoryError`."""
    head, *rest = path.read_bytes().splitlines() or [b""]
    try:
        document = orjson.loads(head)
        lines = [orjson.loads(line) for line in rest]
    except orjson.JSONDecodeError as error:
        raise HistoryError(f"{path}: expected lines of JSON, got {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise HistoryError(f"{path}: expected a first line of format {FORMAT!r}")
    events = []
    for number, line in enumerate(lines, start=2):
        event = read(line, f"{path}, line {number}", {**KINDS, **TRACE_KINDS})
        if not isinstance(event, TraceEvent):
            raise HistoryError(f"{path}, line {number}: expected an event of a trace, got {event}")
        events.append(event)
    return Trace(
        profile=str(document.get("profile")),
        server=str(document.get("server")),
        seed=document.get("seed"),
        events=tuple(events),
    )


def request_of(events: Iterable[TraceEvent], answered: Answered) -> Request | None:
    """The request that it answers, if that is among these events."""
    sent = (event for event in events if isinstance(event, Received))
    key = (answered.channel, answered.opaque)
    return next((event.request for event in sent if (event.channel, event.opaque) == key), None)


def explained_by_model(trace: Trace, profile: Profile) -> int:
    """How many events, from the first on, some run of the model explains: all of them, or up to the first that none does.

    Remarks are left out, as in the specification: they name the topic, and where to read about it. Raises `TooManyStates`.
    """
    tracker, now_ms = Tracker(profile, as_read=_without_remark), 0
    for number, event in enumerate(trace.events):
        match event:
            case Received() | ChannelClosed() | ScanNotActiveBroker():
                tracker.happened(event, now_ms)
                explained = True
            case Answered():
                explained = tracker.observed(event.channel, event.opaque, [_without_remark(event.answer)])
            case ClosedChannel():
                explained = tracker.observed_closed(event.channel)
            case Settled():
                tracker.has_come_to_rest()
                explained = bool(tracker.beliefs)
            case Silence():
                now_ms += SILENCE_MS
                explained = True
        if not explained:
            return number
    return len(trace.events)


def _without_remark(answer: Answer) -> Answer:
    return attrs.evolve(as_read(answer), remark=None)
