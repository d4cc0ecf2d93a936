"""Runs steps on a real NameServer and on the model side by side, and compares everything observable after each one."""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.answer_values import as_read, read_answer
from namesrv.check.answering import Answering
from namesrv.check.at_once import Acts
from namesrv.check.cleaning import clean
from namesrv.check.compared import Compared
from namesrv.check.departure import Departure, Told
from namesrv.check.describe import describe_belief, describe_send
from namesrv.check.findings import Finding, Undecided, Violation
from namesrv.check.footprint import Footprint
from namesrv.check.own_config import OwnConfig
from namesrv.check.peer import Peer
from namesrv.check.seen import NOBODYS
from namesrv.check.sentinel import SENTINEL, SENTINEL_GONE, SENTINEL_REMOVED, SENTINEL_ROUTE
from namesrv.check.steps import UNREADABLE_HEADERS, Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.check.strategies import NAMESPACES
from namesrv.check.target import Target as Target
from namesrv.check.time_there import HeldServer
from namesrv.check.tracker import TooManyStates, Tracker
from namesrv.check.wire import Prefix, encode, model_request
from namesrv.model.events import (
    Answer,
    Channel,
    ChannelClosed,
    DeleteKVConfig,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    Opaque,
    QueryDataVersion,
    Received,
    Request,
    ScanNotActiveBroker,
    UnknownRequest,
)
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ORDER_TOPIC_CONFIG, KVTable, table
from namesrv.remoting.command import RemotingCommand

OBSERVER: Final = 0
"""The runner's own connection, over which it only reads."""


GLANCE_S: Final = 0.001
"""How long it is looked whether a connection has been closed."""

SETTLED_S: Final = 0.02
"""How long an answer or a connection's end may be on its way from a server that has settled."""

BEHIND_S: Final = 0.5
"""How long after an answer that was asked for later one may still come from a server that had stalled."""

DISTURBED: Final = "ConcurrentModificationException"
REPEATED_READS: Final = 5
"""So often a read is asked again that others have disturbed."""

GRACE_S: Final = 0.02
"""How long it is waited for what may happen, and may as well never happen."""


class Runner:
    """One run from an empty small world. Raises `Violation` or `Undecided`; `finish` in any case.

    `held`: the server under test, if its clock is held; without it, time stands still in the model, and nothing may expire.
    `settle`: returns once the server under test has done whatever was left to do, if it can tell. `compared`: how closely answers
    are. `namespaces`: those of KV configs that may be there already, and that the steps may tell of. `started_with`: the options
    that it was started with, as its file has them. `told`: departures that are known, and passed over.
    """

    def __init__(
        self,
        target: Target,
        profile: Profile,
        prefix: Prefix,
        *,
        initial: NameServerState | None = None,
        held: HeldServer | None = None,
        settle: Callable[[], None] | None = None,
        compared: Compared = Compared.WORDING,
        namespaces: Iterable[str] = (*NAMESPACES, ORDER_TOPIC_CONFIG),
        clock: Callable[[], float] = time.monotonic,
        started_with: Mapping[str, str] | None = None,
        told: Told | None = None,
    ) -> None:
        self.target = target
        self.profile = profile
        self.prefix = prefix
        self.requests = 0
        self.left_behind: tuple[tuple[str | None, str | None], ...] = ()
        """Cluster and broker name of what `finish` could not remove, without the prefix."""
        self.options_left: tuple[str, ...] = ()
        """Options that `finish` could not put back."""
        self.answers_kv = True
        """Whether it was answered which keys the namespaces hold."""
        self._answering = Answering(target, profile, prefix, compared, Told() if told is None else told, clock)
        self._held = held
        self._settle = settle if held is None else held.settle
        self._can_tell = settle  # `held` may be a clock that nobody holds, and that can't
        self._clock = clock
        self._deadline_s = profile.internal_step_deadline_ms / 1000
        self._peers: dict[int, Peer] = {}
        self._channels: dict[int, Channel] = {}
        self._next_channel = 0
        self._footprint = Footprint()
        if held is not None:
            held.begin_run()
        self.run(Open(connection=OBSERVER), look=False)
        self._config = OwnConfig(self._ask)
        if initial is None:
            options = self._config.options_at_start(profile, started_with or {})
            initial = NameServerState(kv_config=self._keys_there(namespaces), options=options, route_found=None)
        self.tracker = Tracker(profile, [initial], lambda answer: compared.of(as_read(answer)))

    def _keys_there(self, namespaces: Iterable[str]) -> HashTrieMap[str, HashTrieMap[str, str | None]]:
        """Those of the small world that are there already, for nobody can remove one; no key in them is this run's."""
        there = {}
        with contextlib.suppress(Undecided):  # what is wrong with it is told of the first request
            for namespace in namespaces:
                answer = self._ask(GetKVListByNamespace(namespace=namespace))
                if answer is None:
                    self.answers_kv = False
                    break  # whoever knows nothing of KV configs should not be waited for at each
                if isinstance(answer.body, KVTable):
                    there[namespace] = table(answer.body.table)
        return table(there)

    @property
    def passed_over(self) -> frozenset[Departure]:
        """Departures that were known, and met."""
        return frozenset(self._answering.passed_over)

    # Steps ------------------------------------------------------------------------------------------------------

    def run(self, step: Step, *, look: bool = True) -> None:
        """Does one step, then compares everything observable."""
        try:
            match step:
                case Open():
                    self._open(step.connection)
                case Requests(sends=(send,)) if send.style.header in UNREADABLE_HEADERS:
                    self._spoil(send)
                case Requests():
                    self._requests(step.sends)
                case Close():
                    self._close(step)
                case Advance():
                    self._holder().advance(step.ms)
                case Scan():
                    self._scan()
            if look and not isinstance(step, Open):
                self.look()
        except TooManyStates as error:
            raise Undecided(str(error)) from error

    def run_at_once(self, steps: Iterable[Step], perform: Callable[[Acts], None]) -> None:
        """Does several steps at once, then compares everything observable.

        Connections are opened first; then everything is sent, and connections closed, without waiting for any answer, in an
        order and with pauses that `perform` chooses. Only what happens to one connection keeps its order.
        """
        sent: list[tuple[Send, Opaque, Peer]] = []
        acts: dict[Peer, list[Callable[[], None]]] = {}
        try:
            for step in steps:
                match step:
                    case Open():
                        self._open(step.connection)
                    case Requests():
                        for send in step.sends:
                            send = attrs.evolve(send, request=self._config.concrete(send.request))
                            self._remember(send)
                            peer, opaque = self._peers[send.connection], self._received(send)
                            sent.append((send, opaque, peer))
                            acts.setdefault(peer, []).append(partial(peer.send, self._frame(send, opaque)))
                    case Close():
                        peer, channel = self._peers.pop(step.connection), self._channels.pop(step.connection)
                        # With an answer unread, the kernel resets the connection.
                        self.tracker.happened(ChannelClosed(channel=channel, aborted=peer in acts), self._now_ms())
                        acts.setdefault(peer, []).append(peer.close)
                    case _:
                        raise ValueError(f"run_at_once: nobody outside can do {step} at any time")
            perform(list(acts.values()))
            for send, opaque, peer in sent:
                if self._peers.get(send.connection) is peer:
                    self._await_answer(send, opaque)
            self.look()
        except TooManyStates as error:
            raise Undecided(str(error)) from error

    def finish(self, *, patience_s: float | None = None) -> None:
        """Removes what the run registered, as far as the NameServer lets it, and closes every connection.

        `patience_s`: how long it is waited until all is gone, if not as long as the profile says.
        """
        try:
            self._clean_up(self._deadline_s if patience_s is None else patience_s)
        except Undecided:
            pass  # the verdict is already there, and an unreachable NameServer can't be cleaned
        finally:
            for peer in self._peers.values():
                peer.close()
            self._peers.clear()

    def _open(self, connection: int) -> None:
        self._peers[connection] = self.target.connect(clock=self._clock)
        self._channels[connection] = Channel(self._next_channel)
        self._next_channel += 1

    def _requests(self, sends: Iterable[Send]) -> list[int | None]:
        """Sends them all, then waits for every answer. Returns the answers' codes, `None` where none is due."""
        outstanding: list[tuple[Send, Opaque]] = []
        frames: dict[int, bytes] = {}
        for send in sends:
            if send.connection not in self._peers:
                continue  # the NameServer has closed it, as it should
            send = attrs.evolve(send, request=self._config.concrete(send.request))
            self._remember(send)
            outstanding.append((send, self._received(send)))
            frames[send.connection] = frames.get(send.connection, b"") + self._frame(send, outstanding[-1][1])
        for connection, data in frames.items():
            try:
                self._peers[connection].send(data)
            except Undecided as reason:
                if isinstance(reason.__cause__, ConnectionError):
                    raise self._closed(
                        next(each for each in outstanding if each[0].connection == connection)
                    ) from reason
                raise
        return [self._await_answer(send, opaque) for send, opaque in outstanding]

    def _spoil(self, send: Send) -> None:
        """Sends what nobody can read; the NameServer has to end the connection."""
        peer, channel = self._peers.pop(send.connection), self._channels.pop(send.connection)
        self.requests += 1
        peer.send(self._frame(send, Opaque(peer.next_opaque())))
        is_closed = peer.is_closed(self._clock() + self._deadline_s)
        self._expect_nothing_unread(peer, send.connection)
        peer.close()
        if not is_closed:
            raise self._still_open(f"what nobody can read ends connection {send.connection}: {describe_send(send)}")
        self.tracker.happened(ChannelClosed(channel=channel), self._now_ms())

    def _close(self, step: Close) -> None:
        if step.connection not in self._peers:
            return
        peer = self._peers.pop(step.connection)
        channel = self._channels.pop(step.connection)
        self._expect_nothing_unread(peer, step.connection)
        aborted = step.abort or not self.tracker.nothing_outstanding()
        peer.close(abort=step.abort)
        self.tracker.happened(ChannelClosed(channel=channel, aborted=aborted), self._now_ms())

    @property
    def traces(self) -> tuple[str, ...]:
        """What `finish` could not remove or put back, by the names that it has there."""
        prefix = self.prefix.text
        return (
            *(f"{prefix}{cluster} {prefix}{name}" for cluster, name in self.left_behind),
            *(f"option {key}" for key in self.options_left),
        )

    @property
    def connections(self) -> tuple[int, ...]:
        """Those that are open on our side, the observer's among them."""
        return tuple(self._peers)

    def has_lost(self, connection: int) -> bool:
        """Whether the NameServer has closed a connection."""
        return self._peers[connection].is_closed(self._clock() + GLANCE_S)

    def keep_open(self, connection: int) -> None:
        """Says something that means nothing: a connection that is silent for 120 s is closed, and that is not what is asked."""
        peer = self._peers[connection]
        nothing = encode(self.prefix, UnknownRequest(code=9_999), Style(), opaque=peer.next_opaque(), oneway=True)
        with contextlib.suppress(Undecided):  # closed by the NameServer, for its broker has expired
            peer.send(nothing)

    def _holder(self) -> HeldServer:
        if self._held is None:
            raise Undecided("this step needs a NameServer whose clock the run holds: `namesrv verify` has one")
        return self._held

    def _now_ms(self) -> int:
        return 0 if self._held is None else self._held.now_ms()

    def _scan(self) -> None:
        self._holder().scan()
        self.tracker.happened_until_rest(ScanNotActiveBroker(), self._now_ms())
        self._holder().settle()
        self.look_for_closed()

    def look_for_closed(self) -> None:
        """Whether the NameServer has closed those connections that it has to, after a scan."""
        for connection, channel in list(self._channels.items()):
            closed = {channel in belief.closed for belief in self.tracker.beliefs}
            patience_s = self._deadline_s if closed == {True} else SETTLED_S
            if True in closed and self._peers[connection].is_closed(self._clock() + patience_s):
                self.tracker.observed_closed(channel)
                self._peers.pop(connection).close()
                del self._channels[connection]
            elif closed == {True}:
                raise self._still_open(f"the scan closes connection {connection}")

    def _still_open(self, what: str) -> Violation:
        got = f"still open after {self._deadline_s:g} s"
        return Violation(Finding(what=what, where=self.target.where, expected=("the connection closed",), got=got))

    # One request ------------------------------------------------------------------------------------------------

    def _received(self, send: Send) -> Opaque:
        """The model receives the request; returns its opaque."""
        peer = self._peers[send.connection]
        opaque = Opaque(peer.next_opaque())
        self.requests += 1
        request = model_request(send.request, send.style, self.profile)
        channel = self._channels[send.connection]
        self.tracker.happened(
            Received(channel=channel, opaque=opaque, request=request, oneway=send.oneway), self._now_ms()
        )
        return opaque

    def _remember(self, send: Send) -> None:
        """What it may leave: as it was meant, and as this release reads it."""
        self._footprint.remember(send.request)
        self._footprint.remember(model_request(send.request, send.style, self.profile))

    def _frame(self, send: Send, opaque: Opaque) -> bytes:
        return encode(self.prefix, send.request, send.style, opaque=opaque, oneway=send.oneway)

    def _await_answer(self, send: Send, opaque: Opaque) -> int | None:
        channel = self._channels[send.connection]
        possible = self.tracker.possible_answers(channel, opaque)
        if not possible:
            return None  # one-way, or a code that this release does not answer; an answer all the same is found at the close
        peer = self._peers[send.connection]
        command = self._answer(peer, opaque)
        if command is None:
            raise self._missing(send.request, possible, peer, opaque)
        got = self._undisturbed(send.request, self._answering.read(send.request, command, possible, send.style))
        if not self.tracker.observed(channel, opaque, self._answering.explained(send.request, got, possible)):
            raise self._answering.departs(send.request, got, possible, send.style)
        return got.code

    def _missing(self, request: Request, possible: Iterable[object], peer: Peer, opaque: Opaque) -> Exception:
        def came() -> bool:
            return peer.answer(opaque, self._clock() + BEHIND_S) is not None

        return self._answering.missing(request, possible, closed=peer.is_closed_by_peer, came=came)

    def _closed(self, outstanding: tuple[Send, Opaque]) -> Exception:
        """The NameServer has ended the connection while this was sent."""
        send, opaque = outstanding
        possible = self.tracker.possible_answers(self._channels[send.connection], opaque)
        return self._answering.missing(send.request, possible, closed=True)

    def _answer(self, peer: Peer, opaque: int) -> RemotingCommand | None:
        """`None` if none comes: by the deadline, or from a server that can tell that it has settled."""
        if self._can_tell is None:
            return peer.answer(opaque, self._clock() + self._deadline_s)
        command = peer.answer(opaque, self._clock() + SETTLED_S)
        if command is None:
            self._can_tell()
            command = peer.answer(opaque, self._clock() + SETTLED_S)
        return command

    def _undisturbed(self, request: Request, got: Answer) -> Answer:
        """The releases write the clusters without their lock: an answer that others have disturbed is an exception, which says
        nothing of what is there, and is asked for again.
        """
        for _ in range(REPEATED_READS):
            disturbed = isinstance(request, GetBrokerClusterInfo) and got.exception == DISTURBED
            again = self._ask(request) if disturbed and not self.profile.atomic_requests else None
            if again is None:
                break
            got = again
        return got

    # Looking at everything --------------------------------------------------------------------------------------

    def look(self, *, patience_s: float | None = None) -> None:
        """Compares routes, clusters, topics and stored DataVersions, until nothing is left to happen.

        `patience_s`: how long that may take, if not as long as the profile says.
        """
        self._answering.looking = True
        try:
            self._look(patience_s)
        finally:
            self._answering.looking = False

    def _look(self, patience_s: float | None) -> None:
        began = self._clock()
        give_up = began + (self._deadline_s if patience_s is None else patience_s)
        if self._held is not None:
            self._held.settle()
            self.tracker.has_come_to_rest()
        while True:
            if any(belief.state.unregistration_queue for belief in self.tracker.beliefs):
                self._flush(give_up)
            if self.tracker.is_quiet():
                self.look_at_once()
            else:
                self._look_one_by_one()
            if not self.tracker.awaits_change() or self._has_settled():
                return
            if self._clock() > began + GRACE_S and self._is_explained_at_rest():
                return
            if self._clock() > give_up:
                self._deadline_passed()
                self._look_one_by_one()  # what was pending may have happened after the last look, but not later
                return

    def _is_explained_at_rest(self) -> bool:
        """Whether all that is to be seen is what states show in which nothing is left to do: then nobody can say that something
        is missing, however long it is waited. States that await a change are followed as they are.
        """
        beliefs = self.tracker.beliefs
        if not self.tracker.keep(self.tracker.settled()):
            return False
        try:
            self.look_at_once()
        except Violation:
            return False
        finally:
            self.tracker.back_to(beliefs)
        return True

    def _has_settled(self) -> bool:
        """Where the NameServer can say by itself that nothing is left to do, there is no need for a deadline."""
        if self._settle is None:
            return False
        self._settle()
        self._look_one_by_one()
        return self.tracker.drop_pending_change()

    def _reads(self) -> list[Request]:
        reads: list[Request] = [GetRouteInfoByTopic(topic=topic) for topic in sorted(self._footprint.topics)]
        if self._held is None:  # QUERY_DATA_VERSION is a sign of life
            reads += self._version_reads()
        reads += [GetKVListByNamespace(namespace=namespace) for namespace in self._footprint.namespaces()]
        if self._footprint.options:
            reads.append(GetNamesrvConfig())
        return [
            read for read in (*reads, GetBrokerClusterInfo(), GetAllTopicList()) if not self._answering.leaves_out(read)
        ]

    def _version_reads(self) -> list[Request]:
        return [
            QueryDataVersion(cluster_name=cluster, broker_addr=addr, broker_name="a", broker_id=0, data_version=NOBODYS)
            for cluster, addr in sorted(self._footprint.addresses)
        ]

    def look_at_once(self, *, last: bool = False) -> None:
        """Compares everything, pipelined: nothing may be pending in any state that matters, and reads change nothing.

        `last`: nobody looks again, so a sign of life does no harm, and versions are asked for in any case.
        """
        peer = self._peers[OBSERVER]
        reads = self._reads() + (self._version_reads() if last and self._held is not None else [])
        asked = [(request, Opaque(peer.next_opaque())) for request in reads]
        self.requests += len(asked)
        peer.send(b"".join(encode(self.prefix, r, Style(), opaque=opaque, oneway=False) for r, opaque in asked))
        for request, opaque in asked:
            command = self._answer(peer, opaque)
            answers = self.tracker.peek(request)
            possible = frozenset[Answer]().union(*answers.values())
            if command is None:
                raise self._missing(request, possible, peer, opaque)
            got = self._undisturbed(request, self._answering.read(request, command, possible))
            explained = self._answering.explained(request, got, possible)
            if not self.tracker.keep(belief for belief, may_be in answers.items() if not may_be.isdisjoint(explained)):
                raise self._answering.departs(request, got, possible)

    def _look_one_by_one(self) -> None:
        for request in self._reads():
            self._requests([Send(connection=OBSERVER, request=request)])

    def _deadline_passed(self) -> None:
        pending = sorted({describe_belief(belief) for belief in self.tracker.beliefs})
        if not self.tracker.drop_pending_change():
            raise Violation(
                Finding(
                    what="what is pending must happen",
                    where=self.target.where,
                    expected=tuple(pending),
                    got=f"nothing of it within {self._deadline_s:g} s",
                )
            )

    def _flush(self, give_up: float) -> None:
        """A sentinel's removal is queued behind all others: once it has been seen, the queue before it is empty."""
        for request in (SENTINEL, SENTINEL_GONE):
            self._requests([Send(connection=OBSERVER, request=request)])
        poll = Send(connection=OBSERVER, request=SENTINEL_ROUTE)
        while self._requests([poll]) != [SENTINEL_REMOVED]:
            if self._clock() > give_up:
                self._deadline_passed()
                return

    def _expect_nothing_unread(self, peer: Peer, connection: int) -> None:
        for opaque, command in peer.unread().items():
            raise Violation(
                Finding(
                    what=f"an answer to request {opaque} of connection {connection}",
                    where=self.target.where,
                    expected=("no answer",),
                    got=f"code {command.code}, remark {command.remark!r}",
                )
            )

    # Leaving no trace -------------------------------------------------------------------------------------------

    def _clean_up(self, patience_s: float) -> None:
        """Closes, then unregisters whatever may be left, by every place that was ever claimed."""
        for connection in [c for c in self._peers if c != OBSERVER]:
            self._peers.pop(connection).close()
        if OBSERVER not in self._peers or self._peers[OBSERVER].is_closed_by_peer:
            return
        self.options_left = self._config.restore(self._footprint.options)
        for namespace, key in sorted(self._footprint.keys):
            self._ask(DeleteKVConfig(namespace=namespace, key=key))
        give_up = self._clock() + patience_s
        self.left_behind = clean(self._ask, self._footprint.places, lambda: self._clock() < give_up, self._can_tell)

    def _ask(self, request: Request) -> Answer | None:
        """A request that the model is not told of."""
        peer = self._peers[OBSERVER]
        opaque = peer.next_opaque()
        peer.send(encode(self.prefix, request, Style(), opaque=opaque, oneway=False))
        command = self._answer(peer, opaque)
        return None if command is None else read_answer(self.prefix, request, command)
