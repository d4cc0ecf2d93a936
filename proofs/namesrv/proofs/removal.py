"""How addresses leave the tables. Function for function `namesrv.model.removal`."""

from collections.abc import Callable

from namesrv.model.profiles import LiveKey, Profile
from namesrv.proofs.parameters import UNREGISTRATION, Parameters
from namesrv.proofs.state import State
from namesrv.proofs.universe import Term, conj, disj, imp, ite, neg

Of = Callable[..., Term]


def key_cluster(s: State, cluster: Term, profile: Profile) -> Term:
    """The cluster under which an address is live: 4.9.7 has one key for all, `""`."""
    return s.u.empty("Cluster") if profile.live_key is LiveKey.ADDR else cluster


def has_key(s: State, cluster: Term, addr: Term, profile: Profile) -> Term:
    """`live_key`: whether Java does not throw on a null part."""
    if profile.live_key is LiveKey.ADDR:
        return conj()
    return conj(neg(cluster == s.u.null("Cluster")), neg(addr == s.u.null("Addr")))


def has_address(s: State, name: Term, but: Of | None = None) -> Term:
    """Whether some id of the name is held, by an address that `but` is not true of."""

    def is_other(b: Term) -> Term:
        return conj() if but is None else neg(but(b))

    return s.u.exists(("Id", "Addr"), lambda i, b: conj(s.holds(name, i, b), is_other(b)))


def remove_live(s: State, gone: Of) -> State:
    """Without the live entries and filter servers of the keys that `gone(cluster, addr)` is true of."""
    return s.evolve(
        live=lambda c, a: conj(s.live(c, a), neg(gone(c, a))),
        has_filters=lambda c, a: conj(s.has_filters(c, a), neg(gone(c, a))),
    )


def remove_topics(s: State, gone: Of, *, mappings: bool) -> State:
    """Without the queues (and the mappings) of the names that `gone(name)` is true of."""
    after = s.evolve(has_queue=lambda t, n: conj(s.has_queue(t, n), neg(gone(n))))
    if mappings:
        after = after.evolve(has_mapping=lambda t, n: conj(s.has_mapping(t, n), neg(gone(n))))
    return after


def wipe_write_perm_without_master(s: State, when: Of) -> State:
    """5.x: the names that `when` is true of, that act for a master and have none, offer no queue for writing."""

    def wiped(n: Term) -> Term:
        has_master = s.u.exists(("Id", "Addr"), lambda i, b: conj(s.holds(n, i, b), i <= 0))
        return conj(when(n), s.acting(n), neg(has_master))

    return s.evolve(config_of=lambda t, n: ite(wiped(n), s.u.wiped(s.config_of(t, n)), s.config_of(t, n)))


def remove_places(s: State, gone: Of, profile: Profile, *, cluster_of: Of | None = None, at: Of | None = None) -> State:
    """The addresses that `gone(addr)` is true of leave their places; what depends on a place goes along.

    `at(name)`: only there. `cluster_of(name)`: the cluster whose entry goes with a name's last address, if not the name's own.
    """
    cluster = cluster_of or s.cluster_of

    def leaves(n: Term, b: Term) -> Term:
        return gone(b) if at is None else conj(at(n), gone(b))

    def touched(n: Term) -> Term:
        return s.u.exists(("Id", "Addr"), lambda i, b: conj(s.holds(n, i, b), leaves(n, b)))

    def emptied(n: Term) -> Term:
        return conj(touched(n), neg(has_address(s, n, lambda b: leaves(n, b))))

    left = s.evolve(holds=lambda n, i, b: conj(s.holds(n, i, b), neg(leaves(n, b))))
    wiped = wipe_write_perm_without_master(left, lambda n: conj(touched(n), has_address(left, n)))
    without = wiped.evolve(
        entered=lambda n: conj(s.entered(n), neg(emptied(n))),
        in_cluster=lambda c, n: conj(s.in_cluster(c, n), neg(conj(emptied(n), cluster(n) == c))),
    )
    if profile.wipe_outlasts_registration:
        without = without.evolve(write_wiped=lambda n: conj(s.write_wiped(n), neg(emptied(n))))
    return remove_topics(without, emptied, mappings=profile.mappings_leave_with_broker)


def remove_everywhere(s: State, gone: Of, profile: Profile) -> State:
    """Repaired: every address with a key that `gone(cluster, addr)` is true of leaves its place, and is no longer live."""
    places = remove_places(s, lambda b: s.u.exists(("Cluster",), lambda c: gone(c, b)), profile)
    return remove_live(places, gone)


def unregister(s: State, cluster: Term, name: Term, addr: Term, no_id: Term, profile: Profile) -> State:
    """5.5.0, `_unregister_by_addr`: every id of the name that holds the address; null parts end it early."""
    without = remove_live(s, lambda c, a: conj(c == cluster, a == addr, has_key(s, cluster, addr, profile)))
    null_addr = s.u.null("Addr")
    runs = conj(
        has_key(s, cluster, addr, profile),
        neg(name == s.u.null("Name")),
        s.entered(name),
        disj(neg(no_id), neg(has_address(s, name))),
    )

    def before_null(n: Term, i: Term) -> Term:
        """The ids are gone through in order, until a null address throws."""
        return s.u.forall(("Id",), lambda j: imp(conj(s.holds(n, j, null_addr)), i < j))

    has_null = s.u.exists(("Id",), lambda j: s.holds(name, j, null_addr))
    ended = conj(runs, has_null)
    through = conj(runs, neg(has_null))
    cut = without.evolve(
        holds=lambda n, i, b: conj(without.holds(n, i, b), neg(conj(ended, n == name, b == addr, before_null(n, i))))
    )
    # A name that has been entered and has no address (a refused registration left it) goes too.
    here = remove_places(
        cut, lambda b: conj(through, b == addr), profile, cluster_of=lambda _: cluster, at=lambda n: n == name
    )
    empty = conj(through, neg(has_address(s, name)))
    gone = here.evolve(
        entered=lambda n: conj(here.entered(n), neg(conj(empty, n == name))),
        in_cluster=lambda c, n: conj(here.in_cluster(c, n), neg(conj(empty, n == name, c == cluster))),
    )
    topics = remove_topics(gone, lambda n: conj(empty, n == name), mappings=profile.mappings_leave_with_broker)
    # Where nobody left, there may still be no master: `wipe_write_perm_without_master` asks each time.
    nobody = conj(through, has_address(s, name), neg(s.u.exists(("Id",), lambda i: s.holds(name, i, addr))))
    return wipe_write_perm_without_master(topics, lambda n: conj(nobody, n == name))


def throws(s: State, cluster: Term, name: Term, addr: Term, no_id: Term, profile: Profile) -> Term:
    """5.x: whether the unregistration ends its batch: a part is null, or a null address stands under the name."""
    null = s.u.exists(("Id",), lambda i: s.holds(name, i, s.u.null("Addr")))
    on_the_way = conj(s.entered(name), disj(conj(no_id, has_address(s, name)), null))
    return disj(neg(has_key(s, cluster, addr, profile)), name == s.u.null("Name"), on_the_way)


def addresses_leave(s: State, p: Parameters, profile: Profile) -> tuple[Term, State]:
    """5.x: the first part of a batch, of the requests that `p.done` is true of: `_remove_addr`, one after the other in any order.

    Gives when none of them throws, in some order, and the tables then: no topic is cleaned yet. One without an id does not throw
    where others have taken the name's last address before.
    """
    u = s.u

    def leaves(n: Term, b: Term) -> Term:
        return conj(s.entered(n), u.exists(("Cluster",), lambda c: p.done(c, b, n, disj())))

    left = s.evolve(holds=lambda n, i, b: conj(s.holds(n, i, b), neg(leaves(n, b))))

    def emptied(n: Term) -> Term:
        named = u.exists(("Cluster", "Addr", "Bool"), lambda c, a, x: p.done(c, a, n, x))
        return conj(s.entered(n), named, neg(has_address(left, n)))

    def passes(c: Term, a: Term, n: Term, x: Term) -> Term:
        null = u.exists(("Id",), lambda i: s.holds(n, i, u.null("Addr")))
        parts = conj(has_key(s, c, a, profile), neg(n == u.null("Name")), imp(x, disj(neg(s.entered(n)), emptied(n))))
        return conj(parts, neg(conj(s.entered(n), null)))

    def is_last(n: Term) -> Term:
        """The request that took the name's last address named this cluster."""

        def took(a: Term, x: Term) -> Term:
            held = conj(neg(x), u.exists(("Id",), lambda i: s.holds(n, i, a)))
            return conj(p.done(p.emptier(n), a, n, x), disj(neg(has_address(s, n)), held))

        return u.exists(("Addr", "Bool"), took)

    may = conj(
        u.forall(UNREGISTRATION, lambda *key: imp(p.done(*key), passes(*key))),
        u.forall(("Name",), lambda n: imp(emptied(n), is_last(n))),
    )
    without = left.evolve(
        entered=lambda n: conj(s.entered(n), neg(emptied(n))),
        in_cluster=lambda c, n: conj(s.in_cluster(c, n), neg(conj(emptied(n), p.emptier(n) == c))),
    )
    return may, remove_live(without, lambda c, a: u.exists(("Name", "Bool"), lambda n, x: p.done(c, a, n, x)))


def unregister_by_id(s: State, name: Term, addr: Term, broker_id: Term, cluster: Term, profile: Profile) -> State:
    """4.9.7, `_unregister_by_id`: the id of the name, whatever address holds it."""
    without = remove_live(s, lambda c, a: conj(c == key_cluster(s, cluster, profile), a == addr))
    return drop_id(without, name, broker_id, cluster)


def drop_id(s: State, name: Term, broker_id: Term, cluster: Term) -> State:
    """Without one id of a name; without the name if that was its last, and its entry in that cluster."""
    left = s.evolve(holds=lambda n, i, b: conj(s.holds(n, i, b), neg(conj(n == name, i == broker_id))))
    emptied = conj(s.entered(name), neg(has_address(left, name)))
    without = left.evolve(
        entered=lambda n: conj(s.entered(n), neg(conj(emptied, n == name))),
        in_cluster=lambda c, n: conj(s.in_cluster(c, n), neg(conj(emptied, n == name, c == cluster))),
    )
    return remove_topics(without, lambda n: conj(emptied, n == name), mappings=False)
