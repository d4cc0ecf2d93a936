"""Whom the model's NameServer tells of a lowest broker id. What is expected was seen by brokers of the real 5.x releases."""

import attrs
import pytest

from namesrv.model.events import (
    Channel,
    NotifyMinBrokerIdChange,
    Opaque,
    Received,
    RegisterBroker,
    Request,
    RunUnregistration,
)
from namesrv.model.namesrv import settle, step
from namesrv.model.options import Options
from namesrv.model.profiles import APACHE_4_9_7, PROFILES, STRICT, Profile
from namesrv.model.state import NameServerState
from tests.model.worlds import registration, unregistration

RELEASES_5 = [profile for profile in PROFILES.values() if profile is not APACHE_4_9_7]
FIVE = pytest.mark.parametrize("profile", RELEASES_5, ids=[profile.name for profile in RELEASES_5])
APACHE_5 = pytest.mark.parametrize("profile", RELEASES_5[1:], ids=[profile.name for profile in RELEASES_5[1:]])


class Telling:
    """A NameServer with the option on; `send` gives what it tells brokers."""

    def __init__(self, profile: Profile, *, on: bool = True) -> None:
        self.profile = profile
        self.state = NameServerState(options=Options(notify_min_broker_id_changed=on))
        self._opaque = 0

    def send(self, *requests: Request) -> list[NotifyMinBrokerIdChange]:
        """All received before any is worked on, in order."""
        for request in requests:
            self._opaque += 1
            received = Received(channel=Channel(1), opaque=Opaque(self._opaque), request=request)
            self.state, _ = step(self.state, received, self.profile)
        self.state, outputs = settle(self.state, self.profile)
        return [output for output in outputs if isinstance(output, NotifyMinBrokerIdChange)]


def broker(broker_id: int, addr: str | None = None, *, acting: bool = True, name: str = "a") -> RegisterBroker:
    addr = addr or f"h{broker_id}:1"
    return registration(addr, name=name, broker_id=broker_id, enable_acting_master=acting, ha_server_addr=addr + "2")


def came(to: str, broker_id: int) -> NotifyMinBrokerIdChange:
    addr = f"h{broker_id}:1"
    return NotifyMinBrokerIdChange(addr=to, min_broker_id=broker_id, min_broker_addr=addr, ha_broker_addr=addr + "2")


def went(to: str, left: int, gone: int) -> NotifyMinBrokerIdChange:
    return NotifyMinBrokerIdChange(
        addr=to, min_broker_id=left, min_broker_addr=f"h{left}:1", offline_broker_addr=f"h{gone}:1"
    )


@FIVE
def test_all_others_are_told_of_a_lower_newcomer_and_those_left_of_the_lowest_s_departure(profile: Profile) -> None:
    w = Telling(profile)
    assert w.send(broker(2)) == []
    assert w.send(broker(1)) == [came("h2:1", 1)]
    assert w.send(broker(3)) == []
    assert w.send(broker(0)) == [came("h1:1", 0), came("h2:1", 0), came("h3:1", 0)]
    assert w.send(broker(0)) == []
    assert w.send(unregistration("h3:1", broker_id=3)) == []
    assert w.send(unregistration("h0:1", broker_id=0)) == [went("h1:1", 1, 0), went("h2:1", 1, 0)]


@FIVE
def test_a_departure_is_told_to_groups_that_may_have_an_acting_master_only_a_newcomer_to_all(profile: Profile) -> None:
    w = Telling(profile)
    w.send(broker(1, acting=False))
    assert w.send(broker(0, acting=False)) == [came("h1:1", 0)]
    assert w.send(unregistration("h0:1", broker_id=0)) == []


@FIVE
def test_nobody_is_told_while_the_option_is_off(profile: Profile) -> None:
    w = Telling(profile, on=False)
    w.send(broker(1))
    assert w.send(broker(0)) == w.send(unregistration("h0:1", broker_id=0)) == []


@APACHE_5
def test_a_broker_that_is_alone_and_takes_a_lower_id_is_told_of_itself(profile: Profile) -> None:
    w = Telling(profile)
    w.send(broker(5, "h4:1"))
    assert w.send(broker(4)) == [came("h4:1", 4)]


@APACHE_5
def test_a_batch_that_takes_all_of_a_name_tells_nobody(profile: Profile) -> None:
    w = Telling(profile)
    for broker_id in (0, 1):
        w.send(broker(broker_id))
    for broker_id in (0, 1):
        gone = unregistration(f"h{broker_id}:1", broker_id=broker_id)
        w.state = attrs.evolve(w.state, unregistration_queue=(*w.state.unregistration_queue, gone))
    _, outputs = step(w.state, RunUnregistration(count=2), profile)
    assert not any(isinstance(output, NotifyMinBrokerIdChange) for output in outputs)


@APACHE_5
def test_whoever_names_the_lowest_id_is_taken_for_it(profile: Profile) -> None:
    w = Telling(profile)
    for broker_id in (0, 1, 2):
        w.send(broker(broker_id))
    told = w.send(unregistration("h2:1", broker_id=0))
    assert told == [attrs.evolve(went(to, 0, 2), min_broker_addr="h0:1") for to in ("h0:1", "h1:1")]


def test_strict_tells_of_what_has_changed_whatever_has_changed_it() -> None:
    w = Telling(STRICT)
    w.send(broker(0))
    w.send(broker(1))
    assert w.send(broker(0, "h0:1", name="b")) == [went("h1:1", 1, 0)]
