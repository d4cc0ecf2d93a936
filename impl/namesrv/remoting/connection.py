"""A connection to a NameServer on asyncio: answers matched to requests by opaque, many requests under way, time bounded.

Nothing grows without bound: at most `MAX_PENDING` requests wait for answers (Netty's client has a semaphore of that size), and
who sends waits while more than asyncio's high-water mark is unsent. A stream that is not RocketMQ's is closed at once.
Source of the behaviour: `NettyRemotingClient.invokeSync`, `.invokeOneway`, `NettyRemotingAbstract.processMessageReceived`, 5.5.0.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

import attrs

from namesrv.remoting.address import Address
from namesrv.remoting.clock import Clock, Timer
from namesrv.remoting.codes import ResponseCode
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import FrameDecoder

MAX_PENDING: Final = 65_535
"""`NettySystemConfig.clientAsyncSemaphoreValue`."""
OPAQUE_BOUND: Final = 1 << 31
LINGER_MS: Final = 1000
"""A connection that is closed here may send what it still has for so long."""
HAPPY_EYEBALLS_DELAY_S: Final = 0.25
"""RFC 8305: a name with addresses of both families is tried at the second one after so long."""


class CallError(Exception):
    """A request that has no answer: what, where, expected, got."""

    def __init__(self, what: str, where: str, expected: str, got: str) -> None:
        super().__init__(f"{what} at {where}: expected {expected}, got {got}")
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got


class ConnectError(CallError):
    """There is no connection to be had. `RemotingConnectException`."""


class SendError(CallError):
    """The connection was lost, by either side, before there was an answer. `RemotingSendRequestException`."""


class CallTimeout(CallError):
    """The answer did not come in time; one that comes later is dropped. `RemotingTimeoutException`."""


class AnswerError(CallError):
    """The NameServer has answered, and did not do it. `MQBrokerException`.

    `code`: the answer's; `remark`: what the NameServer says about it.
    """

    def __init__(self, what: str, where: str, answer: RemotingCommand) -> None:
        got = code_name(answer.code) + (f": {answer.remark}" if answer.remark else "")
        super().__init__(what, where, code_name(ResponseCode.SUCCESS), got)
        self.code = answer.code
        self.remark = answer.remark


class TooManyRequests(CallError):
    """More requests wait for answers than a connection takes. `RemotingTooMuchRequestException`."""


def code_name(code: int) -> str:
    """A response code with its name, `TOPIC_NOT_EXIST (17)`; the number alone if it has none here."""
    try:
        return f"{ResponseCode(code).name} ({int(code)})"
    except ValueError:
        return str(code)


OnRequest = Callable[[RemotingCommand], None]
"""Told what a NameServer asks of its peer: NOTIFY_MIN_BROKER_ID_CHANGE."""


class Connection(asyncio.Protocol):
    """One TCP connection; made by `connect`. All methods belong on its event loop."""

    def __init__(self, where: str, clock: Clock, on_request: OnRequest | None = None) -> None:
        self.where = where
        """The NameServer's address, as it was given."""
        self.late_answers = 0
        """Answers that nobody waited for any more."""
        self._clock = clock
        self._on_request = on_request
        self._decoder = FrameDecoder()
        self._pending: dict[int, asyncio.Future[RemotingCommand]] = {}
        self._opaque = -1
        self._transport: asyncio.Transport | None = None
        self._why_closed: str | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._closed = asyncio.Event()
        self._lingering: Timer | None = None

    # What a caller does -------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether it is of no use any more."""
        return self._why_closed is not None

    @property
    def why_closed(self) -> str | None:
        """What ended it; `None` while it is open."""
        return self._why_closed

    @property
    def unsent_bytes(self) -> int:
        """How much waits here for the peer to read."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    async def call(self, request: RemotingCommand, timeout_ms: int, what: str = "request") -> RemotingCommand:
        """The answer to `request`, whose opaque is set here. `what` names it in errors.

        Raises `CallTimeout`, `SendError`, `TooManyRequests`, and `RemotingError` if it can't be encoded.
        """
        self._check_open(what)
        if len(self._pending) >= MAX_PENDING:
            raise TooManyRequests(what, self.where, f"at most {MAX_PENDING} unanswered requests", "one more")
        opaque = self._next_opaque()
        answer: asyncio.Future[RemotingCommand] = asyncio.get_running_loop().create_future()

        def time_out() -> None:
            if not answer.done():
                expected = f"an answer within {timeout_ms} ms"
                answer.set_exception(CallTimeout(what, self.where, expected, "none"))

        frame = encode_command(attrs.evolve(request, opaque=opaque))
        self._pending[opaque] = answer
        timer = self._clock.call_later(timeout_ms, time_out)
        try:
            while not self._may_write.is_set():  # of all who wait for room, the first to get it may fill it
                await self._writable_or_over(answer)
            self._write(frame)
            return await answer
        finally:
            timer.cancel()
            self._pending.pop(opaque, None)

    async def send_oneway(self, request: RemotingCommand, what: str = "request") -> None:
        """Sends a request that has the one-way flag; its opaque is set here. Waits while the NameServer does not read.

        Raises `SendError`, and `RemotingError` if it can't be encoded.
        """
        frame = encode_command(attrs.evolve(request, opaque=self._next_opaque()))
        while not self._may_write.is_set():
            await self._may_write.wait()
        self._check_open(what)
        self._write(frame)

    async def close(self) -> None:
        """Closes it; who waits for an answer gets a `SendError`."""
        self._end("closed by this side")
        await self._closed.wait()

    async def wait_closed(self) -> None:
        """Returns when it is closed, by either side."""
        await self._closed.wait()

    # What the event loop does -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hands each answer to whoever waits for it."""
        try:
            for frame in self._decoder.feed(data):
                self._received(decode_command(frame))
            if self._decoder.error is not None:
                raise self._decoder.error
        except RemotingError as error:
            self._end(f"not a RocketMQ answer: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._end("closed by the NameServer" if exc is None else str(exc) or type(exc).__name__)
        if self._lingering is not None:
            self._lingering.cancel()
        self._closed.set()

    def pause_writing(self) -> None:
        """The peer does not read fast enough."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._may_write.set()

    def _received(self, command: RemotingCommand) -> None:
        if not command.is_response:
            if self._on_request is not None:
                self._on_request(command)
            return
        waiting = self._pending.get(command.opaque)
        if waiting is None or waiting.done():
            self.late_answers += 1
        else:
            waiting.set_result(command)

    async def _writable_or_over(self, answer: asyncio.Future[RemotingCommand]) -> None:
        """Returns when there is room to write; raises what `answer` has got before: a timeout, or the connection's end."""
        room = asyncio.ensure_future(self._may_write.wait())
        both: list[asyncio.Future[Any]] = [room, answer]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            room.cancel()
        if answer.done():
            answer.result()

    def _next_opaque(self) -> int:
        self._opaque = (self._opaque + 1) % OPAQUE_BOUND
        return self._opaque

    def _check_open(self, what: str) -> None:
        if self._why_closed is not None:
            raise SendError(what, self.where, "an open connection", self._why_closed)

    def _write(self, frame: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame)

    def _end(self, why: str) -> None:
        if self._why_closed is not None:
            return
        self._why_closed = why
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(SendError("request", self.where, "an answer", why))
        self._may_write.set()
        if self._transport is not None:
            self._lingering = self._clock.call_later(LINGER_MS, self._transport.abort)
            self._transport.close()


async def connect(
    address: Address,
    *,
    clock: Clock,
    timeout_ms: int,
    tls: ssl.SSLContext | None = None,
    on_request: OnRequest | None = None,
) -> Connection:
    """An open connection; a host name is resolved anew each time. Raises `ConnectError`, after `timeout_ms` at the latest."""
    loop = asyncio.get_running_loop()
    made = Connection(str(address), clock, on_request)
    opening = asyncio.ensure_future(
        loop.create_connection(
            lambda: made,
            address.host,
            address.port,
            ssl=tls,
            server_hostname=address.host if tls is not None else None,
            happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S,
        )
    )
    is_late = False

    def time_out() -> None:
        nonlocal is_late
        is_late = True
        opening.cancel()

    timer = clock.call_later(timeout_ms, time_out)
    try:
        await opening
    except asyncio.CancelledError:
        opening.cancel()
        if not is_late:
            raise
        raise ConnectError("connect", str(address), f"a connection within {timeout_ms} ms", "none") from None
    except (OSError, ssl.SSLError, UnicodeError) as error:
        raise ConnectError("connect", str(address), "a connection", _reason(error)) from error
    finally:
        timer.cancel()
    return made


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)  # asyncio replaces it by a text of its own
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
