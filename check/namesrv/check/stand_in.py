"""Brokers that stand in for real ones in tests of clients: registered, and nothing more."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from typing import Protocol

from namesrv.check.peer import Peer
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import RegisterBroker, Request, UnregisterBroker
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.command import RemotingCommand

TIMEOUT_S = 5.0
COUNTERS = itertools.count(1)
"""Of DataVersions: each registration is later than any before it."""


class HasAddress(Protocol):
    """A NameServer: ours or a real one."""

    host: str
    port: int


class StandInBroker:
    """A registered broker, as far as the NameServer can tell; its connection stays open until `crash` or `unregister`.

    `topics` with `queues` queues each, to read and to write. Raises `Undecided` where the NameServer can't be reached, and
    `ValueError` where it refuses.
    """

    def __init__(
        self,
        nameserver: HasAddress,
        *,
        addr: str = "127.0.0.1:10911",
        topics: Iterable[str] = (),
        name: str = "broker-a",
        broker_id: int = 0,
        cluster: str = "DefaultCluster",
        queues: int = 4,
    ) -> None:
        self._place = {"cluster_name": cluster, "broker_addr": addr, "broker_name": name, "broker_id": broker_id}
        self._queues = queues
        self._peer = Peer(nameserver.host, nameserver.port, timeout_s=TIMEOUT_S)
        self.register(topics)

    def register(self, topics: Iterable[str]) -> None:
        """All its topics from now on: also a sign of life. Releases of 5.x refuse a new broker that has exactly one."""
        configs = {
            topic: TopicConfig(topic_name=topic, read_queue_nums=self._queues, write_queue_nums=self._queues)
            for topic in topics
        }
        version = DataVersion(timestamp=int(time.time() * 1000), counter=next(COUNTERS))
        body = RegisterBrokerBody(topic_config_table=table(configs), data_version=version)
        self._ask(RegisterBroker(**self._place, body=body))  # type: ignore[arg-type]  # the place's fields, by name

    def unregister(self) -> None:
        """Says goodbye, and hangs up. In 5.x the route goes a little later."""
        self._ask(UnregisterBroker(**self._place))  # type: ignore[arg-type]  # as above
        self.crash()

    def crash(self) -> None:
        """Hangs up without a word."""
        self._peer.close()

    def _ask(self, request: Request) -> RemotingCommand:
        opaque = self._peer.next_opaque()
        self._peer.send(encode(Prefix(""), request, Style(), opaque=opaque, oneway=False))
        answer = self._peer.answer(opaque, time.monotonic() + TIMEOUT_S)
        if answer is None or answer.code:
            got = "no answer" if answer is None else f"code {answer.code}, {answer.remark}"
            raise ValueError(
                f"{type(request).__name__} of {self._place} at {self._peer.where}: expected SUCCESS, got {got}"
            )
        return answer
