"""Peers of a server under test: blocking connections with a deadline, and registrations as brokers send them."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping

import orjson

from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import RemotingCommand, decode_command, encode_command
from namesrv.remoting.compressed import crc32
from namesrv.remoting.frame import FrameDecoder
from namesrv.server import SERVER_PROFILES
from namesrv.server.running import RunningNameServer, running

PROFILES = tuple(SERVER_PROFILES)
DEADLINE_S = 60.0
"""A busy machine is no fault of the server: only what never comes is waited for so long."""
VERSIONS = {
    "strict": 513,
    "apache-5.5.0": 513,
    "apache-5.4.0": 493,
    "apache-5.3.3": 479,
    "apache-5.1.4": 441,
    "apache-4.9.7": 407,
}
CODES = RequestCode


class Peer:
    """One connection."""

    def __init__(self, server: RunningNameServer, *, tls: ssl.SSLContext | None = None, receive_bytes: int = 0) -> None:
        plain = socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET)
        if receive_bytes:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        plain.settimeout(DEADLINE_S)
        plain.connect((server.host, server.port))
        self.socket = plain if tls is None else tls.wrap_socket(plain)
        self._decoder = FrameDecoder()
        self._answers: list[RemotingCommand] = []
        self._opaque = 0

    def send(self, data: bytes) -> None:
        """Sends raw bytes."""
        self.socket.sendall(data)

    def request(
        self,
        code: int,
        ext: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        version: int = 513,
        flag: int = 0,
        serialize_type: int = 0,
    ) -> RemotingCommand:
        """Sends a request."""
        self._opaque += 1
        command = RemotingCommand(
            code=code,
            opaque=self._opaque,
            ext_fields=ext,
            body=body,
            version=version,
            flag=flag,
            serialize_type=serialize_type,
        )
        self.send(encode_command(command))
        return command

    def answer(self) -> RemotingCommand:
        """The next answer. Raises `TimeoutError` at the deadline, `ConnectionError` if the server has closed."""
        while not self._answers:
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("closed by the server")
            self._answers += map(decode_command, self._decoder.feed(data))
        return self._answers.pop(0)

    def ask(
        self, code: int, ext: Mapping[str, str] | None = None, body: bytes | None = None, **kind: int
    ) -> RemotingCommand:
        """A request and its answer."""
        request = self.request(code, ext, body, **kind)
        answer = self.answer()
        assert answer.opaque == request.opaque
        return answer

    def is_closed(self) -> bool:
        """Whether the server closes the connection before the deadline, without a word."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def says_nothing(self) -> bool:
        """Whether what was sent before has no answer: that to a request behind it comes first."""
        return self.ask(CODES.GET_BROKER_CLUSTER_INFO).code == 0

    # What brokers and clients send --------------------------------------------------------------------------------

    def register(
        self, *, ext: Mapping[str, str] | None = None, raw: bytes | None = None, **what: object
    ) -> RemotingCommand:
        """REGISTER_BROKER; see `registration`."""
        fields, body = registration(**what)  # type: ignore[arg-type]
        body = body if raw is None else raw
        return self.ask(CODES.REGISTER_BROKER, fields | {"bodyCrc32": str(crc32(body))} | (ext or {}), body)

    def route(self, topic: str, *, version: int = 513) -> RemotingCommand:
        """GET_ROUTEINFO_BY_TOPIC."""
        return self.ask(CODES.GET_ROUTEINFO_BY_TOPIC, {"topic": topic}, version=version)

    def topics(self) -> set[str]:
        """GET_ALL_TOPIC_LIST_FROM_NAMESERVER."""
        body = self.ask(CODES.GET_ALL_TOPIC_LIST_FROM_NAMESERVER).body
        assert body is not None
        return set(orjson.loads(body)["topicList"])

    def cluster_info(self) -> bytes:
        """GET_BROKER_CLUSTER_INFO."""
        body = self.ask(CODES.GET_BROKER_CLUSTER_INFO).body
        assert body is not None
        return body

    def close(self) -> None:
        """Closes."""
        self.socket.close()


def place(cluster: str = "C", name: str = "b", broker_id: int = 0, addr: str = "10.0.0.1:10911") -> dict[str, str]:
    """The ext fields that name a broker."""
    return {"clusterName": cluster, "brokerName": name, "brokerId": str(broker_id), "brokerAddr": addr}


def body_of(
    topics: tuple[str, ...] = ("t1", "t2"),
    *,
    counter: int = 1,
    timestamp: int | None = None,
    state: int = 0,
    perm: int = 6,
    filters: tuple[str, ...] = (),
) -> bytes:
    """A 5.5.0 broker's body. `timestamp` `None`: that of the counter."""
    configs = {
        topic: {
            "attributes": {},
            "order": False,
            "perm": perm,
            "readQueueNums": 4,
            "topicFilterType": "SINGLE_TAG",
            "topicName": topic,
            "topicSysFlag": 0,
            "writeQueueNums": 4,
        }
        for topic in topics
    }
    version = {"counter": counter, "stateVersion": state, "timestamp": counter if timestamp is None else timestamp}
    wrapper = {"dataVersion": version, "topicConfigTable": configs}
    return orjson.dumps({"filterServerList": list(filters), "topicConfigSerializeWrapper": wrapper})


def registration(
    cluster: str = "C",
    name: str = "b",
    broker_id: int = 0,
    addr: str = "10.0.0.1:10911",
    **body: object,
) -> tuple[dict[str, str], bytes]:
    """Ext fields and body of a REGISTER_BROKER; `body` as in `body_of`."""
    fields = place(cluster, name, broker_id, addr) | {
        "haServerAddr": addr + "2",
        "compressed": "false",
        "enableActingMaster": "false",
    }
    return fields, body_of(**body)  # type: ignore[arg-type]


@contextlib.contextmanager
def server_and_peers(count: int = 1, **arguments: object) -> Iterator[tuple[RunningNameServer, list[Peer]]]:
    """A server and connections to it."""
    with running(**arguments) as server:
        peers = [Peer(server) for _ in range(count)]
        try:
            yield server, peers
        finally:
            for peer in peers:
                peer.close()


def settled(server: RunningNameServer) -> None:
    """Has the server take notice of closed connections and run what it has queued.

    What a peer did before is done: a connection's end is noticed in the turn of the loop after it has come, and that turn's
    queue run in the next.
    """
    for _ in range(3):
        server.call(lambda: None)
