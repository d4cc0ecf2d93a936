"""What the README shows is there."""

import re
from pathlib import Path

import click

from namesrv.check.verification import PARTS
from namesrv.cli.main import COMMANDS, namesrv

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_every_command_of_the_readme_exists_with_its_options() -> None:
    shown = re.findall(rf"namesrv ({'|'.join(COMMANDS)})\b([^`|\n]*)", README)
    assert {name for name, _ in shown} == set(COMMANDS)
    context = click.Context(namesrv)
    for name, rest in shown:
        command = namesrv.get_command(context, name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)


def test_every_part_in_the_sample_of_verify_exists() -> None:
    rows = re.findall(r"^│ (\S[^│]*?) +│ (holds|violated|unknown)", README, re.MULTILINE)
    assert {name for name, _ in rows} <= {part.name for part in PARTS}
    assert len(rows) >= 3


def test_every_file_that_the_readme_links_to_exists() -> None:
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / target).exists(), target
