"""*Skip safety*: when is it safe not to register, because QUERY_DATA_VERSION says that nothing has changed?

The question (322) and the registration that is left out are of one broker: same cluster, name, id, address, DataVersion. 322
brings nothing else, and does not look at everything that it brings. What it leaves open is what the premises name. They are the
weakest there are: with 322's answer, all of them together are true exactly if registering would change nothing.
"""

from typing import Final

from namesrv.model.profiles import LiveKey, Profile
from namesrv.proofs.invariants import INVARIANTS
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.register_broker import (
    Registration,
    is_first,
    is_part_missing,
    is_read_only,
    is_wiped,
    publishes,
    version_differs,
)
from namesrv.proofs.signs_of_life import says_unchanged_to
from namesrv.proofs.state import State
from namesrv.proofs.step import Step
from namesrv.proofs.theorems.alike import alike
from namesrv.proofs.theorems.theorem import Statement, Theorem
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Term, conj, disj, imp, ite, neg

STAMPS: Final = frozenset({"last_update"})
"""What 322 and a registration both change."""

PREMISES: Final = {
    "Unchanged": "QUERY_DATA_VERSION says `changed=false`",
    "Place": "the address stands at that name and id, and the cluster lists the name",
    "Connection": "it speaks over the connection that spoke for it last",
    "HaServerAddr": "its `haServerAddr` is the stored one",
    "HeartbeatTimeout": "so is its `heartbeatTimeoutMillis`",
    "EnableActingMaster": "so is the name's `enableActingMaster`",
    "ZoneName": "and the name's zone",
    "FilterServers": "it brings no filter server list, or the stored one",
    "Topics": "the name has the topics of the body; in `strict` as they are there",
    "Mappings": "the topic-queue mappings of the body are the stored ones",
    "NothingElse": "a full body of a master leaves out nothing that the name has",
    "NotPartial": "the body does not say that it is partial",
}


def intact(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    """A request that came whole: nothing that its sender would have to repair."""
    u = s.u
    told = {
        "Intact": conj(
            p.well_formed(u), p.crc32_matches, p.readable, neg(p.no_id), neg(p.oneway), neg(s.closed(p.channel))
        ),
        "Whole": neg(is_part_missing(Registration(s, p, profile))),
        "OwnMappings": u.forall(("Topic",), lambda t: imp(p.maps(t), p.mapped_name(t) == p.name)),
    }
    if not profile.state_version:
        told["NoStateVersion"] = u.state_version(p.version) == 0
    return told  # fmt: skip


def one_id_of_name(s: State) -> Term:
    """Also in the releases: an address stands at one id of a name; a null one may stand at several."""

    def same_id(n: Term, i: Term, j: Term, a: Term) -> Term:
        return imp(conj(s.holds(n, i, a), s.holds(n, j, a), neg(a == s.u.null("Addr"))), i == j)

    return s.u.forall(("Name", "Id", "Id", "Addr"), same_id)


def shape(s: State, profile: Profile) -> dict[str, Term]:
    """What is so of every state: tables are maps; and, for `strict`, what is proved of it."""
    names: tuple[str, ...] = ("OneHolder", "HeldIsEntered")
    if profile.atomic_requests:
        names += ("AddressUniqueness", "ClusterAgreement", "OneLiveKey", "RouteSoundness", "NothingLeftOver")
    told = {name: INVARIANTS[name].holds(s, profile) for name in names}
    if not profile.one_place_per_address:
        told["OneIdOfName"] = one_id_of_name(s)
    if profile.live_key is LiveKey.ADDR:
        told["OneKey"] = s.u.forall(("Cluster", "Addr"), lambda c, a: imp(s.live(c, a), c == s.u.empty("Cluster")))
    if not profile.request_heartbeat_timeout:
        told["OneTimeout"] = s.u.forall(
            ("Cluster", "Addr"), lambda c, a: imp(s.live(c, a), s.timeout(c, a) == profile.heartbeat_timeout_ms)
        )
    return told


def accepted(s: State, p: Parameters, profile: Profile) -> Step:
    """The registration, if it is accepted."""
    step = TRANSITIONS["register_broker/accepted"].step(s, p, profile)
    assert step is not None
    return step


def changes_nothing(s: State, p: Parameters, profile: Profile) -> Term:
    """A registration now would be accepted, and would change nothing but the stamp."""
    step = accepted(s, p, profile)
    return conj(*step.guard.values(), alike(s, step.after, STAMPS))


def as_stored(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    """What the registration says besides its version, and where it says it, is what the tables hold. By premise."""
    u, r = s.u, Registration(s, p, profile)
    key = r.key
    every = disj(
        profile.same_version_puts_topics, is_first(r) if not profile.atomic_refusal else disj(), version_differs(r)
    )
    puts = publishes(s, r)
    read_only = disj(is_read_only(s, r, conj(p.has_acting, p.acting)), is_wiped(s, r))

    def topic(t: Term) -> Term:
        config = ite(read_only, u.wiped(p.config(t)), p.config(t))
        return imp(p.topic(t), conj(s.has_queue(t, p.name), imp(every, s.config_of(t, p.name) == config)))

    def mapping(t: Term) -> Term:
        return imp(p.maps(t), conj(s.has_mapping(t, p.name), s.mapping_of(t, p.name) == p.mapping(t)))

    told = {"Connection": s.speaks(key, p.addr) == p.channel, "HaServerAddr": s.ha_of(key, p.addr) == p.ha}
    if not profile.query_checks_place:
        told["Place"] = conj(s.entered(p.name), s.holds(p.name, p.broker_id, p.addr), s.in_cluster(p.cluster, p.name))
    if profile.request_heartbeat_timeout:
        default = u.integer(profile.heartbeat_timeout_ms)
        told["HeartbeatTimeout"] = s.timeout(key, p.addr) == ite(p.has_timeout, p.timeout, default)
    if profile.acting_master:
        told["EnableActingMaster"] = s.acting(p.name) == conj(p.has_acting, p.acting)
        told["ZoneName"] = s.zone_of(p.name) == p.zone
    if profile.same_version_puts_topics:  # the releases put none under a version that they know
        told["Mappings"] = imp(puts, u.forall(("Topic",), mapping))
    stored = conj(s.has_filters(key, p.addr), s.filters_of(key, p.addr) == p.filters)
    told["FilterServers"] = imp(p.has_filters, ite(p.no_filters, neg(s.has_filters(key, p.addr)), stored))
    if profile.same_version_puts_topics or profile.acting_master:  # 4.9.7 puts nothing under a version that it knows
        told["Topics"] = imp(puts, u.forall(("Topic",), topic))
    if profile.full_body_replaces:
        told["NotPartial"] = neg(p.partial)
        kept = u.forall(
            ("Topic",),
            lambda t: conj(imp(s.has_queue(t, p.name), p.topic(t)), imp(s.has_mapping(t, p.name), p.maps(t))),
        )
        told["NothingElse"] = imp(conj(p.full, p.broker_id == 0), kept)
    return {name: told[name] for name in PREMISES if name in told}


def skip_safety(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """The premises are enough."""
    [p] = ps
    return Statement(
        given=shape(s, profile) | intact(s, p, profile),
        premises={"Unchanged": says_unchanged_to(s, p, profile)} | as_stored(s, p, profile),
        claim=lambda: changes_nothing(s, p, profile),
    )


def skip_premises_are_weakest(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """And each of them has to be."""
    [p] = ps
    return Statement(
        given=shape(s, profile) | intact(s, p, profile) | {"Unchanged": says_unchanged_to(s, p, profile)},
        premises={"ChangesNothing": changes_nothing(s, p, profile)},
        claim=lambda: conj(*as_stored(s, p, profile).values()),
    )


def _is_inductive(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement | None:
    """Whatever happens next. (At the start nobody stands anywhere.)"""
    if profile.one_place_per_address:
        return None  # there it is AddressUniqueness
    [p] = ps
    steps = [transition.step(s, p, profile) for transition in TRANSITIONS.values()]
    kept = [imp(conj(*step.guard.values()), one_id_of_name(step.after)) for step in steps if step is not None]
    given = {"OneHolder": INVARIANTS["OneHolder"].holds(s, profile)}
    return Statement(given=given, premises={"OneIdOfName": one_id_of_name(s)}, claim=lambda: conj(*kept))


ONE_ID: Final = Theorem(
    name="OneIdOfName",
    says="An address stands at one id of a name, in the releases too: whatever happens, it stays so.",
    about=_is_inductive,
    premises={"OneIdOfName": "it was so before"},
)
SKIP_SAFETY: Final = Theorem(
    name="SkipSafety",
    says="Registering what 322 calls unchanged changes nothing but the time of the last sign of life.",
    about=skip_safety,
    premises=PREMISES,
    replay="skip",
)
WEAKEST: Final = Theorem(
    name="SkipPremisesAreWeakest",
    says="If registering what 322 calls unchanged changes nothing, all premises of SkipSafety are true.",
    about=skip_premises_are_weakest,
    premises={"ChangesNothing": "the registration is accepted and changes nothing but the stamp"},
)
