"""Lists and member groups in the model. What is expected was seen in the answers of the real releases."""

from typing import Any

import attrs
import pytest

from namesrv.model.context import Context
from namesrv.model.events import (
    Answer,
    Answered,
    Channel,
    GetBrokerMemberGroup,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    Opaque,
    RegisterBroker,
    Request,
    UnitList,
)
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.requests import advance
from namesrv.model.state import Task
from namesrv.model.values import BrokerMemberGroup, TopicConfig, TopicList, table
from tests.model.worlds import World, registration

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def answers(world: World, request: Request) -> set[Answer]:
    """Every answer that may be."""
    task = Task(channel=Channel(5), opaque=Opaque(1), job=request)
    context = Context(state=world.state, task=task, profile=world.profile, now_ms=0, watched=False)
    return {said.answer for way in advance(context) for said in way.outputs if isinstance(said, Answered)}


def listed(*topics: str, addr: str | None = None) -> Answer:
    return Answer(code=0, body=TopicList(topic_list=frozenset(topics), broker_addr=addr))


def flagged(*flags: int, **place: Any) -> RegisterBroker:
    request = registration(topics=(), **place)
    configs = table({f"f{flag}": TopicConfig(topic_name=f"f{flag}", topic_sys_flag=flag) for flag in flags})
    assert request.body is not None
    return attrs.evolve(request, body=attrs.evolve(request.body, topic_config_table=configs))


@EVERY
def test_an_empty_name_server_lists_nothing(profile: Profile) -> None:
    world = World(profile)
    for request in (GetTopicsByCluster(cluster="C"), GetTopicsByCluster(cluster=None), GetSystemTopicList()):
        assert answers(world, request) == {listed()}
    for kind in UnitList:
        assert answers(world, GetUnitTopicList(kind=kind)) == {listed()}


@EVERY
def test_a_cluster_s_topics_are_those_of_its_names(profile: Profile) -> None:
    world = World(profile)
    world.send(flagged(0, 1))
    world.send(flagged(1, 2, addr="h2:1", name="b", cluster="D"))
    assert answers(world, GetTopicsByCluster(cluster="C")) == {listed("f0", "f1")}
    assert answers(world, GetTopicsByCluster(cluster="D")) == {listed("f1", "f2")}
    assert answers(world, GetTopicsByCluster(cluster="E")) == {listed()}


@EVERY
def test_system_topics_are_clusters_and_names_with_the_address_of_any_broker(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(registration("h2:1", name="b", cluster="D"))
    expected = {listed("C", "a", "D", "b", addr=addr) for addr in ("h1:1", "h2:1")}
    assert answers(world, GetSystemTopicList()) == expected


@EVERY
def test_units_are_told_by_the_bits_of_the_flag(profile: Profile) -> None:
    world = World(profile)
    world.send(flagged(0, 1, 2, 3))
    world.send(flagged(5, 6, 7, 8, addr="h2:1", name="b", cluster="D"))
    assert answers(world, GetUnitTopicList(kind=UnitList.UNIT)) == {listed("f1", "f3", "f5", "f7")}
    assert answers(world, GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB)) == {listed("f2", "f3", "f6", "f7")}
    assert answers(world, GetUnitTopicList(kind=UnitList.HAS_UNIT_SUB_UNUNIT)) == {listed("f2", "f6")}


@EVERY
def test_where_names_disagree_about_a_flag_a_hash_map_s_order_decides(profile: Profile) -> None:
    world = World(profile)
    for addr, name, flag in (("h1:1", "a", 1), ("h2:1", "b", 0)):
        request = flagged(0, 1, addr=addr, name=name)
        assert request.body is not None
        configs = table({t: TopicConfig(topic_name=t, topic_sys_flag=flag) for t in ("t1", "t2")})
        world.send(attrs.evolve(request, body=attrs.evolve(request.body, topic_config_table=configs)))
    expected = {listed(), listed("t1"), listed("t2"), listed("t1", "t2")}
    assert answers(world, GetUnitTopicList(kind=UnitList.UNIT)) == expected


@EVERY
def test_a_group_is_that_of_the_name_whatever_the_cluster(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(registration("h3:1", broker_id=3))
    for cluster, name, addrs in (("Q", "a", {0: "h1:1", 3: "h3:1"}), (None, "b", {}), ("C", None, {})):
        group = BrokerMemberGroup(cluster=cluster, broker_name=name, broker_addrs=table(addrs))
        expected = {Answer(code=0, remark="not set any response code", body=group)}
        if not profile.member_group:
            expected = set()  # 4.9.7 knows no such code, and says nothing
        assert answers(world, GetBrokerMemberGroup(cluster_name=cluster, broker_name=name)) == expected
