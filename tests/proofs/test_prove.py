"""The proofs: what is proved, what is refuted, and that neither is said for nothing."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import attrs
import pytest
import z3
from click.testing import CliRunner

from namesrv.check.oracle import Oracle
from namesrv.check.proof_runs import ends, replay, story
from namesrv.check.reproduce import Outcome
from namesrv.check.runner import Target
from namesrv.cli.prove import prove as prove_command
from namesrv.explore.peers import V1, Told, registration
from namesrv.model.events import Channel, Opaque, Received, ScanNotActiveBroker, WipeWritePermOfBroker
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.model.values import RegisterBrokerBody, TopicConfig, table
from namesrv.proofs import (
    INVARIANTS,
    MUTANTS,
    START,
    STEP_INVARIANTS,
    TRANSITIONS,
    Cache,
    Cell,
    Happens,
    Mutant,
    Run,
    Verdict,
    columns,
    firing,
    prove,
    shortest_runs,
    statement,
    transitions_of,
)
from namesrv.proofs.departures import remove_first_place
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.prove import Setting
from namesrv.proofs.solvers import writer
from namesrv.proofs.state import State
from namesrv.proofs.universe import Universe, neg
from namesrv.proofs.unrolled import SMALL

REACHED = {
    APACHE_5_5_0.name: (
        ("register_broker/topic-before-broker", "ClusterAgreement"),
        ("register_broker/topic-before-broker", "AtomicRefusal"),
        ("register_broker/cluster-name-null-swallowed", "AcknowledgedEffect"),
        ("register_broker/accepted", "AddressUniqueness"),
        ("register_broker/accepted", "VersionMonotonicity"),
        ("register_broker/older-state-version", "AcknowledgedEffect"),
        ("register_broker/accepted", "HandGivesWay"),
        ("register_topic_in_namesrv/registered", "WipedIsReadOnly"),
        ("unregister_broker/batch", "RouteSoundness"),
        ("unregister_broker/batch", "NothingLeftOver"),
    ),
    APACHE_4_9_7.name: (
        ("register_broker/accepted", "TopicsAreSaid"),
        ("register_broker/accepted", "VersionCoherence"),
        ("unregister_broker/by-id", "RouteSoundness"),
        ("scan_not_active_broker/scan-stopped", "RouteSoundness"),
    ),
}
"""Refuted cells that at most three steps come to."""


@cache
def matrix() -> tuple[Cell, ...]:
    """Of strict."""
    return prove(STRICT)


@cache
def runs(profile: Profile) -> dict[tuple[str, str], Run]:
    """Those that come to the cells above."""
    found, late = shortest_runs(profile, REACHED[profile.name], steps=3, timeout_ms=600_000)
    assert not late
    return found


def test_both_solvers_prove_that_strict_keeps_every_invariant() -> None:
    assert {cell.verdict for cell in matrix()} == {Verdict.PROVED}
    assert {cell.cvc5.verdict for cell in matrix()} == {Verdict.PROVED}


def test_every_row_of_strict_has_a_cell_for_every_invariant_of_states() -> None:
    rows = {START, *(transition.name for transition in transitions_of(STRICT))}
    assert {(c.transition, c.invariant) for c in matrix() if c.invariant in INVARIANTS} == {
        (row, invariant) for row in rows for invariant in INVARIANTS
    }


def test_step_invariants_are_asked_of_the_steps_that_they_speak_of() -> None:
    asked = {name: {c.transition for c in matrix() if c.invariant == name} for name in STEP_INVARIANTS}
    assert asked["VersionMonotonicity"] == {"register_broker/accepted"}
    assert {"register_broker/part-missing", "unregister_broker/another-connection"} <= asked["AtomicRefusal"]


def test_no_proof_but_a_framed_one_does_without_hypotheses() -> None:
    bare = {(c.transition, c.invariant) for c in matrix() if not c.z3.core and c.invariant not in STEP_INVARIANTS}
    assert bare == set()


def test_what_is_proved_is_the_same_text_each_time() -> None:
    first = statement(STRICT)
    Setting.of.cache_clear()
    writer.cache_clear()
    assert statement(STRICT) == first
    assert statement(attrs.evolve(STRICT, one_place_per_address=False)) != first


@pytest.mark.parametrize("profile", [STRICT, APACHE_5_5_0, APACHE_4_9_7], ids=lambda p: p.name)
def test_every_transition_can_happen(profile: Profile) -> None:
    names = [transition.name for transition in transitions_of(profile)]
    assert set(firing(profile, names)) == set(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.invariant)
def test_both_solvers_refute_a_mutant(mutant: Mutant) -> None:
    cell = mutant.cell(timeout_ms=60_000, cache=Cache())
    assert (cell.z3.verdict, cell.cvc5.verdict) == (Verdict.REFUTED, Verdict.REFUTED)


def test_every_invariant_has_a_mutant() -> None:
    assert {mutant.invariant for mutant in MUTANTS} == set(columns())


@pytest.mark.parametrize(
    ("transition", "refuted"),
    [
        ("register_broker/topic-before-broker", {"ClusterAgreement", "AcknowledgedEffect", "VersionCoherence",
                                                 "LiveIsStanding", "AtomicRefusal"}),
        ("channel_destroy/removal-queued", {"LiveIsConnected"}),
    ],
)  # fmt: skip
def test_5_5_breaks_these_in_that_transition(transition: str, refuted: set[str]) -> None:
    cells = prove(
        APACHE_5_5_0, transitions={transition: TRANSITIONS[transition]}, invariants=columns(strengthenings=False)
    )
    assert {c.invariant for c in cells if c.verdict is Verdict.REFUTED} == refuted
    assert not any(c.is_contradiction or c.verdict is Verdict.UNKNOWN for c in cells)


CELLS = [(profile, cell) for profile in (APACHE_5_5_0, APACHE_4_9_7) for cell in REACHED[profile.name]]


@pytest.mark.parametrize(("profile", "cell"), CELLS, ids=lambda x: x.name if isinstance(x, Profile) else "-".join(x))
def test_a_run_to_a_refuted_cell_breaks_the_invariant_in_the_model_too(profile: Profile, cell: tuple[str, str]) -> None:
    assert ends(runs(profile)[cell], profile, cell[1])


@pytest.mark.parametrize(("profile", "cell"), CELLS, ids=lambda x: x.name if isinstance(x, Profile) else "-".join(x))
def test_a_run_to_a_refuted_cell_breaks_the_invariant_on_our_server(profile: Profile, cell: tuple[str, str]) -> None:
    if "scan" in cell[0]:
        assert replay(runs(profile)[cell], profile, cell[1]) in (Outcome.REPRODUCED, Outcome.OTHERWISE)
    else:
        assert replay(runs(profile)[cell], profile, cell[1]) is Outcome.REPRODUCED


def test_what_comes_between_4_9_finding_an_address_and_removing_it_is_told_as_happening_at_once() -> None:
    first, again = (
        Received(channel=Channel(n), opaque=Opaque(n), request=registration(place=("C1", "a", n - 1))) for n in (1, 2)
    )
    scans = partial(
        Happens,
        transition="scan_not_active_broker/expired",
        event=ScanNotActiveBroker(),
        now_ms=120_001,
        expired="h1:10911",
    )
    registers = partial(Happens, transition="register_broker/accepted")
    for in_between in (True, False):
        happened = (
            registers(event=first, now_ms=0),
            scans(in_between=in_between),
            registers(event=again, now_ms=120_002, in_between=in_between),
            Happens(transition="channel_destroy/removed-at-once", event=None, now_ms=120_003),
        )
        told = story(Run(happened=happened, state=()))
        assert told[-1] == Told(again, at_once=in_between)
        assert bool(ends(Run(happened=happened, state=()), APACHE_4_9_7, "AcknowledgedEffect")) == in_between


def test_4_9_takes_no_second_place_along_whose_id_is_out_of_the_universe() -> None:
    u = Universe(SMALL)
    s, p = State.named(u, "0"), Parameters.numbered(u, "0")
    may, _ = remove_first_place(s, p, p.addr)
    solver = z3.Solver()
    solver.add(*u.axioms().values(), may, neg(p.again), neg(p.thrown), p.name == u.null("Name"))
    solver.add(neg(p.other_name == u.null("Name")))
    assert solver.check() == z3.sat
    solver.add(neg(u.is_id(p.other_id)))
    assert solver.check() == z3.unsat


SWALLOWED = "register_broker/broker-addr-null-swallowed"


def swallowed_after_wiping(*topics: str | None) -> Run:
    """One-way, so that nobody is told: a registration with these topics, of no address, under a name that has been wiped."""
    configs = table((t or "", TopicConfig(topic_name=t)) for t in topics)
    body = RegisterBrokerBody(topic_config_table=configs, data_version=V1)
    master = attrs.evolve(registration(None), body=body)
    requests = (registration(place=("C1", "a", 1)), WipeWritePermOfBroker(broker_name="a"), master)
    rows = ("register_broker/accepted", "wipe_write_perm_of_broker/wiped", SWALLOWED)
    return Run(
        happened=tuple(
            Happens(
                transition=row,
                event=Received(channel=Channel(1), opaque=Opaque(n), request=request, oneway=request is master),
                now_ms=0,
            )
            for n, (row, request) in enumerate(zip(rows, requests, strict=True))
        ),
        state=(),
    )


@pytest.mark.parametrize("profile", [APACHE_5_5_0, APACHE_5_1_4], ids=lambda p: p.name)
def test_a_swallowed_registration_gives_a_wiped_name_its_write_permission_back(profile: Profile) -> None:
    run = swallowed_after_wiping("t1", "t2")
    assert ends(run, profile, "WipedIsReadOnly")
    assert replay(run, profile, "WipedIsReadOnly") is Outcome.REPRODUCED


@pytest.mark.oracle
@pytest.mark.parametrize("release", ["apache-5.5.0", "apache-5.1.4"])
def test_it_does_so_on_the_real_one_too_but_with_a_nameless_topic_nobody_can_say_what_comes_of_it(
    apache_namesrv: Callable[..., Oracle], release: str
) -> None:
    oracle = apache_namesrv(release)
    target, profile = Target(host=oracle.host, port=oracle.port), PROFILES[release]
    said = [
        replay(swallowed_after_wiping(*topics), profile, "WipedIsReadOnly", target=target)
        for topics in (("t1", "t2"), ("t1", "t2", None))
    ]
    assert said == [Outcome.REPRODUCED, Outcome.UNEXPLAINED]


@pytest.mark.parametrize(
    ("profile", "may"), [(APACHE_5_5_0, z3.unsat), (APACHE_5_1_4, z3.unsat), (APACHE_4_9_7, z3.sat)], ids=str
)
def test_topics_without_names_are_out_of_the_relation_where_they_throw(
    profile: Profile, may: z3.CheckSatResult
) -> None:
    u = Universe(SMALL)
    s, p = State.named(u, "0"), Parameters.numbered(u, "0")
    step = TRANSITIONS["register_broker/accepted"].step(s, p, profile)
    assert step is not None
    solver = z3.Solver()
    solver.add(*u.axioms().values(), *step.guard.values(), p.topic(u.null("Topic")))
    assert solver.check() == may


@pytest.mark.oracle
@pytest.mark.parametrize("cell", REACHED["apache-5.5.0"], ids="-".join)
def test_a_run_to_a_refuted_cell_breaks_the_invariant_on_the_real_5_5(
    apache_namesrv: Callable[..., Oracle], cell: tuple[str, str]
) -> None:
    oracle = apache_namesrv("apache-5.5.0")
    target = Target(host=oracle.host, port=oracle.port)
    assert replay(runs(APACHE_5_5_0)[cell], APACHE_5_5_0, cell[1], target=target) is Outcome.REPRODUCED


def test_a_run_that_strict_is_told_breaks_nothing_there() -> None:
    run = runs(APACHE_5_5_0)["unregister_broker/batch", "RouteSoundness"]
    assert not ends(run, STRICT, "RouteSoundness")


def test_without_its_repair_a_transition_is_refuted_and_with_it_proved() -> None:
    chosen = {"register_broker/accepted": TRANSITIONS["register_broker/accepted"]}
    broken = attrs.evolve(STRICT, displaced_broker_leaves=False)
    verdicts = [
        next(c.verdict for c in prove(p, transitions=chosen, invariants=("LiveIsStanding",)) if c.transition != START)
        for p in (STRICT, broken)
    ]
    assert verdicts == [Verdict.PROVED, Verdict.REFUTED]


def test_the_command_says_what_it_found() -> None:
    proved = CliRunner().invoke(prove_command, ["--invariant", "QueueSoundness", "--no-cache", "--jobs", "1"])
    assert proved.exit_code == 0
    assert "34 of 34 transitions shown to happen" in proved.output
    unknown = CliRunner().invoke(prove_command, ["--profile", "strikt"])
    assert unknown.exit_code == 2
    assert "did you mean 'strict'?" in unknown.output


def test_the_command_tells_of_what_is_refuted_and_expects_it(tmp_path: Path) -> None:
    options = ["--profile", "apache-5.5.0", "--invariant", "AtomicRefusal", "--jobs", "1"]
    refuted = CliRunner().invoke(prove_command, [*options, "--html", str(tmp_path / "found.html")])
    assert refuted.exit_code == 1
    assert "register_broker/topic-before-broker breaks AtomicRefusal; the model agrees" in refuted.output
    assert 'href="found-run-1.html"' in (tmp_path / "found.html").read_text()
    assert '"AtomicRefusal"' in (tmp_path / "found-run-1.html").read_text()
    assert CliRunner().invoke(prove_command, [*options, "--expect", "violated"]).exit_code == 0
