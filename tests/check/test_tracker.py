"""The set of states that explain what was seen."""

from namesrv.check.tracker import CROWD, Tracker
from namesrv.model.events import (
    Answer,
    BrokerHeartbeat,
    Channel,
    ChannelClosed,
    GetRouteInfoByTopic,
    Opaque,
    Received,
    Request,
)
from namesrv.model.profiles import APACHE_4_9_7, APACHE_5_5_0, STRICT
from namesrv.model.values import table
from tests.model.worlds import registration, unregistration

SUCCESS = Answer(code=0, ext_fields=table())
ONE, TWO = Channel(1), Channel(2)


def received(tracker: Tracker, opaque: int, request: Request, channel: Channel = ONE) -> frozenset[Answer]:
    tracker.happened(Received(channel=channel, opaque=Opaque(opaque), request=request))
    return tracker.possible_answers(channel, Opaque(opaque))


def test_an_answer_that_no_state_gives_is_not_explained() -> None:
    tracker = Tracker(STRICT)
    assert received(tracker, 1, registration()) == {SUCCESS}
    before = tracker.beliefs
    assert not tracker.observed(ONE, Opaque(1), [Answer(code=1)])
    assert tracker.beliefs == before
    assert tracker.observed(ONE, Opaque(1), [SUCCESS])


def test_strict_is_in_one_state_after_every_answer() -> None:
    tracker = Tracker(STRICT)
    for opaque, request in enumerate((registration(), unregistration(), registration()), 1):
        (answer,) = received(tracker, opaque, request)
        assert tracker.observed(ONE, Opaque(opaque), [answer])
        assert len(tracker.beliefs) == 1
        assert tracker.is_quiet()


def test_in_5_5_an_unregistration_may_still_be_pending_after_its_answer() -> None:
    tracker = Tracker(APACHE_5_5_0)
    received(tracker, 1, registration())
    tracker.observed(ONE, Opaque(1), [SUCCESS])
    received(tracker, 2, unregistration())
    tracker.observed(ONE, Opaque(2), [Answer(code=0)])
    assert len(tracker.beliefs) == 2
    assert tracker.awaits_change()
    assert tracker.drop_pending_change()
    assert len(tracker.beliefs) == 1
    assert not tracker.awaits_change()


def test_a_route_that_is_seen_to_be_gone_settles_what_was_pending() -> None:
    tracker = Tracker(APACHE_5_5_0)
    received(tracker, 1, registration())
    tracker.observed(ONE, Opaque(1), [SUCCESS])
    tracker.happened(ChannelClosed(channel=ONE))
    answers = received(tracker, 1, GetRouteInfoByTopic(topic="t1"), TWO)
    assert {answer.code for answer in answers} == {0, 17}
    gone = [answer for answer in answers if answer.code == 17]
    assert tracker.observed(TWO, Opaque(1), gone)
    assert tracker.is_quiet()


def test_a_change_that_never_comes_is_not_explained_once_it_is_overdue() -> None:
    tracker = Tracker(APACHE_4_9_7)
    received(tracker, 1, registration())
    tracker.observed(ONE, Opaque(1), [SUCCESS])
    tracker.happened(ChannelClosed(channel=ONE))
    found = [a for a in received(tracker, 1, GetRouteInfoByTopic(topic="t1"), TWO) if a.code == 0]
    assert tracker.observed(TWO, Opaque(1), found)
    assert tracker.awaits_change()
    assert tracker.drop_pending_change(), "it may have happened after the last look"
    received(tracker, 2, GetRouteInfoByTopic(topic="t1"), TWO)
    assert not tracker.observed(TWO, Opaque(2), found)


def test_pipelined_registrations_may_be_worked_on_in_any_order_in_apache_only() -> None:
    for profile, orders in ((APACHE_5_5_0, {"h1:1", "h2:1"}), (STRICT, {"h2:1"})):
        tracker = Tracker(profile)
        for opaque, addr in enumerate(("h1:1", "h2:1"), 1):
            event = Received(channel=ONE, opaque=Opaque(opaque), request=registration(addr))
            tracker.happened(event)
        for opaque in (1, 2):
            tracker.observed(ONE, Opaque(opaque), [SUCCESS])
        masters = {b.state.tables.broker_addr_table["a"].broker_addrs[0] for b in tracker.beliefs}
        assert masters == orders


def test_what_is_neither_answered_nor_changes_anything_makes_no_second_state() -> None:
    tracker = Tracker(APACHE_4_9_7)
    heartbeat = BrokerHeartbeat(cluster_name="c", broker_addr="h1:1", broker_name="a")
    for opaque in range(1, 12):
        assert received(tracker, opaque, heartbeat) == frozenset()
        request = GetRouteInfoByTopic(topic="t1")
        tracker.happened(Received(channel=TWO, opaque=Opaque(opaque), request=request, oneway=True))
    assert len(tracker.beliefs) == 1


def test_a_crowd_of_states_is_waited_for_even_if_nothing_would_change() -> None:
    tracker = Tracker(APACHE_5_5_0)
    beat = BrokerHeartbeat(cluster_name="c", broker_addr="h1:1", broker_name="a")
    for opaque in range(1, 10):
        waited = tracker.awaits_change()
        assert waited == (len(tracker.beliefs) > CROWD)
        tracker.happened(Received(channel=ONE, opaque=Opaque(opaque), request=beat, oneway=True))
    assert tracker.awaits_change()
    assert tracker.drop_pending_change()
    assert len(tracker.beliefs) == 1
