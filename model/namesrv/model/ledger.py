"""What was said to a NameServer, as far as it said SUCCESS: what the invariants about promises compare its tables with.

A ledger is kept beside a NameServer, not by it. An address that has been registered *stays* until it is unregistered or its claim
falls to another; a stay is *promised* as long as its broker has done nothing to lose it (`docs/strict.md`). What an administrator
has changed (205, 216, 217, 327) stands *by hand*: until its master says it again, the tables hold the administrator's word.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Collection
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.events import (
    AddWritePermOfBroker,
    Answered,
    Applied,
    Channel,
    ChannelClosed,
    ClosedChannel,
    DeleteTopicInNamesrv,
    Event,
    Opaque,
    Output,
    RegisterBroker,
    RegisterTopicInNamesrv,
    UnregisterBroker,
    WipeWritePermOfBroker,
    Work,
)
from namesrv.model.profiles import Profile
from namesrv.model.state import BrokerLiveInfo, NameServerState, Tables, Task
from namesrv.model.values import MASTER_ID, DataVersion, QueueData, TopicConfig

SUCCESS: Final = 0

GONE: Final = Channel(-9)
"""Stands for the connection of a live entry whose connection the NameServer knows to be closed."""


@attrs.frozen(kw_only=True)
class Stay:
    """One address since its first registration that was answered SUCCESS.

    `topics`: each as it was said last (after a full body, those alone); `said`: those that came with `version`. `promised`: the
    broker has kept its connection, has been heard of in time, has not unregistered, and nobody has made a claim that the rules
    put above it.
    """

    cluster_name: str | None
    broker_name: str | None
    broker_id: int | None
    channel: Channel
    version: DataVersion | None
    topics: HashTrieMap[str | None, TopicConfig]
    said: HashTrieMap[str | None, TopicConfig]
    promised: bool = True

    @property
    def publishes(self) -> bool:
        """Whether what it says of topics is to be seen: a master's is."""
        return self.broker_id == MASTER_ID


@attrs.frozen(kw_only=True, cache_hash=True)
class Ledger:
    """`stays` by address. `touched`: tasks that have changed tables and have not answered yet. `overtaken`: registrations in
    work after which the same broker sent another one, over the same connection, that has been done. `by_hand`: topic and broker
    name of the queues that an administrator has changed since the name's master said them last. `wiped`: names whose write
    permission an administrator has taken away and not given back, since their master or all of them came."""

    stays: HashTrieMap[str | None, Stay] = HashTrieMap()
    touched: frozenset[tuple[Channel, Opaque]] = frozenset()
    overtaken: frozenset[tuple[Channel, Opaque]] = frozenset()
    by_hand: frozenset[tuple[str | None, str | None]] = frozenset()
    wiped: frozenset[str | None] = frozenset()


def observe(
    ledger: Ledger,
    before: NameServerState,
    event: Event,
    after: NameServerState,
    outputs: tuple[Output, ...],
    closed: frozenset[Channel] = frozenset(),
) -> tuple[Ledger, frozenset[str]]:
    """The ledger after a step, and the names of the invariants that this very step has broken.

    `closed`: connections that are known to be closed, over which nothing is promised.
    """
    match event:
        case ChannelClosed():
            return release(ledger, event.channel), frozenset()
        case Work():
            ledger, broken = _worked(ledger, before, event, after, outputs)
            ended = {output.channel for output in outputs if isinstance(output, ClosedChannel)}
            for channel in ended | ({event.channel} & closed):
                ledger = release(ledger, channel)
            return ledger, broken
        case _:
            return ledger, frozenset()


def release(ledger: Ledger, channel: Channel) -> Ledger:
    """The connection is lost, on either side: nothing is promised to who spoke over it."""
    return _changed(ledger, {addr: False for addr, stay in ledger.stays.items() if stay.channel == channel})


def release_silent(ledger: Ledger, addr: str | None) -> Ledger:
    """The address has not been heard of in time."""
    return _changed(ledger, {addr: False} if addr in ledger.stays else {})


def _changed(ledger: Ledger, promised: dict[str | None, bool]) -> Ledger:
    stays = ledger.stays
    for addr, still in promised.items():
        stays = stays.insert(addr, attrs.evolve(stays[addr], promised=still))
    return attrs.evolve(ledger, stays=stays)


def _worked(
    ledger: Ledger, before: NameServerState, event: Work, after: NameServerState, outputs: tuple[Output, ...]
) -> tuple[Ledger, frozenset[str]]:
    key = (event.channel, event.opaque)
    task = next((t for t in before.tasks if (t.channel, t.opaque) == key), None)
    if task is None:
        return ledger, frozenset()
    touched = before.tables != after.tables or key in ledger.touched
    if any((t.channel, t.opaque) == key for t in after.tasks):
        kept = ledger.touched | {key} if touched else ledger.touched
        return attrs.evolve(ledger, touched=kept), frozenset()
    was_overtaken = key in ledger.overtaken
    ledger = attrs.evolve(
        ledger, touched=ledger.touched - {key}, overtaken=(ledger.overtaken - {key}) | _overtaken_by(task, before)
    )
    answer = next((o.answer for o in outputs if isinstance(o, Answered)), None)
    if answer is not None and answer.code != SUCCESS:
        return ledger, frozenset({"AtomicRefusal"} if touched else ())
    match task.job:
        case RegisterBroker() as request if answer is not None or _is_accepted(outputs):
            return _registered(ledger, task, request, before.tables, after.tables, was_overtaken=was_overtaken)
        case UnregisterBroker() as request:
            return _unregistered(ledger, task.channel, request), frozenset()
        case WipeWritePermOfBroker() | AddWritePermOfBroker() | DeleteTopicInNamesrv() | RegisterTopicInNamesrv():
            changed = _queues(before.tables) ^ _queues(after.tables)
            by_hand = ledger.by_hand | {(topic, name) for topic, name, _ in changed}
            return attrs.evolve(_wiped(ledger, task.job, after.tables), by_hand=by_hand), frozenset()
        case _:
            return ledger, frozenset()


def _wiped(ledger: Ledger, request: object, tables: Tables) -> Ledger:
    """A name that is there has its write permission taken away, or is given it back."""
    match request:
        case WipeWritePermOfBroker(broker_name=name) if name in tables.broker_addr_table:
            return attrs.evolve(ledger, wiped=ledger.wiped | {name})
        case AddWritePermOfBroker(broker_name=name):
            return attrs.evolve(ledger, wiped=ledger.wiped - {name})
        case _:
            return ledger


def _queues(tables: Tables) -> frozenset[tuple[str | None, str | None, QueueData]]:
    return frozenset(
        (t, name, queue) for t, queues in tables.topic_queue_table.items() for name, queue in queues.items()
    )


def _registered(
    ledger: Ledger, task: Task, request: RegisterBroker, before: Tables, after: Tables, *, was_overtaken: bool
) -> tuple[Ledger, frozenset[str]]:
    old = ledger.stays.get(request.broker_addr)
    version = None if request.body is None else request.body.data_version
    configs: dict[str | None, TopicConfig] = {}
    if request.body is not None and request.body.topic_config_table is not None:
        configs = {config.topic_name: config for config in request.body.topic_config_table.values()}
    same_place = old is not None and _place(old) == (request.cluster_name, request.broker_name, request.broker_id)
    topics = old.topics if old is not None and same_place else HashTrieMap()
    said = old.said if old is not None and same_place and old.version == version else HashTrieMap()
    if request.full_body:
        topics = said = HashTrieMap()
    for name, config in configs.items():
        topics, said = topics.insert(name, config), said.insert(name, config)
    stay = Stay(
        cluster_name=request.cluster_name,
        broker_name=request.broker_name,
        broker_id=request.broker_id,
        channel=task.channel,
        version=version,
        topics=topics,
        said=said,
        promised=not task.oneway,
    )
    is_in = stands(after, stay, request.broker_addr)
    fallen = {
        addr: False
        for addr, other in ledger.stays.items()
        if is_in and addr != request.broker_addr and _conflict(other, stay)
    }
    ledger = _changed(ledger, fallen)
    by_hand = ledger.by_hand
    if stay.publishes:  # what is put for a name whose write permission is wiped is not as its broker says it
        anew = frozenset((name, request.broker_name) for name in configs)
        by_hand = by_hand | anew if request.broker_name in after.write_wiped else by_hand - anew
    cluster, addr = request.cluster_name, request.broker_addr
    was, now = live_info(before, addr, cluster), live_info(after, addr, cluster)
    wiped, hand_is_left = ledger.wiped, False
    if (stay.publishes and (was is None or not stands(before, stay, addr))) or _is_another(request, before, after):
        wiped -= {request.broker_name}  # its master comes anew, or all of it does
    elif stay.publishes and request.broker_name not in wiped:
        changed = {name for name in configs if (name, request.broker_name) in ledger.by_hand}
        said_again = HashTrieMap({name: configs[name] for name in changed})
        hand_is_left = not holds_topics(after, stay, said_again, by_hand=())
    ledger = attrs.evolve(ledger, stays=ledger.stays.insert(addr, stay), by_hand=by_hand, wiped=wiped)
    is_late = was_overtaken or (was is not None and was.channel != task.channel)
    went_back = is_late and was is not None and now is not None and _is_earlier(now.data_version, was.data_version)
    broken = {"VersionMonotonicity": went_back, "HandGivesWay": hand_is_left}
    return ledger, frozenset(name for name, is_broken in broken.items() if is_broken)


def _is_another(request: RegisterBroker, before: Tables, after: Tables) -> bool:
    """Whether nobody is at the registration's name who was there before, in the same place."""
    was, now = (tables.broker_addr_table.get(request.broker_name) for tables in (before, after))
    if was is None or now is None or was.cluster != now.cluster:
        return True
    return not set(was.broker_addrs.items()) & set(now.broker_addrs.items())


def _overtaken_by(task: Task, state: NameServerState) -> frozenset[tuple[Channel, Opaque]]:
    """What the sender of a registration had sent before over the same connection, and is not done."""
    if not isinstance(task.job, RegisterBroker):
        return frozenset()
    addr = task.job.broker_addr
    return frozenset(
        (other.channel, other.opaque)
        for other in state.tasks[: state.tasks.index(task)]
        if isinstance(other.job, RegisterBroker) and other.channel == task.channel and other.job.broker_addr == addr
    )


def _is_accepted(outputs: tuple[Output, ...]) -> bool:
    """Of a one-way registration, which is not answered."""
    return any(isinstance(output, Applied) and output.rule == "accepted" for output in outputs)


def _conflict(old: Stay, new: Stay) -> bool:
    """The same name and id, or the same name in another cluster."""
    if old.broker_name != new.broker_name:
        return False
    return old.broker_id == new.broker_id or old.cluster_name != new.cluster_name


def _unregistered(ledger: Ledger, channel: Channel, request: UnregisterBroker) -> Ledger:
    """Who unregisters itself loses the promise; who is unregistered by somebody else does not."""
    stay = ledger.stays.get(request.broker_addr)
    if stay is None or stay.channel != channel:
        return ledger
    return _changed(ledger, {request.broker_addr: False})


def _place(stay: Stay) -> tuple[str | None, str | None, int | None]:
    return stay.cluster_name, stay.broker_name, stay.broker_id


def _is_earlier(new: DataVersion | None, old: DataVersion | None) -> bool:
    """Whether `new` is an earlier state of a broker that counts on, and whose clock goes on."""
    if new is None or old is None or new.counter is None or old.counter is None or new == old:
        return False
    if new.state_version != old.state_version:
        return new.state_version < old.state_version
    return new.counter <= old.counter and new.timestamp <= old.timestamp


def live_info(tables: Tables, addr: str | None, cluster_name: str | None = None) -> BrokerLiveInfo | None:
    """What is known of a live address: in that cluster, or else in whatever it is live (the first by name)."""
    found = {key.cluster_name: info for key, info in tables.broker_live_table.items() if key.broker_addr == addr}
    if cluster_name in found:
        return found[cluster_name]
    return found[min(found)] if found else None


def stands(tables: Tables, stay: Stay, addr: str | None) -> bool:
    """Whether the address stands where it registered."""
    data = tables.broker_addr_table.get(stay.broker_name)
    if data is None or stay.broker_id is None or data.cluster != stay.cluster_name:
        return False
    return data.broker_addrs.get(stay.broker_id, "") == addr


def holds_topics(
    tables: Tables,
    stay: Stay,
    topics: HashTrieMap[str | None, TopicConfig],
    by_hand: Collection[tuple[str | None, str | None]],
) -> bool:
    """Whether the tables hold these topics of the stay's name, as they were said; what stands by hand is not asked about."""
    for name, config in topics.items():
        if (name, stay.broker_name) in by_hand:
            continue
        queues = tables.topic_queue_table.get(name)
        queue = None if queues is None else queues.get(stay.broker_name)
        if queue is None:
            return False
        held = (queue.read_queue_nums, queue.write_queue_nums, queue.perm, queue.topic_sys_flag)
        if held != (config.read_queue_nums, config.write_queue_nums, config.perm, config.topic_sys_flag):
            return False
    return True


def forget_absent(ledger: Ledger, tables: Tables) -> Ledger:
    """Without the stays of addresses that are neither live nor standing, and to which nothing is promised; nor what was done by
    hand to names that are gone.
    """
    there = {key.broker_addr for key in tables.broker_live_table}
    there |= {addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()}
    stays = ledger.stays
    for addr, stay in ledger.stays.items():
        if addr not in there and not stay.promised:
            stays = stays.remove(addr)
    by_hand = frozenset(each for each in ledger.by_hand if each[1] in tables.broker_addr_table)
    wiped = frozenset(name for name in ledger.wiped if name in tables.broker_addr_table)
    return attrs.evolve(ledger, stays=stays, by_hand=by_hand, wiped=wiped)


def in_force(tables: Tables, ledger: Ledger, stay: Stay, addr: str | None) -> bool:
    """Whether a registration is: the address stands and is live, and a master's topics are as it said."""
    if not stands(tables, stay, addr) or live_info(tables, addr, stay.cluster_name) is None:
        return False
    return not stay.publishes or holds_topics(tables, stay, stay.topics, ledger.by_hand)


def says_unchanged(tables: Tables, stay: Stay, addr: str | None, profile: Profile) -> bool:
    """What QUERY_DATA_VERSION would say to the broker about its present version."""
    info = live_info(tables, addr, stay.cluster_name)
    if info is None or info.partial or info.data_version is None or info.data_version != stay.version:
        return False
    return not profile.query_checks_place or stands(tables, stay, addr)
