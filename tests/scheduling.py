"""Which tests go to one worker, and in what order: what takes long begins first, or one core would have nothing to do in the end.

Times are processor seconds of a quiet core. They need not be exact; a file that is not named takes less than the shortest here.
"""

from collections.abc import Sequence
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final[dict[str, tuple[int, tuple[str, ...]]]] = {
    "the catalogue of anomalies": (
        300,
        (
            "tests/check/test_agreement.py",
            "tests/check/test_anomalies.py",
            "tests/check/test_staged.py",
            "tests/check/test_stamps.py",
            "tests/cli/test_explore.py",
            "tests/explore/test_catalogue.py",
            "tests/spec/test_system.py",
        ),
    ),
    "models under TLC": (140, ("tests/spec/test_models.py", "tests/spec/test_tlc.py")),
    "vectors": (
        100,
        (
            "tests/check/vectors/test_format.py",
            "tests/check/vectors/test_playing.py",
            "tests/check/vectors/test_rows.py",
            "tests/check/vectors/test_runner_in_go.py",
        ),
    ),
}
"""By what it takes long to make and the process keeps: seconds, and the files that need it."""

LONG: Final[dict[str, int]] = {
    "tests/check/test_against_apache.py": 150,
    "tests/peers/test_real_broker_and_client.py": 120,
    "tests/check/test_faults.py": 110,
    "tests/check/clauses/test_suite_against_apache.py": 75,
    "tests/proofs/test_prove.py": 60,
    "tests/check/clauses/test_suite.py": 60,
    "tests/server/test_beside_apache.py": 60,
    "tests/proofs/test_conformance.py": 60,
    "tests/explore/test_registration_symmetry.py": 50,
    "tests/cli/test_check.py": 40,
    "tests/check/test_explaining.py": 35,
    "tests/explore/test_estimate.py": 25,
    "tests/check/clauses/test_rules_differ.py": 20,
}
"""Of files that stand alone; of those that wait for what others do, a guess."""

GROUP_OF: Final = {file: group for group, (_, files) in TOGETHER.items() for file in files}
SECONDS: Final = LONG | {group: seconds for group, (seconds, _) in TOGETHER.items()}


def workers(processors: int) -> int:
    """How many there are for so many processors: half as many again, for what waits."""
    return processors + processors // 2


def group_of(nodeid: str) -> str:
    """What goes to one worker: a file, for its tests share fixtures, or several."""
    file = nodeid.partition("::")[0]
    return GROUP_OF.get(file, file)


def in_order(nodeids: Sequence[str]) -> list[str]:
    """The groups, the longest first; where no time is known, the one of the most tests."""
    counts: dict[str, int] = {}
    for nodeid in nodeids:
        group = group_of(nodeid)
        counts[group] = counts.get(group, 0) + 1
    return sorted(counts, key=lambda group: (-SECONDS.get(group, 0), -counts[group]))


class LongestFirst(LoadScopeScheduling):
    """As xdist's `loadfile`, in that order."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
