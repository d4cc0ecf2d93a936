"""When two states are the same to everybody: a value counts only where its table has the key."""

from collections.abc import Callable
from typing import Final

from namesrv.proofs.state import NAMESERVER, PENDING, State
from namesrv.proofs.universe import Term, conj, eq, imp

OF: Final = {
    "cluster_of": "entered",
    "acting": "entered",
    "zone_of": "entered",
    "config_of": "has_queue",
    "version_of": "live",
    "speaks": "live",
    "last_update": "live",
    "timeout": "live",
    "ha_of": "live",
    "partial": "live",
    "filters_of": "has_filters",
    "mapping_of": "has_mapping",
}
"""Which table says whether there is such a key."""


def alike(one: State, other: State, but: frozenset[str] = frozenset()) -> Term:
    """Whether nobody can tell them apart, whatever is asked and happens, these tables aside."""
    u = one.u

    def same(name: str, is_version: bool) -> Callable[..., Term]:
        here, there = getattr(one, name), getattr(other, name)
        if here is there:
            return lambda *_: conj()
        compared = u.same_version if is_version else eq
        if name not in OF:
            return lambda *keys: compared(here(*keys), there(*keys))
        present = getattr(one, OF[name])
        return lambda *keys: imp(present(*keys), compared(here(*keys), there(*keys)))

    tables = [table for table in (*NAMESERVER, *PENDING) if table.name not in but]
    return conj(*(u.forall(t.keys, same(t.name, t.result == "Version")) for t in tables))
