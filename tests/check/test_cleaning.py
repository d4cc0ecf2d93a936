"""Leaving a NameServer as it was, even where its release leaves names behind that no departure removes."""

from collections.abc import Iterator

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.runner import Runner, Target
from namesrv.check.steps import Open, Requests, Send
from namesrv.check.wire import Prefix
from namesrv.explore.peers import registration
from namesrv.model.events import RegisterBroker, Request
from namesrv.model.profiles import PROFILES
from namesrv.server.tables import Tables

RELEASES = ("apache-5.5.0", "apache-4.9.7")


@pytest.fixture(params=RELEASES)
def server(request: pytest.FixtureRequest) -> Iterator[Embedded]:
    with Embedded(profile=request.param) as started:
        yield started


def refused(cluster: str, name: str) -> RegisterBroker:
    """5.5.0 refuses it and keeps the name in the cluster."""
    return registration("h1:1", (cluster, name, 0), topics={"t1": 4})


def left_after(server: Embedded, prefix: Prefix, *requests: Request) -> tuple[Tables, Runner]:
    """A run that sends these, and what it leaves."""
    assert server.server is not None
    target = Target(host="127.0.0.1", port=server.port)
    runner = Runner(target, PROFILES[server.options["profile"]], prefix)
    runner.run(Open(connection=1))
    for request in requests:
        runner.run(Requests(sends=(Send(connection=1, request=request),)))
    runner.finish()
    server.settle()
    return server.server.manager.tables, runner


@pytest.mark.parametrize(
    "requests",
    [
        [refused(cluster, "a") for cluster in ("C1", "C2", "C3", "C4")],
        [refused("C1", name) for name in ("a", "b")],
        [
            registration("h1:1", ("C1", "a", 0)),
            registration("h1:1", ("C2", "a", 1)),
            registration("h2:1", ("C3", "a", 0)),
        ],
        [registration("h1:1", ("C1", "a", 0)), registration("h1:1", ("C1", "b", 0))],
        [registration("h1:1", ("C1", "a", -1))],
    ],
    ids=["one name in four clusters", "two names", "a name that moves", "one address, two names", "a negative id"],
)
def test_names_that_no_departure_removes_are_removed(server: Embedded, requests: list[Request]) -> None:
    tables, runner = left_after(server, Prefix("nkt-"), *requests)
    assert runner.left_behind == ()
    assert (tables.broker_addr, tables.cluster_addr, tables.live, tables.topic_queue) == ({}, {}, {}, {})


def test_null_addresses_are_displaced_at_every_id(server: Embedded) -> None:
    requests = [registration(None, ("C1", "a", broker_id)) for broker_id in (0, 1, 2)]
    tables, runner = left_after(server, Prefix(""), *requests)
    assert runner.left_behind == ()
    assert (tables.broker_addr, tables.cluster_addr, tables.live, tables.topic_queue) == ({}, {}, {}, {})


@pytest.mark.parametrize("place", [(None, "a", 0), ("C1", None, 0), (None, None, 0)], ids=str)
def test_null_names_are_removed_where_the_release_can_look_for_them(
    server: Embedded, place: tuple[str | None, str | None, int]
) -> None:
    tables, runner = left_after(server, Prefix(""), registration("h1:1", place), registration("h2:1", ("C1", "b", 0)))
    if server.options["profile"] == "apache-5.5.0" and place == ("C1", None, 0):
        assert runner.left_behind == (("C1", None),)
        assert tables.cluster_addr == {"C1": {None: None}}
        return
    assert runner.left_behind == ()
    assert (tables.broker_addr, tables.cluster_addr, tables.live, tables.topic_queue) == ({}, {}, {}, {})
