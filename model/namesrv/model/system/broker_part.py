"""A broker within a system: its own step function, with time taken out of it.

Between steps nothing of a broker's state is a time or grows without need: timers and deadlines are `FAR`, its clock is the count
of its DataVersion's changes, and its calls are numbered by NameServer. So a timer fires, or a deadline passes, when the system
says so.
"""

from __future__ import annotations

from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.broker import step
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerOutput,
    Call,
    CallFailed,
    CloseConnections,
    NameServerAvailable,
    NameServerIndex,
    NameServerUnavailable,
    ReceivedAnswer,
    Send,
    Started,
    Tick,
)
from namesrv.model.broker_profiles import BrokerProfile
from namesrv.model.broker_state import BrokerSettings, BrokerState, Timer, UnderWay, initial_state
from namesrv.model.events import Answer
from namesrv.model.values import DataVersion, KVTable, TopicConfig, table

FAR: Final = 1 << 40
"""When everything that waits for a time is due, milliseconds."""

LEAVING: Final = 100
"""Added to the number of the NameServer that an unregistration is waited for from."""

FRESH_CALL: Final = 1_000
"""Where a step's new calls are counted from, before they get their numbers."""


@attrs.frozen(kw_only=True, cache_hash=True)
class BrokerPart:
    """`state` is `None` while the process is down; then `stored` is what it will find when it starts."""

    settings: BrokerSettings
    state: BrokerState | None
    stored: tuple[HashTrieMap[str, TopicConfig], DataVersion]


def new_part(settings: BrokerSettings, topics: HashTrieMap[str, TopicConfig]) -> BrokerPart:
    """A broker that has never been started."""
    return BrokerPart(settings=settings, state=None, stored=(topics, DataVersion(timestamp=1)))


def started(
    part: BrokerPart, profile: BrokerProfile, *, keeps_versions: bool = True
) -> tuple[BrokerPart, tuple[BrokerOutput, ...]]:
    """The process starts, with connections to all NameServers.

    It has what it stored or (`keeps_versions` false) its topics alone: then it counts anew, but later.
    """
    topics, version = part.stored
    if not keeps_versions:
        version = DataVersion(timestamp=version.timestamp + 1)
    state = initial_state(part.settings, profile, topics, created_ms=version.timestamp)
    every = frozenset(NameServerIndex(index) for index in range(part.settings.name_servers))
    part = attrs.evolve(part, state=attrs.evolve(state, data_version=version, available=every))
    return happened(part, Started())


def stopped(part: BrokerPart) -> BrokerPart:
    """The process has ended; what it stored is kept."""
    assert part.state is not None
    return attrs.evolve(part, state=None, stored=(part.state.topic_config_table, part.state.data_version))


def _stepped(state: BrokerState, event: BrokerEvent, now_ms: int) -> tuple[BrokerState, tuple[BrokerOutput, ...]]:
    """Without pauses: NameServers that become available between two parts that go to nobody are left to the broker alone."""
    state, outputs = step(state, event, now_ms)
    while state.under_way is not None and state.under_way.pauses:
        state, more = step(state, Tick(), now_ms)
        outputs += more
    return state, outputs


def happened(part: BrokerPart, event: BrokerEvent) -> tuple[BrokerPart, tuple[BrokerOutput, ...]]:
    """An event; nothing if the process is down."""
    if part.state is None:
        return part, ()
    state, outputs = _stepped(attrs.evolve(part.state, next_call=FRESH_CALL), event, _now_ms(part.state))
    return _normal(part, state, outputs)


def timer_fired(part: BrokerPart, timer: Timer) -> tuple[BrokerPart, tuple[BrokerOutput, ...]] | None:
    """The timer fires now; `None` if it is not set, or its thread is still busy."""
    state = part.state
    if state is None or timer not in state.timers or state.under_way is not None or state.jobs:
        return None
    due = attrs.evolve(state, timers=state.timers.insert(timer, _now_ms(state)), next_call=FRESH_CALL)
    after, outputs = _stepped(due, Tick(), _now_ms(state))
    return _normal(part, after, outputs)


def beaten(part: BrokerPart) -> tuple[Send, ...]:
    """The signs of life that the heartbeat timer sends when it fires now; its thread waits for nothing."""
    state = part.state
    if state is None or Timer.HEARTBEAT not in state.timers:
        return ()
    due = attrs.evolve(state, timers=state.timers.insert(Timer.HEARTBEAT, _now_ms(state)), next_call=FRESH_CALL)
    _, outputs = step(due, Tick(), _now_ms(state))
    return tuple(output for output in outputs if isinstance(output, Send))


def deadline_passed(part: BrokerPart) -> tuple[BrokerPart, tuple[BrokerOutput, ...], frozenset[Call]] | None:
    """What is under way is waited for no longer; also which calls that were. `None` if nothing is under way."""
    state = part.state
    if state is None or state.under_way is None:
        return None
    given_up = frozenset(state.under_way.waiting)
    due = attrs.evolve(state, under_way=attrs.evolve(state.under_way, deadline_ms=_now_ms(state)), next_call=FRESH_CALL)
    after, outputs = _stepped(due, Tick(), _now_ms(state))
    part, outputs = _normal(part, after, outputs)
    return part, outputs, given_up


def call_ended(part: BrokerPart, call: Call, answer: Answer | None) -> tuple[BrokerPart, tuple[BrokerOutput, ...]]:
    """An answer has come, or (`None`) will not."""
    return happened(part, CallFailed(call=call) if answer is None else _received(call, answer))


def connection_changed(
    part: BrokerPart, name_server: int, *, is_there: bool
) -> tuple[BrokerPart, tuple[BrokerOutput, ...]]:
    """The broker has a connection to that NameServer, or has lost it."""
    index = NameServerIndex(name_server)
    return happened(
        part, NameServerAvailable(name_server=index) if is_there else NameServerUnavailable(name_server=index)
    )


def _received(call: Call, answer: Answer) -> ReceivedAnswer:
    fields = answer.ext_fields
    changed = None if fields is None or "changed" not in fields else fields["changed"] == "true"
    return ReceivedAnswer(
        call=call,
        code=answer.code,
        has_body=answer.body is not None,
        changed=changed,
        data_version=answer.body if isinstance(answer.body, DataVersion) else None,
        ha_server_addr=None if fields is None else fields.get("haServerAddr"),
        master_addr=None if fields is None else fields.get("masterAddr"),
        kv_table=answer.body if isinstance(answer.body, KVTable) else None,
    )


def _now_ms(state: BrokerState) -> int:
    return state.data_version.timestamp + 1


def _normal(
    part: BrokerPart, state: BrokerState, outputs: tuple[BrokerOutput, ...]
) -> tuple[BrokerPart, tuple[BrokerOutput, ...]]:
    """Times made `FAR`, calls numbered by NameServer."""
    if state.is_closed or any(isinstance(output, CloseConnections) for output in outputs):
        return stopped(attrs.evolve(part, state=state)), outputs
    renamed: dict[Call, Call] = {}
    under_way, leaving = state.under_way, state.unregistering
    if under_way is not None:
        renamed |= {call: Call(index) for call, index in under_way.waiting.items()}
        under_way = _without_time(under_way, renamed)
    if leaving is not None:
        if leaving.call is not None:
            renamed[leaving.call] = Call(LEAVING + leaving.name_server)
        call = None if leaving.call is None else renamed[leaving.call]
        leaving = attrs.evolve(leaving, call=call, not_before_ms=0)
    state = attrs.evolve(
        state,
        timers=table(dict.fromkeys(state.timers, FAR)),
        started_ms=0,
        under_way=under_way,
        unregistering=leaving,
        next_call=0,
    )
    said = tuple(
        attrs.evolve(output, call=renamed.get(output.call))
        if isinstance(output, Send) and output.call is not None
        else output
        for output in outputs
    )
    return attrs.evolve(part, state=state), said


def _without_time(under_way: UnderWay, renamed: dict[Call, Call]) -> UnderWay:
    waiting = table({renamed[call]: index for call, index in under_way.waiting.items()})
    results = tuple(attrs.evolve(result, call=Call(0)) for result in under_way.results)
    return attrs.evolve(under_way, waiting=waiting, deadline_ms=FAR, results=results)
