"""Where commands put their results, and how a command is to be typed again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import orjson

from namesrv.check.findings import Verdict
from namesrv.cli.files import stdout
from namesrv.cli.main import EXIT_UNKNOWN


def code_of(verdicts: Iterable[Verdict]) -> int:
    """The exit code: 2 if any of them is unknown, else 1 if any is violated, else 0."""
    found = set(verdicts)
    return EXIT_UNKNOWN if Verdict.UNKNOWN in found else int(Verdict.VIOLATED in found)


def write_json(file: Path | None, data: dict[str, Any] | list[dict[str, Any]]) -> None:
    """The result for machines; `-` is stdout."""
    if file is None:
        return
    text = orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"
    if str(file) == "-":
        stdout().write(text)
    else:
        file.write_bytes(text)


def typed_again(without: frozenset[str]) -> list[str]:
    """The words of this call of a command, as they were given, without those options."""
    context = click.get_current_context()
    words = context.command_path.split()
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name)
        if given is not click.core.ParameterSource.COMMANDLINE or name in without:
            continue
        value = context.params[name]
        if isinstance(parameter, click.Option):
            words.append(parameter.opts[0] if value is not False else (parameter.secondary_opts or parameter.opts)[0])
        if not isinstance(value, bool):
            words.append(str(value))
    return words
