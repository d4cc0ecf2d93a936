"""Rounds on a live NameServer, each judged: is there an order, between the asking and the answering, that explains all answers?

The model is the sequential specification. What a release does in steps of its own, such as the removals of 5.x, is in steps in
the model, too: only what no interleaving of those explains is a violation.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Final

import attrs

from namesrv.check.concurrent.driving import History, Round
from namesrv.check.concurrent.judging import judge_round, least_of
from namesrv.check.concurrent.ordering import MAX_PLACES
from namesrv.check.concurrent.plan import Plan, plan_of
from namesrv.check.concurrent.story import story_of
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.recorded.judging import Judged, as_data
from namesrv.check.recorded.shortest import BUDGET_S
from namesrv.check.recording import Event
from namesrv.check.runner import Target
from namesrv.model.options import Options
from namesrv.model.profiles import Profile

NO_EVIDENCE: Final = "no two requests that matter to each other were in work at the same time: that is no evidence"


@attrs.frozen(kw_only=True)
class Rounds:
    """How much is asked. What clients ask follows from `seed` and the round's number."""

    clients: int = 3
    requests: int = 4
    rounds: int = 50
    seed: int = 1

    def plan(self, number: int) -> Plan:
        """Of the round with this number, from 1."""
        return plan_of(Random(f"{self.seed}/{number}"), clients=self.clients, requests=self.requests)


@attrs.frozen(kw_only=True)
class Caught:
    """The round that nothing explains. `least`: the events of it that are as impossible."""

    number: int
    history: History
    judged: Judged
    least: tuple[Event, ...]

    def lines(self, profile: Profile) -> list[str]:
        """The least of it, an event a line, names without what makes them the round's own."""
        names = self.history.names
        texts = story_of(self.least, profile, names).texts
        return [
            _line(number, event, texts.get(number, "").replace(names, "")) for number, event in enumerate(self.least)
        ]


def _line(number: int, event: Event, text: str) -> str:
    connection = getattr(event, "connection", None)
    where = "" if connection is None else f"connection {connection}: "
    return f"{number + 1:4}  {event.at / 1e9:10.6f} s  {where}{text}"


@attrs.define(kw_only=True)
class Linearized:
    """What all rounds came to. `reasons`: why some were not decided, and how many."""

    target: str
    profile: str
    asked: Rounds
    rounds: int = 0
    requests: int = 0
    overlapping: int = 0
    overtaken: int = 0
    explained: int = 0
    most_places: int = 0
    slowest_s: float = 0.0
    reasons: Counter[str] = attrs.Factory(Counter)
    left_behind: int = 0
    caught: Caught | None = None

    @property
    def verdict(self) -> Verdict:
        """Of all rounds."""
        if self.caught is not None:
            return Verdict.VIOLATED
        return Verdict.UNKNOWN if self.reasons or not self.overlapping else Verdict.HOLDS

    @property
    def why_unknown(self) -> list[str]:
        """In words."""
        reasons = [f"{count} of {self.rounds} rounds: {why}" for why, count in sorted(self.reasons.items())]
        return [*reasons, *([] if self.overlapping else [NO_EVIDENCE])]


def linearize(
    target: Target,
    profile: Profile,
    asked: Rounds,
    names: str,
    *,
    options: Options | None = None,
    max_places: int = MAX_PLACES,
    shrink_s: float = BUDGET_S,
    plan: Callable[[int], Plan] | None = None,
    on_round: Callable[[int], None] = lambda number: None,
) -> Linearized:
    """Round by round, up to the first that nothing explains. `names`: how the names of this run begin; `plan`: of each round.

    `shrink_s`: look so long for the least that is as impossible. Raises nothing: a NameServer that can't be reached is a reason.
    """
    report = Linearized(target=target.where, profile=profile.name, asked=asked)
    for number in range(1, asked.rounds + 1):
        rng = Random(f"{asked.seed}/{number}/order")
        try:
            history = Round(target, f"{names}{number}-", rng).run((plan or asked.plan)(number))
        except Undecided as error:
            report.rounds += 1
            report.reasons[str(error)] += 1
            break
        judge_one(report, number, history, profile, options=options, max_places=max_places, shrink_s=shrink_s)
        if report.caught is not None:
            break
        on_round(number)
        if history.undecided is not None:
            break  # it has stalled: each further round would wait as long
    return report


def judge_one(
    report: Linearized,
    number: int,
    history: History,
    profile: Profile,
    *,
    options: Options | None = None,
    max_places: int = MAX_PLACES,
    shrink_s: float = BUDGET_S,
) -> None:
    """Adds the verdict on one round to the report."""
    judged = judge_round(history.events, profile, options=options, names=history.names, max_places=max_places)
    report.rounds += 1
    report.requests += history.requests
    report.overlapping += history.overlapping
    report.overtaken += history.overtaken
    report.explained += judged.counts.get("answers explained", 0)
    report.most_places = max(report.most_places, judged.most_states)
    report.slowest_s = max(report.slowest_s, judged.seconds)
    report.left_behind += len(history.left_behind)
    report.reasons.update({*judged.reasons, *({history.undecided} if history.undecided else ())})
    if judged.impossible is not None:
        least = least_of(history.events, judged.impossible, profile, options=options, names=history.names,
                         budget_s=shrink_s)  # fmt: skip
        report.caught = Caught(number=number, history=history, judged=judged, least=least)


def judge_recording(
    events: tuple[Event, ...],
    target: str,
    profile: Profile,
    names: str,
    *,
    options: Options | None = None,
    max_places: int = MAX_PLACES,
    shrink_s: float = BUDGET_S,
) -> Linearized:
    """One round that has been recorded, from *empty*. `names`: how the names begin that are looked at."""
    story = story_of(events, profile, names)
    asked = story.asked().values()
    history = History(names=names, events=events, requests=len(asked), overlapping=story.overlapping(), overtaken=0)
    counted = Rounds(clients=len({each.channel for each in asked}), requests=len(asked), rounds=1)
    report = Linearized(target=target, profile=profile.name, asked=counted)
    judge_one(report, 1, history, profile, options=options, max_places=max_places, shrink_s=shrink_s)
    return report


def as_document(report: Linearized, least: list[str]) -> dict[str, Any]:
    """For `--json`."""
    data: dict[str, Any] = {
        "target": report.target,
        "profile": report.profile,
        "verdict": report.verdict.value,
        "reasons": report.why_unknown,
        "clients": report.asked.clients,
        "requestsOfEach": report.asked.requests,
        "seed": report.asked.seed,
        "rounds": report.rounds,
        "requests": report.requests,
        "overlapping": report.overlapping,
        "overtaken": report.overtaken,
        "answersExplained": report.explained,
        "mostPlaces": report.most_places,
    }
    if report.caught is not None:
        data["caught"] = {
            "round": report.caught.number,
            "names": report.caught.history.names,
            "least": least,
            **as_data(report.caught.judged),
        }
    return data
