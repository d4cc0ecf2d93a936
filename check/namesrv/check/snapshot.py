"""What a NameServer answers, as facts: a look at it by requests that change nothing, and what stands still between two looks.

A look is not atomic: every answer is of its own time. Whatever the last look said and the one before it said too is taken to have
been true all the time between the two, hence all of it at one moment. What they do not agree on was in motion, and is left out.
Assumed: nothing changed and changed back between its two looks. So a contradiction is told only if later looks keep saying it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.runner import Target
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode, read_answer
from namesrv.model.events import (
    Answer,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    Request,
)
from namesrv.model.values import ClusterInfo, DataVersion, TopicList, TopicRouteData
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
    Word,
)

TIMEOUT_S: Final = 5.0
SUCCESS: Final = 0
TOPIC_NOT_EXIST: Final = 17
ASKED_AT_ONCE: Final = 64
"""So many requests are sent before their answers are waited for."""

NOBODYS: Final = DataVersion(state_version=-1, timestamp=-1, counter=-1)
"""No broker has it, so 322 says *changed*: 4.9.7 then takes it for no sign of life."""

NULL_KEY: Final = "null"
"""How fastjson writes a key that is null (4.9.7 keeps such ones)."""

EVERYTHING: Final = Prefix("")

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Snapshot:
    """`facts`: what stood still; `in_motion`: what did not; `answers`: how many came."""

    facts: frozenset[Fact]
    in_motion: frozenset[Fact] = frozenset()
    answers: int = 0


class Looker:
    """A connection over which a NameServer is looked at. Raises `Undecided` where that can't be done.

    `data_versions`: ask 322, too, which is a sign of life of whoever it asks about. `at_once`: so many requests are sent
    together. `between`: called before they are (for tests: what happens while somebody looks).
    """

    def __init__(
        self,
        target: Target,
        *,
        data_versions: bool = False,
        at_once: int = ASKED_AT_ONCE,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._peer = target.connect(timeout_s=TIMEOUT_S)
        self._data_versions = data_versions
        self._at_once = at_once
        self._between = between
        self.answers = 0

    def close(self) -> None:
        """Ends it."""
        self._peer.close()

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
        (topics,) = self._ask([GetAllTopicList()])
        listed = sorted(_body(topics, TopicList).topic_list, key=str)
        routes: list[Request] = [GetRouteInfoByTopic(topic=topic) for topic in listed if topic is not None]
        info, *answers = self._ask([GetBrokerClusterInfo(), *routes])
        clusters = _body(info, ClusterInfo)
        by_topic = {request.topic: a for request, a in zip(routes, answers, strict=True)}  # type: ignore[union-attr]
        facts = [*_of_topics(listed), *_of_clusters(clusters)]
        for topic, answer in by_topic.items():
            facts += _of_route(topic, answer)
        facts += _missing(facts)
        if self._data_versions:
            facts += self._stored(clusters)
        return frozenset(facts)

    def _stored(self, info: ClusterInfo) -> Iterator[Fact]:
        """322 about every address in every cluster."""
        places = {
            (d.broker_name, i, addr) for d in info.broker_addr_table.values() for i, addr in d.broker_addrs.items()
        }
        clusters = set(info.cluster_addr_table) | {d.cluster for d in info.broker_addr_table.values()}
        asked = [
            QueryDataVersion(
                cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=i, data_version=NOBODYS
            )
            for cluster in sorted(clusters, key=str)
            for name, i, addr in sorted(places, key=str)
            if cluster and addr
        ]
        for request, answer in zip(asked, self._ask(asked), strict=True):
            if answer.code == SUCCESS:
                yield Stored(request.cluster_name, request.broker_addr, answer.body is not None)

    def _ask(self, requests: Iterable[Request]) -> list[Answer]:
        """The answers, in the order of the requests."""
        left, answers = list(requests), list[Answer]()
        while left:
            batch, left = left[: self._at_once], left[self._at_once :]
            self._between()
            numbered = [(self._peer.next_opaque(), request) for request in batch]
            self._peer.send(b"".join(encode(EVERYTHING, r, Style(), opaque=o, oneway=False) for o, r in numbered))
            deadline = time.monotonic() + TIMEOUT_S
            for opaque, request in numbered:
                command = self._peer.answer(opaque, deadline)
                if command is None:
                    raise Undecided(f"{type(request).__name__} at {self._peer.where}: no answer within {TIMEOUT_S:g} s")
                answers.append(read_answer(EVERYTHING, request, command))
        self.answers += len(answers)
        return answers


def _body(answer: Answer, expected: type[T]) -> T:
    if answer.code != SUCCESS or not isinstance(answer.body, expected):
        raise Undecided(f"expected a {expected.__name__}, got code {answer.code}, {answer.remark or answer.exception}")
    return answer.body


def _of_topics(listed: list[Word]) -> Iterator[Fact]:
    yield OnlyTopics(frozenset(listed))
    for topic in listed:
        yield TopicListed(topic)


def _of_clusters(info: ClusterInfo) -> Iterator[Fact]:
    brokers = {data.broker_name if name == NULL_KEY else name: data for name, data in info.broker_addr_table.items()}
    clusters = {None if cluster == NULL_KEY else cluster: names for cluster, names in info.cluster_addr_table.items()}
    for name, data in brokers.items():
        yield BrokerShown(CLUSTER_INFO, attrs.evolve(data, broker_name=name))
    yield OnlyBrokers(frozenset(brokers))
    for cluster, names in clusters.items():
        yield ClusterShown(cluster, names)
    for cluster in {data.cluster for data in brokers.values()} - set(clusters):
        yield ClusterShown(cluster, frozenset())
    yield OnlyClusters(frozenset(clusters))


def _of_route(topic: Word, answer: Answer) -> Iterator[Fact]:
    if answer.code == TOPIC_NOT_EXIST:
        yield NoRoute(topic)
        return
    route = _body(answer, TopicRouteData)
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
