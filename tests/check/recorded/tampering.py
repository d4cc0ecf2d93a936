"""Recordings with one thing changed that a NameServer did not say."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import attrs

from namesrv.check.recording import Event, FrameSeen, Side
from namesrv.remoting.answer_body import (
    decode_cluster_info,
    decode_topic_list,
    decode_topic_route_data,
    encode_cluster_info,
    encode_topic_list,
    encode_topic_route_data,
)
from namesrv.remoting.body import decode_data_version, encode_data_version
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command
from namesrv.remoting.frame import FrameDecoder

Events = tuple[Event, ...]
Tampering = Callable[[Events], Iterator[tuple[str, Events]]]


def command_of(event: FrameSeen) -> RemotingCommand:
    """What is in the frame."""
    (frame,) = FrameDecoder().feed(event.data)
    return decode_command(frame)


def answers_of(events: Sequence[Event]) -> Iterator[tuple[int, FrameSeen, RemotingCommand, RemotingCommand]]:
    """Each answer's number, event and command, with the command that it answers."""
    asked: dict[tuple[int, int], RemotingCommand] = {}
    for number, event in enumerate(events):
        if isinstance(event, FrameSeen):
            command = command_of(event)
            key = event.connection, command.opaque
            if event.sender is Side.CLIENT:
                asked[key] = command
            elif key in asked:
                yield number, event, command, asked.pop(key)


def _with(events: Events, number: int, command: RemotingCommand) -> Events:
    event = events[number]
    assert isinstance(event, FrameSeen)
    changed = attrs.evolve(event, data=encode_command(command))
    return (*events[:number], changed, *events[number + 1 :])


def version_changed(events: Events) -> Iterator[tuple[str, Events]]:
    """Another DataVersion is said to be stored."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.QUERY_DATA_VERSION and answer.body is not None:
            version = decode_data_version(answer.body)
            assert version is not None
            later = attrs.evolve(version, counter=(version.counter or 0) + 1)
            yield f"event {number}", _with(events, number, attrs.evolve(answer, body=encode_data_version(later)))


def unchanged_denied(events: Events) -> Iterator[tuple[str, Events]]:
    """It says changed where it said unchanged, and the other way round."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.QUERY_DATA_VERSION and answer.ext("changed") is not None:
            other = "true" if answer.ext("changed") == "false" else "false"
            yield f"event {number}", _with(events, number, attrs.evolve(answer, ext_fields={"changed": other}))


def broker_removed(events: Events) -> Iterator[tuple[str, Events]]:
    """A route lacks a broker, with its queues."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.GET_ROUTEINFO_BY_TOPIC and answer.code == 0 and answer.body is not None:
            route = decode_topic_route_data(answer.body)
            for data in route.broker_datas:
                left = attrs.evolve(
                    route,
                    broker_datas=route.broker_datas - {data},
                    queue_datas=frozenset(q for q in route.queue_datas if q.broker_name != data.broker_name),
                )
                body = encode_topic_route_data(left, quoted=True)
                yield f"event {number}", _with(events, number, attrs.evolve(answer, body=body))


def queues_changed(events: Events) -> Iterator[tuple[str, Events]]:
    """A route has one queue more."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.GET_ROUTEINFO_BY_TOPIC and answer.code == 0 and answer.body is not None:
            route = decode_topic_route_data(answer.body)
            queue = min(route.queue_datas, key=str)
            more = attrs.evolve(queue, read_queue_nums=queue.read_queue_nums + 1)
            changed = attrs.evolve(route, queue_datas=route.queue_datas - {queue} | {more})
            body = encode_topic_route_data(changed, quoted=True)
            yield f"event {number}", _with(events, number, attrs.evolve(answer, body=body))


def address_moved(events: Events) -> Iterator[tuple[str, Events]]:
    """Among the clusters' brokers, one stands somewhere else."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.GET_BROKER_CLUSTER_INFO and answer.body is not None:
            info = decode_cluster_info(answer.body)
            for name, data in info.broker_addr_table.items():
                moved = attrs.evolve(data, broker_addrs=data.broker_addrs.insert(0, "elsewhere:10911"))
                changed = attrs.evolve(info, broker_addr_table=info.broker_addr_table.insert(name, moved))
                yield f"event {number}", _with(events, number, attrs.evolve(answer, body=encode_cluster_info(changed)))


def topic_hidden(events: Events) -> Iterator[tuple[str, Events]]:
    """The list of all topics lacks one."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER and answer.body is not None:
            topics = decode_topic_list(answer.body)
            for topic in topics.topic_list:
                left = attrs.evolve(topics, topic_list=topics.topic_list - {topic})
                yield f"event {number}", _with(events, number, attrs.evolve(answer, body=encode_topic_list(left)))


def registration_refused(events: Events) -> Iterator[tuple[str, Events]]:
    """A registration that was accepted is said to have been refused."""
    for number, _, answer, asked in answers_of(events):
        if asked.code == RequestCode.REGISTER_BROKER and answer.code == 0:
            refused = attrs.evolve(answer, code=1, remark="register broker failed", ext_fields={}, body=None)
            yield f"event {number}", _with(events, number, refused)


def duplicated(events: Events) -> Iterator[tuple[str, Events]]:
    """An answer comes twice."""
    for number, event, _, _ in answers_of(events):
        yield f"event {number}", (*events[: number + 1], event, *events[number + 1 :])


def dropped(events: Events) -> Iterator[tuple[str, Events]]:
    """An answer does not come."""
    for number, _, _, _ in answers_of(events):
        yield f"event {number}", events[:number] + events[number + 1 :]


def swapped(events: Events) -> Iterator[tuple[str, Events]]:
    """Two answers of one kind to one question each have changed places: neighbours of different words."""
    every = list(answers_of(events))
    for (one, _, first, asked), (other, _, second, asked_then) in pairwise(every):
        said, said_then = ((c.code, c.remark, c.ext_fields, c.body) for c in (first, second))
        if asked.code == asked_then.code and said != said_then:
            changed = _with(events, one, attrs.evolve(second, opaque=first.opaque))
            yield f"events {one} and {other}", _with(changed, other, attrs.evolve(first, opaque=second.opaque))


TAMPERINGS: Final[tuple[Tampering, ...]] = (
    *(version_changed, unchanged_denied, broker_removed, queues_changed, address_moved, topic_hidden),
    *(registration_refused, duplicated, swapped),
)
"""What can be noticed at once. `dropped` shows only once it is late."""
