"""Small products to search, and random ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from namesrv.explore.product import Act, Invariant, Local, Product, Rule, Said, Stage, Symmetry

Outcomes = Iterator[tuple[tuple[Any, ...], Any]]


def wrapping_counter(size: int = 10, forbidden: int = 7) -> Product:
    """One component that counts and starts again."""

    def count(local: Any, told: Said) -> Outcomes:
        yield ((local[0] + 1) % size,), None

    return Product(
        components=("counter",),
        initial=(0,),
        rules=(Rule("count", (Stage((0,), count),)),),
        invariants=(Invariant("small", (0,), lambda local: local[0] != forbidden),),
    )


def lossy_channel(messages: int = 3, room: int = 2) -> Product:
    """A sender numbers its messages, a channel loses and keeps them in order, a receiver misses some."""

    def send(local: Any, told: Said) -> Outcomes:
        if local[0] < messages:
            yield (local[0] + 1,), local[0]

    def enter(local: Any, told: Any) -> Outcomes:
        if len(local[0]) < room:
            yield ((*local[0], told),), "queued"
        yield (local[0],), "lost"

    def leave(local: Any, told: Said) -> Outcomes:
        if local[0]:
            yield (local[0][1:],), local[0][0]

    def receive(local: Any, told: Any) -> Outcomes:
        yield ((*local[0], told),), None

    return Product(
        components=("sender", "channel", "receiver"),
        initial=(0, (), ()),
        rules=(
            Rule("send", (Stage((0,), send), Stage((1,), enter))),
            Rule("deliver", (Stage((1,), leave), Stage((2,), receive))),
        ),
        invariants=(
            Invariant("nothing is missing", (2,), lambda local: local[0] == tuple(range(len(local[0])))),
            Invariant("received after sent", (0, 2), lambda local: all(each < local[0] for each in local[1])),
        ),
    )


def fan_out(size: int = 5) -> Product:
    """Three stages, of which the first two say several things each; the last adds up what it is told."""

    def first(local: Any, told: Said) -> Outcomes:
        for said in range(local[0] + 1):
            yield ((local[0] + 1) % size,), said

    def second(local: Any, told: Any) -> Outcomes:
        for factor in (1, 2):
            yield (told,), told * factor

    def third(local: Any, told: Any) -> Outcomes:
        if told != size:
            yield (local[1] % size, (local[0] + told) % size), None

    return Product(
        components=("a", "b", "c"),
        initial=(0, 0, 0),
        rules=(Rule("all", (Stage((0,), first), Stage((1,), second), Stage((2, 0), third))),),
        invariants=(Invariant("not three", (2,), lambda local: local != (3,)),),
    )


def twins(count: int = 3, size: int = 4) -> Product:
    """Alike components, each with a number and the index of the one that it likes; liking turns with every step."""

    def step(local: Any, told: Said) -> Outcomes:
        number, likes = local[0]
        if number + 1 < size:
            yield ((number + 1, likes),), None
        yield ((number, (likes + 1) % count),), None

    def renamed(permutation: tuple[int, ...]) -> Symmetry:
        # Component i gets the state of the one that is renamed to i, and what it likes is renamed too.
        source = tuple(permutation.index(index) for index in range(count))
        return Symmetry(source, tuple(lambda local: (local[0], permutation[local[1]]) for _ in range(count)))

    turns = [tuple((index + by) % count for index in range(count)) for by in range(1, count)]
    return Product(
        components=tuple(f"twin {index}" for index in range(count)),
        initial=tuple((0, index) for index in range(count)),
        rules=tuple(Rule(f"step {index}", (Stage((index,), step),)) for index in range(count)),
        invariants=(
            Invariant("not all high", tuple(range(count)), lambda local: sum(n for n, _ in local) < 3 * (size - 1)),
        ),
        symmetries=tuple(renamed(turn) for turn in turns),
    )


def wide(count: int, budget: int = 2) -> Product:
    """More components than fit into one word; only so many steps may be made."""

    def step(local: Any, told: Said) -> Outcomes:
        number, left = local
        if left:
            yield (number * 7 + 1, left - 1), None
            yield (number, left - 1), "nothing"

    return Product(
        components=(*(f"c{index}" for index in range(count)), "budget"),
        initial=(*[0] * count, budget),
        rules=tuple(Rule(f"step {index}", (Stage((index, count), step),)) for index in range(count)),
        invariants=(Invariant("no two steps", (count - 1,), lambda local: local[0] < 8),),
    )


TOYS = {
    "counter": wrapping_counter(),
    "channel": lossy_channel(),
    "fan-out": fan_out(),
    "twins": twins(),
}


@st.composite
def products(draw: st.DrawFn) -> Product:
    """Random products: acts are random tables, over few local states; some share acts, some stages are told things."""
    count = draw(st.integers(1, 4), label="components")
    size = draw(st.integers(1, 5), label="local states")
    acts = [_random_act(draw, draw(st.integers(1, min(2, count))), size) for _ in range(draw(st.integers(1, 4)))]
    rules = []
    for number in range(draw(st.integers(1, 4), label="rules")):
        stages = []
        for arity, act in draw(st.lists(st.sampled_from(acts), min_size=1, max_size=3)):
            looks_at = draw(st.permutations(range(count)))[:arity]
            stages.append(Stage(tuple(looks_at), act))
        rules.append(Rule(f"rule {number}", tuple(stages)))
    bad = draw(st.frozensets(st.tuples(*[st.integers(0, size - 1)] * count), max_size=4))
    narrow = draw(st.frozensets(st.integers(0, size - 1), max_size=2))
    return Product(
        components=tuple(f"c{index}" for index in range(count)),
        initial=(0,) * count,
        rules=tuple(rules),
        invariants=(
            Invariant("not bad", tuple(range(count)), lambda local: local not in bad),
            Invariant("not narrow", (count - 1,), lambda local: local[0] not in narrow),
        ),
    )


def _random_act(draw: st.DrawFn, arity: int, size: int) -> tuple[int, Act]:
    outcome = st.tuples(st.tuples(*[st.integers(0, size - 1)] * arity), st.sampled_from(["x", "y", None]))
    rows = draw(st.lists(st.lists(outcome, max_size=3), min_size=1, max_size=8))

    def act(local: tuple[Local, ...], told: Said) -> list[tuple[tuple[Local, ...], Said]]:
        place = sum(number * (size**at) for at, number in enumerate(local)) * 3  # type: ignore[operator]
        return list(rows[(place + ["x", "y", None].index(told)) % len(rows)])  # type: ignore[arg-type]

    return arity, act
