"""The parts of `namesrv verify` that have no file of their own: each has to find what it is there to find."""

import pytest

from namesrv.check import verification
from namesrv.check.findings import Verdict
from namesrv.check.verification import TheoremsProved
from namesrv.model.profiles import APACHE_5_5_0


def test_a_theorem_that_a_profile_breaks_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "QUICK_THEOREMS", ("LateIsRefused",))
    assert TheoremsProved()(1, 1).verdict is Verdict.HOLDS
    monkeypatch.setattr(verification, "STRICT", APACHE_5_5_0)
    told = TheoremsProved()(1, 1)
    assert told.verdict is Verdict.VIOLATED
    assert "LateIsRefused" in told.detail


def test_a_theorem_that_says_nothing_of_the_profile_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "QUICK_THEOREMS", ("OneIdOfName",))
    assert TheoremsProved()(1, 1).verdict is Verdict.UNKNOWN
