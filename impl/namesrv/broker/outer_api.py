"""A broker's calls to all its NameServers: at once, each on a connection of its own, so that none waits for another.

A NameServer that is slow, down, or refuses costs the others nothing and the caller no more than the timeout.
Source: `BrokerOuterAPI`, 4.9.7 and 5.5.0.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

import attrs

from namesrv.broker.profiles import RegistrarProfile
from namesrv.broker.report import Report, Watch, What
from namesrv.broker.settings import RegistrarSettings
from namesrv.model.values import DataVersion
from namesrv.remoting import requests
from namesrv.remoting.channel import Channel
from namesrv.remoting.clock import Clock, sleep
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.connection import CallError, CallTimeout, code_name
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.requests import RegisterBrokerResult

UNREGISTER_TIMEOUT_MS: Final = 3_000
"""`BrokerOuterAPI.unregisterBroker`."""


class BrokerOuterAPI:
    """The NameServers of one broker. Its calls raise nothing because a NameServer fails; `watch` is told."""

    def __init__(self, settings: RegistrarSettings, profile: RegistrarProfile, clock: Clock, watch: Watch) -> None:
        self._profile = profile
        self._clock = clock
        self._watch = watch
        self._oneway: set[asyncio.Task[None]] = set()
        self._channels = [
            Channel(
                address,
                clock=clock,
                backoff=settings.backoff,
                connect_timeout_ms=settings.connect_timeout_ms,
                tls=settings.tls,
                on_change=self._on_change(str(address)),
                on_request=self._on_request(str(address)),
            )
            for address in settings.name_servers
        ]

    # Connections --------------------------------------------------------------------------------------------------

    async def start(self, wait_ms: int) -> None:
        """Connects to all, and again whenever a connection is lost. Returns when all have been tried, or after `wait_ms`."""
        for channel in self._channels:
            channel.keep_open()
        await self._all([channel.first_attempt() for channel in self._channels], wait_ms)

    async def close(self) -> None:
        """Closes all connections; no call gets an answer any more."""
        for task in self._oneway:
            task.cancel()
        await asyncio.gather(*(channel.close() for channel in self._channels))

    def _on_change(self, where: str) -> Callable[[bool, str], None]:
        def tell(is_open: bool, why: str) -> None:
            self._tell(What.CONNECTED if is_open else What.DISCONNECTED, where, detail="" if is_open else why)

        return tell

    def _on_request(self, where: str) -> Callable[[RemotingCommand], None]:
        def tell(command: RemotingCommand) -> None:
            fields = ", ".join(f"{key} {value}" for key, value in (command.ext_fields or {}).items())
            self._tell(What.NOTIFIED, where, command, detail=fields)

        return tell

    # Calls --------------------------------------------------------------------------------------------------------

    async def register_broker_all(
        self, request: RemotingCommand, timeout_ms: int, topics: int
    ) -> RegisterBrokerResult | None:
        """Registers with all, or with all that there is a connection to. What the first success says; `None` without one."""
        channels = self._channels
        if self._profile.registers_only_connected:
            channels = [channel for channel in channels if channel.is_open]
        if request.is_oneway:
            self.send_oneway(request, timeout_ms, topics=topics)
            return None
        results: list[RegisterBrokerResult] = []

        async def register(channel: Channel) -> None:
            answer = await self._call(channel, request, timeout_ms, topics=topics)
            if answer is None or answer.code != ResponseCode.SUCCESS:
                return
            try:
                results.append(requests.register_broker_result(answer))
            except RemotingError as error:
                self._tell(What.FAILED, str(channel.address), request, detail=str(error))

        await self._all([register(channel) for channel in channels], timeout_ms)
        return results[0] if results else None

    async def need_register(self, request: RemotingCommand, data_version: DataVersion, timeout_ms: int) -> bool:
        """Whether one of all NameServers does not have `data_version`, or can't be asked. An answer too late says nothing."""
        changed: list[bool] = []

        async def ask(channel: Channel) -> None:
            answer = await self._call(channel, request, timeout_ms)
            changed.append(answer is None or self._is_changed(answer, data_version))

        await self._all([ask(channel) for channel in self._channels], timeout_ms)
        return any(changed)

    def _is_changed(self, answer: RemotingCommand, data_version: DataVersion) -> bool:
        if answer.code != ResponseCode.SUCCESS:
            return False
        try:
            result = requests.query_data_version_result(answer, now_ms=self._clock.now_ms())
        except RemotingError:
            return True
        if result.changed is not False:
            return True
        if not result.has_body:
            return False
        found = result.data_version
        if found is not None and not self._profile.release_5:
            found = attrs.evolve(found, state_version=data_version.state_version)
        return found != data_version

    async def call_all(self, request: RemotingCommand, timeout_ms: int) -> None:
        """Sends to all and waits for their answers, whatever they are."""
        await self._all([self._call_and_forget(channel, request, timeout_ms) for channel in self._channels], timeout_ms)

    async def call_one_by_one(self, request: RemotingCommand, timeout_ms: int) -> None:
        """Sends to one after the other, each when the one before has answered or failed."""
        for channel in self._channels:
            await self._call(channel, request, timeout_ms)

    def send_oneway(self, request: RemotingCommand, timeout_ms: int, *, topics: int | None = None) -> None:
        """Sends to all that `register_broker_all` would register with; returns at once."""
        for channel in self._channels:
            if channel.is_open or not self._profile.registers_only_connected:
                task = asyncio.create_task(self._send_oneway(channel, request, timeout_ms, topics))
                self._oneway.add(task)
                task.add_done_callback(self._oneway.discard)

    async def _send_oneway(
        self, channel: Channel, request: RemotingCommand, timeout_ms: int, topics: int | None
    ) -> None:
        async def send() -> None:
            try:
                connection = await channel.connection()
                self._tell(What.SENT, str(channel.address), request, topics=topics)
                await connection.send_oneway(request, _name(request))
            except (CallError, RemotingError) as error:
                self._tell(What.FAILED, str(channel.address), request, detail=str(error))

        await self._all([send()], timeout_ms)

    async def _call_and_forget(self, channel: Channel, request: RemotingCommand, timeout_ms: int) -> None:
        await self._call(channel, request, timeout_ms)

    async def _call(
        self, channel: Channel, request: RemotingCommand, timeout_ms: int, *, topics: int | None = None
    ) -> RemotingCommand | None:
        """The answer, or `None`. The time that connecting takes counts."""
        deadline_ms = self._clock.now_ms() + timeout_ms
        where = str(channel.address)
        try:
            connection = await channel.connection()
            left_ms = deadline_ms - self._clock.now_ms()
            if left_ms <= 0:
                raise CallTimeout(_name(request), where, f"a connection within {timeout_ms} ms", "none")
            self._tell(What.SENT, where, request, topics=topics)
            answer = await connection.call(request, left_ms, _name(request))
        except (CallError, RemotingError) as error:
            self._tell(What.FAILED, where, request, detail=str(error))
            return None
        self._tell(What.ANSWERED, where, request, detail=_says(answer), code=answer.code)
        return answer

    async def _all(self, works: Iterable[Coroutine[None, None, None]], timeout_ms: int) -> None:
        """Runs all until the last has ended or the time is up; what is still running then is given up."""
        tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(work) for work in works]
        if not tasks:
            return
        ended: asyncio.Future[list[None]] = asyncio.gather(*tasks)
        latch = asyncio.ensure_future(sleep(self._clock, timeout_ms))
        both: list[asyncio.Future[Any]] = [ended, latch]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                # The calls' own timeouts are due now too: they get the turn that they need to say so.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            if ended.done():
                ended.result()
        finally:
            latch.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(ended, latch, return_exceptions=True)

    def _tell(
        self,
        what: What,
        where: str,
        request: RemotingCommand | None = None,
        *,
        detail: str = "",
        code: int | None = None,
        topics: int | None = None,
    ) -> None:
        self._watch(
            Report(
                at_ms=self._clock.now_ms(),
                what=what,
                name_server=where,
                request=None if request is None else _name(request),
                detail=detail,
                code=code,
                topics=topics,
                oneway=request is not None and request.is_oneway,
            )
        )


def _name(request: RemotingCommand) -> str:
    try:
        return RequestCode(request.code).name
    except ValueError:
        return f"request {request.code}"


def _says(answer: RemotingCommand) -> str:
    """An answer in a line."""
    parts = [code_name(answer.code)]
    if answer.remark:
        parts.append(answer.remark.splitlines()[0])
    parts += [f"{key} {value}" for key, value in (answer.ext_fields or {}).items()]
    return ", ".join(parts)
