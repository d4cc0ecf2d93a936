"""Versions as the header carries them: ordinals of the Java enum `MQVersion.Version`. Unknown ordinals are just numbers.

Source: `MQVersion`, 5.5.0.
"""

from enum import IntEnum


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
