"""`namesrv profiles`: which releases there are, and what differs between two of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from namesrv.cli.files import NEW_FILE
from namesrv.cli.main import nearest

if TYPE_CHECKING:
    from rich.console import Console


@click.command(name="profiles", short_help="The releases, and what differs between two of them.")
@click.argument("names", nargs=-1, metavar="[PROFILE PROFILE]")
@click.option("--markdown", type=NEW_FILE,
              help="Write the page of all of them: docs/profiles.md. Takes minutes.")  # fmt: skip
def profiles(names: tuple[str, ...], markdown: Path | None) -> None:
    """List the profiles; or tell what differs between two, field by field, with the shortest case that shows it."""
    from rich.console import Console

    from namesrv.model.profiles import PROFILES, same_registration

    console = Console()
    for name in names:
        if name not in PROFILES:
            raise click.UsageError(f"no such profile {name!r}{nearest(name, list(PROFILES))}")
    if markdown is not None:
        from namesrv.check.profile_page import page

        markdown.write_text(page(lambda pair: console.print(pair, highlight=False)), encoding="utf-8")
    elif len(names) == 2:
        _tell(console, *names)
    elif names:
        raise click.UsageError(f"expected two profiles or none, got {' '.join(names)}")
    else:
        for name, profile in PROFILES.items():
            alike = same_registration(profile)
            same = f"  registers as {', '.join(alike)}" if alike else ""
            console.print(f"{name}[dim]{same}[/]", highlight=False, soft_wrap=True)


def _tell(console: Console, before: str, after: str) -> None:
    from rich.markup import escape

    from namesrv.check.profile_differences import differences
    from namesrv.model.profiles import PROFILES

    for each in differences(PROFILES[before], PROFILES[after]):
        console.print(f"\n[bold]{each.field}[/]: {escape(each.before)} -> {escape(each.after)}", soft_wrap=True)
        console.print(f"  {escape(each.about)}", highlight=False, soft_wrap=True)
        for line in each.told():
            console.print(f"    {escape(line)}", highlight=False, soft_wrap=True)
