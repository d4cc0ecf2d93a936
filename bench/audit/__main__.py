"""`python -m bench.audit [--only NAME]`: what the audit finds on real NameServers, kept in docs/audited/, and its page."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import click

from bench.audit import page as pages
from bench.audit.healthy import SETS, healthy
from bench.audit.provoked import Provoked, provoked
from bench.audit.size import sizes
from namesrv.check import stamp
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


@attrs.frozen
class Part:
    """What is kept in one file: what makes it, and the sources without which it would be another one."""

    make: Callable[[], Any]
    sources: tuple[Path, ...]

    @property
    def of(self) -> str:
        """A hash of those."""
        return stamp.digest_of_code(*self.sources)


HERE: Final = Path(__file__).parent
EYES: Final = tuple(
    ROOT / "check/namesrv/check/audit" / f"{name}.py" for name in ("alone", "together", "kinds", "known")
)
"""What an audit can find, and what it makes of it."""

PARTS: Final = {
    **{
        release: Part(partial(_provoked, release), (HERE / "provoked.py", HERE / "told.py", *EYES))
        for release in RELEASES
    },
    "healthy": Part(_healthy, (HERE / "healthy.py", HERE / "told.py", *EYES)),
    "size": Part(sizes, (HERE / "size.py", HERE / "told.py")),
}
OF: Final = FOLDER / "of.json"
"""By part, the hash of its sources when it was made."""


def kept() -> dict[str, Any]:
    """What is kept, by name of its file."""
    return {name: json.loads(f.read_text()) for name in PARTS if (f := FOLDER / f"{name}.json").exists()}


def made_with() -> dict[str, str]:
    """By part, the hash of the sources that made it."""
    return dict(json.loads(OF.read_text())) if OF.exists() else {}


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
            told = part.make()
        except (NotAvailable, OracleFailed) as error:
            click.echo(f"audit: {name}: {error}", err=True)
            # What is not installed keeps the result that it has, unless NAMESRV_REQUIRE names it.
            failed = failed or not isinstance(error, NotAvailable) or error.what in required()
            continue
        (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")
        OF.write_text(json.dumps(made_with() | {name: part.of}, indent=1, sort_keys=True) + "\n")
    (ROOT / "docs" / "audit.md").write_text(pages.page(kept()))
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
