"""The symmetries of the system of registration are symmetries, and a search that uses them comes to the same verdicts."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs
import pytest

from namesrv.explore.outcome import Found, Options
from namesrv.explore.product import Product, State, Symmetry, moves
from namesrv.explore.reference import search_plainly
from namesrv.explore.registration import registration_system
from namesrv.explore.registration_symmetry import NotRenamed, Renaming, registration_symmetries, symmetric
from namesrv.explore.search import Search, search
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT, Profile
from namesrv.model.system.scope import Scope
from tests.explore.symmetric import complaints

CALM = frozenset({"break", "cut", "vanish", "restart", "timeout", "late"})
"""Without orderly shutdowns, which tell one NameServer after the other."""

BROKERS = Scope(brokers=2, names=2, versions=1, faults=1)
TOPICS = Scope(brokers=1, topics=2, versions=2, deletes=1, faults=0, forced=False)
NAMESRVS = Scope(brokers=1, namesrvs=2, versions=1, faults=1, kinds=CALM)
ALL = Scope(brokers=2, names=2, namesrvs=2, topics=2, versions=1, faults=0)
SCOPES = {"brokers": (BROKERS, 2), "topics": (TOPICS, 2), "NameServers": (NAMESRVS, 2), "all": (ALL, 8)}
each_scope = pytest.mark.parametrize(("scope", "order"), SCOPES.values(), ids=SCOPES)
each_profile = pytest.mark.parametrize(
    "profile", [STRICT, APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name
)

SAMPLE = 60


def system_of(scope: Scope, profile: Profile = STRICT) -> Product:
    return symmetric(registration_system(scope, profile), scope)


def some_states(product: Product, count: int = SAMPLE) -> list[State]:
    """From every level as many, of all that a search without symmetry meets first."""
    met = Search(product, Options(symmetry=False, all_violations=True, max_states=20_000))
    met.run()
    states = [state for level in met.levels for state in met.expander.states(level)]
    return Random(7).sample(states, min(count, len(states)))


@each_scope
@each_profile
def test_every_move_of_a_renamed_state_is_a_renamed_move(scope: Scope, order: int, profile: Profile) -> None:
    product = system_of(scope, profile)
    assert len(product.symmetries) == order - 1
    assert list(complaints(product, some_states(product))) == []


def wrong(product: Product, **changed: Any) -> Product:
    """With renamings that forget something."""
    renamings = {id(s): next(filter(None, s.relabel)) for s in product.symmetries}
    assert all(isinstance(renaming, Renaming) for renaming in renamings.values())
    forgetful = {key: attrs.evolve(renaming, **changed) for key, renaming in renamings.items()}  # type: ignore[type-var]
    symmetries = tuple(
        Symmetry(s.source, tuple(None if r is None else forgetful[id(s)] for r in s.relabel))
        for s in product.symmetries
    )
    return attrs.evolve(product, symmetries=symmetries)


@pytest.mark.parametrize(
    ("scope", "forgotten"),
    [
        (BROKERS, {"channels": {}}),
        (BROKERS, {"strings": {"a": "b", "b": "a"}}),
        (NAMESRVS, {"namesrvs": {}}),
        (attrs.evolve(TOPICS, versions=1), {"strings": {"t1": "t2"}}),
    ],
    ids=["connections", "addresses", "NameServers", "one way"],
)
def test_a_renaming_that_forgets_something_is_found_out(scope: Scope, forgotten: dict[str, Any]) -> None:
    product = wrong(system_of(scope), **forgotten)
    assert list(complaints(product, some_states(product)))


@pytest.mark.parametrize(
    ("scope", "as_if"),
    [
        (attrs.evolve(BROKERS, names=1), attrs.evolve(BROKERS, names=2)),
        (attrs.evolve(NAMESRVS, kinds=frozenset({"crash"})), NAMESRVS),
    ],
    ids=["brokers of one name", "NameServers that are told one after the other"],
)
def test_what_is_not_declared_would_be_wrong(scope: Scope, as_if: Scope) -> None:
    assert system_of(scope).symmetries == ()
    borrowed = registration_symmetries(registration_system(as_if, STRICT), as_if)
    product = attrs.evolve(registration_system(scope, STRICT), symmetries=borrowed)
    assert list(complaints(product, some_states(product)))


@each_scope
def test_there_are_as_many_states_as_orbits(scope: Scope, order: int) -> None:
    product = system_of(scope)
    plain = search_plainly(product)
    orbits = [
        {frozenset({state, *(symmetry.apply(state) for symmetry in product.symmetries)}) for state in level}
        for level in plain.levels
    ]
    found = search(product)
    assert found.levels == tuple(map(len, orbits))
    assert found.distinct < plain.distinct / 1.7


def names(found: Found) -> set[str]:
    return {violation.invariant for violation in found.violations}


MUTANTS = {
    "strict": STRICT,
    "5.5.0": APACHE_5_5_0,
    "4.9.7": APACHE_4_9_7,
    "an address may stand twice": attrs.evolve(STRICT, one_place_per_address=False),
    "same version, other topics": attrs.evolve(STRICT, same_version_puts_topics=False),
}


@pytest.mark.parametrize("profile", MUTANTS.values(), ids=MUTANTS)
@each_scope
def test_verdicts_and_broken_invariants_are_the_same(scope: Scope, order: int, profile: Profile) -> None:
    if profile in (APACHE_5_5_0, APACHE_4_9_7):  # their races make for many states
        scope = attrs.evolve(scope, deletes=0, kinds=frozenset({"break"}))
        scope = (
            attrs.evolve(scope, versions=2, faults=0) if scope == attrs.evolve(BROKERS, kinds=scope.kinds) else scope
        )
    product = system_of(scope, profile)
    less = search(product, Options(all_violations=True, through_broken=False))
    every = search(product, Options(all_violations=True, through_broken=False, symmetry=False))
    assert (less.verdict, names(less), less.depth) == (every.verdict, names(every), every.depth)
    assert less.distinct < every.distinct
    lengths = {violation.invariant: len(violation.story) for violation in every.violations}
    for violation in less.violations:
        assert len(violation.story) == lengths[violation.invariant]
        at = product.initial
        for move in violation.story:
            assert move in list(moves(product, at))
            at = move.after


def test_a_scope_with_parts_that_nobody_has_said_how_to_rename_has_no_symmetries() -> None:
    extended = attrs.make_class(
        "Extended", {"clients": attrs.field(default=0)}, bases=(Scope,), frozen=True, kw_only=True
    )
    system = registration_system(BROKERS, STRICT)
    same = attrs.asdict(BROKERS, recurse=False)
    assert len(registration_symmetries(system, extended(**same))) == 1
    assert registration_symmetries(system, extended(**same, clients=1)) == ()
    more = attrs.evolve(system, components=(*system.components, "client 1"))
    assert registration_symmetries(more, BROKERS) == ()


def test_a_number_that_nobody_has_said_how_to_rename_is_refused() -> None:
    spoken = attrs.make_class("Spoken", {"by": attrs.field(type="frozenset[Channel]")}, frozen=True)  # type: ignore[arg-type]
    renaming = Renaming(strings={}, channels={1: 2}, namesrvs={})
    with pytest.raises(NotRenamed, match=r"Spoken\.by"):
        renaming(spoken(frozenset({1})))
    with pytest.raises(NotRenamed, match="bytearray"):
        renaming((bytearray(b"a"),))


@pytest.mark.parametrize("scope", [Scope(brokers=8, names=8, topics=4), Scope(brokers=20, names=8)], ids=str)
def test_of_many_symmetries_a_few_are_used(scope: Scope) -> None:
    product = system_of(scope)
    assert len(product.symmetries) < 24
    for symmetry in product.symmetries:
        assert symmetry.apply(product.initial) == product.initial
