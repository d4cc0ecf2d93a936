"""Which brokers, topics and NameServers of a scope may change places without making any difference, and the renamings for it.

- *Broker names* that have equally many brokers, each with all of them. Brokers of one name can't change places: their ids say who
  is the master.
- *Topics*, but for the one that every broker has and nobody changes.
- *NameServers*, where no broker shuts down orderly: it unregisters with one after the other, in the order of its list.

A renaming goes through everything that a local state holds. It refuses what it does not know how to rename: a scope with such
parts has no symmetries here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import permutations, product
from math import factorial, prod
from re import findall
from typing import Any, Final

import attrs
from rpds import HashTrieMap

from namesrv.explore.product import Local, Product, Symmetry
from namesrv.explore.registration import Layout
from namesrv.model.broker_events import ReceivedAnswer
from namesrv.model.broker_state import BrokerState, UnderWay, Unregistering
from namesrv.model.ledger import Ledger, Stay
from namesrv.model.state import BrokerLiveInfo, Task
from namesrv.model.system.acts import FEW, settings_of
from namesrv.model.system.broker_part import LEAVING
from namesrv.model.system.link import SLOTS, Connection, Link, Sent, channel_of
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import Scope
from namesrv.model.values import table

MOST: Final = 24
"""Renamings at most, the one that changes nothing included: each costs every state that is met a look."""

_UNDERSTOOD: Final = frozenset(
    {"brokers", "namesrvs", "topics", "versions", "faults", "deletes", "names", "forced", "extended", "kinds"}
)
"""The fields of a scope whose meaning is known here."""


class NotRenamed(ValueError):
    """A local state holds something of which nobody has said how it is renamed."""


def symmetric(system: Product, scope: Scope) -> Product:
    """The registration system of that scope, with its symmetries; without, if it has parts that are not known here."""
    return attrs.evolve(system, symmetries=registration_symmetries(system, scope))


def registration_symmetries(system: Product, scope: Scope) -> tuple[Symmetry, ...]:
    """A group of symmetries, the identity left out: as many as `MOST` allows."""
    layout = Layout(scope)
    if not _is_understood(scope) or system.components != layout.names:
        return ()
    chosen = _fewer([*_names(scope), _topics(scope), _namesrvs(scope)])
    brokers = tuple(settings_of(scope, broker) for broker in range(scope.brokers))
    found = []
    for permuted in product(*(permutations(alike) for alike in chosen)):
        *names, topics, namesrvs = (
            dict(zip(alike, to, strict=True)) for alike, to in zip(chosen, permuted, strict=True)
        )
        moved_names: dict[int, int] = {}
        for each in names:
            moved_names |= each
        moved = {
            b: b - b % scope.names + moved_names.get(b % scope.names, b % scope.names) for b in range(scope.brokers)
        }
        strings = {f"t{one + 1}": f"t{other + 1}" for one, other in topics.items()}
        strings |= {brokers[b].broker_name: brokers[to].broker_name for b, to in moved.items()}
        strings |= {brokers[b].broker_addr: brokers[to].broker_addr for b, to in moved.items()}
        channels: dict[int, int] = {
            channel_of(b, slot): channel_of(to, slot) for b, to in moved.items() for slot in range(SLOTS)
        }
        renaming = Renaming(strings=strings, channels=channels, namesrvs=namesrvs)
        if renaming.changes_anything:
            found.append(_symmetry(layout, moved, namesrvs, renaming))
    return tuple(found)


def _symmetry(layout: Layout, brokers: Mapping[int, int], namesrvs: Mapping[int, int], renaming: Renaming) -> Symmetry:
    """Whatever stands at a broker, link or NameServer goes to the one that it is renamed to."""
    source = list(range(len(layout.names)))
    relabel: list[Callable[[Local], Local] | None] = [renaming] * len(layout.names)
    relabel[0] = None  # the budget names nobody
    for b, b_to in brokers.items():
        source[layout.broker(b_to)] = layout.broker(b)
        for n in range(layout.scope.namesrvs):
            source[layout.link(b_to, namesrvs.get(n, n))] = layout.link(b, n)
    for n, n_to in namesrvs.items():
        source[layout.namesrv(n_to)] = layout.namesrv(n)
    return Symmetry(tuple(source), tuple(relabel))


# What may change places -------------------------------------------------------------------------------------------


def _is_understood(scope: Scope) -> bool:
    return all(
        field.name in _UNDERSTOOD or getattr(scope, field.name) == field.default for field in attrs.fields(type(scope))
    )


def _names(scope: Scope) -> list[tuple[int, ...]]:
    """Broker names with equally many brokers. None if there are more brokers than have an address of their own for moving."""
    if scope.brokers > FEW:
        return []
    names = range(min(scope.names, scope.brokers))
    larger = scope.brokers % scope.names if scope.brokers > scope.names else 0
    return [alike for alike in (tuple(names[:larger]), tuple(names[larger:])) if alike]


def _topics(scope: Scope) -> tuple[int, ...]:
    return tuple(range(scope.topics))


def _namesrvs(scope: Scope) -> tuple[int, ...]:
    """One after the other is told by a broker that shuts down (`BrokerOuterAPI.unregisterBrokerAll`, 5.5.0): no two are alike."""
    in_order = scope.faults and "crash" in scope.kinds
    return () if in_order else tuple(range(scope.namesrvs))


def _fewer(alike: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Some of each, so that there are at most `MOST` ways to permute them: the others stay where they are."""
    chosen = list(alike)
    while prod(factorial(len(each)) for each in chosen) > MOST:
        longest = max(range(len(chosen)), key=lambda index: len(chosen[index]))
        chosen[longest] = chosen[longest][:-1]
    return chosen


# Renaming ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False)
class Renaming:
    """`strings`: broker names, addresses and topics, wherever they stand; `channels`, `namesrvs`: numbers of connections and of
    NameServers, where `_ROLES` says that one stands. What is not named stays."""

    strings: Mapping[str, str]
    channels: Mapping[int, int]
    namesrvs: Mapping[int, int]
    _renamed: dict[int, tuple[Any, Any]] = attrs.field(factory=dict, init=False)
    """By identity, with what had it: local states share most of their parts."""

    @property
    def changes_anything(self) -> bool:
        """Whether it is not the identity."""
        return any(one != other for each in (self.strings, self.channels, self.namesrvs) for one, other in each.items())

    def __call__(self, value: Any) -> Any:
        """The renamed value; the same object where nothing has to be renamed. Raises `NotRenamed`."""
        match value:
            case str():
                return self.strings.get(value, value)
            case None | int() | Enum():
                return value
            case tuple():
                return _same(value, tuple([self(each) for each in value]))
            case frozenset():
                return frozenset([self(each) for each in value])
        known = self._renamed.get(id(value))
        if known is None:
            known = self._renamed[id(value)] = value, self._part(value)
        return known[1]

    def _part(self, value: Any) -> Any:
        if isinstance(value, HashTrieMap):
            pairs = [(self(key), self(each)) for key, each in value.items()]
            return value if all(value.get(key) is each for key, each in pairs) else table(pairs)
        if attrs.has(type(value)):
            return self._object(value)
        raise NotRenamed(f"symmetry: expected values of the model, got {type(value).__name__}: {value!r}")

    def _object(self, value: Any) -> Any:
        changed = {}
        for name, role in _fields(type(value)):
            before = getattr(value, name)
            after = self(before) if role is None else role(self, before)
            if after is not before:  # `!=` of two maps is not to be trusted in rpds
                changed[name] = after
        return attrs.evolve(value, **changed) if changed else value

    def channel(self, channel: int) -> int:
        """The number of a connection."""
        return self.channels.get(channel, channel)

    def namesrv(self, namesrv: int) -> int:
        """The number of a NameServer; one too many stands for their end."""
        return self.namesrvs.get(namesrv, namesrv)

    def call(self, call: int | None) -> int | None:
        """The number of a broker's call, which says whom it went to (`broker_part`)."""
        if call is None:
            return None
        return LEAVING + self.namesrv(call - LEAVING) if call >= LEAVING else self.namesrv(call)


def _same(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    return before if all(one is other for one, other in zip(before, after, strict=True)) else after


Role = Callable[[Renaming, Any], Any]

_ROLES: Final[dict[tuple[type, str], Role]] = {
    (BrokerLiveInfo, "channel"): Renaming.channel,
    (Stay, "channel"): Renaming.channel,
    (Task, "channel"): Renaming.channel,
    (NameServerPart, "closed"): lambda r, closed: frozenset(map(r.channel, closed)),
    (Ledger, "touched"): lambda r, tasks: frozenset((r.channel(channel), opaque) for channel, opaque in tasks),
    (Ledger, "overtaken"): lambda r, tasks: frozenset((r.channel(channel), opaque) for channel, opaque in tasks),
    (BrokerState, "available"): lambda r, namesrvs: frozenset(map(r.namesrv, namesrvs)),
    (UnderWay, "waiting"): lambda r, calls: table({r.call(call): r.namesrv(n) for call, n in calls.items()}),
    (Unregistering, "name_server"): Renaming.namesrv,
    (Unregistering, "call"): Renaming.call,
    (ReceivedAnswer, "call"): lambda _, nobody: nobody,  # of what is kept of an answer: always 0
    (Sent, "tag"): Renaming.call,
    (Connection, "awaiting"): lambda r, calls: tuple((opaque, r.call(tag)) for opaque, tag in calls),
    (Connection, "answers"): lambda r, answers: tuple((r.call(tag), r(answer)) for tag, answer in answers),
    (Link, "failed"): lambda r, calls: tuple(map(r.call, calls)),
}
"""Where a number is that of a connection, a NameServer or a call, and how it is renamed there."""

_NUMBERED: Final = frozenset({"Channel", "NameServerIndex", "Call", "Tag"})
"""Words in a field's type by which such a number is known."""

_known: dict[type, tuple[tuple[str, Role | None], ...]] = {}


def _fields(kind: type) -> tuple[tuple[str, Role | None], ...]:
    if kind not in _known:
        _known[kind] = tuple(_roles_of(kind))
    return _known[kind]


def _roles_of(kind: type) -> Iterator[tuple[str, Role | None]]:
    for field in attrs.fields(kind):
        role = _ROLES.get((kind, field.name))
        said = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        if role is None and not _NUMBERED.isdisjoint(findall(r"\w+", said)):
            raise NotRenamed(f"symmetry: expected to know how {kind.__name__}.{field.name} is renamed, which is {said}")
        yield field.name, role
