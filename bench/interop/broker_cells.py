"""What Apache's brokers do to a NameServer, from their start to their end; a broker registers with all rows at once.

Two masters: one that is talked to and ends by SIGTERM, and one that is frozen meanwhile, until its time is up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from bench.interop.broker import CLUSTER, Broker, apache_broker
from bench.interop.cells import Book, Departed
from bench.interop.mqadmin import Mqadmin, mqadmin
from bench.interop.name_servers import Facts, Pair, asked, look
from bench.interop.program import NotInTime, until
from namesrv.check.runner import Target
from namesrv.model.values import PERM_READ, PERM_WRITE, QueueData
from namesrv.proofs.observed import CLUSTER_INFO, BrokerShown, QueuesShown

CHECKS: Final = {
    "registers": "it is in 106, and all of its own topics have routes",
    "re-registers": "the NameServer is killed and started again: all is there again",
    "topic created": "mqadmin updateTopic at the broker",
    "topic changed": "the same with other numbers of queues and another perm",
    "topic deleted": "mqadmin deleteTopic",
    "slave": "a slave is in 106 beside its master, and copies from the master whose address only the NameServer told it",
    "SIGTERM": "it unregisters (104), and is gone",
    "expiry": "frozen, its connection open: gone two minutes later",
    "back": "thawed, it is there again",
    "kill -9": "gone as soon as its connections close",
}
PERM_BOTH: Final = PERM_READ | PERM_WRITE
TOPIC: Final = "InteropOrders"
COPIED: Final = "InteropCopied"
MQADMIN: Final = "5.5.0"
EXPIRY_TIMEOUT_S: Final = 240.0
SMALLER_PART: Final = "only with strict, apache-5.5.0 and apache-4.9.7"
GET_ALL_TOPIC_CONFIG: Final = 21
"""`RequestCode`, 5.5.0: what a slave asks its master for; here asked of the slave."""


def broker_cells(version: str, rows: Sequence[Pair], book: Book) -> None:
    """Every check on every row. Raises `NotAvailable`; `Undecided` if it can't be begun."""
    Brokers(version, rows, book).run()


class Brokers:
    """One release's."""

    def __init__(self, version: str, pairs: Sequence[Pair], book: Book) -> None:
        self.version = version
        self.peer = f"broker-{version}"
        self.pairs = pairs
        self.book = book
        self.namesrv = ";".join(pair.both for pair in pairs)

    def run(self) -> None:
        """From start to end."""
        with ExitStack() as stack:
            admin = stack.enter_context(mqadmin(MQADMIN))
            master = stack.enter_context(apache_broker(self.version, namesrv=self.namesrv, name="b-talking"))
            self.each(
                "registers",
                "the broker has a route for every topic of its own",
                shows(master.name, {0: master.address}),
            )
            self.restart(master)
            # In a cluster of its own: an administrator of a cluster talks to all brokers in it.
            apart = {"brokerClusterName": "SilentCluster"}
            silent = apache_broker(self.version, namesrv=self.namesrv, name="b-silent", properties=apart)
            frozen = stack.enter_context(silent)
            self.all_settled(shows(frozen.name, {0: frozen.address}))
            frozen.freeze()
            self.topics(admin, master)
            self.slaves(admin, master)
            self.sigterm(master)
            self.silence(frozen)

    def each(self, check: str, what: str, holds: Callable[[Facts], object]) -> None:
        """A cell of every row."""
        for pair in self.pairs:
            with self.book.trying(pair.row.name, self.peer, check):
                pair.settled(what, holds)

    def all_settled(self, holds: Callable[[Facts], object]) -> None:
        """Nothing to judge yet. Raises `Undecided`, `Departed`."""
        for pair in self.pairs:
            pair.settled("both brokers are registered", holds)

    def restart(self, master: Broker) -> None:
        """All our servers at once."""
        for pair in self.pairs:
            pair.ours.stop()
        for pair in self.pairs:
            pair.ours.start()
        self.each("re-registers", "the broker is registered again", shows(master.name, {0: master.address}))

    def topics(self, admin: Mqadmin, master: Broker) -> None:
        """Of one broker, told to it directly; it tells the NameServers."""
        told = ("updateTopic", "-n", self.pairs[0].address, "-b", master.address, "-t", TOPIC)
        admin(*told, "-r", "4", "-w", "3")
        self.each("topic created", f"{TOPIC} has 4 queues to read, 3 to write", has_queues(4, 3, PERM_BOTH))
        admin(*told, "-r", "8", "-w", "7", "-p", str(PERM_READ))
        self.each("topic changed", f"{TOPIC} has 8 and 7, to read only", has_queues(8, 7, PERM_READ))
        admin("deleteTopic", "-n", self.namesrv, "-c", CLUSTER, "-t", TOPIC)
        self.each("topic deleted", f"{TOPIC} has no route", lambda facts: not list(queues_of(facts, TOPIC)))

    def slaves(self, admin: Mqadmin, master: Broker) -> None:
        """One for each row, which knows that row's server only."""
        admin("updateTopic", "-n", self.pairs[0].address, "-b", master.address, "-t", COPIED, "-r", "1", "-w", "1")
        role = {"brokerId": "1", "brokerRole": "SLAVE"}
        with ExitStack() as stack:
            slaves = []  # all at once: each waits a minute before it copies
            for pair in self.pairs:
                if not pair.row.full:
                    self.book.skip(pair.row.name, self.peer, "slave", SMALLER_PART)
                else:
                    slave = apache_broker(self.version, namesrv=pair.address, name=master.name, properties=role)
                    slaves.append((pair, stack.enter_context(slave)))
            for pair, running in slaves:
                with self.book.trying(pair.row.name, self.peer, "slave"):
                    self.slave(pair, master, running)

    def slave(self, pair: Pair, master: Broker, slave: Broker) -> None:
        """It knows one NameServer only, which is ours."""
        both = shows(master.name, {0: master.address, 1: slave.address})
        must("the slave is in 106 beside its master", lambda: both(look(pair.ours.target)))
        must("the slave has its master's topics", lambda: COPIED in topics_of(slave.address))

    def sigterm(self, master: Broker) -> None:
        """It says goodbye."""
        master.terminate()
        gone = shows_not(master.name)
        for pair in self.pairs:
            with self.book.trying(pair.row.name, self.peer, "SIGTERM"):
                pair.settled("the broker has no route any more", gone)
                if "unregistration" not in pair.ours.log():
                    raise Departed("gone, but not because it unregistered")

    def silence(self, silent: Broker) -> None:
        """Expiry, and what comes after it."""
        gone = shows_not(silent.name)
        for pair in self.pairs:
            with self.book.trying(pair.row.name, self.peer, "expiry"):
                twin = pair.twin
                until("the real NameServer gives it up", lambda twin=twin: gone(look(twin)), timeout_s=EXPIRY_TIMEOUT_S)
                pair.settled("the silent broker has no route any more", gone)
                if "broker expired" not in pair.ours.log():
                    raise Departed("gone, but not by a scan")
        silent.thaw()
        self.each("back", "it is registered again", shows(silent.name, {0: silent.address}))
        silent.kill()
        self.each("kill -9", "it has no route any more", gone)


def must(what: str, holds: Callable[[], object]) -> None:
    """As `until`; what does not come is the NameServer's fault."""
    try:
        until(what, holds, timeout_s=120)
    except NotInTime as error:
        raise Departed(str(error)) from error


def shows(name: str, addrs: Mapping[int, str]) -> Callable[[Facts], bool]:
    """106 has the name with these addresses, and there are routes to it."""

    def holds(facts: Facts) -> bool:
        return broker_addrs(facts, name) == [addrs] and any(queue.broker_name == name for queue in queues_of(facts))

    return holds


def shows_not(name: str) -> Callable[[Facts], bool]:
    """Neither 106 nor a route has the name."""

    def holds(facts: Facts) -> bool:
        return not broker_addrs(facts, name) and not any(queue.broker_name == name for queue in queues_of(facts))

    return holds


def has_queues(read: int, write: int, perm: int) -> Callable[[Facts], bool]:
    """Of TOPIC."""

    def holds(facts: Facts) -> bool:
        queues = list(queues_of(facts, TOPIC))
        return [(q.read_queue_nums, q.write_queue_nums, q.perm) for q in queues] == [(read, write, perm)]

    return holds


def broker_addrs(facts: Facts, name: str) -> list[dict[int, str | None]]:
    """One for each time that 106 has the name."""
    shown = [fact.data for fact in facts if isinstance(fact, BrokerShown) and fact.request == CLUSTER_INFO]
    return [dict(data.broker_addrs.items()) for data in shown if data.broker_name == name]


def queues_of(facts: Facts, topic: str | None = None) -> Iterator[QueueData]:
    """In all routes, or in one topic's."""
    for fact in facts:
        if isinstance(fact, QueuesShown) and topic in (None, fact.topic):
            yield from fact.queues


def topics_of(address: str) -> str:
    """The topic table of a broker, as its slaves get it. Raises `Undecided`."""
    host, _, port = address.rpartition(":")
    answer = asked(Target(host=host, port=int(port)), GET_ALL_TOPIC_CONFIG)
    return (answer.body or b"").decode(errors="replace")
