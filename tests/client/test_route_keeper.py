"""The routes that a client keeps: `RouteKeeper` alone, and side by side with the client model."""

from __future__ import annotations

import asyncio

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.client import NameServerClient, RouteKeeper
from namesrv.model.client import (
    AskFailed,
    AskRoute,
    ClientState,
    MaySend,
    RouteReceived,
    SendWanted,
    Started,
    Subscribed,
    Tick,
    routes_in_use,
    step,
)
from namesrv.model.values import BrokerData, QueueData, TopicRouteData, table
from namesrv.remoting.clock import HeldClock
from namesrv.remoting.connection import SendError
from tests.client.routes import ROUTES
from tests.client.scripted import eventually

T0 = 1_700_000_000_000
MASTER = BrokerData(cluster="C", broker_name="a", broker_addrs=table({0: "10.0.0.1:10911"}))
ROUTE = TopicRouteData(
    queue_datas=frozenset(
        {QueueData(broker_name="a", read_queue_nums=8, write_queue_nums=8, perm=7, topic_sys_flag=0)}
    ),
    broker_datas=frozenset({MASTER}),
)
TWO = attrs.evolve(
    ROUTE,
    queue_datas=frozenset(attrs.evolve(queues, write_queue_nums=2) for queues in ROUTE.queue_datas),
)


class FakeClient(NameServerClient):
    """Knows the routes that a test gives it; `None` of a topic: it can't be asked."""

    def __init__(self, routes: dict[str, TopicRouteData | None]) -> None:
        super().__init__("127.0.0.1:9876", clock=HeldClock(T0))
        self.routes = routes
        self.asked: list[str] = []

    async def get_route_info_by_topic(
        self, topic: str, *, accept_standard_json_only: bool | None = None
    ) -> TopicRouteData | None:
        self.asked.append(topic)
        if topic in self.routes and self.routes[topic] is None:
            raise SendError("GET_ROUTEINFO_BY_TOPIC", "127.0.0.1:9876", "an answer", "none")
        return self.routes.get(topic)


def test_a_topic_without_route_is_sent_through_tbw102_with_at_most_four_queues() -> None:
    async def run() -> None:
        client = FakeClient({"TBW102": ROUTE})
        keeper = RouteKeeper(client, clock=HeldClock(T0))
        info = await keeper.find_publish_info("t")
        assert info is not None
        assert [queue.queue_id for queue in info.message_queues] == [0, 1, 2, 3]
        assert client.asked == ["t", "TBW102"]
        kept = keeper.route("t")
        assert kept is not None
        assert kept.is_default
        client.routes["t"] = TWO
        await keeper.poll()
        now = await keeper.find_publish_info("t")
        assert now is not None
        assert len(now.message_queues) == 2
        assert client.asked == ["t", "TBW102", "t"]

    asyncio.run(run())


def test_a_send_fails_where_there_is_neither_route_nor_tbw102() -> None:
    async def run() -> None:
        keeper = RouteKeeper(FakeClient({}), clock=HeldClock(T0))
        assert await keeper.find_publish_info("t") is None
        assert keeper.route("t") is None

    asyncio.run(run())


def test_it_polls_every_thirty_seconds_and_a_route_that_is_gone_stays_in_use() -> None:
    async def run() -> None:
        clock = HeldClock(T0)
        client = FakeClient({"t": ROUTE})
        changes = []
        async with RouteKeeper(client, clock=clock, on_change=changes.append) as keeper:
            keeper.subscribe("t")
            await eventually(lambda: clock.due_ms() == (T0 + 10,))
            clock.advance(10)
            await eventually(lambda: clock.due_ms() == (T0 + 30_010,))
            assert len(keeper.subscribe_info("t") or ()) == 8
            del client.routes["t"]
            clock.advance(30_000)
            await eventually(lambda: clock.due_ms() == (T0 + 60_010,))
            kept = keeper.route("t")
            assert kept is not None
            assert (kept.route, kept.confirmed_ms) == (ROUTE, T0 + 10)
            client.routes["t"] = TWO
            clock.advance(30_000)
            await eventually(lambda: clock.due_ms() == (T0 + 90_010,))
            assert [(kept.route, kept.stored_ms) for kept in changes] == [(ROUTE, T0 + 10), (TWO, T0 + 60_010)]

    asyncio.run(run())


def test_the_next_name_server_is_asked_when_one_cannot_be() -> None:
    async def run() -> None:
        down, up = FakeClient({"t": None}), FakeClient({"t": ROUTE})
        keeper = RouteKeeper([down, up], clock=HeldClock(T0))
        assert await keeper.find_publish_info("t") is None
        assert isinstance(keeper.last_error, SendError)
        assert await keeper.find_publish_info("t") is not None
        assert (down.asked, up.asked) == (["t"], ["t"])

    asyncio.run(run())


TOPICS = st.sampled_from(["t", "u", "TBW102"])
KNOWN = st.dictionaries(TOPICS, ROUTES | st.none(), max_size=3)
STEPS = st.lists(st.tuples(st.sampled_from(["send", "subscribe", "poll"]), TOPICS, KNOWN), max_size=12)


@settings(deadline=None)
@given(STEPS)
def test_the_keeper_asks_and_keeps_what_the_model_does(
    steps: list[tuple[str, str, dict[str, TopicRouteData | None]]],
) -> None:
    async def run() -> None:
        clock, client = HeldClock(T0), FakeClient({})
        keeper = RouteKeeper(client, clock=clock)
        state, _ = step(ClientState(), Started(), T0)
        clock.advance(10)
        state, _ = step(state, Tick(), T0 + 10)
        for kind, topic, known in steps:
            client.routes, client.asked = known, []
            now_ms = clock.now_ms()
            if kind == "send":
                info = await keeper.find_publish_info(topic)
                state, outputs = step(state, SendWanted(topic=topic), now_ms)
            elif kind == "subscribe":
                keeper.subscribe(topic)
                state, outputs = step(state, Subscribed(topic=topic), now_ms)
            else:
                clock.advance(30_000)
                now_ms = clock.now_ms()
                await keeper.poll()
                state, outputs = step(state, Tick(), now_ms)
            asked: list[str] = []
            while outputs and isinstance(outputs[-1], AskRoute):
                asked.append(outputs[-1].asked)
                failed = asked[-1] in known and known[asked[-1]] is None
                event = AskFailed() if failed else RouteReceived(route=known.get(asked[-1]))
                state, outputs = step(state, event, now_ms)
            assert client.asked == asked
            if kind == "send":
                assert isinstance(outputs[-1], MaySend)
                assert described(info) == described(outputs[-1].info)
            for use in routes_in_use(state, now_ms):
                kept = keeper.route(use.topic)
                assert kept is not None
                assert (kept.stored_ms, kept.confirmed_ms, kept.is_default) == (
                    use.stored_ms,
                    use.confirmed_ms,
                    use.is_default,
                )
                ours, models = keeper.subscribe_info(use.topic), use.subscribe
                assert (ours is None) == (models is None)
                assert {(q.broker_name, q.queue_id) for q in ours or ()} == {
                    (q.broker_name, q.queue_id) for q in models or ()
                }
            assert {topic for topic in ("t", "u", "TBW102") if keeper.route(topic)} == set(state.topic_route_table)

    asyncio.run(run())


def described(info: object) -> object:
    """The queues of either kind of publish info."""
    queues = getattr(info, "message_queues", None)
    return None if queues is None else [(queue.broker_name, queue.queue_id) for queue in queues]
