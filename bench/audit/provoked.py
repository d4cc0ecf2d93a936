"""Each anomaly of a release provoked on the real one, and audited beside another that is in order: is it found, and named?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import attrs

from bench.audit.told import told
from namesrv.check.anomalies import catalogue
from namesrv.check.audit.audited import Audit
from namesrv.check.audit.auditor import Auditor
from namesrv.check.audit.snapshots import Asker
from namesrv.check.findings import Undecided, Verdict
from namesrv.check.oracle import Oracle, OracleFailed
from namesrv.check.reproduce import Outcome, Reproduction, leaves_traces, reproduce, takes_time
from namesrv.check.staged import staged
from namesrv.check.staging import UNREACHED, staging_of
from namesrv.check.target import Target
from namesrv.check.wire import Prefix
from namesrv.explore.catalogue import Anomaly
from namesrv.explore.heal import registrations_of
from namesrv.model.profiles import PROFILES, Profile

ATTEMPTS: Final = 40
PAUSE_S: Final = 0.05
AT_ONCE: Final = 4
"""So many stories wait at the same time."""


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
    """All of them. Those that take silence, which is minutes of waiting each, meanwhile; each on a NameServer started for it."""
    profile = PROFILES[release]
    stories = {entry.slug: anomaly for entry in catalogue() if (anomaly := entry.of(profile)) is not None}
    found: dict[str, Provoked] = {}
    pairs = Pairs(release)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        silent = {
            slug: pool.submit(_told_or_why, slug, partial(_stage, slug, anomaly, profile))
            for slug, anomaly in stories.items()
            if takes_time(anomaly)
        }
        try:
            for slug, anomaly in stories.items():
                if slug not in silent:
                    found[slug] = _told_or_why(slug, partial(_provoke, pairs, slug, anomaly, profile), pairs.end)
                    progress(found[slug])
        finally:
            pairs.end()
        for slug, story in silent.items():
            found[slug] = story.result()
            progress(found[slug])
    return [found[slug] for slug in stories]


def _told_or_why(slug: str, tell: Callable[[], Provoked], failed: Callable[[], None] = lambda: None) -> Provoked:
    try:
        return tell()
    except (Undecided, OracleFailed, TimeoutError) as error:
        failed()
        return Provoked(slug=slug, outcome=f"undecided: {error}")


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


def _stage(slug: str, anomaly: Anomaly, profile: Profile) -> Provoked:
    """Staged on a NameServer of its own, beside one that is in order."""
    staging = staging_of(slug)
    if staging is None:
        return Provoked(slug=slug, outcome="not staged: nothing says how it would be")
    if (profile.name, slug) in UNREACHED:
        return Provoked(slug=slug, outcome=f"not staged: {UNREACHED[profile.name, slug]}")
    audits: list[tuple[bool, Audit]] = []
    with Oracle(profile.name) as oracle:
        other = Target(host=oracle.host, port=oracle.port)

        def shown(target: Target, prefix: Prefix) -> None:
            audits.extend(_audited(target, other, anomaly, prefix, slug))

        return _judged(slug, staged(profile, anomaly, staging, shown), audits)


def _provoke(pairs: Pairs, slug: str, anomaly: Anomaly, profile: Profile) -> Provoked:
    target, other = pairs.sound()
    audits: list[tuple[bool, Audit]] = []

    def shown(prefix: Prefix) -> None:
        audits.extend(_audited(target, other, anomaly, prefix, slug))

    said = reproduce(target, profile, anomaly, own=True, attempts=ATTEMPTS, shown=shown)
    if leaves_traces(anomaly):
        pairs.end()
    if said.outcome is Outcome.OTHERWISE and staging_of(slug) is not None:
        return _stage(slug, anomaly, profile)
    return _judged(slug, said, audits)


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
