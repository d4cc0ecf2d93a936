"""`RouteKeeper`: the routes that a producer or consumer keeps, as the Java client keeps them.

It asks for each topic when it is first wanted and then every 30 s. What it has stays until it learns something else: an answer
that there is no such topic, or none at all, changes nothing. So a route may be stale, and `KeptRoute` says since when it is
known. A topic without route is sent to through that of TBW102, whose brokers will create it.
Source: `MQClientInstance.updateTopicRouteInfoFromNameServer`, `DefaultMQProducerImpl.tryToFindTopicPublishInfo`, 5.5.0.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

import attrs

from namesrv.client.name_server_client import NameServerClient
from namesrv.client.publish_info import (
    MessageQueue,
    OrderTopicConfError,
    TopicPublishInfo,
    topic_publish_info,
    topic_subscribe_info,
)
from namesrv.model.values import BrokerData, TopicRouteData
from namesrv.remoting.clock import Clock, SystemClock, sleep
from namesrv.remoting.connection import AnswerError, CallError
from namesrv.remoting.errors import RemotingError

POLL_INTERVAL_MS: Final = 30_000
"""`ClientConfig.pollNameServerInterval`."""
FIRST_POLL_MS: Final = 10
"""`MQClientInstance.startScheduledTask`."""
DEFAULT_TOPIC_QUEUE_NUMS: Final = 4
"""`DefaultMQProducer.defaultTopicQueueNums`."""
AUTO_CREATE_TOPIC: Final = "TBW102"
"""`TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC`."""


@attrs.frozen(kw_only=True)
class KeptRoute:
    """A route in use. `stored_ms`: when it was taken over; `confirmed_ms`: when a NameServer last said it.

    Times are epoch milliseconds. `is_default`: it is TBW102's, until the topic has one of its own.
    """

    topic: str
    route: TopicRouteData
    stored_ms: int
    confirmed_ms: int
    is_default: bool = False


OnChange = Callable[[KeptRoute], None]


class RouteKeeper:
    """Keeps the routes of some topics. `clients`: one for each NameServer; one of them is asked until it fails, then the next.

    With `async with` it polls by itself; `poll` does so once. Nothing here raises because a NameServer doesn't answer: the last
    failure is in `last_error`.
    """

    def __init__(
        self,
        clients: NameServerClient | Sequence[NameServerClient],
        *,
        clock: Clock | None = None,
        poll_interval_ms: int = POLL_INTERVAL_MS,
        default_topic_queue_nums: int = DEFAULT_TOPIC_QUEUE_NUMS,
        on_change: OnChange | None = None,
    ) -> None:
        self._clients = (clients,) if isinstance(clients, NameServerClient) else tuple(clients)
        self._chosen = 0
        self._clock = clock or SystemClock()
        self._poll_interval_ms = poll_interval_ms
        self._default_topic_queue_nums = default_topic_queue_nums
        self._on_change = on_change
        self._routes: dict[str, KeptRoute] = {}
        self._publish: dict[str, TopicPublishInfo | None] = {}
        self._subscribe: dict[str, frozenset[MessageQueue] | None] = {}
        self._asking = asyncio.Lock()
        self._poller: asyncio.Task[None] | None = None
        self.last_error: CallError | RemotingError | OrderTopicConfError | None = None

    async def __aenter__(self) -> Self:
        """Starts polling."""
        self._poller = asyncio.create_task(self._poll_for_ever())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops polling; the clients stay open."""
        if self._poller is not None:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller

    def route(self, topic: str) -> KeptRoute | None:
        """What is in use for `topic`, if anything."""
        return self._routes.get(topic)

    def subscribe(self, topic: str) -> None:
        """From now on `topic` is polled for a consumer."""
        self._subscribe.setdefault(topic, None)

    def subscribe_info(self, topic: str) -> frozenset[MessageQueue] | None:
        """The queues that a consumer of `topic` would read; `None` as long as it has no route."""
        return self._subscribe.get(topic)

    async def find_publish_info(self, topic: str) -> TopicPublishInfo | None:
        """The queues that a producer would send `topic` to; `None` where it would fail, for want of a route.

        Asks the NameServer if it has no queues for it, for TBW102's route if there is none. From now on `topic` is polled.
        """
        info = self._publish.setdefault(topic, None)
        if info is None or not info.message_queues:
            if not await self._update(topic):
                return self._publish[topic]
            info = self._publish[topic]
        if info is None:
            await self._update(topic, is_default=True)
            info = self._publish[topic]
        return info

    async def poll(self) -> None:
        """Asks for every topic once, in the order of their names; a failure to ask ends the round, as in Java."""
        for topic in sorted(self._publish.keys() | self._subscribe.keys()):
            if not await self._update(topic):
                return

    async def _poll_for_ever(self) -> None:
        next_ms = self._clock.now_ms() + FIRST_POLL_MS
        while True:
            await sleep(self._clock, next_ms - self._clock.now_ms())
            await self.poll()
            next_ms += self._poll_interval_ms

    async def _update(self, topic: str, *, is_default: bool = False) -> bool:
        """Asks and takes over what is new. False where Java throws: no talking to the NameServer, or not to be understood."""
        async with self._asking:
            try:
                found = await self._clients[self._chosen].get_route_info_by_topic(
                    AUTO_CREATE_TOPIC if is_default else topic
                )
            except AnswerError as error:
                self.last_error = error
                return True
            except (CallError, RemotingError) as error:
                self.last_error = error
                self._chosen = (self._chosen + 1) % len(self._clients)
                return False
            try:
                if found is not None:
                    self._learn(topic, self._with_default_queues(found) if is_default else found, is_default)
            except OrderTopicConfError as error:
                self.last_error = error
                return False
            return True

    def _with_default_queues(self, route: TopicRouteData) -> TopicRouteData:
        """TBW102's route, with as many queues as the producer wants for a topic of its own."""
        most = self._default_topic_queue_nums
        datas = ((data, min(most, data.read_queue_nums)) for data in route.queue_datas)
        return attrs.evolve(
            route,
            queue_datas=frozenset(attrs.evolve(d, read_queue_nums=n, write_queue_nums=n) for d, n in datas),
        )

    def _learn(self, topic: str, route: TopicRouteData, is_default: bool) -> None:
        now_ms = self._clock.now_ms()
        kept = self._routes.get(topic)
        if kept is not None and not _is_changed(kept.route, route) and not self._lacks_info(topic):
            self._routes[topic] = attrs.evolve(kept, confirmed_ms=now_ms)
            return
        publish = topic_publish_info(route)
        new = KeptRoute(topic=topic, route=route, stored_ms=now_ms, confirmed_ms=now_ms, is_default=is_default)
        self._routes[topic] = new
        self._publish[topic] = publish
        if topic in self._subscribe:
            self._subscribe[topic] = topic_subscribe_info(route)
        if self._on_change is not None:
            self._on_change(new)

    def _lacks_info(self, topic: str) -> bool:
        info = self._publish.get(topic)
        return info is None or not info.message_queues or self._subscribe.get(topic, frozenset()) is None


def _is_changed(old: TopicRouteData, new: TopicRouteData) -> bool:
    """As a client compares: of a broker's data only name and addresses. `TopicRouteData.equals`, `BrokerData.equals`, 5.5.0."""

    def compared(data: BrokerData) -> BrokerData:
        return attrs.evolve(data, cluster=None, enable_acting_master=False, zone_name=None)

    def seen(route: TopicRouteData) -> TopicRouteData:
        return attrs.evolve(route, broker_datas=frozenset(map(compared, route.broker_datas)))

    return seen(old) != seen(new)
