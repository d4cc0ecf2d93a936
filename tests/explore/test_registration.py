"""The system of brokers, links and NameServers, explored."""

from typing import Any

import attrs
import pytest

from namesrv.explore.convergence import agreement, fair_rules
from namesrv.explore.liveness import heals
from namesrv.explore.outcome import Options
from namesrv.explore.product import State, moves_of
from namesrv.explore.reference import search_plainly
from namesrv.explore.registration import Layout, registration_system
from namesrv.explore.search import search
from namesrv.model.events import UnregisterBroker
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT, Profile
from namesrv.model.system.broker_part import BrokerPart
from namesrv.model.system.link import Link
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import FAULTS, Scope

ONE = Scope(brokers=1, namesrvs=1, versions=2, faults=1)
CALM = frozenset(FAULTS) - {"role", "move"}


@pytest.mark.parametrize("profile", [STRICT, APACHE_4_9_7], ids=lambda profile: profile.name)
def test_the_fast_search_counts_what_a_plain_one_does(profile: Profile) -> None:
    system = registration_system(attrs.evolve(ONE, versions=1), profile)
    fast, plain = search(system, Options(all_violations=True)), search_plainly(system)
    assert (fast.distinct, fast.generated, fast.levels) == (
        plain.distinct,
        plain.generated,
        tuple(map(len, plain.levels)),
    )


@pytest.mark.parametrize(
    "scope", [ONE, attrs.evolve(ONE, faults=2), attrs.evolve(ONE, brokers=2), attrs.evolve(ONE, forced=False)], ids=str
)
def test_strict_holds(scope: Scope) -> None:
    found = search(registration_system(scope, STRICT))
    assert (found.verdict, found.violations) == ("holds", ())


def states_of_namesrv(scope: Scope) -> set[NameServerPart]:
    system = registration_system(scope, STRICT)
    at = Layout(scope).namesrv(scope.namesrvs - 1)
    seen: set[State] = set().union(*search_plainly(system).levels)
    return {_part(state[at]) for state in seen}


def _part(local: Any) -> NameServerPart:
    assert isinstance(local, NameServerPart)
    return local


def test_a_namesrv_beside_another_one_comes_to_the_same_states_as_alone() -> None:
    """Why one NameServer is enough for the invariants of each."""
    alone = attrs.evolve(ONE, versions=2)
    assert states_of_namesrv(attrs.evolve(alone, namesrvs=2)) == states_of_namesrv(alone)


@pytest.mark.parametrize(
    ("repair", "kinds"),
    [
        ("one_place_per_address", {"move", "crash"}),
        ("displaced_broker_leaves", {"role"}),
        ("same_version_puts_topics", {"break"}),
    ],
)
def test_the_system_too_shows_what_a_repair_is_for(repair: str, kinds: set[str]) -> None:
    mutant = attrs.evolve(STRICT, **{repair: False})
    scope = attrs.evolve(ONE, brokers=2, faults=2, kinds=frozenset(kinds))
    assert search(registration_system(scope, mutant)).verdict == "violated"


DELETES = attrs.evolve(ONE, deletes=2, extended=True)
"""Topics are deleted, and brokers say whether their registrations are full."""


@pytest.mark.parametrize("forced", [True, False])
def test_with_full_bodies_that_say_so_what_is_called_unchanged_is_exactly_what_the_broker_has(forced: bool) -> None:
    system = registration_system(attrs.evolve(DELETES, forced=forced), STRICT)
    assert any(invariant.name.startswith("FullCoherence") for invariant in system.invariants)
    assert search(system).verdict == "holds"


def test_a_namesrv_that_does_not_read_it_calls_unchanged_what_has_been_deleted() -> None:
    found = search(registration_system(DELETES, attrs.evolve(STRICT, full_body_replaces=False)))
    assert {violation.invariant for violation in found.violations} <= {"FullCoherence@1", "TopicsAreSaid"}
    assert found.verdict == "violated"


@pytest.mark.parametrize(("extended", "heals_then"), [(True, "holds"), (False, "violated")])
def test_deleted_topics_vanish_if_and_only_if_brokers_say_what_is_full(extended: bool, heals_then: str) -> None:
    scope = attrs.evolve(DELETES, forced=False, kinds=CALM, extended=extended)
    system = registration_system(scope, STRICT)
    lasso = heals(system, agreement(scope, STRICT), fair_rules(system))
    assert lasso.verdict == heals_then


@pytest.mark.parametrize("profile", [APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name)
def test_real_brokers_alone_break_invariants_of_apache(profile: Profile) -> None:
    found = search(registration_system(attrs.evolve(ONE, brokers=2, versions=1), profile))
    assert found.verdict == "violated"
    assert found.violations[0].story


@pytest.mark.parametrize("namesrvs", [1, 2])
def test_strict_heals(namesrvs: int) -> None:
    scope = attrs.evolve(ONE, namesrvs=namesrvs, versions=1, kinds=CALM)
    system = registration_system(scope, STRICT)
    healing = heals(system, agreement(scope, STRICT), fair_rules(system), Options(all_violations=True))
    assert (healing.verdict, healing.lasso) == ("holds", None)


@pytest.mark.parametrize("profile", [STRICT, APACHE_5_5_0, APACHE_4_9_7], ids=lambda profile: profile.name)
def test_deleted_topics_linger(profile: Profile) -> None:
    """Upstream's 288 and 7884, and what no NameServer can mend on today's wire."""
    scope = attrs.evolve(ONE, versions=1, faults=0, deletes=1)
    system = registration_system(scope, profile)
    healing = heals(system, agreement(scope, profile), fair_rules(system), Options(all_violations=True))
    assert healing.verdict == "violated"
    assert healing.lasso is not None
    assert "broker 1 deletes a topic" in {move.rule for move in healing.lasso.story}


def test_a_scan_of_4_9_that_is_overtaken_leaves_a_dead_broker_for_good() -> None:
    scope = attrs.evolve(ONE, versions=1, kinds=frozenset({"vanish"}))
    system = registration_system(scope, APACHE_4_9_7)
    healing = heals(system, agreement(scope, APACHE_4_9_7), fair_rules(system), Options(all_violations=True))
    assert healing.verdict == "violated"


def test_what_a_broker_sends_because_it_has_a_connection_again_is_sent() -> None:
    """4.9.7 waits for its timer's thread before it unregisters, and looks again at whatever happens next."""
    scope = Scope(brokers=1, namesrvs=1, versions=1, faults=2)
    system = registration_system(scope, APACHE_4_9_7)
    rules = {rule.name: rule for rule in system.rules}
    state = system.initial
    for name in (
        "broker 1 starts",
        "the connection of broker 1 and NameServer 1 breaks",
        "broker 1 notices that NameServer 1 is gone",
        "broker 1 hears from NameServer 1",
        "broker 1 registers by timer",
        "broker 1 shuts down",
        "broker 1 connects to NameServer 1",
    ):
        state = next(moves_of(rules[name], state)).after
    broker, link = state[Layout(scope).broker(0)], state[Layout(scope).link(0, 0)]
    assert isinstance(broker, BrokerPart) and broker.state is not None and broker.state.unregistering is not None
    assert isinstance(link, Link) and link.current is not None
    connection = link.slots[link.current]
    assert connection is not None
    assert [(type(sent.request), sent.tag) for sent in connection.requests] == [
        (UnregisterBroker, broker.state.unregistering.call)
    ]
