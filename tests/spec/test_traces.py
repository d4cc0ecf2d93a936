"""Traces: kept as they were seen, accepted where the specification explains them, rejected where not, and else undecided."""

from collections.abc import Iterable
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from namesrv.check import trace_tla, traces
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.history import HistoryError
from namesrv.check.oracle import RELEASES
from namesrv.check.spec_values import LeftOut
from namesrv.check.tlc import TlcResult, read_result, run_tlc, spec_folder
from namesrv.check.trace_campaign import (
    HEAD,
    OURS,
    Campaign,
    contradiction,
    page,
    record_ours,
    run_campaign,
    spoken_of,
)
from namesrv.check.trace_mutants import KINDS, Mutant, mutants
from namesrv.check.trace_steps import generated_steps
from namesrv.check.trace_tla import (
    Judged,
    event_value,
    judge_traces,
    read_judgements,
    trace_files,
    trace_module,
)
from namesrv.check.traces import Trace, explained_by_model, load_trace, save_trace
from namesrv.check.tracker import Belief, Tracker
from namesrv.check.verification import ForgetsConnections
from namesrv.cli.spec import spec
from namesrv.model.events import Answer, Answered, Applied, Channel, GetBrokerClusterInfo, Opaque, Received
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES
from namesrv.model.state import NameServerState
from namesrv.model.values import ClusterInfo, table

SEEDS = 3
RECORDED = Path(__file__).parents[1] / "traces"
REAL = ("apache-5.5.0", "apache-4.9.7")
"""Releases of which there are recorded traces."""
TOLD = ("strict", *REAL)


@pytest.fixture(scope="module", params=[*TOLD, pytest.param("apache-5.1.4", marks=pytest.mark.slow)])
def recorded(request: pytest.FixtureRequest) -> list[Trace]:
    """A few traces of our server."""
    return record_ours(request.param, SEEDS, 1)


def test_a_trace_is_read_from_its_file_as_it_was(recorded: list[Trace], tmp_path: Path) -> None:
    for trace in recorded:
        save_trace(tmp_path / "trace.jsonl", trace)
        assert load_trace(tmp_path / "trace.jsonl") == trace


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lines of JSON"),
        ("{}", "first line"),
        ('{"format":"namesrv trace 1"}\n{"is":"DataVersion"}', "line 2: expected an event"),
        ('{"format":"namesrv trace 1"}\n{"is":"NoSuchThing"}', "line 2"),
        ('{"format":"namesrv trace 1"}\n{', "JSON"),
    ],
)
def test_a_file_that_is_no_trace_is_said_so(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text(text)
    with pytest.raises(HistoryError, match=said):
        load_trace(file)


def test_the_model_explains_what_our_server_does(recorded: list[Trace]) -> None:
    for trace in recorded:
        assert explained_by_model(trace, PROFILES[trace.profile]) == len(trace.events)


def test_each_trace_can_be_changed_so_that_it_matters_and_some_in_each_way(recorded: list[Trace]) -> None:
    kinds = set()
    for trace in recorded:
        found = mutants(trace, PROFILES[trace.profile], seed=7)
        assert any(mutant.matters for mutant in found)
        kinds |= {mutant.kind for mutant in found if mutant.matters}
        assert all(mutant.trace.events != trace.events for mutant in found)
        assert found == mutants(trace, PROFILES[trace.profile], seed=7)
    assert kinds == set(KINDS)


def test_equal_seeds_give_equal_steps_and_others_do_not() -> None:
    """What the server makes of pipelined requests may differ all the same."""
    first, again, other = (generated_steps(seed, PROFILES["strict"], timed=True) for seed in (5, 5, 6))
    assert first == again != other


@pytest.mark.parametrize(
    ("profile", "rules"),
    [
        (
            "strict",
            {"accepted", "older-state-version", "older-data-version", "name-of-another-cluster", "topic-before-broker"},
        ),
        ("apache-5.5.0", {"accepted", "older-state-version", "topic-before-broker"}),
        ("apache-4.9.7", {"accepted"}),
    ],
)
def test_every_rule_of_registration_decides_in_some_trace(
    profile: str, rules: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = set()

    class Watched(Tracker):
        def _said(self, belief: Belief, state: NameServerState, outputs: Iterable[object]) -> Belief:
            decided.update(o.rule for o in outputs if isinstance(o, Applied) and o.table == "register_broker")
            return super()._said(belief, state, outputs)

    monkeypatch.setattr(traces, "Tracker", Watched)
    for trace in record_ours(profile, 15, 1):
        explained_by_model(trace, PROFILES[profile])
    assert decided == rules


def test_the_page_has_fifty_traces_of_each_server_and_no_contradiction() -> None:
    text = (Path(__file__).parents[2] / "docs" / "spec-traces.md").read_text()
    assert text.startswith(HEAD)
    told = text[len(HEAD) :].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in told if line.startswith("|")]
    servers = {name: [OURS, f"the real {name}"] if name in RELEASES else [OURS] for name in DISTINCT_PROFILES}
    assert [(row[0], row[1]) for row in rows] == [(name, server) for name in servers for server in servers[name]]
    for _, _, count, _, accepted, changed, dropped, swapped, rejected, harmless, spared, contradictions, *_ in rows:
        assert int(count) == int(accepted) >= 50
        assert int(rejected) == int(changed) + int(dropped) + int(swapped) >= 2 * int(accepted)
        assert (harmless, contradictions) == (spared, "0")


def test_what_is_contradicted_stands_below_the_table() -> None:
    told = ("seed 1: neither explains event 0",)
    campaign = Campaign(
        profile="strict", server=OURS, traces=1, events=2, accepted=0, mattered={}, rejected=0, harmless=0, spared=0,
        contradictions=told, set_aside=(), verdict=Verdict.VIOLATED,
        result=TlcResult(verdict=Verdict.VIOLATED, seconds=1.0, text=""),
    )  # fmt: skip
    assert f"\n\nWhat is contradicted:\n\n- {told[0]}\n\n<!-- Made from " in page([campaign])
    assert "What is contradicted" not in page([attrs.evolve(campaign, contradictions=())])


# Verdicts ---------------------------------------------------------------------------------------------------------

EVENTS = (
    Received(channel=Channel(1), opaque=Opaque(1), request=GetBrokerClusterInfo()),
    Answered(channel=Channel(1), opaque=Opaque(1), answer=Answer(code=3)),
)
TRACE = Trace(profile="strict", server="a test", events=EVENTS)
ENDED = "Model checking completed. No error has been found.\n9 states generated, 3 distinct states found, 0 states left on queue."


@pytest.mark.parametrize(
    ("said", "verdict", "explained"),
    [
        ('<<"explained", 1, 0>>\n<<"explained", 1, 2>>\n' + ENDED, Verdict.HOLDS, 2),
        ('<<"explained", 1, 0>>\n<<"explained", 1, 1>>\n' + ENDED, Verdict.VIOLATED, 1),
        ('<<"explained", 1, 0>>\n<<"explained", 1, 1>>\n', Verdict.UNKNOWN, 1),
        ('<<"explained", 1, 0>>\n' + ENDED.replace("0 states left", "2 states left"), Verdict.UNKNOWN, 0),
        ('<<"explained", 1, 1>>\nError: Attempted to compare', Verdict.UNKNOWN, 1),
        (ENDED, Verdict.UNKNOWN, 0),
        ("", Verdict.UNKNOWN, 0),
    ],
)
def test_only_a_search_that_has_ended_rejects(said: str, verdict: Verdict, explained: int) -> None:
    assert read_judgements([TRACE], read_result(said)) == [Judged(verdict=verdict, explained=explained)]


def test_what_contradicts_the_model_or_is_not_accepted_is_said() -> None:
    mutant = Mutant(kind="changed", about="0: another answer", trace=TRACE, explained=1)
    assert contradiction(mutant, Judged(verdict=Verdict.VIOLATED, explained=1)) is None
    assert "explains 1 of 2 events, the specification 2" in str(
        contradiction(mutant, Judged(verdict=Verdict.HOLDS, explained=2))
    )
    assert "no verdict" in str(contradiction(mutant, Judged(verdict=Verdict.UNKNOWN, explained=1)))
    unchanged = attrs.evolve(mutant, kind="")
    assert "neither explains event 1" in str(contradiction(unchanged, Judged(verdict=Verdict.VIOLATED, explained=1)))


def test_what_the_specification_does_not_speak_of_is_not_rendered() -> None:
    with pytest.raises(LeftOut, match="code=99"):
        event_value((EVENTS[0], attrs.evolve(EVENTS[1], answer=Answer(code=99))), 1)


def test_a_trace_that_the_specification_does_not_speak_of_is_set_aside_and_another_taken_instead() -> None:
    thrown = attrs.evolve(EVENTS[1], answer=Answer(code=1, exception="ConcurrentModificationException"))

    def record(count: int, seed: int) -> list[Trace]:
        kinds = {True: (EVENTS[0], thrown), False: EVENTS}
        return [attrs.evolve(TRACE, seed=n, events=kinds[n == 2]) for n in range(seed, seed + count)]

    taken, aside = spoken_of(record, 3, 1)
    assert [trace.seed for trace in taken] == [1, 3, 4]
    assert len(aside) == 1 and "seed 2" in aside[0] and "ConcurrentModificationException" in aside[0]
    with pytest.raises(Undecided, match="does not speak of"):
        spoken_of(lambda count, _: record(count, 2)[:1], 3, 1)


def test_a_trace_is_a_definition_of_its_module() -> None:
    assert "Trace1 == <<" in trace_module([TRACE])


# Under TLC --------------------------------------------------------------------------------------------------------


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_our_servers_traces_are_accepted_and_rejected_with_an_event_changed(recorded: list[Trace]) -> None:
    campaign = run_campaign(recorded)
    assert campaign.contradictions == ()
    assert campaign.verdict is Verdict.HOLDS, campaign.result.text[-2_000:]
    assert (campaign.accepted, campaign.rejected) == (SEEDS, sum(campaign.mattered.values()))
    assert set(campaign.mattered) == set(KINDS)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("release", REAL)
def test_what_was_recorded_of_the_real_one_is_accepted_and_without_one_exchange_rejected(release: str) -> None:
    recorded = [load_trace(RECORDED / f"{release}-{kind}.jsonl") for kind in ("ok", "bad")]
    judged, result = judge_traces(recorded, release)
    assert [each.verdict for each in judged] == [Verdict.HOLDS, Verdict.VIOLATED], result.text[-2_000:]
    assert [each.explained for each in judged] == [explained_by_model(each, PROFILES[release]) for each in recorded]


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_faulty_servers_traces_and_another_profiles_are_rejected() -> None:
    others = record_ours("apache-4.9.7", 2, 1)
    faulty = record_ours("strict", 3, 1, manager=ForgetsConnections)
    judged, result = judge_traces([*others, *faulty], "strict")
    verdicts = [each.verdict for each in judged]
    assert Verdict.UNKNOWN not in verdicts, result.text[-2_000:]
    assert Verdict.VIOLATED in verdicts[:2] and Verdict.VIOLATED in verdicts[2:]
    assert [each.explained for each in judged] == [
        explained_by_model(trace, PROFILES["strict"]) for trace in (*others, *faulty)
    ]


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_the_behaviour_that_violates_not_explained_is_the_explanation(tmp_path: Path) -> None:
    clusters = ClusterInfo(broker_addr_table=table(), cluster_addr_table=table())
    answered = attrs.evolve(EVENTS[1], answer=Answer(code=0, body=clusters))
    trace = attrs.evolve(TRACE, events=(EVENTS[0], answered))
    files = trace_files([trace], "strict")
    config = files["Trace.cfg"].replace("CONSTRAINT Progress", "INVARIANT NotExplained")
    assert config != files["Trace.cfg"]
    result = run_tlc("Trace", "Trace", files={**files, "Trace.cfg": config})
    assert (result.verdict, result.violated) == (Verdict.VIOLATED, "NotExplained"), result.text
    assert [line.split()[2] for line in result.text.splitlines() if line.startswith("State ")][1:] == [
        "<Received",
        "<Internal",
        "<Answered",
    ]


# The command ------------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(spec, ["trace", *map(str, arguments)])


@pytest.mark.parametrize(
    ("said", "code", "shown"),
    [
        ('<<"explained", 1, 2>>', 0, "accepted, 2 of 2"),
        ('<<"explained", 1, 1>>\n' + ENDED, 1, "rejected, 1 of 2"),
        ('<<"explained", 1, 1>>', 2, "undecided"),
    ],
)
def test_exit_codes_are_0_accepted_1_rejected_2_undecided(
    said: str, code: int, shown: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trace_tla, "run_tlc", lambda *_, **__: read_result(said))
    file = tmp_path / "trace.jsonl"
    save_trace(file, TRACE)
    ran = run(file)
    assert ran.exit_code == code, ran.output
    assert shown in ran.output
    assert ("2  connection 1, answer 1: REQUEST_CODE_NOT_SUPPORTED   <- has no explanation" in ran.output) == (
        code == 1
    )


def test_the_module_is_written_for_tlc_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    save_trace(file, TRACE)
    ran = run(file, "--write", tmp_path / "by-hand")
    assert ran.exit_code == 0, ran.output
    assert f"-DTLA-Library={spec_folder()} -cp tla2tools.jar tlc2.TLC" in ran.output
    written = {path.name: path.read_text() for path in (tmp_path / "by-hand").iterdir()}
    assert written == trace_files([TRACE], "strict")


def test_an_unknown_profile_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    save_trace(file, attrs.evolve(TRACE, profile="strickt"))
    ran = run(file)
    assert ran.exit_code == 2
    assert "did you mean 'strict'" in ran.output
