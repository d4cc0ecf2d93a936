"""Which clauses are asked for, and the lists of them."""

from collections.abc import Iterable, Iterator, Sequence

from namesrv.check.clauses.clause import Clause, Rule
from namesrv.model.profiles import PROFILES, Profile


def selected(clauses: Iterable[Clause], prefixes: Sequence[str]) -> tuple[Clause, ...]:
    """Those whose slug is one of `prefixes` or, if no slug is, begins with it; all without any, in their order.

    Raises `LookupError` with the first prefix that selects nothing.
    """
    every = tuple(clauses)
    if not prefixes:
        return every
    wanted: set[str] = set()
    for prefix in prefixes:
        slugs = {clause.slug for clause in every if clause.slug.startswith(prefix)}
        if not slugs:
            raise LookupError(prefix)
        wanted |= {prefix} if prefix in slugs else slugs
    return tuple(clause for clause in every if clause.slug in wanted)


def rules_of(clause: Clause, profile: Profile | None = None) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    """Each rule with the profiles that it is for, as far as there are any; only `profile`'s if one is named."""
    profiles = PROFILES.values() if profile is None else (profile,)
    for rule in clause.rules:
        names = tuple(each.name for each in profiles if clause.rule(each) is rule)
        if names:
            yield rule, names


def groups(clauses: Iterable[Clause]) -> dict[str, list[Clause]]:
    """By the request that they are about, in their order."""
    found: dict[str, list[Clause]] = {}
    for clause in clauses:
        found.setdefault(clause.group, []).append(clause)
    return found
