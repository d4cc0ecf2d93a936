"""How a broker registers: from its start over every change to its shutdown, in both releases."""

from __future__ import annotations

import attrs
import pytest

from namesrv.model.broker import next_wakeup_ms
from namesrv.model.broker_events import (
    BrokerPermissionChanged,
    NameServerAvailable,
    NameServerIndex,
    NameServerUnavailable,
    RegisterTopic,
    RoleChanged,
    Send,
    Started,
    Tick,
    TopicCreatedByBroker,
    TopicCreatedOnSend,
    TopicDeleted,
    TopicUpdated,
)
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BROKER_PROFILES, BrokerProfile
from namesrv.model.events import QueryDataVersion, RegisterBroker
from namesrv.model.values import (
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)
from tests.model.broker_driver import T0, TOPICS, Driven, at, body_of, kinds, started, topics

BOTH = pytest.mark.parametrize("profile", [BROKER_4_9_7, BROKER_5_5_0], ids=lambda p: p.name)


def registrations(sent: list[Send]) -> list[tuple[int, frozenset[str], bool]]:
    """Of each registration: its NameServer, its topics, whether an answer is waited for."""
    found = []
    for send in sent:
        assert isinstance(send.request, RegisterBroker)
        found.append((send.name_server, frozenset(body_of(send).topic_config_table or ()), send.call is not None))
    return found


# Start and period -------------------------------------------------------------------------------------------------


@BOTH
def test_a_broker_registers_everything_with_every_name_server_at_once_when_it_starts(profile: BrokerProfile) -> None:
    broker = Driven(profile, force_register=False)
    broker.do(Started())
    sent = broker.take()
    assert registrations(sent) == [(0, frozenset(TOPICS), True), (1, frozenset(TOPICS), True)]
    assert {send.timeout_ms for send in sent} == {profile.register_broker_timeout_ms}
    acting = False if profile.acting_master else None
    assert sent[0].request == RegisterBroker(
        cluster_name="C",
        broker_addr="10.0.0.1:10911",
        broker_name="b",
        broker_id=0,
        ha_server_addr="10.0.0.1:10912",
        enable_acting_master=acting,
        body=RegisterBrokerBody(topic_config_table=table(topics(*TOPICS)), data_version=DataVersion(timestamp=T0)),
    )


@BOTH
@pytest.mark.parametrize(("asked_ms", "period_ms"), [(1, 10_000), (30_000, 30_000), (600_000, 60_000)])
def test_then_it_registers_after_ten_seconds_and_every_period_within_its_bounds(
    profile: BrokerProfile, asked_ms: int, period_ms: int
) -> None:
    broker = started(profile, register_name_server_period_ms=asked_ms)
    assert at(broker, 9_999) == []
    for due_ms in (10_000, 10_000 + period_ms, 10_000 + 2 * period_ms):
        assert at(broker, due_ms - 1) == []
        assert kinds(at(broker, due_ms)) == ["RegisterBroker"] * 2


@BOTH
def test_the_timers_start_when_the_first_registration_is_over(profile: BrokerProfile) -> None:
    broker = Driven(profile)
    broker.do(Started())
    calls = [send.call for send in broker.take()]
    broker.answer(calls[0])
    broker.now_ms += 3_000
    assert next_wakeup_ms(broker.state) == T0 + profile.register_broker_timeout_ms
    broker.fail(calls[1])
    assert next_wakeup_ms(broker.state) == T0 + 13_000


@BOTH
def test_a_name_server_that_does_not_answer_delays_the_next_registration_no_longer_than_the_timeout(
    profile: BrokerProfile,
) -> None:
    broker = Driven(profile)
    broker.do(Started())
    [first, _] = broker.take()
    broker.answer(first.call, master_addr="10.0.0.9:10911")
    assert broker.state.under_way is not None
    broker.now_ms += profile.register_broker_timeout_ms
    broker.do(Tick())
    assert broker.state.under_way is None
    assert broker.state.master_addr == "10.0.0.9:10911"


@BOTH
def test_timers_that_were_missed_while_a_registration_hung_fire_one_after_the_other(profile: BrokerProfile) -> None:
    broker = started(profile, register_name_server_period_ms=10_000, register_broker_timeout_ms=25_000)
    broker.now_ms = T0 + 10_000
    broker.do(Tick())
    hung = broker.take()
    broker.now_ms = T0 + 34_999
    broker.do(Tick())
    assert broker.take() == []
    broker.now_ms = T0 + 35_000
    broker.do(Tick())
    assert len(hung) == 2
    assert kinds(broker.settle()) == ["RegisterBroker"] * 4


def test_five_registers_only_with_name_servers_that_it_is_connected_to_and_four_with_all() -> None:
    new, old = (Driven(profile, available=False) for profile in (BROKER_5_5_0, BROKER_4_9_7))
    for broker in (new, old):
        broker.do(NameServerAvailable(name_server=NameServerIndex(1)))
        broker.do(Started())
    assert [send.name_server for send in new.settle()] == [1]
    assert [send.name_server for send in old.settle()] == [0, 1]
    new.do(NameServerUnavailable(name_server=NameServerIndex(1)))
    assert at(new, 10_000) == []
    new.do(NameServerAvailable(name_server=NameServerIndex(0)))
    assert [send.name_server for send in at(new, 40_000)] == [0]


# Asking first -----------------------------------------------------------------------------------------------------


@BOTH
def test_unforced_it_asks_every_name_server_and_registers_with_all_if_one_says_so(profile: BrokerProfile) -> None:
    broker = started(profile, force_register=False, name_servers=3)
    broker.do(NameServerUnavailable(name_server=NameServerIndex(2)))
    broker.now_ms += 10_000
    broker.do(Tick())
    asked = broker.take()
    assert [(send.name_server, type(send.request)) for send in asked] == [(i, QueryDataVersion) for i in range(3)]
    broker.answer(asked[0].call, changed=False)
    broker.answer(asked[1].call, changed=False)
    broker.fail(asked[2].call)
    expected = [0, 1] if profile.only_available else [0, 1, 2]
    assert [send.name_server for send in broker.take()] == expected


@BOTH
def test_unforced_it_does_not_register_if_all_say_unchanged_in_time(profile: BrokerProfile) -> None:
    broker = started(profile, force_register=False)
    assert kinds(at(broker, 10_000)) == ["QueryDataVersion"] * 2
    broker.now_ms = T0 + 40_000
    broker.do(Tick())
    asked = broker.take()
    broker.answer(asked[0].call, changed=False)
    broker.now_ms += profile.register_broker_timeout_ms
    broker.do(Tick())
    assert broker.take() == []
    # Its answer comes after the latch: too late to count.
    broker.answer(asked[1].call, changed=True)
    assert broker.take() == []


def test_a_topic_that_comes_while_five_asks_is_missing_under_the_version_that_promises_it() -> None:
    found = {}
    for profile in (BROKER_5_5_0, BROKER_4_9_7):
        broker = started(profile, force_register=False)
        broker.now_ms += 10_000
        broker.do(Tick())
        asked = broker.take()
        broker.do(TopicUpdated(configs=(TopicConfig(topic_name="new"),)))
        for send in asked:
            broker.answer(send.call, changed=True)
        first = body_of(broker.take()[0])
        assert first.data_version == DataVersion(timestamp=T0 + 10_000, counter=1)
        found[profile.name] = "new" in (first.topic_config_table or ())
    assert found == {"apache-5.5.0": False, "apache-4.9.7": True}


# Topics -----------------------------------------------------------------------------------------------------------


@BOTH
def test_an_updated_topic_is_registered_alone_under_the_next_version(profile: BrokerProfile) -> None:
    broker = started(profile, state_machine_version=9)
    broker.now_ms += 5
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="new"),)))
    sent = broker.settle()
    assert registrations(sent) == [(0, frozenset({"new"}), True), (1, frozenset({"new"}), True)]
    state_version = 9 if profile.state_version else 0
    assert body_of(sent[0]).data_version == DataVersion(state_version=state_version, timestamp=T0 + 5, counter=1)


def test_five_ignores_an_update_that_changes_nothing_and_four_registers_it_again() -> None:
    same = TopicUpdated(configs=(topics("a")["a"],))
    assert started(BROKER_5_5_0).do(same) == []
    assert len(started(BROKER_4_9_7).do(same)) == 2


def test_a_topic_created_by_a_message_goes_out_one_way_with_all_others_in_four_and_alone_in_five() -> None:
    create = TopicCreatedOnSend(topic="new", queue_nums=4, topic_sys_flag=1)
    old, new = started(BROKER_4_9_7), started(BROKER_5_5_0)
    old.do(create)
    new.do(create)
    everything, alone = frozenset({*TOPICS, "new"}), frozenset({"new"})
    assert registrations(old.take()) == [(0, everything, False), (1, everything, False)]
    sent = new.take()
    assert registrations(sent) == [(0, alone, True), (1, alone, True)]
    config = TopicConfig(topic_name="new", read_queue_nums=4, write_queue_nums=4, perm=6, topic_sys_flag=1)
    assert (body_of(sent[0]).topic_config_table or {})["new"] == config
    assert new.do(create) == []


def test_a_topic_that_the_broker_makes_itself_goes_out_as_one_that_a_message_made() -> None:
    config = TopicConfig(topic_name="new", read_queue_nums=1, write_queue_nums=1)
    old, new = started(BROKER_4_9_7), started(BROKER_5_5_0)
    old.do(TopicCreatedByBroker(config=config))
    new.do(TopicCreatedByBroker(config=config))
    everything, alone = frozenset({*TOPICS, "new"}), frozenset({"new"})
    assert registrations(old.take()) == [(0, everything, False), (1, everything, False)]
    assert registrations(new.take()) == [(0, alone, True), (1, alone, True)]
    assert new.do(TopicCreatedByBroker(config=config)) == []


@BOTH
def test_no_topic_is_created_by_a_message_where_its_default_forbids_it(profile: BrokerProfile) -> None:
    broker = started(profile)
    assert broker.do(TopicCreatedOnSend(topic="new", default_topic="a")) == []
    assert broker.do(TopicCreatedOnSend(topic="new", default_topic="nowhere")) == []
    closed = started(profile, auto_create_topic_enable=False)
    assert closed.do(TopicCreatedOnSend(topic="new")) == []
    assert closed.state.topic_config_table["TBW102"].perm == 6
    assert "new" not in closed.state.topic_config_table


@BOTH
def test_a_deleted_topic_is_told_to_nobody_and_missing_from_the_next_registration(profile: BrokerProfile) -> None:
    broker = started(profile)
    assert broker.do(TopicDeleted(topic="a")) == []
    assert broker.do(TopicDeleted(topic="a")) == []
    sent = at(broker, 10_000)
    assert registrations(sent)[0][1] == frozenset(TOPICS) - {"a"}
    assert body_of(sent[0]).data_version == DataVersion(timestamp=T0, counter=1)


def test_single_topic_registration_uses_a_request_of_its_own() -> None:
    broker = started(BROKER_5_5_0, enable_single_topic_register=True, broker_permission=4)
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="x", perm=6), TopicConfig(topic_name="y", perm=2))))
    sent = broker.settle()
    assert [send.name_server for send in sent] == [0, 1, 0, 1]
    queues = QueueData(broker_name="b", read_queue_nums=16, write_queue_nums=16, perm=4, topic_sys_flag=0)
    assert sent[0].request == RegisterTopic(topic="x", queue_data=queues)
    assert sent[2].request == RegisterTopic(topic="y", queue_data=attrs.evolve(queues, perm=0))


def test_split_registration_sends_parts_one_after_the_other_and_a_last_one_that_may_be_empty() -> None:
    broker = Driven(BROKER_5_5_0, name_servers=1, enable_split_registration=True, split_registration_size=2)
    broker.do(Started())
    seen = []
    while sent := broker.take():
        assert len(sent) == 1
        seen.append(sorted(body_of(sent[0]).topic_config_table or ()))
        broker.answer(sent[0].call)
    assert seen == [["a", "b"], ["TBW102", "c"], []]  # in the order of Java's table: a, b, c, TBW102


def test_a_static_topic_carries_its_mapping_in_the_increment_and_in_everything() -> None:
    mapping = TopicQueueMappingInfo(topic="s", bname="b", total_queues=2, curr_id_map=table({0: 0, 1: 1}))
    broker = started(BROKER_5_5_0)
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="s"),), mapping=mapping))
    assert [dict(body_of(send).topic_queue_mapping_info_map) for send in broker.settle()] == [{"s": mapping}] * 2
    assert dict(body_of(at(broker, 10_000)[0]).topic_queue_mapping_info_map) == {"s": mapping}


# Permission and role ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "permission", "perms"),
    [
        (BROKER_4_9_7, 4, {"TBW102": 4, "a": 4, "r": 4, "w": 4}),
        (BROKER_5_5_0, 4, {"TBW102": 4, "a": 4, "r": 4, "w": 0}),
        (BROKER_4_9_7, 6, {"TBW102": 7, "a": 6, "r": 4, "w": 2}),
        (BROKER_5_5_0, 6, {"TBW102": 7, "a": 6, "r": 4, "w": 2}),
    ],
)
def test_a_broker_s_permission_masks_its_topics_perms(
    profile: BrokerProfile, permission: int, perms: dict[str, int]
) -> None:
    broker = started(profile, names=("TBW102", "a"))
    for name, perm in (("r", 4), ("w", 2)):
        broker.do(TopicUpdated(configs=(TopicConfig(topic_name=name, perm=perm, topic_sys_flag=3),)))
    broker.settle()
    broker.do(BrokerPermissionChanged(broker_permission=permission))
    sent = broker.settle()
    configs = body_of(sent[0]).topic_config_table or table()
    assert {name: config.perm for name, config in configs.items()} == perms
    assert configs["r"].topic_sys_flag == (0 if permission == 4 else 3)
    assert body_of(sent[0]).data_version == DataVersion(timestamp=T0, counter=3)


@pytest.mark.parametrize(
    ("profile", "config"),
    [
        (BROKER_4_9_7, TopicConfig(topic_name="x", perm=4)),
        (BROKER_5_5_0, TopicConfig(topic_name="x", perm=4, topic_sys_flag=3)),
    ],
)
def test_a_masked_increment_keeps_the_sys_flag_in_five_only(profile: BrokerProfile, config: TopicConfig) -> None:
    broker = started(profile, broker_permission=4)
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="x", perm=6, topic_sys_flag=3, order=True),)))
    assert (body_of(broker.take()[0]).topic_config_table or {})["x"] == config


def test_a_new_role_is_registered_one_way_and_asked_about_first_in_five_unless_forced() -> None:
    old, new = (started(profile, force_register=False) for profile in (BROKER_4_9_7, BROKER_5_5_0))
    old.do(RoleChanged(broker_id=1))
    assert [(send.request.broker_id, send.call) for send in old.take()] == [(1, None)] * 2  # type: ignore[union-attr]
    new.do(RoleChanged(broker_id=1))
    assert kinds(new.take()) == ["QueryDataVersion"] * 2


# What answers change ----------------------------------------------------------------------------------------------


@BOTH
def test_a_slave_learns_its_master_from_the_first_name_server_that_registered_it(profile: BrokerProfile) -> None:
    broker = Driven(profile, broker_id=1, name_servers=3)
    broker.do(Started())
    calls = [send.call for send in broker.take()]
    broker.answer(calls[2], code=1, master_addr="wrong")
    broker.answer(calls[1], master_addr="10.0.0.1:10911", ha_server_addr="10.0.0.1:10912")
    broker.answer(calls[0], master_addr="other", ha_server_addr="other")
    assert (broker.state.master_addr, broker.state.ha_master_addr) == ("10.0.0.1:10911", "10.0.0.1:10912")
    broker.now_ms += 10_000
    broker.do(Tick())
    for send in broker.take():
        broker.answer(send.call)
    assert (broker.state.master_addr, broker.state.ha_master_addr) == (None, "10.0.0.1:10912")


@BOTH
def test_order_topic_configs_set_order_and_in_four_also_take_it_away(profile: BrokerProfile) -> None:
    broker = started(profile)
    for keys, ordered_in_five in ((["a"], "a"), (["b"], "ab"), ([], "ab")):
        broker.now_ms += 30_000
        broker.do(Tick())
        for send in broker.take():
            broker.answer(send.call, kv_table=KVTable(table=table(dict.fromkeys(keys, "b:4"))))
        ordered = "".join(sorted(t for t, c in broker.state.topic_config_table.items() if c.order))
        assert ordered == ("".join(keys) if profile.order_config_clears else ordered_in_five)
    assert broker.state.data_version.counter == (3 if profile.order_config_clears else 2)


@BOTH
def test_a_forced_registration_after_a_permission_change_does_not_look_at_order_configs(profile: BrokerProfile) -> None:
    broker = started(profile)
    broker.do(BrokerPermissionChanged(broker_permission=6))
    for send in broker.take():
        broker.answer(send.call, kv_table=KVTable(table=table({"a": "b:4"})))
    assert not broker.state.topic_config_table["a"].order


# One lock ---------------------------------------------------------------------------------------------------------


@BOTH
def test_registrations_wait_for_the_one_under_way_and_take_the_version_of_when_they_leave(
    profile: BrokerProfile,
) -> None:
    broker = Driven(profile, name_servers=1)
    broker.do(Started())
    [first] = broker.take()
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="x"),)))
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="y"),)))
    assert broker.take() == []
    sent = []
    broker.answer(first.call)
    while taken := broker.take():
        sent += taken
        broker.answer(taken[0].call)
    assert [sorted(body_of(send).topic_config_table or ()) for send in sent] == [["x"], ["y"]]
    assert [body_of(send).data_version.counter for send in sent] == [2, 2]  # type: ignore[union-attr]


def test_the_timer_of_five_waits_until_the_broker_may_appear() -> None:
    broker = started(BROKER_5_5_0, disappear_time_after_start_ms=20_000)
    assert at(broker, 10_000) == []
    assert kinds(at(broker, 40_000)) == ["RegisterBroker"] * 2


def test_five_deflates_a_body_and_says_that_it_did_not() -> None:
    found = {}
    for profile in (BROKER_4_9_7, BROKER_5_5_0):
        broker = Driven(profile, compressed_register=True)
        broker.do(Started())
        [send, _] = broker.take()
        found[profile.name] = (send.deflated, send.claims_compressed)
    assert found == {"apache-4.9.7": (True, True), "apache-5.5.0": (True, False)}


def test_every_profile_has_its_name() -> None:
    assert {name: profile.name for name, profile in BROKER_PROFILES.items()} == {
        "apache-5.5.0": "apache-5.5.0",
        "apache-5.3.3": "apache-5.3.3",
        "apache-4.9.7": "apache-4.9.7",
    }
