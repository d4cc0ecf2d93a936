"""A trace with one event changed, dropped or swapped with another: what has to be rejected where that matters.

Whether it matters the model says (`explained_by_model`), not hope: two questions may well be sent the other way round. Those that
do not matter have to be accepted.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import attrs

from namesrv.check.traces import Trace, TraceEvent, explained_by_model, request_of
from namesrv.model.events import (
    Answer,
    Answered,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    Request,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import ClusterInfo, DataVersion, TopicList, TopicRouteData, table

TRIES: Final = 25
"""So many events of a trace are tried, before it counts as one in which that kind of change matters nowhere."""

SUCCESS: Final = 0
SYSTEM_ERROR: Final = 1
TOPIC_NOT_EXIST: Final = 17


@attrs.frozen(kw_only=True)
class Mutant:
    """`kind`: changed, dropped or swapped. `explained`: how many of its events the model explains, from the first on."""

    kind: str
    about: str
    trace: Trace
    explained: int

    @property
    def matters(self) -> bool:
        """Whether the model does not explain it to its end."""
        return self.explained < len(self.trace.events)


def mutants(trace: Trace, profile: Profile, seed: int) -> list[Mutant]:
    """One of each kind that matters, as far as the trace has such, and one that does not matter, if it was come upon.

    Raises `TooManyStates`.
    """
    chosen: list[Mutant] = []
    harmless: list[Mutant] = []
    rng = Random(seed)
    for kind, change in KINDS.items():
        indices = rng.sample(range(len(trace.events)), len(trace.events))
        tried = 0
        for index in indices:
            for about, events in change(trace.events, index, rng):
                other = attrs.evolve(trace, events=events)
                mutant = Mutant(kind=kind, about=about, trace=other, explained=explained_by_model(other, profile))
                (chosen if mutant.matters else harmless).append(mutant)
                tried += 1
            if (chosen and chosen[-1].kind == kind) or tried >= TRIES:
                break
    return [*chosen, *harmless[:1]]


Events = tuple[TraceEvent, ...]


def dropped(events: Events, index: int, rng: Random) -> Iterator[tuple[str, Events]]:
    """Without the event; a request takes its answer along, so that there is nothing that nobody asked for."""
    del rng
    event = events[index]
    key = _key(event)
    match event:
        case Answered():
            return  # nobody has read it, which explains everything that did
        case Received():
            left = tuple(other for other in events if key is None or _key(other) != key)
        case _:
            left = events[:index] + events[index + 1 :]
    yield f"{index}: without {type(event).__name__}", left


def swapped(events: Events, index: int, rng: Random) -> Iterator[tuple[str, Events]]:
    """Two answers change hands; or the event, with its answer, comes after the next exchange."""
    event = events[index]
    if not isinstance(event, Answered):
        key = _key(event)
        block = [i for i, other in enumerate(events) if i == index or (key is not None and _key(other) == key)]
        rest = [i for i in range(len(events)) if i not in block]
        later = next((i for i in rest if i > index and isinstance(events[i], Answered)), None)
        if later is not None:
            at = rest.index(later) + 1
            yield f"{index}: after {later}", tuple(events[i] for i in (*rest[:at], *block, *rest[at:]))
        return
    others = [
        i
        for i, other in enumerate(events)
        if isinstance(other, Answered)
        and not _are_equal(other.answer, event.answer)
        and _asks_alike(events, event, other)
    ]
    if others:
        other_index = rng.choice(others)
        other = events[other_index]
        assert isinstance(other, Answered)
        exchanged = {index: attrs.evolve(event, answer=other.answer),
                     other_index: attrs.evolve(other, answer=event.answer)}  # fmt: skip
        yield (
            f"{index}: with the answer of {other_index}",
            tuple(exchanged.get(i, old) for i, old in enumerate(events)),
        )


def changed(events: Events, index: int, rng: Random) -> Iterator[tuple[str, Events]]:
    """Another answer, or another request."""
    event = events[index]
    match event:
        case Answered():
            request = request_of(events, event)
            others: list[TraceEvent] = [
                attrs.evolve(event, answer=answer) for answer in _other_answers(event.answer, request)
            ]
        case Received():
            others = [attrs.evolve(event, request=request) for request in _other_requests(event.request)]
        case _:
            others = []
    if others:
        yield f"{index}: another {type(event).__name__}", (*events[:index], rng.choice(others), *events[index + 1 :])


KINDS: Final[dict[str, Callable[[Events, int, Random], Iterator[tuple[str, Events]]]]] = {
    "changed": changed,
    "dropped": dropped,
    "swapped": swapped,
}


def _key(event: TraceEvent) -> tuple[int, Opaque] | None:
    return (event.channel, event.opaque) if isinstance(event, Received | Answered) else None


def _are_equal(one: Answer, other: Answer) -> bool:
    return attrs.evolve(one, remark=None) == attrs.evolve(other, remark=None)


def _asks_alike(events: Events, one: Answered, other: Answered) -> bool:
    return type(request_of(events, one)) is type(request_of(events, other))


def _other_requests(request: Request) -> Iterator[Request]:
    match request:
        case RegisterBroker(body=body) if body is not None and body.data_version is not None:
            yield attrs.evolve(request, broker_id=1 - (request.broker_id or 0))
            later = attrs.evolve(body.data_version, counter=(body.data_version.counter or 0) + 1)
            yield attrs.evolve(request, body=attrs.evolve(body, data_version=later))
            yield attrs.evolve(request, body=attrs.evolve(body, topic_config_table=table()))
            yield attrs.evolve(request, broker_addr="h4:10911")
        case UnregisterBroker():
            yield attrs.evolve(request, broker_addr="h4:10911")
            yield attrs.evolve(request, broker_id=1 - (request.broker_id or 0))
        case QueryDataVersion():
            yield attrs.evolve(request, broker_addr="h4:10911")
        case _:
            pass


def _other_answers(answer: Answer, request: Request | None) -> Iterator[Answer]:
    fields = answer.ext_fields
    match answer.body:
        case TopicRouteData() as route:
            yield Answer(code=TOPIC_NOT_EXIST)
            queue = min(route.queue_datas, key=str)
            more = attrs.evolve(
                queue, read_queue_nums=queue.read_queue_nums + 1, write_queue_nums=queue.write_queue_nums + 1
            )
            yield attrs.evolve(answer, body=attrs.evolve(route, queue_datas=route.queue_datas - {queue} | {more}))
            data = min(route.broker_datas, key=str)
            moved = attrs.evolve(data, broker_addrs=data.broker_addrs.insert(0, "h4:10911"))
            yield attrs.evolve(answer, body=attrs.evolve(route, broker_datas=route.broker_datas - {data} | {moved}))
        case ClusterInfo() as info:
            for name, data in info.broker_addr_table.items():
                without = info.broker_addr_table.insert(name, attrs.evolve(data, broker_addrs=table()))
                yield attrs.evolve(answer, body=attrs.evolve(info, broker_addr_table=without))
            more_clusters = info.cluster_addr_table.insert("C3", frozenset({"a"}))
            yield attrs.evolve(answer, body=attrs.evolve(info, cluster_addr_table=more_clusters))
        case TopicList() as topics:
            for topic in sorted(map(str, topics.topic_list)):
                yield attrs.evolve(answer, body=attrs.evolve(topics, topic_list=topics.topic_list - {topic}))
            yield attrs.evolve(answer, body=attrs.evolve(topics, topic_list=topics.topic_list | {"t4"}))
        case DataVersion() as version:
            later = attrs.evolve(version, counter=(version.counter or 0) + 1)
            yield attrs.evolve(answer, body=later)
        case _:
            pass
    if fields is not None and "changed" in fields:
        other = {"true": "false", "false": "true"}[fields["changed"]]
        yield attrs.evolve(answer, ext_fields=fields.insert("changed", other))
    if fields is not None and isinstance(request, RegisterBroker) and answer.code == SUCCESS:
        yield attrs.evolve(
            answer, ext_fields=table() if fields else table({"masterAddr": "h4:10911", "haServerAddr": ""})
        )
        yield Answer(code=SYSTEM_ERROR, ext_fields=table())
    elif isinstance(request, RegisterBroker):
        yield Answer(code=SUCCESS, ext_fields=table())
    elif isinstance(request, UnregisterBroker):
        yield Answer(code=SUCCESS if answer.code else SYSTEM_ERROR)
