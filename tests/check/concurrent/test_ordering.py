"""The search for an order says what a plain one says, which follows every state and knows no answer before it comes."""

import itertools
from collections.abc import Iterable, Iterator
from random import Random

import attrs
import pytest

from namesrv.check.answer_values import as_read
from namesrv.check.concurrent.ordering import Ordering, TooManyPlaces
from namesrv.check.concurrent.plan import plan_of
from namesrv.check.concurrent.story import Asked, Left, Move, Story, Stray, Told
from namesrv.check.late_encoding import answers_later
from namesrv.check.tracker import Belief, Tracker
from namesrv.explore.peers import H2, unregistration
from namesrv.explore.peers import registration as master
from namesrv.model.events import (
    Answer,
    Answered,
    Channel,
    ChannelClosed,
    GetAllTopicList,
    Opaque,
    Received,
    RegisterBroker,
    Request,
    WipeWritePermOfBroker,
)
from namesrv.model.namesrv import settle, step, successors
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, TopicList, table
from tests.late import ROUTE, SLAVE

EMPTY = NameServerState(route_found=None)
CHANGES = (
    master(enable_acting_master=True),
    master(H2, SLAVE, enable_acting_master=True),
    WipeWritePermOfBroker(broker_name="a"),
    unregistration(H2, SLAVE),
)
"""What changes a route: queues and brokers, in turns."""

PROFILE_NAMES = ("strict", "apache-5.5.0", "apache-5.1.4", "apache-4.9.7")


def story(moves: Iterable[Move]) -> Story:
    return Story(moves=tuple(moves), texts={})


def ordering(told: Story, profile: Profile, until: int | None = None, **more: int) -> Ordering:
    return Ordering(told, profile, EMPTY, "", len(told.moves) if until is None else until, **more)


def a_run(rng: Random, profile: Profile, clients: int, requests: int, *, late: bool = False) -> Iterator[Move]:
    """What clients see of the model itself, which takes its steps at random.

    `late`: it encodes routes as late as it may, and one client changes one that the others ask for.
    """
    at_once = plan_of(rng, clients=clients, requests=requests).at_once
    if late:
        at_once = (CHANGES, *([(ROUTE,) * requests] * (clients - 1)))
    left = {number: list(asked) for number, asked in enumerate(at_once, 1)}
    waiting: dict[Opaque, Channel] = {}
    requested: dict[Opaque, Request] = {}
    state, said, number = EMPTY, dict[Opaque, Answer](), itertools.count(1)
    while left or waiting:
        idle = [client for client in left if client not in waiting.values()]
        steps = list(successors(state, profile))
        can = [*(["ask"] if idle else []), *(["work"] if steps else []), *(["tell"] if said else [])]
        match rng.choice(can):
            case "ask":
                client = rng.choice(idle)
                asked = Asked(0, Channel(client), Opaque(next(number)), left[client].pop(0))
                waiting[asked.opaque], requested[asked.opaque] = asked.channel, asked.request
                received = Received(channel=asked.channel, opaque=asked.opaque, request=asked.request)
                state, _ = step(state, received, profile)
                yield asked
                if not left[client]:
                    del left[client]
            case "work":
                before = state.tables
                _, state, outputs = rng.choice(steps)
                for opaque, answer in said.items() if late else ():
                    asked_for = requested[opaque]
                    later = sorted(answers_later(answer, asked_for, before, state, outputs, profile), key=str)
                    said[opaque] = as_read(rng.choice(later)) if later else answer
                said |= {o.opaque: as_read(o.answer) for o in outputs if isinstance(o, Answered)}
            case _:
                opaque = rng.choice(sorted(said))
                yield Told(0, opaque, said.pop(opaque))
                channel = waiting.pop(opaque)
                if channel not in left and rng.random() < 0.3:
                    state, _ = step(state, ChannelClosed(channel=channel), profile)
                    yield Left(0, channel, False)


def with_another_answer(rng: Random, told: Story) -> Story:
    """One of the answers is one that another request of its kind got."""
    asked = told.asked()
    kind = {n: type(asked[move.opaque].request) for n, move in enumerate(told.moves) if isinstance(move, Told)}
    pairs = [(n, m) for n in kind for m in kind if kind[n] is kind[m] and _answer(told, n) != _answer(told, m)]
    if not pairs:
        return told
    number, other = rng.choice(pairs)
    moves = list(told.moves)
    moves[number] = attrs.evolve(moves[number], answer=_answer(told, other))
    return story(moves)


def _answer(told: Story, number: int) -> Answer | None:
    move = told.moves[number]
    assert isinstance(move, Told)
    return move.answer


class Plain(Tracker):
    """Without anything that makes states fewer."""

    def _without_idle_tasks(self, belief: Belief) -> Belief:
        return belief


def impossible_to_a_plain_search(told: Story, profile: Profile) -> tuple[int, frozenset[Answer]] | None:
    """The number of the first move that nothing explains, and what was possible."""
    tracker = Plain(profile, [EMPTY], as_read)
    for number, move in enumerate(told.moves):
        match move:
            case Asked():
                tracker.happened(Received(channel=move.channel, opaque=move.opaque, request=move.request))
            case Told(answer=Answer() as answer):
                channel = told.asked()[move.opaque].channel
                if not tracker.observed(channel, move.opaque, [answer]):
                    return number, tracker.possible_answers(channel, move.opaque)
            case Left():
                tracker.happened(ChannelClosed(channel=move.channel, aborted=move.aborted))
            case _:
                raise AssertionError(move)
    return None


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_it_finds_impossible_what_a_plain_search_does_and_knows_what_was_possible(profile: str) -> None:
    rng, release, verdicts = Random(f"{profile}/2"), PROFILES[profile], {True: 0, False: 0}
    for clients, requests in [(2, 3), (3, 2)] * 12:
        told = story(a_run(rng, release, clients, requests))
        assert ordering(told, release).explains()
        changed = with_another_answer(rng, told)
        found = impossible_to_a_plain_search(changed, release)
        verdicts[found is None] += 1
        assert ordering(changed, release).explains() == (found is None), changed
        if found is not None:
            number, possible = found
            assert not ordering(changed, release, number + 1).explains()
            assert ordering(changed, release, number).explains()
            move = changed.moves[number]
            assert isinstance(move, Told)
            assert ordering(changed, release, number).possible(move.opaque) == possible
    assert min(verdicts.values()) > 1, verdicts


@pytest.mark.parametrize("profile", ["apache-5.5.0", "apache-4.9.7"])
def test_of_routes_that_are_encoded_late_it_says_what_a_plain_search_does(profile: str) -> None:
    rng, release, verdicts, needed = Random(f"{profile}/late"), PROFILES[profile], {True: 0, False: 0}, 0
    at_once = attrs.evolve(release, route_encoded_after_lock=False)
    for _ in range(30):
        told = story(a_run(rng, release, 3, 2, late=True))
        assert ordering(told, release).explains()
        needed += not ordering(told, at_once).explains()
        changed = with_another_answer(rng, told)
        holds = impossible_to_a_plain_search(changed, release) is None
        verdicts[holds] += 1
        assert ordering(changed, release).explains() == holds, changed
    assert min(*verdicts.values(), needed) > 0, (verdicts, needed)


def orders(told: Story) -> Iterator[list[Asked]]:
    """Every order of the requests in which none comes before one that had been answered when it was sent."""
    asked = list(told.asked().values())
    sent = {move.opaque: n for n, move in enumerate(told.moves) if isinstance(move, Asked)}
    answered = {move.opaque: n for n, move in enumerate(told.moves) if isinstance(move, Told)}
    for order in itertools.permutations(asked):
        places = {each.opaque: place for place, each in enumerate(order)}
        if all(places[one] < places[other] for one in places for other in places if answered[one] < sent[other]):
            yield list(order)


def gives_their_answers(order: list[Asked], told: Story) -> bool:
    state, strict = EMPTY, PROFILES["strict"]
    got = {move.opaque: move.answer for move in told.moves if isinstance(move, Told)}
    for each in order:
        state, _ = step(state, Received(channel=each.channel, opaque=each.opaque, request=each.request), strict)
        state, outputs = settle(state, strict)
        if [as_read(o.answer) for o in outputs if isinstance(o, Answered)] != [got[each.opaque]]:
            return False
    return True


def test_in_strict_it_holds_if_and_only_if_one_of_all_orders_of_whole_requests_gives_the_answers() -> None:
    rng, strict, verdicts = Random(3), PROFILES["strict"], {True: 0, False: 0}
    for _ in range(25):
        every = (move for move in a_run(rng, strict, 3, 2) if not isinstance(move, Left))
        told = with_another_answer(rng, story(every))
        holds = any(gives_their_answers(order, told) for order in orders(told))
        verdicts[holds] += 1
        assert ordering(told, strict).explains() == holds, told
    assert min(verdicts.values()) > 1, verdicts


def registration(*topics: str) -> RegisterBroker:
    configs = table({topic: TopicConfig(topic_name=topic) for topic in topics})
    body = RegisterBrokerBody(topic_config_table=configs, data_version=DataVersion(timestamp=1, counter=1))
    return RegisterBroker(
        cluster_name="C1", broker_addr="h1:1", broker_name="a", broker_id=0, ha_server_addr="h1:2", body=body
    )


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("listed", [(), ("t1", "t2")])
def test_a_list_asked_for_while_a_registration_waits_may_be_from_before_it_and_not_once_that_is_answered(
    profile: str, listed: tuple[str, ...]
) -> None:
    """That is why a recording in which a topic is taken out of a list may still be one that a NameServer could have made."""
    register = Asked(0, Channel(1), Opaque(1), registration("t1", "t2"))
    look = Asked(1, Channel(2), Opaque(2), GetAllTopicList())
    registered = Told(2, Opaque(1), Answer(code=0, ext_fields=table({}), body=None))
    list_of = Told(3, Opaque(2), Answer(code=0, body=TopicList(topic_list=frozenset(listed))))
    release = PROFILES[profile]
    assert ordering(story([register, look, registered, list_of]), release).explains()
    assert ordering(story([register, look, list_of, registered]), release).explains()
    assert ordering(story([register, registered, look, list_of]), release).explains() == bool(listed)


def test_an_answer_to_what_nobody_asked_is_explained_by_nothing() -> None:
    told = story([Asked(0, Channel(1), Opaque(1), GetAllTopicList()), Stray(1, Channel(1), "code 0")])
    assert not ordering(told, PROFILES["strict"]).explains()
    assert ordering(told, PROFILES["strict"], 1).explains()


def test_a_search_that_has_looked_at_too_much_gives_up_and_does_not_say_that_nothing_is_there() -> None:
    told = story(a_run(Random(1), PROFILES["apache-5.5.0"], 3, 4))
    with pytest.raises(TooManyPlaces):
        ordering(told, PROFILES["apache-5.5.0"], max_places=3).explains()
