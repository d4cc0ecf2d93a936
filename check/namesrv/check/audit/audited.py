"""What an audit comes to: what was wrong in so many snapshots in a row, put together, with what explains it and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import attrs

from namesrv.check.audit.kinds import KINDS, Kind, Reads
from namesrv.check.audit.known import HEALING, Known, explained_by
from namesrv.check.audit.sign import Sign
from namesrv.check.audit.snapshots import Look, Snapshot
from namesrv.check.findings import Verdict
from namesrv.explore.heal import Remedy
from namesrv.model.profiles import Profile

LEAST: Final = 2
"""So many snapshots are taken where nothing is wrong: in the second each NameServer is asked about what the others showed."""


@attrs.frozen(kw_only=True)
class Finding:
    """Something wrong. `says`: the facts, maybe one for each topic; `explained_by`: anomalies of the catalogue, the likeliest
    first; `do`: sentences.
    """

    kind: Kind
    where: tuple[str, ...]
    broker: str
    says: tuple[str, ...]
    explained_by: tuple[Known, ...]
    do: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Audit:
    """`snapshots`: how many it rests on; `asked_for`: in how many in a row something has to be wrong; `fleeting`: what was wrong
    in the last one and not in so many; `looks` and `remarks`: of the last one.
    """

    looks: tuple[Look, ...]
    findings: tuple[Finding, ...]
    fleeting: tuple[Sign, ...]
    remarks: tuple[str, ...]
    snapshots: int
    asked_for: int

    @property
    def verdict(self) -> Verdict:
        """Violated if something is wrong; unknown if a NameServer could not be asked, or not often enough in a row."""
        if self.findings:
            return Verdict.VIOLATED
        if self.fleeting or self.snapshots < LEAST or any(look.seen is None for look in self.looks):
            return Verdict.UNKNOWN
        return Verdict.HOLDS

    @property
    def reason(self) -> str:
        """The verdict in a sentence, with who could not be asked, and why."""
        return "; ".join([self.said, *self.unasked])

    @property
    def unasked(self) -> tuple[str, ...]:
        """Who could not be asked, and why."""
        return tuple(f"{look.where} could not be asked: {look.why}" for look in self.looks if look.seen is None)

    @property
    def said(self) -> str:
        """The verdict in a few words."""
        if self.findings:
            said = f"{len(self.findings)} findings" if len(self.findings) > 1 else "1 finding"
            said += f", each in {self.asked_for} snapshots in a row"
        elif self.unasked:
            said = "nothing wrong was seen"
        elif self.fleeting:
            said = f"in motion, or not seen often enough: {self.fleeting[0].says}"
        elif self.snapshots < LEAST:
            said = f"{self.snapshots} of {LEAST} snapshots"
        else:
            said = "nothing is wrong in what can be seen"
        return said


def audited(snapshots: tuple[Snapshot, ...], asked_for: int) -> Audit:
    """Of the last snapshots, oldest first: what every one of them says of NameServers that could be asked in every one."""
    last = snapshots[-1]
    lasting = (
        frozenset.intersection(*(snapshot.signs for snapshot in snapshots))
        if len(snapshots) >= asked_for
        else frozenset()
    )
    return Audit(
        looks=last.looks,
        findings=findings_of(lasting, last.looks),
        fleeting=tuple(sorted(last.signs - lasting)),
        remarks=last.remarks,
        snapshots=len(snapshots),
        asked_for=asked_for,
    )


def findings_of(signs: Iterable[Sign], looks: tuple[Look, ...]) -> tuple[Finding, ...]:
    """Signs of one kind about one broker at the same NameServers are one finding, and so are findings that say the same."""
    grouped: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for sign in sorted(signs):
        grouped[sign.kind, sign.broker, sign.where].append(sign.says)
    at: dict[tuple[str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for (kind, broker, where), says in grouped.items():
        at[kind, broker, tuple(says)].update(where)
    kinds = (frozenset(kind for kind, _, _ in at), _readable(looks))
    profiles = {look.where: look.profile for look in looks if look.profile is not None}
    order = {slug: number for number, slug in enumerate(KINDS)}
    found = [
        _finding(KINDS[kind], tuple(w for w in profiles if w in where), broker, says, kinds, profiles)
        for (kind, broker, says), where in at.items()
    ]
    return tuple(sorted(found, key=lambda f: (order[f.kind.slug], f.where, f.broker)))


def _readable(looks: tuple[Look, ...]) -> frozenset[str]:
    """The kinds that could be found, by what was asked of how many."""
    seen = [look.seen for look in looks if look.seen is not None]
    with_versions = any(each.stored is not None for each in seen)
    needs = {Reads.ANSWERS}
    needs |= {Reads.LIVENESS} if with_versions else set()
    needs |= {Reads.SET} if len(seen) > 1 else set()
    needs |= {Reads.SET_VERSIONS} if len(seen) > 1 and with_versions else set()
    return frozenset(slug for slug, kind in KINDS.items() if kind.reads in needs)


def _finding(
    kind: Kind,
    where: tuple[str, ...],
    broker: str,
    says: tuple[str, ...],
    kinds: tuple[frozenset[str], frozenset[str]],
    profiles: dict[str, Profile],
) -> Finding:
    others = tuple(w for w in profiles if w not in where)
    is_of_one = kind.reads in (Reads.ANSWERS, Reads.LIVENESS)
    blamed = where if is_of_one else (*where, *others)
    ranked = explained_by(kind, *kinds, (profiles[w] for w in blamed if w in profiles))
    words = {
        "where": " and ".join(where),
        "blamed": " and ".join(where) if is_of_one else "the NameServer that is wrong",
        "others": " and ".join(others) or "the others",
        "broker": f"`{broker}`" if broker else "the brokers",
    }
    likeliest = ranked[0] if ranked else ()
    least = [remedy for remedy in Remedy if any(anomaly.heals is remedy for anomaly in likeliest)]
    do = [kind.do, *(HEALING[remedy] for remedy in least[:1])]
    if len(least) > 1:
        do.append(f"If that does not do: {HEALING[least[-1]]}")
    return Finding(
        kind=kind,
        where=where,
        broker=broker,
        says=says,
        explained_by=tuple(anomaly for group in ranked for anomaly in group),
        do=tuple(sentence.format(**words) for sentence in do),
    )
