"""What happens in the system, part by part: each act says in every way how the parts that it looks at go on.

An act takes `(local states, what it is told)` and yields `(local states after, what it says)`; a chain of them is one thing that
happens (`namesrv.explore.registration` has the chains). What a broker sends and what a NameServer says goes from act to act.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

import attrs

from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerOutput,
    RoleChanged,
    Send,
    Shutdown,
    TimersStopped,
    TopicDeleted,
    TopicUpdated,
)
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BrokerProfile
from namesrv.model.broker_state import BrokerSettings, Timer
from namesrv.model.events import (
    Answered,
    Channel,
    ChannelClosed,
    ClosedChannel,
    Opaque,
    Received,
    Request,
    ScanNotActiveBroker,
)
from namesrv.model.ledger import GONE, release
from namesrv.model.profiles import Profile
from namesrv.model.state import Scan
from namesrv.model.system.broker_part import (
    BrokerPart,
    call_ended,
    connection_changed,
    deadline_passed,
    happened,
    new_part,
    started,
    stopped,
    timer_fired,
)
from namesrv.model.system.link import SLOTS, channel_of
from namesrv.model.system.link_acts import Act, LinkActs, Outward, Taken, Ways
from namesrv.model.system.nameserver_part import (
    Forgotten,
    NameServerPart,
    Said,
    became_stale,
    internal_steps,
    is_stale,
    settled,
)
from namesrv.model.system.nameserver_part import happened as namesrv_happened
from namesrv.model.system.scope import Budget, Scope
from namesrv.model.values import TopicConfig, table

QUEUES: Final = (4, 8)
"""What a topic's queue numbers go back and forth between."""

FEW: Final = 8
"""So many broker names have a letter each."""

BASE: Final = "TBW102"
"""A topic that every broker has and nobody changes: a broker's first registration is never of one topic only."""

SPLIT_SIZE: Final = 2
"""Topics of one request where registrations are split: a first one is never of one topic only, as little as 800 are."""


def broker_profile(profile: Profile) -> BrokerProfile:
    """The brokers that go with a NameServer of that release: 4.9.7's own, with any other the latest.

    5.3.3's register as 5.5.0's do, but for a version for each part of a split registration, of which there would be no end.
    """
    return BROKER_4_9_7 if profile.name == BROKER_4_9_7.name else BROKER_5_5_0


def settings_of(scope: Scope, broker: int) -> BrokerSettings:
    """Broker 0 is the master of name `a`; the next one the master of `b`, or the slave of `a` where they share a name."""
    name, broker_id = broker % scope.names, broker // scope.names
    group = sum(1 for other in range(scope.brokers) if other % scope.names == name)
    return BrokerSettings(
        cluster_name="C1",
        broker_name=chr(ord("a") + name) if name < FEW else f"b{name + 1}",
        broker_id=broker_id,
        broker_addr=f"h{broker + 1}:10911",
        name_servers=scope.namesrvs,
        force_register=scope.forced,
        full_body=scope.extended,
        enable_split_registration=scope.split,
        split_registration_size=SPLIT_SIZE,
        enable_slave_acting_master=scope.acting,
        compatible_with_old_name_srv=not scope.heartbeats,
        total_replicas=group if scope.acting else 1,
    )


def _outward(outputs: tuple[BrokerOutput, ...], *, was_up: bool = True, part: BrokerPart | None = None) -> Outward:
    sends = tuple(output for output in outputs if isinstance(output, Send))
    return Outward(sends=sends, has_ended=was_up and part is not None and part.state is None)


class Acts(LinkActs):
    """The acts of one scope under one profile. Equal acts are the same object, so that a search may share their tables."""

    def __init__(self, scope: Scope, profile: Profile) -> None:
        super().__init__(scope)
        self.profile = profile
        self.broker_profile = broker_profile(profile)
        self.topics = tuple(f"t{number + 1}" for number in range(scope.topics))

    # The whole ----------------------------------------------------------------------------------------------------

    def initial_broker(self, broker: int) -> BrokerPart:
        """A broker that has never been started."""
        configs = {topic: _config(topic, QUEUES[0]) for topic in (BASE, *self.topics)}
        return new_part(settings_of(self.scope, broker), table(configs))

    def initial_budget(self) -> Budget:
        """Everything is still allowed."""
        scope = self.scope
        changes = scope.brokers * (scope.versions - 1)
        return Budget(faults=scope.faults, changes=changes, deletes=scope.deletes, by_hand=scope.by_hand)

    def spend(self, what: str) -> Act:
        """One of the budget's `what` less."""

        def act(at: tuple[Any, ...], told: Any) -> Ways:
            (budget,) = at
            left = getattr(budget, what)
            if left:
                yield (attrs.evolve(budget, **{what: left - 1}),), told

        return act

    # Brokers ------------------------------------------------------------------------------------------------------

    def start(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """A broker that has never run, or was stopped, starts with all that it stored."""
        (part,) = at
        if part.state is None:
            after, outputs = started(part, self.broker_profile)
            yield (after,), attrs.evolve(_outward(outputs), connects=True)

    def start_without_versions(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """A broker starts that has lost its versions, but not its topics."""
        (part,) = at
        if part.state is None and part.stored[1].counter:
            after, outputs = started(part, self.broker_profile, keeps_versions=False)
            yield (after,), attrs.evolve(_outward(outputs), connects=True)

    def start_elsewhere(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """A broker starts under another address, broker name or cluster name."""
        (part,) = at
        if part.state is not None:
            return
        settings = part.settings
        moves: list[dict[str, Any]] = [{"broker_addr": "h9:10911"}, {"broker_name": "z"}, {"cluster_name": "C2"}]
        for move in moves:
            elsewhere = attrs.evolve(settings, **move)
            if elsewhere == settings:
                continue
            moved = attrs.evolve(part, settings=elsewhere)
            after, outputs = started(moved, self.broker_profile)
            yield (after,), attrs.evolve(_outward(outputs), connects=True)

    def stop(self, at: tuple[BrokerPart, ...], told: Any) -> Ways:
        """A process ends, and all its brokers with it."""
        if any(part.state is not None for part in at):
            yield tuple(part if part.state is None else stopped(part) for part in at), None

    def register_timer(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """The periodic registration."""
        fired = timer_fired(at[0], Timer.REGISTER)
        if fired is not None:
            after, outputs = fired
            yield (after,), _outward(outputs)

    def deadline(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """The broker waits for its answers no longer."""
        passed = deadline_passed(at[0])
        if passed is not None:
            after, outputs, given_up = passed
            yield (after,), attrs.evolve(_outward(outputs), gives_up=given_up)

    def change_topic(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """An administrator changes a topic, or creates one that was deleted."""
        (part,) = at
        if part.state is None or part.state.is_shutdown:
            return
        for topic in self.topics:
            now = part.state.topic_config_table.get(topic)
            queues = QUEUES[0] if now is None or now.read_queue_nums == QUEUES[1] else QUEUES[1]
            yield self._broker_does(part, TopicUpdated(configs=(_config(topic, queues),)))

    def delete_topic(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """An administrator deletes a topic."""
        (part,) = at
        if part.state is None or part.state.is_shutdown:
            return
        for topic in self.topics:
            if topic in part.state.topic_config_table:
                yield self._broker_does(part, TopicDeleted(topic=topic))

    def change_role(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """A master becomes a slave, or a slave a master."""
        (part,) = at
        if part.state is not None and not part.state.is_shutdown:
            yield self._broker_does(part, RoleChanged(broker_id=0 if part.state.broker_id else 1))

    def shut_down(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """The broker is told to stop: it unregisters."""
        (part,) = at
        if part.state is not None and not part.state.is_shutdown:
            yield self._broker_does(part, Shutdown())

    def stop_timers(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """The shutdown has come so far that the timers stop."""
        (part,) = at
        if part.state is not None and part.state.is_shutdown and part.state.timers:
            yield self._broker_does(part, TimersStopped())

    def end_call(self, at: tuple[BrokerPart], told: Any) -> Ways:
        """An answer is read, or a call has failed."""
        (part,) = at
        tag, answer = told
        after, outputs = call_ended(part, tag, answer)
        yield (after,), _outward(outputs, was_up=part.state is not None, part=after)

    def changed_connection(self, name_server: int, *, is_there: bool) -> Act:
        """The broker has a connection to that NameServer, or no longer; nothing if it is down."""

        def act(at: tuple[BrokerPart], told: Any) -> Ways:
            after, outputs = connection_changed(at[0], name_server, is_there=is_there)
            yield (after,), _outward(outputs)

        return act

    def is_up(self, at: tuple[BrokerPart, ...], told: Any) -> Ways:
        """Only if one of the brokers runs."""
        if any(part.state is not None for part in at):
            yield at, told

    def _broker_does(self, part: BrokerPart, event: BrokerEvent) -> tuple[tuple[Any, ...], Hashable]:
        after, outputs = happened(part, event)
        return (after,), _outward(outputs, part=after)

    # NameServers --------------------------------------------------------------------------------------------------

    def receive(self, process: int) -> Act:
        """A request has arrived over one of the process's connections."""

        def act(at: tuple[NameServerPart], told: Taken) -> Ways:
            (part,) = at
            channel = channel_of(process, told.slot)
            used = {task.opaque for task in part.state.tasks if task.channel == channel}
            opaque = next(Opaque(number) for number in range(1, len(used) + 2) if number not in used)
            request = told.message.request
            assert isinstance(request, Request)
            event = Received(channel=channel, opaque=opaque, request=request, oneway=told.message.oneway)
            after, said = self._done(*namesrv_happened(part, event, self.profile))
            yield (after,), attrs.evolve(told, opaque=opaque, said=said)

        return act

    def work(self, at: tuple[NameServerPart], told: Any) -> Ways:
        """The NameServer does something by itself."""
        for after, said in internal_steps(at[0], self.profile):
            yield (after,), _heard(said)

    def notice_close(self, process: int) -> Act:
        """One of the process's connections is no more."""

        def act(at: tuple[NameServerPart], told: int) -> Ways:
            event = ChannelClosed(channel=channel_of(process, told))
            after, said = self._done(*namesrv_happened(at[0], event, self.profile))
            yield (after,), said

        return act

    def grow_stale(self, at: tuple[NameServerPart], told: frozenset[Channel]) -> Ways:
        """A live entry that one of these connections speaks for has been silent for too long."""
        (part,) = at
        for key, info in part.state.tables.broker_live_table.items():
            if info.channel in told and not is_stale(part.state.tables, key):
                yield (became_stale(part, key),), None

    def grow_stale_alone(self, at: tuple[NameServerPart], told: Any) -> Ways:
        """The same of an entry whose connection is gone."""
        yield from self.grow_stale(at, frozenset({GONE}))

    def grow_stale_down(self, at: tuple[BrokerPart, NameServerPart], told: Any) -> Ways:
        """The same of a broker that is down, though the connection over which it spoke goes on."""
        broker, part = at
        if broker.state is not None:
            return
        for key in part.state.tables.broker_live_table:
            if key.broker_addr == broker.settings.broker_addr and not is_stale(part.state.tables, key):
                yield (broker, became_stale(part, key)), None

    def scan(self, at: tuple[NameServerPart], told: Any) -> Ways:
        """The scan timer fires; without anything stale that would change nothing.

        Not while what was queued before waits for the batch: or a queue would grow without end that is worked off in a moment.
        """
        (part,) = at
        tables = part.state.tables
        at_it = any(isinstance(task.job, Scan) for task in part.state.tasks) or part.state.unregistration_queue
        if at_it or part.state.scan_stopped or not any(is_stale(tables, key) for key in tables.broker_live_table):
            return
        after, said = self._done(*namesrv_happened(part, ScanNotActiveBroker(), self.profile))
        yield (after,), said

    def release(self, process: int) -> Act:
        """The process has given up a connection (told its slot) or all: what was promised over it is promised no longer."""

        def act(at: tuple[NameServerPart], told: Any) -> Ways:
            (part,) = at
            slots = [int(told)] if isinstance(told, int) else list(range(SLOTS))
            ledger = part.ledger
            for slot in slots:
                ledger = release(ledger, channel_of(process, slot))
            yield (attrs.evolve(part, ledger=ledger),), told

        return act

    def forget_everything(self, at: tuple[NameServerPart], told: Any) -> Ways:
        """The NameServer starts again."""
        if at[0] != NameServerPart():
            yield (NameServerPart(),), told

    def _done(self, part: NameServerPart, said: tuple[Said, ...]) -> tuple[NameServerPart, tuple[Said, ...]]:
        """Where requests are atomic and in order nobody sees one that waits: so it is done at once."""
        if self.profile.atomic_requests:
            part, said = settled(part, self.profile, said)
        return part, _heard(said)


def _heard(said: tuple[Said, ...]) -> tuple[Said, ...]:
    """What connections have to do with."""
    return tuple(output for output in said if isinstance(output, Answered | ClosedChannel | Forgotten))


def _config(topic: str, queues: int) -> TopicConfig:
    return TopicConfig(topic_name=topic, read_queue_nums=queues, write_queue_nums=queues)
