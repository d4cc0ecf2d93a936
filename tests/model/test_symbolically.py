"""Properties of pure value code, asked of every path through it: CrossHair follows them with Z3 in place of chance.

Each property has a twin that is wrong at one point of an unbounded space. Chance does not come across it; the search must, or
that it found nothing in the property would mean nothing. (It is a search: what it does not refute is not thereby proved.)
"""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from namesrv.check.not_available import NotAvailable
from namesrv.check.require import missing
from namesrv.model.broker_events import Call, ReceivedAnswer
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BrokerProfile
from namesrv.model.need_register import needs_register
from namesrv.model.register_broker import is_older
from namesrv.model.topic_config import is_masked, masked, next_version
from namesrv.model.values import PERM_READ, PERM_WRITE, DataVersion, TopicConfig

VERSIONS = st.builds(DataVersion, state_version=st.integers(), timestamp=st.integers(), counter=st.integers())
PROFILES = (BROKER_4_9_7, BROKER_5_5_0)

Property = Callable[..., None]
IsOlder = Callable[[DataVersion, DataVersion], bool]
Masked = Callable[[TopicConfig, int, BrokerProfile], TopicConfig]


@pytest.fixture(autouse=True)
def _crosshair() -> None:
    if find_spec("hypothesis_crosshair_provider") is None:
        missing(NotAvailable("crosshair", "the backend for Hypothesis is not installed: uv sync --group symbolic"))


def solve(property_: Property, *strategies: st.SearchStrategy[object], backend: str = "crosshair") -> None:
    """Looks for arguments for which the property fails; raises what it raises."""
    limits = settings(
        backend=backend, max_examples=100, deadline=None, database=None, phases=[Phase.generate], derandomize=True
    )
    limits(given(st.tuples(*strategies))(lambda arguments: property_(*arguments)))()


# DataVersions ------------------------------------------------------------------------------------------------------


def strictly_older(new: DataVersion, old: DataVersion) -> bool:
    return is_older(new, old, timestamp_breaks_tie=True)


def older_but_for_one_pair(new: DataVersion, old: DataVersion) -> bool:
    odd = new.timestamp == old.timestamp + 48_271 and new.counter == 7 and old.counter == 65_539
    return odd or strictly_older(new, old)


def is_asymmetric(is_older: IsOlder) -> Property:
    def holds(one: DataVersion, other: DataVersion) -> None:
        assert not (is_older(one, other) and is_older(other, one))

    return holds


def never_refuses_what_counts_on(is_older: IsOlder) -> Property:
    """What a broker says after a change, its clock not going back, is not older than what it said before."""

    def holds(before: DataVersion, step_ms: int) -> None:
        assert not is_older(next_version(before, before.timestamp + abs(step_ms), before.state_version), before)

    return holds


def is_transitive(one: DataVersion, two: DataVersion, three: DataVersion) -> None:
    if strictly_older(one, two) and strictly_older(two, three):
        assert strictly_older(one, three)


def older_if_far(new: DataVersion, old: DataVersion) -> bool:
    return new.timestamp - old.timestamp == 31_536_000_001


def test_being_older_is_asymmetric() -> None:
    solve(is_asymmetric(strictly_older), VERSIONS, VERSIONS)


def test_being_older_is_transitive() -> None:
    solve(is_transitive, VERSIONS, VERSIONS, VERSIONS)


def test_what_a_broker_says_after_a_change_is_not_older() -> None:
    solve(never_refuses_what_counts_on(strictly_older), VERSIONS, st.integers())


# needRegister --------------------------------------------------------------------------------------------------------


def registers_unless_same(profile: BrokerProfile, *, skips_ms: int | None = None) -> Property:
    """Told `changed=false` with a stored version, a broker skips its registration only if that is the version it asked about.

    `skips_ms`: the twin skips it, whatever is stored, if it asks about a version of that time.
    """

    def holds(stored: DataVersion, asked: DataVersion) -> None:
        answer = ReceivedAnswer(call=Call(0), code=0, has_body=True, changed=False, data_version=stored)
        same = (stored.timestamp, stored.counter) == (asked.timestamp, asked.counter)
        if profile.state_version:
            same = same and stored.state_version == asked.state_version
        registers = needs_register(answer, asked, profile)[1] and asked.timestamp != skips_ms
        assert registers == (not same)

    return holds


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_a_broker_skips_its_registration_only_where_its_version_is_stored(profile: BrokerProfile) -> None:
    solve(registers_unless_same(profile), VERSIONS, VERSIONS)


# Permission masks ------------------------------------------------------------------------------------------------------


def grants_no_more(masked: Masked, profile: BrokerProfile) -> Property:
    """A broker that may not be read from, or written to, does not register a topic that may."""

    def holds(perm: int, broker_permission: int) -> None:
        said = masked(TopicConfig(topic_name="t", perm=perm), broker_permission, profile)
        for bit in (PERM_READ, PERM_WRITE):
            assert not (said.perm & bit) or broker_permission & bit

    return holds


def forgets_one_mask(config: TopicConfig, broker_permission: int, profile: BrokerProfile) -> TopicConfig:
    return config if broker_permission == 0b10100 else masked(config, broker_permission, profile)


def try_all(property_: Property) -> None:
    """CrossHair takes bit masks for single values and tries one after the other; there are few, so all are tried, without it."""
    for perm, broker_permission in product(range(32), repeat=2):
        property_(perm, broker_permission)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_a_masked_topic_grants_no_more_than_its_broker(profile: BrokerProfile) -> None:
    try_all(grants_no_more(masked, profile))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_a_mask_that_is_forgotten_once_is_found_out(profile: BrokerProfile) -> None:
    with pytest.raises(AssertionError):
        try_all(grants_no_more(forgets_one_mask, profile))


def test_only_a_broker_that_lacks_a_permission_masks() -> None:
    both = PERM_READ | PERM_WRITE
    assert all(is_masked(permission) == (permission & both != both) for permission in range(32))


# The twins -----------------------------------------------------------------------------------------------------------


TWINS: dict[str, tuple[Property, tuple[st.SearchStrategy[object], ...]]] = {
    "older-but-for-one-pair": (is_asymmetric(older_but_for_one_pair), (VERSIONS, VERSIONS)),
    "older-if-far": (never_refuses_what_counts_on(older_if_far), (VERSIONS, st.integers())),
    "skips-one-version": (registers_unless_same(BROKER_5_5_0, skips_ms=1_790_000_000_001), (VERSIONS, VERSIONS)),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_that_is_wrong_at_one_point_is_found_out(name: str) -> None:
    property_, strategies = TWINS[name]
    with pytest.raises(AssertionError):
        solve(property_, *strategies)


@pytest.mark.parametrize("name", TWINS)
def test_chance_does_not_find_it(name: str) -> None:
    property_, strategies = TWINS[name]
    solve(property_, *strategies, backend="hypothesis")
