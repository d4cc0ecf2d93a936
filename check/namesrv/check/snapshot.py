"""What a NameServer answers, as facts: a look at it by requests that change nothing, and what stands still between two looks.

A look is not atomic: every answer is of its own time. Whatever the last look said and the one before it said too is taken to have
been true all the time between the two, hence all of it at one moment. What they do not agree on was in motion, and is left out.
Assumed: nothing changed and changed back between its two looks. So a contradiction is told only if later looks keep saying it.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from namesrv.check.seen import Asking, Seen, Word
from namesrv.model.values import ClusterInfo, TopicRouteData
from namesrv.proofs.observed import (
    CLUSTER_INFO,
    BrokerShown,
    ClusterShown,
    Fact,
    FiltersShown,
    MappingShown,
    NoBroker,
    NoRoute,
    OnlyBrokers,
    OnlyClusters,
    OnlyTopics,
    QueuesShown,
    Stored,
    TopicListed,
)


@attrs.frozen(kw_only=True)
class Snapshot:
    """`facts`: what stood still; `in_motion`: what did not; `answers`: how many came."""

    facts: frozenset[Fact]
    in_motion: frozenset[Fact] = frozenset()
    answers: int = 0


class Looker(Asking):
    """A connection over which a NameServer is looked at, again and again."""

    def snapshot(self, *, looks: int = 4, agreeing: int = 2) -> Snapshot:
        """What so many looks in a row agree on: the first that agree on everything, or else the last of `looks`."""
        seen = [self.look() for _ in range(agreeing - 1)]
        for _ in range(looks - agreeing + 1):
            seen = [*seen[1 - agreeing :], self.look()]
            same, some = frozenset.intersection(*seen), frozenset.union(*seen)
            if same == some:
                break
        return Snapshot(facts=same, in_motion=some - same, answers=self.answers)

    def look(self) -> frozenset[Fact]:
        """Everything once."""
        return facts_of(self.see())


def facts_of(seen: Seen) -> frozenset[Fact]:
    """What was seen, taken apart."""
    facts = [*_of_topics(sorted(seen.topics, key=str)), *_of_clusters(seen.clusters)]
    for topic, route in seen.routes.items():
        facts += _of_route(topic, route)
    facts += _missing(facts)
    for (cluster, addr), version in (seen.stored or {}).items():
        facts.append(Stored(cluster, addr, version is not None))
    return frozenset(facts)


def _of_topics(listed: list[Word]) -> Iterator[Fact]:
    yield OnlyTopics(frozenset(listed))
    for topic in listed:
        yield TopicListed(topic)


def _of_clusters(info: ClusterInfo) -> Iterator[Fact]:
    brokers, clusters = info.broker_addr_table, info.cluster_addr_table
    for data in brokers.values():
        yield BrokerShown(CLUSTER_INFO, data)
    yield OnlyBrokers(frozenset(brokers))
    for cluster, names in clusters.items():
        yield ClusterShown(cluster, names)
    for cluster in {data.cluster for data in brokers.values()} - set(clusters):
        yield ClusterShown(cluster, frozenset())
    yield OnlyClusters(frozenset(clusters))


def _of_route(topic: Word, route: TopicRouteData | None) -> Iterator[Fact]:
    if route is None:
        yield NoRoute(topic)
        return
    request = f"GET_ROUTEINFO_BY_TOPIC {topic}"
    yield QueuesShown(topic, route.queue_datas)
    for data in route.broker_datas:
        yield BrokerShown(request, data)
    for name in {queue.broker_name for queue in route.queue_datas} - {data.broker_name for data in route.broker_datas}:
        yield NoBroker(request, name)
    holders = [(data.cluster, addr) for data in route.broker_datas for addr in data.broker_addrs.values()]
    for cluster, addr in holders:
        if [a for _, a in holders].count(addr) == 1 and addr is not None:
            yield FiltersShown(topic, cluster, addr, route.filter_server_table.get(addr))
    for name, info in (route.topic_queue_mapping_by_broker or {}).items():
        yield MappingShown(topic, name, info)


def _missing(facts: list[Fact]) -> list[Fact]:
    """Names that are spoken of and not in the broker table."""
    shown = next(fact.names for fact in facts if isinstance(fact, OnlyBrokers))
    spoken: set[Word] = set()
    for fact in facts:
        if isinstance(fact, ClusterShown):
            spoken |= fact.names
        elif isinstance(fact, QueuesShown):
            spoken |= {queue.broker_name for queue in fact.queues}
        elif isinstance(fact, MappingShown):
            spoken.add(fact.name)
    return [NoBroker(CLUSTER_INFO, name) for name in sorted(spoken - shown, key=str)]
