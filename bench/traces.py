"""How fast `namesrv trace check` is on large recordings, and what memory it takes: `python -m bench.traces`.

Our server answers one round of a calm cluster: brokers that register, four at once, and clients that ask for routes. That round
is written again and again, half a minute later each time, as such a cluster goes on.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from bench.page import TRACES, write_part
from namesrv.check import stamp
from namesrv.check.embedded import Embedded
from namesrv.check.peer import Peer
from namesrv.check.recording import Ended, Event, FrameSeen, Head, Opened, Side
from namesrv.check.recording_file import RecordingWriter
from namesrv.check.recording_lines import event_line
from namesrv.check.runner import Target
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import GetRouteInfoByTopic, RegisterBroker, Request
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.command import encode_command

PROFILE: Final = "apache-5.5.0"
BROKERS: Final = 8
TOPICS: Final = 50
CLIENTS: Final = 48
ROUTES: Final = 2
AT_ONCE: Final = 4
ROUND_NS: Final = 30_000_000_000
MS: Final = 1_000_000
DEADLINE_S: Final = 60.0
SIZES: Final = (100_000, 1_000_000)
MADE_OF: Final = stamp.digest(PROFILE, repr((BROKERS, TOPICS, CLIENTS, ROUTES, AT_ONCE, ROUND_NS)))
HEAD: Final = Head(started="2026-01-01T00:00:00Z", listen="h:1", upstream="h:2", made_by="bench.traces")


def registration(number: int) -> RegisterBroker:
    """Of a master with its topics."""
    names = (f"topic-{number}-{topic}" for topic in range(TOPICS))
    configs = {name: TopicConfig(topic_name=name) for name in names}
    body = RegisterBrokerBody(topic_config_table=table(configs), data_version=DataVersion(timestamp=1, counter=1))
    return RegisterBroker(cluster_name="bench", broker_addr=f"10.0.0.{number}:10911", broker_name=f"broker-{number}",
                          broker_id=0, ha_server_addr=f"10.0.0.{number}:10912", body=body)  # fmt: skip


def asked() -> Iterator[list[tuple[int, Request]]]:
    """What a round asks: so many at once, each over its connection."""
    every: list[tuple[int, Request]] = [(number, registration(number)) for number in range(BROKERS)]
    every += [
        (BROKERS + client, GetRouteInfoByTopic(topic=f"topic-{client % BROKERS}-{(client + n) % TOPICS}"))
        for n in range(ROUTES)
        for client in range(CLIENTS)
    ]
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def one_round(peers: Sequence[Peer], at: int) -> list[Event]:
    """Its events, as they come to be, a millisecond between two."""
    events: list[Event] = []

    def saw(connection: int, sender: Side, data: bytes) -> None:
        at_now = at + len(events) * MS
        events.append(FrameSeen(at=at_now, connection=connection + 1, sender=sender, data=data))

    for together in asked():
        due = []
        for connection, request in together:
            opaque = peers[connection].next_opaque()
            data = encode(Prefix(""), request, Style(), opaque=opaque, oneway=False)
            saw(connection, Side.CLIENT, data)
            peers[connection].send(data)
            due.append((connection, opaque))
        for connection, opaque in due:
            answer = peers[connection].answer(opaque, time.monotonic() + DEADLINE_S)
            assert answer is not None, "the server does not answer"
            saw(connection, Side.SERVER, encode_command(answer))
    return events


def write_recording(path: Path, count: int) -> int:
    """A recording of so many events, or a few more; how many."""
    with Embedded(profile=PROFILE) as server:
        target = Target(host="127.0.0.1", port=server.port)
        peers = [target.connect() for _ in range(BROKERS + CLIENTS)]
        rounds = [one_round(peers, number * ROUND_NS) for number in (1, 2)]
        for peer in peers:
            peer.close()
    with RecordingWriter(path, HEAD) as writer:
        opened = [Opened(at=0, connection=n + 1, peer=f"10.0.1.{n}:1") for n in range(len(peers))]
        writer.append(*map(event_line, opened))
        written, shift = len(opened), 0
        while written < count:
            later = (attrs.evolve(event, at=event.at + shift) for event in rounds[min(shift, 1)])
            writer.append(*map(event_line, later))
            written += len(rounds[0])
            shift += ROUND_NS
        writer.write(Ended(at=shift + ROUND_NS, frames=written - len(opened)))
    return written + 1


def checked(path: Path, *words: str) -> tuple[int, float, float]:
    """`namesrv trace …`: its exit code, its seconds, the most memory that it took, MiB."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "namesrv.cli.main", "trace", *words, str(path)]
    pid = os.posix_spawn(sys.executable, command, os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])  # fmt: skip
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), time.perf_counter() - start, used.ru_maxrss / 1024


def measure(sizes: Sequence[int]) -> list[str]:
    """Runs everything. Returns the table's lines."""
    lines = ["| events | file | from | verdict | seconds | events a second | memory |", "|---|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.jsonl"
            count = write_recording(path, size)
            for start in ("empty", "unknown"):
                code, seconds, mib = checked(path, "check", "--profile", PROFILE, "--from", start)
                verdict = {0: "holds", 1: "violated"}.get(code, "unknown")
                lines.append(
                    f"| {count:,} | {path.stat().st_size >> 20:,} MiB | {start} | {verdict} | {seconds:,.1f} "
                    f"| {count / seconds:,.0f} | {mib:,.0f} MiB |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
            path.unlink()
    return lines


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench.traces", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--write", action="store_true", help="write this part of docs/benchmarks.md")
    arguments = parser.parse_args()
    busy = os.getloadavg()[0]
    table_ = measure(arguments.events)
    print("\n".join(table_))
    if arguments.write:
        words = "" if arguments.events == list(SIZES) else f" --events {' '.join(map(str, arguments.events))}"
        write_part(
            TRACES,
            "\n".join(
                [
                    f"    uv run python -m bench.traces{words} --write",
                    "",
                    *table_,
                    "",
                    f"`namesrv trace check` on a calm cluster's traffic: {BROKERS} brokers with {TOPICS} topics each"
                    f" register every half minute, {AT_ONCE} at once, {CLIENTS} clients ask for {ROUTES} routes each meanwhile."
                    f" Our server answered one such round as {PROFILE}, which is then told again and again."
                    f" Load average {busy:.1f} at the start, {os.getloadavg()[0]:.1f} at the end, on {os.cpu_count()} processors;"
                    f" Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}.",
                ]
            ),
            MADE_OF,
        )


if __name__ == "__main__":
    main()
