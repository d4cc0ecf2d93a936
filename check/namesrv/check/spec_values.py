"""A NameServer of the model as the specification has it: the one abstraction function of `spec/State.tla`, part by part.

What the specification leaves out (`spec/README.md`) must be constant where the two are compared: it is checked here that it is,
and `LeftOut` says what was not. `spec/Ledger.tla` and what a step says (`spec/NameServer.tla`) are here too.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from rpds import HashTrieMap

from namesrv.check.tla_values import Function, TlaValue, function, tla_value
from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    Answered,
    Applied,
    BrokerHeartbeat,
    ClosedChannel,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Output,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnknownRequest,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.ledger import Ledger, Stay
from namesrv.model.state import BrokerLiveInfo, ClosedConnection, NameServerState, Scan, Task
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    BrokerAddrInfo,
    BrokerData,
    ClusterInfo,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
)

ABSENT: Final = "absent"
CODES: Final = {0: "SUCCESS", 1: "SYSTEM_ERROR", 3: "REQUEST_CODE_NOT_SUPPORTED", 17: "TOPIC_NOT_EXIST"}
PERMS: Final = {PERM_READ: "read", PERM_WRITE: "write"}

NULLABLE: Final = ("topic_config_table", "filter_server_list", "topic_queue_mapping_info_map")
"""Parts of a body that may be null, by themselves."""

NOTHING: Final[HashTrieMap[str, str]] = HashTrieMap()


class LeftOut(ValueError):
    """The specification has no such thing; the text says what."""


def record(**fields: TlaValue) -> TlaValue:
    """A record of TLA+."""
    return Function(fields.items())


def table_value(items: Mapping[Any, TlaValue]) -> TlaValue:
    """A table: its keys as they are, or as records."""
    return function((key_value(key) if isinstance(key, BrokerAddrInfo) else key, item) for key, item in items.items())


def _there(what: str, part: str | None) -> str:
    """A part that is neither null nor empty."""
    if not part:
        raise LeftOut(f"`{what}` {'null' if part is None else 'empty'}")
    return part


def _or_absent(part: str | None) -> str:
    return ABSENT if part is None else part


def _flag(value: bool | None) -> str:
    return ABSENT if value is None else str(value).lower()


# Values -----------------------------------------------------------------------------------------------------------


def version_value(version: DataVersion | None) -> TlaValue:
    """A DataVersion."""
    if version is None or version.counter is None:
        raise LeftOut(f"`{'DataVersion' if version is None else 'counter'}` null")
    return record(state_version=version.state_version, counter=version.counter, timestamp=version.timestamp)


def key_value(key: BrokerAddrInfo) -> TlaValue:
    """The key of a live address."""
    return record(cluster_name=key.cluster_name, broker_addr=_there("broker_addr", key.broker_addr))


def queue_value(queue: QueueData | TopicConfig) -> TlaValue:
    """Queue numbers and perm. Read and write queues are as many, and nothing else is set."""
    attributes = queue.attributes if isinstance(queue, TopicConfig) else NOTHING
    perms = frozenset(name for bit, name in PERMS.items() if queue.perm & bit)
    if (
        queue.read_queue_nums != queue.write_queue_nums
        or queue.topic_sys_flag
        or attributes
        or queue.perm & ~sum(PERMS)
    ):
        raise LeftOut(f"{queue}")
    return record(queue_nums=queue.read_queue_nums, perm=perms)


def _topics(configs: HashTrieMap[Any, TopicConfig] | HashTrieMap[Any, QueueData]) -> TlaValue:
    return table_value({_there("name", name): queue_value(config) for name, config in configs.items()})


def _mapping(info: TopicQueueMappingInfo) -> TlaValue:
    return record(bname=_there("bname", info.bname), epoch=info.epoch)


def _server(name: str | None) -> str:
    if name is None:
        raise LeftOut("a filter server that is null")
    return name


def _mappings(infos: Mapping[Any, TopicQueueMappingInfo]) -> TlaValue:
    return table_value({name: _mapping(info) for name, info in infos.items()})


def _brokers(data: BrokerData) -> TlaValue:
    if data.zone_name is not None:
        raise LeftOut(f"zone_name {data.zone_name!r}")
    addrs = {number: _there("broker_addr", addr) for number, addr in data.broker_addrs.items()}
    return record(
        cluster=_there("cluster", data.cluster),
        broker_addrs=table_value(addrs),
        enable_acting_master=data.enable_acting_master,
    )


def _broker_table(brokers: HashTrieMap[str | None, BrokerData]) -> TlaValue:
    return table_value({name: _brokers(data) for name, data in brokers.items()})


def _cluster_table(clusters: HashTrieMap[str | None, frozenset[str | None]]) -> TlaValue:
    return tla_value(clusters)


# Requests ---------------------------------------------------------------------------------------------------------


def _body(body: RegisterBrokerBody | None) -> TlaValue:
    infos = None if body is None else body.topic_queue_mapping_info_map
    if body is None or body.topic_config_table is None or body.filter_server_list is None or infos is None:
        part = "body" if body is None else next(name for name in NULLABLE if getattr(body, name) is None)
        raise LeftOut(f"`{part}` null")
    if any(topic != config.topic_name for topic, config in body.topic_config_table.items()):
        raise LeftOut(f"a topic under another key: {body.topic_config_table}")
    mappings = {topic: info for topic, info in infos.items() if info is not None}
    if len(mappings) != len(infos):
        raise LeftOut("a mapping that is null")
    return record(
        topic_config_table=_topics(body.topic_config_table),
        data_version=version_value(body.data_version),
        topic_queue_mapping_info_map=_mappings(mappings),
        filter_server_list=tuple(map(_server, body.filter_server_list)),
    )


@lru_cache(maxsize=4096)
def request_value(request: Request) -> TlaValue:
    """A request. Raises `LeftOut`."""
    fields: dict[str, TlaValue] = {"kind": type(request).__name__}
    match request:
        case RegisterBroker() | UnregisterBroker() | QueryDataVersion() | BrokerHeartbeat():
            for name in ("cluster_name", "broker_addr", "broker_name"):
                fields[name] = _there(name, getattr(request, name))
        case GetRouteInfoByTopic():
            fields["topic"] = _there("topic", request.topic)
        case UnknownRequest():
            fields["code"] = request.code
        case GetBrokerClusterInfo() | GetAllTopicList():
            pass
        case WipeWritePermOfBroker() | AddWritePermOfBroker():
            fields["broker_name"] = _there("broker_name", request.broker_name)
        case DeleteTopicInNamesrv():
            fields["topic"] = _there("topic", request.topic)
            fields["cluster_name"] = _or_absent(request.cluster_name or None)
        case RegisterTopicInNamesrv():
            fields["topic"] = _there("topic", request.topic)
            fields["queue_datas"] = _given_queues(request)
        case _:  # KV configs, lists and the NameServer's own configuration are not in the spec
            raise LeftOut(type(request).__name__)
    if isinstance(request, RegisterBroker | UnregisterBroker | QueryDataVersion):
        if request.broker_id is None:
            raise LeftOut("`broker_id` null")
        fields["broker_id"] = request.broker_id
    if isinstance(request, QueryDataVersion):
        if request.body_error is not None:
            raise LeftOut(f"{request}")
        fields["data_version"] = version_value(request.data_version)
    if isinstance(request, RegisterBroker):
        if request.heartbeat_timeout_ms is not None or request.zone_name is not None or not request.crc32_matches:
            raise LeftOut(f"{request}")
        fields["ha_server_addr"] = _or_absent(request.ha_server_addr)
        fields["enable_acting_master"] = _flag(request.enable_acting_master)
        fields["full_body"] = _flag(request.full_body)
        fields["body"] = _body(request.body)
    return record(**fields)


def _given_queues(request: RegisterTopicInNamesrv) -> TlaValue:
    queues = request.queue_datas
    if queues is None or None in queues or request.body_error is not None or not request.has_body:
        raise LeftOut(f"{request}")
    return tuple(
        (_there("broker_name", queue.broker_name), queue_value(queue)) for queue in queues if queue is not None
    )


# The state --------------------------------------------------------------------------------------------------------


def _keys(keys: Iterable[BrokerAddrInfo]) -> TlaValue:
    return frozenset(key_value(key) for key in keys)


def _job(job: Request | ClosedConnection | Scan) -> TlaValue:
    match job:
        case ClosedConnection():
            return record(kind="ClosedConnection", aborted=job.aborted, again=job.again)
        case Scan():
            left = () if job.left is None else (_keys(job.left),)
            return record(kind="Scan", visited=_keys(job.visited), left=left, modified=job.modified)
        case _:
            return request_value(job)


def _memo(task: Task) -> TlaValue:
    match task.memo:
        case None:
            return record(kind="none")
        case bool() as changed:
            return record(kind="changed", changed=changed)
        case BrokerAddrInfo() as found:
            return record(kind="found", found=key_value(found))
        case HashTrieMap() as brokers:
            return record(kind="brokers", brokers=_broker_table(brokers))
        case memo:
            raise LeftOut(f"memo {memo!r}")


@lru_cache(maxsize=65536)
def _task(task: Task) -> TlaValue:
    return record(
        channel=task.channel,
        opaque=task.opaque,
        job=_job(task.job),
        oneway=task.oneway,
        pc=task.pc,
        memo=_memo(task),
    )


def _live(info: BrokerLiveInfo, now_ms: int) -> TlaValue:
    return record(
        fresh=info.last_update_ms == now_ms,
        data_version=version_value(info.data_version),
        channel=info.channel,
        ha_server_addr=_or_absent(info.ha_server_addr),
        partial=info.partial,
    )


def name_server_value(state: NameServerState, now_ms: int = 0) -> TlaValue:
    """A NameServer's state. `now_ms`: the one instant at which everything happens: what was not heard of then is stale."""
    tables = state.tables
    if state.kv_config:
        raise LeftOut(f"KV configs: {state.kv_config}")
    mappings = tables.topic_queue_mapping_info_table
    return record(
        topicQueueTable=table_value({topic: _topics(queues) for topic, queues in tables.topic_queue_table.items()}),
        brokerAddrTable=_broker_table(tables.broker_addr_table),
        clusterAddrTable=_cluster_table(tables.cluster_addr_table),
        brokerLiveTable=table_value({key: _live(info, now_ms) for key, info in tables.broker_live_table.items()}),
        filterServerTable=table_value(
            {key: tuple(map(_server, servers)) for key, servers in tables.filter_server_table.items()}
        ),
        topicQueueMappingInfoTable=table_value({topic: _mappings(infos) for topic, infos in mappings.items()}),
        writeWiped=tla_value(tables.write_wiped),
        tasks=tuple(_task(task) for task in state.tasks),
        locked=state.locked,
        unregistrationQueue=tuple(request_value(request) for request in state.unregistration_queue),
        scanStopped=state.scan_stopped,
    )


def _stay(stay: Stay) -> TlaValue:
    if stay.broker_id is None:
        raise LeftOut("`broker_id` null")
    return record(
        cluster_name=_there("cluster_name", stay.cluster_name),
        broker_name=_there("broker_name", stay.broker_name),
        broker_id=stay.broker_id,
        channel=stay.channel,
        version=version_value(stay.version),
        topics=_topics(stay.topics),
        said=_topics(stay.said),
        promised=stay.promised,
    )


def ledger_value(ledger: Ledger) -> TlaValue:
    """A ledger."""
    return record(
        stays=table_value({addr: _stay(stay) for addr, stay in ledger.stays.items()}),
        touched=tla_value(ledger.touched),
        overtaken=tla_value(ledger.overtaken),
        by_hand=tla_value(ledger.by_hand),
        wiped=tla_value(ledger.wiped),
    )


# What it says -----------------------------------------------------------------------------------------------------


def _route(route: TopicRouteData) -> TlaValue:
    mappings = route.topic_queue_mapping_by_broker
    return record(
        queue_datas=table_value({queue.broker_name: queue_value(queue) for queue in route.queue_datas}),
        broker_datas=table_value({data.broker_name: _brokers(data) for data in route.broker_datas}),
        filter_server_table=tla_value(route.filter_server_table),
        topic_queue_mapping_by_broker=() if mappings is None else _mappings(mappings),
    )


def answer_value(request: Request | None, answer: Answer) -> TlaValue:
    """What the specification has of an answer to that request: no remarks, no bodies of order topic configs. Raises `LeftOut`."""
    if answer.exception is not None or answer.code not in CODES:
        raise LeftOut(f"{answer}")
    fields: dict[str, TlaValue] = {"code": CODES[answer.code]}
    said = NOTHING if answer.ext_fields is None else answer.ext_fields
    if isinstance(request, RegisterBroker):
        fields["masterAddr"] = said.get("masterAddr", ABSENT)
        fields["haServerAddr"] = said.get("haServerAddr", ABSENT)
    if isinstance(request, WipeWritePermOfBroker | AddWritePermOfBroker):
        fields.update({name: int(count) for name, count in said.items()})
    match answer.body:
        case DataVersion() | None if isinstance(request, QueryDataVersion):
            if said.get("changed") not in ("true", "false"):
                raise LeftOut(f"{answer}")
            fields["changed"] = said["changed"] == "true"
            fields["data_version"] = () if answer.body is None else (version_value(answer.body),)
        case TopicRouteData() as route:
            fields["route"] = _route(route)
        case ClusterInfo() as info:
            fields["broker_addr_table"] = _broker_table(info.broker_addr_table)
            fields["cluster_addr_table"] = _cluster_table(info.cluster_addr_table)
        case TopicList() as topics:
            fields["topic_list"] = tla_value(topics.topic_list)
        case None:
            pass
        case body:
            raise LeftOut(f"body {body}")
    return record(**fields)


def said_value(before: NameServerState, outputs: tuple[Output, ...]) -> TlaValue:
    """What a step from `before` said: answers, connections that were closed, rules that decided."""
    jobs = {(task.channel, task.opaque): task.job for task in before.tasks}
    answers: list[TlaValue] = []
    for output in outputs:
        if isinstance(output, Answered):
            request = jobs[output.channel, output.opaque]
            assert not isinstance(request, ClosedConnection | Scan), "these answer nothing"
            answer = answer_value(request, output.answer)
            answers.append(record(channel=output.channel, opaque=output.opaque, answer=answer))
    return record(
        answers=tuple(answers),
        closes=tuple(output.channel for output in outputs if isinstance(output, ClosedChannel)),
        rules=tuple((output.table, output.rule) for output in outputs if isinstance(output, Applied)),
    )
