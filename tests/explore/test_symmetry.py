"""With symmetry, one state stands for all that are the same but for a renaming."""

from __future__ import annotations

import attrs
import pytest

from namesrv.explore.outcome import Options
from namesrv.explore.product import Product, State, broken, moves
from namesrv.explore.reference import search_plainly
from namesrv.explore.search import Search
from tests.explore.toys import twins, wide


def orbit(product: Product, state: State) -> frozenset[State]:
    """The state, and what the symmetries make of it."""
    return frozenset({state, *(symmetry.apply(state) for symmetry in product.symmetries)})


def orbits_agree(product: Product) -> Search:
    """Compares the orbits that the fast search meets, level by level, with those of all states."""
    plain = search_plainly(product)
    fast = Search(product, Options(all_violations=True))
    fast.run()
    met = [[orbit(product, state) for state in fast.expander.states(level)] for level in fast.levels]
    assert [frozenset(level) for level in met] == [
        frozenset(orbit(product, state) for state in level) for level in plain.levels
    ]
    assert all(len(set(level)) == len(level) for level in met)
    return fast


@pytest.mark.parametrize(("count", "size"), [(2, 5), (3, 3), (3, 4), (4, 3)])
def test_every_orbit_is_met_once_and_on_its_level(count: int, size: int) -> None:
    fast = orbits_agree(twins(count, size))
    assert fast.distinct < len(search_plainly(twins(count, size)).states) / count * 1.2


def test_orbits_of_states_that_need_several_words_are_met_once() -> None:
    product = wide(40)
    swapped = (1, 0, *range(2, 41))
    symmetric = attrs.evolve(product, symmetries=(type(twins().symmetries[0])(swapped, (None,) * 41),))
    assert orbits_agree(symmetric).expander.layout.words > 1


def test_a_renaming_that_is_no_symmetry_is_found_out() -> None:
    product = twins(2, 4)
    swap = product.symmetries[0]
    wrong = attrs.evolve(product, symmetries=(attrs.evolve(swap, relabel=(lambda local: (0, local[1]),) * 2),))
    with pytest.raises((AssertionError, RuntimeError)):
        orbits_agree(wrong)


def test_a_counterexample_is_made_of_real_moves_and_ends_where_the_invariant_is_false() -> None:
    product = twins(3, 3)
    found = Search(product, Options()).run()
    (violation,) = found.violations
    at = product.initial
    for move in violation.story:
        assert move in list(moves(product, at))
        at = move.after
    assert violation.state == at
    assert violation.invariant in broken(product, at)
    assert len(violation.story) == search_plainly(product).violated[violation.invariant]
