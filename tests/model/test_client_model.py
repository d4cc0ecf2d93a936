"""The routes that a client keeps, and how stale they may be."""

from __future__ import annotations

import attrs

from namesrv.model.client import (
    AskFailed,
    AskRoute,
    ClientEvent,
    ClientOutput,
    ClientState,
    MaySend,
    RouteReceived,
    SendWanted,
    Started,
    Subscribed,
    Tick,
    is_stale,
    routes_in_use,
    step,
)
from namesrv.model.publish_info import MessageQueue, TopicPublishInfo
from namesrv.model.values import BrokerData, QueueData, TopicRouteData, table

T0 = 1_700_000_000_000
QUEUES = QueueData(broker_name="a", read_queue_nums=2, write_queue_nums=1, perm=6, topic_sys_flag=0)
BROKER = BrokerData(cluster="C", broker_name="a", broker_addrs=table({0: "10.0.0.1:10911"}))
ROUTE = TopicRouteData(queue_datas=frozenset({QUEUES}), broker_datas=frozenset({BROKER}))
NEW = attrs.evolve(ROUTE, queue_datas=frozenset({attrs.evolve(QUEUES, write_queue_nums=3)}))
ONE = TopicPublishInfo(message_queues=(MessageQueue("a", 0),))


class Client:
    """A client model, driven."""

    def __init__(self) -> None:
        self.state = ClientState()
        self.now_ms = T0
        self.do(Started())

    def do(self, event: ClientEvent, later_ms: int = 0) -> list[ClientOutput]:
        self.now_ms += later_ms
        self.state, outputs = step(self.state, event, self.now_ms)
        return list(outputs)


def test_a_producer_asks_for_its_topic_and_then_for_tbw102() -> None:
    client = Client()
    assert client.do(SendWanted(topic="t")) == [AskRoute(topic="t", asked="t")]
    assert client.do(RouteReceived(route=None)) == [AskRoute(topic="t", asked="TBW102")]
    both = TopicPublishInfo(message_queues=(MessageQueue("a", 0), MessageQueue("a", 1)))
    assert client.do(RouteReceived(route=ROUTE)) == [MaySend(topic="t", info=both)]
    assert client.do(SendWanted(topic="t")) == [MaySend(topic="t", info=both)]
    assert [use.is_default for use in routes_in_use(client.state, client.now_ms)] == [True]


def test_a_producer_whose_topic_may_not_be_written_to_does_not_fall_back() -> None:
    client = Client()
    client.do(SendWanted(topic="t"))
    closed = attrs.evolve(ROUTE, queue_datas=frozenset({attrs.evolve(QUEUES, perm=4)}))
    nothing = TopicPublishInfo(message_queues=())
    assert client.do(RouteReceived(route=closed)) == [MaySend(topic="t", info=nothing)]


def test_a_failure_to_ask_fails_the_send_and_ends_a_round() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(Subscribed(topic="u"))
    assert client.do(Tick(), 10) == [AskRoute(topic="t", asked="t")]
    assert client.do(AskFailed()) == []
    assert client.do(SendWanted(topic="v")) == [AskRoute(topic="v", asked="v")]
    assert client.do(AskFailed()) == [MaySend(topic="v", info=None)]


def test_a_round_asks_one_topic_after_the_other_and_the_next_comes_thirty_seconds_after_it_began() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(SendWanted(topic="u"))
    client.do(RouteReceived(route=ROUTE))
    assert client.do(Tick(), 10) == [AskRoute(topic="t", asked="t")]
    assert client.do(RouteReceived(route=ROUTE), 500) == [AskRoute(topic="u", asked="u")]
    assert client.do(RouteReceived(route=ROUTE), 500) == []
    assert client.do(Tick(), 28_999) == []
    assert client.do(Tick(), 1) == [AskRoute(topic="t", asked="t")]


def test_a_round_that_took_longer_than_the_interval_is_followed_by_the_next_at_once() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(Tick(), 10)
    assert client.do(RouteReceived(route=ROUTE), 31_000) == [AskRoute(topic="t", asked="t")]


def test_a_route_that_no_name_server_has_any_more_stays_in_use_for_ever() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(Tick(), 10)
    client.do(RouteReceived(route=ROUTE))
    for _ in range(100):
        client.do(Tick(), 30_000)
        client.do(RouteReceived(route=None))
    [use] = routes_in_use(client.state, client.now_ms)
    assert use.subscribe == {MessageQueue("a", 0), MessageQueue("a", 1)}
    assert (use.stored_ms, use.confirmed_ms, use.age_ms) == (T0 + 10, T0 + 10, 3_000_000)
    assert is_stale(client.state, "t", None)


def test_a_route_is_as_old_as_its_last_confirmation() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(Tick(), 10)
    client.do(RouteReceived(route=ROUTE))
    client.do(Tick(), 30_000)
    client.do(RouteReceived(route=ROUTE))
    [use] = routes_in_use(client.state, client.now_ms + 7)
    assert (use.stored_ms, use.confirmed_ms, use.age_ms) == (T0 + 10, T0 + 30_010, 7)
    assert not is_stale(client.state, "t", ROUTE)
    assert is_stale(client.state, "t", NEW)


def test_a_change_that_only_concerns_the_cluster_is_no_news_to_a_client() -> None:
    client = Client()
    client.do(Subscribed(topic="t"))
    client.do(Tick(), 10)
    client.do(RouteReceived(route=ROUTE))
    moved = attrs.evolve(ROUTE, broker_datas=frozenset({attrs.evolve(BROKER, cluster="D", enable_acting_master=True)}))
    client.do(Tick(), 30_000)
    client.do(RouteReceived(route=moved))
    assert client.state.topic_route_table["t"].route == ROUTE
    client.do(Tick(), 30_000)
    client.do(RouteReceived(route=NEW))
    assert client.state.topic_route_table["t"].route == NEW


def test_an_order_config_that_java_throws_on_leaves_the_route_as_it_was() -> None:
    client = Client()
    client.do(SendWanted(topic="t"))
    client.do(RouteReceived(route=ROUTE))
    client.do(Tick(), 10)
    client.do(RouteReceived(route=attrs.evolve(ROUTE, order_topic_conf="a:x")))
    assert client.state.topic_route_table["t"].route == ROUTE
    assert client.do(SendWanted(topic="t")) == [MaySend(topic="t", info=ONE)]
    assert is_stale(client.state, "t", attrs.evolve(ROUTE, order_topic_conf="a:x"))
    assert not is_stale(client.state, "u", ROUTE)
