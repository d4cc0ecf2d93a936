"""4.9.7: a destroyed connection takes one address along at once, and the scan looks at a table that nobody keeps still.

The live table is a HashMap, which `scanNotActiveBroker` goes through without any lock. When somebody else adds or removes an
entry meanwhile, the iterator's next move (`next`, `remove`) throws a ConcurrentModificationException; nobody catches it, and a
`scheduleAtFixedRate` whose task has thrown never runs it again: no broker expires any more until the NameServer is restarted.
What may come between: a newcomer's registration, an unregistration, any broker's closed connection, and the scan itself: the
close that it causes is noticed by another thread, maybe before it has taken the entry out, and where the connection speaks for
two brokers the scan removes the second one under its own iterator.
Source: `NamesrvController.initialize`, `RouteInfoManager.scanNotActiveBroker`, `.onChannelDestroy`, 4.9.7. That a modification
may also corrupt the HashMap is not modelled.
"""

from collections.abc import Iterator

import attrs

from namesrv.model.closing import is_expired, noticed, speaks_for, with_close_noticed
from namesrv.model.context import Context, Outcome
from namesrv.model.events import Applied, ClosedChannel
from namesrv.model.removal import remove_live, remove_name_from_cluster, remove_topics
from namesrv.model.state import ClosedConnection, NameServerState, Scan, Tables
from namesrv.model.values import BrokerAddrInfo, BrokerData

EXPIRED = Applied(table="scan_not_active_broker", rule="expired")
STOPPED = Applied(table="scan_not_active_broker", rule="scan-stopped")


# What onChannelDestroy removes, once it knows an address ----------------------------------------------------------


def address_destroyed(tables: Tables, addr: str | None) -> Iterator[Tables]:
    """Without the address, its first place, and the name in the first cluster that has it, in any order of each.

    A null or empty address is not looked for. The search ends with the first *name* found: where the name is null it goes on,
    takes a second place along, and remembers from the first that a name has become empty. A null address, met before, throws.
    """
    if not addr:
        yield tables
        return
    tables = remove_live(tables, BrokerAddrInfo(cluster_name="", broker_addr=addr))
    yield from _from_places(tables, addr, emptied=False, passed=False)


def _from_places(tables: Tables, addr: str, *, emptied: bool, passed: bool) -> Iterator[Tables]:
    """`passed`: the null name's place is gone already; `emptied`: and the null name with it."""
    datas = [d for d in tables.broker_addr_table.values() if not (passed and d.broker_name is None)]
    places = [(d, broker_id) for d in datas for broker_id, held in d.broker_addrs.items() if held == addr]
    if any(None in data.broker_addrs.values() for data in datas):
        yield tables
    if not places:
        yield remove_topics(tables, None, mappings=False) if emptied else tables
    for data, broker_id in places:
        left, is_empty = _without_place(tables, data, broker_id)
        if data.broker_name is None:
            yield from _from_places(left, addr, emptied=is_empty, passed=True)
        elif is_empty or emptied:
            left = remove_topics(left, data.broker_name, mappings=False)
            clusters = [name for name, names in left.cluster_addr_table.items() if data.broker_name in names]
            for cluster_name in clusters:
                yield remove_name_from_cluster(left, cluster_name, data.broker_name)
            if not clusters:
                yield left
        else:
            yield left


def _without_place(tables: Tables, data: BrokerData, broker_id: int) -> tuple[Tables, bool]:
    addrs = data.broker_addrs.remove(broker_id)
    brokers = tables.broker_addr_table
    if addrs:
        brokers = brokers.insert(data.broker_name, attrs.evolve(data, broker_addrs=addrs))
    else:
        brokers = brokers.remove(data.broker_name)
    return attrs.evolve(tables, broker_addr_table=brokers), not addrs


# A closed connection ----------------------------------------------------------------------------------------------


def close_one_at_once(c: Context, job: ClosedConnection) -> Iterator[Outcome]:
    """Found under the read lock, removed under the write lock, and in between anything may happen."""
    if isinstance(c.task.memo, BrokerAddrInfo):
        yield from _remove_found(c, job, c.task.memo)
        return
    keys = speaks_for(c.state.tables, c.task.channel)
    if not keys:
        yield noticed(c, job, c.state, "close-of-nobody")
    for key in keys:
        if not key.broker_addr:  # null: the peer's own address is taken instead, under which nobody is registered
            yield noticed(c, job, c.state, "address-missing")
        elif c.watched:
            yield c.on(c.state, key)
        else:
            yield from _remove_found(c, job, key)


def _remove_found(c: Context, job: ClosedConnection, key: BrokerAddrInfo) -> Iterator[Outcome]:
    for tables in address_destroyed(c.state.tables, key.broker_addr):
        yield noticed(c, job, attrs.evolve(c.state, tables=tables), "removed-at-once")


# The scan ---------------------------------------------------------------------------------------------------------


def scan_at_once(c: Context, job: Scan) -> Iterator[Outcome]:
    """One expired entry a step, in two parts where anybody is at work beside it: taken out, then its place removed."""
    if isinstance(c.task.memo, BrokerAddrInfo):
        yield from _remove_place(c, job, c.task.memo)
        return
    live = c.state.tables.broker_live_table
    if job.left is None:
        job = attrs.evolve(job, left=frozenset(live))
        if c.watched and job.left:
            yield Outcome(state=c.state, task=attrs.evolve(c.task, job=job))
            return
    assert job.left is not None
    expired = [key for key in job.left if key in live and is_expired(live[key], c.now_ms, c.profile)]
    if job.left and job.modified:
        yield _stopped(c.state)
        for key in expired:  # `next` had come before the modification, so `remove` throws
            channel = live[key].channel
            yield _stopped(with_close_noticed(c.state, channel), EXPIRED, ClosedChannel(channel=channel))
        return
    if not expired:
        yield c.done(None)
    for key in expired:
        yield from _overtaken(c, key)
        yield from _taken_out(c, job, key, expired)


def _stopped(state: NameServerState, *outputs: Applied | ClosedChannel) -> Outcome:
    return Outcome(state=attrs.evolve(state, scan_stopped=True), task=None, outputs=(*outputs, STOPPED))


def _overtaken(c: Context, key: BrokerAddrInfo) -> Iterator[Outcome]:
    """The close is noticed, and whom it takes along removed, before the entry has been taken out."""
    channel = c.state.tables.broker_live_table[key].channel
    for found in speaks_for(c.state.tables, channel):
        if found.broker_addr:
            for tables in address_destroyed(c.state.tables, found.broker_addr):
                closed = ClosedChannel(channel=channel)
                yield _stopped(attrs.evolve(c.state, tables=tables), EXPIRED, closed)


def _taken_out(c: Context, job: Scan, key: BrokerAddrInfo, expired: list[BrokerAddrInfo]) -> Iterator[Outcome]:
    """The entry is out of the live table; then its connection is looked for in that table.

    The close is noticed later, or has been already, by a thread that has found whom it takes along and not yet removed it.
    `left`: that something is left is what matters when the table changes, so of those that have not expired either all have
    been passed or none.
    """
    assert job.left is not None
    channel = c.state.tables.broker_live_table[key].channel
    tables = attrs.evolve(c.state.tables, broker_live_table=c.state.tables.broker_live_table.remove(key))
    taken_out = attrs.evolve(c.state, tables=tables)
    known = [None, *(addr for addr in speaks_for(c.state.tables, channel) if addr.broker_addr)]
    rest = job.left - {key}
    for state in dict.fromkeys(with_close_noticed(taken_out, channel, found=found) for found in known):
        for found in speaks_for(tables, channel) or [key]:
            # A null address that is found counts as none, and the expired one is taken.
            taken = key if found.broker_addr is None else found
            for left in {rest, rest & frozenset(expired)}:
                task = attrs.evolve(c.task, job=attrs.evolve(job, left=left), memo=taken)
                yield Outcome(state=state, task=task, outputs=(EXPIRED, ClosedChannel(channel=channel)))


def _remove_place(c: Context, job: Scan, found: BrokerAddrInfo) -> Iterator[Outcome]:
    """The scan removes the place of whom it has found, and changes its own table if that was live."""
    modified = job.modified or (bool(found.broker_addr) and found in c.state.tables.broker_live_table)
    job = attrs.evolve(job, modified=modified and bool(job.left))
    task = attrs.evolve(c.task, job=job, memo=None) if job.left else None
    for tables in address_destroyed(c.state.tables, found.broker_addr):
        yield Outcome(state=attrs.evolve(c.state, tables=tables), task=task)
