"""Where the server's time comes from: the system's clock, or one that a test holds."""

import time
from typing import Protocol


class Clock(Protocol):
    """Epoch milliseconds."""

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        ...  # pragma: no cover


class SystemClock:
    """The machine's wall clock, as Java's `System.currentTimeMillis`."""

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        return time.time_ns() // 1_000_000


class HeldClock:
    """A clock that stands still until it is told to go on. With it, a server scans only when asked to."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Goes on by `ms` milliseconds."""
        self._now_ms += ms
