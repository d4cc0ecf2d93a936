"""The load: brokers that register and clients that ask for routes, in a process of its own, on blocking sockets.

Reads one JSON command a line from stdin, answers with one JSON line: `{"server": NAME, "do": JOB, "seconds": S}` gives
`{"count": N, "seconds": S}`. Every answer is looked at: one that is not a success ends the run.
"""

import json
import selectors
import socket
import struct
import sys
import time
import zlib
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from namesrv.server.crc import combine, shift

BROKERS: Final = 8
TOPICS: Final = 10_000
ROUTE_CONNECTIONS: Final = 4
PIPELINED: Final = 32
LENGTH: Final = struct.Struct(">I")
SUCCESS: Final = b'{"code":0,'
START_MS: Final = 1_790_000_000_000


def frame(header: bytes, *body: bytes) -> list[bytes]:
    """A frame's parts."""
    size = sum(map(len, body))
    return [struct.pack(">II", 4 + len(header) + size, len(header)) + header, *body]


class Line:
    """A connection that counts answers."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 18)
        self._view = memoryview(self._buffer)
        self._kept = 0

    def send(self, parts: list[bytes]) -> None:
        """Sends everything."""
        self.socket.sendall(b"".join(parts) if len(parts) == 1 or len(parts[-1]) < 65536 else parts[0])
        if len(parts) > 1 and len(parts[-1]) >= 65536:
            for part in parts[1:]:
                self.socket.sendall(part)

    def receive(self) -> int:
        """Reads once; how many answers have become complete with it."""
        read = self.socket.recv_into(self._view[self._kept :])
        if not read:
            raise SystemExit("the server has closed the connection")
        at, answers, size, buffer = 0, 0, self._kept + read, self._buffer
        while size - at >= 4:
            end = at + 4 + LENGTH.unpack_from(buffer, at)[0]
            if end > size:
                break
            if not buffer.startswith(SUCCESS, at + 8):
                raise SystemExit(f"not a success: {bytes(buffer[at + 8 : min(end, at + 500)])!r}")
            at = end
            answers += 1
        self._kept = size - at
        if at and self._kept:
            buffer[: self._kept] = buffer[at:size]
        return answers

    def ask(self, parts: list[bytes]) -> None:
        """One request, one answer."""
        self.send(parts)
        while not self.receive():
            pass


class Broker:
    """A 5.5.0 broker with `TOPICS` topics, as it registers."""

    def __init__(self, line: Line, number: int) -> None:
        self.line = line
        self.name = f"broker-{number}"
        self.addr = f"10.0.0.{number + 1}:10911"
        self._counter = 0
        self._registrations = count(1)
        table = ",".join(self._config(f"topic-{i:05}") for i in range(TOPICS))
        changing = self._config("changing").removesuffix('"writeQueueNums":8}')
        self._before = f',"topicConfigTable":{{{changing}'.encode()
        rest = f'}},{table}}},"topicQueueMappingDetailMap":{{}},"topicQueueMappingInfoMap":{{}}}}}}'
        self._tail = rest.encode()
        self._tail_crc = zlib.crc32(self._tail)
        self._shift = shift(len(self._tail))

    @staticmethod
    def _config(topic: str) -> str:
        return (
            f'"{topic}":{{"attributes":{{}},"order":false,"perm":6,"readQueueNums":8,"topicFilterType":"SINGLE_TAG",'
            f'"topicName":"{topic}","topicSysFlag":0,"writeQueueNums":8}}'
        )

    def register(self, *, changed: bool) -> list[bytes]:
        """The periodic registration; `changed`: one topic has other queues, and so the DataVersion is another."""
        self._counter += changed
        number = next(self._registrations)
        version = b'{"counter":%d,"stateVersion":0,"timestamp":%d}' % (self._counter, START_MS + self._counter)
        mapping = b'{"counter":0,"stateVersion":0,"timestamp":%d}' % (START_MS + number)
        head = b'{"filterServerList":[],"topicConfigSerializeWrapper":{"dataVersion":%b,"mappingDataVersion":%b' % (
            version,
            mapping,
        )
        head += self._before + b'"writeQueueNums":%d' % (8 + self._counter % 8)
        crc = combine(zlib.crc32(head), self._tail_crc, self._shift) & 0x7FFFFFFF
        header = (
            f'{{"code":103,"extFields":{{"brokerId":"0","bodyCrc32":"{crc}","clusterName":"bench",'
            f'"brokerAddr":"{self.addr}","enableActingMaster":"false","haServerAddr":"{self.addr[:-1]}2",'
            f'"compressed":"false","brokerName":"{self.name}"}},"flag":0,"language":"JAVA","opaque":{number},'
            '"serializeTypeCurrentRPC":"JSON","version":513}'
        )
        return frame(header.encode(), head, self._tail)


def route_request(topic: int, opaque: int) -> bytes:
    """A 5.5.0 client's question."""
    header = (
        f'{{"code":105,"extFields":{{"acceptStandardJsonOnly":"true","topic":"topic-{topic % TOPICS:05}"}},"flag":0,'
        f'"language":"JAVA","opaque":{opaque},"serializeTypeCurrentRPC":"JSON","version":513}}'
    )
    return b"".join(frame(header.encode()))


class Load:
    """Everything that is connected to one server."""

    def __init__(self, host: str, port: int) -> None:
        self.brokers = [Broker(Line(host, port), number) for number in range(BROKERS)]
        self.clients = [Line(host, port) for _ in range(ROUTE_CONNECTIONS)]
        self._batches = [
            b"".join(route_request(batch * PIPELINED + i, i) for i in range(PIPELINED))
            for batch in range(TOPICS // PIPELINED)
        ]
        self._single = [route_request(i * 7, i) for i in range(TOPICS)]

    def first_registrations(self) -> None:
        """All brokers, once."""
        for broker in self.brokers:
            broker.line.ask(broker.register(changed=True))

    def routes_pipelined(self, seconds: float) -> int:
        """Each client keeps `PIPELINED` questions in flight: as many new ones as answers have come."""
        selector = selectors.DefaultSelector()
        waiting = {}
        turn = count()
        for line in self.clients:
            selector.register(line.socket, selectors.EVENT_READ, line)
            waiting[line] = PIPELINED
            line.socket.sendall(self._batches[next(turn) % len(self._batches)])
        answers, end, going = 0, time.perf_counter() + seconds, len(self.clients)
        while going:
            for key, _ in selector.select():
                line = key.data
                got = line.receive()
                answers += got
                waiting[line] -= got
                if not waiting[line]:
                    if time.perf_counter() < end:
                        waiting[line] = PIPELINED
                        line.socket.sendall(self._batches[next(turn) % len(self._batches)])
                    else:
                        going -= 1
        selector.close()
        return answers

    def routes_single(self, seconds: float) -> int:
        """One client, one question at a time."""
        line, end = self.clients[0], time.perf_counter() + seconds
        send, receive = line.socket.sendall, line.receive
        for asked in count():
            if time.perf_counter() >= end:
                return asked
            send(self._single[asked % TOPICS])
            while not receive():
                pass
        raise AssertionError

    def registrations(self, seconds: float, *, changed: bool) -> int:
        """All brokers at once, each one registration at a time."""
        selector = selectors.DefaultSelector()
        for broker in self.brokers:
            selector.register(broker.line.socket, selectors.EVENT_READ, broker)
            broker.line.send(broker.register(changed=changed))
        answers, end, going = 0, time.perf_counter() + seconds, len(self.brokers)
        while going:
            for key, _ in selector.select():
                broker = key.data
                if broker.line.receive():
                    answers += 1
                    if time.perf_counter() < end:
                        broker.line.send(broker.register(changed=changed))
                    else:
                        going -= 1
        selector.close()
        return answers


JOBS: Final[dict[str, Callable[[Load, float], int]]] = {
    "routes-pipelined": Load.routes_pipelined,
    "routes-single": Load.routes_single,
    "register-changed": lambda load, seconds: load.registrations(seconds, changed=True),
    "register-unchanged": lambda load, seconds: load.registrations(seconds, changed=False),
}


def main() -> None:
    """Until stdin ends."""
    loads: dict[str, Load] = {}
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        start = time.perf_counter()
        counted = 0
        if command["do"] == "connect":
            loads[command["server"]] = Load(command["host"], command["port"])
            loads[command["server"]].first_registrations()
        else:
            counted = JOBS[command["do"]](loads[command["server"]], command["seconds"])
        print(json.dumps({"count": counted, "seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
