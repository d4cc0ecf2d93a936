"""What may happen to the Python model at the grain of the relation: one request, one closed connection, one entry of a scan.

Each gives the ends to which the model may come, with the ledger kept as in `namesrv.model.system.nameserver_part`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any, Final, Protocol

import attrs

from namesrv.model.closing import is_expired
from namesrv.model.events import (
    Answered,
    Applied,
    Channel,
    ChannelClosed,
    ClosedChannel,
    Opaque,
    Output,
    Request,
    RunUnregistration,
    ScanNotActiveBroker,
    UnregisterBroker,
    Work,
)
from namesrv.model.ledger import Ledger, forget_absent, observe, release, release_silent
from namesrv.model.namesrv import step, successors
from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.model.removal import unregister_batch
from namesrv.model.state import CLOSE, SCAN_CHANNEL, ClosedConnection, NameServerState, Scan, Task
from namesrv.model.values import BrokerAddrInfo
from namesrv.proofs.encode import Encoder, OutOfScope, Situation, Tables

KINDS: Final = {
    "RegisterBroker": "register_broker",
    "UnregisterBroker": "unregister_broker",
    "QueryDataVersion": "query_data_version",
    "BrokerHeartbeat": "broker_heartbeat",
    "GetRouteInfoByTopic": "get_route_info_by_topic",
    "GetBrokerClusterInfo": "get_broker_cluster_info",
    "GetAllTopicList": "get_all_topic_list",
    "UnknownRequest": "unknown_request",
    "WipeWritePermOfBroker": "wipe_write_perm_of_broker",
    "AddWritePermOfBroker": "add_write_perm_of_broker",
    "DeleteTopicInNamesrv": "delete_topic_in_namesrv",
    "RegisterTopicInNamesrv": "register_topic_in_namesrv",
}

OPAQUE: Final = Opaque(1)

NEXT_PLACE: Final = ("other_cluster", "thrown", "other_name", "other_id")
"""What 4.9.7 meets behind the first place."""


@attrs.frozen(kw_only=True)
class End:
    """One way in which the model goes. `refused`: whether it was answered with an error, `None` if not answered."""

    after: Situation
    rules: frozenset[str] = frozenset()
    refused: bool | None = None
    broken: frozenset[str] = frozenset()

    @property
    def said(self) -> str:
        """For people."""
        answer = {None: "no answer", True: "an error", False: "SUCCESS"}[self.refused]
        return f"applies {', '.join(sorted(self.rules)) or 'nothing'}, {answer}, breaks {', '.join(self.broken) or 'nothing'}"


class Happening(Protocol):
    """One event of the relation. `is_determined`: all of it is told, so it may go one way only."""

    @property
    def is_determined(self) -> bool: ...

    def is_of(self, transition: str) -> bool:
        """Whether the transition is about such an event."""
        ...

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """The parameters that it leaves open."""
        ...

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The parameters that it tells."""
        ...

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """What the model may come to; nothing if the event can't happen."""
        ...


@attrs.frozen(kw_only=True)
class Asked:
    """A request, all of whose steps are done before anything else is. It was sent before its connection was lost, if it is."""

    channel: Channel
    request: Request
    now_ms: int = 0
    oneway: bool = False
    overtaken: bool = False

    is_determined = True

    def is_of(self, transition: str) -> bool:
        """The rows of its kind, but the batches, which no request is."""
        kind, rule = transition.split("/")
        return not rule.startswith("batch") and kind == KINDS[type(self.request).__name__]

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """None."""
        return ()

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """All of the request."""
        return encoder.parameters(
            self.request, self.channel, self.now_ms, profile, oneway=self.oneway, overtaken=self.overtaken
        )

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """One, unless the connection's end has been dealt with and requests are worked on in order."""
        if profile.in_order and self.channel in at.closed:
            return []
        task = Task(channel=self.channel, opaque=OPAQUE, job=self.request, oneway=self.oneway)
        state = attrs.evolve(at.state, tasks=(task, *at.state.tasks))
        late = frozenset({(self.channel, OPAQUE)} if self.overtaken else ())
        ledger = attrs.evolve(at.ledger, overtaken=late)
        outputs: tuple[Output, ...] = ()
        broken: frozenset[str] = frozenset()
        while any(t.channel == self.channel and t.opaque == OPAQUE for t in state.tasks):
            event = Work(channel=self.channel, opaque=OPAQUE, now_ms=self.now_ms)
            after, said = step(state, event, profile)
            ledger, more = observe(ledger, state, event, after, said, at.lost)
            state, outputs, broken = after, outputs + said, broken | more
        answer = next((o.answer for o in outputs if isinstance(o, Answered)), None)
        ledger = attrs.evolve(ledger, overtaken=frozenset())
        return [
            End(
                after=_settled(at, state, ledger),
                rules=frozenset(o.rule for o in outputs if isinstance(o, Applied)),
                refused=None if answer is None else answer.code != 0,
                broken=broken,
            )
        ]


def _settled(at: Situation, state: NameServerState, ledger: Ledger, **changed: Any) -> Situation:
    return attrs.evolve(at, state=state, ledger=forget_absent(ledger, state.tables), **changed)


@attrs.frozen(kw_only=True)
class Lost:
    """The peer closes a connection."""

    channel: Channel
    is_determined = True

    def is_of(self, transition: str) -> bool:
        """Of one."""
        return transition == "channel_closed/lost"

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """None."""
        return ()

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The connection."""
        return {"channel": {(): encoder.number("Channel", self.channel)}}

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """The close waits to be looked at."""
        event = ChannelClosed(channel=self.channel)
        state, outputs = step(at.state, event, profile)
        ledger, _ = observe(at.ledger, at.state, event, state, outputs)
        after = _settled(at, state, ledger, lost=at.lost | {self.channel})
        return [End(after=after, rules=frozenset({"lost"}))]


@attrs.frozen(kw_only=True)
class Noticed:
    """A lost connection is looked at: who spoke over it is found, one of them or all, and removed or queued."""

    channel: Channel
    is_determined = False

    def is_of(self, transition: str) -> bool:
        """The rows of `channel_destroy`."""
        return transition.startswith("channel_destroy/")

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """Whom it finds, and where."""
        more = ("again", *NEXT_PLACE) if profile.channel_destroy is ChannelDestroy.ONE_AT_ONCE else ()
        return () if profile.atomic_requests else ("cluster", "addr", "name", "broker_id", *more)

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The connection."""
        return {"channel": {(): encoder.number("Channel", self.channel)}}

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """Every one: found and removed without anybody in between."""
        return [
            End(after=_settled(at, state, ledger, closed=at.closed | {self.channel}), rules=rules)
            for state, ledger, rules in self._ends(at.state, at.ledger, at, profile, frozenset())
        ]

    def _ends(
        self, state: NameServerState, ledger: Ledger, at: Situation, profile: Profile, rules: frozenset[str]
    ) -> Iterator[tuple[NameServerState, Ledger, frozenset[str]]]:
        for event, after, outputs in _of_task(state, profile, self.channel, 0):
            kept, _ = observe(ledger, state, event, after, outputs, at.lost)
            more = rules | {o.rule for o in outputs if isinstance(o, Applied)}
            if any(task.channel == self.channel for task in after.tasks):
                yield from self._ends(after, kept, at, profile, more)
            else:
                yield after, kept, more


@attrs.frozen(kw_only=True)
class Removed(Noticed):
    """4.9.7: whom a close has found is removed."""

    addr: str

    def is_of(self, transition: str) -> bool:
        """Of one."""
        return transition == "channel_destroy/removed-at-once"

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """Where it is found."""
        return ("again", "name", "broker_id", *NEXT_PLACE)

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The address."""
        return {"addr": {(): encoder.number("Addr", self.addr)}}


def _of_task(
    state: NameServerState, profile: Profile, channel: Channel, now_ms: int
) -> Iterator[tuple[Work, NameServerState, tuple[Output, ...]]]:
    for event, after, outputs in successors(state, profile, now_ms):
        if isinstance(event, Work) and (event.channel, event.opaque) == (channel, CLOSE):
            yield event, after, outputs


@attrs.frozen(kw_only=True)
class WorkedOff:
    """5.5.0: one queued unregistration, whichever comes first: they are kept in a hash set."""

    request: UnregisterBroker
    is_determined = False

    def is_of(self, transition: str) -> bool:
        """Of one."""
        return transition == "unregister_broker/batch"

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """Whether it is queued once more."""
        return ("again",)

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The request."""
        told = encoder.parameters(self.request, Channel(1), 0, profile, oneway=False)
        return {name: told[name] for name in ("cluster", "addr", "name", "no_id", "broker_id")}

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """Of the request queued once and queued twice: the relation knows a set of them, in which it is the same."""
        queue = [r for r in at.state.unregistration_queue if r != self.request]
        ends = []
        for rest in (queue, [*queue, self.request]):
            state = attrs.evolve(at.state, unregistration_queue=(self.request, *rest))
            state, _ = step(state, RunUnregistration(count=1), profile)
            ends.append(End(after=_settled(at, state, at.ledger), rules=frozenset({"batch"})))
        return ends


@attrs.frozen(kw_only=True)
class Threw:
    """5.x: a batch of several, in this order, one of which throws. `done`: before that; `lost`: behind it; `left`: not taken.

    `emptied`: the names that have lost their last address on the way, with the cluster in the request that took it.
    """

    done: tuple[UnregisterBroker, ...]
    request: UnregisterBroker
    lost: tuple[UnregisterBroker, ...]
    left: tuple[UnregisterBroker, ...]
    emptied: tuple[tuple[str | None, str | None], ...]
    is_determined = True

    @classmethod
    def all_of(cls, at: Situation, profile: Profile) -> Iterator[Threw]:
        """Each way in which a batch of what is queued may throw, or seem to: whether it does, model and relation have to say."""
        queue = tuple(dict.fromkeys(at.state.unregistration_queue))
        for count in range(2, len(queue) + 1):
            for order in permutations(queue, count):
                left = tuple(r for r in queue if r not in order)
                tables, emptied = at.state.tables, list[tuple[str | None, str | None]]()
                for place, request in enumerate(order):
                    taken = (order[:place], request, order[place + 1 :])
                    yield cls(done=taken[0], request=taken[1], lost=taken[2], left=left, emptied=tuple(emptied))
                    before = tables
                    tables, lowest = unregister_batch(tables, (request,), profile)
                    if lowest is None:
                        break
                    gone = set(before.broker_addr_table) - set(tables.broker_addr_table)
                    emptied += [(name, request.cluster_name) for name in gone]

    def is_of(self, transition: str) -> bool:
        """Of one."""
        return transition == "unregister_broker/batch-throws"

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """None."""
        return ()

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """Which requests they are."""
        told = encoder.parameters(self.request, Channel(1), 0, profile, oneway=False)
        told = {name: told[name] for name in ("cluster", "addr", "name", "no_id", "broker_id")}
        told["done"] = {encoder.unregistration(r): True for r in self.done}
        told["kept"] = {encoder.unregistration(r): True for r in self.left}
        emptied = ((encoder.number("Name", name), encoder.number("Cluster", cluster)) for name, cluster in self.emptied)
        return told | {"emptier": {(name,): cluster for name, cluster in emptied}}

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """One, if it throws there and not before."""
        through = unregister_batch(at.state.tables, (*self.done, self.request), profile)[1]
        if through is not None or unregister_batch(at.state.tables, self.done, profile)[1] is None:
            return []
        batch = (*self.done, self.request, *self.lost)
        state = attrs.evolve(at.state, unregistration_queue=(*batch, *self.left))
        state, _ = step(state, RunUnregistration(count=len(batch)), profile)
        return [End(after=_settled(at, state, at.ledger), rules=frozenset({"batch-throws"}))]


@attrs.frozen(kw_only=True)
class Scanned:
    """One expired entry of a scan; of `strict`, all of them."""

    now_ms: int
    is_determined = False

    def is_of(self, transition: str) -> bool:
        """The rows of the scan."""
        return transition.startswith("scan_not_active_broker/")

    def choices(self, profile: Profile) -> tuple[str, ...]:
        """Which entry, and whom its connection is found to speak for."""
        if profile.atomic_requests:
            return ()
        if profile.channel_destroy is ChannelDestroy.ONE_AT_ONCE:
            return ("cluster", "addr", "found_addr", "oneway", "other_addr", "again", "name", "broker_id", *NEXT_PLACE)
        return ("cluster", "addr", "again", "name", "broker_id")

    def parameters(self, encoder: Encoder, profile: Profile) -> Tables:
        """The time."""
        return {"now": {(): self.now_ms}}

    def ends(self, at: Situation, profile: Profile) -> list[End]:
        """After the first entry, the scan itself left out; and after the exception that its removal makes for 4.9.7."""
        if any(isinstance(task.memo, BrokerAddrInfo) for task in at.state.tasks):
            raise OutOfScope("a scan while a close has found somebody: the relation does not know whose close it is")
        state, _ = step(at.state, ScanNotActiveBroker(), profile)
        return list(self._ends(state, at, profile, ()))

    def _ends(
        self, state: NameServerState, at: Situation, profile: Profile, outputs: tuple[Output, ...]
    ) -> Iterator[End]:
        for _, after, said in _of_task(state, profile, SCAN_CHANNEL, self.now_ms):
            told = outputs + said
            task = next((t for t in after.tasks if isinstance(t.job, Scan)), None)
            if not any(isinstance(o, Applied) and o.rule == "expired" for o in told):
                if task is not None:
                    yield from self._ends(after, at, profile, told)
                continue
            if task is not None and task.memo is not None:
                yield from self._ends(after, at, profile, told)
                continue
            yield self._end(after, at, profile, told)
            if task is not None and isinstance(task.job, Scan) and task.job.modified:
                stopped = attrs.evolve(after, scan_stopped=True)
                yield self._end(stopped, at, profile, (*told, Applied(table=EXPIRES, rule="scan-stopped")))

    def _end(self, state: NameServerState, at: Situation, profile: Profile, outputs: tuple[Output, ...]) -> End:
        closed = frozenset(o.channel for o in outputs if isinstance(o, ClosedChannel))
        ledger, live = at.ledger, at.state.tables.broker_live_table
        scan = next((t.job for t in state.tasks if isinstance(t.job, Scan)), Scan())
        taken = scan.visited or {key for key, info in live.items() if info.channel in closed}
        state = attrs.evolve(state, tasks=tuple(t for t in state.tasks if not isinstance(t.job, Scan)))
        for key, info in live.items():
            is_meant = is_expired(info, self.now_ms, profile) and (profile.atomic_requests or key in taken)
            if is_meant and info.last_update_ms + info.heartbeat_timeout_ms < self.now_ms:
                ledger = release_silent(ledger, key.broker_addr)
        for channel in closed:
            ledger = release(ledger, channel)
        rules = frozenset(o.rule for o in outputs if isinstance(o, Applied) and o.table == EXPIRES)
        shown = frozenset({"scan-stopped"}) if "scan-stopped" in rules else rules
        unnoticed = closed - at.closed - {task.channel for task in state.tasks}
        if (
            profile.atomic_requests
        ):  # in the relation what it closes is looked at like any lost connection: nobody spoke over it
            state = attrs.evolve(state, tasks=(*state.tasks, *map(_close, sorted(unnoticed))))
            unnoticed = frozenset()  # of 4.9.7: noticed before the entry was taken out, in the same step
        return End(after=_settled(at, state, ledger, lost=at.lost | closed, closed=at.closed | unnoticed), rules=shown)


def _close(channel: Channel) -> Task:
    return Task(channel=channel, opaque=CLOSE, job=ClosedConnection())


EXPIRES: Final = "scan_not_active_broker"
