"""QUERY_DATA_VERSION (322), BROKER_HEARTBEAT (904), and the requests that change nothing (105, 106, 206, unknown codes).

Atomic: 322's three looks at the live table; of them only the second one writes, and only a time.
"""

from typing import Final

from namesrv.model.profiles import Profile, QueryRefreshes
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.registrations import may_speak
from namesrv.proofs.removal import has_key, key_cluster
from namesrv.proofs.state import State
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, ite, neg


def _is_asked(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    told = {"Arrives": conj(may_speak(s, p, profile), p.well_formed(s.u))}
    if not profile.state_version:
        told["NoStateVersion"] = s.u.state_version(p.version) == 0
    return told


def stands_there(s: State, p: Parameters) -> Term:
    """Whether the address stands exactly where the question says."""
    place = conj(s.entered(p.name), s.cluster_of(p.name) == p.cluster, s.holds(p.name, p.broker_id, p.addr))
    return conj(neg(p.no_id), place)


def says_unchanged_to(s: State, p: Parameters, profile: Profile) -> Term:
    """Whether QUERY_DATA_VERSION says `changed=false` to this question."""
    u = s.u
    key = key_cluster(s, p.cluster, profile)
    stored = s.version_of(key, p.addr)
    same = conj(s.live(key, p.addr), neg(u.is_null_version(stored)), u.same_version(stored, p.version))
    told = conj(same, neg(s.partial(key, p.addr)))
    return conj(told, stands_there(s, p)) if profile.query_checks_place else told


def refreshed(s: State, p: Parameters, profile: Profile, when: Term) -> State:
    """The live entry was heard of now."""
    key = key_cluster(s, p.cluster, profile)

    def mine(c: Term, a: Term) -> Term:
        return conj(when, c == key, a == p.addr, s.live(key, p.addr))

    return s.evolve(last_update=lambda c, a: ite(mine(c, a), p.now, s.last_update(c, a)))


def _query(rule: str) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        unchanged = says_unchanged_to(s, p, profile)
        when = {
            QueryRefreshes.ALWAYS: conj(),
            QueryRefreshes.UNCHANGED: unchanged,
            QueryRefreshes.SAME_PLACE: stands_there(s, p),
        }[profile.query_refreshes]
        guard = _is_asked(s, p, profile) | {
            "Key": conj(p.readable, has_key(s, p.cluster, p.addr, profile), _has_body(s, p, profile)),
            "Guard": unchanged if rule == "unchanged" else neg(unchanged),
        }
        return Step(guard=guard, after=refreshed(s, p, profile, when))

    return Transition(f"query_data_version/{rule}", step)


def _has_body(s: State, p: Parameters, profile: Profile) -> Term:
    return conj() if profile.decodes_absent_body else neg(s.u.is_null_version(p.version))


def _query_error(s: State, p: Parameters, profile: Profile) -> Step | None:
    wrong = neg(conj(p.readable, has_key(s, p.cluster, p.addr, profile), _has_body(s, p, profile)))
    return Step(guard=_is_asked(s, p, profile) | {"Guard": wrong}, after=s, refused=True)


def _heartbeat(rule: str) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        if not profile.broker_heartbeat:
            return None
        has, key = has_key(s, p.cluster, p.addr, profile), key_cluster(s, p.cluster, profile)
        guards = {
            "part-null": neg(has),
            "unknown": conj(has, neg(s.live(key, p.addr))),
            "refreshed": conj(has, s.live(key, p.addr)),
        }
        after = refreshed(s, p, profile, conj()) if rule == "refreshed" else s
        guard = _is_asked(s, p, profile) | {"Guard": guards[rule]}
        return Step(guard=guard, after=after, refused=rule == "part-null")

    return Transition(f"broker_heartbeat/{rule}", step)


def _read(s: State, p: Parameters, profile: Profile) -> Step | None:
    """Routes, clusters, topics: whatever is answered, found or not, no table changes."""
    return Step(guard=_is_asked(s, p, profile), after=s, refused=True)


SIGNS_OF_LIFE: Final = (
    Transition("query_data_version/part-null", _query_error),
    _query("changed"),
    _query("unchanged"),
    _heartbeat("part-null"),
    _heartbeat("unknown"),
    _heartbeat("refreshed"),
)

READS: Final = tuple(
    Transition(name, _read)
    for name in (
        "get_route_info_by_topic/any",
        "get_broker_cluster_info/any",
        "get_all_topic_list/any",
        "unknown_request/any",
    )
)
