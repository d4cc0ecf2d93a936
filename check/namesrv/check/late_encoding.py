"""A route that has been looked up and is not encoded yet: what changes in the tables meanwhile may change in it.

`RouteInfoManager.pickupTopicRouteData` gives it away, and `getRouteInfoByTopic` of `DefaultRequestProcessor` (4.9.7) or
`ClientRequestProcessor` (5.1.4 to 5.5.0) encodes it, after the read lock has been released. Of what is encoded

- the list of queues is a copy, but the `QueueData` in it are the table's own. What is ever set in one is its permission, by
  `operateWritePermOfBroker` and (5.x) `cleanTopicByUnRegisterRequests`; a registration puts another one in its place;
- brokers are copies, with their addresses. Lists of filter servers are the table's own, and nobody changes one;
- mappings (5.x) are the table's own map, asked for after the lock, and registrations put theirs into it;
- whether a slave acts as master is decided after the lock, by the permissions as they are then.

So queues and mappings may be later than brokers, each by itself, and never earlier. A queue is known again by its value: one
that was put anew and says the same is taken for the one before.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from namesrv.model.events import Answer, Applied, GetRouteInfoByTopic, Request
from namesrv.model.profiles import Profile
from namesrv.model.route import with_acting_masters
from namesrv.model.route_request import encoded
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import TopicRouteData, table

SETS_PERMISSIONS: Final = frozenset({"wipe_write_perm_of_broker", "add_write_perm_of_broker", "unregister_broker"})
PUTS_MAPPINGS: Final = frozenset({"register_broker"})
"""Steps, by the table whose row decides (`Applied`)."""


def answers_later(
    answer: Answer,
    request: Request | None,
    before: Tables,
    after: NameServerState,
    outputs: Iterable[object],
    profile: Profile,
) -> Iterator[Answer]:
    """What else an answer may be that nobody had read before this step: if it is a route, and is encoded after the step."""
    if isinstance(request, GetRouteInfoByTopic) and isinstance(answer.body, TopicRouteData):
        for route in _routes_later(answer.body, request, before, after, outputs, profile):
            yield encoded(route, request, profile)


def states_later(
    before: Tables, after: NameServerState, outputs: Iterable[object], profile: Profile
) -> list[NameServerState]:
    """The state after this step; and with what routes in work may be, which have been looked up before it."""
    states = [after]
    for number, task in enumerate(after.tasks):
        if isinstance(task.job, GetRouteInfoByTopic) and isinstance(task.memo, TopicRouteData):
            for route in _routes_later(task.memo, task.job, before, after, outputs, profile):
                states += [_with_memo(state, number, route) for state in states]
    return states


def copied(route: TopicRouteData) -> tuple[object, ...]:
    """What of a route is settled when it has been looked up: all but permissions, mappings, and who acts as master."""
    queues = frozenset(attrs.evolve(queue, perm=0) for queue in route.queue_datas)
    addrs = frozenset((data.broker_name, frozenset(data.broker_addrs.values())) for data in route.broker_datas)
    return queues, addrs, route.filter_server_table, route.order_topic_conf


def _with_memo(state: NameServerState, number: int, memo: TopicRouteData) -> NameServerState:
    task = attrs.evolve(state.tasks[number], memo=memo)
    return attrs.evolve(state, tasks=(*state.tasks[:number], task, *state.tasks[number + 1 :]))


def _routes_later(
    route: TopicRouteData,
    request: GetRouteInfoByTopic,
    before: Tables,
    after: NameServerState,
    outputs: Iterable[object],
    profile: Profile,
) -> Iterator[TopicRouteData]:
    if after.tables is before or not profile.route_encoded_after_lock:
        return
    steps = {output.table for output in outputs if isinstance(output, Applied)}
    later = set()
    if steps & SETS_PERMISSIONS:
        later.add(_with_permissions(route, request.topic, before, after.tables))
    if steps & PUTS_MAPPINGS:
        later.add(_with_mappings(route, request.topic, after.tables))
    if after.options.support_acting_master:
        later |= {with_acting_masters(each, request.topic) for each in later}
    yield from later - {route}


def _with_permissions(route: TopicRouteData, topic: str | None, before: Tables, after: Tables) -> TopicRouteData:
    was, now = (tables.topic_queue_table.get(topic, table()) for tables in (before, after))
    queues = frozenset(
        now.get(queue.broker_name, queue) if was.get(queue.broker_name) == queue else queue
        for queue in route.queue_datas
    )
    return attrs.evolve(route, queue_datas=queues)


def _with_mappings(route: TopicRouteData, topic: str | None, after: Tables) -> TopicRouteData:
    mappings = None if topic is None else after.topic_queue_mapping_info_table.get(topic)
    return attrs.evolve(route, topic_queue_mapping_by_broker=mappings)
