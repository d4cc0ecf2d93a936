"""What is to be written is refused before any work if it can't be."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT, NEW_FOLDER, NewFile, NewFolder
from namesrv.cli.main import exit_code, namesrv
from namesrv.cli.results import write_json

READ = {
    "anomalies --reproductions",
    "audit --tls-ca",
    "check --config",
    "check --replay",
    "check --tls-ca",
    "explore --resume",
    "linearize --recording",
    "linearize --tls-ca",
    "oracle --config",
    "oracle --java",
    "record --pcap-in",
    "serve --config",
    "serve --data",  # read when it starts, and refused then
    "serve --tls-cert",
    "serve --tls-key",
    "spec check --markdown",  # has to be there, and its table is replaced: click looks whether it is writable
    "spec trace files",
    "trace check file",
    "trace show file",
    "vectors --file",
}
"""Paths that are not written, or not only."""


def commands(group: click.Group, context: click.Context, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each with the words that call it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, context, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def paths() -> dict[str, click.Path]:
    """By `command --option`, all of the command line."""
    return {
        f"{words} {max(parameter.opts, key=len)}": parameter.type
        for words, command in commands(namesrv, click.Context(namesrv))
        for parameter in command.params
        if isinstance(parameter.type, click.Path)
    }


def test_every_path_that_a_command_writes_is_looked_at_before_the_work() -> None:
    written = {words for words, kind in paths().items() if isinstance(kind, NewFile | NewFolder)}
    assert paths().keys() - written == READ
    assert {"anomalies --json", "check --save", "check --junit", "prove --questions", "explore --html"} <= written


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        (NEW_FILE, "nowhere/x.html", "there is no folder nowhere"),
        (NEW_FILE, "file/x.html", "there is no folder file"),
        (NEW_FILE, "folder", "expected a file, got a folder"),
        (NEW_FOLDER, "file", "file is no folder"),
        (NEW_FOLDER, "file/in/it", "file is no folder"),
    ],
)
def test_what_can_not_be_written_is_refused(
    kind: click.Path, path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    with pytest.raises(click.BadParameter, match=said):
        kind.convert(path, None, None)


@pytest.mark.parametrize(
    ("kind", "path", "asked"),
    [(NEW_FILE, "x.html", "."), (NEW_FILE, "file", "file"), (NEW_FOLDER, "folder", "."), (NEW_FOLDER, "a/b", ".")],
)
def test_what_is_read_only_is_refused(
    kind: click.Path, path: str, asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`os.access` is stood in for: who runs this may be root, who may write everything."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    read_only = Path(asked).resolve()
    monkeypatch.setattr(os, "access", lambda file, mode: mode != os.W_OK or Path(file).resolve() != read_only)
    with pytest.raises(click.BadParameter, match="can't be written"):
        kind.convert(path, None, None)


def test_what_can_be_written_is_taken_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert NEW_FILE.convert("x.html", None, None) == Path("x.html")
    assert NEW_FOLDER.convert("a/b", None, None) == Path("a/b")
    assert NEW_FILE_OR_STDOUT.convert("-", None, None) == Path("-")
    assert NEW_FILE.convert("/dev/null", None, None) == Path("/dev/null")
    assert list(tmp_path.iterdir()) == []


def test_a_default_that_can_not_be_written_keeps_no_command_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing sequence is kept there, if there is one: most calls write nothing."""
    ran: list[Path] = []

    @click.command()
    @click.option("--save", type=NEW_FILE, default=Path("kept"))
    def command(save: Path) -> None:
        ran.append(save)

    monkeypatch.chdir(tmp_path)
    Path("kept").mkdir()
    assert exit_code(lambda: command.main([], standalone_mode=False)) == 0
    assert ran == [Path("kept")]
    assert exit_code(lambda: command.main(["--save", "kept"], standalone_mode=False)) == 2
    assert ran == [Path("kept")]


NOBODY = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("anomalies", "nope"), "no anomaly 'nope'; there are "),
        (("anomalies", "register/accepted/id-held-by-anothr"), "did you mean 'register/accepted/id-held-by-another'?"),
        (("anomalies", "register/accepted/id-held-by-another", "--json", "nowhere/x"), "there is no folder nowhere"),
        (("anomalies", "--against", NOBODY, "--profile", "apache-5.5.0"), f"{NOBODY}"),
        (("anomalies", "--against", "here", "--profile", "apache-5.5.0"), "expected HOST:PORT, got 'here'"),
        (("anomalies", "--against", NOBODY, "--oracle", "--profile", "strict"), "expected one of them, got both"),
        (("anomalies", "--reproductions", "file"), "--reproductions: needs --markdown"),
        (("anomalies", "--markdown", "x.md", "--reproductions", "file"), "--reproductions file: "),
        (("explore", "--html", "nowhere/x"), "there is no folder nowhere"),
        (("explore", "--checkpoint", "file"), "file is no folder"),
        (("prove", "--questions", "file"), "file is no folder"),
        (("prove", "--theorems", "--json", "x.json"), "--json: not with --theorems"),
        (("prove", "--theorems", "nope"), "--theorems: no 'nope'"),
        (("prove", "--against", NOBODY, "--markdown", "x.md"), "--markdown: not with --against"),
        (("check", NOBODY, "--infer", "--html", "x.html"), "with --json only"),
        (("check", NOBODY, "--junit", "nowhere/x.xml"), "there is no folder nowhere"),
        (("vectors", "--check", NOBODY), f"{NOBODY}"),
        (("verify", "--json", "nowhere/x"), "there is no folder nowhere"),
    ],
)
def test_what_can_not_be_done_is_said_before_any_work(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(*given: object, **named: object) -> None:
        raise AssertionError(f"worked: {given}, {named}")

    for place in (
        "namesrv.check.anomalies.catalogue",
        "namesrv.check.proving.prove_profile",
        "namesrv.check.vectors.making.make",
        "namesrv.cli.verifying.Verifying.run",
        "namesrv.cli.exploring.Exploring.run",
        "namesrv.cli.inferring.infer_profile",
        "namesrv.proofs.theorems.prove_theorems",
    ):
        monkeypatch.setattr(place, work)
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("{}")
    assert exit_code(lambda: namesrv.main(list(words), prog_name="namesrv", standalone_mode=False)) == 2
    told = capsys.readouterr().err
    assert said in told and "worked" not in told
    assert told.count("\n") == 1 and len(told) < 300


def test_what_is_told_people_goes_elsewhere_where_stdout_is_for_machines() -> None:
    @click.command()
    @click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT)
    def command(json_file: Path | None) -> None:
        click.echo("in a word")
        Console().print("and in two")
        write_json(json_file, {"verdict": "holds"})

    found = CliRunner().invoke(command, ["--json", "-"])
    assert json.loads(found.stdout) == {"verdict": "holds"}
    assert found.stderr == "in a word\nand in two\n"
    assert CliRunner().invoke(command, []).stdout == "in a word\nand in two\n"
