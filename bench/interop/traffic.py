"""What real brokers say to three NameServers: one that is well, one that is restarted, one that is slow and then refuses.

`python -m bench.interop.traffic 5.5.0 5.5.0-asking 4.9.7 4.9.7-asking` records it, `namesrv record`'s proxy before each, into
tests/broker/traffic/RUN; what was done to the broker and when is in script.json. `tests/broker/test_real_traffic.py` holds that
against the broker model.
"""

import asyncio
import json
import shutil
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from bench.interop.broker import CLUSTER, Broker, apache_broker, broker_port
from bench.interop.mqadmin import Mqadmin, mqadmin
from bench.interop.program import until
from namesrv.check.oracle import HOST, free_port
from namesrv.check.recording import FrameSeen, Head, Side
from namesrv.check.recording_file import RecordingReader
from namesrv.check.recording_proxy import RecordingProxy
from namesrv.check.recording_sink import Parts, RecordingSink
from namesrv.remoting.address import Address
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command, response_to
from namesrv.remoting.frame import FrameDecoder
from namesrv.server import NameServer

FOLDER: Final = Path(__file__).parents[2] / "tests" / "broker" / "traffic"
NAME: Final = "broker-a"
TOPIC: Final = "Orders"
MQADMIN: Final = "5.5.0"
SLOW_S: Final = 7.5
"""Longer than 4.9.7 waits for NameServers (6 s), shorter than 5.5.0 does (24 s): `registerBrokerTimeoutMills`."""
WAIT_S: Final = 120.0


class Moody:
    """A NameServer that answers each request with SUCCESS, late if `delay_s`, or refuses registrations with `code`."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.code = int(ResponseCode.SUCCESS)
        self.port = free_port(HOST)

    async def start(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder, answering = FrameDecoder(), set[asyncio.Task[None]]()
        while data := await reader.read(1 << 16):
            for frame in decoder.feed(data):
                command = decode_command(frame)
                if not command.is_oneway:
                    task = asyncio.create_task(self._answer(command, writer))
                    answering.add(task)
                    task.add_done_callback(answering.discard)

    async def _answer(self, command: RemotingCommand, writer: asyncio.StreamWriter) -> None:
        is_register = command.code in (RequestCode.REGISTER_BROKER, RequestCode.QUERY_DATA_VERSION)
        await asyncio.sleep(self.delay_s if is_register else 0)
        code = self.code if is_register else ResponseCode.SUCCESS
        fields = {"changed": "false"} if command.code == RequestCode.QUERY_DATA_VERSION and code == 0 else {}
        writer.write(encode_command(response_to(command, code, ext_fields=fields, remark=None if code == 0 else "no")))


class SameBeginning:
    """A clock whose first reading is the beginning of all recordings: `RecordingProxy` counts from it."""

    def __init__(self, began: int) -> None:
        self._first: int | None = began

    def __call__(self) -> int:
        first, self._first = self._first, None
        return time.monotonic_ns() if first is None else first


class Capture:
    """The NameServers and their proxies, in a thread."""

    def __init__(self, folder: Path) -> None:
        self.files = [folder / f"name-server-{number}.jsonl" for number in range(3)]
        self.acts: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.ports = [free_port(HOST), free_port(HOST)]
        self.moody = Moody()
        self._proxies: list[RecordingProxy] = []
        self._servers: dict[int, NameServer] = {}

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    async def start(self) -> str:
        """Everything; what the broker is to be told."""
        for number in range(2):
            await self.serve(number)
        await self.moody.start()
        began, self.began_ms = time.monotonic_ns(), time.time_ns() // 1_000_000
        where = []
        for file, port in zip(self.files, (*self.ports, self.moody.port), strict=True):
            proxy = RecordingProxy(Address(HOST, port), print, SameBeginning(began))
            listen = await proxy.listen(HOST, 0)
            upstream = f"{HOST}:{port}"
            head = Head(
                started="2026-11-26T00:00:00Z", listen=listen, upstream=upstream, made_by="bench.interop.traffic"
            )
            await proxy.start(RecordingSink(file, head, Parts(), print))
            self._proxies.append(proxy)
            where.append(listen)
        return ";".join(where)

    async def serve(self, number: int) -> None:
        """Our server, again or for the first time."""
        self._servers[number] = NameServer(profile="apache-5.5.0", host=HOST, port=self.ports[number])
        await self._servers[number].start()

    async def crash(self, number: int) -> None:
        """It is gone."""
        await self._servers.pop(number).stop()

    async def stop(self) -> None:
        """All recordings end."""
        for proxy in self._proxies:
            await proxy.stop()

    def registrations(self, number: int) -> int:
        """How many the NameServer has been sent, and how many questions whether there have to be any."""
        with RecordingReader(self.files[number]) as reader:
            frames = [event.data for event in reader if isinstance(event, FrameSeen) and event.sender is Side.CLIENT]
        codes = [decode_command(FrameDecoder().feed(data)[0]).code for data in frames]
        return codes.count(RequestCode.REGISTER_BROKER) + codes.count(RequestCode.QUERY_DATA_VERSION)

    def one_more(self, number: int = 0) -> None:
        """Registration there."""
        count = self.registrations(number)
        until(f"NameServer {number} is registered with", lambda: self.registrations(number) > count, timeout_s=WAIT_S)

    def act(self, what: str, **details: Any) -> "Doing":
        """`with capture.act("topic", …)`: what is done, and when."""
        return Doing(self, {"what": what, **details})


class Doing:
    """Something that is being done to the broker."""

    def __init__(self, capture: Capture, act: dict[str, Any]) -> None:
        self._capture = capture
        self._act = act

    def __enter__(self) -> None:
        self._act["begun_ms"] = time.time_ns() // 1_000_000

    def __exit__(self, *error: object) -> None:
        self._act["done_ms"] = time.time_ns() // 1_000_000
        self._capture.acts.append(self._act)


def script(capture: Capture, admin: Mqadmin, broker: Broker) -> None:
    """From the broker's first registration to its last."""
    well = f"{HOST}:{capture.ports[0]}"  # past the proxy: mqadmin's requests are not the broker's
    topic = ("updateTopic", "-n", well, "-b", broker.address, "-t", TOPIC)
    config = ("updateBrokerConfig", "-n", well, "-b", broker.address, "-k", "brokerPermission", "-v")
    until("it is registered", lambda: capture.registrations(0) and capture.registrations(2), timeout_s=WAIT_S)
    capture.one_more()
    with capture.act("topic", read=4, write=3, perm=6):
        admin(*topic, "-r", "4", "-w", "3")
    capture.call(capture.crash(1))
    capture.one_more()
    with capture.act("topic", read=8, write=8, perm=4):
        admin(*topic, "-r", "8", "-w", "8", "-p", "4")
    capture.call(capture.serve(1))
    capture.one_more(1)
    capture.moody.delay_s = SLOW_S
    capture.one_more()
    capture.one_more()
    capture.moody.delay_s = 0.0
    capture.moody.code = int(ResponseCode.SYSTEM_ERROR)
    capture.one_more()
    with capture.act("permission", perm=4):
        admin(*config, "4")
    capture.one_more()
    with capture.act("permission", perm=6):
        admin(*config, "6")
    with capture.act("topic deleted"):
        admin("deleteTopic", "-n", well, "-c", CLUSTER, "-t", TOPIC)
    capture.one_more()
    with capture.act("shutdown"):
        broker.terminate()
        until("it is down", lambda: not broker.process.is_running, timeout_s=WAIT_S)


def make(run: str) -> None:
    """In the place of what is there. `5.5.0`; `5.5.0-asking`: a broker that first asks whether it has to register."""
    release, _, kind = run.partition("-")
    properties = {"forceRegister": "false"} if kind == "asking" else {}
    folder = FOLDER / run
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    capture, port = Capture(folder), broker_port()
    namesrv = capture.call(capture.start())
    with (
        mqadmin(MQADMIN) as admin,
        apache_broker(release, namesrv=namesrv, name=NAME, port=port, properties=properties) as broker,
    ):
        script(capture, admin, broker)
    capture.call(capture.stop())
    told = {
        "began_ms": capture.began_ms,
        "broker_addr": broker.address,
        "cluster": CLUSTER,
        "name": NAME,
        "topic": TOPIC,
    }
    acts = ",\n  ".join(json.dumps(act) for act in capture.acts)
    (folder / "script.json").write_text(f'{json.dumps(told)[:-1]}, "acts": [\n  {acts}\n]}}\n')


if __name__ == "__main__":
    for each in sys.argv[1:]:
        make(each)
