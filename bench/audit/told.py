"""Brokers that are told to a NameServer over connections that stay."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from namesrv.check.peer import Peer
from namesrv.check.steps import Style
from namesrv.check.target import Target
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import Request

TIMEOUT_S = 5.0


def say(peer: Peer, request: Request, prefix: Prefix) -> int:
    """Says it, and returns the answer's code. Raises `TimeoutError` without one."""
    opaque = peer.next_opaque()
    peer.send(encode(prefix, request, Style(), opaque=opaque, oneway=False))
    answer = peer.answer(opaque, time.monotonic() + TIMEOUT_S)
    if answer is None:
        raise TimeoutError(f"{type(request).__name__} at {peer.where}: no answer within {TIMEOUT_S:g} s")
    return answer.code


@contextmanager
def told(target: Target, requests: Iterable[Request], prefix: Prefix) -> Iterator[list[Peer]]:
    """Each over a connection of its own, one after the other."""
    with ExitStack() as stack:
        peers = []
        for request in requests:
            peer = target.connect()
            stack.callback(peer.close)
            say(peer, request, prefix)
            peers.append(peer)
        yield peers
