"""What the options of the start change in the model. What is expected was seen in the answers of the real releases."""

import attrs
import pytest

from namesrv.model.events import (
    Answer,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    Request,
    UnitList,
)
from namesrv.model.options import started
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_3_3, APACHE_5_5_0, PROFILES, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ORDER_TOPIC_CONFIG, KVTable, TopicQueueMappingInfo, TopicRouteData, table
from tests.model.worlds import World, registration, unregistration, version

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
RELEASES_5 = [profile for profile in PROFILES.values() if profile is not APACHE_4_9_7]
FIVE = pytest.mark.parametrize("profile", RELEASES_5, ids=[profile.name for profile in RELEASES_5])
ROUTE = GetRouteInfoByTopic(topic="t1")
NOT_READY = Answer(code=1, remark="name server not ready")


def world(profile: Profile, **properties: str) -> World:
    options = started(profile.settings, properties, trims=profile.trims_config)
    return World(profile, state=NameServerState(options=options, started_ms=1_000_000))


@EVERY
def test_a_route_brings_its_order_config_only_if_asked_to(profile: Profile) -> None:
    for on in ("true", "false"):
        w = world(profile, orderMessageEnable=on)
        w.send(registration())
        w.send(PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"))
        route, other = w.route("t1"), w.route("t2")
        assert route is not None and other is not None
        assert route.order_topic_conf == ("a:4" if on == "true" else None)
        assert other.order_topic_conf is None


@EVERY
def test_registrations_are_answered_with_the_order_topics_unless_5_x_is_told_not_to(profile: Profile) -> None:
    w = world(profile, returnOrderTopicConfigToBroker="false")
    w.send(PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"))
    answer = w.send(registration())
    assert answer is not None
    assert answer.body == (KVTable(table=table({"t1": "a:4"})) if profile is APACHE_4_9_7 else None)


@FIVE
def test_a_list_that_is_turned_off_is_not_given(profile: Profile) -> None:
    disabled = Answer(code=1, remark="disable")
    lists: tuple[Request, ...] = (GetTopicsByCluster(cluster="C"), *(GetUnitTopicList(kind=kind) for kind in UnitList))
    w = world(profile, enableTopicList="false")
    assert all(w.send(request) == disabled for request in lists)
    assert w.send(GetAllTopicList()) != disabled != w.send(GetSystemTopicList())
    w = world(profile, enableAllTopicList="false")
    assert w.send(GetAllTopicList()) == disabled
    assert all(w.send(request) != disabled for request in lists)


@FIVE
def test_the_lowest_slave_of_a_name_without_master_is_shown_in_its_place(profile: Profile) -> None:
    for acting, shown in ((True, {0: "h2:1", 5: "h3:1"}), (False, {3: "h2:1", 5: "h3:1"})):
        w = world(profile, supportActingMaster="true")
        for addr, broker_id in (("h1:1", 0), ("h2:1", 3), ("h3:1", 5)):
            w.send(registration(addr, broker_id=broker_id, enable_acting_master=acting))
        w.send(unregistration())
        route = w.route("t1")
        assert route is not None
        [data] = route.broker_datas
        assert dict(data.broker_addrs) == shown
        assert w.addrs() == {3: "h2:1", 5: "h3:1"}, "clusters show true ids"


@FIVE
def test_topics_that_a_body_lacks_are_deleted_whatever_its_version_unless_it_brings_mappings(profile: Profile) -> None:
    w = world(profile, deleteTopicWithBrokerRegistration="true")
    w.send(registration(topics=("t1", "t2", "t3")))
    w.send(registration("h9:1", name="b", topics=("t3", "t4")))
    w.send(registration(topics=("t1", "t2")))
    route = w.route("t3")
    assert route is not None and {data.broker_name for data in route.broker_datas} == {"b"}
    request = registration(topics=("t1",), data_version=version(2))
    assert request.body is not None
    mapping = table({"t1": TopicQueueMappingInfo(topic="t1", bname="a")})
    body = attrs.evolve(request.body, topic_queue_mapping_info_map=mapping)
    w.send(attrs.evolve(request, body=body))
    assert w.route("t2") is not None
    w.send(registration(topics=(), data_version=version(3)))
    assert w.route("t1") is w.route("t2") is None


@pytest.mark.parametrize("profile", [APACHE_5_1_4, APACHE_5_3_3, APACHE_5_5_0], ids=lambda p: p.name)
def test_no_route_is_answered_until_the_wait_is_over_and_in_5_1_4_only_until_one_is_found(profile: Profile) -> None:
    w = world(profile, needWaitForService="true", waitSecondsForService="45")
    w.send(registration())
    w.now_ms = 1_044_999
    assert w.send(ROUTE) == NOT_READY
    assert w.send(GetBrokerClusterInfo()) != NOT_READY
    w.now_ms = 1_045_000
    first, second = w.send(ROUTE), w.send(ROUTE)
    assert first is not None and isinstance(first.body, TopicRouteData)
    assert second == (NOT_READY if profile is APACHE_5_1_4 else first)


def test_a_route_that_is_found_breaks_5_1_4_also_before_the_option_is_on() -> None:
    w = world(APACHE_5_1_4, waitSecondsForService="0")
    w.send(registration())
    w.send(ROUTE)
    options = attrs.evolve(w.state.options, need_wait_for_service=True)
    w.state = attrs.evolve(w.state, options=options)
    assert w.send(ROUTE) == NOT_READY


def test_4_9_7_knows_nothing_of_waiting() -> None:
    assert not world(APACHE_4_9_7, needWaitForService="true").state.options.need_wait_for_service


@EVERY
def test_in_cluster_test_5_x_takes_every_request_for_that_of_a_route(profile: Profile) -> None:
    w = world(profile, clusterTest="true", needWaitForService="true")
    answer = w.send(registration())
    assert answer is not None
    assert answer.code == (0 if profile is APACHE_4_9_7 else 17)
    w.send(PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"))
    route = w.send(ROUTE)
    assert route is not None
    if profile is APACHE_4_9_7:
        assert isinstance(route.body, TopicRouteData) and route.body.order_topic_conf == "a:4"
    else:
        assert answer.remark is not None and answer.remark.startswith(
            "No topic route info in name server for the topic: null\n"
        )
        assert route.remark is not None and "the topic: t1\n" in route.remark
