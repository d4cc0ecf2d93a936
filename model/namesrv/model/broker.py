"""How a broker registers, from its start to its shutdown: `step(state, event, now_ms) -> (state, outputs)`.

A broker has one lock for all its registrations; whoever wants to register while another is under way waits (`BrokerState.jobs`),
first come first served, which is one of the orders that Java may take. One that holds it goes through parts; each may first ask
all NameServers whether it is needed, and then registers with all of them at once. It waits for all answers, but no longer
than for `register_broker_timeout_ms`.

Not here: asking for the member group and the cluster, static topics' own versions, controller mode; a sync call of theirs that
hangs delays no timer. Where Java's order is that of a hash map (topics in parts), topics are sorted here.
Source: `BrokerController.start` and after, `BrokerOuterAPI`, 4.9.7 and 5.5.0.
"""

from collections.abc import Callable
from typing import Any, Final

import attrs

from namesrv.model.broker_calls import answered, begin, finish_if_over, send_heartbeats, unregister_next
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerOutput,
    BrokerPermissionChanged,
    CallFailed,
    CloseConnections,
    NameServerAvailable,
    NameServerUnavailable,
    ReceivedAnswer,
    RoleChanged,
    ServiceStarted,
    ServiceStopped,
    Shutdown,
    Started,
    Tick,
    TimersStopped,
    TopicCreatedByBroker,
    TopicCreatedOnSend,
    TopicDeleted,
    TopicsCopied,
    TopicUpdated,
)
from namesrv.model.broker_profiles import NewTopicRegistration
from namesrv.model.broker_state import (
    BrokerState,
    Job,
    RegisterAll,
    RegisterIncrement,
    RegisterSingle,
    Then,
    Timer,
    Unregistering,
)
from namesrv.model.topic_config import AUTO_CREATE_TOPIC, create_on_send, next_version
from namesrv.model.values import MASTER_ID, PERM_READ, PERM_WRITE, TopicConfig

Outputs = tuple[BrokerOutput, ...]


def step(state: BrokerState, event: BrokerEvent, now_ms: int) -> tuple[BrokerState, Outputs]:
    """What `event`, at `now_ms` (epoch milliseconds), makes of the broker, and what it sends. Never raises."""
    if state.is_closed:
        return state, ()
    state, outputs = EVENTS[type(event)](state, event, now_ms)
    return _run(state, now_ms, outputs)


def next_wakeup_ms(state: BrokerState) -> int | None:
    """When a `Tick` will next do something, epoch milliseconds; `None` if nothing is waited for."""
    times = list(state.timers.values())
    if state.under_way is not None:
        times.append(state.under_way.deadline_ms)
        if _timer_job(state):
            times = [
                state.under_way.deadline_ms,
                *(at for timer, at in state.timers.items() if timer is not Timer.REGISTER),
            ]
    if state.unregistering is not None and state.unregistering.call is None:
        times.append(state.unregistering.not_before_ms)
    return min(times, default=None)


def _run(state: BrokerState, now_ms: int, outputs: Outputs) -> tuple[BrokerState, Outputs]:
    """All that follows by itself: waiting that is over, jobs that get the lock, timers that are due."""
    while True:
        before = state
        for act in (finish_if_over, _follow_up, _take_lock, _fire_timers, unregister_next, _close):
            state, sent = act(state, now_ms)
            outputs += sent
        if state is before:
            return state, outputs


# Start, timers, stop ----------------------------------------------------------------------------------------------


def _started(state: BrokerState, event: Started, now_ms: int) -> tuple[BrokerState, Outputs]:
    settings = state.settings
    isolated = state.profile.acting_master and settings.total_replicas > 1 and settings.enable_slave_acting_master
    state = attrs.evolve(state, started_ms=now_ms, is_isolated=isolated)
    if isolated:
        return _schedule(state, now_ms), ()
    first = RegisterAll(check_order_config=True, oneway=False, force=True, then=Then.SCHEDULE_TIMERS)
    return _wants(state, first), ()


def _schedule(state: BrokerState, now_ms: int) -> BrokerState:
    """The timers, and what else comes when the first registration is over. Source: `BrokerController.start`."""
    if state.is_shutdown:
        return state
    profile, settings = state.profile, state.settings
    timers = state.timers.insert(Timer.REGISTER, now_ms + profile.first_registration_timer_ms)
    if profile.acting_master and settings.enable_slave_acting_master:
        timers = timers.insert(Timer.HEARTBEAT, now_ms + profile.first_heartbeat_ms)
    state = attrs.evolve(state, timers=timers)
    return _service_started(state, ServiceStarted(), now_ms)[0] if settings.skip_pre_online else state


def _follow_up(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    """What the thread that registered does next."""
    then = state.then
    if then is Then.NOTHING:
        return state, ()
    state = attrs.evolve(state, then=Then.NOTHING)
    if then is Then.SCHEDULE_TIMERS:
        return _schedule(state, now_ms), ()
    return attrs.evolve(state, is_isolated=False), ()


def period_ms(state: BrokerState, timer: Timer) -> int:
    """Between two firings. Source: `BrokerController.start`, `.scheduleSendHeartbeat`."""
    if timer is Timer.HEARTBEAT:
        return state.settings.broker_heartbeat_interval_ms
    profile = state.profile
    asked = min(state.settings.register_name_server_period_ms, profile.most_period_ms)
    return max(profile.least_period_ms, asked)


def _timer_job(state: BrokerState) -> bool:
    """Whether the timer's thread is busy with a registration, its own or one that it waits for."""
    jobs = state.jobs if state.under_way is None else (state.under_way.job, *state.jobs)
    return any(isinstance(job, RegisterAll) and job.from_timer for job in jobs)


def _fire_timers(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    """The timer that is due first, if one is."""
    due = [(at, timer.value, timer) for timer, at in state.timers.items() if at <= now_ms]
    if _timer_job(state):
        due = [entry for entry in due if entry[2] is not Timer.REGISTER]
    if not due:
        return state, ()
    at, _, timer = min(due)
    state = attrs.evolve(state, timers=state.timers.insert(timer, at + period_ms(state, timer)))
    if timer is Timer.HEARTBEAT:
        return (state, ()) if state.is_isolated else send_heartbeats(state)
    appears_ms = state.started_ms + state.settings.disappear_time_after_start_ms
    if state.is_isolated or (state.profile.acting_master and now_ms < appears_ms):
        return state, ()
    force = state.settings.force_register
    return _wants(state, RegisterAll(check_order_config=True, oneway=False, force=force, from_timer=True)), ()


def _shutdown(state: BrokerState, event: Shutdown, now_ms: int) -> tuple[BrokerState, Outputs]:
    if state.is_shutdown:
        return state, ()
    if state.profile.unregisters_first:
        return attrs.evolve(state, is_shutdown=True, unregistering=Unregistering()), ()
    wait_ms = state.profile.timers_wait_ms if _timer_job(state) else 0
    unregistering = Unregistering(not_before_ms=now_ms + wait_ms)
    return attrs.evolve(state, is_shutdown=True, timers=type(state.timers)(), unregistering=unregistering), ()


def _timers_stopped(state: BrokerState, event: TimersStopped, now_ms: int) -> tuple[BrokerState, Outputs]:
    return (attrs.evolve(state, timers=type(state.timers)()) if state.is_shutdown else state), ()


def _close(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    """Connections go when the broker has unregistered and its timers have stopped."""
    if state.is_unregistered and not state.timers and not state.is_closed:
        return attrs.evolve(state, is_closed=True), (CloseConnections(),)
    return state, ()


# What registers ---------------------------------------------------------------------------------------------------


def _wants(state: BrokerState, job: Job) -> BrokerState:
    return attrs.evolve(state, jobs=(*state.jobs, job))


def _take_lock(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    if state.under_way is not None or not state.jobs:
        return state, ()
    return begin(attrs.evolve(state, jobs=state.jobs[1:]), state.jobs[0], now_ms)


def _next_version(state: BrokerState, now_ms: int) -> BrokerState:
    state_version = state.settings.state_machine_version if state.profile.state_version else 0
    return attrs.evolve(state, data_version=next_version(state.data_version, now_ms, state_version))


def _put(state: BrokerState, config: TopicConfig, now_ms: int) -> BrokerState:
    configs = state.topic_config_table.insert(config.topic_name or "", config)
    return _next_version(attrs.evolve(state, topic_config_table=configs), now_ms)


def _tell(state: BrokerState, configs: tuple[TopicConfig, ...]) -> BrokerState:
    """Of topics that an administrator changed."""
    if state.profile.single_topic_register and state.settings.enable_single_topic_register:
        for config in configs:
            state = _wants(state, RegisterSingle(config=config))
        return state
    return _wants(state, RegisterIncrement(configs=configs)) if configs else state


def _topic_updated(state: BrokerState, event: TopicUpdated, now_ms: int) -> tuple[BrokerState, Outputs]:
    table = state.topic_config_table
    mapping = event.mapping if state.profile.acting_master else None
    is_there = any(table.get(config.topic_name or "") == config for config in event.configs)
    if state.profile.same_config_is_ignored and is_there and mapping is None:
        return state, ()
    for config in event.configs:
        state = _put(state, config, now_ms)
    if mapping is None:
        return _tell(state, event.configs), ()
    for config in event.configs:
        mappings = state.topic_queue_mapping_table.insert(config.topic_name or "", mapping)
        state = attrs.evolve(state, topic_queue_mapping_table=mappings)
    return _wants(state, RegisterIncrement(configs=event.configs)), ()


def _topic_created_on_send(state: BrokerState, event: TopicCreatedOnSend, now_ms: int) -> tuple[BrokerState, Outputs]:
    configs = state.topic_config_table
    default = configs.get(event.default_topic)
    forbidden = event.default_topic == AUTO_CREATE_TOPIC and not state.settings.auto_create_topic_enable
    if forbidden and default is not None and event.topic not in configs:
        # Apache's way to say no: the default topic loses what made it one, for good and without a new version.
        configs = configs.insert(event.default_topic, attrs.evolve(default, perm=PERM_READ | PERM_WRITE))
        state = attrs.evolve(state, topic_config_table=configs)
    config = create_on_send(configs, event.topic, event.default_topic, event.queue_nums, event.topic_sys_flag)
    return (state, ()) if config is None else (_created(state, config, now_ms), ())


def _topic_created_by_broker(
    state: BrokerState, event: TopicCreatedByBroker, now_ms: int
) -> tuple[BrokerState, Outputs]:
    if event.config.topic_name in state.topic_config_table:
        return state, ()
    return _created(state, event.config, now_ms), ()


def _created(state: BrokerState, config: TopicConfig, now_ms: int) -> BrokerState:
    """A topic that no administrator has made."""
    state = _put(state, config, now_ms)
    if state.profile.new_topic_registration is NewTopicRegistration.ONLY_IT:
        return _tell(state, (config,))
    return _wants(state, RegisterAll(check_order_config=False, oneway=True, force=True))


def _topic_deleted(state: BrokerState, event: TopicDeleted, now_ms: int) -> tuple[BrokerState, Outputs]:
    if event.topic not in state.topic_config_table:
        return state, ()
    configs = state.topic_config_table.remove(event.topic)
    return _next_version(attrs.evolve(state, topic_config_table=configs), now_ms), ()


def _topics_copied(state: BrokerState, event: TopicsCopied, now_ms: int) -> tuple[BrokerState, Outputs]:
    return attrs.evolve(state, topic_config_table=event.topic_config_table, data_version=event.data_version), ()


def _broker_permission_changed(
    state: BrokerState, event: BrokerPermissionChanged, now_ms: int
) -> tuple[BrokerState, Outputs]:
    state = _next_version(attrs.evolve(state, broker_permission=event.broker_permission), now_ms)
    return _wants(state, RegisterAll(check_order_config=False, oneway=False, force=True)), ()


def _role_changed(state: BrokerState, event: RoleChanged, now_ms: int) -> tuple[BrokerState, Outputs]:
    force = state.profile.role_change_is_forced or state.settings.force_register
    state = attrs.evolve(state, broker_id=event.broker_id, master_addr=None)
    return _wants(state, RegisterAll(check_order_config=True, oneway=True, force=force)), ()


def _service_started(state: BrokerState, event: ServiceStarted, now_ms: int) -> tuple[BrokerState, Outputs]:
    force = state.settings.force_register
    job = RegisterAll(check_order_config=True, oneway=False, force=force, then=Then.LEAVE_ISOLATION)
    return _wants(state, job), ()


def _service_stopped(state: BrokerState, event: ServiceStopped, now_ms: int) -> tuple[BrokerState, Outputs]:
    return attrs.evolve(state, is_isolated=True), ()


def is_slave(state: BrokerState) -> bool:
    """Whether the broker copies from a master."""
    return state.broker_id != MASTER_ID


# The table --------------------------------------------------------------------------------------------------------


def _available(state: BrokerState, event: NameServerAvailable, now_ms: int) -> tuple[BrokerState, Outputs]:
    return attrs.evolve(state, available=state.available | {event.name_server}), ()


def _unavailable(state: BrokerState, event: NameServerUnavailable, now_ms: int) -> tuple[BrokerState, Outputs]:
    return attrs.evolve(state, available=state.available - {event.name_server}), ()


def _nothing(state: BrokerState, event: Tick, now_ms: int) -> tuple[BrokerState, Outputs]:
    return state, ()


EVENTS: Final[dict[type[BrokerEvent], Callable[[BrokerState, Any, int], tuple[BrokerState, Outputs]]]] = {
    Started: _started,
    Tick: _nothing,
    NameServerAvailable: _available,
    NameServerUnavailable: _unavailable,
    ReceivedAnswer: answered,
    CallFailed: answered,
    TopicUpdated: _topic_updated,
    TopicCreatedOnSend: _topic_created_on_send,
    TopicCreatedByBroker: _topic_created_by_broker,
    TopicDeleted: _topic_deleted,
    TopicsCopied: _topics_copied,
    BrokerPermissionChanged: _broker_permission_changed,
    RoleChanged: _role_changed,
    ServiceStarted: _service_started,
    ServiceStopped: _service_stopped,
    Shutdown: _shutdown,
    TimersStopped: _timers_stopped,
}
"""What each event does at once; all that follows from it is in `_run`."""
