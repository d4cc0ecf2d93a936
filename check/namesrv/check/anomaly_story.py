"""An anomaly for people: its story in RocketMQ's terms, line by line and as a sequence diagram."""

from namesrv.check import sequence
from namesrv.check.anomalies import CONSEQUENCES, Entry, issues_of
from namesrv.check.describe import describe_request
from namesrv.check.report_page import Section
from namesrv.check.sequence import Arrow, Diagram, Kind, Note
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.peers import Silent, Told
from namesrv.model.events import ChannelClosed, Received, RegisterBroker, ScanNotActiveBroker, UnregisterBroker

LONGEST = 90
"""Of a line in a diagram."""


def sentence(told: Told) -> str:
    """One thing that happens."""
    at_once = "at once, " if told.at_once else ""
    match told.happening:
        case Received() as event:
            return f"{at_once}connection {event.channel}: {_how(event)}{describe_request(event.request)}"
        case ChannelClosed() as event:
            return f"{at_once}connection {event.channel}: closed"
        case Silent() as who:
            return f"{who.key.broker_addr} has not been heard of for longer than its timeout"
        case ScanNotActiveBroker():
            return "the NameServer scans"
        case other:
            return str(other)


def _how(event: Received) -> str:
    return "one-way " if event.oneway else ""


NAMESRV = "NameServer"


def diagram(anomaly: Anomaly) -> Diagram:
    """Connections and the NameServer, what happens, and what is broken in the end."""
    channels = sorted({t.happening.channel for t in anomaly.story if isinstance(t.happening, Received | ChannelClosed)})
    steps: list[Arrow | Note] = []
    for number, told in enumerate(anomaly.story, 1):
        at_once = "at once, " if told.at_once else ""
        match told.happening:
            case Received() as event:
                whose = f"connection {event.channel}"
                text = f"{at_once}{_how(event)}{describe_request(event.request)}"
                short = f"{_how(event)}{_short(event)}"
                steps.append(Arrow(source=whose, target=NAMESRV, text=text, short=short, number=number))
            case ChannelClosed() as event:
                whose = f"connection {event.channel}"
                text = f"{at_once}closed"
                steps.append(
                    Arrow(source=whose, target=NAMESRV, text=text, short="closed", number=number, kind=Kind.CLOSE)
                )
            case _:
                steps.append(Note(over=(NAMESRV,), text=sentence(told), number=number))
    steps.append(Note(over=(NAMESRV,), text=f"{', '.join(sorted(anomaly.new))} broken", broken=True))
    participants = (*((f"c{channel}", f"connection {channel}") for channel in channels), ("ns", NAMESRV))
    return Diagram(participants=participants, steps=tuple(steps))


def mermaid(anomaly: Anomaly) -> str:
    """A sequence diagram, as GitHub draws it."""
    return sequence.mermaid(diagram(anomaly), LONGEST)


def _short(event: Received) -> str:
    request = event.request
    match request:
        case RegisterBroker():
            topics = [] if request.body is None else list(request.body.topic_config_table or {})
            place = f"{request.cluster_name} {request.broker_name}/{request.broker_id} {request.broker_addr}"
            return f"REGISTER_BROKER {place} ({' '.join(sorted(topics)) or 'no topics'})"
        case UnregisterBroker():
            place = f"{request.cluster_name} {request.broker_name}/{request.broker_id} {request.broker_addr}"
            return f"UNREGISTER_BROKER {place}"
        case _:
            return describe_request(request)


def page_of(entry: Entry, reproduced: dict[str, str] | None = None) -> str:
    """An entry as Markdown; `reproduced`: what came of it on the real NameServer, by profile."""
    name, anomaly = next(iter(entry.found.items()))
    lines = [f"### `{entry.slug}`", ""]
    lines.append(f"Found in {', '.join(f'`{p}`' for p in entry.found)}; breaks {_list(entry.breaks)}.")
    if entry.also:
        lines.append(f"Then also false: {_list(entry.also)}.")
    lines += ["", *(f"- {CONSEQUENCES[invariant]}" for invariant in sorted(entry.breaks)), ""]
    lines += [f"{number}. {sentence(told)}" for number, told in enumerate(anomaly.story, 1)]
    lines += ["", "```mermaid", mermaid(anomaly), "```", ""]
    lines += [f"- Heals in `{profile}`: {remedy.value}." for profile, remedy in entry.remedies.items()]
    lines += [f"- On the real {profile}: {said}." for profile, said in (reproduced or {}).items()]
    issues = issues_of(entry)
    if issues:
        said = ", ".join(f"[#{i['number']}]({ISSUES}/{i['number']}) ({i['match']})" for i in issues)
        lines.append(f"- Upstream: {said}.")
    lines.append(f"- `namesrv anomalies '{entry.slug}' --against HOST:PORT --profile {name}`")
    return "\n".join(lines)


def section_of(entry: Entry, links: tuple[tuple[str, str], ...] = ()) -> Section:
    """An entry as a part of a report; `links`: (words, address) of more about it."""
    anomaly = next(iter(entry.found.values()))
    facts = [("found in", ", ".join(entry.found)), ("breaks", ", ".join(sorted(entry.breaks)))]
    if entry.also:
        facts.append(("then also false", ", ".join(sorted(entry.also))))
    facts += [(f"heals in {profile}", remedy.value) for profile, remedy in entry.remedies.items()]
    return Section(
        title=entry.slug,
        paragraphs=tuple(CONSEQUENCES[invariant] for invariant in sorted(entry.breaks)),
        facts=tuple(facts),
        steps=tuple(map(sentence, anomaly.story)),
        diagram=diagram(anomaly),
        links=links + tuple((f"#{i['number']} ({i['match']})", f"{ISSUES}/{i['number']}") for i in issues_of(entry)),
    )


ISSUES = "https://github.com/apache/rocketmq/issues"


def _list(names: frozenset[str]) -> str:
    return ", ".join(f"*{name}*" for name in sorted(names))
