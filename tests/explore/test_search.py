"""The fast search says what the plain one says."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from namesrv.explore.expansion import Expander
from namesrv.explore.outcome import DEADLOCK, Options, Progress, TooLarge, Violation
from namesrv.explore.product import Product, Said, State, broken, moves
from namesrv.explore.reference import search_plainly
from namesrv.explore.search import Search, search
from namesrv.explore.tables import Table
from tests.explore.toys import TOYS, Outcomes, fan_out, lossy_channel, products, twins, wide, wrapping_counter

ALL = Options(all_violations=True, symmetry=False, deadlock=True)


def agrees(product: Product) -> Search:
    """Compares everything that the two searches say of `product`."""
    plain = search_plainly(product)
    fast = Search(product, ALL)
    found = fast.run()
    assert found.generated == plain.generated
    assert [frozenset(fast.expander.states(level)) for level in fast.levels] == list(plain.levels)
    assert found.levels == tuple(map(len, plain.levels))
    assert found.distinct == plain.distinct
    shortest = dict(plain.violated)
    stuck = [at for at, level in enumerate(plain.levels) if level & plain.stuck]
    if stuck:
        shortest[DEADLOCK] = stuck[0]
    assert {each.invariant: len(each.story) for each in found.violations} == shortest
    for violation in found.violations:
        leads_there(product, violation)
    return fast


def leads_there(product: Product, violation: Violation) -> None:
    """Its story is made of moves of the product, and ends where the invariant is false."""
    at: State = product.initial
    for move in violation.story:
        assert move in list(moves(product, at))
        at = move.after
    assert violation.state == at
    if violation.invariant == DEADLOCK:
        assert not list(moves(product, at))
    else:
        assert violation.invariant in broken(product, at)


@pytest.mark.parametrize("name", TOYS)
def test_levels_counts_and_shortest_counterexamples_are_those_of_the_plain_search(name: str) -> None:
    agrees(TOYS[name])


@settings(deadline=None, max_examples=150)
@given(products())
def test_random_products_are_searched_as_the_plain_search_does(product: Product) -> None:
    agrees(product)


@pytest.mark.parametrize(("count", "words"), [(40, 2), (70, 3), (100, 4)])
def test_states_that_need_several_words_are_told_apart(count: int, words: int) -> None:
    assert agrees(wide(count)).expander.layout.words >= words


def test_every_act_is_called_once_for_each_combination() -> None:
    called: list[tuple[Any, Said]] = []
    product = attrs.evolve(lossy_channel(), invariants=())  # a story would call them again
    act = product.rules[0].stages[1].act

    def counted(local: Any, told: Said) -> Outcomes:
        called.append((local, told))
        yield from act(local, told)  # type: ignore[misc]

    object.__setattr__(product.rules[0].stages[1], "act", counted)
    search(product, Options())
    assert called
    assert len(set(called)) == len(called)


def test_a_table_that_forgets_what_it_is_told_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = Table.outcomes
    monkeypatch.setattr(Table, "outcomes", lambda self, columns, told: outcomes(self, columns, 0 * told))
    for product in (lossy_channel(), fan_out()):
        with pytest.raises((AssertionError, RuntimeError)):
            agrees(product)


def test_a_search_that_drops_outcomes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    successors = Expander.successors
    monkeypatch.setattr(
        Expander, "successors", lambda self, words, track: list(successors(self, words, track=track))[:1]
    )
    with pytest.raises(AssertionError):
        agrees(twins())


def test_the_search_ends_on_the_level_of_the_first_violation() -> None:
    found = search(wrapping_counter(size=100, forbidden=7))
    assert found.verdict == "violated"
    assert found.distinct == 8
    assert [move.after for move in found.violations[0].story] == [(n,) for n in range(1, 8)]


def test_a_violation_of_the_initial_state_has_an_empty_story() -> None:
    found = search(wrapping_counter(forbidden=0))
    assert found.violations == (Violation(invariant="small", state=(0,), story=()),)


def test_what_is_never_violated_holds() -> None:
    found = search(wrapping_counter(forbidden=99))
    assert (found.verdict, found.reason, found.depth) == ("holds", "", 10)


def test_too_many_states_make_the_verdict_unknown() -> None:
    product = wrapping_counter(size=1000, forbidden=-1)
    found = search(product, Options(max_states=100))
    assert found.verdict == "unknown"
    assert "expected at most 100" in found.reason
    assert found.distinct == 101


def test_too_little_memory_makes_the_verdict_unknown() -> None:
    found = search(twins(count=4, size=9), Options(max_bytes=1 << 20, symmetry=False))
    assert found.verdict == "unknown"
    assert "bytes of memory" in found.reason


def test_a_process_that_grows_too_large_makes_the_verdict_unknown() -> None:
    sizes = iter(range(0, 1000, 10))
    options = Options(max_bytes=1 << 30, memory=lambda: next(sizes) << 24)
    found = search(wrapping_counter(size=100, forbidden=-1), options)
    assert found.verdict == "unknown"
    assert found.reason == f"{70 << 24} bytes of memory, expected at most {1 << 30}"


def test_a_search_expected_to_be_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match="1000000 states"):
        search(wrapping_counter(), Options(expected=1_000_000, max_bytes=1 << 20))


def test_ctrl_c_makes_the_verdict_unknown_and_says_how_far_it_got() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.level == 4:
            raise KeyboardInterrupt

    found = search(wrapping_counter(size=100, forbidden=-1), Options(progress=interrupt))
    assert (found.verdict, found.reason, found.depth, found.distinct) == ("unknown", "interrupted", 5, 6)


def test_progress_counts_up_and_expects_an_end_when_levels_shrink() -> None:
    told: list[Progress] = []
    ticks = iter(range(10**6))
    found = search(
        twins(), Options(progress=told.append, symmetry=False, all_violations=True, clock=lambda: next(ticks))
    )
    assert [each.distinct for each in told] == sorted(each.distinct for each in told)
    assert told[-1].distinct == found.distinct
    assert told[0].expected is None
    assert any(each.expected is not None for each in told)
    assert found.seconds > 0
