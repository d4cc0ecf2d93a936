"""What administrators change by hand: 205, 327, 216, 217. Function for function `namesrv.model.by_hand`.

Atomic: each is one step under the write lock. None is refused but a body that can't be read.
"""

from collections.abc import Callable
from typing import Final

from namesrv.model.profiles import Profile
from namesrv.proofs.ledger import changed_by_hand, given_back, wiped
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.registrations import may_speak
from namesrv.proofs.state import State
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, disj, ite, neg

Effect = Callable[[State, Parameters, Profile], State]


def _arrives(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    return {"Arrives": conj(may_speak(s, p, profile), p.well_formed(s.u))}


def _always(name: str, effect: Effect, ledger: Callable[[State, Parameters], State] = lambda s, _: s) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step:
        return Step(guard=_arrives(s, p, profile), after=ledger(changed_by_hand(s, effect(s, p, profile)), p))

    return Transition(name, step)


def wipe_write_perm_of_broker(s: State, p: Parameters, profile: Profile) -> State:
    """The name's queues lose the write bit; repaired, that is remembered of a name that is there."""
    after = s.evolve(config_of=lambda t, n: ite(n == p.name, s.u.wiped(s.config_of(t, n)), s.config_of(t, n)))
    if not profile.wipe_outlasts_registration:
        return after
    named = conj(neg(p.name == s.u.null("Name")), s.entered(p.name))
    return after.evolve(write_wiped=lambda n: disj(s.write_wiped(n), conj(named, n == p.name)))


def add_write_perm_of_broker(s: State, p: Parameters, profile: Profile) -> State:
    """The name's queues may be read and written, whatever their permissions were."""
    after = s.evolve(config_of=lambda t, n: ite(n == p.name, s.u.writable(s.config_of(t, n)), s.config_of(t, n)))
    if not profile.wipe_outlasts_registration:
        return after
    return after.evolve(write_wiped=lambda n: conj(s.write_wiped(n), neg(n == p.name)))


def delete_topic(s: State, p: Parameters, profile: Profile) -> State:
    """Without the topic; with a cluster's name only on that cluster's brokers. 5.x throws on null, and swallows it."""
    may = neg(p.about == s.u.null("Topic")) if profile.concurrent_tables else conj()
    everywhere = s.u.missing("Cluster", p.cluster)

    def goes(t: Term, n: Term) -> Term:
        return conj(may, t == p.about, disj(everywhere, s.in_cluster(p.cluster, n)))

    return s.evolve(has_queue=lambda t, n: conj(s.has_queue(t, n), neg(goes(t, n))))


# REGISTER_TOPIC_IN_NAMESRV ----------------------------------------------------------------------------------------


def _says_something(s: State, p: Parameters) -> Term:
    some = disj(p.stops, s.u.exists(("Name",), p.listed))
    return conj(some, neg(p.about == s.u.null("Topic")))


def _in_order(s: State, p: Parameters) -> Term:
    """The places in the list are different ones."""

    def apart(n: Term, m: Term) -> Term:
        return disj(n == m, neg(conj(p.listed(n), p.listed(m))), neg(p.rank(n) == p.rank(m)))

    nulls = s.u.forall(("Name",), lambda n: disj(neg(p.listed(n)), neg(p.rank(n) == p.stop)))
    return conj(s.u.forall(("Name", "Name"), apart), nulls)


def _is_nobodys(s: State, p: Parameters, name: Term) -> Term:
    return conj(p.listed(name), neg(s.entered(name)))


def put_queues(s: State, p: Parameters, which: Callable[[Term], Term], profile: Profile) -> State:
    """The queues of the listed names that `which` is true of."""

    def put(t: Term, n: Term) -> Term:
        return conj(t == p.about, p.listed(n), which(n))

    def config(n: Term) -> Term:
        return (
            ite(s.write_wiped(n), s.u.wiped(p.queue(n)), p.queue(n))
            if profile.wipe_outlasts_registration
            else p.queue(n)
        )

    return s.evolve(
        has_queue=lambda t, n: disj(s.has_queue(t, n), put(t, n)),
        config_of=lambda t, n: ite(put(t, n), config(n), s.config_of(t, n)),
    )


def _register_topic(rule: str) -> Transition:
    """One by one where the topic is there, up to the first queue that is nobody's; all or nothing where it is not."""

    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        if not profile.register_topic:
            return None
        if rule == "body":
            return Step(guard=_arrives(s, p, profile) | {"Guard": neg(p.readable)}, after=s, refused=True)
        says = _says_something(s, p)
        illegal = disj(p.stops, s.u.exists(("Name",), lambda n: _is_nobodys(s, p, n)))
        there = s.u.exists(("Name",), lambda n: s.has_queue(p.about, n))

        def comes_first(n: Term) -> Term:
            later = s.u.forall(("Name",), lambda m: disj(neg(_is_nobodys(s, p, m)), p.rank(n) < p.rank(m)))
            return conj(there, later, disj(neg(p.stops), p.rank(n) < p.stop))

        guards = {"nothing": neg(says), "illegal-broker": conj(says, illegal), "registered": conj(says, neg(illegal))}
        puts = {"nothing": lambda _: disj(), "illegal-broker": comes_first, "registered": lambda _: conj()}
        after = s if rule == "nothing" else changed_by_hand(s, put_queues(s, p, puts[rule], profile))
        guard = _arrives(s, p, profile) | {"Read": p.readable, "InOrder": _in_order(s, p), "Guard": guards[rule]}
        return Step(guard=guard, after=after)

    return Transition(f"register_topic_in_namesrv/{rule}", step)


BY_HAND: Final = (
    _always("wipe_write_perm_of_broker/wiped", wipe_write_perm_of_broker, wiped),
    _always("add_write_perm_of_broker/added", add_write_perm_of_broker, given_back),
    _always("delete_topic_in_namesrv/deleted", delete_topic),
    *(_register_topic(rule) for rule in ("body", "nothing", "illegal-broker", "registered")),
)
