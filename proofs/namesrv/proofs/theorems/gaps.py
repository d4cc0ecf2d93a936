"""*Impossibility*: what no NameServer can do on today's wire (`docs/protocol-gaps.md`), each gap as a pair of runs.

A NameServer is any function of what it is sent: `offers`, `answer`, `stored` are left open here, no release is looked at. The two
runs bring it the same, the brokers mean different things, and no one value is right for both. Where something is added to the
wire (`fullBody`), the relation of `strict` is shown to keep the promise.
"""

from typing import Final

import attrs

from namesrv.model.profiles import Profile
from namesrv.proofs.parameters import Parameters
from namesrv.proofs.register_broker import Registration, is_older
from namesrv.proofs.signs_of_life import says_unchanged_to
from namesrv.proofs.state import State
from namesrv.proofs.theorems.skip_safety import accepted, changes_nothing, intact, shape
from namesrv.proofs.theorems.theorem import Statement, Theorem
from namesrv.proofs.universe import Term, conj, disj, imp, ite, neg

# A body without a topic -------------------------------------------------------------------------------------------


def _missing_topic(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """`Value` stands for bytes here: two bodies that say the same are the same. `has`: the broker's topics before."""
    del ps, profile
    u = s.u
    says = u.function("says", ("Value", "Topic"), "Bool")
    offers = u.function("offers", ("Value", "Topic"), "Bool")
    has, then_1, then_2, updated = (
        u.function(name, ("Topic",), "Bool") for name in ("has", "then_1", "then_2", "updated")
    )
    body_1, body_2, lost = u.const("body_1", "Value"), u.const("body_2", "Value"), u.const("lost_topic", "Topic")

    def each(told: "Term") -> Term:
        return u.forall(("Topic",), told)

    same = each(lambda t: says(body_1, t) == says(body_2, t))
    return Statement(
        given={
            "Bytes": imp(same, body_1 == body_2),
            "Had": has(lost),
            "Run1 deletes it": each(lambda t: then_1(t) == conj(has(t), neg(t == lost))),
            "Run2 updates the others": each(
                lambda t: conj(then_2(t) == has(t), updated(t) == conj(has(t), neg(t == lost)))
            ),
        },
        premises={
            "Full": each(lambda t: says(body_1, t) == then_1(t)),
            "Incremental": each(lambda t: says(body_2, t) == updated(t)),
            "DeletedTopicsVanish": offers(body_1, lost) == then_1(lost),
        },
        claim=lambda: neg(offers(body_2, lost) == then_2(lost)),
    )


MISSING_TOPIC: Final = Theorem(
    name="GapMissingTopic",
    says="No NameServer both drops a topic that a full body leaves out and keeps one that an incremental body leaves out.",
    about=_missing_topic,
    events=0,
    premises={
        "Full": "run 1: the broker deletes the topic and sends all it has",
        "Incremental": "run 2: it updates all its other topics at once and sends those",
        "DeletedTopicsVanish": "what is right in run 1; the claim is that this is wrong in run 2",
    },
)


def _full_is_all(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement | None:
    if not profile.full_body_replaces:
        return None
    [p] = ps
    u, step = s.u, accepted(s, p, profile)
    after, wiped = step.after, step.after.write_wiped(p.name)

    def held(t: Term) -> Term:
        put = ite(wiped, u.wiped(p.config(t)), p.config(t))
        queue = conj(after.has_queue(t, p.name) == p.topic(t), imp(p.topic(t), after.config_of(t, p.name) == put))
        said = after.stay_topic(p.addr, t) == p.topic(t)
        return conj(queue, after.has_mapping(t, p.name) == p.maps(t), said)

    return Statement(
        given=shape(s, profile) | {"Accepted": conj(*step.guard.values())},
        premises={"Full": p.full, "Master": p.broker_id == 0},
        claim=lambda: u.forall(("Topic",), held),
    )


def _part_is_changed(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement | None:
    if not profile.full_body_replaces:
        return None
    p, q = ps
    step = accepted(s, p, profile)
    asks = conj(q.cluster == p.cluster, q.addr == p.addr)
    return Statement(
        given=shape(s, profile) | {"Accepted": conj(*step.guard.values()), "Asks": asks},
        premises={"Partial": p.partial},
        claim=lambda: neg(says_unchanged_to(step.after, q, profile)),
    )


FULL_IS_ALL: Final = Theorem(
    name="FullBodyIsAll",
    says="With `fullBody`, a master's name has exactly the topics and mappings of its last full body (of a wiped name "
    "without the write permission), and it was said no others.",
    about=_full_is_all,
    premises={"Full": "the body says that it is full", "Master": "it is a master's"},
)
PART_IS_CHANGED: Final = Theorem(
    name="PartIsChanged",
    says="With `fullBody`, after a partial body QUERY_DATA_VERSION says *changed*, whatever version is asked about.",
    about=_part_is_changed,
    events=2,
    premises={"Partial": "the body says that it is not full"},
)

# What a question does not bring -----------------------------------------------------------------------------------


def _question(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """Two brokers ask 322 in the same words; they would register in different ones. `answer`: changed, or not."""
    p, other = ps
    u = s.u
    answer = u.const("answers_changed", "Bool")
    two = attrs.evolve(
        p,
        ha=other.ha,
        acting=other.acting,
        has_acting=other.has_acting,
        zone=other.zone,
        timeout=other.timeout,
        has_timeout=other.has_timeout,
        filters=other.filters,
        has_filters=other.has_filters,
        no_filters=other.no_filters,
    )
    default = u.integer(profile.heartbeat_timeout_ms)
    differs = [neg(p.ha == two.ha)]
    if profile.acting_master:
        differs += [neg(conj(p.has_acting, p.acting) == conj(two.has_acting, two.acting)), neg(p.zone == two.zone)]
    if profile.request_heartbeat_timeout:
        timeouts = [ite(q.has_timeout, q.timeout, default) for q in (p, two)]
        differs.append(neg(timeouts[0] == timeouts[1]))
    told = conj(p.has_filters, two.has_filters)
    differs.append(
        conj(told, disj(neg(p.no_filters == two.no_filters), conj(neg(p.no_filters), neg(p.filters == two.filters))))
    )

    def right(q: Parameters) -> Term:
        return answer == neg(changes_nothing(s, q, profile))

    return Statement(
        given=shape(s, profile) | intact(s, p, profile),
        premises={
            "Nothing": changes_nothing(s, p, profile),
            "Differs": disj(*differs),
            "RightIn1": right(p),
        },
        claim=lambda: neg(right(two)),
    )


QUESTION: Final = Theorem(
    name="GapQuestion",
    says="No answer to QUERY_DATA_VERSION is right for the broker as it is registered and for one whose other fields differ.",
    about=_question,
    events=2,
    premises={
        "Nothing": "run 1: what the broker would register is what is there",
        "Differs": "run 2: its haServerAddr, enableActingMaster, zone, heartbeatTimeoutMillis or filter servers have changed",
        "RightIn1": "the answer in run 1 is *changed* exactly if registering would change something; the claim is that it is "
        "wrong in run 2",
    },
)

# Late, or a clock that was set back -------------------------------------------------------------------------------


def _late(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    """`stored`: the version that the NameServer has afterwards."""
    [p] = ps
    u, r = s.u, Registration(s, p, profile)
    old, stored = s.version_of(r.key, p.addr), u.const("stored_version", "Version")
    return Statement(
        given=intact(s, p, profile) | {"Live": s.live(r.key, p.addr)},
        premises={
            "Older": conj(
                neg(u.is_null_version(old)), neg(u.same_version(old, p.version)), is_older(r, p.version, old)
            ),
            "NothingGoesBack": u.same_version(stored, old),
        },
        claim=lambda: neg(u.same_version(stored, p.version)),
    )


LATE: Final = Theorem(
    name="GapLateOrSetBack",
    says="No NameServer both refuses what a broker sent before and takes what one sends whose versions and clock were set back.",
    about=_late,
    premises={
        "Older": "over another connection comes a registration with an earlier DataVersion than the stored one",
        "NothingGoesBack": "run 1, it was sent before the stored one: the stored version stays; the claim is that this is wrong "
        "in run 2: the broker has lost its versions, its clock was set back, and this is what it has now",
    },
)


def _refused(s: State, ps: tuple[Parameters, ...], profile: Profile) -> Statement:
    [p] = ps
    u, key = s.u, Registration(s, p, profile).key
    old = s.version_of(key, p.addr)
    given = shape(s, profile) | intact(s, p, profile)
    premises = {
        "Older": conj(s.live(key, p.addr), neg(u.is_null_version(old)), u.has_counter(old),
                      is_older(Registration(s, p, profile), p.version, old)),
        "AnotherConnection": neg(s.speaks(key, p.addr) == p.channel),
    }  # fmt: skip
    return Statement(given=given, premises=premises, claim=lambda: neg(conj(*accepted(s, p, profile).guard.values())))


LATE_IS_REFUSED: Final = Theorem(
    name="LateIsRefused",
    says="An earlier DataVersion over another connection is not accepted: `strict` chooses run 1 of the gap, the releases run 2.",
    about=_refused,
    holds_for=("strict",),
    premises={
        "Older": LATE.premises["Older"],
        "AnotherConnection": "it comes over another connection than the speaking one",
    },
    replay="accepts",
)
