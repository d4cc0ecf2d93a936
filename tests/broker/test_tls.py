"""Brokers and clients over TLS, to the port that also speaks plain."""

from __future__ import annotations

import asyncio
import ssl

from namesrv.broker import Registrar, RegistrarSettings, broker_profile
from namesrv.client import NameServerClient
from namesrv.remoting.address import Address
from namesrv.server import NameServer
from namesrv.server.tls import self_signed_context
from tests.broker.driven import TOPICS, topics
from tests.client.scripted import DEADLINE_S


def trusting() -> ssl.SSLContext:
    """As RocketMQ's default, `tls.client.authServer=false`: the server's certificate is not looked at."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_broker_registers_over_tls_and_clients_find_it_with_tls_or_without() -> None:
    async def run() -> None:
        async with NameServer(profile="strict", tls=self_signed_context("127.0.0.1")) as server:
            settings = RegistrarSettings(
                name_servers=(Address(server.host, server.port),),
                cluster_name="C",
                broker_name="b",
                broker_addr="10.0.0.1:10911",
                tls=trusting(),
            )
            async with (
                Registrar(settings, broker_profile("apache-5.5.0"), topics(*TOPICS)),
                NameServerClient(server.address, tls=trusting()) as over_tls,
                NameServerClient(server.address) as plain,
                asyncio.timeout(DEADLINE_S),
            ):
                while (await over_tls.get_route_info_by_topic("a")) is None:  # noqa: ASYNC110 - each look is a request
                    await asyncio.sleep(0)
                assert await plain.get_route_info_by_topic("a") is not None

    asyncio.run(run())
