"""What `namesrv check` found, as a page: the shortest sequence, drawn, and where it parts from the model."""

from namesrv.check.describe import describe_request, describe_step, describe_style
from namesrv.check.findings import Finding
from namesrv.check.report_page import Facts, Page, Section
from namesrv.check.search import REPEATS, SearchReport
from namesrv.check.sequence import Arrow, Diagram, Kind, Note
from namesrv.check.steps import Close, Open, Requests, Step

NAMESRV = "NameServer"


def diagram(steps: tuple[Step, ...], finding: Finding) -> Diagram:
    """Connections and the NameServer; at the end, what came instead of what was expected."""
    numbers = {step.connection for step in steps if isinstance(step, Open | Close)}
    numbers |= {send.connection for step in steps if isinstance(step, Requests) for send in step.sends}
    drawn: list[Arrow | Note] = []
    for number, step in enumerate(steps, 1):
        match step:
            case Requests():
                for send in step.sends:
                    how = f"{' one-way' if send.oneway else ''}{' together' if len(step.sends) > 1 else ''}".strip()
                    text = f"{how}: " * bool(how) + describe_request(send.request) + describe_style(send.style)
                    drawn.append(Arrow(number=number, source=_name(send.connection), target=NAMESRV, text=text))
            case Close():
                text = "reset" if step.abort else "close"
                end = Arrow(number=number, source=_name(step.connection), target=NAMESRV, text=text, kind=Kind.CLOSE)
                drawn.append(end)
            case Open():
                drawn.append(Note(number=number, over=(_name(step.connection),), text="open"))
            case _:
                drawn.append(Note(number=number, over=(NAMESRV,), text=describe_step(step)))
    drawn.append(Note(over=(NAMESRV,), text=f"{finding.what}: not as expected", broken=True))
    participants = (*((f"c{number}", _name(number)) for number in sorted(numbers)), ("ns", NAMESRV))
    return Diagram(participants=participants, steps=tuple(drawn))


def _name(connection: int) -> str:
    return f"connection {connection}"


def section(steps: tuple[Step, ...], finding: Finding, repeated: int | None) -> Section:
    """A failing sequence (names without the run's prefix). `repeated`: how often it failed again, if it was tried."""
    expected = tuple(("expected" if number == 0 else "or", text) for number, text in enumerate(finding.expected))
    again = "" if repeated is None else f" Run again {REPEATS} times, it failed {repeated} times."
    return Section(
        title="The shortest sequence found" if repeated is not None else "The sequence",
        paragraphs=(f"Then {finding.what}.{again}",),
        facts=(*expected, ("got", finding.got), ("where", finding.where)),
        steps=tuple(map(describe_step, steps)),
        diagram=diagram(steps, finding),
    )


def page_of(report: SearchReport, *, target: str, profile: str, command: str, more: Facts = ()) -> Page:
    """The report of a search. `more`: what was looked at beside it."""
    facts = [
        ("sequences", f"{report.examples} with {report.steps_run} steps and {report.requests} requests"),
        ("seed", str(report.seed)),
        ("took", f"{report.seconds:.1f} s"),
        *more,
    ]
    if report.left_behind:
        facts.append(("left behind, could not be removed", ", ".join(report.left_behind)))
    if report.reason is not None:
        facts.append(("because", report.reason))
    found = report.violation
    return Page(
        title=f"{target} as {profile}",
        verdict=report.verdict.value,
        lead="Generated sequences, run on this NameServer and on the model of that release, side by side.",
        facts=tuple(facts),
        sections=() if found is None else (section(report.steps, found.finding, report.repeated),),
        command=command,
    )
