"""Routes asked for by zone, in the model. What is expected was seen in the answers of the real releases."""

import attrs
import pytest

from namesrv.model.events import GetRouteInfoByTopic
from namesrv.model.profiles import APACHE_4_9_7, PROFILES, Profile
from namesrv.model.values import TopicQueueMappingInfo, TopicRouteData, table
from tests.model.worlds import World, registration, unregistration

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def near(w: World, zone: str | None) -> TopicRouteData:
    answer = w.send(GetRouteInfoByTopic(topic="t1", zone_name=zone))
    assert answer is not None and isinstance(answer.body, TopicRouteData)
    return answer.body


def names(route: TopicRouteData) -> set[str | None]:
    assert {queue.broker_name for queue in route.queue_datas} == {data.broker_name for data in route.broker_datas}
    return {data.broker_name for data in route.broker_datas}


@pytest.fixture
def w(profile: Profile) -> World:
    """A name in zone z1, one in z2, one in none; each with filter servers."""
    world = World(profile)
    for number, (name, zone) in enumerate((("a", "z1"), ("b", "z2"), ("c", None))):
        world.send(registration(f"h{number}:1", name=name, zone_name=zone, filters=(f"f{number}",)))
    return world


@EVERY
def test_names_with_a_master_in_another_zone_are_left_out_with_all_that_is_theirs(w: World, profile: Profile) -> None:
    route = near(w, "Z1")
    if profile is APACHE_4_9_7:
        assert route == near(w, None)
        return
    assert names(route) == {"a"}
    assert route.filter_server_table == table({"h0:1": ("f0",)})
    assert names(near(w, "nowhere")) == set()


@EVERY
@pytest.mark.parametrize("zone", [None, "", " ", "\t\n"])
def test_who_names_no_zone_is_told_everything(w: World, profile: Profile, zone: str | None) -> None:
    assert names(near(w, zone)) == {"a", "b", "c"}


@EVERY
def test_a_name_that_has_lost_its_master_is_shown_to_everybody(w: World, profile: Profile) -> None:
    w.send(registration("h9:1", name="b", broker_id=1, zone_name="z2"))
    w.send(unregistration("h1:1", name="b"))
    assert names(near(w, "z1")) >= {"a", "b"}


def test_mappings_of_names_that_are_left_out_stay() -> None:
    world = World(PROFILES["apache-5.5.0"])
    world.send(registration())
    request = registration("h2:1", name="b", zone_name="z2")
    assert request.body is not None
    mappings = table({"t1": TopicQueueMappingInfo(topic="t1", bname="b")})
    world.send(attrs.evolve(request, body=attrs.evolve(request.body, topic_queue_mapping_info_map=mappings)))
    route = near(world, "z1")
    assert names(route) == set()
    assert route.topic_queue_mapping_by_broker is not None and set(route.topic_queue_mapping_by_broker) == {"b"}
