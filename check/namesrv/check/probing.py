"""Whether anybody is there at all."""

import time
from collections.abc import Callable

from namesrv.check.findings import Undecided
from namesrv.check.steps import Style
from namesrv.check.target import Target
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import GetBrokerClusterInfo


def probe(target: Target, clock: Callable[[], float] = time.monotonic) -> int:
    """Asks for the clusters, which every NameServer answers. Returns the version in the answer's header.

    Raises `Undecided` if this one does not answer.
    """
    peer = target.connect(clock=clock)
    try:
        opaque = peer.next_opaque()
        peer.send(encode(Prefix(""), GetBrokerClusterInfo(), Style(), opaque=opaque, oneway=False))
        answer = peer.answer(opaque, clock() + target.timeout_s)
        if answer is None:
            why = "closed the connection" if peer.is_closed_by_peer else f"said nothing for {target.timeout_s:g} s"
            raise Undecided(f"{target.where} is no NameServer: asked for the clusters, it {why}")
        return answer.version
    finally:
        peer.close()
