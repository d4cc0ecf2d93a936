"""`namesrv check` and `namesrv verify`, as a user calls them: what they print, and their exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from namesrv.check.embedded import Embedded
from namesrv.cli.check import check
from namesrv.cli.verify import verify


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Our server, as 4.9.7."""
    with Embedded(profile="apache-4.9.7") as server:
        yield f"127.0.0.1:{server.port}"


def run(*words: str) -> Result:
    return CliRunner().invoke(check, list(words))


def test_a_server_that_behaves_like_its_profile_exits_with_0(address: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run(address, "--profile", "apache-4.9.7", "--examples", "5", "--seed", "3", "--json", str(report))
    assert result.exit_code == 0, result.output
    assert "holds" in result.output
    document = json.loads(report.read_text())
    assert document["verdict"] == "holds"
    assert document["seed"] == 3
    assert document["examples"] >= 5


def test_a_server_that_does_not_exits_with_1_and_leaves_a_sequence_that_repeats(address: str, tmp_path: Path) -> None:
    kept = tmp_path / "failure.json"
    page, replayed = tmp_path / "page.html", tmp_path / "replayed.html"
    words = (address, "--profile", "strict", "--save", str(kept), "--html", str(page))
    result = run(*words, "--examples", "30", "--seed", "1", "--no-expiry")
    assert result.exit_code == 1, result.output
    assert "The shortest sequence found" in result.output
    assert f"--replay {kept}" in result.output.replace("\n", "")
    again = run(address, "--profile", "strict", "--replay", str(kept), "--html", str(replayed))
    assert again.exit_code == 1, again.output
    for told in (page.read_text(), replayed.read_text()):
        assert 'class="verdict violated"' in told
        assert "<svg" in told and ": not as expected" in told
    assert run(address, "--profile", "strict", "--replay", str(kept), "--expect", "violated").exit_code == 0
    # The sequence may have a null name in it, which 4.9.7 shows to everybody.
    assert run(address, "--profile", "apache-4.9.7", "--replay", str(kept), "--own").exit_code == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nowhere",), "expected HOST:PORT, got 'nowhere'"),
        (("127.0.0.1:1", "--no-expiry"), "Connection refused"),
        (("127.0.0.1:1", "--profile", "apache-5.5"), "did you mean 'apache-5.5.0'?"),
        (("127.0.0.1:1", "--replay", "no-such-file.json"), "does not exist"),
    ],
    ids=lambda words: str(words[-1]),
)
def test_what_cannot_run_exits_with_2_and_says_why(words: tuple[str, ...], complaint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert complaint in result.output


def test_verify_runs_the_parts_that_are_asked_for(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["--quick", "--only", "strict, held", "--seed", "1", "--json", str(report)]
    result = CliRunner().invoke(verify, words)
    assert result.exit_code == 0, result.output
    document = json.loads(report.read_text())
    assert [part["name"] for part in document["parts"]] == ["strict, held clock"]
    assert document["parts"][0]["verdict"] == "holds"


def test_verify_without_a_part_is_undecided() -> None:
    result = CliRunner().invoke(verify, ["--quick", "--only", "no such part"])
    assert result.exit_code == 2
    assert "there are: strict over sockets" in result.output
