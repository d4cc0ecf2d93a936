"""The NameServer as one state machine: `step` says what an event does, `enabled` which internal steps may happen now.

`step(state, event, profile)` is deterministic: where a release may go on in several ways (thread pools, hash tables), the
internal event names the choice. `successors` gives them all; `settle` runs one of them to the end, for those who want an answer.
"""

from collections.abc import Iterator
from itertools import permutations
from typing import Final

import attrs

from namesrv.model import min_broker_id
from namesrv.model.context import Context, Outcome
from namesrv.model.departures import close_connection, scan
from namesrv.model.events import (
    Applied,
    ChannelClosed,
    Event,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Output,
    QueryDataVersion,
    Received,
    RegisterBroker,
    RunUnregistration,
    ScanNotActiveBroker,
    Work,
)
from namesrv.model.profiles import Profile
from namesrv.model.removal import may_throw, unregister_batch
from namesrv.model.requests import advance, needs_lock
from namesrv.model.state import CLOSE, SCAN_CHANNEL, ClosedConnection, NameServerState, Scan, Task

MAX_PERMUTED: Final = 4
"""A batch with more requests than this is worked on in order of arrival only."""


def step(state: NameServerState, event: Event, profile: Profile) -> tuple[NameServerState, tuple[Output, ...]]:
    """The state after `event`, and what the NameServer says on the way.

    Raises `ValueError` for an internal event that is not enabled in `state`.
    """
    match event:
        case Received():
            task = Task(channel=event.channel, opaque=event.opaque, job=event.request, oneway=event.oneway)
            return attrs.evolve(state, tasks=(*state.tasks, task)), ()
        case ChannelClosed():
            job = ClosedConnection(aborted=event.aborted and not profile.atomic_requests)
            task = Task(channel=event.channel, opaque=CLOSE, job=job)
            return attrs.evolve(state, tasks=(*state.tasks, task)), ()
        case ScanNotActiveBroker():
            if state.scan_stopped or any(isinstance(task.job, Scan) for task in state.tasks):
                return state, ()
            task = Task(channel=SCAN_CHANNEL, opaque=CLOSE, job=Scan())
            return attrs.evolve(state, tasks=(*state.tasks, task)), ()
        case Work():
            return _work(state, event, profile)
        case RunUnregistration():
            batches = () if state.locked else _batches(state, event.count, profile)
            if event.choice >= len(batches):
                raise ValueError(f"step: {event} is not enabled: {len(state.unregistration_queue)} queued")
            return batches[event.choice].state, batches[event.choice].outputs


def successors(
    state: NameServerState, profile: Profile, now_ms: int = 0
) -> Iterator[tuple[Work | RunUnregistration, NameServerState, tuple[Output, ...]]]:
    """Every internal step that may happen in `state`, with what comes of it."""
    for index, task in enumerate(state.tasks):
        if _may_work(state, index, profile):
            for choice, outcome in enumerate(_outcomes(state, index, profile, now_ms)):
                event = Work(channel=task.channel, opaque=task.opaque, choice=choice, now_ms=now_ms)
                yield event, _after(state, outcome, index), outcome.outputs
    yield from unregistrations(state, profile)


def unregistrations(
    state: NameServerState, profile: Profile
) -> Iterator[tuple[RunUnregistration, NameServerState, tuple[Output, ...]]]:
    """The internal steps of what is queued."""
    if not state.locked:
        for count in range(1, len(state.unregistration_queue) + 1):
            for choice, batch in enumerate(_batches(state, count, profile)):
                yield RunUnregistration(count=count, choice=choice), batch.state, batch.outputs


def works(
    state: NameServerState, task: Task, profile: Profile, now_ms: int = 0
) -> Iterator[tuple[NameServerState, tuple[Output, ...]]]:
    """The internal steps of one task; none if it has to wait."""
    index = state.tasks.index(task)
    if _may_work(state, index, profile):
        for outcome in _outcomes(state, index, profile, now_ms):
            yield _after(state, outcome, index), outcome.outputs


def enabled(state: NameServerState, profile: Profile, now_ms: int = 0) -> tuple[Work | RunUnregistration, ...]:
    """The internal steps that may happen in `state`."""
    return tuple(event for event, _, _ in successors(state, profile, now_ms))


def is_pending(state: NameServerState) -> bool:
    """Whether something is still in work or queued that has to happen sooner or later."""
    return bool(state.unregistration_queue) or any(not _is_optional(task) for task in state.tasks)


def settle(state: NameServerState, profile: Profile, now_ms: int = 0) -> tuple[NameServerState, tuple[Output, ...]]:
    """Runs internal steps, the first enabled one each time, until none is left."""
    outputs: tuple[Output, ...] = ()
    while True:
        following = next(successors(state, profile, now_ms), None)
        if following is None:
            return state, outputs
        _, state, said = following
        outputs += said


def _is_optional(task: Task) -> bool:
    """A second notice of an aborted connection may come or not."""
    return isinstance(task.job, ClosedConnection) and task.job.again


def _may_work(state: NameServerState, index: int, profile: Profile) -> bool:
    task = state.tasks[index]
    if state.locked and needs_lock(task) and not (task.pc and isinstance(task.job, RegisterBroker)):
        return False  # the one registration in the middle of its steps holds the lock
    if not profile.in_order:
        return True
    return all(earlier.channel != task.channel for earlier in state.tasks[:index])


def _outcomes(state: NameServerState, index: int, profile: Profile, now_ms: int) -> Iterator[Outcome]:
    task = state.tasks[index]
    rest = (*state.tasks[:index], *state.tasks[index + 1 :])
    context = Context(
        state=attrs.evolve(state, tasks=rest),
        task=task,
        profile=profile,
        now_ms=now_ms,
        watched=not profile.atomic_requests and _is_watched(task, rest, state),
    )
    match task.job:
        case ClosedConnection() as job:
            outcomes = close_connection(context, job)
        case Scan() as job:
            outcomes = scan(context, job)
        case _:
            outcomes = advance(context)
    if not (profile.atomic_requests and state.options.notify_min_broker_id_changed):
        return outcomes
    return (_with_notifications(state, outcome) for outcome in outcomes)


def _with_notifications(before: NameServerState, outcome: Outcome) -> Outcome:
    told = min_broker_id.after_repaired(before.tables, outcome.state.tables)
    return attrs.evolve(outcome, outputs=told + outcome.outputs)


def _is_watched(task: Task, others: tuple[Task, ...], state: NameServerState) -> bool:
    """Whether anybody could tell that a step is done in parts.

    A writer's parts show only to those who look without the lock; a lock-free reader's parts differ only if a writer comes
    between them. Whoever arrives later finds the same states by arriving before the first part.
    """
    looks_twice = isinstance(task.job, GetRouteInfoByTopic) and state.options.order_message_enable
    if looks_twice or isinstance(task.job, QueryDataVersion | GetBrokerClusterInfo | ClosedConnection | Scan):
        return bool(others or state.unregistration_queue)
    return any(isinstance(other.job, GetBrokerClusterInfo) for other in others)


def _after(before: NameServerState, outcome: Outcome, index: int) -> NameServerState:
    tasks = outcome.state.tasks
    live, left = before.tables.broker_live_table, outcome.state.tables.broker_live_table
    if left is not live and set(left) != set(live):
        tasks = tuple(_under_its_iterator(task) for task in tasks)
    if outcome.task is not None:
        tasks = (*tasks[:index], outcome.task, *tasks[index:])
    return attrs.evolve(outcome.state, tasks=tasks)


def _under_its_iterator(task: Task) -> Task:
    """What a scan of 4.9.7 is when somebody else has added or removed a live entry."""
    if isinstance(task.job, Scan) and task.job.left:
        return attrs.evolve(task, job=attrs.evolve(task.job, modified=True))
    return task


def _work(state: NameServerState, event: Work, profile: Profile) -> tuple[NameServerState, tuple[Output, ...]]:
    for index, task in enumerate(state.tasks):
        if (task.channel, task.opaque) == (event.channel, event.opaque) and _may_work(state, index, profile):
            for choice, outcome in enumerate(_outcomes(state, index, profile, event.now_ms)):
                if choice == event.choice:
                    return _after(state, outcome, index), outcome.outputs
    in_work = [(task.channel, task.opaque) for task in state.tasks]
    raise ValueError(f"step: {event} is not enabled: in work are {in_work}")


@attrs.frozen(cache_hash=True)
class Batch:
    """What a batch comes to, and what is said about it."""

    state: NameServerState
    outputs: tuple[Output, ...]


def _batches(state: NameServerState, count: int, profile: Profile) -> tuple[Batch, ...]:
    """What the first `count` of the queue, as one batch, may come to. Requests for different names commute, unless one throws."""
    queue = state.unregistration_queue
    if not 1 <= count <= len(queue):
        return ()
    batch = queue[:count]
    names = {request.broker_name for request in batch}
    is_any_order = count > 1 and (len(names) < count or may_throw(state.tables, batch))
    orders = permutations(batch) if is_any_order and count <= MAX_PERMUTED else (batch,)
    results: dict[Batch, None] = {}
    for order in orders:
        tables, lowest = unregister_batch(state.tables, order, profile)
        offline = ((request.broker_name, request.broker_addr) for request in lowest or ())
        told = min_broker_id.after_batch(offline, tables) if state.options.notify_min_broker_id_changed else ()
        after = attrs.evolve(state, tables=tables, unregistration_queue=queue[count:])
        results[Batch(after, (*told, Applied(table="unregister_broker", rule="batch")))] = None
    return tuple(results)
