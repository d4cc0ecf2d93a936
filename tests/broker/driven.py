"""A registrar on a held clock, and scripted NameServers that see what it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from namesrv.broker import Registrar, RegistrarSettings, Report, broker_profile
from namesrv.model.values import TopicConfig
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.command import RemotingCommand
from tests.client.scripted import DEADLINE_S, Reply, ScriptedNameServer, eventually, success

T0 = 1_700_000_000_000
TOPICS = ("TBW102", "a", "b", "c")


def topics(*names: str) -> dict[str, TopicConfig]:
    """Configs of those names; TBW102's may be inherited from."""
    return {
        name: TopicConfig(topic_name=name, read_queue_nums=8, write_queue_nums=8, perm=7 if name == "TBW102" else 6)
        for name in names
    }


class Driven:
    """Started by `async with`, and through its first registration unless `wait` is false; aborted at the end."""

    def __init__(
        self,
        profile: str = "apache-5.5.0",
        *,
        name_servers: int = 1,
        names: tuple[str, ...] = TOPICS,
        reply: Callable[[RemotingCommand], Reply] = success,
        wait: bool = True,
        settings: Callable[[ScriptedNameServer], RegistrarSettings] | None = None,
        **more: Any,
    ) -> None:
        self.clock = HeldClock(T0)
        self.servers = [ScriptedNameServer(reply) for _ in range(name_servers)]
        self.reports: list[Report] = []
        self._profile = profile
        self._names = names
        self._wait = wait
        self._settings = settings
        self._more: dict[str, Any] = {"cluster_name": "C", "broker_name": "b", "broker_addr": "10.0.0.1:10911"} | more

    async def __aenter__(self) -> Self:
        for server in self.servers:
            await server.start()
        if self._settings is not None:
            settings = self._settings(self.servers[0])
        else:
            settings = RegistrarSettings(name_servers=tuple(s.address for s in self.servers), **self._more)
        self.registrar = Registrar(
            settings, broker_profile(self._profile), topics(*self._names), clock=self.clock, watch=self.reports.append
        )
        async with asyncio.timeout(DEADLINE_S):
            await self.registrar.start()
        if self._wait:
            await self.waits_until(T0 + 10_000)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.registrar.abort()
            for server in self.servers:
                await server.stop()

    async def waits_until(self, ms: int) -> None:
        """Until the registrar has a timer for exactly then, and nothing else before it is under way."""
        await eventually(lambda: ms in self.clock.due_ms())

    async def advance(self, ms: int) -> None:
        """Moves the clock; what it wakes runs afterwards."""
        self.clock.advance(ms)
        await asyncio.sleep(0)

    def sent(self, server: int = 0) -> list[RemotingCommand]:
        """What one NameServer has received."""
        return self.servers[server].requests
