"""`namesrv record`: what goes between a NameServer and its peers into a file, through a proxy or out of a capture."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from namesrv.cli.files import NEW_FILE
from namesrv.cli.main import EXIT_UNKNOWN
from namesrv.cli.serve import is_loopback, parse_listen

if TYPE_CHECKING:
    from namesrv.check.recording_proxy import RecordingProxy
    from namesrv.check.recording_sink import Parts, RecordingSink
    from namesrv.check.recording_streams import Counts

PROGRESS_S: Final = 1.0
MB: Final = 1_000_000
KEPT_BYTES: Final = 64 << 20
"""Of memory that frames have left: a dozen large registrations at once."""


def fail(message: str) -> NoReturn:
    """One clear line, exit 2: could not run."""
    click.echo(f"namesrv record: {message}", err=True)
    sys.exit(EXIT_UNKNOWN)


def started_now() -> str:
    """ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_of(count: int, what: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


class Telling:
    """What people are told on the way (stderr), or machines (one JSON object a line on stdout)."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_live = not as_json and sys.stderr.isatty()
        self._has_line = False

    def tell(self, line: str) -> None:
        """Something has gone wrong, or goes well again. From any thread."""
        if self._as_json:
            self.document({"event": "warning", "what": line})
        else:
            self._clear()
            click.echo(f"warning: {line}", err=True)

    def say(self, line: str, document: dict[str, Any]) -> None:
        """For whoever started us: a line for people, or the document."""
        if self._as_json:
            self.document(document)
        else:
            self._clear()
            click.echo(line)
            sys.stdout.flush()

    def progress(self, line: str) -> None:
        """On a terminal only, always the same line."""
        if self._is_live:
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)
            self._has_line = True

    def document(self, document: dict[str, Any]) -> None:
        """One JSON object."""
        import orjson

        sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
        sys.stdout.buffer.flush()

    def _clear(self) -> None:
        if self._has_line:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._has_line = False


def counted(counts: "Counts") -> str:
    """What has come so far, for people."""
    return ", ".join(
        (
            number_of(counts.connections, "connection"),
            number_of(counts.requests, "request"),
            number_of(counts.answers, "answer"),
        )
    )


def summary(counts: "Counts", paths: Sequence[Path], size: int, lost_frames: int = 0) -> tuple[str, dict[str, Any]]:
    """What has come of it, for people and for machines."""
    files = [str(path) for path in paths]
    into = files[-1] if len(files) == 1 else f"{len(files)} files, the last of them {files[-1]}"
    lines = [f"recorded {counted(counts)}: {size / MB:.1f} MB in {into}"]
    for kind, count in counts.unreadable.items():
        what = "TLS, which can't be read" if kind == "TLS" else "something other than remoting"
        lines.append(f"{number_of(count, 'connection')} of {what}: only counted")
    if counts.upstream_lost:
        lines.append(f"{number_of(counts.upstream_lost, 'connection')} found no NameServer")
    if counts.gaps:
        lines.append(f"{number_of(counts.gaps, 'gap')}: frames are missing there")
    if lost_frames:
        lines.append(f"{number_of(lost_frames, 'frame')} could not be written: the recording has gaps")
    document = {
        "event": "summary",
        "connections": counts.connections,
        "requests": counts.requests,
        "answers": counts.answers,
        "bytes": counts.bytes,
        "unreadable_connections": counts.unreadable,
        "upstream_lost": counts.upstream_lost,
        "gaps": counts.gaps,
        "lost_frames": lost_frames,
        "files": files,
        "file_bytes": size,
    }
    return "\n  ".join(lines), document


async def run(proxy: "RecordingProxy", host: str, port: int, output: Path, parts: "Parts", telling: Telling) -> bool:
    """Until SIGINT or SIGTERM; a second one ends it at once. Whether all of it was written."""
    from namesrv.check.recording import Head
    from namesrv.check.recording_sink import RecordingSink

    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        listen = await proxy.listen(host, port)
    except OSError as error:
        fail(f"cannot listen on {host}:{port}: {error.strerror or error}")
    made_by = f"namesrv {version('namesrv')}"
    head = Head(started=started_now(), listen=listen, upstream=str(proxy.upstream), made_by=made_by)
    try:
        sink = RecordingSink(output, head, parts, telling.tell)
    except OSError as error:
        fail(f"-o: expected a new file, got {error.filename or output}: {error.strerror or error}")
    await proxy.start(sink)
    telling.say(
        f"listening on {listen} for {proxy.upstream}, recording to {sink.paths[0]}; Ctrl-C ends it",
        {"event": "listening", "listen": listen, "upstream": str(proxy.upstream), "file": str(sink.paths[0])},
    )
    ticking = asyncio.create_task(tick(proxy, sink, telling))
    await stop.wait()
    ticking.cancel()
    stopping = asyncio.create_task(proxy.stop())
    hurrying = asyncio.create_task(hurry.wait())
    await asyncio.wait((stopping, hurrying), return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        fail("ended at once: the recording may lack its end")
    hurrying.cancel()
    telling.say(*summary(proxy.counts, sink.paths, sink.size, sink.lost_frames))
    return not sink.lost_frames


async def tick(proxy: "RecordingProxy", sink: "RecordingSink", telling: Telling) -> None:
    """Once a second: how far it is, and the first connection that can't be read."""
    told = False
    while True:
        await asyncio.sleep(PROGRESS_S)
        counts = proxy.counts
        telling.progress(f"{counted(counts)} ({counts.open} open), {sink.size / MB:.1f} MB")
        if not told and counts.unreadable:
            told = True
            kinds = " and ".join(counts.unreadable)
            telling.tell(f"{kinds}: passed on as it is, but can't be read; the recording only counts it")


def of_capture(path: Path, port: int, servers: Sequence[str], output: Path, telling: Telling) -> None:
    """`--pcap-in`."""
    from namesrv.cli.record_capture import CaptureUnusable, chosen, record_capture, remarks

    if output.exists():  # a large capture is read for minutes
        fail(f"-o: expected a new file, got {output}, which is there")
    try:
        addresses = chosen(path, port, servers)
        counts, passed, size = record_capture(
            path, port, addresses, output, lambda counts: telling.progress(counted(counts))
        )
    except CaptureUnusable as error:
        fail(f"--pcap-in: {error}")
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}")
    for remark in remarks(passed):
        telling.tell(remark)
    telling.say(*summary(counts, [output], size))


def of_proxy(listen: str, upstream: str, output: Path, parts: "Parts", telling: Telling) -> bool:
    """Until Ctrl-C. Whether all of it was written."""
    from namesrv.check.freed_memory import keep_freed_memory
    from namesrv.check.recording_proxy import RecordingProxy
    from namesrv.remoting.address import AddressError, parse_address
    from namesrv.server.running import new_event_loop

    host, port = parse_listen(listen)
    try:
        address = parse_address(upstream, "--upstream")
    except AddressError as error:
        fail(str(error))
    if not is_loopback(host):
        telling.tell(f"{host} may be reached from other machines, and so may the NameServer then")
    proxy = RecordingProxy(address, telling.tell)
    keep_freed_memory(KEPT_BYTES)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(run(proxy, host, port, output, parts, telling))


@click.command(name="record", short_help="Record what brokers, clients and a NameServer say.")
@click.option("--listen", default="127.0.0.1:9877", show_default=True, metavar="HOST:PORT",
              help="Where brokers and clients connect; port 0: a free one.")  # fmt: skip
@click.option("--upstream", metavar="HOST:PORT", help="The NameServer.")
@click.option("--pcap-in", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Record what is in this capture (pcap, pcapng) instead.")  # fmt: skip
@click.option("--port", default=9876, show_default=True, type=click.IntRange(1, 65535),
              help="The NameServer's in the capture.")  # fmt: skip
@click.option("--server", "servers", multiple=True, metavar="HOST[:PORT]",
              help="The NameServer's address in the capture, where there are several; again for each that it has.")  # fmt: skip
@click.option("-o", "--output", required=True, type=NEW_FILE, metavar="FILE",
              help="The recording, a new file of JSON lines.")  # fmt: skip
@click.option("--rotate-mb", type=click.FloatRange(min=0, min_open=True), metavar="N",
              help="Go on in another file after N MB: run.0001.jsonl, run.0002.jsonl, … for -o run.jsonl.")  # fmt: skip
@click.option("--rotate-frames", type=click.IntRange(min=1), metavar="N", help="The same after N frames.")
@click.option("--max-files", type=click.IntRange(min=1), metavar="N", help="Keep only the last N of them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: listening, warnings, summary.")
def record(
    listen: str,
    upstream: str | None,
    pcap_in: Path | None,
    port: int,
    servers: tuple[str, ...],
    output: Path,
    rotate_mb: float | None,
    rotate_frames: int | None,
    max_files: int | None,
    as_json: bool,
) -> None:
    """Record what goes between a NameServer and its peers.

    With --upstream: a transparent proxy, until Ctrl-C. Give brokers and clients its address as their namesrvAddr.
    Nothing is changed or held up, whatever becomes of the recording. TLS is passed on, and can't be read.

    With --pcap-in: what tcpdump or tshark has captured, for example with: tcpdump -i any -s 0 -w FILE tcp port 9876

    Exit codes: 0 recorded, 2 it could not run, or something could not be written.
    """
    from namesrv.check.recording_sink import Parts

    if (upstream is None) == (pcap_in is None):
        got = "neither" if upstream is None else "both"
        raise click.UsageError(f"expected --upstream HOST:PORT or --pcap-in FILE, got {got}")
    telling = Telling(as_json=as_json)
    parts = Parts(bytes=None if rotate_mb is None else int(rotate_mb * MB), frames=rotate_frames, keep=max_files)
    if parts.is_one and max_files is not None:
        raise click.UsageError("--max-files: expected --rotate-mb or --rotate-frames beside it, got neither")
    if pcap_in is not None:
        if not parts.is_one:
            raise click.UsageError("--rotate-mb, --rotate-frames: not with --pcap-in")
        of_capture(pcap_in, port, servers, output, telling)
    elif upstream is not None and not of_proxy(listen, upstream, output, parts, telling):
        sys.exit(EXIT_UNKNOWN)
