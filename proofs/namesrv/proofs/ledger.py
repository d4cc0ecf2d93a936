"""What was said to the NameServer, kept beside it as ghost state. Function for function `namesrv.model.ledger`."""

from namesrv.model.profiles import Profile
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.state import State
from namesrv.proofs.universe import Term, conj, disj, eq, imp, ite, neg


def stay_stands(s: State, addr: Term) -> Term:
    """Whether the address stands where it registered."""
    name = s.stay_name(addr)
    return conj(s.entered(name), s.cluster_of(name) == s.stay_cluster(addr), s.holds(name, s.stay_id(addr), addr))


def is_live(s: State, addr: Term) -> Term:
    """In whatever cluster."""
    return s.u.exists(("Cluster",), lambda c: s.live(c, addr))


def is_there(s: State, addr: Term) -> Term:
    """Live, or standing somewhere."""
    stands = s.u.exists(("Name", "Id"), lambda n, i: s.holds(n, i, addr))
    return disj(is_live(s, addr), stands)


def holds_what_is_kept(s: State, addr: Term, *, said: bool) -> Term:
    """Whether the tables hold the topics of a stay, as they were said; `said`: those of its present version only.

    What stands by hand is not asked about.
    """
    name = s.stay_name(addr)
    kept = s.said if said else s.stay_topic

    def held(t: Term) -> Term:
        return conj(s.has_queue(t, name), s.config_of(t, name) == s.stay_config(addr, t))

    return s.u.forall(("Topic",), lambda t: imp(conj(kept(addr, t), neg(s.by_hand(t, name))), held(t)))


def in_force(s: State, addr: Term) -> Term:
    """Whether a registration is: the address stands and is live, and a master's topics are as it said."""
    topics = imp(s.stay_id(addr) == 0, holds_what_is_kept(s, addr, said=False))
    return conj(stay_stands(s, addr), is_live(s, addr), topics)


def says_unchanged(s: State, addr: Term, cluster: Term, profile: Profile) -> Term:
    """What QUERY_DATA_VERSION would say to the broker, live in that cluster, about its present version."""
    u = s.u
    version = s.version_of(cluster, addr)
    same = conj(neg(u.is_null_version(version)), u.same_version(version, s.stay_version(addr)))
    told = conj(s.live(cluster, addr), neg(s.partial(cluster, addr)), same)
    return conj(told, stay_stands(s, addr)) if profile.query_checks_place else told


def looked_up_in(s: State, addr: Term, wanted: Term, cluster: Term) -> Term:
    """`live_info`: whether `cluster` is where it looks: the one that is wanted, or any if it is not live in that."""
    return conj(s.live(cluster, addr), disj(cluster == wanted, neg(s.live(wanted, addr))))


def registered(before: State, after: State, p: Parameters, profile: Profile, *, accepted: bool) -> State:
    """After a registration that was answered SUCCESS, or is one-way and was accepted."""
    u = before.u
    old = conj(
        before.stays(p.addr),
        disj(before.promised(p.addr), is_there(before, p.addr)),  # `forget_absent`, when it matters
        before.stay_cluster(p.addr) == p.cluster,
        before.stay_name(p.addr) == p.name,
        before.stay_id(p.addr) == p.broker_id,
        neg(p.full),
    )
    same_version = u.same_version(before.stay_version(p.addr), p.version)
    is_in = conj(after.entered(p.name), after.cluster_of(p.name) == p.cluster, after.holds(p.name, p.broker_id, p.addr))
    recorded = disj(accepted, neg(p.oneway))

    def mine(a: Term) -> Term:
        return conj(recorded, a == p.addr)

    def falls(a: Term) -> Term:
        conflict = disj(before.stay_id(a) == p.broker_id, neg(before.stay_cluster(a) == p.cluster))
        return conj(recorded, is_in, before.stays(a), before.stay_name(a) == p.name, conflict)

    def anew(t: Term, n: Term) -> Term:
        return conj(recorded, p.broker_id == 0, n == p.name, p.topic(t))

    # What is put for a name whose write permission is wiped is not as its broker says it.
    wiped = after.write_wiped(p.name) if profile.wipe_outlasts_registration else disj()
    still = conj(neg(p.oneway), neg(before.lost(p.channel)))
    return after.evolve(
        by_hand=lambda t, n: ite(anew(t, n), wiped, after.by_hand(t, n)),
        wiped=lambda n: conj(after.wiped(n), neg(conj(recorded, n == p.name, comes_anew(before, after, p)))),
        stays=lambda a: disj(before.stays(a), mine(a)),
        promised=lambda a: ite(mine(a), still, conj(before.promised(a), neg(falls(a)))),
        stay_cluster=lambda a: ite(mine(a), p.cluster, before.stay_cluster(a)),
        stay_name=lambda a: ite(mine(a), p.name, before.stay_name(a)),
        stay_id=lambda a: ite(mine(a), p.broker_id, before.stay_id(a)),
        stay_channel=lambda a: ite(mine(a), p.channel, before.stay_channel(a)),
        stay_version=lambda a: ite(mine(a), p.version, before.stay_version(a)),
        stay_topic=lambda a, t: ite(
            mine(a), disj(p.topic(t), conj(old, before.stay_topic(a, t))), before.stay_topic(a, t)
        ),
        stay_config=lambda a, t: ite(conj(mine(a), p.topic(t)), p.config(t), before.stay_config(a, t)),
        said=lambda a, t: ite(mine(a), disj(p.topic(t), conj(old, same_version, before.said(a, t))), before.said(a, t)),
    )


def comes_anew(before: State, after: State, p: Parameters) -> Term:
    """Whether a name's master does with this registration; or nobody is at the name who was there before, in the same place."""
    u, name = before.u, p.name
    stood = conj(before.entered(name), before.cluster_of(name) == p.cluster, before.holds(name, p.broker_id, p.addr))
    master = conj(p.broker_id == 0, neg(conj(is_live(before, p.addr), stood)))
    same = u.exists(("Id", "Addr"), lambda i, b: conj(before.holds(name, i, b), after.holds(name, i, b)))
    there = conj(before.entered(name), after.entered(name), before.cluster_of(name) == after.cluster_of(name))
    return disj(master, neg(conj(there, same)))


def hand_is_left(before: State, after: State, p: Parameters) -> Term:
    """Whether a topic changed by hand is not as its master says it, who says it once more; wiped names aside."""

    def left(t: Term) -> Term:
        held = conj(after.has_queue(t, p.name), after.config_of(t, p.name) == p.config(t))
        return conj(p.topic(t), before.by_hand(t, p.name), neg(held))

    asked = conj(p.broker_id == 0, neg(comes_anew(before, after, p)), neg(before.wiped(p.name)))
    return conj(asked, before.u.exists(("Topic",), left))


def changed_by_hand(before: State, after: State) -> State:
    """After an administrator's request: whatever queue it has changed stands by hand."""

    def changed(t: Term, n: Term) -> Term:
        had, has = before.has_queue(t, n), after.has_queue(t, n)
        return disj(neg(had == has), conj(has, neg(eq(before.config_of(t, n), after.config_of(t, n)))))

    return after.evolve(by_hand=lambda t, n: disj(before.by_hand(t, n), changed(t, n)))


def wiped(s: State, p: Parameters) -> State:
    """A name that is there has had its write permission taken away."""
    return s.evolve(wiped=lambda n: disj(s.wiped(n), conj(n == p.name, s.entered(n))))


def given_back(s: State, p: Parameters) -> State:
    """And back."""
    return s.evolve(wiped=lambda n: conj(s.wiped(n), neg(n == p.name)))


def forgotten(before: State, after: State) -> State:
    """`forget_absent`, when it matters: a name that is entered anew has nothing that was done by hand."""
    return after.evolve(
        by_hand=lambda t, n: conj(before.by_hand(t, n), before.entered(n)),
        wiped=lambda n: conj(before.wiped(n), before.entered(n)),
    )


def unregistered(s: State, p: Parameters, *, refused: bool) -> State:
    """Who unregisters itself loses the promise; who is unregistered by somebody else does not."""
    told = disj(not refused, p.oneway)
    return s.evolve(
        promised=lambda a: conj(s.promised(a), neg(conj(told, a == p.addr, s.stays(a), s.stay_channel(a) == p.channel)))
    )


def release(s: State, channel: Term) -> State:
    """The connection is lost, on either side."""
    return s.evolve(promised=lambda a: conj(s.promised(a), neg(conj(s.stays(a), s.stay_channel(a) == channel))))


def said_again(s: State, p: Parameters, profile: Profile, key: Term) -> Term:
    """Whether the request is `promises.registered_again`: a master that is called unchanged says once more what it said.

    The flags of the name are said as they stand, and the live entry's fields as they are (`other_cluster`: where it is live).
    """
    u, addr, live = s.u, p.addr, p.other_cluster
    entered = s.entered(p.name)
    place = conj(s.stay_cluster(addr) == p.cluster, s.stay_name(addr) == p.name, s.stay_id(addr) == p.broker_id)
    called = conj(looked_up_in(s, addr, key, live), says_unchanged(s, addr, live, profile))
    fields = conj(
        p.version == s.stay_version(addr),
        p.channel == s.stay_channel(addr),
        p.has_acting == entered,
        p.acting == s.acting(p.name),
        p.zone == s.zone_of(p.name),
        p.ha == s.ha_of(live, addr),
        p.has_timeout,
        p.timeout == s.timeout(live, addr),
    )
    absent = conj(*(neg(flag) for flag in (p.no_id, p.oneway, p.full, p.partial, p.absent_table, p.has_filters)))

    def body(t: Term) -> Term:
        other = u.exists(("Topic",), lambda o: conj(p.topic(o), neg(o == t))) if u.scope is not None else conj()
        config = imp(p.topic(t), conj(p.config(t) == s.stay_config(addr, t), disj(p.single, other)))
        return conj(p.topic(t) == s.said(addr, t), config, neg(p.maps(t)))

    by_hand = u.exists(("Topic",), lambda t: s.by_hand(t, p.name))
    master = conj(s.stays(addr), s.promised(addr), p.broker_id == 0, neg(by_hand))
    return conj(master, place, called, fields, absent, u.forall(("Topic",), body))


def is_earlier(s: State, new: Term, old: Term) -> Term:
    """Whether `new` is an earlier state of a broker that counts on, and whose clock goes on."""
    u = s.u
    comparable = conj(*(conj(neg(u.is_null_version(v)), u.has_counter(v)) for v in (new, old)))
    fewer = conj(
        u.state_version(new) == u.state_version(old),
        u.counter(new) <= u.counter(old),
        u.timestamp(new) <= u.timestamp(old),
    )
    sooner = u.state_version(new) < u.state_version(old)
    return conj(comparable, neg(u.same_version(new, old)), disj(sooner, fewer))


def went_back(before: State, after: State, p: Parameters, profile: Profile, key: Term) -> Term:
    """Whether a registration that comes late has replaced a newer version. `key`: the cluster that it is looked up in."""
    u = before.u
    overtaken = disj() if profile.in_order else p.overtaken

    def back(c: Term, d: Term) -> Term:
        late = disj(overtaken, neg(before.speaks(c, p.addr) == p.channel))
        found = conj(looked_up_in(before, p.addr, key, c), looked_up_in(after, p.addr, key, d))
        same = disj(c == d, d == key, neg(after.live(c, p.addr)))  # it looks for the first by name, which stays so
        return conj(found, same, late, is_earlier(before, after.version_of(d, p.addr), before.version_of(c, p.addr)))

    return u.exists(("Cluster", "Cluster"), back)
