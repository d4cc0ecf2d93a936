"""Is what a broker said a behaviour of the broker model? The set of its states that explain everything seen so far.

What happens inside the broker is not seen: when it notices that a connection has come or gone, when exactly an administrator's
word reaches it, that a call has failed. Each of these may have happened or not; every state of the set is followed both ways.
What it sends is seen, and has to be what the model sends, with the same topics under the same DataVersion; and what the model
sends has to be seen within `LATE_MS`. A timer that is due fires at its time; what comes of it may come late.

Timestamps are the broker's own. Where the model takes the time, it takes one that the broker is seen to have used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.check.broker_traffic import Answered, Connected, Disconnected, Key, Observation, Said
from namesrv.check.findings import Finding, Undecided, Violation
from namesrv.model.broker import next_wakeup_ms, step
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerRequest,
    Call,
    CallFailed,
    NameServerAvailable,
    NameServerIndex,
    NameServerUnavailable,
    Send,
    Shutdown,
    Started,
    Tick,
    TimersStopped,
)
from namesrv.model.broker_profiles import BrokerProfile
from namesrv.model.broker_state import BrokerSettings, BrokerState, initial_state
from namesrv.model.events import QueryDataVersion, RegisterBroker
from namesrv.model.values import DataVersion, TopicConfig, table

LATE_MS: Final = 5_000
"""How long after the model a real broker may send, on a busy machine."""
MOST_STATES: Final = 20_000


@attrs.frozen(kw_only=True)
class Act:
    """What happened to the broker once, between `begun_ms` and `done_ms` (epoch). A version that it makes has a time of then."""

    begun_ms: int
    done_ms: int
    event: BrokerEvent


@attrs.frozen(kw_only=True)
class Due:
    """A request that the model has sent and nobody has seen yet."""

    send: Send
    since_ms: int


@attrs.frozen(kw_only=True)
class Belief:
    """What may be so. `acts`: which have happened; `calls`: those that were seen, by the key of their answer."""

    state: BrokerState
    acts: frozenset[int] = frozenset()
    due: tuple[Due, ...] = ()
    calls: HashTrieMap[Key, tuple[Call, NameServerIndex]] = HashTrieMap()

    def without(self, key: Key) -> Belief:
        """The call with that key has ended."""
        return attrs.evolve(self, calls=self.calls.remove(key))


class BrokerTracker:
    """`observe` each observation, then `end`. Raises `Violation` where none explains it, `Undecided` where there are too many."""

    def __init__(
        self,
        profile: BrokerProfile,
        settings: BrokerSettings,
        topics: Iterable[TopicConfig],
        acts: Sequence[Act],
        seen: Sequence[Observation],
    ) -> None:
        configs = table({config.topic_name or "": config for config in topics})
        self._acts = tuple(acts)
        self._times = sorted({version.timestamp for version in _versions(seen)})
        self._open: frozenset[NameServerIndex] = frozenset()
        start_ms = seen[0].at_ms if seen else 0
        created = [at for at in self._times if at <= start_ms] or [start_ms]
        self.beliefs = frozenset(
            Belief(state=initial_state(settings, profile, configs, created_ms)) for created_ms in created
        )

    def observe(self, seen: Observation) -> None:
        """One more."""
        unseen = self._closed(self.beliefs, seen.at_ms)
        before = frozenset(later for belief in unseen for later in self._caught_up(belief, seen.at_ms))
        match seen:
            case Connected(name_server=name_server):
                self._open |= {name_server}
                after = before
            case Disconnected(name_server=name_server):
                self._open -= {name_server}
                after = before
            case Said():
                after = frozenset(later for belief in before for later in self._said(belief, seen))
            case Answered(key=key, outcome=outcome):
                after = frozenset(
                    self._stepped(belief.without(key), attrs.evolve(outcome, call=belief.calls[key][0]), seen.at_ms)
                    for belief in before
                    if key in belief.calls
                )
        if not after:
            raise Violation(self._finding(seen, before))
        self.beliefs = after

    def end(self, at_ms: int) -> None:
        """Nothing more comes. What had to be sent to a NameServer that is there has been."""
        last = self._closed(self.beliefs, at_ms)
        done = [b for b in last if len(b.acts) == len(self._acts) and not any(self._is_there(due) for due in b.due)]
        if not done:
            raise Violation(self._finding(None, last))

    # What is not seen ---------------------------------------------------------------------------------------------

    def _closed(self, beliefs: Iterable[Belief], now_ms: int) -> frozenset[Belief]:
        """With everything that may have happened unseen by now."""
        found = set(beliefs)
        left = list(found)
        while left:
            for after in self._unseen(left.pop(), now_ms):
                if after not in found:
                    found.add(after)
                    left.append(after)
            if len(found) > MOST_STATES:
                raise Undecided(f"more than {MOST_STATES} states explain what the broker said by {now_ms}")
        return frozenset(found)

    def _unseen(self, belief: Belief, now_ms: int) -> Iterator[Belief]:
        state = belief.state
        for name_server in self._open - state.available if state.profile.only_available else ():
            yield self._stepped(belief, NameServerAvailable(name_server=name_server), now_ms)
        for name_server in state.available - self._open:
            yield self._stepped(belief, NameServerUnavailable(name_server=name_server), now_ms)
        for number, act in enumerate(self._acts):
            if number not in belief.acts and act.begun_ms <= now_ms and self._after(act) <= belief.acts:
                by_ms = min(act.done_ms, now_ms)
                for at in (*(at for at in self._times if act.begun_ms <= at <= by_ms), by_ms):
                    yield attrs.evolve(self._stepped(belief, act.event, at), acts=belief.acts | {number})
        if state.is_shutdown:
            yield self._stepped(belief, TimersStopped(), now_ms)
        for due in belief.due:
            if not self._is_there(due):
                rest = attrs.evolve(belief, due=tuple(other for other in belief.due if other is not due))
                yield rest if due.send.call is None else self._stepped(rest, CallFailed(call=due.send.call), now_ms)
        for key, (call, name_server) in belief.calls.items():
            if name_server not in self._open:
                yield self._stepped(belief.without(key), CallFailed(call=call), now_ms)

    def _after(self, act: Act) -> frozenset[int]:
        """What had happened before it began."""
        return frozenset(number for number, other in enumerate(self._acts) if other.done_ms < act.begun_ms)

    def _is_there(self, due: Due) -> bool:
        return due.send.name_server in self._open

    def _caught_up(self, belief: Belief, now_ms: int) -> Iterator[Belief]:
        """Its timers and timeouts, each at its time. Nothing, if something that had to happen has not."""
        while (at := next_wakeup_ms(belief.state)) is not None and at <= now_ms:
            belief = self._stepped(belief, Tick(), at)
        is_late = any(now_ms - due.since_ms > LATE_MS for due in belief.due if self._is_there(due))
        missed = (number for number, act in enumerate(self._acts) if act.done_ms + LATE_MS < now_ms)
        if not is_late and belief.acts.issuperset(missed):
            yield belief

    def _stepped(self, belief: Belief, event: BrokerEvent, now_ms: int) -> Belief:
        state, outputs = step(belief.state, event, now_ms)
        sent = tuple(Due(send=output, since_ms=now_ms) for output in outputs if isinstance(output, Send))
        return attrs.evolve(belief, state=state, due=belief.due + sent)

    # What is seen -------------------------------------------------------------------------------------------------

    def _said(self, belief: Belief, said: Said) -> Iterator[Belief]:
        """The first that it may be."""
        for due in belief.due:
            send = due.send
            is_to_it = send.name_server == said.name_server and (send.call is None) == (said.key is None)
            if is_to_it and send.request == said.request:
                rest = tuple(other for other in belief.due if other is not due)
                calls = belief.calls
                if said.key is not None and send.call is not None:
                    calls = calls.insert(said.key, (send.call, send.name_server))
                yield attrs.evolve(belief, due=rest, calls=calls)
                return

    def _finding(self, seen: Observation | None, before: Iterable[Belief]) -> Finding:
        expected = {f"to NameServer {due.send.name_server}: {brief(due.send.request)}" for b in before for due in b.due}
        if seen is None:
            return Finding(what="the end", where="the recordings", expected=tuple(sorted(expected)), got="nothing more")
        got = brief(seen.request) if isinstance(seen, Said) else type(seen).__name__
        where = f"NameServer {seen.name_server}, {seen.at_ms}"
        return Finding(what="what the broker says", where=where, expected=tuple(sorted(expected)), got=got)


def started(at_ms: int) -> Act:
    """The broker's own beginning, by then at the latest."""
    return Act(begun_ms=0, done_ms=at_ms, event=Started())


def stopped(begun_ms: int, done_ms: int) -> Act:
    """SIGTERM."""
    return Act(begun_ms=begun_ms, done_ms=done_ms, event=Shutdown())


def brief(request: BrokerRequest) -> str:
    """In a line."""
    name = type(request).__name__
    if isinstance(request, RegisterBroker) and request.body is not None:
        version = request.body.data_version
        topics = request.body.topic_config_table
        count = "no" if topics is None else str(len(topics))
        return f"{name} with {count} topics, {_version(version)}"
    if isinstance(request, QueryDataVersion):
        return f"{name}, {_version(request.data_version)}"
    return name


def _version(version: DataVersion | None) -> str:
    return "no version" if version is None else f"version {version.counter} of {version.timestamp}"


def _versions(seen: Iterable[Observation]) -> Iterator[DataVersion]:
    """What was said."""
    for each in seen:
        if isinstance(each, Said):
            request = each.request
            version = None
            if isinstance(request, RegisterBroker) and request.body is not None:
                version = request.body.data_version
            elif isinstance(request, QueryDataVersion):
                version = request.data_version
            if version is not None:
                yield version
