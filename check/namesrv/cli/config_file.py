"""A file of options, as `-c` of Apache's NameServer reads one."""

from pathlib import Path

import click


def read_config_file(option: str, file: Path) -> dict[str, str]:
    """The properties in it. Raises `click.UsageError`, which names the command's `option`."""
    from namesrv.remoting.config_text import read_properties
    from namesrv.remoting.errors import BodyError

    try:
        return read_properties(file.read_bytes())
    except (OSError, BodyError) as error:
        raise click.UsageError(f"{option} {file}: expected a file of Java properties, got: {error}") from error
