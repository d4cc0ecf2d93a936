"""An anomaly for people: its story in RocketMQ's terms, line by line and as a sequence diagram."""

from namesrv.check.anomalies import CONSEQUENCES, Entry, issues_of
from namesrv.check.describe import describe_request
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
            return f"{at_once}connection {event.channel}: {describe_request(event.request)}"
        case ChannelClosed() as event:
            return f"{at_once}connection {event.channel}: closed"
        case Silent() as who:
            return f"{who.key.broker_addr} has not been heard of for longer than its timeout"
        case ScanNotActiveBroker():
            return "the NameServer scans"
        case other:
            return str(other)


def mermaid(anomaly: Anomaly) -> str:
    """A sequence diagram, as GitHub draws it."""
    channels = sorted({t.happening.channel for t in anomaly.story if isinstance(t.happening, Received | ChannelClosed)})
    lines = ["sequenceDiagram", *(f"    participant c{channel} as connection {channel}" for channel in channels)]
    lines.append("    participant ns as NameServer")
    for told in anomaly.story:
        match told.happening:
            case Received() as event:
                lines.append(f"    c{event.channel}->>ns: {_short(event)}")
            case ChannelClosed() as event:
                lines.append(f"    c{event.channel}-xns: closed")
            case _:
                lines.append(f"    Note over ns: {_escaped(sentence(told))}")
    lines.append(f"    Note over ns: {', '.join(sorted(anomaly.new))} broken")
    return "\n".join(lines)


def _short(event: Received) -> str:
    request = event.request
    match request:
        case RegisterBroker():
            topics = [] if request.body is None else list(request.body.topic_config_table or {})
            place = f"{request.cluster_name} {request.broker_name}/{request.broker_id} {request.broker_addr}"
            return _escaped(f"REGISTER_BROKER {place} ({' '.join(sorted(topics)) or 'no topics'})")
        case UnregisterBroker():
            place = f"{request.cluster_name} {request.broker_name}/{request.broker_id} {request.broker_addr}"
            return _escaped(f"UNREGISTER_BROKER {place}")
        case _:
            return _escaped(describe_request(request))


def _escaped(text: str) -> str:
    return text.replace(";", ",").replace("#", "")[:LONGEST]


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


ISSUES = "https://github.com/apache/rocketmq/issues"


def _list(names: frozenset[str]) -> str:
    return ", ".join(f"*{name}*" for name in sorted(names))
