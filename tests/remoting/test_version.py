"""MQVersion's ordinals and names."""

import pytest

from namesrv.remoting.version import NAMES, ORDINALS, MQVersion, version_name, version_ordinal


@pytest.mark.parametrize("version", MQVersion)
def test_a_named_version_stands_at_its_ordinal(version: MQVersion) -> None:
    assert NAMES[version] == version.name


@pytest.mark.parametrize(
    ("ordinal", "name"),
    [
        (0, "V3_0_0_SNAPSHOT"),
        (15, "V3_0_0_FINAL"),
        (36, "V3_0_11_SNAPSHOT"),
        (37, "V3_0_11"),
        (63, "V3_1_8"),
        (121, "V3_4_9"),
        (317, "V4_5_2"),
        (401, "V4_9_4"),
        (407, "V4_9_7"),
        (412, "V5_0_0_SNAPSHOT"),
        (513, "V5_5_0"),
        (611, "V5_9_9"),
        (612, "HIGHER_VERSION"),
        (100_000, "HIGHER_VERSION"),
        (-1, "-1"),
    ],
)
def test_an_ordinal_has_the_name_that_java_gives_it(ordinal: int, name: str) -> None:
    assert version_name(ordinal) == name


def test_every_name_leads_back_to_its_ordinal() -> None:
    assert len(NAMES) == len(ORDINALS) == 613
    assert [version_ordinal(name) for name in NAMES] == list(range(613))


def test_a_release_is_found_by_its_plain_number() -> None:
    assert version_ordinal("5.5.0") == 513
    assert version_ordinal("4.9.7-SNAPSHOT") == 406


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"version '3\.3\.0': expected a name of MQVersion"):
        version_ordinal("3.3.0")
