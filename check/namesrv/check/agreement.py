"""Do the matrix of the proofs and the anomaly catalogue say the same of a release?

A cell is a transition and an invariant; an anomaly is a set of causes, and what it breaks. Here is how the one is the other's:

- A cause `table/rule` is the transition of that name. An anomaly's causes are all the rules applied since the NameServer was last
  at rest; the matrix asks each transition by itself. So an anomaly is a cell in the row of one of its causes.
- 4.9.7's close is one rule of the model and two transitions, finding an address and removing it. What a scan does with one entry
  is another transition where an exception ends it; the model's rule *expired* is the first half of both (`SPLIT`). A batch of
  5.x that throws is another transition than one that does not.
- *SkipSafety* is false of a state in the catalogue; in the matrix it is asked of the registration after it, from states in which
  all else holds (`ASKED_OF`). So a state in which something else is false, too, need have no cell (`ASKED_ALONE`).

The matrix may have what the catalogue can't have: the explorer does not go on from a state in which an invariant is false, the
matrix's runs do (`AFTER_ANOTHER`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from namesrv.check.anomalies import Entry
from namesrv.explore.catalogue import Causes

CellName = tuple[str, str]
"""Transition and invariant."""

SPLIT: Final = {
    "channel_destroy/removed-at-once": ("channel_destroy/found", "channel_destroy/removed-at-once"),
    "scan_not_active_broker/expired": ("scan_not_active_broker/expired", "scan_not_active_broker/scan-stopped"),
    "unregister_broker/batch": ("unregister_broker/batch", "unregister_broker/batch-throws"),
}
"""Rules of the model that are several transitions."""

ASKED_OF: Final = {"SkipSafety": ("register_broker/accepted",)}
"""Invariants whose cells are of other transitions than the causes: of the one that is skipped."""

ASKED_ALONE: Final = {
    "SkipSafety": "The registration that is skipped changes nothing, by proof, if every other invariant holds: what it would "
    "change is what they say is wrong."
}
"""Invariants that need no cell where another one is false in the same state, and why."""

NULL_STANDS: Final = "A null address at two places is at one before, where it is not live: RouteSoundness is false."
IN_TWO_CLUSTERS: Final = (
    "The holder has to be live in the claim's cluster and to hold the name in another: it stands at two places."
)
OF_ANOTHER_CLUSTER: Final = (
    "Who leaves its place for the claim has to be live in another cluster: it registered there under a name of this one, or "
    "stands at two places."
)
SECOND_PLACE: Final = (
    "Topics of a broker that stays go only where the search goes on behind a null name, to a second place of the address that "
    "leaves: it stands at two places."
)

IN_5: Final[Mapping[CellName, str]] = {
    ("register_broker/broker-addr-null-swallowed", "AddressUniqueness"): NULL_STANDS,
    ("register_broker/older-state-version", "ClusterAgreement"): IN_TWO_CLUSTERS,
    ("register_broker/older-state-version", "LiveIsStanding"): OF_ANOTHER_CLUSTER,
    ("register_broker/older-state-version", "VersionMonotonicity"): OF_ANOTHER_CLUSTER,
    ("register_broker/version-null-swallowed", "ClusterAgreement"): IN_TWO_CLUSTERS,
}

AFTER_ANOTHER: Final[Mapping[tuple[str, str, str], str]] = {
    **{("apache-5.5.0", *cell): why for cell, why in IN_5.items()},
    **{("apache-5.1.4", *cell): why for cell, why in IN_5.items()},
    ("apache-4.9.7", "scan_not_active_broker/expired", "VersionCoherence"): SECOND_PLACE,
    ("apache-4.9.7", "scan_not_active_broker/scan-stopped", "VersionCoherence"): SECOND_PLACE,
}
"""Refuted and reached cells that no anomaly is about, by profile: every run that is known goes through a state in which another
invariant is false already (`Refutation.already` says which), and why that has to be."""


def rows_of(causes: Causes, invariant: str) -> frozenset[str]:
    """The transitions in one of whose rows such an anomaly has its cell."""
    rules = (f"{cause.table}/{cause.rule}" for cause in causes)
    return frozenset(row for rule in rules for row in SPLIT.get(rule, (rule,))) | frozenset(ASKED_OF.get(invariant, ()))


def disagreements(
    reached: Mapping[str, Collection[CellName]],
    entries: Iterable[Entry],
    *,
    after_another: Collection[tuple[str, str, str]] = tuple(AFTER_ANOTHER),
    asked_alone: frozenset[str] = frozenset(ASKED_ALONE),
    undecided: Mapping[str, Collection[CellName]] | None = None,
) -> tuple[str, ...]:
    """Where they part, in sentences. `reached`: by profile, the refuted cells that a replayed run comes to.

    `undecided`: the refuted cells for which no run was looked for to the end; of these an anomaly may be, or none.
    """
    told, left_open = tuple(entries), undecided or {}
    may_be = {profile: {*cells, *left_open.get(profile, ())} for profile, cells in reached.items()}
    reasons = [reason for reason in after_another if reason[1:] not in left_open.get(reason[0], ())]
    return (*_without_cell(may_be, told, asked_alone), *_without_anomaly(reached, told, reasons))


def _without_cell(
    reached: Mapping[str, Collection[CellName]], entries: tuple[Entry, ...], asked_alone: frozenset[str]
) -> Iterator[str]:
    for entry in entries:
        for profile, anomaly in entry.found.items():
            for invariant in sorted(anomaly.new):
                rows = rows_of(entry.causes, invariant)
                if invariant in asked_alone and anomaly.broken - asked_alone:
                    continue
                if not any((row, invariant) in reached.get(profile, ()) for row in rows):
                    where = ", ".join(sorted(rows))
                    yield f"{entry.slug} breaks {invariant} in {profile}: no run comes to a refuted cell of {where}"


def _without_anomaly(
    reached: Mapping[str, Collection[CellName]],
    entries: tuple[Entry, ...],
    after_another: Collection[tuple[str, str, str]],
) -> Iterator[str]:
    needed = set[tuple[str, str, str]]()
    for profile, cells in reached.items():
        claimed = {
            (row, invariant)
            for entry in entries
            if profile in entry.found
            for invariant in entry.found[profile].broken
            for row in rows_of(entry.causes, invariant)
        }
        needed |= {(profile, *cell) for cell in cells if cell not in claimed}
    for profile, transition, invariant in sorted(needed - set(after_another)):
        yield f"{transition}, {invariant} in {profile}: refuted and reached, and no anomaly is about it"
    for profile, transition, invariant in sorted(set(after_another) - needed):
        yield f"{transition}, {invariant} in {profile}: a reason why no anomaly is about it, and there is one, or no such cell"


HEAD: Final = """## The anomaly catalogue

Each anomaly of [`anomalies.md`](anomalies.md) is a refuted cell that a run comes to, in the row of one of its causes, and of each
such cell there is an anomaly, but for those below: `tests/check/test_agreement.py`. (Where the search for a run was cut off, *u*,
neither is known.) Where the two speak differently:
"""


def told() -> str:
    """How the one is the other's, for the page of the proofs."""
    lines = [HEAD]
    lines += [f"- The rule `{rule}` is {' and '.join(f'`{row}`' for row in rows)}." for rule, rows in SPLIT.items()]
    for invariant, rows in ASKED_OF.items():
        lines.append(f"- *{invariant}* is asked of {', '.join(f'`{row}`' for row in rows)}. {ASKED_ALONE[invariant]}")
    lines.append(
        "- The explorer does not go on from a state in which an invariant is false, the runs to these cells do:"
    )
    lines += [
        f"  - `{transition}`, *{invariant}*, `{profile}`: {why}"
        for (profile, transition, invariant), why in AFTER_ANOTHER.items()
    ]
    return "\n".join([*lines, ""])
