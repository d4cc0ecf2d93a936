"""What clients asked and were answered, out of a recording: in order, each request with the answer that it will get.

A search for an order that knows the answers to come throws a wrong turn away where it is taken, not where it is noticed.
"""

from __future__ import annotations  # a story is made of stories

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from namesrv.check.answer_values import read_answer
from namesrv.check.describe import describe_answer, describe_request
from namesrv.check.findings import Undecided
from namesrv.check.recorded.request import NotUnderstood, command_of, read_request
from namesrv.check.recorded.timed import READS
from namesrv.check.recording import Closed, Continues, Ended, Event, FrameSeen, Opened, Side
from namesrv.check.wire import Prefix
from namesrv.model.events import (
    Answer,
    Channel,
    DeleteKVConfig,
    GetBrokerClusterInfo,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    Opaque,
    PutKVConfig,
    QueryDataVersion,
    Request,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import ORDER_TOPIC_CONFIG
from namesrv.remoting.codes import ResponseCode
from namesrv.remoting.command import RemotingCommand

LOOKS: Final = (*READS, GetBrokerClusterInfo, QueryDataVersion)
"""Of two of these neither can tell which came first."""

KV_REQUESTS: Final = (PutKVConfig, GetKVConfig, DeleteKVConfig, GetKVListByNamespace)


@attrs.frozen
class Asked:
    """A request is sent. `opaque`: the model's, which no other request has. `event`: its number in the recording, from 0."""

    event: int
    channel: Channel
    opaque: Opaque
    request: Request
    oneway: bool = False


@attrs.frozen
class Told:
    """A request's answer has arrived. `answer`: `None` where it is not judged."""

    event: int
    opaque: Opaque
    answer: Answer | None


@attrs.frozen
class Left:
    """A client has closed its connection. `aborted`: with requests on their way."""

    event: int
    channel: Channel
    aborted: bool


@attrs.frozen
class Stray:
    """An answer to what nobody has asked. Nothing explains it."""

    event: int
    channel: Channel
    got: str


Move = Asked | Told | Left | Stray


@attrs.frozen(kw_only=True)
class Story:
    """`moves` in order. `texts`: each event in words, by number. `doubts`: why some of it can't be followed."""

    moves: tuple[Move, ...]
    texts: Mapping[int, str]
    doubts: tuple[str, ...] = ()
    lasted_ns: int = 0

    def asked(self) -> dict[Opaque, Asked]:
        """Each request."""
        return {move.opaque: move for move in self.moves if isinstance(move, Asked)}

    def parts(self) -> tuple[Story, ...]:
        """What can be judged by itself: KV configs have nothing to do with routes, but for those of ordered topics.

        A NameServer is then two objects, each request concerns one of them, and both are linearizable if and only if the whole is
        (Herlihy and Wing's locality).
        """
        asked = self.asked().values()
        if any(
            isinstance(move.request, KV_REQUESTS) and move.request.namespace == ORDER_TOPIC_CONFIG for move in asked
        ):
            return (self,)
        keys = {move.opaque for move in asked if isinstance(move.request, KV_REQUESTS)}
        ours = tuple(move for move in self.moves if isinstance(move, Asked | Told) and move.opaque in keys)
        rest = tuple(move for move in self.moves if not (isinstance(move, Asked | Told) and move.opaque in keys))
        return tuple(attrs.evolve(self, moves=moves) for moves in (ours, rest) if moves)

    def overlapping(self) -> int:
        """How often two requests of different connections were in work at the same time of which one may change something."""
        at_work, pairs = dict[Opaque, Asked](), 0
        for move in self.moves:
            match move:
                case Asked(oneway=False):
                    others = (each for each in at_work.values() if each.channel != move.channel)
                    pairs += sum(
                        not (isinstance(move.request, LOOKS) and isinstance(other.request, LOOKS)) for other in others
                    )
                    at_work[move.opaque] = move
                case Told():
                    at_work.pop(move.opaque, None)
                case _:
                    pass
        return pairs


def story_of(events: Sequence[Event], profile: Profile, names: str = "") -> Story:
    """The story that a recording tells. `names`: how the names begin that are looked at. Never raises for what is in it."""
    reader = _Reader(profile, Prefix(names, kept=True))
    moves = tuple(move for number, event in enumerate(events) for move in reader.read(number, event))
    lasted_ns = max((event.at for event in events), default=0) - min((event.at for event in events), default=0)
    return Story(
        moves=reader.without_refused(moves), texts=reader.texts, doubts=tuple(reader.doubts), lasted_ns=lasted_ns
    )


class _Reader:
    def __init__(self, profile: Profile, names: Prefix) -> None:
        self._profile = profile
        self._names = names
        self._waiting: dict[tuple[int, int], Asked] = {}
        self._refused: set[Opaque] = set()
        self.texts: dict[int, str] = {}
        self.doubts: dict[str, None] = {}

    def read(self, number: int, event: Event) -> Iterator[Move]:
        match event:
            case Opened():
                self.texts[number] = f"open, from {event.peer}"
            case FrameSeen():
                command = command_of(event.data)
                if command is None:
                    self._doubt(number, "a frame whose header can't be read")
                elif event.sender is Side.CLIENT:
                    yield from self._asked(number, event.connection, command)
                else:
                    yield from self._told(number, event.connection, command)
            case Closed(by=Side.CLIENT):
                self.texts[number] = "the client closes"
                left = [key for key in self._waiting if key[0] == event.connection]
                yield Left(number, Channel(event.connection), event.reset or bool(left))
                for key in left:
                    del self._waiting[key]
            case Ended() | Continues():
                self.texts[number] = "the recording ends"
            case _:
                self._doubt(number, f"{type(event).__name__} in the recording")

    def _doubt(self, number: int, why: str) -> None:
        self.texts[number] = why
        self.doubts[why] = None

    def _asked(self, number: int, connection: int, command: RemotingCommand) -> Iterator[Move]:
        try:
            request = read_request(command, self._profile)
        except NotUnderstood as reason:
            self._doubt(number, f"request code {command.code}: {reason}")
            return
        asked = Asked(number, Channel(connection), Opaque(number), request, command.is_oneway)
        self.texts[number] = describe_request(request)
        if not command.is_oneway:
            if (connection, command.opaque) in self._waiting:
                self._doubt(number, f"two requests {command.opaque} at once over one connection")
            self._waiting[connection, command.opaque] = asked
        yield asked

    def _told(self, number: int, connection: int, command: RemotingCommand) -> Iterator[Move]:
        if not command.is_response:
            self.texts[number] = f"request code {command.code} of the NameServer's"
            return
        asked = self._waiting.pop((connection, command.opaque), None)
        if asked is None:
            self.texts[number] = (
                f"an answer to request {command.opaque}, which nobody has sent, or which is answered already"
            )
            yield Stray(number, Channel(connection), f"code {command.code}, remark {command.remark!r}")
            return
        if command.code == ResponseCode.SYSTEM_BUSY:
            self.texts[number] = "turned away"
            self._refused.add(asked.opaque)
            return
        try:
            got = read_answer(self._names, asked.request, command)
        except Undecided as reason:
            self._doubt(number, str(reason))
            return
        self.texts[number] = describe_answer(got)
        # Of the first the machine's own values are not known; the second is left out of the model (docs/verdicts.md).
        judged = not isinstance(asked.request, GetNamesrvConfig) and got.exception != "ConcurrentModificationException"
        yield Told(number, asked.opaque, got if judged else None)

    def without_refused(self, moves: Iterable[Move]) -> tuple[Move, ...]:
        """Without what was turned away before anybody worked on it."""
        return tuple(move for move in moves if not isinstance(move, Asked | Told) or move.opaque not in self._refused)
