"""The proofs speak about the code that runs: the relation and the Python `step`, event by event."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations, permutations
from operator import attrgetter
from random import Random

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from namesrv.explore.peers import H1, H2, ONE, TWO, V1, V2, Theme, question, registration, unregistration
from namesrv.explore.themes import THEMES
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    RegisterTopicInNamesrv,
    Request,
    UnknownRequest,
    WipeWritePermOfBroker,
)
from namesrv.model.ledger import GONE
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_1_4, APACHE_5_5_0, STRICT, Profile
from namesrv.model.promises import broken_at_rest
from namesrv.model.removal import unregister_batch
from namesrv.model.system.nameserver_part import STALE_MS
from namesrv.model.values import (
    PERM_READ,
    BrokerAddrInfo,
    RegisterBrokerBody,
    TopicConfig,
    table,
)
from namesrv.proofs.conformance import Relation
from namesrv.proofs.encode import OutOfScope, Situation, WithEmpty, scope_for
from namesrv.proofs.happenings import Asked, Happening, Lost, Noticed, Removed, Scanned, Threw, WorkedOff
from namesrv.proofs.invariants import INVARIANTS
from namesrv.proofs.mutants import MUTANTS, Mutant
from namesrv.proofs.step import Transition
from tests.proofs.any_event import NAMES, asked, queue

BATCH_THROWS = "unregister_broker/batch-throws"
"""Takes more than one thing queued, some without a part: `full_queues` has such situations."""

PROFILES = (
    STRICT,
    APACHE_5_5_0,
    pytest.param(
        APACHE_5_1_4, marks=pytest.mark.slow
    ),  # 5.5.0 but for one rule, which the test of prime slaves is about
    APACHE_4_9_7,
)
WITHOUT_4_9_7 = (*PROFILES[:-1], pytest.param(APACHE_4_9_7, marks=pytest.mark.slow))
"""Its tables know null: many more situations."""
SCOPE = scope_for(addrs=3, names=3, clusters=2, topics=4, channels=2)
"""Null, two of each (three topics), and the empty string."""


SMALL = Theme(
    name="small",
    about="two claimants of one place, whose connections end",
    alphabet=((ONE, registration()), (TWO, registration(H2)), (ONE, unregistration())),
    requests=0,
    silence=True,
)
NULLS = Theme(
    name="nulls",
    about="names and addresses that are null, under one connection that ends",
    alphabet=(
        (ONE, registration(None)),
        (ONE, registration(place=("C1", None, 0))),
        (ONE, registration(place=("C2", None, 1))),
        (ONE, registration(place=("C1", "b", 1))),
    ),
    requests=0,
    silence=True,
)
OTHERS = Theme(
    name="others",
    about="every other request, of an address that is registered or not",
    alphabet=(
        (ONE, registration()),
        *(
            (ONE, request)
            for request in (
                question(H1, V1),
                question(H1, V2),
                QueryDataVersion(
                    cluster_name=None, broker_addr=None, broker_name="a", broker_id=0, data_version=V1, body_error="x"
                ),
                BrokerHeartbeat(cluster_name="C1", broker_addr=H1, broker_name="a"),
                BrokerHeartbeat(cluster_name=None, broker_addr=H1, broker_name="a"),
                GetRouteInfoByTopic(topic="t1"),
                GetBrokerClusterInfo(),
                GetAllTopicList(),
                UnknownRequest(code=11111),
            )
        ),
    ),
    requests=0,
)
DELETE, WIPE = DeleteTopicInNamesrv(topic="t1"), WipeWritePermOfBroker(broker_name="a")
READ_ONLY = {t: TopicConfig(topic_name=t, read_queue_nums=4, write_queue_nums=4, perm=PERM_READ) for t in ("t1", "t2")}
ADMINISTRATORS = Theme(
    name="administrators",
    about="what is changed by hand of two names in two clusters",
    alphabet=(
        (ONE, registration()),
        (
            TWO,
            attrs.evolve(
                registration(H2, ("C2", "b", 0)), body=RegisterBrokerBody(topic_config_table=table(READ_ONLY))
            ),
        ),
        *((TWO, AddWritePermOfBroker(broker_name=name)) for name in ("a", "b")),
        *((TWO, request) for request in (DELETE, WIPE, WipeWritePermOfBroker(broker_name=None))),
        *(
            (TWO, DeleteTopicInNamesrv(topic=topic, cluster_name=cluster))
            for topic, cluster in (("t1", "C1"), ("t2", "C2"), (None, ""))
        ),
        *(
            (TWO, RegisterTopicInNamesrv(topic=topic, queue_datas=queues))
            for topic, queues in (
                ("t3", (queue("a"),)),
                ("t1", (queue("a", perm=4), queue("b"), None)),
                ("t3", (queue("a"), None, queue("b"))),
                ("t1", ()),
                (None, (queue("a"),)),
            )
        ),
        (TWO, RegisterTopicInNamesrv(topic="t1", queue_datas=None, body_error="x")),
        (TWO, RegisterTopicInNamesrv(topic="t1", queue_datas=None, has_body=False)),
    ),
    requests=0,
)
SAID_AGAIN = Theme(
    name="said again",
    about="what is changed by hand and then registered once more, in the same version or another, by who stayed or comes anew",
    alphabet=(
        (ONE, registration()),
        (ONE, registration(version=V2, topics={"t1": 4})),
        (ONE, unregistration()),
        (ONE, DELETE),
        (ONE, WIPE),
    ),
    requests=0,
)
DEPTHS = {SMALL.name: 3, NULLS.name: 3, SAID_AGAIN.name: 3}
"""How many events lead to a situation, at most; one elsewhere. What the NameServer has put off comes free."""


@cache
def relation_of(profile: Profile) -> Relation:
    return Relation(profile, WithEmpty(SCOPE))


def happenings(at: Situation, theme: Theme, profile: Profile) -> Iterator[Happening]:
    """Everything that may happen there."""
    for channel, request in theme.alphabet:
        if not is_out_of_domain(request, profile):
            yield Asked(channel=channel, request=request)
    for channel in theme.channels:
        if channel not in at.lost:
            yield Lost(channel=channel)
    yield from put_off(at, profile)
    if theme.silence and not any(isinstance(task.memo, BrokerAddrInfo) for task in at.state.tasks):
        yield Scanned(now_ms=0)


def put_off(at: Situation, profile: Profile) -> Iterator[Happening]:
    for task in at.state.tasks:
        found = task.memo
        if isinstance(found, BrokerAddrInfo):
            yield Removed(channel=task.channel, addr=found.broker_addr or "")
        else:
            yield Noticed(channel=task.channel)
    for request in dict.fromkeys(at.state.unregistration_queue):
        yield WorkedOff(request=request)
    yield from Threw.all_of(at, profile)


def is_out_of_domain(request: Request, profile: Profile) -> bool:
    """4.9's brokers have no stateVersion, topics of 5.x have names: `registrations._arrives` assumes so. 904 and 217 are unknown
    codes to 4.9, as any other. Nor are there more names than in the scope.
    """
    if getattr(request, "broker_name", None) not in NAMES:
        return True
    if isinstance(request, BrokerHeartbeat):
        return not profile.broker_heartbeat
    if isinstance(request, RegisterTopicInNamesrv):
        return not profile.register_topic
    body = getattr(request, "body", None)
    configs = (body and body.topic_config_table) or {}
    throws = profile.concurrent_tables and not profile.parts_required
    if throws and any(config.topic_name is None for config in configs.values()):
        return True
    version = getattr(request, "data_version", None) or (body and body.data_version)
    return not profile.state_version and version is not None and version.state_version != 0


def silences(at: Situation) -> Iterator[Situation]:
    """Time goes by, and one live address says nothing."""
    live = at.state.tables.broker_live_table
    for key, info in live.items():
        if info.last_update_ms != STALE_MS:
            stale = live.insert(key, attrs.evolve(info, last_update_ms=STALE_MS))
            tables = attrs.evolve(at.state.tables, broker_live_table=stale)
            yield attrs.evolve(at, state=attrs.evolve(at.state, tables=tables))


@cache
def pairs(profile: Profile) -> tuple[tuple[Situation, Happening], ...]:
    """Every event in every situation of the scope, as the model has it."""
    return tuple(
        dict.fromkeys(
            pair
            for theme in (*THEMES, SMALL, NULLS, OTHERS, ADMINISTRATORS, SAID_AGAIN)
            for pair in pairs_of(theme, profile)
        )
    )


def pairs_of(theme: Theme, profile: Profile) -> Iterator[tuple[Situation, Happening]]:
    """The same of one alphabet."""
    depth = DEPTHS.get(theme.name, 1)
    seen = {Situation(): 0}
    todo = [Situation()]
    while todo:
        at = todo.pop()
        known = [(h, h.ends(at, profile)) for h in happenings(at, theme, profile)]
        for happening, ends in known:
            yield at, happening
            cost = seen[at] + (0 if isinstance(happening, Noticed | WorkedOff) else 1)
            after = [end.after for end in ends]
            for there in after + ([s for x in after for s in silences(x)] if theme.silence else []):
                if cost <= depth and seen.get(there, depth + 1) > cost:
                    seen[there] = cost
                    todo.append(there)


@pytest.mark.parametrize("profile", WITHOUT_4_9_7, ids=attrgetter("name"))
def test_with_every_event_in_every_situation_of_a_scope_model_and_relation_come_to_the_same(profile: Profile) -> None:
    relation, rng = relation_of(profile), Random(1)
    compared = [relation.compare(at, happening, rng)[1] for at, happening in pairs(profile)]
    assert [str(difference) for difference in compared if difference is not None][:5] == []
    assert len(compared) > 1_500
    never = {name for name, times in relation.fired.items() if not times}
    assert never <= {BATCH_THROWS}, "every transition has happened"


@pytest.mark.parametrize("profile", PROFILES, ids=attrgetter("name"))
def test_in_every_situation_of_a_scope_model_and_relation_break_the_same_invariants(profile: Profile) -> None:
    relation, rng = relation_of(profile), Random(2)
    situations = list(dict.fromkeys(at for at, _ in pairs(profile) if not at.state.tasks))
    broken_somewhere: set[str] = set()
    for at in situations:
        if at.state.unregistration_queue:
            continue  # the model's invariants are of a NameServer at rest
        kept = relation.kept(at, rng)
        wrong = broken_in_model(at, profile)
        named = {name for name, i in INVARIANTS.items() if not i.is_strengthening}
        assert {name for name in named if not kept[name]} == wrong & named, at
        broken_somewhere |= wrong & named
    assert bool(broken_somewhere) == (profile is not STRICT)


STANDING = Theme(
    name="standing",
    about="who stands at one name, in whatever way, before they are unregistered",
    alphabet=(
        (ONE, registration()),
        (TWO, registration(H2, ("C1", "a", 1))),
        (ONE, registration(None, ("C1", "a", 2))),
        (ONE, registration(topics={"t1": 4})),
    ),
    requests=0,
)
LEAVING = (
    unregistration(),
    unregistration(H2, ("C2", "a", 1)),
    unregistration(None),
    unregistration(H2, ("C1", None, 1)),
    unregistration(place=("C1", "a", None)),
    unregistration(H2, ("C1", "b", 0)),
)


@cache
def full_queues() -> tuple[Situation, ...]:
    """Situations of 5.5.0 with two or three unregistrations queued, null parts among them."""
    stand = dict.fromkeys(at for at, _ in pairs_of(STANDING, APACHE_5_5_0) if not at.lost)
    queues = [*combinations(LEAVING, 2), *combinations(LEAVING[:5], 3)]
    states = [attrs.evolve(at.state, unregistration_queue=queue) for at in stand for queue in queues]
    return tuple(attrs.evolve(at, state=state) for at in stand for state in states if state.tables == at.state.tables)


def test_wherever_a_batch_may_throw_model_and_relation_come_to_the_same() -> None:
    relation, rng = relation_of(APACHE_5_5_0), Random(7)
    may_throw = [(at, happening) for at in full_queues() for happening in Threw.all_of(at, APACHE_5_5_0)]
    thrown = 0
    for at, happening in rng.sample(may_throw, 600):
        ends, difference = relation.compare(at, happening, rng)
        assert difference is None, str(difference)
        thrown += bool(ends)
    assert 100 < thrown < 500
    assert relation.fired[BATCH_THROWS]


def test_a_batch_that_does_not_throw_comes_to_what_its_requests_come_to_one_by_one() -> None:
    compared = 0
    for at in full_queues():
        for order in permutations(at.state.unregistration_queue):
            whole, lowest = unregister_batch(at.state.tables, order, APACHE_5_5_0)
            if lowest is not None:
                tables = at.state.tables
                for request in order:
                    tables, _ = unregister_batch(tables, (request,), APACHE_5_5_0)
                assert whole == tables
                compared += 1
    assert compared > 50


PRIME_SLAVES = Theme(
    name="prime slaves",
    about="a master and two slaves that publish, of a group that may have an acting master or not",
    alphabet=tuple(
        (ONE, attrs.evolve(registration(addr, ("C1", "a", broker_id)), enable_acting_master=acting))
        for addr, broker_id in ((H1, 0), (H1, 1), (H2, 2))
        for acting in (None, False, True)
    ),
    requests=0,
)


def test_what_prime_slaves_publish_under_5_1_4_model_and_relation_say_alike_and_5_5_0_says_otherwise() -> None:
    relation, rng = relation_of(APACHE_5_1_4), Random(6)
    parted = 0
    for at, happening in pairs_of(PRIME_SLAVES, APACHE_5_1_4):
        assert relation.compare(at, happening, rng)[1] is None
        parted += happening.ends(at, APACHE_5_5_0) != happening.ends(at, APACHE_5_1_4)
    assert parted > 0, "the test would not notice one taken for the other"


def broken_in_model(at: Situation, profile: Profile) -> frozenset[str]:
    """With the connections that have ended marked as the system's NameServer marks them."""
    live = at.state.tables.broker_live_table
    for key, info in live.items():
        if info.channel in at.closed:
            live = live.insert(key, attrs.evolve(info, channel=GONE))
    return broken_at_rest(attrs.evolve(at.state.tables, broker_live_table=live), at.ledger, profile)


# Seeded differences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.invariant)
def test_a_wrong_line_in_the_relation_is_found_out(mutant: Mutant) -> None:
    wrong = mutant.mutated()
    alone = {mutant.transition: Transition(wrong.name, lambda s, p, _: wrong.step(s, p, mutant.profile))}
    relation, rng = Relation(STRICT, WithEmpty(SCOPE), alone), Random(3)
    assert any(differs(relation, at, happening, rng) for at, happening in pairs(STRICT) if happening.is_of(wrong.name))


def differs(relation: Relation, at: Situation, happening: Happening, rng: Random) -> bool:
    """Of a relation that has one transition only."""
    (name,) = relation.steps
    ends = [end for end in happening.ends(at, relation.profile) if name.split("/")[1] in end.rules]
    told = {str(relation.encoder.tables(end.after)) for end in ends}
    return {str(way.after) for way in relation.ways(at, happening, rng)} != told


REPAIRS = (
    "atomic_refusal",
    "data_version_monotonic",
    "displaced_broker_leaves",
    "one_cluster_per_name",
    "one_place_per_address",
    "query_checks_place",
    "same_version_puts_topics",
    "mappings_leave_with_broker",
    "parts_required",
    "first_topics_replace",
)


@pytest.mark.parametrize("repair", REPAIRS)
def test_a_wrong_line_in_the_model_is_found_out(repair: str) -> None:
    wrong = attrs.evolve(STRICT, **{repair: False})  # type: ignore[arg-type]  # a bool by its name
    relation, rng = relation_of(STRICT), Random(4)
    for at, happening in pairs(STRICT):
        ends = happening.ends(at, wrong)
        told = [str(relation.encoder.tables(end.after)) for end in ends]
        if any(str(way.after) not in told for way in relation.ways(at, happening, rng)):
            return
    pytest.fail(f"nobody can tell strict without {repair} from strict")


def test_a_solver_too_knows_of_no_other_successor() -> None:
    relation, rng = relation_of(STRICT), Random(5)
    accepted = [
        (at, h)
        for at, h in pairs(STRICT)
        if isinstance(h, Asked) and h.ends(at, STRICT) and at.state.tables.broker_live_table
    ]
    for at, happening in rng.sample(accepted, 6):
        assert relation.other_successor(at, happening, rng) is False


# Larger ones ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES, ids=attrgetter("name"))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_wherever_events_lead_model_and_relation_come_to_the_same(profile: Profile, data: st.DataObject) -> None:
    relation, at = relation_of(profile), Situation()
    rng = Random(data.draw(st.integers(0, 99)))
    for _ in range(data.draw(st.integers(1, 8))):
        ways = [Lost(channel=c) for c in (ONE, TWO) if c not in at.lost]
        other = [*ways, *put_off(at, profile), Scanned(now_ms=data.draw(st.sampled_from([0, 100_000, 400_000])))]
        happening: Happening = data.draw(asked() if data.draw(st.integers(0, 2)) else st.sampled_from(other))
        if isinstance(happening, Asked) and is_out_of_domain(happening.request, profile):
            continue
        try:
            ends, difference = relation.compare(at, happening, rng)
        except OutOfScope:
            continue
        assert difference is None, str(difference)
        if ends:
            at = data.draw(st.sampled_from(ends)).after
