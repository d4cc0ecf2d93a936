"""The system of registration as a product: brokers × links × NameServers and a budget, and the rules by which they go on.

Components in order: the budget, the brokers, the links (process by process), the NameServers, the clients. NameServers never talk
to each other. Unless brokers share connections (`Scope.shared`), each is a process of its own.
"""

from typing import Any, Final

import attrs

from namesrv.explore.administrators import administrator_rules
from namesrv.explore.clients import client_invariants, client_rules, initial_client
from namesrv.explore.groups import group_invariants, group_rules
from namesrv.explore.product import Invariant, Local, Product, Rule, Stage
from namesrv.model.ledger import live_info
from namesrv.model.profiles import Profile
from namesrv.model.promises import NAMES
from namesrv.model.system.acts import Acts
from namesrv.model.system.broker_part import BrokerPart
from namesrv.model.system.link import Link
from namesrv.model.system.link_acts import Act
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import Scope
from namesrv.model.values import PERM_WRITE

BUDGET: Final = 0


@attrs.frozen
class Layout:
    """Which component is what."""

    scope: Scope

    def broker(self, broker: int) -> int:
        """The broker's index."""
        return 1 + broker

    def link(self, broker: int, namesrv: int) -> int:
        """The index of the link between the two."""
        return 1 + self.scope.brokers + self.scope.process_of(broker) * self.scope.namesrvs + namesrv

    def namesrv(self, namesrv: int) -> int:
        """The NameServer's index."""
        return 1 + self.scope.brokers + self.scope.processes * self.scope.namesrvs + namesrv

    def client(self, client: int) -> int:
        """The client's index."""
        return self.namesrv(self.scope.namesrvs) + client

    def process(self, process: int) -> str:
        """What a process is called in stories: its brokers."""
        members = self.scope.members(process)
        who = " and ".join(f"broker {broker + 1}" for broker in members)
        return who if len(members) == 1 else f"the process of {who}"

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called in stories."""
        brokers, namesrvs = range(self.scope.brokers), range(self.scope.namesrvs)
        return (
            "budget",
            *(f"broker {b + 1}" for b in brokers),
            *(f"link {p + 1}-{n + 1}" for p in range(self.scope.processes) for n in namesrvs),
            *(f"NameServer {n + 1}" for n in namesrvs),
            *(f"client {c + 1}" for c in range(self.scope.clients)),
        )


def registration_system(scope: Scope, profile: Profile) -> Product:
    """The system of that scope, every broker about to start."""
    acts, layout = Acts(scope, profile), Layout(scope)
    brokers, namesrvs = range(scope.brokers), range(scope.namesrvs)
    clients = [layout.client(client) for client in range(scope.clients)]
    initial: tuple[Local, ...] = (
        acts.initial_budget(),
        *(acts.initial_broker(broker) for broker in brokers),
        *(Link() for _ in range(scope.processes) for _ in namesrvs),
        *(NameServerPart() for _ in namesrvs),
        *(initial_client(scope) for _ in clients),
    )
    rules = _Rules(acts, layout)
    for broker in brokers:
        rules.of_broker(broker)
    for process in range(scope.processes):
        rules.of_process(process)
        for namesrv in namesrvs:
            rules.of_link(process, namesrv)
            for broker in scope.members(process):
                rules.of_requests(broker, namesrv)
    for namesrv in namesrvs:
        rules.of_namesrv(namesrv)
    if scope.acting:
        rules.rules += group_rules(layout, rules.idle, rules.outward)
    if scope.by_hand:
        spend = rules.spend(acts.spend("by_hand"))
        rules.rules += administrator_rules(scope, profile, spend, [layout.namesrv(n) for n in namesrvs])
    rules.rules += client_rules(clients, [layout.namesrv(n) for n in namesrvs], profile)
    invariants = tuple(
        Invariant(name if scope.namesrvs == 1 else f"{name}@{n + 1}", (layout.namesrv(n),), _not_broken(name))
        for name in NAMES
        for n in namesrvs
    )
    if scope.extended:
        invariants += tuple(
            Invariant(f"FullCoherence@{n + 1}", (layout.broker(b), layout.namesrv(n)), _is_fully_coherent)
            for b in brokers
            for n in namesrvs
        )
    if scope.acting:
        invariants += group_invariants([layout.namesrv(n) for n in namesrvs])
    invariants += client_invariants(clients)
    return Product(components=layout.names, initial=initial, rules=tuple(rules.rules), invariants=invariants)


def shows(part: NameServerPart, broker: BrokerPart, *, topics: bool = True) -> bool:
    """Whether the broker stands where it should, is live, and (a master, if asked for) its topics are as they are configured.

    But for the write permission of a name that an administrator has wiped.
    """
    state, settings, tables = broker.state, broker.settings, part.state.tables
    assert state is not None
    data = tables.broker_addr_table.get(settings.broker_name)
    if data is None or data.cluster != settings.cluster_name:
        return False
    if (
        data.broker_addrs.get(state.broker_id) != settings.broker_addr
        or live_info(tables, settings.broker_addr) is None
    ):
        return False
    if state.broker_id or not topics:
        return True
    for topic, config in state.topic_config_table.items():
        queues = tables.topic_queue_table.get(topic)
        queue = None if queues is None else queues.get(settings.broker_name)
        if queue is None or queue.read_queue_nums != config.read_queue_nums:
            return False
        if (queue.perm ^ config.perm) & ~(PERM_WRITE if settings.broker_name in part.ledger.wiped else 0):
            return False
    return True


def _is_fully_coherent(at: tuple[Any, ...]) -> bool:
    """Where QUERY_DATA_VERSION would say unchanged of a master's version, its name has exactly that master's topics.

    But for names of which an administrator has changed topics by hand.
    """
    broker, part = at
    state, tables = broker.state, part.state.tables
    if not part.is_at_rest or state is None or state.broker_id:
        return True
    if any(name == broker.settings.broker_name for _, name in part.ledger.by_hand):
        return True
    info = live_info(tables, broker.settings.broker_addr, broker.settings.cluster_name)
    if info is None or info.partial or info.data_version != state.data_version or not shows(part, broker, topics=False):
        return True
    name = broker.settings.broker_name
    held = {topic for topic, queues in tables.topic_queue_table.items() if name in queues}
    return held == set(state.topic_config_table) and shows(part, broker)


def _not_broken(name: str) -> Any:
    def holds(at: tuple[Any, ...]) -> bool:
        return name not in at[0].broken

    return holds


class _Rules:
    """Collects the rules; equal acts are made once, so that their tables are shared."""

    def __init__(self, acts: Acts, layout: Layout) -> None:
        self.acts = acts
        self.layout = layout
        self.scope = layout.scope
        self.rules: list[Rule] = []
        members = range(max(len(self.scope.members(p)) for p in range(self.scope.processes)))
        self._outward = [[acts.outward(n, m) for n in range(self.scope.namesrvs)] for m in members]
        self._only_if_idle = [acts.only_if_idle(m) for m in members]
        self._take_answer = [acts.take_answer(m) for m in members]
        self._take_request = [acts.take_request(m) for m in members]
        self._hear = [acts.hear(p) for p in range(self.scope.processes)]
        self._release = [acts.release(p) for p in range(self.scope.processes)]
        self._fault = acts.spend("faults")
        self._change = acts.spend("changes")
        self._delete = acts.spend("deletes")

    def add(self, name: str, *stages: Stage) -> None:
        """One rule more."""
        self.rules.append(Rule(name, stages))

    def spend(self, act: Act) -> Stage:
        """A stage at the budget."""
        return Stage((BUDGET,), act)

    def links_of(self, broker: int, acts: list[Act]) -> list[Stage]:
        """A stage at each of the broker's links, with the act for each NameServer."""
        return [Stage((self.layout.link(broker, n),), act) for n, act in enumerate(acts)]

    def outward(self, broker: int) -> list[Stage]:
        """What the broker does to its links."""
        return self.links_of(broker, self._outward[self.member(broker)])

    def idle(self, broker: int) -> list[Stage]:
        """Only if nothing of the broker is on its way."""
        return self.links_of(broker, [self._only_if_idle[self.member(broker)]] * self.scope.namesrvs)

    def gone(self, process: int) -> list[Stage]:
        """Nothing is promised any more over the process's connections."""
        return [Stage((self.layout.namesrv(n),), self._release[process]) for n in range(self.scope.namesrvs)]

    def member(self, broker: int) -> int:
        """Which broker of its process it is."""
        return self.scope.members(self.scope.process_of(broker)).index(broker)

    def others_connected(self, broker: int) -> list[Stage]:
        """What connects one broker of a process connects them all."""
        others = [b for b in self.scope.members(self.scope.process_of(broker)) if b != broker]
        return [
            stage
            for other in others
            for n in range(self.scope.namesrvs)
            for stage in self.told_of_connection(other, n, is_there=True)
        ]

    def told_of_connection(self, broker: int, namesrv: int, *, is_there: bool) -> list[Stage]:
        """The broker gets to know of a connection. One of 4.9.7 that waits for its timer's thread then unregisters."""
        act = self.acts.changed_connection(namesrv, is_there=is_there)
        return [Stage((self.layout.broker(broker),), act), *self.outward(broker)]

    def of_broker(self, broker: int) -> None:
        """What a broker does by itself, or has done to it."""
        acts, layout, kinds = self.acts, self.layout, self.scope.kinds
        at = (layout.broker(broker),)
        links, idle = self.outward(broker), self.idle(broker)
        gone = [] if self.scope.shared else self.gone(broker)
        who = f"broker {broker + 1}"
        starts = [*links, *self.others_connected(broker)]
        self.add(f"{who} starts", Stage(at, acts.start), *starts)
        self.add(f"{who} registers by timer", *idle, Stage(at, acts.register_timer), *links)
        self.add(f"{who} changes a topic", self.spend(self._change), Stage(at, acts.change_topic), *links)
        self.add(f"{who} deletes a topic", self.spend(self._delete), Stage(at, acts.delete_topic), *links)
        self.add(f"{who} stops its timers", Stage(at, acts.stop_timers), *links, *gone)
        faults: tuple[tuple[str, str, Act, list[Stage]], ...] = (
            ("crash", "shuts down", acts.shut_down, links),
            ("crash", "starts without its versions", acts.start_without_versions, starts),
            ("move", "starts elsewhere", acts.start_elsewhere, starts),
            ("role", "changes its role", acts.change_role, links),
            ("timeout", "waits no longer", acts.deadline, links),
        )
        for kind, name, act, then in faults:
            if kind in kinds:
                self.add(f"{who} {name}", self.spend(self._fault), Stage(at, act), *then)

    def of_process(self, process: int) -> None:
        """How a process ends, and all its brokers with it."""
        at = tuple(self.layout.broker(broker) for broker in self.scope.members(process))
        for kind, name, half_open in (("crash", "crashes", False), ("vanish", "vanishes", True)):
            if kind in self.scope.kinds:
                end = self.acts.end(half_open=half_open)
                links = self.links_of(self.scope.members(process)[0], [end] * self.scope.namesrvs)
                self.add(
                    f"{self.layout.process(process)} {name}",
                    self.spend(self._fault),
                    Stage(at, self.acts.stop),
                    *links,
                    *self.gone(process),
                )

    def of_requests(self, broker: int, namesrv: int) -> None:
        """What goes to and fro between a broker and a NameServer."""
        acts, layout, member = self.acts, self.layout, self.member(broker)
        process = self.scope.process_of(broker)
        at, link, ns = (layout.broker(broker),), (layout.link(broker, namesrv),), (layout.namesrv(namesrv),)
        who, whom = f"broker {broker + 1}", f"NameServer {namesrv + 1}"
        self.add(
            f"{who} hears from {whom}",
            Stage(link, self._take_answer[member]),
            Stage(at, acts.end_call),
            *self.outward(broker),
        )
        self.add(
            f"{whom} reads from {who}",
            Stage(link, self._take_request[member]),
            Stage(ns, acts.receive(process)),
            Stage(link, acts.answer_to(process)),
        )
        if self.scope.shared:
            self.add(f"{whom} has not heard from {who}, which is down", Stage((*at, *ns), acts.grow_stale_down))

    def of_link(self, process: int, namesrv: int) -> None:
        """What happens to the connections between a process and a NameServer."""
        acts, layout, kinds = self.acts, self.layout, self.scope.kinds
        members = self.scope.members(process)
        link, ns = (layout.link(members[0], namesrv),), (layout.namesrv(namesrv),)
        hear = Stage(link, self._hear[process])
        who, whom = layout.process(process), f"NameServer {namesrv + 1}"
        between = f"{who} and {whom}"
        is_there, is_gone = (
            [stage for b in members for stage in self.told_of_connection(b, namesrv, is_there=there)]
            for there in (True, False)
        )
        self.add(
            f"{who} connects to {whom}",
            Stage(tuple(layout.broker(b) for b in members), acts.is_up),
            Stage(link, acts.connect),
            *is_there,
        )
        self.add(
            f"{who} notices that {whom} is gone",
            Stage(link, acts.broker_notices),
            Stage(ns, self._release[process]),
            *is_gone,
        )
        self.add(
            f"{whom} notices that {who} is gone",
            Stage(link, acts.namesrv_notices),
            Stage(ns, acts.notice_close(process)),
            hear,
        )
        self.add(
            f"{whom} has not heard from {who}, which is gone",
            Stage(link, acts.channels_that(process, work=False)),
            Stage(ns, acts.grow_stale),
        )
        if "break" in kinds:
            self.add(
                f"the connection of {between} breaks", self.spend(self._fault), Stage(link, acts.lose(half_open=False))
            )
        if "cut" in kinds:
            self.add(
                f"the connection of {between} is cut", self.spend(self._fault), Stage(link, acts.lose(half_open=True))
            )
        if "late" in kinds:
            self.add(
                f"{whom} hears too late from {who}",
                self.spend(self._fault),
                Stage(link, acts.channels_that(process, work=True)),
                Stage(ns, acts.grow_stale),
            )

    def of_namesrv(self, namesrv: int) -> None:
        """What a NameServer does by itself, or has done to it."""
        acts, layout, processes = self.acts, self.layout, range(self.scope.processes)
        ns = (layout.namesrv(namesrv),)
        hear = [Stage((layout.link(self.scope.members(p)[0], namesrv),), self._hear[p]) for p in processes]
        whom = f"NameServer {namesrv + 1}"
        self.add(f"{whom} works", Stage(ns, acts.work), *hear)
        self.add(f"{whom} has heard nothing of a broker that it has lost", Stage(ns, acts.grow_stale_alone))
        self.add(f"{whom} scans", Stage(ns, acts.scan), *hear)
        if "restart" in self.scope.kinds:
            links = [Stage((layout.link(self.scope.members(p)[0], namesrv),), acts.namesrv_gone) for p in processes]
            self.add(f"{whom} starts again", self.spend(self._fault), Stage(ns, acts.forget_everything), *links)
