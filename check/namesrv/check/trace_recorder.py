"""Records a run over sockets as a trace: what was sent, in order, what was answered, and which connections were closed.

Nothing is judged here. Every answer that is due is waited for; one that does not come is `Undecided`.
"""

import time
from collections.abc import Iterable
from typing import Final

from namesrv.check.findings import Undecided
from namesrv.check.peer import Peer
from namesrv.check.runner import SETTLED_S, Target
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.check.time_there import HeldServer
from namesrv.check.traces import SILENCE_MS, Settled, Silence, TraceEvent
from namesrv.check.wire import Prefix, encode, read_answer
from namesrv.model.events import (
    Answered,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    ClosedChannel,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Opaque,
    Received,
    ScanNotActiveBroker,
    UnknownRequest,
)
from namesrv.model.profiles import Profile

STYLE: Final = Style()
READS: Final = (GetRouteInfoByTopic, GetBrokerClusterInfo, GetAllTopicList)


class Recorder:
    """One run on a NameServer whose tables have nothing under `prefix`.

    `held`: the server itself, if it is ours: it tells when it has settled, and its clock is held.
    """

    def __init__(self, target: Target, profile: Profile, prefix: Prefix, held: HeldServer | None = None) -> None:
        self.events: list[TraceEvent] = []
        self._target = target
        self._profile = profile
        self._prefix = prefix
        self._held = held
        self._peers: dict[int, tuple[Peer, Channel]] = {}
        self._channels = 0

    def record(self, steps: Iterable[Step]) -> None:
        """Does the steps. Raises `Undecided`."""
        for step in steps:
            self._do(step)

    def finish(self, last_look: Iterable[Step]) -> tuple[TraceEvent, ...]:
        """The server has done what it had to, as it says itself or the profile's deadline does: the trace, with a last look."""
        if self.events and self.events[-1] != Settled():
            self.events.append(Settled())
        self.record(last_look)
        self.close()
        return tuple(self.events)

    def close(self) -> None:
        """Closes all connections, which is no part of the trace."""
        for peer, _ in self._peers.values():
            peer.close()

    def _do(self, step: Step) -> None:
        match step:
            case Open():
                self._channels += 1
                peer = self._target.connect()
                self._peers[step.connection] = peer, Channel(self._channels)
            case Requests():
                self._requests(step.sends)
            case Close():
                self._close(step)
            case Advance():
                assert self._held is not None and step.ms == SILENCE_MS, "a trace knows only that all have been silent"
                self._held.advance(step.ms)
                self.events.append(Silence())
            case Scan():
                self._scan()
        if self._held is not None and not isinstance(step, Open) and not _only_reads(step):
            self._held.settle()
            self.events.append(Settled())

    def _requests(self, sends: Iterable[Send]) -> None:
        frames: dict[Peer, bytes] = {}
        due: list[tuple[Peer, Received]] = []
        for send in sends:
            if send.connection not in self._peers:
                continue  # the NameServer has closed it
            peer, channel = self._peers[send.connection]
            opaque = Opaque(peer.next_opaque())
            received = Received(channel=channel, opaque=opaque, request=send.request, oneway=send.oneway)
            frames[peer] = frames.get(peer, b"") + encode(
                self._prefix, send.request, STYLE, opaque=opaque, oneway=send.oneway
            )
            self.events.append(received)
            if self._is_answered(received):
                due.append((peer, received))
        for peer, data in frames.items():
            peer.send(data)
        for peer, received in due:
            command = peer.answer(received.opaque, time.monotonic() + self._target.timeout_s)
            if command is None:
                raise Undecided(f"{self._target.where}: no answer to {received.request}")
            answer = read_answer(self._prefix, received.request, command)
            self.events.append(Answered(channel=received.channel, opaque=received.opaque, answer=answer))

    def _is_answered(self, received: Received) -> bool:
        match received.request:
            case UnknownRequest():
                return self._profile.answers_unknown_codes and not received.oneway
            case BrokerHeartbeat():
                return self._profile.broker_heartbeat and not received.oneway
            case _:
                return not received.oneway

    def _close(self, step: Close) -> None:
        if step.connection in self._peers:
            peer, channel = self._peers.pop(step.connection)
            peer.close(abort=step.abort)
            self.events.append(ChannelClosed(channel=channel, aborted=step.abort))

    def _scan(self) -> None:
        """Our server scans at once; what it closes is seen before anything else is done."""
        assert self._held is not None
        self._held.scan()
        self.events.append(ScanNotActiveBroker())
        self._held.settle()
        for connection, (peer, channel) in list(self._peers.items()):
            if peer.is_closed(time.monotonic() + SETTLED_S):
                self.events.append(ClosedChannel(channel=channel))
                self._peers.pop(connection)[0].close()


def _only_reads(step: Step) -> bool:
    return isinstance(step, Requests) and all(isinstance(send.request, READS) for send in step.sends)
