"""What `namesrv check` found, as a page: a scoreboard, each failure as a sequence, drawn, and where it parts from the model."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.clause import Severity
from namesrv.check.clauses.judged import HEADS, Judged, Result, SuiteReport, scoreboard
from namesrv.check.describe import describe_request, describe_step, describe_style
from namesrv.check.findings import Finding
from namesrv.check.readable import readable
from namesrv.check.report import run_again
from namesrv.check.report_page import Board, Page, Section
from namesrv.check.search import REPEATS
from namesrv.check.sequence import Arrow, Diagram, Kind, Note
from namesrv.check.steps import Close, Open, Requests, Step
from namesrv.model.events import (
    BrokerHeartbeat,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnregisterBroker,
)

NAMESRV: Final = "NameServer"
BROKERS: Final = RegisterBroker | UnregisterBroker | QueryDataVersion | BrokerHeartbeat
CLIENTS: Final = GetRouteInfoByTopic | GetBrokerClusterInfo


def diagram(steps: tuple[Step, ...], finding: Finding) -> Diagram:
    """Who speaks over the connections, and the NameServer; at the end, what came instead of what was expected."""
    names = _speakers(steps)
    drawn: list[Arrow | Note] = []
    for number, step in enumerate(steps, 1):
        match step:
            case Requests():
                for send in step.sends:
                    how = f"{' one-way' if send.oneway else ''}{' together' if len(step.sends) > 1 else ''}".strip()
                    text = f"{how}: " * bool(how) + describe_request(send.request) + describe_style(send.style)
                    drawn.append(Arrow(number=number, source=names[send.connection], target=NAMESRV, text=text))
            case Close():
                text = "reset" if step.abort else "close"
                closing = names[step.connection]
                drawn.append(Arrow(number=number, source=closing, target=NAMESRV, text=text, kind=Kind.CLOSE))
            case Open():
                drawn.append(Note(number=number, over=(names[step.connection],), text="open"))
            case _:
                drawn.append(Note(number=number, over=(NAMESRV,), text=describe_step(step)))
    drawn.append(Note(over=(NAMESRV,), text=f"{finding.what}: not as expected", broken=True))
    participants = (*((f"c{number}", name) for number, name in names.items()), ("ns", NAMESRV))
    return Diagram(participants=participants, steps=tuple(drawn))


def _speakers(steps: tuple[Step, ...]) -> Mapping[int, str]:
    """Connections by number, named by who would say what is said over them."""
    said: dict[int, list[Request]] = {}
    for step in steps:
        match step:
            case Open() | Close():
                said.setdefault(step.connection, [])
            case Requests():
                for send in step.sends:
                    said.setdefault(send.connection, []).append(send.request)
            case _:
                pass
    return {number: f"{_role(said[number])} ({number})" for number in sorted(said)}


def _role(said: list[Request]) -> str:
    for request in said:
        if isinstance(request, RegisterBroker):
            return readable(f"broker {request.broker_name}/{request.broker_id}")
    if any(isinstance(request, BROKERS) for request in said):
        return "broker"
    if said and all(isinstance(request, CLIENTS) for request in said):
        return "client"
    return "connection"


Follow = Callable[[tuple[Step, ...], Finding], tuple[str, str] | None]
"""Gives a link (words, address) to a page on which such a sequence can be followed step by step, if there is one."""


def no_page(steps: tuple[Step, ...], finding: Finding) -> None:
    """There is none."""
    del steps, finding


def section(
    steps: tuple[Step, ...], finding: Finding, repeated: int | None, again: int = REPEATS, follow: Follow = no_page
) -> Section:
    """A failing sequence (names without the run's prefix). `repeated`: of `again` more runs so many failed, if it was tried."""
    link = follow(steps, finding)
    expected = tuple(("expected" if number == 0 else "or", text) for number, text in enumerate(finding.expected))
    tried = "" if repeated is None else f" {run_again(repeated, again)}"
    return Section(
        title="The shortest sequence found" if repeated is not None else "The sequence",
        paragraphs=(f"Then {finding.what}.{tried}",),
        facts=(*expected, ("got", finding.got), ("where", finding.where)),
        steps=tuple(map(describe_step, steps)),
        diagram=diagram(steps, finding),
        links=() if link is None else (link,),
    )


def page_of(report: CheckReport, follow: Follow = no_page) -> Page:
    """Everything that was run."""
    sections: list[Section] = []
    if report.suite is not None:
        sections += [_departure(judged, report, follow) for judged in report.suite.of(Result.VIOLATED)]
        sections += _undecided(report.suite)
    found = report.search
    if found is not None and found.violation is not None:
        part = section(found.steps, found.violation.finding, found.repeated, follow=follow)
        sections.append(attrs.evolve(part, command=report.again))
    return Page(
        title=f"{report.target} as {report.profile}",
        verdict=report.verdict.value,
        lead="Clauses and generated sequences, run on this NameServer and on the model of that release, side by side.",
        facts=tuple(_facts(report)),
        board=None if report.suite is None else board(report.suite),
        sections=tuple(sections),
        command=report.again,
    )


def board(suite: SuiteReport) -> Board:
    """By group: how many clauses hold, depart (of each severity), are undecided, were not run."""
    return Board(
        heads=("clauses", "verdict", *HEADS),
        rows=tuple((score.group, score.result.value, score.numbers) for score in scoreboard(suite.judged)),
    )


def _departure(judged: Judged, report: CheckReport, follow: Follow) -> Section:
    assert judged.finding is not None and judged.rule is not None
    part = section(judged.steps, judged.finding, judged.repeated, judged.again, follow)
    says = f"{judged.clause.severity.value}: {judged.rule.sentence}"
    return attrs.evolve(
        part,
        title=judged.clause.slug,
        paragraphs=(says, *part.paragraphs),
        facts=(*part.facts, ("source", f"{judged.rule.source}, {judged.rule.tag}")),
        command=report.command("--clause", judged.clause.slug),
    )


def _undecided(suite: SuiteReport) -> list[Section]:
    reasons = tuple((judged.clause.slug, judged.reason) for judged in suite.of(Result.UNKNOWN))
    return [Section(title="Undecided", facts=reasons)] if reasons else []


def _facts(report: CheckReport) -> Iterator[tuple[str, str]]:
    suite, found = report.suite, report.search
    if suite is not None:
        yield "clauses", suite.summary
        if report.fail_on is not Severity.MAY:
            yield "fail on", f"{report.fail_on.value}: a departure from a lesser clause does not make this violated"
        if suite.left_behind:
            yield "left behind, could not be removed", ", ".join(suite.left_behind)
        if suite.stopped:
            yield "stopped", suite.stopped
    if found is not None:
        yield "sequences", f"{found.examples} with {found.steps_run} steps and {found.requests} requests"
        yield "seed", str(found.seed)
        if found.left_behind:
            yield "left behind, could not be removed", ", ".join(found.left_behind)
        if found.reason is not None:
            yield "because", found.reason
    if report.expiry is not None:
        yield "expiry", f"{report.expiry.said}: {report.expiry.summary}"
    yield "took", f"{report.seconds:.1f} s"
