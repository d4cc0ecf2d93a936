"""What exploration of one NameServer finds: nothing in `strict`, all that is known of Apache, and every mutated model."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import attrs
import pytest

from namesrv.explore.catalogue import Anomaly, anomalies, is_simpler, outcomes, search
from namesrv.explore.heal import Remedy, remedy_of
from namesrv.explore.peers import ONE, Silent, Theme, Told, peers, registration
from namesrv.explore.product import moves
from namesrv.explore.themes import THEMES
from namesrv.model import removal
from namesrv.model.events import DeleteTopicInNamesrv, Received, RegisterBroker, RegisterTopicInNamesrv, Request
from namesrv.model.profiles import (
    APACHE_4_9_7,
    APACHE_5_1_4,
    APACHE_5_5_0,
    DISTINCT_PROFILES,
    NOT_OF_REGISTRATION,
    STRICT,
    ChannelDestroy,
    Profile,
    TopicBeforeBroker,
)
from namesrv.model.promises import NAMES
from namesrv.model.state import Tables
from namesrv.model.values import PERM_READ, PERM_WRITE

FIVE = (APACHE_5_5_0, APACHE_5_1_4)
APACHE = (*FIVE, APACHE_4_9_7)

found_in = cache(anomalies)


def breaks(profile: Profile, invariant: str) -> bool:
    """Looked for among administrators first: that theme is short, and breaks most."""
    themes = sorted(THEMES, key=lambda theme: theme.name != "administrators")
    return any(invariant in anomaly.broken for theme in themes for anomaly in search(theme, profile))


def test_who_may_fall_silent_comes_in_the_same_order_in_every_process() -> None:
    """A map's order is another one in each (`PYTHONHASHSEED`), and the first of two like stories is the one that is told."""
    addrs = [f"h{number}:10911" for number in range(9)]
    said = tuple((ONE, registration(addr, ("C1", addr[:2], 0))) for addr in addrs)
    system = peers(Theme(name="many", about="", alphabet=(), requests=0, silence=True, before=said), APACHE_5_5_0)
    told = [move.said[-1].happening for move in moves(system, system.initial) if isinstance(move.said[-1], Told)]
    assert [one.key.broker_addr for one in told if isinstance(one, Silent)] == addrs


def test_strict_has_no_anomaly() -> None:
    assert found_in(STRICT) == ()


MUTANTS: dict[str, dict[str, Any]] = {
    "RouteSoundness": {"one_cluster_per_name": False},
    "AddressUniqueness": {"one_place_per_address": False},
    "ClusterAgreement": {"atomic_refusal": False},
    "AtomicRefusal": {"atomic_refusal": False, "topic_before_broker": TopicBeforeBroker.REFUSED_LEAVING_NAME},
    "VersionMonotonicity": {"data_version_monotonic": False},
    "AcknowledgedEffect": {"same_version_puts_topics": False},
    "VersionCoherence": {"same_version_puts_topics": False},
    "LiveIsStanding": {"displaced_broker_leaves": False},
    "LiveIsConnected": {"channel_destroy": ChannelDestroy.ONE_QUEUED},
    "NothingLeftOver": {"mappings_leave_with_broker": False},
    "TopicsAreSaid": {"first_topics_replace": False},
    "WipedIsReadOnly": {"wipe_outlasts_registration": False},
    "HandGivesWay": {"same_version_puts_topics": False},
}
"""For each invariant a repair whose loss breaks it."""


@pytest.mark.parametrize("invariant", MUTANTS)
def test_an_invariant_is_lost_with_its_repair(invariant: str) -> None:
    assert breaks(attrs.evolve(STRICT, **MUTANTS[invariant]), invariant)


def test_queues_that_stay_behind_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """No repair is for QueueSoundness alone, which releases lose over null parts: a removal that forgets the queues loses it."""
    monkeypatch.setattr(removal, "remove_topics", lambda tables, name, mappings: tables)
    assert breaks(STRICT, "QueueSoundness")


def test_a_slave_that_takes_its_masters_topics_along_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then 322 says unchanged to the master, and only a forced registration would bring them back."""

    def forgets(tables: Tables, name: str | None) -> Tables:
        return removal.remove_topics(tables, name, mappings=False)

    monkeypatch.setattr(removal, "wipe_write_perm_without_master", forgets)
    assert breaks(STRICT, "SkipSafety")


def test_every_invariant_has_a_mutant() -> None:
    assert {*MUTANTS, "QueueSoundness", "SkipSafety"} == set(NAMES)


def has(anomaly: Anomaly, rule: str, *circumstances: str) -> bool:
    return any(cause.rule == rule and cause.circumstances >= set(circumstances) for cause in anomaly.causes)


def requests_in(anomaly: Anomaly) -> list[Request]:
    return [told.happening.request for told in anomaly.story if isinstance(told.happening, Received)]


KNOWN: dict[str, tuple[tuple[Profile, ...], Callable[[Anomaly], bool]]] = {
    "4522, 9411: a registration of some topics masks a full one of the same version": (
        APACHE,
        lambda a: has(a, "accepted", "same version") and "AcknowledgedEffect" in a.broken,
    ),
    "1464, 6316: two claimants of one broker id": (APACHE, lambda a: has(a, "accepted", "id held by another")),
    "1989: a renamed broker leaves a ghost": (APACHE, lambda a: has(a, "accepted", "address under another name")),
    "3991: a broker name in two clusters": (APACHE, lambda a: has(a, "accepted", "name of another cluster")),
    "a first registration is refused and leaves a broker without addresses": (
        FIVE,
        lambda a: has(a, "topic-before-broker") and {"AtomicRefusal", "ClusterAgreement"} <= a.broken,
    ),
    "11043: a queued removal takes a fresh registration away": (
        FIVE,
        lambda a: has(a, "batch") and has(a, "accepted") and "AcknowledgedEffect" in a.broken,
    ),
    "5374: an unregistration frees an id that another address holds": (
        (APACHE_4_9_7,),
        lambda a: has(a, "by-id", "id held by another"),
    ),
    "700: a scan that is overtaken never comes again": ((APACHE_4_9_7,), lambda a: has(a, "scan-stopped")),
    "a wipe of write permissions is undone by a changed topic": (
        APACHE,
        lambda a: has(a, "accepted", "wiped") and "WipedIsReadOnly" in a.new,
    ),
    "a batch that throws leaves the topics of a broker that is gone": (
        FIVE,
        lambda a: has(a, "batch") and has(a, "queued", "no clusterName") and "QueueSoundness" in a.new,
    ),
    "a topic that was deleted by hand does not come back with its broker": (
        (APACHE_4_9_7,),
        lambda a: (
            has(a, "accepted", "changed by hand")
            and any(isinstance(request, DeleteTopicInNamesrv) for request in requests_in(a))
        ),
    ),
    "queues that were put by hand stay whatever the broker says": (
        FIVE,
        lambda a: (
            has(a, "accepted", "changed by hand")
            and any(isinstance(request, RegisterTopicInNamesrv) for request in requests_in(a))
        ),
    ),
    "a close takes only one of several brokers along": (
        APACHE,
        lambda a: any("several brokers" in cause.circumstances for cause in a.causes) and "LiveIsConnected" in a.new,
    ),
}
"""What was known before, by upstream's numbers where it has some; the words are the explorer's."""


@pytest.mark.parametrize("known", KNOWN)
def test_what_is_known_is_found(known: str) -> None:
    releases, is_it = KNOWN[known]
    assert all(any(is_it(anomaly) for anomaly in found_in(release)) for release in releases)


@pytest.mark.parametrize(
    ("profile", "least"), [(APACHE_5_5_0, 30), (APACHE_5_1_4, 30), (APACHE_4_9_7, 25)], ids=["5.5.0", "5.1.4", "4.9.7"]
)
def test_a_release_has_dozens(profile: Profile, least: int) -> None:
    """Fewer would mean that a kind of event got lost."""
    assert len(found_in(profile)) >= least


@pytest.mark.parametrize("profile", APACHE, ids=lambda profile: profile.name)
def test_every_story_comes_to_what_it_says_and_no_simpler_cause_explains_it(profile: Profile) -> None:
    told = found_in(profile)
    for number, anomaly in enumerate(told):
        assert any(anomaly.new <= part.broken for part in outcomes(anomaly.story, profile))
        simpler = [known.broken for known in told[:number] if is_simpler(known.causes, anomaly.causes)]
        assert anomaly.new and not any(anomaly.new & broken for broken in simpler)


@pytest.mark.parametrize("profile", APACHE, ids=lambda profile: profile.name)
def test_no_story_of_a_release_breaks_anything_in_strict(profile: Profile) -> None:
    for anomaly in found_in(profile):
        assert not any(part.broken for part in outcomes(anomaly.story, STRICT))


def test_a_story_begins_as_its_theme_does() -> None:
    theme = next(theme for theme in THEMES if theme.name == "null races")
    found = list(search(theme, APACHE_4_9_7))
    assert found and all(anomaly.story[: len(theme.before)] == theme.told_before for anomaly in found)


def test_a_theme_whose_beginning_breaks_something_is_not_gone_on_from() -> None:
    theme = next(theme for theme in THEMES if theme.name == "null races")
    assert theme.begun(APACHE_5_5_0).broken and not list(search(theme, APACHE_5_5_0))


def test_remedies_are_told_apart() -> None:
    healed = {remedy_of(anomaly, profile) for profile in APACHE for anomaly in found_in(profile)}
    assert healed == set(Remedy)


def test_what_5_1_4_takes_from_prime_slaves_breaks_no_more_and_no_less_but_sooner_in_a_quorum() -> None:
    told = [{(a.causes, a.broken): a for a in found_in(profile)} for profile in FIVE]
    assert told[0].keys() == told[1].keys()
    others = [told[0][key] for key in told[0] if told[0][key].story != told[1][key].story]
    assert {anomaly.theme for anomaly in others} == {"quorums"}


@pytest.mark.parametrize(
    ("profile", "as_its_leader"), [(APACHE_5_5_0, False), (APACHE_5_1_4, True)], ids=["5.5.0", "5.1.4"]
)
def test_a_member_without_a_leader_publishes_over_the_leader_of_its_quorum(
    profile: Profile, as_its_leader: bool
) -> None:
    """In 5.1.4 without the write permission, whatever it says: `RouteInfoManager.registerBroker`."""
    (anomaly,) = (a for a in found_in(profile) if has(a, "accepted", "negative id") and "AcknowledgedEffect" in a.new)
    leader, member = requests_in(anomaly)
    assert isinstance(leader, RegisterBroker) and isinstance(member, RegisterBroker)
    assert (leader.broker_id, member.broker_id) == (0, -1)
    assert (leader.body == member.body) == as_its_leader
    perms = {q["a"].perm for q in anomaly.after.state.tables.topic_queue_table.values()}
    assert perms == {PERM_READ if as_its_leader else PERM_READ | PERM_WRITE}


def test_what_a_theme_sends_one_way_is_told_so() -> None:
    (theme,) = (theme for theme in THEMES if theme.oneway)
    events = [told.happening for anomaly in search(theme, APACHE_5_5_0) for told in anomaly.story]
    sent = {(event.channel, event.request, event.oneway) for event in events if isinstance(event, Received)}
    assert sent <= set(theme.letters) and {oneway for _, _, oneway in sent} == {False, True}


def test_profiles_are_looked_at_all() -> None:
    assert {profile.name for profile in (STRICT, *APACHE)} == set(DISTINCT_PROFILES)


class Watched(Profile):
    """Keeps in mind which fields are read; comparing it reads none."""

    READ: ClassVar[set[str]] = set()
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __getattribute__(self, name: str) -> Any:
        Watched.READ.add(name)
        return super().__getattribute__(name)


def test_what_profiles_of_the_same_registration_differ_in_is_not_read() -> None:
    """So what is found in one is found in the other."""
    watched = Watched(**attrs.asdict(APACHE_5_5_0, recurse=False))
    for theme in THEMES:
        if theme.name != "races":  # long, and of requests that the others have, too
            list(search(theme, watched))
    assert {"name"} == Watched.READ & NOT_OF_REGISTRATION, "an anomaly says whose it is"
    assert {"prime_slave_is_read_only", "topic_update", "unregistration", "channel_destroy"} <= Watched.READ
