"""Closed connections and the scan. Rows as `namesrv.model.departures`.

Atomic: a close, one expired entry of a scan (`strict`: all of them). Cut: 4.9.7's close where it drops the read lock (what was
found is removed later), the end of a connection from its being dealt with, 5.x's queue from its batch (`unregistrations`).
"""

from collections.abc import Callable
from typing import Final

from namesrv.model.profiles import ChannelDestroy, Profile
from namesrv.proofs.ledger import release
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.removal import (
    drop_id,
    has_address,
    key_cluster,
    remove_everywhere,
    remove_live,
    remove_topics,
)
from namesrv.proofs.state import State, one_of
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, disj, ite, neg
from namesrv.proofs.unregistrations import queue

LONG_RANGE: Final = 1 << 64

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
    return Step(guard=guard, after=_noticed(queue(s, p.cluster, p.addr, p.name, disj()), p))


def _address_without_place(s: State, p: Parameters, profile: Profile) -> Step | None:
    if profile.channel_destroy is not ChannelDestroy.ONE_QUEUED:
        return None
    guard = {"Lost": s.lost(p.channel), "Guard": conj(_spoken(s, p, profile), _without_place(s, p))}
    return Step(guard=guard, after=_noticed(s, p))


def remove_first_place(s: State, p: Parameters, addr: Term) -> tuple[Term, State]:
    """4.9.7: the address, its first place `(name, broker_id)`, and that name in the first cluster that has it (`other_cluster`).

    Gives when the parameters name such a way, and the tables then. A missing address is not looked for. It may have no place; a
    null address ends the search (`again`). Where the name found is null, the search goes on (`_from_null_name`).
    """
    u = s.u
    key = u.empty("Cluster")
    missing = u.missing("Addr", addr)
    live = remove_live(s, lambda c, a: conj(c == key, a == addr, neg(missing)))
    here = conj(s.holds(p.name, p.broker_id, addr), s.entered(p.name))
    nowhere = disj(missing, neg(_is_somewhere(s, addr)), _throws(s, lambda _: disj()))
    by_name = drop_id(live, p.name, p.broker_id, p.other_cluster)
    goes_on, by_null_name = _from_null_name(live, p, addr)
    is_null = p.name == u.null("Name")
    found = conj(neg(p.again), neg(missing), here, ite(is_null, goes_on, _first_cluster(s, p, p.name)))
    return disj(conj(p.again, nowhere), found), one_of(p.again, live, one_of(is_null, by_null_name, by_name, s), s)


def _is_somewhere(s: State, addr: Term, but_null: bool = False) -> Term:
    def place(n: Term, i: Term) -> Term:
        return conj(s.entered(n), s.holds(n, i, addr), neg(n == s.u.null("Name")) if but_null else conj())

    return s.u.exists(("Name", "Id"), place)


def _throws(s: State, but: Callable[..., Term]) -> Term:
    """A null address, met before: `equals` is called on it."""
    null = s.u.null("Addr")
    return s.u.exists(("Name", "Id"), lambda n, i: conj(s.entered(n), s.holds(n, i, null), neg(but(n))))


def _first_cluster(s: State, p: Parameters, name: Term) -> Term:
    """`other_cluster` has the name, or none does."""
    return disj(s.in_cluster(p.other_cluster, name), neg(s.u.exists(("Cluster",), lambda c: s.in_cluster(c, name))))


def _from_null_name(s: State, p: Parameters, addr: Term) -> tuple[Term, State]:
    """The null name's id is gone, and the search goes on: to a second place (`other_name`, `other_id`), to its end, or it throws.

    It remembers that a name has become empty, and then takes away the topics of the name that it has at its end.
    """
    u = s.u
    null = u.null("Name")
    left = s.evolve(holds=lambda n, i, b: conj(s.holds(n, i, b), neg(conj(n == null, i == p.broker_id))))
    emptied = neg(has_address(left, null))
    left = left.evolve(entered=lambda n: conj(s.entered(n), neg(conj(n == null, emptied))))
    thrown = conj(p.thrown, _throws(s, lambda n: n == null))
    ended = conj(neg(p.thrown), p.other_name == null, neg(_is_somewhere(s, addr, but_null=True)))
    there = conj(s.entered(p.other_name), s.holds(p.other_name, p.other_id, addr), u.is_id(p.other_id))
    second = conj(neg(p.thrown), neg(p.other_name == null), there)
    at_end = remove_topics(left, lambda n: conj(emptied, n == null), mappings=False)
    dropped = left.evolve(
        holds=lambda n, i, b: conj(left.holds(n, i, b), neg(conj(n == p.other_name, i == p.other_id)))
    )
    is_empty = neg(has_address(dropped, p.other_name))
    dropped = dropped.evolve(
        entered=lambda n: conj(left.entered(n), neg(conj(n == p.other_name, is_empty))),
        in_cluster=lambda c, n: conj(
            left.in_cluster(c, n), neg(conj(disj(is_empty, emptied), c == p.other_cluster, n == p.other_name))
        ),
    )
    taken = remove_topics(dropped, lambda n: conj(disj(is_empty, emptied), n == p.other_name), mappings=False)
    may = disj(thrown, ended, conj(second, _first_cluster(s, p, p.other_name)))
    return may, one_of(p.thrown, left, one_of(p.other_name == null, at_end, taken, s), s)


def _found(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7, under the read lock: an address that the connection speaks for."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    after = s.evolve(found=lambda a: disj(s.found(a), a == p.addr))
    guard = conj(_spoken(s, p, profile), neg(s.u.missing("Addr", p.addr)))
    return Step(guard={"Lost": s.lost(p.channel), "Guard": guard}, after=_noticed(after, p))


def _removed_at_once(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7, under the write lock, whoever speaks for it by now."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    may, after = remove_first_place(s, p, p.addr)
    after = after.evolve(found=lambda a: conj(s.found(a), neg(a == p.addr)))
    return Step(guard={"Found": s.found(p.addr), "Guard": may}, after=after)


def _address_missing(s: State, p: Parameters, profile: Profile) -> Step | None:
    """4.9.7: a null or empty address is found; the peer's own is taken instead, under which nobody is registered."""
    if profile.channel_destroy is not ChannelDestroy.ONE_AT_ONCE:
        return None
    guard = {"Lost": s.lost(p.channel), "Guard": conj(_spoken(s, p, profile), s.u.missing("Addr", p.addr))}
    return Step(guard=guard, after=_noticed(s, p))


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
        queued = queue(lost, p.cluster, p.addr, p.name, disj())
        has_place = neg(p.again)
        after = lost.evolve(queued=lambda c, a, n, x: ite(has_place, queued.queued(c, a, n, x), s.queued(c, a, n, x)))
        guard["Guard"] = ite(has_place, _place_in(s, p), _without_place(s, p))
    else:
        may, after = _expire_at_once(s, p)
        guard["Guard"] = conj(may, _close_may_have_found(s, p, closing))
        after = _with_found(after.evolve(lost=lost.lost), p, closing)
    return Step(guard=guard, after=release(_release_silent(s, after, p, this), closing))


def _close_may_have_found(s: State, p: Parameters, closing: Term) -> Term:
    """4.9.7: the scan's close is noticed later (`found_addr` null), or has found whom it takes along before the entry was out."""
    key, addr = s.u.empty("Cluster"), p.found_addr
    waits = conj(s.lost(closing), neg(s.closed(closing)))
    found = conj(s.live(key, addr), s.speaks(key, addr) == closing, neg(s.u.missing("Addr", addr)), neg(waits))
    return disj(addr == s.u.null("Addr"), found)


def _with_found(s: State, p: Parameters, closing: Term) -> State:
    told = neg(p.found_addr == s.u.null("Addr"))
    return s.evolve(
        found=lambda a: disj(s.found(a), conj(told, a == p.found_addr)),
        closed=lambda k: disj(s.closed(k), conj(told, k == closing)),
    )


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
    taken = ite(p.other_addr == s.u.null("Addr"), p.addr, p.other_addr)  # a null address that is found counts as none
    may, after = remove_first_place(gone, p, taken)
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
    there = neg(s.u.missing("Addr", p.other_addr))
    found = conj(there, disj(p.other_addr == p.addr, _others(s, p, p.other_addr)))
    noticed_first, overtaken = remove_first_place(s, p, p.other_addr)
    gone = s.evolve(live=lambda c, a: conj(s.live(c, a), neg(conj(c == key, a == p.addr))))
    in_order, thrown = remove_first_place(gone, p, p.other_addr)
    first = p.oneway  # which of the two ways: a choice
    after = one_of(first, overtaken, _with_found(thrown, p, closing), s)
    closed = after.closed
    after = after.evolve(
        scan_stopped=conj,
        lost=lambda k: disj(s.lost(k), k == closing),
        closed=lambda k: disj(closed(k), conj(first, k == closing, neg(s.lost(k)))),  # noticed already
    )
    guard = {
        "Running": neg(s.scan_stopped()),
        "Expired": conj(p.cluster == key, is_expired(s, key, p.addr, p.now, profile)),
        "Guard": ite(
            first,
            conj(found, noticed_first),
            conj(there, _others(s, p, p.other_addr), in_order, _close_may_have_found(s, p, closing)),
        ),
    }
    return Step(guard=guard, after=release(_release_silent(s, after, p, this), closing))


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

    def cut_off(a: Term) -> Term:
        return conj(s.stays(a), closes(s.stay_channel(a)))

    after = after.evolve(
        lost=lambda k: disj(s.lost(k), closes(k)),
        promised=lambda a: conj(s.promised(a), neg(silent(a)), neg(cut_off(a))),
    )
    return Step(guard={"Guard": some}, after=after)


DEPARTURES: Final = (
    Transition("channel_closed/lost", _channel_closed),
    Transition("channel_destroy/close-of-nobody", _close_of_nobody),
    Transition("channel_destroy/close-removes-all", _close_removes_all),
    Transition("channel_destroy/removal-queued", _removal_queued),
    Transition("channel_destroy/address-without-place", _address_without_place),
    Transition("channel_destroy/found", _found),
    Transition("channel_destroy/removed-at-once", _removed_at_once),
    Transition("channel_destroy/address-missing", _address_missing),
    Transition("scan_not_active_broker/expired", _scan_expired),
    Transition("scan_not_active_broker/scan-stopped", _scan_stopped),
)
