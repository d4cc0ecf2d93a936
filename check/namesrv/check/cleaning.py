"""Leaving a NameServer as it was: what a run registered is removed again, as far as its release lets anyone."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from namesrv.model.events import Answer, GetBrokerClusterInfo, RegisterBroker, Request, UnregisterBroker
from namesrv.model.values import ClusterInfo, DataVersion, RegisterBrokerBody, TopicConfig, table

ROUNDS: Final = 3
LOOKS: Final = 20
"""How often it is tried, and looked at whether removals that are under way have come about."""

ADDR: Final = "cleaner:1"


class Place(NamedTuple):
    """Where an address may stand."""

    cluster: str
    name: str
    broker_id: int
    addr: str


def clean(ask: Callable[[Request], Answer | None], places: Iterable[Place]) -> tuple[tuple[str, str], ...]:
    """Unregisters every place that was ever claimed. Returns the cluster and broker name of what could not be removed.

    5.5.0 leaves names in cluster sets, where nothing removes them; but who registers there once more, and leaves, takes them
    along. `ask` sends a request of the run's own and returns its answer, `None` if none comes.
    """
    left: tuple[tuple[str, str], ...] = ()
    claimed = sorted(set(places))
    for _ in range(ROUNDS):
        for place in claimed:
            ask(_unregistration(place))
        left = _still_there(ask)
        if not left:
            break
        claimed = [Place(cluster, name, 0, ADDR) for cluster, name in left]
        for place in claimed:
            ask(_registration(place))
    return left


def _still_there(ask: Callable[[Request], Answer | None]) -> tuple[tuple[str, str], ...]:
    left: tuple[tuple[str, str], ...] = ()
    for _ in range(LOOKS):
        answer = ask(GetBrokerClusterInfo())
        if answer is None or not isinstance(answer.body, ClusterInfo):
            return left
        clusters = answer.body.cluster_addr_table.items()
        left = tuple(sorted((str(cluster), str(name)) for cluster, names in clusters for name in names))
        if not left and not answer.body.broker_addr_table:
            break
    return left


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
