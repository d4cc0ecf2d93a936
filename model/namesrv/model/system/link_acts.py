"""What happens to the connections between a process of brokers and a NameServer (`namesrv.model.system.link`), as acts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

import attrs

from namesrv.model.broker_events import Call, Send
from namesrv.model.events import Answered, ClosedChannel, Opaque
from namesrv.model.ledger import GONE
from namesrv.model.system import link as links
from namesrv.model.system.broker_part import LEAVING
from namesrv.model.system.link import SLOTS, Link, call_of, channel_of, owner_of, tag_of
from namesrv.model.system.nameserver_part import Forgotten, Said
from namesrv.model.system.scope import Scope

Ways = Iterator[tuple[tuple[Any, ...], Hashable]]
Act = Callable[[tuple[Any, ...], Any], Ways]


@attrs.frozen
class Outward:
    """What a broker does to its connections, link by link.

    `has_ended`: it has shut down; `gives_up`: calls that it waits for no longer; `connects`: it connects first.
    """

    sends: tuple[Send, ...] = ()
    gives_up: frozenset[Call] = frozenset()
    has_ended: bool = False
    connects: bool = False


@attrs.frozen
class Taken:
    """A request that a NameServer has read, and then what it has said so far."""

    slot: int
    message: links.Sent
    opaque: Opaque | None = None
    said: tuple[Said, ...] = ()


class LinkActs:
    """The acts at links; the same under every profile."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def outward(self, name_server: int, member: int = 0) -> Act:
        """What that broker of a process does to the connections to that NameServer."""
        calls = (Call(name_server), Call(LEAVING + name_server))

        def act(at: tuple[Link], told: Outward) -> Ways:
            (link,) = at
            if told.connects:
                link = links.connected(link) or link
            if told.gives_up:
                link = links.nobody_waits(link, frozenset(tag_of(member, call) for call in told.gives_up))
            for send in told.sends:
                if send.name_server == name_server:
                    tag = None if send.call is None else tag_of(member, send.call)
                    link = links.sent(link, send.request, tag, member)
            if told.has_ended and self.scope.shared:  # the process, and the connection with it, goes on
                link = links.nobody_waits(link, frozenset(tag_of(member, call) for call in calls))
            elif told.has_ended:
                link = links.closed_by_broker(link)
            yield (link,), told

        return act

    def end(self, *, half_open: bool) -> Act:
        """The process has ended, with a word to the NameServer or without."""

        def act(at: tuple[Link], told: Any) -> Ways:
            yield (links.closed_by_broker(at[0], half_open=half_open),), told

        return act

    def only_if_idle(self, member: int = 0) -> Act:
        """Only if nothing of that broker is on its way: so that requests in flight stay few."""

        def act(at: tuple[Link], told: Any) -> Ways:
            if at[0].is_idle(member):
                yield at, told

        return act

    def connect(self, at: tuple[Link], told: Any) -> Ways:
        """The broker connects."""
        link = links.connected(at[0])
        if link is not None:
            yield (link,), told

    def take_answer(self, member: int = 0) -> Act:
        """That broker gets to know what has become of a call."""

        def act(at: tuple[Link], told: Any) -> Ways:
            for link, tag, answer in links.answer_taken(at[0]):
                whose, call = call_of(tag) if tag is not None else (0, None)
                if whose == member:
                    yield (link,), (call, answer)

        return act

    def take_request(self, member: int = 0) -> Act:
        """The NameServer reads a request of that broker."""

        def act(at: tuple[Link], told: Any) -> Ways:
            for link, slot, message in links.request_taken(at[0]):
                if message.member == member:
                    yield (link,), Taken(slot, message)

        return act

    def answer_to(self, process: int) -> Act:
        """What came of a request that was read goes back over the link."""

        def act(at: tuple[Link], told: Taken) -> Ways:
            (link,) = at
            if told.opaque is not None and not told.message.oneway:
                link = links.in_work(link, told.slot, told.opaque, told.message.tag)
            yield (_hear(link, process, told.said),), told

        return act

    def hear(self, process: int) -> Act:
        """What a NameServer said, as far as it concerns this process's connections."""

        def act(at: tuple[Link], told: tuple[Said, ...]) -> Ways:
            yield (_hear(at[0], process, told),), told

        return act

    def lose(self, *, half_open: bool) -> Act:
        """The connection breaks."""

        def act(at: tuple[Link], told: Any) -> Ways:
            link = links.broken(at[0], half_open=half_open)
            if link is not None:
                yield (link,), told

        return act

    def broker_notices(self, at: tuple[Link], told: Any) -> Ways:
        """The broker notices that its connection is no more."""
        noticed = links.noticed_by_broker(at[0])
        if noticed is not None:
            link, slot = noticed
            yield (link,), slot

    def namesrv_notices(self, at: tuple[Link], told: Any) -> Ways:
        """The NameServer notices that a connection is no more."""
        for link, slot in links.noticed_by_namesrv(at[0]):
            yield (link,), slot

    def channels_that(self, process: int, *, work: bool) -> Act:
        """Says the process's connections that work, or the others."""

        def act(at: tuple[Link], told: Any) -> Ways:
            (link,) = at
            working = {slot for slot, c in enumerate(link.slots) if c is not None and c.works}
            slots = working if work else set(range(SLOTS)) - working
            if slots:
                yield at, frozenset(channel_of(process, slot) for slot in slots)

        return act

    def namesrv_gone(self, at: tuple[Link], told: Any) -> Ways:
        """The NameServer's process has ended: its ends of all connections are closed."""
        (link,) = at
        for slot, connection in enumerate(link.slots):
            if connection is not None:
                link = links.forgotten(links.closed_by_namesrv(link, slot), slot)
        yield (link,), told


def _hear(link: Link, process: int, said: tuple[Said, ...]) -> Link:
    for output in said:
        if not isinstance(output, Answered | ClosedChannel | Forgotten) or output.channel == GONE:
            continue
        owner, slot = owner_of(output.channel)
        if owner != process:
            continue
        match output:
            case Answered():
                link = links.answered(link, slot, output.opaque, output.answer)
            case ClosedChannel():
                link = links.closed_by_namesrv(link, slot)
            case Forgotten():
                link = links.forgotten(link, slot)
    return link
