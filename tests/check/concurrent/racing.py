"""Servers of ours that are wrong only where requests meet, and do so by construction: nothing here depends on luck or on time.

`Lockstep` answers nobody until each client of a round has asked; then it works on all of them, in an order that only depends on
what they ask. That by itself is right, and shows orders that a server which answers at once hardly ever does. `LosesUpdates` goes
wrong in it.
"""

from typing import Any

from namesrv.server.processor import Processor
from namesrv.server.registration import Registered, Registration, live_key
from namesrv.server.route_info import RouteInfoManager
from namesrv.server.tables import Version

CLIENTS = 3
"""Of each round, beside the observer, who asks first in it and is answered at once."""


class Lockstep(Processor):
    """All clients of a round ask equally often, so nobody waits for ever."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._held: list[tuple[Any, ...]] = []
        self._seen: dict[object, int] = {}

    def process(self, channel: object, *parts: Any) -> bytes | None:
        number = self._seen.setdefault(channel, len(self._seen))
        if number % (CLIENTS + 1) == 0:
            return super().process(channel, *parts)
        self._held.append((channel, *parts))
        if len(self._held) < CLIENTS:
            return None
        held, self._held = self._held, []
        self.began()
        for one, *rest in sorted(
            held, key=lambda each: each[2]
        ):  # by the header: whoever came first makes no difference
            answer = super().process(one, *rest)
            assert answer is not None
            one._write([answer])
        self.ended()
        return None

    def began(self) -> None:
        """All of them have been read."""

    def ended(self) -> None:
        """All of them have been answered."""


class LosingManager(RouteInfoManager):
    """Each registration writes back the topics as it has read them, with its own added: what others have added since is lost."""

    read: dict[Any, set[Any]] | None = None

    def register_broker(self, r: Registration) -> Registered:
        if self.read is not None:
            for topic, queues in list(self.tables.topic_queue.items()):
                self.tables.remove_queues(topic, set(queues) - self.read.get(topic, set()))
        return super().register_broker(r)


class LosesUpdates(Lockstep):
    """Of several registrations at once, only the last one's new topics stay."""

    manager: LosingManager

    def began(self) -> None:
        self.manager.read = {topic: set(queues) for topic, queues in self.manager.tables.topic_queue.items()}

    def ended(self) -> None:
        self.manager.read = None


class StaleVersions(RouteInfoManager):
    """322 is answered from before the newest registration of that address."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._before: dict[Any, Version | None] = {}

    def register_broker(self, r: Registration) -> Registered:
        key = live_key(self.profile, r.cluster, r.addr)
        info = self.tables.live.get(key)
        self._before[key] = None if info is None else info.version
        return super().register_broker(r)

    def query_data_version(self, cluster: Any, addr: Any, *rest: Any) -> tuple[bool, Version | None]:
        changed, stored = super().query_data_version(cluster, addr, *rest)
        return changed, self._before.get(live_key(self.profile, cluster, addr), stored)
