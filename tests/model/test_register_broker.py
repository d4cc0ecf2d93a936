"""REGISTER_BROKER, rule by rule. Sources stand in `namesrv.model.register_broker`."""

import attrs
import pytest

from namesrv.model.events import Answer, PutKVConfig, RegisterBroker
from namesrv.model.profiles import (
    APACHE_4_9_7,
    APACHE_5_1_4,
    APACHE_5_3_3,
    APACHE_5_5_0,
    PROFILES,
    STRICT,
    Profile,
)
from namesrv.model.register_broker import is_older
from namesrv.model.values import DataVersion, KVTable, TopicQueueMappingInfo, table
from tests.model.worlds import World, query, registration, unregistration, version

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
APACHE = pytest.mark.parametrize("profile", [APACHE_4_9_7, APACHE_5_5_0], ids=lambda p: p.name)
FAILED = Answer(code=1, remark="register broker failed", ext_fields=table())
SUCCESS = Answer(code=0, ext_fields=table())


@EVERY
def test_a_registered_broker_is_in_the_route_of_its_topics(profile: Profile) -> None:
    world = World(profile)
    assert world.send(registration()) == SUCCESS
    route = world.route("t1")
    assert route is not None
    assert {queue.broker_name for queue in route.queue_datas} == {"a"}
    assert world.addrs() == {0: "h1:1"}


@EVERY
def test_a_wrong_crc_changes_nothing(profile: Profile) -> None:
    world = World(profile)
    answer = world.send(registration(crc32_matches=False))
    assert answer == Answer(code=1, remark="crc32 not match", ext_fields=table())
    assert world.live() == set()


@EVERY
def test_an_incremental_registration_keeps_the_other_topics(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(registration(topics=("t3",), data_version=version(2, 2)))
    assert all(world.route(topic) is not None for topic in ("t1", "t2", "t3"))


@EVERY
def test_a_slave_is_told_its_master(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(ha_server_addr="h1:2"))
    answer = world.send(registration("h2:1", broker_id=1), channel=2)
    assert answer == Answer(code=0, ext_fields=table({"masterAddr": "h1:1", "haServerAddr": "h1:2"}))


@EVERY
def test_a_slave_without_acting_master_publishes_no_topics(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(broker_id=1))
    assert world.route("t1") is None


@pytest.mark.parametrize("profile", [APACHE_5_5_0, STRICT], ids=lambda p: p.name)
def test_a_prime_slave_publishes_without_the_write_bit(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(broker_id=1, enable_acting_master=True))
    route = world.route("t1")
    assert route is not None
    assert [queue.perm for queue in route.queue_datas] == [4]


@pytest.mark.parametrize(
    ("profile", "without_acting_master"), [(APACHE_5_1_4, 4), (APACHE_5_3_3, 6), (APACHE_5_5_0, 6)], ids=str
)
def test_a_prime_slave_outside_an_acting_master_group_loses_the_write_bit_in_5_1_only(
    profile: Profile, without_acting_master: int
) -> None:
    for acting, perm in ((True, 4), (False, without_acting_master)):
        world = World(profile)
        world.send(registration(broker_id=1, enable_acting_master=acting))
        route = world.route("t1")
        assert route is not None
        assert {queue.perm for queue in route.queue_datas} == {perm}


def test_4_9_accepts_one_topic_from_a_broker_that_is_not_there() -> None:
    world = World(APACHE_4_9_7)
    assert world.send(registration(topics=("t1",))) == SUCCESS


def test_5_5_refuses_one_topic_from_a_broker_that_is_not_there_and_leaves_its_name() -> None:
    world = World(APACHE_5_5_0)
    assert world.send(registration(topics=("t1",))) == FAILED
    assert world.clusters().cluster_addr_table == table({"C": frozenset({"a"})})
    assert world.addrs() == {}


def test_strict_refuses_one_topic_from_a_broker_that_is_not_there_and_leaves_nothing() -> None:
    world = World(STRICT)
    assert world.send(registration(topics=("t1",))) == FAILED
    assert not world.clusters().cluster_addr_table
    assert not world.clusters().broker_addr_table


def test_5_5_ignores_an_older_state_version_but_answers_success() -> None:
    world = World(APACHE_5_5_0)
    world.send(registration(data_version=version(state_version=7)))
    assert world.send(registration("h2:1", data_version=version(state_version=3)), channel=2) == SUCCESS
    assert world.addrs() == {0: "h1:1"}
    assert world.causes[-2] == "register_broker/older-state-version"


def test_strict_refuses_an_older_state_version() -> None:
    world = World(STRICT)
    world.send(registration(data_version=version(state_version=7)))
    assert world.send(registration("h2:1", data_version=version(state_version=3)), channel=2) == FAILED


def test_5_5_keeps_the_holder_where_there_is_no_version_to_compare() -> None:
    world = World(APACHE_5_5_0)
    world.send(registration())
    conflicting = registration("h2:1")
    assert conflicting.body is not None
    nulled = attrs.evolve(conflicting, body=attrs.evolve(conflicting.body, data_version=None))
    assert world.send(nulled, channel=2) == SUCCESS
    assert world.addrs() == {0: "h1:1"}
    assert world.live() == {"h1:1"}


@APACHE
def test_apache_lets_the_newest_claim_win_and_keeps_the_loser_live(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(registration("h2:1"), channel=2)
    assert world.addrs() == {0: "h2:1"}
    assert world.live() == {"h1:1", "h2:1"}


def test_strict_lets_the_newest_claim_win_and_drops_the_loser() -> None:
    world = World(STRICT)
    world.send(registration())
    world.send(registration("h2:1", topics=("t3", "t4")), channel=2)
    assert world.addrs() == {0: "h2:1"}
    assert world.live() == {"h2:1"}
    assert world.route("t1") is None, "the topics of another address are not the newcomer's"


@APACHE
def test_apache_leaves_a_ghost_of_a_renamed_broker(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(name="a"))
    world.send(registration(name="b", data_version=version(2, 2)))
    assert (world.addrs("a"), world.addrs("b")) == ({0: "h1:1"}, {0: "h1:1"})


def test_strict_moves_a_renamed_broker() -> None:
    world = World(STRICT)
    world.send(registration(name="a"))
    world.send(registration(name="b", data_version=version(2, 2)))
    assert (world.addrs("a"), world.addrs("b")) == ({}, {0: "h1:1"})


@EVERY
def test_a_slave_that_becomes_master_leaves_its_old_id(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(broker_id=1))
    world.send(registration(broker_id=0, data_version=version(2, 2)))
    assert world.addrs() == {0: "h1:1"}


def test_strict_refuses_an_older_data_version() -> None:
    world = World(STRICT)
    world.send(registration(data_version=version(5, 5)))
    assert world.send(registration(data_version=version(4, 4)), channel=2) == FAILED


def test_strict_takes_whatever_version_comes_over_the_speaking_connection() -> None:
    """A new slave takes over its master's DataVersion, which may be earlier than its own."""
    world = World(STRICT)
    world.send(registration(data_version=version(5, 5)))
    assert world.send(registration(data_version=version(4, 4), perm=4)) != FAILED
    assert world.causes[-1] == "register_broker/accepted"
    assert perm_of_t1(world) == 4


def test_a_body_that_says_to_be_full_takes_away_what_it_does_not_name() -> None:
    for profile, topics in ((STRICT, {"t1"}), (APACHE_5_5_0, {"t1", "t2"}), (APACHE_4_9_7, {"t1", "t2"})):
        world = World(profile)
        world.send(registration(full_body=True))
        world.send(registration(topics=("t1",), data_version=version(2, 2), full_body=True))
        assert set(world.state.tables.topic_queue_table) == topics


@pytest.mark.parametrize(("full_body", "rule"), [(None, "unchanged"), (True, "unchanged"), (False, "changed")])
def test_a_version_that_came_with_a_part_is_not_called_unchanged(full_body: bool | None, rule: str) -> None:
    world = World(STRICT)
    world.send(registration(full_body=full_body))
    world.send(query(data_version=version()))
    assert world.causes[-1] == f"query_data_version/{rule}"


def test_strict_refuses_an_earlier_timestamp_at_an_equal_counter() -> None:
    world = World(STRICT)
    world.send(registration(data_version=version(1, 3)))
    assert world.send(registration(data_version=version(1, 1), perm=4), channel=2) == FAILED
    assert world.causes[-1] == "register_broker/older-data-version"
    assert perm_of_t1(world) == 6


@pytest.mark.parametrize(
    ("new", "older"),
    [
        (version(1, 9), False),  # restarted, versions lost: counts from 0 again, but later
        (version(1, 5), True),
        (version(5, 1), True),  # sent before such a restart, when it had counted that far the first time
        (version(5, 5), False),
        (version(5, 9), False),
        (version(6, 1), False),  # a clock that was set back explains it
        (version(4, 4, state_version=1), False),
        (version(9, 9), False),
    ],
)
def test_a_data_version_is_older_only_if_neither_restart_nor_clock_explains_it(new: DataVersion, older: bool) -> None:
    assert is_older(new, version(5, 5), timestamp_breaks_tie=True) is older


def test_without_timestamp_breaks_tie_an_equal_counter_is_never_older() -> None:
    assert not is_older(version(5, 1), version(5, 5), timestamp_breaks_tie=False)
    assert is_older(version(4, 1), version(5, 5), timestamp_breaks_tie=False)


def perm_of_t1(world: World) -> int:
    """What the route of t1 says of its only queues."""
    route = world.route("t1")
    assert route is not None
    [queue] = route.queue_datas
    return queue.perm


@APACHE
def test_apache_keeps_a_known_topic_as_it_was_under_an_unchanged_version(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    assert world.send(registration(perm=4)) == SUCCESS
    assert perm_of_t1(world) == 6


def test_strict_puts_a_known_topic_under_an_unchanged_version_too() -> None:
    world = World(STRICT)
    world.send(registration())
    assert world.send(registration(perm=4)) == SUCCESS
    assert perm_of_t1(world) == 4


def with_mapping(bname: str, epoch: int) -> RegisterBroker:
    request = registration()
    assert request.body is not None
    info = TopicQueueMappingInfo(topic="t1", bname=bname, epoch=epoch, total_queues=1, curr_id_map=table({0: 0}))
    return attrs.evolve(request, body=attrs.evolve(request.body, topic_queue_mapping_info_map=table({"t1": info})))


@pytest.mark.parametrize(("profile", "epoch"), [(APACHE_5_5_0, 1), (STRICT, 2)], ids=lambda p: getattr(p, "name", p))
def test_only_strict_puts_a_mapping_under_an_unchanged_version(profile: Profile, epoch: int) -> None:
    world = World(profile)
    for told in (1, 2):
        assert world.send(with_mapping("a", told)) == SUCCESS
    assert world.state.tables.topic_queue_mapping_info_table["t1"]["a"].epoch == epoch


@pytest.mark.parametrize(("profile", "answer"), [(APACHE_5_5_0, SUCCESS), (STRICT, FAILED)])
def test_only_strict_refuses_the_mapping_of_another_name_which_would_outlive_its_sender(
    profile: Profile, answer: Answer
) -> None:
    world = World(profile)
    assert world.send(with_mapping("b", 1)) == answer
    assert bool(world.state.tables.topic_queue_mapping_info_table) == (answer == SUCCESS)


def test_4_9_does_not_add_topics_under_an_unchanged_version() -> None:
    world = World(APACHE_4_9_7)
    world.send(registration(topics=("t1",)))
    world.send(registration(topics=("t1", "t2")))
    assert world.route("t2") is None, "apache/rocketmq 4522: a single-topic registration masks a full one"


@pytest.mark.parametrize("profile", [APACHE_5_5_0, STRICT], ids=lambda p: p.name)
def test_5_5_adds_absent_topics_under_an_unchanged_version(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(topics=("t1", "t2")))
    world.send(registration(topics=("t1", "t2", "t3")))
    assert world.route("t3") is not None


def test_5_5_puts_a_name_into_two_clusters() -> None:
    world = World(APACHE_5_5_0)
    world.send(registration(cluster="C"))
    world.send(registration("h2:1", cluster="D", broker_id=1), channel=2)
    assert set(world.clusters().cluster_addr_table) == {"C", "D"}


def test_strict_keeps_a_name_in_one_cluster() -> None:
    world = World(STRICT)
    world.send(registration(cluster="C"))
    assert world.send(registration("h2:1", cluster="D", broker_id=1), channel=2) == FAILED
    assert set(world.clusters().cluster_addr_table) == {"C"}


@EVERY
def test_filter_servers_are_kept_on_null_and_removed_on_an_empty_list(profile: Profile) -> None:
    world = World(profile)
    world.send(registration(filters=("f1:1",)))
    world.send(registration(filters=None, data_version=version(2, 2)))
    route = world.route("t1")
    assert route is not None
    assert route.filter_server_table == table({"h1:1": ("f1:1",)})
    world.send(registration(filters=(), data_version=version(3, 3)))
    emptied = world.route("t1")
    assert emptied is not None
    assert not emptied.filter_server_table


@EVERY
def test_the_order_topics_are_answered_once_their_namespace_exists(profile: Profile) -> None:
    world = World(profile)
    world.send(PutKVConfig(namespace="ORDER_TOPIC_CONFIG", key="t1", value="a:4"))
    keys = KVTable(table=table({"t1": "a:4"}))
    assert world.send(registration()) == Answer(code=0, ext_fields=table(), body=keys)


@APACHE
def test_without_a_broker_id_java_throws(profile: Profile) -> None:
    world = World(profile)
    request = attrs.evolve(registration(), broker_id=None)
    assert world.send(request) == Answer(code=1, exception="NullPointerException")


@pytest.mark.parametrize(
    "missing",
    [
        {"broker_id": None},
        {"broker_id": -1},
        {"broker_name": None},
        {"broker_name": ""},
        {"cluster_name": None},
        {"broker_addr": None},
    ],
    ids=str,
)
def test_strict_refuses_a_registration_with_parts_missing(missing: dict[str, object]) -> None:
    world = World(STRICT)
    request: RegisterBroker = attrs.evolve(registration(), **missing)  # type: ignore[arg-type]
    assert world.send(request) == FAILED
    assert world.causes == ["register_broker/part-missing"]


def test_5_5_answers_success_to_a_null_address_and_keeps_it() -> None:
    world = World(APACHE_5_5_0)
    assert world.send(attrs.evolve(registration(), broker_addr=None)) == SUCCESS
    assert world.addrs() == {0: None}
    assert world.live() == set()


@EVERY
def test_a_broker_that_left_may_come_back(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(unregistration())
    assert world.live() == set()
    assert world.send(registration(data_version=version(0, 0))) == SUCCESS
