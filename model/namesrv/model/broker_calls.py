"""The requests of a registration: who gets which, what its answers mean, when waiting is over.

Source: `BrokerController.doRegisterBrokerAll`, `.handleRegisterBrokerResult`, `BrokerOuterAPI.registerBrokerAll`,
`.needRegister`, `.registerSingleTopicAll`, `.sendHeartbeat`, `.unregisterBrokerAll`, 4.9.7 and 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable

import attrs
from rpds import HashTrieMap

from namesrv.model.broker_events import (
    BrokerOutput,
    BrokerRequest,
    Call,
    CallFailed,
    NameServerIndex,
    ReceivedAnswer,
    RegisterTopic,
    Send,
)
from namesrv.model.broker_state import (
    Asking,
    BrokerState,
    Job,
    Part,
    RegisterAll,
    RegisterIncrement,
    Registering,
    RegisterSingle,
    TellingTopic,
    Then,
    UnderWay,
)
from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker, UnregisterBroker
from namesrv.model.need_register import SUCCESS, needs_register
from namesrv.model.topic_config import is_masked, masked, next_version, with_order_config
from namesrv.model.values import MASTER_ID, QueueData, RegisterBrokerBody, in_hash_order, table

Outputs = tuple[BrokerOutput, ...]


# A job gets the lock ----------------------------------------------------------------------------------------------


def begin(state: BrokerState, job: Job, now_ms: int) -> tuple[BrokerState, Outputs]:
    """The job's parts, and the requests of the first."""
    if isinstance(job, RegisterSingle):
        return _tell_topic(state, job, now_ms)
    parts = _parts_of_all(state, job) if isinstance(job, RegisterAll) else (_increment(state, job),)
    return _next_part(state, job, parts, now_ms)


def _parts_of_all(state: BrokerState, job: RegisterAll) -> tuple[Part, ...]:
    """With split registration: as many as it takes, then a last one with the rest (maybe nothing) and the mappings."""
    settings, profile = state.settings, state.profile
    mappings = state.topic_queue_mapping_table if profile.acting_master else table()
    permission = state.broker_permission
    if profile.table_at_send and not is_masked(permission):
        return (Part(configs=None, full_at=state.data_version, ask_first=not job.force),)
    configs = state.topic_config_table
    said = [(topic, masked(configs[topic], permission, profile)) for topic in in_hash_order(configs)]
    if not (profile.split_registration and settings.enable_split_registration):
        return (Part(configs=table(said), full_at=state.data_version, mappings=mappings, ask_first=not job.force),)
    size = max(1, settings.split_registration_size)
    whole = len(said) // size * size
    makes_version = profile.split_makes_versions
    parts = [Part(configs=table(said[at : at + size]), makes_version=makes_version) for at in range(0, whole, size)]
    return (*parts, Part(configs=table(said[whole:]), mappings=mappings, makes_version=makes_version))


def _increment(state: BrokerState, job: RegisterIncrement) -> Part:
    said = {
        config.topic_name or "": masked(config, state.broker_permission, state.profile, increment=True)
        for config in job.configs
    }
    known = state.topic_queue_mapping_table
    return Part(configs=table(said), mappings=table({topic: known[topic] for topic in said if topic in known}))


def _next_part(state: BrokerState, job: Job, parts: tuple[Part, ...], now_ms: int) -> tuple[BrokerState, Outputs]:
    if not parts:
        return _release(state, job), ()
    if parts[0].ask_first:
        return _ask(state, job, parts, now_ms)
    return _register(state, job, parts, now_ms)


def _release(state: BrokerState, job: Job) -> BrokerState:
    then = job.then if isinstance(job, RegisterAll) else Then.NOTHING
    return attrs.evolve(state, under_way=None, then=then)


# Requests to NameServers ------------------------------------------------------------------------------------------


def _all(state: BrokerState) -> list[NameServerIndex]:
    return [NameServerIndex(index) for index in range(state.settings.name_servers)]


def _registered_with(state: BrokerState) -> list[NameServerIndex]:
    return [ns for ns in _all(state) if ns in state.available or not state.profile.only_available]


def _timeout_ms(state: BrokerState) -> int:
    own = state.settings.register_broker_timeout_ms
    return state.profile.register_broker_timeout_ms if own is None else own


def _send(
    state: BrokerState,
    name_servers: Iterable[NameServerIndex],
    request: BrokerRequest,
    timeout_ms: int,
    *,
    oneway: bool = False,
) -> tuple[BrokerState, HashTrieMap[Call, NameServerIndex], Outputs]:
    """One request to each; the calls by number, the outputs in the NameServers' order."""
    is_register = isinstance(request, RegisterBroker)
    deflated = is_register and state.settings.compressed_register
    calls: dict[Call, NameServerIndex] = {}
    sent: list[BrokerOutput] = []
    number = state.next_call
    for name_server in name_servers:
        call = None if oneway else Call(number)
        if call is not None:
            calls[call] = name_server
            number += 1
        sent.append(
            Send(
                name_server=name_server,
                request=request,
                call=call,
                timeout_ms=timeout_ms,
                deflated=deflated,
                claims_compressed=deflated and state.profile.claims_compression,
            )
        )
    return attrs.evolve(state, next_call=number), table(calls), tuple(sent)


def _ask(state: BrokerState, job: Job, parts: tuple[Part, ...], now_ms: int) -> tuple[BrokerState, Outputs]:
    """Every NameServer, also those that there is no connection to: a call that fails makes the broker register."""
    timeout_ms = _timeout_ms(state)
    state, waiting, sent = _send(state, _all(state), _question(state), timeout_ms)
    phase = Asking(asked=state.data_version)
    under_way = UnderWay(job=job, parts=parts, phase=phase, waiting=waiting, deadline_ms=now_ms + timeout_ms)
    return attrs.evolve(state, under_way=under_way), sent


def _question(state: BrokerState) -> QueryDataVersion:
    settings = state.settings
    return QueryDataVersion(
        cluster_name=settings.cluster_name,
        broker_addr=settings.broker_addr,
        broker_name=settings.broker_name,
        broker_id=state.broker_id,
        data_version=state.data_version,
    )


def _register(state: BrokerState, job: Job, parts: tuple[Part, ...], now_ms: int) -> tuple[BrokerState, Outputs]:
    """The first of `parts`, to all at once; the DataVersion is the one of now."""
    if parts[0].makes_version:
        state = attrs.evolve(state, data_version=next_version(state.data_version, now_ms, state_version=0))
    if state.is_shutdown and state.profile.unregisters_first:
        return _next_part(state, job, parts[1:], now_ms)
    settings, part = state.settings, parts[0]
    acting = settings.enable_slave_acting_master
    request = RegisterBroker(
        cluster_name=settings.cluster_name,
        broker_addr=settings.broker_addr,
        broker_name=settings.broker_name,
        broker_id=state.broker_id,
        ha_server_addr=settings.ha_server_addr,
        heartbeat_timeout_ms=settings.broker_not_active_timeout_ms if state.profile.acting_master and acting else None,
        enable_acting_master=acting if state.profile.acting_master else None,
        full_body=_is_full(state, part) if settings.full_body else None,
        body=RegisterBrokerBody(
            topic_config_table=state.topic_config_table if part.configs is None else part.configs,
            data_version=state.data_version,
            topic_queue_mapping_info_map=part.mappings,
        ),
    )
    oneway = isinstance(job, RegisterAll) and job.oneway
    timeout_ms = _timeout_ms(state)
    state, waiting, sent = _send(state, _registered_with(state), request, timeout_ms, oneway=oneway)
    pauses = not sent and len(parts) > 1
    under_way = UnderWay(
        job=job,
        parts=parts,
        phase=Registering(),
        waiting=waiting,
        deadline_ms=now_ms if pauses else now_ms + timeout_ms,
        pauses=pauses,
    )
    return attrs.evolve(state, under_way=under_way), sent


def _is_full(state: BrokerState, part: Part) -> bool:
    """Whether the part has all topics of the version that goes with it. What was copied may be older than that."""
    return part.full_at is not None and (part.configs is None or part.full_at == state.data_version)


def _tell_topic(state: BrokerState, job: RegisterSingle, now_ms: int) -> tuple[BrokerState, Outputs]:
    config = job.config
    perm = config.perm & state.broker_permission if is_masked(state.broker_permission) else config.perm
    queues = QueueData(
        broker_name=state.settings.broker_name,
        read_queue_nums=config.read_queue_nums,
        write_queue_nums=config.write_queue_nums,
        perm=perm,
        topic_sys_flag=config.topic_sys_flag,
    )
    timeout_ms = state.profile.single_topic_timeout_ms
    request = RegisterTopic(topic=config.topic_name or "", queue_data=queues)
    state, waiting, sent = _send(state, _all(state), request, timeout_ms)
    under_way = UnderWay(job=job, parts=(), phase=TellingTopic(), waiting=waiting, deadline_ms=now_ms + timeout_ms)
    return attrs.evolve(state, under_way=under_way), sent


def send_heartbeats(state: BrokerState) -> tuple[BrokerState, Outputs]:
    """One-way, to those with a connection. Source: `BrokerOuterAPI.sendHeartbeatViaDataVersion`, `.sendHeartbeat`, 5.x."""
    settings = state.settings
    beat: BrokerRequest = _question(state)
    if not settings.compatible_with_old_name_srv:
        beat = BrokerHeartbeat(
            cluster_name=settings.cluster_name, broker_addr=settings.broker_addr, broker_name=settings.broker_name
        )
    timeout_ms = settings.send_heartbeat_timeout_ms
    state, _, sent = _send(state, _registered_with(state), beat, timeout_ms, oneway=True)
    return state, sent


def unregister_next(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    """One NameServer after the other, each when the one before has answered or failed."""
    now = state.unregistering
    if now is None or now.call is not None or _waits_for_timer(state, now_ms):
        return state, ()
    if now.name_server >= state.settings.name_servers:
        return attrs.evolve(state, unregistering=None, is_unregistered=True), ()
    request = UnregisterBroker(
        cluster_name=state.settings.cluster_name,
        broker_addr=state.settings.broker_addr,
        broker_name=state.settings.broker_name,
        broker_id=state.broker_id,
    )
    state, calls, sent = _send(state, [now.name_server], request, state.profile.unregister_timeout_ms)
    return attrs.evolve(state, unregistering=attrs.evolve(now, call=next(iter(calls)))), sent


def _waits_for_timer(state: BrokerState, now_ms: int) -> bool:
    """4.9.7: whether a periodic registration is still under way, and may be waited for."""
    assert state.unregistering is not None
    jobs = state.jobs if state.under_way is None else (state.under_way.job, *state.jobs)
    is_busy = any(isinstance(job, RegisterAll) and job.from_timer for job in jobs)
    return is_busy and now_ms < state.unregistering.not_before_ms


# Answers ----------------------------------------------------------------------------------------------------------


def answered(state: BrokerState, outcome: ReceivedAnswer | CallFailed, now_ms: int) -> tuple[BrokerState, Outputs]:
    """A call has ended. One that nobody waits for any more changes nothing."""
    leaving = state.unregistering
    if leaving is not None and leaving.call == outcome.call:
        after = attrs.evolve(leaving, name_server=NameServerIndex(leaving.name_server + 1), call=None)
        return attrs.evolve(state, unregistering=after), ()
    under_way = state.under_way
    if under_way is None or outcome.call not in under_way.waiting:
        return state, ()
    under_way = attrs.evolve(under_way, waiting=under_way.waiting.remove(outcome.call))
    match under_way.phase:
        case Asking(asked=asked, needed=needed):
            _, needs = needs_register(outcome, asked, state.profile)
            under_way = attrs.evolve(under_way, phase=Asking(asked=asked, needed=needed or needs))
        case Registering() if isinstance(outcome, ReceivedAnswer) and _is_result(outcome):
            under_way = attrs.evolve(under_way, results=(*under_way.results, outcome))
        case _:
            pass
    return attrs.evolve(state, under_way=under_way), ()


def _is_result(outcome: ReceivedAnswer) -> bool:
    return outcome.code == SUCCESS and not outcome.body_error


def finish_if_over(state: BrokerState, now_ms: int) -> tuple[BrokerState, Outputs]:
    """Goes on where nothing is waited for any more, because all have answered or the time is up."""
    under_way = state.under_way
    if under_way is None or under_way.pauses or (under_way.waiting and now_ms < under_way.deadline_ms):
        return state, ()
    job, parts = under_way.job, under_way.parts
    match under_way.phase:
        case Asking(needed=True):
            return _register(state, job, parts, now_ms)
        case Registering():
            state = _handle_result(state, under_way, now_ms)
    return _next_part(state, job, parts[1:], now_ms)


def _handle_result(state: BrokerState, under_way: UnderWay, now_ms: int) -> BrokerState:
    """The first NameServer that registered the broker is believed, whatever the others say."""
    if not under_way.results:
        return state
    first, job = under_way.results[0], under_way.job
    learns_ha = state.broker_id != MASTER_ID and not state.settings.has_ha_master_address
    if learns_ha and first.ha_server_addr is not None:
        state = attrs.evolve(state, ha_master_addr=first.ha_server_addr)
    state = attrs.evolve(state, master_addr=first.master_addr)
    if isinstance(job, RegisterAll) and not job.check_order_config:
        return state
    configs = with_order_config(state.topic_config_table, first.kv_table, state.profile)
    if configs == state.topic_config_table:
        return state
    state_version = state.state_machine_version if state.profile.state_version else 0
    version = next_version(state.data_version, now_ms, state_version)
    return attrs.evolve(state, topic_config_table=configs, data_version=version)
