"""What the explorer takes for scopes of the registration system: `python -m bench.scopes [--write]`, four minutes.

Each is a call of `namesrv explore`, one after the other. Wants a machine that does nothing else. With `--write` the tables are
a part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from subprocess import run
from typing import Any, Final

import orjson

from bench.page import SCOPES, write_part
from namesrv.check import stamp

CALM: Final = "kinds=break+cut+crash+vanish+timeout+late+restart"
ONE: Final = "brokers=2,namesrvs=1,versions=2,faults=1"

EXPLORED: Final = (
    f"--scope {ONE}",
    *(
        f"--scope {ONE},{more}"
        for more in ("clients=1", "acting=true", "topics=2,split=true", "shared=true", "shared=true,names=2")
    ),
    "--scope brokers=1,namesrvs=2,versions=2,faults=1,clients=1",
    "--scope brokers=2,namesrvs=1,versions=1,faults=2,acting=true",
    "--scope brokers=2,namesrvs=2,versions=1,faults=1 --full-product",
    "",
    f"--liveness --fairness weak --scope brokers=2,namesrvs=1,versions=2,faults=2,{CALM}",
    "--scope brokers=2,namesrvs=2,versions=2,faults=1 --full-product",
)
"""Arguments of `namesrv explore`. None: the default scope, one NameServer standing for each."""

SYMMETRIC: Final = (
    ("brokers", "--scope brokers=2,names=2,namesrvs=1,versions=2,faults=2"),
    ("topics", "--scope brokers=1,topics=2,namesrvs=1,versions=3,faults=1"),
    (
        "NameServers",
        "--scope brokers=2,namesrvs=2,versions=2,faults=1,kinds=break+cut+late+restart+timeout+vanish --full-product",
    ),
)
"""What may be renamed, and in which scope."""

MADE_OF: Final = stamp.digest(*EXPLORED, *(arguments for _, arguments in SYMMETRIC))


def explored(arguments: str) -> dict[str, Any]:
    """What `namesrv explore` says for machines. Raises `SystemExit` if it has not searched everything, or found something."""
    with tempfile.TemporaryDirectory(prefix="namesrv-bench-") as folder:
        file = Path(folder) / "told.json"
        words = ("explore", "--profile", "strict", *arguments.split(), "--json", str(file))
        done = run([sys.executable, "-m", "namesrv.cli.main", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"bench: namesrv {' '.join(words)}: exit code {done.returncode}: {done.stdout[-2000:]}")
        told: dict[str, Any] = orjson.loads(file.read_bytes())
        return told


def _row(arguments: str) -> str:
    told = explored(arguments)
    print(f"{arguments or 'the default scope'}: {told['distinct']:,}, {told['seconds']:.0f} s", flush=True)
    counts = f"{told['distinct']:,} | {told['generated']:,} | {told['depth']}"
    name = f"`{arguments}`" if arguments else "the default, one NameServer standing for each"
    return f"| {name} | {counts} | {told['seconds']:.0f} | {told['bytes'] >> 20} |"


def _symmetric_row(what: str, arguments: str) -> str:
    apart, together = explored(f"{arguments} --no-symmetry"), explored(arguments)
    print(f"{what}: {apart['distinct']:,}, {together['distinct']:,}", flush=True)
    cells = (
        f"{apart['distinct']:,} → {together['distinct']:,}",
        f"{apart['seconds']:.1f} → {together['seconds']:.1f}",
        f"{apart['bytes'] >> 20} → {together['bytes'] >> 20}",
    )
    return f"| `{arguments}`: {what} | {' | '.join(cells)} |"


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.scopes", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into docs/benchmarks.md, too")
    asked = parser.parse_args()
    text = "\n".join(
        [
            "    uv run python -m bench.scopes --write",
            "",
            f"`namesrv explore --profile strict` and these arguments, {time.strftime('%Y-%m-%d')}. Every one holds.",
            "",
            "| arguments | distinct | generated | depth | s | MiB |",
            "|---|---|---|---|---|---|",
            *map(_row, EXPLORED),
            "",
            "What symmetries gain; the left numbers are with `--no-symmetry`:",
            "",
            "| arguments: what may be renamed | distinct | s | MiB |",
            "|---|---|---|---|",
            *(_symmetric_row(what, arguments) for what, arguments in SYMMETRIC),
        ]
    )
    print(text)
    if asked.write:
        write_part(SCOPES, text, MADE_OF)


if __name__ == "__main__":
    main()
