"""The requests of brokers and clients, built from values as Java peers build them, and what their answers say.

`version` is the sender's (`MQVersion`), `release_5` whether it writes what 5.x added. Opaque is set when a request is sent.
Source: `BrokerOuterAPI`, `MQClientAPIImpl`, 4.9.7 and 5.5.0.
"""

from collections.abc import Mapping

import attrs

from namesrv.model.values import (
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicRouteData,
)
from namesrv.remoting.answer_body import decode_kv_table, encode_topic_route_data
from namesrv.remoting.body import decode_data_version, encode_data_version, encode_register_broker_body
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, request
from namesrv.remoting.compressed import crc32, encode_compressed
from namesrv.remoting.headers import (
    BrokerHeartbeatRequestHeader,
    BrokerRequestHeader,
    GetBrokerMemberGroupRequestHeader,
    GetRouteInfoRequestHeader,
    QueryDataVersionResponseHeader,
    RegisterBrokerRequestHeader,
    RegisterBrokerResponseHeader,
    TopicRequestHeader,
    read,
    write,
)
from namesrv.remoting.version import MQVersion


@attrs.frozen(kw_only=True)
class Sender:
    """How a peer of one release writes. `serialize_type`: of headers; see `SerializeType`."""

    version: int = int(MQVersion.V5_5_0)
    release_5: bool = True
    serialize_type: int = 0

    def request(
        self,
        code: RequestCode,
        ext_fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        oneway: bool = False,
    ) -> RemotingCommand:
        """A request of this sender."""
        return request(
            code,
            opaque=0,
            ext_fields=ext_fields,
            body=body,
            oneway=oneway,
            version=self.version,
            serialize_type=self.serialize_type,
        )


def register_broker(
    sender: Sender,
    header: RegisterBrokerRequestHeader,
    body: RegisterBrokerBody,
    *,
    deflate: bool = False,
    mapping_data_version: DataVersion | None = None,
    oneway: bool = False,
) -> RemotingCommand:
    """REGISTER_BROKER. The header's crc32 is set here. `deflate` and the header's `compressed` are two things: 5.5.0 deflates and
    says that it did not. Raises `BodyError` if a body can't be compressed.
    """
    if deflate:
        data = encode_compressed(body, release_5=sender.release_5)
    else:
        data = encode_register_broker_body(body, release_5=sender.release_5, mapping_data_version=mapping_data_version)
    fields = write(attrs.evolve(header, body_crc32=crc32(data)))
    return sender.request(RequestCode.REGISTER_BROKER, fields, data, oneway=oneway)


def unregister_broker(sender: Sender, header: BrokerRequestHeader) -> RemotingCommand:
    """UNREGISTER_BROKER."""
    return sender.request(RequestCode.UNREGISTER_BROKER, write(header))


def query_data_version(
    sender: Sender, header: BrokerRequestHeader, data_version: DataVersion, *, oneway: bool = False
) -> RemotingCommand:
    """QUERY_DATA_VERSION."""
    body = encode_data_version(data_version, state_version=sender.release_5)
    return sender.request(RequestCode.QUERY_DATA_VERSION, write(header), body, oneway=oneway)


def broker_heartbeat(sender: Sender, header: BrokerHeartbeatRequestHeader, *, oneway: bool = True) -> RemotingCommand:
    """BROKER_HEARTBEAT, which brokers send one-way."""
    return sender.request(RequestCode.BROKER_HEARTBEAT, write(header), oneway=oneway)


def register_topic(sender: Sender, topic: str, queue_data: QueueData) -> RemotingCommand:
    """REGISTER_TOPIC_IN_NAMESRV."""
    body = encode_topic_route_data(
        TopicRouteData(queue_datas=frozenset({queue_data}), broker_datas=frozenset()), quoted=True
    )
    return sender.request(RequestCode.REGISTER_TOPIC_IN_NAMESRV, write(TopicRequestHeader(topic=topic)), body)


def get_route_info_by_topic(
    sender: Sender, topic: str, *, accept_standard_json_only: bool | None = None
) -> RemotingCommand:
    """GET_ROUTEINFO_BY_TOPIC."""
    header = GetRouteInfoRequestHeader(topic=topic, accept_standard_json_only=accept_standard_json_only)
    return sender.request(RequestCode.GET_ROUTEINFO_BY_TOPIC, write(header))


def get_broker_member_group(sender: Sender, cluster_name: str, broker_name: str) -> RemotingCommand:
    """GET_BROKER_MEMBER_GROUP."""
    header = GetBrokerMemberGroupRequestHeader(cluster_name=cluster_name, broker_name=broker_name)
    return sender.request(RequestCode.GET_BROKER_MEMBER_GROUP, write(header))


def get_broker_cluster_info(sender: Sender) -> RemotingCommand:
    """GET_BROKER_CLUSTER_INFO."""
    return sender.request(RequestCode.GET_BROKER_CLUSTER_INFO)


def get_all_topic_list(sender: Sender) -> RemotingCommand:
    """GET_ALL_TOPIC_LIST_FROM_NAMESERVER."""
    return sender.request(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER)


# Answers ----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class RegisterBrokerResult:
    """What a registration brings back: to a slave its master's two addresses; the order topic configs, if there are any."""

    ha_server_addr: str | None = None
    master_addr: str | None = None
    kv_table: KVTable | None = None


@attrs.frozen(kw_only=True)
class QueryDataVersionResult:
    """`changed` is `None` where the header does not say it, `data_version` where there is no body, or one of null."""

    changed: bool | None
    data_version: DataVersion | None
    has_body: bool


def register_broker_result(answer: RemotingCommand) -> RegisterBrokerResult:
    """What a successful answer to REGISTER_BROKER says. Raises `BodyError`."""
    header = read(RegisterBrokerResponseHeader, answer.ext_fields)
    return RegisterBrokerResult(
        ha_server_addr=header.ha_server_addr,
        master_addr=header.master_addr,
        kv_table=None if answer.body is None else decode_kv_table(answer.body),
    )


def query_data_version_result(answer: RemotingCommand, *, now_ms: int = 0) -> QueryDataVersionResult:
    """What a successful answer to QUERY_DATA_VERSION says. `now_ms`: where a body has no timestamp. Raises `BodyError`."""
    has_body = answer.body is not None
    return QueryDataVersionResult(
        changed=read(QueryDataVersionResponseHeader, answer.ext_fields).changed,
        data_version=decode_data_version(answer.body, now_ms=now_ms) if answer.body is not None else None,
        has_body=has_body,
    )
