"""Registrars of both releases, and clients, with the real NameServers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest

from namesrv.broker import Registrar, RegistrarSettings, broker_profile, default_topics
from namesrv.broker.report import Report, What
from namesrv.check.oracle import Oracle
from namesrv.client import NameServerClient, RouteKeeper
from namesrv.model.values import TopicConfig
from namesrv.remoting.address import Address
from tests.client.scripted import DEADLINE_S, eventually

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("release", ["apache-5.5.0", "apache-4.9.7"])
@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_a_broker_registers_with_the_real_name_server_and_clients_find_its_topics(
    apache_namesrv: Callable[..., Oracle], release: str, profile: str
) -> None:
    oracle = apache_namesrv(release)

    async def run() -> None:
        # Names of its own: the oracle is shared with other tests.
        cluster, name, topic, asked_for = (f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("C", "b", "T", "N"))
        settings = RegistrarSettings(
            name_servers=(Address(oracle.host, oracle.port),),
            cluster_name=cluster,
            broker_name=name,
            broker_addr="10.9.8.7:10911",
            ha_server_addr="10.9.8.7:10912",
            force_register=False,
        )
        own = default_topics(profile, cluster, name)
        reports: list[Report] = []

        def failures() -> list[Report]:
            return [r for r in reports if r.what is What.FAILED or r.code not in (None, 0)]

        async with NameServerClient(f"{oracle.host}:{oracle.port}") as client:
            async with Registrar(settings, broker_profile(profile), own, watch=reports.append) as registrar:
                await eventually(lambda: any(r.what is What.ANSWERED for r in reports))
                assert own.keys() <= (await client.get_all_topic_list()).topic_list
                await registrar.update_topics([TopicConfig(topic_name=topic, read_queue_nums=3, write_queue_nums=2)])
                keeper = RouteKeeper(client)
                info = await keeper.find_publish_info(topic)
                assert info is not None
                assert [(q.broker_name, q.queue_id) for q in info.message_queues] == [(name, 0), (name, 1)]
                # A topic that is not there is sent to through TBW102, by which the broker creates it.
                assert await keeper.find_publish_info(asked_for) is not None
                await registrar.create_topic_on_send(asked_for)
                async with asyncio.timeout(DEADLINE_S):
                    while (route := keeper.route(asked_for)) is None or route.is_default:
                        await keeper.poll()
                assert {data.broker_name for data in route.route.broker_datas} == {name}
                assert failures() == []
            async with asyncio.timeout(DEADLINE_S):
                while await client.get_route_info_by_topic(topic) is not None:  # noqa: ASYNC110 - each look is a request
                    await asyncio.sleep(0)
            assert failures() == []

    asyncio.run(run())
