"""What a NameServer does when a connection is gone or a broker has been silent for too long.

Each job yields every way in which its next step may go: which of several addresses of one connection is found first depends on
the order of a Java hash table, which is not modelled, so each of them may be.
Source: `RouteInfoManager.onChannelDestroy`, `.scanNotActiveBroker`, `.setupUnRegisterRequest`, 4.9.7 and 5.5.0.
"""

from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.model.closing import is_expired, noticed, speaks_for, with_close_noticed
from namesrv.model.context import Context, Outcome
from namesrv.model.destroy_at_once import close_one_at_once, scan_at_once
from namesrv.model.events import Applied, ClosedChannel, Output, UnregisterBroker
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.removal import remove_live, remove_place
from namesrv.model.state import ClosedConnection, NameServerState, Scan, Tables
from namesrv.model.values import BrokerAddrInfo, BrokerData

BUCKETS: Final = 16


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
                    yield noticed(c, job, state, rule)
            if not keys:
                yield noticed(c, job, c.state, "close-of-nobody")
        case ChannelDestroy.ONE_AT_ONCE:
            yield from close_one_at_once(c, job)


def queue_removal(state: NameServerState, key: BrokerAddrInfo) -> Iterator[tuple[NameServerState, str]]:
    """5.5.0, `setupUnRegisterRequest`: the first place of the address in its cluster, whichever the hash table gives.

    A null address in that cluster, met before, throws: then nothing is queued. Which name comes first is anybody's guess; of a
    name's ids those below 16, of which each has a bucket of its own, are looked through from the least on.
    """
    datas = [data for data in state.tables.broker_addr_table.values() if data.cluster == key.cluster_name]
    places = [(data, broker_id) for data in datas for broker_id in _met_first(data, key.broker_addr, None)]
    for data, broker_id in places:
        request = UnregisterBroker(
            cluster_name=key.cluster_name,
            broker_addr=key.broker_addr,
            broker_name=data.broker_name,
            broker_id=broker_id,
        )
        queue = (*state.unregistration_queue, request)
        yield attrs.evolve(state, unregistration_queue=queue), "removal-queued"
    if not places or any(_met_first(data, None, key.broker_addr) for data in datas):
        yield state, "address-without-place"


def _met_first(data: BrokerData, addr: str | None, other: str | None) -> list[int]:
    """The ids of the address at which it may be met before the other one."""
    ids = [broker_id for broker_id, each in data.broker_addrs.items() if each == addr]
    others = [broker_id for broker_id, each in data.broker_addrs.items() if each == other]
    return [broker_id for broker_id in ids if not any(_comes_before(each, broker_id) for each in others)]


def _comes_before(one: int, other: int) -> bool:
    """Whether Java's HashMap gives this id before that one for certain: its table has 16 buckets at least."""
    return 0 <= one < other < BUCKETS


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
    if c.profile.channel_destroy is ChannelDestroy.ONE_AT_ONCE:
        yield from scan_at_once(c, job)
        return
    pending = [key for key in expired if key not in job.visited]
    if not pending:
        yield c.done(None)
    for key in pending:
        on = attrs.evolve(c.task, job=Scan(visited=job.visited | {key}))
        closed = ClosedChannel(channel=live[key].channel)
        cause = Applied(table="scan_not_active_broker", rule="expired")
        for state, rule in queue_removal(c.state, key):
            outputs = (cause, Applied(table="channel_destroy", rule=rule), closed)
            yield Outcome(state=with_close_noticed(state, closed.channel), task=on, outputs=outputs)


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
