"""What holds of a broker's registration whatever happens, in whatever order."""

from __future__ import annotations

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.model.broker import next_wakeup_ms, step
from namesrv.model.broker_events import (
    BrokerEvent,
    BrokerPermissionChanged,
    Call,
    CallFailed,
    NameServerAvailable,
    NameServerIndex,
    NameServerUnavailable,
    ReceivedAnswer,
    RoleChanged,
    Send,
    ServiceStarted,
    ServiceStopped,
    Shutdown,
    Started,
    Tick,
    TimersStopped,
    TopicCreatedByBroker,
    TopicCreatedOnSend,
    TopicDeleted,
    TopicUpdated,
)
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BrokerProfile
from namesrv.model.broker_state import BrokerSettings, initial_state
from namesrv.model.events import RegisterBroker
from namesrv.model.values import KVTable, TopicConfig, table
from tests.model.broker_driver import T0, TOPICS, topics

PERMS = st.sampled_from([0, 2, 4, 6, 7])
CONFIGS = st.builds(TopicConfig, topic_name=st.sampled_from([*TOPICS, "x"]), perm=PERMS, order=st.booleans())
SERVERS = st.sampled_from([0, 1, 2]).map(NameServerIndex)
ANSWERS = st.builds(
    ReceivedAnswer,
    call=st.just(Call(0)),
    code=st.sampled_from([0, 0, 0, 1]),
    changed=st.sampled_from([True, False, None]),
    body_error=st.booleans(),
    has_body=st.booleans(),
    kv_table=st.none()
    | st.sets(st.sampled_from(TOPICS)).map(lambda keys: KVTable(table=table(dict.fromkeys(keys, "")))),
)
EVENTS = st.one_of(
    st.just(Tick()),
    st.just(Started()),
    st.builds(NameServerAvailable, name_server=SERVERS),
    st.builds(NameServerUnavailable, name_server=SERVERS),
    st.builds(TopicUpdated, configs=st.lists(CONFIGS, min_size=1, max_size=2).map(tuple)),
    st.builds(TopicCreatedOnSend, topic=st.sampled_from([*TOPICS, "x"])),
    st.builds(TopicCreatedByBroker, config=CONFIGS),
    st.builds(TopicDeleted, topic=st.sampled_from(TOPICS)),
    st.builds(BrokerPermissionChanged, broker_permission=PERMS),
    st.builds(RoleChanged, broker_id=st.sampled_from([0, 1])),
    st.just(ServiceStarted()),
    st.just(ServiceStopped()),
)
ENDS = st.sampled_from([Shutdown(), TimersStopped()])
SETTINGS = st.builds(
    BrokerSettings,
    cluster_name=st.just("C"),
    broker_name=st.just("b"),
    broker_addr=st.just("10.0.0.1:10911"),
    name_servers=st.just(3),
    force_register=st.booleans(),
    enable_split_registration=st.booleans(),
    split_registration_size=st.sampled_from([1, 2, 4, 800]),
    enable_single_topic_register=st.booleans(),
    enable_slave_acting_master=st.booleans(),
    total_replicas=st.sampled_from([1, 2]),
    skip_pre_online=st.booleans(),
    broker_permission=PERMS,
)
STEPS = st.lists(
    st.tuples(EVENTS | ENDS, st.sampled_from([0, 1, 500, 10_000, 30_000]), st.lists(ANSWERS | st.none(), max_size=4)),
    max_size=30,
)


@settings(deadline=None)
@given(st.sampled_from([BROKER_4_9_7, BROKER_5_5_0]), SETTINGS, STEPS)
def test_a_broker_keeps_its_lock_its_calls_apart_and_its_silence_after_shutdown(
    profile: BrokerProfile, settings: BrokerSettings, steps: list[tuple[BrokerEvent, int, list[ReceivedAnswer | None]]]
) -> None:
    state = initial_state(settings, profile, table(topics(*TOPICS)), T0)
    now_ms = T0
    calls: list[Call] = []
    told = -1
    for event, later_ms, answers in steps:
        now_ms += later_ms
        happens: list[BrokerEvent] = [event]
        for call, answer in zip(reversed(calls), answers, strict=False):
            happens.append(CallFailed(call=call) if answer is None else attrs.evolve(answer, call=call))
        for each in happens:
            before = state
            state, outputs = step(state, each, now_ms)
            sent = [output for output in outputs if isinstance(output, Send)]
            new = [send.call for send in sent if send.call is not None]
            # A call's number is used once.
            assert not set(new) & set(calls)
            calls += new
            # Versions never go back, and what leaves has the newest.
            assert (state.data_version.counter or 0) >= (before.data_version.counter or 0)
            for send in sent:
                if isinstance(send.request, RegisterBroker):
                    assert send.request.body is not None
                    told = max(told, send.request.body.data_version.counter or 0)  # type: ignore[union-attr]
                    assert told <= (state.data_version.counter or 0)
                    # After unregistering nothing registers, or 4.9.7 closes at once.
                    assert not before.is_unregistered
                    assert not (profile.unregisters_first and before.is_shutdown)
            # Jobs wait only while another has the lock, and nothing is due that has not been done.
            assert state.is_closed or not state.jobs or state.under_way is not None
            wakeup_ms = next_wakeup_ms(state)
            assert state.is_closed or wakeup_ms is None or wakeup_ms > now_ms
            if before.is_closed:
                assert (state, outputs) == (before, ())
