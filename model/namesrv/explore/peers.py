"""One NameServer and whoever may speak to it: peers that send any request of a small alphabet at any time.

Real brokers are peers that behave. What real brokers can do to a NameServer, peers can; what peers can do beyond that, a foreign
or broken program can. A theme is an alphabet that keeps to one subject, so that it can be looked at to the end.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from typing import Any, Final

import attrs

from namesrv.explore.product import Invariant, Product, Rule, Stage
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    DeleteTopicInNamesrv,
    Event,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    ScanNotActiveBroker,
    UnregisterBroker,
    WipeWritePermOfBroker,
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
    TopicQueueMappingInfo,
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

    `before`: what has been answered when it begins, one after the other.
    """

    name: str
    about: str
    alphabet: tuple[tuple[Channel, Request], ...]
    requests: int
    at_once: int = 1
    silence: bool = False
    before: tuple[tuple[Channel, Request], ...] = ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The connections."""
        return tuple(sorted({channel for channel, _ in (*self.before, *self.alphabet)}))

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
        Rule(f"request {number}", (Stage(looks_at, _request(theme, profile, channel, request)),))
        for number, (channel, request) in enumerate(theme.alphabet)
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


def _request(theme: Theme, profile: Profile, channel: Channel, request: Request) -> Any:
    def act(at: tuple[int, NameServerPart], _: Hashable) -> Ways:
        left, part = at
        tasks = part.state.tasks
        if not left or len(tasks) >= theme.at_once or (theme.at_once == 1 and not part.is_at_rest):
            return
        if channel in part.closed:  # nothing is read any more from a connection that is closed
            return
        used = {task.opaque for task in tasks if task.channel == channel}
        opaque = next(Opaque(number) for number in range(1, len(used) + 2) if number not in used)
        event = Received(channel=channel, opaque=opaque, request=request)
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
    for key in tables.broker_live_table:
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


PLACES: Final = (("C1", "a", 0), ("C1", "a", 1), ("C1", "b", 0), ("C2", "a", 0))

_MAPPING: Final = TopicQueueMappingInfo(topic="t1", bname="a", total_queues=2, curr_id_map=table({0: 0, 1: 1}))
_FOREIGN: Final = attrs.evolve(_MAPPING, bname="b")
_LATER: Final = DataVersion(counter=1, timestamp=3)
_OUTRANKS: Final = DataVersion(state_version=1, counter=1, timestamp=1)
_FOREVER: Final = (1 << 63) - 1

THEMES: Final = (
    Theme(
        name="places",
        about="two addresses, each over a connection of its own, at any of four places",
        alphabet=tuple(
            (channel, make(addr, place))
            for (channel, addr), place in product(((ONE, H1), (TWO, H2)), PLACES)
            for make in (registration, unregistration)
        ),
        requests=4,
    ),
    Theme(
        name="versions",
        about="one place, every order of versions and bodies, and a second claimant",
        alphabet=tuple(
            (ONE, registration(topics=topics, version=version))
            for topics, version in product(
                ({"t1": 4, "t2": 4}, {"t1": 8, "t2": 4}, {"t1": 8}, {}), (V1, V2, _LATER, _OUTRANKS)
            )
        )
        + tuple((TWO, registration(H2, topics=topics)) for topics in ({"t1": 4, "t2": 4}, {"t3": 4}, {"t1": 4}, {}))
        + (
            (TWO, registration(H2, version=_OUTRANKS)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, registration()),
            (TWO, registration(version=V2, topics={"t1": 8, "t2": 4})),
        ),
        requests=4,
    ),
    Theme(
        name="connections",
        about="two addresses over two connections, either over either, with silence and scans",
        alphabet=(
            *(
                (channel, make(addr, ("C1", name, 0)))
                for channel, (addr, name) in product((ONE, TWO), ((H1, "a"), (H2, "b")))
                for make in (registration, unregistration)
            ),
            (ONE, registration(H1, ("C1", "b", 0))),
        ),
        requests=4,
        silence=True,
    ),
    Theme(
        name="races",
        about="a registration, its withdrawal and its connection's end, at the same time",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(version=V2, topics={"t1": 8, "t2": 4})),
            (ONE, unregistration()),
            (TWO, registration()),
            (TWO, registration(H2)),
            (TWO, unregistration()),
        ),
        requests=3,
        at_once=2,
        silence=True,
    ),
    Theme(
        name="groups",
        about="masters and slaves of one name that may act for each other",
        alphabet=(
            *(
                (channel, registration(addr, ("C1", "a", broker_id), enable_acting_master=acting))
                for (channel, addr, broker_id), acting in product(
                    ((ONE, H1, 0), (TWO, H2, 1), (TWO, H2, 0), (ONE, H1, 2)), (None, True, False)
                )
            ),
            (ONE, unregistration()),
            (TWO, unregistration(H2, ("C1", "a", 1))),
        ),
        requests=4,
    ),
    Theme(
        name="leftovers",
        about="topic-queue mappings, filter servers, own timeouts, signs of life",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(mappings={"t1": _MAPPING}, version=V2)),
            (ONE, registration(filters=("f1:1",))),
            (ONE, registration(filters=None)),
            (ONE, registration(topics={"t1": 4}, filters=("f1:1",))),
            (ONE, registration(place=("C2", "a", 0), filters=("f1:1",))),
            (ONE, registration(heartbeat_timeout_ms=_FOREVER)),
            (ONE, registration(heartbeat_timeout_ms=-1)),
            (TWO, registration(H2, filters=("f2:1",))),
            (TWO, registration(H2, version=_OUTRANKS, filters=("f2:1",))),
            (TWO, BrokerHeartbeat(cluster_name="C1", broker_addr=H1, broker_name="a")),
            (TWO, question(H1, V1)),
            (ONE, unregistration()),
        ),
        requests=4,
        silence=True,
    ),
    Theme(
        name="parts",
        about="requests with parts missing or out of range",
        alphabet=(
            *(
                (ONE, make(addr, place))
                for make in (registration, unregistration)
                for addr, place in (
                    (H1, ("C1", "a", 0)),
                    (None, ("C1", "a", 0)),
                    (H1, (None, "a", 0)),
                    (H1, ("C1", None, 0)),
                    (H1, ("C1", "a", None)),
                    (H1, ("C1", "a", -1)),
                )
            ),
            (ONE, registration(version=None)),
            (ONE, registration(version=DataVersion(counter=None, timestamp=1))),
            (
                ONE,
                attrs.evolve(registration(), body=RegisterBrokerBody(topic_config_table=None, data_version=V1)),
            ),
            (ONE, attrs.evolve(registration(), body=None, body_error="RuntimeException")),
            (ONE, attrs.evolve(registration(), crc32_matches=False)),
            (TWO, registration(H2)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, unregistration(H2)),
        ),
        requests=3,
    ),
    Theme(
        name="claims",
        about="a place held by a newer stateVersion, claimed by who stands elsewhere; other names' mappings",
        alphabet=(
            (TWO, registration(H2, version=_OUTRANKS)),
            (ONE, registration()),
            (ONE, registration(place=("C1", "b", 0), filters=("f1:1",))),
            (ONE, registration(place=("C2", "b", 0))),
            (ONE, registration(None, ("C2", "a", 0))),
            (ONE, registration(mappings={"t1": _FOREIGN})),
        ),
        requests=3,
    ),
    Theme(
        name="administrators",
        about="write permissions taken away and given back, topics deleted and put by hand, while brokers come and go",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(version=V2)),
            (ONE, registration(perm=PERM_READ)),
            (ONE, unregistration()),
            (TWO, registration(H2)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, registration(H2, ("C1", "b", 0))),
            (TWO, WipeWritePermOfBroker(broker_name="a")),
            (TWO, AddWritePermOfBroker(broker_name="a")),
            (TWO, DeleteTopicInNamesrv(topic="t1")),
            (TWO, DeleteTopicInNamesrv(topic="t1", cluster_name="C1")),
            (TWO, topic_by_hand("t1", "a")),
            (TWO, topic_by_hand("t3", "b", "a")),
        ),
        requests=4,
    ),
    Theme(
        name="nulls",
        about="null names and null addresses met by closes and scans",
        alphabet=(
            (ONE, registration(place=("C1", "b", 0), filters=("f1:1",))),
            (ONE, registration(H2, ("C1", "c", 0))),
            (ONE, registration(place=("C1", None, 0))),
            (
                TWO,
                registration(None, filters=("f2:1",)),
            ),  # of names with one letter, Java's hash table has the first first
        ),
        requests=3,
        silence=True,
    ),
    Theme(
        name="null races",
        about="an address that takes a null name while it is removed from beside a null address",
        before=((ONE, registration(place=("C1", "b", -1))), (TWO, registration(None, ("C1", "b", 0)))),
        alphabet=((TWO, registration(place=("C1", None, 0))),),
        requests=2,
        at_once=2,
    ),
    Theme(
        name="null batches",
        about="one who leaves, and an unregistration without a cluster name that ends the batch in which it is removed",
        before=((ONE, registration()),),
        alphabet=((ONE, unregistration()), (TWO, unregistration(H2, (None, "b", 0)))),
        requests=2,
        at_once=2,
    ),
)
"""Every theme."""
