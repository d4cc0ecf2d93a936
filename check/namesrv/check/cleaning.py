"""Leaving a NameServer as it was: what a run registered is removed again, as far as its release lets anyone."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from namesrv.check.sentinel import SENTINEL, SENTINEL_GONE, SENTINEL_REMOVED, SENTINEL_ROUTE
from namesrv.model.events import Answer, GetBrokerClusterInfo, RegisterBroker, Request, UnregisterBroker
from namesrv.model.values import MASTER_ID, ClusterInfo, DataVersion, RegisterBrokerBody, TopicConfig, table

ADDR: Final = "cleaner:1"

Ask = Callable[[Request], Answer | None]
Name = tuple[str | None, str | None]
"""Cluster and broker name."""


class Place(NamedTuple):
    """Where an address may stand. A part is `None` where a request had none."""

    cluster: str | None
    name: str | None
    broker_id: int
    addr: str | None


def clean(
    ask: Ask, places: Iterable[Place], patient: Callable[[], bool], settle: Callable[[], None] | None = None
) -> tuple[Name, ...]:
    """Unregisters every place that was ever claimed. Returns what could not be removed.

    Names stay in cluster sets where a registration was refused or moved to another cluster (5.5.0, 4.9.7), and a name stays
    whose id is held by null (5.5.0); nobody's departure removes those. But who registers there once more, at every id, and
    leaves, takes them along: one name after the other, since a name that stands in two clusters leaves only that of the
    request. What can't be removed: a null name in a cluster of 5.5.0, which takes it in and can't look for it.
    `ask` sends a request of the run's own and returns its answer, `None` if none comes; `patient`: whether to go on waiting;
    `settle`: instead of that, returns once the NameServer has nothing left to do, if it can tell.
    """
    claimed = sorted(set(places), key=repr)
    for place in claimed:
        ask(_unregistration(place))
    wait = settle or partial(_wait, ask, patient)
    wait()
    for name in _still_there(ask):
        ids = sorted({place.broker_id for place in claimed if place.name == name[1]} | {MASTER_ID})
        for broker_id in ids:  # an address leaves its other ids by itself
            ask(_registration(Place(*name, broker_id, ADDR)))
        for broker_id in ids:
            ask(_unregistration(Place(*name, broker_id, ADDR)))
        wait()
    return _still_there(ask)


def _wait(ask: Ask, patient: Callable[[], bool]) -> None:
    """Until what was asked for has come about."""
    ask(SENTINEL)
    ask(SENTINEL_GONE)
    while patient():
        answer = ask(SENTINEL_ROUTE)
        if answer is None or answer.code == SENTINEL_REMOVED:
            return


def _still_there(ask: Ask) -> tuple[Name, ...]:
    answer = ask(GetBrokerClusterInfo())
    if answer is None or not isinstance(answer.body, ClusterInfo):
        return ()
    listed = {(cluster, name) for cluster, names in answer.body.cluster_addr_table.items() for name in names}
    standing = {(data.cluster, data.broker_name) for data in answer.body.broker_addr_table.values()}
    return tuple(sorted((_named(name) for name in listed | standing), key=repr))


def _named(name: Name) -> Name:
    """A null key of the cluster table is read as its name."""
    cluster, broker = name
    return None if cluster == "null" else cluster, broker


def _unregistration(place: Place) -> UnregisterBroker:
    return UnregisterBroker(
        cluster_name=place.cluster, broker_name=place.name, broker_id=place.broker_id, broker_addr=place.addr
    )


def _registration(place: Place) -> RegisterBroker:
    configs = table({topic: TopicConfig(topic_name=topic) for topic in ("sentinel1", "sentinel2")})
    return RegisterBroker(
        cluster_name=place.cluster,
        broker_name=place.name,
        broker_id=place.broker_id,
        broker_addr=place.addr,
        body=RegisterBrokerBody(topic_config_table=configs, data_version=DataVersion(timestamp=1, counter=1)),
    )
