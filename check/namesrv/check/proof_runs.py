"""A run that the proofs have found, told to the Python model and to NameServers: does it come to the state that they speak of?"""

from typing import Final

import attrs

from namesrv.check.anomaly_story import sentence
from namesrv.check.embedded import Embedded
from namesrv.check.reproduce import Outcome, reproduce
from namesrv.check.runner import Target
from namesrv.explore.catalogue import Anomaly, outcomes
from namesrv.explore.peers import Silent, Told
from namesrv.model.events import ChannelClosed, Received
from namesrv.model.profiles import Profile
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.values import BrokerAddrInfo
from namesrv.proofs import Run
from namesrv.server import HeldClock

ATTEMPTS: Final = 20
"""Where things happen at once, whose order is the NameServer's."""


def story(run: Run) -> tuple[Told, ...]:
    """What has to be done from outside. A request over a connection that was closed before it comes at once with the close; so
    does what comes between 4.9.7's finding an address and removing it, whoever closed the connection: the peer or a scan.

    Time passes as the explorer has it: whoever is found expired has been silent for too long.
    """
    told: list[Told] = []
    closed: dict[int, int] = {}
    in_between = (False, *(happened.in_between for happened in run.happened[:-1]))
    for at_once, happened in zip(in_between, run.happened, strict=True):
        event = happened.event
        if event is None:
            continue
        if happened.expired is not None or happened.transition.startswith("scan"):
            told.append(Told(Silent(BrokerAddrInfo(cluster_name="", broker_addr=happened.expired)), at_once=False))
            told.append(Told(event, at_once=False))
        elif isinstance(event, Received) and event.channel in closed:
            at = closed[event.channel]
            told.insert(at, Told(event, at_once=False))
            told[at + 1] = attrs.evolve(told[at + 1], at_once=True)
        else:
            if isinstance(event, ChannelClosed):
                closed[event.channel] = len(told)
            told.append(Told(event, at_once=at_once))
    return tuple(told)


def before_last(run: Run) -> Run:
    """Without its last event: *SkipSafety* is about the state in which registering once more would change something."""
    return attrs.evolve(run, happened=run.happened[:-1])


def sentences(run: Run) -> tuple[str, ...]:
    """The same for people."""
    return tuple(map(sentence, story(run)))


def ends(run: Run, profile: Profile, invariant: str) -> frozenset[NameServerPart]:
    """Where the Python model may come to with it and the invariant is false: none if the relation is not the model's."""
    return frozenset(part for part in outcomes(story(run), profile) if invariant in part.broken)


def broken_on_the_way(run: Run, profile: Profile) -> frozenset[str]:
    """The invariants that are false, whichever way the Python model goes, before the last thing happens or what it happens at
    once with."""
    told = story(run)
    starts = [number for number, each in enumerate(told) if number and not each.at_once]
    parts = [outcomes(told[:number], profile) for number in starts]
    return frozenset[str]().union(*(p.broken for ends in parts if all(p.broken for p in ends) for p in ends))


def replay(run: Run, profile: Profile, invariant: str, *, target: Target | None = None) -> Outcome:
    """What comes of it on a NameServer: on ours of that profile, its clock held, or on the one at `target`.

    Raises `Undecided` if it can't be asked.
    """
    broken = ends(run, profile, invariant)
    if not broken:
        return Outcome.ABSENT
    after = min(broken, key=lambda part: (len(part.broken), sorted(part.broken)))
    anomaly = Anomaly(
        profile=profile.name,
        theme="proofs",
        causes=after.causes,
        broken=after.broken,
        story=story(run),
        after=after,
        new=frozenset({invariant}),
    )
    if target is not None:
        return reproduce(target, profile, anomaly, own=True, attempts=ATTEMPTS).outcome
    with Embedded(profile=profile.name, clock=HeldClock()) as server:
        ours = Target(host="127.0.0.1", port=server.port)
        return reproduce(ours, profile, anomaly, held=server, own=True, attempts=ATTEMPTS).outcome
