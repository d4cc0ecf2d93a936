"""What time does by itself in a recording: scans that may have come, and how far the NameServer is known to have been alive.

Time is the recording's. A NameServer that has died or stalls breaks no promise: it counts as alive only as far as it has promptly
answered what was asked later, and only what was due by then has to have happened.
"""

from collections import deque
from typing import Final

from namesrv.check.expiry import grace_ms, overdue, scan_may_stop
from namesrv.check.recorded.timed import TimedTracker
from namesrv.model.profiles import Profile

CLOCKS_DIFFER_MS: Final = 500
"""By so much two clocks may drift apart while a broker is silent; a scan may come so much earlier than the recording says."""

PROMPT_MS: Final = 1_000
"""Who answers within this is alive, and what was due by then may be on its way for as long again."""


class Passing:
    """The recording's clock. `writes`: counts what may have changed what the NameServer holds; `scans`: whether it may have found
    somebody since the event before.
    """

    def __init__(self, profile: Profile) -> None:
        self.writes = 0
        self.scans = False
        self._profile = profile
        self._scanned_until_ms = -1
        self._scanned_after = 0
        self._alive_ms = 0
        self._prompt: deque[tuple[int, int]] = deque()

    def begin_anew(self) -> None:
        """Nothing that a scan has found counts any more."""
        self.writes += 1
        self._scanned_until_ms = -1

    def answered(self, now_ms: int, asked_ms: int) -> None:
        """What was asked then is answered now."""
        if now_ms - asked_ms <= PROMPT_MS:
            self._prompt.append((now_ms, asked_ms))

    def to(self, now_ms: int, tracker: TimedTracker) -> int | None:
        """Scans until now; returns what was to be done since before when has been done, or `None`. Raises `TooManyStates`."""
        soon_ms = now_ms + CLOCKS_DIFFER_MS
        first = tracker.next_deadline()
        self.scans = first is not None and first < soon_ms
        if self.scans:
            self._let_it_scan(soon_ms, tracker)
        while self._prompt and self._prompt[0][0] <= now_ms - PROMPT_MS:
            self._alive_ms = max(self._alive_ms, self._prompt.popleft()[1])
        due_ms = self._alive_ms - self._profile.internal_step_deadline_ms
        return due_ms if due_ms > 0 else None

    def _let_it_scan(self, soon_ms: int, tracker: TimedTracker) -> None:
        """Scans come whenever somebody is old enough; again only where that, or what was done since, may make a difference."""
        for deadline in [deadline for deadline in tracker.deadlines() if deadline < soon_ms]:
            if deadline > self._scanned_until_ms:
                tracker.may_have_scanned(deadline + 1)
                self._scanned_until_ms, self._scanned_after = deadline, self.writes
        if self._scanned_after < self.writes:
            tracker.may_have_scanned(soon_ms)
            self._scanned_after = self.writes


def overstayed(profile: Profile, tracker: TimedTracker, due_ms: int) -> list[str]:
    """Addresses that should have expired by then and are there in every state; states that are ruled out by it are dropped."""
    first = tracker.next_deadline()
    if first is None or first + grace_ms(profile) > due_ms or scan_may_stop(profile):
        return []
    beliefs = tracker.beliefs
    fine = [belief for belief in beliefs if not overdue(profile, belief, due_ms)]
    if not fine:
        return sorted({str(key.broker_addr) for belief in beliefs for key in overdue(profile, belief, due_ms)})
    if len(fine) < len(beliefs):
        tracker.become(fine)
    return []
