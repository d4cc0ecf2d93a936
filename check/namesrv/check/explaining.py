"""Whether a live NameServer's answers can be explained. It is looked at again before anything is held against it."""

from collections.abc import Callable
from typing import Any, Final

import attrs

from namesrv import proofs
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.check.snapshot import Looker, Snapshot
from namesrv.model.profiles import Profile
from namesrv.proofs.explain import OF_TABLES, Contradiction, explain

CONFIRMATIONS: Final = 3
"""So many looks more have to say the facts of a contradiction again, each."""

ROUNDS: Final = 6
"""So often is a new snapshot taken because what one said did not last, each time of one look more that has to agree."""


@attrs.frozen(kw_only=True)
class Explained:
    """`verdict`: holds if a state explains what stood still. `fleeting`: contradictions that the next looks did not repeat."""

    target: str
    profile: Profile
    verdict: Verdict
    snapshot: Snapshot
    contradictions: tuple[Contradiction, ...] = ()
    fleeting: int = 0
    why: str = ""


def explain_target(
    target: Target,
    profile: Profile,
    *,
    data_versions: bool = False,
    invariants: tuple[str, ...] = OF_TABLES,
    timeout_ms: int = 60_000,
    progress: Callable[[str], None] = lambda line: None,
) -> Explained:
    """Raises `Undecided` if the NameServer can't be asked."""
    looker = Looker(target, data_versions=data_versions)
    try:
        return judge(looker, target.where, profile, invariants=invariants, timeout_ms=timeout_ms, progress=progress)
    finally:
        looker.close()


def judge(
    looker: Looker,
    where: str,
    profile: Profile,
    *,
    invariants: tuple[str, ...] = OF_TABLES,
    timeout_ms: int = 60_000,
    progress: Callable[[str], None] = lambda line: None,
) -> Explained:
    """What comes of it. Raises `Undecided`."""
    fleeting = 0
    for number in range(1, ROUNDS + 1):
        progress(f"snapshot {number}")
        snapshot = looker.snapshot(looks=number + 3, agreeing=number + 1)
        progress(f"{len(snapshot.facts)} facts of {snapshot.answers} answers")
        said = explain(snapshot.facts, profile, invariants=invariants, timeout_ms=timeout_ms)
        known = Explained(target=where, profile=profile, verdict=Verdict.UNKNOWN, snapshot=snapshot, fleeting=fleeting)
        if said.verdict is proofs.Verdict.UNKNOWN:
            return attrs.evolve(known, why=f"Z3 does not know within {timeout_ms} ms")
        if said.verdict is proofs.Verdict.PROVED:
            if not snapshot.facts:
                continue
            return attrs.evolve(known, verdict=Verdict.HOLDS)
        looks = [looker.look() for _ in range(CONFIRMATIONS)]
        lasting = tuple(c for c in said.contradictions if all(look.issuperset(c.facts) for look in looks))
        if lasting:
            return attrs.evolve(known, verdict=Verdict.VIOLATED, contradictions=lasting)
        fleeting += len(said.contradictions)
    return attrs.evolve(
        known, fleeting=fleeting, why="nothing stood still, or what contradicted itself did not last: it is in motion"
    )


def as_data(explained: Explained) -> dict[str, Any]:
    """For machines."""
    return {
        "target": explained.target,
        "profile": explained.profile.name,
        "verdict": explained.verdict.value,
        "why": explained.why,
        "answers": explained.snapshot.answers,
        "facts": sorted(fact.says for fact in explained.snapshot.facts),
        "in_motion": sorted(fact.says for fact in explained.snapshot.in_motion),
        "fleeting": explained.fleeting,
        "contradictions": [
            {"facts": [fact.says for fact in c.facts], "invariants": list(c.invariants)}
            for c in explained.contradictions
        ],
    }
