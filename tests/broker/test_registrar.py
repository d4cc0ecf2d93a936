"""A registrar among NameServers that are slow, down, come back, or refuse, and with our own server under every profile."""

from __future__ import annotations

import asyncio

import pytest

from namesrv.broker import (
    Registrar,
    RegistrarSettings,
    Report,
    UnknownBrokerProfile,
    broker_profile,
    default_topics,
)
from namesrv.broker.report import What
from namesrv.client import NameServerClient
from namesrv.model.values import TopicConfig
from namesrv.remoting.address import Address
from namesrv.remoting.body import decode_register_broker_body
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, request, response_to
from namesrv.server import NameServer
from tests.broker.driven import T0, TOPICS, Driven, topics
from tests.client.scripted import DEADLINE_S, ScriptedNameServer, eventually, success

NEVER_THERE = Address("127.0.0.1", 1)


def codes(server: ScriptedNameServer) -> list[int]:
    return [request.code for request in server.requests]


def test_a_name_server_that_hangs_keeps_no_other_from_its_registration() -> None:
    async def run() -> None:
        async with Driven(name_servers=2, wait=False) as broker:
            slow, quick = broker.servers
            slow.reply = lambda _: None
            await quick.received(1)
            await slow.received(1)
            await eventually(lambda: any(r.what is What.ANSWERED for r in broker.reports))
            due_ms = T0 + broker.registrar.profile.register_broker_timeout_ms
            await broker.waits_until(due_ms)
            broker.clock.advance(due_ms - T0)
            await broker.waits_until(due_ms + 10_000)
            [failed] = [r for r in broker.reports if r.what is What.FAILED]
            assert failed.name_server == str(slow.address)
            assert "expected an answer within 24000 ms, got none" in failed.detail

    asyncio.run(run())


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_a_name_server_that_refuses_connections_keeps_no_other_from_its_registration(profile: str) -> None:
    async def run() -> None:
        async with ScriptedNameServer() as server:
            reports: list[Report] = []
            registrar = Registrar(
                RegistrarSettings(
                    name_servers=(NEVER_THERE, server.address),
                    cluster_name="C",
                    broker_name="b",
                    broker_addr="10.0.0.1:10911",
                ),
                broker_profile(profile),
                topics(*TOPICS),
                clock=HeldClock(T0),
                watch=reports.append,
            )
            async with registrar:
                await server.received(1)
            assert codes(server) == [RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER]
            gone = [r for r in reports if r.name_server == str(NEVER_THERE)]
            assert gone[0].what is What.DISCONNECTED
            assert "refused" in gone[0].detail

    asyncio.run(run())


def test_an_answer_that_is_no_success_is_shown_and_the_broker_goes_on() -> None:
    async def run() -> None:
        async with Driven(reply=lambda r: response_to(r, 1, remark="register broker failed")) as broker:
            [answered] = [r for r in broker.reports if r.what is What.ANSWERED]
            assert (answered.code, answered.detail) == (1, "SYSTEM_ERROR (1), register broker failed")
            await broker.advance(10_000)
            assert len(await broker.servers[0].received(2)) == 2

    asyncio.run(run())


def test_all_requests_to_a_name_server_go_over_one_connection() -> None:
    async def run() -> None:
        async with Driven(force_register=False, enable_slave_acting_master=True) as broker:
            await broker.registrar.update_topics([TopicConfig(topic_name="x")])
            await broker.registrar.create_topic_on_send("y")
            await broker.advance(1_000)
            await broker.registrar.shutdown()
            [server] = broker.servers
            assert codes(server)[-1] == RequestCode.UNREGISTER_BROKER
            assert server.connections == 1
            assert len({r.opaque for r in server.requests}) == len(server.requests) >= 5

    asyncio.run(run())


def test_a_name_server_that_comes_back_is_connected_to_and_gets_the_next_registration() -> None:
    async def run() -> None:
        async with Driven(name_servers=2) as broker:
            back, steady = broker.servers
            await back.stop()
            await eventually(lambda: any(r.what is What.DISCONNECTED for r in broker.reports))
            await broker.advance(10_000)
            await steady.received(2)
            await broker.waits_until(T0 + 40_000)
            assert len(back.requests) == 1
            await back.start()
            # The back-off is over long before the next registration is due.
            broker.clock.advance(15_000)
            await eventually(lambda: [r.what for r in broker.reports].count(What.CONNECTED) == 3)
            broker.clock.advance(15_000)
            await steady.received(3)
            await back.received(2)
            assert set(codes(back)) == {RequestCode.REGISTER_BROKER}

    asyncio.run(run())


def test_four_tries_also_name_servers_that_it_has_no_connection_to() -> None:
    async def run() -> None:
        async with Driven(profile="apache-4.9.7") as broker:
            await broker.servers[0].stop()
            await eventually(lambda: any(r.what is What.DISCONNECTED for r in broker.reports))
            await broker.advance(10_000)
            await broker.waits_until(T0 + 40_000)
            failed = [r for r in broker.reports if r.what is What.FAILED]
            assert [r.request for r in failed] == ["REGISTER_BROKER"]

    asyncio.run(run())


def test_name_servers_may_be_given_by_ipv6_address_and_host_name() -> None:
    async def run() -> None:
        async with ScriptedNameServer(host="::1") as six, ScriptedNameServer() as four:
            settings = RegistrarSettings(
                name_servers=(six.address, Address("localhost", four.port)),
                cluster_name="C",
                broker_name="b",
                broker_addr="10.0.0.1:10911",
            )
            async with Registrar(settings, broker_profile("apache-5.5.0"), topics(*TOPICS), clock=HeldClock(T0)):
                await six.received(1)
                await four.received(1)

    asyncio.run(run())


def test_shutdown_goes_on_to_the_next_name_server_after_a_silent_one() -> None:
    async def run() -> None:
        async with Driven(name_servers=2) as broker:
            slow, quick = broker.servers
            slow.reply = lambda _: None
            leaving = asyncio.create_task(broker.registrar.shutdown())
            await slow.received(2)
            await broker.waits_until(T0 + 3_000)
            assert codes(quick) == [RequestCode.REGISTER_BROKER]
            broker.clock.advance(3_000)
            await leaving
            assert codes(quick) == [RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER]
            await broker.registrar.shutdown()
            assert len(quick.requests) == 2

    asyncio.run(run())


def test_four_waits_at_shutdown_for_a_periodic_registration_but_no_longer_than_five_seconds() -> None:
    async def run() -> None:
        async with Driven(profile="apache-4.9.7") as broker:
            [server] = broker.servers
            server.reply = lambda _: None
            await broker.advance(10_000)
            await server.received(2)
            leaving = asyncio.create_task(broker.registrar.shutdown())
            await broker.waits_until(T0 + 15_000)
            server.reply = success
            broker.clock.advance(5_000)
            await leaving
            assert codes(server)[-1] == RequestCode.UNREGISTER_BROKER

    asyncio.run(run())


def test_a_topic_that_comes_while_five_asks_is_missing_under_the_version_that_promises_it() -> None:
    async def run(profile: str) -> tuple[int, bool]:
        async with Driven(profile=profile, force_register=False) as broker:
            [server] = broker.servers
            server.reply = lambda _: None
            await broker.advance(10_000)
            asked = (await server.received(2))[1]
            update = asyncio.create_task(broker.registrar.update_topics([TopicConfig(topic_name="new")]))
            server.reply = success
            await asyncio.sleep(0)
            server.send(success(asked, ext_fields={"changed": "true"}))
            registered = decode_register_broker_body((await server.received(4))[2].body or b"")
            await update
            assert registered.data_version is not None
            return registered.data_version.counter or 0, "new" in (registered.topic_config_table or ())

    assert asyncio.run(run("apache-5.5.0")) == (1, False)
    assert asyncio.run(run("apache-4.9.7")) == (1, True)


def test_a_crash_closes_the_connections_without_unregistering() -> None:
    async def run() -> None:
        async with Driven() as broker:
            await broker.registrar.abort()
            assert codes(broker.servers[0]) == [RequestCode.REGISTER_BROKER]

    asyncio.run(run())


def test_what_a_name_server_asks_of_the_broker_is_shown() -> None:
    async def run() -> None:
        async with Driven() as broker:
            fields = {"minBrokerId": "1"}
            broker.servers[0].send(
                request(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, opaque=7, ext_fields=fields, oneway=True)
            )
            await eventually(lambda: broker.reports[-1].what is What.NOTIFIED)
            assert broker.reports[-1].request == "NOTIFY_MIN_BROKER_ID_CHANGE"
            assert broker.reports[-1].detail == "minBrokerId 1"

    asyncio.run(run())


def test_a_name_server_that_answers_garbage_is_left_and_tried_again() -> None:
    async def run() -> None:
        def garbage(_: RemotingCommand) -> bytes:
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"

        async with Driven(reply=garbage) as broker:
            assert any("not a RocketMQ answer" in r.detail for r in broker.reports)
            [server] = broker.servers
            server.reply = success
            broker.clock.advance(5_000)
            await eventually(lambda: [r.what for r in broker.reports].count(What.CONNECTED) == 2)
            broker.clock.advance(5_000)
            await server.received(2)

    asyncio.run(run())


@pytest.mark.parametrize("server_profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_a_broker_of_either_release_is_known_to_our_server_with_its_topics_and_gone_afterwards(
    profile: str, server_profile: str
) -> None:
    async def run() -> None:
        async with NameServer(profile=server_profile) as server, NameServerClient(server.address) as client:
            settings = RegistrarSettings(
                name_servers=(Address(server.host, server.port),),
                cluster_name="C",
                broker_name="b",
                broker_addr="10.0.0.1:10911",
            )
            own = default_topics(profile, "C", "b")
            async with Registrar(settings, broker_profile(profile), own) as registrar:
                async with asyncio.timeout(DEADLINE_S):
                    while (await client.get_all_topic_list()).topic_list != set(own):  # noqa: ASYNC110 - each look is a request
                        await asyncio.sleep(0)
                await registrar.update_topics([TopicConfig(topic_name="x", read_queue_nums=3)])
                route = await client.get_route_info_by_topic("x")
                assert route is not None
                assert [queues.read_queue_nums for queues in route.queue_datas] == [3]
            async with asyncio.timeout(DEADLINE_S):
                while (await client.get_all_topic_list()).topic_list:  # noqa: ASYNC110 - each look is a request
                    await asyncio.sleep(0)

    asyncio.run(run())


def test_a_slave_learns_its_master_from_our_server() -> None:
    async def run() -> None:
        async with NameServer(profile="strict") as server:
            master = {
                "name_servers": (Address(server.host, server.port),),
                "cluster_name": "C",
                "broker_name": "b",
                "broker_addr": "10.0.0.1:10911",
                "ha_server_addr": "10.0.0.1:10912",
            }
            profile = broker_profile("apache-5.5.0")
            reports: list[Report] = []
            own = topics(*TOPICS)
            async with Registrar(RegistrarSettings(**master), profile, own, watch=reports.append):  # type: ignore[arg-type]
                await eventually(lambda: any(r.what is What.ANSWERED for r in reports))
                slave = master | {"broker_id": 1, "broker_addr": "10.0.0.2:10911", "ha_server_addr": "10.0.0.2:10912"}
                async with Registrar(RegistrarSettings(**slave), profile, own) as registrar:  # type: ignore[arg-type]
                    await eventually(lambda: registrar.master_addr is not None)
                    assert (registrar.master_addr, registrar.ha_master_addr) == ("10.0.0.1:10911", "10.0.0.1:10912")

    asyncio.run(run())


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownBrokerProfile, match=r"got 'apache-5\.5'; did you mean 'apache-5\.5\.0'\?"):
        broker_profile("apache-5.5")
