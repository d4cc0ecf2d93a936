"""In what circumstances a rule applied: what the request, close or scan had to do with what the tables held just before.

A rule of a table is one cause of many things: *accepted* is harmless of a newcomer and is not of an address that already stands
under another name. The words here tell such cases apart; anomalies are told apart by rule and circumstances.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from namesrv.model.events import (
    BrokerHeartbeat,
    Channel,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    UnregisterBroker,
)
from namesrv.model.ledger import Ledger, live_info
from namesrv.model.profiles import Profile
from namesrv.model.state import ClosedConnection, Tables, Task
from namesrv.model.values import MASTER_ID, DataVersion, TopicConfig

MIN_NAMED = 2


def circumstances(tables: Tables, ledger: Ledger, task: Task, profile: Profile) -> frozenset[str]:
    """The words for a task about to make its last step."""
    match task.job:
        case RegisterBroker() as request:
            words = (*_registration(tables, request, task.channel, profile), *_after_administrators(ledger, request))
            return frozenset(words)
        case RegisterTopicInNamesrv(queue_datas=queues):
            wiped = any(queue is not None and queue.broker_name in ledger.wiped for queue in queues or ())
            return frozenset({"wiped"} if wiped else ())
        case UnregisterBroker() as request:
            return frozenset(_unregistration(tables, request, task.channel))
        case QueryDataVersion() | BrokerHeartbeat() as request:
            return frozenset(_sign_of_life(tables, request))
        case ClosedConnection():
            return frozenset(_spoken_for(tables, task.channel))
        case _:
            return frozenset()


def _registration(tables: Tables, r: RegisterBroker, channel: Channel, profile: Profile) -> Iterator[str]:
    parts = {"clusterName": r.cluster_name, "brokerName": r.broker_name, "brokerAddr": r.broker_addr}
    yield from (f"no {part}" for part, value in parts.items() if not value)
    if r.broker_id is None:
        yield "no brokerId"
    elif r.broker_id < 0:
        yield "negative id"
    yield from _elsewhere(tables, r.cluster_name, r.broker_name, r.broker_id, r.broker_addr)
    data = tables.broker_addr_table.get(r.broker_name)
    if data is not None:
        if r.broker_id is not None and data.broker_addrs.get(r.broker_id, r.broker_addr) != r.broker_addr:
            yield "id held by another"
        if data.cluster != r.cluster_name:
            yield "name of another cluster"
        if not data.broker_addrs:
            yield "name without address"
    elif any(r.broker_name in names for names in tables.cluster_addr_table.values()):
        yield "name left in cluster"
    has_master = data is not None and MASTER_ID in data.broker_addrs
    if not has_master and any(r.broker_name in queues for queues in tables.topic_queue_table.values()):
        yield "topics left of the name"
    info = live_info(tables, r.broker_addr, r.cluster_name)
    if info is not None:
        if r.body is not None:
            yield from _compared(r.body.data_version, info.data_version, profile)
        if info.channel != channel:
            yield "over another connection"
    if any(key.broker_addr != r.broker_addr and i.channel == channel for key, i in tables.broker_live_table.items()):
        yield "connection shared"
    if r.body is None or r.body.topic_config_table is None:
        yield "no topic table"
    elif len(r.body.topic_config_table) < MIN_NAMED:
        yield "one topic" if r.body.topic_config_table else "no topics"
    if r.body is not None and r.body.data_version is None:
        yield "no version"
    if r.body is not None and r.body.topic_queue_mapping_info_map:
        yield "with mappings"
    if r.broker_id != MASTER_ID:
        yield "acting slave" if r.enable_acting_master is not None else "slave"
    if r.heartbeat_timeout_ms is not None:
        yield "own timeout"


def _after_administrators(ledger: Ledger, r: RegisterBroker) -> Iterator[str]:
    if r.broker_name in ledger.wiped:
        yield "wiped"
    elif any((config.topic_name, r.broker_name) in ledger.by_hand for config in _configs(r)):
        yield "changed by hand"


def _configs(r: RegisterBroker) -> tuple[TopicConfig, ...]:
    return () if r.body is None or r.body.topic_config_table is None else tuple(r.body.topic_config_table.values())


def _unregistration(tables: Tables, r: UnregisterBroker, channel: Channel) -> Iterator[str]:
    parts = {"clusterName": r.cluster_name, "brokerName": r.broker_name, "brokerAddr": r.broker_addr}
    yield from (f"no {part}" for part, value in parts.items() if not value)
    yield from _elsewhere(tables, r.cluster_name, r.broker_name, r.broker_id, r.broker_addr)
    info = live_info(tables, r.broker_addr, r.cluster_name)
    if info is None:
        yield "not live"
    elif info.channel != channel:
        yield "over another connection"
    data = tables.broker_addr_table.get(r.broker_name)
    holder = None if data is None or r.broker_id is None else data.broker_addrs.get(r.broker_id)
    if holder is not None and holder != r.broker_addr:
        yield "id held by another"


def _sign_of_life(tables: Tables, r: QueryDataVersion | BrokerHeartbeat) -> Iterator[str]:
    stands = any(r.broker_addr in data.broker_addrs.values() for data in tables.broker_addr_table.values())
    if live_info(tables, r.broker_addr) is not None and not stands:
        yield "live but nowhere"


def _spoken_for(tables: Tables, channel: Channel) -> Iterator[str]:
    spoken = [key for key, info in tables.broker_live_table.items() if info.channel == channel]
    if len(spoken) >= MIN_NAMED:
        yield "several brokers"
    for key in spoken:
        places = sum(
            addr == key.broker_addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()
        )
        if places != 1:
            yield "address in several places" if places else "live but nowhere"


def _elsewhere(
    tables: Tables, cluster: str | None, name: str | None, broker_id: int | None, addr: str | None
) -> Iterator[str]:
    """Where else the address stands."""
    for data in tables.broker_addr_table.values():
        for held_id, held in data.broker_addrs.items():
            if held != addr or addr is None:
                continue
            if data.broker_name != name:
                yield "address under another name"
            elif data.cluster != cluster:
                yield "address in another cluster"
            elif held_id != broker_id:
                yield "address under another id"


def _compared(new: DataVersion | None, old: DataVersion | None, profile: Profile) -> Iterator[str]:
    """How the version compares with the stored one; a newer one is as it should be, and has no word."""
    if new is not None and not profile.state_version:
        new = attrs.evolve(new, state_version=0)
    if new == old:
        yield "same version"
    elif new is None or old is None or new.counter is None or old.counter is None:
        yield "version not comparable"
    elif (new.state_version, new.counter, new.timestamp) < (old.state_version, old.counter, old.timestamp):
        yield "older version"
