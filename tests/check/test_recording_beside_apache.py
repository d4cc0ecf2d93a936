"""The real NameServers behind the recorder: registrars and clients see no difference, and what they said is recorded."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from namesrv.broker import Registrar, RegistrarSettings, broker_profile
from namesrv.broker.report import Report, What
from namesrv.check.oracle import Oracle
from namesrv.check.recording import Closed, FrameSeen, Side
from namesrv.check.recording_file import load_recording
from namesrv.client import NameServerClient
from namesrv.model.values import TopicConfig
from namesrv.remoting.address import Address
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import decode_command
from namesrv.remoting.frame import FrameDecoder
from tests.check.proxied import proxied
from tests.client.scripted import eventually

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("release", ["apache-5.5.0", "apache-4.9.7"])
def test_a_registrar_registers_through_the_recorder_and_each_request_is_recorded_with_its_answer(
    apache_namesrv: Callable[..., Oracle], release: str, tmp_path: Path
) -> None:
    oracle = apache_namesrv(release)

    async def register(port: int) -> None:
        cluster, name, *topics = (f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("C", "b", "T", "U"))
        settings = RegistrarSettings(
            name_servers=(Address("127.0.0.1", port),),
            cluster_name=cluster,
            broker_name=name,
            broker_addr="10.9.8.7:10911",
            ha_server_addr="10.9.8.7:10912",
        )
        reports: list[Report] = []
        own = {topic: TopicConfig(topic_name=topic, read_queue_nums=3, write_queue_nums=2) for topic in topics}
        async with (
            NameServerClient(f"127.0.0.1:{port}") as client,
            Registrar(settings, broker_profile(release), own, watch=reports.append),
        ):
            await eventually(lambda: any(report.what is What.ANSWERED for report in reports))
            route = await client.get_route_info_by_topic(topics[0])
            assert route is not None
            assert [data.broker_name for data in route.broker_datas] == [name]
        assert [report for report in reports if report.what is What.FAILED or report.code not in (None, 0)] == []

    with proxied(oracle.port, tmp_path / "r") as proxy:
        asyncio.run(register(proxy.port))
    recording = load_recording(tmp_path / "r")
    frames = [event for event in recording.events if isinstance(event, FrameSeen)]
    commands = [
        (event.sender, event.connection, decode_command(FrameDecoder().feed(event.data)[0])) for event in frames
    ]
    asked = [(connection, command.opaque) for sender, connection, command in commands if sender is Side.CLIENT]
    answered = [(connection, command.opaque) for sender, connection, command in commands if sender is Side.SERVER]
    assert sorted(answered) == sorted(asked)
    codes = [command.code for sender, _, command in commands if sender is Side.CLIENT]
    assert {RequestCode.REGISTER_BROKER, RequestCode.GET_ROUTEINFO_BY_TOPIC, RequestCode.UNREGISTER_BROKER} <= set(
        codes
    )
    assert [event.unreadable for event in recording.events if isinstance(event, Closed)] == [(0, 0)] * 2
    assert recording.has_ended and recording.left_out == ()
    assert proxy.told == []
