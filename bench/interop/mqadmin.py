"""The real mqadmin of a release: all commands of a run in one JVM, for each would take seconds to start its own."""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from namesrv.check.findings import Undecided
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java, find_java
from namesrv.check.java_process import LOGBACK, UNWANTED
from namesrv.check.not_available import NotAvailable

PEERS: Final = Path(__file__).with_name("peers")
SMALL_JVM: Final = ("-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
TIMEOUT_S: Final = 120.0
STOP_TIMEOUT_S: Final = 10.0
END: Final = b"\x04"


class Mqadmin:
    """A running one."""

    def __init__(self, version: str, process: subprocess.Popen[bytes]) -> None:
        self.version = version
        self._process = process

    def __call__(self, *arguments: str) -> str:
        """What the command printed. Raises `Undecided` if it does not end; its exit code would tell nothing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\t".join(arguments).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Undecided(f"mqadmin {self.version} has ended: {error}") from error
        deadline, said = time.monotonic() + TIMEOUT_S, b""
        while END not in said:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise Undecided(f"mqadmin {self.version} {' '.join(arguments)}: not done within {TIMEOUT_S:g} s")
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise Undecided(f"mqadmin {self.version} {' '.join(arguments)} ended the JVM; it printed {said!r}")
            said += chunk
        return said.partition(END)[0].decode(errors="replace").strip()


def java_with_compiler() -> Java:
    """One that runs a source file. Raises `NotAvailable`."""
    java = find_java()
    if not java.has_compiler():
        raise NotAvailable(
            "java", f"{java.path} has no compiler, which our peers in Java need: install a JDK of 11 or later"
        )
    return java


def mqadmin_once(java: Java, version: str, *arguments: str) -> str:
    """What one command printed, in a JVM of its own, which needs no compiler. Raises `subprocess.TimeoutExpired`."""
    with tempfile.TemporaryDirectory(prefix="namesrv-mqadmin-") as home:
        done = subprocess.run(
            [*_jvm(java, version, home), "org.apache.rocketmq.tools.command.MQAdminStartup", *arguments],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TIMEOUT_S,
        )
    return done.stdout


def _jvm(java: Java, version: str, home: str) -> list[str]:
    """Java with what every command line needs. Raises `NotAvailable`."""
    jars = resolve_jars(rocketmq("tools", version))
    # 4.9.7 prints a stack trace for want of this file (`MQAdminStartup.initLogback`).
    conf = Path(home) / "conf"
    conf.mkdir()
    (conf / "logback_tools.xml").write_text(LOGBACK.format(level="OFF", loggers=""))
    homes = (f"-Duser.home={home}", f"-Drocketmq.home.dir={home}")
    return [str(java.path), *SMALL_JVM, *java.flags(), *homes, "-cp", str(jars / "*")]


@contextmanager
def mqadmin(version: str) -> Iterator[Mqadmin]:
    """Up when its first command is given; it ends with its input, so with this process. Raises `NotAvailable`."""
    java = java_with_compiler()
    with tempfile.TemporaryDirectory(prefix="namesrv-mqadmin-", ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [*_jvm(java, version, home), str(PEERS / "Mqadmin.java")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if name not in UNWANTED},
            cwd=home,
            start_new_session=True,
        )
        try:
            yield Mqadmin(version, process)
        finally:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError):
                process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT_S)
            process.kill()
            process.wait()
            process.stdout.close()
