"""`namesrv trace` as it is typed."""

import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from namesrv.check.recording_file import load_recording
from namesrv.cli.main import exit_code, namesrv
from tests.check.recorded.making import write
from tests.check.recorded.tampering import broker_removed

RECORDINGS = Path(__file__).parents[1] / "recordings"
REAL = RECORDINGS / "broker-5.5.0.jsonl"
REFUSED = RECORDINGS / "broker-5.5.0-topic-before-broker.jsonl"


def run(*words: object) -> Result:
    return CliRunner().invoke(namesrv, ["trace", *map(str, words)])


@pytest.fixture
def tampered(tmp_path: Path) -> Path:
    recording = load_recording(REAL)
    (_, events), *_ = broker_removed(recording.events)
    return write(tmp_path / "tampered.jsonl", attrs.evolve(recording, events=events))


def test_a_real_recording_holds_and_the_result_says_how_much(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run("check", REAL, "--profile", "apache-5.5.0", "--json", report)
    assert result.exit_code == 0, result.output
    assert "holds: broker-5.5.0.jsonl as apache-5.5.0 from unknown" in result.output
    assert "events a second" in result.output
    (judged,) = json.loads(report.read_text())["profiles"]
    assert (judged["verdict"], judged["counts"]["answers explained"]) == ("holds", 16)


def test_a_tampered_one_is_violated_and_the_least_of_it_is_shown(tampered: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run("check", tampered, "--profile", "apache-5.5.0", "--html", page)
    assert result.exit_code == 1, result.output
    assert "possible  SUCCESS route: queues broker-a" in result.output
    assert "The least of it that is as impossible:" in result.output
    assert 'class="verdict violated"' in page.read_text()
    assert run("check", tampered, "--profile", "apache-5.5.0", "--expect", "violated").exit_code == 0


def test_which_profiles_explain_it_is_told() -> None:
    result = run("check", REFUSED, "--infer")
    assert result.exit_code == 0, result.output
    assert "explained by: strict, apache-5.5.0, apache-5.4.0, apache-5.3.3, apache-5.1.4\n" in result.output
    assert run("check", REFUSED, "--profile", "apache-4.9.7").exit_code == 1


def test_a_recording_with_a_gap_is_undecided(tmp_path: Path) -> None:
    lines = REAL.read_bytes().splitlines(keepends=True)
    file = tmp_path / "broken.jsonl"
    file.write_bytes(b"".join([*lines[:5], b"nonsense\n", *lines[5:]]))
    result = run("check", file, "--profile", "apache-5.5.0")
    assert result.exit_code == 2, result.output
    assert "left out: line at broken.jsonl, line 6" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", REAL), "give one --profile or more, or --infer"),
        (("check", REAL, "--profile", "apache-5.5"), "did you mean 'apache-5.5.0'"),
        (("check", REAL, "--profile", "strict", "--option", "x"), "expected NAME=VALUE"),
        (("check", Path(__file__), "--profile", "strict"), "is no recording: "),
        (("show", Path(__file__), "--html", "x.html"), "is no recording: "),
        (("show", "nowhere", "--html", "x.html"), "does not exist"),
    ],
)
def test_what_can_not_be_done_is_one_clear_line(
    words: tuple[object, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(lambda: namesrv.main(["trace", *map(str, words)], prog_name="namesrv", standalone_mode=False))
    told = capsys.readouterr().err
    assert code == 2
    assert said in told
    assert told.count("\n") == 1


def test_a_run_is_shown_on_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run("show", REFUSED, "--html", page, "--from", "empty")
    assert result.exit_code == 0, result.output
    assert "ClusterAgreement" in page.read_text()
