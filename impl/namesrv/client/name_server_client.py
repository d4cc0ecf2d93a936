"""`NameServerClient`: every request of brokers and clients as one typed call, over one connection.

    async with NameServerClient("127.0.0.1:9876") as client:
        route = await client.get_route_info_by_topic("TopicTest")

Calls may overlap: they are pipelined on the connection and answered in any order. A lost connection is opened
again by the next call.
Source: `MQClientAPIImpl`, `BrokerOuterAPI`, 5.5.0.
"""

import ssl
from types import TracebackType
from typing import Final, Self

from namesrv.model.values import (
    BrokerMemberGroup,
    ClusterInfo,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicList,
    TopicRouteData,
)
from namesrv.remoting import requests
from namesrv.remoting.address import Address, parse_address
from namesrv.remoting.answer_body import (
    decode_broker_member_group,
    decode_cluster_info,
    decode_topic_list,
    decode_topic_route_data,
)
from namesrv.remoting.channel import CONNECT_TIMEOUT_MS, Channel
from namesrv.remoting.clock import Clock, SystemClock
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.connection import AnswerError
from namesrv.remoting.headers import BrokerHeartbeatRequestHeader, BrokerRequestHeader, RegisterBrokerRequestHeader
from namesrv.remoting.requests import QueryDataVersionResult, RegisterBrokerResult, Sender

TIMEOUT_MS: Final = 3_000
"""`ClientConfig.mqClientApiTimeout`."""


class NameServerClient:
    """One NameServer's client. `address`: `HOST:PORT`, an IPv6 host in brackets. Times are milliseconds.

    `sender`: the release as which it speaks, 5.5.0 by default. `tls`: a client-side context, for TLS. A call raises
    `ConnectError`, `SendError` or `CallTimeout` where there is no answer, `AnswerError` where the answer is not SUCCESS,
    `BodyError` where its body can't be read: all say what, where, expected and got. The constructor raises `AddressError`.
    """

    def __init__(
        self,
        address: Address | str,
        *,
        sender: Sender | None = None,
        timeout_ms: int = TIMEOUT_MS,
        connect_timeout_ms: int = CONNECT_TIMEOUT_MS,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = parse_address(address) if isinstance(address, str) else address
        self._sender = sender or Sender()
        self._timeout_ms = timeout_ms
        self._clock = clock or SystemClock()
        self._channel = Channel(self.address, clock=self._clock, connect_timeout_ms=connect_timeout_ms, tls=tls)

    async def __aenter__(self) -> Self:
        """Connects."""
        await self._channel.connection()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection."""
        await self.close()

    async def close(self) -> None:
        """Closes the connection; calls that wait for an answer raise `SendError`."""
        await self._channel.close()

    # Any request --------------------------------------------------------------------------------------------------

    async def call(self, request: RemotingCommand, *, timeout_ms: int | None = None) -> RemotingCommand:
        """The answer to any request, whatever its code. The request's opaque is set here."""
        connection = await self._channel.connection()
        return await connection.call(request, self._timeout_ms if timeout_ms is None else timeout_ms, _name(request))

    async def send_oneway(self, request: RemotingCommand) -> None:
        """Sends a request that has the one-way flag."""
        connection = await self._channel.connection()
        await connection.send_oneway(request, _name(request))

    async def _ask(self, request: RemotingCommand) -> RemotingCommand:
        answer = await self.call(request)
        if answer.code != ResponseCode.SUCCESS:
            raise AnswerError(_name(request), str(self.address), answer)
        return answer

    # As brokers ask -----------------------------------------------------------------------------------------------

    async def register_broker(
        self,
        header: RegisterBrokerRequestHeader,
        body: RegisterBrokerBody,
        *,
        deflate: bool = False,
        mapping_data_version: DataVersion | None = None,
    ) -> RegisterBrokerResult:
        """REGISTER_BROKER; the header's crc32 is set here. `deflate`: compress the body (the header has to say so too)."""
        request = requests.register_broker(
            self._sender, header, body, deflate=deflate, mapping_data_version=mapping_data_version
        )
        return requests.register_broker_result(await self._ask(request))

    async def unregister_broker(self, header: BrokerRequestHeader) -> None:
        """UNREGISTER_BROKER. A 5.x NameServer answers before it has removed the broker."""
        await self._ask(requests.unregister_broker(self._sender, header))

    async def query_data_version(
        self, header: BrokerRequestHeader, data_version: DataVersion
    ) -> QueryDataVersionResult:
        """QUERY_DATA_VERSION."""
        answer = await self._ask(requests.query_data_version(self._sender, header, data_version))
        return requests.query_data_version_result(answer, now_ms=self._clock.now_ms())

    async def broker_heartbeat(self, header: BrokerHeartbeatRequestHeader, *, oneway: bool = False) -> None:
        """BROKER_HEARTBEAT; 4.9 never answers it."""
        request = requests.broker_heartbeat(self._sender, header, oneway=oneway)
        if oneway:
            await self.send_oneway(request)
        else:
            await self._ask(request)

    async def register_topic(self, topic: str, queue_data: QueueData) -> None:
        """REGISTER_TOPIC_IN_NAMESRV; 4.9 never answers it."""
        await self._ask(requests.register_topic(self._sender, topic, queue_data))

    async def get_broker_member_group(self, cluster_name: str, broker_name: str) -> BrokerMemberGroup | None:
        """GET_BROKER_MEMBER_GROUP; 4.9 never answers it."""
        answer = await self._ask(requests.get_broker_member_group(self._sender, cluster_name, broker_name))
        return None if answer.body is None else decode_broker_member_group(answer.body)

    # As clients ask -----------------------------------------------------------------------------------------------

    async def get_route_info_by_topic(
        self, topic: str, *, accept_standard_json_only: bool | None = None
    ) -> TopicRouteData | None:
        """GET_ROUTEINFO_BY_TOPIC; `None` if the NameServer knows no route (TOPIC_NOT_EXIST)."""
        request = requests.get_route_info_by_topic(
            self._sender, topic, accept_standard_json_only=accept_standard_json_only
        )
        answer = await self.call(request)
        if answer.code == ResponseCode.TOPIC_NOT_EXIST:
            return None
        if answer.code != ResponseCode.SUCCESS or answer.body is None:
            raise AnswerError(f"GET_ROUTEINFO_BY_TOPIC {topic}", str(self.address), answer)
        return decode_topic_route_data(answer.body)

    async def get_broker_cluster_info(self) -> ClusterInfo:
        """GET_BROKER_CLUSTER_INFO."""
        return decode_cluster_info((await self._ask(requests.get_broker_cluster_info(self._sender))).body or b"{}")

    async def get_all_topic_list(self) -> TopicList:
        """GET_ALL_TOPIC_LIST_FROM_NAMESERVER."""
        return decode_topic_list((await self._ask(requests.get_all_topic_list(self._sender))).body or b"{}")


def _name(request: RemotingCommand) -> str:
    try:
        return RequestCode(request.code).name
    except ValueError:
        return f"request {request.code}"
