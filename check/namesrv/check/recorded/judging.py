"""The verdict on a recording: does a behaviour of the model explain it?"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from namesrv.check.findings import Verdict
from namesrv.check.recorded.replay import NS_PER_MS, Replay
from namesrv.check.recorded.seen import Impossible, Start
from namesrv.check.recording import Event
from namesrv.check.tracker import TooManyStates
from namesrv.model.options import Options
from namesrv.model.profiles import Profile

EVERY: Final = 1_000
"""So many events between two reports of how far it has got."""

Progress = Callable[[int, float], None]
"""Told how many events there were, and in how many seconds."""


@attrs.frozen(kw_only=True)
class Judged:
    """`impossible`: the first event that nothing explains. `reasons`: why there is no verdict. `counts`: what there was."""

    profile: str
    start: Start
    verdict: Verdict
    impossible: Impossible | None
    reasons: tuple[str, ...]
    counts: dict[str, int]
    most_states: int
    seconds: float

    @property
    def events_per_second(self) -> float:
        """How fast it went."""
        return self.counts.get("events", 0) / self.seconds if self.seconds else 0.0


def judge(
    events: Iterable[Event],
    profile: Profile,
    start: Start = Start.UNKNOWN,
    *,
    options: Options | None = None,
    names: str = "",
    progress: Progress = lambda events, seconds: None,
    clock: Callable[[], float] = time.monotonic,
) -> Judged:
    """Up to the first event that is impossible, or to the end. Never raises for what is in the recording.

    `names`: how the names begin that are looked at, where others use the NameServer, too.
    """
    replay, began = Replay(profile, start, options, names), clock()
    reasons: list[str] = []
    try:
        for number, event in enumerate(events, 1):
            replay.see(event)
            if replay.impossible:
                break
            if number % EVERY == 0:
                progress(number, clock() - began)
        replay.finish()
    except TooManyStates as error:
        reasons.append(f"{error}, at event {replay.counts['events']}")
    reasons += [f"{count} {what}" for what, count in sorted(replay.doubts.items())]
    if not replay.counts["answers explained"]:
        reasons.append("there is no answer that could be judged")
    impossible = replay.impossible[0] if replay.impossible else None
    verdict = Verdict.VIOLATED if impossible else Verdict.UNKNOWN if reasons else Verdict.HOLDS
    return Judged(
        profile=profile.name,
        start=start,
        verdict=verdict,
        impossible=impossible,
        reasons=tuple(reasons),
        counts={what: count for what, count in sorted(replay.counts.items()) if count},
        most_states=replay.most_beliefs,
        seconds=clock() - began,
    )


def told(
    events: Sequence[Event], profile: Profile, start: Start, options: Options | None = None, names: str = ""
) -> Iterator[str]:
    """Each event on a line, numbered from 1, with its time and connection."""
    replay = Replay(profile, start, options, names)
    for number, event in enumerate(events, 1):
        try:
            seen = replay.see(event)
        except TooManyStates:
            return
        where = "" if seen.connection is None else f"connection {seen.connection}: "
        yield f"{number:4}  {event.at / NS_PER_MS / 1000:10.3f} s  {where}{seen.text}"


def as_data(judged: Judged) -> dict[str, Any]:
    """For `--json`."""
    data: dict[str, Any] = {
        "profile": judged.profile,
        "from": judged.start.value,
        "verdict": judged.verdict.value,
        "reasons": list(judged.reasons),
        "counts": judged.counts,
        "mostStates": judged.most_states,
        "seconds": round(judged.seconds, 3),
    }
    if judged.impossible is not None:
        found = judged.impossible
        data["impossible"] = {
            "event": found.event + 1,
            "at": found.at,
            "connection": found.connection,
            "askedAt": None if found.asked_at is None else found.asked_at + 1,
            "what": found.finding.what,
            "expected": list(found.finding.expected),
            "got": found.finding.got,
        }
    return data
