"""What administrators change in the tables by hand: write permissions of a broker name, topics.

Source: `RouteInfoManager.{operateWritePermOfBroker,deleteTopic,registerTopic}`, 4.9.7 and 5.5.0; `docs/strict.md`.
"""

from collections.abc import Iterable
from typing import Final

from namesrv.model.values import PERM_READ, PERM_WRITE, QueueData
from namesrv.server.profiles import ServerProfile
from namesrv.server.tables import Queue, Tables

READ_AND_WRITE: Final = PERM_READ | PERM_WRITE


def wipe_write_perm(tables: Tables, profile: ServerProfile, name: str | None) -> int:
    """The name's queues lose the write bit, in `strict` those to come too. Returns how many topics it has."""
    entry = tables.broker_addr.get(name)
    if profile.repaired and entry is not None:
        tables.set_wiped(entry, wiped=True)
    topics = tables.topics_of(name)
    for topic in topics:
        tables.set_perm(topic, name, tables.topic_queue[topic][name].perm & ~PERM_WRITE)
    return len(topics)


def add_write_perm(tables: Tables, name: str | None) -> int:
    """The name's queues may be read and written. Returns how many topics it has."""
    entry = tables.broker_addr.get(name)
    if entry is not None:
        tables.set_wiped(entry, wiped=False)
    topics = tables.topics_of(name)
    for topic in topics:
        tables.set_perm(topic, name, READ_AND_WRITE)
    return len(topics)


def delete_topic(tables: Tables, profile: ServerProfile, topic: str | None, cluster: str | None) -> None:
    """The topic's queues go: all, or those of the cluster's names. 5.x throws on null, and swallows it."""
    queues = tables.topic_queue.get(topic)
    if queues is None or (topic is None and not profile.null_keys):
        return
    tables.remove_queues(topic, list(tables.cluster_addr.get(cluster, ()) if cluster else queues))


def register_topic(tables: Tables, topic: str | None, given: Iterable[QueueData | None]) -> str:
    """Puts the queues one by one, up to the first that is nobody's; all or nothing if the topic is not there."""
    if topic is None:
        return "null-swallowed"
    rows = []
    rule = "registered"
    for data in given:
        entry = None if data is None else tables.broker_addr.get(data.broker_name)
        if data is None or entry is None:
            rule = "illegal-broker"
            break
        rows.append((entry, Queue(data.read_queue_nums, data.write_queue_nums, data.perm, data.topic_sys_flag)))
    if rule == "registered" or topic in tables.topic_queue:
        for entry, queue in rows:
            tables.put_queue(topic, entry, queue)
    return rule
