"""The graph of `spec/MCThemes.tla`, made with the Python model: one NameServer, and peers that send any request of a theme.

State for state and edge for edge it has to be TLC's (`dumped_theme_graph`); the actions here are those there, by the same names.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from namesrv.check.spec_graph import Graph, dump_graph, graph_of
from namesrv.check.spec_values import LeftOut, ledger_value, name_server_value, record, request_value, said_value
from namesrv.check.tla_values import Function, TlaValue
from namesrv.explore.peers import H1, H2, ONE, TWO, V2, Theme, question, registration, unregistration
from namesrv.explore.themes import THEMES
from namesrv.model.events import (
    AddWritePermOfBroker,
    Channel,
    ChannelClosed,
    ClosedChannel,
    DeleteTopicInNamesrv,
    Event,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Opaque,
    Output,
    Received,
    RegisterTopicInNamesrv,
    Request,
    RunUnregistration,
    ScanNotActiveBroker,
    UnknownRequest,
    WipeWritePermOfBroker,
    Work,
)
from namesrv.model.ledger import Ledger, forget_absent, observe, release_silent
from namesrv.model.namesrv import is_pending, step, successors
from namesrv.model.profiles import Profile
from namesrv.model.promises import broken_at_rest
from namesrv.model.state import NameServerState
from namesrv.model.system.nameserver_part import STALE_MS, is_stale
from namesrv.model.values import BrokerAddrInfo, QueueData

READS: Final = Theme(
    name="reads",
    about="looks at the tables while they change, and bodies that say whether they are full",
    alphabet=(
        (ONE, registration()),
        (ONE, registration(topics={"t1": 4}, version=V2, full_body=True)),
        (ONE, registration(topics={"t1": 8}, version=V2, full_body=False)),
        (ONE, registration(place=("C2", "a", 0), filters=("f1:1",), ha_server_addr="h1:10912")),
        (TWO, registration(H2, ("C1", "a", 1))),
        (TWO, question(H1, V2)),
        (TWO, GetBrokerClusterInfo()),
        (TWO, GetRouteInfoByTopic(topic="t1")),
        (TWO, GetAllTopicList()),
        (TWO, UnknownRequest(code=9999)),
    ),
    requests=3,
    at_once=2,
)
"""Beside those of the explorer, which finds nothing new in reads."""


def _queue(broker_name: str, queue_nums: int) -> QueueData:
    return QueueData(
        broker_name=broker_name, read_queue_nums=queue_nums, write_queue_nums=queue_nums, perm=6, topic_sys_flag=0
    )


def _put(topic: str, **queue_nums: int) -> RegisterTopicInNamesrv:
    return RegisterTopicInNamesrv(topic=topic, queue_datas=tuple(_queue(name, n) for name, n in queue_nums.items()))


HANDS: Final = Theme(
    name="hands",
    about="what administrators change by hand while brokers come, say it again, and go",
    alphabet=(
        (ONE, registration()),
        (ONE, registration(topics={"t1": 4}, version=V2)),
        (ONE, unregistration()),
        (ONE, registration(H2, ("C2", "b", 0))),
        (TWO, WipeWritePermOfBroker(broker_name="a")),
        (TWO, AddWritePermOfBroker(broker_name="a")),
        (TWO, DeleteTopicInNamesrv(topic="t1")),
        (TWO, DeleteTopicInNamesrv(topic="t1", cluster_name="C1")),
        (TWO, DeleteTopicInNamesrv(topic="t2", cluster_name="C2")),
        (TWO, _put("t3")),
        (TWO, _put("t3", a=4)),
        (TWO, _put("t1", a=8, c=4, b=8)),
        (TWO, _put("t3", a=8, c=4)),
    ),
    requests=4,
)
"""What administrators do, as closely as the two have to agree: queues of several names, and of one that is not there."""

LEFT_OUT: Final = ("nulls", "null races", "null batches", "null claims", "null wipes", "administrators")
"""Themes that the specification has not: those about nulls, and the explorer's administrators, for whom it has `HANDS`."""

SPEC_THEMES: Final = {theme.name: theme for theme in (*THEMES, READS, HANDS) if theme.name not in LEFT_OUT}
"""By name: those of `spec/Themes.tla`."""

COMPARED_REQUESTS: Final = {"places": 3, "groups": 3, "quorums": 3, "parts": 3, "claims": 3, "hands": 3}
"""How many requests come where the two graphs are compared, by theme; 2 in the others, which are larger."""

SPEC_PROFILES: Final = {
    "strict": "Strict",
    "apache-5.5.0": "Apache550",
    "apache-5.4.0": "Apache540",
    "apache-5.3.3": "Apache533",
    "apache-5.1.4": "Apache514",
    "apache-4.9.7": "Apache497",
}
"""By name: those of `spec/Profiles.tla`."""

JOBS: Final = {"ClosedConnection": "CloseConnection"}
"""Actions that are not called like what they work on."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ThemeState:
    """The variables of `MCThemes`. `said`: already as the specification has it."""

    left: int
    ns: NameServerState = NameServerState()
    closed: frozenset[Channel] = frozenset()
    ledger: Ledger = Ledger()
    broken: frozenset[str] = frozenset()
    said: TlaValue = said_value(NameServerState(), ())


def abstract(state: ThemeState) -> TlaValue:
    """The state as `MCThemes` has it."""
    return record(
        left=state.left,
        ns=name_server_value(state.ns),
        closed=frozenset(state.closed),
        ledger=ledger_value(state.ledger),
        broken=frozenset(state.broken),
        said=state.said,
    )


def alphabet(theme: Theme) -> tuple[tuple[Channel, Request], ...]:
    """The theme's requests, without those that the specification does not have."""
    return tuple((channel, request) for channel, request in theme.alphabet if _is_in(request))


def _is_in(request: Request) -> bool:
    try:
        request_value(request)
    except LeftOut:
        return False
    return True


def compared_requests(theme: Theme) -> int:
    """How many requests and closed connections come in the graphs that are compared."""
    return COMPARED_REQUESTS.get(theme.name, 2)


def theme_graph(theme: Theme, profile: Profile) -> Graph[TlaValue]:
    """Every state that can be reached while `compared_requests` come."""
    moves = _Moves(theme, profile)
    return graph_of([ThemeState(left=compared_requests(theme))], moves.successors, abstract)


def dumped_theme_graph(theme: Theme, profile: str, modules: Mapping[str, str] | None = None) -> Graph[TlaValue]:
    """The same graph as stock TLC has it. `profile`: a name; `modules`: texts in the place of the specification's own files.

    Raises `NotAvailable`, `GraphError`.
    """
    constants = (
        f"P <- {SPEC_PROFILES[profile]} Theme <- {theme.name.capitalize()} Requests = {compared_requests(theme)}"
    )
    files = {**(modules or {}), "Graph.cfg": f"CONSTANTS {constants}\nSPECIFICATION Spec\n"}
    return dump_graph("MCThemes", "Graph", lambda variables: Function(variables.items()), files=files)


class _Moves:
    """The actions of `MCThemes`."""

    def __init__(self, theme: Theme, profile: Profile) -> None:
        self.theme, self.profile, self.alphabet = theme, profile, alphabet(theme)

    def successors(self, state: ThemeState) -> Iterator[tuple[str, ThemeState]]:
        if self._may_come(state):
            yield from self._received(state)
            yield from self._closed(state)
        if self.theme.silence and _is_at_rest(state.ns):
            yield from self._silence(state)
        for event, after, outputs in successors(state.ns, self.profile):
            yield _action(state.ns, event), self._after(state, event, after, outputs)

    def _may_come(self, state: ThemeState) -> bool:
        at_once = self.theme.at_once
        return state.left > 0 and len(state.ns.tasks) < at_once and (at_once > 1 or _is_at_rest(state.ns))

    def _received(self, state: ThemeState) -> Iterator[tuple[str, ThemeState]]:
        for channel, request in self.alphabet:
            if channel in state.closed:
                continue
            for oneway in (False, True) if self.theme is READS else (False,):
                opaque = Opaque(state.left)
                event = Received(channel=channel, opaque=opaque, request=request, oneway=oneway)
                yield "Received", self._outside(state, event)

    def _closed(self, state: ThemeState) -> Iterator[tuple[str, ThemeState]]:
        for channel in {ONE, TWO} - state.closed:
            for aborted in (False, True):
                after = self._outside(state, ChannelClosed(channel=channel, aborted=aborted))
                yield "ConnectionClosed", attrs.evolve(after, closed=state.closed | {channel})

    def _outside(self, state: ThemeState, event: Event) -> ThemeState:
        spent = attrs.evolve(state, left=state.left - 1)
        return self._after(spent, event, *step(state.ns, event, self.profile))

    def _silence(self, state: ThemeState) -> Iterator[tuple[str, ThemeState]]:
        live = state.ns.tables.broker_live_table
        stale = [key for key in live if is_stale(state.ns.tables, key)]
        scanned, _ = step(state.ns, ScanNotActiveBroker(), self.profile)
        if stale and scanned != state.ns:
            yield "Scanned", self._after(state, ScanNotActiveBroker(), scanned, ())
        for key in live:
            if key not in stale:
                yield "Silent", self._silent(state, key)

    def _silent(self, state: ThemeState, key: BrokerAddrInfo) -> ThemeState:
        live = state.ns.tables.broker_live_table
        live = live.insert(key, attrs.evolve(live[key], last_update_ms=STALE_MS))
        after = attrs.evolve(state.ns, tables=attrs.evolve(state.ns.tables, broker_live_table=live))
        ledger = release_silent(state.ledger, key.broker_addr)
        return self._becomes(state, after, ledger, frozenset(), ())

    def _after(
        self, state: ThemeState, event: Event, after: NameServerState, outputs: tuple[Output, ...]
    ) -> ThemeState:
        ledger, broken = observe(state.ledger, state.ns, event, after, outputs, state.closed)
        return self._becomes(state, after, ledger, broken, outputs)

    def _becomes(
        self,
        state: ThemeState,
        after: NameServerState,
        ledger: Ledger,
        broken: frozenset[str],
        outputs: tuple[Output, ...],
    ) -> ThemeState:
        ledger = forget_absent(ledger, after.tables)
        if _is_at_rest(after):
            broken |= broken_at_rest(after.tables, ledger, self.profile)
        closed = state.closed | {output.channel for output in outputs if isinstance(output, ClosedChannel)}
        said = said_value(state.ns, outputs)
        return attrs.evolve(state, ns=after, closed=closed, ledger=ledger, broken=broken, said=said)


def _is_at_rest(state: NameServerState) -> bool:
    return not is_pending(state) and not state.locked


def _action(before: NameServerState, event: Work | RunUnregistration) -> str:
    if isinstance(event, RunUnregistration):
        return "Batch"
    task = next(t for t in before.tasks if (t.channel, t.opaque) == (event.channel, event.opaque))
    name = type(task.job).__name__
    return JOBS.get(name, name)
