"""The check can fail: every server that is wrong on purpose is found out."""

from collections.abc import Callable

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.runner import Target
from namesrv.check.search import search
from namesrv.model.profiles import PROFILES
from namesrv.server import HeldClock
from tests.check.faults import FAULTS, Fault

EXAMPLES = 240
"""The default of `namesrv check`."""

SEED = 20_261_123


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.slug)
def test_faulty_server_is_found_out(fault: Fault, record_fault: Callable[..., None]) -> None:
    options = {"clock": HeldClock()} if fault.timed else {}
    with fault.injected(), Embedded(profile=fault.profile, **options) as server:
        report = search(
            Target(host="127.0.0.1", port=server.port),
            PROFILES[fault.profile],
            examples=EXAMPLES,
            seed_value=SEED,
            shrink_budget_s=0,
            held=server if fault.timed else None,
        )
    record_fault(fault, report)
    assert report.verdict is Verdict.VIOLATED, f"{fault.slug} was not found in {report.examples} sequences"


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.slug for fault in FAULTS}) == len(FAULTS) >= 25
