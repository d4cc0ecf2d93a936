"""Pages of runs that nobody has recorded: counterexamples of the explorer, of the proofs, and the catalogue's anomalies.

Here every state is known, so a page shows one way, step by step, and marks what the model itself says is broken: also promises,
which no table shows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from namesrv.check.anomaly_story import sentence as told_as
from namesrv.check.describe import describe_answer, describe_body, describe_request, describe_version
from namesrv.check.recorded.book import NAMESRV, Book, Row, lines_beside, lines_of
from namesrv.check.system_story import sentence
from namesrv.explore.catalogue import Anomaly, apply
from namesrv.explore.peers import Told
from namesrv.explore.product import Move, Product, State, broken
from namesrv.model.events import Answered, Applied, ChannelClosed, Received
from namesrv.model.profiles import Profile
from namesrv.model.state import ClosedConnection, Scan
from namesrv.model.system.broker_part import BrokerPart
from namesrv.model.system.client_part import ClientPart
from namesrv.model.system.nameserver_part import NameServerPart, Said, internal_steps

NS_PER_STEP: Final = 1_000_000_000
AGAIN: Final = "a part of what happens again and again"
ORDER_ONLY: Final = "The times are only for the order."


# A system of several ------------------------------------------------------------------------------------------------


def book_of_moves(
    product: Product, story: Iterable[Move], profile: Profile, title: str, loop: tuple[Move, ...] = ()
) -> Book:
    """A run of the explorer's from the system's beginning, with what brokers, NameServers and clients hold after each move.

    `loop`: what then happens again and again.
    """
    book = Book(title, numbered=False)
    name_servers = [name for name in product.components if name.startswith(NAMESRV)]
    book.lead = f"A run of the model of {profile.name}, the shortest of its kind. {ORDER_ONLY}"
    for name in product.components:
        if name.startswith(("broker", "client")):
            book.between(name, name_servers[0])
    first, *_ = [book.between(name, name) for name in name_servers]
    row = Row(at_ns=0, kind="note", text="nobody is registered", connection=first)
    book.add_known(row, _held(product, product.initial), broken(product, product.initial))
    told = tuple(story)
    for number, move in enumerate((*told, *loop), 1):
        kind, who, whom = _direction(move.rule, product.components)
        row = Row(
            at_ns=number * NS_PER_STEP,
            kind=kind,
            text=sentence(move),
            connection=book.between(who, whom or name_servers[0]),
            to_namesrv=kind != "answer",
            about=(AGAIN,) if number > len(told) else (),
        )
        book.add_known(row, _held(product, move.after), broken(product, move.after))
    book.verdict = "violated"
    return book


def _direction(rule: str, components: tuple[str, ...]) -> tuple[str, str, str | None]:
    """What kind of row a move is, who takes part in it, and with which NameServer: `None` where it is with none.

    The longest names first: *broker 1* is no part of *broker 12*.
    """
    concerned: list[tuple[int, str]] = []
    rest = rule
    for name in sorted(components, key=len, reverse=True):
        if name.startswith(("broker", "client", NAMESRV)) and name in rest:
            concerned.append((rest.index(name), name))
            rest = rest.replace(name, " " * len(name))
    names = [name for _, name in sorted(concerned)]
    homes = [name for name in names if name.startswith(NAMESRV)]
    others = [name for name in names if not name.startswith(NAMESRV)]
    who = (others or homes)[0]
    whom = homes[0] if homes else None
    if not others or not homes:
        return "note", who, whom
    if " reads from " in rule or " polls " in rule or " asks " in rule:
        return "request", who, whom
    if " hears from " in rule:
        return "answer", who, whom
    return "note", who, whom


def _held(product: Product, state: State) -> Iterator[str]:
    """Every component's lines, behind its name."""
    for name, local in zip(product.components, state, strict=True):
        match local:
            case NameServerPart():
                lines: Iterable[str] = _of_part(local)
            case BrokerPart():
                lines = [_of_broker(local)]
            case ClientPart():
                route = "no route" if local.told is None else describe_body(local.told)
                lines = [f"asks {NAMESRV} {local.name_server + 1} for {local.topic}: {route}"]
            case _:
                continue
        yield from (f"{name}: {line}" for line in lines)


def _of_part(part: NameServerPart) -> Iterator[str]:
    yield from lines_of(part.state.tables)
    yield from lines_beside(part.state)
    for task in part.state.tasks:
        match task.job:
            case ClosedConnection():
                yield f"in work: the end of connection {task.channel}"
            case Scan():
                yield "in work: a scan"
            case request:
                yield f"in work: {describe_request(request)}"


def _of_broker(part: BrokerPart) -> str:
    settings, state = part.settings, part.state
    place = f"{settings.cluster_name} {settings.broker_name}/{settings.broker_id if state is None else state.broker_id}"
    if state is None:
        return f"{place} {settings.broker_addr} is down"
    topics = " ".join(f"{name} r{c.read_queue_nums} w{c.write_queue_nums} p{c.perm}"
                      for name, c in sorted(state.topic_config_table.items()))  # fmt: skip
    how = "shuts down" if state.is_shutdown else "runs"
    return f"{place} {settings.broker_addr} {how}, {describe_version(state.data_version)}, has {topics or 'no topics'}"


# One NameServer and whoever speaks to it ----------------------------------------------------------------------------


@attrs.frozen
class Taken:
    """One step of a way: what was told (the story's number), or what the NameServer did by itself; and the state after it."""

    number: int | None
    said: tuple[Said, ...]
    part: NameServerPart


def way_of(story: tuple[Told, ...], profile: Profile, wanted: frozenset[str]) -> tuple[Taken, ...] | None:
    """The shortest way in which the story ends with all of `wanted` broken; `None` if it never does."""
    start = (0, NameServerPart())
    before: dict[tuple[int, NameServerPart], tuple[tuple[int, NameServerPart], Taken] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at[0] == len(story) and wanted <= at[1].broken:
            way: list[Taken] = []
            while (step := before[at]) is not None:
                at, taken = step
                way.append(taken)
            return tuple(reversed(way))
        for taken in _next(story, at, profile):
            after = (at[0] if taken.number is None else taken.number + 1, taken.part)
            if after not in before:
                before[after] = at, taken
                waiting.append(after)
    return None


def _next(story: tuple[Told, ...], at: tuple[int, NameServerPart], profile: Profile) -> Iterator[Taken]:
    """As `namesrv.explore.catalogue.outcomes` goes on."""
    number, part = at
    for after, said in internal_steps(part, profile):
        yield Taken(None, said, after)
    if number < len(story):
        told = story[number]
        is_at_once = told.at_once and not profile.atomic_requests
        is_there = not isinstance(told.happening, Received) or told.happening.channel not in part.closed
        if (is_at_once or part.is_at_rest) and is_there:
            yield Taken(number, (), apply(part, told.happening, profile))


def book_of_anomaly(anomaly: Anomaly, profile: Profile, title: str) -> Book:
    """Its story in the profile in which it was found."""
    book = book_of_story(anomaly.story, profile, anomaly.broken, title)
    assert book is not None, f"{anomaly.profile} breaks {', '.join(sorted(anomaly.broken))} with this story"
    return book


def book_of_story(story: tuple[Told, ...], profile: Profile, wanted: frozenset[str], title: str) -> Book | None:
    """A story of one NameServer, with every step that it makes itself; `None` if it does not come to that."""
    way = way_of(story, profile, wanted)
    if way is None:
        return None
    book = Book(title)
    book.lead = f"One way in which {profile.name} comes to it, every step of its own told, too. {ORDER_ONLY}"
    asked: dict[tuple[int, int], int] = {}
    for number, taken in enumerate(way, 1):
        for row in _rows(story, taken, number, asked, book):
            book.add_known(row, _of_part(taken.part), taken.part.broken)
    book.verdict = "violated"
    return book


def _rows(
    story: tuple[Told, ...], taken: Taken, number: int, asked: dict[tuple[int, int], int], book: Book
) -> Iterator[Row]:
    at_ns = number * NS_PER_STEP
    if taken.number is not None:
        happening = story[taken.number].happening
        text = told_as(story[taken.number])
        match happening:
            case Received():
                book.speaks(happening.channel, happening.request)
                asked[happening.channel, happening.opaque] = book.count
                yield Row(at_ns=at_ns, kind="request", text=text, connection=happening.channel)
            case ChannelClosed():
                book.speaks(happening.channel, None)
                yield Row(at_ns=at_ns, kind="close", text=text, connection=happening.channel)
            case _:
                yield Row(at_ns=at_ns, kind="note", text=text)
        return
    rules = [f"{said.table}/{said.rule}" for said in taken.said if isinstance(said, Applied)]
    answers = [said for said in taken.said if isinstance(said, Answered)]
    if rules or not answers:
        words = f"the NameServer goes on: {', '.join(rules)}" if rules else "the NameServer goes on"
        yield Row(at_ns=at_ns, kind="note", text=words)
    for answer in answers:
        yield Row(at_ns=at_ns, kind="answer", text=describe_answer(answer.answer), connection=answer.channel,
                  to_namesrv=False, answers=asked.get((answer.channel, answer.opaque)))  # fmt: skip
