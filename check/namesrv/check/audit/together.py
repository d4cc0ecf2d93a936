"""Where the NameServers of a set say different things of a broker, which has to tell each of them: they do not tell each other.

Compared is what stands at both: a broker that one does not have is one difference, not one for each of its topics. What a release
does not have (4.9: acting masters, zones, static topics) is compared among those that have it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import attrs

from namesrv.check.audit.alone import said
from namesrv.check.audit.sign import Sign
from namesrv.check.seen import Seen, Word
from namesrv.model.profiles import Profile, registration_of
from namesrv.model.values import MASTER_ID, DataVersion, QueueData, TopicQueueMappingInfo, TopicRouteData

ABSENT = "nothing"


@attrs.frozen
class At:
    """One NameServer of the set."""

    where: str
    profile: Profile
    seen: Seen


def together(set_of: tuple[At, ...]) -> Iterator[Sign]:
    """Everything that differs between them; nothing if there are fewer than two."""
    if len(set_of) < 2:
        return
    yield from _places(set_of)
    names = {name for at in set_of for name in at.seen.clusters.broker_addr_table}
    topics_at = {at.where: _topics(at.seen) for at in set_of}
    for name in sorted(names, key=str):
        having = tuple(at for at in set_of if _has(at, name))
        if len(having) < 2:
            continue
        extended = tuple(at for at in having if at.profile.acting_master)
        yield from _differing("flags-differ", name, "", {at.where: _flags(at, name) for at in extended})
        yield from _of_topics(name, having, topics_at)
    yield from _per_topic(set_of)
    yield from _filters(set_of)


def _has(at: At, name: Word) -> bool:
    data = at.seen.clusters.broker_addr_table.get(name)
    return data is not None and bool(data.broker_addrs)


def _places(set_of: tuple[At, ...]) -> Iterator[Sign]:
    """Who stands where: cluster, name and id are the place."""
    places: dict[tuple[Word, Word, int], dict[str, Word]] = defaultdict(dict)
    for at in set_of:
        for name, data in at.seen.clusters.broker_addr_table.items():
            for broker_id, addr in data.broker_addrs.items():
                places[data.cluster, name, broker_id][at.where] = addr
    for (cluster, name, broker_id), addrs in sorted(places.items(), key=str):
        place = f"{said(name)}/{broker_id} of {said(cluster)}"
        standing = {where: said(addr) for where, addr in addrs.items()}
        yield from _differing("place-differs", name, "", standing, about=place)
        lacking = tuple(at.where for at in set_of if at.where not in addrs)
        if lacking:
            known = " and ".join(sorted({said(addr) for addr in addrs.values()}))
            text = f"{place}, {known}, stands at {', '.join(addrs)} and not at {', '.join(lacking)}"
            yield Sign(kind="broker-missing", where=lacking, broker=said(name), says=text)


def _flags(at: At, name: Word) -> str:
    data = at.seen.clusters.broker_addr_table[name]
    return f"enableActingMaster={str(data.enable_acting_master).lower()}, zone {said(data.zone_name)}"


def _topics(seen: Seen) -> dict[Word, dict[str, QueueData]]:
    """By broker name, the topics and their queues."""
    topics: dict[Word, dict[str, QueueData]] = defaultdict(dict)
    for topic, route in seen.routes.items():
        for queue in () if route is None else route.queue_datas:
            topics[queue.broker_name][topic] = queue
    return topics


def _of_topics(
    name: Word, having: tuple[At, ...], topics_at: Mapping[str, Mapping[Word, Mapping[str, QueueData]]]
) -> Iterator[Sign]:
    """The topics of a broker name, and the version that goes with them. What slaves may publish differs between releases."""
    masters = {at.where: at.seen.clusters.broker_addr_table[name].broker_addrs.get(MASTER_ID) for at in having}
    if None in masters.values() and len({registration_of(at.profile).name for at in having}) > 1:
        return
    topics = {at.where: topics_at[at.where].get(name, {}) for at in having}
    for topic in sorted(set[str]().union(*topics.values())):
        queues = {
            where: ABSENT if topic not in of_name else _queue(of_name[topic]) for where, of_name in topics.items()
        }
        kind = "topics-differ" if ABSENT in queues.values() else "queues-differ"
        yield from _differing(kind, name, topic, queues)
    versions = {at.where: v for at in having if (v := _version(at, masters[at.where], name)) is not None}
    if not all(at.profile.state_version for at in having):  # 4.9 leaves it out
        versions = {where: attrs.evolve(version, state_version=0) for where, version in versions.items()}
    if len(set(versions.values())) > 1:
        yield from _differing("version-differs", name, "", {w: _of_version(v) for w, v in versions.items()})
    for version in set(versions.values()):
        same = {where: frozenset(topics[where].items()) for where, other in versions.items() if other == version}
        if len(set(same.values())) > 1:
            text = f"{said(name)}: {_of_version(version)} goes with {_counts({w: len(t) for w, t in same.items()})}"
            yield Sign(kind="same-version-other-topics", where=tuple(same), broker=said(name), says=text)


def _counts(numbers: Mapping[str, int]) -> str:
    """The topics differ in what they are or how many."""
    return ", ".join(f"{number} topics at {where}" for where, number in numbers.items())


def _queue(queue: QueueData) -> str:
    flags = f" flags {queue.topic_sys_flag}" if queue.topic_sys_flag else ""
    return f"r{queue.read_queue_nums} w{queue.write_queue_nums} p{queue.perm}{flags}"


def _version(at: At, addr: Word, name: Word) -> DataVersion | None:
    cluster = at.seen.clusters.broker_addr_table[name].cluster
    if at.seen.stored is None or cluster is None or addr is None:
        return None
    return at.seen.stored.get((cluster, addr))


def _of_version(version: DataVersion) -> str:
    return f"version {version.state_version}/{version.counter}@{version.timestamp}"


def _per_topic(set_of: tuple[At, ...]) -> Iterator[Sign]:
    """What a route has beside its queues, wherever there is one."""
    topics = {topic for at in set_of for topic in at.seen.routes}
    for topic in sorted(topics):
        routes = {at.where: route for at in set_of if (route := at.seen.routes.get(topic)) is not None}
        orders = {where: said(route.order_topic_conf) for where, route in routes.items()}
        yield from _differing("order-config-differs", "", topic, orders)
        with_mappings = {at.where: routes[at.where] for at in set_of if at.where in routes and at.profile.acting_master}
        names = {name for route in with_mappings.values() for name in route.topic_queue_mapping_by_broker or ()}
        for name in sorted(names, key=str):
            having = {at.where for at in set_of if _has(at, name)}
            mappings = {
                where: _of_mapping(_mapping(route, name)) for where, route in with_mappings.items() if where in having
            }
            yield from _differing("mapping-differs", name, topic, mappings)


def _mapping(route: TopicRouteData, name: Word) -> TopicQueueMappingInfo | None:
    by_broker = route.topic_queue_mapping_by_broker
    return None if by_broker is None else by_broker.get(name)


def _of_mapping(mapping: TopicQueueMappingInfo | None) -> str:
    if mapping is None:
        return ABSENT
    ids = "no" if mapping.curr_id_map is None else " ".join(f"{a}={b}" for a, b in sorted(mapping.curr_id_map.items()))
    return f"epoch {mapping.epoch}, {mapping.total_queues} queues, {mapping.scope}, {ids}"


def _filters(set_of: tuple[At, ...]) -> Iterator[Sign]:
    servers: dict[Word, dict[str, str]] = defaultdict(dict)
    for at in set_of:
        for route in at.seen.routes.values():
            for addr in {a for d in (() if route is None else route.broker_datas) for a in d.broker_addrs.values()}:
                found = () if route is None else route.filter_server_table.get(addr) or ()
                servers[addr][at.where] = ", ".join(found) or ABSENT
    for addr, by_where in sorted(servers.items(), key=str):
        yield from _differing("filters-differ", addr, "", by_where)


def _differing(kind: str, broker: Word, topic: str, texts: Mapping[str, str], *, about: str = "") -> Iterator[Sign]:
    """A sign if they are not all alike: of those that differ from most, or of all if there is no most."""
    counts = Counter(texts.values())
    if len(counts) < 2:
        return
    (value, most), *_ = counts.most_common()
    odd = tuple(where for where, text in texts.items() if text != value) if most * 2 > len(texts) else tuple(texts)
    name = said(broker)
    about = about or (f"{topic} of {name}" if topic and name else topic or name)
    told = ", ".join(f"{text} at {where}" for where, text in texts.items())
    yield Sign(kind=kind, where=odd, broker=name, topic=topic, says=f"{about}: {told}")
