"""Things that are done at once: an order of them, and pauses that are shorter than a thread's sleep."""

import time
from collections.abc import Callable
from random import Random
from typing import Final

PAUSES_S: Final = (0.0, 0.0, 0.000_05, 0.000_2, 0.001, 0.003)
"""How long it is waited between two things that are done at once."""

Acts = list[list[Callable[[], None]]]
"""What is done at once: a queue for each connection, which keeps its order."""


def in_any_order(queues: Acts, rng: Random) -> None:
    """Each queue from its front; the pauses are too short to be slept."""
    while queues:
        queue = rng.choice(queues)
        queue.pop(0)()
        if not queue:
            queues.remove(queue)
        until_s = time.perf_counter() + rng.choice(PAUSES_S)
        while time.perf_counter() < until_s:
            pass
