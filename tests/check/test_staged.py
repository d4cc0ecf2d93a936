"""Anomalies staged on NameServers: what the log's stalling and real time bring about on the real ones, and not on ours."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from namesrv.check import anomaly_page
from namesrv.check.anomalies import Entry, catalogue, digest
from namesrv.check.anomaly_page import page, unaccounted
from namesrv.check.embedded import Embedded
from namesrv.check.log_pipe import LogPipe
from namesrv.check.oracle import Oracle
from namesrv.check.reproduce import Outcome, takes_time
from namesrv.check.runner import Target
from namesrv.check.staged import in_time, staged
from namesrv.check.staging import STAGINGS, UNREACHED, staging_of
from namesrv.explore.catalogue import Anomaly
from namesrv.model.profiles import PROFILES
from namesrv.server import profiles

REPRODUCED = Path(__file__).parents[2] / "docs" / "reproduced"
RELEASES = ("apache-4.9.7", "apache-5.5.0")

RACE_4_9 = "close/removed-at-once+register/accepted/over-another-connection"
NULL_RACE = (
    "close/removed-at-once+register/accepted/address-under-another-name/connection-shared/no-brokername/over-another-connection"
    "/same-version"
)
RACE_5_5 = "close/removal-queued+register/accepted/over-another-connection+unregister/batch"
SCAN_5_5 = "close/removal-queued+register/accepted+scan/expired+unregister/batch"


def anomaly_called(slug: str) -> tuple[str, Anomaly]:
    """Its release, the newest that has it, and it."""
    entry = next(entry for entry in catalogue() if entry.slug == slug)
    return next(iter(entry.found.items()))


def tried() -> dict[str, dict[str, Any]]:
    """What `docs/reproduced` says, by profile and slug."""
    return {release: json.loads((REPRODUCED / f"{release}.json").read_bytes())["tried"] for release in RELEASES}


def of(release: str) -> list[Entry]:
    return [entry for entry in catalogue() if release in entry.found]


@pytest.mark.oracle
@pytest.mark.parametrize("slug", [RACE_4_9, RACE_5_5, SCAN_5_5])
def test_what_luck_does_not_bring_about_is_staged_on_the_real_one(slug: str, apache_namesrv: Any) -> None:
    release, anomaly = anomaly_called(slug)
    apache_namesrv(release)  # or there are no jars
    assert staged(PROFILES[release], anomaly, STAGINGS[slug]).outcome is Outcome.REPRODUCED


def test_a_story_with_a_scan_is_absent_from_strict_in_real_time(tmp_path: Path) -> None:
    _, anomaly = anomaly_called(SCAN_5_5)
    quick = {"scan_interval_ms": 500, "first_scan_ms": 500}
    profile = attrs.evolve(PROFILES["strict"], **quick)
    pipe = LogPipe(tmp_path / "pipe", tmp_path / "log")
    with Embedded(profile=attrs.evolve(profiles.STRICT, **quick)) as server:
        said = in_time(Target(host="127.0.0.1", port=server.port), pipe, profile, anomaly)
    pipe.close()
    assert said.outcome is Outcome.ABSENT, said


def test_each_staging_is_of_one_release_s_anomaly_and_what_is_unreached_of_one_that_is_found() -> None:
    for slug in STAGINGS:
        entry = next(entry for entry in catalogue() if entry.slug == slug)
        assert set(entry.found) in ({"apache-4.9.7"}, {"apache-5.5.0", "apache-5.1.4"})
    assert all(slug in {entry.slug for entry in of(release)} for release, slug in UNREACHED)


@pytest.mark.parametrize("release", RELEASES)
def test_every_anomaly_was_tried_on_the_real_one(release: str) -> None:
    assert set(tried()[release]) == {entry.slug for entry in of(release)}


def test_every_anomaly_is_reproduced_or_says_why_not() -> None:
    assert unaccounted(tried()) == []


def test_one_that_is_not_reproduced_and_says_nothing_is_found_out() -> None:
    rows = {SCAN_5_5: {"outcome": "otherwise", "attempts": 3}}
    assert unaccounted({"apache-5.5.0": rows}) == [f"{SCAN_5_5} on apache-5.5.0 is otherwise"]
    with pytest.raises(ValueError, match="that says why it can't be"):
        page([{"profile": "apache-5.5.0", "catalogue": digest(PROFILES["apache-5.5.0"]), "tried": rows}])


def test_a_reason_that_no_longer_holds_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    why = {("apache-5.5.0", SCAN_5_5): "It can't be."}
    monkeypatch.setattr(anomaly_page, "UNREACHED", why)
    rows: dict[str, Any] = {SCAN_5_5: {"outcome": "otherwise", "attempts": 3}}
    assert unaccounted({"apache-5.5.0": rows}) == []
    assert "On the real apache-5.5.0: otherwise (3 attempts). It can't be.\n" in page(
        [{"profile": "apache-5.5.0", "catalogue": digest(PROFILES["apache-5.5.0"]), "tried": rows}]
    )
    rows[SCAN_5_5]["outcome"] = "reproduced"
    assert unaccounted({"apache-5.5.0": rows}) == [f"{SCAN_5_5} on apache-5.5.0 is reproduced"]


def test_the_page_says_how_a_story_is_staged() -> None:
    rows = {SCAN_5_5: {"outcome": "reproduced", "attempts": 1}}
    text = page([{"profile": "apache-5.5.0", "catalogue": digest(PROFILES["apache-5.5.0"]), "tried": rows}])
    assert f"On the real apache-5.5.0: reproduced. Staged: {STAGINGS[SCAN_5_5].why}\n" in text


def test_only_stories_with_silence_take_real_time() -> None:
    assert {slug for slug in STAGINGS if not takes_time(anomaly_called(slug)[1])} == {RACE_4_9, NULL_RACE, RACE_5_5}


def test_several_stories_of_one_cause_are_staged_alike() -> None:
    slug = "scan/expired+scan/scan-stopped"
    assert staging_of(f"{slug}!queue-soundness") is staging_of(slug) is STAGINGS[slug]
    assert staging_of("register/accepted/same-version!version-coherence") is None


@pytest.mark.oracle
def test_an_oracle_whose_log_cannot_stall_says_so(apache_namesrv: Any) -> None:
    oracle: Oracle = apache_namesrv("apache-5.5.0")
    with pytest.raises(AssertionError, match="can't be made to stall"):
        _ = oracle.log_pipe
