"""One round: several clients ask a live NameServer at once, and all that goes back and forth is kept as a recording.

One thread speaks for all clients. All send before any answer is read, and whoever has been answered asks again: so requests are
in work at the same time by construction, as far as one looks from outside. In which order they are sent is the seed's, in which
they are worked on the NameServer's affair.
"""

import itertools
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

import attrs

from namesrv.check.cleaning import Name, clean
from namesrv.check.concurrent.plan import Plan
from namesrv.check.describe import describe_request
from namesrv.check.findings import Undecided
from namesrv.check.footprint import Footprint
from namesrv.check.peer import Peer
from namesrv.check.recorded.timed import READS
from namesrv.check.recording import Closed, Ended, Event, FrameSeen, Opened, Side
from namesrv.check.runner import Target
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode, read_answer
from namesrv.model.events import Answer, DeleteKVConfig, GetBrokerClusterInfo, QueryDataVersion, Request
from namesrv.remoting.command import RemotingCommand, encode_command

OBSERVER: Final = 1
"""The connection over which is asked before and after."""

LOOKS: Final = (*READS, GetBrokerClusterInfo, QueryDataVersion)
"""Of two of these neither can tell which came first."""


@attrs.frozen(kw_only=True)
class History:
    """What one round came to. `undecided`: why it ended too early, if it did.

    `requests`: of all clients; `overlapping`: so many pairs of two clients' requests, not both of them reads, were in work at the
    same time; `overtaken`: so many answers came while an earlier request of another client still waited.
    """

    names: str
    events: tuple[Event, ...]
    requests: int
    overlapping: int
    overtaken: int
    undecided: str | None = None
    left_behind: tuple[Name, ...] = ()


@attrs.define(eq=False)
class _Client:
    connection: int
    peer: Peer
    left: deque[Request]
    leaves: bool = False
    asked: Request | None = None
    number: int = 0
    """Of the request that waits, in the order in which all were sent."""


class Round:
    """One round, once: `run`. `names`: how all its names begin; nobody has used them before. `clock_ns` never goes back."""

    def __init__(
        self, target: Target, names: str, rng: Random, *, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._target = target
        self._prefix = Prefix(names)
        self._rng = rng
        self._clock_ns = clock_ns
        self._began = clock_ns()
        self._events: list[Event] = []
        self._footprint = Footprint()
        self._numbers = itertools.count(1)
        self._requests = self._overlapping = self._overtaken = 0

    def run(self, plan: Plan) -> History:
        """Asks all of it, then removes what is left. Raises `Undecided` if the NameServer can't be reached."""
        observer = self._connect(OBSERVER, plan.before)
        clients: list[_Client] = []
        undecided: str | None = None
        left_behind: tuple[Name, ...] = ()
        try:
            for number, asked in enumerate(plan.at_once):
                clients.append(self._connect(OBSERVER + 1 + number, asked, leaves=number in plan.leaving))
            self._ask_all([observer])
            self._ask_all(clients)
            observer.left.extend(plan.after)
            self._ask_all([observer])
        except Undecided as error:
            undecided = str(error)
        finally:
            frames = sum(isinstance(event, FrameSeen) for event in self._events)
            self._events.append(Ended(at=self._at(), frames=frames))
            for client in clients:
                client.peer.close()
            left_behind = self._clean_up(observer.peer)
            observer.peer.close()
        return History(
            names=self._prefix.text,
            events=tuple(self._events),
            requests=self._requests,
            overlapping=self._overlapping,
            overtaken=self._overtaken,
            undecided=undecided,
            left_behind=left_behind,
        )

    def _at(self) -> int:
        return self._clock_ns() - self._began

    def _connect(self, connection: int, asked: Iterable[Request], *, leaves: bool = False) -> _Client:
        peer = self._target.connect()
        self._events.append(Opened(at=self._at(), connection=connection, peer=f"client:{connection}"))
        return _Client(connection, peer, deque(asked), leaves)

    def _ask_all(self, clients: Sequence[_Client]) -> None:
        """Until everybody has been answered everything. Raises `Undecided`."""
        idle = list(clients)
        while True:
            self._rng.shuffle(idle)
            for client in idle:
                if client.left:
                    self._send(client, clients)
                elif client.leaves:
                    self._events.append(Closed(at=self._at(), connection=client.connection, by=Side.CLIENT))
                    client.peer.close()
                    client.leaves = False
            waiting = [client for client in clients if client.asked is not None]
            if not waiting:
                return
            idle = self._answered(waiting)

    def _send(self, client: _Client, clients: Sequence[_Client]) -> None:
        request = client.left.popleft()
        self._footprint.remember(request)
        data = encode(self._prefix, request, Style(), opaque=client.peer.next_opaque(), oneway=False)
        at_once = [other.asked for other in clients if other.asked is not None]
        self._overlapping += sum(not (isinstance(request, LOOKS) and isinstance(other, LOOKS)) for other in at_once)
        self._requests += client.connection != OBSERVER
        client.asked, client.number = request, next(self._numbers)
        self._events.append(FrameSeen(at=self._at(), connection=client.connection, sender=Side.CLIENT, data=data))
        client.peer.send(data)

    def _answered(self, waiting: Sequence[_Client]) -> list[_Client]:
        """Those of whom something has come. Raises `Undecided` if nothing comes."""
        with selectors.DefaultSelector() as selector:
            for client in waiting:
                selector.register(client.peer.fileno(), selectors.EVENT_READ, client)
            ready = [key.data for key, _ in selector.select(self._target.timeout_s)]
        if not ready:
            asked = ", ".join(describe_request(client.asked) for client in waiting if client.asked is not None)
            raise Undecided(f"no answer within {self._target.timeout_s:g} s to {asked}")
        self._rng.shuffle(ready)
        for client in ready:
            for command in client.peer.arrived():
                self._note(client, command, waiting)
            if client.peer.is_closed_by_peer and client.asked is not None:
                self._events.append(Closed(at=self._at(), connection=client.connection, by=Side.SERVER))
                raise Undecided(
                    f"the NameServer closed a connection instead of answering {describe_request(client.asked)}"
                )
        return [client for client in ready if client.asked is None]

    def _note(self, client: _Client, command: RemotingCommand, waiting: Sequence[_Client]) -> None:
        data = encode_command(command)
        self._events.append(FrameSeen(at=self._at(), connection=client.connection, sender=Side.SERVER, data=data))
        if command.is_response:
            self._overtaken += any(other.asked is not None and other.number < client.number for other in waiting)
            client.asked = None

    def _clean_up(self, peer: Peer) -> tuple[Name, ...]:
        """As far as the NameServer lets anyone. Of what it can't remove, the names."""
        give_up = time.monotonic() + self._target.timeout_s

        def ask(request: Request) -> Answer:
            opaque = peer.next_opaque()
            peer.send(encode(self._prefix, request, Style(), opaque=opaque, oneway=False))
            command = peer.answer(opaque, time.monotonic() + self._target.timeout_s)
            if command is None:
                raise Undecided(f"no answer to {describe_request(request)}")  # nor to the next ones: not waited for
            return read_answer(self._prefix, request, command)

        try:
            for namespace, key in sorted(self._footprint.keys):
                ask(DeleteKVConfig(namespace=namespace, key=key))
            return clean(ask, self._footprint.places, lambda: time.monotonic() < give_up)
        except Undecided:
            return ()  # it can't be reached any more: there is nothing to clean
