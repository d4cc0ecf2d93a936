"""What an event brings: the fields of a request, read already, as in `namesrv.model.events`; and which way it goes."""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.proofs.universe import Term, Universe, conj, disj, imp, neg

SORTS: Final = {
    "cluster": "Cluster", "name": "Name", "addr": "Addr", "broker_id": "Id", "channel": "Channel", "now": "Int",
    "version": "Version", "timeout": "Int", "zone": "Value", "ha": "Value", "one_topic": "Topic",
    "filters": "Value", "other_addr": "Addr", "other_cluster": "Cluster",
    "other_name": "Name", "other_id": "Id", "found_addr": "Addr", "about": "Topic", "stop": "Int",
}  # fmt: skip
UNREGISTRATION: Final = ("Cluster", "Addr", "Name", "Bool")
"""What a queued unregistration is, for the relation: as in the table `queued`."""

FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "topic": (("Topic",), "Bool"), "config": (("Topic",), "Config"),
    "maps": (("Topic",), "Bool"), "mapped_name": (("Topic",), "Name"), "mapping": (("Topic",), "Value"),
    "listed": (("Name",), "Bool"), "rank": (("Name",), "Int"), "queue": (("Name",), "Config"),
    "done": (UNREGISTRATION, "Bool"), "kept": (UNREGISTRATION, "Bool"), "emptier": (("Name",), "Cluster"),
}  # fmt: skip
"""Parameters that are functions: their keys and their sort."""


def signature(field: str) -> tuple[tuple[str, ...], str]:
    """What a parameter is a function of, and its sort: a truth value unless told otherwise."""
    return FUNCTIONS.get(field, ((), SORTS.get(field, "Bool")))


@attrs.frozen(kw_only=True)
class Parameters:
    """One event's data. Constants, and functions: of a topic for what a body says of each, of a name, of an unregistration.

    `single`: the table of the body has exactly one entry, `one_topic`. `full`, `partial`: it says `fullBody=true`, `=false`.
    `thrown`: an exception ends 4.9.7's search.
    `absent_table`: it sent null for it. `again`: the same unregistration is queued once more. `about`: the topic that an
    administrator's request is about; `listed`: the names that it brings queues of (`queue`: each one's config), in the order of
    `rank`; `stops`: among them is a null, at the place `stop`. Of a batch that throws: `done`: what was done before; `kept`: what
    is queued afterwards (it was not in the batch, or is there twice); `emptier`: the cluster in the request that took a name's
    last address.
    """

    cluster: Term
    name: Term
    addr: Term
    broker_id: Term
    no_id: Term
    channel: Term
    now: Term
    version: Term
    crc32_matches: Term
    readable: Term
    has_timeout: Term
    timeout: Term
    has_acting: Term
    acting: Term
    zone: Term
    ha: Term
    full: Term
    partial: Term
    absent_table: Term
    single: Term
    one_topic: Term
    has_filters: Term
    no_filters: Term
    filters: Term
    oneway: Term
    overtaken: Term
    again: Term
    other_addr: Term
    other_cluster: Term
    other_name: Term
    found_addr: Term
    other_id: Term
    thrown: Term
    about: Term
    stops: Term
    stop: Term
    topic: Callable[..., Term]
    config: Callable[..., Term]
    maps: Callable[..., Term]
    mapped_name: Callable[..., Term]
    mapping: Callable[..., Term]
    listed: Callable[..., Term]
    rank: Callable[..., Term]
    queue: Callable[..., Term]
    done: Callable[..., Term]
    kept: Callable[..., Term]
    emptier: Callable[..., Term]

    @classmethod
    def numbered(cls, u: Universe, suffix: str) -> "Parameters":
        """Fresh ones, `suffix` behind their names."""
        values = {}
        for field in attrs.fields(cls):
            name = f"p_{field.name}_{suffix}"
            values[field.name] = (
                u.function(name, *signature(field.name))
                if field.name in FUNCTIONS
                else u.const(name, signature(field.name)[1])
            )
        return cls(**values)

    def well_formed(self, u: Universe) -> Term:
        """What is true of every event: one entry is one topic, no table has none, and a body is not both full and partial."""
        return conj(
            u.forall(("Topic",), lambda t: imp(self.single, self.topic(t) == (t == self.one_topic))),
            imp(self.absent_table, conj(neg(self.single), u.forall(("Topic",), lambda t: neg(self.topic(t))))),
            disj(neg(self.full), neg(self.partial)),
        )
