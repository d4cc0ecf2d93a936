"""The command `namesrv` itself: exit codes, and one clear line on stderr for whatever can't be done."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from namesrv.cli import main as cli
from namesrv.cli.main import exit_code

COMMAND = (sys.executable, "-m", "namesrv.cli.main")
DEADLINE_S = 120


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The finished process."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env={**os.environ, **environment},
    )


def test_version_and_help_exit_with_0() -> None:
    assert run("--version").returncode == 0
    assert "Exit codes: 0 it holds, 1 it is violated, 2 undecided or could not run." in run("--help").stdout


def test_every_command_of_the_table_is_in_the_help_as_far_as_it_is_there() -> None:
    listed = cli.namesrv.list_commands(click.Context(cli.namesrv))
    assert listed == [name for name, module in cli.COMMANDS.items() if find_spec(module) is not None]
    assert {"verify", "check", "serve", "oracle"} <= set(listed)
    shown = run("--help").stdout
    assert [name for name in listed if f"\n  {name} " not in shown] == []


def test_where_there_is_too_much_to_choose_from_it_is_told_what_names_begin_with() -> None:
    known = [f"{group}/clause-{number}" for group in ("route", "topic") for number in range(cli.MANY)]
    assert cli.nearest("zzz", known) == "; there are route/, topic/"
    assert cli.nearest("route/clause-1", known) == "; did you mean 'route/clause-1'?"
    assert cli.nearest("zzz", known[:2]) == "; there are route/clause-0, route/clause-1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["orcle"], "no such command 'orcle'; did you mean 'oracle'?"),
        (["oracle"], "namesrv oracle: Missing argument 'RELEASE'."),
        (["oracle", "apache-5.5"], "no such release 'apache-5.5'; did you mean 'apache-5.5.0'?"),
        (["oracle", "apache-5.5.0", "--port", "70000"], "namesrv oracle: Invalid value for '--port'"),
        (
            ["oracle", "apache-5.5.0", "--java", "/nonexistent/java"],
            "namesrv oracle: Java of --java, /nonexistent/java",
        ),
        (["serve", "--listen", "9876"], "namesrv serve: --listen: expected HOST:PORT"),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_2(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (SystemExit(0), 0),
        (SystemExit(1), 1),
        (SystemExit(2), 2),
        (SystemExit(None), 0),
        (SystemExit("a text"), 2),
        (KeyboardInterrupt(), 2),
        (click.Abort(), 2),
        (click.UsageError("wrong"), 2),
        (ZeroDivisionError("a fault of ours"), 2),
        (ConnectionRefusedError(111, "Connection refused"), 2),
    ],
)
def test_whatever_a_command_raises_the_exit_code_is_0_1_or_2(
    outcome: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise outcome

    assert exit_code(command) == code
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_where_an_unexpected_error_comes_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def command() -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setenv("NAMESRV_DEBUG", "1")
    assert exit_code(command) == 2
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "namesrv: unexpected ZeroDivisionError: a fault of ours" in shown


def test_a_file_that_cannot_be_written_is_named_and_taken_for_no_fault_of_ours(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert exit_code(lambda: (tmp_path / "nowhere" / "page.html").write_text("")) == 2
    assert capsys.readouterr().err == f"namesrv: {tmp_path}/nowhere/page.html: No such file or directory\n"


def test_a_reader_that_leaves_early_causes_no_noise() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=write, stderr=subprocess.PIPE, check=False, timeout=DEADLINE_S
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (2, b"")
