"""`namesrv vectors`, as a user calls it: what it writes and prints, what it plays, and its exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from namesrv.check.embedded import Embedded
from namesrv.check.oracle import free_port
from namesrv.cli.vectors import vectors


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Our server, as 5.5.0."""
    with Embedded(profile="apache-5.5.0") as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("vectors")
    return folder, run("--profile", "apache-5.5.0", "--pool", "0", "-o", str(folder / "new"))


def run(*words: str) -> Result:
    return CliRunner().invoke(vectors, list(words))


def test_it_writes_the_lines_and_their_schema_and_prints_what_they_cover(written: tuple[Path, Result]) -> None:
    folder, result = written
    assert result.exit_code == 0, result.output
    file = folder / "new/apache-5.5.0.jsonl"
    head = json.loads(file.read_text().splitlines()[0])
    assert (head["op"], head["format"], head["profile"]) == ("vectors", 2, "apache-5.5.0")
    assert json.loads((folder / "new/vectors.schema.json").read_text())["$id"] == "urn:namesrv:vectors:2"
    assert f"{head['sequences']} sequences" in result.output
    assert "missing 0" in result.output
    assert "register_broker/older-state-version" in result.output
    assert "scan_not_active_broker/scan-stopped" in result.output
    assert "out of reach: a race" in result.output


def test_a_file_is_played_and_holds(written: tuple[Path, Result]) -> None:
    with Embedded(profile="apache-5.5.0") as server:
        result = run("--file", str(written[0] / "new/apache-5.5.0.jsonl"), "--check", f"127.0.0.1:{server.port}")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("holds: ")
    assert "0 sequences failed" in result.output


def test_what_fails_is_told_and_exits_with_1(address: str) -> None:
    result = run("--profile", "apache-4.9.7", "--pool", "0", "--check", address)
    assert result.exit_code == 1, result.output
    assert "expected" in result.output
    assert "violated: " in result.output


def test_no_server_is_undecided(written: tuple[Path, Result]) -> None:
    file = str(written[0] / "new/apache-5.5.0.jsonl")
    result = run("--file", file, "--check", f"127.0.0.1:{free_port('127.0.0.1')}")
    assert result.exit_code == 2
    assert "connect to" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--profile", "apache-5.5", "-o", "x"), "did you mean 'apache-5.5.0'"),
        ((), "expected -o DIR, --check HOST:PORT, or both"),
        (("--check", "nowhere"), "expected HOST:PORT"),
    ],
)
def test_what_can_not_be_done_is_one_clear_line(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output


def test_few_sequences_leave_rows_that_are_missing_and_undecided(tmp_path: Path) -> None:
    result = run("--profile", "strict", "--pool", "0", "--sequences", "2", "-o", str(tmp_path))
    assert result.exit_code == 2
    assert "neither reached nor known to be out of reach" in result.output
