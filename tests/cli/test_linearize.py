"""`namesrv linearize` as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from namesrv.check.embedded import Embedded
from namesrv.cli.main import exit_code, namesrv
from tests.check.concurrent.racing import StaleVersions

SMALL = ("--rounds", 3, "--seed", 1)


def run(*words: object) -> Result:
    return CliRunner().invoke(namesrv, list(map(str, words)))


def test_our_server_holds_and_it_is_said_how_much_was_asked_at_once(tmp_path: Path) -> None:
    report, page = tmp_path / "report.json", tmp_path / "page.html"
    with Embedded(profile="strict") as server:
        result = run("linearize", f"127.0.0.1:{server.port}", *SMALL, "--json", report, "--html", page)
    said = json.loads(report.read_text())
    assert said["verdict"] != "violated", result.output
    assert (said["rounds"], said["requests"]) == (3, 36)
    assert said["overlapping"] > 0
    assert "3 rounds of 3 clients, 36 requests, seed 1" in result.output
    assert (
        f"namesrv linearize 127.0.0.1:{server.port} --profile strict --clients 3 --requests 4 --seed 1" in result.output
    )
    assert "3 of 3 clients with 4 requests each" in page.read_text()


def test_what_no_order_explains_is_told_drawn_and_can_be_judged_again(tmp_path: Path) -> None:
    saved, page = tmp_path / "round.jsonl", tmp_path / "page.html"
    with Embedded(profile="strict", manager=StaleVersions, max_kept_bytes=0) as server:
        words = ("linearize", f"127.0.0.1:{server.port}", *SMALL, "--save", saved, "--html", page)
        result = run(*words)
        assert result.exit_code == 1, result.output
        assert run(*words, "--expect", "violated").exit_code == 0
    assert "possible  SUCCESS changed=" in result.output
    assert "The least of it" in result.output
    drawn = page.read_text()
    assert '<g class="bar bad">' in drawn
    assert "impossible. Possible: SUCCESS changed=" in drawn
    assert (tmp_path / "page-run.html").exists()
    (again,) = (line for line in result.output.splitlines() if line.startswith("Judged again: "))
    judged = run(*again.removeprefix("Judged again: namesrv ").split())
    assert judged.exit_code == 1, judged.output


@pytest.mark.parametrize(("words", "why"), [
    (("127.0.0.1:1",), "connect to 127.0.0.1:1"),
    (("127.0.0.1:1", "--profile", "apache-5.5"), "did you mean 'apache-5.5.0'"),
    (("nowhere",), "expected HOST:PORT"),
])  # fmt: skip
def test_what_can_not_be_run_is_undecided(words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: namesrv.main(["linearize", *words], prog_name="namesrv", standalone_mode=False)) == 2
    assert why in capsys.readouterr().err
