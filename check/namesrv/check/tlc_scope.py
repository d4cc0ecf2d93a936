"""The bounds of `spec/MCNameServer.tla`, driven through the Python model: both must reach equally many states.

Inputs are the spec's actions, one for one, each run to the end (`settle`) under `strict`. That the two come to the *same* states,
and by the same steps, is shown of smaller models, with more in them: `theme_graph`.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

import attrs

from namesrv.check.spec_values import name_server_value
from namesrv.explore.bfs import Explored, explore
from namesrv.model.events import (
    Channel,
    ChannelClosed,
    Event,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    Request,
    ScanNotActiveBroker,
    UnregisterBroker,
)
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table

NOW_MS: Final = 1_000_000
"""The one instant at which everything happens; silence is a last update long before it."""

STALE_MS: Final = 0


@attrs.frozen(kw_only=True)
class Scope:
    """The constants of a .cfg file. A topic's config is told by the version that it was sent with: so in the spec."""

    names: tuple[str, ...]
    versions: tuple[DataVersion, ...]
    clusters: tuple[str, ...] = ("C1",)
    addrs: tuple[str, ...] = ("h1", "h2")
    ids: tuple[int, ...] = (0, 1)
    channels: tuple[int, ...] = (1, 2)
    bodies: tuple[tuple[str, ...], ...] = (("t1",), ("t1", "t2"))

    def requests(self) -> Iterator[tuple[int, Request]]:
        """Every request of the spec, with its connection."""
        for cluster, addr, name, broker_id in product(self.clusters, self.addrs, self.names, self.ids):
            place = UnregisterBroker(cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=broker_id)
            for channel in self.channels:
                for version, topics in product(self.versions, self.bodies):
                    yield channel, self.registration(place, version, topics)
                yield channel, place
            query = QueryDataVersion(
                cluster_name=cluster,
                broker_addr=addr,
                broker_name=name,
                broker_id=broker_id,
                data_version=self.versions[0],
            )
            yield self.channels[0], query

    def registration(self, place: UnregisterBroker, version: DataVersion, topics: tuple[str, ...]) -> RegisterBroker:
        """A registration at `place` whose topics say with which version they were sent: its place in `versions`, as queues."""
        queues = self.versions.index(version) + 1
        configs = [TopicConfig(topic_name=topic, read_queue_nums=queues, write_queue_nums=queues) for topic in topics]
        body = RegisterBrokerBody(
            topic_config_table=table((config.topic_name or "", config) for config in configs), data_version=version
        )
        return RegisterBroker(
            cluster_name=place.cluster_name,
            broker_addr=place.broker_addr,
            broker_name=place.broker_name,
            broker_id=place.broker_id,
            body=body,
        )


def _version(counter: int, timestamp: int, state_version: int = 0) -> DataVersion:
    return DataVersion(state_version=state_version, timestamp=timestamp, counter=counter)


COUNTERS: Final = (_version(1, 1), _version(2, 2))

SCOPES: Final = {
    "MCNameServer": Scope(names=("a", "b"), versions=COUNTERS),
    "MCStateVersion": Scope(names=("a",), versions=(*COUNTERS, _version(1, 1, state_version=1))),
    "MCBodies": Scope(names=("a",), versions=COUNTERS, bodies=((), ("t1",), ("t2",), ("t1", "t2"))),
    "MCClusters": Scope(names=("a",), versions=COUNTERS, clusters=("C1", "C2")),
    "MCRestart": Scope(names=("a",), versions=(*COUNTERS, _version(1, 3))),
}
"""By the name of the .cfg file."""


def successors(scope: Scope, profile: Profile) -> Callable[[NameServerState], Iterator[NameServerState]]:
    """The spec's `Next` over the model's own `step`."""
    requests = [
        Received(channel=Channel(channel), opaque=Opaque(1), request=request) for channel, request in scope.requests()
    ]
    closes = [ChannelClosed(channel=Channel(channel)) for channel in scope.channels]
    events: tuple[Event, ...] = (*requests, *closes, ScanNotActiveBroker())

    def following(state: NameServerState) -> Iterator[NameServerState]:
        for event in events:
            yield settle(step(state, event, profile)[0], profile, NOW_MS)[0]
        yield from _grow_stale(state)

    return following


def _grow_stale(state: NameServerState) -> Iterator[NameServerState]:
    """The spec's `GrowStale`: any one live address has been silent for too long."""
    live = state.tables.broker_live_table
    for key, info in live.items():
        silent = live.insert(key, attrs.evolve(info, last_update_ms=STALE_MS))
        yield attrs.evolve(state, tables=attrs.evolve(state.tables, broker_live_table=silent))


def explore_scope(
    scope: Scope, profile: Profile = PROFILES["strict"], *, max_states: int = 1_000_000
) -> Explored[NameServerState]:
    """Every state of the model within `scope`. `distinct` counts them as the spec sees them, by `name_server_value`.

    Raises `ValueError` if two states look the same to the spec: then it has left something out that varies.
    """
    explored = explore(NameServerState(), successors(scope, profile), max_states=max_states)
    seen = len({name_server_value(state, NOW_MS) for state in explored.states})
    if seen != explored.distinct:
        raise ValueError(f"explore_scope: expected one abstract state each for {explored.distinct}, got {seen}")
    return explored
