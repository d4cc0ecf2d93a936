"""A NameServer that does what a test tells it: keeps every request, and answers by a function, later, wrongly or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from namesrv.remoting.address import Address
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command, response_to
from namesrv.remoting.frame import FrameDecoder

DEADLINE_S = 60.0

Reply = RemotingCommand | bytes | None
"""An answer, raw bytes, or nothing."""


def success(request: RemotingCommand, **fields: object) -> RemotingCommand:
    """SUCCESS."""
    return response_to(request, 0, **fields)  # type: ignore[arg-type]


class ScriptedNameServer:
    """Listens on a free loopback port. `reply` may be changed at any time; a one-way request gets no answer."""

    def __init__(self, reply: Callable[[RemotingCommand], Reply] = success, *, host: str = "127.0.0.1") -> None:
        self.reply = reply
        self.host = host
        self.port = 0
        self.requests: list[RemotingCommand] = []
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> Address:
        return Address(self.host, self.port)

    async def start(self) -> None:
        """Listens, on the same port as before if it did."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes every connection and the port."""
        self.drop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Closes every connection."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    def send(self, command: RemotingCommand) -> None:
        """Sends something over the last connection."""
        self._writers[-1].write(encode_command(command))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def received(self, count: int) -> list[RemotingCommand]:
        """All requests so far, once there are `count`."""
        await self.until(lambda: len(self.requests) >= count)
        return list(self.requests)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for a condition that connections or requests change."""
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(holds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        decoder = FrameDecoder()
        async with self._changed:
            self.connections += 1
            self._changed.notify_all()
        try:
            while data := await reader.read(1 << 16):
                for frame in decoder.feed(data):
                    command = decode_command(frame)
                    async with self._changed:
                        self.requests.append(command)
                        self._changed.notify_all()
                    answer = self.reply(command)
                    if answer is not None and not command.is_oneway:
                        writer.write(answer if isinstance(answer, bytes) else encode_command(answer))
        except ConnectionError:
            pass
        finally:
            writer.close()


async def eventually(holds: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    """Lets other tasks run until a condition holds. Raises `TimeoutError` at the deadline."""
    async with asyncio.timeout(deadline_s):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)
