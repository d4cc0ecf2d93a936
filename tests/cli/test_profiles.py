"""`namesrv profiles`."""

from click.testing import CliRunner, Result

from namesrv.cli.main import namesrv
from namesrv.model.profiles import PROFILES


def run(*words: str) -> Result:
    return CliRunner().invoke(namesrv, ["profiles", *words])


def test_every_profile_is_listed() -> None:
    result = run()
    assert result.exit_code == 0
    assert all(name in result.output for name in PROFILES)


def test_an_unknown_profile_gets_the_nearest_name() -> None:
    result = run("apache-5.5", "strict")
    assert result.exit_code == 2
    assert "did you mean 'apache-5.5.0'" in result.output


def test_one_profile_has_nothing_to_differ_from() -> None:
    result = run("strict")
    assert result.exit_code == 2
    assert "expected two profiles or none, got strict" in result.output


def test_two_profiles_differ_in_fields_with_a_case_for_each() -> None:
    result = run("apache-5.4.0", "apache-5.5.0")
    assert result.exit_code == 0
    assert "counter_is_int: yes -> no" in result.output
    assert "as apache-5.5.0" in result.output
