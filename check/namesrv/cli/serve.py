"""`namesrv serve`: the server in the foreground. Heavy imports come when it starts, so that the first answer is early."""

import asyncio
import ipaddress
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from namesrv.server.app import NameServer


def parse_listen(text: str) -> tuple[str, int]:
    """`HOST:PORT`, an IPv6 host in brackets. Raises `click.UsageError`."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise click.UsageError(f"--listen: expected an IPv6 host in brackets, as in [::1]:9876, got {text!r}")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"--listen: expected HOST:PORT with a port of 0 to 65535, got {text!r}")
    return host, int(port)


def listen_of(options: Mapping[str, str], otherwise: str) -> str:
    """bindAddress and listenPort, as far as the options have them."""
    host, _, port = otherwise.rpartition(":")
    host = options.get("bindAddress", host)
    return f"{f'[{host}]' if ':' in host else host}:{options.get('listenPort', port)}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it, as far as the text tells."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fail(message: str) -> NoReturn:
    """One clear line, exit 2: could not run."""
    click.echo(f"namesrv serve: {message}", err=True)
    sys.exit(2)


def tls_context(host: str, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """From the files, or self-signed. Exits with 2 if that fails."""
    from namesrv.server import tls

    if (certificate is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key: expected both or none, got one")
    try:
        if certificate is not None and key is not None:
            return tls.context_from_files(certificate, key)
        return tls.self_signed_context(host)
    except ImportError:
        fail("--tls without --tls-cert makes a certificate with the package cryptography: install namesrv[tls]")
    except OSError as error:
        fail(f"--tls-cert {certificate}, --tls-key {key}: expected a PEM certificate and its key, got: {error}")


async def run(server: "NameServer", ready: Callable[[], None]) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await server.start()
    except OSError as error:
        fail(f"cannot listen on {server.address}: {error.strerror or error}")
    ready()
    await stop.wait()
    await server.stop()


@click.command(name="serve")
@click.option("--listen", default="127.0.0.1:9876", show_default=True, metavar="HOST:PORT", help="Port 0: a free one.")
@click.option(
    "--profile", default="strict", show_default=True, metavar="NAME", help="strict, or a release: apache-5.5.0."
)
@click.option("--tls", is_flag=True, help="Also TLS, on the same port; self-signed unless a certificate is given.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="A PEM certificate; implies --tls.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its PEM key.")
@click.option("--scan-interval-ms", type=click.IntRange(min=1), help="Between two scans for silent brokers.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keeps KV configs there.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="NamesrvConfig's options as Java properties, as Apache's -c; UPDATE_NAMESRV_CONFIG writes it.",
)
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Log unchanged registrations too.")
def serve(
    listen: str,
    profile: str,
    tls: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    scan_interval_ms: int | None,
    data: Path | None,
    config_file: Path | None,
    log_format: str,
    verbose: bool,
) -> None:
    """Run a NameServer until Ctrl-C."""
    from namesrv.cli.config_file import read_config_file

    options = {} if config_file is None else read_config_file("--config", config_file)
    if click.get_current_context().get_parameter_source("listen") is click.core.ParameterSource.DEFAULT:
        listen = listen_of(options, listen)
    host, port = parse_listen(listen)

    from namesrv.server import NameServer, UnknownProfile, server_profile
    from namesrv.server.kv_config import KVConfigError
    from namesrv.server.log import log_to_stderr
    from namesrv.server.running import new_event_loop

    try:
        chosen = server_profile(profile)
    except UnknownProfile as error:
        fail(str(error))
    rendering = log_to_stderr("json" if log_format == "json" else "console", verbose=verbose)
    context = tls_context(host, tls_cert, tls_key) if tls or tls_cert or tls_key else None
    try:
        server = NameServer(
            profile=chosen,
            host=host,
            port=port,
            scan_interval_ms=scan_interval_ms,
            tls=context,
            data=data,
            options=options,
            config_file=config_file,
        )
    except KVConfigError as error:
        fail(f"--data: {error}")
    if not is_loopback(host):
        click.echo(f"warning: {host} may be reached from other machines; nobody is asked for a password", err=True)

    def ready() -> None:
        with_tls = ", TLS too" if context is not None else ""
        click.echo(f"listening on {server.address}, profile {chosen.name}{with_tls}")
        sys.stdout.flush()
        threading.Thread(target=rendering.prepared, daemon=True).start()  # so that no registration waits for it

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(run(server, ready))
