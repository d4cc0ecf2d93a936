"""A registration, and what an Apache NameServer does with it.

`register_apache` goes through the tables in the order of `RouteInfoManager.registerBroker` (4.9.7 and 5.5.0), since an exception
in the middle leaves behind what was done until then, and is answered SUCCESS all the same: `NullPointer` stands for it.
"""

from collections.abc import Container, Sequence
from typing import Final

from namesrv.model.values import MASTER_ID, PERM_WRITE, TopicQueueMappingInfo
from namesrv.server.profiles import ServerProfile
from namesrv.server.tables import BrokerEntry, LiveInfo, LiveKey, Queue, Tables, Version

LONG_RANGE: Final = 1 << 64


Mappings = Sequence[tuple[str, TopicQueueMappingInfo | None]]


class NullPointer(Exception):
    """Where Java throws a NullPointerException and somebody above catches it."""


class Registration:
    """One REGISTER_BROKER, its body read. `acting` is `None` where the header has no enableActingMaster.

    `topics`: name and queues of each config, `None` where the table was null; `topic_count`: how many keys the table has.
    `has_wrapper`: false where the body had a null instead of the table and its version. `deletes_topics`: the server's
    deleteTopicWithBrokerRegistration. `mappings`: `None` where the table was null. `keys`: those of the topic table, which may
    differ from its topics' names.
    """

    __slots__ = (
        "acting",
        "addr",
        "broker_id",
        "channel",
        "cluster",
        "deletes_topics",
        "filter_servers",
        "full_body",
        "ha_server_addr",
        "has_wrapper",
        "heartbeat_timeout_ms",
        "keys",
        "mappings",
        "name",
        "now_ms",
        "topic_count",
        "topics",
        "version",
        "zone",
    )

    def __init__(
        self,
        *,
        cluster: str | None,
        addr: str | None,
        name: str | None,
        broker_id: int,
        channel: object,
        now_ms: int,
        ha_server_addr: str | None = None,
        heartbeat_timeout_ms: int | None = None,
        acting: bool | None = None,
        zone: str | None = None,
        full_body: bool | None = None,
        deletes_topics: bool = False,
        topics: list[tuple[str | None, Queue]] | None = None,
        topic_count: int = 0,
        version: Version | None = None,
        mappings: Mappings | None = (),
        filter_servers: tuple[str | None, ...] | None = None,
    ) -> None:
        self.cluster = cluster
        self.addr = addr
        self.name = name
        self.broker_id = broker_id
        self.channel = channel
        self.now_ms = now_ms
        self.ha_server_addr = ha_server_addr
        self.heartbeat_timeout_ms = heartbeat_timeout_ms
        self.acting = acting
        self.zone = zone
        self.full_body = full_body
        self.deletes_topics = deletes_topics
        self.topics = topics
        self.topic_count = topic_count
        self.version = version
        self.mappings = mappings
        self.filter_servers = filter_servers
        self.has_wrapper = True
        self.keys: Container[str] = ()


class Registered:
    """What a registration comes to.

    `stored`: the live entry, if it was accepted as a whole. `rows_in_place`: it put all queues of its body, or publishes none
    (in `strict` always so). `is_new`: the address was not live before.
    """

    __slots__ = ("entry", "ha_server_addr", "is_new", "master_addr", "refused", "rows_in_place", "rule", "stored")

    def __init__(self, rule: str, *, refused: bool = False) -> None:
        self.rule = rule
        self.refused = refused
        self.stored: LiveInfo | None = None
        self.entry: BrokerEntry | None = None
        self.rows_in_place = True
        self.is_new = False
        self.master_addr: str | None = None
        self.ha_server_addr: str | None = None


def live_key(profile: ServerProfile, cluster: str | None, addr: str | None) -> LiveKey:
    """The key in the live and filter server tables. Raises `NullPointer` where `BrokerAddrInfo.hashCode` does."""
    if not profile.live_by_cluster:
        return "", addr
    if cluster is None or addr is None:
        raise NullPointer
    return cluster, addr


def register_apache(tables: Tables, profile: ServerProfile, r: Registration) -> Registered:
    """`RouteInfoManager.registerBroker`. Never raises."""
    result = Registered("accepted")
    try:
        _register(tables, profile, r, result)
    except NullPointer:
        result.rule = "null-swallowed"
    return result


def _register(tables: Tables, profile: ServerProfile, r: Registration, result: Registered) -> None:
    if r.cluster is None and not profile.null_keys:
        raise NullPointer
    tables.enter_cluster(r.cluster, r.name)
    if r.name is None and not profile.null_keys:
        raise NullPointer
    entry = tables.broker_addr.get(r.name)
    first = entry is None
    if entry is None:
        entry = tables.enter_name(r.cluster, r.name)
    if profile.acting_master:
        tables.set_flags(entry, acting=bool(r.acting), zone=r.zone)
    leave_other_ids(tables, entry, r.broker_id, r.addr)
    if profile.state_version and _older_state_version(tables, profile, entry, r):
        tables.live.pop(live_key(profile, r.cluster, r.addr), None)
        result.rule = "older-state-version"
        return
    if profile.refuses_first_single_topic and r.broker_id not in entry.addrs:
        if r.topics is None:
            raise NullPointer
        if r.topic_count == 1:
            result.rule = "topic-before-broker"
            result.refused = True
            return
    old_addr = entry.addrs.get(r.broker_id)
    tables.put_addr(entry, r.broker_id, r.addr)
    first = first or (not old_addr if profile.empty_address_is_none else old_addr is None)
    if r.topics is not None and publishes(profile, entry, r):
        delete_other_topics(tables, entry, r)
        result.rows_in_place = _put_topics(tables, profile, entry, r, first=first)
    store_live(tables, profile, entry, r, result)


def leave_other_ids(tables: Tables, entry: BrokerEntry, broker_id: int, addr: str | None) -> None:
    """A slave that became a master must not stand under its old id too."""
    if addr is not None:
        for other in [i for i, held in entry.addrs.items() if held == addr and i != broker_id]:
            tables.remove_id(entry, other)


def _older_state_version(tables: Tables, profile: ServerProfile, entry: BrokerEntry, r: Registration) -> bool:
    """Whether another address, live in the cluster of the request, holds the id with a greater stateVersion."""
    held = entry.addrs.get(r.broker_id)
    if held is None or held == r.addr:
        return False
    info = tables.live.get(live_key(profile, r.cluster, held))
    if info is None:
        return False
    if info.version is None or r.version is None:
        raise NullPointer
    return info.version.state_version > r.version.state_version


def is_prime_slave(profile: ServerProfile, entry: BrokerEntry, r: Registration) -> bool:
    """Whether the slave with the lowest id registers, in a group where slaves may act as masters."""
    return (
        profile.acting_master and r.acting is not None and r.broker_id != MASTER_ID and r.broker_id == min(entry.addrs)
    )


def publishes(profile: ServerProfile, entry: BrokerEntry, r: Registration) -> bool:
    """Whether this registration's topics count."""
    return r.broker_id == MASTER_ID or is_prime_slave(profile, entry, r)


def version_differs(tables: Tables, key: LiveKey, version: Version | None) -> bool:
    """`RouteInfoManager.isBrokerTopicConfigChanged`."""
    info = tables.live.get(key)
    return info is None or info.version is None or info.version != version


def _put_topics(tables: Tables, profile: ServerProfile, entry: BrokerEntry, r: Registration, *, first: bool) -> bool:
    """Puts the body's queues and mappings; says whether it was all of them."""
    assert r.topics is not None
    if profile.null_keys:
        key: LiveKey | None = live_key(profile, r.cluster, r.addr)
    else:
        key = None if r.addr is None else live_key(profile, r.cluster, r.addr)
    changed = first or key is None or version_differs(tables, key, r.version)
    if key is None and not first and r.topics:
        raise NullPointer  # isTopicConfigChanged looks for the null address
    put_queues(tables, profile, entry, r, every=changed)
    if key is None:
        raise NullPointer  # isBrokerTopicConfigChanged does
    if changed and profile.acting_master:
        put_mappings(tables, r)
    return changed


def put_mappings(tables: Tables, r: Registration) -> None:
    """The body's mappings, up to one that is null: its topic is entered. Raises `NullPointer`."""
    if r.mappings is None:
        raise NullPointer
    for topic, info in r.mappings:
        if info is None:
            tables.enter_mapped(topic)
            raise NullPointer
        tables.put_mapping(topic, info)


def put_queues(tables: Tables, profile: ServerProfile, entry: BrokerEntry, r: Registration, *, every: bool) -> None:
    """Puts every topic of the body, or (if the release does) those that the name lacks."""
    assert r.topics is not None
    if not every and not profile.puts_absent_topics:
        return
    read_only = (entry.acting or profile.prime_slave_is_read_only) and is_prime_slave(profile, entry, r)
    name = entry.name
    topic_queue = tables.topic_queue
    for topic, queue in r.topics:
        if topic is None and not profile.null_keys:
            raise NullPointer
        queues = topic_queue.get(topic)
        if queues is not None and name in queues and (not every or (queues[name] == queue and not read_only)):
            continue
        if read_only:
            queue = queue._replace(perm=queue.perm & ~PERM_WRITE)
        tables.put_queue(topic, entry, queue)


def delete_other_topics(tables: Tables, entry: BrokerEntry, r: Registration) -> None:
    """deleteTopicWithBrokerRegistration: what the body does not name, the name has no more. Not with static topics."""
    if r.deletes_topics and r.mappings is None:
        raise NullPointer
    if r.deletes_topics and not r.mappings:
        for topic in tables.topics_of(entry.name):
            if topic is None or topic not in r.keys:
                tables.remove_queues(topic, (entry.name,))


def store_live(tables: Tables, profile: ServerProfile, entry: BrokerEntry, r: Registration, result: Registered) -> None:
    """The live entry, the filter servers, and what a slave is told of its master."""
    key = live_key(profile, r.cluster, r.addr)
    version = r.version
    if not r.has_wrapper:
        if not profile.takes_null_wrapper:
            raise NullPointer
        version = Version(0, r.now_ms, 0)  # new DataVersion()
    timeout_ms = r.heartbeat_timeout_ms if profile.request_heartbeat_timeout else None
    result.is_new = key not in tables.live
    info = tables.live[key] = LiveInfo(
        last_update_ms=r.now_ms,
        heartbeat_timeout_ms=profile.heartbeat_timeout_ms if timeout_ms is None else timeout_ms,
        version=version,
        channel=r.channel,
        ha_server_addr=r.ha_server_addr,
        partial=profile.repaired and r.full_body is False,
    )
    if r.filter_servers is not None:
        tables.put_filter_servers(key, r.filter_servers, entry)
    result.stored = info
    result.entry = entry
    tell_of_master(tables, profile, entry, r.cluster, r.broker_id, result)


def tell_of_master(
    tables: Tables, profile: ServerProfile, entry: BrokerEntry, cluster: str | None, broker_id: int, result: Registered
) -> None:
    """To a slave: where its master is, if that is live in the cluster that the slave speaks of."""
    if broker_id == MASTER_ID:
        return
    master_addr = entry.addrs.get(MASTER_ID)
    if master_addr is None:
        return
    master = tables.live.get(live_key(profile, cluster, master_addr))
    if master is not None:
        result.master_addr = master_addr
        result.ha_server_addr = master.ha_server_addr


def is_expired(profile: ServerProfile, info: LiveInfo, now_ms: int) -> bool:
    """`last + timeout < now`, which in Java wraps round at 2^63 (not repaired: `docs/strict.md`, no-expiry-overflow)."""
    deadline_ms = info.last_update_ms + info.heartbeat_timeout_ms
    if not profile.repaired:
        deadline_ms = (deadline_ms + LONG_RANGE // 2) % LONG_RANGE - LONG_RANGE // 2
    return deadline_ms < now_ms
