"""Every theorem, by name."""

from typing import Final

from namesrv.proofs.theorems.commutation import COMMUTATION
from namesrv.proofs.theorems.fast_path import CASES, ESTABLISHED, KEPT
from namesrv.proofs.theorems.gaps import FULL_IS_ALL, LATE, LATE_IS_REFUSED, MISSING_TOPIC, PART_IS_CHANGED, QUESTION
from namesrv.proofs.theorems.idempotence import IDEMPOTENCE
from namesrv.proofs.theorems.skip_safety import ONE_ID, SKIP_SAFETY, WEAKEST

THEOREMS: Final = {
    theorem.name: theorem
    for theorem in (
        SKIP_SAFETY,
        WEAKEST,
        ONE_ID,
        IDEMPOTENCE,
        *CASES.values(),
        ESTABLISHED,
        KEPT,
        MISSING_TOPIC,
        FULL_IS_ALL,
        PART_IS_CHANGED,
        QUESTION,
        LATE,
        LATE_IS_REFUSED,
        *COMMUTATION.values(),
    )
}
"""In the order in which `proofs/THEOREMS.md` has them."""
