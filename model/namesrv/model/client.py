"""The routes that a producer or consumer keeps: `step(state, event, now_ms) -> (state, outputs)`, and how stale they may be.

A client asks one NameServer, one question at a time, first come first served. What it keeps stays until an answer with another
route comes: an answer that the topic does not exist changes nothing, nor does a failure, which ends the round of polling that it
happened in. Where Java's order is that of a hash set (topics in a round), topics are sorted here.
Source: `MQClientInstance.updateTopicRouteInfoFromNameServer`, `DefaultMQProducerImpl.tryToFindTopicPublishInfo`, 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Callable
from typing import Any, Final

import attrs
from rpds import HashTrieMap

from namesrv.model.publish_info import (
    MessageQueue,
    NotANumber,
    TopicPublishInfo,
    is_route_changed,
    topic_publish_info,
    topic_subscribe_info,
)
from namesrv.model.values import TopicRouteData

AUTO_CREATE_TOPIC: Final = "TBW102"
FIRST_POLL_MS: Final = 10
"""`MQClientInstance.startScheduledTask`."""


# What happens -----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Started:
    """The client runs from now on."""


@attrs.frozen(kw_only=True)
class Tick:
    """Time has passed."""


@attrs.frozen(kw_only=True)
class SendWanted:
    """A producer wants to send to `topic`."""

    topic: str


@attrs.frozen(kw_only=True)
class Subscribed:
    """A consumer wants to read `topic`."""

    topic: str


@attrs.frozen(kw_only=True)
class RouteReceived:
    """The NameServer has answered the question that is under way: a route, or `None` for TOPIC_NOT_EXIST and other errors."""

    route: TopicRouteData | None


@attrs.frozen(kw_only=True)
class AskFailed:
    """No answer: no connection, timeout, a body that can't be read."""


ClientEvent = Started | Tick | SendWanted | Subscribed | RouteReceived | AskFailed


# What the client does ---------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class AskRoute:
    """GET_ROUTEINFO_BY_TOPIC leaves: `asked` is the topic itself, or TBW102 in its place."""

    topic: str
    asked: str


@attrs.frozen(kw_only=True)
class MaySend:
    """A producer that wanted to send has these queues to choose from; `None`: it fails, for want of a route."""

    topic: str
    info: TopicPublishInfo | None


ClientOutput = AskRoute | MaySend


# What it keeps ----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class KeptRoute:
    """A route in use since `stored_ms`; a NameServer last said it at `confirmed_ms`. `is_default`: it is TBW102's."""

    route: TopicRouteData
    stored_ms: int
    confirmed_ms: int
    is_default: bool = False


@attrs.frozen(kw_only=True)
class Lookup:
    """A question to be asked. `is_send`: a producer waits for it; otherwise it belongs to a round of polling."""

    topic: str
    is_default: bool = False
    is_send: bool = False


@attrs.frozen(kw_only=True)
class ClientState:
    """Everything. `publish`: what producers have for a topic they sent to, `None` at first; `subscribe`: the same of consumers.

    `lookups`: waiting for the one under way to end, which is the first. `next_poll_ms`: epoch milliseconds.
    """

    poll_interval_ms: int = 30_000
    default_topic_queue_nums: int = 4
    topic_route_table: HashTrieMap[str, KeptRoute] = HashTrieMap()
    publish: HashTrieMap[str, TopicPublishInfo | None] = HashTrieMap()
    subscribe: HashTrieMap[str, frozenset[MessageQueue] | None] = HashTrieMap()
    lookups: tuple[Lookup, ...] = ()
    next_poll_ms: int | None = None


Outputs = tuple[ClientOutput, ...]


def step(state: ClientState, event: ClientEvent, now_ms: int) -> tuple[ClientState, Outputs]:
    """What `event`, at `now_ms` (epoch milliseconds), makes of the client, and what it does. Never raises."""
    busy = bool(state.lookups)
    state, outputs = EVENTS[type(event)](state, event, now_ms)
    state = _poll_if_due(state, now_ms)
    ended = isinstance(event, RouteReceived | AskFailed)
    if state.lookups and (ended or not busy):
        first = state.lookups[0]
        asked = AUTO_CREATE_TOPIC if first.is_default else first.topic
        outputs = (*outputs, AskRoute(topic=first.topic, asked=asked))
    return state, outputs


def _started(state: ClientState, event: Started, now_ms: int) -> tuple[ClientState, Outputs]:
    return attrs.evolve(state, next_poll_ms=now_ms + FIRST_POLL_MS), ()


def _tick(state: ClientState, event: Tick, now_ms: int) -> tuple[ClientState, Outputs]:
    return state, ()


def _poll_if_due(state: ClientState, now_ms: int) -> ClientState:
    """A round for all topics; one that is late because the one before took so long follows at once (a fixed rate)."""
    while state.next_poll_ms is not None and now_ms >= state.next_poll_ms:
        if any(not lookup.is_send for lookup in state.lookups):
            break
        topics = sorted({*state.publish, *state.subscribe})
        lookups = (*state.lookups, *(Lookup(topic=topic) for topic in topics))
        state = attrs.evolve(state, lookups=lookups, next_poll_ms=state.next_poll_ms + state.poll_interval_ms)
    return state


def _send_wanted(state: ClientState, event: SendWanted, now_ms: int) -> tuple[ClientState, Outputs]:
    info = state.publish.get(event.topic)
    if info is not None and info.message_queues:
        return state, (MaySend(topic=event.topic, info=info),)
    publish = state.publish if event.topic in state.publish else state.publish.insert(event.topic, None)
    lookups = (*state.lookups, Lookup(topic=event.topic, is_send=True))
    return attrs.evolve(state, publish=publish, lookups=lookups), ()


def _subscribed(state: ClientState, event: Subscribed, now_ms: int) -> tuple[ClientState, Outputs]:
    if event.topic in state.subscribe:
        return state, ()
    return attrs.evolve(state, subscribe=state.subscribe.insert(event.topic, None)), ()


def _route_received(state: ClientState, event: RouteReceived, now_ms: int) -> tuple[ClientState, Outputs]:
    if not state.lookups:
        return state, ()
    lookup, state = state.lookups[0], attrs.evolve(state, lookups=state.lookups[1:])
    if event.route is not None:
        route = with_default_queues(event.route, state.default_topic_queue_nums) if lookup.is_default else event.route
        learnt = learn(state, lookup.topic, route, now_ms, is_default=lookup.is_default)
        if learnt is None:
            return _gave_up(state, lookup)
        state = learnt
    if not lookup.is_send:
        return state, ()
    info = state.publish.get(lookup.topic)
    if info is None and not lookup.is_default:
        again = attrs.evolve(lookup, is_default=True)
        return attrs.evolve(state, lookups=(again, *state.lookups)), ()
    return state, (MaySend(topic=lookup.topic, info=info),)


def _ask_failed(state: ClientState, event: AskFailed, now_ms: int) -> tuple[ClientState, Outputs]:
    if not state.lookups:
        return state, ()
    return _gave_up(attrs.evolve(state, lookups=state.lookups[1:]), state.lookups[0])


def _gave_up(state: ClientState, lookup: Lookup) -> tuple[ClientState, Outputs]:
    """An exception goes through to whoever asked: the rest of a round is not asked for, a message is not sent."""
    if lookup.is_send:
        return state, (MaySend(topic=lookup.topic, info=state.publish.get(lookup.topic)),)
    return attrs.evolve(state, lookups=tuple(left for left in state.lookups if left.is_send)), ()


def with_default_queues(route: TopicRouteData, most: int) -> TopicRouteData:
    """TBW102's route as one for a topic that is not there yet: at most `most` queues of each broker."""
    queues = (attrs.evolve(queue, read_queue_nums=min(most, queue.read_queue_nums)) for queue in route.queue_datas)
    return attrs.evolve(
        route,
        queue_datas=frozenset(attrs.evolve(queue, write_queue_nums=queue.read_queue_nums) for queue in queues),
    )


def learn(
    state: ClientState, topic: str, route: TopicRouteData, now_ms: int, *, is_default: bool = False
) -> ClientState | None:
    """The state with a route that a NameServer has just said; `None` where Java throws on its order topic config."""
    kept = state.topic_route_table.get(topic)
    info = state.publish.get(topic)
    lacks = info is None or not info.message_queues or (topic in state.subscribe and state.subscribe[topic] is None)
    if kept is not None and not is_route_changed(kept.route, route) and not lacks:
        confirmed = attrs.evolve(kept, confirmed_ms=now_ms)
        return attrs.evolve(state, topic_route_table=state.topic_route_table.insert(topic, confirmed))
    try:
        publish = state.publish.insert(topic, topic_publish_info(route))
    except NotANumber:
        return None
    subscribe = state.subscribe
    if topic in subscribe:
        subscribe = subscribe.insert(topic, topic_subscribe_info(route))
    new = KeptRoute(route=route, stored_ms=now_ms, confirmed_ms=now_ms, is_default=is_default)
    routes = state.topic_route_table.insert(topic, new)
    return attrs.evolve(state, publish=publish, subscribe=subscribe, topic_route_table=routes)


EVENTS: Final[dict[type[ClientEvent], Callable[[ClientState, Any, int], tuple[ClientState, Outputs]]]] = {
    Started: _started,
    Tick: _tick,
    SendWanted: _send_wanted,
    Subscribed: _subscribed,
    RouteReceived: _route_received,
    AskFailed: _ask_failed,
}


# Staleness --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Staleness:
    """What a client uses for a topic now, and what that is worth.

    `publish` and `subscribe`: the queues that it would send to and read from, `None` without a route or a wish. The route was
    true of the NameServer at `confirmed_ms`, and nothing is known of any time after: it may be `age_ms` old. Times: milliseconds.
    """

    topic: str
    publish: TopicPublishInfo | None
    subscribe: frozenset[MessageQueue] | None
    stored_ms: int
    confirmed_ms: int
    age_ms: int
    is_default: bool


def routes_in_use(state: ClientState, now_ms: int) -> tuple[Staleness, ...]:
    """Of every topic with a route, by name: the queues in use at `now_ms`, and since when they are known.

    As long as polls are answered with routes, `age_ms` stays below the poll interval plus the time that a round takes. It has no
    bound otherwise: a topic that was deleted everywhere keeps its last route for as long as the client lives.
    """
    return tuple(
        Staleness(
            topic=topic,
            publish=state.publish.get(topic),
            subscribe=state.subscribe.get(topic),
            stored_ms=kept.stored_ms,
            confirmed_ms=kept.confirmed_ms,
            age_ms=now_ms - kept.confirmed_ms,
            is_default=kept.is_default,
        )
        for topic, kept in sorted(state.topic_route_table.items())
    )


def is_stale(state: ClientState, topic: str, truth: TopicRouteData | None) -> bool:
    """Whether the client would use other queues for `topic` than `truth`, the NameServer's route now, would give it."""
    kept = state.topic_route_table.get(topic)
    if kept is None:
        return False
    if truth is None:
        return True
    try:
        return (topic_publish_info(truth), topic_subscribe_info(truth)) != (
            topic_publish_info(kept.route),
            topic_subscribe_info(kept.route),
        )
    except NotANumber:
        return True
