"""The requests as tasks: the internal steps of each one, cut where its release takes or drops a lock or looks without one.

`advance(context)` gives every way in which a task may make its next step. An outcome that has no task left is finished.
Which answer stands for what is in `Answer`. Source: `DefaultRequestProcessor`, `ClientRequestProcessor`, 4.9.7 and 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterator
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model import min_broker_id
from namesrv.model.by_hand import (
    add_write_perm_of_broker,
    delete_topic_in_namesrv,
    register_topic_in_namesrv,
    wipe_write_perm_of_broker,
)
from namesrv.model.config import get_namesrv_config, update_namesrv_config
from namesrv.model.context import (
    DISABLED,
    NO_EXT_FIELDS,
    NULL_POINTER,
    REQUEST_CODE_NOT_SUPPORTED,
    SUCCESS,
    SYSTEM_ERROR,
    Context,
    Outcome,
    cause,
)
from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    UnknownRequest,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.kv_config import (
    delete_kv_config,
    get_kv_config,
    get_kv_list_by_namespace,
    kv_list,
    put_kv_config,
)
from namesrv.model.lists import (
    get_broker_member_group,
    get_system_topic_list,
    get_topics_by_cluster,
    get_unit_topic_list,
)
from namesrv.model.profiles import Profile, QueryRefreshes, Unregistration
from namesrv.model.register_broker import (
    AFTER_ENTERING,
    BEFORE_ENTERING,
    REPAIRED,
    Registration,
    Result,
    enter_name,
    first_rule,
)
from namesrv.model.removal import remove_place, unregister
from namesrv.model.route import get_all_topic_list
from namesrv.model.route_request import answered_as_route, get_route_info_by_topic
from namesrv.model.state import NameServerState, Task, live_key
from namesrv.model.values import ORDER_TOPIC_CONFIG, BrokerAddrInfo, ClusterInfo, DataVersion, RegisterBrokerBody, table

# REGISTER_BROKER --------------------------------------------------------------------------------------------------


def register_broker(c: Context, request: RegisterBroker) -> Iterator[Outcome]:
    """Two steps under the write lock where someone may look without it: the name is entered, then the rest."""
    if not request.crc32_matches:
        answer = Answer(code=SYSTEM_ERROR, remark="crc32 not match", ext_fields=NO_EXT_FIELDS)
        yield c.done(answer, None, cause("register_broker", "crc32-not-match"))
        return
    if request.body is None:
        yield c.done(
            Answer(code=SYSTEM_ERROR, exception=request.body_error), None, cause("register_broker", "undecodable-body")
        )
        return
    if request.broker_id is None:
        if c.profile.parts_required:
            yield _registered(c, c.state, Result(tables=c.state.tables, refused=True), "part-missing")
        else:
            yield c.done(NULL_POINTER, None, cause("register_broker", "broker-id-null"))
        return
    registration = Registration(
        profile=c.profile,
        tables=c.state.tables,
        request=request,
        body=known_body(request.body, c.profile),
        channel=c.task.channel,
        now_ms=c.now_ms,
        options=c.state.options,
    )
    if c.profile.atomic_refusal:
        rule = first_rule(REPAIRED, registration)
        assert rule is not None
        yield _registered(c, c.state, rule.effect(registration), rule.name)
        return
    lowest_id = c.task.memo if c.task.pc else min_broker_id.lowest_id(c.state.tables, request.broker_name)
    assert lowest_id is None or isinstance(lowest_id, int)
    if c.task.pc == 0:
        rule = first_rule(BEFORE_ENTERING, registration)
        if rule is not None:
            yield _registered(c, c.state, rule.effect(registration), rule.name)
            return
        entered = attrs.evolve(c.state, tables=enter_name(registration))
        if c.watched:
            memo = lowest_id if c.state.options.notify_min_broker_id_changed else None
            yield c.on(attrs.evolve(entered, locked=True), memo)
            return
        registration = attrs.evolve(registration, tables=entered.tables)
    rule = first_rule(AFTER_ENTERING, registration)
    assert rule is not None
    result = rule.effect(registration)
    outcome = _registered(c, attrs.evolve(c.state, locked=False), result, rule.name)
    if c.state.options.notify_min_broker_id_changed and rule.name == "accepted" and lowest_id is not None:
        told = min_broker_id.after_registration(lowest_id, request, result.tables)
        outcome = attrs.evolve(outcome, outputs=told + outcome.outputs)
    yield outcome


def _registered(c: Context, state: NameServerState, result: Result, rule: str) -> Outcome:
    applied = cause("register_broker", rule)
    state = attrs.evolve(state, tables=result.tables)
    if result.refused:
        answer = Answer(code=SYSTEM_ERROR, remark="register broker failed", ext_fields=NO_EXT_FIELDS)
        return c.done(answer, state, applied)
    fields = {}
    if result.master_addr is not None:
        fields["masterAddr"] = result.master_addr
    if result.ha_server_addr is not None:
        fields["haServerAddr"] = result.ha_server_addr
    body = kv_list(state, ORDER_TOPIC_CONFIG) if state.options.return_order_topic_config_to_broker else None
    answer = Answer(code=SUCCESS, ext_fields=table(fields), body=body)
    return c.done(answer, state, applied)


def known_body(body: RegisterBrokerBody, profile: Profile) -> RegisterBrokerBody:
    """Without what the release does not know of."""
    if profile.state_version:
        return body
    return attrs.evolve(
        body, data_version=known_version(body.data_version, profile), topic_queue_mapping_info_map=table()
    )


def known_version(version: DataVersion | None, profile: Profile) -> DataVersion | None:
    if version is None or profile.state_version:
        return version
    return attrs.evolve(version, state_version=0)


# UNREGISTER_BROKER ------------------------------------------------------------------------------------------------


def unregister_broker(c: Context, request: UnregisterBroker) -> Iterator[Outcome]:
    """One step: 4.9.7 unregisters, 5.5.0 only queues."""
    match c.profile.unregistration:
        case Unregistration.QUEUED_BY_ADDR:
            queue = (*c.state.unregistration_queue, request)
            state = attrs.evolve(c.state, unregistration_queue=queue)
            yield c.done(Answer(code=SUCCESS), state, cause("unregister_broker", "queued"))
        case Unregistration.AT_ONCE_BY_ID:
            if request.broker_id is None:
                yield c.done(NULL_POINTER, None, cause("unregister_broker", "broker-id-null"))
                return
            state = attrs.evolve(c.state, tables=unregister(c.state.tables, request, c.profile))
            yield c.done(Answer(code=SUCCESS), state, cause("unregister_broker", "by-id"))
        case Unregistration.AT_ONCE_CHECKED:
            yield _unregister_checked(c, request)


def _unregister_checked(c: Context, request: UnregisterBroker) -> Outcome:
    tables = c.state.tables
    refused = Answer(code=SYSTEM_ERROR, remark="unregister broker failed")
    if not request.cluster_name or not request.broker_addr or not request.broker_name or request.broker_id is None:
        return c.done(refused, None, cause("unregister_broker", "part-missing"))
    key = BrokerAddrInfo(cluster_name=request.cluster_name, broker_addr=request.broker_addr)
    info = tables.broker_live_table.get(key)
    if info is None:
        return c.done(Answer(code=SUCCESS), None, cause("unregister_broker", "not-live"))
    data = tables.broker_addr_table.get(request.broker_name)
    if data is None or data.broker_addrs.get(request.broker_id) != request.broker_addr:
        return c.done(refused, None, cause("unregister_broker", "another-place"))
    if info.channel != c.task.channel:
        return c.done(refused, None, cause("unregister_broker", "another-connection"))
    state = attrs.evolve(c.state, tables=remove_place(tables, key, data, c.profile))
    return c.done(Answer(code=SUCCESS), state, cause("unregister_broker", "accepted"))


# QUERY_DATA_VERSION, BROKER_HEARTBEAT -----------------------------------------------------------------------------


def query_data_version(c: Context, request: QueryDataVersion) -> Iterator[Outcome]:
    """Three looks at the live table, none of them under the lock: compare, refresh, read."""
    if request.body_error is not None:
        yield c.done(Answer(code=SYSTEM_ERROR, exception=request.body_error), None, cause("query_data_version", "body"))
        return
    if request.data_version is None and not (request.has_body or c.profile.decodes_absent_body):
        yield c.done(NULL_POINTER, None, cause("query_data_version", "body-absent"))
        return
    key = live_key(c.profile, request.cluster_name, request.broker_addr)
    if key is None:
        yield c.done(NULL_POINTER, None, cause("query_data_version", "part-null"))
        return
    state, pc, changed = c.state, c.task.pc, c.task.memo
    while True:
        info = state.tables.broker_live_table.get(key)
        if pc == 0:
            version = known_version(request.data_version, c.profile)
            same = (
                info is not None and info.data_version is not None and info.data_version == version and not info.partial
            )
            changed = not (same and (not c.profile.query_checks_place or _stands(state, request)))
        elif pc == 1:
            if info is not None and _refreshes(state, request, c.profile, changed=bool(changed)):
                live = state.tables.broker_live_table.insert(key, attrs.evolve(info, last_update_ms=c.now_ms))
                state = attrs.evolve(state, tables=attrs.evolve(state.tables, broker_live_table=live))
        else:
            body = None if info is None else info.data_version
            fields = table({"changed": "true" if changed else "false"})
            rule = "changed" if changed else "unchanged"
            answer = Answer(code=SUCCESS, ext_fields=fields, body=body)
            yield c.done(answer, state, cause("query_data_version", rule))
            return
        pc += 1
        if c.watched:
            yield c.on(state, changed)
            return


def _stands(state: NameServerState, request: QueryDataVersion) -> bool:
    data = state.tables.broker_addr_table.get(request.broker_name)
    if data is None or request.broker_id is None:
        return False
    return data.cluster == request.cluster_name and data.broker_addrs.get(request.broker_id) == request.broker_addr


def _refreshes(state: NameServerState, request: QueryDataVersion, profile: Profile, *, changed: bool) -> bool:
    match profile.query_refreshes:
        case QueryRefreshes.ALWAYS:
            return True
        case QueryRefreshes.UNCHANGED:
            return not changed
        case QueryRefreshes.SAME_PLACE:
            return _stands(state, request)


def broker_heartbeat(c: Context, request: BrokerHeartbeat) -> Iterator[Outcome]:
    """One step, without the lock."""
    if not c.profile.broker_heartbeat:
        yield from unknown_request(c, UnknownRequest(code=904))
        return
    key = live_key(c.profile, request.cluster_name, request.broker_addr)
    if key is None:
        yield c.done(NULL_POINTER, None, cause("broker_heartbeat", "part-null"))
        return
    info = c.state.tables.broker_live_table.get(key)
    if info is None:
        yield c.done(Answer(code=SUCCESS), None, cause("broker_heartbeat", "unknown"))
        return
    live = c.state.tables.broker_live_table.insert(key, attrs.evolve(info, last_update_ms=c.now_ms))
    state = attrs.evolve(c.state, tables=attrs.evolve(c.state.tables, broker_live_table=live))
    yield c.done(Answer(code=SUCCESS), state, cause("broker_heartbeat", "refreshed"))


# Reads ------------------------------------------------------------------------------------------------------------


def get_broker_cluster_info(c: Context, _: GetBrokerClusterInfo) -> Iterator[Outcome]:
    """Two looks without any lock: the broker table is written out before the cluster table (fastjson sorts the fields)."""
    brokers = c.task.memo if c.task.pc else c.state.tables.broker_addr_table
    if c.task.pc == 0 and c.watched:
        yield c.on(c.state, brokers)
        return
    assert isinstance(brokers, HashTrieMap)
    info = ClusterInfo(broker_addr_table=brokers, cluster_addr_table=c.state.tables.cluster_addr_table)
    yield c.done(Answer(code=SUCCESS, body=info), None, cause("get_broker_cluster_info", "found"))


def get_all_topics(c: Context, _: GetAllTopicList) -> Iterator[Outcome]:
    """One step, under the read lock."""
    if not c.state.options.enable_all_topic_list:
        yield c.done(DISABLED, None, cause("get_all_topic_list", "disabled"))
        return
    answer = Answer(code=SUCCESS, body=get_all_topic_list(c.state.tables))
    yield c.done(answer, None, cause("get_all_topic_list", "found"))


def unknown_request(c: Context, request: UnknownRequest) -> Iterator[Outcome]:
    """4.9 answers nothing at all: `processRequest` returns null."""
    if not c.profile.answers_unknown_codes:
        yield c.done(None, None, cause("unknown_request", "not-answered"))
        return
    remark = f" request type {request.code} not supported"
    answer = Answer(code=REQUEST_CODE_NOT_SUPPORTED, remark=remark)
    yield c.done(answer, None, cause("unknown_request", "not-supported"))


LOCK_FREE: Final = (
    *(QueryDataVersion, BrokerHeartbeat, GetBrokerClusterInfo, UnknownRequest),
    *(PutKVConfig, GetKVConfig, DeleteKVConfig, GetKVListByNamespace),
    *(UpdateNamesrvConfig, GetNamesrvConfig),
)
"""Requests that `RouteInfoManager`'s lock does not concern; `KVConfigManager` and `Configuration` have their own."""


def needs_lock(task: Task) -> bool:
    """Whether the task's next step waits for a writer that is in the middle of its own."""
    return not isinstance(task.job, LOCK_FREE)


def advance(c: Context) -> Iterator[Outcome]:
    """Every way in which a request's task may make its next step."""
    if c.state.options.cluster_test and c.profile.cluster_test_answers_everything:
        return answered_as_route(c)
    match c.task.job:
        case RegisterBroker() as request:
            return register_broker(c, request)
        case UnregisterBroker() as request:
            return unregister_broker(c, request)
        case QueryDataVersion() as request:
            return query_data_version(c, request)
        case BrokerHeartbeat() as request:
            return broker_heartbeat(c, request)
        case GetRouteInfoByTopic() as request:
            return get_route_info_by_topic(c, request)
        case GetBrokerClusterInfo() as request:
            return get_broker_cluster_info(c, request)
        case GetAllTopicList() as request:
            return get_all_topics(c, request)
        case PutKVConfig() as request:
            return put_kv_config(c, request)
        case GetKVConfig() as request:
            return get_kv_config(c, request)
        case DeleteKVConfig() as request:
            return delete_kv_config(c, request)
        case GetKVListByNamespace() as request:
            return get_kv_list_by_namespace(c, request)
        case WipeWritePermOfBroker() as request:
            return wipe_write_perm_of_broker(c, request)
        case AddWritePermOfBroker() as request:
            return add_write_perm_of_broker(c, request)
        case DeleteTopicInNamesrv() as request:
            return delete_topic_in_namesrv(c, request)
        case RegisterTopicInNamesrv() as request if c.profile.register_topic:
            return register_topic_in_namesrv(c, request)
        case RegisterTopicInNamesrv():
            return unknown_request(c, UnknownRequest(code=217))
        case GetTopicsByCluster() as request:
            return get_topics_by_cluster(c, request)
        case GetSystemTopicList() as request:
            return get_system_topic_list(c, request)
        case GetUnitTopicList() as request:
            return get_unit_topic_list(c, request)
        case GetBrokerMemberGroup() as request if c.profile.member_group:
            return get_broker_member_group(c, request)
        case GetBrokerMemberGroup():
            return unknown_request(c, UnknownRequest(code=901))
        case UpdateNamesrvConfig() as request:
            return update_namesrv_config(c, request)
        case GetNamesrvConfig() as request:
            return get_namesrv_config(c, request)
        case UnknownRequest() as request:
            return unknown_request(c, request)
        case _:
            raise TypeError(f"advance: {type(c.task.job).__name__} is not a request")
