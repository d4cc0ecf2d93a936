"""Vectors find servers that are wrong on purpose: how many of the faults, and why not the others."""

from collections.abc import Callable

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.vectors.playing import Played, play
from namesrv.check.vectors.pool import POOL
from tests.check.faults import FAULTS, Fault
from tests.check.vectors.conftest import Made, lines

UNTIMED = [fault for fault in FAULTS if not fault.timed]

NOT_FOUND = {
    "option-not-listed": "of the configuration's text only that there is one is compared: paths and ports are a server's own",
    "address-of-nobody": "whose address comes with the system topics is not compared: it may be another sequence's",
}
"""Faults that vectors can't find, and why."""


@pytest.mark.slow
@pytest.mark.parametrize("fault", UNTIMED, ids=lambda fault: fault.slug)
def test_a_faulty_server_fails_its_vectors(
    fault: Fault, made: Made, record_fault_of_vectors: Callable[[Fault, Played], None]
) -> None:
    vectors = lines(made(fault.profile, POOL))
    with fault.injected(), Embedded(profile=fault.profile) as server:
        found = play(vectors, "127.0.0.1", server.port, enough=1)
    record_fault_of_vectors(fault, found)
    assert bool(found.failures) is (fault.slug not in NOT_FOUND)
