"""Where mutants run: all in one Java process (`Host.java`), each a NameServer with classes and files of its own."""

import itertools
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from namesrv.check.findings import Undecided
from namesrv.check.java import Java
from namesrv.check.java_process import JavaProcess
from namesrv.check.oracle import HOST, free_port, release_named
from namesrv.check.probing import probe
from namesrv.check.target import Target

SOURCE: Final = Path(__file__).with_name("Host.java")
JVM: Final = ("-Xms64m", "-Xmx1g", "-XX:MaxDirectMemorySize=512m", "-XX:+UseSerialGC", "-Dtls.server.mode=disabled")
COMPILER: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-m", "jdk.compiler/com.sun.tools.javac.Main")
START_TIMEOUT_S: Final = 120.0
COMMAND_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.05


class HostFailed(Exception):
    """A command was not done, or the process has ended."""


class Host:
    """One release's. Started when it is first needed, and again after it has ended: a mutant may end it. `stop` in any case."""

    def __init__(self, release: str, java: Java, jars: Path) -> None:
        self._release = release_named(release)
        self._java = java
        self._jars = jars
        self._process: JavaProcess | None = None
        self._commands: IO[str] | None = None
        self._numbers = itertools.count(1)

    def compile(self, sources: Iterable[Path], classes: Path) -> str | None:
        """Why the sources can't be compiled to that folder; `None` if they are. Raises `HostFailed`."""
        classes.mkdir(parents=True, exist_ok=True)
        said = self._ask("compile", str(classes), *map(str, sources))
        return None if said == "ok" else said

    @contextmanager
    def serving(self, classes: Path) -> Iterator[Target]:
        """A NameServer with these classes in the place of the released ones. Raises `HostFailed` if none comes to answer."""
        number = str(next(self._numbers))
        self._running()
        assert self._process is not None
        port = free_port(HOST)
        home = self._process.home / number
        home.mkdir()
        properties = {
            "listenPort": str(port),
            "kvConfigPath": str(home / "kvConfig.json"),
            "configStorePath": str(home / "namesrv.properties"),
            "rocketmqHome": str(self._process.home),
            **({"bindAddress": HOST} if self._release.has_bind_address else {}),
        }
        file = self._process.write_properties(f"{number}.properties", properties)
        said = self._ask("start", number, str(file), str(classes))
        if said != "ok":
            raise HostFailed(said)
        try:
            target = Target(host=HOST, port=port)
            try:
                probe(target)
            except Undecided as reason:
                raise HostFailed(str(reason)) from reason
            yield target
        finally:
            with suppress(HostFailed):
                self._ask("stop", number)

    def stop(self) -> None:
        """Ends all of them."""
        if self._commands is not None:
            self._commands.close()
        if self._process is not None:
            self._process.stop()
        self._commands = self._process = None

    def _ask(self, *words: str) -> str:
        commands = self._running()
        try:
            commands.write("\t".join(words) + "\n")
            commands.flush()
            said = commands.readline()
        except OSError as error:
            self.stop()
            raise HostFailed(f"{words[0]}: {error}") from error
        if not said:
            self.stop()
            raise HostFailed(f"{words[0]}: the process has ended")
        return said.strip()

    def _running(self) -> IO[str]:
        if self._commands is not None:
            return self._commands
        process = self._process = JavaProcess("mutants", java=self._java, jars=self._jars, log_level="OFF")
        conf = process.home / "conf"  # which is on the class path
        subprocess.run([self._java.path, *COMPILER, "-d", conf, SOURCE], check=True, capture_output=True)
        (jar,) = self._jars.glob(f"rocketmq-namesrv-{self._release.version}.jar")
        port_file = process.home / "port"
        process.start("Host", str(jar), str(port_file), jvm_options=JVM)
        give_up = time.monotonic() + START_TIMEOUT_S
        while not port_file.exists():
            if process.wait(POLL_S) is not None or time.monotonic() > give_up:
                log = process.log_tail()
                self.stop()
                raise HostFailed(f"it did not start; the end of its log:\n{log}")
        connection = socket.create_connection((HOST, int(port_file.read_text())), timeout=COMMAND_TIMEOUT_S)
        self._commands = connection.makefile("rw", encoding="utf-8", newline="\n")
        connection.close()  # the file keeps it
        return self._commands
