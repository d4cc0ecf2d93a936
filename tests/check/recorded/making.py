"""Recordings of our server: steps over real sockets while its clock is held, each event noted where the peer sees it."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from namesrv.check.embedded import Embedded
from namesrv.check.peer import Peer
from namesrv.check.recording import Closed, Ended, Event, FrameSeen, Head, Opened, Recording, Side
from namesrv.check.recording_file import RecordingWriter
from namesrv.check.runner import SETTLED_S, Target
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.check.trace_steps import LAST_LOOK, generated_steps
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import BrokerHeartbeat, UnknownRequest
from namesrv.model.profiles import PROFILES, Profile
from namesrv.remoting.command import encode_command
from namesrv.server import HeldClock

NS: Final = 1_000_000
PATIENCE_S: Final = 30.0
HEAD: Final = Head(started="2026-01-01T00:00:00Z", listen="h:1", upstream="h:2", made_by="a test")


class Recorder:
    """Does steps on a server of ours whose clock is held, and notes what went back and forth."""

    def __init__(self, profile: Profile, server: Embedded) -> None:
        self.events: list[Event] = []
        self._profile = profile
        self._server = server
        self._peers: dict[int, tuple[Peer, int]] = {}
        self._connections = 0
        self._began_ms = server.now_ms()
        self._tick = 0

    def _at(self) -> int:
        """The server's time, and a little more with each event."""
        self._tick += 1
        return (self._server.now_ms() - self._began_ms) * NS + self._tick

    def do(self, steps: Iterable[Step]) -> None:
        """The steps, in order; each is over before the next."""
        for step in steps:
            match step:
                case Open():
                    self._connections += 1
                    peer = Target(host="127.0.0.1", port=self._server.port).connect()
                    self._peers[step.connection] = peer, self._connections
                    self.events.append(Opened(at=self._at(), connection=self._connections, peer="127.0.0.1:1"))
                case Requests():
                    self._requests(step.sends)
                case Close():
                    self._close(step)
                case Advance():
                    self._server.advance(step.ms)
                case Scan():
                    self._scan()
            self._server.settle()

    def recording(self) -> Recording:
        """All of it."""
        for peer, _ in self._peers.values():
            peer.close()
        frames = sum(isinstance(event, FrameSeen) for event in self.events)
        return Recording(head=HEAD, events=(*self.events, Ended(at=self._at(), frames=frames)))

    def _requests(self, sends: Iterable[Send]) -> None:
        due: list[tuple[Peer, int, int]] = []
        for send in sends:
            if send.connection not in self._peers:
                continue
            peer, connection = self._peers[send.connection]
            opaque = peer.next_opaque()
            data = encode(Prefix(""), send.request, Style(), opaque=opaque, oneway=send.oneway)
            self.events.append(FrameSeen(at=self._at(), connection=connection, sender=Side.CLIENT, data=data))
            peer.send(data)
            if not send.oneway and self._is_answered(send):
                due.append((peer, connection, opaque))
        for peer, connection, opaque in due:
            command = peer.answer(opaque, time.monotonic() + PATIENCE_S)
            assert command is not None
            data = encode_command(command)
            self.events.append(FrameSeen(at=self._at(), connection=connection, sender=Side.SERVER, data=data))

    def _is_answered(self, send: Send) -> bool:
        match send.request:
            case UnknownRequest():
                return self._profile.answers_unknown_codes
            case BrokerHeartbeat():
                return self._profile.broker_heartbeat or self._profile.answers_unknown_codes
            case _:
                return True

    def _close(self, step: Close) -> None:
        if step.connection in self._peers:
            peer, connection = self._peers.pop(step.connection)
            self.events.append(Closed(at=self._at(), connection=connection, by=Side.CLIENT, reset=step.abort))
            peer.close(abort=step.abort)

    def _scan(self) -> None:
        self._server.scan()
        self._server.settle()
        for connection, (peer, number) in list(self._peers.items()):
            if peer.is_closed(time.monotonic() + SETTLED_S):
                self.events.append(Closed(at=self._at(), connection=number, by=Side.SERVER))
                self._peers.pop(connection)[0].close()


def record_steps(profile: str, steps: Iterable[Step], **options: Any) -> Recording:
    """A fresh server of ours does these steps."""
    with Embedded(profile=profile, clock=HeldClock(), **options) as server:
        recorder = Recorder(PROFILES[profile], server)
        recorder.do(steps)
        return recorder.recording()


def generated(profile: str, seed: int, *, timed: bool = False, length: int = 10) -> Recording:
    """Generated steps, and a last look."""
    steps = generated_steps(seed, PROFILES[profile], timed=timed, length=length)
    return record_steps(profile, (*steps, *LAST_LOOK))


def write(path: Path, recording: Recording) -> Path:
    """As a file."""
    with RecordingWriter(path, recording.head) as writer:
        for event in recording.events:
            writer.write(event)
    return path
