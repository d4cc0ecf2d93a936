"""The specification under stock TLC: `strict` holds, each repair is needed, and the Python model has as many states."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from namesrv.check.findings import Verdict
from namesrv.check.not_available import NotAvailable
from namesrv.check.spec_models import Checked
from namesrv.check.tlc import TlcResult, find_tla2tools, read_result, run_tlc, spec_folder
from namesrv.check.tlc_scope import SCOPES, explore_scope

REPAIRS = {
    "WithoutAtomicRequests": ("MCNameServer", "AcknowledgedEffect"),
    "WithoutAtomicRefusal": ("MCNameServer", "AtomicRefusal|ClustersAgree|AddressesAreUnique|RoutesAreSound"),
    "WithoutDataVersionMonotonic": ("MCBodies", "VersionMonotonicity"),
    "WithoutOnePlacePerAddress": ("MCNameServer", "AddressesAreUnique"),
    "WithoutDisplacedBrokerLeaves": ("MCBodies", "LiveAreStanding"),
    "WithoutOneClusterPerName": ("MCClusters", "RoutesAreSound"),
    "WithoutFirstTopicsReplace": ("MCSaid", "SaidIsHeld"),
    "WithoutSameVersionPutsTopics": ("MCBodies", "AcknowledgedEffect"),
    "WithoutTimestampBreaksTie": ("MCRestart", "VersionMonotonicity"),
    "WithoutQueryChecksPlace": ("MCSaid", "VersionCoherence"),
    "WithoutInOrder": ("MCThemesStrict", "NothingBroken"),
    "WithoutWipeOutlastsRegistration": ("MCHandsStrict", "NothingBroken"),
    "WithoutMappingsLeaveWithBroker": ("MCThemesStrict", "NothingBroken"),
}
"""Where each is missed, and what breaks: whichever TLC's breadth-first search may come upon, `|` between them."""

CHECKS = {
    "UnregistersItsPlace <- AnyPlace": "AcknowledgedEffect|RoutesAreSound|AddressesAreUnique|LiveAreStanding",
    "UnregistersItself <- Anybody": "AcknowledgedEffect",
    "CloseAllAtOnce <- CloseOneOnly": "AcknowledgedEffect",
}
"""Parts of repairs that are no fields of their own, replaced in MCNameServer."""

MODULES = {"MCSaid": "MCNameServerHistory", "MCThemesStrict": "MCThemes", "MCHandsStrict": "MCThemes"}
"""Of the configs that are not MCNameServer's."""

THEMES = {"WithoutMappingsLeaveWithBroker": "Leftovers"}
"""The theme that shows it, where that is another one than the config's."""


def run_with(config: str, old: str, new: str, tmp_path: Path) -> TlcResult:
    """TLC on a config of the specification with one line changed."""
    text = (spec_folder() / f"{config}.cfg").read_text(encoding="utf-8")
    assert text.count(old) == 1
    changed = tmp_path / "changed.cfg"
    changed.write_text(text.replace(old, new), encoding="utf-8")
    return run_tlc(MODULES.get(config, "MCNameServer"), changed)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(
    "config", [pytest.param(name, marks=pytest.mark.slow if name == "MCNameServer" else ()) for name in SCOPES]
)
def test_strict_holds_with_as_many_states_as_the_python_model(config: str, checked: Callable[[str], Checked]) -> None:
    result = checked(config).result
    assert result.verdict is Verdict.HOLDS, result.text
    explored = explore_scope(SCOPES[config])
    assert (result.distinct_states, result.depth) == (explored.distinct, explored.depth)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_what_is_said_is_held(checked: Callable[[str], Checked]) -> None:
    result = checked("MCSaid").result
    assert result.verdict is Verdict.HOLDS, result.text


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize(
    ("config", "never"),
    [
        ("MCStateVersion", "NeverOlderStateVersion"),
        ("MCNameServer", "NeverOlderDataVersion"),
        ("MCClusters", "NeverNameOfAnotherCluster"),
        ("MCNameServer", "NeverTopicBeforeBroker"),
    ],
)
def test_every_rule_applies_within_the_bounds(config: str, never: str, tmp_path: Path) -> None:
    properties = "PROPERTIES VersionMonotonicity AtomicRefusal AcknowledgedEffect"
    result = run_with(config, properties, f"PROPERTIES {never}", tmp_path)
    assert (result.verdict, result.violated) == (Verdict.VIOLATED, never), result.text


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_queued_unregistration_of_5_5_0_takes_a_later_registration_away() -> None:
    result = run_tlc("MCNameServer", "MCApache")
    assert (result.verdict, result.violated) == (Verdict.VIOLATED, "AcknowledgedEffect"), result.text


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("repair", REPAIRS)
def test_every_repair_is_needed(repair: str, tmp_path: Path) -> None:
    config, breaks = REPAIRS[repair]
    new = f"P <- {repair}"
    if repair in THEMES:
        new += f"\n  Theme <- {THEMES[repair]}"
    old = "P <- Strict\n  Theme <- Races" if repair in THEMES else "P <- Strict"
    result = run_with(config, old, new, tmp_path)
    assert result.verdict is Verdict.VIOLATED, result.text
    assert result.violated in breaks.split("|"), result.text


def test_every_repair_that_the_specification_can_turn_off_is_turned_off_here() -> None:
    text = (spec_folder() / "Repairs.tla").read_text(encoding="utf-8")
    assert set(re.findall(r"^(Without\w+) ==", text, re.MULTILINE)) == set(REPAIRS)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("replaced", CHECKS)
def test_every_check_of_a_repair_is_needed(replaced: str, tmp_path: Path) -> None:
    result = run_with("MCNameServer", "P <- Strict", f"P <- Strict\n  {replaced}", tmp_path)
    assert result.verdict is Verdict.VIOLATED, result.text
    assert result.violated in CHECKS[replaced].split("|"), result.text


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_specification_that_cannot_be_parsed_is_no_verdict() -> None:
    assert run_tlc("NoSuchModule", "MCNameServer").verdict is Verdict.UNKNOWN


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_run_that_does_not_end_in_time_is_no_verdict() -> None:
    assert run_tlc("MCNameServer", "MCNameServer", timeout_s=0.2).verdict is Verdict.UNKNOWN


def test_states_left_on_the_queue_are_no_verdict() -> None:
    said = (
        "Model checking completed. No error has been found.\n"
        "12 states generated, 3 distinct states found, {} states left on queue.\n"
    )
    assert read_result(said.format(0)).verdict is Verdict.HOLDS
    assert read_result(said.format(1)).verdict is Verdict.UNKNOWN


def test_a_jar_that_is_named_but_missing_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TLA2TOOLS_JAR", str(tmp_path / "absent.jar"))
    with pytest.raises(NotAvailable, match="absent"):
        find_tla2tools()
