"""The connections between one broker and one NameServer: what is in flight, and who knows of which end.

There are two at most, an old and a new one; brokers of one process share them (`Scope.shared`). Each is ordered: what is sent
first arrives first. An end is lost to its owner when that one closes it or notices the loss; the other end is noticed later. Of a
half-open one (a machine that died, a cable that was cut) nothing more arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from namesrv.model.broker_events import BrokerRequest, Call
from namesrv.model.events import Answer, BrokerHeartbeat, Channel, Opaque, QueryDataVersion

SLOTS: Final = 2
"""Connections of one broker to one NameServer at a time."""

Tag = Call | None
"""The broker's call that a request belongs to; `None` if nobody waits for its answer."""

MEMBER: Final = 10_000
"""Added to the calls of the second broker of a process, which has calls with the same numbers."""


def tag_of(member: int, call: Call) -> Call:
    """What a call is known by on the link; `member`: which broker of its process it belongs to."""
    return Call(call + member * MEMBER)


def call_of(tag: Call) -> tuple[int, Call]:
    """Member and call of a tag."""
    member, call = divmod(tag, MEMBER)
    return member, Call(call)


def channel_of(process: int, slot: int) -> Channel:
    """The number of a connection, the same at every NameServer."""
    return Channel(process * SLOTS + slot + 1)


def owner_of(channel: Channel) -> tuple[int, int]:
    """Process and slot of a connection's number."""
    return divmod(channel - 1, SLOTS)


@attrs.frozen(kw_only=True)
class Sent:
    """A request on its way. `member`: which broker of the process sent it."""

    request: BrokerRequest
    tag: Tag
    oneway: bool
    member: int = 0

    @property
    def is_sign_of_life(self) -> bool:
        """Whether it is a broker's heartbeat, in either form."""
        return self.oneway and isinstance(self.request, QueryDataVersion | BrokerHeartbeat)


@attrs.frozen(kw_only=True)
class Connection:
    """One TCP connection.

    `at_broker`, `at_namesrv`: whether that end is open, as its owner knows. `is_broken`: nothing gets through any more, and
    whoever still has an open end will notice. `is_half_open`: nor does what was on its way. `is_remembered`: the NameServer may
    still have something to do for it. `awaiting`: requests that the NameServer has; number -1 stands for lost ones.
    """

    at_broker: bool = True
    at_namesrv: bool = True
    is_broken: bool = False
    is_half_open: bool = False
    is_remembered: bool = True
    requests: tuple[Sent, ...] = ()
    awaiting: tuple[tuple[Opaque, Tag], ...] = ()
    answers: tuple[tuple[Tag, Answer], ...] = ()

    @property
    def works(self) -> bool:
        """Whether both ends are open and nothing is broken."""
        return self.at_broker and self.at_namesrv and not self.is_broken


@attrs.frozen(kw_only=True, cache_hash=True)
class Link:
    """`slots`: its connections. `failed`: calls of the broker that will get no answer, and it does not know yet."""

    slots: tuple[Connection | None, ...] = (None,) * SLOTS
    failed: tuple[Tag, ...] = ()

    @property
    def current(self) -> int | None:
        """The slot over which the broker sends."""
        return next((slot for slot, c in enumerate(self.slots) if c is not None and c.at_broker), None)

    def is_idle(self, member: int = 0) -> bool:
        """Whether that broker waits for nothing: signs of life do not count, nor does what is left on a connection that it has
        given up."""
        return not any(_is_of(tag, member) for tag in self.failed) and not any(
            any(message.member == member and not message.is_sign_of_life for message in c.requests)
            or any(tag is None or _is_of(tag, member) for _, tag in c.awaiting)
            or any(_is_of(tag, member) for tag, _ in c.answers)
            for c in self.slots
            if c is not None and c.at_broker
        )

    def has_oneway(self, member: int) -> bool:
        """Whether a one-way request of that broker is on its way."""
        return any(
            message.oneway and message.member == member for c in self.slots if c is not None for message in c.requests
        )

    def freed(self) -> Link:
        """Without the connections that both ends have closed and of which nothing is left."""
        gone = [
            slot
            for slot, c in enumerate(self.slots)
            if c is not None and not (c.at_broker or c.at_namesrv or c.is_remembered)
        ]
        link = self
        for slot in gone:
            link = link.with_slot(slot, None)
        return link

    def with_slot(self, slot: int, connection: Connection | None) -> Link:
        """With another connection in that slot."""
        return attrs.evolve(self, slots=(*self.slots[:slot], connection, *self.slots[slot + 1 :]))


def _is_of(tag: Tag, member: int) -> bool:
    return tag is not None and call_of(tag)[0] == member


# The broker's end -------------------------------------------------------------------------------------------------


def connected(link: Link) -> Link | None:
    """With a new connection, or `None` if there is one or no slot is free."""
    if link.current is not None or None not in link.slots:
        return None
    return link.with_slot(link.slots.index(None), Connection())


def sent(link: Link, request: BrokerRequest, tag: Tag, member: int = 0) -> Link:
    """With a request more on its way; without a connection the call fails at once."""
    slot = link.current
    connection = None if slot is None else link.slots[slot]
    if slot is None or connection is None:
        return link if tag is None else attrs.evolve(link, failed=(*link.failed, tag))
    if connection.is_broken or not connection.at_namesrv:
        lost = attrs.evolve(connection, awaiting=(*connection.awaiting, (Opaque(-1), tag)))
        return link if tag is None else link.with_slot(slot, lost)
    message = Sent(request=request, tag=tag, oneway=tag is None, member=member)
    return link.with_slot(slot, attrs.evolve(connection, requests=(*connection.requests, message)))


def closed_by_broker(link: Link, *, half_open: bool = False) -> Link:
    """The broker's process ends, or closes: nobody waits for answers. `half_open`: without a word to the NameServer."""
    for slot, connection in enumerate(link.slots):
        if connection is not None and connection.at_broker:
            requests = tuple(attrs.evolve(message, tag=None) for message in connection.requests)
            awaiting = tuple((opaque, None) for opaque, _ in connection.awaiting if opaque >= 0)
            ended = attrs.evolve(
                connection,
                at_broker=False,
                is_broken=connection.is_broken or half_open,
                is_half_open=connection.is_half_open or half_open,
                requests=() if half_open else requests,
                awaiting=awaiting,
                answers=(),
            )
            link = link.with_slot(slot, ended)
    return attrs.evolve(link, failed=()).freed()


def noticed_by_broker(link: Link) -> tuple[Link, Channel | None] | None:
    """The broker notices that its connection is no more; whose slot it was. `None` if there is nothing to notice."""
    slot = link.current
    connection = None if slot is None else link.slots[slot]
    if slot is None or connection is None or connection.works:
        return None
    tags = [message.tag for message in connection.requests] + [tag for _, tag in connection.awaiting]
    tags += [tag for tag, _ in connection.answers]
    failed = (*link.failed, *(tag for tag in tags if tag is not None))
    requests = tuple(attrs.evolve(message, tag=None) for message in connection.requests)
    ended = attrs.evolve(
        connection,
        at_broker=False,
        requests=requests if connection.at_namesrv else (),
        awaiting=tuple((opaque, None) for opaque, _ in connection.awaiting if opaque >= 0),
        answers=(),
    )
    return attrs.evolve(link.with_slot(slot, ended), failed=failed).freed(), Channel(slot)


def answer_taken(link: Link) -> Iterator[tuple[Link, Tag, Answer | None]]:
    """Whatever the broker may get to know next of its calls: an answer, or (`None`) that there will be none."""
    if link.failed:
        yield attrs.evolve(link, failed=link.failed[1:]), link.failed[0], None
    for slot, connection in enumerate(link.slots):
        if connection is not None and connection.at_broker and connection.answers:
            tag, answer = connection.answers[0]
            yield link.with_slot(slot, attrs.evolve(connection, answers=connection.answers[1:])), tag, answer


def nobody_waits(link: Link, tags: frozenset[Call]) -> Link:
    """The broker has given up these calls; what comes of them means nothing to it."""
    for slot, connection in enumerate(link.slots):
        if connection is None:
            continue
        link = link.with_slot(
            slot,
            attrs.evolve(
                connection,
                requests=tuple(attrs.evolve(m, tag=None if m.tag in tags else m.tag) for m in connection.requests),
                awaiting=tuple(
                    (o, None if t in tags else t) for o, t in connection.awaiting if o >= 0 or t not in tags
                ),
                answers=tuple((t, a) for t, a in connection.answers if t not in tags),
            ),
        )
    return attrs.evolve(link, failed=tuple(tag for tag in link.failed if tag not in tags))


# The NameServer's end ---------------------------------------------------------------------------------------------


def request_taken(link: Link) -> Iterator[tuple[Link, int, Sent]]:
    """Each request that the NameServer may read next, with its slot."""
    for slot, connection in enumerate(link.slots):
        if connection is not None and connection.at_namesrv and connection.requests and not connection.is_half_open:
            rest = attrs.evolve(connection, requests=connection.requests[1:])
            yield link.with_slot(slot, rest), slot, connection.requests[0]


def in_work(link: Link, slot: int, opaque: Opaque, tag: Tag) -> Link:
    """The NameServer works on a request that wants an answer."""
    connection = link.slots[slot]
    assert connection is not None
    return link.with_slot(slot, attrs.evolve(connection, awaiting=(*connection.awaiting, (opaque, tag))))


def answered(link: Link, slot: int, opaque: Opaque, answer: Answer) -> Link:
    """The NameServer has answered; the answer is lost if nobody can get it."""
    connection = link.slots[slot]
    if connection is None:
        return link
    tag = next((tag for number, tag in connection.awaiting if number == opaque), None)
    left = attrs.evolve(connection, awaiting=tuple(entry for entry in connection.awaiting if entry[0] != opaque))
    if tag is not None and connection.at_broker:
        if connection.works:
            left = attrs.evolve(left, answers=(*left.answers, (tag, answer)))
        else:
            left = attrs.evolve(left, awaiting=(*left.awaiting, (Opaque(-1), tag)))
    return link.with_slot(slot, left)


def noticed_by_namesrv(link: Link) -> Iterator[tuple[Link, int]]:
    """Each connection of which the NameServer may notice that it is no more: what has arrived orderly is read before.

    Of a half-open one too: it closes what has been silent for 120 s (`IdleStateHandler` in `NettyRemotingServer`).
    """
    for slot, connection in enumerate(link.slots):
        if connection is None or not connection.at_namesrv:
            continue
        if connection.is_broken or (not connection.at_broker and not connection.requests):
            yield link.with_slot(slot, attrs.evolve(connection, at_namesrv=False, requests=_told(connection))), slot


def closed_by_namesrv(link: Link, slot: int) -> Link:
    """The NameServer closes a connection; the broker will notice."""
    connection = link.slots[slot]
    if connection is None:
        return link
    return link.with_slot(slot, attrs.evolve(connection, at_namesrv=False, requests=_told(connection)))


def _told(connection: Connection) -> tuple[Sent, ...]:
    """Requests that will never be read: whoever waits for an answer is told so when the broker notices."""
    return tuple(message for message in connection.requests if message.tag is not None and connection.at_broker)


def forgotten(link: Link, slot: int) -> Link:
    """The NameServer has nothing left to do for a connection that it has closed. Whoever waits for an answer waits in vain."""
    connection = link.slots[slot]
    if connection is None:
        return link
    waiting = tuple((Opaque(-1), tag) for _, tag in connection.awaiting if tag is not None)
    return link.with_slot(slot, attrs.evolve(connection, is_remembered=False, awaiting=waiting)).freed()


def broken(link: Link, *, half_open: bool) -> Link | None:
    """The current connection breaks; `None` if there is none that works."""
    slot = link.current
    connection = None if slot is None else link.slots[slot]
    if slot is None or connection is None or not connection.works:
        return None
    lost = attrs.evolve(connection, is_broken=True, is_half_open=half_open)
    if half_open:  # what was on its way never arrives
        unread = tuple((Opaque(-1), message.tag) for message in connection.requests if message.tag is not None)
        lost = attrs.evolve(lost, requests=(), awaiting=(*connection.awaiting, *unread))
    return link.with_slot(slot, lost)
