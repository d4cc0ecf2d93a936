"""Connections that break, on one side first."""

from namesrv.model.broker_events import Call
from namesrv.model.events import Answer, BrokerHeartbeat, Opaque
from namesrv.model.system import link as links
from namesrv.model.system.link import Connection, Link

REQUEST = BrokerHeartbeat(cluster_name="C1", broker_addr="h1:1", broker_name="a")
CALL = Call(0)
YES = Answer(code=0)


def connected() -> Link:
    link = links.connected(Link())
    assert link is not None
    return link


def read(link: Link) -> Link:
    (link, slot, message), *_ = links.request_taken(link)
    return links.in_work(link, slot, Opaque(1), message.tag)


def test_a_request_is_read_and_its_answer_gets_back() -> None:
    link = links.answered(read(links.sent(connected(), REQUEST, CALL)), 0, Opaque(1), YES)
    ((after, tag, answer),) = links.answer_taken(link)
    assert (tag, answer) == (CALL, YES)
    assert after.is_idle()


def test_without_a_connection_a_call_fails_at_once() -> None:
    link = links.sent(Link(), REQUEST, CALL)
    assert [(tag, answer) for _, tag, answer in links.answer_taken(link)] == [(CALL, None)]
    assert links.sent(Link(), REQUEST, None) == Link(), "a one-way request is just lost"


def test_a_broken_connection_fails_every_call_once_it_is_noticed() -> None:
    for link in (links.sent(connected(), REQUEST, CALL), read(links.sent(connected(), REQUEST, CALL))):
        broken = links.broken(link, half_open=False)
        assert broken is not None
        noticed = links.noticed_by_broker(broken)
        assert noticed is not None
        assert noticed[0].failed == (CALL,)


def test_what_is_sent_before_the_loss_is_noticed_is_lost() -> None:
    broken = links.broken(connected(), half_open=False)
    assert broken is not None
    link = links.sent(broken, REQUEST, CALL)
    assert list(links.request_taken(link)) == []
    noticed = links.noticed_by_broker(link)
    assert noticed is not None
    assert noticed[0].failed == (CALL,)


def test_an_orderly_close_is_noticed_after_what_was_sent_before_it() -> None:
    link = links.closed_by_broker(links.sent(connected(), REQUEST, CALL))
    assert list(links.noticed_by_namesrv(link)) == []
    ((link, _, message),) = links.request_taken(link)
    assert message.tag is None, "nobody waits for it any more"
    assert len(list(links.noticed_by_namesrv(link))) == 1


def test_of_a_half_open_connection_nothing_more_arrives() -> None:
    link = links.closed_by_broker(links.sent(connected(), REQUEST, CALL), half_open=True)
    assert list(links.request_taken(link)) == []
    cut = links.broken(links.sent(connected(), REQUEST, CALL), half_open=True)
    assert cut is not None
    assert list(links.request_taken(cut)) == []
    noticed = links.noticed_by_broker(cut)
    assert noticed is not None
    assert noticed[0].failed == (CALL,)


def test_a_slot_is_free_when_both_ends_are_closed_and_the_namesrv_has_forgotten_it() -> None:
    link = links.closed_by_broker(connected())
    ((link, slot),) = links.noticed_by_namesrv(link)
    assert link.slots[slot] is not None
    assert links.forgotten(link, slot) == Link()


def test_two_connections_at_most() -> None:
    link = connected()
    for _ in range(2):
        broken = links.broken(link, half_open=False)
        assert broken is not None
        noticed = links.noticed_by_broker(broken)
        assert noticed is not None
        again = links.connected(noticed[0])
        if again is None:
            assert all(isinstance(slot, Connection) for slot in noticed[0].slots)
            return
        link = again
    raise AssertionError("a third connection was made")


def test_calls_that_are_given_up_end_in_nothing() -> None:
    link = links.nobody_waits(read(links.sent(connected(), REQUEST, CALL)), frozenset({CALL}))
    link = links.answered(link, 0, Opaque(1), YES)
    assert list(links.answer_taken(link)) == []


# Two brokers over one connection ----------------------------------------------------------------------------------


def test_calls_of_two_brokers_over_one_connection_are_told_apart() -> None:
    assert [links.call_of(links.tag_of(member, CALL)) for member in (0, 1)] == [(0, CALL), (1, CALL)]
    link = links.sent(connected(), REQUEST, links.tag_of(1, CALL), member=1)
    assert link.is_idle(0)
    assert not link.is_idle(1)
    link = links.answered(read(link), 0, Opaque(1), YES)
    assert link.is_idle(0)
    assert not link.is_idle(1)
    ((after, tag, _),) = links.answer_taken(link)
    assert tag == links.tag_of(1, CALL)
    assert after.is_idle(1)


def test_signs_of_life_on_their_way_are_seen_but_keep_nobody_busy() -> None:
    link = links.sent(connected(), REQUEST, None, member=1)
    assert link.is_idle(1)
    assert link.has_oneway(1)
    assert not link.has_oneway(0)
