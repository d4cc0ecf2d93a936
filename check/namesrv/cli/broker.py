"""`namesrv broker`: runs a broker's registration and shows what it sends and what each NameServer answers."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from namesrv.broker import Registrar, RegistrarProfile, RegistrarSettings, Report
    from namesrv.model.values import TopicConfig

UNDECIDED: Final = 2
STYLES: Final = {
    "connected": "green",
    "disconnected": "yellow",
    "sent": "cyan",
    "answered": "green",
    "failed": "red",
    "notified": "magenta",
}


def fail(message: str) -> NoReturn:
    """One clear line, exit 2: could not run."""
    click.echo(f"namesrv broker: {message}", err=True)
    sys.exit(UNDECIDED)


class Show:
    """One line for each report, for people or as JSON; counts what it has to know at the end."""

    def __init__(self, *, as_json: bool) -> None:
        from rich.console import Console

        class Piped(Console):
            def on_broken_pipe(self) -> None:
                raise BrokenPipeError  # rich would end the process, before the broker has unregistered

        self._as_json = as_json
        self._console = Piped(highlight=False, soft_wrap=True)
        self.registered = 0
        """Successful answers to REGISTER_BROKER."""
        self.nobody_reads = asyncio.Event()
        """Set when whoever read our output has left."""

    def __call__(self, report: "Report") -> None:
        """Shows one. Never raises."""
        if report.request == "REGISTER_BROKER" and report.code == 0:
            self.registered += 1
        if self.nobody_reads.is_set():
            return
        try:
            if self._as_json:
                self._write_json(report)
            else:
                self._write_line(report)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.nobody_reads.set()

    def _write_json(self, report: "Report") -> None:
        import attrs
        import orjson

        fields = attrs.asdict(report, filter=lambda field, value: value not in (None, "", False))
        click.echo(orjson.dumps(fields | {"what": report.what.value}).decode())

    def _write_line(self, report: "Report") -> None:
        from rich.text import Text

        at = datetime.fromtimestamp(report.at_ms / 1000).strftime("%H:%M:%S.%f")[:-3]
        style = "red" if report.code not in (None, 0) else STYLES[report.what.value]
        told = [report.request or ""]
        if report.topics is not None:
            told.append(f"{report.topics} topics" if report.topics != 1 else "1 topic")
        if report.oneway:
            told.append("one-way")
        if report.detail:
            told.append(report.detail)
        line = Text.assemble(
            (f"{at} ", "dim"), (f"{report.name_server:<22} ", "bold"), (f"{report.what.value:<12} ", style)
        )
        self._console.print(line + Text(", ".join(part for part in told if part)))


def own_topics(profile_name: str, cluster: str, name: str, count: int) -> dict[str, "TopicConfig"]:
    """The release's own topics, and `count` more."""
    from namesrv.broker import default_topics
    from namesrv.model.values import TopicConfig

    made = (f"{name}-topic-{number}" for number in range(count))
    more = {topic: TopicConfig(topic_name=topic, read_queue_nums=8, write_queue_nums=8) for topic in made}
    return default_topics(profile_name, cluster, name) | more


async def first_of(*works: Coroutine[None, None, object]) -> None:
    """Returns when one of them has ended; the others are given up. Raises what that one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for task in done:
        task.result()


async def run(
    settings: "RegistrarSettings", profile: "RegistrarProfile", topics: dict[str, "TopicConfig"], show: Show
) -> None:
    """Until SIGINT or SIGTERM, or until nobody reads the output; then it unregisters. A second signal ends it at once."""
    from namesrv.broker import Registrar

    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    registrar = Registrar(settings, profile, topics, watch=show)
    await registrar.start()
    await first_of(stop.wait(), show.nobody_reads.wait(), grow(registrar))
    stop.set()
    await first_of(registrar.shutdown(), hurry.wait())


async def grow(registrar: "Registrar") -> None:
    """Makes the topics that its release makes after the start. Does not return."""
    from namesrv.broker import later_topics

    passed_ms = 0
    for after_ms, config in later_topics(registrar.profile.name):
        await asyncio.sleep((after_ms - passed_ms) / 1000)
        passed_ms = after_ms
        await registrar.create_topic(config)
    await asyncio.Event().wait()


def unverified() -> ssl.SSLContext:
    """TLS to whoever is there: `TlsSystemConfig.tlsClientAuthServer`, false by default."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def next_port(addr: str) -> str:
    """The address of the HA port, one above: `MessageStoreConfig.haListenPort`."""
    host, _, port = addr.rpartition(":")
    return f"{host}:{int(port) + 1}"


@click.command(name="broker")
@click.option("--namesrv", required=True, metavar="LIST", help='"HOST:PORT;HOST:PORT", an IPv6 host in brackets.')
@click.option("--cluster", default="DefaultCluster", show_default=True, metavar="NAME")
@click.option("--name", default="broker-a", show_default=True, metavar="NAME", help="The broker's name.")
@click.option("--id", "broker_id", default=0, show_default=True, type=click.IntRange(min=0), help="0: a master.")
@click.option("--topics", default=0, show_default=True, type=click.IntRange(0, 200_000), help="Besides its own.")
@click.option(
    "--profile", default="apache-5.5.0", show_default=True, metavar="NAME", help="apache-5.5.0, apache-4.9.7."
)
@click.option("--addr", default="127.0.0.1:10911", show_default=True, metavar="HOST:PORT", help="What it registers.")
@click.option("--force/--no-force", default=True, show_default=True, help="Register without asking QUERY_DATA_VERSION.")
@click.option("--period-ms", default=30_000, show_default=True, type=click.IntRange(min=1), help="Kept to 10 to 60 s.")
@click.option(
    "--acting-master", is_flag=True, help="A member of an acting-master group: a heartbeat every second (5.x)."
)
@click.option("--split", type=click.IntRange(min=1), metavar="N", help="Register N topics at a time (5.x).")
@click.option("--compressed", is_flag=True, help="Compress registrations.")
@click.option("--full-body", is_flag=True, help="Say whether registrations are full: namesrv's extension.")
@click.option("--tls", is_flag=True, help="Over TLS; the certificate is not looked at, as brokers don't by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def broker(
    namesrv: str,
    cluster: str,
    name: str,
    broker_id: int,
    topics: int,
    profile: str,
    addr: str,
    force: bool,
    period_ms: int,
    acting_master: bool,
    split: int | None,
    compressed: bool,
    full_body: bool,
    tls: bool,
    as_json: bool,
) -> None:
    """Register a broker with NameServers until Ctrl-C, then unregister it.

    Shows each request and each answer. Exit code 0 if a NameServer has ever registered it, 2 if none has.
    """
    from namesrv.broker import RegistrarSettings, UnknownBrokerProfile, broker_profile
    from namesrv.remoting.address import AddressError, parse_address, parse_addresses

    try:
        name_servers = parse_addresses(namesrv, "--namesrv")
        parse_address(addr, "--addr")
        chosen = broker_profile(profile)
    except (AddressError, UnknownBrokerProfile) as error:
        fail(str(error))
    for option, text in (("--cluster", cluster), ("--name", name)):
        if not text.strip():
            fail(f"{option}: expected a name, got {text!r}")
    settings = RegistrarSettings(
        name_servers=name_servers,
        cluster_name=cluster,
        broker_name=name,
        broker_id=broker_id,
        broker_addr=addr,
        ha_server_addr=next_port(addr),
        register_name_server_period_ms=period_ms,
        force_register=force,
        compressed_register=compressed,
        enable_slave_acting_master=acting_master,
        enable_split_registration=split is not None,
        split_registration_size=split or 800,
        full_body=full_body,
        tls=unverified() if tls else None,
    )
    show = Show(as_json=as_json)
    asyncio.run(run(settings, chosen, own_topics(chosen.name, cluster, name, topics), show))
    if show.nobody_reads.is_set():
        sys.exit(UNDECIDED)
    if not show.registered:
        fail(f"no NameServer of {namesrv} has registered it")
