"""A system as a search sees it: components that have local states, rules by which they change, and what must always hold.

A rule is a chain of stages. A stage looks at few components only and says in every way how they may go on, and what the next
stage is told. So a search may tabulate each stage: one call of the model for each combination of *local* states, however many
global states they occur in. Stages must be pure functions of their arguments, local states hashable and immutable.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final

import attrs

Local = Hashable
"""What one component is in."""

State = tuple[Local, ...]
"""What the system is in: a local state for each component."""

Said = Hashable
"""What one stage tells the next; the first is told `NOTHING`, what the last says is dropped."""

NOTHING: Final[Said] = None

Act = Callable[[Any, Any], Iterable[tuple[tuple[Local, ...], Said]]]
"""(local states of the components that it looks at, what it is told) to every (their local states after, what it says)."""


@attrs.frozen
class Stage:
    """`act` on the components `looks_at` (indices; none twice). Stages with the same `act` object may share one table."""

    looks_at: tuple[int, ...]
    act: Act


@attrs.frozen
class Rule:
    """One kind of thing that happens, all at once. A stage that yields nothing disables it."""

    name: str
    stages: tuple[Stage, ...]


@attrs.frozen
class Invariant:
    """`holds` of the local states of the components `looks_at`."""

    name: str
    looks_at: tuple[int, ...]
    holds: Callable[[tuple[Local, ...]], bool]


@attrs.frozen
class Symmetry:
    """A renaming that changes nothing: component `i` gets what `relabel[i]` makes of the local state of `source[i]`.

    `relabel[i]` is `None` where nothing has to be renamed. The symmetries of a product form a group, without the identity.
    """

    source: tuple[int, ...]
    relabel: tuple[Callable[[Local], Local] | None, ...]

    def apply(self, state: State) -> State:
        """The renamed state."""
        taken = (state[index] for index in self.source)
        return tuple(
            local if rename is None else rename(local) for local, rename in zip(taken, self.relabel, strict=True)
        )


@attrs.frozen(kw_only=True)
class Product:
    """The whole system. `components`: their names, for stories."""

    components: tuple[str, ...]
    initial: State
    rules: tuple[Rule, ...]
    invariants: tuple[Invariant, ...] = ()
    symmetries: tuple[Symmetry, ...] = ()


@attrs.frozen
class Move:
    """One rule, done. `said`: what each stage said, in order, for stories."""

    rule: str
    after: State
    said: tuple[Said, ...] = ()


def moves(product: Product, state: State) -> Iterator[Move]:
    """Everything that may happen in `state`, straight from the rules: what any faster search has to agree with."""
    for rule in product.rules:
        yield from moves_of(rule, state)


def moves_of(rule: Rule, state: State) -> Iterator[Move]:
    """Every way in which that rule may be done in `state`."""
    ways: list[tuple[State, tuple[Said, ...]]] = [(state, ())]
    for stage in rule.stages:
        following = []
        for at, said in ways:
            told = said[-1] if said else NOTHING
            for locals_after, says in stage.act(tuple(at[index] for index in stage.looks_at), told):
                after = list(at)
                for index, local in zip(stage.looks_at, locals_after, strict=True):
                    after[index] = local
                following.append((tuple(after), (*said, says)))
        ways = following
    for after_all, said in ways:
        yield Move(rule.name, after_all, said)


def broken(product: Product, state: State) -> tuple[str, ...]:
    """The names of the invariants that are false in `state`."""
    return tuple(
        invariant.name
        for invariant in product.invariants
        if not invariant.holds(tuple(state[index] for index in invariant.looks_at))
    )
