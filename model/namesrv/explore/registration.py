"""The system of registration as a product: brokers × links × NameServers and a budget, and the rules by which they go on.

Components in order: the budget, the brokers, the links (broker by broker), the NameServers. NameServers never talk to each other.
"""

from typing import Any, Final

import attrs

from namesrv.explore.product import Invariant, Local, Product, Rule, Stage
from namesrv.model.ledger import live_info
from namesrv.model.profiles import Profile
from namesrv.model.promises import NAMES
from namesrv.model.system.acts import Act, Acts
from namesrv.model.system.broker_part import BrokerPart
from namesrv.model.system.link import Link
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import Scope

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
        return 1 + self.scope.brokers + broker * self.scope.namesrvs + namesrv

    def namesrv(self, namesrv: int) -> int:
        """The NameServer's index."""
        return 1 + self.scope.brokers * (1 + self.scope.namesrvs) + namesrv

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called in stories."""
        brokers, namesrvs = range(self.scope.brokers), range(self.scope.namesrvs)
        return (
            "budget",
            *(f"broker {b + 1}" for b in brokers),
            *(f"link {b + 1}-{n + 1}" for b in brokers for n in namesrvs),
            *(f"NameServer {n + 1}" for n in namesrvs),
        )


def registration_system(scope: Scope, profile: Profile) -> Product:
    """The system of that scope, every broker about to start."""
    acts, layout = Acts(scope, profile), Layout(scope)
    brokers, namesrvs = range(scope.brokers), range(scope.namesrvs)
    initial: tuple[Local, ...] = (
        acts.initial_budget(),
        *(acts.initial_broker(broker) for broker in brokers),
        *(Link() for _ in brokers for _ in namesrvs),
        *(NameServerPart() for _ in namesrvs),
    )
    rules = _Rules(acts, layout)
    for broker in brokers:
        rules.of_broker(broker)
        for namesrv in namesrvs:
            rules.of_link(broker, namesrv)
    for namesrv in namesrvs:
        rules.of_namesrv(namesrv)
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
    return Product(components=layout.names, initial=initial, rules=tuple(rules.rules), invariants=invariants)


def shows(part: NameServerPart, broker: BrokerPart, *, topics: bool = True) -> bool:
    """Whether the broker stands where it should, is live, and (a master, if asked for) its topics are as they are configured."""
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
        if queue is None or (queue.read_queue_nums, queue.perm) != (config.read_queue_nums, config.perm):
            return False
    return True


def _is_fully_coherent(at: tuple[Any, ...]) -> bool:
    """Where QUERY_DATA_VERSION would say unchanged of a master's version, its name has exactly that master's topics."""
    broker, part = at
    state, tables = broker.state, part.state.tables
    if not part.is_at_rest or state is None or state.broker_id:
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
        self._outward = [acts.outward(n) for n in range(self.scope.namesrvs)]
        self._hear = [acts.hear(b) for b in range(self.scope.brokers)]
        self._release = [acts.release(b) for b in range(self.scope.brokers)]
        self._fault = acts.spend("faults")
        self._change = acts.spend("changes")
        self._delete = acts.spend("deletes")

    def add(self, name: str, *stages: Stage) -> None:
        """One rule more."""
        self.rules.append(Rule(name, stages))

    def spend(self, act: Act) -> Stage:
        """A stage at the budget."""
        return Stage((BUDGET,), act)

    def of_broker(self, broker: int) -> None:
        """What a broker does by itself, or has done to it."""
        acts, layout, kinds = self.acts, self.layout, self.scope.kinds
        at = (layout.broker(broker),)
        links = [Stage((layout.link(broker, n),), self._outward[n]) for n in range(self.scope.namesrvs)]
        idle = [Stage((layout.link(broker, n),), acts.only_if_idle) for n in range(self.scope.namesrvs)]
        gone = [Stage((layout.namesrv(n),), self._release[broker]) for n in range(self.scope.namesrvs)]
        who = f"broker {broker + 1}"
        self.add(f"{who} starts", Stage(at, acts.start), *links)
        self.add(f"{who} registers by timer", *idle, Stage(at, acts.register_timer), *links)
        self.add(f"{who} changes a topic", self.spend(self._change), Stage(at, acts.change_topic), *links)
        self.add(f"{who} deletes a topic", self.spend(self._delete), Stage(at, acts.delete_topic), *links)
        self.add(f"{who} stops its timers", Stage(at, acts.stop_timers), *links, *gone)
        faults: dict[str, tuple[tuple[str, Act, bool], ...]] = {
            "crash": (
                ("shuts down", acts.shut_down, False),
                ("crashes", acts.stop("closed"), True),
                ("starts without its versions", acts.start_without_versions, False),
            ),
            "vanish": (("vanishes", acts.stop("silent"), True),),
            "move": (("starts elsewhere", acts.start_elsewhere, False),),
            "role": (("changes its role", acts.change_role, False),),
            "timeout": (("waits no longer", acts.deadline, False),),
        }
        for kind, what in faults.items():
            if kind in kinds:
                for name, act, ends in what:
                    self.add(f"{who} {name}", self.spend(self._fault), Stage(at, act), *links, *(gone if ends else ()))

    def of_link(self, broker: int, namesrv: int) -> None:
        """What happens between a broker and a NameServer."""
        acts, layout, kinds = self.acts, self.layout, self.scope.kinds
        at, link, ns = (layout.broker(broker),), (layout.link(broker, namesrv),), (layout.namesrv(namesrv),)
        links = [Stage((layout.link(broker, n),), self._outward[n]) for n in range(self.scope.namesrvs)]
        hear = Stage(link, self._hear[broker])
        who, whom = f"broker {broker + 1}", f"NameServer {namesrv + 1}"
        between = f"{who} and {whom}"
        self.add(
            f"{who} connects to {whom}",
            Stage(at, acts.is_up),
            Stage(link, acts.connect),
            Stage(at, acts.changed_connection(namesrv, is_there=True)),
        )
        self.add(f"{who} hears from {whom}", Stage(link, acts.take_answer), Stage(at, acts.end_call), *links)
        self.add(
            f"{whom} reads from {who}",
            Stage(link, acts.take_request),
            Stage(ns, acts.receive(broker)),
            Stage(link, acts.answer_to(broker)),
        )
        self.add(
            f"{who} notices that {whom} is gone",
            Stage(link, acts.broker_notices),
            Stage(ns, self._release[broker]),
            Stage(at, acts.changed_connection(namesrv, is_there=False)),
        )
        self.add(
            f"{whom} notices that {who} is gone",
            Stage(link, acts.namesrv_notices),
            Stage(ns, acts.notice_close(broker)),
            hear,
        )
        self.add(
            f"{whom} has not heard from {who}, which is gone",
            Stage(link, acts.channels_that(broker, work=False)),
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
                Stage(link, acts.channels_that(broker, work=True)),
                Stage(ns, acts.grow_stale),
            )

    def of_namesrv(self, namesrv: int) -> None:
        """What a NameServer does by itself, or has done to it."""
        acts, layout, brokers = self.acts, self.layout, range(self.scope.brokers)
        ns = (layout.namesrv(namesrv),)
        hear = [Stage((layout.link(b, namesrv),), self._hear[b]) for b in brokers]
        whom = f"NameServer {namesrv + 1}"
        self.add(f"{whom} works", Stage(ns, acts.work), *hear)
        self.add(f"{whom} has heard nothing of a broker that it has lost", Stage(ns, acts.grow_stale_alone))
        self.add(f"{whom} scans", Stage(ns, acts.scan), *hear)
        if "restart" in self.scope.kinds:
            links = [Stage((layout.link(b, namesrv),), acts.namesrv_gone) for b in brokers]
            self.add(f"{whom} starts again", self.spend(self._fault), Stage(ns, acts.forget_everything), *links)
