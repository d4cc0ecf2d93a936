"""The NameServer's tables, mutable and laid out for speed, and the encoded routes that are kept beside them.

Whatever changes a table goes through the methods here, which keep two things right: an encoded route is dropped when, and only
when, something that it shows has changed; a name's `generation` grows whenever its brokers, queues or mappings change, which is
what `namesrv.server.unchanged` rests on. Rows are plain tuples, shared where equal.
Source: the fields of `RouteInfoManager`, 5.5.0.
"""

from collections.abc import Container, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from namesrv.model.values import PERM_WRITE, TopicQueueMappingInfo

MAX_ROUTE_CACHE_BYTES: Final = 32 << 20
"""Encoded routes beyond this many bytes drop the oldest ones."""

FORM_BYTES: Final = 300
"""What a kept route costs beside its bytes, roughly."""

LiveKey: TypeAlias = tuple[str | None, str | None]
"""Cluster name (`""` where liveness is by address alone) and `HOST:PORT`."""


class Version(NamedTuple):
    """A DataVersion. `counter` is `None` if it was sent as null; `timestamp` in epoch milliseconds."""

    state_version: int
    timestamp: int
    counter: int | None


class Queue(NamedTuple):
    """The queues of one broker name for one topic; the name is the key of the map that it stands in."""

    read_queue_nums: int
    write_queue_nums: int
    perm: int
    topic_sys_flag: int


class BrokerEntry:
    """The brokers of one name: `BrokerData`. `generation` counts the changes to it, to the name's queues and to its mappings.

    `wiped`: no queue of the name may be written to, whatever its broker says; never in Apache's releases.
    """

    __slots__ = ("acting", "addrs", "cluster", "generation", "name", "wiped", "zone")

    def __init__(self, cluster: str | None, name: str | None) -> None:
        self.cluster = cluster
        self.name = name
        self.addrs: dict[int, str | None] = {}
        self.acting = False
        self.zone: str | None = None
        self.generation = 0
        self.wiped = False


class LiveInfo:
    """What is known of a live address: `BrokerLiveInfo`. `channel` is compared by identity; `accepted` see `unchanged`.

    `partial`: its last registration said not to be full; never in Apache's releases.
    """

    __slots__ = (
        "accepted",
        "channel",
        "ha_server_addr",
        "heartbeat_timeout_ms",
        "last_update_ms",
        "partial",
        "version",
    )

    def __init__(
        self,
        *,
        last_update_ms: int,
        heartbeat_timeout_ms: int,
        version: Version | None,
        channel: object,
        ha_server_addr: str | None,
        partial: bool = False,
    ) -> None:
        self.last_update_ms = last_update_ms
        self.heartbeat_timeout_ms = heartbeat_timeout_ms
        self.version = version
        self.channel = channel
        self.ha_server_addr = ha_server_addr
        self.partial = partial
        self.accepted: Any = None


class SharedRoute:
    """An encoded route and how many topics have it."""

    __slots__ = ("route", "users")

    def __init__(self, route: bytes) -> None:
        self.route = route
        self.users = 0


class Tables:
    """All tables. Reading them directly is fine; changing them is for the methods."""

    def __init__(self, max_route_cache_bytes: int = MAX_ROUTE_CACHE_BYTES) -> None:
        self.topic_queue: dict[str | None, dict[str | None, Queue]] = {}
        self.broker_addr: dict[str | None, BrokerEntry] = {}
        self.cluster_addr: dict[str | None, dict[str | None, None]] = {}
        self.live: dict[LiveKey, LiveInfo] = {}
        self.filter_server: dict[LiveKey, tuple[str | None, ...]] = {}
        self.mapping: dict[str, dict[str | None, TopicQueueMappingInfo]] = {}
        self._routes: dict[str, dict[bool, bytes]] = {}
        self._shared: dict[bytes, SharedRoute] = {}
        self._route_bytes = 0
        self._max_route_bytes = max_route_cache_bytes

    # Names and places ---------------------------------------------------------------------------------------------

    def enter_cluster(self, cluster: str | None, name: str | None) -> None:
        """The name is in the cluster's set from now on."""
        self.cluster_addr.setdefault(cluster, {})[name] = None

    def leave_cluster(self, cluster: str | None, name: str | None) -> None:
        """The name is not in that cluster's set any more; an empty set goes."""
        names = self.cluster_addr.get(cluster)
        if names is not None:
            names.pop(name, None)
            if not names:
                del self.cluster_addr[cluster]

    def enter_name(self, cluster: str | None, name: str | None) -> BrokerEntry:
        """A new entry, without addresses."""
        entry = self.broker_addr[name] = BrokerEntry(cluster, name)
        return entry

    def remove_name(self, entry: BrokerEntry) -> None:
        """The entry goes; its queues are another matter."""
        self.place_changed(entry)
        del self.broker_addr[entry.name]

    def set_flags(self, entry: BrokerEntry, *, acting: bool, zone: str | None) -> None:
        """enableActingMaster and the zone's name."""
        if entry.acting != acting or entry.zone != zone:
            entry.acting = acting
            entry.zone = zone
            self.place_changed(entry)

    def set_wiped(self, entry: BrokerEntry, *, wiped: bool) -> None:
        """Whether queues that are put from now on lose the write bit; those that are there are another matter."""
        if entry.wiped != wiped:
            entry.wiped = wiped
            entry.generation += 1

    def set_cluster(self, entry: BrokerEntry, cluster: str | None) -> None:
        """The entry's own cluster; the cluster table is another matter."""
        if entry.cluster != cluster:
            entry.cluster = cluster
            self.place_changed(entry)

    def put_addr(self, entry: BrokerEntry, broker_id: int, addr: str | None) -> None:
        """The id is held by `addr` from now on."""
        if broker_id not in entry.addrs or entry.addrs[broker_id] != addr:
            entry.addrs[broker_id] = addr
            self.place_changed(entry)

    def remove_id(self, entry: BrokerEntry, broker_id: int) -> None:
        """The id is held by nobody."""
        if broker_id in entry.addrs:
            del entry.addrs[broker_id]
            self.place_changed(entry)

    def place_changed(self, entry: BrokerEntry) -> None:
        """Routes that show this name are out of date."""
        entry.generation += 1
        name = entry.name
        stale = [topic for topic in self._routes if name in self.topic_queue.get(topic, ())]
        for topic in stale:
            self._drop_route(topic)

    # Queues and mappings ------------------------------------------------------------------------------------------

    def put_queue(self, topic: str | None, entry: BrokerEntry, queue: Queue) -> None:
        """The name's queues for the topic."""
        if entry.wiped:
            queue = queue._replace(perm=queue.perm & ~PERM_WRITE)
        queues = self.topic_queue.get(topic)
        if queues is None:
            self.topic_queue[topic] = {entry.name: queue}
        elif queues.get(entry.name) == queue:
            return
        else:
            queues[entry.name] = queue
        entry.generation += 1
        if topic in self._routes:
            self._drop_route(topic)

    def topics_of(self, name: str | None) -> list[str | None]:
        """The topics that have queues of the name."""
        return [topic for topic, queues in self.topic_queue.items() if name in queues]

    def set_perm(self, topic: str | None, name: str | None, perm: int) -> None:
        """The permissions of queues that are there; their name need not be."""
        queues = self.topic_queue[topic]
        if queues[name].perm != perm:
            queues[name] = queues[name]._replace(perm=perm)
            self._queues_changed(topic, (name,))

    def remove_queues(self, topic: str | None, names: Iterable[str | None]) -> None:
        """The topic has no queues of these names any more; without any it goes."""
        queues = self.topic_queue[topic]
        gone = [name for name in names if queues.pop(name, None) is not None]
        if not queues:
            del self.topic_queue[topic]
        self._queues_changed(topic, gone)

    def _queues_changed(self, topic: str | None, names: Iterable[str | None]) -> None:
        for name in names:
            entry = self.broker_addr.get(name)
            if entry is not None:
                entry.generation += 1
            self._drop_route(topic)

    def remove_queues_of(self, names: Iterable[str | None], *, but: Container[str | None] = ()) -> None:
        """No topic has queues of these names any more, except those in `but`; topics left without queues go."""
        gone = tuple(names)
        empty = []
        for topic, queues in self.topic_queue.items():
            if topic in but:
                continue
            for name in gone:
                if queues.pop(name, None) is not None and topic in self._routes:
                    self._drop_route(topic)
            if not queues:
                empty.append(topic)
        for topic in empty:
            del self.topic_queue[topic]
            if topic in self._routes:
                self._drop_route(topic)
        for name in gone:
            entry = self.broker_addr.get(name)
            if entry is not None:
                entry.generation += 1

    def enter_mapped(self, topic: str) -> dict[str | None, TopicQueueMappingInfo]:
        """The topic's mappings, there may be none of."""
        self._drop_route(topic)
        return self.mapping.setdefault(topic, {})

    def put_mapping(self, topic: str, info: TopicQueueMappingInfo) -> None:
        """A static topic's mapping on the broker that it names, which need not be the one that tells of it."""
        self.enter_mapped(topic)[info.bname] = info
        entry = self.broker_addr.get(info.bname)
        if entry is not None:
            entry.generation += 1

    def remove_mappings_of(self, name: str | None) -> None:
        """No topic has a mapping of that name any more."""
        for topic in [topic for topic, infos in self.mapping.items() if name in infos]:
            infos = self.mapping[topic]
            del infos[name]
            if not infos:
                del self.mapping[topic]
            self._drop_route(topic)

    # Liveness and filter servers ----------------------------------------------------------------------------------

    def put_filter_servers(self, key: LiveKey, servers: tuple[str | None, ...], entry: BrokerEntry) -> None:
        """The filter servers of an address; none of them removes what there was."""
        before = self.filter_server.get(key, ())
        if servers:
            self.filter_server[key] = servers
        else:
            self.filter_server.pop(key, None)
        if before != servers:
            self._filter_servers_changed(key, entry)

    def remove_live(self, key: LiveKey) -> LiveInfo | None:
        """The address is not live any more and has no filter servers."""
        if self.filter_server.pop(key, None) is not None:
            self._filter_servers_changed(key, None)
        return self.live.pop(key, None)

    def _filter_servers_changed(self, key: LiveKey, entry: BrokerEntry | None) -> None:
        """An address may stand under several names: all that show it."""
        for other in self.broker_addr.values():
            if other is entry or key[1] in other.addrs.values():
                self.place_changed(other)

    # Encoded routes -----------------------------------------------------------------------------------------------

    def cached_route(self, topic: str, quoted: bool) -> bytes | None:
        """The route's bytes, if they are still true."""
        forms = self._routes.get(topic)
        return None if forms is None else forms.get(quoted)

    def cache_route(self, topic: str, quoted: bool, route: bytes) -> None:
        """Keeps a route's bytes until something in it changes, or for lack of room. A route does not name its topic: topics
        that lie on the same brokers with the same queues share the bytes.
        """
        shared = self._shared.get(route)
        if shared is None:
            shared = self._shared[route] = SharedRoute(route)
            self._route_bytes += len(route)
        shared.users += 1
        forms = self._routes.setdefault(topic, {})
        if quoted in forms:
            self._release(forms[quoted])
        else:
            self._route_bytes += FORM_BYTES
        forms[quoted] = shared.route
        while self._route_bytes > self._max_route_bytes:
            self._drop_route(next(iter(self._routes)))

    def _drop_route(self, topic: str | None) -> None:
        forms = self._routes.pop(topic, None)  # type: ignore[arg-type]  # None is never a key of it
        if forms is not None:
            for route in forms.values():
                self._route_bytes -= FORM_BYTES
                self._release(route)

    def _release(self, route: bytes) -> None:
        shared = self._shared[route]
        shared.users -= 1
        if not shared.users:
            del self._shared[route]
            self._route_bytes -= len(route)
