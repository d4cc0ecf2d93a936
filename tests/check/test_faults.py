"""The check can fail: every server that is wrong on purpose is found out."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import Phase

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.check.search import REPEATS, SearchReport, search
from namesrv.model.profiles import PROFILES
from namesrv.server import HeldClock
from tests.check.faults import FAULTS, Fault

EXAMPLES: Final = (60, 240)
"""So many sequences do for most; 240 are the default of `namesrv check`. Of fewer, those with administrators come sooner."""

SEED: Final = 20_261_123

ACROSS_A_NETWORK: Final = ("close-forgotten", "removes-never", "removes-late")
"""Faults that show in what does not happen: here the server does not say when it has nothing left to do, and the check waits for
the profile's deadline, as it does for a NameServer elsewhere. That takes long, so it is done for these only.
"""


def found(fault: Fault, examples: int, shrink_budget_s: float = 0) -> SearchReport:
    options = {"clock": HeldClock()} if fault.timed else {}
    with fault.injected(), Embedded(profile=fault.profile, **options) as server:
        return search(
            Target(host="127.0.0.1", port=server.port),
            PROFILES[fault.profile],
            examples=examples,
            seed_value=SEED,
            shrink_budget_s=shrink_budget_s,
            held=server if fault.timed else None,
            settle=None if fault.slug in ACROSS_A_NETWORK else server.settle,
        )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.slug)
def test_faulty_server_is_found_out(fault: Fault, record_fault: Callable[..., None]) -> None:
    for examples in EXAMPLES:
        report = found(fault, examples)
        if report.verdict is Verdict.VIOLATED:
            break
    record_fault(fault, report)
    assert report.verdict is Verdict.VIOLATED, f"{fault.slug} was not found in {report.examples} sequences"


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.slug for fault in FAULTS}) == len(FAULTS) >= 25
    assert {fault.slug for fault in FAULTS} >= {*ACROSS_A_NETWORK}


def test_what_hypothesis_gives_up_on_is_made_shorter_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = (each for each in FAULTS if each.slug == "single-topic-first-accepted")
    monkeypatch.setattr("namesrv.check.search.PHASES", (Phase.generate,))
    as_found, shorter = found(fault, EXAMPLES[0]), found(fault, EXAMPLES[0], shrink_budget_s=600)
    assert len(as_found.steps) > 8 > len(shorter.steps)
    assert shorter.violation is not None and shorter.repeated == REPEATS
