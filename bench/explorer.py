"""The explorer, and stock TLC beside it: `python -m bench.explorer [--sizes 50,60,50,55] [--tlc]`.

Both search the same ring of counters (`Ring.tla`) to the end, with one invariant, and must count alike: distinct and generated
states. (Depth too, with one worker; what TLC says with two may be off.) TLC gets two workers; its time is from its first output
to its last, so without Java's start.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.page import EXPLORER, write_part
from namesrv.check import stamp
from namesrv.check.java import find_java
from namesrv.check.tlc import need_tla2tools
from namesrv.explore.outcome import Options
from namesrv.explore.product import Act, Invariant, Product, Rule, Said, Stage
from namesrv.explore.search import search

WHAT: Final = (
    "Both search the same ring of counters (`bench/Ring.tla`) to the end, with one invariant, and count alike; TLC's time is"
    " without Java's start, ours without Python's."
)

MADE_OF: Final = stamp.digest_of_code(Path(__file__).with_name("Ring.tla"))
Outcomes = Iterator[tuple[tuple[Any, ...], Any]]
Counts = tuple[int, int, int]
"""Distinct states, generated states, depth."""

_COUNTED = re.compile(r"^(\d+) states generated, (\d+) distinct states found, 0 states left", re.MULTILINE)
_DEPTH = re.compile(r"depth of the complete state graph search is (\d+)")


def ring(sizes: tuple[int, ...]) -> Product:
    """`Ring.tla` as a product: each rule of its own is one disjunct of `Next`."""
    count = len(sizes)
    rules = []
    for index, size in enumerate(sizes):
        after = (index + 1) % count
        rules.append(Rule(f"step {index}", (Stage((index,), _step(size)),)))
        rules.append(Rule(f"pass {index}", (Stage((index,), _give), Stage((after,), _get(sizes[after])))))
    return Product(
        components=tuple(f"counter {index}" for index in range(count)),
        initial=(0,) * count,
        rules=tuple(rules),
        invariants=tuple(Invariant(f"in range {i}", (i,), _below(size)) for i, size in enumerate(sizes)),
    )


def _step(size: int) -> Act:
    def step(local: Any, told: Said) -> Outcomes:
        (at,) = local
        yield ((at + 1) % size,), None
        if at % 3 == 0:
            yield (0,), None
        if at % 2 == 0:
            yield ((at + 7) % size,), None

    return step


def _give(local: Any, told: Said) -> Outcomes:
    (at,) = local
    if at > 0:
        yield (at - 1,), at % 5


def _get(size: int) -> Act:
    def get(local: Any, told: Any) -> Outcomes:
        yield ((local[0] + told) % size,), None
        yield local, None

    return get


def _below(size: int) -> Any:
    return lambda local: local[0] < size


def ours(sizes: tuple[int, ...]) -> tuple[Counts, float, float]:
    """Counts, seconds, and processor seconds."""
    processor = time.process_time()
    found = search(ring(sizes), Options(clock=time.perf_counter))
    assert found.verdict == "holds", found
    return (found.distinct, found.generated, found.depth), found.seconds, time.process_time() - processor


def tlc(sizes: tuple[int, ...]) -> tuple[Counts, float]:
    """Counts, and seconds without Java's start. Raises `SystemExit` if TLC does not say that it has searched everything."""
    with tempfile.TemporaryDirectory(prefix="namesrv-bench-") as scratch:
        folder = Path(scratch)
        (folder / "Ring.tla").write_text((Path(__file__).parent / "Ring.tla").read_text())
        (folder / "MC.tla").write_text(
            f"---- MODULE MC ----\nEXTENDS Ring\nMCSize == <<{', '.join(map(str, sizes))}>>\n====\n"
        )
        (folder / "MC.cfg").write_text("CONSTANT Size <- MCSize\nSPECIFICATION Spec\nINVARIANT InRange\n")
        command = [
            str(find_java().path),
            "-XX:+UseParallelGC",
            f"-Djava.io.tmpdir={scratch}",
            "-cp",
            str(need_tla2tools()),
        ]
        command += ["tlc2.TLC", "-deadlock", "-workers", "2", "-metadir", scratch, "-config", "MC.cfg", "MC.tla"]
        with subprocess.Popen(
            command, cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            started = time.perf_counter()
            said += process.stdout.read()
            seconds = time.perf_counter() - started
    counted, depth = _COUNTED.search(said), _DEPTH.search(said)
    if counted is None or depth is None:
        raise SystemExit(f"bench: TLC: expected counts of a complete search, got:\n{said[-2000:]}")
    return (int(counted[2]), int(counted[1]), int(depth[1])), seconds


def main() -> None:
    """Prints a table; exits with 1 if the two count differently."""
    parser = argparse.ArgumentParser(prog="python -m bench.explorer", description=__doc__)
    parser.add_argument("--sizes", default="50,60,50,55", help="of the counters; their product is the number of states")
    parser.add_argument(
        "--tlc", action="store_true", help="run stock TLC beside it, which takes a hundred times as long"
    )
    parser.add_argument("--write", action="store_true", help="write it into docs/benchmarks.md, too")
    asked = parser.parse_args()
    sizes = tuple(int(size) for size in asked.sizes.split(","))
    counts, seconds, processor = ours(sizes)
    lines = [
        "| | distinct | generated | depth | seconds | distinct/s | generated/s |",
        "|---|---|---|---|---|---|---|",
        _row(f"namesrv.explore, one core ({processor:.1f} s of processor)", counts, seconds),
    ]
    if asked.tlc:
        theirs, their_seconds = tlc(sizes)
        if theirs[:2] != counts[:2]:
            raise SystemExit(f"bench: they count differently: {counts[:2]}, TLC {theirs[:2]} (distinct, generated)")
        lines += [_row("stock TLC, two workers", theirs, their_seconds), ""]
        lines += [
            f"TLC takes {their_seconds / seconds:.0f} times as long (aim: at least 20). {WHAT} {time.strftime('%Y-%m-%d')}."
        ]
    print("\n".join(lines))
    if asked.write:
        command = f"    uv run python -m bench.explorer --sizes {asked.sizes}{' --tlc' * asked.tlc} --write"
        write_part(EXPLORER, "\n".join([command, "", *lines]), MADE_OF)


def _row(who: str, counts: Counts, seconds: float) -> str:
    distinct, generated, depth = counts
    return (
        f"| {who} | {distinct:,} | {generated:,} | {depth} | {seconds:.1f} "
        f"| {distinct / seconds:,.0f} | {generated / seconds:,.0f} |"
    )


if __name__ == "__main__":
    main()
