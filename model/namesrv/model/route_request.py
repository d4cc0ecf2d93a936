"""GET_ROUTEINFO_BY_TOPIC as a task, and what the options of the start make of it.

Source: `ClientRequestProcessor.getRouteInfoByTopic`, `ClusterTestRequestProcessor.getRouteInfoByTopic`, 5.1.4 and 5.3.3;
`DefaultRequestProcessor.getRouteInfoByTopic`, 4.9.7.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.model.context import NULL_POINTER, SUCCESS, SYSTEM_ERROR, TOPIC_NOT_EXIST, Context, Outcome, cause
from namesrv.model.events import Answer, DeleteTopicInNamesrv, GetRouteInfoByTopic, RegisterTopicInNamesrv
from namesrv.model.profiles import Profile
from namesrv.model.route import of_zone, pickup_topic_route_data
from namesrv.model.values import ORDER_TOPIC_CONFIG, TopicRouteData, table

NOT_READY: Final = Answer(code=SYSTEM_ERROR, remark="name server not ready")

UNBREAKABLE: Final = "\x85\xa0\u2007\u202f"
"""White space for Python and not for Java."""

LONGEST_UP_MS: Final = 1 << 40
"""No NameServer has been up for longer: 34 years. What is asked of one whose start nobody knows of."""


def get_route_info_by_topic(c: Context, request: GetRouteInfoByTopic) -> Iterator[Outcome]:
    """Under the read lock; the order config is looked up after that, in a step of its own where that may show."""
    if isinstance(c.task.memo, TopicRouteData):
        yield _found(c, request, c.task.memo)
        return
    for is_ready in _may_be_ready(c):
        if is_ready:
            yield from _look(c, request)
        else:
            yield c.done(NOT_READY, None, cause("get_route_info_by_topic", "not-ready"))


def _may_be_ready(c: Context) -> tuple[bool, ...]:
    options = c.state.options
    if not options.need_wait_for_service or options.cluster_test:
        return (True,)
    ups_ms = (0, LONGEST_UP_MS) if c.state.started_ms is None else (c.now_ms - c.state.started_ms,)
    ready = {up_ms >= options.wait_seconds_for_service * 1_000 for up_ms in ups_ms}
    if c.profile.ready_check_breaks and c.state.route_found is not False:
        ready = {False} if c.state.route_found else ready | {False}
    return tuple(sorted(ready))


def _look(c: Context, request: GetRouteInfoByTopic) -> Iterator[Outcome]:
    options = c.state.options
    routes = pickup_topic_route_data(
        c.state.tables, request.topic, c.profile, support_acting_master=options.support_acting_master
    )
    for route in routes:
        if options.order_message_enable and c.watched:
            yield c.on(c.state, route)
        else:
            yield _found(c, request, route)
    if not routes:
        yield _not_found(c, request.topic)


def _found(c: Context, request: GetRouteInfoByTopic, route: TopicRouteData) -> Outcome:
    state = attrs.evolve(c.state, route_found=True) if c.profile.ready_check_breaks else c.state
    if state.options.order_message_enable or state.options.cluster_test:
        keys = state.kv_config.get(ORDER_TOPIC_CONFIG, table())
        conf = None if request.topic is None else keys.get(request.topic)
        route = attrs.evolve(route, order_topic_conf=conf)
    return c.done(encoded(route, request, c.profile), state, cause("get_route_info_by_topic", "found"))


def encoded(route: TopicRouteData, request: GetRouteInfoByTopic, profile: Profile) -> Answer:
    """What is answered with that route."""
    if profile.zones and request.zone_name is not None and not _is_blank(request.zone_name):
        route = of_zone(route, request.zone_name)
    if not profile.json_null_keys and None in (route.topic_queue_mapping_by_broker or {}):
        return NULL_POINTER
    return Answer(code=SUCCESS, body=route)


def _is_blank(text: str) -> bool:
    """`StringUtils.isBlank`: as `Character.isWhitespace` sees it, to which unbreakable spaces are none."""
    return all(char.isspace() and char not in UNBREAKABLE for char in text)


def _not_found(c: Context, topic: str | None) -> Outcome:
    remark = (
        f"No topic route info in name server for the topic: {'null' if topic is None else topic}\n"
        f"See {c.profile.faq_url} for further details."
    )
    return c.done(Answer(code=TOPIC_NOT_EXIST, remark=remark), None, cause("get_route_info_by_topic", "not-found"))


def answered_as_route(c: Context) -> Iterator[Outcome]:
    """clusterTest in 5.x: whatever is asked, it is taken for the route of the ext field `topic`. None can be there."""
    match c.task.job:
        case GetRouteInfoByTopic(topic=topic) | DeleteTopicInNamesrv(topic=topic) | RegisterTopicInNamesrv(topic=topic):
            yield _not_found(c, topic)
        case _:
            yield _not_found(c, None)
