"""`namesrv audit "HOST:PORT;HOST:PORT"`: is what a set of NameServers says sound, and do they agree?"""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from namesrv.cli.check import tls_context
from namesrv.cli.files import NEW_FILE, NEW_FILE_OR_STDOUT, stdout
from namesrv.cli.main import nearest
from namesrv.cli.results import code_of

if TYPE_CHECKING:
    from namesrv.check.audit.audited import Audit


@click.command(name="audit", short_help="A live set of NameServers: is each sound, do they agree?")
@click.argument("name_servers", metavar='"HOST:PORT;HOST:PORT"')
@click.option("--profile", metavar="NAME", help="What they are.  [default: the release that their answers name]")
@click.option("--confirm", default=8, show_default=True, type=click.IntRange(min=2),
              help="So many snapshots in a row have to say that something is wrong.")  # fmt: skip
@click.option("--interval", "interval_s", default=0.5, show_default=True, type=click.FloatRange(min=0),
              help="Seconds between two snapshots, half to one and a half of it.")  # fmt: skip
@click.option("--timeout", "timeout_s", default=5.0, show_default=True, type=click.FloatRange(min=0, min_open=True),
              help="Seconds to wait for an answer.")  # fmt: skip
@click.option("--within", "within_s", default=60.0, show_default=True, type=click.FloatRange(min=0, min_open=True),
              help="Seconds for one NameServer's part of a snapshot.")  # fmt: skip
@click.option("--data-versions", is_flag=True, help="Ask QUERY_DATA_VERSION, too: which keeps dead brokers alive.")
@click.option("--watch", is_flag=True, help="Keep looking, until Ctrl-C; shows what changes.")
@click.option("--times", type=click.IntRange(min=1), help="With --watch: end after so many snapshots.")
@click.option("--prometheus-port", type=click.IntRange(0, 65535), help="Gauges on loopback; implies --watch.")
@click.option("--json", "json_file", type=NEW_FILE_OR_STDOUT,
              help="The result for machines; with --watch a line for each snapshot.")  # fmt: skip
@click.option("--html", "html_file", type=NEW_FILE, help="The result as a page.")
@click.option("--expect", type=click.Choice(["holds", "violated"]), default="holds", show_default=True,
              help="What exit code 0 stands for.")  # fmt: skip
@click.option("--tls", is_flag=True, help="Speak TLS; the certificate has to be one that the system trusts.")
@click.option("--tls-ca", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Trust this PEM certificate; implies --tls.")  # fmt: skip
@click.option("--tls-insecure", is_flag=True, help="Do not look at the certificate; implies --tls.")
def audit(
    name_servers: str,
    profile: str | None,
    confirm: int,
    interval_s: float,
    timeout_s: float,
    within_s: float,
    data_versions: bool,
    watch: bool,
    times: int | None,
    prometheus_port: int | None,
    json_file: Path | None,
    html_file: Path | None,
    expect: str,
    tls: bool,
    tls_ca: Path | None,
    tls_insecure: bool,
) -> None:
    """Look at every NameServer of a set: is what each says sound, and do they agree?

    Asked are 206, 106 and 105, which change nothing. Exit code 0: nothing is wrong in what can be seen; 1: something was, in
    each of the last snapshots; 2: a NameServer could not be asked, or what was wrong never stayed.
    """
    from rich.console import Console

    from namesrv.check.audit.auditor import Auditor
    from namesrv.check.audit.page import page_of
    from namesrv.check.audit.snapshots import Asker
    from namesrv.check.audit.terminal import print_audit
    from namesrv.check.findings import Verdict
    from namesrv.check.report_page import write
    from namesrv.check.seen import WARNING
    from namesrv.check.target import Target
    from namesrv.model.profiles import PROFILES
    from namesrv.remoting.address import AddressError, parse_addresses

    try:
        addresses = parse_addresses(name_servers)
    except AddressError as error:
        raise click.UsageError(str(error)) from error
    if profile is not None and profile not in PROFILES:
        raise click.UsageError(f"--profile: no {profile!r}{nearest(profile, list(PROFILES))}")
    if times is not None and not watch and prometheus_port is None:
        raise click.UsageError("--times: needs --watch")
    context = tls_context(tls_ca, insecure=tls_insecure) if tls or tls_ca or tls_insecure else None
    asker = Asker(
        targets=tuple(Target(host=a.host, port=a.port, tls=context) for a in addresses),
        profile=None if profile is None else PROFILES[profile],
        data_versions=data_versions,
        timeout_s=timeout_s,
        within_s=within_s,
    )
    console = Console()
    if data_versions:
        console.print(f"[yellow]warning[/]: {WARNING}", highlight=False, soft_wrap=True)
    auditor = Auditor(asker.snapshot, confirm=confirm)
    with stopping() as stop, writing(json_file, lines=watch or prometheus_port is not None) as tell:
        if watch or prometheus_port is not None:
            from namesrv.cli.auditing import watching

            found = watching(auditor, console, tell, stop, interval_s=interval_s, times=times, port=prometheus_port)
        else:
            with console.status(name_servers):
                found = auditor.audit(lambda share: pause(stop, interval_s * share))
            print_audit(console, found)
            tell(found)
    if html_file is not None:
        write(html_file, page_of(found, f'namesrv audit "{name_servers}"'))
    verdict = found.verdict
    sys.exit(code_of([verdict]) if verdict is Verdict.UNKNOWN else int(verdict.value != expect))


def pause(stop: threading.Event, interval_s: float) -> None:
    """Waits; Ctrl-C ends it. Raises `KeyboardInterrupt`."""
    if stop.wait(interval_s):
        raise KeyboardInterrupt


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM; a second one is as ever."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def on_signal(number: int, frame: object) -> None:
        del frame
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in numbers:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number in numbers:
            signal.signal(number, before[number])


@contextlib.contextmanager
def writing(file: Path | None, *, lines: bool) -> "Iterator[Callable[[Audit], None]]":
    """Where audits are told for machines: one document, or a line each."""
    import orjson

    from namesrv.check.audit.document import as_json
    from namesrv.cli.results import write_json

    if file is None or not lines:
        yield lambda found: write_json(file, as_json(found))
        return
    out: Any = stdout() if str(file) == "-" else file.open("wb")

    def tell(found: "Audit") -> None:
        out.write(orjson.dumps(as_json(found)) + b"\n")
        out.flush()

    try:
        yield tell
    finally:
        if str(file) != "-":
            out.close()
