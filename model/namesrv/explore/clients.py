"""Clients of the system: how they ask for routes, and what they may rely on.

They change nothing in a NameServer, and nothing in each other. *ClientUsesLastRoute*: the queues that a client sends to and reads
from are those of the last route that it was told, by whichever NameServer it asked; so they were true of that one then. That is
all: it may be old, a NameServer that says that the topic does not exist changes nothing, and after a change to another NameServer
it may be older than the one before. *ClientsFollow* (in the end, `namesrv.explore.convergence`): they are those of the route that
its NameServer has now, if that has one.
Source: `MQClientInstance.updateTopicRouteInfoFromNameServer`, 5.5.0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from namesrv.explore.product import Act, Invariant, Rule, Stage
from namesrv.model.profiles import Profile
from namesrv.model.route import pickup_topic_route_data
from namesrv.model.system.client_part import (
    ClientPart,
    Heard,
    answered,
    answers,
    asked,
    lost,
    new_client,
    polled,
    sends,
    uses,
)
from namesrv.model.system.link_acts import Ways
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.system.scope import Scope


def initial_client(scope: Scope) -> ClientPart:
    """One that wants the topic that is said last, where registrations are split."""
    return new_client(f"t{scope.topics}")


def client_rules(clients: Sequence[int], namesrvs: Sequence[int], profile: Profile) -> list[Rule]:
    """What clients do; both are told by their components."""
    answer, hear = _answer(profile), _hear
    asks = [(_polls(n), _sends(n)) for n in range(len(namesrvs))]
    loses = [[_loses(n, other) for other in range(len(namesrvs))] for n in range(len(namesrvs))]
    rules = []
    for number, client in enumerate(clients):
        who, at = f"client {number + 1}", (client,)
        for n, namesrv in enumerate(namesrvs):
            whom = f"NameServer {n + 1}"
            told = (Stage((namesrv,), answer), Stage(at, hear))
            rules.append(Rule(f"{who} polls {whom}", (Stage(at, asks[n][0]), *told)))
            rules.append(Rule(f"{who} has to send and asks {whom}", (Stage(at, asks[n][1]), *told)))
            for other in range(len(namesrvs)):
                if other != n or len(namesrvs) == 1:
                    name = f"{who} loses {whom} and changes to NameServer {other + 1}"
                    rules.append(Rule(name, (Stage(at, loses[n][other]),)))
    return rules


def client_invariants(clients: Sequence[int]) -> tuple[Invariant, ...]:
    """*ClientUsesLastRoute* of each client."""
    return tuple(Invariant(f"ClientUsesLastRoute@{c + 1}", (at,), _uses_last_route) for c, at in enumerate(clients))


def clients_follow(namesrv: int, profile: Profile) -> Callable[[tuple[Any, ...]], bool]:
    """*ClientsFollow*, of one client and the NameServer of that number."""

    def follows(at: tuple[Any, ...]) -> bool:
        part, asked_one = at
        if part.name_server != namesrv:
            return True
        routes = pickup_topic_route_data(asked_one.state.tables, part.topic, profile)
        return not routes or any(uses(part, route) for route in routes)

    return follows


def _uses_last_route(at: tuple[Any, ...]) -> bool:
    return uses(at[0], at[0].told)


def _polls(name_server: int) -> Act:
    def act(at: tuple[ClientPart], told: Any) -> Ways:
        if at[0].name_server == name_server:
            part = polled(at[0])
            yield (part,), asked(part)

    return act


def _sends(name_server: int) -> Act:
    def act(at: tuple[ClientPart], told: Any) -> Ways:
        part = sends(at[0]) if at[0].name_server == name_server else None
        if part is not None:
            yield (part,), asked(part)

    return act


def _answer(profile: Profile) -> Act:
    def act(at: tuple[NameServerPart], told: str) -> Ways:
        for route in answers(at[0].state, told, profile):
            yield at, Heard(told, route)

    return act


def _hear(at: tuple[ClientPart], told: Heard) -> Ways:
    yield (answered(at[0], told.route),), told


def _loses(name_server: int, other: int) -> Act:
    def act(at: tuple[ClientPart], told: Any) -> Ways:
        if at[0].name_server == name_server:
            after = lost(at[0], other)
            if after != at[0]:
                yield (after,), None

    return act
