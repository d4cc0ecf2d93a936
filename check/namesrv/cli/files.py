"""Where a command is to write: refused before any work if nothing can be written there, not after minutes of it."""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import click
from click.core import ParameterSource

STDOUT: Final = f"{__name__}.stdout"


def stdout() -> BinaryIO:
    """Where `-` is written: what was stdout before the report went elsewhere."""
    context = click.get_current_context(silent=True)
    kept: Any = sys.stdout if context is None else context.meta.get(STDOUT, sys.stdout)
    return cast(BinaryIO, kept.buffer)


class _Written(click.Path):
    """A default is taken as it is: it is written only if something goes wrong, and may be of no use here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Raises `click.BadParameter`."""
        path = Path(str(super().convert(value, param, ctx)))
        if not self._is_default(param, ctx) and not (self.allow_dash and str(path) == "-"):
            self.refuse(path, param, ctx)
        return path

    def refuse(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
        """Raises `click.BadParameter` if it can't be written."""
        raise NotImplementedError

    @staticmethod
    def _is_default(param: click.Parameter | None, ctx: click.Context | None) -> bool:
        if ctx is None or param is None or not param.name:
            return False
        return ctx.get_parameter_source(param.name) is ParameterSource.DEFAULT


class NewFile(_Written):
    """A file that is written, maybe over an old one, into a folder that is there. `allow_dash`: `-` is stdout, which then has
    nothing else: all that the command tells people goes to stderr.
    """

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Raises `click.BadParameter`."""
        path = super().convert(value, param, ctx)
        if ctx is not None and self.allow_dash and str(path) == "-" and STDOUT not in ctx.meta:
            ctx.meta[STDOUT] = sys.stdout
            ctx.with_resource(redirect_stdout(sys.stderr))
        return path

    def refuse(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
        """A folder, a file that is read-only, one without a folder, or in a folder that is read-only."""
        if path.is_dir():
            self.fail(f"{path}: expected a file, got a folder", param, ctx)
        if not path.exists() and not path.parent.is_dir():
            self.fail(f"{path}: there is no folder {path.parent}", param, ctx)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            self.fail(f"{path}: it can't be written", param, ctx)


class NewFolder(_Written):
    """A folder in which files are written; it is made, and those above it, where it is not there."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def refuse(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> None:
        """A file, below a file, or in a folder that is read-only."""
        there = path.absolute()
        while not there.exists():
            there = there.parent
        if not there.is_dir():
            self.fail(f"{path}: {there} is no folder", param, ctx)
        if not os.access(there, os.W_OK):
            self.fail(f"{path}: {there} can't be written", param, ctx)


NEW_FILE = NewFile()
NEW_FILE_OR_STDOUT = NewFile(allow_dash=True)
NEW_FOLDER = NewFolder()
