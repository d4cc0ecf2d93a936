"""The oracle: the real Apache NameServer of a release, in a process of its own, for as long as somebody holds it.

    with Oracle("apache-5.5.0") as oracle:
        socket.create_connection((oracle.host, oracle.port))

It is up when it answers a GET_BROKER_CLUSTER_INFO. It dies with this process, however that ends.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

import attrs

from namesrv.check.findings import Undecided
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java, find_java
from namesrv.check.java_process import JavaProcess
from namesrv.check.log_pipe import LogPipe
from namesrv.check.peer import Peer
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request

HOST: Final = "127.0.0.1"
DEFAULT_START_TIMEOUT_S: Final = 90.0
"""One or two seconds on a quiet machine; ten were seen on a crowded one, with TLS."""

MAIN_CLASS: Final = "org.apache.rocketmq.namesrv.NamesrvStartup"
POLL_S: Final = 0.05
ANSWER_TIMEOUT_S: Final = 5.0
FREE_PORT_TRIES: Final = 3
PORT_TAKEN: Final = ("Address already in use", "BindException", "Failed to bind")

SMALL_JVM: Final = (
    "-Xms32m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=128m",
)
"""Starts fast, stays small. Not for measuring speed: it never compiles its best."""


@attrs.frozen
class Release:
    """A release of the NameServer. `has_bind_address`: 4.9 listens on every address of the machine, and can't be told not to.

    `has_scan_interval`: 4.9 scans for silent brokers every 10 s, 5.x every `scanNotActiveBrokerInterval`.
    Source: `NamesrvController.initialize`, 4.9.7; `NamesrvController.startScheduleService`, 5.5.0.
    """

    name: str
    version: str
    has_bind_address: bool = True
    has_scan_interval: bool = True


RELEASES: Final = {
    release.name: release
    for release in (
        Release("apache-4.9.7", "4.9.7", has_bind_address=False, has_scan_interval=False),
        Release("apache-5.1.4", "5.1.4"),
        Release("apache-5.3.3", "5.3.3"),
        Release("apache-5.4.0", "5.4.0"),
        Release("apache-5.5.0", "5.5.0"),
    )
}


class UnknownRelease(ValueError):
    """There is no such oracle."""


class OracleFailed(Exception):
    """It did not start, or did not answer in time; the message has the end of its log."""


class PortInUse(OracleFailed):
    """Somebody else listens there."""


def release_named(name: str) -> Release:
    """The release. Raises `UnknownRelease`."""
    if name not in RELEASES:
        raise UnknownRelease(f"no such release {name!r}; there are {', '.join(RELEASES)}")
    return RELEASES[name]


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def is_free(host: str, port: int) -> bool:
    """Whether a server may listen there (connections of an earlier one that linger don't matter, as for Java's)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Oracle:
    """A real NameServer of a release, started by `start` (or `with`), gone after `stop`.

    `port` 0: a free one. `scan_interval_ms`: between two scans for silent brokers, 5 s if `None`; 4.9 has no such setting (the
    first scan comes 5 s after the start in any case). `tls`: also TLS on the same port, self-signed, which costs seconds at
    the start. `java`: by default `find_java()`. `jars`: a folder, by default the resolved one. `classes`: a folder of compiled
    classes that take the place of the jars'. `jvm_options`: memory and compilation. `properties`: more of NamesrvConfig or
    NettyServerConfig. `log_levels`: of single loggers. `stallable`: its log can be made to stall (`log_pipe`). `progress` is
    told what takes long, in a line.
    Raises `UnknownRelease`, and `ValueError` for a setting that the release doesn't have.
    """

    def __init__(
        self,
        release: str,
        *,
        port: int = 0,
        scan_interval_ms: int | None = None,
        tls: bool = False,
        java: Java | None = None,
        jars: Path | None = None,
        classes: Path | None = None,
        jvm_options: Sequence[str] = SMALL_JVM,
        properties: dict[str, str] | None = None,
        log_level: str = "WARN",
        log_levels: Mapping[str, str] | None = None,
        stallable: bool = False,
        start_timeout_s: float = DEFAULT_START_TIMEOUT_S,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.release = release_named(release)
        if scan_interval_ms is not None and not self.release.has_scan_interval:
            raise ValueError(f"{release} has no scan interval to set: it scans every 10 s")
        self.host = HOST
        self.port = port
        self._wanted_port = port
        self._scan_interval_ms = scan_interval_ms
        self._tls = tls
        self._java = java
        self._jars = jars
        self._classes = classes
        self._jvm_options = tuple(jvm_options)
        self._properties = dict(properties or {})
        self._log_level = log_level
        self._log_levels = log_levels
        self._stallable = stallable
        self._start_timeout_s = start_timeout_s
        self._progress = progress
        self._process: JavaProcess | None = None

    @property
    def address(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    @property
    def listens_on(self) -> str:
        """Where it really listens: 4.9 on every address."""
        return self.host if self.release.has_bind_address else "0.0.0.0"

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.is_running

    @property
    def pid(self) -> int:
        """Of its guard, whose only child is the Java process (for measuring memory). It has to be running."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log_pipe(self) -> LogPipe:
        """Through which it logs. It has to be running, and `stallable`."""
        pipe = None if self._process is None else self._process.log_pipe
        assert pipe is not None, "not running, or its log can't be made to stall"
        return pipe

    def start(self) -> None:
        """Starts it and waits until it answers.

        Raises `NotAvailable` (no Java, no jars), `PortInUse`, `OracleFailed`. After an error nothing is left running.
        """
        assert self._process is None, "started already"
        java = self._java or find_java()
        jars = self._jars or resolve_jars(rocketmq("namesrv", self.release.version), progress=self._progress)
        if self._wanted_port:
            if not is_free(self.listens_on, self._wanted_port):
                raise PortInUse(f"port {self._wanted_port} on {self.listens_on}: expected a free one, got one in use")
            self._start(java, jars, self._wanted_port)
            return
        for tries_left in reversed(range(FREE_PORT_TRIES)):
            try:
                self._start(java, jars, free_port(self.listens_on))
                return
            except PortInUse:  # somebody else took it between our look and Java's
                if tries_left == 0:
                    raise

    def stop(self) -> None:
        """Kills it and removes its files. It has nothing to save; SIGTERM would take it seconds."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()

    def log(self) -> str:
        """What it has printed and logged so far; nothing once it is stopped."""
        return "" if self._process is None else self._process.log()

    def _start(self, java: Java, jars: Path, port: int) -> None:
        self.port = port
        process = self._process = JavaProcess(
            "oracle",
            java=java,
            jars=jars,
            log_level=self._log_level,
            log_levels=self._log_levels,
            stallable=self._stallable,
            classes=self._classes,
        )
        try:
            properties = {
                "listenPort": str(port),
                "kvConfigPath": str(process.home / "kvConfig.json"),
                "rocketmqHome": str(process.home),
                **({"bindAddress": self.host} if self.release.has_bind_address else {}),
                **(
                    {}
                    if self._scan_interval_ms is None
                    else {"scanNotActiveBrokerInterval": str(self._scan_interval_ms)}
                ),
                **self._properties,
            }
            file = process.write_properties("namesrv.properties", properties)
            tls = f"-Dtls.server.mode={'permissive' if self._tls else 'disabled'}"
            process.start(MAIN_CLASS, "-c", str(file), jvm_options=[*self._jvm_options, tls])
            self._wait_until_it_answers(process)
        except BaseException:
            self.stop()
            raise

    def _wait_until_it_answers(self, process: JavaProcess) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while not self._answers():
            if (exit_code := process.wait(POLL_S)) is not None:
                self._raise_failed(process, f"it ended with exit code {exit_code} before it answered")
            if time.monotonic() > deadline:
                self._raise_failed(process, f"no answer within {self._start_timeout_s:g} s")
        if not process.is_running:
            self._raise_failed(process, "it ended, and something else answers there")

    def _answers(self) -> bool:
        try:
            peer = Peer(self.host, self.port, timeout_s=ANSWER_TIMEOUT_S)
        except Undecided:
            return False
        try:
            peer.send(encode_command(request(RequestCode.GET_BROKER_CLUSTER_INFO, opaque=1)))
            answer = peer.answer(1, time.monotonic() + ANSWER_TIMEOUT_S)
        except Undecided:
            return False
        finally:
            peer.close()
        return answer is not None  # with clusterTest 5.x answers everything as if asked for a route

    def _raise_failed(self, process: JavaProcess, what: str) -> NoReturn:
        where = f"{self.release.name} on {self.listens_on}:{self.port}"
        if any(text in process.log() for text in PORT_TAKEN):
            raise PortInUse(f"{where}: expected a free port, got one in use")
        raise OracleFailed(f"{where}: {what}; the end of its log:\n{process.log_tail()}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
