"""Waits for a named condition under a deadline: what tests do in place of sleeping."""

import threading
import time
from collections.abc import Callable
from typing import Final

POLL_S: Final = 0.02


def until(what: str, holds: Callable[[], object], *, timeout_s: float = 120.0) -> None:
    """Returns as soon as `holds()`; fails with `what` if that isn't within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"within {timeout_s:g} s: expected that {what}"
        pause.wait(POLL_S)
