"""Every row of the model's transition tables is reached by a vector, or listed with the reason why it can't be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import namesrv.model.events
from namesrv.check.vectors.rows import ROWS, TABLES, UNREACHED, row, unreached
from namesrv.model.events import Applied
from namesrv.model.profiles import PROFILES
from tests.check.vectors.conftest import Made

NAMED_BY = {"cause", "Applied", "Rule", "noticed", "_registered", "_put"}
"""Calls of the model that name a row: their arguments are a table and a rule, or a rule."""


def strings_of_the_model() -> Iterator[str]:
    """Every string that stands in a call that names a row, or in a tuple or comparison beside a state."""
    folder = Path(namesrv.model.events.__file__).parent
    for path in folder.glob("*.py"):
        if path.name.startswith(("broker", "client", "need_register", "publish_info", "circumstances")):
            continue  # those are the models of brokers and clients
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMED_BY:
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                yield from (arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def test_every_rule_that_the_model_names_is_listed() -> None:
    listed = set(TABLES) | {rule for rules in TABLES.values() for rule in rules}
    named = set(strings_of_the_model())
    assert len(named) >= 50
    assert named <= listed


def test_every_table_of_the_list_is_named_in_the_model() -> None:
    assert set(TABLES) <= set(strings_of_the_model())


def test_a_row_that_is_not_listed_is_told() -> None:
    with pytest.raises(ValueError, match="register_broker/new-rule"):
        row(Applied(table="register_broker", rule="new-rule"))


def test_only_rows_are_said_to_be_out_of_reach() -> None:
    assert {name for each in UNREACHED for name in each.rows} <= set(ROWS)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_row_is_reached_or_listed_with_a_reason(profile: str, made: Made) -> None:
    vectors = made(profile, 0)
    assert vectors.missing == ()
    assert set(vectors.reached) | set(unreached(PROFILES[profile])) == set(ROWS)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_vector_reaches_a_row_that_is_said_to_be_out_of_reach(profile: str, made: Made) -> None:
    assert made(profile, 0).reached_after_all == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_reason_is_of_use_to_some_profile(profile: str) -> None:
    assert any(each.of(PROFILES[profile]) for each in UNREACHED)
    assert all(any(each.of(known) for known in PROFILES.values()) for each in UNREACHED)
