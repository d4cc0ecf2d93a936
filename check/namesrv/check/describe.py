"""Requests, answers and states in RocketMQ's terms, one line each, for people."""

from collections.abc import Iterable, Mapping
from typing import Final

from namesrv.check.readable import readable
from namesrv.check.steps import Advance, Close, Crc, Header, Open, Requests, Scan, Send, Step, Style
from namesrv.check.tracker import Belief
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
    Request,
    UnknownRequest,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    ConfigText,
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicRouteData,
)

CODE_NAMES = {
    0: "SUCCESS",
    1: "SYSTEM_ERROR",
    3: "REQUEST_CODE_NOT_SUPPORTED",
    16: "NO_PERMISSION",
    17: "TOPIC_NOT_EXIST",
    22: "QUERY_NOT_FOUND",
}

MANY_TOPICS: Final = 40
SHOWN_TOPICS: Final = 6
"""Of more than the first number of topics, so many and the last one are told."""


def describe_version(version: DataVersion | None) -> str:
    """`version 0/2@1`: stateVersion, counter, timestamp."""
    if version is None:
        return "no version"
    return f"version {version.state_version}/{version.counter}@{version.timestamp}"


def describe_place(request: RegisterBroker | UnregisterBroker | QueryDataVersion) -> str:
    """`C1 a/0 h1:10911`: cluster, broker name, broker id, address."""
    return f"{request.cluster_name} {request.broker_name}/{request.broker_id} {request.broker_addr}"


def describe_request(request: Request) -> str:
    """The request on one line."""
    return readable(_request(request))


def _request(request: Request) -> str:
    match request:
        case RegisterBroker():
            return f"REGISTER_BROKER {describe_place(request)}{_register_details(request)}"
        case UnregisterBroker():
            return f"UNREGISTER_BROKER {describe_place(request)}"
        case QueryDataVersion():
            return f"QUERY_DATA_VERSION {describe_place(request)} {describe_version(request.data_version)}"
        case BrokerHeartbeat():
            return f"BROKER_HEARTBEAT {request.cluster_name} {request.broker_name} {request.broker_addr}"
        case GetRouteInfoByTopic():
            zone = "" if request.zone_name is None else f" for zone {request.zone_name!r}"
            return f"GET_ROUTEINFO_BY_TOPIC {request.topic}{zone}"
        case GetBrokerClusterInfo():
            return "GET_BROKER_CLUSTER_INFO"
        case GetAllTopicList():
            return "GET_ALL_TOPIC_LIST"
        case PutKVConfig():
            return f"PUT_KV_CONFIG {request.namespace} {request.key}={request.value}"
        case GetKVConfig():
            return f"GET_KV_CONFIG {request.namespace} {request.key}"
        case DeleteKVConfig():
            return f"DELETE_KV_CONFIG {request.namespace} {request.key}"
        case GetKVListByNamespace():
            return f"GET_KVLIST_BY_NAMESPACE {request.namespace}"
        case WipeWritePermOfBroker():
            return f"WIPE_WRITE_PERM_OF_BROKER {request.broker_name}"
        case AddWritePermOfBroker():
            return f"ADD_WRITE_PERM_OF_BROKER {request.broker_name}"
        case DeleteTopicInNamesrv():
            where = "" if request.cluster_name is None else f" of cluster {request.cluster_name or repr('')}"
            return f"DELETE_TOPIC_IN_NAMESRV {request.topic}{where}"
        case RegisterTopicInNamesrv():
            return f"REGISTER_TOPIC_IN_NAMESRV {request.topic} {_given_queues(request)}"
        case GetTopicsByCluster():
            return f"GET_TOPICS_BY_CLUSTER {request.cluster}"
        case GetSystemTopicList():
            return "GET_SYSTEM_TOPIC_LIST_FROM_NS"
        case GetUnitTopicList():
            return f"GET_{request.kind.name}_TOPIC_LIST"
        case GetBrokerMemberGroup():
            return f"GET_BROKER_MEMBER_GROUP {request.cluster_name} {request.broker_name}"
        case UpdateNamesrvConfig():
            return f"UPDATE_NAMESRV_CONFIG {_properties(request)}"
        case GetNamesrvConfig():
            return "GET_NAMESRV_CONFIG"
        case UnknownRequest():
            return f"request code {request.code}"


def _properties(request: UpdateNamesrvConfig) -> str:
    if not request.readable:
        return "with an escape that is none"
    if request.properties is None:
        return "without a body"
    return " ".join(f"{key}={value!r}" for key, value in sorted(request.properties.items())) or "of nothing"


def _given_queues(request: RegisterTopicInNamesrv) -> str:
    if not request.has_body:
        return "without a body"
    if request.queue_datas is None:
        return "without queues"
    return " ".join("null" if data is None else _queues(data) for data in request.queue_datas) or "no queues"


def _register_details(request: RegisterBroker) -> str:
    parts = []
    if request.body is None:
        parts.append("an undecodable body")
    else:
        parts += _body_details(request.body)
    if request.ha_server_addr is not None:
        parts.append(f"HA {request.ha_server_addr}")
    if request.enable_acting_master is not None:
        parts.append(f"enableActingMaster={str(request.enable_acting_master).lower()}")
    if request.heartbeat_timeout_ms is not None:
        parts.append(f"heartbeatTimeoutMillis={request.heartbeat_timeout_ms}")
    if request.zone_name is not None:
        parts.append(f"zone {request.zone_name}")
    if request.full_body is not None:
        parts.append(f"fullBody={str(request.full_body).lower()}")
    return "".join(f", {part}" for part in parts)


def _body_details(body: RegisterBrokerBody) -> Iterable[str]:
    yield describe_version(body.data_version)
    if body.topic_config_table is None:
        yield "a null topic table"
    else:
        topics = [describe_config(key, config) for key, config in sorted(body.topic_config_table.items())]
        if len(topics) > MANY_TOPICS:
            topics[SHOWN_TOPICS:-1] = ["…"]
            topics.append(f"({len(body.topic_config_table)} of them)")
        yield "no topics" if not topics else "topics " + " ".join(topics)
    if body.filter_server_list is None:
        yield "null filter servers"
    elif body.filter_server_list:
        yield f"filter servers {' '.join(map(str, body.filter_server_list))}"
    if body.topic_queue_mapping_info_map is None:
        yield "null mappings"
        return
    for topic, info in sorted(body.topic_queue_mapping_info_map.items(), key=lambda entry: entry[0]):
        yield f"null mapping of {topic}" if info is None else f"mapping of {topic} at {info.bname} epoch {info.epoch}"


def describe_config(key: str, config: TopicConfig) -> str:
    """`t1(r4 w4 p6)`: read queues, write queues, perm."""
    name = key if key == config.topic_name else f"{key}={config.topic_name}"
    return f"{name}(r{config.read_queue_nums} w{config.write_queue_nums} p{config.perm})"


def describe_style(style: Style) -> str:
    """What is unusual about the way in which a request is written; empty if nothing is."""
    parts = []
    if style.header is not Header.JSON:
        parts.append("binary header" if style.header is Header.ROCKETMQ else f"header {style.header.value}")
    if style.mq_version != Style().mq_version:
        parts.append(f"header version {style.mq_version}")
    if style.compressed:
        parts.append("compressed body")
    if style.crc is not Crc.RIGHT:
        parts.append(f"{style.crc.value} crc")
    if style.accept_standard_json_only is not None:
        parts.append(f"acceptStandardJsonOnly={str(style.accept_standard_json_only).lower()}")
    parts += _by_hand(style)
    return f" [{', '.join(parts)}]" if parts else ""


SHOWN_BYTES: Final = 300


def _by_hand(style: Style) -> Iterable[str]:
    if not style.state_version:
        yield "no stateVersion"
    if style.language != Style().language:
        yield f"language {style.language}"
    if style.without_ext_fields:
        yield "no extFields"
    for key, value in sorted(style.ext_fields.items()):
        yield f"no {key}" if value is None else f"{key}={value[:SHOWN_BYTES]!r}"
    if style.without_body:
        yield "no body"
    elif style.body is not None:
        more = f"... ({len(style.body)} bytes)" if len(style.body) > SHOWN_BYTES else ""
        yield f"instead the body {readable(style.body[:SHOWN_BYTES].decode('utf-8', 'backslashreplace'))}{more}"


def describe_send(send: Send) -> str:
    """One request, over which connection, how."""
    oneway = " one-way" if send.oneway else ""
    return f"connection {send.connection}{oneway}: {describe_request(send.request)}{describe_style(send.style)}"


def describe_step(step: Step) -> str:
    """One step of a sequence; several lines if requests are sent together."""
    match step:
        case Open():
            return f"connection {step.connection}: open"
        case Close():
            return f"connection {step.connection}: {'reset' if step.abort else 'close'}"
        case Advance():
            return f"{step.ms} ms go by"
        case Scan():
            return "the NameServer scans for brokers that are no longer active"
        case Requests(sends=(send,)):
            return describe_send(send)
        case Requests():
            return "together:\n" + "\n".join(f"    {describe_send(send)}" for send in step.sends)


def describe_answer(answer: object) -> str:
    """An answer on one line; what is not an answer as it prints."""
    if not isinstance(answer, Answer):
        return readable(str(answer))
    parts = [CODE_NAMES.get(answer.code, f"code {answer.code}")]
    if answer.exception is not None:
        parts.append(f"a Java {answer.exception}")
    if answer.remark is not None:
        parts.append(f"remark {answer.remark!r}")
    if answer.ext_fields is not None:
        parts += [f"{key}={value}" for key, value in sorted(answer.ext_fields.items())]
    if answer.body is not None:
        parts.append(describe_body(answer.body))
    return readable(" ".join(parts))


def describe_body(body: object) -> str:
    """A body of an answer."""
    match body:
        case DataVersion():
            return describe_version(body)
        case TopicRouteData():
            queues = ", ".join(sorted(_queues(queue) for queue in body.queue_datas))
            brokers = ", ".join(sorted(_brokers(data) for data in body.broker_datas))
            filters = f"; filter servers {_mapping(body.filter_server_table)}" if body.filter_server_table else ""
            mappings = body.topic_queue_mapping_by_broker
            return f"route: queues {queues}; brokers {brokers}{filters}" + (
                f"; mappings {mappings}" if mappings else ""
            )
        case ClusterInfo():
            brokers = ", ".join(sorted(_brokers(data) for data in body.broker_addr_table.values()))
            clusters = {
                name: "{" + ",".join(sorted(map(str, names))) + "}" for name, names in body.cluster_addr_table.items()
            }
            return f"brokers {brokers or 'none'}; clusters {_mapping(clusters) or 'none'}"
        case TopicList():
            some = "" if body.broker_addr is None else f"; brokerAddr {body.broker_addr}"
            return f"topics {' '.join(sorted(map(str, body.topic_list))) or 'none'}{some}"
        case BrokerMemberGroup():
            return f"group {body.cluster} {body.broker_name}: {_mapping(body.broker_addrs) or 'none'}"
        case ConfigText():
            order = " (in any order)" if body.any_order else ""
            return f"configuration{order} {' '.join(body.lines)}"
        case KVTable():
            return f"keys {_mapping(body.table) or 'none'}"
        case _:
            return str(body)


def _queues(queue: QueueData) -> str:
    flag = f" flag {queue.topic_sys_flag}" if queue.topic_sys_flag else ""
    return f"{queue.broker_name}(r{queue.read_queue_nums} w{queue.write_queue_nums} p{queue.perm}{flag})"


def _brokers(data: BrokerData) -> str:
    addrs = " ".join(f"{broker_id}={addr}" for broker_id, addr in sorted(data.broker_addrs.items()))
    acting = " acting" if data.enable_acting_master else ""
    zone = f" zone {data.zone_name}" if data.zone_name is not None else ""
    return f"{data.cluster} {data.broker_name}({addrs}{acting}{zone})"


def _mapping(mapping: Mapping[str, object] | Mapping[str | None, object] | Mapping[int, object]) -> str:
    return " ".join(f"{key}:{value}" for key, value in sorted(mapping.items(), key=str))


def describe_belief(belief: Belief) -> str:
    """What a state has still to do."""
    queued = [f"unregistration of {describe_place(request)}" for request in belief.state.unregistration_queue]
    tasks = [f"{type(task.job).__name__} of connection {task.channel}" for task in belief.state.tasks]
    return ", ".join(queued + tasks) or "nothing"
