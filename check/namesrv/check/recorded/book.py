"""What a page of a run is made of: rows in time, who they are between, and what the NameServer held after each.

Of the tables only what changes is kept. Where several states are possible, a line that not all of them have is `maybe`.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable
from typing import Any, Final

import attrs

from namesrv.check.describe import describe_version
from namesrv.check.readable import readable
from namesrv.check.tracker import Belief
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.invariants import INVARIANTS
from namesrv.model.state import NameServerState, Tables

MAX_LIVES: Final = 14
"""Lifelines beside the NameServer's; whoever comes later shares the last."""

MAX_LOOKED_AT: Final = 64
"""Of more possible states than this, so many are looked at for the tables."""

MAX_TEXT: Final = 2_000
NAMESRV: Final = "NameServer"
OTHERS: Final = "others"
ADMINS: Final = (
    *(PutKVConfig, DeleteKVConfig, DeleteTopicInNamesrv, RegisterTopicInNamesrv),
    *(UpdateNamesrvConfig, WipeWritePermOfBroker, AddWritePermOfBroker),
)


@attrs.define(kw_only=True)
class Row:
    """One line of the page. `kind`: request, answer, note or close; `to_namesrv`: the arrow's direction; `answers`: the
    row that it answers; `wrong`: what was possible instead, if this is impossible.
    """

    at_ns: int
    kind: str
    text: str
    connection: int | None = None
    to_namesrv: bool = True
    answers: int | None = None
    about: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


class Book:
    """Rows are added in order, with the beliefs after them; `data` is for the page's script."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.verdict = ""
        self.facts: list[tuple[str, str]] = []
        self.lead = ""
        self._rows: list[list[Any]] = []
        self._roles: dict[int, str] = {}
        self._lines: dict[str, int] = {}
        self._states: list[list[list[int]]] = []
        self._shown: dict[int, bool] = {}
        self._broken: list[list[str]] = []
        self._about: dict[int, tuple[Tables, frozenset[int], frozenset[str]]] = {}

    def speaks(self, connection: int, request: Request | None, peer: str = "") -> None:
        """Something is known of who speaks over a connection."""
        role = _role(request)
        if role is None:
            self._roles.setdefault(connection, f"client {peer.rpartition(':')[0] or connection}")
        elif self._roles.get(connection, "client").startswith("client"):
            self._roles[connection] = role

    def add(self, row: Row, beliefs: Iterable[Belief]) -> None:
        """The next row."""
        held = list(beliefs)
        broken, maybe = self._look(held)
        self._rows.append(
            [
                row.at_ns // 1000,
                row.connection,
                int(row.to_namesrv),
                row.kind,
                readable(row.text)[:MAX_TEXT],
                row.answers,
                [readable(line)[:MAX_TEXT] for line in row.about],
                [readable(line)[:MAX_TEXT] for line in row.wrong],
                len(self._states) - 1,
                len(held),
                broken,
                maybe,
            ]
        )

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def data(self) -> dict[str, Any]:
        """What the page shows, as JSON can hold it."""
        lives, of = self._lives()
        return {
            "title": self.title,
            "verdict": self.verdict,
            "lead": self.lead,
            "facts": self.facts,
            "lives": lives,
            "lifeOf": of,
            "roles": {str(connection): role for connection, role in self._roles.items()},
            "lines": list(self._lines),
            "states": self._states,
            "rows": self._rows,
        }

    def _lives(self) -> tuple[list[str], dict[str, int]]:
        """Brokers to the left of the NameServer, whoever else to the right."""
        roles = list(dict.fromkeys(self._roles.values()))
        chosen = sorted(roles, key=lambda role: role.startswith("client"))[:MAX_LIVES]
        left = [role for role in chosen if role.startswith("broker")]
        right = [role for role in chosen if not role.startswith("broker")]
        lives = [*left, NAMESRV, *right]
        if len(roles) > len(chosen):
            lives.append(OTHERS)
        of = {str(c): lives.index(role if role in lives else OTHERS) for c, role in self._roles.items()}
        return lives, of

    def _look(self, beliefs: list[Belief]) -> tuple[list[str], list[str]]:
        """Notes what the tables are now, if they are others; which invariants are broken for certain, and which may be."""
        sample = beliefs if len(beliefs) <= MAX_LOOKED_AT else sorted(beliefs, key=repr)[:MAX_LOOKED_AT]
        every = [self._of(belief.state) for belief in sample]
        if not every:
            return [], []
        certain = frozenset.intersection(*(lines for lines, _ in every))
        some = frozenset.union(*(lines for lines, _ in every))
        shown = {line: line in certain for line in some}
        if shown != self._shown or not self._states:
            gone = [line for line in self._shown if line not in shown]
            changed = [line * 2 + sure for line, sure in shown.items() if self._shown.get(line) != sure]
            self._states.append([sorted(gone), sorted(changed)])
            self._shown = shown
        broken = frozenset.intersection(*(names for _, names in every))
        return sorted(broken), sorted(frozenset.union(*(names for _, names in every)) - broken)

    def _of(self, state: NameServerState) -> tuple[frozenset[int], frozenset[str]]:
        tables = state.tables
        known = self._about.get(id(tables))
        if known is None or known[0] is not tables:
            lines = frozenset(self._number(line) for line in lines_of(tables))
            broken = frozenset(name for name, holds in INVARIANTS.items() if not holds(tables))
            known = self._about[id(tables)] = tables, lines, broken
        work = [
            f"queued: unregistration of {r.broker_name}/{r.broker_id} {r.broker_addr}"
            for r in state.unregistration_queue
        ]
        kv = [
            f"KV config: {space} {key} = {value}"
            for space, keys in state.kv_config.items()
            for key, value in keys.items()
        ]
        more = frozenset(self._number(line) for line in (*work, *kv))
        return known[1] | more, known[2]

    def _number(self, line: str) -> int:
        return self._lines.setdefault(readable(line)[:MAX_TEXT], len(self._lines))


def lines_of(tables: Tables) -> Iterable[str]:
    """The tables, a line each entry: what table, then what is in it."""
    for cluster, names in tables.cluster_addr_table.items():
        yield f"cluster: {cluster} has {' '.join(sorted(map(str, names)))}"
    for name, data in tables.broker_addr_table.items():
        flags = f"{' acting master' * data.enable_acting_master}{'' if data.zone_name is None else f' zone {data.zone_name}'}"
        addrs = " ".join(f"{broker_id}={addr}" for broker_id, addr in sorted(data.broker_addrs.items()))
        yield f"broker: {data.cluster} {name} has {addrs or 'nobody'}{flags}"
    for key, info in tables.broker_live_table.items():
        yield f"live: {key.cluster_name} {key.broker_addr} {describe_version(info.data_version)}".replace("  ", " ")
    for topic, queues in tables.topic_queue_table.items():
        for name, queue in queues.items():
            yield f"topic: {topic} at {name} r{queue.read_queue_nums} w{queue.write_queue_nums} p{queue.perm}"
        if not queues:
            yield f"topic: {topic} has no queues"
    for key, servers in tables.filter_server_table.items():
        yield f"filter servers: {key.broker_addr} has {' '.join(servers)}"
    for topic, infos in tables.topic_queue_mapping_info_table.items():
        for name, mapping in infos.items():
            yield f"mapping: {topic} at {name} epoch {mapping.epoch}"
    for name in tables.write_wiped:
        yield f"write permission taken away: {name}"


def _role(request: Request | None) -> str | None:
    match request:
        case RegisterBroker() | UnregisterBroker() | QueryDataVersion():
            return readable(f"broker {request.broker_name}/{request.broker_id} {request.broker_addr}")[:80]
        case BrokerHeartbeat():
            return readable(f"broker {request.broker_name} {request.broker_addr}")[:80]
        case request if isinstance(request, ADMINS):
            return "administrators"
        case _:
            return None
