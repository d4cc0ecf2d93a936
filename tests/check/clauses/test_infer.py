"""Which profile a NameServer is nearest to: our server under each of them has to be told."""

from collections.abc import Callable

import attrs
import pytest
from jsonschema import Draft202012Validator

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.infer import Inference, as_json, infer
from namesrv.check.clauses.judge import Judge
from namesrv.check.clauses.judged import Judged, Result, SuiteReport
from namesrv.check.clauses.suite import SUITE
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.probing import probe
from namesrv.check.runner import Target
from namesrv.check.schemas import schema
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_4_0, APACHE_5_5_0, PROFILES, STRICT, Profile
from tests.check.clauses.small import NO_ROUTE, OLDER, SMALL, TELLS_ROUTE, TOLD_OF_MASTER
from tests.check.faults import FAULTS

BY_SLUG = {fault.slug: fault for fault in FAULTS}


def inferred(server: Embedded, clauses: tuple[Clause, ...] = SMALL) -> Inference:
    target = Target(host="127.0.0.1", port=server.port)

    def judge(profile: Profile) -> SuiteReport:
        quick = attrs.evolve(profile, internal_step_deadline_ms=200)
        return Judge(target, quick, settle=server.settle, repeats=1).suite(clauses)

    return infer(target.where, PROFILES.values(), judge, probe(target))


def came_out(*departures: Clause, unknown: tuple[Clause, ...] = (), stopped: str = "") -> SuiteReport:
    """A report in which these clauses do not hold, and one does."""
    made = [Judged(clause=TELLS_ROUTE, result=Result.HOLDS)]
    made += [Judged(clause=clause, result=Result.VIOLATED) for clause in departures]
    made += [Judged(clause=clause, result=Result.UNKNOWN, reason="lost") for clause in unknown]
    return SuiteReport(judged=tuple(made), stopped=stopped)


def ranked(*reports: SuiteReport, version: int | None = None) -> Inference:
    """Of strict, 5.5.0, 5.4.0 and 4.9.7, as far as there are reports."""
    profiles = (STRICT, APACHE_5_5_0, APACHE_5_4_0, APACHE_4_9_7)[: len(reports)]
    by_name = {profile.name: report for profile, report in zip(profiles, reports, strict=True)}
    return infer("127.0.0.1:1", profiles, lambda profile: by_name[profile.name], version)


@pytest.mark.parametrize("name", PROFILES)
def test_our_server_equals_its_own_profile_and_all_that_the_clauses_do_not_tell_from_it(name: str) -> None:
    with Embedded(profile=name) as server:
        inference = inferred(server)
    assert inference.verdict is Verdict.HOLDS
    assert inference.nearest.profile.name == name
    assert inference.nearest.says_version


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_the_suite_tells_every_profile_from_all_others(name: str) -> None:
    with Embedded(profile=name) as server:
        inference = inferred(server, SUITE)
    assert inference.verdict is Verdict.HOLDS, inference.conclusion
    assert inference.nearest.profile.name == name
    assert {each.profile.name for each in inference.tied} == {name}


def test_a_faulty_server_departs_from_its_profile_and_is_told_where() -> None:
    with BY_SLUG["master-not-told"].injected(), Embedded(profile="strict") as server:
        inference = inferred(server)
    assert inference.verdict is Verdict.VIOLATED
    assert inference.nearest.profile.name == "strict"
    assert [judged.clause for judged in inference.nearest.departures] == [TOLD_OF_MASTER]
    assert "is nearest to strict, and departs in 1 clause" in inference.conclusion


def test_one_severe_departure_is_farther_than_some_lesser_ones() -> None:
    inference = ranked(came_out(OLDER), came_out(TOLD_OF_MASTER, NO_ROUTE))
    assert [each.distance for each in inference.ranked] == [11, 100]
    assert inference.nearest.profile is APACHE_5_5_0


def test_profiles_that_are_equally_near_are_named_together_the_version_s_own_first() -> None:
    inference = ranked(came_out(OLDER), came_out(), came_out(), version=APACHE_5_4_0.mq_version)
    assert [each.profile for each in inference.tied] == [APACHE_5_4_0, APACHE_5_5_0]
    assert inference.verdict is Verdict.HOLDS
    assert inference.conclusion == (
        "127.0.0.1:1 does what these clauses ask of apache-5.4.0 and apache-5.5.0. The clauses don't tell these apart; "
        "the version in its answers, 493, is that of apache-5.4.0"
    )


def test_a_version_that_nobody_has_says_nothing() -> None:
    inference = ranked(came_out(OLDER), came_out(), came_out(), version=1)
    assert inference.conclusion.endswith("The clauses don't tell these apart")


@pytest.mark.parametrize(
    "report",
    [
        lambda: came_out(unknown=(NO_ROUTE,)),
        lambda: SuiteReport(judged=(Judged(clause=OLDER, result=Result.SKIPPED),)),
    ],
    ids=["undecided", "nothing was run"],
)
def test_what_nobody_could_judge_is_unknown(report: Callable[[], SuiteReport]) -> None:
    assert ranked(report()).verdict is Verdict.UNKNOWN


def test_a_server_that_is_gone_is_not_asked_again() -> None:
    inference = ranked(came_out(), came_out(unknown=(NO_ROUTE,), stopped="nobody there"), came_out())
    assert len(inference.ranked) == 2
    assert as_json(inference)["verdict"] == "unknown"


@pytest.mark.parametrize("departs", [(), (OLDER, NO_ROUTE)], ids=["equal", "departs"])
def test_the_document_keeps_to_its_schema(departs: tuple[Clause, ...]) -> None:
    document = as_json(ranked(came_out(*departs), came_out(*departs, TOLD_OF_MASTER), version=STRICT.mq_version))
    known = schema("infer")
    Draft202012Validator.check_schema(known)
    Draft202012Validator(known).validate(document)
    assert document.keys() <= known["properties"].keys()
    assert document["profiles"][0]["departures"] == [clause.slug for clause in departs]


def test_every_severity_has_a_weight_of_its_own() -> None:
    reports = [came_out(clause) for clause in (OLDER, TOLD_OF_MASTER, NO_ROUTE)]
    assert sorted({each.distance for each in ranked(*reports).ranked}) == [1, 10, 100]
    assert {clause.severity for clause in (OLDER, TOLD_OF_MASTER, NO_ROUTE)} == set(Severity)
