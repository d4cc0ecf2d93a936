"""What administrators change stands by hand: promises of brokers don't speak of it until it is said again."""

from collections.abc import Iterable

import attrs
import pytest

from namesrv.explore.catalogue import outcomes
from namesrv.explore.peers import H2, ONE, TWO, V2, Told, registration, unregistration
from namesrv.model.events import (
    AddWritePermOfBroker,
    Channel,
    DeleteTopicInNamesrv,
    Opaque,
    Received,
    RegisterTopicInNamesrv,
    Request,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, PROFILES, STRICT, Profile
from namesrv.model.promises import broken_at_rest
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.values import PERM_READ, PERM_WRITE, QueueData, RegisterBrokerBody, TopicConfig, table

WIPE, ADD = WipeWritePermOfBroker(broker_name="a"), AddWritePermOfBroker(broker_name="a")
DELETE = DeleteTopicInNamesrv(topic="t1")
QUEUE = QueueData(broker_name="a", read_queue_nums=9, write_queue_nums=9, perm=6, topic_sys_flag=0)
PUT, PUT_ANOTHER = (RegisterTopicInNamesrv(topic=topic, queue_datas=(QUEUE,)) for topic in ("t1", "t9"))
AGAIN = registration()
CONFIG = TopicConfig(topic_name="t1", perm=4)
READ_ONLY = attrs.evolve(
    AGAIN, body=RegisterBrokerBody(topic_config_table=table({"t1": CONFIG, "t1-again": CONFIG}), data_version=V2)
)


def after(profile: Profile, *sent: tuple[Channel, Request]) -> NameServerPart:
    """A NameServer that has been sent these, one after the other."""
    told = [Received(channel=c, opaque=Opaque(number), request=request) for number, (c, request) in enumerate(sent, 1)]
    (part,) = outcomes(tuple(Told(event, at_once=False) for event in told), profile)
    return part


def over_one(*requests: Request) -> Iterable[tuple[Channel, Request]]:
    return ((ONE, request) for request in (registration(), *requests))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=str)
@pytest.mark.parametrize("request_by_hand", [WIPE, DELETE, PUT, PUT_ANOTHER], ids=lambda r: type(r).__name__)
def test_what_is_changed_by_hand_breaks_no_promise_of_a_broker_and_would_if_nobody_wrote_it_down(
    profile: Profile, request_by_hand: Request
) -> None:
    if isinstance(request_by_hand, RegisterTopicInNamesrv) and not profile.register_topic:
        return
    part = after(profile, *over_one(request_by_hand))
    assert part.ledger.by_hand
    assert part.broken == frozenset()
    forgetful = attrs.evolve(part.ledger, by_hand=frozenset())
    expected = {"TopicsAreSaid"} if request_by_hand is PUT_ANOTHER else {"AcknowledgedEffect", "VersionCoherence"}
    assert broken_at_rest(part.state.tables, forgetful, profile) >= expected


def test_what_changes_nothing_does_not_stand_by_hand() -> None:
    assert after(STRICT, *over_one(ADD, DeleteTopicInNamesrv(topic="t8"))).ledger.by_hand == frozenset()
    assert after(STRICT, (ONE, WIPE), *over_one()).ledger.by_hand == frozenset()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=str)
def test_a_topic_said_again_stands_no_more_by_hand(profile: Profile) -> None:
    part = after(profile, *over_one(DELETE, registration(topics={"t1": 5, "t2": 4}, version=V2)))
    assert (part.ledger.by_hand, part.broken) == (frozenset(), frozenset())


def test_in_strict_what_is_said_of_a_wiped_name_stands_by_hand_until_its_write_permission_is_added() -> None:
    told = (WIPE, registration(topics={"t1": 5, "t3": 4}, version=V2))
    part = after(STRICT, *over_one(*told))
    assert part.ledger.by_hand == {("t1", "a"), ("t2", "a"), ("t3", "a")}
    assert part.broken == frozenset()
    assert after(STRICT, *over_one(*told, ADD, AGAIN)).ledger.by_hand == {("t3", "a")}


@pytest.mark.parametrize(
    ("profile", "by_hand"),
    [(APACHE_5_5_0, WIPE), (APACHE_5_5_0, ADD), (APACHE_4_9_7, WIPE), (APACHE_4_9_7, DELETE)],
    ids=lambda each: each.name if isinstance(each, Profile) else type(each).__name__,
)
def test_a_release_that_answers_success_to_what_it_does_not_put_breaks_its_promise(
    profile: Profile, by_hand: Request
) -> None:
    """The same version once more, as by timer: what was changed by hand stays changed."""
    said = READ_ONLY if by_hand is ADD else registration()
    story = ((ONE, said), (TWO, by_hand), (ONE, said))
    assert "AcknowledgedEffect" in after(profile, *story).broken
    assert after(STRICT, *story).broken == frozenset()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=str)
def test_what_was_done_to_a_name_by_hand_is_forgotten_when_the_name_is_gone(profile: Profile) -> None:
    story = (*over_one(DELETE), (ONE, unregistration()))
    assert after(profile, *story).ledger.by_hand == frozenset()
    assert after(profile, (TWO, registration(H2, ("C1", "a", 1))), *story).ledger.by_hand == {("t1", "a")}


def test_in_strict_a_slave_that_takes_its_name_to_another_cluster_leaves_the_wipe_behind() -> None:
    """The proof of *WipedIsReadOnly* asked for it: the ledger went on, while the NameServer had begun the name anew."""
    there, elsewhere = (
        attrs.evolve(registration(place=(cluster, "a", 1)), enable_acting_master=False) for cluster in ("C1", "C2")
    )
    part = after(STRICT, (ONE, there), (TWO, WIPE), (ONE, elsewhere))
    assert part.state.tables.topic_queue_table["t1"]["a"].perm == PERM_READ | PERM_WRITE
    assert (part.ledger.wiped, part.broken) == (frozenset(), frozenset())
    assert after(STRICT, (ONE, there), (TWO, WIPE), (ONE, there)).ledger.wiped == {"a"}
