"""REGISTER_BROKER (103): rules and effects, name for name `namesrv.model.register_broker`."""

from collections.abc import Callable
from typing import Final

import attrs

from namesrv.model.profiles import OlderStateVersion, Profile, TopicBeforeBroker, TopicUpdate
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.removal import has_key, key_cluster, remove_live, remove_places, remove_topics
from namesrv.proofs.state import State
from namesrv.proofs.universe import Term, conj, disj, ite, neg


@attrs.frozen
class Registration:
    """One registration against the tables."""

    s: State
    p: Parameters
    profile: Profile

    @property
    def key(self) -> Term:
        """The cluster of the registering address's live key."""
        return key_cluster(self.s, self.p.cluster, self.profile)

    @property
    def stands(self) -> Term:
        """Whether the registering address holds this very place."""
        s, p = self.s, self.p
        return conj(s.entered(p.name), s.cluster_of(p.name) == p.cluster, s.holds(p.name, p.broker_id, p.addr))

    def is_holder(self, addr: Term) -> Term:
        """Whether the address, not null, is another one that holds the id."""
        s, p = self.s, self.p
        null = s.u.null("Addr")
        return conj(s.holds(p.name, p.broker_id, addr), neg(addr == p.addr), neg(addr == null))

    @property
    def id_is_held(self) -> Term:
        """Whether somebody, null included, holds the id."""
        s, p = self.s, self.p
        return s.u.exists(("Addr",), lambda h: s.holds(p.name, p.broker_id, h))


Guard = Callable[[Registration], Term]
Effect = Callable[[Registration], State]


@attrs.frozen
class Rule:
    """A row: its name, when it applies (if none before it does), what it does, and what is answered."""

    name: str
    guard: Guard
    effect: Effect
    refused: bool = False


# Guards -----------------------------------------------------------------------------------------------------------


def is_part_missing(r: Registration) -> Term:
    """`part-missing`, a registration without an id included."""
    s, p = r.s, r.p
    u = s.u
    return disj(
        p.no_id,
        u.missing("Cluster", p.cluster),
        u.missing("Name", p.name),
        u.missing("Addr", p.addr),
        p.broker_id < 0,
        u.is_null_version(p.version),
        neg(u.has_counter(p.version)),
        p.absent_table,
        p.topic(u.null("Topic")),
        p.topic(u.empty("Topic")),
        u.exists(("Topic",), lambda t: conj(p.maps(t), neg(p.mapped_name(t) == p.name))),
    )


def _compares(r: Registration, cluster: Term, addr: Term) -> Term:
    """The id's holder is live there, and both have a DataVersion."""
    s, u = r.s, r.s.u
    return conj(
        s.live(cluster, addr), neg(u.is_null_version(s.version_of(cluster, addr))), neg(u.is_null_version(r.p.version))
    )


def holder_has_newer_state_version(r: Registration) -> Term:
    """Another address, live in the request's cluster, holds the id with a greater stateVersion."""
    s, u = r.s, r.s.u

    def newer(h: Term) -> Term:
        later = u.state_version(s.version_of(r.key, h)) > u.state_version(r.p.version)
        return conj(r.is_holder(h), _compares(r, r.key, h), later)

    return u.exists(("Addr",), newer)


def version_null_in_conflict(r: Registration) -> Term:
    """Another live address holds the id, and one of the two has no DataVersion to compare."""
    s, u = r.s, r.s.u

    def thrown(h: Term) -> Term:
        null = disj(u.is_null_version(s.version_of(r.key, h)), u.is_null_version(r.p.version))
        return conj(r.is_holder(h), s.live(r.key, h), null)

    return u.exists(("Addr",), thrown)


def holder_anywhere_has_newer_state_version(r: Registration) -> Term:
    """The same, wherever the holder is live."""
    s, u = r.s, r.s.u

    def newer(h: Term, c: Term) -> Term:
        later = u.state_version(s.version_of(c, h)) > u.state_version(r.p.version)
        return conj(r.is_holder(h), _compares(r, c, h), later)

    return u.exists(("Addr", "Cluster"), newer)


def is_older(r: Registration, new: Term, old: Term) -> Term:
    """Whether `new` is certainly an earlier state of the broker that sent `old`."""
    u = r.s.u
    tie = (
        conj(u.counter(new) == u.counter(old), u.timestamp(new) < u.timestamp(old))
        if (r.profile.timestamp_breaks_tie)
        else disj()
    )
    less = conj(u.counter(new) < u.counter(old), u.timestamp(new) <= u.timestamp(old))
    sooner = u.state_version(new) < u.state_version(old)
    return disj(sooner, conj(u.state_version(new) == u.state_version(old), disj(tie, less)))


def older_data_version(r: Registration) -> Term:
    """This address is live with a newer DataVersion, and another connection speaks for it."""
    s, p, u = r.s, r.p, r.s.u

    def newer(c: Term) -> Term:
        return conj(_compares(r, c, p.addr), neg(s.speaks(c, p.addr) == p.channel),
                    is_older(r, p.version, s.version_of(c, p.addr)))  # fmt: skip

    return u.exists(("Cluster",), newer)


def name_of_another_cluster(r: Registration) -> Term:
    """The name stands in another cluster with an address that this request neither brings nor displaces."""
    s, p = r.s, r.p
    other = s.u.exists(
        ("Id", "Addr"), lambda i, b: conj(s.holds(p.name, i, b), neg(i == p.broker_id), neg(b == p.addr))
    )
    return conj(s.entered(p.name), neg(s.cluster_of(p.name) == p.cluster), other)


def topic_before_place(r: Registration) -> Term:
    """One topic, not said to be all, of an address that does not hold the place."""
    full = r.p.full if r.profile.full_body_replaces else disj()
    return conj(r.p.single, neg(full), neg(r.stands))


def _always(_: Registration) -> Term:
    return conj()


# Effects ----------------------------------------------------------------------------------------------------------


def nothing(r: Registration) -> State:
    """No table changes."""
    return r.s


def enter_cluster(r: Registration) -> State:
    """The cluster table gets the name."""
    s, p = r.s, r.p
    return s.evolve(in_cluster=lambda c, n: disj(s.in_cluster(c, n), conj(c == p.cluster, n == p.name)))


def enter_name(r: Registration) -> State:
    """What Apache does before it looks for conflicts: cluster, name, flags; the address leaves the name's other ids."""
    s, p = r.s, r.p
    moves = conj(neg(p.addr == s.u.null("Addr")))
    after = enter_cluster(r).evolve(
        entered=lambda n: disj(s.entered(n), n == p.name),
        cluster_of=lambda n: ite(conj(n == p.name, neg(s.entered(n))), p.cluster, s.cluster_of(n)),
        holds=lambda n, i, b: conj(s.holds(n, i, b), neg(conj(moves, n == p.name, b == p.addr, neg(i == p.broker_id)))),
    )
    return _flags(after, r) if r.profile.acting_master else after


def _flags(s: State, r: Registration) -> State:
    p = r.p
    return s.evolve(
        acting=lambda n: ite(n == p.name, conj(p.has_acting, p.acting), s.acting(n)),
        zone_of=lambda n: ite(n == p.name, p.zone, s.zone_of(n)),
    )


def dropped(r: Registration) -> State:
    """5.5.0: SUCCESS, but the newcomer's live entry is gone (its filter servers are not)."""
    s, p = r.s, r.p
    mine = has_key(s, p.cluster, p.addr, r.profile)
    return s.evolve(live=lambda c, a: conj(s.live(c, a), neg(conj(mine, c == r.key, a == p.addr))))


def take_id(s: State, r: Registration) -> State:
    """The address takes the id, whoever held it."""
    p = r.p

    def here(n: Term, i: Term) -> Term:
        return conj(n == p.name, i == p.broker_id)

    return s.evolve(holds=lambda n, i, b: ite(here(n, i), b == p.addr, s.holds(n, i, b)))


def is_first(r: Registration) -> Term:
    """Apache: the id was held by nobody. Releases differ on an empty old address only."""
    s, p, u = r.s, r.p, r.s.u

    def held(h: Term) -> Term:
        return conj(s.holds(p.name, p.broker_id, h), neg(h == u.null("Addr")))

    if r.profile.acting_master:
        return neg(u.exists(("Addr",), lambda h: conj(held(h), neg(h == u.empty("Addr")))))
    return neg(u.exists(("Addr",), held))


def address_null(r: Registration) -> State:
    """5.x: the null address takes the id; a first registration's topics come before the exception, the rest after it."""
    after = take_id(r.s, r)
    return put_topics(after, r, first=conj(), when=conj(is_first(r), publishes(after, r)))


def accepted(r: Registration) -> State:
    """Apache's acceptance, after `enter_name`."""
    return store(take_id(r.s, r), r, is_first(r))


def accepted_repaired(r: Registration) -> State:
    """`docs/strict.md`, REGISTER_BROKER, accepted."""
    s, p, profile, u = r.s, r.p, r.profile, r.s.u
    stands = r.stands
    first = neg(conj(stands, s.live(r.key, p.addr)))
    after = s
    if profile.one_place_per_address:

        def stays(c: Term) -> Term:
            return conj(stands, c == r.key)

        leaves = u.exists(("Cluster",), lambda c: conj(s.live(c, p.addr), neg(stays(c))))
        after = remove_places(after, lambda b: conj(b == p.addr, leaves), profile)
        after = remove_live(after, lambda c, a: conj(a == p.addr, neg(stays(c))))
    if profile.displaced_broker_leaves:
        after = remove_live(after, lambda _, a: r.is_holder(a))
    before = after
    moved = conj(before.entered(p.name), neg(before.cluster_of(p.name) == p.cluster))
    after = after.evolve(
        in_cluster=lambda c, n: disj(
            conj(c == p.cluster, n == p.name),
            conj(before.in_cluster(c, n), neg(conj(moved, n == p.name, c == before.cluster_of(n)))),
        ),
        entered=lambda n: disj(before.entered(n), n == p.name),
        cluster_of=lambda n: ite(n == p.name, p.cluster, before.cluster_of(n)),
    )
    after = take_id(_flags(after, r), r)
    if profile.wipe_outlasts_registration:
        wiped = after.write_wiped
        after = after.evolve(write_wiped=lambda n: conj(wiped(n), neg(conj(n == p.name, p.broker_id == 0, first))))
    replaces = conj(
        p.broker_id == 0,
        disj(
            first if profile.first_topics_replace else disj(),
            p.full if profile.full_body_replaces else disj(),
        ),
    )
    after = remove_topics(after, lambda n: conj(replaces, n == p.name), mappings=True)
    return store(after, r, first)


# What an accepted registration stores -----------------------------------------------------------------------------


def is_prime_slave(after: State, r: Registration) -> Term:
    """With `enableActingMaster` there, not a master, and the lowest id of the name."""
    if not r.profile.acting_master:
        return disj()
    p = r.p
    lower = after.u.exists(("Id", "Addr"), lambda i, b: conj(after.holds(p.name, i, b), i < p.broker_id))
    return conj(p.has_acting, neg(p.broker_id == 0), neg(lower))


def is_read_only(after: State, r: Registration, acting: Term) -> Term:
    """What a prime slave publishes is not for writing: always, or if its group may have an acting master. `acting`: if it may."""
    always = conj() if r.profile.prime_slave_is_read_only else disj()
    return conj(disj(acting, always), is_prime_slave(after, r))


def is_wiped(s: State, r: Registration) -> Term:
    """An administrator has taken the name's write permission away, and that is remembered."""
    return s.write_wiped(r.p.name) if r.profile.wipe_outlasts_registration else disj()


def publishes(after: State, r: Registration) -> Term:
    """A master and a prime slave do."""
    return disj(r.p.broker_id == 0, is_prime_slave(after, r))


def version_differs(r: Registration) -> Term:
    """`isBrokerTopicConfigChanged`, against what is stored before this registration."""
    s, p, u = r.s, r.p, r.s.u
    stored = s.version_of(r.key, p.addr)
    same = conj(
        has_key(s, p.cluster, p.addr, r.profile),
        s.live(r.key, p.addr),
        neg(u.is_null_version(stored)),
        u.same_version(stored, p.version),
    )
    return neg(same)


def put_topics(s: State, r: Registration, *, first: Term, when: Term) -> State:
    """The topics of the body, and the mappings; those that `Profile.topic_update` lets through. `when`: if at all."""
    p, profile, u = r.p, r.profile, r.s.u
    every = disj(first, profile.same_version_puts_topics, version_differs(r))
    read_only = disj(is_read_only(s, r, s.acting(p.name)), is_wiped(s, r))
    absent_too = profile.topic_update is TopicUpdate.EACH_IF_CHANGED_OR_ABSENT

    def put(t: Term, n: Term) -> Term:
        news = disj(every, conj(neg(s.has_queue(t, p.name)), absent_too))
        return conj(when, n == p.name, p.topic(t), news)

    def config(t: Term) -> Term:
        return ite(read_only, u.wiped(p.config(t)), p.config(t))

    after = s.evolve(
        has_queue=lambda t, n: disj(s.has_queue(t, n), put(t, n)),
        config_of=lambda t, n: ite(put(t, n), config(t), s.config_of(t, n)),
    )
    if not profile.acting_master:
        return after
    puts_mappings = conj(when, every, neg(p.addr == u.null("Addr")))

    def mapped(t: Term, n: Term) -> Term:
        return conj(puts_mappings, p.maps(t), n == p.mapped_name(t))

    return after.evolve(
        has_mapping=lambda t, n: disj(s.has_mapping(t, n), mapped(t, n)),
        mapping_of=lambda t, n: ite(mapped(t, n), p.mapping(t), s.mapping_of(t, n)),
    )


def store(s: State, r: Registration, first: Term) -> State:
    """Topics, live entry and filter servers. `s`: after the place is taken."""
    p, profile = r.p, r.profile
    after = put_topics(s, r, first=first, when=conj(neg(p.absent_table), publishes(s, r)))
    timeout = (
        ite(p.has_timeout, p.timeout, after.u.integer(profile.heartbeat_timeout_ms))
        if (profile.request_heartbeat_timeout)
        else after.u.integer(profile.heartbeat_timeout_ms)
    )
    partial = p.partial if profile.full_body_replaces else disj()

    def mine(c: Term, a: Term) -> Term:
        return conj(c == r.key, a == p.addr)

    changes = conj(p.has_filters)
    return after.evolve(
        live=lambda c, a: disj(mine(c, a), s.live(c, a)),
        version_of=lambda c, a: ite(mine(c, a), p.version, s.version_of(c, a)),
        speaks=lambda c, a: ite(mine(c, a), p.channel, s.speaks(c, a)),
        last_update=lambda c, a: ite(mine(c, a), p.now, s.last_update(c, a)),
        timeout=lambda c, a: ite(mine(c, a), timeout, s.timeout(c, a)),
        ha_of=lambda c, a: ite(mine(c, a), p.ha, s.ha_of(c, a)),
        partial=lambda c, a: ite(mine(c, a), partial, s.partial(c, a)),
        has_filters=lambda c, a: ite(conj(mine(c, a), changes), neg(p.no_filters), s.has_filters(c, a)),
        filters_of=lambda c, a: ite(conj(mine(c, a), changes), p.filters, s.filters_of(c, a)),
    )


# The tables -------------------------------------------------------------------------------------------------------

BEFORE_ENTERING: Final = (
    Rule(
        "cluster-name-null-swallowed",
        lambda r: conj(r.profile.concurrent_tables, r.p.cluster == r.s.u.null("Cluster")),
        nothing,
    ),
    Rule(
        "broker-name-null-swallowed",
        lambda r: conj(r.profile.concurrent_tables, r.p.name == r.s.u.null("Name")),
        enter_cluster,
    ),
)
"""Apache: before the name is entered."""

AFTER_ENTERING: Final = (
    Rule(
        "version-null-swallowed",
        lambda r: conj(r.profile.older_state_version is OlderStateVersion.IGNORED, version_null_in_conflict(r)),
        nothing,
    ),
    Rule(
        "older-state-version",
        lambda r: conj(r.profile.older_state_version is OlderStateVersion.IGNORED, holder_has_newer_state_version(r)),
        dropped,
    ),
    Rule(
        "topic-before-broker",
        lambda r: conj(
            r.profile.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME, r.p.single, neg(r.id_is_held)
        ),
        nothing,
        refused=True,
    ),
    Rule(
        "topic-table-null-swallowed",
        lambda r: conj(
            r.profile.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME, r.p.absent_table, neg(r.id_is_held)
        ),
        nothing,
    ),
    Rule("broker-addr-null-swallowed", lambda r: neg(has_key(r.s, r.p.cluster, r.p.addr, r.profile)), address_null),
    Rule("accepted", _always, accepted),
)
"""Apache: on the tables after `enter_name`."""

REPAIRED: Final = (
    Rule("part-missing", is_part_missing, nothing, refused=True),
    Rule(
        "older-state-version",
        lambda r: conj(
            r.profile.older_state_version is OlderStateVersion.REFUSED, holder_anywhere_has_newer_state_version(r)
        ),
        nothing,
        refused=True,
    ),
    Rule(
        "older-data-version",
        lambda r: conj(r.profile.data_version_monotonic, older_data_version(r)),
        nothing,
        refused=True,
    ),
    Rule(
        "name-of-another-cluster",
        lambda r: conj(r.profile.one_cluster_per_name, name_of_another_cluster(r)),
        nothing,
        refused=True,
    ),
    Rule(
        "topic-before-broker",
        lambda r: conj(r.profile.topic_before_broker is TopicBeforeBroker.REFUSED, topic_before_place(r)),
        nothing,
        refused=True,
    ),
    Rule("accepted", _always, accepted_repaired),
)
"""`strict`: decides first, then does everything or nothing."""
