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
from namesrv.check.concurrent.plan import Plan, plan_of
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.recorded.judging import Judged, as_data, judge, told
from namesrv.check.recorded.seen import Start
from namesrv.check.recorded.shortest import BUDGET_S, shortest
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

    def lines(self, profile: Profile, options: Options | None = None) -> list[str]:
        """The least of it, an event a line, names without what makes them the round's own."""
        names = self.history.names
        return [line.replace(names, "") for line in told(self.least, profile, Start.EMPTY, options, names)]


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
    most_states: int = 1
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
        judged = judge(history.events, profile, Start.EMPTY, options=options, names=history.names)
        _add(report, history, judged)
        if judged.impossible is not None:
            least = shortest(history.events, judged.impossible, profile, Start.EMPTY, options=options,
                             names=history.names, budget_s=shrink_s)  # fmt: skip
            report.caught = Caught(number=number, history=history, judged=judged, least=least)
            break
        on_round(number)
        if history.undecided is not None:
            break  # it has stalled: each further round would wait as long
    return report


def _add(report: Linearized, history: History, judged: Judged) -> None:
    report.rounds += 1
    report.requests += history.requests
    report.overlapping += history.overlapping
    report.overtaken += history.overtaken
    report.explained += judged.counts.get("answers explained", 0)
    report.most_states = max(report.most_states, judged.most_states)
    report.left_behind += len(history.left_behind)
    report.reasons.update({*judged.reasons, *({history.undecided} if history.undecided else ())})


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
        "mostStates": report.most_states,
    }
    if report.caught is not None:
        data["caught"] = {
            "round": report.caught.number,
            "names": report.caught.history.names,
            "least": least,
            **as_data(report.caught.judged),
        }
    return data
