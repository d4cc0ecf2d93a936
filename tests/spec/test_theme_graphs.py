"""The specification and the Python model of one NameServer have the same graphs of states, and where they don't it is told."""

import re
from functools import cache
from itertools import product

import attrs
import pytest
from rpds import HashTrieMap

from namesrv.check.spec_graph import Graph, compare
from namesrv.check.spec_values import LeftOut, name_server_value, request_value
from namesrv.check.theme_graph import SPEC_THEMES, alphabet, dumped_theme_graph, theme_graph
from namesrv.check.tla_values import TlaValue
from namesrv.check.tlc import spec_folder
from namesrv.model import removal
from namesrv.model.events import (
    BrokerHeartbeat,
    DeleteTopicInNamesrv,
    PutKVConfig,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import DISTINCT_PROFILES, PROFILES
from namesrv.model.register_broker import AFTER_ENTERING, REPAIRED
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import BrokerData, RegisterBrokerBody

COMPARED = tuple(product(DISTINCT_PROFILES, SPEC_THEMES))

QUICK = (
    ("strict", "groups"),
    ("strict", "leftovers"),
    ("apache-5.5.0", "groups"),
    ("apache-5.5.0", "races"),
    ("apache-4.9.7", "parts"),
    ("apache-4.9.7", "races"),
    ("strict", "hands"),
)
"""The others are slow."""

dumped = cache(dumped_theme_graph)


def graphs() -> list[object]:
    return [
        pytest.param(profile, theme, marks=() if (profile, theme) in QUICK else pytest.mark.slow)
        for profile, theme in COMPARED
    ]


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(("profile", "theme"), graphs())
def test_tlc_and_the_model_have_the_same_states_and_the_same_steps_between_them(profile: str, theme: str) -> None:
    model = theme_graph(SPEC_THEMES[theme], PROFILES[profile])
    spec = dumped(SPEC_THEMES[theme], profile)
    assert compare(spec, model) is None
    assert (len(spec.edges), spec.edge_count) == (len(model.edges), model.edge_count)


@pytest.mark.slow
def test_every_action_and_every_rule_of_the_specification_is_in_some_graph_that_is_compared() -> None:
    actions, rules, states, steps = set(), set(), 0, 0
    for profile, theme in COMPARED:
        graph = theme_graph(SPEC_THEMES[theme], PROFILES[profile])
        states, steps = states + len(graph.edges), steps + graph.edge_count
        for state, edges in graph.edges.items():
            actions |= {action for action, _ in edges}
            rules |= {rule for _, rule in state["said"]["rules"]}
    text = (spec_folder() / "MCThemes.tla").read_text(encoding="utf-8")
    assert actions == set(re.findall(r"\\/ (\w+)", text[text.index("Next ==") : text.index("Spec ==")]))
    registers = {rule.name for rule in (*REPAIRED, *AFTER_ENTERING) if not rule.name.endswith("-swallowed")}
    assert rules >= registers | HARD_TO_COME_BY
    verdicts = spec_folder().parent / "docs" / "verdicts.md"
    assert f"{states:,} states and {steps:,} edges" in verdicts.read_text(encoding="utf-8")


HARD_TO_COME_BY = {"close-of-nobody", "close-removes-all", "removal-queued", "address-without-place", "removed-at-once",
                   "expired", "scan-stopped", "another-place", "another-connection", "batch"}  # fmt: skip
"""Rules that need some story to apply."""


def only(spec: Graph[TlaValue], model: Graph[TlaValue]) -> tuple[int, set[str]]:
    """How many states lead to the first difference, and the actions that differ there."""
    difference = compare(spec, model)
    assert difference is not None
    assert "Init" in str(difference)
    return len(difference.path), {action for action, _ in (*difference.only_spec, *difference.only_model)}


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(
    ("module", "line", "other", "profile", "theme", "steps", "action"),
    [
        ("RegisterBroker", "fresh          |-> TRUE,", "fresh          |-> FALSE,", "strict", "parts", 2, "RegisterBroker"),
        ("Removal", 'perm = @ \\ {"write"}]', "perm = @]", "apache-5.5.0", "groups", 7, "Batch"),
        ("Departures", "!.again = TRUE", "!.again = FALSE", "apache-4.9.7", "parts", 2, "CloseConnection"),
    ],
    ids=["a registration that is no sign of life", "a lost master that leaves queues to write", "a close noticed for ever"],
)  # fmt: skip
def test_one_line_changed_in_the_specification_is_found_with_the_way_to_it(
    module: str, line: str, other: str, profile: str, theme: str, steps: int, action: str
) -> None:
    text = (spec_folder() / f"{module}.tla").read_text(encoding="utf-8")
    assert text.count(line) == 1
    changed = dumped_theme_graph(SPEC_THEMES[theme], profile, {f"{module}.tla": text.replace(line, other)})
    assert only(changed, theme_graph(SPEC_THEMES[theme], PROFILES[profile])) == (steps, {action})


def name_stays(tables: Tables, cluster_name: str | None, broker_name: str | None) -> Tables:
    return tables


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(
    ("profile", "theme", "actions"),
    [
        ("strict", "groups", {"UnregisterBroker", "CloseConnection", "RegisterBroker"}),
        ("apache-5.5.0", "groups", {"Batch"}),
        ("apache-4.9.7", "races", {"UnregisterBroker"}),
    ],
)
def test_one_line_changed_in_the_model_is_found_with_the_way_to_it(
    profile: str, theme: str, actions: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "remove_name_from_cluster", name_stays)
    changed = theme_graph(SPEC_THEMES[theme], PROFILES[profile])
    steps, found = only(dumped(SPEC_THEMES[theme], profile), changed)
    assert steps > 1
    assert found <= actions


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_field_of_the_profile_changed_in_the_model_is_found() -> None:
    other = attrs.evolve(PROFILES["strict"], mappings_leave_with_broker=False)
    changed = theme_graph(SPEC_THEMES["leftovers"], other)
    _, found = only(dumped(SPEC_THEMES["leftovers"], "strict"), changed)
    assert found <= {"UnregisterBroker", "CloseConnection", "RegisterBroker"}


REGISTRATION = RegisterBroker(cluster_name="C1", broker_addr="h1", broker_name="a", broker_id=0)


@pytest.mark.parametrize(
    "request_left_out",
    [
        attrs.evolve(REGISTRATION, broker_addr=None),
        attrs.evolve(REGISTRATION, broker_name=""),
        attrs.evolve(REGISTRATION, broker_id=None),
        attrs.evolve(REGISTRATION, zone_name="z"),
        attrs.evolve(REGISTRATION, heartbeat_timeout_ms=1),
        attrs.evolve(REGISTRATION, crc32_matches=False),
        attrs.evolve(REGISTRATION, body=None),
        attrs.evolve(REGISTRATION, body=RegisterBrokerBody(topic_config_table=None)),
        attrs.evolve(REGISTRATION, body=RegisterBrokerBody(data_version=None)),
        UnregisterBroker(cluster_name=None, broker_addr="h1", broker_name="a", broker_id=0),
        BrokerHeartbeat(cluster_name="C1", broker_addr="h1", broker_name=None),
        WipeWritePermOfBroker(broker_name=None),
        DeleteTopicInNamesrv(topic=None),
        RegisterTopicInNamesrv(topic="t1", queue_datas=(None,)),
        PutKVConfig(namespace="n", key="k", value="v"),
    ],
    ids=str,
)
def test_what_the_specification_leaves_out_is_not_taken_for_something_that_it_has(request_left_out: Request) -> None:
    with pytest.raises(LeftOut):
        request_value(request_left_out)


def test_a_state_with_a_zone_name_is_not_taken_for_one_without() -> None:
    data = BrokerData(cluster="C1", broker_name="a", zone_name="z")
    tables = Tables(broker_addr_table=HashTrieMap({"a": data}))
    with pytest.raises(LeftOut, match="zone_name"):
        name_server_value(NameServerState(tables=tables))


def test_only_three_themes_have_requests_that_are_left_out() -> None:
    shorter = {name for name, theme in SPEC_THEMES.items() if len(alphabet(theme)) < len(theme.alphabet)}
    assert shorter == {"parts", "leftovers", "claims"}
    assert all(len(alphabet(theme)) > 1 for theme in SPEC_THEMES.values())
