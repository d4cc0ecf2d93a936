"""What administrators change in the tables by hand: write permissions of a broker name, topics.

Every request is one step under the write lock. None of them changes a DataVersion, so brokers don't hear of it.
Source: `RouteInfoManager.{operateWritePermOfBroker,deleteTopic,registerTopic}`, 4.9.7 and 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable, Iterator

import attrs

from namesrv.model.context import NULL_POINTER, SUCCESS, SYSTEM_ERROR, Context, Outcome, cause
from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    DeleteTopicInNamesrv,
    RegisterTopicInNamesrv,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.state import Tables
from namesrv.model.values import PERM_READ, PERM_WRITE, QueueData, table

DONE = Answer(code=SUCCESS)


def wipe_write_perm_of_broker(c: Context, request: WipeWritePermOfBroker) -> Iterator[Outcome]:
    """The name's queues lose the write bit; the answer counts its topics, changed or not."""
    name, tables = request.broker_name, c.state.tables
    tables, count = _with_perms(tables, {n: q.perm & ~PERM_WRITE for n, q in _queues_of(tables, name)}, name)
    if c.profile.wipe_outlasts_registration and name is not None and name in tables.broker_addr_table:
        tables = attrs.evolve(tables, write_wiped=tables.write_wiped | {name})
    answer = Answer(code=SUCCESS, ext_fields=table({"wipeTopicCount": str(count)}))
    yield c.done(answer, attrs.evolve(c.state, tables=tables), cause("wipe_write_perm_of_broker", "wiped"))


def add_write_perm_of_broker(c: Context, request: AddWritePermOfBroker) -> Iterator[Outcome]:
    """The name's queues may be read and written, whatever their permissions were."""
    name, tables = request.broker_name, c.state.tables
    tables, count = _with_perms(tables, {n: PERM_READ | PERM_WRITE for n, _ in _queues_of(tables, name)}, name)
    if name is not None:
        tables = attrs.evolve(tables, write_wiped=tables.write_wiped - {name})
    answer = Answer(code=SUCCESS, ext_fields=table({"addTopicCount": str(count)}))
    yield c.done(answer, attrs.evolve(c.state, tables=tables), cause("add_write_perm_of_broker", "added"))


def _queues_of(tables: Tables, name: str | None) -> Iterable[tuple[str | None, QueueData]]:
    return ((topic, queues[name]) for topic, queues in tables.topic_queue_table.items() if name in queues)


def _with_perms(tables: Tables, perms: dict[str | None, int], name: str | None) -> tuple[Tables, int]:
    """The name's queues with these permissions, by topic; and how many there are."""
    topics = tables.topic_queue_table
    for topic, perm in perms.items():
        queues = topics[topic]
        topics = topics.insert(topic, queues.insert(name, attrs.evolve(queues[name], perm=perm)))
    return attrs.evolve(tables, topic_queue_table=topics), len(perms)


def delete_topic_in_namesrv(c: Context, request: DeleteTopicInNamesrv) -> Iterator[Outcome]:
    """The topic's queues go: all, or those of the cluster's names. Its mappings stay. Always answered SUCCESS."""
    tables = delete_topic(c.state.tables, request.topic, request.cluster_name, c.profile)
    yield c.done(DONE, attrs.evolve(c.state, tables=tables), cause("delete_topic_in_namesrv", "deleted"))


def delete_topic(tables: Tables, topic: str | None, cluster_name: str | None, profile: Profile) -> Tables:
    """Without the topic; with a cluster's name only on that cluster's brokers. 5.x throws on null, and swallows it."""
    if topic is None and profile.concurrent_tables:
        return tables
    topics = tables.topic_queue_table
    queues = topics.get(topic)
    if queues is None:
        return tables
    if not cluster_name:
        return attrs.evolve(tables, topic_queue_table=topics.remove(topic))
    for name in tables.cluster_addr_table.get(cluster_name, frozenset()):
        queues = queues.discard(name)
    topics = topics.insert(topic, queues) if queues else topics.remove(topic)
    return attrs.evolve(tables, topic_queue_table=topics)


def register_topic_in_namesrv(c: Context, request: RegisterTopicInNamesrv) -> Iterator[Outcome]:
    """Puts the queues as given. Always answered SUCCESS, unless the body can't be read."""
    if request.body_error is not None:
        answer = Answer(code=SYSTEM_ERROR, exception=request.body_error)
        yield c.done(answer, None, cause("register_topic_in_namesrv", "body"))
        return
    if not request.has_body and not c.profile.decodes_absent_body:
        yield c.done(NULL_POINTER, None, cause("register_topic_in_namesrv", "body-absent"))
        return
    tables, rule = _register_topic(c.state.tables, request)
    yield c.done(DONE, attrs.evolve(c.state, tables=tables), cause("register_topic_in_namesrv", rule))


def _register_topic(tables: Tables, request: RegisterTopicInNamesrv) -> tuple[Tables, str]:
    """One by one where the topic is there, up to the first queue that is nobody's; all or nothing where it is not."""
    if not request.queue_datas or request.topic is None:
        return tables, "nothing"
    before = tables.topic_queue_table.get(request.topic)
    queues, rule = table() if before is None else before, "registered"
    for data in request.queue_datas:
        if data is None or data.broker_name not in tables.broker_addr_table:
            rule = "illegal-broker"
            break
        if data.broker_name in tables.write_wiped:
            data = attrs.evolve(data, perm=data.perm & ~PERM_WRITE)
        queues = queues.insert(data.broker_name, data)
    if before is None and rule == "illegal-broker":
        return tables, rule
    return attrs.evolve(tables, topic_queue_table=tables.topic_queue_table.insert(request.topic, queues)), rule
