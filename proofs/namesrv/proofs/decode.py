"""What a solver found, in the model's terms: the run as events to do to a NameServer, a state as lines to read."""

from enum import IntEnum
from typing import Final

import attrs
import z3

from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    DeleteTopicInNamesrv,
    Event,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    ScanNotActiveBroker,
    UnknownRequest,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.state import TABLES, State
from namesrv.proofs.universe import Term, Universe, conj, imp, neg

UNKNOWN_CODE: Final = 11111


@attrs.frozen(kw_only=True)
class Happens:
    """One event of a run, and when: `now_ms` of the NameServer's clock. `transition`: the row that it comes to.

    `in_between`: 4.9.7 has then found an address by its closed connection, and not yet removed it; or 5.x has queued an
    unregistration, and not yet worked it off.
    """

    transition: str
    event: Event | None
    now_ms: int
    expired: str | None = None
    in_between: bool = False


@attrs.frozen
class Decoder:
    """Reads a solver's model of a finite universe."""

    u: Universe
    model: z3.ModelRef

    def is_true(self, term: Term) -> bool:
        """A truth value; what the solver left open is false."""
        return bool(z3.is_true(self.model.eval(term, model_completion=True)))

    def number(self, term: Term) -> int:
        """An integer."""
        return int(self.model.eval(term, model_completion=True).as_long())

    def index(self, sort: str, term: Term) -> int:
        """Which element of the sort."""
        value = self.model.eval(term, model_completion=True)
        return next(n for n, element in enumerate(self.u.elements[sort]) if element.eq(value))

    def word(self, sort: str, term: Term) -> str | None:
        """An address, a name, a cluster or a topic; `None` for null."""
        number = self.index(sort, term)
        if number == 0:
            return None
        if sort == "Cluster":
            return "" if number == 1 else f"C{number - 1}"
        return {"Addr": f"h{number}:10911", "Name": chr(ord("a") + number - 1), "Topic": f"t{number}"}[sort]

    def channel(self, term: Term) -> Channel:
        """A connection, from 1 on."""
        return Channel(self.index("Channel", term) + 1)

    def version(self, term: Term) -> DataVersion | None:
        """A DataVersion."""
        if self.index("Version", term) == 0:
            return None
        counter = self.number(self.u.counter(term)) if self.is_true(self.u.has_counter(term)) else None
        return DataVersion(
            state_version=self.number(self.u.state_version(term)),
            timestamp=self.number(self.u.timestamp(term)),
            counter=counter,
        )

    def config(self, topic: str | None, term: Term) -> TopicConfig:
        """A topic config: those that differ in the write permission only have the same queues."""
        read_only = self.index("Config", self.u.wiped(term))
        perm = PERM_READ | (0 if self.is_true(self.u.wiped(term) == term) else PERM_WRITE)
        return TopicConfig(topic_name=topic, read_queue_nums=read_only + 4, write_queue_nums=read_only + 4, perm=perm)

    def value(self, prefix: str, term: Term) -> str:
        """A zone name, HA address or filter server."""
        return f"{prefix}{self.index('Value', term)}"


def happens(d: Decoder, transition: str, p: Parameters, number: int) -> Happens:
    """What has to be done for that step; `event` is `None` if the NameServer does it by itself."""
    now_ms = d.number(p.now)
    kind, rule = transition.split("/")
    requests = {
        "register_broker": _registration,
        "unregister_broker": _unregistration,
        "query_data_version": _question,
        "broker_heartbeat": _heartbeat,
        "get_route_info_by_topic": lambda *_: GetRouteInfoByTopic(topic="t1"),
        "get_broker_cluster_info": lambda *_: GetBrokerClusterInfo(),
        "get_all_topic_list": lambda *_: GetAllTopicList(),
        "unknown_request": lambda *_: UnknownRequest(code=UNKNOWN_CODE),
        "wipe_write_perm_of_broker": lambda *_: WipeWritePermOfBroker(broker_name=d.word("Name", p.name)),
        "add_write_perm_of_broker": lambda *_: AddWritePermOfBroker(broker_name=d.word("Name", p.name)),
        "delete_topic_in_namesrv": _deletion,
        "register_topic_in_namesrv": _queues,
    }
    event: Event | None = None
    expired = None
    if kind in requests and not rule.startswith("batch"):
        request = requests[kind](d, p)
        event = Received(
            channel=d.channel(p.channel), opaque=Opaque(number), request=request, oneway=d.is_true(p.oneway)
        )
    elif kind == "channel_closed":
        event = ChannelClosed(channel=d.channel(p.channel))
    elif kind == "scan_not_active_broker":
        event = ScanNotActiveBroker()
        expired = d.word("Addr", p.addr)
    return Happens(transition=transition, event=event, now_ms=now_ms, expired=expired)


def _id(d: Decoder, p: Parameters) -> int | None:
    return None if d.is_true(p.no_id) else d.number(p.broker_id)


def _registration(d: Decoder, p: Parameters) -> Request:
    topics = [t for t in d.u.elements["Topic"] if d.is_true(p.topic(t))]
    configs = {d.word("Topic", t) or "": d.config(d.word("Topic", t), p.config(t)) for t in topics}
    if len(configs) == 1 and not d.is_true(
        p.single
    ):  # two entries with one topic name: as good as one that is named twice
        only = next(iter(configs.values()))
        configs[f"{only.topic_name}-again"] = only
    mapped = [t for t in d.u.elements["Topic"] if d.is_true(p.maps(t))]
    mappings = {
        d.word("Topic", t) or "": TopicQueueMappingInfo(
            topic=d.word("Topic", t),
            bname=d.word("Name", p.mapped_name(t)),
            total_queues=d.index("Value", p.mapping(t)) + 1,
        )
        for t in mapped
    }
    filters: tuple[str, ...] | None = None
    if d.is_true(p.has_filters):
        filters = () if d.is_true(p.no_filters) else (d.value("f", p.filters),)
    full: bool | None = None
    if d.is_true(p.full) or d.is_true(p.partial):
        full = d.is_true(p.full)
    body: RegisterBrokerBody | None = RegisterBrokerBody(
        topic_config_table=None if d.is_true(p.absent_table) else table(configs),
        data_version=d.version(p.version),
        topic_queue_mapping_info_map=table(mappings),
        filter_server_list=filters,
    )
    readable = d.is_true(p.readable)
    return RegisterBroker(
        cluster_name=d.word("Cluster", p.cluster),
        broker_addr=d.word("Addr", p.addr),
        broker_name=d.word("Name", p.name),
        broker_id=_id(d, p),
        ha_server_addr=d.value("ha", p.ha),
        heartbeat_timeout_ms=d.number(p.timeout) if d.is_true(p.has_timeout) else None,
        enable_acting_master=d.is_true(p.acting) if d.is_true(p.has_acting) else None,
        zone_name=d.value("z", p.zone),
        full_body=full,
        crc32_matches=d.is_true(p.crc32_matches),
        body=body if readable else None,
        body_error=None if readable else "JSONException",
    )


def _unregistration(d: Decoder, p: Parameters) -> Request:
    return UnregisterBroker(
        cluster_name=d.word("Cluster", p.cluster),
        broker_addr=d.word("Addr", p.addr),
        broker_name=d.word("Name", p.name),
        broker_id=_id(d, p),
    )


def _question(d: Decoder, p: Parameters) -> Request:
    return QueryDataVersion(
        cluster_name=d.word("Cluster", p.cluster),
        broker_addr=d.word("Addr", p.addr),
        broker_name=d.word("Name", p.name),
        broker_id=_id(d, p),
        data_version=d.version(p.version),
        body_error=None if d.is_true(p.readable) else "JSONException",
    )


def _heartbeat(d: Decoder, p: Parameters) -> Request:
    return BrokerHeartbeat(
        cluster_name=d.word("Cluster", p.cluster),
        broker_addr=d.word("Addr", p.addr),
        broker_name=d.word("Name", p.name),
    )


def _deletion(d: Decoder, p: Parameters) -> Request:
    return DeleteTopicInNamesrv(topic=d.word("Topic", p.about), cluster_name=d.word("Cluster", p.cluster))


def _queues(d: Decoder, p: Parameters) -> Request:
    if not d.is_true(p.readable):
        return RegisterTopicInNamesrv(topic=d.word("Topic", p.about), queue_datas=None, body_error="JSONException")
    placed: list[tuple[int, QueueData | None]] = []
    for n in d.u.elements["Name"]:
        if d.is_true(p.listed(n)):
            config = d.config(None, p.queue(n))
            queue = QueueData(
                broker_name=d.word("Name", n),
                read_queue_nums=config.read_queue_nums,
                write_queue_nums=config.write_queue_nums,
                perm=config.perm,
                topic_sys_flag=config.topic_sys_flag,
            )
            placed.append((d.number(p.rank(n)), queue))
    if d.is_true(p.stops):
        placed.append((d.number(p.stop), None))
    queues = tuple(queue for _, queue in sorted(placed, key=lambda each: each[0]))
    return RegisterTopicInNamesrv(topic=d.word("Topic", p.about), queue_datas=queues)


def told(d: Decoder, s: State) -> tuple[str, ...]:
    """A state as lines: what stands, is live, is offered, is queued."""
    return tuple(
        f"{name}({', '.join(_said(d, sort, key) for sort, key in zip(TABLES[name].keys, keys, strict=True))})"
        for name in (
            "holds",
            "in_cluster",
            "live",
            "has_queue",
            "has_filters",
            "has_mapping",
            "queued",
            "found",
            "promised",
        )
        for keys in d.u.tuples(TABLES[name].keys)
        if d.is_true(getattr(s, name)(*keys))
    )


def _said(d: Decoder, sort: str, term: Term) -> str:
    if sort == "Id":
        return str(d.number(term))
    if sort == "Bool":
        return str(d.is_true(term)).lower()
    return repr(d.word(sort, term)) if sort != "Channel" else f"connection {d.channel(term)}"


class Ordinary(IntEnum):
    """How far from what brokers send an event may be."""

    PLAIN = 0
    """Nothing optional."""
    WHOLE = 1
    """All parts are there."""
    READABLE = 2
    """Parts may be missing, but not out of what a body lists."""


def is_ordinary(u: Universe, p: Parameters, how: Ordinary) -> Term:
    """Whether an event is: such events are preferred where they will do."""

    def another(t: Term) -> Term:
        return u.exists(("Topic",), lambda other: conj(p.topic(other), neg(other == t)))

    body = u.forall(("Topic",), lambda t: imp(neg(p.single), imp(p.topic(t), another(t))))
    listed = conj(
        neg(p.topic(u.null("Topic"))), neg(p.maps(u.null("Topic"))), body, neg(p.cluster == u.empty("Cluster"))
    )
    told = [listed, u.has_counter(p.version), *(neg(flag) for flag in (p.oneway, p.again, p.overtaken))]
    if how < Ordinary.READABLE:
        parts = [("Cluster", p.cluster), ("Name", p.name), ("Addr", p.addr)]
        told += [neg(u.missing(sort, term)) for sort, term in parts]
        told += [neg(u.is_null_version(p.version)), neg(p.no_id), neg(p.absent_table)]
    if how < Ordinary.WHOLE:
        mapped = u.exists(("Topic",), p.maps)
        told += [neg(flag) for flag in (mapped, p.has_timeout, p.has_acting, p.full, p.partial, p.has_filters)]
        told.append(u.state_version(p.version) == 0)
    return conj(*told)
