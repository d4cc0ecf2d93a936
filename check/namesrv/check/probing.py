"""Whether anybody is there at all."""

import time
from collections.abc import Callable

from namesrv.check.findings import Undecided
from namesrv.check.steps import Style
from namesrv.check.target import Target
from namesrv.check.wire import Prefix, encode
from namesrv.model.events import GetBrokerClusterInfo, GetNamesrvConfig, Request
from namesrv.remoting.answer_body import decode_cluster_info
from namesrv.remoting.command import RemotingCommand
from namesrv.remoting.config_text import decode_config_text
from namesrv.remoting.errors import RemotingError


def probe(target: Target, clock: Callable[[], float] = time.monotonic) -> int:
    """Asks for the clusters, which every NameServer answers. Returns the version in the answer's header.

    Raises `Undecided` if this one does not answer.
    """
    return _clusters(target, clock).version


def is_unused(target: Target, clock: Callable[[], float] = time.monotonic) -> bool:
    """Whether no cluster and no broker is registered. Raises `Undecided` if it does not answer."""
    answer = _clusters(target, clock)
    try:
        clusters = None if answer.body is None else decode_cluster_info(answer.body)
    except RemotingError:
        return False
    return clusters is not None and not clusters.broker_addr_table and not clusters.cluster_addr_table


def shows_options(target: Target, clock: Callable[[], float] = time.monotonic) -> bool:
    """Whether its options can be read: only then can one be put back. Raises `Undecided` if it does not answer."""
    answer = _asked(target, GetNamesrvConfig(), "its options", clock)
    try:
        return answer.body is not None and bool(decode_config_text(answer.body).lines)
    except RemotingError:
        return False


def _clusters(target: Target, clock: Callable[[], float]) -> RemotingCommand:
    return _asked(target, GetBrokerClusterInfo(), "the clusters", clock)


def _asked(target: Target, request: Request, what: str, clock: Callable[[], float]) -> RemotingCommand:
    peer = target.connect(clock=clock)
    try:
        opaque = peer.next_opaque()
        peer.send(encode(Prefix(""), request, Style(), opaque=opaque, oneway=False))
        answer = peer.answer(opaque, clock() + target.timeout_s)
        if answer is None:
            why = "closed the connection" if peer.is_closed_by_peer else f"said nothing for {target.timeout_s:g} s"
            raise Undecided(f"{target.where} is no NameServer: asked for {what}, it {why}")
        return answer
    finally:
        peer.close()
