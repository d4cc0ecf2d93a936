"""The cases bring about every row of the model's tables that a request can; those that are left have a reason each."""

from typing import Final

import pytest

from namesrv.check.clauses import start_options
from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.suite import SUITE
from namesrv.check.steps import UNREADABLE_HEADERS, Advance, Close, Open, Requests, Scan
from namesrv.check.vectors.rows import ROWS, row, unreached
from namesrv.check.wire import model_request
from namesrv.model.events import Applied, Channel, ChannelClosed, Event, Opaque, Received, ScanNotActiveBroker
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import PROFILES, Profile
from namesrv.model.state import NameServerState

SILENCE: Final = "scan_not_active_broker/"
"""Rows that vectors can't wait for; cases with `Needs.SLOW` do, and reach what may stop 4.9.7's scan."""


def reached(clause: Clause, profile: Profile) -> set[str]:
    """The rows that decide in the clause's case, when everything is worked on in order."""
    state, now_ms, opaque = NameServerState(), 0, 0
    rows: set[str] = set()

    def happens(event: Event) -> None:
        nonlocal state
        state, _ = step(state, event, profile)
        state, said = settle(state, profile, now_ms)
        rows.update(row(output) for output in said if isinstance(output, Applied))

    for act in clause.steps:
        match act:
            case Open():
                pass
            case Requests():
                for send in act.sends:
                    if send.style.header in UNREADABLE_HEADERS:
                        happens(ChannelClosed(channel=Channel(send.connection)))
                        continue
                    opaque += 1
                    request = model_request(send.request, send.style, profile)
                    happens(
                        Received(
                            channel=Channel(send.connection),
                            opaque=Opaque(opaque),
                            request=request,
                            oneway=send.oneway,
                        )
                    )
            case Close():
                happens(ChannelClosed(channel=Channel(act.connection), aborted=act.abort))
            case Advance():
                now_ms += act.ms
            case Scan():
                happens(ScanNotActiveBroker())
    return rows


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_row_is_reached_that_can_be(profile: Profile) -> None:
    here = set[str]()
    for clause in SUITE:
        if clause.rule(profile) is not None and clause not in start_options.CLAUSES:  # no vector sets an option
            here |= reached(clause, profile)
    reasons = {name: why for name, why in unreached(profile).items() if not name.startswith(SILENCE)}
    left = [name for name in ROWS if name not in here and name != "scan_not_active_broker/scan-stopped"]
    table = [f"{name}: {reasons.get(name, 'NO REASON')}" for name in left]
    assert set(left) == set(reasons), "\n".join(["not reached:", *table])
