"""What differs between two profiles is found, not written down; the page is of today's profiles."""

from pathlib import Path

import attrs
import pytest

from namesrv.check.clauses.suite import SUITE
from namesrv.check.profile_differences import PAIRS, abouts, changed_fields, differences, shortest, written
from namesrv.model.profiles import PROFILES, Profile

PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"


def test_the_page_has_every_difference_of_each_release_to_the_next() -> None:
    told = PAGE.read_text()
    for before, after in PAIRS:
        for field in changed_fields(before, after):
            assert f"### {field}, {before.name} to {after.name}\n" in told


def test_every_field_says_what_it_is() -> None:
    assert {name for name, about in abouts().items() if about} >= {f.name for f in attrs.fields(Profile)} - {"name"}


def test_each_release_has_a_next_one() -> None:
    assert [before.name for before, _ in PAIRS] == [
        *("apache-4.9.7", "apache-5.1.4", "apache-5.3.3", "apache-5.4.0", "apache-5.5.0"),
    ]
    assert {name for pair in PAIRS for name in (pair[0].name, pair[1].name)} == set(PROFILES)


def test_a_difference_is_shown_by_a_case_that_has_no_step_too_many() -> None:
    before, after = PROFILES["apache-5.4.0"], PROFILES["apache-5.5.0"]
    about_it = [clause for clause in SUITE if clause.group == "query-data-version"]
    found = {each.field: each for each in differences(before, after, about_it)}
    shown = found["counter_is_int"].shown
    assert shown is not None
    assert "counter" in found["counter_is_int"].about
    assert [type(step).__name__ for step in shown.steps].count("Requests") == 1
    assert shown.finding.expected != (shown.finding.got,)
    assert found["mq_version"].shown is None


def test_where_nothing_differs_nothing_is_shown() -> None:
    profile = PROFILES["apache-5.5.0"]
    assert list(differences(profile, profile)) == []
    assert shortest(profile, profile, SUITE[:20]) is None


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (frozenset({"b", "a"}), "a, b"), (5, "5")])
def test_values_are_written_for_people(value: object, text: str) -> None:
    assert written(value) == text
