"""*Commutation*: which events of two different brokers may change places, with the same state and the same answers after.

Two variants. *Apart*: different addresses, names and connections, and neither stands (or speaks for somebody) under the other's
name. *One name*: different addresses, connections and ids of one name in one cluster. A cell says whether the two events commute
in every state; the first one's rule and answer are then the same whichever comes first, and so are the second one's.
"""

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Final

import attrs
import z3

from namesrv.model.profiles import DISTINCT_PROFILES, Profile
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.register_broker import Registration
from namesrv.proofs.state import State, one_of
from namesrv.proofs.step import Step
from namesrv.proofs.theorems.alike import alike
from namesrv.proofs.theorems.skip_safety import shape
from namesrv.proofs.theorems.theorem import Statement, Theorem
from namesrv.proofs.transitions import TRANSITIONS
from namesrv.proofs.universe import Scope, Term, conj, disj, imp, ite, neg

KINDS: Final = {
    "register_broker": ("older-state-version", "older-data-version", "name-of-another-cluster", "topic-before-broker",
                        "accepted"),
    "unregister_broker": ("not-live", "another-place", "another-connection", "accepted", "queued", "by-id"),
    "query_data_version": ("changed", "unchanged"),
    "broker_heartbeat": ("unknown", "refreshed"),
    "batch": ("batch",),
    "channel_destroy": ("close-of-nobody", "close-removes-all", "removal-queued", "address-without-place", "found"),
    "removal": ("removed-at-once",),
}  # fmt: skip
"""What a broker does, or is done about it, and the rows of it that requests with all their parts come to."""

PUT_OFF: Final = {"batch": "unregister_broker", "removal": "channel_destroy"}
"""What was put off: 5.5.0's queued unregistration, 4.9.7's removal of an address that its close has found."""

APART: Final = "apart"
ONE_NAME: Final = "one-name"
VARIANTS: Final = {
    APART: "addresses, names and connections are different, and neither stands or speaks under the other's name",
    ONE_NAME: "two ids of one name in one cluster, of different addresses and connections, and neither stands at the other's id",
}


@attrs.frozen(kw_only=True)
class Event:
    """What an event comes to: which row (which says what is answered), whether there is one, and the state after.

    `tells`: whether it is a registration that is accepted: who is refused is told nothing of its master.
    """

    which: Term
    is_one: Term
    tells: Term
    after: State


def happens(kind: str, s: State, p: Parameters, profile: Profile) -> Event | None:
    """An event of that kind, all its rows together; `None` if the profile has no such kind."""
    table = PUT_OFF.get(kind, kind)
    found = [TRANSITIONS.get(f"{table}/{row}") for row in KINDS[kind]]
    steps: list[Step] = []
    tells: list[Term] = []
    for transition in found:
        step = None if transition is None else transition.step(s, p, profile)
        if transition is not None and step is not None:
            steps.append(step)
            tells += [conj(*step.guard.values())] if transition.name == "register_broker/accepted" else []
    if not steps:
        return None
    guards = [conj(*step.guard.values()) for step in steps]
    which, after = s.u.integer(0), steps[0].after
    for number, step in enumerate(steps[1:], 1):
        which = ite(guards[number], s.u.integer(number), which)
        after = one_of(guards[number], step.after, after, s)
    return Event(which=which, is_one=disj(*guards), tells=disj(*tells), after=after)


def told_of_master(first: Event, one: State, other: State, p: Parameters, profile: Profile) -> Term:
    """Whether a slave that registers is told the same of its master."""
    if z3.is_false(first.tells):
        return conj()
    key = Registration(one, p, profile).key

    def same(h: Term) -> Term:
        masters = [conj(s.holds(p.name, s.u.integer(0), h), s.live(key, h)) for s in (one, other)]
        return conj(masters[0] == masters[1], imp(masters[0], one.ha_of(key, h) == other.ha_of(key, h)))

    return imp(conj(first.tells, neg(p.broker_id == 0)), one.u.forall(("Addr",), same))


def different(variant: str, kinds: tuple[str, str], s: State, p: Parameters, q: Parameters) -> dict[str, Term]:
    """The premises of a variant."""
    told = {"Connections": neg(p.channel == q.channel), "Addresses": neg(p.addr == q.addr)}
    if variant == ONE_NAME:
        told["Place"] = conj(p.name == q.name, p.cluster == q.cluster, neg(p.broker_id == q.broker_id))
        told["Apart"] = conj(neg(s.holds(p.name, p.broker_id, q.addr)), neg(s.holds(q.name, q.broker_id, p.addr)))
    else:
        told["Names"] = neg(p.name == q.name)
        told["Apart"] = conj(_not_under(s, p.addr, q.name), _not_under(s, q.addr, p.name))
    if variant == ONE_NAME and "removal" in kinds:  # it takes the name out of the first cluster that it finds with it
        others = s.u.exists(("Cluster",), lambda c: conj(s.in_cluster(c, p.name), neg(c == p.cluster)))
        told["OneCluster"] = neg(others)
    for kind, who, other in zip(kinds, (p, q), (q, p), strict=True):
        if kind == "channel_destroy":
            told[f"Speaks {'p' if who is p else 'q'}"] = _speaks_for_no(s, who, other, names=variant == APART)
    return told


def _not_under(s: State, addr: Term, name: Term) -> Term:
    return neg(s.u.exists(("Id",), lambda i: s.holds(name, i, addr)))


def _speaks_for_no(s: State, who: Parameters, other: Parameters, *, names: bool) -> Term:
    def apart(c: Term, a: Term) -> Term:
        under = _not_under(s, a, other.name) if names else conj()
        return imp(conj(s.live(c, a), s.speaks(c, a) == who.channel), conj(neg(a == other.addr), under))

    return s.u.forall(("Cluster", "Addr"), apart)


def _commute(
    kinds: tuple[str, str], variant: str
) -> Callable[[State, tuple[Parameters, ...], Profile], Statement | None]:
    def about(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement | None:
        p, q = ps
        first = happens(kinds[0], s, p, profile)
        second = happens(kinds[1], s, q, profile)
        if first is None or second is None:
            return None
        u = s.u
        whole = conj(*(neg(u.missing(sort, term)) for r in ps for sort, term in
                       (("Addr", r.addr), ("Name", r.name), ("Cluster", r.cluster))))  # fmt: skip
        own = u.forall(("Topic",), lambda t: conj(*(imp(r.maps(t), r.mapped_name(t) == r.name) for r in ps)))
        known = {name: term for name, term in shape(s, profile).items() if name != "OneIdOfName"}  # no help, and slow
        given = known | {"Whole": whole, "OwnMappings": own, "First": first.is_one, "Second": second.is_one}
        if not profile.parts_required and not {"channel_destroy", "removal"}.isdisjoint(
            kinds
        ):  # one that stands there ends every search for the place of another
            given["NoNullAddress"] = u.forall(("Name", "Id"), lambda n, i: neg(s.holds(n, i, u.null("Addr"))))

        def claim() -> Term:
            then_second = happens(kinds[1], first.after, q, profile)
            then_first = happens(kinds[0], second.after, p, profile)
            assert then_second is not None and then_first is not None
            answers = [
                then_second.is_one,
                then_first.is_one,
                then_second.which == second.which,
                then_first.which == first.which,
                told_of_master(first, first.after, then_first.after, p, profile),
                told_of_master(second, second.after, then_second.after, q, profile),
            ]
            return conj(*answers, alike(then_second.after, then_first.after))

        return Statement(
            given=given,
            premises=different(variant, kinds, s, p, q),
            claim=claim,
        )

    return about


TINY: Final = Scope(clusters=1, topics=1, ids=(0, 1))

REFUTED: Final = frozenset(
    {
        ("strict", "register_broker", "register_broker"),
        ("strict", "register_broker", "unregister_broker"),
        ("strict", "register_broker", "channel_destroy"),
        ("apache-5.5.0", "register_broker", "register_broker"),
        ("apache-5.5.0", "register_broker", "batch"),
        ("apache-5.1.4", "register_broker", "register_broker"),
        ("apache-5.1.4", "register_broker", "batch"),
        ("apache-4.9.7", "register_broker", "register_broker"),
        ("apache-4.9.7", "register_broker", "unregister_broker"),
        ("apache-4.9.7", "register_broker", "removal"),
    }
)
"""What does not commute within one name: its flags, the topics of a prime slave, the write permission, and who is the last."""

PAIRS: Final = tuple(combinations_with_replacement(KINDS, 2))


def theorem(kinds: tuple[str, str], variant: str) -> Theorem:
    """One cell."""
    return Theorem(
        name=f"Commute-{kinds[0]}-{kinds[1]}-{variant}",
        says=f"{kinds[0]} of one broker and {kinds[1]} of another commute: {VARIANTS[variant]}.",
        about=_commute(kinds, variant),
        events=2,
        kinds=kinds,
        holds_for=tuple(name for name in DISTINCT_PROFILES if (name, *kinds) not in REFUTED or variant == APART),
        is_minimal=False,
        scope=TINY,
        replay="commute",
    )


COMMUTATION: Final = {(kinds, variant): theorem(kinds, variant) for variant in VARIANTS for kinds in PAIRS}
