"""docs/conformance.md is of the present clauses, and shows what it was made of."""

import json
from pathlib import Path

from bench.conformance import SUBJECTS, documents
from bench.conformance_page import MADE

from namesrv.check.clauses.clause_page import digest
from namesrv.check.clauses.suite import SUITE

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "conformance.md").read_text()


def test_what_was_seen_is_of_the_present_clauses() -> None:
    assert {document["clauses"] for document in documents()} == {digest(SUITE)}, f"run {MADE}"


def test_every_name_server_has_a_column_and_its_departures_are_told() -> None:
    for subject in SUBJECTS:
        document = json.loads((DOCS / "conformance" / f"{subject.name}.json").read_text())
        assert f"| {subject.title} |" in PAGE
        assert all(departure["slug"] in PAGE for departure in document["departures"])


def test_apaches_releases_and_our_server_depart_from_their_own_profiles_in_nothing() -> None:
    for subject in (each for each in SUBJECTS if not each.departs):
        document = json.loads((DOCS / "conformance" / f"{subject.name}.json").read_text())
        assert (document["departures"], document["unknown"], document["stopped"]) == ([], {}, "")
