"""Time for whoever calls a NameServer: the machine's, or one that a test holds. Nothing in a peer sleeps by itself."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something that is going to happen."""

    def cancel(self) -> None:
        """It shall not."""
        ...  # pragma: no cover


class Clock(Protocol):
    """Now, in epoch milliseconds, and what to do later."""

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        ...  # pragma: no cover

    def call_later(self, delay_ms: int, callback: Callable[[], None]) -> Timer:
        """Calls `callback` on the event loop, once, `delay_ms` milliseconds from now."""
        ...  # pragma: no cover


class SystemClock:
    """The machine's wall clock; timers run by the event loop's."""

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def call_later(self, delay_ms: int, callback: Callable[[], None]) -> Timer:
        """Calls `callback` on the event loop, once, `delay_ms` milliseconds from now."""
        return asyncio.get_running_loop().call_later(delay_ms / 1000, callback)


class _HeldTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class HeldClock:
    """A clock that stands still until it is told to go on; a test looks at `due_ms` to see who waits for what."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._order = itertools.count()
        self._timers: list[tuple[int, int, _HeldTimer]] = []

    def now_ms(self) -> int:
        """Now, in epoch milliseconds."""
        return self._now_ms

    def call_later(self, delay_ms: int, callback: Callable[[], None]) -> Timer:
        """Calls `callback` when the clock is moved that far."""
        timer = _HeldTimer(callback)
        heapq.heappush(self._timers, (self._now_ms + max(0, delay_ms), next(self._order), timer))
        return timer

    def due_ms(self) -> tuple[int, ...]:
        """When the timers that are set will be due, epoch milliseconds, sorted."""
        return tuple(sorted(at for at, _, timer in self._timers if timer.callback is not None))

    def advance(self, ms: int) -> None:
        """Goes on by `ms` milliseconds, calling what gets due, each at its time. Tasks that it wakes run afterwards."""
        end = self._now_ms + ms
        while self._timers and self._timers[0][0] <= end:
            at, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                self._now_ms = max(self._now_ms, at)
                timer.callback()
        self._now_ms = end


async def sleep(clock: Clock, delay_ms: int) -> None:
    """Returns `delay_ms` milliseconds from now, at `clock`'s pace; for none or less, after other tasks had a turn."""
    if delay_ms <= 0:
        await asyncio.sleep(0)
        return
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = clock.call_later(delay_ms, lambda: None if woken.done() else woken.set_result(None))
    try:
        await woken
    finally:
        timer.cancel()
