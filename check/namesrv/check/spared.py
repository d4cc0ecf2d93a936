"""Of what fails, what it can't do without: ever smaller runs of it are left out, as long as it fails all the same.

For steps Hypothesis does this better, since it knows how they were made; but it gives up on a sequence that does not fail every
time, as some don't on a NameServer that is busy or does its work later.
"""

from collections.abc import Callable
from typing import TypeVar

import attrs

from namesrv.check.findings import Undecided, Violation
from namesrv.check.steps import Close, Open, Requests, Step

Item = TypeVar("Item")
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


def least_of(
    items: tuple[Item, ...],
    still: Callable[[tuple[Item, ...]], tuple[Item, ...] | None],
    in_time: Callable[[tuple[Item, ...]], bool],
) -> tuple[Item, ...]:
    """The items without what can be spared. `still`: what there is to some if they fail all the same, `None` if they don't;
    `in_time`: whether to go on from some.
    """
    size = len(items) // 2
    while size:
        at = 0
        while at < len(items):
            if not in_time(items):
                return items
            shorter = still(items[:at] + items[at + size :])
            if shorter is None:
                at += size
            else:
                items = shorter
        size //= 2
    return items


def without_what_can_be_spared(
    steps: Steps, violation: Violation, again: Callable[[Steps], Violation | None], in_time: Callable[[Steps], bool]
) -> tuple[Steps, Violation]:
    """The shorter steps, with what went wrong in them. `again` runs some."""
    found = {steps: violation}

    def still(fewer: Steps) -> Steps | None:
        shorter = runnable(fewer)
        try:
            wrong = again(shorter)
        except Undecided:
            return None
        if wrong is None:
            return None
        found[shorter] = wrong
        return shorter

    least = least_of(steps, still, in_time)
    return least, found[least]
