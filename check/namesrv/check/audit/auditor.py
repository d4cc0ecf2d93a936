"""Looks at a set again and again: the last snapshots in a row, and what changes from one audit to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from namesrv.check.audit.alone import standing
from namesrv.check.audit.audited import LEAST, Audit, audited
from namesrv.check.audit.kinds import Reads
from namesrv.check.audit.snapshots import Look, Snapshot
from namesrv.check.seen import Place

GOLDEN: Final = 0.6180339887

PATIENCE: Final = 3
"""So many times the snapshots that were asked for are taken while things are in motion."""


class Auditor:
    """`snapshot`: takes one (`Asker.snapshot`); `confirm`: so many in a row have to say that something is wrong. Remembers which
    addresses it has seen.
    """

    def __init__(self, snapshot: Callable[[Iterable[Place]], Snapshot], *, confirm: int) -> None:
        self._snapshot = snapshot
        self._confirm = confirm
        self._last: deque[Snapshot] = deque(maxlen=confirm)
        self._places: set[Place] = set()

    def look(self) -> Audit:
        """One snapshot more, and what the last ones come to."""
        snapshot = self._snapshot(self._places)
        self._places |= places_of(snapshot)
        self._last.append(snapshot)
        return audited(tuple(self._last), self._confirm)

    def audit(self, pause: Callable[[float], object]) -> Audit:
        """As many snapshots as it takes, with a `pause` between two: two where nothing is wrong, more while something has not
        been wrong often enough in a row.
        """
        found = self.look()
        for number in range(1, self._confirm * PATIENCE):
            if number >= LEAST and not found.fleeting:
                break
            pause(share(number))
            found = self.look()
        return found


def share(number: int) -> float:
    """How much of the interval that pause lasts, a half to one and a half: what goes to and fro in step must not look still."""
    return 0.5 + number * GOLDEN % 1


def places_of(snapshot: Snapshot) -> set[Place]:
    """Every address in the cluster that it stands in, at any NameServer."""
    datas = [
        d for look in snapshot.looks if look.seen is not None for d in look.seen.clusters.broker_addr_table.values()
    ]
    return {(d.cluster, addr) for d in datas for addr in d.broker_addrs.values() if d.cluster and addr}


def changes(before: Audit, after: Audit) -> Iterator[str]:
    """What is not as it was, in sentences. Of who can't be asked any more nothing is over: it can't be seen."""
    earlier = {look.where: look for look in before.looks}
    for look in after.looks:
        yield from _changes_at(earlier[look.where], look)
    told = {(f.kind.slug, f.where, f.broker): f for f in before.findings}
    now = {(f.kind.slug, f.where, f.broker): f for f in after.findings}
    for key in now.keys() - told.keys():
        yield f"found: {now[key].says[0]}"
    lost = {look.where for look in after.looks if look.seen is None}
    for key in told.keys() - now.keys():
        gone = told[key]
        is_hidden = lost.intersection(gone.where) or (lost and gone.kind.reads in (Reads.SET, Reads.SET_VERSIONS))
        yield f"{'not to be seen now' if is_hidden else 'over'}: {gone.says[0]}"


def _changes_at(before: Look, after: Look) -> Iterator[str]:
    if before.seen is None or after.seen is None:
        if (before.seen is None) != (after.seen is None):
            yield f"{after.where} answers again" if after.seen is not None else f"{after.where} is lost: {after.why}"
        return
    stood, stands = standing(before.seen), standing(after.seen)
    for addr in sorted(stands.keys() - stood.keys(), key=str):
        yield f"{addr} came to {after.where}"
    for addr in sorted(stood.keys() - stands.keys(), key=str):
        yield f"{addr} left {after.where}"
    for addr in sorted(stood.keys() & stands.keys(), key=str):
        if stood[addr] != stands[addr]:
            yield f"{addr} stands elsewhere at {after.where}"
    came, went = len(after.seen.topics - before.seen.topics), len(before.seen.topics - after.seen.topics)
    if came or went:
        yield f"topics at {after.where}: {came} came, {went} went"
