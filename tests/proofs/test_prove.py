"""The proofs: what is proved, what is refuted, and that neither is said for nothing."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import z3
from click.testing import CliRunner

from namesrv.check.counterexample import replay_events
from namesrv.check.embedded import Embedded
from namesrv.check.oracle import Oracle
from namesrv.check.runner import Target
from namesrv.cli.prove import prove as prove_command
from namesrv.model.profiles import APACHE_5_5_0, STRICT
from namesrv.proofs import INVARIANTS, START, Verdict, events, prove, shortest_run
from namesrv.proofs.relation import B, Parameters, State
from namesrv.proofs.transitions import TRANSITIONS

BROKEN_BY = {
    "RouteSoundness": "RunUnregistration",
    "AddressUniqueness": "RegisterBrokerAccepted",
    "ClusterAgreement": "RegisterBrokerRefused",
}
"""In 5.5.0: which transition breaks which invariant."""


def test_strict_keeps_every_invariant() -> None:
    cells = prove(STRICT)
    assert {cell.verdict for cell in cells} == {Verdict.PROVED}
    assert {cell.invariant for cell in cells} == set(INVARIANTS)
    assert len({cell.transition for cell in cells} - {START}) == 5


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_an_invariant_that_is_false_at_the_start_is_refuted_there(
    invariant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(INVARIANTS, invariant, lambda state: z3.Exists([B], state.live(B)))
    refuted = {c.invariant for c in prove(STRICT) if c.transition == START and c.verdict is Verdict.REFUTED}
    assert refuted == {invariant}


@pytest.mark.parametrize("profile", [STRICT, APACHE_5_5_0], ids=lambda p: p.name)
def test_every_transition_can_happen(profile: Any) -> None:
    assert all(cell.fires for cell in prove(profile))


def test_5_5_breaks_each_invariant_in_one_transition() -> None:
    refuted = {cell.invariant: cell.transition for cell in prove(APACHE_5_5_0) if cell.verdict is Verdict.REFUTED}
    assert refuted == BROKEN_BY


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("one_place_per_address", "AddressUniqueness"),
        ("displaced_broker_leaves", None),
        ("atomic_refusal", "ClusterAgreement"),
    ],
)
def test_without_a_repair_its_invariant_is_lost(field: str, broken: str | None) -> None:
    """One repair turned off is a mutated transition. (A displaced address that stays live stands nowhere: no route shows it.)"""
    cells = prove(attrs.evolve(STRICT, **{field: False}))
    assert {cell.invariant for cell in cells if cell.verdict is Verdict.REFUTED} == ({broken} if broken else set())


def test_a_registration_that_forgets_to_say_who_is_live_is_refuted() -> None:
    def forgets(pre: State, post: State, p: Parameters, profile: Any) -> z3.BoolRef:
        conjuncts = TRANSITIONS["RegisterBrokerAccepted"](pre, post, p, profile).children()
        return z3.And(*(c for c in conjuncts if "live_post" not in c.sexpr()))

    cells = prove(STRICT, transitions={"RegisterBrokerAccepted": forgets})
    assert {c.invariant for c in cells if c.verdict is Verdict.REFUTED} == {"RouteSoundness"}


def test_no_time_is_unknown_and_never_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda _: z3.unknown)
    assert {cell.verdict for cell in prove(STRICT)} == {Verdict.UNKNOWN}
    assert CliRunner().invoke(prove_command, []).exit_code == 2


def test_strict_has_no_run_that_breaks_an_invariant() -> None:
    assert [shortest_run(STRICT, invariant, steps=3) for invariant in INVARIANTS] == [None] * len(INVARIANTS)


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_what_is_refuted_of_5_5_is_seen_on_our_server_of_that_profile(invariant: str) -> None:
    run = shortest_run(APACHE_5_5_0, invariant)
    assert run is not None
    assert BROKEN_BY[invariant] in {step.transition for step in run}
    with Embedded(profile="apache-5.5.0") as server:
        target = Target(host="127.0.0.1", port=server.port)
        replayed = replay_events(target, APACHE_5_5_0, events(run), invariant)
    assert replayed.explained
    assert replayed.broken


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_a_run_waits_for_what_it_has_queued(invariant: str) -> None:
    """What was asked before decides which run Z3 finds: once it was one in which a removal is late, which no replay can order."""
    prove(STRICT)
    run = shortest_run(APACHE_5_5_0, invariant)
    assert run is not None
    steps = [step.transition for step in run]
    queued = [i for i, name in enumerate(steps) if name in ("UnregisterBroker", "ChannelDestroyed")]
    assert all(steps[i + 1 : i + 2] == ["RunUnregistration"] for i in queued)


@pytest.mark.oracle
@pytest.mark.parametrize("invariant", INVARIANTS)
def test_what_is_refuted_of_5_5_is_seen_on_the_real_one(apache_namesrv: Callable[..., Oracle], invariant: str) -> None:
    oracle = apache_namesrv("apache-5.5.0")
    run = shortest_run(APACHE_5_5_0, invariant)
    assert run is not None
    replayed = replay_events(Target(host=oracle.host, port=oracle.port), APACHE_5_5_0, events(run), invariant)
    assert replayed.explained
    assert replayed.broken


def test_the_command_says_what_it_found() -> None:
    assert CliRunner().invoke(prove_command, []).exit_code == 0
    refuted = CliRunner().invoke(prove_command, ["--profile", "apache-5.5.0"])
    assert refuted.exit_code == 1
    assert "AddressUniqueness is broken by" in refuted.output
    assert CliRunner().invoke(prove_command, ["--profile", "apache-5.5.0", "--expect", "violated"]).exit_code == 0
    unknown = CliRunner().invoke(prove_command, ["--profile", "strikt"])
    assert unknown.exit_code == 2
    assert "did you mean 'strict'?" in unknown.output
