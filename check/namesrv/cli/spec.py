"""`namesrv spec`: the TLA+ specification under stock TLC. What is run is printed, and works by hand."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from namesrv.cli import spec_traces
from namesrv.cli.files import NEW_FILE_OR_STDOUT
from namesrv.cli.main import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from namesrv.check.spec_models import Checked, SpecModel

STORY_LINES = 60
"""Of TLC's output, where it is not as expected."""


@click.group(name="spec", short_help="The TLA+ models under stock TLC.")
def spec() -> None:
    """The TLA+ specification under stock TLC (tla2tools.jar); `--list` shows the commands for doing it by hand."""


spec.add_command(spec_traces.trace)
spec.add_command(spec_traces.traces)


@spec.command(name="check")
@click.argument("names", nargs=-1, metavar="[MODEL…]")
@click.option("--run", "run", type=click.Choice(["quick", "ci", "full"]), default="full", show_default=True,
              help="Without MODEL: which of them, as spec/manifest.toml says.")  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Only say what there is, and the command of each.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="How many at once.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The results for machines.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False, exists=True, writable=True), metavar="F",
              help="Only write the table into spec/README.md.")  # fmt: skip
def check(names: tuple[str, ...], run: str, only_list: bool, jobs: int, json_file: Path | None,
          markdown: Path | None) -> None:  # fmt: skip
    """Run models with TLC, and compare result, distinct states and depth with the manifest."""
    from namesrv.check.java import find_java
    from namesrv.check.not_available import NotAvailable
    from namesrv.check.spec_models import ManifestError, as_data, check_model, load_models, with_table, within
    from namesrv.check.tlc import need_tla2tools
    from namesrv.cli.results import code_of, write_json

    try:
        models = load_models()
        known = {model.name: model for model in models}
        for name in names:
            if name not in known:
                raise click.UsageError(f"no model {name!r}{nearest(name, list(known))}")
        chosen = tuple(known[name] for name in names) or within(models, run)
        if markdown is not None:
            markdown.write_text(with_table(markdown.read_text(encoding="utf-8"), models), encoding="utf-8")
            return
        if only_list:
            _list(chosen)
            return
        find_java(), need_tla2tools()
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(check_model, model, partial(_tell, model.name)) for model in chosen]
            checked = [future.result() for future in futures]
    except (NotAvailable, ManifestError) as error:
        raise click.ClickException(str(error)) from error
    _show(checked)
    write_json(json_file, as_data(checked))
    sys.exit(code_of(each.verdict for each in checked))


@spec.command(name="anomalies")
def anomalies() -> None:
    """Write spec/MCAnomalies.tla and spec/anomalies/ from the catalogue, and say what the specification has not."""
    from namesrv.check.spec_anomalies import left_out, write
    from namesrv.check.tlc import spec_folder

    click.echo(f"{write(spec_folder())} anomalies are models of the specification; these are not:")
    for (profile, slug), reason in left_out().items():
        click.echo(f"{profile} {slug}: {reason}")


def _tell(name: str, line: str) -> None:
    click.echo(f"{name}: {line}", err=True)


def _list(models: "Sequence[SpecModel]") -> None:
    for model in models:
        expected = model.expect.value if model.violates is None else f"{model.violates} violated"
        click.echo(f"{model.name} ({model.run}, about {model.seconds} s): {model.purpose}; expected: {expected}")
        click.echo(f"  {model.by_hand()}")


def _show(checked: "Sequence[Checked]") -> None:
    from rich.console import Console
    from rich.table import Table

    console, table = Console(), Table(title="specification, stock TLC", title_justify="left")
    table.add_column("model", overflow="fold")
    table.add_column("TLC says", overflow="fold")
    for heading in ("states", "depth", "s"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("as expected")
    for each in checked:
        result = each.result
        said = result.verdict.value if result.violated is None else f"{result.violated} violated"
        counts = ("" if count is None else f"{count:,}" for count in (result.distinct_states, result.depth))
        table.add_row(each.model.name, said, *counts, f"{result.seconds:.1f}", each.verdict.value)
    console.print(table)
    for each in checked:
        if each.reason:
            console.print(f"[bold]{each.model.name}[/]: {each.reason}", highlight=False)
            for line in each.result.text.splitlines()[-STORY_LINES:]:
                console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
