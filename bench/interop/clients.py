"""The clients: how each is installed, in a folder of its own in the user's cache, and run.

Versions are fixed here and nowhere else. The C++ client and the gRPC client, two packages of PyPI, are both imported as
`rocketmq`, so each has an environment of its own.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import attrs

from bench.interop.broker import CLUSTER
from bench.interop.mqadmin import java_with_compiler
from bench.interop.program import Program, until
from namesrv.check.findings import Undecided
from namesrv.check.jars import resolve_jars, rocketmq, user_cache
from namesrv.check.java import find_java
from namesrv.check.java_process import JavaProcess
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import HOST, free_port, is_free

PEERS: Final = Path(__file__).with_name("peers")
JAVA_VERSION: Final = "5.5.0"
PROXY_VERSION: Final = "5.5.0"
GO_MODULE: Final = "github.com/apache/rocketmq-client-go/v2"
GO_VERSION: Final = "v2.1.3-0.20251226070945-2173d070fd1b"
NODE_PACKAGE: Final = "ali-ons@3.12.0"
CPP_PACKAGE: Final = "rocketmq==0.4.4"
GRPC_PACKAGE: Final = "rocketmq-python-client==5.1.2"
INSTALL_TIMEOUT_S: Final = 900.0
PROXY_TIMEOUT_S: Final = 180.0
SMALL_JVM: Final = ("-Xms32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Exited(Protocol):
    """A client's process."""

    def wait(self, timeout_s: float) -> int | None:
        """Its exit code."""

    def log(self) -> str:
        """What it printed."""

    def stop(self) -> None:
        """Ends it."""


@attrs.frozen
class Client:
    """`install` makes the folder that `run` needs; `run(folder, namesrv, topic, text)`. Both raise `NotAvailable`.

    `script`: what it runs, of `peers`.
    """

    name: str
    title: str
    script: str
    install: Callable[[], Path]
    run: Callable[[Path, str, str, str], AbstractContextManager[Exited]]


def installed(name: str, what: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, whole or not there. Raises `NotAvailable`."""
    folder = user_cache() / "interop" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder.parent) as work:
        fresh = Path(work) / name
        fresh.mkdir()
        try:
            fill(fresh)
        except (OSError, subprocess.SubprocessError) as error:
            told = (getattr(error, "output", None) or "")[-300:]
            raise NotAvailable(what, f"installing {name}: {error} {told}") from error
        with suppress(OSError):  # somebody else may have put it there meanwhile
            fresh.rename(folder)
    return folder


def program(name: str) -> str:
    """Its path. Raises `NotAvailable`."""
    found = shutil.which(name)
    if found is None:
        raise NotAvailable("node" if name in ("node", "npm") else name, f"{name}: not on PATH")
    return found


def called(folder: Path, *command: str | Path) -> None:
    """One step of an installation. Raises `OSError`, `subprocess.SubprocessError`."""
    subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=True,
        timeout=INSTALL_TIMEOUT_S,
    )


def install_java() -> Path:
    """The jars; the peer is compiled as it starts."""
    return resolve_jars(rocketmq("client", JAVA_VERSION))


@contextmanager
def run_java(jars: Path, *arguments: str) -> Iterator[Exited]:
    """The Java client."""
    process = JavaProcess("client", java=java_with_compiler(), jars=jars)
    try:
        process.start(str(PEERS / "Peer.java"), *arguments, jvm_options=SMALL_JVM)
        yield process
    finally:
        process.stop()


def install_go() -> Path:
    """A program, built of peer.go as it is now."""
    go, source = program("go"), PEERS / "peer.go"

    def fill(folder: Path) -> None:
        shutil.copy(source, folder)
        called(folder, go, "mod", "init", "interop")
        called(folder, go, "get", f"{GO_MODULE}@{GO_VERSION}")
        called(folder, go, "mod", "tidy")
        called(folder, go, "build", "-o", "peer", ".")

    return installed(f"go-{GO_VERSION}-{hashlib.sha256(source.read_bytes()).hexdigest()[:8]}", "go", fill)


def install_node() -> Path:
    """node_modules with ali-ons, and the peer beside them."""
    npm, source = program("npm"), PEERS / "peer.js"

    def fill(folder: Path) -> None:
        shutil.copy(source, folder)
        (folder / "package.json").write_text(json.dumps({"name": "interop", "private": True}))
        called(folder, npm, "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", NODE_PACKAGE)

    return installed(f"node-{NODE_PACKAGE}-{hashlib.sha256(source.read_bytes()).hexdigest()[:8]}", "node", fill)


def install_python(package: str) -> Path:
    """An environment with one package."""

    def fill(folder: Path) -> None:
        called(folder, sys.executable, "-m", "venv", folder)
        called(folder, folder / "bin" / "python", "-m", "pip", "install", "--quiet", package)

    return installed(package.replace("==", "-"), "pypi", fill)


def run_python(folder: Path, script: str, *arguments: str) -> Program:
    """With that environment's interpreter."""
    return Program("client", [folder / "bin" / "python", PEERS / script, *arguments])


@contextmanager
def run_grpc(folder: Path, namesrv: str, topic: str, text: str) -> Iterator[Exited]:
    """The gRPC client, and the Proxy that it needs. Raises `Undecided` if the Proxy does not start."""
    with proxy(namesrv) as address, run_python(folder, "grpc_peer.py", address, topic, text) as client:
        yield client


@contextmanager
def proxy(namesrv: str) -> Iterator[str]:
    """Apache's Proxy of all brokers that `namesrv` knows; the address for gRPC clients. It listens on all addresses."""
    process = JavaProcess("proxy", java=find_java(), jars=resolve_jars(rocketmq("proxy", PROXY_VERSION)))
    grpc, remoting = free_port("0.0.0.0"), free_port("0.0.0.0")
    config = {
        "rocketMQClusterName": CLUSTER,
        "namesrvAddr": namesrv,
        "proxyMode": "CLUSTER",
        "grpcServerPort": grpc,
        "remotingListenPort": remoting,
        "localServeAddr": HOST,
        "useEndpointPortFromRequest": True,
    }
    try:
        file = process.home / "conf" / "rmq-proxy.json"
        file.write_text(json.dumps(config))
        main = "org.apache.rocketmq.proxy.ProxyStartup"
        home = f"-DRMQ_PROXY_HOME={process.home}"
        process.start(main, "-pm", "cluster", "-n", namesrv, "-pc", str(file), jvm_options=(*SMALL_JVM, home))

        def is_up() -> bool:
            if not process.is_running:
                raise Undecided(f"the Proxy ended:\n{process.log_tail()}")
            return not is_free("0.0.0.0", grpc) and "startup successfully" in process.log()

        until("the Proxy starts", is_up, timeout_s=PROXY_TIMEOUT_S)
        yield f"{HOST}:{grpc}"
    finally:
        process.stop()


CLIENTS: Final = (
    Client("java", f"Java client {JAVA_VERSION}", "Peer.java", install_java, run_java),
    Client(
        "go",
        f"Go client {GO_VERSION}",
        "peer.go",
        install_go,
        lambda folder, *told: Program("client", [folder / "peer", *told]),
    ),
    Client(
        "node",
        f"Node client {NODE_PACKAGE}",
        "peer.js",
        install_node,
        lambda folder, *told: Program("client", [program("node"), folder / "peer.js", *told]),
    ),
    Client(
        "cpp",
        f"C++ client (PyPI {CPP_PACKAGE})",
        "cpp_peer.py",
        lambda: install_python(CPP_PACKAGE),
        lambda folder, *told: run_python(folder, "cpp_peer.py", *told),
    ),
    Client(
        "grpc",
        f"gRPC client (PyPI {GRPC_PACKAGE}) through the Apache Proxy {PROXY_VERSION}",
        "grpc_peer.py",
        lambda: install_python(GRPC_PACKAGE),
        run_grpc,
    ),
)
