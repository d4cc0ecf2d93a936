"""A program that is not Java's, or is to be talked to: in a process of its own that dies with this one."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from namesrv.check import guard
from namesrv.check.findings import Undecided
from namesrv.check.java_process import UNWANTED

STOP_TIMEOUT_S: Final = 20.0
POLL_S: Final = 0.1


class NotInTime(Undecided):
    """What was waited for did not come. Whose fault that is, whoever waits may know."""


def until(what: str, holds: Callable[[], object], *, timeout_s: float) -> None:
    """Returns as soon as `holds()`. Raises `NotInTime`, with `what`, if that isn't within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise NotInTime(f"within {timeout_s:g} s: expected that {what}")
        pause.wait(POLL_S)


def child_of(pid: int) -> int:
    """The process that a guard runs. Raises `Undecided` if it has ended."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    raise Undecided(f"the program of guard {pid} has ended")


def send_signal(guard_pid: int, number: signal.Signals) -> None:
    """To the program, past its guard. Raises `Undecided` if it has ended."""
    with suppress(ProcessLookupError):
        os.kill(child_of(guard_pid), number)
        return
    raise Undecided(f"the program of guard {guard_pid} has ended")


class Program:
    """`with Program("serve", [...]) as program:`; what it prints is in `log()`. Its folder `home` goes with it."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.home = Path(tempfile.mkdtemp(prefix=f"namesrv-{name}-"))
        kept = {key: value for key, value in os.environ.items() if key not in UNWANTED}
        with (self.home / "console.log").open("wb") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, self.home, *command],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={**kept, **(environment or {})},
                cwd=self.home,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the guard."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, timeout_s: float) -> int:
        """Its exit code. Raises `Undecided` if it has not ended within `timeout_s`."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise Undecided(f"{self.name}: not ended within {timeout_s:g} s; it printed:\n{self.tail()}") from None

    def log(self) -> str:
        """What it has printed so far."""
        with suppress(OSError):
            return (self.home / "console.log").read_text(errors="replace")
        return ""

    def tail(self) -> str:
        """The end of it."""
        return "\n".join(self.log().splitlines()[-12:])

    def stop(self) -> None:
        """As `kill -9` does."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()  # the guard kills it
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
