"""Brokers whose role others decide, a quorum or a controller; and registrations in parts, in Java's order."""

from __future__ import annotations

import pytest

from namesrv.model.broker import next_wakeup_ms
from namesrv.model.broker_events import (
    Elected,
    NameServerAvailable,
    NameServerIndex,
    RoleChanged,
    Send,
    Started,
    Tick,
    TopicUpdated,
    Unfenced,
)
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_3_3, BROKER_5_5_0, BrokerProfile
from namesrv.model.events import RegisterBroker
from namesrv.model.values import DataVersion, TopicConfig, in_hash_order
from tests.model.broker_driver import T0, Driven

SPLIT = {"name_servers": 1, "enable_split_registration": True, "split_registration_size": 3}


def said(sent: list[Send]) -> list[tuple[int | None, bool, DataVersion | None]]:
    """Of each registration: the broker's id, whether it is one-way, its version."""
    found = []
    for send in sent:
        assert isinstance(send.request, RegisterBroker)
        assert send.request.body is not None
        found.append((send.request.broker_id, send.call is None, send.request.body.data_version))
    return found


def tick(broker: Driven, ms: int) -> list[Send]:
    """What leaves at `T0 + ms`, everything answered."""
    broker.now_ms = T0 + ms
    broker.do(Tick())
    return broker.settle()


@pytest.mark.parametrize("profile", [BROKER_4_9_7, BROKER_5_5_0], ids=lambda p: p.name)
def test_a_broker_of_a_quorum_registers_when_it_has_a_role_or_with_no_id_when_its_timer_fires(
    profile: BrokerProfile,
) -> None:
    broker = Driven(profile, name_servers=1, enable_dledger_commit_log=True, broker_id=-1)
    broker.do(Started())
    assert broker.take() == []
    assert said(tick(broker, 10_000)) == [(-1, False, DataVersion(timestamp=T0))]
    broker.do(RoleChanged(broker_id=0))
    assert said(broker.settle()) == [(0, True, DataVersion(timestamp=T0))]


def test_a_topic_that_is_made_while_the_role_changes_is_registered_with_the_new_id_and_before_the_role() -> None:
    broker = Driven(BROKER_4_9_7, name_servers=1)
    broker.do(Started())
    broker.settle()
    broker.do(RoleChanged(broker_id=1, makes=(TopicConfig(topic_name="made"),)))
    [first, second] = broker.take()
    assert said([first, second]) == [(1, True, DataVersion(timestamp=T0, counter=1))] * 2


def test_a_broker_of_a_controller_says_nothing_until_it_is_elected_or_unfenced() -> None:
    broker = Driven(BROKER_5_5_0, name_servers=1, enable_controller_mode=True)
    broker.do(Started())
    assert broker.take() == []
    assert tick(broker, 10_000) == []
    broker.do(Elected(broker_id=0, epoch=1))
    first = DataVersion(state_version=1, timestamp=T0 + 10_000, counter=1)
    assert said(broker.settle()) == [(0, False, first)]
    assert tick(broker, 40_000) == []  # fenced: its timer skips
    broker.do(Unfenced())
    assert said(tick(broker, 70_000)) == [(0, False, first)]


def test_each_election_makes_a_version_with_its_epoch_and_topics_keep_that_epoch() -> None:
    broker = Driven(BROKER_5_5_0, name_servers=1, enable_controller_mode=True, force_register=False)
    for event in (Started(), Elected(broker_id=0, epoch=3), Unfenced()):
        broker.do(event)
    broker.settle()
    broker.do(Elected(broker_id=2, epoch=4))
    broker.settle()
    assert broker.state.broker_id == 2
    assert broker.state.data_version == DataVersion(state_version=4, timestamp=T0, counter=2)
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="x"),)))
    assert broker.state.data_version == DataVersion(state_version=4, timestamp=T0, counter=3)
    broker.do(Elected(broker_id=0, epoch=4))  # heard of already
    assert broker.state.broker_id == 2


@pytest.mark.parametrize(
    ("profile", "counters"), [(BROKER_5_3_3, [1, 2]), (BROKER_5_5_0, [0, 0])], ids=["5.3.3", "5.5.0"]
)
def test_only_5_3_3_makes_a_version_for_each_part(profile: BrokerProfile, counters: list[int]) -> None:
    broker = Driven(profile, **SPLIT)  # type: ignore[arg-type]
    broker.do(Started())
    versions = [version for _, _, version in said(broker.settle())]
    assert [version and version.counter for version in versions] == counters
    assert {version and version.state_version for version in versions} == {0}


def test_a_name_server_that_becomes_available_between_two_parts_gets_the_second() -> None:
    broker = Driven(BROKER_5_5_0, available=False, **SPLIT)  # type: ignore[arg-type]
    broker.do(Started())
    assert broker.take() == []
    assert next_wakeup_ms(broker.state) == T0
    broker.do(NameServerAvailable(name_server=NameServerIndex(0)))
    assert broker.take() == []
    broker.do(Tick())
    [last] = broker.take()
    assert isinstance(last.request, RegisterBroker)
    assert last.request.body is not None
    assert set(last.request.body.topic_config_table or ()) == {"TBW102"}


# What `new ConcurrentHashMap<String, Integer>(1024)` of JDK 17 gave, keys put in the order of `NAMES`, or Topic-0, Topic-7919, ….
NAMES = ["TBW102", "a", "b", "c", "rmq_sys_wheel_timer", "SELF_TEST_TOPIC", "BenchmarkTest", "Bestellungen-ÄÖ", "订单"]
IN_JAVA = [
    "a",
    "b",
    "c",
    "SELF_TEST_TOPIC",
    "rmq_sys_wheel_timer",
    "订单",
    "Bestellungen-ÄÖ",
    "TBW102",
    "BenchmarkTest",
]
OF_1600 = {0: "5899655", 1: "11031167", 2: "2320267", 3: "2747893", 800: "11759715", 801: "12599129", 802: "3888229"}


def test_topics_are_in_the_order_of_javas_table_also_when_it_has_grown() -> None:
    assert in_hash_order(NAMES) == IN_JAVA
    many = in_hash_order(f"Topic-{number * 7919}" for number in range(1_600))
    assert {place: many[place] for place in OF_1600} == {place: f"Topic-{name}" for place, name in OF_1600.items()}
