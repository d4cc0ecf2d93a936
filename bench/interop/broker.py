"""A real Apache broker."""

import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs

from bench.interop.program import send_signal, until
from namesrv.check.findings import Undecided
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java, find_java
from namesrv.check.java_process import JavaProcess

SMALL_JVM: Final = (
    "-Xms32m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=256m",
    "-Dtls.server.mode=disabled",
)
BOOT_TIMEOUT_S: Final = 180.0
PORT_TRIES: Final = 50
PORTS: Final = range(20_000, 32_000)
CLUSTER: Final = "DefaultCluster"
PERIOD_MS: Final = 10_000
"""Between two registrations: the least that brokers allow (`BrokerController.start`)."""


def broker_port() -> int:
    """A free port whose neighbours are free too: a broker uses listenPort-2 (fast), listenPort and listenPort+1 (HA).

    It is below the ports that systems give to outgoing connections: a JVM takes seconds to get to its own, and by then a
    connection of some other test might have it. Raises `Undecided`.
    """
    for _ in range(PORT_TRIES):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with ExitStack() as stack:
            try:
                for used in (port - 2, port, port + 1):
                    stack.enter_context(socket.create_server(("", used)))
            except OSError:
                continue
            return port
    raise Undecided(f"no three free ports in {PORT_TRIES} tries")


@attrs.frozen
class Broker:
    """A running one."""

    name: str
    address: str
    process: JavaProcess

    def terminate(self) -> None:
        """SIGTERM: it unregisters, and takes some 10 s to end."""
        send_signal(self.process.pid, signal.SIGTERM)

    def freeze(self) -> None:
        """It says nothing any more, and its connections stay."""
        send_signal(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        send_signal(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        send_signal(self.process.pid, signal.SIGKILL)


@contextmanager
def apache_broker(
    version: str,
    *,
    namesrv: str,
    java: Java | None = None,
    name: str = "peer-broker",
    port: int | None = None,
    properties: Mapping[str, str] | None = None,
    until: Callable[..., None] = until,
) -> Iterator[Broker]:
    """A master of DefaultCluster on loopback that registers with `namesrv`, up when it says so; killed at the end.

    4.9 listens on every address of the machine, and 5.5.0's HA port does, whatever bindAddress says. `properties`: more of
    BrokerConfig and MessageStoreConfig. Raises `NotAvailable`, and what `until` raises if it doesn't boot.
    """
    process = JavaProcess("broker", java=java or find_java(), jars=resolve_jars(rocketmq("broker", version)))
    port = port or broker_port()
    store = process.home / "store"
    config = {
        "brokerClusterName": CLUSTER,
        "brokerName": name,
        "brokerId": "0",
        "brokerIP1": "127.0.0.1",
        "brokerIP2": "127.0.0.1",
        "listenPort": str(port),
        "bindAddress": "127.0.0.1",
        "namesrvAddr": namesrv,
        "registerNameServerPeriod": str(PERIOD_MS),
        "rocketmqHome": str(process.home),
        "storePathRootDir": str(store),
        "storePathCommitLog": str(store / "commitlog"),
        # Small files, under the names of 4.9 and of 5.x.
        **{f"{key}FileSizeCommitLog": "16777216" for key in ("maped", "mapped")},
        **{f"{key}FileSizeConsumeQueue": "60000" for key in ("maped", "mapped")},
        "maxHashSlotNum": "10000",
        "maxIndexNum": "40000",
        "autoCreateTopicEnable": "true",
        "diskMaxUsedSpaceRatio": "98",
        **(properties or {}),
    }
    try:
        file = process.write_properties("broker.properties", config)
        process.start("org.apache.rocketmq.broker.BrokerStartup", "-c", str(file), jvm_options=SMALL_JVM)

        def has_booted() -> bool:
            if not process.is_running:
                raise Undecided(f"the broker {version} ended:\n{process.log_tail()}")
            return "boot success" in process.log()

        until(f"the broker {version} boots", has_booted, timeout_s=BOOT_TIMEOUT_S)
        yield Broker(name, f"127.0.0.1:{port}", process)
    finally:
        process.stop()
