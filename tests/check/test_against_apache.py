"""The profiles against the releases themselves: the real jars decide."""

from collections.abc import Callable

import pytest

from namesrv.check.expiry import ExpiryCheck
from namesrv.check.findings import Verdict
from namesrv.check.oracle import Oracle
from namesrv.check.runner import Target
from namesrv.check.search import search
from namesrv.model.profiles import PROFILES

pytestmark = pytest.mark.oracle

RELEASES = ("apache-5.5.0", "apache-4.9.7")
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


def test_silent_brokers_expire_on_the_real_5_5(apache_namesrv: Callable[..., Oracle]) -> None:
    oracle = apache_namesrv("apache-5.5.0")
    check = ExpiryCheck(Target(host=oracle.host, port=oracle.port), PROFILES["apache-5.5.0"], slow=False)
    check.start()
    check.wait()
    assert check.verdict is Verdict.HOLDS, check.summary


@pytest.mark.parametrize(("release", "other"), [("apache-5.5.0", "strict"), ("apache-4.9.7", "apache-5.5.0")])
def test_a_release_is_not_taken_for_another(apache_namesrv: Callable[..., Oracle], release: str, other: str) -> None:
    oracle = apache_namesrv(release)
    target = Target(host=oracle.host, port=oracle.port)
    report = search(target, PROFILES[other], examples=EXAMPLES, seed_value=1, shrink_budget_s=10)
    assert report.verdict is Verdict.VIOLATED
    assert len(report.steps) <= 8, "a person can read it"
