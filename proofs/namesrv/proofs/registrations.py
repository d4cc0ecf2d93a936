"""The transitions of REGISTER_BROKER: one for each rule of its tables, and those before the body is read.

Atomic: Apache enters the name and does the rest under one write lock; only GET_BROKER_CLUSTER_INFO and QUERY_DATA_VERSION, which
change no table that this reads, look in between.
"""

from typing import Final

from namesrv.model.profiles import Profile
from namesrv.proofs.ledger import forgotten, hand_is_left, registered, said_again, went_back
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.register_broker import (
    AFTER_ENTERING,
    BEFORE_ENTERING,
    REPAIRED,
    Registration,
    Rule,
    enter_name,
)
from namesrv.proofs.state import State
from namesrv.proofs.step import Step, Transition
from namesrv.proofs.universe import Term, conj, disj, imp, neg


def may_speak(s: State, p: Parameters, profile: Profile) -> Term:
    """In order: what came over a connection has been worked on before its end is."""
    return neg(s.closed(p.channel)) if profile.in_order else conj()


def _arrives(s: State, p: Parameters, profile: Profile) -> dict[str, Term]:
    u = s.u
    told = {"Arrives": conj(may_speak(s, p, profile), p.well_formed(u))}
    # As the model has it (`TopicQueueMappingInfo.bname`); our server was seen to come to something else without.
    told["MappingsHaveNames"] = u.forall(("Topic",), lambda t: imp(p.maps(t), neg(p.mapped_name(t) == u.null("Name"))))
    if profile.concurrent_tables and not profile.parts_required:
        # ConcurrentHashMap throws on null, in the midst of the topics: which came before is the order of a Java hash map, which
        # the model leaves out. `RouteInfoManager.{isTopicConfigChanged,createAndUpdateQueueData}`, 5.1.4 and 5.3.3.
        told["TopicsHaveNames"] = neg(p.topic(u.null("Topic")))
    if not profile.state_version:  # what 4.9 knows of a body: `requests.known_body`
        told["NoStateVersion"] = u.state_version(p.version) == 0
    return told


def _unread(rule: str) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        guard = {"crc32-not-match": neg(p.crc32_matches), "undecodable-body": conj(p.crc32_matches, neg(p.readable))}
        if rule == "broker-id-null":
            if profile.parts_required:
                return None
            guard[rule] = conj(p.crc32_matches, p.readable, p.no_id)
        return Step(guard=_arrives(s, p, profile) | {"Guard": guard[rule]}, after=s, refused=True)

    return Transition(f"register_broker/{rule}", step)


def _rule(name: str) -> Transition:
    def step(s: State, p: Parameters, profile: Profile) -> Step | None:
        read = _arrives(s, p, profile) | {"Read": conj(p.crc32_matches, p.readable)}
        if profile.atomic_refusal:
            rules: tuple[Rule, ...] = REPAIRED
            at = s
        elif any(rule.name == name for rule in BEFORE_ENTERING):
            rules, at = BEFORE_ENTERING, s
        else:
            before = Registration(s, p, profile)
            read["Entered"] = conj(*(neg(rule.guard(before)) for rule in BEFORE_ENTERING))
            rules, at = AFTER_ENTERING, enter_name(before)
        if not profile.parts_required:
            read["HasId"] = neg(p.no_id)
        return _first(rules, name, s, Registration(at, p, profile), read)

    return Transition(f"register_broker/{name}", step)


def _first(rules: tuple[Rule, ...], name: str, before: State, r: Registration, guard: dict[str, Term]) -> Step | None:
    """The step of that row: no row before it applies, and it does."""
    names = [rule.name for rule in rules]
    if name not in names:
        return None
    number = names.index(name)
    rule = rules[number]
    applies = conj(rule.guard(r))
    if applies.eq(disj()):
        return None  # the profile has no such row
    told = guard | {f"Not {other.name}": neg(other.guard(r)) for other in rules[:number]}
    told = {key: term for key, term in told.items() if not term.eq(conj())} | {"Guard": applies}
    after = rule.effect(r)
    if "entered" in after.changed_from(before):
        after = forgotten(before, after)
    again = said_again(before, r.p, r.profile, r.key)
    if rule.refused:
        return Step(guard=told, after=after, refused=True, said_again=again)
    with_ledger = registered(before, after, r.p, r.profile, accepted=name == "accepted")
    back = went_back(before, after, r.p, r.profile, r.key)
    told_late = conj(back, disj(name == "accepted", neg(r.p.oneway)))
    left = conj(disj(name == "accepted", neg(r.p.oneway)), hand_is_left(before, after, r.p))
    return Step(guard=told, after=with_ledger, went_back=told_late, said_again=again, hand_is_left=left)


NAMES: Final = tuple(dict.fromkeys(rule.name for rule in (*BEFORE_ENTERING, *REPAIRED, *AFTER_ENTERING)))

REGISTRATIONS: Final = (
    _unread("crc32-not-match"),
    _unread("undecodable-body"),
    _unread("broker-id-null"),  # Apache: unboxing a null brokerId throws before anything is done
    *(_rule(name) for name in sorted(NAMES, key=lambda name: name == "accepted")),
)
