"""Our server and the real Apache NameServer 5.5.0, one beside the other: `python -m bench`.

Both run all the time, loaded in turns by the same process (`bench.load`), the Java one warmed up first: a fresh JVM is two to
three times slower. Prints one table of ratios, and writes docs/benchmarks.md with `--write`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.awake import awake
from bench.load import BROKERS, JOBS, PIPELINED, ROUTE_CONNECTIONS, TOPICS
from bench.page import SERVER, write_part
from namesrv.check import stamp
from namesrv.remoting.command import RemotingCommand, encode_command

OURS, APACHE = "ours", "apache"
AWAKE: Final = " (awake)"
"""At the end of a job's name: the processors are kept from halting meanwhile."""
WHAT: Final = {
    "routes-pipelined": (f"route queries/s, {ROUTE_CONNECTIONS} connections × {PIPELINED} pipelined", 2.5),
    f"routes-single{AWAKE}": ("route queries/s, one at a time, processors kept awake", 1.8),
    "routes-single": ("route queries/s, one at a time, processors that halt in between", None),
    "register-changed": ("registrations/s, DataVersion and one topic changed", 1.2),
    "register-unchanged": ("registrations/s, unchanged (the periodic forced one)", 5.0),
}
"""Per job: what it counts, and which ratio is aimed at."""

HERE: Final = Path(__file__).parent
LOAD: Final = stamp.digest_of_code(HERE / "load.py", HERE / "awake.py")
"""A hash of how servers are loaded."""

MADE_OF: Final = stamp.digest(repr(WHAT), LOAD)
SERVE: Final = (sys.executable, "-m", "namesrv.cli.main", "serve", "--listen", "127.0.0.1:0")
STARTS: Final = 7


@contextlib.contextmanager
def our_server(profile: str) -> Iterator[tuple[int, int]]:
    """`namesrv serve` in a process of its own: its port and process id."""
    process = subprocess.Popen(
        [*SERVE, "--profile", profile], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r":(\d+),", line)
        if match is None:
            raise SystemExit(f"bench: namesrv serve: expected its first line, got {line!r}")
        yield int(match[1]), process.pid
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def apache(address: str | None, pid: int | None) -> Iterator[tuple[str, int, int | None]]:
    """The real 5.5.0: host, port, process id. `address`: one that runs already, as process `pid` (`None`: not known)."""
    if address is not None:
        host, _, port = address.rpartition(":")
        yield host, int(port), pid
        return
    from namesrv.check.oracle import Oracle

    with Oracle("apache-5.5.0", jvm_options=(), progress=lambda line: print(line, file=sys.stderr)) as oracle:
        assert oracle._process is not None
        yield oracle.host, oracle.port, child_of(oracle._process.pid)


def child_of(pid: int) -> int | None:
    """The process that `pid` runs and watches over."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


class Generator:
    """The load's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, **command: Any) -> tuple[int, float]:
        """One command; how many a second, in how many seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: the load has ended before its time")
        result = json.loads(line)
        return int(result["count"]), float(result["seconds"])

    def close(self) -> None:
        """Ends it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def resident_mb(pid: int | None) -> float | None:
    """The process's resident memory, in MB of 10^6 bytes."""
    if pid is None:
        return None
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) * 1024 / 1e6 if match else None


def cpu_seconds(pid: int | None) -> float:
    """The processor time that the process has used, its own and the kernel's for it; 0 where it is not known."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_to_first_answer_ms() -> list[float]:
    """From the command to an answered request, a few times."""
    request = encode_command(RemotingCommand(code=106, opaque=1))
    took = []
    for _ in range(STARTS):
        started = time.perf_counter()
        with our_server("strict") as (port, _), socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(request)
            assert peer.recv(1000)
            took.append((time.perf_counter() - started) * 1000)
    return took


def spread(values: list[float], digits: int = 1) -> str:
    """Median, and in brackets the least and the most."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def rate(values: list[float]) -> str:
    """The median of many a second, to three figures."""
    value = statistics.median(values)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def cost(costs: dict[str, list[float]]) -> str:
    """Three cells: processor time of ours, of Apache, and the ratio; unknown where Apache's process is."""
    ours, theirs = statistics.median(costs[OURS]), statistics.median(costs[APACHE])
    return f"{ours:,.0f} | {theirs:,.0f} | {theirs / ours:.1f}" if theirs else f"{ours:,.0f} | not known |"


def measure(arguments: argparse.Namespace) -> list[str]:
    """Runs everything. Returns the table's lines."""
    busy = [os.getloadavg()[0]]
    starts = start_to_first_answer_ms()
    load = Generator()
    rates: dict[str, dict[str, list[float]]] = {job: {OURS: [], APACHE: []} for job in WHAT}
    costs: dict[str, dict[str, list[float]]] = {job: {OURS: [], APACHE: []} for job in WHAT}
    with (
        our_server(arguments.profile) as (port, pid),
        apache(arguments.apache, arguments.apache_pid) as (host, apache_port, apache_pid),
    ):
        pids = {OURS: pid, APACHE: apache_pid}
        load.do(do="connect", server=OURS, host="127.0.0.1", port=port)
        load.do(do="connect", server=APACHE, host=host, port=apache_port)
        for job in JOBS:
            print(f"warming up: {job}", file=sys.stderr, flush=True)
            load.do(do=job, server=APACHE, seconds=arguments.warm_up)
            load.do(do=job, server=OURS, seconds=min(arguments.warm_up, 2))
        for number in range(arguments.rounds):
            for job in WHAT:
                for server in (OURS, APACHE) if number % 2 else (APACHE, OURS):
                    before = cpu_seconds(pids[server])
                    with awake() if job.endswith(AWAKE) else contextlib.nullcontext():
                        counted, seconds = load.do(do=job.removesuffix(AWAKE), server=server, seconds=arguments.seconds)
                    rates[job][server].append(counted / seconds)
                    costs[job][server].append((cpu_seconds(pids[server]) - before) / counted * 1e6)
                busy.append(os.getloadavg()[0])
                print(f"round {number + 1}: {job}: {rates[job][OURS][-1]:,.0f}, {rates[job][APACHE][-1]:,.0f}",
                      file=sys.stderr, flush=True)  # fmt: skip
        memory, apache_memory = resident_mb(pid), resident_mb(apache_pid)
    load.close()
    lines = [
        f"| {BROKERS} brokers × {TOPICS:,} topics | ours | Apache 5.5.0 | ratio: median (least to most) | aim |"
        " CPU µs each: ours | Apache | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for job, (what, aim) in WHAT.items():
        ours, theirs = rates[job][OURS], rates[job][APACHE]
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        lines.append(f"| {what} | {rate(ours)} | {rate(theirs)} | {spread(ratios)} | {f'≥ {aim}' if aim else ''} |"
                     f" {cost(costs[job])} |")  # fmt: skip
    shown = "not known" if apache_memory is None else f"{apache_memory:.0f} MB"
    lines.append(f"| resident memory afterwards | {memory:.0f} MB | {shown} | | ≤ 100 MB | | | |")
    lines.append(f"| start to first answer, ms | {spread(starts, 0)} | | | ≤ 300 | | | |")
    lines.append("")
    lines.append(
        f"Runnable processes meanwhile (load average; ours, Apache and the load make 2 to 4 of them): {busy[0]:.1f} at the start,"
        f" {spread(busy[1:])} then."
    )
    return lines


def document(table: list[str], arguments: argparse.Namespace) -> str:
    """The page."""
    cpus = os.cpu_count()
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "    uv run python -m bench --write",
            "",
            "runs our server and the real Apache NameServer 5.5.0 at the same time, loads them in turns from one process"
            f" ({arguments.rounds} rounds of {arguments.seconds:g} s each, after {arguments.warm_up:g} s a job to warm up the"
            " JVM), and writes this page. A ratio is that of one round's two neighbours, so that what else the machine does falls"
            " on both. Loopback, plain text; servers and load share the processors. Ours works in one thread, Apache's in"
            " many: where a processor is to be had for the asking, or none is, that tells in requests a second; the processor"
            " time of each request does not depend on it.",
            "",
            *table,
            "",
            f"Profile `{arguments.profile}`, Python {platform.python_version()}, {cpus} processors, {platform.system()}"
            f" {platform.machine()}, {time.strftime('%Y-%m-%d')}.",
            "",
            "What is measured:",
            "",
            f"- *Routes*: a 5.5.0 client's question for one of {TOPICS:,} topics, each on all {BROKERS} brokers. Pipelined: a"
            f" connection sends {PIPELINED} at once, and the next {PIPELINED} when all are answered. Every answer is looked at.",
            "- *Processors kept awake*: by a process each that gives way to all others (`bench.awake`). One at a time, the server"
            " sleeps while the client works and the other way round; where a processor is virtual and has nothing else to do, it"
            " halts, and waking it takes longer than the request. The row without is what is then left to see.",
            f"- *Registrations*: all {BROKERS} brokers at once, each with one on its way, {TOPICS:,} topics and a right"
            " `bodyCrc32`. As a real broker's, the body differs each time in `mappingDataVersion`. *Changed*: a new DataVersion"
            " and one topic with another number of queues, what an updated topic comes to.",
            "- *Memory*: after all of that, connections open; Apache's with the JVM's own defaults. *Start*:"
            " from the command to the first answered request,"
            f" {STARTS} times.",
            "",
            "How it is done: `namesrv.server.unchanged` says when a registration need not be parsed, and why that is the same;"
            " `namesrv.server.changed_topics` reads of a changed one what is different; routes are kept encoded until"
            " something in them changes (`namesrv.server.tables`).",
            "",
        ]
    )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one server's turn at one job")
    parser.add_argument("--warm-up", type=float, default=15.0, help="seconds of each job, for the JVM")
    parser.add_argument("--profile", default="strict")
    parser.add_argument("--apache", metavar="HOST:PORT", help="a 5.5.0 that runs already, instead of starting one")
    parser.add_argument("--apache-pid", type=int, metavar="PID", help="its process, for memory and processor time")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    arguments = parser.parse_args()
    table = measure(arguments)
    print("\n".join(table))
    if arguments.write:
        write_part(SERVER, document(table, arguments), MADE_OF)


if __name__ == "__main__":
    main()
