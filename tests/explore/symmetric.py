"""Whether the symmetries of a product are symmetries: what a search that uses them relies on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from namesrv.explore.product import Product, State, broken, moves

COMPOSED = 50
"""So many states are renamed twice in every way."""


def complaints(product: Product, states: Iterable[State]) -> Iterator[str]:
    """What is wrong with the symmetries in these states; nothing if they are symmetries of the product there."""
    for number, symmetry in enumerate(product.symmetries):
        if symmetry.apply(product.initial) != product.initial:
            yield f"symmetry {number}: the initial state is another one"
    for number, state in enumerate(states):
        renamed = [symmetry.apply(state) for symmetry in product.symmetries]
        if number < COMPOSED:
            yield from _not_closed(product, state, renamed)
        after = [move.after for move in moves(product, state)]
        false = Counter(name.partition("@")[0] for name in broken(product, state))
        for index, (symmetry, other) in enumerate(zip(product.symmetries, renamed, strict=True)):
            if Counter(map(symmetry.apply, after)) != Counter(move.after for move in moves(product, other)):
                yield f"symmetry {index}: the moves of the renamed state are not the renamed moves: {state}"
            if Counter(name.partition("@")[0] for name in broken(product, other)) != false:
                yield f"symmetry {index}: other invariants are false in the renamed state: {state}"


def _not_closed(product: Product, state: State, renamed: list[State]) -> Iterator[str]:
    orbit = {state, *renamed}
    for index, symmetry in enumerate(product.symmetries):
        # Each maps the orbit of a state onto itself: so they are closed, and (the orbit being finite) have inverses.
        if {symmetry.apply(other) for other in orbit} != orbit:
            yield f"symmetry {index}: not a group, of {state}"
