"""A recording, event by event, told to the tracker: which answers are possible, what has to have happened by when.

Time is the recording's. A scan may happen at any moment. What is seen of a NameServer that has died or stalls is no violation:
it counts as alive only as far as it has promptly answered what was asked later.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

import attrs

from namesrv.check.describe import describe_answer, describe_belief, describe_request
from namesrv.check.expiry import grace_ms, overdue, scan_may_stop
from namesrv.check.findings import Finding, Undecided
from namesrv.check.recorded.request import NotUnderstood, read_request
from namesrv.check.recorded.seen import Asked, Impossible, Line, Seen, Start
from namesrv.check.recorded.timed import READS, Timed, TimedTracker
from namesrv.check.recorded.unknown_start import Touched
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
from namesrv.check.wire import Prefix, explained_by, read_answer
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
from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.frame import FrameDecoder

NS_PER_MS: Final = 1_000_000
CLOCKS_DIFFER_MS: Final = 500
"""By so much two clocks may drift apart while a broker is silent; a scan may come so much earlier than the recording says."""

PROMPT_MS: Final = 1_000
"""Who answers within this is alive, and what was due by then may be on its way for as long again."""

IDLE_MS: Final = 119_500
"""A NameServer closes a connection over which nothing goes for 120 s: `NettyServerConfig.serverChannelMaxIdleTimeSeconds`."""

NO_KEYS: Final = KVTable(table=table())


class Replay:
    """Events in order to `see`; then `finish`. Raises `TooManyStates`.

    `impossible`: what was not explained; the replay goes on as if such an answer had not been seen. `counts`: what there was, and
    what was not judged. `doubts`: why it can't be said that everything is explained. `names`: how the names begin that are
    looked at in answers; what others do to theirs is then not judged.
    """

    def __init__(self, profile: Profile, start: Start, options: Options | None = None, names: str = "") -> None:
        self.profile = profile
        self._names = Prefix(names, kept=True)
        self.impossible: list[Impossible] = []
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
        self._scanned_until_ms = -1
        self._scanned_after = 0
        self._writes = 0
        self._alive_ms = 0
        self._prompt: deque[tuple[int, int]] = deque()
        self._waiting: dict[Opaque, tuple[int, Asked]] = {}
        self._unexplained_closes: list[int] = []
        self._may_have_stopped = False
        self._blind = False

    def see(self, event: Event) -> Seen:
        """The next event."""
        self._event += 1
        self._at = max(self._at, event.at)
        self._now_ms = self._at // NS_PER_MS
        self.counts["events"] += 1
        before = len(self.impossible)
        if not self._blind:
            self._let_time_pass()
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
                self._may_have_stopped = True
                self._lines.pop(event.connection, None)
                seen = self._seen("lost", f"the NameServer can't be reached: {event.why}", event.connection)
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
            asked.request is not None for line in self._lines.values() for each in line.asked.values() for asked in each
        )
        self._judge_closes()

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
        if self._may_have_stopped and not alive and not event.continued:
            self._may_have_restarted()
        self._lines[event.connection] = self._new_line(continued=event.continued)
        was = "was open before the recording" if event.continued else f"open, from {event.peer}"
        return self._seen("open", was, event.connection)

    def _may_have_restarted(self) -> None:
        """Nobody was connected any more, and the NameServer's end came first: it may be another process by now."""
        self._may_have_stopped = False
        self._unexplained_closes.clear()
        self.counts["times that the NameServer may have started again"] += 1
        self.tracker.add(
            NameServerState(
                kv_config=belief.state.kv_config, options=belief.state.options, started_ms=None, route_found=None
            )
            for belief in self.tracker.beliefs
        )

    def _stream_ended(self, event: StreamEnded) -> Seen:
        line = self._line(event.connection)
        if event.sender is Side.CLIENT:
            self._closed_by_client(line, reset=False)
        else:
            self._closed_by_server(event.connection, line)
        return self._seen("eof", f"the {event.sender} ends its side", event.connection)

    def _closed(self, event: Closed) -> Seen:
        line = self._line(event.connection)
        if event.by is Side.SERVER:
            self._closed_by_server(event.connection, line)
        else:
            self._closed_by_client(line, reset=event.reset)
        del self._lines[event.connection]
        left = [asked for each in line.asked.values() for asked in each]
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

    def _closed_by_server(self, connection: int, line: Line) -> None:
        if line.server_closed or self._blind:
            return
        line.server_closed = True
        self._may_have_stopped = True
        if line.client_closed:
            return
        scanned = [belief for belief in self.tracker.beliefs if line.channel in belief.closed]
        others = [belief for belief in self.tracker.beliefs if line.channel not in belief.closed]
        idle = self._now_ms - line.used_ms >= IDLE_MS
        if idle or line.broken or not scanned:
            if not idle and not line.broken and not (line.continued and self._touched is not None):
                self._unexplained_closes.append(connection)
            if others:
                self.tracker.become(others)
                self._end_of(line.channel, aborted=True)
                self.tracker.become({*self.tracker.beliefs, *scanned})
        else:
            self.tracker.become(scanned)

    def _end_of(self, channel: Channel, *, aborted: bool) -> None:
        self._writes += 1
        self.tracker.happened(ChannelClosed(channel=channel, aborted=aborted), self._now_ms)

    def _judge_closes(self) -> None:
        """Connections that the NameServer has closed, while it went on elsewhere: lost ones, or its fault. Nobody can tell."""
        if self._unexplained_closes and any(not line.server_closed for line in self._lines.values()):
            self.doubts["connections that the NameServer closed for no reason that is known"] += len(
                self._unexplained_closes
            )
        self._unexplained_closes.clear()

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
            for each in self._line(event.connection).asked.values():
                for asked in each:
                    self._give_up(self._line(event.connection), asked)
        else:
            self._begin_anew()
        return self._seen("gap", f"something is missing: {event.why}", event.connection)

    def _begin_anew(self) -> None:
        """Whatever may have been done to it: nothing is known any more."""
        self._touched = Touched(self.profile)
        self.tracker = TimedTracker(self.profile, [self._beginning()])
        self._scanned_until_ms = -1
        for line in self._lines.values():
            line.continued = True
            for each in line.asked.values():
                for asked in each:
                    asked.request = None
        self._waiting.clear()
        self.counts["times that nothing was known any more"] += 1

    def _beginning(self) -> NameServerState:
        return NameServerState(options=self._options, route_found=None)

    # Requests ---------------------------------------------------------------------------------------------------

    def _said_by_client(self, event: FrameSeen) -> Seen:
        line = self._line(event.connection)
        line.used_ms = self._now_ms
        self.counts["frames"] += 1
        command = _command(event.data)
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
        self._writes += not isinstance(asked.request, READS)
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
        self.counts["frames"] += 1
        self._judge_closes()
        command = _command(event.data)
        if command is None:
            self.doubts["answers whose header can't be read"] += 1
            return self._seen("broken", "a frame of the NameServer's whose header can't be read", event.connection)
        if not command.is_response:
            self.counts["requests of the NameServer's"] += 1
            return self._seen("push", f"request code {command.code} of the NameServer's", event.connection)
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
        if asked.request is None or self._blind:
            seen.text = f"code {command.code}, not judged"
            self.counts["answers not judged"] += 1
            return
        if self._now_ms - asked.at_ms <= PROMPT_MS:
            self._prompt.append((self._now_ms, asked.at_ms))
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
            return
        expected = sorted({describe_answer(answer) for answer in possible}) or ["no answer"]
        self._is_impossible(
            connection, self._finding(describe_request(asked.request), expected, seen.text), asked.event
        )
        self._give_up(line, asked)

    def _matching(self, request: Request, got: Answer, possible: frozenset[Answer]) -> list[Answer]:
        exact = explained_by(got, possible)
        if self._names.text and isinstance(request, RegisterBroker) and got.body == NO_KEYS:
            exact.append(attrs.evolve(got, body=None))  # whether there are order topics at all is others' affair
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

    def _let_time_pass(self) -> None:
        soon_ms = self._now_ms + CLOCKS_DIFFER_MS
        first = self.tracker.next_deadline()
        if first is not None and first < soon_ms:
            self._let_it_scan(soon_ms)
        while self._prompt and self._prompt[0][0] <= self._now_ms - PROMPT_MS:
            self._alive_ms = max(self._alive_ms, self._prompt.popleft()[1])
        due_ms = self._alive_ms - self.profile.internal_step_deadline_ms
        if due_ms > 0:
            self._judge_what_is_due(due_ms)

    def _let_it_scan(self, soon_ms: int) -> None:
        """Scans come whenever somebody is old enough; again only where that, or what was done since, may make a difference."""
        for deadline in [deadline for deadline in self.tracker.deadlines() if deadline < soon_ms]:
            if deadline > self._scanned_until_ms:
                self.tracker.may_have_scanned(deadline + 1)
                self._scanned_until_ms, self._scanned_after = deadline, self._writes
        if self._scanned_after < self._writes:
            self.tracker.may_have_scanned(soon_ms)
            self._scanned_after = self._writes

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
        self._judge_who_is_overdue(due_ms)

    def _judge_who_is_overdue(self, due_ms: int) -> None:
        first = self.tracker.next_deadline()
        if first is None or first + grace_ms(self.profile) > due_ms or scan_may_stop(self.profile):
            return
        beliefs = self.tracker.beliefs
        fine = [belief for belief in beliefs if not overdue(self.profile, belief, due_ms)]
        if not fine:
            addrs = {str(key.broker_addr) for belief in beliefs for key in overdue(self.profile, belief, due_ms)}
            what = "brokers that are silent for longer than their timeout expire"
            got = f"still there {grace_ms(self.profile)} ms after that"
            self._is_impossible(None, self._finding(what, [f"{', '.join(sorted(addrs))} gone"], got))
            self._begin_anew()
        elif len(fine) < len(beliefs):
            self.tracker.become(fine)

    # ------------------------------------------------------------------------------------------------------------

    def _is_impossible(self, connection: int | None, finding: Finding, asked: int | None = None) -> None:
        found = Impossible(event=self._event, at=self._at, connection=connection, finding=finding, asked_at=asked)
        self.impossible.append(found)

    def _finding(self, what: str, expected: Iterable[str], got: str) -> Finding:
        return Finding(what=what, where=f"event {self._event + 1}", expected=tuple(expected), got=got)

    def _seen(self, kind: str, text: str, connection: int | None = None) -> Seen:
        return Seen(event=self._event, kind=kind, text=text, connection=connection)


def _command(data: bytes) -> RemotingCommand | None:
    try:
        decoder = FrameDecoder()
        (frame,) = decoder.feed(data)
        return decode_command(frame)
    except (RemotingError, ValueError):
        return None
