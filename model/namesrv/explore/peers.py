"""One NameServer and whoever may speak to it: peers that send any request of a small alphabet at any time.

Real brokers are peers that behave. What real brokers can do to a NameServer, peers can; what peers can do beyond that, a foreign
or broken program can. A theme is an alphabet that keeps to one subject, so that it can be looked at to the end.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, Final

import attrs

from namesrv.explore.product import Invariant, Product, Rule, Stage
from namesrv.model.events import (
    Channel,
    ChannelClosed,
    Event,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    ScanNotActiveBroker,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.promises import NAMES
from namesrv.model.state import Scan
from namesrv.model.system.nameserver_part import (
    NameServerPart,
    became_stale,
    happened,
    internal_steps,
    is_stale,
    settled,
)
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    BrokerAddrInfo,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    table,
)

LEFT, NAMESRV = 0, 1
"""The components: how many requests and closes are left, and the NameServer."""


@attrs.frozen
class Silent:
    """The address has not been heard of for longer than its timeout."""

    key: BrokerAddrInfo


Happening = Event | Silent
"""What comes from outside."""


@attrs.frozen
class Told:
    """One sentence of a story. `at_once`: it happens while the NameServer is not yet done with what came before."""

    happening: Happening
    at_once: bool


@attrs.frozen(kw_only=True)
class Theme:
    """An alphabet: each connection's requests. `at_once`: how many may be in work together; `requests`: in the whole run.

    `oneway`: more of the alphabet, to which no answer is sent. `before`: what has been answered when it begins, one after the
    other.
    """

    name: str
    about: str
    alphabet: tuple[tuple[Channel, Request], ...]
    requests: int
    at_once: int = 1
    silence: bool = False
    before: tuple[tuple[Channel, Request], ...] = ()
    oneway: tuple[tuple[Channel, Request], ...] = ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The connections."""
        return tuple(sorted({channel for channel, _ in (*self.before, *self.alphabet, *self.oneway)}))

    @property
    def letters(self) -> tuple[tuple[Channel, Request, bool], ...]:
        """What may come in its run: over which connection, what, and whether one-way."""
        return (*((*asked, False) for asked in self.alphabet), *((*said, True) for said in self.oneway))

    @property
    def told_before(self) -> tuple[Told, ...]:
        """How its stories begin."""
        opaque = Opaque(1)
        return tuple(
            Told(Received(channel=channel, opaque=opaque, request=request), at_once=False)
            for channel, request in self.before
        )

    def begun(self, profile: Profile) -> NameServerPart:
        """The NameServer then, at rest: one request after the other goes one way only."""
        part = NameServerPart()
        for told in self.told_before:
            assert not isinstance(told.happening, Silent)
            part, _ = happened(part, told.happening, profile)
            part, _ = settled(part, profile)
        return part


def peers(theme: Theme, profile: Profile) -> Product:
    """The theme against a NameServer of that profile."""
    looks_at = (LEFT, NAMESRV)
    rules = [
        Rule(f"request {number}", (Stage(looks_at, _request(theme, profile, channel, request, oneway=oneway)),))
        for number, (channel, request, oneway) in enumerate(theme.letters)
    ]
    rules += [
        Rule(f"close {channel}", (Stage(looks_at, _close(theme, profile, channel)),)) for channel in theme.channels
    ]
    rules.append(Rule("work", (Stage((NAMESRV,), _work(profile)),)))
    if theme.silence:
        rules.append(Rule("silence", (Stage((NAMESRV,), _silence),)))
        rules.append(Rule("scan", (Stage((NAMESRV,), _scan(profile)),)))
    invariants = tuple(Invariant(name, (NAMESRV,), _not_broken(name)) for name in NAMES)
    initial = (theme.requests, theme.begun(profile))
    return Product(components=("left", "NameServer"), initial=initial, rules=tuple(rules), invariants=invariants)


Ways = Iterator[tuple[tuple[Any, ...], Hashable]]


def _not_broken(name: str) -> Any:
    return lambda at: name not in at[0].broken


def _outside(part: NameServerPart, event: Event, profile: Profile) -> NameServerPart:
    part, said = happened(part, event, profile)
    return settled(part, profile, said)[0] if profile.atomic_requests else part


def _request(theme: Theme, profile: Profile, channel: Channel, request: Request, *, oneway: bool) -> Any:
    def act(at: tuple[int, NameServerPart], _: Hashable) -> Ways:
        left, part = at
        tasks = part.state.tasks
        if not left or len(tasks) >= theme.at_once or (theme.at_once == 1 and not part.is_at_rest):
            return
        if channel in part.closed:  # nothing is read any more from a connection that is closed
            return
        used = {task.opaque for task in tasks if task.channel == channel}
        opaque = next(Opaque(number) for number in range(1, len(used) + 2) if number not in used)
        event = Received(channel=channel, opaque=opaque, request=request, oneway=oneway)
        yield (left - 1, _outside(part, event, profile)), Told(event, not part.is_at_rest)

    return act


def _close(theme: Theme, profile: Profile, channel: Channel) -> Any:
    def act(at: tuple[int, NameServerPart], _: Hashable) -> Ways:
        left, part = at
        if not left or (theme.at_once == 1 and not part.is_at_rest):
            return
        live = part.state.tables.broker_live_table
        if all(info.channel != channel for info in live.values()) or channel in part.closed:
            return
        event = ChannelClosed(channel=channel)
        yield (left - 1, _outside(part, event, profile)), Told(event, not part.is_at_rest)

    return act


def _work(profile: Profile) -> Any:
    def act(at: tuple[NameServerPart], _: Hashable) -> Ways:
        for after, _said in internal_steps(at[0], profile):
            yield (after,), None

    return act


def _silence(at: tuple[NameServerPart], _: Hashable) -> Ways:
    (part,) = at
    tables = part.state.tables
    # In an order of its own: a map's is another one in each process, and the first of two like stories is the one that is told.
    for key in sorted(tables.broker_live_table, key=repr):
        if part.is_at_rest and not is_stale(tables, key):
            yield (became_stale(part, key),), Told(Silent(key), at_once=False)


def _scan(profile: Profile) -> Any:
    def act(at: tuple[NameServerPart], _: Hashable) -> Ways:
        (part,) = at
        tables = part.state.tables
        if any(isinstance(task.job, Scan) for task in part.state.tasks) or part.state.scan_stopped:
            return
        if part.is_at_rest and any(is_stale(tables, key) for key in tables.broker_live_table):
            event = ScanNotActiveBroker()
            yield (_outside(part, event, profile),), Told(event, at_once=False)

    return act


# Alphabets --------------------------------------------------------------------------------------------------------

ONE, TWO = Channel(1), Channel(2)
H1, H2 = "h1:10911", "h2:10911"
V1: Final = DataVersion(counter=1, timestamp=1)
V2: Final = DataVersion(counter=2, timestamp=2)


def registration(
    addr: str | None = H1,
    place: tuple[str | None, str | None, int | None] = ("C1", "a", 0),
    topics: dict[str, int] | None = None,
    version: DataVersion | None = V1,
    **fields: Any,
) -> RegisterBroker:
    """REGISTER_BROKER; `topics`: queue numbers by name, two of them unless given; `perm` is that of all."""
    cluster, name, broker_id = place
    said = {"t1": 4, "t2": 4} if topics is None else topics
    perm = fields.pop("perm", PERM_READ | PERM_WRITE)
    configs = {t: TopicConfig(topic_name=t, read_queue_nums=q, write_queue_nums=q, perm=perm) for t, q in said.items()}
    body = RegisterBrokerBody(
        topic_config_table=table(configs),
        data_version=version,
        topic_queue_mapping_info_map=table(fields.pop("mappings", {})),
        filter_server_list=fields.pop("filters", ()),
    )
    return RegisterBroker(
        cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=broker_id, body=body, **fields
    )


def unregistration(
    addr: str | None = H1, place: tuple[str | None, str | None, int | None] = ("C1", "a", 0)
) -> UnregisterBroker:
    """UNREGISTER_BROKER."""
    cluster, name, broker_id = place
    return UnregisterBroker(cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=broker_id)


def topic_by_hand(topic: str, *names: str) -> RegisterTopicInNamesrv:
    """REGISTER_TOPIC_IN_NAMESRV: two queues at each of these brokers, to be read and written."""
    perm = PERM_READ | PERM_WRITE
    queues = (
        QueueData(broker_name=name, read_queue_nums=2, write_queue_nums=2, perm=perm, topic_sys_flag=0)
        for name in names
    )
    return RegisterTopicInNamesrv(topic=topic, queue_datas=tuple(queues))


def question(addr: str, version: DataVersion) -> QueryDataVersion:
    """QUERY_DATA_VERSION of the master of `a`."""
    return QueryDataVersion(cluster_name="C1", broker_addr=addr, broker_name="a", broker_id=0, data_version=version)
