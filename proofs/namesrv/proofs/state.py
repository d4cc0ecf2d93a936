"""The tables as relations, and how a step changes them.

A state gives each table as a function of its keys. The state before a step is made of uninterpreted functions; a step gives a
state whose tables are expressions over the one before. What a step does not name stays as it is, and `relation` says so.
Tables: `namesrv.model.state`; the ledger, which is kept beside a NameServer: `namesrv.model.ledger`.
"""

from collections.abc import Callable
from typing import Final

import attrs
import z3

from namesrv.proofs.universe import Term, Universe, conj, eq, ite

TableFunction = Callable[..., Term]


@attrs.frozen
class Table:
    """A table: what its keys are, what it gives. `of`: whose it is."""

    name: str
    keys: tuple[str, ...]
    result: str
    of: str


NAMESERVER: Final = (
    Table("holds", ("Name", "Id", "Addr"), "Bool", "brokerAddrTable"),
    Table("entered", ("Name",), "Bool", "brokerAddrTable"),
    Table("cluster_of", ("Name",), "Cluster", "brokerAddrTable"),
    Table("acting", ("Name",), "Bool", "brokerAddrTable"),
    Table("zone_of", ("Name",), "Value", "brokerAddrTable"),
    Table("in_cluster", ("Cluster", "Name"), "Bool", "clusterAddrTable"),
    Table("has_queue", ("Topic", "Name"), "Bool", "topicQueueTable"),
    Table("config_of", ("Topic", "Name"), "Config", "topicQueueTable"),
    Table("live", ("Cluster", "Addr"), "Bool", "brokerLiveTable"),
    Table("version_of", ("Cluster", "Addr"), "Version", "brokerLiveTable"),
    Table("speaks", ("Cluster", "Addr"), "Channel", "brokerLiveTable"),
    Table("last_update", ("Cluster", "Addr"), "Int", "brokerLiveTable"),
    Table("timeout", ("Cluster", "Addr"), "Int", "brokerLiveTable"),
    Table("ha_of", ("Cluster", "Addr"), "Value", "brokerLiveTable"),
    Table("partial", ("Cluster", "Addr"), "Bool", "brokerLiveTable"),
    Table("has_filters", ("Cluster", "Addr"), "Bool", "filterServerTable"),
    Table("filters_of", ("Cluster", "Addr"), "Value", "filterServerTable"),
    Table("has_mapping", ("Topic", "Name"), "Bool", "topicQueueMappingInfoTable"),
    Table("mapping_of", ("Topic", "Name"), "Value", "topicQueueMappingInfoTable"),
    Table("write_wiped", ("Name",), "Bool", "write_wiped"),
)
"""What a NameServer answers from."""

PENDING: Final = (
    Table("queued", ("Cluster", "Addr", "Name", "Bool"), "Bool", "unregistration queue (true: without a broker id)"),
    Table("found", ("Addr",), "Bool", "4.9.7: addresses of closed connections, found and not yet removed"),
    Table("scan_stopped", (), "Bool", "scan timer"),
    Table("lost", ("Channel",), "Bool", "connections closed by either side"),
    Table("closed", ("Channel",), "Bool", "connections whose end has been dealt with"),
)
"""What it has still to do, and connections."""

LEDGER: Final = (
    Table("stays", ("Addr",), "Bool", "ledger"),
    Table("promised", ("Addr",), "Bool", "ledger"),
    Table("stay_cluster", ("Addr",), "Cluster", "ledger"),
    Table("stay_name", ("Addr",), "Name", "ledger"),
    Table("stay_id", ("Addr",), "Id", "ledger"),
    Table("stay_channel", ("Addr",), "Channel", "ledger"),
    Table("stay_version", ("Addr",), "Version", "ledger"),
    Table("stay_topic", ("Addr", "Topic"), "Bool", "ledger"),
    Table("stay_config", ("Addr", "Topic"), "Config", "ledger"),
    Table("said", ("Addr", "Topic"), "Bool", "ledger"),
    Table("by_hand", ("Topic", "Name"), "Bool", "ledger"),
    Table("wiped", ("Name",), "Bool", "ledger"),
)
"""What was said to it: ghost state, which no answer depends on."""

TABLES: Final = {table.name: table for table in (*NAMESERVER, *PENDING, *LEDGER)}


class State:
    """One state: `state.holds(name, broker_id, addr)` and so on for every table."""

    def __init__(self, universe: Universe, tables: dict[str, TableFunction]) -> None:
        self.u = universe
        self._tables = tables

    @classmethod
    def named(cls, universe: Universe, suffix: str) -> "State":
        """Any state: uninterpreted functions, `suffix` behind their names."""
        return cls(
            universe,
            {t.name: universe.function(f"{t.name}_{suffix}", t.keys, t.result) for t in TABLES.values()},
        )

    def __getattr__(self, name: str) -> TableFunction:
        try:
            return self.__dict__["_tables"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"State: no table {name!r}") from None

    def evolve(self, **changed: TableFunction) -> "State":
        """The state in which these tables are given by these functions."""
        unknown = changed.keys() - TABLES.keys()
        if unknown:
            raise AttributeError(f"State.evolve: no tables {sorted(unknown)}")
        return State(self.u, {**self._tables, **{name: _remembered(function) for name, function in changed.items()}})

    def changed_from(self, before: "State") -> frozenset[str]:
        """The tables that a step from `before` to here names."""
        return frozenset(name for name in TABLES if self._tables[name] is not before._tables[name])


def _remembered(function: TableFunction) -> TableFunction:
    """Expressions are shared: the same keys give the same one, made once."""
    known: dict[tuple[int, ...], tuple[tuple[Term, ...], Term]] = {}

    def table(*keys: Term) -> Term:
        terms = tuple(z3.IntVal(key) if isinstance(key, int) and not isinstance(key, bool) else key for key in keys)
        terms = tuple(z3.BoolVal(key) if isinstance(key, bool) else key for key in terms)
        mark = tuple(term.get_id() for term in terms)
        if mark not in known:
            value = function(*terms)
            known[mark] = (terms, z3.BoolVal(value) if isinstance(value, bool) else value)
        return known[mark][1]

    return table


def same(one: State, other: State, *tables: str) -> Term:
    """The frame condition: these tables are the same in both."""
    u = one.u
    parts = []
    for name in tables:
        here, there = getattr(one, name), getattr(other, name)
        parts.append(u.forall(TABLES[name].keys, lambda *keys, f=here, g=there: eq(f(*keys), g(*keys))))
    return conj(*parts)


def one_of(when: Term, one: State, other: State, before: State) -> State:
    """`one` if `when`, else `other`: two ways to go on from `before`."""

    def chosen(name: str) -> TableFunction:
        here, there = getattr(one, name), getattr(other, name)
        return lambda *keys: ite(when, here(*keys), there(*keys))

    return before.evolve(**{name: chosen(name) for name in one.changed_from(before) | other.changed_from(before)})


def relation(guard: Term, after: State, post: State) -> Term:
    """The step as a two-state relation: its guard, and of every table what becomes of it, those that stay included."""
    return conj(guard, same(post, after, *TABLES))


def bounded(state: State) -> Term:
    """In a finite universe: every broker id that a table gives is one of those that there are."""
    u = state.u

    def is_id(function: TableFunction) -> TableFunction:
        return lambda *keys: u.is_id(function(*keys))

    ids = [table for table in TABLES.values() if table.result == "Id"]
    return conj(*(u.forall(table.keys, is_id(getattr(state, table.name))) for table in ids))


def initial(state: State) -> dict[str, Term]:
    """A NameServer that has just started knows nobody, and nobody has said anything to it; by table."""
    u = state.u
    start: dict[str, Term] = {}
    for table in TABLES.values():
        if table.result == "Bool":
            function = getattr(state, table.name)
            start[table.name] = u.forall(table.keys, lambda *keys, f=function: f(*keys) == False)  # noqa: E712
    return start
