"""NameServers with a recording proxy before each, for one real broker: what it says to each, what was done to it and when."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

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
    """The NameServers and their proxies, in a thread: two of ours and, unless `is_calm`, one that is moody.

    `options`: of ours, as of `namesrv serve`.
    """

    def __init__(self, folder: Path, *, is_calm: bool = False, options: Mapping[str, str] | None = None) -> None:
        self.files = [folder / f"name-server-{number}.jsonl" for number in range(2 if is_calm else 3)]
        self.acts: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.ports = [free_port(HOST), free_port(HOST)]
        self.moody = Moody()
        self._proxies: list[RecordingProxy] = []
        self._servers: dict[int, NameServer] = {}
        self._options = options

    @property
    def namesrv(self) -> str:
        """Ours, past the proxies: what others than the broker ask is not of its traffic."""
        return ";".join(f"{HOST}:{port}" for port in self.ports)

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
        for file, port in zip(self.files, (*self.ports, self.moody.port), strict=False):
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
        self._servers[number] = NameServer(
            profile="apache-5.5.0", host=HOST, port=self.ports[number], options=self._options
        )
        await self._servers[number].start()

    async def crash(self, number: int) -> None:
        """It is gone."""
        await self._servers.pop(number).stop()

    async def stop(self) -> None:
        """All recordings end."""
        for proxy in self._proxies:
            await proxy.stop()

    def said(self, number: int, *codes: RequestCode) -> int:
        """How many requests of these codes the NameServer has been sent."""
        with RecordingReader(self.files[number]) as reader:
            frames = [event.data for event in reader if isinstance(event, FrameSeen) and event.sender is Side.CLIENT]
        return sum(decode_command(FrameDecoder().feed(data)[0]).code in codes for data in frames)

    def registrations(self, number: int) -> int:
        """How many the NameServer has been sent, and how many questions whether there have to be any."""
        return self.said(number, RequestCode.REGISTER_BROKER, RequestCode.QUERY_DATA_VERSION)

    def one_more(self, number: int = 0, *codes: RequestCode) -> None:
        """Registration there, or request of these codes."""
        codes = codes or (RequestCode.REGISTER_BROKER, RequestCode.QUERY_DATA_VERSION)
        count = self.said(number, *codes)
        until(f"NameServer {number} is registered with", lambda: self.said(number, *codes) > count, timeout_s=WAIT_S)

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
