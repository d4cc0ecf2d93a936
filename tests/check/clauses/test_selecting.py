"""Which clauses a prefix selects, and which rule is for whom."""

import attrs
import pytest

from namesrv.check.clauses.selecting import groups, rules_of, selected
from namesrv.model.profiles import APACHE_4_9_7, STRICT
from tests.check.clauses.small import LEAVES, NO_ROUTE, OLDER, SMALL, TELLS_ROUTE, UNCHANGED


def test_without_a_prefix_all_are_selected_in_their_order() -> None:
    assert selected(SMALL, ()) == SMALL


def test_a_prefix_selects_what_begins_with_it_in_the_order_of_the_suite() -> None:
    assert selected(SMALL, ("unregister", "query-data-version/")) == (UNCHANGED, LEAVES)


def test_a_whole_slug_selects_only_its_own_clause() -> None:
    longer = attrs.evolve(NO_ROUTE, slug=f"{NO_ROUTE.slug}-at-all")
    clauses = (*SMALL, longer)
    assert selected(clauses, (NO_ROUTE.slug,)) == (NO_ROUTE,)
    assert selected(clauses, (NO_ROUTE.slug[:-1],)) == (NO_ROUTE, longer)


@pytest.mark.parametrize("prefixes", [("no-such",), ("unregister", "no-such")])
def test_a_prefix_that_selects_nothing_is_an_error(prefixes: tuple[str, ...]) -> None:
    with pytest.raises(LookupError, match="no-such"):
        selected(SMALL, prefixes)


def test_a_rule_is_told_with_the_profiles_that_it_is_for() -> None:
    refused, ignored = rules_of(OLDER)
    assert refused[1] == ("strict",)
    assert "apache-5.5.0" in ignored[1] and "apache-4.9.7" not in ignored[1]
    assert list(rules_of(OLDER, STRICT)) == [(OLDER.rules[0], ("strict",))]
    assert list(rules_of(OLDER, APACHE_4_9_7)) == []


def test_groups_keep_the_order_of_the_suite() -> None:
    found = groups(SMALL)
    assert next(iter(found)) == TELLS_ROUTE.group
    assert [clause for members in found.values() for clause in members if clause.group == "register-broker"] == [
        clause for clause in SMALL if clause.group == "register-broker"
    ]
