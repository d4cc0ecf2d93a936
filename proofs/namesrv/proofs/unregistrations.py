"""UNREGISTER_BROKER (104) and 5.x's batches. Rows as `namesrv.model.requests.unregister_broker`, `namesrv.model.removal`.

Atomic: a request; one queued unregistration (a batch of several is worked on under one lock, so what is in between no request
sees, and it comes to what its requests come to one by one); a batch of several that throws, which does not. Cut: the queue from
its batch.
"""

from typing import Final

from namesrv.model.profiles import Profile, Unregistration
from namesrv.proofs.ledger import unregistered
from namesrv.proofs.parameters import UNREGISTRATION, Parameters
from namesrv.proofs.registrations import may_speak
from namesrv.proofs.removal import addresses_leave, remove_live, remove_places, throws, unregister, unregister_by_id
from namesrv.proofs.state import State
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, disj, imp, neg


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
        after=unregistered(queue(s, p.cluster, p.addr, p.name, p.no_id), p, refused=False),
    )


def queue(s: State, cluster: Term, addr: Term, name: Term, no_id: Term) -> State:
    """One unregistration more waits for its batch."""
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


def _batch_throws(s: State, p: Parameters, profile: Profile) -> Step | None:
    """5.x: several are taken, and one of them (`p`) throws: some were done before, the rest is lost, no topic is cleaned."""
    if profile.unregistration is not Unregistration.QUEUED_BY_ADDR:
        return None
    u, this = s.u, (p.cluster, p.addr, p.name, p.no_id)
    may, at = addresses_leave(s, p, profile)
    after = unregister(at, p.cluster, p.name, p.addr, p.no_id, profile)

    def is_this(*key: Term) -> Term:
        return conj(*(one == other for one, other in zip(key, this, strict=True)))

    def another(*key: Term) -> Term:
        return conj(s.queued(*key), neg(is_this(*key)), disj(p.done(*key), neg(p.kept(*key))))

    guard = {
        "Queued": conj(s.queued(*this), u.forall(UNREGISTRATION, lambda *key: imp(p.done(*key), s.queued(*key)))),
        "Several": conj(u.exists(UNREGISTRATION, another), neg(p.done(*this))),
        "Before": may,
        "Guard": throws(at, p.cluster, p.name, p.addr, p.no_id, profile),
    }
    return Step(guard=guard, after=after.evolve(queued=lambda *key: conj(s.queued(*key), p.kept(*key))))


UNREGISTRATIONS: Final = (
    *(
        _unregister_checked(rule)
        for rule in ("part-missing", "not-live", "another-place", "another-connection", "accepted")
    ),
    Transition("unregister_broker/queued", _queued),
    Transition("unregister_broker/by-id", _by_id),
    Transition("unregister_broker/broker-id-null", _id_null),
    Transition("unregister_broker/batch", _batch),
    Transition("unregister_broker/batch-throws", _batch_throws),
)
