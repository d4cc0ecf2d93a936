"""`namesrv explore` and `namesrv anomalies`, as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from namesrv.check.embedded import Embedded
from namesrv.cli.anomalies import anomalies
from namesrv.cli.explore import explore
from namesrv.cli.main import exit_code
from namesrv.model import client
from namesrv.model.profiles import PROFILES


def explored(*args: str) -> Result:
    return CliRunner().invoke(explore, args)


def test_strict_holds_and_says_of_which_scope() -> None:
    result = explored("--scope", "brokers=1,namesrvs=2,versions=1,faults=1")
    assert result.exit_code == 0, result.output
    assert "one NameServer stands for each of the 2" in result.output
    assert "holds, strict, brokers=1,namesrvs=1" in result.output


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_can_be_explored(profile: str) -> None:
    result = explored("--profile", profile, "--scope", "brokers=1,namesrvs=1,versions=1,faults=0")
    assert f"holds, {profile}, brokers=1" in result.output


def test_a_violation_is_told_as_a_story_and_drawn(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    args = ("--profile", "apache-5.5.0", "--scope", "brokers=1,versions=2,faults=1", "--diagram", "--json", str(file))
    result = explored(*args)
    assert result.exit_code == 1
    assert "   1 broker 1 starts: sends NameServer 1 REGISTER_BROKER" in result.output
    assert "```mermaid\nsequenceDiagram" in result.output
    assert json.loads(file.read_bytes())["violations"]
    assert explored(*args, "--expect", "violated").exit_code == 0


def test_it_says_whether_a_system_heals() -> None:
    calm = explored("--liveness", "--scope", "brokers=1,namesrvs=1,versions=1,faults=1,kinds=break+crash")
    assert calm.exit_code == 0
    assert "can heal within" in calm.output
    args = (
        "--liveness",
        "--fairness",
        "weak",
        "--scope",
        "brokers=1,namesrvs=1,versions=1,faults=1,clients=1,kinds=break",
    )
    weak = explored(*args)
    assert weak.exit_code == 0
    assert "every run that is fair to rules, if only weakly, does" in weak.output


def test_a_story_says_what_a_client_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "is_route_changed", lambda old, new: False)
    result = explored("--scope", "brokers=1,namesrvs=1,versions=2,faults=0,clients=1", "--diagram")
    assert result.exit_code == 1
    assert "ClientUsesLastRoute@1" in result.output
    assert "client 1 polls NameServer 1: asks for t1: route" in result.output
    assert "participant client1 as client 1" in result.output
    lingering = explored("--liveness", "--scope", "brokers=1,namesrvs=1,versions=1,faults=0,deletes=1")
    assert lingering.exit_code == 1
    assert "broker 1 deletes a topic" in lingering.output


def test_a_story_says_what_an_administrator_did() -> None:
    scope = ("--scope", "brokers=1,namesrvs=1,versions=1,faults=0,by_hand=1,forced=false")
    result = explored(*scope, "--liveness", "--diagram")
    assert result.exit_code == 1
    assert "an administrator changes NameServer 1: DELETE_TOPIC_IN_NAMESRV t1" in result.output


def test_an_unfinished_search_is_unknown_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    scope = ("--scope", "brokers=1,versions=2,faults=1")
    stopped = explored(*scope, "--max-states", "100", "--checkpoint", str(tmp_path))
    assert stopped.exit_code == 2
    assert "ended early" in stopped.output
    assert explored(*scope, "--resume", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--profile", "strikt"), "did you mean 'strict'?"),
        (("--invariant", "RouteSoundnes"), "did you mean 'RouteSoundness'?"),
        (("--scope", "brokers=none"), "expected a number of at least 1, got 'none'"),
    ],
)
def test_bad_words_are_said_to_be(args: tuple[str, ...], expected: str) -> None:
    result = explored(*args)
    assert result.exit_code == 2
    assert expected in result.output


def test_one_invariant_alone() -> None:
    scope = ("--profile", "apache-5.5.0", "--scope", "brokers=1,versions=1,faults=1,kinds=break")
    assert explored(*scope).exit_code == 1
    assert explored(*scope, "--invariant", "AddressUniqueness").exit_code == 0


def test_anomalies_are_listed_and_told(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    listed = CliRunner().invoke(anomalies, ["--profile", "apache-5.5.0", "--json", str(file)])
    assert listed.exit_code == 0
    slug = json.loads(file.read_bytes())[0]["slug"]
    told = CliRunner().invoke(anomalies, [slug])
    assert told.exit_code == 0
    assert "REGISTER_BROKER" in told.output
    page = tmp_path / "page.html"
    assert CliRunner().invoke(anomalies, [slug, "--html", str(page)]).exit_code == 0
    assert f"<h1>{slug}</h1>" in page.read_text()
    assert "REGISTER_BROKER" in page.read_text()
    assert "<svg" in page.read_text()
    assert 'href="page-run-1.html"' in page.read_text()
    assert "REGISTER_BROKER" in (tmp_path / "page-run-1.html").read_text()
    wrong = CliRunner().invoke(anomalies, [slug[:-1]])
    assert wrong.exit_code == 2
    assert "did you mean" in wrong.output


def test_an_anomaly_is_tried_on_a_server() -> None:
    slug = "register/accepted/id-held-by-another"
    for profile, code in (("apache-5.5.0", 1), ("strict", 0)):
        with Embedded(profile=profile) as server:
            args = [slug, "--profile", profile, "--against", f"127.0.0.1:{server.port}"]
            result = CliRunner().invoke(anomalies, args)
            assert result.exit_code == code, result.output
    nobody = [slug, "--profile", "strict", "--against", "127.0.0.1:1"]
    assert exit_code(lambda: anomalies.main(nobody, standalone_mode=False)) == 2
    assert CliRunner().invoke(anomalies, [slug, "--against", "127.0.0.1:1"]).exit_code == 2
