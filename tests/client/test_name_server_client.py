"""`NameServerClient` against our server under every profile, and against a scripted one that misbehaves."""

import asyncio

import pytest

from namesrv.client import NameServerClient
from namesrv.model.values import (
    BrokerData,
    ClusterInfo,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicRouteData,
    table,
)
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.connection import AnswerError, CallTimeout, SendError
from namesrv.remoting.errors import BodyError
from namesrv.remoting.headers import BrokerHeartbeatRequestHeader, BrokerRequestHeader, RegisterBrokerRequestHeader
from namesrv.remoting.requests import QueryDataVersionResult, RegisterBrokerResult, Sender
from namesrv.server import NameServer
from tests.client.scripted import ScriptedNameServer, success

PROFILES = ("strict", "apache-5.5.0", "apache-4.9.7")
MASTER = RegisterBrokerRequestHeader(
    broker_name="b",
    broker_addr="10.0.0.1:10911",
    cluster_name="c",
    ha_server_addr="10.0.0.1:10912",
    broker_id=0,
    compressed=False,
)
SLAVE = RegisterBrokerRequestHeader(
    broker_name="b",
    broker_addr="10.0.0.2:10911",
    cluster_name="c",
    ha_server_addr="10.0.0.2:10912",
    broker_id=1,
    compressed=False,
)
NAMED = BrokerRequestHeader(broker_name="b", broker_addr="10.0.0.1:10911", cluster_name="c", broker_id=0)
VERSION = DataVersion(timestamp=1000, counter=3)
BODY = RegisterBrokerBody(
    topic_config_table=table(
        {name: TopicConfig(topic_name=name, read_queue_nums=4, write_queue_nums=2) for name in "tu"}
    ),
    data_version=VERSION,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_broker_s_life_goes_through_typed_calls(profile: str) -> None:
    async def run() -> None:
        async with NameServer(profile=profile) as server, NameServerClient(f"{server.host}:{server.port}") as client:
            assert await client.get_route_info_by_topic("t") is None
            assert await client.register_broker(MASTER, BODY) == RegisterBrokerResult()
            result = await client.register_broker(SLAVE, BODY)
            assert result == RegisterBrokerResult(ha_server_addr="10.0.0.1:10912", master_addr="10.0.0.1:10911")
            brokers = BrokerData(
                cluster="c", broker_name="b", broker_addrs=table({0: "10.0.0.1:10911", 1: "10.0.0.2:10911"})
            )
            queues = QueueData(broker_name="b", read_queue_nums=4, write_queue_nums=2, perm=6, topic_sys_flag=0)
            assert await client.get_route_info_by_topic("t") == TopicRouteData(
                queue_datas=frozenset({queues}), broker_datas=frozenset({brokers})
            )
            assert await client.get_broker_cluster_info() == ClusterInfo(
                broker_addr_table=table({"b": brokers}), cluster_addr_table=table({"c": frozenset({"b"})})
            )
            assert await client.get_all_topic_list() == TopicList(topic_list=frozenset("tu"))
            unchanged = QueryDataVersionResult(changed=False, data_version=VERSION, has_body=True)
            assert await client.query_data_version(NAMED, VERSION) == unchanged
            newer = DataVersion(timestamp=1001, counter=4)
            assert (await client.query_data_version(NAMED, newer)).changed is True
            await client.unregister_broker(NAMED)

    asyncio.run(run())


def test_a_compressed_registration_is_read_as_it_was_meant() -> None:
    async def run() -> None:
        async with NameServer(profile="strict") as server, NameServerClient(f"{server.host}:{server.port}") as client:
            header = RegisterBrokerRequestHeader(
                broker_name="b", broker_addr="10.0.0.1:10911", cluster_name="c", broker_id=0, compressed=True
            )
            await client.register_broker(header, BODY, deflate=True)
            assert (await client.get_all_topic_list()).topic_list == frozenset("tu")

    asyncio.run(run())


@pytest.mark.parametrize("serialize_type", [0, 1])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_client_of_any_release_and_header_form_gets_its_route(profile: str, serialize_type: int) -> None:
    async def run() -> None:
        async with NameServer(profile=profile) as server:
            for version in (0, 407, 513):
                sender = Sender(version=version, release_5=version == 513, serialize_type=serialize_type)
                async with NameServerClient(f"{server.host}:{server.port}", sender=sender) as client:
                    if version == 513:
                        await client.register_broker(MASTER, BODY)
                        assert await client.get_route_info_by_topic("t") is not None
                    assert await client.get_route_info_by_topic("nope", accept_standard_json_only=True) is None

    asyncio.run(run())


def test_a_heartbeat_and_what_only_five_knows() -> None:
    async def run() -> None:
        heartbeat = BrokerHeartbeatRequestHeader(cluster_name="c", broker_addr="10.0.0.1:10911", broker_name="b")
        async with ScriptedNameServer() as server, NameServerClient(server.address) as client:
            await client.broker_heartbeat(heartbeat, oneway=True)
            await client.broker_heartbeat(heartbeat)
            await client.register_topic(
                "t", QueueData(broker_name="b", read_queue_nums=1, write_queue_nums=1, perm=6, topic_sys_flag=0)
            )
            assert await client.get_broker_member_group("c", "b") is None
            sent = await server.received(4)
            assert [(r.code, r.is_oneway) for r in sent] == [(904, True), (904, False), (217, False), (901, False)]

    asyncio.run(run())


def test_what_is_not_success_is_an_error_with_code_and_remark() -> None:
    async def run() -> None:
        async with NameServer(profile="apache-5.5.0") as server, NameServerClient(server.address) as client:
            with pytest.raises(AnswerError, match=r"REGISTER_BROKER at 127.*SYSTEM_ERROR \(1\): ") as caught:
                await client.register_broker(RegisterBrokerRequestHeader(broker_name="b"), BODY)
            assert caught.value.code == 1
            assert caught.value.remark

    asyncio.run(run())


def test_a_body_that_cannot_be_read_is_an_error_and_the_connection_goes_on() -> None:
    async def run() -> None:
        async with ScriptedNameServer(lambda r: success(r, body=b"[1")) as server:
            async with NameServerClient(server.address) as client:
                with pytest.raises(BodyError):
                    await client.get_route_info_by_topic("t")
                server.reply = lambda r: success(r, body=b"{}")
                assert await client.get_broker_cluster_info() == ClusterInfo(
                    broker_addr_table=table(), cluster_addr_table=table()
                )
            await server.until(lambda: server.connections == 1)

    asyncio.run(run())


def test_a_lost_connection_is_opened_again_by_the_next_call() -> None:
    async def run() -> None:
        def drop_first(request: RemotingCommand) -> RemotingCommand | None:
            if server.connections == 1:
                server.drop()
                return None
            return success(request, body=b'{"topicList":["t"]}')

        async with ScriptedNameServer(drop_first) as server, NameServerClient(server.address) as client:
            with pytest.raises(SendError, match="closed by the NameServer"):
                await client.get_all_topic_list()
            assert (await client.get_all_topic_list()).topic_list == {"t"}

    asyncio.run(run())


def test_a_call_has_its_own_timeout() -> None:
    async def run() -> None:
        clock = HeldClock()
        async with (
            ScriptedNameServer(lambda _: None) as server,
            NameServerClient(server.address, clock=clock, timeout_ms=700) as client,
        ):
            call = asyncio.create_task(client.get_all_topic_list())
            await server.received(1)
            clock.advance(700)
            with pytest.raises(CallTimeout, match=r"GET_ALL_TOPIC_LIST_FROM_NAMESERVER .* within 700 ms"):
                await call

    asyncio.run(run())


def test_calls_are_pipelined_on_one_connection() -> None:
    async def run() -> None:
        async with NameServer(profile="strict") as server, NameServerClient(server.address) as client:
            await client.register_broker(MASTER, BODY)
            topics = ["t", "nope", "u"] * 30
            routes = await asyncio.gather(*(client.get_route_info_by_topic(topic) for topic in topics))
            assert [route is not None for route in routes] == [topic != "nope" for topic in topics]

    asyncio.run(run())


def test_any_request_may_be_sent_and_its_answer_looked_at() -> None:
    async def run() -> None:
        async with NameServer(profile="apache-5.5.0") as server, NameServerClient(server.address) as client:
            answer = await client.call(RemotingCommand(code=9999, opaque=0))
            assert (answer.code, answer.remark) == (3, " request type 9999 not supported")

    asyncio.run(run())
