"""Steps become operations: what is sent, and what the model says may be answered, with names of the sequence's own.

Whatever the NameServer does later is waited for, by a read whose answer tells that it is done; a sequence in which no read can
tell has no script. Where a release may answer in several ways (the order of a Java hash map), each is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any, Final

import attrs
import orjson

from namesrv.check.answer_values import as_read
from namesrv.check.describe import describe_style
from namesrv.check.footprint import Footprint
from namesrv.check.sentinel import SENTINEL, SENTINEL_GONE, SENTINEL_ROUTE
from namesrv.check.steps import Close, Header, Open, Requests, Send, Step, Style
from namesrv.check.tracker import Belief, TooManyStates
from namesrv.check.vectors.expected import expected_answer
from namesrv.check.vectors.naming import named, with_prefix
from namesrv.check.vectors.patterns import pattern
from namesrv.check.vectors.tracing import TracingTracker
from namesrv.check.wire import Prefix, encode, model_request
from namesrv.model.events import (
    Answer,
    Channel,
    ChannelClosed,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Opaque,
    QueryDataVersion,
    Received,
    Request,
    ScanNotActiveBroker,
    UnregisterBroker,
)
from namesrv.model.namesrv import is_pending
from namesrv.model.profiles import Profile, Unregistration
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import DataVersion
from namesrv.remoting.command import decode_command
from namesrv.remoting.errors import RemotingError
from namesrv.remoting.fastjson import loads
from namesrv.remoting.frame import FrameDecoder

OBSERVER: Final = 0
"""The connection over which is looked."""

UNSENT: Final = DataVersion(state_version=-1, timestamp=-1, counter=-1)
"""A DataVersion that no step sends, to look at the stored one."""

MAX_BELIEFS: Final = 48
"""A sequence that may have come to more states than this says too little."""

EXPIRES_WITHIN_MS: Final = 20_000
"""A broker whose timeout is short is removed by the next scan but one: `Profile.scan_interval_ms`, twice, and room."""

EXPIRED_AT_MS: Final = 2_000
"""When it scans: then a broker whose timeout is one second has been silent for too long, and no other."""

Op = dict[str, Any]


class NoScript(Exception):
    """The sequence can't be told so that nobody has to guess."""


@attrs.frozen(kw_only=True)
class Expire:
    """It is waited until brokers whose timeout was one second have expired; the NameServer closes `connection`."""

    connection: int


VectorStep = Step | Expire


@attrs.frozen(kw_only=True)
class Deed:
    """One step as coverage sees it. `rows`: those that decided for certain; `changed`: the tables that became others."""

    kind: str
    rows: frozenset[str]
    changed: frozenset[str]
    codes: tuple[int | None, ...]


class Script:
    """One sequence. `ops`: its operations, if `written`; `deeds`: what each step came to; `rows`: all that have decided."""

    def __init__(self, profile: Profile, name: str, initial: NameServerState, *, written: bool = True) -> None:
        self.profile = profile
        self.prefix = f"{name}-"
        self.ops: list[Op] = []
        self.deeds: list[Deed | None] = []
        self.rows: frozenset[str] = frozenset()
        self._written = written
        self._tracker = TracingTracker(profile, initial)
        self._open: dict[int, Channel] = {}
        self._opened = 0
        self._opaques: dict[int, int] = {}
        self._footprint = Footprint()
        self._shown: dict[Request, list[dict[str, Any]]] = {}
        self._unsettled = False
        self._options = initial.options

    @property
    def namespaces(self) -> frozenset[str]:
        """Those of KV configs that are there in the end: nobody can remove one."""
        return frozenset().union(*(belief.state.kv_config for belief in self._tracker.beliefs))

    def run(self, steps: Iterable[VectorStep]) -> None:
        """All of them, and a last look at everything. Raises `NoScript`."""
        steps = tuple(steps)
        try:
            self._connect(OBSERVER)
            for step, following in zip(steps, (*steps[1:], None), strict=True):
                self._run(step, look=isinstance(following, Step))
            self._look(everything=True)
            for connection in sorted(self._open):
                self._close(connection)
        except TooManyStates as error:
            raise NoScript(str(error)) from error

    # Steps --------------------------------------------------------------------------------------------------------

    def _run(self, step: VectorStep, *, look: bool) -> None:
        if self._unsettled:
            raise NoScript("no read tells when everything is done")
        before = self._tables()
        codes: tuple[int | None, ...] = ()
        match step:
            case Open():
                self._connect(step.connection)
                self.deeds.append(None)
                return
            case Requests():
                codes = self._requests(step.sends)
                kind = "+".join(_kind(send) for send in step.sends)
            case Close() if step.connection in self._open:
                kind = "Reset" if step.abort else "Close"
                self._close(step.connection, reset=step.abort)
                channel = self._open.pop(step.connection)
                self._tracker.happened(ChannelClosed(channel=channel, aborted=step.abort))
            case Close():
                self.deeds.append(None)
                return
            case Expire() if step.connection in self._open:
                kind = "Expire"
                self._expire(step)
            case _:
                raise NoScript(f"nobody outside can do {step}")
        if not isinstance(step, Expire):
            self._settle()
        if any(
            belief.state.options is not self._options and not belief.state.options == self._options
            for belief in self._tracker.beliefs
        ):
            raise NoScript("the NameServer's options are every sequence's")
        rows = self._tracker.rows_for_certain()
        self.rows |= rows
        self.deeds.append(Deed(kind=kind, rows=rows, changed=_changed(before, self._tables()), codes=codes))
        if look and self._written:
            self._look()

    def _tables(self) -> frozenset[Tables]:
        return frozenset(belief.state.tables for belief in self._tracker.beliefs)

    def _connect(self, connection: int) -> None:
        self._open[connection] = Channel(self._opened)
        self._opened += 1
        self._op("open", connection=connection)

    def _requests(self, sends: Iterable[Send], *, remember: bool = True) -> tuple[int | None, ...]:
        """All are sent; then every answer is expected. `remember`: and what they leave is looked at from now on."""
        sent: list[tuple[Send, Opaque]] = []
        for send in sends:
            if send.connection in self._open:
                request = named(send.request, self.prefix)
                if remember:
                    self._footprint.remember(request)
                style = with_prefix(
                    attrs.evolve(send.style, header=Header.JSON), self.prefix
                )  # no other header is needed
                opaque = self._send(send.connection, request, style, oneway=send.oneway)
                read = model_request(request, style, self.profile)
                received = Received(
                    channel=self._open[send.connection], opaque=opaque, request=read, oneway=send.oneway
                )
                if self.profile.unregistration is Unregistration.QUEUED_BY_ADDR and _ends_its_batch(read):
                    raise NoScript("who is worked on in one batch with this is anybody's guess")
                self._tracker.happened(received)
                sent.append((send, opaque))
        answers = [(send.connection, opaque, self._possible(send, opaque)) for send, opaque in sent]
        for connection in dict.fromkeys(connection for connection, _, possible in answers if possible):
            here = [self._answers(possible, opaque) for c, opaque, possible in answers if c == connection and possible]
            self._op("expect", connection=connection, **_expected(here))
        return tuple(min((answer.code for answer in possible), default=None) for _, _, possible in answers)

    def _possible(self, send: Send, opaque: Opaque) -> frozenset[Answer]:
        """What is answered to it; nothing to a one-way request."""
        channel = self._open[send.connection]
        possible = self._tracker.possible_answers(channel, opaque)
        if possible:
            self._tracker.observed(channel, opaque, possible)
        return possible

    def _expire(self, step: Expire) -> None:
        """A read is waited for that tells the scan's work from everything before it; a late notice after it changes nothing."""
        channel = self._open.pop(step.connection)
        before = {request: self._peeked(request) for request in self._reads()}
        self._tracker.happened(ScanNotActiveBroker(), EXPIRED_AT_MS)
        self._tracker.has_come_to_rest()
        if any(channel not in belief.closed for belief in self._tracker.beliefs):
            raise NoScript("nobody has expired")
        telling = (request for request, answers in before.items() if answers.isdisjoint(self._peeked(request)))
        request = next(telling, None)
        if request is None:
            raise NoScript("no read tells that somebody has expired")
        self._wait(request, self._peeked(request), EXPIRES_WITHIN_MS)
        self._close(step.connection)

    # What happens later -------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Nothing is left to happen, and the operations say how to know."""
        if len(self._tracker.beliefs) > MAX_BELIEFS:
            raise NoScript(f"it may have come to {len(self._tracker.beliefs)} states")
        if self._tracker.is_quiet() or self._waited():
            return
        if any(belief.state.unregistration_queue for belief in self._tracker.beliefs):
            self._flush()
        if self._tracker.is_quiet():
            return
        if self._tracker.awaits_change():
            raise NoScript("no read tells when everything is done")
        self._unsettled = True  # what is left changes nothing; only the sequence's end may follow
        self._tracker.has_come_to_rest()

    def _waited(self) -> bool:
        """Whether there is a read that tells; then it is waited for."""
        done = {belief for belief in self._tracker.beliefs if not is_pending(belief.state)}
        for request in self._reads():
            if self._tells(request, done):
                self._wait(request, self._peeked(request, done))
                return self._tracker.keep(done)
        return False

    def _tells(self, request: Request, done: Set[Belief]) -> bool:
        """Whether nobody who reads its answer can take another state for one of those."""
        answers = {belief: set(map(as_read, may_be)) for belief, may_be in self._tracker.peek(request).items()}
        final = set[Answer]().union(*(answers[belief] for belief in done))
        return bool(done) and all(final.isdisjoint(answers[belief]) for belief in answers if belief not in done)

    def _wait(self, request: Request, final: frozenset[Answer], within_ms: int | None = None) -> None:
        limit_ms = self.profile.internal_step_deadline_ms if within_ms is None else within_ms
        opaque = self._next(OBSERVER)
        if self._written:
            sent = _sent(request, Style(), opaque, oneway=False)
            expected = _expected([self._answers(final, opaque)])
            self._op("wait", connection=OBSERVER, **sent, **expected, within=limit_ms)

    def _flush(self) -> None:
        """Requests are queued first in, first out: once a sentinel's removal has been seen, the queue before it is empty."""
        for request in (SENTINEL, SENTINEL_GONE):
            self._requests([Send(connection=OBSERVER, request=request)], remember=False)
        route = named(SENTINEL_ROUTE, self.prefix)
        done = {b for b in self._tracker.beliefs if not b.state.unregistration_queue}
        if not self._tells(route, done):
            raise NoScript("the sentinel does not tell")
        self._wait(route, self._peeked(route, done))
        self._tracker.keep(done)

    # Looking ------------------------------------------------------------------------------------------------------

    def _reads(self) -> Iterator[Request]:
        for topic in sorted(self._footprint.topics):
            yield GetRouteInfoByTopic(topic=topic)
        yield GetBrokerClusterInfo()
        yield GetAllTopicList()
        for cluster, addr in sorted(self._footprint.addresses):
            yield QueryDataVersion(
                cluster_name=cluster,
                broker_addr=addr,
                broker_name=f"{self.prefix}a",
                broker_id=0,
                data_version=UNSENT,
            )

    def _peeked(self, request: Request, among: Set[Belief] | None = None) -> frozenset[Answer]:
        """What the answer may be, in any state or among those."""
        peeked = self._tracker.peek(request)
        return frozenset[Answer]().union(*(peeked[belief] for belief in peeked if among is None or belief in among))

    def _look(self, *, everything: bool = False) -> None:
        """The reads whose answers have become others, or all of them."""
        if not self._written:
            return
        for request in self._reads():
            possible = self._peeked(request)
            answers = self._answers(possible)
            if everything or self._shown.get(request) != answers:
                self._shown[request] = answers
                opaque = self._send(OBSERVER, request, Style())
                self._op("expect", connection=OBSERVER, **_expected([self._answers(possible, opaque)]))

    # Writing ------------------------------------------------------------------------------------------------------

    def _answers(self, answers: Iterable[Answer], opaque: Opaque | None = None) -> list[dict[str, Any]]:
        if not self._written:
            return []
        by_text = {}
        for answer in answers:
            expected = expected_answer(answer, self.profile, self.prefix)
            by_text[orjson.dumps(expected, option=orjson.OPT_SORT_KEYS)] = expected
        number = {} if opaque is None else {"opaque": int(opaque)}
        return [number | by_text[key] for key in sorted(by_text)]

    def _send(self, connection: int, request: Request, style: Style, *, oneway: bool = False) -> Opaque:
        opaque = self._next(connection)
        if self._written:
            self._op("send", connection=connection, **_sent(request, style, opaque, oneway=oneway))
        return opaque

    def _next(self, connection: int) -> Opaque:
        self._opaques[connection] = self._opaques.get(connection, 0) + 1
        return Opaque(self._opaques[connection])

    def _close(self, connection: int, *, reset: bool = False) -> None:
        self._op("close", connection=connection, linger=0 if reset else -1)

    def _op(self, op: str, **fields: object) -> None:
        if self._written:
            self.ops.append({"op": op, **fields})


def _sent(request: Request, style: Style, opaque: Opaque, *, oneway: bool) -> dict[str, Any]:
    """The frame in bytes, and for people."""
    frame = encode(Prefix(""), request, style, opaque=opaque, oneway=oneway)
    return {"opaque": opaque, "hex": frame.hex(), "request": _decoded(frame)}


def _expected(answers: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Of each request, what its answer may be: for people, and as a regular expression for runners."""
    return {"matches": [pattern(each) for each in answers if each], "answers": answers}


def _kind(send: Send) -> str:
    """What was sent; of what was written by hand each is one of its own."""
    name = type(send.request).__name__
    return f"{name}{describe_style(send.style)}" if send.style.is_by_hand else name


def _ends_its_batch(request: Request) -> bool:
    """5.x: whether it throws while the queue's batch is worked on, so that whatever stands behind it is lost, whosever it is.

    Source: `RouteInfoManager.unRegisterBroker`, whose loop is inside the `try`, 5.5.0.
    """
    return isinstance(request, UnregisterBroker) and None in attrs.astuple(request)


def _changed(before: frozenset[Tables], after: frozenset[Tables]) -> frozenset[str]:
    """The tables that are others, with whether keys came, went, or only values changed. Of several states, that there are."""
    if len(before) > 1 or len(after) > 1:
        return frozenset({"several states"})
    (one,), (other,) = before, after
    found = set()
    for field in attrs.fields(Tables):
        old, new = getattr(one, field.name), getattr(other, field.name)
        if not old == new:  # noqa: SIM201  # rpds answers != wrongly
            size = "+" if len(new) > len(old) else "-" if len(new) < len(old) else "~"
            found.add(f"{field.name}{size}")
    return frozenset(found)


def _decoded(frame: bytes) -> dict[str, Any]:
    """The request as people read it; a body that is no JSON only in `hex`."""
    command = decode_command(FrameDecoder().feed(frame)[0])
    decoded: dict[str, Any] = {
        "code": command.code,
        "flag": command.flag,
        "version": command.version,
        "extFields": None if command.ext_fields is None else dict(sorted(command.ext_fields.items())),
    }
    try:
        decoded["body"] = None if command.body is None else loads(command.body)
    except RemotingError:
        decoded["body"] = None
        decoded["bodyHex"] = (command.body or b"").hex()
    return decoded
