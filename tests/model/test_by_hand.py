"""Write permissions and topics changed by hand, in the model. What Apache's profiles answer was seen on the real releases."""

import pytest

from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    DeleteTopicInNamesrv,
    RegisterTopicInNamesrv,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.model.values import QueueData, table
from tests.model.worlds import World, registration, unregistration, version

EVERY = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
FIVE = [profile for profile in PROFILES.values() if profile is not APACHE_4_9_7]
ONLY_5 = pytest.mark.parametrize("profile", FIVE, ids=[profile.name for profile in FIVE])
APACHE = [profile for profile in PROFILES.values() if profile is not STRICT]
ONLY_APACHE = pytest.mark.parametrize("profile", APACHE, ids=[profile.name for profile in APACHE])
DONE = Answer(code=0)
WIPE, ADD = WipeWritePermOfBroker(broker_name="a"), AddWritePermOfBroker(broker_name="a")


def perms(world: World, topic: str = "t1") -> dict[str | None, int]:
    route = world.route(topic)
    return {} if route is None else {queue.broker_name: queue.perm for queue in route.queue_datas}


def queue(name: str | None = "a", perm: int = 6) -> QueueData:
    return QueueData(broker_name=name, read_queue_nums=3, write_queue_nums=2, perm=perm, topic_sys_flag=0)


def count(key: str, number: int) -> Answer:
    return Answer(code=0, ext_fields=table({key: str(number)}))


@EVERY
def test_wiping_takes_the_write_bit_only_and_adding_sets_read_and_write(profile: Profile) -> None:
    world = World(profile)
    assert world.send(WIPE) == count("wipeTopicCount", 0)
    world.send(registration(perm=7))
    world.send(registration("h2:1", name="b"))
    assert world.send(WIPE) == count("wipeTopicCount", 2)
    assert perms(world) == {"a": 5, "b": 6}
    assert world.send(WIPE) == count("wipeTopicCount", 2)
    assert world.send(ADD) == count("addTopicCount", 2)
    assert perms(world) == {"a": 6, "b": 6}


@ONLY_APACHE
def test_a_wipe_lasts_until_another_version_is_registered(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(WIPE)
    world.send(registration())
    assert perms(world) == {"a": 4}
    world.send(registration(data_version=version(2)))
    assert perms(world) == {"a": 6}


def test_in_strict_a_wipe_outlasts_registrations_until_it_is_taken_back() -> None:
    world = World(STRICT)
    world.send(registration())
    world.send(WIPE)
    world.send(registration(data_version=version(2), topics=("t1", "new")))
    world.send(RegisterTopicInNamesrv(topic="by-hand", queue_datas=(queue(),)))
    assert [perms(world, topic) for topic in ("t1", "new", "by-hand")] == [{"a": 4}] * 3
    world.send(ADD)
    world.send(registration(data_version=version(3), perm=2))
    assert perms(world) == {"a": 2}


def test_in_strict_a_master_that_comes_anew_may_be_written_to() -> None:
    world = World(STRICT)
    world.send(registration())
    world.send(registration("h2:1", broker_id=1), channel=2)
    world.send(WIPE)
    world.send(unregistration())
    world.send(registration())
    assert perms(world) == {"a": 6}
    world.send(WIPE)
    world.close(1)
    world.close(2)
    assert world.state.tables.write_wiped == frozenset()


@EVERY
def test_a_topic_is_deleted_everywhere_or_in_one_cluster(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(registration("h2:1", name="b", cluster="D"))
    assert world.send(DeleteTopicInNamesrv(topic="t1", cluster_name="X")) == DONE
    assert set(perms(world)) == {"a", "b"}
    assert world.send(DeleteTopicInNamesrv(topic="t1", cluster_name="C")) == DONE
    assert set(perms(world)) == {"b"}
    assert world.send(DeleteTopicInNamesrv(topic="t1", cluster_name="D")) == DONE
    assert world.route("t1") is None
    assert world.send(DeleteTopicInNamesrv(topic="t2", cluster_name="")) == DONE
    assert world.route("t2") is None
    assert world.send(DeleteTopicInNamesrv(topic=None)) == DONE


@EVERY
def test_a_deleted_topic_comes_back_with_the_same_version_except_in_4_9(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    world.send(DeleteTopicInNamesrv(topic="t1"))
    world.send(registration())
    assert (world.route("t1") is None) == (profile is APACHE_4_9_7)
    world.send(registration(data_version=version(2)))
    assert perms(world) == {"a": 6}


@ONLY_5
def test_a_new_topic_is_registered_whole_or_not_at_all_and_a_known_one_up_to_a_stranger(profile: Profile) -> None:
    world = World(profile)
    world.send(registration())
    illegal = RegisterTopicInNamesrv(topic="new", queue_datas=(queue(), queue("nobody")))
    assert world.send(illegal) == DONE
    assert world.route("new") is None
    assert world.send(RegisterTopicInNamesrv(topic="new", queue_datas=(queue(perm=7),))) == DONE
    assert perms(world, "new") == {"a": 7}
    for stranger in (queue("nobody"), queue(None), None):
        known = RegisterTopicInNamesrv(topic="new", queue_datas=(queue(perm=2), stranger, queue(perm=4)))
        assert world.send(known) == DONE
        assert perms(world, "new") == {"a": 2}
    for nothing in ((), None):
        assert world.send(RegisterTopicInNamesrv(topic="new", queue_datas=nothing)) == DONE
    assert world.send(RegisterTopicInNamesrv(topic=None, queue_datas=(queue(),))) == DONE
    assert perms(world, "new") == {"a": 2}


@pytest.mark.parametrize(
    ("profile", "answer"),
    [
        (APACHE_5_5_0, DONE),
        (APACHE_5_1_4, Answer(code=1, exception="NullPointerException")),
        (APACHE_4_9_7, None),
    ],
    ids=["5.5.0", "5.1.4", "4.9.7"],
)
def test_without_a_body_the_releases_differ(profile: Profile, answer: Answer | None) -> None:
    request = RegisterTopicInNamesrv(topic="new", queue_datas=None, has_body=False)
    assert World(profile).send(request) == answer
