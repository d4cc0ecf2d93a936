"""Versions as the header carries them: ordinals of the Java enum `MQVersion.Version`. Unknown ordinals are just numbers.

The enum lists, from 3.0.1 to 5.9.9 and long before most of them exist, a SNAPSHOT and a release of each version; before
those stand the alphas and betas of 3.0.0. Its list is the same in 4.9.7 and 5.5.0. Source: `MQVersion`.
"""

from enum import IntEnum
from typing import Final


class MQVersion(IntEnum):
    """The ordinals that something depends on, and those of the studied releases."""

    V3_0_11 = 37
    """From here on a registration's body holds filter servers beside the topics."""
    V4_9_4 = 401
    """From here on clients get routes in standard JSON."""
    V4_9_7 = 407
    V5_0_0 = 413
    """From here on a compressed registration ends in topic-queue mappings."""
    V5_1_4 = 441
    V5_3_3 = 479
    V5_4_0 = 493
    V5_5_0 = 513
    HIGHER_VERSION = 612
    """Stands for every ordinal beyond the enum's end: `MQVersion.value2Version`."""


BEFORE_3_0_1: Final = (
    *("SNAPSHOT", "ALPHA1", "BETA1", "BETA2", "BETA3", "BETA4", "BETA5", "BETA6_SNAPSHOT", "BETA6", "BETA7_SNAPSHOT"),
    *("BETA7", "BETA8_SNAPSHOT", "BETA8", "BETA9_SNAPSHOT", "BETA9", "FINAL"),
)

LAST_OF_3_0: Final = 15


def _names() -> tuple[str, ...]:
    names = [f"V3_0_0_{stage}" for stage in BEFORE_3_0_1]
    releases = [(3, 0, patch) for patch in range(1, LAST_OF_3_0 + 1)]
    for major in (3, 4, 5):
        for minor in range(1 if major == 3 else 0, 10):
            first = 1 if major == 3 and minor >= 3 else 0  # the enum has no 3.3.0, ..., 3.9.0
            releases += [(major, minor, patch) for patch in range(first, 10)]
    for major, minor, patch in releases:
        names += [f"V{major}_{minor}_{patch}_SNAPSHOT", f"V{major}_{minor}_{patch}"]
    return (*names, "HIGHER_VERSION")


NAMES: Final = _names()
"""The enum's names; the index is the ordinal."""

ORDINALS: Final = {name: ordinal for ordinal, name in enumerate(NAMES)}


def version_name(ordinal: int) -> str:
    """Its name, `V5_5_0`: `HIGHER_VERSION` beyond the enum's end, as in Java; the number below 0, where Java throws."""
    if ordinal < 0:
        return str(ordinal)
    return NAMES[min(ordinal, len(NAMES) - 1)]


def version_ordinal(name: str) -> int:
    """The ordinal of `V5_5_0` or `5.5.0`. Raises `ValueError` if there is none."""
    ordinal = ORDINALS.get(name if name in ORDINALS else "V" + name.upper().replace(".", "_").replace("-", "_"))
    if ordinal is None:
        raise ValueError(f"version {name!r}: expected a name of MQVersion, such as V5_5_0 or 5.5.0")
    return ordinal
