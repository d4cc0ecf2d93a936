"""Cases in which time goes by, on a NameServer whose clock nobody holds: it is waited for.

A scan may happen at any moment, so a broker may go as soon as its timeout has passed; it must have gone once a whole scan
interval and some grace have passed too. Where the release's scan may stop for good (4.9.7), a broker that stays says nothing.
"""

from collections.abc import Iterable
from typing import Final

from namesrv.check.expiry import ROUND_TRIP_MS, grace_ms, overdue, scan_may_stop
from namesrv.check.findings import Finding, Undecided, Violation
from namesrv.check.runner import OBSERVER, Runner
from namesrv.check.steps import Advance, Scan, Step
from namesrv.check.time_there import Time
from namesrv.model.closing import is_expired
from namesrv.model.events import ScanNotActiveBroker

GLANCES_MS: Final = 1_000
"""How often it is looked while time goes by, and connections are kept open, which are closed when silent for 120 s."""

GLANCES: Final = 3
"""So often in a row nothing explains what is seen, before that is held against the NameServer."""


def run_waiting(runner: Runner, steps: Iterable[Step], time: Time) -> None:
    """Runs a case. The runner has to go by `time`. Raises `Violation` or `Undecided`."""
    due_ms = time.now_ms()
    for step in steps:
        match step:
            case Advance():
                due_ms += step.ms  # of the case's own time: what looking takes must not add up
                while (left_ms := due_ms - time.now_ms()) > 0:
                    _wait(runner, time, min(left_ms, GLANCES_MS))
            case Scan():
                _look(runner, time)  # whether it has scanned yet nobody can tell
            case _:
                _may_have_scanned(runner, time)
                runner.run(step, look=False)
                _look(runner, time)
    while _anybody_is_late(runner, time):
        _wait(runner, time, GLANCES_MS)


def _wait(runner: Runner, time: Time, ms: int) -> None:
    time.wait(ms)
    _look(runner, time)


def _may_have_scanned(runner: Runner, time: Time) -> None:
    """Until the answers come, which may take a moment. Whose timeout passes later may be there still when another has gone.

    Only NameServers at rest are followed, for a scan at work multiplies the states.
    """
    tracker, profile = runner.tracker, runner.profile
    at_ms = time.now_ms() + ROUND_TRIP_MS
    live = (info for belief in tracker.beliefs for info in belief.state.tables.broker_live_table.values())
    passed_ms = {
        info.last_update_ms + info.heartbeat_timeout_ms + 1 for info in live if is_expired(info, at_ms, profile)
    }
    for moment_ms in sorted({min(ms, at_ms) for ms in passed_ms}):
        tracker.may_have_happened(ScanNotActiveBroker(), moment_ms)
        tracker.has_come_to_rest()


def _look(runner: Runner, time: Time) -> None:
    """Compares, and if a scan is at work or something has been put off, once more a moment later."""
    for glances_left in reversed(range(GLANCES)):
        now_ms = time.now_ms()
        for connection in runner.connections:
            if connection != OBSERVER:
                runner.keep_open(connection)
        runner.tracker.has_come_to_rest()
        _may_have_scanned(runner, time)
        before = runner.tracker.beliefs
        try:
            runner.look_at_once()
            break
        except Violation:
            if glances_left == 0:
                raise
            runner.tracker.back_to(before)
            time.wait(GLANCES_MS)
    runner.look_for_closed()
    if runner.tracker.keep(b for b in runner.tracker.beliefs if not overdue(runner.profile, b, now_ms)):
        return
    late = {key.broker_addr for b in runner.tracker.beliefs for key in overdue(runner.profile, b, now_ms)}
    who = ", ".join(sorted(map(str, late)))
    if scan_may_stop(runner.profile):
        raise Undecided(f"{who} still there: the scan has stopped, as it does in this release if requests come between")
    raise Violation(
        Finding(
            what="brokers that are silent for longer than their timeout expire",
            where=runner.target.where,
            expected=(f"{who} gone",),
            got="still there after another scan",
        )
    )


def _anybody_is_late(runner: Runner, time: Time) -> bool:
    """Whether somebody may still be there whose timeout has passed."""
    profile = runner.profile
    at_ms = time.now_ms() + grace_ms(profile)
    return any(overdue(profile, belief, at_ms) for belief in runner.tracker.beliefs)
