"""Vectors find servers that are wrong on purpose: how many of the faults, and why not the others."""

from collections.abc import Callable
from functools import cache

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.vectors.making import make
from namesrv.check.vectors.playing import play
from namesrv.model.profiles import PROFILES
from tests.check.faults import FAULTS, Fault
from tests.check.vectors.conftest import lines

UNTIMED = [fault for fault in FAULTS if not fault.timed]

NOT_FOUND = {
    "address-of-nobody": "whose address comes with the system topics is not compared: it may be another sequence's",
}
"""Faults that vectors can't find, and why."""


@cache
def vectors(profile: str) -> list[str]:
    return lines(make(PROFILES[profile]))


@pytest.mark.slow
@pytest.mark.parametrize("fault", UNTIMED, ids=lambda fault: fault.slug)
def test_a_faulty_server_fails_its_vectors(fault: Fault, record_property: Callable[[str, object], None]) -> None:
    with fault.injected(), Embedded(profile=fault.profile) as server:
        found = play(vectors(fault.profile), "127.0.0.1", server.port, enough=1)
    record_property("found", str(found.failures[0]) if found.failures else "not found")
    assert bool(found.failures) is (fault.slug not in NOT_FOUND)
