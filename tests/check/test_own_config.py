"""The checker and the configuration of the NameServer under test: what it finds stays, and what is wrong with it is told."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict, Violation
from namesrv.check.runner import Runner, Target
from namesrv.check.search import search
from namesrv.check.steps import AS_IT_IS, Open, Requests, Send
from namesrv.check.strategies import SWITCHES
from namesrv.check.wire import Prefix
from namesrv.model.events import (
    GetAllTopicList,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    Request,
    UnitList,
    UpdateNamesrvConfig,
)
from namesrv.model.options import FIELDS
from namesrv.model.profiles import PROFILES
from namesrv.model.values import ORDER_TOPIC_CONFIG, table
from namesrv.server.config import Config
from tests.model.worlds import registration, unregistration, version


def target(server: Embedded) -> Target:
    return Target(host="127.0.0.1", port=server.port)


def update(**properties: str) -> UpdateNamesrvConfig:
    return UpdateNamesrvConfig(properties=table(properties))


def ask(runner: Runner, request: Request) -> None:
    runner.run(Requests(sends=(Send(connection=1, request=request),)))


def listing(server: Embedded) -> bytes:
    assert server.server is not None
    listed = server.call(server.server.config.listing)
    assert isinstance(listed, bytes)
    return listed


@pytest.mark.parametrize("profile", ["apache-4.9.7", "apache-5.1.4", "strict"])
def test_a_server_of_ones_own_has_its_options_back_after_a_search(profile: str) -> None:
    with Embedded(profile=profile) as server:
        before = listing(server)
        report = search(target(server), PROFILES[profile], examples=10, seed_value=3, own=True)
        assert report.verdict is Verdict.HOLDS, report
        assert listing(server) == before


def test_a_shared_server_is_asked_for_nothing_that_it_would_write_to_its_file() -> None:
    with Embedded(profile="strict") as server:
        assert server.server is not None
        updates: list[object] = []
        server.call(setattr, server.server.config, "update", updates.append)
        report = search(target(server), PROFILES["strict"], examples=20, seed_value=3)
        assert report.verdict is Verdict.HOLDS, report
        assert updates == []


def test_what_it_was_started_with_has_to_be_said() -> None:
    started_with = {"supportActingMaster": "true", "productEnvName": "here", "unknown": "u"}
    with Embedded(profile="apache-5.5.0", options=started_with) as server:
        for said, holds in ((started_with, True), ({}, False), ({**started_with, "clusterTest": "true"}, False)):
            runner = Runner(target(server), PROFILES["apache-5.5.0"], Prefix("x-"), started_with=said)
            runner.run(Open(connection=1))
            with contextlib.nullcontext() if holds else pytest.raises(Violation, match="GET_NAMESRV_CONFIG"):
                ask(runner, GetNamesrvConfig())
            runner.finish()


def deaf(key: str) -> Callable[[Any], Any]:
    """A server that lists an option and does not look at it."""

    def broken(original: Callable[..., bool]) -> Callable[..., bool]:
        def is_on(config: Config, asked: str, *, default: bool = False) -> bool:
            return default if asked == key else original(config, asked, default=default)

        return is_on

    return broken


def untrimmed(original: Callable[..., None]) -> Callable[..., None]:
    def set_as_given(config: Config, key: str, text: str) -> None:
        original(config, key, text)
        if isinstance(config._known[key], str):
            config._known[key] = text

    return set_as_given


def forgetful(original: Callable[..., None]) -> Callable[..., None]:
    """One key of an update is enough."""
    return lambda config, properties: original(config, dict([*properties.items()][:1]))


FAULTS_OF_ITS_OWN = (
    *((f"{key} is not looked at", "is_on", deaf(key)) for key in sorted({*SWITCHES} & {*FIELDS} - {"clusterTest"})),
    ("blanks stay", "_set", untrimmed),
    ("only one option of an update is set", "update", forgetful),
)


def through_every_option() -> Iterator[Request]:
    """Each switch is turned over, and what depends on it is asked for."""
    master = registration(topics=("t1", "t2"), enable_acting_master=True)
    slave = registration("h2:1", broker_id=1, topics=("t1", "t2"), enable_acting_master=True)
    yield master
    yield slave
    yield PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4")
    yield update(orderMessageEnable="true", productEnvName=" x ")
    yield GetRouteInfoByTopic(topic="t1")
    yield update(returnOrderTopicConfigToBroker="false")
    yield master
    yield update(enableAllTopicList="false")
    yield GetAllTopicList()
    yield update(enableTopicList="false")
    yield GetTopicsByCluster(cluster="C")
    yield GetUnitTopicList(kind=UnitList.UNIT)
    yield update(deleteTopicWithBrokerRegistration="true")
    yield registration(topics=("t1", "t3"), data_version=version(2), enable_acting_master=True)
    yield unregistration()
    yield update(supportActingMaster="true")
    yield GetRouteInfoByTopic(topic="t1")


def run_through(profile: str) -> None:
    """Raises `Violation`."""
    with Embedded(profile=profile) as server:
        runner = Runner(target(server), PROFILES[profile], Prefix("x-"))
        try:
            runner.run(Open(connection=1))
            for request in through_every_option():
                ask(runner, request)
        finally:
            runner.finish()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_server_of_ones_own_is_turned_over_option_by_option(profile: str) -> None:
    run_through(profile)


@pytest.mark.parametrize(
    ("about", "name", "broken"), FAULTS_OF_ITS_OWN, ids=[about for about, _, _ in FAULTS_OF_ITS_OWN]
)
def test_a_server_whose_options_are_wrong_is_found_out(about: str, name: str, broken: Callable[[Any], Any]) -> None:
    with mock.patch.object(Config, name, broken(getattr(Config, name))), pytest.raises(Violation):
        run_through("apache-5.5.0")


def test_a_hole_in_the_black_list_is_found_and_does_no_harm() -> None:
    with Embedded(profile="apache-5.1.4", options={"rocketmqHome": "home"}) as server:
        before = listing(server)
        runner = Runner(target(server), PROFILES["apache-5.1.4"], Prefix("x-"))
        runner.run(Open(connection=1))
        runner.profile = runner.tracker.profile = PROFILES["apache-5.5.0"]
        with pytest.raises(Violation, match="UPDATE_NAMESRV_CONFIG"):
            ask(runner, update(rocketmqHome=AS_IT_IS))
        runner.finish()
        assert listing(server) == before
