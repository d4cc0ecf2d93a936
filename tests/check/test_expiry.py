"""Do silent brokers expire? Asked of servers whose clock is held, so that nobody waits; and what a stopped scan makes of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.expiry import (
    KEPT_ALIVE_MS,
    OTHER_VERSION,
    SHORT_TIMEOUT_MS,
    VERSION,
    ExpiryCheck,
    _broker,
    _query,
    is_sign_of_life,
)
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.model.events import BrokerHeartbeat
from namesrv.model.profiles import PROFILES, Profile
from namesrv.server import HeldClock
from namesrv.server.profiles import server_profile
from namesrv.server.route_info import RouteInfoManager
from tests.check.passing import Passing


class NeverScans(RouteInfoManager):
    """As if an exception had stopped the scan before."""

    def scan_not_active_broker(self, now_ms: int) -> int:
        """Does nothing."""
        del now_ms
        return 0


class ScansLate(RouteInfoManager):
    """A bad twin: whoever has asked in vain is given an hour more, and expires then, while the scan goes on."""

    def query_data_version(self, *where: Any) -> Any:
        """Refreshes far into the future, whatever was asked."""
        changed, version = super().query_data_version(*where)
        info = self.tables.live.get(("", where[1]))
        if info is not None and changed:
            info.last_update_ms = max(info.last_update_ms, where[-1]) + 180_000
        return changed, version


class ClosesNothing(RouteInfoManager):
    """A bad twin: a broker that expires keeps its connection."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._close_channel = lambda channel: None


class GivesTwiceAsLong(RouteInfoManager):
    """A bad twin: whoever asks for a timeout gets it twice."""

    def scan_not_active_broker(self, now_ms: int) -> int:
        """Scans as if what was asked for were twice as long."""
        asked = {key: info.heartbeat_timeout_ms for key, info in self.tables.live.items()}
        for info in self.tables.live.values():
            info.heartbeat_timeout_ms *= 2
        try:
            return super().scan_not_active_broker(now_ms)
        finally:
            for key, info in self.tables.live.items():
                info.heartbeat_timeout_ms = asked[key]


@attrs.define
class Starved(Passing):
    """Once brokers fall silent, this machine does something else for a minute: every time it is tried, or so often."""

    times: int = 99
    since_ms: int = 0

    def begin_run(self) -> None:
        super().begin_run()
        self.since_ms = self.waited_ms

    def wait(self, ms: int) -> None:
        """Much later, the first time after they were kept alive."""
        waited_ms = self.waited_ms - self.since_ms
        if self.times and waited_ms <= KEPT_ALIVE_MS < waited_ms + ms:
            self.times -= 1
            ms += 60_000
        super().wait(ms)


def checked(
    profile: str,
    manager: Callable[..., RouteInfoManager] = RouteInfoManager,
    time_there: Callable[..., Passing] = Passing,
    **served: Any,
) -> ExpiryCheck:
    """What came of it. `served`: what the server has otherwise than the profile."""
    asked = attrs.evolve(PROFILES[profile], internal_step_deadline_ms=5_000)
    differently = attrs.evolve(server_profile(profile), **served)
    with Embedded(profile=differently, manager=manager, clock=HeldClock()) as server:
        passing = time_there(server, asked, server.now_ms() + asked.first_scan_ms)
        check = ExpiryCheck(Target(host="127.0.0.1", port=server.port), asked, slow=True, time_there=passing)
        check.start()
        check.wait()
    return check


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_silent_brokers_of_our_server_expire_as_in_the_release(profile: str) -> None:
    check = checked(profile)
    assert check.verdict is Verdict.HOLDS, check.summary
    assert "brokers" in check.summary


@pytest.mark.parametrize(
    ("manager", "verdict", "said"),
    [(NeverScans, Verdict.UNKNOWN, "before this run"), (ScansLate, Verdict.VIOLATED, "still there")],
    ids=["stopped", "late"],
)
def test_a_broker_that_stays_in_4_9_is_unknown_unless_the_scan_is_seen_to_work(
    manager: Callable[..., RouteInfoManager], verdict: Verdict, said: str
) -> None:
    check = checked("apache-4.9.7", manager)
    assert check.verdict is verdict, check.summary
    assert said in check.summary


@pytest.mark.parametrize(
    ("manager", "said"),
    [(ClosesNothing, "the scan closes connection 1"), (GivesTwiceAsLong, "GET_BROKER_CLUSTER_INFO")],
    ids=["open", "late"],
)
def test_a_server_that_lets_brokers_expire_in_another_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch, manager: Callable[..., RouteInfoManager], said: str
) -> None:
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((_broker(1, check._longest_ms),), None)])
    check = checked("apache-5.5.0", manager)
    assert check.verdict is Verdict.VIOLATED, check.summary
    assert said in check.summary


def test_a_broker_without_a_timeout_of_its_own_has_to_stay_for_as_long_as_the_release_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((_broker(1, None),), None)])
    assert checked("apache-5.5.0").verdict is Verdict.HOLDS
    assert checked("apache-5.5.0", heartbeat_timeout_ms=2_000).verdict is Verdict.VIOLATED


@pytest.mark.parametrize("manager", [RouteInfoManager, GivesTwiceAsLong])
def test_who_was_not_looked_at_in_time_is_not_said_to_go_in_time(
    monkeypatch: pytest.MonkeyPatch, manager: Callable[..., RouteInfoManager]
) -> None:
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((_broker(1, check._longest_ms),), None)])
    check = checked("apache-5.5.0", manager, Starved)
    assert check.verdict is Verdict.UNKNOWN, check.summary
    assert "too busy" in check.summary


@pytest.mark.parametrize(
    ("manager", "verdict"), [(RouteInfoManager, Verdict.HOLDS), (GivesTwiceAsLong, Verdict.VIOLATED)]
)
def test_who_was_not_looked_at_in_time_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch, manager: Callable[..., RouteInfoManager], verdict: Verdict
) -> None:
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((_broker(1, check._longest_ms),), None)])
    check = checked("apache-5.5.0", manager, partial(Starved, times=1))
    assert check.verdict is verdict, check.summary


class Slow(Passing):
    """This machine does so much else that no sign of life comes in time."""

    def wait(self, ms: int) -> None:
        """Longer than a broker may be silent."""
        super().wait(ms + 4_000)


class HearsNothing(RouteInfoManager):
    """A bad twin: heartbeats go nowhere."""

    def broker_heartbeat(self, *where: Any) -> None:
        """Does nothing."""


@pytest.mark.parametrize(("time_there", "verdict"), [(Passing, Verdict.VIOLATED), (Slow, Verdict.UNKNOWN)])
def test_who_could_not_be_kept_alive_in_time_is_not_said_to_be_kept(
    monkeypatch: pytest.MonkeyPatch, time_there: type[Passing], verdict: Verdict
) -> None:
    heartbeat = BrokerHeartbeat(cluster_name="C1", broker_addr="h1:1", broker_name="b1")
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((_broker(1, check.timeout_ms),), heartbeat)])
    check = checked("apache-5.5.0", HearsNothing, time_there)
    assert check.verdict is verdict, check.summary
    assert "brokers alive" in check.summary or verdict is Verdict.VIOLATED


@pytest.mark.parametrize("first_ms", [13_000, 40_000])
def test_a_scan_each_minute_is_found_out_whenever_it_comes(monkeypatch: pytest.MonkeyPatch, first_ms: int) -> None:
    def seldom(server: Embedded, asked: Profile, _: int) -> Passing:
        return Passing(server, attrs.evolve(asked, scan_interval_ms=60_000), server.now_ms() + first_ms)

    two = (_broker(1, SHORT_TIMEOUT_MS), _broker(2, SHORT_TIMEOUT_MS))
    monkeypatch.setattr(
        ExpiryCheck, "_plans", lambda check: [(two[:1], two[0]), (two, None), ((_broker(1, check._longest_ms),), None)]
    )
    assert checked("apache-5.5.0", time_there=seldom).verdict is Verdict.VIOLATED


@pytest.mark.parametrize(("profile", "is_one"), [("apache-5.5.0", True), ("apache-4.9.7", False)])
def test_a_question_about_another_version_is_a_sign_of_life_where_the_release_says_so(
    profile: str, is_one: bool
) -> None:
    assert is_sign_of_life(PROFILES[profile], _query(OTHER_VERSION)) is is_one
    assert is_sign_of_life(PROFILES[profile], _query(VERSION))
