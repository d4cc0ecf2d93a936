"""The profiles against the releases themselves: the real jars decide."""

import re
from collections.abc import Callable

import pytest

from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Verdict
from namesrv.check.oracle import RELEASES, Oracle
from namesrv.check.runner import Target
from namesrv.check.search import search
from namesrv.cli.check import tls_context
from namesrv.model.profiles import PROFILES
from tests.waiting import until

pytestmark = pytest.mark.oracle

EXAMPLES = 60
"""`.ci/full` takes 1,000, of ten seeds."""


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_behaves_like_its_profile(apache_namesrv: Callable[..., Oracle], release: str) -> None:
    oracle = apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port)
    report = search(target, PROFILES[release], examples=EXAMPLES, seed_value=20_261_123)
    assert report.verdict is Verdict.HOLDS, report


def test_null_names_and_addresses_are_kept_by_the_real_4_9_as_by_its_profile(
    apache_namesrv: Callable[..., Oracle],
) -> None:
    oracle = apache_namesrv("apache-4.9.7")
    target = Target(host=oracle.host, port=oracle.port)
    report = search(target, PROFILES["apache-4.9.7"], examples=EXAMPLES, seed_value=7, own=True)
    assert report.verdict is Verdict.HOLDS, report
    assert report.left_behind == ()


def test_a_release_is_checked_over_tls(apache_namesrv: Callable[..., Oracle]) -> None:
    oracle = apache_namesrv("apache-5.5.0", tls=True)
    target = Target(host=oracle.host, port=oracle.port, tls=tls_context(None, insecure=True))
    report = search(target, PROFILES["apache-5.5.0"], examples=5, seed_value=4)
    assert report.verdict is Verdict.HOLDS, report


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_with_options_behaves_like_its_profile_that_is_told_of_them(
    own_apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    options = {
        "orderMessageEnable": "true",
        "supportActingMaster": "true",
        "deleteTopicWithBrokerRegistration": "true",
        "returnOrderTopicConfigToBroker": "false",
        "unknown": "u",
    }
    oracle = own_apache_namesrv(release, properties=options)
    target = Target(host=oracle.host, port=oracle.port)
    report = search(target, PROFILES[release], examples=20, seed_value=4, own=True, started_with=options)
    assert report.verdict is Verdict.HOLDS, report


def test_silent_brokers_expire_on_the_real_5_5(apache_namesrv: Callable[..., Oracle]) -> None:
    oracle = apache_namesrv("apache-5.5.0")
    check = ExpiryCheck(Target(host=oracle.host, port=oracle.port), PROFILES["apache-5.5.0"], slow=False)
    check.start()
    check.wait()
    assert check.verdict is Verdict.HOLDS, check.summary


@pytest.mark.parametrize(
    ("release", "other"),
    [("apache-5.5.0", "strict"), ("apache-4.9.7", "apache-5.5.0"), ("apache-5.1.4", "apache-5.3.3")],
)
def test_a_release_is_not_taken_for_another(apache_namesrv: Callable[..., Oracle], release: str, other: str) -> None:
    oracle = apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port)
    report = search(target, PROFILES[other], examples=EXAMPLES, seed_value=1, shrink_budget_s=40)
    assert report.verdict is Verdict.VIOLATED
    assert len(report.steps) <= 8, "a person can read it"


DAY_MS = 86_400_000


def logged_ms(log: str, line: str) -> int | None:
    """When the log first has that line, in milliseconds of the day."""
    found = re.search(rf"^(\d\d):(\d\d):(\d\d)\.(\d{{3}}) INFO {line}", log, re.MULTILINE)
    if found is None:
        return None
    hours, minutes, seconds, ms = map(int, found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


@pytest.mark.parametrize("release", [name for name, release in RELEASES.items() if release.has_scan_interval])
def test_the_first_scan_comes_as_long_after_the_start_as_the_profile_says(
    own_apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    oracle = own_apache_namesrv(release, scan_interval_ms=DAY_MS, log_level="INFO")
    until("it scans", lambda: logged_ms(oracle.log(), "start scanNotActiveBroker") is not None)
    scans = logged_ms(oracle.log(), "start scanNotActiveBroker")
    configured = logged_ms(oracle.log(), "scanNotActiveBrokerInterval=")  # before the timer is set
    assert scans is not None and configured is not None
    waited_ms = (scans - configured) % DAY_MS
    first_scan_ms = PROFILES[release].first_scan_ms
    assert waited_ms >= first_scan_ms
    assert (waited_ms < 5_000) == (first_scan_ms < 5_000), "a timer is never early"
