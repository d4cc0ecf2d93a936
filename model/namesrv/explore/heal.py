"""What heals an anomaly: the least of what may happen by itself after which every invariant holds again.

Each remedy is tried on the model, from the state in which the anomaly was found. A broker is there if its connection is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import permutations
from typing import Final

import attrs

from namesrv.explore.catalogue import Anomaly, at_rest
from namesrv.model.events import Channel, ChannelClosed, Opaque, Received, RegisterBroker, ScanNotActiveBroker
from namesrv.model.ledger import GONE, Stay
from namesrv.model.profiles import Profile
from namesrv.model.promises import broken_at_rest
from namesrv.model.system.nameserver_part import NameServerPart, became_stale, happened, settled
from namesrv.model.values import DataVersion, RegisterBrokerBody, table

AGAIN: Final = Opaque(900)
"""The number of a registration that is tried."""

NEW_CONNECTIONS: Final = 100
"""Connections that are made after the NameServer has closed the old ones are counted from here."""


class Remedy(Enum):
    """What is enough."""

    FORCED_REGISTRATION = "the next forced registration of the brokers that are there"
    NEWER_VERSION = "only a registration with a newer DataVersion"
    DEPARTURE = "only the departure of one of the brokers, and the others' next forced registration"
    EXPIRY = "expiry, and the registrations after it"
    RESTART = "nothing but a restart of the NameServer"


Broker = tuple[str, Stay]
Ways = list[NameServerPart]


def remedy_of(anomaly: Anomaly, profile: Profile) -> Remedy:
    """The first remedy that works, whichever way the NameServer goes."""
    for remedy, apply in REMEDIES.items():
        for ways in apply(anomaly.after, profile):
            if not any(broken_at_rest(part.state.tables, part.ledger, profile) for part in ways):
                return remedy
    return Remedy.RESTART


def _brokers(part: NameServerPart) -> list[Broker]:
    """By address: the order of a hash table is another one each time."""
    stays = part.ledger.stays.items()
    return sorted(
        ((addr, stay) for addr, stay in stays if addr is not None and stay.channel != GONE),
        key=lambda broker: broker[0],
    )


def _registered(
    part: NameServerPart, profile: Profile, brokers: Iterable[Broker], *, newer: bool = False
) -> NameServerPart:
    for addr, stay in brokers:
        event = Received(channel=stay.channel, opaque=AGAIN, request=_registration(addr, stay, newer=newer))
        part, _ = settled(happened(part, event, profile)[0], profile)
    return part


def _registration(addr: str, stay: Stay, *, newer: bool) -> RegisterBroker:
    """All that the broker has said, once more."""
    version = stay.version
    if newer and version is not None and version.counter is not None:
        version = DataVersion(
            state_version=version.state_version, counter=version.counter + 1, timestamp=version.timestamp + 1
        )
    configs = table({name or "": config for name, config in stay.topics.items()})
    return RegisterBroker(
        cluster_name=stay.cluster_name,
        broker_addr=addr,
        broker_name=stay.broker_name,
        broker_id=stay.broker_id,
        body=RegisterBrokerBody(topic_config_table=configs, data_version=version),
    )


def _forced(part: NameServerPart, profile: Profile) -> Iterator[Ways]:
    yield [_registered(part, profile, _brokers(part))]


def _newer(part: NameServerPart, profile: Profile) -> Iterator[Ways]:
    yield [_registered(part, profile, _brokers(part), newer=True)]


def _departed(part: NameServerPart, profile: Profile) -> Iterator[Ways]:
    """Each connection in turn is closed; whoever speaks over another one registers again."""
    for channel in sorted({stay.channel for _, stay in _brokers(part)}):
        ways = at_rest({happened(part, ChannelClosed(channel=channel), profile)[0]}, profile)
        yield [_registered(left, profile, _brokers(left)) for left in ways]


def _expired(part: NameServerPart, profile: Profile) -> Iterator[Ways]:
    """Everybody is silent for too long, the NameServer scans, and who is there registers again, over a new connection."""
    there = [
        (addr, attrs.evolve(stay, channel=Channel(NEW_CONNECTIONS + number)))
        for number, (addr, stay) in enumerate(_brokers(part))
    ]
    for key in list(part.state.tables.broker_live_table):
        part = became_stale(part, key)
    ways = at_rest({happened(part, ScanNotActiveBroker(), profile)[0]}, profile)
    yield [_registered(left, profile, there) for left in ways]


def registrations_of(part: NameServerPart) -> tuple[RegisterBroker, ...]:
    """What the brokers that are there would say to another NameServer, by address."""
    return tuple(_registration(addr, stay, newer=False) for addr, stay in _brokers(part))


def started_since(part: NameServerPart, profile: Profile) -> Iterator[NameServerPart]:
    """A NameServer that has just been started, at which the brokers that are there have registered: in every order."""
    for brokers in permutations(_brokers(part)):
        yield _registered(NameServerPart(), profile, brokers)


REMEDIES: Final[dict[Remedy, Callable[[NameServerPart, Profile], Iterator[Ways]]]] = {
    Remedy.FORCED_REGISTRATION: _forced,
    Remedy.NEWER_VERSION: _newer,
    Remedy.DEPARTURE: _departed,
    Remedy.EXPIRY: _expired,
}
"""In the order in which they are tried."""
