"""What somebody outside may know of a NameServer, fact by fact: each a sentence about one answer, and a formula about the tables.

A fact says no more than its answer does. fastjson leaves null values out, so an address that is not shown may be null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import attrs
import z3

from namesrv.model.profiles import Profile
from namesrv.model.values import BrokerData, QueueData, TopicQueueMappingInfo
from namesrv.proofs.removal import key_cluster
from namesrv.proofs.state import State
from namesrv.proofs.universe import Term, Universe, conj, disj, imp, neg

Word = str | None


@attrs.define
class Words:
    """A constant for each value that is spoken of; values that differ are different."""

    u: Universe
    _known: dict[str, dict[Any, Term]] = attrs.field(factory=dict, init=False)

    def term(self, sort: str, value: Any) -> Term:
        """The constant; null and the empty string are the universe's."""
        if value is None and sort not in ("Value", "Config"):
            return self.u.null(sort)
        if value == "" and sort not in ("Value", "Config"):
            return self.u.empty(sort)
        known = self._known.setdefault(sort, {})
        if value not in known:
            known[value] = self.u.const(f"{sort.lower()}_{len(known)}", sort)
        return known[value]

    def count(self, sort: str) -> int:
        """How many there are."""
        return len(self._known.get(sort, {}))

    def all_differ(self) -> Iterable[Term]:
        """That the constants are different, and neither null nor empty."""
        for sort, known in self._known.items():
            fixed = [] if sort in ("Value", "Config") else [self.u.null(sort), self.u.empty(sort)]
            yield z3.Distinct(*known.values(), *fixed)


class Fact(Protocol):
    """One thing that an answer says."""

    @property
    def says(self) -> str:
        """For people, in RocketMQ's terms, the request first."""
        ...

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """What it says of the tables."""
        ...


def _one_of(words: Words, sort: str, values: Iterable[Word]) -> Callable[[Term], Term]:
    terms = [words.term(sort, value) for value in sorted(values, key=str)]
    return lambda x: disj(*(x == term for term in terms))


def _said(values: Iterable[Word]) -> str:
    return ", ".join(sorted(map(str, values))) or "nothing"


CLUSTER_INFO = "GET_BROKER_CLUSTER_INFO"


@attrs.frozen
class BrokerShown:
    """An entry of the broker table, in `request`'s answer."""

    request: str
    data: BrokerData

    @property
    def says(self) -> str:
        """Cluster, and ids with their addresses."""
        data = self.data
        addrs = ", ".join(f"{i}={data.broker_addrs[i]}" for i in sorted(data.broker_addrs)) or "no address"
        return f"{self.request}: broker {data.broker_name} of {data.cluster} has {addrs}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Exactly these addresses, null ones aside."""
        n, null = words.term("Name", self.data.broker_name), s.u.null("Addr")
        held = [(s.u.integer(i), words.term("Addr", a)) for i, a in sorted(self.data.broker_addrs.items())]
        exactly = s.u.forall(
            ("Id", "Addr"),
            lambda i, a: disj(a == null, s.holds(n, i, a) == disj(*(conj(i == j, a == b) for j, b in held))),
        )
        return conj(s.entered(n), s.cluster_of(n) == words.term("Cluster", self.data.cluster), exactly)


@attrs.frozen
class NoBroker:
    """A name that another answer speaks of is not in the broker table."""

    request: str
    name: Word

    @property
    def says(self) -> str:
        """The name."""
        return f"{self.request}: there is no broker {self.name}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """It is not entered."""
        return neg(s.entered(words.term("Name", self.name)))


@attrs.frozen
class OnlyBrokers:
    """The names of the broker table, all of them."""

    names: frozenset[Word]

    @property
    def says(self) -> str:
        """The names."""
        return f"{CLUSTER_INFO}: brokerAddrTable has {_said(self.names)}, and no other name"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """No other one is entered."""
        shown = _one_of(words, "Name", self.names)
        return s.u.forall(("Name",), lambda n: imp(s.entered(n), shown(n)))


@attrs.frozen
class ClusterShown:
    """The names of a cluster; none if the cluster table does not have it."""

    cluster: Word
    names: frozenset[Word]

    @property
    def says(self) -> str:
        """The names."""
        return f"{CLUSTER_INFO}: clusterAddrTable has of {self.cluster} {_said(self.names)}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Exactly these."""
        c, shown = words.term("Cluster", self.cluster), _one_of(words, "Name", self.names)
        return s.u.forall(("Name",), lambda n: s.in_cluster(c, n) == shown(n))


@attrs.frozen
class OnlyClusters:
    """The clusters, all of them."""

    clusters: frozenset[Word]

    @property
    def says(self) -> str:
        """The clusters."""
        return f"{CLUSTER_INFO}: clusterAddrTable has {_said(self.clusters)}, and no other cluster"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """No name is in another one."""
        shown = _one_of(words, "Cluster", self.clusters)
        return s.u.forall(("Cluster", "Name"), lambda c, n: imp(s.in_cluster(c, n), shown(c)))


@attrs.frozen
class TopicListed:
    """A topic of the topic list."""

    topic: Word

    @property
    def says(self) -> str:
        """The topic."""
        return f"GET_ALL_TOPIC_LIST_FROM_NAMESERVER: there is topic {self.topic}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Somebody has queues of it."""
        t = words.term("Topic", self.topic)
        return s.u.exists(("Name",), lambda n: s.has_queue(t, n))


@attrs.frozen
class OnlyTopics:
    """The topics, all of them."""

    topics: frozenset[Word]

    @property
    def says(self) -> str:
        """How many."""
        return f"GET_ALL_TOPIC_LIST_FROM_NAMESERVER: {len(self.topics)} topics and no other"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Nobody has queues of another one."""
        shown = _one_of(words, "Topic", self.topics)
        return s.u.forall(("Topic", "Name"), lambda t, n: imp(s.has_queue(t, n), shown(t)))


def _route(topic: Word) -> str:
    return f"GET_ROUTEINFO_BY_TOPIC {topic}"


@attrs.frozen
class QueuesShown:
    """The queues of a route."""

    topic: Word
    queues: frozenset[QueueData]

    @property
    def says(self) -> str:
        """Whose."""
        return f"{_route(self.topic)}: queues of {_said(queue.broker_name for queue in self.queues)}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Exactly these, each as it is shown."""
        t, shown = words.term("Topic", self.topic), _one_of(words, "Name", {q.broker_name for q in self.queues})
        exactly = s.u.forall(("Name",), lambda n: s.has_queue(t, n) == shown(n))
        configs = []
        for queue in sorted(self.queues, key=str):
            config = (queue.read_queue_nums, queue.write_queue_nums, queue.perm, queue.topic_sys_flag)
            configs.append(s.config_of(t, words.term("Name", queue.broker_name)) == words.term("Config", config))
        return conj(exactly, *configs)


@attrs.frozen
class NoRoute:
    """TOPIC_NOT_EXIST: a topic without queues, or without one of a broker that is there."""

    topic: Word

    @property
    def says(self) -> str:
        """The topic."""
        return f"{_route(self.topic)}: TOPIC_NOT_EXIST"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """Nobody who is there has queues of it."""
        t = words.term("Topic", self.topic)
        return s.u.forall(("Name",), lambda n: imp(s.has_queue(t, n), neg(s.entered(n))))


@attrs.frozen
class FiltersShown:
    """The filter servers that a route has of an address, of a broker of that cluster; `None`: it shows none.

    Told only where one broker of the route has the address: 5.5.0 shows one of several entries.
    """

    topic: Word
    cluster: Word
    addr: Word
    servers: tuple[str | None, ...] | None

    @property
    def says(self) -> str:
        """Whose."""
        return f"{_route(self.topic)}: filter servers of {self.addr}: {_said(self.servers or ())}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """These, or none."""
        key = key_cluster(s, words.term("Cluster", self.cluster), profile), words.term("Addr", self.addr)
        if self.servers is None:
            return neg(s.has_filters(*key))
        return conj(s.has_filters(*key), s.filters_of(*key) == words.term("Value", self.servers))


@attrs.frozen
class MappingShown:
    """A topic-queue mapping of a route. Release 5."""

    topic: Word
    name: Word
    info: TopicQueueMappingInfo

    @property
    def says(self) -> str:
        """Whose."""
        return f"{_route(self.topic)}: a topic-queue mapping of broker {self.name}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """It is kept."""
        at = words.term("Topic", self.topic), words.term("Name", self.name)
        return conj(s.has_mapping(*at), s.mapping_of(*at) == words.term("Value", self.info))


@attrs.frozen
class Stored:
    """Whether the NameServer has a DataVersion of the address in that cluster: of live ones only (322)."""

    cluster: Word
    addr: Word
    is_there: bool

    @property
    def says(self) -> str:
        """Whose."""
        told = "a DataVersion" if self.is_there else "no DataVersion"
        return f"QUERY_DATA_VERSION: {told} of {self.addr} in {self.cluster}"

    def formula(self, s: State, words: Words, profile: Profile) -> Term:
        """It is live, and its version not null."""
        key = key_cluster(s, words.term("Cluster", self.cluster), profile), words.term("Addr", self.addr)
        told = conj(s.live(*key), neg(s.u.is_null_version(s.version_of(*key))))
        return told if self.is_there else neg(told)
