"""What a NameServer shows is asked for once, in windows, changes nothing, and ends in time."""

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Undecided
from namesrv.check.seen import Asking, Seen
from namesrv.check.stand_in import StandInBroker
from namesrv.check.target import Target
from namesrv.model.values import DataVersion
from namesrv.server import HeldClock
from tests.check.peers import hangs_up, serving, silent, speaks_http

ADDR = "127.0.0.1:10911"


@contextmanager
def a_broker(profile: str = "apache-5.5.0", topics: int = 5) -> Iterator[tuple[Embedded, Target]]:
    """Our server with a held clock, and a broker that stays."""
    with Embedded(profile=profile, clock=HeldClock()) as server:
        target = Target(host="127.0.0.1", port=server.port)
        broker = StandInBroker(target, addr=ADDR, name="a", topics=[f"t{number}" for number in range(topics)])
        yield server, target
        broker.crash()


def see(target: Target, *, also: tuple[tuple[str, str], ...] = (), **options: object) -> Seen:
    asking = Asking(target, **options)  # type: ignore[arg-type]  # what it takes, by name
    try:
        return asking.see(also)
    finally:
        asking.close()


def test_windows_of_any_size_see_the_same() -> None:
    with a_broker() as (_, target):
        seen = [see(target, at_once=window) for window in (1, 3, 64)]
    assert seen[0] == seen[1] == seen[2]
    assert set(seen[0].routes) == seen[0].topics == {f"t{number}" for number in range(5)}
    assert (seen[0].answers, seen[0].version, seen[0].stored) == (7, 513, None)


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7", "strict"])
def test_a_silent_broker_that_was_looked_at_expires_all_the_same(profile: str) -> None:
    with a_broker(profile) as (server, target):
        server.advance(100_000)
        assert see(target).clusters.broker_addr_table
        server.advance(30_000)
        server.scan()
        server.settle()
        assert not see(target).clusters.broker_addr_table


def test_who_is_asked_about_by_322_does_not() -> None:
    """Why --data-versions warns: the bad twin of what is above."""
    with a_broker() as (server, target):
        server.advance(100_000)
        seen = see(target, data_versions=True)
        server.advance(30_000)
        server.scan()
        server.settle()
        assert see(target).clusters.broker_addr_table
    assert isinstance((seen.stored or {})["DefaultCluster", ADDR], DataVersion)


def test_322_is_asked_about_other_places_too() -> None:
    with a_broker() as (_, target):
        seen = see(target, data_versions=True, also=(("DefaultCluster", "h9:1"), ("Other", ADDR)))
    assert {place: version is not None for place, version in (seen.stored or {}).items()} == {
        ("DefaultCluster", ADDR): True,
        ("DefaultCluster", "h9:1"): False,
        ("Other", ADDR): False,
    }


@pytest.mark.parametrize(
    ("handle", "said"),
    [
        (hangs_up, "GetAllTopicList at 127.0.0.1:{port}: it closed the connection"),
        (silent, "GetAllTopicList at 127.0.0.1:{port}: no answer within 0.2 s"),
        (speaks_http, "127.0.0.1:{port} does not speak RocketMQ remoting"),
    ],
)
def test_who_does_not_answer_is_undecided(
    handle: Callable[[socketserver.StreamRequestHandler], None], said: str
) -> None:
    with serving(handle) as port, pytest.raises(Undecided) as undecided:
        see(Target(host="127.0.0.1", port=port), timeout_s=0.2)
    assert said.format(port=port) in str(undecided.value)


def test_everything_together_has_to_be_in_time() -> None:
    with serving(silent) as port, pytest.raises(Undecided) as undecided:
        see(Target(host="127.0.0.1", port=port), timeout_s=5, within_s=0.2)
    assert "not everything was answered within 0.2 s" in str(undecided.value)


def test_what_is_seen_is_a_value() -> None:
    with a_broker() as (_, target):
        first, second = see(target), see(target)
    assert first == second
    assert attrs.evolve(first, topics=frozenset()) != second
