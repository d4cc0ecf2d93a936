"""NOTIFY_MIN_BROKER_ID_CHANGE as brokers see it: from our server, and from the real releases."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from namesrv.remoting.codes import ONEWAY_FLAG
from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.frame import FrameDecoder
from namesrv.server.running import running
from tests.server.peers import CODES, PROFILES, VERSIONS, Peer, place
from tests.waiting import until

if TYPE_CHECKING:
    from namesrv.check.oracle import Oracle

FIVE = pytest.mark.parametrize("profile", [profile for profile in PROFILES if profile != "apache-4.9.7"])
RELEASES = pytest.mark.parametrize(
    "profile", [profile for profile in PROFILES if profile[-1].isdigit() and "5." in profile]
)
ON = {"notifyMinBrokerIdChanged": "true"}
ACTING, ALONE = {"enableActingMaster": "true"}, {"enableActingMaster": "false"}


class Broker:
    """A socket that brokers would listen on; `got` is whatever was sent to it."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.addr = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.got: list[RemotingCommand] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                self._read(peer)  # one after the other, so that what was said first is first in `got`

    def _read(self, peer: socket.socket) -> None:
        decoder = FrameDecoder()
        with peer, contextlib.suppress(OSError):
            while data := peer.recv(1 << 16):
                self.got += map(decode_command, decoder.feed(data))

    def told(self) -> list[dict[str, str]]:
        """The ext fields, in the order in which they came."""
        return [dict(command.ext_fields or {}) for command in self.got]


@contextlib.contextmanager
def brokers(count: int) -> Iterator[list[Broker]]:
    """So many."""
    listening = [Broker() for _ in range(count)]
    try:
        yield listening
    finally:
        for broker in listening:
            broker.socket.close()


def leaves(peer: Peer, name: str, broker_id: int, addr: str) -> None:
    """Unregisters, and waits until that has come about."""
    peer.ask(CODES.UNREGISTER_BROKER, place("C", name, broker_id, addr))
    until(f"{addr} has left", lambda: addr.encode() not in peer.cluster_info())


def life_of_a_group(peer: Peer, listening: list[Broker]) -> None:
    """A group comes together from below and loses its master twice. Then each broker is told of itself: nothing is under way."""
    b0, b1, b2, b3 = (broker.addr for broker in listening)
    peer.register(broker_id=2, addr=b2, ext=ACTING)
    peer.register(broker_id=1, addr=b1, ext=ACTING)
    peer.register(broker_id=3, addr=b3, ext=ACTING)
    peer.register(broker_id=0, addr=b0, ext=ACTING)
    peer.register(broker_id=0, addr=b0, ext=ACTING)
    leaves(peer, "b", 0, b0)
    peer.register(broker_id=0, addr=b0, ext=ALONE)
    leaves(peer, "b", 0, b0)
    leaves(peer, "b", 3, b3)
    for number, broker in enumerate(listening):
        told = len(broker.got)
        peer.register(name=f"m{number}", broker_id=9, addr=broker.addr)
        peer.register(name=f"m{number}", broker_id=8, addr=broker.addr)
        until(f"broker {number} is told of itself", lambda: any("8" in f.values() for f in broker.told()[told:]))  # noqa: B023


def expected(listening: list[Broker]) -> list[list[dict[str, str]]]:
    """What each of the four is told."""
    b0, b1, *_ = (broker.addr for broker in listening)
    came = {"haBrokerAddr": b0 + "2", "minBrokerAddr": b0, "minBrokerId": "0"}
    went = {"minBrokerAddr": b1, "minBrokerId": "1", "offlineBrokerAddr": b0}
    of_itself = [
        {"haBrokerAddr": broker.addr + "2", "minBrokerAddr": broker.addr, "minBrokerId": "8"} for broker in listening
    ]
    lower = {"haBrokerAddr": b1 + "2", "minBrokerAddr": b1, "minBrokerId": "1"}
    return [
        [of_itself[0]],
        [came, went, came, of_itself[1]],
        [lower, came, went, came, of_itself[2]],
        [came, went, came, of_itself[3]],
    ]


def told_through(peer: Peer, listening: list[Broker]) -> list[list[dict[str, str]]]:
    """What each is told in the life of a group."""
    life_of_a_group(peer, listening)
    return [broker.told() for broker in listening]


@FIVE
def test_brokers_are_told_of_a_lower_newcomer_and_of_the_lowest_s_departure(profile: str) -> None:
    with brokers(4) as listening, running(profile=profile, options=ON) as server:
        peer = Peer(server)
        if profile == "strict":  # an address stands in one place only
            del listening[1:]
            peer.register(broker_id=2, addr=listening[0].addr, ext=ACTING)
            peer.register(broker_id=1, addr="127.0.0.1:9", ext=ACTING)
            leaves(peer, "b", 1, "127.0.0.1:9")
            until("it was told of both", lambda: len(listening[0].got) == 2)
            newcomer = {"haBrokerAddr": "127.0.0.1:92", "minBrokerAddr": "127.0.0.1:9", "minBrokerId": "1"}
            gone = {"minBrokerAddr": listening[0].addr, "minBrokerId": "2", "offlineBrokerAddr": "127.0.0.1:9"}
            assert listening[0].told() == [newcomer, gone]
        else:
            assert told_through(peer, listening) == expected(listening)
        for broker in listening:
            for command in broker.got:
                assert (command.code, command.flag, command.body) == (
                    CODES.NOTIFY_MIN_BROKER_ID_CHANGE,
                    ONEWAY_FLAG,
                    None,
                )
                assert command.version == VERSIONS[profile]


@pytest.mark.oracle
@RELEASES
def test_brokers_are_told_so_by_the_real_release(profile: str, own_apache_namesrv: Callable[..., Oracle]) -> None:
    oracle = own_apache_namesrv(profile, properties=ON)
    with brokers(4) as listening:
        assert told_through(Peer(oracle), listening) == expected(listening)  # type: ignore[arg-type]
        for broker in listening:
            for command in broker.got:
                assert (command.code, command.flag, command.body) == (
                    CODES.NOTIFY_MIN_BROKER_ID_CHANGE,
                    ONEWAY_FLAG,
                    None,
                )
                assert command.version == VERSIONS[profile]


def test_nobody_is_told_unless_the_option_is_on_which_may_be_at_any_time() -> None:
    with brokers(2) as [low, high], running(profile="apache-5.5.0") as server:
        peer = Peer(server)
        for number, on in enumerate((b"false", b"true", b"false", b"true")):
            peer.ask(CODES.UPDATE_NAMESRV_CONFIG, None, b"notifyMinBrokerIdChanged=" + on)
            name = f"n{number}"
            peer.register(name=name, broker_id=2, addr=high.addr)
            peer.register(name=name, broker_id=1, addr=low.addr)
        until("it was told twice", lambda: len(high.got) == 2)
        assert low.got == []


def told_behind_the_dead(peer: Peer, alive: Broker) -> int:
    """How often a broker is told where the one with a lower id can't be reached, and of itself, so that nothing is under way."""
    peer.register(broker_id=2, addr="127.0.0.1:7")
    peer.register(broker_id=3, addr=alive.addr)
    peer.register(broker_id=1, addr="127.0.0.1:9")
    peer.register(name="m", broker_id=9, addr=alive.addr)
    peer.register(name="m", broker_id=8, addr=alive.addr)
    until("it was told of itself", lambda: any("8" in fields.values() for fields in alive.told()))
    return len(alive.got)


@pytest.mark.parametrize(("profile", "times"), [("apache-5.1.4", 1), ("apache-5.3.3", 2), ("apache-5.5.0", 2)])
def test_behind_an_address_that_is_dead_5_1_4_tells_nobody(profile: str, times: int) -> None:
    with brokers(1) as [alive], running(profile=profile, options=ON) as server:
        assert told_behind_the_dead(Peer(server), alive) == times


@pytest.mark.oracle
@pytest.mark.parametrize(("profile", "times"), [("apache-5.1.4", 1), ("apache-5.3.3", 2), ("apache-5.5.0", 2)])
def test_behind_an_address_that_is_dead_the_real_5_1_4_tells_nobody(
    profile: str, times: int, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    with brokers(1) as [alive]:
        peer = Peer(own_apache_namesrv(profile, properties=ON))  # type: ignore[arg-type]
        assert told_behind_the_dead(peer, alive) == times
