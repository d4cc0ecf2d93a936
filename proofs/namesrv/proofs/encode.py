"""A state of the Python model as values of the relation's tables, and an event as parameters: `decode` the other way round.

Values are numbered, sort by sort, as they are met; a table is a dict of what can be looked at: an entry that nothing can be asked
about (the version of an address that is not live) is left out, and is anything in what Z3 is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import attrs
import z3

from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    Channel,
    DeleteTopicInNamesrv,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.ledger import Ledger
from namesrv.model.profiles import Profile
from namesrv.model.requests import known_body, known_version
from namesrv.model.state import ClosedConnection, NameServerState
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    BrokerAddrInfo,
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
)
from namesrv.proofs.state import TABLES, Table
from namesrv.proofs.universe import SORTS, WITH_NULL, Scope, Term, Universe

Value = int | bool
Key = tuple[Value, ...]
Tables = dict[str, dict[Key, Value]]
"""By table and keys. Elements of sorts are numbers from 0 on, as in `Universe.elements`; false is left out."""

TOLD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "entered": ("cluster_of", "acting", "zone_of"),
    "has_queue": ("config_of",),
    "live": ("version_of", "speaks", "last_update", "timeout", "ha_of", "partial"),
    "has_filters": ("filters_of",),
    "has_mapping": ("mapping_of",),
    "stays": ("promised", "stay_cluster", "stay_name", "stay_id", "stay_channel", "stay_version", "stay_topic", "said"),
    "stay_topic": ("stay_config",),
}
"""Which table says whether there is anything to be asked of the others, by the first of its keys that both have."""

TELLERS: Final = {table: teller for teller, tables in TOLD_BY.items() for table in tables}

ShownConfig = tuple[int, int, int, int]
"""What of a topic's config a route shows: queues to read and to write, perm, flags."""


class OutOfScope(Exception):
    """The universe has fewer elements than there are values, or the relation's tables have no place for the state."""


class WithEmpty(Universe):
    """A finite universe in which the empty string is an element of its own, the last one, of every sort that may have it."""

    def empty(self, sort: str) -> Term:
        """What stands for the empty string."""
        return super().empty(sort) if sort == "Cluster" or self.scope is None else self.elements[sort][-1]


@attrs.frozen(kw_only=True)
class Situation:
    """A NameServer between two steps of the relation.

    Of tasks only closed connections that it has not looked at. `lost`: connections closed by either side; `closed`: whose end
    has been dealt with.
    """

    state: NameServerState = NameServerState()
    ledger: Ledger = Ledger()
    lost: frozenset[Channel] = frozenset()
    closed: frozenset[Channel] = frozenset()


@attrs.define
class Encoder:
    """Numbers values within a universe; the same value always gets the same number."""

    u: Universe
    _numbers: dict[str, dict[Any, int]] = attrs.field(init=False)
    _codes: dict[int, int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._numbers = {sort: {None: 0} if sort in WITH_NULL else {} for sort in SORTS}
        self._numbers["Cluster"][""] = 1
        if isinstance(self.u, WithEmpty):
            for sort in ("Addr", "Name", "Topic"):
                self._numbers[sort][""] = len(self.u.elements[sort]) - 1
        self._codes = {e.get_id(): n for sort in SORTS for n, e in enumerate(self.u.elements[sort])}

    def number(self, sort: str, value: Any) -> int:
        """Of a value. Raises `OutOfScope`."""
        known = self._numbers[sort]
        if value not in known:
            free = set(range(len(self.u.elements[sort]))) - set(known.values())
            if not free:
                raise OutOfScope(f"{sort}: no element for {value!r}")
            known[value] = min(free)
            if sort == "Config":
                self.number(sort, wiped(value))
                self.number(sort, writable(value))
        return known[value]

    def term(self, sort: str, value: Value) -> Term:
        """An element by its number; a number or a truth value."""
        if sort == "Bool":
            return z3.BoolVal(bool(value))
        return z3.IntVal(int(value)) if sort in ("Id", "Int") else self.u.elements[sort][value]

    def value(self, term: Term) -> Value:
        """The other way round."""
        if z3.is_bool(term):
            return bool(z3.is_true(term))
        return int(term.as_long()) if z3.is_int_value(term) else self._codes[term.get_id()]

    def fixed(self) -> dict[str, tuple[tuple[str, ...], str, dict[Key, Value]]]:
        """The functions of versions and configs: their sorts and values."""
        versions = {n: v for v, n in self._numbers["Version"].items() if isinstance(v, DataVersion)}
        configs = self._numbers["Config"]
        wiped_to: dict[Key, Value] = {(n,): n for n in range(len(self.u.elements["Config"]))}
        writable_to = dict(wiped_to)
        for config, number in configs.items():
            wiped_to[(number,)] = configs[wiped(config)]
            writable_to[(number,)] = configs[writable(config)]
        return {
            "state_version": (("Version",), "Int", {(n,): v.state_version for n, v in versions.items()}),
            "counter": (("Version",), "Int", {(n,): v.counter or 0 for n, v in versions.items()}),
            "has_counter": (("Version",), "Bool", {(n,): v.counter is not None for n, v in versions.items()}),
            "timestamp": (("Version",), "Int", {(n,): v.timestamp for n, v in versions.items()}),
            "wiped": (("Config",), "Config", wiped_to),
            "writable": (("Config",), "Config", writable_to),
        }

    # States ------------------------------------------------------------------------------------------------------

    def tables(self, situation: Situation) -> Tables:
        """The relation's tables. Raises `OutOfScope`."""
        told: Tables = {name: {} for name in TABLES}
        self._nameserver(told, situation.state)
        self._ledger(told, situation.ledger)
        queue = situation.state.unregistration_queue
        told["queued"] = {self.unregistration(r): True for r in queue}
        told["scan_stopped"][()] = situation.state.scan_stopped
        told["lost"] = {(self.number("Channel", c),): True for c in situation.lost}
        tasks = [t for t in situation.state.tasks if isinstance(t.job, ClosedConnection)]
        found = {t.channel: t.memo for t in tasks if isinstance(t.memo, BrokerAddrInfo)}
        told["closed"] = {(self.number("Channel", c),): True for c in situation.closed | set(found)}
        told["found"] = {(self.number("Addr", key.broker_addr),): True for key in found.values()}
        waiting = {t.channel for t in tasks} - set(found)
        if not situation.lost - situation.closed - set(found) <= waiting <= situation.lost:
            raise OutOfScope(f"lost connections that nobody looks at: {situation}")
        if len(tasks) != len(situation.state.tasks) or len(told["found"]) != len(found):
            raise OutOfScope(f"other tasks, or two that have found the same: {situation.state.tasks}")
        return looked_at(told)

    def unregistration(self, request: UnregisterBroker) -> Key:
        """What the relation knows of a queued one."""
        place = (self.number("Cluster", request.cluster_name), self.number("Addr", request.broker_addr))
        return (*place, self.number("Name", request.broker_name), request.broker_id is None)

    def _nameserver(self, told: Tables, state: NameServerState) -> None:
        tables = state.tables
        for name, data in tables.broker_addr_table.items():
            if name != data.broker_name:
                raise OutOfScope(f"{data.broker_name!r} under {name!r}")
            n = self.number("Name", name)
            self._put(told, (n,), entered=True, acting=data.enable_acting_master)
            self._put(told, (n,), cluster_of=self.number("Cluster", data.cluster))
            self._put(told, (n,), zone_of=self.number("Value", data.zone_name))
            for broker_id, addr in data.broker_addrs.items():
                told["holds"][n, broker_id, self.number("Addr", addr)] = True
        for cluster, names in tables.cluster_addr_table.items():
            for name in names:
                told["in_cluster"][self.number("Cluster", cluster), self.number("Name", name)] = True
        for topic, queues in tables.topic_queue_table.items():
            for name, queue in queues.items():
                at = (self.number("Topic", topic), self.number("Name", name))
                self._put(told, at, has_queue=True, config_of=self.number("Config", shown_config(queue)))
        for key, info in tables.broker_live_table.items():
            at = (self.number("Cluster", key.cluster_name), self.number("Addr", key.broker_addr))
            self._put(told, at, live=True, version_of=self.number("Version", info.data_version), partial=info.partial)
            self._put(told, at, speaks=self.number("Channel", info.channel), last_update=info.last_update_ms)
            self._put(told, at, timeout=info.heartbeat_timeout_ms, ha_of=self.number("Value", info.ha_server_addr))
        for key, servers in tables.filter_server_table.items():
            at = (self.number("Cluster", key.cluster_name), self.number("Addr", key.broker_addr))
            self._put(told, at, has_filters=True, filters_of=self.number("Value", servers))
        for topic, by_broker in tables.topic_queue_mapping_info_table.items():
            for name, mapping in by_broker.items():
                at = (self.number("Topic", topic), self.number("Name", name))
                self._put(told, at, has_mapping=True, mapping_of=self.number("Value", mapping))
        told["write_wiped"] = {(self.number("Name", name),): True for name in tables.write_wiped}
        shown_tables = (tables.topic_queue_table, tables.topic_queue_mapping_info_table, tables.cluster_addr_table)
        if any(not inner for outer in shown_tables for inner in outer.values()):
            raise OutOfScope("a topic without queues or a cluster without names")

    def _ledger(self, told: Tables, ledger: Ledger) -> None:
        for addr, stay in ledger.stays.items():
            a = self.number("Addr", addr)
            if stay.broker_id is None:
                raise OutOfScope(f"a stay without an id: {stay}")
            self._put(told, (a,), stays=True, promised=stay.promised, stay_id=stay.broker_id)
            self._put(told, (a,), stay_cluster=self.number("Cluster", stay.cluster_name))
            self._put(told, (a,), stay_name=self.number("Name", stay.broker_name))
            self._put(told, (a,), stay_channel=self.number("Channel", stay.channel))
            self._put(told, (a,), stay_version=self.number("Version", stay.version))
            for topic, config in stay.topics.items():
                at = (a, self.number("Topic", topic))
                self._put(told, at, stay_topic=True, stay_config=self.number("Config", shown_config(config)))
            for topic in stay.said:
                told["said"][a, self.number("Topic", topic)] = True
        for topic, name in ledger.by_hand:
            told["by_hand"][self.number("Topic", topic), self.number("Name", name)] = True
        told["wiped"] = {(self.number("Name", name),): True for name in ledger.wiped}

    def _put(self, told: Tables, key: Key, **values: Value) -> None:
        for table, value in values.items():
            told[table][key] = value

    # Events ------------------------------------------------------------------------------------------------------

    def parameters(
        self,
        request: Request,
        channel: Channel,
        now_ms: int,
        profile: Profile,
        *,
        oneway: bool,
        overtaken: bool = False,
    ) -> Tables:
        """What a request brings, by parameter: those of `Parameters` that are not named are false, or anything."""
        told: Tables = {"channel": {(): self.number("Channel", channel)}, "now": {(): now_ms}}
        told |= {"oneway": {(): oneway}, "overtaken": {(): overtaken}, "readable": {(): True}}
        if isinstance(request, RegisterBroker | UnregisterBroker | QueryDataVersion | BrokerHeartbeat):
            told["cluster"] = {(): self.number("Cluster", request.cluster_name)}
            told["name"] = {(): self.number("Name", request.broker_name)}
            told["addr"] = {(): self.number("Addr", request.broker_addr)}
        if isinstance(request, RegisterBroker | UnregisterBroker | QueryDataVersion):
            told["no_id"] = {(): request.broker_id is None}
            told["broker_id"] = {(): request.broker_id or 0}
        if isinstance(request, QueryDataVersion):
            told["readable"] = {(): request.body_error is None}
            told["version"] = {(): self.number("Version", known_version(request.data_version, profile))}
        if isinstance(request, RegisterBroker):
            self._registration(told, request)
            told["readable"] = {(): request.body is not None}
            if request.body is not None:
                self._body(told, known_body(request.body, profile))
        if isinstance(request, WipeWritePermOfBroker | AddWritePermOfBroker):
            told["name"] = {(): self.number("Name", request.broker_name)}
        if isinstance(request, DeleteTopicInNamesrv | RegisterTopicInNamesrv):
            told["about"] = {(): self.number("Topic", request.topic)}
        if isinstance(request, DeleteTopicInNamesrv):
            told["cluster"] = {(): self.number("Cluster", request.cluster_name)}
        if isinstance(request, RegisterTopicInNamesrv):
            is_read = request.body_error is None and (request.has_body or profile.decodes_absent_body)
            told["readable"] = {(): is_read}
            self._queues(told, request.queue_datas or ())
        return told

    def _queues(self, told: Tables, queues: tuple[QueueData | None, ...]) -> None:
        stops = [place for place, queue in enumerate(queues) if queue is None]
        named = [(place, queue) for place, queue in enumerate(queues) if queue is not None]
        if len({(queue.broker_name, shown_config(queue)) for _, queue in named}) != len(
            {q.broker_name for _, q in named}
        ):
            raise OutOfScope("a list that says two things of one name")
        told |= {"stops": {(): bool(stops)}, "stop": {(): stops[0] if stops else -1}}
        told |= {"listed": {}, "rank": {}, "queue": {}}
        for place, queue in reversed(named):  # of a name that comes twice, the first place
            n = self.number("Name", queue.broker_name)
            self._put(told, (n,), listed=True, rank=place, queue=self.number("Config", shown_config(queue)))

    def _registration(self, told: Tables, request: RegisterBroker) -> None:
        told["crc32_matches"] = {(): request.crc32_matches}
        told["has_timeout"] = {(): request.heartbeat_timeout_ms is not None}
        told["timeout"] = {(): request.heartbeat_timeout_ms or 0}
        told["has_acting"] = {(): request.enable_acting_master is not None}
        told["acting"] = {(): bool(request.enable_acting_master)}
        told["zone"] = {(): self.number("Value", request.zone_name)}
        told["ha"] = {(): self.number("Value", request.ha_server_addr)}
        told["full"] = {(): request.full_body is True}
        told["partial"] = {(): request.full_body is False}

    def _body(self, told: Tables, body: RegisterBrokerBody) -> None:
        told["version"] = {(): self.number("Version", body.data_version)}
        told["absent_table"] = {(): body.topic_config_table is None}
        configs = {} if body.topic_config_table is None else body.topic_config_table
        topics = {self.number("Topic", c.topic_name): self.number("Config", shown_config(c)) for c in configs.values()}
        if len({(c.topic_name, shown_config(c)) for c in configs.values()}) != len(topics):
            raise OutOfScope("a body that says two things of one topic")
        told["single"] = {(): len(configs) == 1}
        told["one_topic"] = {(): next(iter(topics))} if len(configs) == 1 else {}
        told["topic"] = {(t,): True for t in topics}
        told["config"] = {(t,): c for t, c in topics.items()}
        infos = body.topic_queue_mapping_info_map
        if infos is None:
            raise OutOfScope("a body whose table of mappings is null")
        mappings = {self.number("Topic", t): info for t, info in infos.items() if info is not None}
        if len(mappings) != len(infos):
            raise OutOfScope("a body with a mapping that is null")
        told["maps"] = {(t,): True for t in mappings}
        told["mapped_name"] = {(t,): self.number("Name", info.bname) for t, info in mappings.items()}
        told["mapping"] = {(t,): self.number("Value", info) for t, info in mappings.items()}
        told["has_filters"] = {(): body.filter_server_list is not None}
        told["no_filters"] = {(): body.filter_server_list == ()}
        told["filters"] = {(): self.number("Value", body.filter_server_list)}


def shown_config(config: TopicConfig | QueueData) -> ShownConfig:
    """What a route shows of it."""
    return config.read_queue_nums, config.write_queue_nums, config.perm, config.topic_sys_flag


def wiped(config: ShownConfig) -> ShownConfig:
    """Without the write permission."""
    read, write, perm, flags = config
    return read, write, perm & ~PERM_WRITE, flags


def writable(config: ShownConfig) -> ShownConfig:
    """With the permissions to read and to write."""
    read, write, _, flags = config
    return read, write, PERM_READ | PERM_WRITE, flags


def looked_at(told: Tables) -> Tables:
    """Without what is false, without what nothing can be asked about, and without what `forget_absent` forgets."""
    kept = {
        name: {key: value for key, value in entries.items() if value is not False} for name, entries in told.items()
    }
    there = {key[-1] for key in kept["live"]} | {key[-1] for key in kept["holds"]}
    kept["stays"] = {key: True for key in kept["stays"] if key in kept["promised"] or key[0] in there}
    for table in ("by_hand", "wiped"):
        kept[table] = {key: True for key in kept[table] if key[-1:] in kept["entered"]}
    for teller, tables in TOLD_BY.items():
        of = TABLES[teller].keys
        for name in tables:
            kept[name] = {key: value for key, value in kept[name].items() if key[: len(of)] in kept[teller]}
    return kept


# What Z3 is given -----------------------------------------------------------------------------------------------------


@attrs.define
class Valuation:
    """A Z3 model made by hand: constants and functions with these values. `rng` draws what is not told and could be anything."""

    encoder: Encoder
    rng: Random
    model: Any = attrs.field(factory=z3.Model, init=False)

    def put(self, name: str, keys: tuple[str, ...], result: str, entries: Mapping[Key, Value], *, free: bool) -> None:
        """A function by its name. `free`: elsewhere it is anything, and not false."""
        other = self._anything(result) if free else self.encoder.term(result, 0)
        u = self.encoder.u
        if not keys:
            value = entries.get(())
            self.model.update_value(u.const(name, result), other if value is None else self.encoder.term(result, value))
            return
        declared = z3.Function(name, *map(u.sort, keys), u.sort(result))
        raw = z3.Z3_add_func_interp(declared.ctx_ref(), self.model.model, declared.ast, other.as_ast())
        interpretation = z3.FuncInterp(raw, declared.ctx)
        for key, value in entries.items():
            vector = z3.AstVector()
            for sort, part in zip(keys, key, strict=True):
                vector.push(self.encoder.term(sort, part))
            given = self.encoder.term(result, value)
            z3.Z3_func_interp_add_entry(declared.ctx_ref(), interpretation.f, vector.vector, given.as_ast())

    def state(self, told: Tables, suffix: str) -> None:
        """A state's tables."""
        for table in TABLES.values():
            entries = self._with_false(table, told) if table.name in TELLERS else told[table.name]
            self.put(f"{table.name}_{suffix}", table.keys, table.result, entries, free=table.name in TELLERS)

    def _with_false(self, table: Table, told: Tables) -> Mapping[Key, Value]:
        """Where something is told, what is left out is false."""
        if table.result != "Bool":
            return told[table.name]
        teller = TELLERS[table.name]
        sizes = [range(len(self.encoder.u.elements[sort])) for sort in table.keys[len(TABLES[teller].keys) :]]
        rest: list[Key] = [()]
        for size in sizes:
            rest = [(*key, n) for key in rest for n in size]
        return {(*key, *r): (*key, *r) in told[table.name] for key in told[teller] for r in rest}

    def _anything(self, result: str) -> Term:
        if result == "Bool":
            return z3.BoolVal(self.rng.random() < 0.5)
        if result in ("Id", "Int"):
            return self.rng.choice(self.encoder.u.elements["Id"])
        return self.rng.choice(self.encoder.u.elements[result])

    def partly(self, term: Term) -> Term:
        """A term in which symbols without a value stay as they are."""
        # Z3's evaluator keeps what it has found, changed values or not, until it is switched to completing models and back.
        self.model.eval(z3.BoolVal(True), model_completion=True)
        return self.model.eval(term, model_completion=False)

    def eval(self, term: Term) -> Value:
        """A term's value."""
        return self.encoder.value(self.model.eval(term, model_completion=True))


def scope_for(**sizes: Any) -> Scope:
    """A universe's scope, with room for many versions, configs and values: they are no keys, so they cost nothing."""
    return Scope(**{"versions": 12, "configs": 24, "values": 12, "channels": 3, "ids": (-1, 0, 1, 2), **sizes})
