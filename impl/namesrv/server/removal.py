"""How addresses leave an Apache NameServer's tables: unregistration, a closed connection, a scan.

Sources: `RouteInfoManager.unRegisterBroker`, `.onChannelDestroy`, `.scanNotActiveBroker`, `BatchUnregistrationService`, 5.5.0;
`RouteInfoManager.unregisterBroker`, `.onChannelDestroy`, `.scanNotActiveBroker`, 4.9.7. `NullPointer`: see `registration`.
"""

from collections.abc import Callable

from namesrv.model.values import PERM_WRITE
from namesrv.server.profiles import ServerProfile
from namesrv.server.registration import NullPointer, is_expired, live_key
from namesrv.server.tables import BrokerEntry, LiveInfo, LiveKey, Tables


class Unregistration:
    """An address to be removed, as UNREGISTER_BROKER asks for it or as a lost connection makes it."""

    __slots__ = ("addr", "broker_id", "cluster", "name")

    def __init__(self, cluster: str | None, addr: str | None, name: str | None, broker_id: int | None) -> None:
        self.cluster = cluster
        self.addr = addr
        self.name = name
        self.broker_id = broker_id


def wipe_write_perm(tables: Tables, entry: BrokerEntry) -> None:
    """The name offers no queue for writing any more."""
    for topic, queues in tables.topic_queue.items():
        queue = queues.get(entry.name)
        if queue is not None and queue.perm & PERM_WRITE:
            tables.put_queue(topic, entry, queue._replace(perm=queue.perm & ~PERM_WRITE))


# 5.5.0 ------------------------------------------------------------------------------------------------------------


def unregister_by_addr(tables: Tables, profile: ServerProfile, u: Unregistration) -> None:
    """A batch of one: the address leaves every id of the name; the last one takes the name along. Never raises."""
    try:
        _unregister_by_addr(tables, profile, u)
    except NullPointer:
        return


def takes_lowest_id(tables: Tables, u: Unregistration) -> bool:
    """Whether the id that it names is the name's lowest, whatever address holds it; and somebody will be left."""
    entry = tables.broker_addr.get(u.name)
    if entry is None or not entry.addrs or u.broker_id != min(entry.addrs):
        return False
    return any(addr != u.addr for addr in entry.addrs.values())


def _unregister_by_addr(tables: Tables, profile: ServerProfile, u: Unregistration) -> None:
    tables.remove_live(live_key(profile, u.cluster, u.addr))
    if u.name is None:
        raise NullPointer
    entry = tables.broker_addr.get(u.name)
    if entry is None:
        return
    if entry.addrs and u.broker_id is None:
        raise NullPointer
    for broker_id, addr in list(entry.addrs.items()):
        if addr is None:
            raise NullPointer
        if addr == u.addr:
            tables.remove_id(entry, broker_id)
    if not entry.addrs:
        tables.remove_name(entry)
        tables.leave_cluster(u.cluster, u.name)
        tables.remove_queues_of((u.name,))
    elif entry.acting and min(entry.addrs) > 0:
        wipe_write_perm(tables, entry)


def first_place(tables: Tables, key: LiveKey) -> Unregistration | None:
    """`setupUnRegisterRequest`: the first place of an address within its cluster, in the table's order."""
    for entry in tables.broker_addr.values():
        if entry.cluster != key[0]:
            continue
        for broker_id, addr in entry.addrs.items():
            if addr is None:
                return None  # equals() is called on it
            if addr == key[1]:
                return Unregistration(key[0], addr, entry.name, broker_id)
    return None


def first_spoken_for(tables: Tables, channel: object) -> LiveKey | None:
    """The first live address that this connection registered last."""
    return next((key for key, info in tables.live.items() if info.channel is channel), None)


# 4.9.7 ------------------------------------------------------------------------------------------------------------


def unregister_by_id(tables: Tables, profile: ServerProfile, u: Unregistration) -> None:
    """The broker id is freed, whatever address holds it."""
    assert u.broker_id is not None, "unboxing it has thrown before"
    tables.remove_live(live_key(profile, u.cluster, u.addr))
    entry = tables.broker_addr.get(u.name)
    if entry is None:
        return
    tables.remove_id(entry, u.broker_id)
    if not entry.addrs:
        tables.remove_name(entry)
        tables.leave_cluster(u.cluster, u.name)
        tables.remove_queues_of((u.name,))


def remove_address(tables: Tables, addr: str | None) -> None:
    """`onChannelDestroy` once it knows an address: its first place goes, and a name without addresses.

    What ends the search is a *name* that was found. The null name is none: a second place goes too, and that the null name has
    become empty counts for the other; without another, the null name's queues go and it stays in its cluster's set.
    """
    if not addr:
        return
    tables.remove_live(("", addr))
    found: str | None = None
    has_emptied = False
    for entry in list(tables.broker_addr.values()):
        for broker_id, held in list(entry.addrs.items()):
            if held is None:
                return  # equals() is called on it, and the exception swallowed
            if held == addr:
                found = entry.name
                tables.remove_id(entry, broker_id)
                break
        if not entry.addrs:
            has_emptied = True
            tables.remove_name(entry)
        if found is not None:
            break
    if not has_emptied:
        return
    if found is not None:
        for cluster, names in tables.cluster_addr.items():
            if found in names:
                tables.leave_cluster(cluster, found)
                break
    tables.remove_queues_of((found,))


def channel_destroyed_at_once(tables: Tables, channel: object, remote_addr: str | None) -> None:
    """4.9.7: the first address of the connection; if it speaks for none, or for null, the peer's own, whatever that is."""
    key = first_spoken_for(tables, channel)
    remove_address(tables, remote_addr if key is None or key[1] is None else key[1])


def scan_at_once(
    tables: Tables, profile: ServerProfile, now_ms: int, expired: Callable[[LiveKey, LiveInfo], None]
) -> bool:
    """4.9.7's scan. False if it ended with an exception, and with it the timer.

    The entry is taken out first and its connection looked for then: another address of the same connection is removed in its
    stead, which changes the table under the iterator. `expired` is told of each entry.
    """
    entries = list(tables.live.items())
    for index, (key, info) in enumerate(entries):
        if not is_expired(profile, info, now_ms):
            continue
        expired(key, info)
        del tables.live[key]
        before = len(tables.live)
        channel_destroyed_at_once(tables, info.channel, key[1])
        if len(tables.live) != before and index + 1 < len(entries):
            return False
    return True
