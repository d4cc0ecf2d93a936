"""The short way of our server is sound: `namesrv.server.unchanged`, test for test, against the relation.

The server remembers of a live key its last registration *a* and takes the next one, *p*, in without reading all its topics, if
some tests hold. Each premise here is one of those tests, as what it says of the tables and of the two requests; *take* is what
the server then changes. That bytes say what they are taken to say is for the tests of `namesrv.server` to show, and so is that a
name's generation grows with every change (`tests/proofs/test_fast_path.py`).
"""

from collections.abc import Callable
from typing import Final

from namesrv.model.profiles import LiveKey, Profile, TopicUpdate
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.register_broker import (
    Registration,
    is_first,
    is_older,
    is_part_missing,
    is_read_only,
    is_wiped,
    publishes,
    version_differs,
)
from namesrv.proofs.removal import key_cluster
from namesrv.proofs.state import State
from namesrv.proofs.theorems.alike import alike
from namesrv.proofs.theorems.skip_safety import accepted, shape
from namesrv.proofs.theorems.theorem import Statement, Theorem
from namesrv.proofs.universe import Term, Universe, conj, disj, imp, ite, neg

Changed = Callable[[Term], Term]
HEADER: Final = ("cluster", "addr", "name", "broker_id", "ha", "timeout", "acting", "zone", "full")
"""The fields of `unchanged.FIELDS` that can make a difference."""

PREMISES: Final = {
    "Stored": "`info.accepted`: the live entry was stored by *a*; since then its time, connection and version may have changed",
    "Generation": "`entry.generation`: no address, flag, zone, cluster, queue, mapping or wipe of the name has changed since *a*",
    "ClusterSet": "`cluster_addr`: the cluster's set has the name",
    "Head": "`accepted.head`: the same filter servers",
    "Tail": "`same_tail`: the same topics",
    "Window": "`difference`: outside of the window every topic of *p* is one of *a*, the same",
    "Version": "`new != info.version`: in case (a) it is not: only topics that the name lacks would be put; in case (c) it is",
    "MayPutAll": "`may_put_all`: *a* put every topic of its body, or was none that publishes",
    "NotOlder": "`is_older`: repaired, the new version is not older than the stored one",
    "NotSaidFull": "`fullBody`: *p* does not say whether it is full",
    "NamedTopics": '`"" in match.changed`: repaired, no topic in the window is without a name (`ENTRY` matches no null)',
} | {f"Said {field}": f"`said`: the same {field} as *a*" for field in HEADER}


def put_all(u: Universe) -> Term:
    """`Accepted.may_put_all`, what is remembered of *a*."""
    return u.const("put_all", "Bool")


def changed(u: Universe) -> Changed:
    """`Match.changed`: the topics in the window."""
    return u.function("in_window", ("Topic",), "Bool")


def standard(a: Parameters, u: Universe, profile: Profile) -> dict[str, Term]:
    """What is so of every registration that is remembered: `HEAD` matches, and it was read the quick way, and accepted."""
    nulls = [a.cluster == u.null("Cluster"), a.name == u.null("Name")]
    told = {
        "Standard": conj(
            a.well_formed(u), a.crc32_matches, a.readable, neg(a.no_id), neg(a.oneway), neg(a.absent_table), a.has_filters,
            neg(u.is_null_version(a.version)), u.has_counter(a.version),
            disj(profile.parts_required, neg(a.topic(u.null("Topic")))),
            u.forall(("Topic",), lambda t: neg(a.maps(t))),
        ),
        "HasAddress": neg(u.missing("Addr", a.addr)),
    }  # fmt: skip
    if profile.concurrent_tables:
        told["Standard"] = conj(told["Standard"], *map(neg, nulls))
    if not profile.state_version:
        told["NoStateVersion"] = u.state_version(a.version) == 0
    return told


def as_put(s: State, a: Parameters, profile: Profile, topic: Term) -> Term:
    """What a topic of the body is put as."""
    r = Registration(s, a, profile)
    read_only = disj(is_read_only(s, r, conj(a.has_acting, a.acting)), is_wiped(s, r))
    return ite(read_only, s.u.wiped(a.config(topic)), a.config(topic))


def stored(s: State, a: Parameters, profile: Profile) -> Term:
    """The live entry is *a*'s, in what no later hit changes; and so are its filter servers."""
    key = key_cluster(s, a.cluster, profile)
    default = s.u.integer(profile.heartbeat_timeout_ms)
    timeout = ite(a.has_timeout, a.timeout, default) if profile.request_heartbeat_timeout else default
    filters = imp(neg(a.no_filters), s.filters_of(key, a.addr) == a.filters)
    return conj(
        s.live(key, a.addr),
        s.timeout(key, a.addr) == timeout,
        s.ha_of(key, a.addr) == a.ha,
        s.partial(key, a.addr) == (a.partial if profile.full_body_replaces else disj()),
        s.has_filters(key, a.addr) == neg(a.no_filters),
        filters,
    )


def as_left(s: State, a: Parameters, profile: Profile) -> Term:
    """The name is as *a* left it: what the generation vouches for."""
    u, name = s.u, a.name
    r = Registration(s, a, profile)

    def topic(t: Term) -> Term:
        put = imp(put_all(u), conj(s.has_queue(t, name), s.config_of(t, name) == as_put(s, a, profile, t)))
        there = disj(profile.topic_update is TopicUpdate.ALL_IF_CHANGED, s.has_queue(t, name))
        return imp(a.topic(t), conj(there, put))

    def no_more(t: Term) -> Term:
        return conj(imp(s.has_queue(t, name), a.topic(t)), neg(s.has_mapping(t, name)))

    told = [
        s.entered(name),
        u.forall(("Id",), lambda i: s.holds(name, i, a.addr) == (i == a.broker_id)),
        imp(publishes(s, r), u.forall(("Topic",), topic)),
    ]
    if profile.acting_master:
        told += [s.acting(name) == conj(a.has_acting, a.acting), s.zone_of(name) == a.zone]
    if profile.one_cluster_per_name:
        told.append(s.cluster_of(name) == a.cluster)
    if profile.full_body_replaces:
        told.append(imp(conj(a.full, a.broker_id == 0), u.forall(("Topic",), no_more)))
    return conj(*told)


def same_header(a: Parameters, p: Parameters, profile: Profile) -> dict[str, Term]:
    """`said`: field by field, those that matter to the profile."""
    told = {field: getattr(a, field) == getattr(p, field) for field in HEADER}
    told["timeout"] = conj(told["timeout"], a.has_timeout == p.has_timeout)
    told["acting"] = conj(told["acting"], a.has_acting == p.has_acting)
    told["full"] = conj(told["full"], a.partial == p.partial)
    absent = set[str]()
    if profile.live_key is LiveKey.ADDR or profile.one_cluster_per_name:
        absent |= {"cluster"}
    if not profile.request_heartbeat_timeout:
        absent |= {"timeout"}
    if not profile.acting_master:
        absent |= {"acting", "zone"}
    if not profile.full_body_replaces:
        absent |= {"full"}
    return {f"Said {field}": term for field, term in told.items() if field not in absent}


def same_topics(a: Parameters, p: Parameters, u: Universe, but: Changed | None = None) -> Term:
    """`but`: those in the window, of which nothing is said."""

    def topic(t: Term) -> Term:
        alike_there = conj(a.topic(t), p.config(t) == a.config(t))
        if but is None:
            return conj(p.topic(t) == a.topic(t), imp(p.topic(t), p.config(t) == a.config(t)))
        return imp(conj(p.topic(t), neg(but(t))), alike_there)

    return conj(u.forall(("Topic",), topic), p.single == a.single if but is None else conj())


def taken(s: State, p: Parameters, profile: Profile, window: Changed | None) -> State:
    """`Unchanged.take`."""
    key = key_cluster(s, p.cluster, profile)

    def mine(c: Term, a: Term) -> Term:
        return conj(c == key, a == p.addr)

    after = s.evolve(
        last_update=lambda c, a: ite(mine(c, a), p.now, s.last_update(c, a)),
        speaks=lambda c, a: ite(mine(c, a), p.channel, s.speaks(c, a)),
        version_of=lambda c, a: ite(mine(c, a), p.version, s.version_of(c, a)),
    )
    if window is None:
        return after
    puts = publishes(s, Registration(s, p, profile))

    def put(t: Term, n: Term) -> Term:
        return conj(puts, n == p.name, p.topic(t), window(t))

    return after.evolve(
        has_queue=lambda t, n: disj(s.has_queue(t, n), put(t, n)),
        config_of=lambda t, n: ite(put(t, n), as_put(s, p, profile, t), s.config_of(t, n)),
    )


def known(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    """What is so anyway. In `strict` a connection that is known to be closed says nothing more."""
    told = shape(s, profile)
    if profile.in_order:
        told["Open"] = neg(s.closed(p.channel))
    return told


def tests(s: State, a: Parameters, p: Parameters, profile: Profile, case: str) -> dict[str, Term] | None:
    """`Unchanged.match`, case by case: `a`, `b`, `c` of its docstring."""
    u = s.u
    key = key_cluster(s, p.cluster, profile)
    old = s.version_of(key, p.addr)
    repaired = profile.atomic_refusal
    told = {
        "Stored": stored(s, a, profile),
        "Generation": as_left(s, a, profile),
        "ClusterSet": s.in_cluster(p.cluster, p.name),
        **same_header(a, p, profile),
        "Head": conj(a.no_filters == p.no_filters, a.filters == p.filters),
    }
    if case == "a":
        if repaired:
            return None
        told["Version"] = u.same_version(p.version, old)
        if profile.topic_update is TopicUpdate.ALL_IF_CHANGED:  # then nothing is put; the code compares all the same
            return told
        return told | {"Tail": same_topics(a, p, u)}
    told["MayPutAll"] = put_all(u)
    if repaired:
        told["NotOlder"] = neg(is_older(Registration(s, p, profile), p.version, old))
    if case == "b":
        return told | {"Tail": same_topics(a, p, u)}
    if not repaired:
        told["Version"] = neg(u.same_version(p.version, old))
    window = changed(u)
    told["Window"] = same_topics(a, p, u, window)
    if repaired:
        told["NotSaidFull"] = conj(neg(p.full), neg(p.partial))
        nameless = [u.null("Topic"), u.empty("Topic")]
        told["NamedTopics"] = conj(*(neg(conj(window(t), p.topic(t))) for t in nameless))
    return told


def _sound(case: str) -> Callable[[State, tuple[Parameters, ...], Profile], Statement | None]:
    def about(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement | None:
        a, p = ps
        premises = tests(s, a, p, profile, case)
        if premises is None:
            return None
        u = s.u
        given = known(s, p, profile)
        given |= {f"Of a: {name}": term for name, term in standard(a, u, profile).items()}
        given |= standard(p, u, profile)
        if profile.parts_required:
            given["AcceptedA"] = neg(is_part_missing(Registration(s, a, profile)))
        given["HasVersion"] = neg(u.is_null_version(s.version_of(key_cluster(s, a.cluster, profile), a.addr)))
        step = accepted(s, p, profile)
        after = taken(s, p, profile, changed(u) if case == "c" else None)
        claim = conj(*step.guard.values(), alike(step.after, after))
        return Statement(given=given, premises=premises, claim=lambda: claim)

    return about


def _established(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """`remember`: after *a* the tables are as its memory says."""
    [a] = ps
    step = accepted(s, a, profile)
    r = Registration(s, a, profile)
    rows_in_place = (
        conj() if profile.atomic_refusal else disj(is_first(r), version_differs(r), neg(publishes(step.after, r)))
    )
    given = known(s, a, profile) | standard(a, s.u, profile) | {"Accepted": conj(*step.guard.values())}
    premises = {} if profile.atomic_refusal else {"RowsInPlace": imp(put_all(s.u), rows_in_place)}
    return Statement(
        given=given,
        premises=premises,
        claim=lambda: conj(stored(step.after, a, profile), as_left(step.after, a, profile)),
    )


def _kept(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """A hit in case (c), the one that changes topics: after it the tables are as the memory of *p* says."""
    a, p = ps
    premises = tests(s, a, p, profile, "c")
    assert premises is not None
    given = known(s, p, profile) | standard(p, s.u, profile) | standard(a, s.u, profile)
    after = taken(s, p, profile, changed(s.u))
    unneeded = {"NotOlder", "NamedTopics", "MayPutAll", "Version"}
    if not profile.one_cluster_per_name:
        unneeded |= {"ClusterSet"}
    needed = {name: term for name, term in premises.items() if name not in unneeded}
    return Statement(
        given=given, premises=needed, claim=lambda: conj(stored(after, p, profile), as_left(after, p, profile))
    )


CASES: Final = {
    case: Theorem(
        name=f"FastPathIsSound-{case}",
        says=f"Case ({case}) of the server's short way leaves what reading the registration in full would.",
        about=_sound(case),
        events=2,
        premises=PREMISES,
    )
    for case in "abc"
}
ESTABLISHED: Final = Theorem(
    name="FastPathIsEstablished",
    says="After a registration that is remembered, the tables are as the memory says.",
    about=_established,
    premises={
        "RowsInPlace": "`rows_in_place`: it is remembered to have put all its topics only if it has",
    },
)
KEPT: Final = Theorem(
    name="FastPathIsKept",
    says="After a registration taken the short way with changed topics, the tables are as the memory of it says.",
    about=_kept,
    events=2,
    premises=PREMISES,
)
A, B, C = CASES.values()
