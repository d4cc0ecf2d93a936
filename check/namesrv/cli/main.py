"""The command `namesrv`: a table of subcommands, exit codes, and one clear line for whatever can't be done."""

import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import click

COMMANDS: Final = {
    "verify": "namesrv.cli.verify",
    "check": "namesrv.cli.check",
    "trace": "namesrv.cli.trace",
    "linearize": "namesrv.cli.linearize",
    "vectors": "namesrv.cli.vectors",
    "profiles": "namesrv.cli.profiles",
    "audit": "namesrv.cli.audit",
    "serve": "namesrv.cli.serve",
    "broker": "namesrv.cli.broker",
    "oracle": "namesrv.cli.oracle",
    "record": "namesrv.cli.record",
    "explore": "namesrv.cli.explore",
    "simulate": "namesrv.cli.simulate",
    "anomalies": "namesrv.cli.anomalies",
    "prove": "namesrv.cli.prove",
    "spec": "namesrv.cli.spec",
}
"""Each command's module; the command in it has the same name. A command is one row."""

EXIT_UNKNOWN: Final = 2
"""Undecided, or could not run; click's usage errors and Ctrl-C too."""

MANY: Final = 40
"""More names than this are not all told."""

DEBUG_VARIABLE: Final = "NAMESRV_DEBUG"


class ReaderHasLeft(Exception):
    """A BrokenPipeError under another name: click would exit with 1 for that, which here means violated."""


class LazyGroup(click.Group):
    """Loads a command's module when it is asked for."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click's; `--help` prints here."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as error:
            raise ReaderHasLeft from error

    def invoke(self, ctx: click.Context) -> Any:
        """As click's; commands print here."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderHasLeft from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All, in the order of the table, as far as they are there."""
        return [name for name, module in COMMANDS.items() if importlib.util.find_spec(module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or `None`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion where there is no such command."""
        known = self.list_commands(ctx)
        if args and args[0] not in known:
            ctx.fail(f"no such command {args[0]!r}{nearest(args[0], known)}")
        return super().resolve_command(ctx, args)


def nearest(text: str, known: list[str]) -> str:
    """`; did you mean ...?`, or what there is: where that is much, what it begins with; where that is too, some of it."""
    found = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
    if found:
        return f"; did you mean {found[0]!r}?"
    if len(known) > MANY:
        known = list(dict.fromkeys("".join(name.partition("/")[:2]) for name in known))
    if len(known) > MANY:
        return f"; there are {len(known)}: {', '.join(known[:3])}, …"
    return f"; there are {', '.join(known)}"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 it holds, 1 it is violated, 2 undecided or could not run.",
)
@click.version_option(version("namesrv"), package_name="namesrv")
@click.option("--debug", is_flag=True, help=f"Show where an unexpected error comes from; or set {DEBUG_VARIABLE}=1.")
def namesrv(debug: bool) -> None:
    """The property-tested reference for how Apache RocketMQ brokers register with NameServers."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main() -> None:
    """The entry point. Always ends with `SystemExit`, its code one of 0, 1, 2."""
    code = exit_code(lambda: namesrv.main(prog_name="namesrv", standalone_mode=False))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = reader_has_left()
    sys.exit(code)


def exit_code(command: Callable[[], object]) -> int:
    """Runs the command; whatever can't be done is one clear line on stderr. `standalone_mode` has to be off."""
    try:
        returned = command()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else EXIT_UNKNOWN if done.code else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_UNKNOWN
    except click.ClickException as error:
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "namesrv"
        click.echo(f"{path}: {error.format_message()}", err=True)
        return EXIT_UNKNOWN
    except (click.Abort, KeyboardInterrupt):
        click.echo("namesrv: interrupted: undecided", err=True)
        return EXIT_UNKNOWN
    except ReaderHasLeft:
        return reader_has_left()
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE, "") not in ("", "0"):
            traceback.print_exc()
        if isinstance(error, OSError) and error.filename is not None:  # a file that was named can't be read or written
            click.echo(f"namesrv: {error.filename}: {error.strerror}", err=True)
            return EXIT_UNKNOWN
        first_line = str(error).partition("\n")[0]
        click.echo(f"namesrv: unexpected {type(error).__name__}: {first_line} (--debug shows where)", err=True)
        return EXIT_UNKNOWN
    # With standalone_mode off, click returns what `ctx.exit` was called with: --help and --version come here.
    return returned if isinstance(returned, int) else 0


def reader_has_left() -> int:
    """Nobody reads our output any more, `| head` for example: no error to show, and nothing decided."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python's own last flush complains
    return EXIT_UNKNOWN


if __name__ == "__main__":
    main()
