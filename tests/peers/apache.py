"""Real Apache peers for tests: a broker, and mqadmin, whose producer and consumer are the Java client's."""

import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java
from namesrv.check.java_process import JavaProcess
from tests.waiting import until

SMALL_BROKER_JVM: Final = (
    "-Xms32m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=256m",
)
SMALL_TOOL_JVM: Final = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BOOT_TIMEOUT_S: Final = 120.0
TOOL_TIMEOUT_S: Final = 120.0
PORT_TRIES: Final = 50
PORTS: Final = range(20_000, 32_000)


def broker_port() -> int:
    """A free port whose neighbours are free too: a broker uses listenPort-2 (fast), listenPort and listenPort+1 (HA).

    It is below the ports that systems give to outgoing connections: a JVM takes seconds to get to its own, and by then a
    connection of some other test might have it.
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
    raise AssertionError(f"no three free ports in {PORT_TRIES} tries")


@attrs.frozen
class Broker:
    """A running one."""

    name: str
    address: str
    process: JavaProcess


@contextmanager
def apache_broker(version: str, *, java: Java, namesrv: str, name: str = "peer-broker") -> Iterator[Broker]:
    """A master of DefaultCluster on loopback that registers with `namesrv`, up when it says so; killed at the end.

    4.9 listens on every address of the machine, and 5.5.0's HA port does, whatever bindAddress says.
    """
    process = JavaProcess("broker", java=java, jars=resolve_jars(rocketmq("broker", version)))
    port = broker_port()
    store = process.home / "store"
    properties = {
        "brokerClusterName": "DefaultCluster",
        "brokerName": name,
        "brokerId": "0",
        "brokerIP1": "127.0.0.1",
        "brokerIP2": "127.0.0.1",
        "listenPort": str(port),
        "bindAddress": "127.0.0.1",
        "namesrvAddr": namesrv,
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
    }
    try:
        file = process.write_properties("broker.properties", properties)
        process.start("org.apache.rocketmq.broker.BrokerStartup", "-c", str(file), jvm_options=SMALL_BROKER_JVM)

        def has_booted() -> bool:
            assert process.is_running, f"the broker ended:\n{process.log_tail()}"
            return "boot success" in process.log()

        until(f"the broker {version} boots", has_booted, timeout_s=BOOT_TIMEOUT_S)
        yield Broker(name, f"127.0.0.1:{port}", process)
    finally:
        process.stop()


def mqadmin(java: Java, version: str, *arguments: str) -> str:
    """What the command printed. Fails if it took too long; mqadmin's exit code tells nothing."""
    jars = resolve_jars(rocketmq("tools", version))
    with tempfile.TemporaryDirectory(prefix="namesrv-mqadmin-") as home:
        done = subprocess.run(
            [
                *(str(java.path), *SMALL_TOOL_JVM, *java.flags(), f"-Duser.home={home}", f"-Drocketmq.home.dir={home}"),
                *("-cp", str(jars / "*"), "org.apache.rocketmq.tools.command.MQAdminStartup", *arguments),
            ],
            cwd=Path(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TOOL_TIMEOUT_S,
        )
    return done.stdout
