"""REGISTER_BROKER: a table of rules per kind of release, the first whose guard holds decides, and what each one does.

Apache enters the cluster, the name and the flags before it looks for conflicts (`enter_name`), so that a refusal leaves them
behind; the repaired profile decides first. Exceptions inside `registerBroker` are swallowed there and answered SUCCESS: the
rules whose name ends in `-swallowed`. Source: `RouteInfoManager.registerBroker`, 4.9.7 and 5.5.0; `docs/strict.md`.
"""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.events import Channel, RegisterBroker
from namesrv.model.options import Options
from namesrv.model.profiles import OlderStateVersion, Profile, TopicBeforeBroker, TopicUpdate
from namesrv.model.removal import remove_live, remove_place, remove_topics
from namesrv.model.state import BrokerLiveInfo, Tables, live_key
from namesrv.model.values import (
    MASTER_ID,
    PERM_WRITE,
    BrokerAddrInfo,
    BrokerData,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    table,
)


@attrs.frozen(kw_only=True)
class Result:
    """What a registration comes to. `refused`: answered SYSTEM_ERROR `register broker failed`."""

    tables: Tables
    refused: bool = False
    master_addr: str | None = None
    ha_server_addr: str | None = None


@attrs.frozen(kw_only=True)
class Registration:
    """One registration under consideration: the request with its body read, against the tables."""

    profile: Profile
    tables: Tables
    request: RegisterBroker
    body: RegisterBrokerBody
    channel: Channel
    now_ms: int
    options: Options = Options()

    @property
    def broker_id(self) -> int:
        """The broker id, which is there: without it nothing gets this far."""
        assert self.request.broker_id is not None
        return self.request.broker_id

    @property
    def key(self) -> BrokerAddrInfo | None:
        """The live key of the registering address, `None` where Java throws on a null part."""
        return live_key(self.profile, self.request.cluster_name, self.request.broker_addr)

    @property
    def standing(self) -> BrokerData | None:
        """The brokers of the name, if it is entered."""
        return self.tables.broker_addr_table.get(self.request.broker_name)

    @property
    def holder(self) -> str | None:
        """The address that holds the name's broker id now."""
        return None if self.standing is None else self.standing.broker_addrs.get(self.broker_id)

    @property
    def stands(self) -> bool:
        """Whether the registering address holds this very place: cluster, name and id."""
        data = self.standing
        return (
            data is not None and data.cluster == self.request.cluster_name and self.holder == self.request.broker_addr
        )


Guard = Callable[[Registration], bool]
Effect = Callable[[Registration], Result]


@attrs.frozen
class Rule:
    """A row: its lasting name, when it applies, what it does."""

    name: str
    guard: Guard
    effect: Effect


# Guards -----------------------------------------------------------------------------------------------------------


def _always(_: Registration) -> bool:
    return True


def _part_missing(r: Registration) -> bool:
    request, body = r.request, r.body
    version = body.data_version
    return (
        not request.cluster_name
        or not request.broker_name
        or not request.broker_addr
        or r.broker_id < 0
        or version is None
        or version.counter is None
        or body.topic_config_table is None
        or any(not config.topic_name for config in body.topic_config_table.values())
        or _mapping_missing(body)
        or any(
            info is not None and info.bname != request.broker_name
            for info in (body.topic_queue_mapping_info_map or {}).values()
        )
    )


def _mapping_missing(body: RegisterBrokerBody) -> bool:
    """The table of mappings is null, or one in it."""
    infos = body.topic_queue_mapping_info_map
    return infos is None or None in infos.values()


def _cluster_name_null(r: Registration) -> bool:
    return r.profile.concurrent_tables and r.request.cluster_name is None


def _broker_name_null(r: Registration) -> bool:
    return r.profile.concurrent_tables and r.request.broker_name is None


def _holder_has_newer_state_version(r: Registration) -> bool:
    """Another live address holds the id with a greater stateVersion. Looked up under the request's cluster, as 5.5.0 does."""
    if r.holder is None or r.holder == r.request.broker_addr:
        return False
    key = live_key(r.profile, r.request.cluster_name, r.holder)
    info = None if key is None else r.tables.broker_live_table.get(key)
    if info is None or info.data_version is None or r.body.data_version is None:
        return False
    return info.data_version.state_version > r.body.data_version.state_version


def _version_null_in_conflict(r: Registration) -> bool:
    """Another live address holds the id, and one of the two has no DataVersion to compare: that throws."""
    if r.holder is None or r.holder == r.request.broker_addr:
        return False
    key = live_key(r.profile, r.request.cluster_name, r.holder)
    info = None if key is None else r.tables.broker_live_table.get(key)
    return info is not None and (info.data_version is None or r.body.data_version is None)


def _holder_anywhere_has_newer_state_version(r: Registration) -> bool:
    """The same, wherever the holder is live."""
    if r.holder is None or r.holder == r.request.broker_addr:
        return False
    return any(
        info.data_version.state_version > r.body.data_version.state_version
        for key, info in r.tables.broker_live_table.items()
        if key.broker_addr == r.holder and info.data_version is not None and r.body.data_version is not None
    )


def is_older(new: DataVersion, old: DataVersion, *, timestamp_breaks_tie: bool) -> bool:
    """Whether `new` is certainly an earlier state of the broker that sent `old`, whose clock does not go back.

    A restarted broker that has lost its versions counts from 0 again, but later: that is not older. `timestamp_breaks_tie`: the
    profile's, whether the timestamp tells at an equal counter too. Both counters have to be there.
    """
    if new.state_version != old.state_version:
        return new.state_version < old.state_version
    assert new.counter is not None and old.counter is not None
    if new.counter == old.counter:
        return timestamp_breaks_tie and new.timestamp < old.timestamp
    return new.counter < old.counter and new.timestamp <= old.timestamp


def _older_data_version(r: Registration) -> bool:
    """Over the speaking connection requests come in order, so what comes there is news, whatever its version."""
    return any(
        is_older(r.body.data_version, info.data_version, timestamp_breaks_tie=r.profile.timestamp_breaks_tie)
        for key, info in r.tables.broker_live_table.items()
        if key.broker_addr == r.request.broker_addr
        and info.channel != r.channel
        and info.data_version is not None
        and r.body.data_version is not None
    )


def _name_of_another_cluster(r: Registration) -> bool:
    data = r.standing
    if data is None or data.cluster == r.request.cluster_name:
        return False
    return any(
        broker_id != r.broker_id and addr != r.request.broker_addr for broker_id, addr in data.broker_addrs.items()
    )


def _one_topic(r: Registration) -> bool:
    return r.body.topic_config_table is not None and len(r.body.topic_config_table) == 1


def _topic_before_place(r: Registration) -> bool:
    is_full = r.request.full_body and r.profile.full_body_replaces
    return _one_topic(r) and not is_full and not r.stands


def _topic_before_id(r: Registration) -> bool:
    """5.5.0 asks whether the id is taken, by whatever address, once the address has left its other ids."""
    data = r.standing
    return _one_topic(r) and (data is None or r.broker_id not in data.broker_addrs)


def _table_null_before_id(r: Registration) -> bool:
    data = r.standing
    return r.body.topic_config_table is None and (data is None or r.broker_id not in data.broker_addrs)


# Effects ----------------------------------------------------------------------------------------------------------


def _enter_cluster(r: Registration) -> Tables:
    names = r.tables.cluster_addr_table.get(r.request.cluster_name, frozenset())
    clusters = r.tables.cluster_addr_table.insert(r.request.cluster_name, names | {r.request.broker_name})
    return attrs.evolve(r.tables, cluster_addr_table=clusters)


def enter_name(r: Registration) -> Tables:
    """What Apache does before it looks for conflicts: cluster, name, flags, and the address leaves the name's other ids."""
    tables = _enter_cluster(r)
    request = r.request
    data = r.standing or BrokerData(cluster=request.cluster_name, broker_name=request.broker_name)
    if r.profile.acting_master:
        data = attrs.evolve(data, enable_acting_master=bool(request.enable_acting_master), zone_name=request.zone_name)
    if request.broker_addr is not None:
        data = attrs.evolve(
            data,
            broker_addrs=table(
                (broker_id, addr)
                for broker_id, addr in data.broker_addrs.items()
                if addr != request.broker_addr or broker_id == r.broker_id
            ),
        )
    return attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.insert(request.broker_name, data))


def _nothing_swallowed(r: Registration) -> Result:
    return Result(tables=r.tables)


def _refused(r: Registration) -> Result:
    return Result(tables=r.tables, refused=True)


def _cluster_entered_swallowed(r: Registration) -> Result:
    return Result(tables=_enter_cluster(r))


def _dropped(r: Registration) -> Result:
    """5.5.0: SUCCESS, but the newcomer's live entry is gone (its filter servers are not)."""
    if r.key is None:
        return Result(tables=r.tables)
    live = r.tables.broker_live_table.discard(r.key)
    return Result(tables=attrs.evolve(r.tables, broker_live_table=live))


def _address_null_swallowed(r: Registration) -> Result:
    """5.x: the null address takes the id; a first registration's topics come before the exception, the rest after it."""
    data = r.standing
    assert data is not None
    first = not r.holder
    data = attrs.evolve(data, broker_addrs=data.broker_addrs.insert(r.broker_id, None))
    tables = attrs.evolve(r.tables, broker_addr_table=r.tables.broker_addr_table.insert(r.request.broker_name, data))
    if _publishes(r, data):
        tables = _without_other_topics(tables, r)
        tables = _put_topics(tables, r, first=True, data=data) if first else tables
    return Result(tables=tables)


def _accepted(r: Registration) -> Result:
    """Apache's acceptance, after `enter_name`."""
    data = r.standing
    assert data is not None
    assert r.key is not None
    # Releases differ on an empty old address only: StringUtils.isEmpty in 5.5.0, null in 4.9.7.
    first = not r.holder if r.profile.acting_master else r.holder is None
    data = attrs.evolve(data, broker_addrs=data.broker_addrs.insert(r.broker_id, r.request.broker_addr))
    tables = attrs.evolve(r.tables, broker_addr_table=r.tables.broker_addr_table.insert(r.request.broker_name, data))
    return _store(tables, r, data, first)


def _accepted_repaired(r: Registration) -> Result:
    """`docs/strict.md`, REGISTER_BROKER, accepted."""
    assert r.key is not None
    request = r.request
    first = not (r.stands and r.key in r.tables.broker_live_table)
    tables = r.tables
    for key in list(tables.broker_live_table):
        if (
            r.profile.one_place_per_address
            and key.broker_addr == request.broker_addr
            and not (r.stands and key == r.key)
        ):
            tables = _leave_places(tables, key, r.profile)
    if r.profile.displaced_broker_leaves and r.holder is not None and r.holder != request.broker_addr:
        for key in list(tables.broker_live_table):
            if key.broker_addr == r.holder:
                tables = remove_live(tables, key)
    before = tables.broker_addr_table.get(request.broker_name)
    data = before or BrokerData(cluster=request.cluster_name, broker_name=request.broker_name)
    if before is not None and before.cluster != request.cluster_name:
        tables = _leave_cluster(tables, before)
    data = attrs.evolve(
        data,
        cluster=request.cluster_name,
        enable_acting_master=bool(request.enable_acting_master),
        zone_name=request.zone_name,
        broker_addrs=data.broker_addrs.insert(r.broker_id, request.broker_addr),
    )
    tables = attrs.evolve(tables, broker_addr_table=tables.broker_addr_table.insert(request.broker_name, data))
    tables = _enter_cluster(attrs.evolve(r, tables=tables))
    replaces = (first and r.profile.first_topics_replace) or (r.request.full_body and r.profile.full_body_replaces)
    if r.broker_id == MASTER_ID and first:
        tables = attrs.evolve(tables, write_wiped=tables.write_wiped - {request.broker_name})
    if r.broker_id == MASTER_ID and replaces:
        tables = remove_topics(tables, request.broker_name, mappings=True)
    return _store(tables, r, data, first)


def _leave_places(tables: Tables, key: BrokerAddrInfo, profile: Profile) -> Tables:
    """The address leaves wherever it stands."""
    for data in list(tables.broker_addr_table.values()):
        if key.broker_addr in data.broker_addrs.values():
            tables = remove_place(tables, key, data, profile)
    return remove_live(tables, key)


def _leave_cluster(tables: Tables, data: BrokerData) -> Tables:
    names = tables.cluster_addr_table[data.cluster] - {data.broker_name}
    clusters = tables.cluster_addr_table
    clusters = clusters.insert(data.cluster, names) if names else clusters.remove(data.cluster)
    return attrs.evolve(tables, cluster_addr_table=clusters)


# What an accepted registration stores -----------------------------------------------------------------------------


def _is_prime_slave(r: Registration, data: BrokerData) -> bool:
    return (
        r.profile.acting_master
        and r.request.enable_acting_master is not None
        and r.broker_id != MASTER_ID
        and r.broker_id == min(data.broker_addrs)
    )


def _publishes(r: Registration, data: BrokerData) -> bool:
    return r.broker_id == MASTER_ID or _is_prime_slave(r, data)


def _queue_data(broker_name: str | None, config: TopicConfig, *, read_only: bool) -> QueueData:
    return QueueData(
        broker_name=broker_name,
        read_queue_nums=config.read_queue_nums,
        write_queue_nums=config.write_queue_nums,
        perm=config.perm & ~PERM_WRITE if read_only else config.perm,
        topic_sys_flag=config.topic_sys_flag,
    )


def _version_differs(r: Registration) -> bool:
    """`isBrokerTopicConfigChanged`, against what is stored before this registration."""
    info = None if r.key is None else r.tables.broker_live_table.get(r.key)
    return info is None or info.data_version is None or info.data_version != r.body.data_version


def _without_other_topics(tables: Tables, r: Registration) -> Tables:
    """deleteTopicWithBrokerRegistration: without the name's queues of topics that the body lacks, unless it brings mappings."""
    configs, name = r.body.topic_config_table, r.request.broker_name
    if not r.options.delete_topic_with_broker_registration or r.body.topic_queue_mapping_info_map or configs is None:
        return tables
    topics = tables.topic_queue_table
    for topic, queues in tables.topic_queue_table.items():
        if topic not in configs and name in queues:
            rest = queues.remove(name)
            topics = topics.insert(topic, rest) if rest else topics.remove(topic)
    return attrs.evolve(tables, topic_queue_table=topics)


def _puts_all(r: Registration, *, first: bool) -> bool:
    return first or r.profile.same_version_puts_topics or _version_differs(r)


def _put_topics(tables: Tables, r: Registration, *, first: bool, data: BrokerData) -> Tables:
    every = _puts_all(r, first=first)
    name = r.request.broker_name
    read_only = (data.enable_acting_master or r.profile.prime_slave_is_read_only) and _is_prime_slave(r, data)
    read_only = read_only or name in tables.write_wiped
    topics = tables.topic_queue_table
    configs = r.body.topic_config_table
    assert configs is not None
    for config in configs.values():
        queues = topics.get(config.topic_name)
        before = None if queues is None else queues.get(name)
        if every or (before is None and r.profile.topic_update is TopicUpdate.EACH_IF_CHANGED_OR_ABSENT):
            queue = _queue_data(name, config, read_only=read_only)
            if queue != before:  # most registrations change nothing: the table that stays is then known to be the same
                topics = topics.insert(config.topic_name, (table() if queues is None else queues).insert(name, queue))
    if topics is not tables.topic_queue_table:
        tables = attrs.evolve(tables, topic_queue_table=topics)
    if r.profile.acting_master and every and r.request.broker_addr is not None:
        infos = tables.topic_queue_mapping_info_table
        for topic, info in (r.body.topic_queue_mapping_info_map or {}).items():
            of_topic = infos.get(topic, table())
            infos = infos.insert(topic, of_topic if info is None else of_topic.insert(info.bname, info))
        tables = attrs.evolve(tables, topic_queue_mapping_info_table=infos)
    return tables


def _store(tables: Tables, r: Registration, data: BrokerData, first: bool) -> Result:
    key, request, body = r.key, r.request, r.body
    assert key is not None
    if body.topic_config_table is not None and _publishes(r, data):
        if r.options.delete_topic_with_broker_registration and body.topic_queue_mapping_info_map is None:
            return Result(tables=tables)  # Java asks null whether it is empty: swallowed
        tables = _put_topics(_without_other_topics(tables, r), r, first=first, data=data)
        if r.profile.acting_master and _mapping_missing(body) and _puts_all(r, first=first):
            # Swallowed: the topics are published, and who publishes them is not live. Of several mappings one of which is null
            # those are put that stand before it in a Java hash map: all of them here.
            return Result(tables=tables)
    timeout_ms = request.heartbeat_timeout_ms if r.profile.request_heartbeat_timeout else None
    info = BrokerLiveInfo(
        last_update_ms=r.now_ms,
        heartbeat_timeout_ms=r.profile.heartbeat_timeout_ms if timeout_ms is None else timeout_ms,
        data_version=body.data_version,
        channel=r.channel,
        ha_server_addr=request.ha_server_addr,
        partial=r.profile.full_body_replaces and request.full_body is False,
    )
    filters = tables.filter_server_table
    if body.filter_server_list is not None:
        filters = filters.insert(key, body.filter_server_list) if body.filter_server_list else filters.discard(key)
    live = tables.broker_live_table.insert(key, info)
    tables = attrs.evolve(tables, broker_live_table=live, filter_server_table=filters)
    if r.broker_id == MASTER_ID:
        return Result(tables=tables)
    master_addr = data.broker_addrs.get(MASTER_ID)
    master_key = None if master_addr is None else live_key(r.profile, request.cluster_name, master_addr)
    master = None if master_key is None else live.get(master_key)
    if master is None:
        return Result(tables=tables)
    return Result(tables=tables, master_addr=master_addr, ha_server_addr=master.ha_server_addr)


# The tables -------------------------------------------------------------------------------------------------------

BEFORE_ENTERING: Final = (
    Rule("cluster-name-null-swallowed", _cluster_name_null, _nothing_swallowed),
    Rule("broker-name-null-swallowed", _broker_name_null, _cluster_entered_swallowed),
)
"""Apache: what happens before the name is entered. If none applies, `enter_name` does."""

AFTER_ENTERING: Final = (
    Rule(
        "version-null-swallowed",
        lambda r: r.profile.older_state_version is OlderStateVersion.IGNORED and _version_null_in_conflict(r),
        _nothing_swallowed,
    ),
    Rule(
        "older-state-version",
        lambda r: r.profile.older_state_version is OlderStateVersion.IGNORED and _holder_has_newer_state_version(r),
        _dropped,
    ),
    Rule(
        "topic-before-broker",
        lambda r: r.profile.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME and _topic_before_id(r),
        _refused,
    ),
    Rule(
        "topic-table-null-swallowed",
        lambda r: r.profile.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME and _table_null_before_id(r),
        _nothing_swallowed,
    ),
    Rule("broker-addr-null-swallowed", lambda r: r.key is None, _address_null_swallowed),
    Rule("accepted", _always, _accepted),
)
"""Apache: on the tables after `enter_name`."""

REPAIRED: Final = (
    Rule("part-missing", _part_missing, _refused),
    Rule(
        "older-state-version",
        lambda r: (
            r.profile.older_state_version is OlderStateVersion.REFUSED and _holder_anywhere_has_newer_state_version(r)
        ),
        _refused,
    ),
    Rule("older-data-version", lambda r: r.profile.data_version_monotonic and _older_data_version(r), _refused),
    Rule("name-of-another-cluster", lambda r: r.profile.one_cluster_per_name and _name_of_another_cluster(r), _refused),
    Rule(
        "topic-before-broker",
        lambda r: r.profile.topic_before_broker is TopicBeforeBroker.REFUSED and _topic_before_place(r),
        _refused,
    ),
    Rule("accepted", _always, _accepted_repaired),
)
"""`strict`: decides first, then does everything or nothing."""


def first_rule(rules: tuple[Rule, ...], registration: Registration) -> Rule | None:
    """The first rule whose guard holds, or `None`."""
    return next((rule for rule in rules if rule.guard(registration)), None)
