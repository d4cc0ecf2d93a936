"""Processors that do not halt while something is measured.

Where the processors are virtual, waking one that has halted costs more than a small request does, and how often that happens
depends on where the kernel puts the two processes that talk. A process of the lowest class on each keeps them awake; it gives
way to everything else at once (Linux: SCHED_IDLE).
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

SPIN: Final = (
    "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); print(flush=True)\nwhile True: pass"
)


@contextlib.contextmanager
def awake() -> Iterator[None]:
    """While the block runs, every processor has something to do."""
    spinners = [
        subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) for _ in range(os.cpu_count() or 1)
    ]
    try:
        for spinner in spinners:
            assert spinner.stdout is not None
            if not spinner.stdout.readline():
                raise SystemExit("bench: expected SCHED_IDLE, which Linux has")
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()
            assert spinner.stdout is not None
            spinner.stdout.close()
