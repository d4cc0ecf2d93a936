"""The system in TLA+ is the model's: the same graphs of states, the same anomalies; and each invariant can be broken."""

from collections.abc import Mapping

import pytest

from namesrv.check.anomalies import catalogue
from namesrv.check.findings import Verdict
from namesrv.check.spec_anomalies import FOLDER, anomaly_models, files, left_out
from namesrv.check.spec_graph import compare, dump_graph
from namesrv.check.spec_models import check_model, load_models
from namesrv.check.spec_system import ACTIONS, BOUNDED, action_of, quotient, spec_value, system_graph
from namesrv.check.theme_graph import SPEC_PROFILES
from namesrv.check.tlc import run_tlc, spec_folder
from namesrv.explore.outcome import Options
from namesrv.explore.peers import peers
from namesrv.explore.reference import search_plainly
from namesrv.explore.registration import registration_system
from namesrv.explore.search import Search
from namesrv.explore.themes import THEMES
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES
from namesrv.model.system.scope import parse_scope

GRAPHS = {
    "MCTutorial": ("strict", "brokers=1,namesrvs=1,versions=2,faults=0"),
    "MCOneBroker": ("strict", "brokers=1,namesrvs=1,versions=2,faults=1"),
    "MCTwoNameServers": ("strict", "brokers=1,namesrvs=2,versions=2,faults=0,forced=false"),
    "MCTwoBrokers550": ("apache-5.5.0", "brokers=2,namesrvs=1,versions=1,faults=0"),
    "MCTwoNameServers550": ("apache-5.5.0", "brokers=1,namesrvs=2,versions=1,faults=0"),
    "MCAsks550": ("apache-5.5.0", "brokers=1,namesrvs=1,versions=2,faults=0,forced=false"),
    "MCTwoBrokers497": ("apache-4.9.7", "brokers=2,namesrvs=1,versions=1,faults=0"),
    "MCTwoNameServers497": ("apache-4.9.7", "brokers=1,namesrvs=2,versions=1,faults=0"),
    "MCAsks497": ("apache-4.9.7", "brokers=1,namesrvs=1,versions=2,faults=0,forced=false"),
    "MCOneFault550": ("apache-5.5.0", "brokers=1,namesrvs=1,versions=1,faults=1"),
    "MCOneFault497": ("apache-4.9.7", "brokers=1,namesrvs=1,versions=1,faults=1"),
}
"""Configs of `MCRegistration`, each with the explorer's profile and scope: the graphs are the same."""

COUNTS = {
    "MCTwoBrokers": ("strict", "brokers=2,namesrvs=1,versions=1,faults=1"),
    "MCOneChange550": ("apache-5.5.0", "brokers=1,namesrvs=1,versions=2,faults=1"),
}
"""Larger ones: as many states, and levels, as the manifest says of TLC."""

QUICK = {"MCTutorial", "MCTwoBrokers550", "MCTwoNameServers497", "MCAsks550"}
QUICK_FAILURES = ("anomalies/5.5.0.register.accepted.same-version", "mutants/SkipSafety")

GUARDS = """---- MODULE MCGuards ----
EXTENDS MCRegistration
VARIABLE can
Guards == [
  MCRegistersByTimer |-> CanRegisterByTimer(1), MCStopsTimers |-> CanStopTimers(1), MCHearsFrom |-> CanHear(1, 1),
  MCReadsFrom |-> CanRead(1, 1), MCConnectsTo |-> CanConnect(1, 1), MCBrokerNotices |-> BrokerCanNotice(1, 1),
  MCNameServerNotices |-> NameServerCanNotice(1, 1), MCHasNotHeardFrom |-> CanBeStale(1, SilentChannels(1, 1)),
  MCHasHeardNothing |-> CanBeStale(1, {GONE}), MCWorks |-> CanWork(1), MCScans |-> MayScan(1)]
{wrapped}
GuardedNext == {nexts}
GuardedSpec == MCInit /\\ can = Guards /\\ [][GuardedNext]_<<mcVars, can>>
====
"""

PUTS_WHAT_NOBODY_SAID = """---- MODULE MCPutsWrong ----
EXTENDS MCDirectory
PutsSixteen(s, r, first) ==
  [s EXCEPT !.topicQueueTable = [t \\in DOMAIN r.body.topic_config_table |-> r.broker_name :> Config(16)] @@ @]
====
"""

SEEDED = """---- MODULE MCSeeded ----
EXTENDS MCRegistration
\\* A broker forgets to count its changes.
Uncounted(v) == [v EXCEPT !.timestamp = @ + 1]
====
"""


def slow_unless(quick: bool, *values: object) -> object:
    return pytest.param(*values, marks=() if quick else pytest.mark.slow)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("config", [slow_unless(name in QUICK, name) for name in GRAPHS])
def test_the_graph_of_the_system_is_the_models(config: str) -> None:
    profile, scope = GRAPHS[config]
    model = system_graph(parse_scope(scope), PROFILES[profile])
    difference = compare(dump_graph("MCRegistration", config, spec_value), model)
    assert difference is None, str(difference)
    assert len(model.edges) > 5
    assert {action for edges in model.edges.values() for action, _ in edges} >= {
        "MCStarts",
        "MCReadsFrom",
        "MCHearsFrom",
    }


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_difference_of_one_line_is_found_with_the_way_to_it() -> None:
    config = (spec_folder() / "MCTutorial.cfg").read_text(encoding="utf-8")
    seeded = config.replace("SPECIFICATION", "  NextVersion <- [Broker]Uncounted\nSPECIFICATION")
    assert seeded != config
    changed: Mapping[str, str] = {"MCSeeded.tla": SEEDED, "Seeded.cfg": seeded}
    graph = dump_graph("MCSeeded", "Seeded", spec_value, files=changed)
    profile, scope = GRAPHS["MCTutorial"]
    difference = compare(graph, system_graph(parse_scope(scope), PROFILES[profile]))
    assert difference is not None
    assert [action for action, _ in difference.path][:2] == ["Init", "MCStarts"]
    assert {action for action, _ in difference.only_spec} == {"MCChangesTopic"}
    assert {action for action, _ in difference.only_model} == {"MCChangesTopic"}


@pytest.mark.slow
@pytest.mark.parametrize("config", COUNTS)
def test_larger_systems_have_as_many_states_and_levels_as_the_models(config: str) -> None:
    profile, scope = COUNTS[config]
    model = next(model for model in load_models() if model.name == config)
    found = Search(
        quotient(registration_system(parse_scope(scope), PROFILES[profile])),
        Options(symmetry=False, all_violations=True),
    ).run()
    assert (found.distinct, found.depth) == (model.distinct, model.depth)


@pytest.mark.slow
@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(("profile", "record"), [(name, SPEC_PROFILES[name]) for name in DISTINCT_PROFILES])
def test_peers_come_to_as_many_states_as_the_models(profile: str, record: str) -> None:
    (theme,) = (theme for theme in THEMES if theme.name == "races")
    config = f"CONSTANTS\n  P <- {record}\n  Theme <- Races\nSPECIFICATION Spec\n"
    result = run_tlc("MCPeers", "Races", files={"Races.cfg": config})
    found = search_plainly(quotient(peers(theme, PROFILES[profile])))
    assert (result.distinct_states, result.depth) == (found.distinct, len(found.levels)), result.text
    assert found.distinct > 100


def test_every_rule_of_the_system_is_an_action_of_the_specification() -> None:
    text = (spec_folder() / "Registration.tla").read_text(encoding="utf-8")
    product = registration_system(parse_scope("brokers=2,namesrvs=2"), PROFILES["strict"])
    actions = {action_of(rule.name) for rule in product.rules}
    assert len(actions) == 25
    for action in actions:
        assert f"\n{action}(" in text, action


def test_what_is_dropped_of_a_state_decides_nothing() -> None:
    scope = parse_scope("brokers=1,namesrvs=1,versions=2,faults=1")
    product = registration_system(scope, PROFILES["strict"])
    options = Options(symmetry=False, all_violations=True)
    whole, rest = Search(product, options).run(), Search(quotient(product), options).run()
    assert rest.distinct < whole.distinct
    assert rest.depth == whole.depth


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_without_fairness_nothing_has_to_agree_with_anybody() -> None:
    result = run_tlc("MCRegistration", "MCUnfair")
    assert result.verdict is Verdict.VIOLATED, result.text


@pytest.mark.slow
@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("profile", ["Strict", "Apache550", "Apache497"])
def test_what_fairness_says_of_a_rule_is_whether_it_can_be_done(profile: str) -> None:
    """`Fairness` has each rule's ENABLED written out: a guard holds exactly where a step of the rule leads elsewhere."""
    text = (spec_folder() / "MCTutorial.cfg").read_text(encoding="utf-8")
    text = text.replace("P <- Strict", f"P <- {profile}").replace("SPECIFICATION MCSpec", "SPECIFICATION GuardedSpec")
    text = text.replace("Faults = 0", "Faults = 1").replace("Kinds = {}", 'Kinds = {"crash", "late"}')
    if profile != "Strict":
        text = text.replace("Changes = 1", "Changes = 0")
    if profile == "Apache497":
        text = text.replace("MCBroker550", "MCBroker497")
    text = text[: text.index("INVARIANTS")]
    names = [BOUNDED + action for _, action in ACTIONS]
    wrapped = "\n".join(f"G{name} == {name} /\\ can' = Guards'" for name in names)
    module = GUARDS.replace("{wrapped}", wrapped).replace("{nexts}", " \\/ ".join(f"G{name}" for name in names))
    files = {"MCGuards.tla": module, "Guards.cfg": text}
    graph = dump_graph("MCGuards", "Guards", spec_value, files=files)
    seen = set()
    for state, edges in graph.edges.items():
        assert isinstance(state, Mapping)
        can = state["can"]
        assert isinstance(can, Mapping)
        done = {action.removeprefix("G") for action, after in edges if after != state}
        assert {action for action, holds in can.items() if holds} == done & set(can)
        seen |= done & set(can)
    assert len(seen) >= 8


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_name_server_that_shows_what_nobody_said_is_no_route_directory() -> None:
    text = (spec_folder() / "MCDirectory.cfg").read_text(encoding="utf-8")
    text = text.replace("Faults = 1", "Faults = 0").replace("IsDirectory", "IsSafeDirectory")
    for replaced, expected in (("", Verdict.HOLDS), ("  PutTopics <- PutsSixteen\n", Verdict.VIOLATED)):
        files = {
            "MCPutsWrong.tla": PUTS_WHAT_NOBODY_SAID,
            "Wrong.cfg": text.replace("SPECIFICATION", f"{replaced}SPECIFICATION"),
        }
        result = run_tlc("MCPutsWrong", "Wrong", files=files)
        assert result.verdict is expected, result.text


@pytest.mark.slow
@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_without_fairness_a_name_server_need_not_follow() -> None:
    text = (spec_folder() / "MCDirectory.cfg").read_text(encoding="utf-8")
    text = text.replace("DirectoryFairSpec", "DirectorySpec").replace("Faults = 1", "Faults = 0")
    result = run_tlc("MCDirectory", "Unfair", files={"Unfair.cfg": text})
    assert result.verdict is Verdict.VIOLATED, result.text


# Anomalies and mutants --------------------------------------------------------------------------------------------


def test_the_generated_models_are_those_of_the_catalogue() -> None:
    made = files()
    on_disk = {f"{FOLDER}/{path.name}" for path in (spec_folder() / FOLDER).glob("*.cfg")}
    assert on_disk | {"MCAnomalies.tla", f"{FOLDER}/README.md"} == set(made)
    for name, text in made.items():
        assert (spec_folder() / name).read_text(encoding="utf-8") == text, f"{name}: run namesrv spec anomalies"


def test_an_anomaly_that_the_specification_has_not_needs_a_part_that_it_leaves_out() -> None:
    of_releases = {(release, entry.slug) for entry in catalogue() for release in entry.found}
    missing_ones = left_out()
    assert {(model.profile, model.slug) for model in anomaly_models()} == of_releases - set(missing_ones)
    assert all(reason.endswith("null") for reason in missing_ones.values()), missing_ones


FAILING = tuple(model.name for model in load_models() if "/" in model.name)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("name", [slow_unless(name in QUICK_FAILURES, name) for name in FAILING])
def test_tlc_finds_each_anomaly_and_each_mutant(name: str) -> None:
    model = next(model for model in load_models() if model.name == name)
    checked = check_model(model)
    assert checked.verdict is Verdict.HOLDS, f"{checked.reason}\n{checked.result.text}"


def test_every_invariant_has_a_mutant() -> None:
    text = (spec_folder() / "MCOneBroker.cfg").read_text(encoding="utf-8")
    invariants = {word for word in text.split() if word.startswith("Inv")}
    assert len(invariants) == 13
    assert {f"mutants/{each.removeprefix('Inv')}" for each in invariants} <= set(FAILING)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(
    "name", [slow_unless(name == "mutants/SkipSafety", name) for name in FAILING if name.startswith("mutants/")]
)
def test_what_a_mutant_breaks_holds_without_the_mutation(name: str) -> None:
    lines = (spec_folder() / f"{name}.cfg").read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  Theme"))
    kept = [*lines[: at + 1], *(line for line in lines[at + 1 :] if "<-" not in line)]
    text = "\n".join("  P <- Strict" if line.startswith("  P <-") else line for line in kept)
    assert text != "\n".join(lines)
    result = run_tlc("MCMutants", "Repaired", files={"Repaired.cfg": text})
    assert result.verdict is Verdict.HOLDS, result.text
