"""What a scope will come to is said before it is searched, and is not far off."""

from __future__ import annotations

from itertools import count

import attrs
import pytest

from namesrv.explore.estimate import Estimate, estimate
from namesrv.explore.outcome import Options
from namesrv.explore.registration import registration_system
from namesrv.explore.search import search
from namesrv.model.profiles import APACHE_5_5_0, STRICT
from namesrv.model.system.scope import Scope

GIB = 1 << 30
FOUND = Options(through_broken=False, clock=lambda: 0.0)  # probes end by their states, however slow the machine is
DEFAULT = Scope(brokers=2, namesrvs=1, versions=2, faults=2)


def estimated(scope: Scope, options: Options = FOUND) -> Estimate:
    said = estimate(registration_system(scope, STRICT), options)
    assert said is not None
    return said


@pytest.mark.parametrize(
    "scope",
    [
        Scope(brokers=1, namesrvs=1, versions=2, faults=2),
        Scope(brokers=1, namesrvs=2, versions=2, faults=1),
        Scope(brokers=2, namesrvs=1, versions=2, faults=1),
        Scope(brokers=2, names=2, versions=1, faults=2),
        Scope(brokers=1, topics=2, versions=2, deletes=1, faults=1, forced=False),
    ],
    ids=str,
)
def test_an_estimate_is_right_within_a_factor_of_two(scope: Scope) -> None:
    real = search(registration_system(scope, STRICT)).distinct
    assert real / 2 <= estimated(scope).states <= real * 2


def test_the_default_scope_is_expected_to_fit_and_is_as_large_as_it_was_counted() -> None:
    said = estimated(DEFAULT)
    assert said.nbytes < 4 * GIB
    assert 4_489_314 / 2 <= said.states <= 4_489_314 * 2  # docs/system.md


def test_the_full_product_of_the_default_scope_is_expected_not_to_fit() -> None:
    said = estimated(attrs.evolve(DEFAULT, namesrvs=2))
    assert said.nbytes > 4 * GIB
    assert said.states > 131_000_000  # so many were met when it was stopped: docs/system.md


def test_a_system_that_is_too_large_to_be_probed_is_estimated_by_how_a_smaller_one_grows() -> None:
    large = registration_system(Scope(brokers=6, namesrvs=3, names=2, versions=2, faults=2), STRICT)
    assert estimate(large, FOUND, smaller=registration_system(DEFAULT, STRICT)) is not None
    said = estimate(large, FOUND, smaller=registration_system(DEFAULT, STRICT))
    assert said is not None
    assert said.is_least
    assert said.nbytes > 4 * GIB
    assert str(said).startswith("at least ")


def test_where_something_breaks_nearby_nothing_is_estimated() -> None:
    system = registration_system(DEFAULT, APACHE_5_5_0)
    assert estimate(system, FOUND) is None


def test_probes_do_not_take_longer_than_patience_lasts() -> None:
    ticks = count(step=10)
    said = estimate(registration_system(DEFAULT, STRICT), attrs.evolve(FOUND, clock=lambda: float(next(ticks))))
    assert said is None or said.is_least


def test_whoever_stops_a_search_stops_its_estimate() -> None:
    assert estimate(registration_system(DEFAULT, STRICT), attrs.evolve(FOUND, stop=lambda: "enough")) is None
