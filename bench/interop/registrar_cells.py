"""Our broker with real NameServers: route by route what a real broker with the same config gets registered there.

First the real one goes through the stages, then ours through the same, under the same names and addresses and with the same
NameServers; after each stage every NameServer has to show the same of both.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Final, Protocol, Self

import attrs

from bench.interop.broker import CLUSTER, PERIOD_MS, Broker, apache_broker, broker_port
from bench.interop.broker_cells import broker_addrs, queues_of
from bench.interop.cells import Book, Departed
from bench.interop.mqadmin import Mqadmin, mqadmin
from bench.interop.name_servers import Facts, asked, look, real_name_server, told_apart
from bench.interop.program import NotInTime, until
from bench.rust_port import VERSION as RUST_VERSION
from bench.rust_port import RustPortFailed, rust_namesrv
from namesrv.broker import Registrar, RegistrarSettings, broker_profile, default_topics, later_topics
from namesrv.check.findings import Undecided
from namesrv.check.oracle import HOST, RELEASES
from namesrv.check.runner import Target
from namesrv.model.values import PERM_READ, PERM_WRITE, TopicConfig
from namesrv.remoting.address import Address
from namesrv.remoting.codes import RequestCode

NAME: Final = "b-same"
TOPIC: Final = "InteropSame"
MQADMIN: Final = "5.5.0"
SHOWN_TIMEOUT_S: Final = 60.0
TRANSACTION_CHECK_MS: Final = 2_000
"""Instead of a minute."""
CALL_TIMEOUT_S: Final = 60.0
PERM_BOTH: Final = PERM_READ | PERM_WRITE


@contextmanager
def rust() -> Iterator[Target]:
    """rocketmq-rust's. Raises `NotAvailable`, `Undecided`."""
    try:
        with rust_namesrv() as target:
            yield target
    except RustPortFailed as error:
        raise Undecided(str(error)) from error


REAL: Final = {
    **{f"real-{release.removeprefix('apache-')}": partial(real_name_server, release) for release in RELEASES},
    f"rust-{RUST_VERSION}": rust,
}
"""Each NameServer that is not ours, by the name of its row."""


class Acts(Protocol):
    """What a broker is made to do."""

    def start(self) -> None: ...
    def put_topic(self, read: int, write: int, perm: int) -> None: ...
    def delete_topic(self) -> None: ...
    def start_slave(self) -> None: ...
    def shutdown(self) -> None: ...


@attrs.frozen
class Stage:
    """`comes`: what a NameServer then comes to show."""

    name: str
    act: Callable[[Acts], None]
    comes: Callable[[Facts], object]


def queues(facts: Facts, topic: str) -> list[tuple[int, int, int]]:
    """Of the topic: to read, to write, perm."""
    return [(q.read_queue_nums, q.write_queue_nums, q.perm) for q in queues_of(facts, topic)]


STAGES: Final = (
    # 4.9.7 makes the last of its own topics only when it first looks for transactions to check.
    Stage("start", lambda broker: broker.start(), lambda facts: queues(facts, "RMQ_SYS_TRANS_HALF_TOPIC")),
    Stage(
        "topic created",
        lambda broker: broker.put_topic(4, 3, PERM_BOTH),
        lambda facts: queues(facts, TOPIC) == [(4, 3, PERM_BOTH)],
    ),
    Stage(
        "topic changed",
        lambda broker: broker.put_topic(8, 7, PERM_READ),
        lambda facts: queues(facts, TOPIC) == [(8, 7, PERM_READ)],
    ),
    Stage("topic deleted", lambda broker: broker.delete_topic(), lambda facts: not queues(facts, TOPIC)),
    Stage(
        "slave",
        lambda broker: broker.start_slave(),
        lambda facts: [list(a) for a in broker_addrs(facts, NAME)] == [[0, 1]],
    ),
    Stage("shutdown", lambda broker: broker.shutdown(), lambda facts: not broker_addrs(facts, NAME)),
)


@attrs.frozen
class Place:
    """Where the broker says that it is, and the NameServers that it has."""

    version: str
    targets: tuple[Target, ...]
    port: int = attrs.field(factory=broker_port)
    slave_port: int = attrs.field(factory=broker_port)

    @property
    def namesrv(self) -> str:
        """As brokers are told."""
        return ";".join(target.where for target in self.targets)


class RealBroker:
    """Apache's, with mqadmin."""

    def __init__(self, place: Place, stack: ExitStack) -> None:
        self._place = place
        self._stack = stack
        self._admin: Mqadmin = stack.enter_context(mqadmin(MQADMIN))
        self._running: list[Broker] = []

    def start(self) -> None:
        """The master."""
        self._start(self._place.port, {})

    def _start(self, port: int, role: dict[str, str]) -> None:
        role = role | {"transactionCheckInterval": str(TRANSACTION_CHECK_MS)}
        broker = apache_broker(self._place.version, namesrv=self._place.namesrv, name=NAME, port=port, properties=role)
        self._running.append(self._stack.enter_context(broker))

    def put_topic(self, read: int, write: int, perm: int) -> None:
        """Creates or changes it."""
        told = ("-r", str(read), "-w", str(write), "-p", str(perm))
        at = ("-n", self._place.targets[0].where, "-b", self._running[0].address)
        self._admin("updateTopic", *at, "-t", TOPIC, *told)

    def delete_topic(self) -> None:
        """In the broker, and in every NameServer."""
        self._admin("deleteTopic", "-n", self._place.namesrv, "-c", CLUSTER, "-t", TOPIC)

    def start_slave(self) -> None:
        """Beside the master."""
        self._start(self._place.slave_port, {"brokerId": "1", "brokerRole": "SLAVE"})

    def shutdown(self) -> None:
        """SIGTERM, to the slave first."""
        for broker in reversed(self._running):
            broker.terminate()


class OurBroker:
    """The registrar of `namesrv broker`, in a thread of its own."""

    def __init__(self, place: Place, stack: ExitStack) -> None:
        self._place = place
        self._profile = broker_profile(f"apache-{place.version}")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._running: list[Registrar] = []
        stack.enter_context(self)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for registrar in self._running:
            self._call(registrar.abort())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _call(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    def start(self) -> None:
        """The master."""
        self._start(self._place.port, 0)
        for _, config in later_topics(self._profile.name):
            self._call(self._running[0].create_topic(config))

    def _start(self, port: int, broker_id: int) -> None:
        settings = RegistrarSettings(
            name_servers=tuple(Address(target.host, target.port) for target in self._place.targets),
            cluster_name=CLUSTER,
            broker_name=NAME,
            broker_id=broker_id,
            broker_addr=f"{HOST}:{port}",
            ha_server_addr=f"{HOST}:{port + 1}",
            register_name_server_period_ms=PERIOD_MS,
        )
        registrar = Registrar(settings, self._profile, default_topics(self._profile.name, CLUSTER, NAME))
        self._running.append(registrar)
        self._call(registrar.start())

    def put_topic(self, read: int, write: int, perm: int) -> None:
        """Creates or changes it."""
        config = TopicConfig(topic_name=TOPIC, read_queue_nums=read, write_queue_nums=write, perm=perm)
        self._call(self._running[0].update_topics([config]))

    def delete_topic(self) -> None:
        """In the broker, and as mqadmin does in every NameServer."""
        self._running[0].delete_topic(TOPIC)
        for target in self._place.targets:
            asked(target, RequestCode.DELETE_TOPIC_IN_NAMESRV, topic=TOPIC, clusterName=CLUSTER)

    def start_slave(self) -> None:
        """Beside the master."""
        self._start(self._place.slave_port, 1)

    def shutdown(self) -> None:
        """The slave first."""
        while self._running:
            self._call(self._running.pop().shutdown())


Seen = dict[str, list[Facts | str]]
"""By the name of the stage, for each NameServer: what it showed, or what did not come."""


def walk(place: Place, kind: Callable[[Place, ExitStack], Acts]) -> Seen:
    """Through all stages. Raises `NotAvailable`, `Undecided`."""
    seen: Seen = {}
    with ExitStack() as stack:
        broker = kind(place, stack)
        for stage in STAGES:
            stage.act(broker)
            seen[stage.name] = [shown(target, stage, seen, number) for number, target in enumerate(place.targets)]
    return seen


def shown(target: Target, stage: Stage, before: Seen, number: int) -> Facts | str:
    """What a NameServer comes to show; one that did not register the broker is not waited for again."""
    if "start" in before and isinstance(start := before["start"][number], str):
        return start
    try:
        until(f"{stage.name} shows at {target.where}", lambda: stage.comes(look(target)), timeout_s=SHOWN_TIMEOUT_S)
        return look(target)
    except NotInTime as error:
        return str(error)


def registrar_cells(version: str, rows: Sequence[str], book: Book) -> None:
    """Every stage with every NameServer. Raises `NotAvailable`, `Undecided`."""
    peer = f"registrar-{version}"
    with ExitStack() as stack:
        place = Place(version, tuple(stack.enter_context(REAL[row]()) for row in rows))
        book.forget(rows)
        real, ours = walk(place, RealBroker), walk(place, OurBroker)
        for number, row in enumerate(rows):
            for stage in STAGES:
                with book.trying(row, peer, stage.name):
                    compare(real[stage.name][number], ours[stage.name][number])


def compare(real: Facts | str, ours: Facts | str) -> None:
    """Raises `Departed`."""
    if isinstance(real, str):
        same = "so with ours" if isinstance(ours, str) else "ours is shown"
        raise Departed(f"not shown for the real broker: {real}; {same}")
    if isinstance(ours, str):
        raise Departed(f"shown for the real broker, and not for ours: {ours}")
    if real != ours:
        raise Departed(told_apart(ours, real))
