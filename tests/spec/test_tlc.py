"""The specification under stock TLC: `strict` holds, each repair is needed, and the Python model has as many states."""

from pathlib import Path

import pytest

from namesrv.check.findings import Verdict
from namesrv.check.not_available import NotAvailable
from namesrv.check.tlc import find_tla2tools, read_result, run_tlc, spec_folder
from namesrv.check.tlc_scope import SCOPES, explore_scope

REPAIRS = {
    "atomic-requests": "RouteSoundness|AddressUniqueness|AcknowledgedEffect",
    "atomic-refusal": "ClusterAgreement|AtomicRefusal",
    "data-version-monotonic": "VersionMonotonicity",
    "one-place-per-address": "AddressUniqueness",
    "displaced-broker-leaves": "AddressUniqueness",
    "first-topics-replace": "SaidIsHeld",
    "unregister-checks-place": "RouteSoundness|AddressUniqueness|AcknowledgedEffect",
    "unregister-checks-connection": "AcknowledgedEffect",
    "close-removes-all": "AcknowledgedEffect",
    "same-version-puts-topics": "AcknowledgedEffect",
    "timestamp-breaks-tie": "VersionMonotonicity",
}
"""What breaks without each: whichever TLC's breadth-first search may come upon, `|` between them."""

SHOWN_BY = {
    "timestamp-breaks-tie": ("MCNameServer", "MCRestart"),
    "first-topics-replace": ("MCNameServerHistory", "MCSaid"),
}
"""Two DataVersions of one counter are only where a broker has counted anew; whose topics linger, only a memory tells."""


def without(config: str, repair: str) -> str:
    """The text of a .cfg file with one repair turned off."""
    rest = ", ".join(f'"{other}"' for other in REPAIRS if other != repair)
    assert "Repairs <- AllRepairs" in config
    return config.replace("Repairs <- AllRepairs", f"Repairs = {{{rest}}}")


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("config", SCOPES)
def test_strict_holds_with_as_many_states_as_the_python_model(config: str) -> None:
    result = run_tlc("MCNameServer", config)
    assert result.verdict is Verdict.HOLDS, result.text
    explored = explore_scope(SCOPES[config])
    assert (result.distinct_states, result.depth) == (explored.distinct, explored.depth)


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_what_is_said_is_held() -> None:
    result = run_tlc("MCNameServerHistory", "MCSaid")
    assert result.verdict is Verdict.HOLDS, result.text


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_without_same_version_puts_topics_what_is_said_is_not_held(tmp_path: Path) -> None:
    text = (spec_folder() / "MCSaid.cfg").read_text(encoding="utf-8")
    config = tmp_path / "without.cfg"
    config.write_text(without(text, "same-version-puts-topics"), encoding="utf-8")
    result = run_tlc("MCNameServerHistory", config)
    assert (result.verdict, result.violated) == (Verdict.VIOLATED, "SaidIsHeld"), result.text


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
    text = (spec_folder() / f"{config}.cfg").read_text(encoding="utf-8")
    guarded = tmp_path / "guarded.cfg"
    guarded.write_text(text[: text.index("PROPERTIES")] + f"PROPERTIES {never}\n", encoding="utf-8")
    result = run_tlc("MCNameServer", guarded)
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
    module, scope = SHOWN_BY.get(repair, ("MCNameServer", "MCNameServer"))
    text = without((spec_folder() / f"{scope}.cfg").read_text(encoding="utf-8"), repair)
    config = tmp_path / "without.cfg"
    config.write_text(text, encoding="utf-8")
    result = run_tlc(module, config)
    assert result.verdict is Verdict.VIOLATED, result.text
    assert result.violated in REPAIRS[repair].split("|"), result.text


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
