"""What a NameServer does when a connection is gone or a broker has been silent for too long.

Each job yields every way in which its next step may go: which of several addresses of one connection is found first depends on
the order of a Java hash table, which is not modelled, so each of them may be.
Source: `RouteInfoManager.onChannelDestroy`, `.scanNotActiveBroker`, `.setupUnRegisterRequest`, 4.9.7 and 5.5.0.
"""

from collections.abc import Iterator

import attrs

from namesrv.model.events import Applied, Channel, ClosedChannel, Output, UnregisterBroker
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.removal import remove_live, remove_name_from_cluster, remove_place, remove_topics
from namesrv.model.requests import Context, Outcome
from namesrv.model.state import CLOSE, BrokerLiveInfo, ClosedConnection, NameServerState, Scan, Tables, Task
from namesrv.model.values import BrokerAddrInfo

LONG_RANGE = 1 << 64


def is_expired(info: BrokerLiveInfo, now_ms: int, profile: Profile) -> bool:
    """Whether a live entry has been silent for longer than its timeout: `last + timeout < now`, in Java's arithmetic."""
    deadline_ms = info.last_update_ms + info.heartbeat_timeout_ms
    if profile.expiry_overflows:
        deadline_ms = (deadline_ms + LONG_RANGE // 2) % LONG_RANGE - LONG_RANGE // 2
    return deadline_ms < now_ms


def speaks_for(tables: Tables, channel: Channel) -> list[BrokerAddrInfo]:
    """The live addresses that this connection registered last."""
    return [key for key, info in tables.broker_live_table.items() if info.channel == channel]


# A closed connection ----------------------------------------------------------------------------------------------


def close_connection(c: Context, job: ClosedConnection) -> Iterator[Outcome]:
    """`onChannelDestroy(channel)`: find who spoke over it, and see to their removal."""
    tables = c.state.tables
    keys = speaks_for(tables, c.task.channel)
    if job.again and c.task.pc == 0:
        yield c.done(None)
    match c.profile.channel_destroy:
        case ChannelDestroy.ALL_AT_ONCE:
            for key in keys:
                tables = remove_everywhere(tables, key, c.profile)
            rule = "close-removes-all" if keys else "close-of-nobody"
            yield c.done(None, attrs.evolve(c.state, tables=tables), Applied(table="channel_destroy", rule=rule))
        case ChannelDestroy.ONE_QUEUED:
            for key in keys:
                for state, rule in queue_removal(c.state, key):
                    yield _noticed(c, job, state, rule)
            if not keys:
                yield _noticed(c, job, c.state, "close-of-nobody")
        case ChannelDestroy.ONE_AT_ONCE:
            yield from _close_one_at_once(c, job, keys)


def _noticed(c: Context, job: ClosedConnection, state: NameServerState, rule: str) -> Outcome:
    outcome = c.done(None, state, Applied(table="channel_destroy", rule=rule))
    if job.aborted and not job.again:
        outcome = attrs.evolve(outcome, task=attrs.evolve(c.task, job=attrs.evolve(job, again=True), pc=0, memo=None))
    return outcome


def queue_removal(state: NameServerState, key: BrokerAddrInfo) -> Iterator[tuple[NameServerState, str]]:
    """5.5.0, `setupUnRegisterRequest`: the first place of the address in its cluster, whichever the hash table gives.

    A null address in that cluster, met before, throws: then nothing is queued.
    """
    datas = [data for data in state.tables.broker_addr_table.values() if data.cluster == key.cluster_name]
    places = [(d, broker_id) for d in datas for broker_id, addr in d.broker_addrs.items() if addr == key.broker_addr]
    for data, broker_id in places:
        request = UnregisterBroker(
            cluster_name=key.cluster_name,
            broker_addr=key.broker_addr,
            broker_name=data.broker_name,
            broker_id=broker_id,
        )
        queue = (*state.unregistration_queue, request)
        yield attrs.evolve(state, unregistration_queue=queue), "removal-queued"
    if not places or any(None in data.broker_addrs.values() for data in datas):
        yield state, "address-without-place"


def _close_one_at_once(c: Context, job: ClosedConnection, keys: list[BrokerAddrInfo]) -> Iterator[Outcome]:
    """4.9.7: found under the read lock, removed under the write lock, and in between anything may happen."""
    if c.task.pc == 0:
        if not keys:
            yield _noticed(c, job, c.state, "close-of-nobody")
        for key in keys:
            found = c.on(c.state, key)
            if c.watched:
                yield found
            else:
                yield from _remove_found(c, job, key)
        return
    assert isinstance(c.task.memo, BrokerAddrInfo)
    yield from _remove_found(c, job, c.task.memo)


def _remove_found(c: Context, job: ClosedConnection, key: BrokerAddrInfo) -> Iterator[Outcome]:
    for tables in remove_first_place(c.state.tables, key):
        yield _noticed(c, job, attrs.evolve(c.state, tables=tables), "removed-at-once")


def remove_first_place(tables: Tables, key: BrokerAddrInfo) -> Iterator[Tables]:
    """4.9.7: without the address, its first place, and the name in the first cluster that has it, in any order of each."""
    tables = remove_live(tables, key)
    datas = list(tables.broker_addr_table.values())
    places = [(d, broker_id) for d in datas for broker_id, addr in d.broker_addrs.items() if addr == key.broker_addr]
    if not places or any(None in data.broker_addrs.values() for data in datas):
        yield tables
    for data, broker_id in places:
        addrs = data.broker_addrs.remove(broker_id)
        if addrs:
            left = tables.broker_addr_table.insert(data.broker_name, attrs.evolve(data, broker_addrs=addrs))
            yield attrs.evolve(tables, broker_addr_table=left)
            continue
        without = attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.remove(data.broker_name))
        without = remove_topics(without, data.broker_name, mappings=False)
        clusters = [name for name, names in without.cluster_addr_table.items() if data.broker_name in names]
        for cluster_name in clusters:
            yield remove_name_from_cluster(without, cluster_name, data.broker_name)
        if not clusters:
            yield without


def remove_everywhere(tables: Tables, key: BrokerAddrInfo, profile: Profile) -> Tables:
    """Repaired: the address leaves its place, if it has one, and is no longer live."""
    for data in list(tables.broker_addr_table.values()):
        if key.broker_addr in data.broker_addrs.values():
            tables = remove_place(tables, key, data, profile)
    return remove_live(tables, key)


# The scan ---------------------------------------------------------------------------------------------------------


def scan(c: Context, job: Scan) -> Iterator[Outcome]:
    """`scanNotActiveBroker`: one live entry a step, in any order; repaired: all of them in one step."""
    if c.state.scan_stopped:
        yield c.done(None)
        return
    live = c.state.tables.broker_live_table
    expired = [key for key, info in live.items() if is_expired(info, c.now_ms, c.profile)]
    if c.profile.atomic_requests:
        yield _scan_repaired(c, expired)
        return
    pending = [key for key in expired if key not in job.visited]
    if not pending:
        yield c.done(None)
    for key in pending:
        on = attrs.evolve(c.task, job=Scan(visited=job.visited | {key}))
        closed = ClosedChannel(channel=live[key].channel)
        cause = Applied(table="scan_not_active_broker", rule="expired")
        if c.profile.channel_destroy is ChannelDestroy.ONE_QUEUED:
            for state, rule in queue_removal(c.state, key):
                outputs = (cause, Applied(table="channel_destroy", rule=rule), closed)
                yield Outcome(state=with_close_noticed(state, closed.channel), task=on, outputs=outputs)
        else:
            yield from _expire_at_once(c, on, key, (cause, closed), last=len(pending) == 1)


def _expire_at_once(
    c: Context, on: Task, key: BrokerAddrInfo, outputs: tuple[Output, ...], *, last: bool
) -> Iterator[Outcome]:
    """4.9.7 takes the entry out of the live table first, and then looks for the connection in that table.

    So where the connection speaks for another address too, that one is removed in its stead. That removal changes the table
    under the scan's iterator: unless this was the last entry, the scan ends with an exception, and its timer with it.
    The same end comes if the close is noticed before the entry has been taken out: real ones were seen to keep a silent broker.
    """
    channel = c.state.tables.broker_live_table[key].channel
    live = c.state.tables.broker_live_table.remove(key)
    tables = attrs.evolve(c.state.tables, broker_live_table=live)
    others = speaks_for(tables, channel)
    stop = Applied(table="scan_not_active_broker", rule="scan-stopped")
    for found in (key, *others):  # the close is noticed first
        for removed in remove_first_place(c.state.tables, found):
            overtaken = attrs.evolve(c.state, tables=removed, scan_stopped=True)
            yield Outcome(state=overtaken, task=None, outputs=(*outputs, stop))
    for found in others or [key]:
        for removed in remove_first_place(tables, found):
            state = with_close_noticed(attrs.evolve(c.state, tables=removed), channel)
            if not others:
                yield Outcome(state=state, task=on, outputs=outputs)
                continue
            stopped = attrs.evolve(state, scan_stopped=True)
            yield Outcome(state=stopped, task=None, outputs=(*outputs, stop))
            if last:
                yield Outcome(state=state, task=on, outputs=outputs)


def _scan_repaired(c: Context, expired: list[BrokerAddrInfo]) -> Outcome:
    tables = c.state.tables
    channels = {tables.broker_live_table[key].channel for key in expired}
    for key in expired:
        tables = remove_everywhere(tables, key, c.profile)
    outputs: tuple[Output, ...] = tuple(Applied(table="scan_not_active_broker", rule="expired") for _ in expired)
    for channel in sorted(channels):
        if not (c.profile.expiry_spares_neighbours and speaks_for(tables, channel)):
            outputs += (ClosedChannel(channel=channel),)
    return Outcome(state=attrs.evolve(c.state, tables=tables), task=None, outputs=outputs)


def with_close_noticed(state: NameServerState, channel: Channel) -> NameServerState:
    """The NameServer's own closing of a connection is noticed like the peer's, later."""
    if any(task.channel == channel and task.opaque == CLOSE for task in state.tasks):
        return state
    task = Task(channel=channel, opaque=CLOSE, job=ClosedConnection())
    return attrs.evolve(state, tasks=(*state.tasks, task))
