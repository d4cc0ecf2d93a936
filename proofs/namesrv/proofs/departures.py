"""UNREGISTER_BROKER (104), closed connections, the scan, and 5.5.0's queue. Rows as `namesrv.model.requests`, `.departures`.

Atomic: a request, a close, one expired entry of a scan (`strict`: all of them), one queued unregistration: a batch of several is
worked on under one lock, so what is in between no request sees. Cut: 4.9.7's close where it drops the read lock (what was found
is removed later), the end of a connection from its being dealt with, 5.5.0's queue from its batch.
"""

from collections.abc import Callable
from typing import Final

from namesrv.model.profiles import ChannelDestroy, Profile, Unregistration
from namesrv.proofs.ledger import release, unregistered
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.registrations import may_speak
from namesrv.proofs.removal import (
    drop_id,
    key_cluster,
    remove_everywhere,
    remove_live,
    remove_places,
    unregister,
    unregister_by_id,
)
from namesrv.proofs.state import State, one_of
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, disj, ite, neg

LONG_RANGE: Final = 1 << 64

# UNREGISTER_BROKER ------------------------------------------------------------------------------------------------


def _unregister_checked(rule: str) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        if profile.unregistration is not Unregistration.AT_ONCE_CHECKED:
            return None
        u = s.u
        missing = disj(u.missing("Cluster", p.cluster), u.missing("Name", p.name), u.missing("Addr", p.addr), p.no_id)
        live = s.live(p.cluster, p.addr)
        there = conj(s.entered(p.name), s.holds(p.name, p.broker_id, p.addr))
        own = s.speaks(p.cluster, p.addr) == p.channel
        guards = {
            "part-missing": missing,
            "not-live": conj(neg(missing), neg(live)),
            "another-place": conj(neg(missing), live, neg(there)),
            "another-connection": conj(neg(missing), live, there, neg(own)),
            "accepted": conj(neg(missing), live, there, own),
        }
        refused = rule in ("part-missing", "another-place", "another-connection")
        after = s
        if rule == "accepted":
            after = _remove_place(s, p, profile)
        guard = {"Arrives": conj(may_speak(s, p, profile), p.well_formed(u)), "Guard": guards[rule]}
        return Step(guard=guard, after=unregistered(after, p, refused=refused), refused=refused)

    return Transition(f"unregister_broker/{rule}", step)


def _remove_place(s: State, p: Parameters, profile: Profile) -> State:
    """`removal.remove_place`: all ids of the name that hold the address, and its live entry."""
    gone = remove_places(s, lambda b: b == p.addr, profile, at=lambda n: n == p.name)
    return remove_live(gone, lambda c, a: conj(c == p.cluster, a == p.addr))


def _queued(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.unregistration is not Unregistration.QUEUED_BY_ADDR:
        return None
    return Step(
        guard={"Arrives": p.well_formed(s.u)},
        after=unregistered(_queue(s, p.cluster, p.addr, p.name, p.no_id), p, refused=False),
    )


def _queue(s: State, cluster: Term, addr: Term, name: Term, no_id: Term) -> State:
    return s.evolve(
        queued=lambda c, a, n, x: disj(s.queued(c, a, n, x), conj(c == cluster, a == addr, n == name, x == no_id))
    )


def _by_id(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.unregistration is not Unregistration.AT_ONCE_BY_ID:
        return None
    after = unregister_by_id(s, p.name, p.addr, p.broker_id, p.cluster, profile)
    guard = {"Arrives": p.well_formed(s.u), "Guard": neg(p.no_id)}
    return Step(guard=guard, after=unregistered(after, p, refused=False))


def _id_null(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.unregistration is not Unregistration.AT_ONCE_BY_ID:
        return None
    after = unregistered(s, p, refused=True)
    return Step(guard={"Arrives": p.well_formed(s.u), "Guard": p.no_id}, after=after, refused=True)


def _batch(s: State, p: Parameters, profile: Profile) -> Step | None:
    """5.5.0: one queued unregistration is worked off; the same one may have been queued again."""
    if profile.unregistration is not Unregistration.QUEUED_BY_ADDR:
        return None
    after = unregister(s, p.cluster, p.name, p.addr, p.no_id, profile)

    def this(c: Term, a: Term, n: Term, x: Term) -> Term:
        return conj(c == p.cluster, a == p.addr, n == p.name, x == p.no_id)

    left = after.evolve(queued=lambda c, a, n, x: conj(s.queued(c, a, n, x), neg(conj(this(c, a, n, x), neg(p.again)))))
    return Step(guard={"Guard": s.queued(p.cluster, p.addr, p.name, p.no_id)}, after=left)


# A closed connection ----------------------------------------------------------------------------------------------


def _channel_closed(s: State, p: Parameters, profile: Profile) -> Step | None:
    """From outside: the connection is lost, and nothing is promised over it any more."""
    del profile
    lost = s.evolve(lost=lambda k: disj(s.lost(k), k == p.channel))
    return Step(guard={}, after=release(lost, p.channel))


def _noticed(s: State, p: Parameters) -> State:
    return s.evolve(closed=lambda k: disj(s.closed(k), k == p.channel))


def _is_spoken_for(s: State, p: Parameters) -> Term:
    return s.u.exists(("Cluster", "Addr"), lambda c, a: conj(s.live(c, a), s.speaks(c, a) == p.channel))


def _close_of_nobody(s: State, p: Parameters, profile: Profile) -> Step | None:
    del profile
    return Step(guard={"Lost": s.lost(p.channel), "Guard": neg(_is_spoken_for(s, p))}, after=_noticed(s, p))


def _close_removes_all(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.channel_destroy is not ChannelDestroy.ALL_AT_ONCE:
        return None
    gone = remove_everywhere(s, lambda c, a: conj(s.live(c, a), s.speaks(c, a) == p.channel), profile)
    return Step(guard={"Lost": s.lost(p.channel), "Guard": _is_spoken_for(s, p)}, after=_noticed(gone, p))


def _spoken(s: State, p: Parameters, profile: Profile) -> Term:
    """The parameters name an address that the connection speaks for."""
    key = key_cluster(s, p.cluster, profile)
    return conj(p.cluster == key, s.live(key, p.addr), s.speaks(key, p.addr) == p.channel)


def _place_in(s: State, p: Parameters) -> Term:
    """The parameters name one of its places in its cluster."""
    return conj(s.entered(p.name), s.cluster_of(p.name) == p.cluster, s.holds(p.name, p.broker_id, p.addr))


def _without_place(s: State, p: Parameters) -> Term:
    """It has none there, or a null address in its cluster ends the search."""
    null = s.u.null("Addr")

    def place(n: Term, i: Term) -> Term:
        return conj(s.entered(n), s.cluster_of(n) == p.cluster, s.holds(n, i, p.addr))

    def thrown(n: Term, i: Term) -> Term:
        return conj(s.entered(n), s.cluster_of(n) == p.cluster, s.holds(n, i, null))

    return disj(neg(s.u.exists(("Name", "Id"), place)), s.u.exists(("Name", "Id"), thrown))


def _removal_queued(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.channel_destroy is not ChannelDestroy.ONE_QUEUED:
        return None
    guard = {"Lost": s.lost(p.channel), "Guard": conj(_spoken(s, p, profile), _place_in(s, p))}
    return Step(guard=guard, after=_noticed(_queue(s, p.cluster, p.addr, p.name, disj()), p))


def _address_without_place(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.channel_destroy is not ChannelDestroy.ONE_QUEUED:
        return None
    guard = {"Lost": s.lost(p.channel), "Guard": conj(_spoken(s, p, profile), _without_place(s, p))}
    return Step(guard=guard, after=_noticed(s, p))


def remove_first_place(s: State, p: Parameters, addr: Term) -> tuple[Term, State]:
    """4.9.7: the address, its first place `(name, broker_id)`, and that name in the first cluster that has it (`other_cluster`).

    Gives when the parameters name such a way, and the tables then. It may have no place; a null address ends the search.
    """
    u = s.u
    key = u.empty("Cluster")
    live = remove_live(s, lambda c, a: conj(c == key, a == addr))
    here = conj(s.entered(p.name), s.holds(p.name, p.broker_id, addr))
    nowhere = disj(
        neg(u.exists(("Name", "Id"), lambda n, i: conj(s.entered(n), s.holds(n, i, addr)))),
        u.exists(("Name", "Id"), lambda n, i: conj(s.entered(n), s.holds(n, i, u.null("Addr")))),
    )
    listed = s.in_cluster(p.other_cluster, p.name)
    unlisted = neg(u.exists(("Cluster",), lambda c: s.in_cluster(c, p.name)))
    removed = drop_id(live, p.name, p.broker_id, p.other_cluster)
    stops = conj(nowhere, p.again)
    may = disj(stops, conj(neg(p.again), here, disj(listed, unlisted)))
    return may, one_of(p.again, live, removed, s)


def _found(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7, under the read lock: an address that the connection speaks for."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    after = s.evolve(found=lambda a: disj(s.found(a), a == p.addr))
    return Step(guard={"Lost": s.lost(p.channel), "Guard": _spoken(s, p, profile)}, after=_noticed(after, p))


def _removed_at_once(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7, under the write lock, whoever speaks for it by now."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    may, after = remove_first_place(s, p, p.addr)
    after = after.evolve(found=lambda a: conj(s.found(a), neg(a == p.addr)))
    return Step(guard={"Found": s.found(p.addr), "Guard": may}, after=after)


# The scan ---------------------------------------------------------------------------------------------------------


def is_expired(s: State, cluster: Term, addr: Term, now: Term, profile: Profile) -> Term:
    """`last + timeout < now`, in Java's arithmetic where the profile's overflows."""
    deadline = s.last_update(cluster, addr) + s.timeout(cluster, addr)
    if profile.expiry_overflows:
        half = LONG_RANGE // 2
        deadline = ite(deadline >= half, deadline - LONG_RANGE, ite(deadline < -half, deadline + LONG_RANGE, deadline))
    return conj(s.live(cluster, addr), deadline < now)


def _release_silent(s: State, after: State, p: Parameters, which: Callable[..., Term]) -> State:
    """Nothing is promised to who has been silent for longer than its timeout, in plain arithmetic."""

    def silent(a: Term) -> Term:
        def over(c: Term) -> Term:
            return conj(s.live(c, a), which(c, a), s.last_update(c, a) + s.timeout(c, a) < p.now)

        return s.u.exists(("Cluster",), over)

    return after.evolve(promised=lambda a: conj(s.promised(a), neg(silent(a))))


def _scan_expired(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.atomic_requests:
        return _scan_repaired(s, p, profile)

    def this(c: Term, a: Term) -> Term:
        return conj(c == p.cluster, a == p.addr)

    expired = conj(p.cluster == key_cluster(s, p.cluster, profile), is_expired(s, p.cluster, p.addr, p.now, profile))
    closing = s.speaks(p.cluster, p.addr)
    lost = s.evolve(lost=lambda k: disj(s.lost(k), k == closing))
    guard = {"Running": neg(s.scan_stopped()), "Expired": expired}
    if profile.channel_destroy is ChannelDestroy.ONE_QUEUED:
        queued = _queue(lost, p.cluster, p.addr, p.name, disj())
        has_place = neg(p.again)
        after = lost.evolve(queued=lambda c, a, n, x: ite(has_place, queued.queued(c, a, n, x), s.queued(c, a, n, x)))
        guard["Guard"] = ite(has_place, _place_in(s, p), _without_place(s, p))
    else:
        may, after = _expire_at_once(s, p)
        guard["Guard"] = may
        after = after.evolve(lost=lost.lost)
    return Step(guard=guard, after=_release_silent(s, after, p, this))


def _others(s: State, p: Parameters, addr: Term) -> Term:
    """4.9.7: another live address of the connection that is being closed."""
    key = s.u.empty("Cluster")
    return conj(s.live(key, addr), neg(addr == p.addr), s.speaks(key, addr) == s.speaks(key, p.addr))


def _expire_at_once(s: State, p: Parameters) -> tuple[Term, State]:
    """4.9.7: the entry goes first, and then whoever the connection speaks for (`other_addr`): itself, if nobody else."""
    key = s.u.empty("Cluster")
    gone = s.evolve(live=lambda c, a: conj(s.live(c, a), neg(conj(c == key, a == p.addr))))
    nobody = neg(s.u.exists(("Addr",), lambda a: _others(s, p, a)))
    found = ite(p.other_addr == p.addr, nobody, _others(s, p, p.other_addr))
    may, after = remove_first_place(gone, p, p.other_addr)
    # Its scan ends with an exception unless the entry was the last one that it had to look at.
    return conj(found, may), after


def _scan_stopped(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7: the table is changed under the scan's iterator, or the close is noticed first."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    key = s.u.empty("Cluster")

    def this(c: Term, a: Term) -> Term:
        return conj(c == p.cluster, a == p.addr)

    closing = s.speaks(key, p.addr)
    found = disj(p.other_addr == p.addr, _others(s, p, p.other_addr))
    noticed_first, overtaken = remove_first_place(s, p, p.other_addr)
    gone = s.evolve(live=lambda c, a: conj(s.live(c, a), neg(conj(c == key, a == p.addr))))
    in_order, thrown = remove_first_place(gone, p, p.other_addr)
    first = p.oneway  # which of the two ways: a choice
    after = one_of(first, overtaken, thrown, s).evolve(
        scan_stopped=conj,
        lost=lambda k: disj(s.lost(k), k == closing),
        closed=lambda k: disj(s.closed(k), conj(first, k == closing)),  # noticed already
    )
    guard = {
        "Running": neg(s.scan_stopped()),
        "Expired": conj(p.cluster == key, is_expired(s, key, p.addr, p.now, profile)),
        "Guard": ite(first, conj(found, noticed_first), conj(_others(s, p, p.other_addr), in_order)),
    }
    return Step(guard=guard, after=_release_silent(s, after, p, this))


def _scan_repaired(s: State, p: Parameters, profile: Profile) -> Step:
    def expired(c: Term, a: Term) -> Term:
        return is_expired(s, c, a, p.now, profile)

    after = remove_everywhere(s, expired, profile)
    some = s.u.exists(("Cluster", "Addr"), expired)

    def closes(k: Term) -> Term:
        over = s.u.exists(("Cluster", "Addr"), lambda c, a: conj(expired(c, a), s.speaks(c, a) == k))
        still = s.u.exists(("Cluster", "Addr"), lambda c, a: conj(after.live(c, a), s.speaks(c, a) == k))
        return conj(over, neg(still)) if profile.expiry_spares_neighbours else over

    def silent(a: Term) -> Term:
        return s.u.exists(("Cluster",), lambda c: expired(c, a))

    after = after.evolve(
        lost=lambda k: disj(s.lost(k), closes(k)),
        promised=lambda a: conj(s.promised(a), neg(silent(a))),
    )
    return Step(guard={"Guard": some}, after=after)


UNREGISTRATIONS: Final = (
    *(
        _unregister_checked(rule)
        for rule in ("part-missing", "not-live", "another-place", "another-connection", "accepted")
    ),
    Transition("unregister_broker/queued", _queued),
    Transition("unregister_broker/by-id", _by_id),
    Transition("unregister_broker/broker-id-null", _id_null),
    Transition("unregister_broker/batch", _batch),
)

DEPARTURES: Final = (
    Transition("channel_closed/lost", _channel_closed),
    Transition("channel_destroy/close-of-nobody", _close_of_nobody),
    Transition("channel_destroy/close-removes-all", _close_removes_all),
    Transition("channel_destroy/removal-queued", _removal_queued),
    Transition("channel_destroy/address-without-place", _address_without_place),
    Transition("channel_destroy/found", _found),
    Transition("channel_destroy/removed-at-once", _removed_at_once),
    Transition("scan_not_active_broker/expired", _scan_expired),
    Transition("scan_not_active_broker/scan-stopped", _scan_stopped),
)
