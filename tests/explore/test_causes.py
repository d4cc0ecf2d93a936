"""What breaks invariants, told apart by cause, and the first states of each kind."""

from __future__ import annotations

from collections.abc import Hashable

import attrs
from hypothesis import given, settings

from namesrv.explore.causes import CauseOf, Label, breaking_moves, first_of_each
from namesrv.explore.outcome import Options
from namesrv.explore.product import Product, Said, State, broken, moves
from namesrv.explore.reference import search_plainly
from tests.explore.toys import fan_out, lossy_channel, products, twins, wrapping_counter

PLAIN = Options(symmetry=False)


def breaks_of(product: Product, cause: CauseOf) -> dict[tuple[str, Hashable], int]:
    """By invariant and cause the least number of moves, the breaking one included; straight from the rules."""
    shortest: dict[tuple[str, Hashable], int] = {}
    for number, level in enumerate(search_plainly(product).levels):
        for state in level:
            before = set(broken(product, state))
            for move in moves(product, state):
                for invariant in set(broken(product, move.after)) - before:
                    shortest.setdefault((invariant, cause(move.rule, move.said)), number + 1)
    return shortest


def everything(rule: str, said: tuple[Said, ...]) -> Hashable:
    """Every rule, and whatever was said, is a cause of its own."""
    return rule, said


def only_the_rule(rule: str, said: tuple[Said, ...]) -> Hashable:
    """What was said makes no difference."""
    return rule


def agrees(product: Product, cause: CauseOf) -> None:
    found, breaks = breaking_moves(product, cause, PLAIN)
    assert found.distinct == search_plainly(product).distinct
    assert {(each.invariant, each.cause): len(each.story) for each in breaks} == breaks_of(product, cause)
    for each in breaks:
        at: State = product.initial
        for move in each.story:
            before = broken(product, at)
            assert move in list(moves(product, at))
            at = move.after
        assert each.invariant in broken(product, at)
        assert each.invariant not in before
        assert cause(each.story[-1].rule, each.story[-1].said) == each.cause


@settings(deadline=None, max_examples=100)
@given(products())
def test_every_break_is_found_by_its_shortest_story(product: Product) -> None:
    agrees(product, everything)
    agrees(product, only_the_rule)


def test_what_stages_say_tells_causes_apart() -> None:
    agrees(fan_out(), everything)
    agrees(lossy_channel(), everything)
    _, apart = breaking_moves(fan_out(), everything, PLAIN)
    _, together = breaking_moves(fan_out(), only_the_rule, PLAIN)
    assert len(apart) > len(together) == 1


def test_with_symmetry_the_shortest_break_is_as_short() -> None:
    product = twins(3, 3)
    found, breaks = breaking_moves(product, only_the_rule)
    assert found.distinct < search_plainly(product).distinct
    assert breaks
    assert len(breaks[0].story) == min(breaks_of(product, only_the_rule).values())
    for each in breaks:
        at = product.initial
        for move in each.story:
            assert move in list(moves(product, at))
            at = move.after
        assert broken(product, at)


def test_nothing_happens_in_broken_states_if_they_are_not_passed_through() -> None:
    product = wrapping_counter(size=10, forbidden=4)
    found, breaks = breaking_moves(product, only_the_rule, attrs.evolve(PLAIN, through_broken=False))
    assert found.distinct == 5
    assert [len(each.story) for each in breaks] == [4]


def test_stories_do_not_pass_through_broken_states_that_were_not_expanded() -> None:
    product = lossy_channel()
    _, breaks = breaking_moves(product, everything, attrs.evolve(PLAIN, through_broken=False))
    assert breaks
    for each in breaks:
        assert not any(broken(product, move.after) for move in each.story[:-1])


def test_the_first_state_of_each_label_is_as_near_as_can_be() -> None:
    product = lossy_channel()
    received = Label("received", (2,), lambda local: len(local[0]) or None)  # type: ignore[arg-type]
    both = Label("both", (0, 1), lambda local: (local[0], len(local[1])))  # type: ignore[arg-type]
    shortest: dict[tuple[str, Hashable], int] = {}
    for number, level in enumerate(search_plainly(product).levels):
        for state in level:
            for label in (received, both):
                value = label.of(tuple(state[index] for index in label.looks_at))
                if value is not None:
                    shortest.setdefault((label.name, value), number)
    _, firsts = first_of_each(product, [received, both], PLAIN)
    assert {(each.label, each.value): len(each.story) for each in firsts} == shortest
    labels = {"received": received, "both": both}
    for each in firsts:
        label = labels[each.label]
        assert label.of(tuple(each.state[index] for index in label.looks_at)) == each.value
