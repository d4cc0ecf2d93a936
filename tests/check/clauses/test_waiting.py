"""Cases in which time goes by, on a server that goes by a clock of its own: here it is held, so that nobody waits."""

from contextlib import nullcontext
from unittest import mock

import pytest

from namesrv.check.clauses.clause import Clause, Needs
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Result
from namesrv.check.clauses.suite import SUITE
from namesrv.check.embedded import Embedded
from namesrv.check.runner import Target
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.server import HeldClock
from namesrv.server.route_info import RouteInfoManager
from tests.check.faults import FAULTS
from tests.check.passing import Passing

BY_SLUG = {fault.slug: fault for fault in FAULTS}
SLOW = {clause.slug.partition("/")[2]: clause for clause in SUITE if Needs.SLOW in clause.needs}


def came_out(clause: Clause, profile: Profile, fault: str = "", first_scan_ms: int = 5_000) -> tuple[Result, int]:
    """How, and how long it took, milliseconds."""
    broken = BY_SLUG[fault].injected() if fault else nullcontext()
    with broken, Embedded(profile=profile.name, clock=HeldClock()) as server:
        passing = Passing(server, profile, server.now_ms() + first_scan_ms)
        target = Target(host="127.0.0.1", port=server.port)
        judge = Judge(target, profile, chosen={Needs.SLOW, Needs.OWN}, time_there=passing)
        judged = judge.judge(clause)
        return judged.result, passing.waited_ms


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("profile", [STRICT, APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name)
def test_what_is_slow_holds_on_our_server(name: str, profile: Profile) -> None:
    result, _ = came_out(SLOW[name], profile)
    if profile is APACHE_4_9_7:  # its scan may stop, and then nobody knows
        assert result in (Result.HOLDS, Result.UNKNOWN)
    else:
        assert result is Result.HOLDS


@pytest.mark.parametrize(
    ("fault", "told_by"),
    [
        ("expiry-forgotten", "default-timeout"),
        ("expiry-wraps-round", "timeout-without-end"),
        ("own-timeout-ignored", "longer-timeout"),
        ("heartbeat-ignored", "heartbeat-is-a-sign-of-life"),
        ("query-no-sign-of-life", "query-is-a-sign-of-life"),
    ],
)
def test_a_server_that_lets_brokers_live_too_long_or_not_long_enough_is_told(fault: str, told_by: str) -> None:
    assert came_out(SLOW[told_by], STRICT, fault)[0] is Result.VIOLATED


def test_of_two_silent_brokers_the_later_one_may_be_there_when_the_first_has_gone() -> None:
    """The real 5.5.0 scanned between the two."""
    clause = SLOW["master-of-an-acting-group"]
    for first_scan_ms in (500, 1_500, 4_900):
        assert came_out(clause, APACHE_5_5_0, first_scan_ms=first_scan_ms)[0] is Result.HOLDS


def test_a_case_is_over_when_whoever_fell_silent_has_gone() -> None:
    short, long = (came_out(SLOW[name], STRICT)[1] for name in ("own-timeout", "longer-timeout"))
    assert 3_000 < short < 15_000
    assert 600_000 < long < 620_000


def test_where_the_scan_may_stop_a_broker_that_stays_is_unknown() -> None:
    with mock.patch.object(RouteInfoManager, "scan_not_active_broker", return_value=0):
        assert came_out(SLOW["default-timeout"], APACHE_4_9_7)[0] is Result.UNKNOWN
        assert came_out(SLOW["default-timeout"], APACHE_5_5_0)[0] is Result.VIOLATED


def test_every_profile_has_slow_clauses() -> None:
    assert all(any(clause.rule(profile) for clause in SLOW.values()) for profile in PROFILES.values())
