"""Where a real broker is recorded: the NameServers, its settings, and an administrator who talks to it directly."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs

from bench.interop.broker import Broker, apache_broker
from bench.interop.capture import Capture
from bench.interop.program import until
from namesrv.check.findings import Undecided
from namesrv.check.oracle import HOST
from namesrv.check.runner import Target
from namesrv.remoting.codes import ResponseCode
from namesrv.remoting.command import RemotingCommand, encode_command, request

NAME: Final = "broker-a"
TOPIC: Final = "Orders"
WAIT_S: Final = 120.0
UPDATE_AND_CREATE_TOPIC: Final = 17
GET_ALL_TOPIC_CONFIG: Final = 21
UPDATE_BROKER_CONFIG: Final = 25
DELETE_TOPIC_IN_BROKER: Final = 215
"""`RequestCode`, 4.9.7 and 5.5.0: what administrators and slaves ask a broker."""


@attrs.define
class Scene:
    """One run. `namesrv`: what the broker is told; `properties`: of the one that is recorded."""

    capture: Capture
    release: str
    namesrv: str
    port: int
    properties: dict[str, str]
    stack: ExitStack
    home: Path

    @property
    def address(self) -> str:
        """Of the broker that is recorded."""
        return f"{HOST}:{self.port}"

    def start(self, *, log_level: str = "WARN", **properties: str) -> Broker:
        """The broker that is recorded."""
        broker = apache_broker(
            self.release,
            namesrv=self.namesrv,
            name=NAME,
            port=self.port,
            properties=self.properties | properties,
            home=self.home,
            log_level=log_level,
        )
        with self.capture.act("started"):
            return self.stack.enter_context(broker)

    def shutdown(self, broker: Broker) -> None:
        """SIGTERM."""
        with self.capture.act("shutdown"):
            broker.terminate()
            until("it is down", lambda: not broker.process.is_running, timeout_s=WAIT_S)

    def happened(self, what: str, begun_ms: int, done_ms: int, **details: Any) -> None:
        """The broker's log has told."""
        self.capture.acts.append({"what": what, **details, "begun_ms": begun_ms, "done_ms": done_ms})

    def begin_again(self) -> None:
        """The broker is down, and what comes is of another process with the same store."""
        now_ms = time.time_ns() // 1_000_000
        self.happened("started again", now_ms, now_ms)

    # An administrator ---------------------------------------------------------------------------------------------

    def put_topic(self, read: int, write: int, perm: int) -> None:
        """Creates or changes it."""
        with self.capture.act("topic", read=read, write=write, perm=perm):
            put_topic(self.address, read, write, perm)

    def delete_topic(self) -> None:
        """At the broker; no NameServer is told."""
        with self.capture.act("topic deleted"):
            told(self.address, DELETE_TOPIC_IN_BROKER, {"topic": TOPIC})

    def put_permission(self, perm: int) -> None:
        """`brokerPermission`."""
        with self.capture.act("permission", perm=perm):
            told(self.address, UPDATE_BROKER_CONFIG, {}, f"brokerPermission={perm}".encode())


def put_topic(broker: str, read: int, write: int, perm: int) -> None:
    """Creates or changes it at the broker."""
    fields = {
        "topic": TOPIC,
        "defaultTopic": "TBW102",
        "readQueueNums": str(read),
        "writeQueueNums": str(write),
        "perm": str(perm),
        "topicFilterType": "SINGLE_TAG",
        "topicSysFlag": "0",
        "order": "false",
    }
    told(broker, UPDATE_AND_CREATE_TOPIC, fields)


def told(address: str, code: int, fields: dict[str, str], body: bytes | None = None) -> RemotingCommand:
    """A broker's or a controller's answer. Raises `Undecided` if it is none of SUCCESS."""
    host, _, port = address.rpartition(":")
    target = Target(host=host, port=int(port))
    peer = target.connect()
    try:
        peer.send(encode_command(request(code, opaque=1, ext_fields=fields, body=body)))
        answer = peer.answer(1, time.monotonic() + WAIT_S)
    finally:
        peer.close()
    if answer is None or answer.code != ResponseCode.SUCCESS:
        raise Undecided(f"request {code} at {address}: {'no answer' if answer is None else answer.remark}")
    return answer


@attrs.frozen
class Line:
    """Of a broker's log. `at_ms`: epoch."""

    at_ms: int
    found: re.Match[str]


def logged(broker: Broker, pattern: str) -> Iterator[Line]:
    """The lines in which `pattern` is found. They have the time of day, so are of the last 24 hours."""
    for line in broker.process.log().splitlines():
        time_of_day = re.match(r"\d\d:\d\d:\d\d\.\d{3} ", line)
        if time_of_day and (found := re.search(pattern, line)):
            now = datetime.now()
            at = datetime.combine(now.date(), datetime.strptime(time_of_day[0].strip(), "%H:%M:%S.%f").time())
            at -= timedelta(days=at > now)
            yield Line(int(at.timestamp() * 1000), found)


def has_logged(broker: Broker, pattern: str, times: int = 1) -> None:
    """Waits for it. Raises `Undecided`."""
    what = f"the broker logs {pattern!r} ({times})"
    until(what, lambda: len(list(logged(broker, pattern))) >= times, timeout_s=WAIT_S)
