"""The invariants that need to know what was said: each a predicate of a NameServer at rest and the ledger kept beside it.

Those of the tables alone are in `invariants`. Three are about a single step and are told by `ledger.observe`: *AtomicRefusal* (a
request that is answered with an error has changed nothing) and *VersionMonotonicity* (a state that arrives late, over another
connection than the speaking one or overtaken on the same, does not replace a newer one; over the speaking connection the last
word counts, whatever its version: a slave takes over its master's); and *HandGivesWay* (a topic that an administrator has
changed or deleted is as its master says it, once that has said it again; but for a wiped name's write permission).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.events import Channel, Opaque, Received, RegisterBroker
from namesrv.model.invariants import INVARIANTS
from namesrv.model.ledger import GONE, Ledger, Stay, holds_topics, in_force, live_info, says_unchanged, stands
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import MASTER_ID, PERM_WRITE, RegisterBrokerBody, table

Promise = Callable[[Tables, Ledger, Profile], bool]

FIRST: Final = Opaque(0)


def acknowledged_effect(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """A registration answered SUCCESS is in force as long as it is promised."""
    del profile
    return all(in_force(tables, ledger, stay, addr) for addr, stay in ledger.stays.items() if stay.promised)


def version_coherence(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """What QUERY_DATA_VERSION calls unchanged is what the tables hold: the place, and what was said with that version."""
    return all(
        stands(tables, stay, addr) and (not stay.publishes or holds_topics(tables, stay, stay.said, ledger.by_hand))
        for addr, stay in ledger.stays.items()
        if says_unchanged(tables, stay, addr, profile)
    )


def skip_safety(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """Where the NameServer says unchanged to a master, registering all the same would leave the same tables, signs of life aside.

    Not of slaves: whether one publishes depends on who else is there, which no version covers. Nor of names that an administrator
    has changed by hand: no version covers that either, so registering takes it back.
    """
    return all(
        without_signs_of_life(registered_again(tables, stay, addr, profile)) == without_signs_of_life(tables)
        for addr, stay in ledger.stays.items()
        if stay.publishes
        and stay.promised
        and says_unchanged(tables, stay, addr, profile)
        and not any(name == stay.broker_name for _, name in ledger.by_hand)
    )


def registered_again(tables: Tables, stay: Stay, addr: str | None, profile: Profile) -> Tables:
    """The tables after the address has registered, over its connection, everything that it said with its present version.

    The flags of the name, which brokers of one name share and DataVersion does not cover, are said as they stand.
    """
    info = live_info(tables, addr, stay.cluster_name)
    assert info is not None
    data = tables.broker_addr_table.get(stay.broker_name)
    body = RegisterBrokerBody(
        topic_config_table=table({name or "": config for name, config in stay.said.items()}),
        data_version=stay.version,
        filter_server_list=None,
    )
    request = RegisterBroker(
        cluster_name=stay.cluster_name,
        broker_addr=addr,
        broker_name=stay.broker_name,
        broker_id=stay.broker_id,
        ha_server_addr=info.ha_server_addr,
        heartbeat_timeout_ms=info.heartbeat_timeout_ms,
        enable_acting_master=None if data is None else data.enable_acting_master,
        zone_name=None if data is None else data.zone_name,
        body=body,
    )
    state = NameServerState(tables=tables)
    state, _ = step(state, Received(channel=stay.channel, opaque=FIRST, request=request), profile)
    return settle(state, profile)[0].tables


def without_signs_of_life(tables: Tables) -> Tables:
    """The tables with every live entry's time and connection made the same."""
    live = tables.broker_live_table
    for key, info in live.items():
        live = live.insert(key, attrs.evolve(info, last_update_ms=0, channel=Channel(0)))
    return attrs.evolve(tables, broker_live_table=live)


def live_is_standing(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """Every live address stands somewhere: what is kept alive can be found."""
    del ledger, profile
    addrs = {addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()}
    return all(key.broker_addr in addrs for key in tables.broker_live_table)


def live_is_connected(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """Every live address is spoken for by a connection that the NameServer has not seen close."""
    del ledger, profile
    return all(info.channel != GONE for info in tables.broker_live_table.values())


def nothing_left_over(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """Filter servers are of live addresses, and topic-queue mappings of names that are there."""
    del ledger, profile
    infos = tables.topic_queue_mapping_info_table.values()
    return all(key in tables.broker_live_table for key in tables.filter_server_table) and all(
        by_broker and all(name in tables.broker_addr_table for name in by_broker) for by_broker in infos
    )


def topics_are_said(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """Of a name that has a master, every topic was said by that master, or put by hand.

    (Without a master, the last one's are still there.)
    """
    del profile
    for data in tables.broker_addr_table.values():
        master = data.broker_addrs.get(MASTER_ID)
        stay = ledger.stays.get(master)
        if master is None or stay is None or not stands(tables, stay, master):
            continue
        known = set(stay.topics) | {t for t, name in ledger.by_hand if name == data.broker_name}
        if any(data.broker_name in q and t not in known for t, q in tables.topic_queue_table.items()):
            return False
    return True


def wiped_is_read_only(tables: Tables, ledger: Ledger, profile: Profile) -> bool:
    """A name whose write permission an administrator has wiped offers no queue for writing, until it is given back.

    Or until the name's master comes anew. Source: `RouteInfoManager.wipeWritePermOfBrokerByLock`, 4.9.7 and 5.5.0.
    """
    del profile
    return not ledger.wiped or not any(
        name in ledger.wiped and queue.perm & PERM_WRITE
        for queues in tables.topic_queue_table.values()
        for name, queue in queues.items()
    )


PROMISES: Final[dict[str, Promise]] = {
    "AcknowledgedEffect": acknowledged_effect,
    "VersionCoherence": version_coherence,
    "SkipSafety": skip_safety,
    "LiveIsStanding": live_is_standing,
    "LiveIsConnected": live_is_connected,
    "NothingLeftOver": nothing_left_over,
    "TopicsAreSaid": topics_are_said,
    "WipedIsReadOnly": wiped_is_read_only,
}
"""By name; beside those of `invariants.INVARIANTS`, and the three that `ledger.observe` tells."""

STEP_INVARIANTS: Final = ("AtomicRefusal", "VersionMonotonicity", "HandGivesWay")
"""Of a single step."""

NAMES: Final = (*INVARIANTS, *PROMISES, *STEP_INVARIANTS)
"""Every invariant of a NameServer."""


def broken_at_rest(tables: Tables, ledger: Ledger, profile: Profile) -> frozenset[str]:
    """The names of the invariants that are false of a NameServer that has nothing left to do."""
    return frozenset(
        [name for name, holds in INVARIANTS.items() if not holds(tables)]
        + [name for name, holds in PROMISES.items() if not holds(tables, ledger, profile)]
    )
