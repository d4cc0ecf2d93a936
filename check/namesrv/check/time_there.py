"""The time that a NameServer goes by: this machine's, unless somebody holds it."""

import threading
import time
from typing import Protocol

from namesrv.check.findings import Undecided


class HeldServer(Protocol):
    """A NameServer whose clock the run holds."""

    def now_ms(self) -> int:
        """Its time, epoch milliseconds."""

    def advance(self, ms: int) -> None:
        """Its clock goes on."""

    def begin_run(self) -> None:
        """It scans again, if it had stopped: a run begins as a new server would."""

    def scan(self) -> None:
        """It scans for brokers that are no longer active."""

    def settle(self) -> None:
        """Returns once it has done whatever was left to do."""


class Time(HeldServer, Protocol):
    """The clock that both sides go by."""

    def wait(self, ms: int) -> None:
        """Lets so much time pass."""


class RealTime:
    """The `held` server of a runner that goes by this machine's clock. Nobody holds anything."""

    def now_ms(self) -> int:
        """Monotonic milliseconds: only differences matter."""
        return time.monotonic_ns() // 1_000_000

    def advance(self, ms: int) -> None:
        """Time can't be moved here."""
        raise Undecided(f"nobody can advance a real clock by {ms} ms")

    def wait(self, ms: int) -> None:
        """Returns after so much time."""
        threading.Event().wait(ms / 1000)

    def begin_run(self) -> None:
        """Nobody can tell it."""

    def scan(self) -> None:
        """The NameServer scans by itself."""
        raise Undecided("nobody can make a real NameServer scan")

    def settle(self) -> None:
        """Nobody can tell."""
