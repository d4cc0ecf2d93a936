"""An administrator of the system: what `mqadmin` asks of a NameServer, at any time, over a connection of its own.

WIPE_WRITE_PERM_OF_BROKER (205) and ADD_WRITE_PERM_OF_BROKER (327) of each broker name, DELETE_TOPIC_IN_NAMESRV (216) and, where
the release has it, REGISTER_TOPIC_IN_NAMESRV (217) of each topic. Nobody waits for the answer, so it needs no link. What was done
by hand stands above what brokers said before it, so *AcknowledgedEffect*, *VersionCoherence* and *SkipSafety* don't ask about it
(no DataVersion covers it). *WipedIsReadOnly* says how long a wipe has to last, *HandGivesWay* how long the rest may.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from namesrv.explore.peers import topic_by_hand
from namesrv.explore.product import Rule, Stage
from namesrv.model.events import (
    AddWritePermOfBroker,
    Channel,
    DeleteTopicInNamesrv,
    Opaque,
    Received,
    Request,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.system.acts import settings_of
from namesrv.model.system.link_acts import Act, Ways
from namesrv.model.system.nameserver_part import NameServerPart, happened, settled
from namesrv.model.system.scope import Scope

CHANNEL: Final = Channel(-7)
"""Stands for an administrator's connection; nothing is remembered of it."""


@attrs.frozen
class ByHand:
    """What an administrator has asked for."""

    request: Request


def requests_of(scope: Scope, profile: Profile) -> tuple[Request, ...]:
    """What an administrator may ask for in that scope."""
    names = sorted({settings_of(scope, broker).broker_name for broker in range(scope.brokers)})
    topics = [f"t{number + 1}" for number in range(scope.topics)]
    found: list[Request] = []
    for name in names:
        found += [WipeWritePermOfBroker(broker_name=name), AddWritePermOfBroker(broker_name=name)]
    found += [DeleteTopicInNamesrv(topic=topic) for topic in topics]
    if profile.register_topic:
        found += [topic_by_hand(topic, *names) for topic in topics]
    return tuple(found)


def administrator_rules(scope: Scope, profile: Profile, spend: Stage, namesrvs: Sequence[int]) -> list[Rule]:
    """What an administrator does at each NameServer; these are told by their components. `spend` takes from the budget."""
    act = _asks(requests_of(scope, profile), profile)
    return [
        Rule(f"an administrator changes NameServer {number + 1}", (spend, Stage((namesrv,), act)))
        for number, namesrv in enumerate(namesrvs)
    ]


def _asks(requests: tuple[Request, ...], profile: Profile) -> Act:
    def act(at: tuple[Any, ...], told: Any) -> Ways:
        (part,) = at
        assert isinstance(part, NameServerPart)
        used = {task.opaque for task in part.state.tasks if task.channel == CHANNEL}
        opaque = next(Opaque(number) for number in range(1, len(used) + 2) if number not in used)
        for request in requests:
            event = Received(channel=CHANNEL, opaque=opaque, request=request)
            after, said = happened(part, event, profile)
            if profile.atomic_requests:
                after, _ = settled(after, profile, said)
            yield (after,), ByHand(request)

    return act
