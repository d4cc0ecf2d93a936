"""The verdict on one round: is there an order that explains it, and if not, which answer is the first that none explains?"""

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from namesrv.check.concurrent.ordering import MAX_PLACES, Ordering, TooManyPlaces
from namesrv.check.concurrent.story import Story, Stray, Told, story_of
from namesrv.check.describe import describe_answer, describe_request
from namesrv.check.findings import Finding, Verdict
from namesrv.check.recorded.judging import Judged
from namesrv.check.recorded.seen import Impossible, Start
from namesrv.check.recorded.shortest import BUDGET_S, Shrinking, Unit
from namesrv.check.recording import Event
from namesrv.model.options import Options
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState

MAX_PLACES_OF_LEAST: Final = 2_000
"""In each look at whether something can be spared: some seconds."""

LONGEST_NS: Final = 60_000_000_000
"""In a longer round brokers might fall silent, which is not followed."""


def judge_round(
    events: Sequence[Event],
    profile: Profile,
    *,
    options: Options | None = None,
    names: str = "",
    max_places: int = MAX_PLACES,
) -> Judged:
    """From *empty*. `names`: how the names begin that are looked at. Never raises for what is in the recording."""
    began = time.monotonic()
    story = story_of(events, profile, names)
    initial = NameServerState(options=Options() if options is None else options, route_found=None)
    reasons = list(story.doubts)
    if story.lasted_ns > LONGEST_NS:
        reasons.append("the round took longer than brokers may be silent")
    found: list[Impossible] = []
    places = 0
    for part in story.parts() if not reasons else ():
        ordering = partial(Ordering, part, profile, initial, names, max_places=max_places)
        search = ordering(until=len(part.moves))
        try:
            if not search.explains():
                found.append(_impossible(part, events, _first(part, search.furthest, ordering), ordering))
        except TooManyPlaces as error:
            reasons.append(str(error))
        places = max(places, search.places)
    answers = sum(isinstance(move, Told) and move.answer is not None for move in story.moves)
    if not answers:
        reasons.append("there is no answer that could be judged")
    impossible = min(found, key=lambda each: each.event, default=None)
    verdict = Verdict.VIOLATED if impossible else Verdict.UNKNOWN if reasons else Verdict.HOLDS
    return Judged(
        profile=profile.name,
        start=Start.EMPTY,
        verdict=verdict,
        impossible=impossible,
        reasons=tuple(reasons),
        counts={"events": len(events), **({"answers explained": answers} if verdict is Verdict.HOLDS else {})},
        most_states=places,
        seconds=time.monotonic() - began,
    )


def _first(story: Story, furthest: int, ordering: "partial[Ordering]") -> int:
    """The number of the first answer that nothing explains together with those before it, as far as that can be decided."""
    candidates = [n for n, move in enumerate(story.moves) if isinstance(move, Told | Stray) and n >= furthest]
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            explained = ordering(until=candidates[middle] + 1).explains()
        except TooManyPlaces:
            explained = True  # not known to be impossible so early
        low, high = (middle + 1, high) if explained else (low, middle)
    return candidates[low]


def _impossible(story: Story, events: Sequence[Event], number: int, ordering: "partial[Ordering]") -> Impossible:
    told = story.moves[number]
    asked_at = None
    if isinstance(told, Told):
        assert told.answer is not None
        asked = story.asked()[told.opaque]
        asked_at, what, got = asked.event, describe_request(asked.request), describe_answer(told.answer)
        possible = ordering(until=number).possible(told.opaque)
        expected = sorted({describe_answer(answer) for answer in possible}) or ["no answer"]
    else:
        assert isinstance(told, Stray)
        what, expected, got = story.texts[told.event], ["no answer"], told.got
    finding = Finding(what=what, where=f"event {told.event + 1}", expected=tuple(expected), got=got)
    event = events[told.event]
    connection = getattr(event, "connection", None)
    return Impossible(event=told.event, at=event.at, connection=connection, finding=finding, asked_at=asked_at)


def least_of(
    events: Sequence[Event],
    found: Impossible,
    profile: Profile,
    *,
    options: Options | None = None,
    names: str = "",
    budget_s: float = BUDGET_S,
) -> tuple[Event, ...]:
    """The events up to the impossible one that can't be spared, as far as the time reaches."""
    give_up = time.monotonic() + budget_s

    def first(some: Sequence[Event]) -> Impossible | None:
        return judge_round(some, profile, options=options, names=names, max_places=MAX_PLACES_OF_LEAST).impossible

    def exchanges(some: Sequence[Event]) -> list[Unit]:
        story = story_of(some, profile, names)
        asked = story.asked()
        return [frozenset({asked[move.opaque].event, move.event}) for move in story.moves if isinstance(move, Told)]

    return Shrinking(events, found, first, exchanges, lambda: time.monotonic() < give_up).run()
