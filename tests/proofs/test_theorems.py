"""The theorems across steps: proved where they are expected to be, not for nothing; their counterexamples are the model's."""

from functools import cache

import attrs
import pytest
import z3
from click.testing import CliRunner

from namesrv.check.theorem_runs import agrees, story
from namesrv.cli.prove import prove as prove_command
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, DISTINCT_PROFILES, PROFILES, STRICT, Profile
from namesrv.proofs import Cache, Verdict
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.solvers import Hypotheses
from namesrv.proofs.state import State
from namesrv.proofs.theorems import COMMUTATION, THEOREMS, Proof, Witness, prove, prove_theorems, witness
from namesrv.proofs.theorems.commutation import APART, KINDS, ONE_NAME, REFUTED, TINY, happens, told_of_master
from namesrv.proofs.theorems.theorem import Small
from namesrv.proofs.universe import Universe, neg

CACHE = Cache()
SINGLE = [name for name in THEOREMS if not name.startswith("Commute")]
QUICK = [(kinds, variant) for kinds, variant in COMMUTATION if "register_broker" not in kinds or variant == ONE_NAME]
"""Pairs without the registrations of different names, which take cvc5 seconds."""


@cache
def proof(name: str, profile: Profile) -> Proof | None:
    return prove(THEOREMS[name], profile, cache=CACHE)


def found(name: str, profile: Profile, without: str | None = None) -> Witness:
    told = witness(THEOREMS[name], profile, without)
    assert told is not None
    return told


@pytest.mark.parametrize("profile", DISTINCT_PROFILES.values(), ids=lambda p: p.name)
@pytest.mark.parametrize("name", SINGLE)
def test_both_solvers_say_what_is_expected_and_no_premise_is_there_for_nothing(name: str, profile: Profile) -> None:
    told = proof(name, profile)
    if told is None:
        assert THEOREMS[name].on(State.named(Universe(), "0"), profile) is None
        return
    assert told.faults == ()
    assert told.is_as_expected
    assert told.cvc5.verdict is told.z3.verdict


@pytest.mark.parametrize("name", SINGLE)
def test_every_premise_is_explained(name: str) -> None:
    for profile in DISTINCT_PROFILES.values():
        told = proof(name, profile)
        assert told is None or set(told.without) <= set(THEOREMS[name].premises)


@pytest.mark.parametrize("name", sorted(set(SINGLE) - {"LateIsRefused"}))
def test_what_is_proved_can_fail(name: str) -> None:
    """Some premise is needed, or (`FastPathIsEstablished` of strict) the releases need one."""
    proofs = [proof(name, profile) for profile in DISTINCT_PROFILES.values()]
    assert any(told is not None and told.without for told in proofs)


@pytest.mark.parametrize(
    ("profile", "premise"),
    [
        (STRICT, "Connection"),
        (STRICT, "NothingElse"),
        (STRICT, "Unchanged"),
        (APACHE_5_5_0, "Place"),
        (APACHE_5_5_0, "Topics"),
        (APACHE_4_9_7, "Place"),
        (APACHE_4_9_7, "Connection"),
        (APACHE_4_9_7, "HaServerAddr"),
        (APACHE_4_9_7, "FilterServers"),
    ],
    ids=str,
)
def test_skipping_without_a_premise_is_not_safe_in_the_model_either(profile: Profile, premise: str) -> None:
    told = found("SkipSafety", profile, premise)
    assert agrees(told)
    assert any(line.startswith("asks: QUERY_DATA_VERSION") for line in story(told))


def test_a_run_that_shows_nothing_is_not_believed() -> None:
    told = found("SkipSafety", APACHE_4_9_7, "HaServerAddr")
    nothing = attrs.evolve(told, run=attrs.evolve(told.run, happened=()))
    assert not agrees(nothing)
    assert not agrees(attrs.evolve(told, without="Unchanged"))


def test_the_run_that_is_shown_does_not_depend_on_what_was_asked_before() -> None:
    first = found("SkipSafety", APACHE_4_9_7, "Place")
    found("LateIsRefused", APACHE_4_9_7)
    again = found("SkipSafety", APACHE_4_9_7, "Place")
    assert (first.run, first.events) == (again.run, again.events)


def test_a_slave_that_is_refused_is_told_nothing_of_its_master() -> None:
    """Two brokers of one name in either order: a slave that is refused in both is no reason why they do not commute."""
    u = Universe(TINY)
    s, p = State.named(u, "0"), Parameters.numbered(u, "0")
    event = happens("register_broker", s, p, STRICT)
    assert event is not None
    after = event.after.evolve(holds=lambda n, i, a: z3.And(event.after.holds(n, i, a), i != 0))
    is_refused = Hypotheses({"Refused": neg(event.tells)}, timeout_ms=60_000, cache=CACHE, scope=TINY)
    assert is_refused.prove(told_of_master(event, event.after, after, p, STRICT)).verdict is Verdict.PROVED


@pytest.mark.parametrize("profile", [APACHE_5_5_0, APACHE_4_9_7], ids=lambda p: p.name)
def test_a_registration_without_an_address_does_something_else_the_second_time(profile: Profile) -> None:
    assert agrees(found("Idempotence", profile, "HasAddress"))


@pytest.mark.parametrize("profile", [APACHE_5_5_0, APACHE_4_9_7], ids=lambda p: p.name)
def test_a_release_takes_an_earlier_version_over_another_connection(profile: Profile) -> None:
    assert agrees(found("LateIsRefused", profile))


@pytest.mark.slow
@pytest.mark.parametrize("profile", DISTINCT_PROFILES.values(), ids=lambda p: p.name)
def test_which_events_of_two_brokers_commute(profile: Profile) -> None:
    for kinds, variant in QUICK:
        told = proof(COMMUTATION[kinds, variant].name, profile)
        if told is not None:
            is_refuted = variant == ONE_NAME and (profile.name, *kinds) in REFUTED
            assert told.verdict is (Verdict.REFUTED if is_refuted else Verdict.PROVED), (kinds, variant)
            assert not told.faults


@pytest.mark.parametrize("profile", DISTINCT_PROFILES.values(), ids=lambda p: p.name)
def test_registrations_of_different_names_commute_but_not_if_they_share_anything(profile: Profile) -> None:
    theorem = COMMUTATION[("register_broker", "register_broker"), APART]
    small = Small(theorem, profile, 60_000, CACHE)
    assert small.is_satisfiable()
    needed = {premise: small.refute(premise).verdict for premise in ("Names", "Apart", "Addresses")}
    assert set(needed.values()) == {Verdict.REFUTED}
    assert small.refute(None).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("profile", "kinds", "variant"),
    [
        (STRICT, ("unregister_broker", "unregister_broker"), APART),
        (APACHE_5_5_0, ("query_data_version", "channel_destroy"), APART),
        (APACHE_4_9_7, ("unregister_broker", "removal"), ONE_NAME),
    ],
    ids=str,
)
def test_a_pair_commutes(profile: Profile, kinds: tuple[str, str], variant: str) -> None:
    """One of each profile; `pytest -m slow` asks for all."""
    told = proof(COMMUTATION[kinds, variant].name, profile)
    assert told is not None
    assert told.verdict is Verdict.PROVED
    assert told.cvc5.verdict is Verdict.PROVED
    assert not told.faults


@pytest.mark.parametrize("profile", DISTINCT_PROFILES.values(), ids=lambda p: p.name)
def test_two_registrations_of_one_name_do_not_commute_in_the_model_either(profile: Profile) -> None:
    theorem = COMMUTATION[("register_broker", "register_broker"), ONE_NAME]
    told = proof(theorem.name, profile)
    assert told is not None
    assert told.verdict is Verdict.REFUTED
    assert agrees(found(theorem.name, profile))


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "one", "other"), sorted(REFUTED), ids=str)
def test_two_orders_of_what_does_not_commute_differ_in_the_model_too(profile: str, one: str, other: str) -> None:
    assert agrees(found(COMMUTATION[(one, other), ONE_NAME].name, PROFILES[profile]))


def test_every_kind_of_event_names_rows_that_there_are() -> None:
    from namesrv.proofs.theorems.commutation import PUT_OFF
    from namesrv.proofs.transitions import TRANSITIONS

    for kind, rows in KINDS.items():
        assert all(f"{PUT_OFF.get(kind, kind)}/{row}" in TRANSITIONS for row in rows)


def test_several_processes_say_what_one_says() -> None:
    one = prove_theorems(["OneIdOfName", "LateIsRefused"], DISTINCT_PROFILES.values())
    several = prove_theorems(["OneIdOfName", "LateIsRefused"], DISTINCT_PROFILES.values(), workers=2)
    told = [
        [(p.theorem.name, p.profile.name, p.verdict, p.cvc5.verdict, p.faults) for p in of] for of in (one, several)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 7


def test_the_command_tells_a_theorem_and_what_happens_without_its_premises() -> None:
    options = ["--theorems", "LateIsRefused", "--no-cache", "--jobs", "1"]
    told = CliRunner().invoke(prove_command, options)
    assert told.exit_code == 0
    assert "Without AnotherConnection" in told.output
    assert "the model agrees" in told.output
    unknown = CliRunner().invoke(prove_command, ["--theorems", "SkipSafty"])
    assert unknown.exit_code == 2
    assert "SkipSafety" in unknown.output
