"""Plain search of a product: every move of every state, straight from the rules. What the fast search has to agree with."""

from __future__ import annotations

import attrs

from namesrv.explore.product import Product, State, broken, moves


@attrs.frozen(kw_only=True)
class Reference:
    """What a plain search has found. `levels`: the states first reached by as many moves as their position says.

    `generated`: successors met, the initial state counted as one. `stuck`: states without moves.
    """

    levels: tuple[frozenset[State], ...]
    generated: int
    stuck: frozenset[State]
    violated: dict[str, int]
    """The level of the first violation, by invariant."""

    @property
    def distinct(self) -> int:
        """How many states can be reached."""
        return sum(map(len, self.levels))

    @property
    def states(self) -> frozenset[State]:
        """All that can be reached."""
        return frozenset().union(*self.levels)


def search_plainly(product: Product, *, max_states: int = 200_000) -> Reference:
    """Every state that can be reached, level by level; symmetries are not used. Raises `ValueError` if they are too many."""
    seen = {product.initial}
    levels = [frozenset(seen)]
    generated = 1
    stuck: set[State] = set()
    violated = dict.fromkeys(broken(product, product.initial), 0)
    while levels[-1]:
        following: set[State] = set()
        for state in levels[-1]:
            alive = False
            for move in moves(product, state):
                generated += 1
                alive = True
                if move.after not in seen:
                    seen.add(move.after)
                    following.add(move.after)
            if not alive:
                stuck.add(state)
        if len(seen) > max_states:
            raise ValueError(f"plain search: expected at most {max_states} states, got more on level {len(levels)}")
        for state in following:
            for name in broken(product, state):
                violated.setdefault(name, len(levels))
        levels.append(frozenset(following))
    return Reference(levels=tuple(levels[:-1]), generated=generated, stuck=frozenset(stuck), violated=violated)
