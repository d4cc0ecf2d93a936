"""A connection: answers matched by opaque, time bounded, whatever the peer does."""

import asyncio

import attrs
import pytest

from namesrv.remoting.address import Address
from namesrv.remoting.channel import Backoff, Channel
from namesrv.remoting.clock import HeldClock, SystemClock
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, encode_command, request
from namesrv.remoting.connection import (
    AnswerError,
    CallTimeout,
    ConnectError,
    SendError,
    TooManyRequests,
    connect,
)
from tests.client.scripted import ScriptedNameServer, eventually, success

ASK = request(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, opaque=0)
ONEWAY = request(RequestCode.BROKER_HEARTBEAT, opaque=0, oneway=True)


def silent(_: RemotingCommand) -> None:
    """Answers nothing."""


def free_port() -> Address:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


def test_answers_in_any_order_reach_the_requests_that_they_answer() -> None:
    async def run() -> None:
        waiting: list[RemotingCommand] = []
        async with ScriptedNameServer(waiting.append) as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            calls = [asyncio.create_task(connection.call(ASK, 5000)) for _ in range(10)]
            await server.received(10)
            assert len({r.opaque for r in waiting}) == 10
            for asked in reversed(waiting):
                server.send(success(asked, remark=str(asked.opaque)))
            answers = await asyncio.gather(*calls)
            assert [a.remark for a in answers] == [str(r.opaque) for r in waiting]
            await connection.close()

    asyncio.run(run())


def test_a_request_without_answer_times_out_at_its_time_and_the_late_answer_is_dropped() -> None:
    async def run() -> None:
        clock = HeldClock()
        async with ScriptedNameServer(silent) as server:
            connection = await connect(server.address, clock=clock, timeout_ms=1000)
            call = asyncio.create_task(connection.call(ASK, 3000, "GET_ALL_TOPIC_LIST"))
            [asked] = await server.received(1)
            clock.advance(2999)
            await asyncio.sleep(0)
            assert not call.done()
            clock.advance(1)
            with pytest.raises(
                CallTimeout, match=r"GET_ALL_TOPIC_LIST at 127.0.0.1:\d+: expected an answer within 3000 ms"
            ):
                await call
            server.send(success(asked))
            await eventually(lambda: connection.late_answers == 1)
            server.reply = success
            assert (await connection.call(ASK, 3000)).code == 0
            await connection.close()

    asyncio.run(run())


def test_a_lost_connection_fails_every_waiting_request_at_once() -> None:
    async def run() -> None:
        async with ScriptedNameServer(silent) as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            calls = [asyncio.create_task(connection.call(ASK, 60_000)) for _ in range(3)]
            await server.received(3)
            server.drop()
            for call in calls:
                with pytest.raises(SendError, match="got closed by the NameServer"):
                    await call
            with pytest.raises(SendError, match="expected an open connection"):
                await connection.call(ASK, 1000)
            with pytest.raises(SendError):
                await connection.send_oneway(ONEWAY)

    asyncio.run(run())


@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad Request\r\n", b"\0\0\0\x06\0\0\0\x02{]", b"\0\0\0\0\0\0\0\0"])
def test_a_peer_that_speaks_something_else_ends_the_connection_with_a_reason(raw: bytes) -> None:
    async def run() -> None:
        async with ScriptedNameServer(lambda _: raw) as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            with pytest.raises(SendError, match=r"not a RocketMQ answer: .* expected .*, got"):
                await connection.call(ASK, 5000)
            assert connection.is_closed

    asyncio.run(run())


def test_a_request_of_the_name_server_is_handed_over_and_answers_nothing() -> None:
    async def run() -> None:
        seen: list[RemotingCommand] = []
        async with ScriptedNameServer() as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000, on_request=seen.append)
            assert (await connection.call(ASK, 5000)).is_response
            server.send(request(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, opaque=0, oneway=True))
            await eventually(lambda: len(seen) == 1)
            assert seen[0].code == RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE
            await connection.close()

    asyncio.run(run())


def test_no_more_requests_wait_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("namesrv.remoting.connection.MAX_PENDING", 2)

    async def run() -> None:
        async with ScriptedNameServer(silent) as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            calls = [asyncio.create_task(connection.call(ASK, 60_000)) for _ in range(2)]
            await server.received(2)
            with pytest.raises(TooManyRequests, match="expected at most 2 unanswered requests"):
                await connection.call(ASK, 60_000)
            await connection.close()
            for call in calls:
                with pytest.raises(SendError, match="closed by this side"):
                    await call

    asyncio.run(run())


def test_what_a_name_server_does_not_read_is_not_piled_up() -> None:
    async def run() -> None:
        stop = asyncio.Event()

        async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await stop.wait()
            writer.close()

        server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
        clock = HeldClock()
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        connection = await connect(address, clock=clock, timeout_ms=1000)
        big = attrs.evolve(ASK, body=bytes(1 << 20))
        calls = [asyncio.create_task(connection.call(big, 3000)) for _ in range(50)]
        oneway = asyncio.create_task(connection.send_oneway(attrs.evolve(ONEWAY, body=bytes(1 << 20))))
        await eventually(lambda: len(clock.due_ms()) == 50)
        # What the kernel took does not count: the connection itself holds two of the fifty at most.
        assert connection.unsent_bytes < 3 << 20
        assert not oneway.done()
        clock.advance(3000)
        for call in calls:
            with pytest.raises(CallTimeout):
                await call
        assert connection.unsent_bytes < 3 << 20
        stop.set()
        with pytest.raises(SendError):
            await oneway
        server.close()
        await server.wait_closed()

    asyncio.run(run())


def test_a_request_that_is_given_up_leaves_nothing_behind() -> None:
    async def run() -> None:
        clock = HeldClock()
        async with ScriptedNameServer(silent) as server:
            connection = await connect(server.address, clock=clock, timeout_ms=5000)
            call = asyncio.create_task(connection.call(ASK, 3000))
            await server.received(1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert clock.due_ms() == ()
            await connection.close()

    asyncio.run(run())


def test_a_refused_connection_says_where_and_why() -> None:
    async def run() -> None:
        address = free_port()
        with pytest.raises(ConnectError, match=rf"connect at {address}: expected a connection, got .*refused"):
            await connect(address, clock=SystemClock(), timeout_ms=5000)

    asyncio.run(run())


def test_a_connection_that_does_not_come_about_in_time_is_given_up() -> None:
    async def run() -> None:
        clock = HeldClock()
        loop = asyncio.get_running_loop()
        never = loop.create_future()

        async def hang(*_: object, **__: object) -> None:
            await never

        loop.create_connection = hang  # type: ignore[assignment, method-assign]
        task = asyncio.create_task(connect(Address("10.0.0.1", 9876), clock=clock, timeout_ms=3000))
        await eventually(lambda: len(clock.due_ms()) == 1)
        clock.advance(3000)
        with pytest.raises(ConnectError, match=r"at 10\.0\.0\.1:9876: expected a connection within 3000 ms, got none"):
            await task

    asyncio.run(run())


def test_an_unknown_host_name_is_a_connection_that_cannot_be_had() -> None:
    async def run() -> None:
        with pytest.raises(ConnectError, match=r"connect at no-such-host\.invalid:9876"):
            await connect(Address("no-such-host.invalid", 9876), clock=SystemClock(), timeout_ms=5000)

    asyncio.run(run())


def test_ipv6_and_host_names_are_connected_to() -> None:
    async def run() -> None:
        async with ScriptedNameServer(host="::1") as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            assert connection.where == f"[::1]:{server.port}"
            assert (await connection.call(ASK, 5000)).code == 0
            await connection.close()
        async with ScriptedNameServer() as server:
            connection = await connect(Address("localhost", server.port), clock=SystemClock(), timeout_ms=5000)
            assert (await connection.call(ASK, 5000)).code == 0
            await connection.close()

    asyncio.run(run())


def test_an_answer_error_shows_the_code_s_name_and_the_remark() -> None:
    answer = attrs.evolve(success(ASK), code=17, remark="No topic route info")
    error = AnswerError("GET_ROUTEINFO_BY_TOPIC", "a:1", answer)
    assert str(error) == (
        "GET_ROUTEINFO_BY_TOPIC at a:1: expected SUCCESS (0), got TOPIC_NOT_EXIST (17): No topic route info"
    )
    assert str(AnswerError("x", "a:1", attrs.evolve(answer, code=999, remark=None))).endswith("got 999")


# Channels ---------------------------------------------------------------------------------------------------------


def test_callers_share_one_connection() -> None:
    async def run() -> None:
        async with ScriptedNameServer() as server:
            channel = Channel(server.address, clock=SystemClock())
            found = await asyncio.gather(*(channel.connection() for _ in range(5)))
            assert len(set(map(id, found))) == 1
            await server.until(lambda: server.connections == 1)
            await channel.close()
            with pytest.raises(ConnectError, match="closed by this side"):
                await channel.connection()

    asyncio.run(run())


def test_failed_attempts_wait_twice_as_long_each_time_up_to_a_bound() -> None:
    backoff = Backoff(first_ms=100, most_ms=1000)
    assert [backoff.after(n) for n in (0, 1, 2, 3, 4, 5, 100)] == [0, 100, 200, 400, 800, 1000, 1000]

    async def run() -> None:
        clock = HeldClock()
        channel = Channel(free_port(), clock=clock, backoff=backoff)
        with pytest.raises(ConnectError, match="refused"):
            await channel.connection()
        clock.advance(99)
        with pytest.raises(ConnectError, match=r"next attempt in 1 ms \(.*refused"):
            await channel.connection()
        clock.advance(1)
        with pytest.raises(ConnectError, match=r"got .*refused"):
            await channel.connection()
        with pytest.raises(ConnectError, match="next attempt in 200 ms"):
            await channel.connection()

    asyncio.run(run())


def test_a_kept_channel_comes_back_when_its_name_server_does() -> None:
    async def run() -> None:
        clock = HeldClock()
        changes: list[bool] = []
        async with ScriptedNameServer() as server:
            channel = Channel(
                server.address, clock=clock, backoff=Backoff(), on_change=lambda up, _: changes.append(up)
            )
            channel.keep_open()
            await channel.first_attempt()
            assert changes == [True]
            await server.until(lambda: server.connections == 1)
            await server.stop()
            await eventually(lambda: changes == [True, False])
            assert not channel.is_open
            clock.advance(100)
            await eventually(lambda: changes == [True, False, False])
            await server.start()
            clock.advance(200)
            await server.until(lambda: server.connections == 2)
            await eventually(lambda: changes == [True, False, False, True])
            await channel.close()

    asyncio.run(run())


def test_a_held_clock_runs_timers_at_their_times_in_order() -> None:
    clock = HeldClock(1000)
    seen: list[tuple[str, int]] = []
    clock.call_later(20, lambda: seen.append(("late", clock.now_ms())))
    clock.call_later(10, lambda: seen.append(("early", clock.now_ms())))
    clock.call_later(15, lambda: seen.append(("never", clock.now_ms()))).cancel()
    assert clock.due_ms() == (1010, 1020)
    clock.advance(50)
    assert seen == [("early", 1010), ("late", 1020)]
    assert clock.now_ms() == 1050


def test_the_system_clock_is_the_machine_s() -> None:
    import time

    assert abs(SystemClock().now_ms() - time.time() * 1000) < 60_000


def test_what_is_sent_is_the_request_with_the_connection_s_opaque() -> None:
    async def run() -> None:
        async with ScriptedNameServer() as server:
            connection = await connect(server.address, clock=SystemClock(), timeout_ms=5000)
            await connection.send_oneway(ONEWAY)
            await connection.call(ASK, 5000)
            sent = await server.received(2)
            for number, (got, asked) in enumerate(zip(sent, (ONEWAY, ASK), strict=True)):
                assert encode_command(got) == encode_command(attrs.evolve(asked, opaque=number))
            await connection.close()

    asyncio.run(run())
