"""A client within a system: it asks one question at a time, and keeps what it was told."""

import attrs

from namesrv.explore.peers import H1, ONE, registration
from namesrv.model.events import Opaque, Received
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import APACHE_5_5_0, STRICT, Profile
from namesrv.model.state import NameServerState
from namesrv.model.system import client_part as clients
from namesrv.model.system.client_part import ClientPart


def told(part: ClientPart, state: NameServerState, profile: Profile = STRICT) -> ClientPart:
    """The question that is under way, answered."""
    [answer] = clients.answers(state, clients.asked(part), profile)
    return clients.answered(part, answer)


def namesrv(topics: dict[str, int], profile: Profile = STRICT) -> NameServerState:
    event = Received(channel=ONE, opaque=Opaque(1), request=registration(H1, topics=topics))
    return settle(step(NameServerState(), event, profile)[0], profile)[0]


NEW = clients.new_client("t1")


def test_it_polls_for_its_topic_and_uses_what_it_is_told() -> None:
    part = told(clients.polled(NEW), namesrv({"t1": 4, "t2": 4}))
    assert part.told is not None
    assert clients.uses(part, part.told)
    assert part.state.lookups == ()
    again = told(clients.polled(part), namesrv({"t1": 8, "t2": 4}))
    assert clients.uses(again, again.told)
    assert not clients.uses(again, part.told)
    assert told(clients.polled(again), namesrv({"t1": 8, "t2": 4})) == again, "times do not count"


def test_that_the_topic_does_not_exist_changes_nothing() -> None:
    part = told(clients.polled(NEW), namesrv({"t1": 4, "t2": 4}))
    assert told(clients.polled(part), NameServerState()) == part
    assert clients.uses(told(clients.polled(NEW), NameServerState()), None)


def test_who_has_to_send_takes_the_queues_of_tbw102_four_at_most() -> None:
    asking = clients.sends(NEW)
    assert asking is not None
    assert clients.asked(asking) == "t1"
    second = told(asking, namesrv({"TBW102": 16, "t2": 4}))
    assert clients.asked(second) == "TBW102"
    assert clients.polled(second) == second, "one question at a time"
    assert clients.sends(second) is None
    part = told(second, namesrv({"TBW102": 16, "t2": 4}))
    assert part.told is not None
    assert {queue.write_queue_nums for queue in part.told.queue_datas} == {4}
    assert clients.uses(part, part.told)
    assert clients.sends(part) is None, "it has a route"


def test_who_loses_its_connection_forgets_its_question_and_keeps_its_route() -> None:
    part = told(clients.polled(NEW), namesrv({"t1": 4, "t2": 4}))
    moved = clients.lost(clients.polled(part), 1)
    assert moved == attrs.evolve(part, name_server=1)
    assert clients.lost(moved, 0) == part


def test_a_namesrv_that_is_asked_does_not_change_and_does_not_answer_while_a_writer_has_the_lock() -> None:
    state = namesrv({"t1": 4, "t2": 4}, APACHE_5_5_0)
    assert len(list(clients.answers(state, "t1", APACHE_5_5_0))) == 1
    assert list(clients.answers(attrs.evolve(state, locked=True), "t1", APACHE_5_5_0)) == []
