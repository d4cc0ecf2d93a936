"""What a scope may have beyond brokers of their own: clients, groups that act for their master, split registrations, shared
connections, an administrator. `strict` keeps everything, heals under weak fairness, and each new property is lost by a model
that is made worse."""

from typing import Any

import attrs
import pytest

from namesrv.explore.administrators import ByHand
from namesrv.explore.convergence import agreement, fair_rules
from namesrv.explore.liveness import Healing, Lasso, heals
from namesrv.explore.outcome import Options
from namesrv.explore.product import Invariant, Stage
from namesrv.explore.registration import registration_system
from namesrv.explore.search import search
from namesrv.model import client, register_broker, removal
from namesrv.model.events import DeleteTopicInNamesrv, RegisterTopicInNamesrv
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT, ChannelDestroy, Profile
from namesrv.model.system.scope import FAULTS, Scope

ONE = Scope(brokers=1, namesrvs=1, versions=1, faults=1)
PAIR = attrs.evolve(ONE, brokers=2)
CALM = frozenset(FAULTS) - {"role", "move"}
SCOPES = (
    attrs.evolve(ONE, clients=1, versions=2),
    attrs.evolve(PAIR, clients=1),
    attrs.evolve(PAIR, acting=True),
    attrs.evolve(PAIR, acting=True, heartbeats=True),
    attrs.evolve(ONE, topics=2, split=True, versions=2),
    attrs.evolve(PAIR, shared=True),
    attrs.evolve(PAIR, shared=True, names=2),
    attrs.evolve(ONE, versions=2, by_hand=1),
)


def healing(scope: Scope, profile: Profile = STRICT, without: str = " nothing ") -> Healing:
    system = registration_system(scope, profile)
    fair = frozenset(rule for rule in fair_rules(system) if without not in rule)
    return heals(system, agreement(scope, profile), fair, fairness="weak")


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_strict_keeps_every_invariant(scope: Scope) -> None:
    found = search(registration_system(scope, STRICT))
    assert (found.verdict, found.violations) == ("holds", ())


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_strict_heals_if_runs_are_fair_to_rules_if_only_weakly(scope: Scope) -> None:
    calm = healing(attrs.evolve(scope, kinds=CALM))
    assert (calm.verdict, calm.lasso) == ("holds", None)


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if not scope.clients], ids=str)
def test_apache_does_not(scope: Scope) -> None:
    assert search(registration_system(scope, APACHE_5_5_0)).verdict == "violated"


# Administrators ----------------------------------------------------------------------------------------------------


BY_HAND = attrs.evolve(ONE, versions=2, faults=0, by_hand=1)


@pytest.mark.parametrize(
    ("worse", "invariant"),
    [
        ({"wipe_outlasts_registration": False}, "WipedIsReadOnly"),
        ({"same_version_puts_topics": False}, "HandGivesWay"),
    ],
)
def test_what_an_administrator_may_rely_on_is_lost_with_its_repair(worse: dict[str, Any], invariant: str) -> None:
    profile = attrs.evolve(STRICT, **worse)
    found = search(registration_system(BY_HAND, profile), Options(all_violations=True))
    assert invariant in {violation.invariant for violation in found.violations}


def test_a_masterless_name_is_writeable_by_hand_only() -> None:
    scope = attrs.evolve(PAIR, faults=0, acting=True, by_hand=1)
    assert search(registration_system(scope, STRICT)).verdict == "holds"


def asked(lasso: Lasso | None) -> list[type]:
    assert lasso is not None
    return [type(said.request) for move in lasso.story for said in move.said if isinstance(said, ByHand)]


def test_a_topic_that_is_deleted_by_hand_never_comes_back_to_a_broker_that_asks_first() -> None:
    """No DataVersion says that it is gone, so QUERY_DATA_VERSION says unchanged: in `strict`, too (docs/strict.md)."""
    scope = attrs.evolve(BY_HAND, versions=1)
    assert healing(scope).verdict == "holds"
    unforced = healing(attrs.evolve(scope, forced=False))
    assert (unforced.verdict, asked(unforced.lasso)) == ("violated", [DeleteTopicInNamesrv])


def test_in_4_9_7_it_never_does_and_in_5_5_0_queues_put_by_hand_never_go() -> None:
    for profile, by_hand in ((APACHE_4_9_7, DeleteTopicInNamesrv), (APACHE_5_5_0, RegisterTopicInNamesrv)):
        calm = attrs.evolve(BY_HAND, versions=1, kinds=CALM)
        assert healing(attrs.evolve(calm, by_hand=0), profile).verdict == "holds"
        assert asked(healing(calm, profile).lasso) == [by_hand]


# Clients ----------------------------------------------------------------------------------------------------------


def test_clients_change_nothing_in_a_namesrv() -> None:
    """As many states of NameServers with clients as without."""
    alone, watched = (
        search(registration_system(attrs.evolve(ONE, versions=2, clients=clients), STRICT)) for clients in (0, 1)
    )
    assert (alone.verdict, watched.verdict) == ("holds", "holds")
    assert watched.distinct > alone.distinct


def test_a_client_that_keeps_its_first_route_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "is_route_changed", lambda old, new: False)
    found = search(registration_system(attrs.evolve(ONE, clients=1, versions=2), STRICT))
    assert [violation.invariant for violation in found.violations] == ["ClientUsesLastRoute@1"]


def test_a_client_that_does_not_poll_does_not_follow() -> None:
    scope = attrs.evolve(ONE, clients=1, versions=2, faults=0)
    assert healing(scope).verdict == "holds"
    assert healing(scope, without=" polls ").verdict == "violated"


def test_after_a_change_to_another_namesrv_a_route_may_be_older_than_the_one_before() -> None:
    """What a client may not rely on: no NameServer knows what another one has said."""
    assert goes_back(namesrvs=1) == "holds"
    assert goes_back(namesrvs=2) == "violated"


def goes_back(namesrvs: int) -> str:
    """Whether the client is told 4 queues after it was told 8, though the broker went from 4 to 8 and nothing fails."""
    scope = Scope(brokers=1, namesrvs=namesrvs, versions=2, faults=0, clients=1)
    system = registration_system(scope, STRICT)
    client_at, memory_at = len(system.components) - 1, len(system.components)

    def remember(at: tuple[Any, Any], told: Any) -> Any:
        part, memory = at
        queues = {queue.read_queue_nums for queue in part.told.queue_datas} if part.told else set()
        if queues:
            memory = "back" if memory in (8, "back") and queues == {4} else max(queues)
        yield (part, memory), None

    stage = Stage((client_at, memory_at), remember)
    rules = tuple(
        attrs.evolve(rule, stages=(*rule.stages, stage)) if rule.name.startswith("client 1 polls") else rule
        for rule in system.rules
        if " has to send " not in rule.name
    )
    watched = attrs.evolve(
        system,
        components=(*system.components, "memory"),
        initial=(*system.initial, None),
        rules=rules,
        invariants=(Invariant("goes forward", (memory_at,), lambda at: at[0] != "back"),),
    )
    return search(watched).verdict


# Groups -----------------------------------------------------------------------------------------------------------


def test_queues_that_stay_open_for_writing_without_a_master_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "wipe_write_perm_without_master", lambda tables, name: tables)
    found = search(registration_system(attrs.evolve(PAIR, acting=True), STRICT))
    assert [violation.invariant for violation in found.violations] == ["MasterlessIsReadOnly@1"]


def test_slaves_that_never_publish_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_broker, "_is_prime_slave", lambda r, data: False)
    lasso = healing(attrs.evolve(PAIR, acting=True, faults=0)).lasso
    assert lasso is not None
    assert {move.rule for move in lasso.story} == {"broker 2 starts"}


def test_a_group_that_nobody_finds_never_registers() -> None:
    assert healing(attrs.evolve(PAIR, acting=True, faults=0), without=" comes online").verdict == "violated"


# Split registrations, shared connections --------------------------------------------------------------------------


def test_parts_of_a_registration_cannot_say_that_a_topic_is_gone() -> None:
    """`docs/protocol-gaps.md`: `fullBody` is not for brokers that split."""
    scope = attrs.evolve(ONE, topics=2, faults=0, deletes=1, extended=True)
    for split, verdict in ((False, "holds"), (True, "violated")):
        looked_at = attrs.evolve(scope, split=split)
        assert search(registration_system(looked_at, STRICT)).verdict == "holds"
        assert healing(looked_at).verdict == verdict


@pytest.mark.parametrize(
    ("scope", "lost"),
    [
        (attrs.evolve(ONE, topics=2, split=True, versions=2), {"same_version_puts_topics": False}),
        (attrs.evolve(PAIR, shared=True, names=2), {"channel_destroy": ChannelDestroy.ONE_AT_ONCE}),
        (attrs.evolve(PAIR, shared=True, names=2), {"expiry_spares_neighbours": False}),
    ],
    ids=["split", "one goes with a connection", "expiry closes the neighbour's connection"],
)
def test_a_repair_shows_here_too(scope: Scope, lost: dict[str, Any]) -> None:
    assert search(registration_system(scope, attrs.evolve(STRICT, **lost))).verdict == "violated"
