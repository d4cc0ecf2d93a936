"""A client within a system: its own step function, with time taken out of it, and what it was told last.

It wants one topic's route, to send and to read. An answer on its way is as good as delivered: nobody looks at a client meanwhile,
and losing its connection with an answer unread is as if it had lost it before the NameServer answered. So asking, answering and
hearing are one move here, and a client needs no link. It may lose its connection at any time, for nothing: that changes nobody
but itself. Then it goes to another NameServer (`NettyRemotingClient.getAndCreateNameserverChannel`, 5.5.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.model.client import (
    AUTO_CREATE_TOPIC,
    AskFailed,
    ClientEvent,
    ClientState,
    RouteReceived,
    SendWanted,
    Started,
    Subscribed,
    Tick,
    step,
    with_default_queues,
)
from namesrv.model.events import Answered, Channel, GetRouteInfoByTopic, Opaque, Received, Work
from namesrv.model.namesrv import step as namesrv_step
from namesrv.model.namesrv import successors
from namesrv.model.profiles import Profile
from namesrv.model.publish_info import topic_publish_info, topic_subscribe_info
from namesrv.model.state import NameServerState
from namesrv.model.values import TopicRouteData

NOW: Final = 0
FAR: Final = 1 << 40
"""When the next poll is due, milliseconds, unless the system says now."""

CHANNEL: Final = Channel(-5)
"""Stands for a client's connection; nothing is remembered of it."""

FIRST: Final = Opaque(1)


@attrs.frozen(kw_only=True, cache_hash=True)
class ClientPart:
    """`name_server`: whom it asks. `told`: the last route that it got, as one of its topic; `None` before the first."""

    topic: str
    name_server: int
    state: ClientState
    told: TopicRouteData | None = None


@attrs.frozen
class Heard:
    """What a client asked for and was told; `None`: the topic does not exist."""

    asked: str
    route: TopicRouteData | None


def new_client(topic: str) -> ClientPart:
    """It runs, wants to read the topic and has tried to send to it, and nobody has answered yet."""
    state = ClientState()
    for event in (Started(), Subscribed(topic=topic), SendWanted(topic=topic), AskFailed()):
        state = _stepped(state, event)
    return ClientPart(topic=topic, name_server=0, state=state)


def polled(part: ClientPart) -> ClientPart:
    """It polls, if it waits for no answer: now there is a question under way."""
    if part.state.lookups:
        return part
    return attrs.evolve(part, state=_stepped(attrs.evolve(part.state, next_poll_ms=NOW), Tick()))


def sends(part: ClientPart) -> ClientPart | None:
    """Somebody wants to send, and there is no route: now there is a question under way. `None` where it need not ask."""
    if part.state.lookups:
        return None
    state = _stepped(part.state, SendWanted(topic=part.topic))
    return attrs.evolve(part, state=state) if state.lookups else None


def asked(part: ClientPart) -> str:
    """What it asks for: its topic, or TBW102 in its place."""
    first = part.state.lookups[0]
    return AUTO_CREATE_TOPIC if first.is_default else first.topic


def answers(state: NameServerState, topic: str, profile: Profile) -> Iterator[TopicRouteData | None]:
    """Every answer that the NameServer may give now, `None` for TOPIC_NOT_EXIST; not one while a writer has the lock."""
    request = GetRouteInfoByTopic(topic=topic)
    state, _ = namesrv_step(state, Received(channel=CHANNEL, opaque=FIRST, request=request), profile)
    for event, _, outputs in successors(state, profile):
        if isinstance(event, Work) and event.channel == CHANNEL:
            for output in outputs:
                if isinstance(output, Answered):
                    body = output.answer.body
                    yield body if isinstance(body, TopicRouteData) else None


def answered(part: ClientPart, route: TopicRouteData | None) -> ClientPart:
    """Its question has been answered; it may have another one then."""
    state, told = part.state, part.told
    if route is not None:
        is_default = state.lookups[0].is_default
        told = with_default_queues(route, state.default_topic_queue_nums) if is_default else route
    return attrs.evolve(part, state=_stepped(state, RouteReceived(route=route)), told=told)


def lost(part: ClientPart, name_server: int) -> ClientPart:
    """Its connection is lost, and what it has asked; it goes to that NameServer."""
    state = _stepped(part.state, AskFailed()) if part.state.lookups else part.state
    return attrs.evolve(part, state=state, name_server=name_server)


def uses(part: ClientPart, route: TopicRouteData | None) -> bool:
    """Whether the queues in use, for sending and for reading, are that route's; `None`: it has none."""
    publish, subscribe = part.state.publish.get(part.topic), part.state.subscribe.get(part.topic)
    if route is None:
        return publish is None and subscribe is None
    return publish == topic_publish_info(route) and subscribe == topic_subscribe_info(route)


def _stepped(state: ClientState, event: ClientEvent) -> ClientState:
    """After the event, without times."""
    state, _ = step(state, event, NOW)
    routes = state.topic_route_table
    for topic, kept in routes.items():
        routes = routes.insert(topic, attrs.evolve(kept, stored_ms=NOW, confirmed_ms=NOW))
    return attrs.evolve(state, topic_route_table=routes, next_poll_ms=FAR)
