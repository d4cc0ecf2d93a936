"""Real Apache brokers register with our server, and a real client sends and receives through the route it gets there."""

import time

import pytest

from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java, find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.peer import Peer
from namesrv.check.require import missing
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, encode_command, request
from namesrv.server.running import RunningNameServer, running
from tests.peers.apache import apache_broker, mqadmin
from tests.waiting import until

CLIENT = "5.5.0"
TOPIC = "PeerTopic"
TEXT = "a-message-through-our-route"

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def java() -> Java:
    """With the client's jars in the cache."""
    try:
        found = find_java()
        resolve_jars(rocketmq("tools", CLIENT))
    except NotAvailable as error:
        missing(error)
    return found


def require_broker(version: str) -> None:
    """Its jars are in the cache, or the test ends."""
    try:
        resolve_jars(rocketmq("broker", version))
    except NotAvailable as error:
        missing(error)


def ask(ns: RunningNameServer, code: RequestCode, **ext_fields: str) -> RemotingCommand:
    """The server's answer."""
    peer = Peer(ns.host, ns.port, timeout_s=10)
    try:
        peer.send(encode_command(request(code, opaque=1, ext_fields=ext_fields)))
        answer = peer.answer(1, time.monotonic() + 10)
    finally:
        peer.close()
    assert answer is not None
    return answer


def knows(ns: RunningNameServer, address: str) -> bool:
    """Whether the broker at this address is in the cluster info."""
    return address.encode() in (ask(ns, RequestCode.GET_BROKER_CLUSTER_INFO).body or b"")


def has_route(ns: RunningNameServer, topic: str) -> bool:
    """Whether a client would find it."""
    return ask(ns, RequestCode.GET_ROUTEINFO_BY_TOPIC, topic=topic).code == ResponseCode.SUCCESS


# 5.5.0: test_interop.py, which needs a Java that compiles; this one does not.
@pytest.mark.parametrize("version", ["4.9.7"])
def test_a_message_goes_from_and_to_a_real_client_through_a_real_broker_that_registered_with_us(
    java: Java, version: str
) -> None:
    require_broker(version)
    with running(profile="strict") as ns:
        with apache_broker(version, java=java, namesrv=ns.address) as broker:
            until("the broker is registered", lambda: knows(ns, broker.address), timeout_s=60)
            assert not has_route(ns, TOPIC)

            # The client gets TBW102's route, the broker makes the topic and registers it.
            # On a busy machine 3 s may not be enough for it, so it may try again.
            send = ("sendMessage", "-n", ns.address, "-t", TOPIC, "-p", TEXT)
            until("it is sent", lambda: "SEND_OK" in mqadmin(java, CLIENT, *send), timeout_s=120)
            until("the new topic has a route", lambda: has_route(ns, TOPIC), timeout_s=60)

            receive, said = (
                ("consumeMessage", "-n", ns.address, "-t", TOPIC),
                (f"BODY: {TEXT}", f"brokerName={broker.name}"),
            )

            def is_received() -> bool:
                received = mqadmin(java, CLIENT, *receive)
                return all(text in received for text in said)

            until("it is received", is_received, timeout_s=120)
        until("the killed broker is forgotten", lambda: not knows(ns, broker.address), timeout_s=60)
        assert not has_route(ns, TOPIC)
