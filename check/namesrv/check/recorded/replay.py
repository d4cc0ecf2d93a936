"""A recording, event by event, told to the tracker: which answers are possible, what has to have happened by when (`passing`)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import attrs

from namesrv.check.answer_values import explained_by, read_answer
from namesrv.check.describe import describe_answer, describe_belief, describe_request
from namesrv.check.expiry import grace_ms
from namesrv.check.findings import Finding, Undecided
from namesrv.check.recorded.passing import Passing, overstayed
from namesrv.check.recorded.request import NotUnderstood, command_of, read_request
from namesrv.check.recorded.running import Running
from namesrv.check.recorded.seen import Asked, Impossible, Line, Seen, Start
from namesrv.check.recorded.timed import READS, Timed, TimedTracker
from namesrv.check.recorded.unknown_start import Touched, with_learned
from namesrv.check.recording import (
    Closed,
    Ended,
    Event,
    FrameSeen,
    Gap,
    Opened,
    Side,
    StreamEnded,
    Unreadable,
    UpstreamLost,
)
from namesrv.check.wire import Prefix
from namesrv.model.events import (
    Answer,
    Channel,
    ChannelClosed,
    GetNamesrvConfig,
    Opaque,
    Received,
    RegisterBroker,
    Request,
)
from namesrv.model.options import Options
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import KVTable, table
from namesrv.remoting.codes import ResponseCode
from namesrv.remoting.command import RemotingCommand

NS_PER_MS: Final = 1_000_000
IDLE_MS: Final = 119_500
"""A NameServer closes a connection over which nothing goes for 120 s: `NettyServerConfig.serverChannelMaxIdleTimeSeconds`."""

NO_KEYS: Final = KVTable(table=table())


class Replay:
    """Events in order to `see`; then `finish`. Raises `TooManyStates`.

    `impossible`: what was not explained; the replay goes on as if such an answer had not been seen. `other_version`: the first
    answer whose header has not the profile's version. `counts`: what there was, and what was not judged. `doubts`: why it can't
    be said that everything is explained. `names`: how the names begin that are looked at in answers; what others do to theirs is
    then not judged.
    """

    def __init__(self, profile: Profile, start: Start, options: Options | None = None, names: str = "") -> None:
        self.profile = profile
        self._names = Prefix(names, kept=True)
        self.impossible: list[Impossible] = []
        self.other_version: Impossible | None = None
        self.counts: Counter[str] = Counter()
        self.doubts: Counter[str] = Counter()
        self.most_beliefs = 1
        self._options = Options() if options is None else options
        self._touched = Touched(profile) if start is Start.UNKNOWN else None
        self.tracker = TimedTracker(profile, [self._beginning()])
        self._lines: dict[int, Line] = {}
        self._number = 0
        self._event = -1
        self._now_ms = 0
        self._at = 0
        self._passing = Passing(profile)
        self._waiting: dict[Opaque, tuple[int, Asked]] = {}
        self._running = Running(self.counts, self.doubts)
        self._blind = False

    def see(self, event: Event) -> Seen:
        """The next event."""
        self._event += 1
        self._at = max(self._at, event.at)
        self._now_ms = self._at // NS_PER_MS
        self.counts["events"] += 1
        before = len(self.impossible)
        due_ms = None if self._blind else self._passing.to(self._now_ms, self.tracker)
        if self._passing.scans and self._touched is not None:
            self._touched.changed()
        if due_ms is not None:
            self._judge_what_is_due(due_ms)
        match event:
            case Opened():
                seen = self._opened(event)
            case FrameSeen(sender=Side.CLIENT):
                seen = self._said_by_client(event)
            case FrameSeen():
                seen = self._said_by_server(event)
            case StreamEnded():
                seen = self._stream_ended(event)
            case Closed():
                seen = self._closed(event)
            case Unreadable():
                seen = self._unreadable(event)
            case UpstreamLost():
                seen = self._upstream_lost(event)
            case Gap():
                seen = self._gap(event)
            case Ended():
                seen = self._seen("end", "the recording ends")
            case _:
                seen = self._seen("continues", f"the recording goes on in {event.file}")
        self.most_beliefs = max(self.most_beliefs, len(self.tracker.beliefs))
        if len(self.impossible) > before and seen.wrong is None:
            seen.wrong = self.impossible[-1]
        return seen

    def finish(self) -> None:
        """The recording is over."""
        self.counts["not answered by the end"] += sum(
            asked.request is not None for line in self._lines.values() for asked in line.waiting
        )
        self._running.judge_closes(self._lines.values())

    # Connections ------------------------------------------------------------------------------------------------

    def _line(self, connection: int) -> Line:
        line = self._lines.get(connection)
        if line is None:  # a recording that begins, or is damaged, in the middle
            line = self._lines[connection] = self._new_line(continued=True)
        return line

    def _new_line(self, *, continued: bool) -> Line:
        self._number += 1
        self.counts["connections"] += 1
        return Line(channel=Channel(self._number), used_ms=self._now_ms, continued=continued)

    def _opened(self, event: Opened) -> Seen:
        alive = any(not line.server_closed for line in self._lines.values())
        if self._running.may_have_stopped and not alive and not event.continued:
            self.tracker.add(self._running.again(self.tracker.beliefs))
        self._lines[event.connection] = self._new_line(continued=event.continued)
        was = "was open before the recording" if event.continued else f"open, from {event.peer}"
        return self._seen("open", was, event.connection)

    def _upstream_lost(self, event: UpstreamLost) -> Seen:
        """What was said over this connection has reached nobody."""
        self._running.may_have_stopped = True
        line = self._line(event.connection)
        if not self._blind:
            self.tracker.may_have_been_lost(line.channel)
            for asked in line.waiting:
                self._give_up(line, asked)
            others = [other for other in self._lines.values() if other is not line]
            if event.refused and not any(
                (other.heard or other.continued) and not other.server_closed for other in others
            ):
                self._does_not_run()
        line.client_closed = line.server_closed = True
        return self._seen("lost", f"the NameServer can't be reached: {event.why}", event.connection)

    def _does_not_run(self) -> None:
        """Nobody listens where the NameServer did, or will."""
        self._nobody_answers()
        self.tracker = TimedTracker(self.profile, self._running.next(self.tracker.beliefs))
        self._passing.begin_anew()
        if self._touched is not None:
            self._touched = Touched(self.profile, tables_known=True)

    def _nobody_answers(self) -> None:
        """Whatever was asked so far, its answers are not judged."""
        for line in self._lines.values():
            for asked in line.waiting:
                asked.request = None
        self._waiting.clear()

    def _stream_ended(self, event: StreamEnded) -> Seen:
        line = self._line(event.connection)
        if event.sender is Side.CLIENT:
            self._closed_by_client(line, reset=False)
        else:
            self._closed_by_server(line)
        return self._seen("eof", f"the {event.sender} ends its side", event.connection)

    def _closed(self, event: Closed) -> Seen:
        line = self._line(event.connection)
        if event.by is Side.SERVER:
            self._closed_by_server(line)
        else:
            self._closed_by_client(line, reset=event.reset)
        del self._lines[event.connection]
        left = line.waiting
        for asked in left:
            self._waiting.pop(asked.opaque, None)
        self.counts["not answered before the connection closed"] += sum(asked.request is not None for asked in left)
        if not self._blind:
            self.tracker.forget(line.channel)
        how = "resets the connection" if event.reset else "closes"
        return self._seen("close", f"the {event.by} {how}", event.connection)

    def _closed_by_client(self, line: Line, *, reset: bool) -> None:
        if line.client_closed or self._blind:
            return
        line.client_closed = True
        self.tracker.may_have_been_lost(line.channel)
        self._end_of(line.channel, aborted=reset or bool(line.asked))

    def _closed_by_server(self, line: Line) -> None:
        if line.server_closed or self._blind:
            return
        line.server_closed = True
        self._running.may_have_stopped = True
        if line.client_closed:
            return
        scanned = [belief for belief in self.tracker.beliefs if line.channel in belief.closed]
        others = [belief for belief in self.tracker.beliefs if line.channel not in belief.closed]
        idle = self._now_ms - line.used_ms >= IDLE_MS
        if idle or line.broken or not scanned:
            if not idle and not line.broken and not (line.continued and self._touched is not None):
                self._running.closed_unexplained()
            if others:
                self.tracker.become(others)
                self._end_of(line.channel, aborted=True)
                self.tracker.become({*self.tracker.beliefs, *scanned})
        else:
            self.tracker.become(scanned)

    def _end_of(self, channel: Channel, *, aborted: bool) -> None:
        self._passing.writes += 1
        if self._touched is not None:
            self._touched.changed()
        self.tracker.happened(ChannelClosed(channel=channel, aborted=aborted), self._now_ms)

    # What can't be read -----------------------------------------------------------------------------------------

    def _unreadable(self, event: Unreadable) -> Seen:
        line = self._line(event.connection)
        line.unreadable.add(event.sender)
        line.broken = True
        self.doubts["connections that can't be read"] += 1
        if len(line.unreadable) == 2:  # they understand each other: TLS, most likely
            self._blind = True
            self.doubts["conversations that can't be read: nothing is judged after they began"] += 1
        return self._seen("unreadable", f"what the {event.sender} says can't be read: {event.why}", event.connection)

    def _gap(self, event: Gap) -> Seen:
        self.doubts["gaps"] += 1
        if event.sender is Side.SERVER and event.connection is not None:
            line = self._line(event.connection)
            for asked in line.waiting:
                self._give_up(line, asked)
        else:
            self._begin_anew()
        return self._seen("gap", f"something is missing: {event.why}", event.connection)

    def _begin_anew(self) -> None:
        """Whatever may have been done to it: nothing is known any more."""
        self._touched = Touched(self.profile)
        self.tracker = TimedTracker(self.profile, [self._beginning()])
        self._passing.begin_anew()
        for line in self._lines.values():
            line.continued = True
        self._nobody_answers()
        self.counts["times that nothing was known any more"] += 1

    def _beginning(self) -> NameServerState:
        return NameServerState(options=self._options, route_found=None)

    # Requests ---------------------------------------------------------------------------------------------------

    def _said_by_client(self, event: FrameSeen) -> Seen:
        line = self._line(event.connection)
        line.used_ms = self._now_ms
        self.counts["frames"] += 1
        command = command_of(event.data)
        if command is None:
            line.broken = True
            self.doubts["frames whose header can't be read"] += 1
            if not self._blind:
                self.tracker.may_have_happened(ChannelClosed(channel=line.channel, aborted=True), self._now_ms)
            return self._seen("broken", "a frame whose header can't be read", event.connection)
        if command.is_response:
            self.counts["answers to the NameServer"] += 1
            return self._seen("response", f"an answer to request {command.opaque}", event.connection)
        self.counts["requests"] += 1
        self._number += 1
        asked = Asked(Opaque(self._number), self._now_ms, None, self._event)
        note = ""
        try:
            asked.request = read_request(command, self.profile)
        except NotUnderstood as reason:
            note = str(reason)
            self.counts["requests not understood"] += 1
            if reason.changes:
                self.doubts["requests not understood that may change what it holds"] += 1
                self._begin_anew()
        if not command.is_oneway:
            line.asked.setdefault(command.opaque, []).append(asked)
        text = (
            f"request code {command.code}, not understood" if asked.request is None else describe_request(asked.request)
        )
        seen = self._seen("request", text, event.connection)
        seen.request, seen.command, seen.note = asked.request, command, note
        if asked.request is not None and not self._blind:
            self._received(line, asked, oneway=command.is_oneway)
            if not command.is_oneway:
                self._waiting[asked.opaque] = event.connection, asked
        return seen

    def _received(self, line: Line, asked: Asked, *, oneway: bool) -> None:
        assert asked.request is not None
        received = Received(channel=line.channel, opaque=asked.opaque, request=asked.request, oneway=oneway)
        if not isinstance(asked.request, READS):
            self._passing.writes += 1
            if self._touched is not None:
                self._touched.received(asked.request, oneway=oneway)
        elif self._touched is not None and self.tracker.is_quiet():
            asked.writes = self._passing.writes
        if self._touched is None:
            self.tracker.happened(received, self._now_ms)
            return
        more: set[Timed] = set()
        refused: set[Timed] = set()
        for belief in self.tracker.beliefs:
            assert isinstance(belief, Timed)
            states, answers = self._touched.others(asked.request, belief.state)
            more |= {attrs.evolve(belief, state=state) for state in states}
            if not oneway:
                key = line.channel, asked.opaque
                refused |= {attrs.evolve(belief, answers=belief.answers.insert(key, answer)) for answer in answers}
        self.tracker.become({*self.tracker.beliefs, *more})
        self.tracker.happened(received, self._now_ms)
        self.tracker.become({*self.tracker.beliefs, *refused})

    # Answers ----------------------------------------------------------------------------------------------------

    def _said_by_server(self, event: FrameSeen) -> Seen:
        line = self._line(event.connection)
        line.used_ms = self._now_ms
        line.heard = True
        self._running.heard()
        self.counts["frames"] += 1
        self._running.judge_closes(self._lines.values())
        command = command_of(event.data)
        if command is None:
            self.doubts["answers whose header can't be read"] += 1
            return self._seen("broken", "a frame of the NameServer's whose header can't be read", event.connection)
        if not command.is_response:
            self.counts["requests of the NameServer's"] += 1
            seen = self._seen("push", f"request code {command.code} of the NameServer's", event.connection)
            # `RouteInfoManager.notifyMinBrokerIdChanged`, 5.5.0: by the remoting client, so over a connection of its own.
            nothing = "nothing: what it has to say unasked (905) goes over connections of its own"
            self._is_impossible(event.connection, self._finding("a request of the NameServer's", [nothing], seen.text))
            return seen
        self.counts["answers"] += 1
        seen = self._seen("answer", "", event.connection)
        seen.command = command
        waiting = line.asked.pop(command.opaque, [])
        if len(waiting) == 1:
            self._answered(event.connection, line, waiting[0], command, seen)
        elif waiting:
            seen.text = f"an answer to one of {len(waiting)} requests {command.opaque}"
            self.counts["answers of which nobody knows to what"] += 1
            for asked in waiting:
                self._give_up(line, asked)
            line.asked[command.opaque] = [attrs.evolve(asked, request=None) for asked in waiting[1:]]
        elif line.continued:
            seen.text = f"an answer to request {command.opaque}, from before the recording"
            self.counts["answers to what was asked before the recording"] += 1
        else:
            seen.text = f"an answer to request {command.opaque}, which nobody has sent, or which is answered already"
            got = f"code {command.code}, remark {command.remark!r}"
            finding = self._finding(f"an answer to request {command.opaque}", ["no answer"], got)
            self._is_impossible(event.connection, finding)
        return seen

    def _answered(self, connection: int, line: Line, asked: Asked, command: RemotingCommand, seen: Seen) -> None:
        self._waiting.pop(asked.opaque, None)
        seen.request, seen.answered = asked.request, asked.event
        if command.version != self.profile.mq_version:
            self._other_version(connection, asked, command.version, seen)
        if asked.request is None or self._blind:
            seen.text = f"code {command.code}, not judged"
            self.counts["answers not judged"] += 1
            return
        self._passing.answered(self._now_ms, asked.at_ms)
        try:
            got = read_answer(self._names, asked.request, command)
        except Undecided as reason:
            seen.text = str(reason)
            self.doubts["answers that can't be read"] += 1
            self._give_up(line, asked)
            return
        seen.text = describe_answer(got)
        if command.code == ResponseCode.SYSTEM_BUSY:
            self.counts["requests turned away, for the NameServer was busy"] += 1
            self.tracker.was_refused(line.channel, asked.opaque)
            return
        if isinstance(asked.request, GetNamesrvConfig) or got.exception == "ConcurrentModificationException":
            # Of the first the machine's own values are not known; the second is left out of the model (docs/verdicts.md).
            self.counts["answers not judged"] += 1
            self._give_up(line, asked)
            return
        possible = self.tracker.possible_answers(line.channel, asked.opaque)
        matching = self._matching(asked.request, got, possible)
        if matching and self.tracker.observed(line.channel, asked.opaque, matching):
            self.counts["answers explained"] += 1
            if self._touched is not None:
                self._touched.answered(asked.request, got)
                self._learn(asked, got)
            return
        expected = sorted({describe_answer(answer) for answer in possible}) or ["no answer"]
        self._is_impossible(
            connection, self._finding(describe_request(asked.request), expected, seen.text), asked.event
        )
        self._give_up(line, asked)

    def _other_version(self, connection: int, asked: Asked, version: int, seen: Seen) -> None:
        seen.note = f"the header's version is {version}, {self.profile.name} has {self.profile.mq_version}"
        if self.other_version is None:
            finding = self._finding("the version in an answer's header", [str(self.profile.mq_version)], str(version))
            self.other_version = Impossible(event=self._event, at=self._at, connection=connection, finding=finding,
                                            asked_at=asked.event, alone=True)  # fmt: skip

    def _learn(self, asked: Asked, got: Answer) -> None:
        """Where nothing was in work from the request to its answer, and no name is passed over, it shows what is there."""
        if asked.writes != self._passing.writes or self._names.text or not self.tracker.is_quiet():
            return
        assert self._touched is not None and asked.request is not None
        beliefs = self.tracker.beliefs
        learned = self._touched.learn(asked.request, got, [belief.state for belief in beliefs])
        if learned is not None:
            self.tracker.become(attrs.evolve(b, state=with_learned(b.state, learned)) for b in beliefs)

    def _matching(self, request: Request, got: Answer, possible: frozenset[Answer]) -> list[Answer]:
        exact = matching(self._names.text, request, got, possible)
        if self._touched is None:
            return exact
        return [answer for answer in possible if answer in exact or self._touched.agrees(request, got, answer)]

    def _give_up(self, line: Line, asked: Asked) -> None:
        """Nobody looks at its answer any more."""
        self._waiting.pop(asked.opaque, None)
        asked.request = None
        if not self._blind:
            self.tracker.forget_answer(line.channel, asked.opaque)

    # Time -------------------------------------------------------------------------------------------------------

    def _judge_what_is_due(self, due_ms: int) -> None:
        for opaque, (connection, asked) in list(self._waiting.items()):
            if asked.at_ms >= due_ms:
                break  # in the order in which they were asked
            line = self._lines[connection]
            possible = self.tracker.possible_answers(line.channel, opaque)
            if possible and not line.server_closed and not line.client_closed:
                assert asked.request is not None
                expected = sorted({describe_answer(answer) for answer in possible})
                got = f"no answer, while later requests were answered for {self.profile.internal_step_deadline_ms} ms"
                finding = self._finding(describe_request(asked.request), expected, got)
                self._is_impossible(connection, finding, asked.event)
            self._give_up(line, asked)
        if not self.tracker.drop_overdue(due_ms):
            pending = sorted({describe_belief(belief) for belief in self.tracker.beliefs})
            within = f"nothing of it within {self.profile.internal_step_deadline_ms} ms"
            self._is_impossible(None, self._finding("what is pending must happen", pending, within))
            self._begin_anew()
        if addrs := overstayed(self.profile, self.tracker, due_ms):
            what = "brokers that are silent for longer than their timeout expire"
            got = f"still there {grace_ms(self.profile)} ms after that"
            self._is_impossible(None, self._finding(what, [f"{', '.join(addrs)} gone"], got))
            self._begin_anew()

    # ------------------------------------------------------------------------------------------------------------

    def _is_impossible(self, connection: int | None, finding: Finding, asked: int | None = None) -> None:
        found = Impossible(event=self._event, at=self._at, connection=connection, finding=finding, asked_at=asked)
        self.impossible.append(found)

    def _finding(self, what: str, expected: Iterable[str], got: str) -> Finding:
        return Finding(what=what, where=f"event {self._event + 1}", expected=tuple(expected), got=got)

    def _seen(self, kind: str, text: str, connection: int | None = None) -> Seen:
        return Seen(event=self._event, kind=kind, text=text, connection=connection)


def matching(names: str, request: Request, got: Answer, possible: frozenset[Answer]) -> list[Answer]:
    """Those answers that this one may be, where only what begins with `names` is looked at."""
    exact = explained_by(got, possible)
    if names and isinstance(request, RegisterBroker) and got.body == NO_KEYS:
        exact.append(attrs.evolve(got, body=None))  # whether there are order topics at all is others' affair
    return exact
