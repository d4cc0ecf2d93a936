"""`namesrv anomalies`: what can't be asked of it."""

from click.testing import CliRunner

from namesrv.cli.anomalies import anomalies
from namesrv.cli.main import EXIT_UNKNOWN


def test_slow_is_for_a_name_server_of_ones_own() -> None:
    said = CliRunner().invoke(anomalies, ["--slow", "--profile", "apache-5.5.0", "--against", "127.0.0.1:9876"])
    assert said.exit_code == EXIT_UNKNOWN
    assert "--slow: needs --oracle" in said.output


def test_it_has_to_be_said_what_the_name_server_behaves_as() -> None:
    said = CliRunner().invoke(anomalies, ["--oracle", "--slow"])
    assert said.exit_code == EXIT_UNKNOWN
    assert "--profile: with --against or --oracle" in said.output
