"""Which profiles register brokers in the same way."""

import attrs
import pytest

from namesrv.model.profiles import (
    APACHE_4_9_7,
    APACHE_5_1_4,
    APACHE_5_3_3,
    APACHE_5_4_0,
    APACHE_5_5_0,
    DISTINCT_PROFILES,
    NOT_OF_REGISTRATION,
    PROFILES,
    STRICT,
    Profile,
    registration_of,
    same_registration,
)

OF_REGISTRATION = sorted(set(attrs.fields_dict(Profile)) - NOT_OF_REGISTRATION)


def test_5_4_0_and_5_3_3_register_brokers_as_5_5_0_does_and_the_others_each_in_a_way_of_its_own() -> None:
    assert [registration_of(profile) for profile in (APACHE_5_4_0, APACHE_5_3_3)] == [APACHE_5_5_0] * 2
    assert list(DISTINCT_PROFILES.values()) == [STRICT, APACHE_5_5_0, APACHE_5_1_4, APACHE_4_9_7]


def test_every_profile_is_a_distinct_one_or_the_same_as_one() -> None:
    told = {name: {name, *same_registration(profile)} for name, profile in DISTINCT_PROFILES.items()}
    assert sorted(name for names in told.values() for name in names) == sorted(PROFILES)


@pytest.mark.parametrize("field", OF_REGISTRATION)
def test_a_profile_that_differs_in_any_other_field_stands_for_itself(field: str) -> None:
    other = attrs.evolve(STRICT, **{field: "something else"})  # type: ignore[arg-type]  # any value that no profile has
    assert registration_of(other) is other


def test_a_profile_that_differs_only_in_what_registration_does_not_read_stands_for_no_other() -> None:
    other = attrs.evolve(APACHE_4_9_7, name="another", mq_version=1, first_scan_ms=7)
    assert registration_of(other) is APACHE_4_9_7
