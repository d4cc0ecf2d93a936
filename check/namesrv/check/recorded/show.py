"""A page on which a run can be followed: of a recording, or of the steps of a counterexample. It stands alone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson
from markupsafe import Markup

from namesrv.check.describe import describe_answer, describe_request, describe_style
from namesrv.check.findings import Finding, Verdict
from namesrv.check.recorded.book import Book, Row
from namesrv.check.recorded.replay import NS_PER_MS, Replay
from namesrv.check.recorded.seen import Impossible, Seen, Start
from namesrv.check.recording import Event, FrameSeen, Head, Opened, Side
from namesrv.check.report_page import ENVIRONMENT
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Step
from namesrv.check.tracker import TooManyStates, Tracker
from namesrv.check.wire import as_read, model_request
from namesrv.model.events import Channel, ChannelClosed, Opaque, Received, ScanNotActiveBroker
from namesrv.model.options import Options
from namesrv.model.profiles import Profile
from namesrv.remoting.command import RemotingCommand

MAX_ROWS: Final = 200_000
"""A page of more is cut off, and says so."""


def html(book: Book) -> str:
    """The page."""
    data = orjson.dumps(book.data()).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")
    template = ENVIRONMENT.get_template("trace.html.jinja")
    return template.render(title=book.title, verdict=book.verdict, lead=book.lead, data=Markup(data))


def write(file: Path, book: Book) -> None:
    """Writes the page. Raises `OSError`."""
    file.write_text(html(book), encoding="utf-8")


def book_of_recording(
    events: Iterable[Event], head: Head, profile: Profile, start: Start, options: Options | None = None, names: str = ""
) -> Book:
    """What was said, and what the NameServer held, as the profile has it. Past what is impossible it goes on as if unseen."""
    book = Book(f"{head.upstream}, recorded {head.started}")
    book.lead = f"The tables are those of {profile.name}, which began {start.value}."
    replay = Replay(profile, start, options, names)
    row_of: dict[int, int] = {}
    cut = ""
    for event in events:
        if book.count >= MAX_ROWS:
            cut = f"the first {MAX_ROWS:,} events"
            break
        try:
            seen = replay.see(event)
        except TooManyStates as error:
            cut = f"up to event {book.count + 1}: {error}"
            break
        if isinstance(event, Opened):
            book.speaks(event.connection, None, event.peer)
        elif seen.connection is not None:
            book.speaks(seen.connection, seen.request if seen.kind == "request" else None)
        row_of[seen.event] = book.count
        book.add(_row(event, seen, row_of), replay.tracker.beliefs)
    replay.finish()
    book.verdict = _verdict(replay, cut).value
    book.facts = [
        ("profile", profile.name),
        ("recorded", f"{head.started}, {head.source} {head.listen} before {head.upstream}"),
        *((what, str(count)) for what, count in sorted(replay.counts.items()) if count),
        *((f"not judged: {what}", str(count)) for what, count in sorted(replay.doubts.items())),
        *([("shown", cut)] if cut else []),
    ]
    return book


def _verdict(replay: Replay, cut: str) -> Verdict:
    if replay.impossible:
        return Verdict.VIOLATED
    return Verdict.UNKNOWN if cut or replay.doubts or not replay.counts["answers explained"] else Verdict.HOLDS


def _row(event: Event, seen: Seen, row_of: dict[int, int]) -> Row:
    by_server = isinstance(event, FrameSeen) and event.sender is Side.SERVER
    kind = seen.kind if seen.kind in ("request", "answer", "close") else "note"
    return Row(
        at_ns=event.at,
        kind=kind,
        text=seen.text,
        connection=seen.connection,
        to_namesrv=not by_server,
        answers=None if seen.answered is None else row_of.get(seen.answered),
        about=tuple(_about(seen)),
        wrong=_wrong(seen.wrong),
    )


def _wrong(found: Impossible | None) -> tuple[str, ...]:
    if found is None:
        return ()
    finding = found.finding
    return (finding.what, *(f"possible: {text}" for text in finding.expected), f"but: {finding.got}")


def _about(seen: Seen) -> Iterable[str]:
    command: RemotingCommand | None = seen.command
    if command is not None:
        oneway = ", one-way" if command.is_oneway else ""
        yield f"opaque {command.opaque}, {command.language} {command.version}{oneway}"
        fields = ", ".join(f"{key}={value}" for key, value in sorted((command.ext_fields or {}).items()))
        if fields:
            yield f"ext fields {fields}"
        if command.body is not None:
            yield f"{len(command.body)} bytes of body"
    if seen.note:
        yield seen.note


# A counterexample --------------------------------------------------------------------------------------------------


def book_of_steps(
    steps: Iterable[Step], profile: Profile, finding: Finding | None = None, *, title: str = "A counterexample"
) -> Book:
    """The steps that a check has made, what the model may answer to each, and its tables; at the end, what came instead.

    A second goes by between two steps, on paper.
    """
    book = Book(title)
    book.lead = f"Steps of a check, with what {profile.name} may answer and holds. The times are only for the order."
    book.verdict = "" if finding is None else Verdict.VIOLATED.value
    tracker, at, now_ms, number = Tracker(profile, as_read=as_read), 0, 0, 0
    try:
        for step in steps:
            at += 1_000 * NS_PER_MS
            match step:
                case Requests():
                    due: list[tuple[Channel, Opaque]] = []
                    for send in step.sends:
                        number += 1
                        request = model_request(send.request, send.style, profile)
                        channel, opaque = Channel(send.connection), Opaque(number)
                        received = Received(channel=channel, opaque=opaque, request=request, oneway=send.oneway)
                        tracker.happened(received, now_ms)
                        book.speaks(send.connection, send.request)
                        text = describe_request(send.request) + describe_style(send.style)
                        row = Row(at_ns=at, kind="request", text=text, connection=send.connection)
                        asked = book.count
                        book.add(row, tracker.beliefs)
                        possible = sorted({describe_answer(a) for a in tracker.possible_answers(channel, opaque)})
                        if possible:
                            due.append((channel, opaque))
                            text = " or ".join(possible)
                            row = Row(at_ns=at, kind="answer", text=text, connection=send.connection, to_namesrv=False,
                                      answers=asked, about=("as the model has it",))  # fmt: skip
                            book.add(row, tracker.beliefs)
                    tracker.keep(
                        b for b in tracker.beliefs if all(key in b.answers for key in due)
                    )  # they are waited for
                case Close():
                    tracker.happened(ChannelClosed(channel=Channel(step.connection), aborted=step.abort), now_ms)
                    text = "reset" if step.abort else "closes"
                    book.speaks(step.connection, None)
                    book.add(Row(at_ns=at, kind="close", text=text, connection=step.connection), tracker.beliefs)
                case Open():
                    book.speaks(step.connection, None)
                    book.add(Row(at_ns=at, kind="note", text="open", connection=step.connection), tracker.beliefs)
                case Advance():
                    now_ms += step.ms
                    book.add(Row(at_ns=at, kind="note", text=f"{step.ms} ms go by"), tracker.beliefs)
                case Scan():
                    tracker.happened_until_rest(ScanNotActiveBroker(), now_ms)
                    book.add(Row(at_ns=at, kind="note", text="the NameServer scans"), tracker.beliefs)
    except TooManyStates as error:
        book.add(Row(at_ns=at, kind="note", text=f"not followed any further: {error}"), ())
    if finding is not None:
        wrong = (*(f"possible: {text}" for text in finding.expected), f"but: {finding.got}")
        row = Row(at_ns=at, kind="note", text=f"{finding.what}: {finding.got}", about=(finding.where,), wrong=wrong)
        book.add(row, tracker.beliefs)
    return book


MAX_BESIDE: Final = 20
"""Beside one report."""


class PagesBeside:
    """Writes a page for each of a report's sequences, in the report's folder; called, it gives the page's name."""

    def __init__(self, report: Path, profile: Profile) -> None:
        self._report = report
        self._profile = profile
        self._count = 0

    def __call__(self, steps: tuple[Step, ...], finding: Finding) -> str | None:
        """Raises `OSError`. `None` for those that are too many."""
        if self._count == MAX_BESIDE:
            return None
        self._count += 1
        file = self._report.with_name(f"{self._report.stem}-run-{self._count}.html")
        write(file, book_of_steps(steps, self._profile, finding, title=finding.what))
        return file.name
