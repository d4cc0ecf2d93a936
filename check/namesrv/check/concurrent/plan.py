"""What the clients of one round ask, out of a seed: few names, so that they are in each other's way; no two values are alike.

A lost update or an answer that is too old can only be told if whoever reads can tell who wrote. So each registration has a
counter, and numbers of queues, that no other one of its round has.
"""

import itertools
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import attrs

from namesrv.check.seen import NOBODYS
from namesrv.check.strategies import NAMESPACES, TOPIC_SETS, TOPICS
from namesrv.model.events import (
    AddWritePermOfBroker,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetKVConfig,
    GetKVListByNamespace,
    GetRouteInfoByTopic,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table

CLUSTER: Final = "C1"
NAMES: Final = ("a", "a", "a", "b")
IDS: Final = (0, 0, 0, 1)
ADDRS: Final = ("h1:10911", "h2:10911")
NAMESPACE: Final = NAMESPACES[0]
KEY: Final = "t1"
PERMS: Final = (6, 6, 4)


@attrs.frozen(kw_only=True)
class Plan:
    """`before` and `after`: asked one by one, over a connection of their own; `at_once`: what each client asks, in its order.

    `leaving`: the clients, from 0, that close their connection once they have their last answer: their brokers go with it.
    """

    before: tuple[Request, ...]
    at_once: tuple[tuple[Request, ...], ...]
    after: tuple[Request, ...]
    leaving: frozenset[int] = frozenset()


LEAVES: Final = 0.25
"""How many clients do."""

BEFORE: Final = (PutKVConfig(namespace=NAMESPACE, key=KEY, value="0"), DeleteKVConfig(namespace=NAMESPACE, key=KEY))
"""Whether others have used the namespace, which nobody can remove, makes no difference after that."""

AFTER: Final[tuple[Request, ...]] = (
    GetBrokerClusterInfo(),
    GetAllTopicList(),
    *(GetRouteInfoByTopic(topic=topic) for topic in TOPICS),
    GetKVListByNamespace(namespace=NAMESPACE),
    *(
        QueryDataVersion(cluster_name=CLUSTER, broker_addr=addr, broker_name="a", broker_id=0, data_version=NOBODYS)
        for addr in ADDRS
    ),
)
"""What came of it all: an update that was lost shows here, if nowhere before."""


def plan_of(rng: Random, *, clients: int, requests: int) -> Plan:
    """So many clients with so many requests each."""
    numbers = itertools.count(1)
    at_once = tuple(tuple(_request(rng, numbers) for _ in range(requests)) for _ in range(clients))
    leaving = frozenset(number for number in range(clients) if rng.random() < LEAVES)
    return Plan(before=BEFORE, at_once=at_once, after=AFTER, leaving=leaving)


def _request(rng: Random, numbers: Iterator[int]) -> Request:
    makers = list(MAKERS)
    (make,) = rng.choices(makers, weights=[MAKERS[maker] for maker in makers])
    return make(rng, numbers)


def _registration(rng: Random, numbers: Iterator[int]) -> Request:
    number = next(numbers)
    configs = {
        topic: TopicConfig(topic_name=topic, read_queue_nums=number, write_queue_nums=number, perm=rng.choice(PERMS))
        for topic in rng.choice(TOPIC_SETS)
    }
    return RegisterBroker(
        cluster_name=CLUSTER,
        broker_addr=rng.choice(ADDRS),
        broker_name=rng.choice(NAMES),
        broker_id=rng.choice(IDS),
        ha_server_addr="h1:10912",
        enable_acting_master=rng.choice((None, True)),
        body=RegisterBrokerBody(
            topic_config_table=table(configs),
            data_version=DataVersion(state_version=rng.choice((0, 0, 0, 1)), timestamp=1, counter=number),
        ),
    )


def _unregistration(rng: Random, _: Iterator[int]) -> Request:
    return UnregisterBroker(
        cluster_name=CLUSTER,
        broker_addr=rng.choice(ADDRS),
        broker_name=rng.choice(NAMES),
        broker_id=rng.choice(IDS),
    )


def _version(rng: Random, _: Iterator[int]) -> Request:
    return QueryDataVersion(
        cluster_name=CLUSTER,
        broker_addr=rng.choice(ADDRS),
        broker_name=rng.choice(NAMES),
        broker_id=rng.choice(IDS),
        data_version=NOBODYS,
    )


def _by_hand(rng: Random, _: Iterator[int]) -> Request:
    return rng.choice(
        (
            WipeWritePermOfBroker(broker_name="a"),
            AddWritePermOfBroker(broker_name="a"),
            DeleteTopicInNamesrv(topic=rng.choice(TOPICS), cluster_name=None),
        )
    )


def _kv(rng: Random, numbers: Iterator[int]) -> Request:
    return rng.choice(
        (
            PutKVConfig(namespace=NAMESPACE, key=KEY, value=str(next(numbers))),
            GetKVConfig(namespace=NAMESPACE, key=KEY),
            DeleteKVConfig(namespace=NAMESPACE, key=KEY),
        )
    )


def _route(rng: Random, _: Iterator[int]) -> Request:
    return GetRouteInfoByTopic(topic=rng.choice(TOPICS))


def _lists(rng: Random, _: Iterator[int]) -> Request:
    return rng.choice((GetBrokerClusterInfo(), GetAllTopicList()))


MAKERS: Final[dict[Callable[[Random, Iterator[int]], Request], int]] = {
    _registration: 8,
    _route: 5,
    _version: 3,
    _unregistration: 3,
    _lists: 3,
    _kv: 3,
    _by_hand: 2,
}
"""How often each kind comes."""
