"""The specification says of routes that are encoded after the lock what was written by hand, and what the model says."""

import pytest

from namesrv.check.findings import Verdict
from namesrv.check.trace_tla import judge_traces
from namesrv.check.traces import load_trace
from tests.check.test_late_encoding import SEEN
from tests.late import CASES, EVERY

PROFILE_NAMES = (
    "apache-5.1.4",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("strict", *EVERY) if name != "apache-5.1.4"),
)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_just_those_routes_that_may_be_are_explained(profile: str) -> None:
    cases = [case for case in CASES if profile in (*case.releases, "strict")]
    judged, result = judge_traces([case.trace(profile) for case in cases], profile)
    assert [each.explained for each in judged] == [case.explained(profile) for case in cases], result.text[-2_000:]
    assert Verdict.UNKNOWN not in {each.verdict for each in judged}


@pytest.mark.tlc
@pytest.mark.slow
@pytest.mark.usefixtures("tlc")
def test_what_a_real_5_1_4_showed_is_explained() -> None:
    judged, result = judge_traces([load_trace(SEEN)], "apache-5.1.4")
    assert [each.verdict for each in judged] == [Verdict.HOLDS], result.text[-2_000:]
