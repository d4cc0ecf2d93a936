"""The matrix of the proofs and the anomaly catalogue say the same of the releases."""

from functools import cache
from pathlib import Path

import attrs
import pytest

from namesrv.check.agreement import AFTER_ANOTHER, ASKED_ALONE, ASKED_OF, SPLIT, disagreements, rows_of, told
from namesrv.check.anomalies import Entry, catalogue
from namesrv.check.proof_page import marked_cells, reached_cells
from namesrv.model.profiles import DISTINCT_PROFILES
from namesrv.proofs import transitions_of

PAGE = Path(__file__).parents[2] / "docs" / "proofs.md"
RELEASES = ("apache-5.5.0", "apache-5.1.4", "apache-4.9.7")


@cache
def reached() -> dict[str, dict[tuple[str, str], bool]]:
    """What `docs/proofs.md` says; `tests/proofs/test_page.py` sees to it that it is of the present statement."""
    return reached_cells(PAGE.read_text(encoding="utf-8"))


@cache
def undecided() -> dict[str, dict[tuple[str, str], bool]]:
    """Where the page says that the search for a run was cut off."""
    return marked_cells(PAGE.read_text(encoding="utf-8"), "u")


def test_each_anomaly_is_a_refuted_cell_that_is_reached_and_each_such_cell_an_anomaly() -> None:
    assert disagreements(reached(), catalogue(), undecided=undecided()) == ()
    assert all(len(reached()[release]) + len(undecided()[release]) > 25 for release in RELEASES)
    assert reached()["strict"] == {}


def test_the_runs_to_the_cells_are_confirmed_by_model_and_server() -> None:
    assert "Contradictions" not in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("release", RELEASES)
def test_a_cell_that_is_dropped_is_found_out(release: str) -> None:
    entry = next(e for e in catalogue() if release in e.found and len(e.causes) == 1)
    invariant = min(entry.found[release].new)
    rows = rows_of(entry.causes, invariant)
    left = {cell: 0 for cell in reached()[release] if cell[0] not in rows}
    still_open = {cell for cell in undecided()[release] if cell[0] not in rows}
    said = disagreements({**reached(), release: left}, catalogue(), undecided={**undecided(), release: still_open})
    assert any(line.startswith(f"{entry.slug} breaks {invariant} in {release}") for line in said)


@pytest.mark.parametrize(
    ("release", "cell"),
    [
        ("apache-5.5.0", ("register_broker/topic-before-broker", "AtomicRefusal")),
        ("apache-5.5.0", ("register_broker/older-state-version", "RouteSoundness")),
        ("apache-4.9.7", ("scan_not_active_broker/scan-stopped", "LiveIsConnected")),
        ("apache-4.9.7", ("channel_destroy/found", "LiveIsConnected")),
    ],
)
def test_an_anomaly_that_is_dropped_is_found_out(release: str, cell: tuple[str, str]) -> None:
    def is_about(entry: Entry) -> bool:
        anomaly = entry.found.get(release)
        return anomaly is not None and cell[1] in anomaly.broken and cell[0] in rows_of(entry.causes, cell[1])

    left = [entry for entry in catalogue() if not is_about(entry)]
    assert len(left) < len(catalogue())
    said = disagreements({**reached(), release: {**reached()[release], cell: False}}, left)
    assert f"{cell[0]}, {cell[1]} in {release}: refuted and reached, and no anomaly is about it" in said


@pytest.mark.parametrize("reason", AFTER_ANOTHER, ids=" ".join)
def test_where_no_anomaly_can_be_something_else_is_broken_on_the_way(reason: tuple[str, str, str]) -> None:
    release, *cell = reason
    if (cell[0], cell[1]) in undecided()[release]:
        pytest.skip("the search for a run to it was cut off")
    assert reached()[release][cell[0], cell[1]]
    assert is_needed(reason)


def is_needed(reason: tuple[str, str, str]) -> bool:
    without = [other for other in AFTER_ANOTHER if other != reason]
    return disagreements(reached(), catalogue(), after_another=without, undecided=undecided()) != ()


def test_a_reason_that_nothing_needs_is_found_out() -> None:
    needless = ("apache-5.5.0", "register_broker/accepted", "AddressUniqueness")
    reasons = (*AFTER_ANOTHER, needless)
    still_open = {**undecided(), needless[0]: undecided()[needless[0]].keys() - {needless[1:]}}
    known = {**reached(), needless[0]: {**reached()[needless[0]], needless[1:]: False}}
    (said,) = disagreements(known, catalogue(), after_another=reasons, undecided=still_open)
    assert said.startswith("register_broker/accepted, AddressUniqueness in apache-5.5.0: a reason why")


def test_where_the_search_was_cut_off_there_may_be_an_anomaly_or_none() -> None:
    entry = next(e for e in catalogue() if "apache-5.5.0" in e.found and len(e.causes) == 1)
    invariant = min(entry.found["apache-5.5.0"].new)
    (row,) = rows_of(entry.causes, invariant)
    cells, none = {(row, invariant): False}, ("register_broker/accepted", "QueueSoundness")
    reasons = (("apache-5.5.0", *none),)
    alone = [attrs.evolve(entry, found={"apache-5.5.0": attrs.evolve(entry.found["apache-5.5.0"], new={invariant})})]
    said = [
        disagreements({"apache-5.5.0": known}, alone, after_another=reasons, undecided={"apache-5.5.0": left_open})
        for known, left_open in ((cells, {none}), ({}, {(row, invariant), none}), ({}, {none}), (cells, set()))
    ]
    assert [len(lines) for lines in said] == [0, 0, 1, 1]


def test_an_invariant_that_is_asked_alone_needs_that() -> None:
    assert set(ASKED_ALONE) == set(ASKED_OF)
    said = disagreements(reached(), catalogue(), asked_alone=frozenset(), undecided=undecided())
    assert {invariant for invariant in ASKED_ALONE for line in said if f" breaks {invariant} in " in line} == set(
        ASKED_ALONE
    )


def test_the_mapping_speaks_of_rows_that_there_are() -> None:
    rows = {t.name for profile in DISTINCT_PROFILES.values() for t in transitions_of(profile)}
    assert {row for told_of in (*SPLIT.values(), *ASKED_OF.values()) for row in told_of} <= rows


def test_the_page_tells_the_mapping() -> None:
    text, stamp = PAGE.read_text(encoding="utf-8").rsplit("\n\n", 1)
    assert text.endswith(told().rstrip("\n"))
    assert stamp.startswith("<!-- Made from")


def test_several_stories_of_one_cause_have_names_of_their_own() -> None:
    apart = [entry for entry in catalogue() if entry.apart]
    assert apart
    slugs = {entry.slug for entry in catalogue()}
    assert all(entry.slug.partition("!")[0] in slugs and entry.apart == entry.breaks for entry in apart)
