"""`namesrv verify`: the main job, on the embedded server."""

import secrets
import sys
from pathlib import Path

import click

from namesrv.cli.files import NEW_FILE_OR_STDOUT
from namesrv.cli.main import EXIT_UNKNOWN


@click.command(name="verify", short_help="Our server, model, proofs and specification, together.")
@click.option("--quick", is_flag=True, help="Within 30 s rather than 3 minutes.")
@click.option("--seed", type=click.IntRange(min=0), help="Generate the same sequences again.  [default: a new one]")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=3, show_default=True, help="Processes at once; some only wait."
)
@click.option("--only", metavar="TEXT", help="Only the parts whose name contains this.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT, help="The result for machines.")
def verify(quick: bool, seed: int | None, jobs: int, only: str | None, json_file: Path | None) -> None:
    """Verify registration on real sockets: the server of this package against its model, proofs and specification.

    Nothing else is needed: no Java, no network. What a machine lacks is skipped, and said.
    """
    from namesrv.check.findings import Verdict
    from namesrv.cli.verifying import Verifying

    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    verdict = Verifying(quick=quick, seed=chosen, jobs=jobs, only=only, json_file=json_file).run()
    sys.exit({Verdict.HOLDS: 0, Verdict.VIOLATED: 1, Verdict.UNKNOWN: EXIT_UNKNOWN}[verdict])
