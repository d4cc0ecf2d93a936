"""Expiry where the release's scan may stop for good: what that makes of the verdict."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from namesrv.check import expiry
from namesrv.check.embedded import Embedded
from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0
from namesrv.server import profiles
from namesrv.server.route_info import RouteInfoManager

QUICK_MS = 400
PROFILE = attrs.evolve(
    APACHE_4_9_7,
    heartbeat_timeout_ms=QUICK_MS,
    scan_interval_ms=100,
    first_scan_ms=100,
    internal_step_deadline_ms=1_000,
)
SERVED = attrs.evolve(profiles.APACHE_4_9_7, heartbeat_timeout_ms=QUICK_MS, scan_interval_ms=100, first_scan_ms=100)


class NeverScans(RouteInfoManager):
    """As if an exception had stopped the scan before."""

    def scan_not_active_broker(self, now_ms: int) -> int:
        """Does nothing."""
        del now_ms
        return 0


class ScansLate(RouteInfoManager):
    """A bad twin: whoever has asked in vain is given much more time, and expires then, while the scan goes on."""

    def query_data_version(self, *where: Any) -> Any:
        """Refreshes far into the future, whatever was asked."""
        changed, version = super().query_data_version(*where)
        info = self.tables.live.get(("", where[1]))
        if info is not None and changed:
            info.last_update_ms = max(info.last_update_ms, where[-1]) + 3_500
        return changed, version


@pytest.mark.parametrize(
    ("manager", "verdict", "said"),
    [
        (RouteInfoManager, Verdict.HOLDS, "4 brokers"),
        (NeverScans, Verdict.UNKNOWN, "before this run"),
        (ScansLate, Verdict.VIOLATED, "still there"),
    ],
    ids=["as the release", "stopped", "late"],
)
def test_a_broker_that_stays_in_4_9_is_unknown_unless_the_scan_is_seen_to_work(
    monkeypatch: pytest.MonkeyPatch, manager: Callable[..., RouteInfoManager], verdict: Verdict, said: str
) -> None:
    monkeypatch.setattr(expiry, "KEPT_ALIVE_MS", 3_000)
    monkeypatch.setattr(expiry, "ROUND_TRIP_MS", 300)
    with Embedded(profile=SERVED, manager=manager) as server:
        check = ExpiryCheck(Target(host="127.0.0.1", port=server.port), PROFILE, slow=True)
        check.start()
        check.wait()
    assert check.verdict is verdict, check.summary
    assert said in check.summary


@pytest.mark.parametrize(("default_ms", "verdict"), [(120_000, Verdict.HOLDS), (500, Verdict.VIOLATED)])
def test_a_broker_without_a_timeout_of_its_own_has_to_stay_for_as_long_as_the_release_gives(
    monkeypatch: pytest.MonkeyPatch, default_ms: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(expiry, "KEPT_ALIVE_MS", 1_500)
    monkeypatch.setattr(expiry, "SHORT_TIMEOUT_MS", 1_000)
    served = attrs.evolve(
        profiles.APACHE_5_5_0, heartbeat_timeout_ms=default_ms, scan_interval_ms=100, first_scan_ms=100
    )
    asked = attrs.evolve(APACHE_5_5_0, scan_interval_ms=100, first_scan_ms=100, internal_step_deadline_ms=1_000)
    with Embedded(profile=served) as server:
        check = ExpiryCheck(Target(host="127.0.0.1", port=server.port), asked, slow=False)
        check.start()
        check.wait()
    assert check.verdict is verdict, check.summary


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


@pytest.mark.parametrize(
    ("manager", "said"),
    [(ClosesNothing, "the scan closes connection 1"), (GivesTwiceAsLong, "GET_BROKER_CLUSTER_INFO")],
    ids=["open", "late"],
)
def test_a_server_that_lets_brokers_expire_in_another_way_is_found_out(
    monkeypatch: pytest.MonkeyPatch, manager: Callable[..., RouteInfoManager], said: str
) -> None:
    monkeypatch.setattr(expiry, "KEPT_ALIVE_MS", 0)
    monkeypatch.setattr(ExpiryCheck, "_plans", lambda check: [((expiry._broker(1, check._longest_ms),), None)])
    served = attrs.evolve(profiles.APACHE_5_5_0, scan_interval_ms=100, first_scan_ms=100)
    asked = attrs.evolve(APACHE_5_5_0, scan_interval_ms=100, first_scan_ms=100, internal_step_deadline_ms=3_000)
    with Embedded(profile=served, manager=manager) as server:
        check = ExpiryCheck(Target(host="127.0.0.1", port=server.port), asked, slow=False)
        check.start()
        check.wait()
    assert check.verdict is Verdict.VIOLATED, check.summary
    assert said in check.summary
