"""`python -m bench.audit [--only NAME]`: what the audit finds on real NameServers, kept in docs/audited/, and its page."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import click

from bench.audit.healthy import SETS, healthy
from bench.audit.page import write_page
from bench.audit.provoked import Provoked, provoked
from bench.audit.size import sizes
from namesrv.check.audit.known import FILE
from namesrv.check.audit.signs import computed
from namesrv.check.not_available import NotAvailable, required
from namesrv.check.oracle import OracleFailed

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "audited"
RELEASES: Final = ("apache-5.5.0", "apache-5.1.4", "apache-4.9.7")
"""One of those that register alike."""


def _provoked(release: str) -> list[dict[str, Any]]:
    def progress(row: Provoked) -> None:
        click.echo(f"{release}: {row.outcome}, named {row.named or 'not'}, {', '.join(row.kinds)}: {row.slug}")

    return [attrs.asdict(row) for row in provoked(release, progress)]


def _healthy() -> dict[str, Any]:
    return {
        name: healthy(releases, lambda line, name=name: click.echo(f"{name}: {line}"))
        for name, releases in SETS.items()
    }


PARTS: Final[dict[str, Callable[[], Any]]] = {
    **{release: partial(_provoked, release) for release in RELEASES},
    "healthy": _healthy,
    "size": sizes,
}


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(PARTS)), help="Only these; the others keep what they have."
)
@click.option("--page", is_flag=True, help="Run nothing, make the page of what there is.")
@click.option(
    "--signs", is_flag=True, help="How the catalogue's anomalies show, anew: after a change of catalogue or kinds."
)
def main(only: tuple[str, ...], page: bool, signs: bool) -> None:
    """Provoke, audit, measure, and write docs/audit.md."""
    FOLDER.mkdir(exist_ok=True)
    if signs:
        file = ROOT / "check" / "namesrv" / "check" / "audit" / FILE
        file.write_text(json.dumps(computed(), indent=1) + "\n")
    failed = False
    for name, part in PARTS.items() if not page and not signs else ():
        if only and name not in only:
            continue
        try:
            told = part()
        except (NotAvailable, OracleFailed) as error:
            click.echo(f"audit: {name}: {error}", err=True)
            # What is not installed keeps the result that it has, unless NAMESRV_REQUIRE names it.
            failed = failed or not isinstance(error, NotAvailable) or error.what in required()
            continue
        (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")
    write_page(
        ROOT / "docs", {name: json.loads(f.read_text()) for name in PARTS if (f := FOLDER / f"{name}.json").exists()}
    )
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
