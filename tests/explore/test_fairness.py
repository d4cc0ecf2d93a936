"""Runs that are fair to rules: agrees with what weak and strong fairness mean, set of states by set of states."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from namesrv.explore import liveness
from namesrv.explore.components import NONE, components
from namesrv.explore.fairness import Fairness
from namesrv.explore.liveness import Lasso, heals, is_good
from namesrv.explore.product import Invariant, Product, Rule, Stage, State, moves
from namesrv.explore.reference import search_plainly
from tests.explore.toys import Outcomes, products

MOST = 9
"""States of a product of which all subsets are looked at."""


# Components -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))))
def test_nodes_have_one_label_if_and_only_if_each_leads_to_the_other(edges: list[tuple[int, int]]) -> None:
    size = 12
    leads = {(a, b) for a, b in edges}
    for middle in range(size):
        leads |= {(a, b) for a in range(size) for b in range(size) if (a, middle) in leads and (middle, b) in leads}
    source, target = (np.array([edge[at] for edge in edges], np.int64) for at in (0, 1))
    labels = components(size, source, target)
    for a in range(size):
        assert (labels[a] != NONE) == ((a, a) in leads)
        for b in range(size):
            together = (a, b) in leads and (b, a) in leads
            assert (labels[a] == labels[b] != NONE) == together


# By definition ----------------------------------------------------------------------------------------------------


def never_good(product: Product, good: Invariant, fair: frozenset[str], fairness: Fairness) -> bool:
    """Whether a fair run may end in a bad state, or meet exactly the states of some set, a bad one among them, for ever."""
    states = sorted(search_plainly(product).states, key=str)
    after = {state: [move for move in moves(product, state) if move.rule in fair] for state in states}
    if any(not after[state] and not is_good([good], state) for state in states):
        return True
    return any(
        _may_stay(set(chosen), after, good, fair, fairness)
        for size in range(1, len(states) + 1)
        for chosen in combinations(states, size)
    )


def _may_stay(chosen: set[State], after: dict, good: Invariant, fair: frozenset[str], fairness: Fairness) -> bool:  # type: ignore[type-arg]
    if all(is_good([good], state) for state in chosen):
        return False
    inside = {state: [move for move in after[state] if move.after in chosen] for state in chosen}
    for state in chosen:
        met: set[State] = set()
        frontier = [state]
        while frontier:
            frontier = [move.after for each in frontier for move in inside[each] if move.after not in met]
            met.update(frontier)
        if met != chosen:
            return False
    for rule in fair:
        enabled = [any(move.rule == rule for move in after[state]) for state in chosen]
        done = any(move.rule == rule for state in chosen for move in inside[state])
        if not done and (all(enabled) if fairness == "weak" else any(enabled)):
            return False
    return True


def is_fair(product: Product, lasso: Lasso, good: Invariant, fair: frozenset[str], fairness: Fairness) -> None:
    at = product.initial
    for move in lasso.story:
        assert move in list(moves(product, at))
        at = move.after
    assert not is_good([good], at)
    knot, enabled = at, []
    for move in lasso.loop:
        assert move.rule in fair
        assert move in list(moves(product, at))
        enabled.append({other.rule for other in moves(product, at)} & fair)
        at = move.after
    assert at == knot
    done = {move.rule for move in lasso.loop}
    if fairness == "weak":
        assert set.intersection(*enabled, set(fair)) <= done
    else:
        assert set.union(*enabled) <= done


@pytest.mark.parametrize("fairness", ["weak", "strong"])
@settings(deadline=None, max_examples=150)
@given(product=products(), data=st.data())
def test_random_products_are_judged_as_the_definition_says(
    fairness: Fairness, product: Product, data: st.DataObject
) -> None:
    assume(len(search_plainly(product).states) <= MOST)
    fair = frozenset(data.draw(st.lists(st.sampled_from([rule.name for rule in product.rules]), unique=True)))
    good = product.invariants[-1]
    told = heals(product, [good], fair, fairness=fairness)
    assert (told.verdict == "violated") == never_good(product, good, fair, fairness)
    if told.lasso is not None and told.lasso.loop and told.healing == told.found.distinct:
        is_fair(product, told.lasso, good, fair, fairness)


# Each fairness is more than the next ------------------------------------------------------------------------------


def door(opens_always: bool = False) -> Product:
    """Open and shut by turns (0, 1); who stands before it leaves for good (2) while it is open."""

    def turns(local: tuple[int], told: None) -> Outcomes:
        if local[0] < 2:
            yield (1 - local[0],), None

    def leaves(local: tuple[int], told: None) -> Outcomes:
        if local[0] == 0 or (opens_always and local[0] == 1):
            yield (2,), None

    return _toy(turns, leaves)


def coin() -> Product:
    """Is tossed again and again (0) until it shows heads (2)."""

    def tosses(local: tuple[int], told: None) -> Outcomes:
        if local[0] == 0:
            yield (0,), None
            yield (2,), None

    return _toy(tosses)


def _toy(*acts: object) -> Product:
    rules = tuple(Rule(act.__name__, (Stage((0,), act),)) for act in acts)  # type: ignore[attr-defined,arg-type]
    return Product(
        components=("toy",), initial=(0,), rules=rules, invariants=(Invariant("done", (0,), lambda at: at[0] == 2),)
    )


@pytest.mark.parametrize(
    ("product", "holds_under"),
    [(door(opens_always=True), ("moves", "strong", "weak")), (door(), ("moves", "strong")), (coin(), ("moves",))],
    ids=["a door that lets out at any time", "a door that is open by turns", "a coin"],
)
def test_what_a_run_has_to_be_fair_to_decides(product: Product, holds_under: tuple[str, ...]) -> None:
    rules = frozenset(rule.name for rule in product.rules)
    fairnesses: tuple[Fairness, ...] = ("moves", "strong", "weak")
    told = {fairness: heals(product, product.invariants, rules, fairness=fairness) for fairness in fairnesses}
    assert tuple(name for name, healing in told.items() if healing.verdict == "holds") == holds_under
    for name, healing in told.items():
        if healing.lasso is not None:
            is_fair(product, healing.lasso, product.invariants[0], rules, name)


def test_a_graph_too_large_for_memory_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "BYTES_PER_MOVE", 1 << 40)
    product = door()
    told = heals(product, product.invariants, {rule.name for rule in product.rules}, fairness="weak")
    assert told.verdict == "unknown"
    assert told.reason.startswith("fairness: ")
