"""A Java program of RocketMQ's in a process of its own, with a home that goes when it goes; it dies with this process."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from namesrv.check.java import Java
from namesrv.check.log_pipe import LogPipe
from namesrv.remoting.config_text import encode_properties

STOP_TIMEOUT_S: Final = 20.0
LOG_TAIL_LINES: Final = 12
GUARD: Final = Path(__file__).with_name("guard.py")

LOGBACK: Final = """<configuration><appender name="C" class="ch.qos.logback.core.ConsoleAppender"><encoder>
<pattern>%d{{HH:mm:ss.SSS}} %p %m%n</pattern></encoder></appender><root level="{level}"><appender-ref ref="C"/></root>
{loggers}</configuration>
"""
LOGGER: Final = '<logger name="{name}" level="{level}"/>\n'
LOGBACK_FILES: Final = tuple(
    name
    for program in ("namesrv", "broker", "tools")
    for name in (f"logback_{program}.xml", f"rmq.{program}.logback.xml")
)
"""Where 4.9 looks in ROCKETMQ_HOME, and 5.x on the class path: `NamesrvStartup`, 4.9.7; rocketmq-logback-classic, 5.5.0."""

UNWANTED: Final = frozenset({"JAVA_TOOL_OPTIONS", "NAMESRV_ADDR", "CLASSPATH"})
"""Variables of the user's that would change what runs."""


class JavaProcess:
    """One program. Its folder `home` is there from the beginning until `stop`; what it prints goes to a file in it.

    `log_level`: of RocketMQ's own logs, which go to the same file; `log_levels`: of some of its loggers, by name. `stallable`:
    what is printed goes through `log_pipe`. `classes`: a folder of compiled ones, which come before the jars'. Raises `OSError`
    if there is no room for a folder.
    """

    def __init__(
        self,
        name: str,
        *,
        java: Java,
        jars: Path,
        log_level: str = "WARN",
        log_levels: Mapping[str, str] | None = None,
        stallable: bool = False,
        classes: Path | None = None,
    ) -> None:
        self.java = java
        self.home = Path(tempfile.mkdtemp(prefix=f"namesrv-{name}-"))
        path = (self.home / "conf", *(() if classes is None else (classes,)), jars / "*")
        self._class_path = os.pathsep.join(map(str, path))
        self._process: subprocess.Popen[bytes] | None = None
        conf = self.home / "conf"
        conf.mkdir()
        loggers = "".join(LOGGER.format(name=logger, level=level) for logger, level in (log_levels or {}).items())
        for file in LOGBACK_FILES:
            (conf / file).write_text(LOGBACK.format(level=log_level, loggers=loggers))
        self.log_pipe = LogPipe(self.home / "console", self.home / "console.log") if stallable else None

    def write_properties(self, name: str, properties: dict[str, str]) -> Path:
        """A Java properties file in `home`."""
        file = self.home / name
        file.write_bytes(encode_properties(properties))
        return file

    def start(self, main_class: str, *arguments: str, jvm_options: Sequence[str] = ()) -> None:
        """Runs `main_class`. Raises `OSError` if no process can be started."""
        assert self._process is None, "started already"
        environment = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        with self._console() as console:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", str(GUARD), str(self.home), str(self.java.path)),
                    *(*jvm_options, *self.java.flags(), f"-Duser.home={self.home}", f"-Djava.io.tmpdir={self.home}"),
                    *("-cp", self._class_path, main_class, *arguments),
                ],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={**environment, "ROCKETMQ_HOME": str(self.home)},
                cwd=self.home,
                start_new_session=True,  # Ctrl-C at a terminal is for us; we stop it
            )

    def _console(self) -> IO[bytes]:
        if self.log_pipe is not None:
            return os.fdopen(self.log_pipe.writer, "wb", closefd=False)
        return (self.home / "console.log").open("wb")

    @property
    def pid(self) -> int:
        """Of the guard, whose only child is the Java process."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout_s: float) -> int | None:
        """Its exit code, or `None` if it has not ended within `timeout_s`."""
        assert self._process is not None, "not started"
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout_s)
        return None

    def log(self) -> str:
        """What it has printed and logged so far."""
        with suppress(OSError):
            return (self.home / "console.log").read_text(errors="replace")
        return ""

    def log_tail(self) -> str:
        """The last lines of `log`, indented."""
        return "\n".join(f"  {line}" for line in self.log().splitlines()[-LOG_TAIL_LINES:]) or "  (empty)"

    def stop(self) -> None:
        """Kills it, as `kill -9` does, and removes its folder. RocketMQ's own ways to stop take seconds."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()  # the guard kills it
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        pipe, self.log_pipe = self.log_pipe, None
        if pipe is not None:
            pipe.close()
        shutil.rmtree(self.home, ignore_errors=True)
