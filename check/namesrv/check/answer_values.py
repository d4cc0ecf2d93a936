"""Answers as values: what a NameServer says, and what of a model's answer its reader gets to see.

Names lose the run's prefix, and what is not the run's own is left out, so that a NameServer may be shared. Bodies are compared as
values: the order of brokers, queues and topics means nothing.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.wire import Prefix
from namesrv.model.events import (
    Answer,
    AnswerBody,
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
    QueryDataVersion,
    RegisterBroker,
    Request,
)
from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    ConfigText,
    DataVersion,
    KVTable,
    TopicList,
    TopicRouteData,
    table,
)
from namesrv.remoting.answer_body import (
    decode_broker_member_group,
    decode_cluster_info,
    decode_kv_table,
    decode_topic_list,
    decode_topic_route_data,
)
from namesrv.remoting.body import decode_data_version
from namesrv.remoting.codes import ResponseCode, SerializeType
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.config_text import decode_config_text
from namesrv.remoting.errors import RemotingError

D = TypeVar("D", BrokerData, BrokerMemberGroup)

SOMEBODY_ELSES: Final = "somebody else's"
"""Instead of an address that is none of the run's own."""

JAVA_EXCEPTION: Final = re.compile(r"^(?:[a-z]\w*\.)+(\w*(?:Exception|Error))\b")
"""How the remark begins that `RemotingHelper.exceptionSimpleDesc` makes: class, message, top of the stack."""


def read_answer(prefix: Prefix, request: Request, command: RemotingCommand) -> Answer:
    """The answer as a value. Raises `Undecided` if its body can't be read as what a NameServer answers."""
    remark, exception = command.remark, None
    if remark is not None:
        match = JAVA_EXCEPTION.match(remark)
        if match is not None and command.code == ResponseCode.SYSTEM_ERROR:
            remark, exception = None, match.group(1)
        else:
            remark = remark if prefix.kept else remark.replace(prefix.text, "")
    ext_fields = None
    if command.ext_fields is not None:
        ext_fields = table({key: prefix.off(value) for key, value in command.ext_fields.items()})
    try:
        body = None if command.body is None else _read_body(prefix, request, command.body)
    except RemotingError as error:
        raise Undecided(f"the answer's body can't be read: {error}") from error
    if not ext_fields and command.serialize_type == SerializeType.ROCKETMQ:
        # The binary form can't tell an empty map from none: what the model says about that can't be compared.
        with_header = isinstance(request, RegisterBroker | QueryDataVersion | GetKVConfig)
        ext_fields = NO_EXT_FIELDS if with_header and not exception else None
        if isinstance(request, GetKVConfig) and command.code == ResponseCode.SUCCESS:
            ext_fields = table({"value": ""})  # nor an empty string from none
    return Answer(code=command.code, remark=remark, exception=exception, ext_fields=ext_fields, body=body)


NO_EXT_FIELDS: Final[Any] = table()


def _read_body(prefix: Prefix, request: Request, data: bytes) -> AnswerBody:
    match request:
        case RegisterBroker() | GetKVListByNamespace():
            return _own_keys(prefix, decode_kv_table(data))
        case QueryDataVersion():
            return decode_data_version(data) or DataVersion(counter=None)
        case GetRouteInfoByTopic():
            return _own_route(prefix, decode_topic_route_data(data))
        case GetBrokerClusterInfo():
            return _own_clusters(prefix, decode_cluster_info(data))
        case GetAllTopicList() | GetTopicsByCluster() | GetSystemTopicList() | GetUnitTopicList():
            topics = decode_topic_list(data)
            own = frozenset(prefix.off(topic) for topic in topics.topic_list if prefix.owns(topic))
            addr = topics.broker_addr
            addr = prefix.off(addr) if addr is None or prefix.owns(addr) else SOMEBODY_ELSES
            return TopicList(topic_list=own, broker_addr=addr)
        case GetNamesrvConfig():
            return decode_config_text(data)
        case GetBrokerMemberGroup():
            return _own_group(prefix, decode_broker_member_group(data))
        case _:
            raise Undecided(f"an answer to {type(request).__name__} has a body of {len(data)} bytes")


def _own_group(prefix: Prefix, group: BrokerMemberGroup | None) -> BrokerMemberGroup:
    if group is None:
        raise Undecided("the answer to GetBrokerMemberGroup holds no group")
    return BrokerMemberGroup(
        cluster=prefix.off(group.cluster),
        broker_name=prefix.off(group.broker_name),
        broker_addrs=table({broker_id: prefix.off(addr) for broker_id, addr in group.broker_addrs.items()}),
    )


def explained_by(got: Answer, possible: Iterable[Answer]) -> list[Answer]:
    """Those answers that this one may be: itself, but for the address of a broker that is somebody else's, and any order."""
    body = got.body
    if isinstance(body, ConfigText):
        same = attrs.evolve(got, body=_sorted_lines(body))
        return [got, *(answer for answer in possible if _is_in_any_order(answer.body) and answer == same)]
    if not isinstance(body, TopicList) or body.broker_addr != SOMEBODY_ELSES:
        return [got]
    same = attrs.evolve(got, body=attrs.evolve(body, broker_addr=None))
    return [
        answer
        for answer in possible
        if isinstance(answer.body, TopicList)
        and attrs.evolve(answer, body=attrs.evolve(answer.body, broker_addr=None)) == same
    ]


def _is_in_any_order(body: object) -> bool:
    return isinstance(body, ConfigText) and body.any_order


def _sorted_lines(body: ConfigText) -> ConfigText:
    return ConfigText(lines=tuple(sorted(body.lines)), any_order=True)


def as_read(answer: Answer) -> Answer:
    """What of a model's answer its reader gets to see: fastjson leaves null values out, and a null key is read as its name.

    A counter that is left out is read as a new `DataVersion` has it.
    """
    body = answer.body
    if isinstance(body, DataVersion) and body.counter is None:
        return attrs.evolve(answer, body=attrs.evolve(body, counter=0))
    if isinstance(body, KVTable) and "" in body.table:  # it bears no prefix, so a reader takes it for somebody else's
        return attrs.evolve(answer, body=KVTable(table=body.table.discard("")))
    if isinstance(body, ConfigText) and body.any_order:
        return attrs.evolve(answer, body=_sorted_lines(body))
    if isinstance(body, BrokerMemberGroup):
        return attrs.evolve(answer, body=_without_null_addrs(body))
    if isinstance(body, TopicRouteData):
        brokers = frozenset(_without_null_addrs(data) for data in body.broker_datas)
        filters = {_key(addr): servers for addr, servers in body.filter_server_table.items()}
        body = attrs.evolve(body, broker_datas=brokers, filter_server_table=table(filters))
        if body.topic_queue_mapping_by_broker is not None:
            mappings = {_key(name): info for name, info in body.topic_queue_mapping_by_broker.items()}
            body = attrs.evolve(body, topic_queue_mapping_by_broker=table(mappings))
        return attrs.evolve(answer, body=body)
    if isinstance(body, ClusterInfo):
        by_name = {_key(name): _without_null_addrs(data) for name, data in body.broker_addr_table.items()}
        by_cluster = {_key(name): names for name, names in body.cluster_addr_table.items()}
        return attrs.evolve(
            answer, body=ClusterInfo(broker_addr_table=table(by_name), cluster_addr_table=table(by_cluster))
        )
    return answer


def _key(name: str | None) -> str | None:
    return "null" if name is None else name


def _without_null_addrs(data: D) -> D:
    if None not in data.broker_addrs.values():
        return data
    addrs = {broker_id: addr for broker_id, addr in data.broker_addrs.items() if addr is not None}
    return attrs.evolve(data, broker_addrs=table(addrs))


def _own_keys(prefix: Prefix, keys: KVTable) -> KVTable:
    return KVTable(table=table({prefix.off(k): v for k, v in keys.table.items() if prefix.owns(k)}))


def _own_broker(prefix: Prefix, data: BrokerData) -> BrokerData:
    return attrs.evolve(
        data,
        cluster=prefix.off(data.cluster),
        broker_name=prefix.off(data.broker_name),
        broker_addrs=table({broker_id: prefix.off(addr) for broker_id, addr in data.broker_addrs.items()}),
    )


def _own_route(prefix: Prefix, route: TopicRouteData) -> TopicRouteData:
    mappings = route.topic_queue_mapping_by_broker
    if mappings is not None:
        mappings = table(
            {
                prefix.off(key): attrs.evolve(info, topic=prefix.off(info.topic), bname=prefix.off(info.bname))
                for key, info in mappings.items()
            }
        )
    return attrs.evolve(
        route,
        queue_datas=frozenset(
            attrs.evolve(queue, broker_name=prefix.off(queue.broker_name)) for queue in route.queue_datas
        ),
        broker_datas=frozenset(_own_broker(prefix, data) for data in route.broker_datas),
        filter_server_table=table({prefix.off(addr): servers for addr, servers in route.filter_server_table.items()}),
        topic_queue_mapping_by_broker=mappings,
    )


def _own_clusters(prefix: Prefix, info: ClusterInfo) -> ClusterInfo:
    return ClusterInfo(
        broker_addr_table=table(
            {
                prefix.off(name): _own_broker(prefix, data)
                for name, data in info.broker_addr_table.items()
                if prefix.owns(name)
            }
        ),
        cluster_addr_table=table(
            {
                prefix.off(name): frozenset(prefix.off(broker) for broker in brokers)
                for name, brokers in info.cluster_addr_table.items()
                if prefix.owns(name)
            }
        ),
    )
