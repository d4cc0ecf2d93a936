"""The suite against the releases themselves: the real jars decide what a clause says."""

from collections.abc import Callable

import attrs
import pytest

from namesrv.check.clauses.clause import Needs, Severity
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Judged, Result
from namesrv.check.clauses.suite import SUITE
from namesrv.check.oracle import RELEASES, Oracle
from namesrv.check.runner import Target
from namesrv.model.profiles import PROFILES

pytestmark = pytest.mark.oracle

TO_THE_LETTER = tuple(attrs.evolve(clause, severity=Severity.MAY) for clause in SUITE)
"""Compared as closely as can be, whatever a departure would be worth."""


def told(judged: Judged) -> str:
    return f"{judged.clause.slug}: {judged.result.value} {judged.reason} {judged.finding}"


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_keeps_every_clause_under_its_own_profile(
    own_apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    oracle = own_apache_namesrv(release)  # the last clauses leave null names in it
    target = Target(host=oracle.host, port=oracle.port)
    judge = Judge(target, PROFILES[release], chosen=(Needs.OWN, Needs.DESTRUCTIVE))
    report = judge.suite(TO_THE_LETTER)
    asked = [judged for judged in report.judged if judged.result is not Result.NOT_APPLICABLE]
    left = [judged for judged in asked if judged.result is not Result.HOLDS and Needs.SLOW not in judged.clause.needs]
    assert [told(judged) for judged in left] == []
    assert len(asked) > 350
