"""What a registrar sends, beside what real brokers were seen to send: equal up to the order of keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from namesrv.broker import BROKER_PROFILES, Registrar, RegistrarSettings, broker_profile, default_topics
from namesrv.model.values import DataVersion, TopicConfig
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.compressed import crc32
from namesrv.remoting.fastjson import loads
from tests.broker.driven import Driven
from tests.client.scripted import ScriptedNameServer
from tests.remoting.captured import commands

COUNTS = {"apache-4.9.7": 8, "apache-5.3.3": 13, "apache-5.5.0": 15}


def first(name: str, code: int) -> RemotingCommand:
    """The first captured request of that code."""
    return next(command for command in commands(name) if command.code == code and not command.is_response)


def comparable(command: RemotingCommand, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """What must be equal: all but opaque, and the crc32 of a body whose keys are in another order."""
    ext = {key: value for key, value in (command.ext_fields or {}).items() if key != "bodyCrc32"}
    body = None if command.body is None else loads(command.body, "body")
    for key in without:
        assert isinstance(body, dict)
        del body["topicConfigSerializeWrapper"][key]
    return {
        "code": command.code,
        "flag": command.flag,
        "language": command.language,
        "version": command.version,
        "remark": command.remark,
        "keys": set(command.keys or ()),
        "ext": ext,
        "body": body,
    }


def settings_of(ext: Mapping[str, str], server: ScriptedNameServer, **more: Any) -> RegistrarSettings:
    """The settings of the broker that sent those ext fields."""
    given = {
        "name_servers": (server.address,),
        "cluster_name": ext["clusterName"],
        "broker_name": ext["brokerName"],
        "broker_addr": ext["brokerAddr"],
        "broker_id": int(ext.get("brokerId", "0")),
        "ha_server_addr": ext.get("haServerAddr"),
    }
    return RegistrarSettings(**given | more)


@pytest.mark.parametrize(("profile", "capture"), [("apache-5.5.0", "b550-register"), ("apache-4.9.7", "b497-register")])
def test_a_first_registration_equals_a_real_broker_s(profile: str, capture: str) -> None:
    async def run() -> None:
        real = first(capture, RequestCode.REGISTER_BROKER)
        assert real.ext_fields is not None
        assert real.body is not None
        made_ms = json.loads(real.body)["topicConfigSerializeWrapper"]["dataVersion"]["timestamp"]
        async with ScriptedNameServer() as server:
            settings = settings_of(real.ext_fields, server)
            topics = default_topics(profile, settings.cluster_name, settings.broker_name)
            registrar = Registrar(settings, broker_profile(profile), topics, clock=HeldClock(made_ms))
            await registrar.start()
            [ours] = await server.received(1)
            without = ("mappingDataVersion",) if profile == "apache-5.5.0" else ()
            assert comparable(ours, without=without) == comparable(real, without=without)
            assert ours.ext("bodyCrc32") == str(crc32(ours.body))
            await registrar.abort()

    asyncio.run(run())


@pytest.mark.parametrize("profile", BROKER_PROFILES)
def test_a_broker_has_as_many_topics_of_its_own_as_a_real_one(profile: str) -> None:
    assert len(default_topics(profile, "C", "b")) == COUNTS[profile]


@pytest.mark.parametrize(
    ("capture", "code", "more"),
    [
        ("b550-unregister", RequestCode.UNREGISTER_BROKER, {}),
        ("b550-query-data-version", RequestCode.QUERY_DATA_VERSION, {"force_register": False}),
        (
            "b550-acting-oneway-query-data-version",
            RequestCode.QUERY_DATA_VERSION,
            {"enable_slave_acting_master": True},
        ),
        (
            "b550-broker-heartbeat",
            RequestCode.BROKER_HEARTBEAT,
            {"enable_slave_acting_master": True, "compatible_with_old_name_srv": False},
        ),
    ],
)
def test_its_other_requests_equal_a_real_broker_s(capture: str, code: RequestCode, more: dict[str, Any]) -> None:
    async def run() -> None:
        real = first(capture, code)
        assert real.ext_fields is not None
        version = None if real.body is None else json.loads(real.body)
        async with Driven(settings=lambda server: settings_of(real.ext_fields or {}, server, **more)) as broker:
            if version is not None:
                broker.registrar.topic_config_manager.data_version = DataVersion(
                    timestamp=version["timestamp"], counter=version["counter"]
                )
            if code == RequestCode.UNREGISTER_BROKER:
                await broker.registrar.shutdown()
            else:
                await broker.advance(10_000)
            [server] = broker.servers
            await server.until(lambda: any(r.code == code for r in server.requests))
            ours = next(r for r in server.requests if r.code == code)
            assert comparable(ours) == comparable(real)

    asyncio.run(run())


def test_a_single_topic_registration_equals_a_real_broker_s() -> None:
    async def run() -> None:
        real = first("b550-register-topic-in-namesrv", RequestCode.REGISTER_TOPIC_IN_NAMESRV)
        async with Driven(broker_name="single550", enable_single_topic_register=True) as broker:
            await broker.registrar.update_topics(
                [TopicConfig(topic_name="SingleT", read_queue_nums=2, write_queue_nums=2)]
            )
            assert comparable(broker.servers[0].requests[-1]) == comparable(real)

    asyncio.run(run())


def test_a_compressed_registration_is_read_by_the_codec_of_the_wire() -> None:
    from namesrv.remoting.compressed import decode_compressed

    async def run() -> None:
        async with Driven(profile="apache-4.9.7", compressed_register=True) as broker:
            [request] = broker.servers[0].requests
            assert request.ext("compressed") == "true"
            assert request.body is not None
            body = decode_compressed(request.body, mappings=False, attributes=False)
            assert set(body.topic_config_table or ()) == set(broker.registrar.topic_config_manager.configs)

    asyncio.run(run())
