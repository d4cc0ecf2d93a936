"""Whether a system heals: agrees with sets of states computed straight from the rules; lassos are real."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namesrv.explore.liveness import Healing, Lasso, heals, is_good
from namesrv.explore.outcome import Options
from namesrv.explore.product import Invariant, Product, Rule, Stage, State, moves
from namesrv.explore.reference import search_plainly
from tests.explore.toys import Outcomes, products


def by_definition(product: Product, good: Invariant, fair: frozenset[str]) -> tuple[set[State], set[State]]:
    """(AG good, EF AG good), by the fixpoints that define them."""
    states = search_plainly(product).states
    after = {state: {move.after for move in moves(product, state) if move.rule in fair} for state in states}
    safe = {state for state in states if is_good([good], state)}
    while (kept := {state for state in safe if after[state] <= safe}) != safe:
        safe = kept
    healing = set(safe)
    while (more := {state for state in states if state in healing or after[state] & healing}) != healing:
        healing = more
    return safe, healing


def lasso_is_real(product: Product, lasso: Lasso, good: Invariant, fair: frozenset[str], healing: set[State]) -> None:
    at = product.initial
    for move in lasso.story:
        assert move in list(moves(product, at))
        at = move.after
    assert not is_good([good], at)
    assert at not in healing
    knot = at
    for move in lasso.loop:
        assert move.rule in fair
        assert move in list(moves(product, at))
        at = move.after
    assert at == knot
    if not lasso.loop:
        assert not [move for move in moves(product, at) if move.rule in fair]


def agrees(product: Product, fair: frozenset[str]) -> Healing:
    good = product.invariants[-1]
    safe, healing = by_definition(product, good, fair)
    told = heals(product, [good], fair)
    assert (told.safe, told.healing) == (len(safe), len(healing))
    assert (told.lasso is None) == (told.verdict == "holds") == (healing == search_plainly(product).states)
    if told.lasso is not None:
        lasso_is_real(product, told.lasso, good, fair, healing)
    return told


@settings(deadline=None, max_examples=150)
@given(products(), st.data())
def test_random_products_heal_as_the_definition_says(product: Product, data: st.DataObject) -> None:
    names = [rule.name for rule in product.rules]
    agrees(product, frozenset(data.draw(st.lists(st.sampled_from(names), unique=True))))


def machine(repair: bool, loop: bool = False) -> Product:
    """Works (0), breaks (1), may be repaired; or waits in turns (1, 2) for what never comes."""

    def breaks(local: tuple[int], told: None) -> Outcomes:
        if local[0] == 0:
            yield (1,), None

    def mends(local: tuple[int], told: None) -> Outcomes:
        if local[0] and repair:
            yield (0,), None

    def waits(local: tuple[int], told: None) -> Outcomes:
        if local[0] and loop:
            yield (3 - local[0],), None

    return Product(
        components=("machine",),
        initial=(0,),
        rules=tuple(Rule(act.__name__, (Stage((0,), act),)) for act in (breaks, mends, waits)),  # type: ignore[arg-type]
        invariants=(Invariant("works", (0,), lambda local: local[0] == 0),),
    )


def test_what_is_mended_heals_in_one_move() -> None:
    told = agrees(machine(repair=True), frozenset({"mends"}))
    assert (told.verdict, told.moves, told.safe, told.healing) == ("holds", 1, 1, 2)


def test_what_nobody_mends_stays_broken_for_good() -> None:
    told = agrees(machine(repair=False), frozenset({"mends"}))
    assert told.lasso is not None
    assert [move.rule for move in told.lasso.story] == ["breaks"]
    assert told.lasso.loop == ()


def test_what_only_waits_goes_round_and_round() -> None:
    told = agrees(machine(repair=False, loop=True), frozenset({"mends", "waits"}))
    assert told.lasso is not None
    assert [move.after for move in told.lasso.loop] == [(2,), (1,)]


def test_a_fault_that_counts_as_fair_keeps_it_from_being_safe() -> None:
    assert agrees(machine(repair=True), frozenset({"mends", "breaks"})).verdict == "violated"


def test_a_search_that_ends_early_leaves_it_unknown() -> None:
    told = heals(machine(repair=True), machine(True).invariants, {"mends"}, Options(max_states=0))
    assert told.verdict == "unknown"
    assert "expected at most 0" in told.reason


def test_a_rule_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="menders"):
        heals(machine(repair=True), machine(True).invariants, {"menders"})
