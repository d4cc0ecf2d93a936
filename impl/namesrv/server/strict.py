"""`strict`: the repaired registration, unregistration, query, close and scan. Decides first, then does everything or nothing.

The rules, their order and their names are those of `docs/strict.md`.
"""

from namesrv.model.values import MASTER_ID
from namesrv.server.profiles import ServerProfile
from namesrv.server.registration import (
    Registered,
    Registration,
    delete_other_topics,
    is_expired,
    publishes,
    put_mappings,
    put_queues,
    store_live,
)
from namesrv.server.removal import wipe_write_perm
from namesrv.server.tables import BrokerEntry, LiveInfo, LiveKey, Tables, Version


def stands(tables: Tables, cluster: str | None, name: str | None, broker_id: int | None, addr: str | None) -> bool:
    """Whether the address holds exactly this place."""
    entry = tables.broker_addr.get(name)
    if entry is None or entry.cluster != cluster or broker_id is None:
        return False
    return entry.addrs.get(broker_id) == addr


def is_older(new: Version, old: Version) -> bool:
    """Whether `new` is certainly an earlier state of the broker that sent `old`; a restart counts from 0, but later.

    Equal versions are not older. Both counters have to be there.
    """
    if new.state_version != old.state_version:
        return new.state_version < old.state_version
    assert new.counter is not None and old.counter is not None
    if new.counter == old.counter:
        return new.timestamp < old.timestamp
    return new.counter < old.counter and new.timestamp <= old.timestamp


def live_places(tables: Tables, addr: str | None) -> list[tuple[LiveKey, LiveInfo]]:
    """Every live entry of an address. There is one at most, in whatever cluster."""
    return [(key, info) for key, info in tables.live.items() if key[1] == addr]


# REGISTER_BROKER --------------------------------------------------------------------------------------------------


def part_missing(r: Registration) -> bool:
    """Something without which a registration means nothing."""
    return (
        not r.cluster
        or not r.name
        or not r.addr
        or r.broker_id < 0
        or r.version is None
        or r.version.counter is None
        or r.topics is None
        or any(not topic for topic, _ in r.topics)
        or r.mappings is None
        or any(info is None or info.bname != r.name for _, info in r.mappings)
    )


def older_state_version(tables: Tables, r: Registration) -> bool:
    """Another live address holds the place with a greater stateVersion."""
    entry = tables.broker_addr.get(r.name)
    held = None if entry is None else entry.addrs.get(r.broker_id)
    if held is None or held == r.addr:
        return False
    assert r.version is not None
    return any(
        info.version is not None and info.version.state_version > r.version.state_version
        for _, info in live_places(tables, held)
    )


def older_data_version(tables: Tables, r: Registration) -> bool:
    """The address is live with a newer DataVersion that came over another connection; what comes over one is in order."""
    assert r.version is not None
    return any(
        info.channel is not r.channel and info.version is not None and is_older(r.version, info.version)
        for _, info in live_places(tables, r.addr)
    )


def name_of_another_cluster(tables: Tables, r: Registration) -> bool:
    """The name stands in another cluster with somebody else."""
    entry = tables.broker_addr.get(r.name)
    if entry is None or entry.cluster == r.cluster:
        return False
    return any(broker_id != r.broker_id and addr != r.addr for broker_id, addr in entry.addrs.items())


def topic_before_broker(tables: Tables, r: Registration) -> bool:
    """One topic of an address that does not stand there, and perhaps not all that it has."""
    return r.topic_count == 1 and not r.full_body and not stands(tables, r.cluster, r.name, r.broker_id, r.addr)


def register_strict(tables: Tables, profile: ServerProfile, r: Registration) -> Registered:
    """REGISTER_BROKER; the first rule that applies decides."""
    if part_missing(r):
        return Registered("part-missing", refused=True)
    if older_state_version(tables, r):
        return Registered("older-state-version", refused=True)
    if older_data_version(tables, r):
        return Registered("older-data-version", refused=True)
    if name_of_another_cluster(tables, r):
        return Registered("name-of-another-cluster", refused=True)
    if topic_before_broker(tables, r):
        return Registered("topic-before-broker", refused=True)
    return accept(tables, profile, r)


def accept(tables: Tables, profile: ServerProfile, r: Registration) -> Registered:
    """The steps of `accepted`, in order."""
    result = Registered("accepted")
    assert r.addr is not None
    key: LiveKey = (r.cluster, r.addr)
    here = stands(tables, r.cluster, r.name, r.broker_id, r.addr)
    first = not (here and key in tables.live)
    for other, _ in live_places(tables, r.addr):
        if not (here and other == key):
            remove_everywhere(tables, other)
    entry = tables.broker_addr.get(r.name)
    held = None if entry is None else entry.addrs.get(r.broker_id)
    if held is not None and held != r.addr:
        for other, _ in live_places(tables, held):
            tables.remove_live(other)
    if entry is None:
        entry = tables.enter_name(r.cluster, r.name)
    elif entry.cluster != r.cluster:
        tables.leave_cluster(entry.cluster, r.name)
        tables.set_cluster(entry, r.cluster)
    tables.enter_cluster(r.cluster, r.name)
    tables.set_flags(entry, acting=bool(r.acting), zone=r.zone)
    tables.put_addr(entry, r.broker_id, r.addr)
    if r.broker_id == MASTER_ID and first:
        tables.set_wiped(entry, wiped=False)
    if r.broker_id == MASTER_ID and (first or r.full_body):
        assert r.topics is not None
        tables.remove_queues_of((r.name,), but=() if first else {topic for topic, _ in r.topics})
        tables.remove_mappings_of(r.name)
    if publishes(profile, entry, r):
        delete_other_topics(tables, entry, r)
        put_queues(tables, profile, entry, r, every=True)
        put_mappings(tables, r)
    store_live(tables, profile, entry, r, result)
    return result


# Removal ----------------------------------------------------------------------------------------------------------


def remove_place(tables: Tables, key: LiveKey, entry: BrokerEntry) -> None:
    """The address leaves this name, and what depends on it goes along."""
    tables.remove_live(key)
    for broker_id in [i for i, addr in entry.addrs.items() if addr == key[1]]:
        tables.remove_id(entry, broker_id)
    if not entry.addrs:
        tables.remove_name(entry)
        tables.leave_cluster(entry.cluster, entry.name)
        tables.remove_queues_of((entry.name,))
        tables.remove_mappings_of(entry.name)
    elif entry.acting and MASTER_ID not in entry.addrs:
        wipe_write_perm(tables, entry)


def remove_everywhere(tables: Tables, key: LiveKey) -> None:
    """The address is not live any more and stands nowhere."""
    for entry in [entry for entry in tables.broker_addr.values() if key[1] in entry.addrs.values()]:
        remove_place(tables, key, entry)
    tables.remove_live(key)


def unregister_strict(
    tables: Tables, channel: object, cluster: str | None, addr: str | None, name: str | None, broker_id: int | None
) -> str:
    """UNREGISTER_BROKER. Returns the rule; `accepted` and `not-live` are answered SUCCESS."""
    if not cluster or not addr or not name or broker_id is None:
        return "part-missing"
    info = tables.live.get((cluster, addr))
    if info is None:
        return "not-live"
    entry = tables.broker_addr.get(name)
    if entry is None or entry.addrs.get(broker_id) != addr:
        return "another-place"
    if info.channel is not channel:
        return "another-connection"
    remove_place(tables, (cluster, addr), entry)
    return "accepted"


def close_strict(tables: Tables, channel: object) -> list[LiveKey]:
    """A closed connection takes along every address that it speaks for. Returns them."""
    keys = [key for key, info in tables.live.items() if info.channel is channel]
    for key in keys:
        remove_everywhere(tables, key)
    return keys


def scan_strict(tables: Tables, profile: ServerProfile, now_ms: int) -> list[tuple[LiveKey, LiveInfo]]:
    """Removes the silent ones. Returns them; a connection of theirs that speaks for nobody any more is to be closed."""
    expired = [(key, info) for key, info in tables.live.items() if is_expired(profile, info, now_ms)]
    for key, _ in expired:
        remove_everywhere(tables, key)
    return expired
