"""What `namesrv record` costs a request, beside a relay that only passes bytes on: `python -m bench.recorder`.

Our server runs behind both. One request at a time is sent, in turns, straight to the server, through the relay and through the
recorder; what the two add to the median of the straight way is compared within each round. Both are uvloop processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

from bench.__main__ import LOAD, cpu_seconds, our_server, spread
from bench.awake import awake
from bench.load import TOPICS, Broker, Line
from bench.page import RECORDER as RECORDERS_PART
from bench.page import write_part
from namesrv.check import stamp
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request
from namesrv.server.running import new_event_loop

STRAIGHT, RELAY, RECORDER = WAYS = ("straight", "relay", "recorder")
LISTENING: Final = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
ROUTE: Final = encode_command(
    request(RequestCode.GET_ROUTEINFO_BY_TOPIC, opaque=1, ext_fields={"topic": "topic-00001"})
)
JOBS: Final[dict[str, tuple[str, int]]] = {
    "route": ("a route asked for", 400),
    "register": (f"a registration of {TOPICS:,} topics", 12),
}
"""What each round has of each: what it is, how often."""

MADE_OF: Final = stamp.digest(repr(JOBS), LOAD)


class Passing(asyncio.Protocol):
    """The relay: what comes goes on, with no thought of what it is."""

    def __init__(self, upstream: int | None, other: Passing | None = None) -> None:
        self._upstream = upstream
        self.other = other
        self.transport: asyncio.Transport | None = None
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._upstream is not None:
            self.connecting = asyncio.ensure_future(self._connect(self._upstream))

    async def _connect(self, port: int) -> None:
        made = Passing(None, self)
        await asyncio.get_running_loop().create_connection(lambda: made, "127.0.0.1", port)
        self.other = made
        assert made.transport is not None
        made.transport.writelines(self.early)

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self.early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


async def relay(upstream: int) -> None:
    """Until it is killed."""
    server = await asyncio.get_running_loop().create_server(lambda: Passing(upstream), "127.0.0.1", 0)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def started(*words: str) -> Iterator[tuple[int, int]]:
    """A process that says where it listens: the port, and its process id."""
    process = subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = LISTENING.match(line)
        if match is None:
            raise SystemExit(f"bench: {words[0]}: expected where it listens, got {line!r}")
        yield int(match[1]), process.pid
    finally:
        process.terminate()
        process.communicate()


def median_us(ask: Callable[[], Any], count: int) -> float:
    """Of one request's time, microseconds."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def measure(rounds: int) -> list[str]:
    """Runs everything. Returns the table's lines."""
    medians: dict[str, dict[str, list[float]]] = {job: {way: [] for way in WAYS} for job in JOBS}
    costs: dict[str, dict[str, list[float]]] = {job: {way: [] for way in WAYS} for job in JOBS}
    with tempfile.TemporaryDirectory() as folder, our_server("strict") as (port, _), contextlib.ExitStack() as stack:
        relaying, relay_pid = stack.enter_context(started("bench.recorder", "--relay", str(port)))
        words = ("--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}", "-o", str(Path(folder) / "r"))
        recording, recorder_pid = stack.enter_context(started("namesrv.cli.main", "record", *words))
        ports = {STRAIGHT: port, RELAY: relaying, RECORDER: recording}
        pids = {STRAIGHT: None, RELAY: relay_pid, RECORDER: recorder_pid}
        lines = {way: Line("127.0.0.1", each) for way, each in ports.items()}
        brokers = {way: Broker(line, number) for number, (way, line) in enumerate(lines.items())}
        stack.enter_context(awake())

        def asking(job: str, way: str) -> Callable[[], Any]:
            if job == "route":
                return lambda: lines[way].ask([ROUTE])
            return lambda: lines[way].ask(brokers[way].register(changed=False))

        for way in WAYS:
            brokers[way].line.ask(brokers[way].register(changed=True))
        for number in range(rounds + 1):
            for job, (_, count) in JOBS.items():
                for way in WAYS[number % 3 :] + WAYS[: number % 3]:
                    before = cpu_seconds(pids[way])
                    median = median_us(asking(job, way), count)
                    if number:  # the first round warms up
                        medians[job][way].append(median)
                        costs[job][way].append((cpu_seconds(pids[way]) - before) / count * 1e6)
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
        for line in lines.values():
            line.socket.close()
    table = [
        "| one at a time, median of a round in µs | straight | through a relay | through `namesrv record` |"
        " added: relay | recorder | ratio: median (least to most) | CPU µs each: relay | recorder |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for job, (what, _) in JOBS.items():
        straight, relayed, recorded = (medians[job][way] for way in WAYS)
        added = [[way - base for way, base in zip(each, straight, strict=True)] for each in (relayed, recorded)]
        ratios = [mine / plain for plain, mine in zip(*added, strict=True) if plain > 0]
        cells = (f"{statistics.median(each):,.0f}" for each in (straight, relayed, recorded, *added))
        used = (f"{statistics.fmean(costs[job][way]):,.0f}" for way in (RELAY, RECORDER))
        table.append(f"| {what} | {' | '.join(cells)} | {spread(ratios)} | {' | '.join(used)} |")
    return table


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench.recorder", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--write", action="store_true", help="write this part of docs/benchmarks.md")
    parser.add_argument("--relay", type=int, metavar="PORT", help="be the relay before PORT")
    arguments = parser.parse_args()
    if arguments.relay is not None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(relay(arguments.relay))
        return
    busy = os.getloadavg()[0]
    table = measure(arguments.rounds)
    print("\n".join(table))
    if arguments.write:
        words = f" --rounds {arguments.rounds}" if arguments.rounds != parser.get_default("rounds") else ""
        counts = " and ".join(f"{count} of {what}" for what, count in JOBS.values())
        write_part(
            RECORDERS_PART,
            "\n".join(
                [
                    f"    uv run python -m bench.recorder{words} --write",
                    "",
                    *table,
                    "",
                    f"{arguments.rounds} rounds, in each {counts}, in turns: straight to our server, through a relay that only"
                    " passes bytes on (uvloop, 30 lines), and through the recorder. What the two add to the straight median is"
                    " compared within a round. The recorder passes bytes on first and looks at them then, so what it adds"
                    " is what it has still to do for one message when the next comes; where the processors are busy that is"
                    " waiting, too, so the processor time of each says more. A registration is 1.3 MB, 2.6 in the recording."
                    " Processors are kept awake."
                    f" Load average {busy:.1f} at the start, {os.getloadavg()[0]:.1f} at the end, on {os.cpu_count()} processors;"
                    f" Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}.",
                ]
            ),
            MADE_OF,
        )


if __name__ == "__main__":
    main()
