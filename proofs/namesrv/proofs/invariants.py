"""The invariants of `docs/system.md` that are about one state, and what has to be known beside them to prove them.

Each is a predicate of a state, named as in `namesrv.model.invariants` and `.promises`; the strengthenings are ours. Four are
about a step (`STEP_INVARIANTS`).
"""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.profiles import ChannelDestroy, Profile, Unregistration
from namesrv.proofs.ledger import (
    holds_what_is_kept,
    in_force,
    looked_up_in,
    says_unchanged,
    stay_stands,
)
from namesrv.proofs.removal import key_cluster
from namesrv.proofs.state import NAMESERVER, PENDING, State
from namesrv.proofs.step import Step
from namesrv.proofs.universe import Term, conj, disj, eq, imp, neg


@attrs.frozen
class Invariant:
    """`says`: in a sentence. `is_strengthening`: it is there only so that others can be proved.

    `is_kept_by_releases`: of a strengthening, that the Apache profiles keep it too, so that it may be a hypothesis there.
    """

    name: str
    says: str
    holds: Callable[[State, Profile], Term]
    is_strengthening: bool = False
    is_kept_by_releases: bool = False

    def is_assumed(self, profile: Profile) -> bool:
        """Whether it is a hypothesis of that profile's proofs: of a release, no strengthening that the release breaks."""
        return not self.is_strengthening or self.is_kept_by_releases or profile.atomic_refusal


# Those of the tables ----------------------------------------------------------------------------------------------


def route_soundness(s: State, profile: Profile) -> Term:
    """`invariants.route_soundness`."""

    def shown(n: Term, i: Term, a: Term) -> Term:
        live = s.live(key_cluster(s, s.cluster_of(n), profile), a)
        return imp(conj(s.entered(n), s.holds(n, i, a)), live)

    return s.u.forall(("Name", "Id", "Addr"), shown)


def address_uniqueness(s: State, profile: Profile) -> Term:
    """`invariants.address_uniqueness`."""
    del profile

    def one_place(n: Term, i: Term, m: Term, j: Term, a: Term) -> Term:
        return imp(conj(s.holds(n, i, a), s.holds(m, j, a)), conj(n == m, i == j))

    return s.u.forall(("Name", "Id", "Name", "Id", "Addr"), one_place)


def cluster_agreement(s: State, profile: Profile) -> Term:
    """`invariants.cluster_agreement`."""
    del profile
    same = s.u.forall(("Cluster", "Name"), lambda c, n: s.in_cluster(c, n) == conj(s.entered(n), s.cluster_of(n) == c))
    some = s.u.forall(("Name",), lambda n: imp(s.entered(n), s.u.exists(("Id", "Addr"), lambda i, a: s.holds(n, i, a))))
    return conj(same, some)


def queue_soundness(s: State, profile: Profile) -> Term:
    """`invariants.queue_soundness`; that no topic is without queues is so by the relation's shape."""
    del profile
    return s.u.forall(("Topic", "Name"), lambda t, n: imp(s.has_queue(t, n), s.entered(n)))


def live_is_standing(s: State, profile: Profile) -> Term:
    """`promises.live_is_standing`."""
    del profile

    def stands(a: Term) -> Term:
        return s.u.exists(("Name", "Id"), lambda n, i: s.holds(n, i, a))

    return s.u.forall(("Cluster", "Addr"), lambda c, a: imp(s.live(c, a), stands(a)))


def live_is_connected(s: State, profile: Profile) -> Term:
    """`promises.live_is_connected`, whose NameServer is at rest: here, or a removal of the address is under way."""

    def removal_queued(c: Term, a: Term) -> Term:
        if profile.channel_destroy is ChannelDestroy.ONE_AT_ONCE:
            return s.found(a)
        if profile.unregistration is not Unregistration.QUEUED_BY_ADDR:
            return disj()
        return s.u.exists(("Name", "Bool"), lambda n, x: s.queued(c, a, n, x))

    return s.u.forall(
        ("Cluster", "Addr"),
        lambda c, a: imp(conj(s.live(c, a), s.closed(s.speaks(c, a))), removal_queued(c, a)),
    )


def nothing_left_over(s: State, profile: Profile) -> Term:
    """`promises.nothing_left_over`."""
    del profile
    filters = s.u.forall(("Cluster", "Addr"), lambda c, a: imp(s.has_filters(c, a), s.live(c, a)))
    mappings = s.u.forall(("Topic", "Name"), lambda t, n: imp(s.has_mapping(t, n), s.entered(n)))
    return conj(filters, mappings)


# Those of what was said -------------------------------------------------------------------------------------------


def acknowledged_effect(s: State, profile: Profile) -> Term:
    """`promises.acknowledged_effect`."""
    del profile
    return s.u.forall(("Addr",), lambda a: imp(conj(s.stays(a), s.promised(a)), in_force(s, a)))


def version_coherence(s: State, profile: Profile) -> Term:
    """`promises.version_coherence`."""

    def coherent(a: Term, c: Term) -> Term:
        key = key_cluster(s, s.stay_cluster(a), profile)
        unchanged = conj(s.stays(a), looked_up_in(s, a, key, c), says_unchanged(s, a, c, profile))
        topics = imp(s.stay_id(a) == 0, holds_what_is_kept(s, a, said=True))
        return imp(unchanged, conj(stay_stands(s, a), topics))

    return s.u.forall(("Addr", "Cluster"), coherent)


def topics_are_said(s: State, profile: Profile) -> Term:
    """`promises.topics_are_said`."""
    del profile

    def said(n: Term, m: Term, t: Term) -> Term:
        master = conj(
            s.entered(n), s.holds(n, s.u.integer(0), m), s.stays(m), stay_stands(s, m), neg(m == s.u.null("Addr"))
        )
        return imp(conj(master, s.has_queue(t, n)), disj(s.stay_topic(m, t), s.by_hand(t, n)))

    return s.u.forall(("Name", "Addr", "Topic"), said)


def wiped_is_read_only(s: State, profile: Profile) -> Term:
    """`promises.wiped_is_read_only`."""
    del profile

    def read_only(t: Term, n: Term) -> Term:
        return imp(conj(s.wiped(n), s.entered(n), s.has_queue(t, n)), s.u.wiped(s.config_of(t, n)) == s.config_of(t, n))

    return s.u.forall(("Topic", "Name"), read_only)


# Strengthenings ---------------------------------------------------------------------------------------------------


def one_holder(s: State, profile: Profile) -> Term:
    """The broker table is a map."""
    del profile
    return s.u.forall(
        ("Name", "Id", "Addr", "Addr"), lambda n, i, a, b: imp(conj(s.holds(n, i, a), s.holds(n, i, b)), a == b)
    )


def held_is_entered(s: State, profile: Profile) -> Term:
    """Ids are of entries of the broker table."""
    del profile
    return s.u.forall(("Name", "Id", "Addr"), lambda n, i, a: imp(s.holds(n, i, a), s.entered(n)))


def parts_are_there(s: State, profile: Profile) -> Term:
    """What stands has a name, an address and an id from 0 on."""
    del profile
    u = s.u

    def told(n: Term, i: Term, a: Term) -> Term:
        return imp(s.holds(n, i, a), conj(neg(u.missing("Name", n)), neg(u.missing("Addr", a)), i >= 0))

    return u.forall(("Name", "Id", "Addr"), told)


def stays_are_whole(s: State, profile: Profile) -> Term:
    """What was said has all its parts: what lacks one is refused, so no stay comes of it."""
    del profile
    u = s.u

    def whole(a: Term) -> Term:
        version = s.stay_version(a)
        place = conj(neg(u.missing("Cluster", s.stay_cluster(a))), neg(u.missing("Name", s.stay_name(a))))
        said = conj(neg(s.stay_topic(a, u.null("Topic"))), neg(s.stay_topic(a, u.empty("Topic"))))
        counted = conj(neg(u.is_null_version(version)), u.has_counter(version))
        return imp(s.stays(a), conj(place, neg(u.missing("Addr", a)), s.stay_id(a) >= 0, counted, said))

    return u.forall(("Addr",), whole)


def one_live_key(s: State, profile: Profile) -> Term:
    """An address is live in one cluster."""
    del profile
    return s.u.forall(("Cluster", "Cluster", "Addr"), lambda c, d, a: imp(conj(s.live(c, a), s.live(d, a)), c == d))


def live_as_said(s: State, profile: Profile) -> Term:
    """A live address stands where it said last, over the connection and with the version of that registration."""

    def told(c: Term, a: Term) -> Term:
        as_said = conj(
            s.stays(a),
            key_cluster(s, s.stay_cluster(a), profile) == c,
            stay_stands(s, a),
            s.speaks(c, a) == s.stay_channel(a),
            s.u.same_version(s.version_of(c, a), s.stay_version(a)),
            neg(s.u.is_null_version(s.version_of(c, a))),
            s.u.has_counter(s.version_of(c, a)),
        )
        return imp(s.live(c, a), as_said)

    return s.u.forall(("Cluster", "Addr"), told)


def said_is_kept(s: State, profile: Profile) -> Term:
    """What came with the present version is among what was said."""
    del profile
    return s.u.forall(("Addr", "Topic"), lambda a, t: imp(s.said(a, t), s.stay_topic(a, t)))


def said_is_held(s: State, profile: Profile) -> Term:
    """Of a live master, the tables hold every topic that it has said, as it was said last. (`SaidIsHeld` in `spec/`.)"""
    del profile

    def held(c: Term, a: Term) -> Term:
        return imp(conj(s.live(c, a), s.stay_id(a) == 0), holds_what_is_kept(s, a, said=False))

    return s.u.forall(("Cluster", "Addr"), held)


def wiped_is_remembered(s: State, profile: Profile) -> Term:
    """What an administrator has wiped is remembered; and what is remembered of a name that has a master was wiped."""
    del profile

    def known(n: Term) -> Term:
        master = s.u.exists(("Addr",), lambda m: s.holds(n, s.u.integer(0), m))
        return conj(
            imp(conj(s.wiped(n), s.entered(n)), s.write_wiped(n)), imp(conj(s.write_wiped(n), master), s.wiped(n))
        )

    return s.u.forall(("Name",), known)


def promised_is_connected(s: State, profile: Profile) -> Term:
    """Nothing is promised over a connection that is lost; and what has been dealt with is lost."""
    del profile
    promised = s.u.forall(("Addr",), lambda a: imp(conj(s.stays(a), s.promised(a)), neg(s.lost(s.stay_channel(a)))))
    closed = s.u.forall(("Channel",), lambda k: imp(s.closed(k), s.lost(k)))
    return conj(promised, closed)


INVARIANTS: Final = {
    i.name: i
    for i in (
        Invariant("RouteSoundness", "Every address that a route may show is live in that cluster.", route_soundness),
        Invariant("AddressUniqueness", "An address stands under one broker name and id.", address_uniqueness),
        Invariant(
            "ClusterAgreement",
            "Cluster and broker table name the same brokers; no name is without an address.",
            cluster_agreement,
        ),
        Invariant("QueueSoundness", "Queues are of brokers that are there.", queue_soundness),
        Invariant(
            "AcknowledgedEffect",
            "A registration answered SUCCESS is in force as long as it is promised.",
            acknowledged_effect,
        ),
        Invariant(
            "VersionCoherence",
            "What QUERY_DATA_VERSION calls unchanged is what the tables hold.",
            version_coherence,
        ),
        Invariant("LiveIsStanding", "Every live address stands somewhere.", live_is_standing),
        Invariant(
            "LiveIsConnected", "Every live address has a connection that is not known to be closed.", live_is_connected
        ),
        Invariant(
            "NothingLeftOver",
            "Filter servers are of live addresses, mappings of names that are there.",
            nothing_left_over,
        ),
        Invariant(
            "TopicsAreSaid",
            "The topics of a name that has a master were said by that master, or put by hand.",
            topics_are_said,
        ),
        Invariant(
            "WipedIsReadOnly",
            "A name whose write permission was wiped offers no queue for writing.",
            wiped_is_read_only,
        ),
        Invariant("OneHolder", "An id is held by one address.", one_holder, True, True),
        Invariant("HeldIsEntered", "Ids are of names that are entered.", held_is_entered, True, True),
        Invariant("PartsAreThere", "What stands has a name, an address, an id from 0 on.", parts_are_there, True),
        Invariant("StaysAreWhole", "What was said has all its parts.", stays_are_whole, True),
        Invariant("OneLiveKey", "An address is live in one cluster.", one_live_key, True),
        Invariant(
            "LiveAsSaid",
            "A live address stands where it said last, with that connection and version.",
            live_as_said,
            True,
        ),
        Invariant("SaidIsHeld", "Of a live master, every topic is held as it said it last.", said_is_held, True),
        Invariant("SaidIsKept", "What came with the present version is among what was said.", said_is_kept, True, True),
        Invariant(
            "PromisedIsConnected", "Nothing is promised over a connection that is lost.", promised_is_connected, True
        ),
        Invariant(
            "WipedIsRemembered",
            "A name is remembered as wiped while it is, its master there.",
            wiped_is_remembered,
            True,
        ),
    )
}
"""Of a state, the strengthenings behind the others."""


# Of a step --------------------------------------------------------------------------------------------------------


SIGNS_OF_LIFE: Final = frozenset({"last_update", "speaks"})
"""What a registration changes that says nothing new: `promises.without_signs_of_life`."""


def nothing_changed(before: State, after: State, but: frozenset[str] = frozenset()) -> Term:
    """Whether nothing of what a NameServer remembers has changed, but these tables."""
    u = before.u

    def same_in(name: str, is_version: bool) -> Callable[..., Term]:
        here, there = getattr(before, name), getattr(after, name)
        if here is there:
            return lambda *_: conj()
        compared = u.same_version if is_version else eq
        return lambda *keys: compared(here(*keys), there(*keys))

    tables = [table for table in (*NAMESERVER, *PENDING) if table.name not in but]
    return conj(*(u.forall(t.keys, same_in(t.name, t.result == "Version")) for t in tables))


STEP_INVARIANTS: Final = {
    "AtomicRefusal": "A request answered with an error has changed nothing.",
    "SkipSafety": "A master that is called unchanged and registers all the same changes nothing, signs of life aside.",
    "VersionMonotonicity": "A state that arrives late does not replace a newer one.",
    "HandGivesWay": "A topic that an administrator has changed is as its master says it, once that says it again.",
}
"""Of a step."""


def goal_of(invariant: str, before: State, step: Step, profile: Profile) -> Term | None:
    """What has to hold after the step; `None` if the invariant says nothing of such a step."""
    if invariant == "AtomicRefusal":
        return nothing_changed(before, step.after) if step.refused else None
    if invariant == "SkipSafety":
        if step.said_again is None:
            return None
        kept = disj() if step.refused else nothing_changed(before, step.after, SIGNS_OF_LIFE)
        return imp(step.said_again, kept)
    if invariant == "VersionMonotonicity":
        return None if step.went_back is None else neg(step.went_back)
    if invariant == "HandGivesWay":
        return None if step.hand_is_left is None else neg(step.hand_is_left)
    return INVARIANTS[invariant].holds(step.after, profile)
