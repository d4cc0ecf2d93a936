"""Each anomaly of a release provoked on the real one, and audited beside another that is in order: is it found, and named?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from bench.audit.told import told
from namesrv.check.anomalies import Entry, catalogue
from namesrv.check.audit.audited import Audit
from namesrv.check.audit.auditor import Auditor
from namesrv.check.audit.snapshots import Asker
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.oracle import Oracle, OracleFailed
from namesrv.check.reproduce import Outcome, Reproduction, leaves_traces, reproduce, takes_time
from namesrv.check.target import Target
from namesrv.check.wire import Prefix
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.heal import registrations_of
from namesrv.model.profiles import PROFILES, Profile

ATTEMPTS: Final = 40
PAUSE_S: Final = 0.05

Pair = tuple[Target, Target]


@attrs.frozen(kw_only=True)
class Provoked:
    """`kinds`: of the findings; `named`: the place of the right anomaly among those that explain one of them (0: it has none);
    `with_versions`: whether QUERY_DATA_VERSION had to be asked for that.
    """

    slug: str
    outcome: str
    kinds: tuple[str, ...] = ()
    named: int = 0
    with_versions: bool = False


def provoked(release: str, progress: Callable[[Provoked], None]) -> list[Provoked]:
    """All that need no silence: those take minutes each."""
    profile = PROFILES[release]
    entries = [entry for entry in catalogue() if entry.of(profile) is not None]
    found = []
    pairs = Pairs(release)
    try:
        for entry in entries:
            anomaly = entry.of(profile)
            assert anomaly is not None
            if takes_time(anomaly):
                continue
            try:
                seen = _provoke(pairs, entry, anomaly, profile)
            except (Undecided, OracleFailed, TimeoutError) as error:
                seen = Provoked(slug=entry.slug, outcome=f"undecided: {error}")
                pairs.end()
            found.append(seen)
            progress(seen)
    finally:
        pairs.end()
    return found


class Pairs:
    """Two real NameServers of a release, new ones whenever those before are not as if new."""

    def __init__(self, release: str) -> None:
        self._release = release
        self._running: list[Oracle] = []

    def sound(self) -> Pair:
        """A pair in which the audit finds nothing wrong."""
        if self._running:
            pair = self._targets()
            if (
                Auditor(Asker(targets=pair, data_versions=True).snapshot, confirm=2).audit(_pause).verdict
                is Verdict.HOLDS
            ):
                return pair
            self.end()
        for _ in range(2):
            oracle = Oracle(self._release)
            oracle.start()
            self._running.append(oracle)
        return self._targets()

    def end(self) -> None:
        """Stops them."""
        while self._running:
            self._running.pop().stop()

    def _targets(self) -> Pair:
        one, other = (Target(host=oracle.host, port=oracle.port) for oracle in self._running)
        return one, other


def _pause(share: float) -> None:
    threading.Event().wait(PAUSE_S * share)


def _provoke(pairs: Pairs, entry: Entry, anomaly: Anomaly, profile: Profile) -> Provoked:
    target, other = pairs.sound()
    audits: list[tuple[bool, Audit]] = []

    def shown(prefix: Prefix) -> None:
        audits.extend(_audited(target, other, anomaly, prefix, entry.slug))

    said = reproduce(target, profile, anomaly, own=True, attempts=ATTEMPTS, shown=shown)
    if leaves_traces(anomaly):
        pairs.end()
    return _judged(entry.slug, said, audits)


def _judged(slug: str, said: Reproduction, audits: list[tuple[bool, Audit]]) -> Provoked:
    if said.outcome is not Outcome.REPRODUCED or not audits:
        return Provoked(slug=slug, outcome=said.outcome.name.lower())
    best = min(audits, key=lambda told: (rank(told[1], slug) or 10**6, told[0]))
    with_versions, audit = best
    kinds = dict.fromkeys(finding.kind.slug for finding in audit.findings)
    return Provoked(
        slug=slug,
        outcome="reproduced",
        kinds=tuple(kinds),
        named=rank(audit, slug),
        with_versions=with_versions and bool(kinds),
    )


def rank(audit: Audit, slug: str) -> int:
    """The best place that the anomaly has among those that explain a finding; 0 if it explains none."""
    places = [
        number
        for finding in audit.findings
        for number, known in enumerate(finding.explained_by, 1)
        if known.slug == slug
    ]
    return min(places, default=0)


def _audited(
    target: Target, other: Target, anomaly: Anomaly, prefix: Prefix, slug: str
) -> Iterator[tuple[bool, Audit]]:
    """Without and with QUERY_DATA_VERSION, in a set of two; the brokers told to the other in either order, until it is named."""
    brokers = registrations_of(anomaly.after)
    for order in (brokers, brokers[::-1]):
        with told(other, order, prefix):
            for data_versions in (False, True):
                asker = Asker(targets=(target, other), data_versions=data_versions)
                audit = Auditor(asker.snapshot, confirm=5).audit(_pause)
                yield data_versions, audit
                if rank(audit, slug):
                    return
