"""Of a failing sequence, what it can't do without: ever smaller runs of steps are left out, as long as it fails all the same.

Hypothesis does this better, for it knows how a sequence was made; but it gives up on one that does not fail every time, as some
don't on a NameServer that is busy or does its work later.
"""

from collections.abc import Callable

import attrs

from namesrv.check.findings import Undecided, Violation
from namesrv.check.steps import Close, Open, Requests, Step

Steps = tuple[Step, ...]


def runnable(steps: Steps) -> Steps:
    """The steps without what goes over a connection that is not open."""
    there: set[int] = set()
    kept: list[Step] = []
    for step in steps:
        match step:
            case Open(connection=connection):
                there.add(connection)
            case Close(connection=connection):
                if connection not in there:
                    continue
                there.remove(connection)
            case Requests(sends=sends):
                step = attrs.evolve(step, sends=tuple(send for send in sends if send.connection in there))
                if not step.sends:
                    continue
            case _:
                pass
        kept.append(step)
    return tuple(kept)


def without_what_can_be_spared(
    steps: Steps, violation: Violation, again: Callable[[Steps], Violation | None], in_time: Callable[[Steps], bool]
) -> tuple[Steps, Violation]:
    """The shorter steps, with what went wrong in them. `again` runs some; `in_time`: whether to go on from some."""
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            if not in_time(steps):
                return steps, violation
            shorter = runnable(steps[:at] + steps[at + size :])
            found = _found(again, shorter)
            if found is None:
                at += size
            else:
                steps, violation = shorter, found
        size //= 2
    return steps, violation


def _found(again: Callable[[Steps], Violation | None], steps: Steps) -> Violation | None:
    try:
        return again(steps)
    except Undecided:
        return None
