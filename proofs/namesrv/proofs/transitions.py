"""The transitions, one relation each, with the profile's fields as parameters. Names as in the specification.

Source: `docs/strict.md`; `RouteInfoManager.registerBroker`, `.unRegisterBroker`, `.onChannelDestroy`, 5.5.0.
What is left out, so that nobody takes more from a proof than there is in it: topics, versions, several clusters, time (an expiry
may come at any moment).
"""

from collections.abc import Callable
from typing import Final

import z3

from namesrv.model.profiles import ChannelDestroy, Profile, TopicBeforeBroker, Unregistration
from namesrv.proofs.relation import (
    B,
    J,
    M,
    Parameters,
    State,
    entered_becomes,
    holds_becomes,
    live_becomes,
    queued_becomes,
    same,
)

Transition = Callable[[State, State, Parameters, Profile], z3.BoolRef]


def register_broker_accepted(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """The address takes its place."""
    here = z3.And(p.name == M, p.broker_id == J)
    if profile.one_place_per_address:
        leaves = p.addr == B
        known = z3.Or(p.name == M, z3.And(pre.entered(M), post.has_address(M)))
        clustered = z3.Or(p.name == M, z3.And(pre.in_cluster(M), post.has_address(M)))
    else:
        leaves = z3.And(p.name == M, p.addr == B)
        known, clustered = z3.Or(p.name == M, pre.entered(M)), z3.Or(p.name == M, pre.in_cluster(M))
    displaced = pre.holds(p.name, p.broker_id, B) if profile.displaced_broker_leaves else z3.BoolVal(False)
    stands = _stands(pre, p, profile)
    return z3.And(
        z3.Implies(p.single, stands),
        holds_becomes(post, z3.Or(z3.And(here, p.addr == B), z3.And(pre.holds(M, J, B), z3.Not(here), z3.Not(leaves)))),
        entered_becomes(post, known, clustered),
        live_becomes(post, z3.Or(p.addr == B, z3.And(pre.live(B), z3.Not(displaced)))),
        z3.ForAll([B], post.channel(B) == z3.If(p.addr == B, p.channel, pre.channel(B))),
        same(pre, post, "queued"),
    )


def _stands(pre: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """Whether one topic alone may be registered: the address is there, or (5.5.0) the id is held by whomever."""
    if profile.topic_before_broker is TopicBeforeBroker.REFUSED:
        return pre.holds(p.name, p.broker_id, p.addr)
    return z3.Exists([B], pre.holds(p.name, p.broker_id, B))


def register_broker_refused(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """One topic of a broker that is not there: strict changes nothing, 5.5.0 has entered the name by then."""
    refused = z3.And(p.single, z3.Not(_stands(pre, p, profile)))
    if profile.atomic_refusal:
        return z3.And(refused, same(pre, post, "holds", "names", "live", "channel", "queued"))
    other_id = z3.And(p.name == M, p.addr == B, p.broker_id != J)
    return z3.And(
        refused,
        holds_becomes(post, z3.And(pre.holds(M, J, B), z3.Not(other_id))),
        entered_becomes(post, z3.Or(pre.entered(M), p.name == M), z3.Or(pre.in_cluster(M), p.name == M)),
        same(pre, post, "live", "channel", "queued"),
    )


def _removed(pre: State, post: State, gone: z3.BoolRef) -> z3.BoolRef:
    """Repaired: the addresses B for which `gone` is true leave, and names without addresses too."""
    return z3.And(
        holds_becomes(post, z3.And(pre.holds(M, J, B), z3.Not(gone))),
        entered_becomes(
            post, z3.And(pre.entered(M), post.has_address(M)), z3.And(pre.in_cluster(M), post.has_address(M))
        ),
        live_becomes(post, z3.And(pre.live(B), z3.Not(gone))),
        same(pre, post, "channel", "queued"),
    )


def _queued(pre: State, post: State, p: Parameters) -> z3.BoolRef:
    return z3.And(
        queued_becomes(post, z3.Or(pre.queued(B, M), z3.And(p.addr == B, p.name == M))),
        same(pre, post, "holds", "names", "live", "channel"),
    )


def unregister_broker(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """Strict removes what the sender speaks for; 5.5.0 queues whatever it is told."""
    if profile.unregistration is Unregistration.QUEUED_BY_ADDR:
        return _queued(pre, post, p)
    own = z3.And(pre.live(p.addr), pre.holds(p.name, p.broker_id, p.addr), pre.channel(p.addr) == p.channel)
    unchanged = same(pre, post, "holds", "names", "live", "channel", "queued")
    return z3.If(own, _removed(pre, post, p.addr == B), unchanged)


def run_unregistration(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """5.5.0: one queued unregistration is worked off."""
    if profile.unregistration is not Unregistration.QUEUED_BY_ADDR:
        return z3.BoolVal(False)
    emptied = z3.And(p.name == M, pre.entered(M), z3.Not(post.has_address(M)))
    return z3.And(
        pre.queued(p.addr, p.name),
        holds_becomes(post, z3.And(pre.holds(M, J, B), z3.Not(z3.And(p.name == M, p.addr == B)))),
        entered_becomes(post, z3.And(pre.entered(M), z3.Not(emptied)), z3.And(pre.in_cluster(M), z3.Not(emptied))),
        live_becomes(post, z3.And(pre.live(B), p.addr != B)),
        queued_becomes(post, z3.And(pre.queued(B, M), z3.Not(z3.And(p.addr == B, p.name == M)))),
        same(pre, post, "channel"),
    )


def channel_destroyed(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """Strict removes all that the connection speaks for; 5.5.0 queues one of them, at its place."""
    if profile.channel_destroy is ChannelDestroy.ALL_AT_ONCE:
        return _removed(pre, post, z3.And(pre.live(B), pre.channel(B) == p.channel))
    spoken = z3.And(pre.live(p.addr), pre.channel(p.addr) == p.channel, pre.holds(p.name, p.broker_id, p.addr))
    return z3.And(spoken, _queued(pre, post, p))


def expire(pre: State, post: State, p: Parameters, profile: Profile) -> z3.BoolRef:
    """A live address has been silent for too long: strict removes it, 5.5.0 queues it."""
    if profile.channel_destroy is ChannelDestroy.ALL_AT_ONCE:
        return z3.And(pre.live(p.addr), _removed(pre, post, p.addr == B))
    return z3.And(pre.live(p.addr), pre.holds(p.name, p.broker_id, p.addr), _queued(pre, post, p))


TRANSITIONS: Final[dict[str, Transition]] = {
    "RegisterBrokerAccepted": register_broker_accepted,
    "RegisterBrokerRefused": register_broker_refused,
    "UnregisterBroker": unregister_broker,
    "RunUnregistration": run_unregistration,
    "ChannelDestroyed": channel_destroyed,
    "Expire": expire,
}
"""All of them, by name."""


def initial(state: State) -> z3.BoolRef:
    """A NameServer that has just started knows nobody."""
    return z3.And(
        holds_becomes(state, z3.BoolVal(False)),
        entered_becomes(state, z3.BoolVal(False), z3.BoolVal(False)),
        live_becomes(state, z3.BoolVal(False)),
        queued_becomes(state, z3.BoolVal(False)),
    )
