"""How long a snapshot of many topics takes, by how many requests are sent at once."""

import time
from typing import Any, Final

from bench.audit.told import told
from namesrv.check.oracle import Oracle
from namesrv.check.seen import Asking
from namesrv.check.target import Target
from namesrv.check.wire import Prefix
from namesrv.explore.peers import H1, H2, registration

TOPICS: Final = (1_000, 10_000)
WINDOWS: Final = (1, 64, 512)
TIMES: Final = 3


def sizes() -> list[dict[str, Any]]:
    """On the real 5.5.0: for each number of topics, the best of three for each window, seconds. Raises what `Oracle` does."""
    return [_size(topics) for topics in TOPICS]


def _size(topics: int) -> dict[str, Any]:
    names = {f"topic-{number}": 8 for number in range(topics)}
    brokers = [registration(addr, ("C1", name, 0), names) for addr, name in ((H1, "a"), (H2, "b"))]
    with Oracle("apache-5.5.0") as server:
        target = Target(host=server.host, port=server.port)
        with told(target, brokers, Prefix("")):
            seconds = {str(window): min(_seconds(target, window) for _ in range(TIMES)) for window in WINDOWS}
    return {"topics": topics, "requests": topics + 2, "seconds": seconds}


def _seconds(target: Target, window: int) -> float:
    began = time.perf_counter()
    asking = Asking(target, at_once=window)
    asking.see()
    asking.close()
    return round(time.perf_counter() - began, 3)
