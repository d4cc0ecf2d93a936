"""The real mqadmin: each command said to our server and to the real one. It has to print the same, and after it both
have to show the same.

The broker is a real 5.5.0, registered with all of them.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

import attrs

from bench.interop.broker import CLUSTER, apache_broker
from bench.interop.broker_cells import queues_of, shows
from bench.interop.cells import Book, Departed
from bench.interop.mqadmin import Mqadmin, mqadmin
from bench.interop.name_servers import Facts, Pair, asked
from namesrv.check.findings import Undecided
from namesrv.check.runner import Target
from namesrv.model.values import PERM_READ, PERM_WRITE
from namesrv.remoting.codes import RequestCode, ResponseCode

BROKER: Final = "5.5.0"
NAME: Final = "b-administered"
TOPIC: Final = "InteropAdministered"
PERM_BOTH: Final = PERM_READ | PERM_WRITE
OWN_KEYS: Final = ("listenPort", "kvConfigPath", "configStorePath", "rocketmqHome", "scanNotActiveBrokerInterval")
"""Options that say where, and how, each was started for this run."""
COUNTED_COLUMNS: Final = 5
"""Of clusterList: cluster, name, id, address, version. The others are the broker's own counters of the moment."""


@attrs.frozen
class Command:
    """`says`: what has to be in what it prints. `shows`: what has to be so afterwards. `stored`: the key of namespace K then."""

    name: str
    arguments: tuple[str, ...]
    says: str
    shows: Callable[[Facts], object] = lambda facts: True
    stored: tuple[str | None, ...] = ()


def perms(topic_perm: int) -> Callable[[Facts], bool]:
    """Of the topic that was made."""
    return lambda facts: [queue.perm for queue in queues_of(facts, TOPIC)] == [topic_perm]


COMMANDS: Final = (
    Command("clusterList", (), NAME),
    Command("topicList", (), "SELF_TEST_TOPIC"),
    Command("topicRoute", ("-t", "SELF_TEST_TOPIC"), f'"brokerName":"{NAME}"'),
    Command("updateTopic", ("-c", CLUSTER, "-t", TOPIC, "-r", "4", "-w", "4"), "success", perms(PERM_BOTH)),
    Command("topicStatus", ("-t", TOPIC), NAME),
    Command("wipeWritePerm", ("-b", NAME), "OK, ", perms(PERM_READ)),
    Command("addWritePerm", ("-b", NAME), "OK, ", perms(PERM_BOTH)),
    Command("deleteTopic", ("-c", CLUSTER, "-t", TOPIC), "success", lambda facts: not list(queues_of(facts, TOPIC))),
    Command("updateKvConfig", ("-s", "Interop", "-k", "Key", "-v", "Value"), "success", stored=("Value",)),
    Command("deleteKvConfig", ("-s", "Interop", "-k", "Key"), "success", stored=(None,)),
    Command("updateNamesrvConfig", ("-k", "productEnvName", "-v", "interop"), "success"),
    Command("getNamesrvConfig", (), "productEnvName                                    =  interop"),
)
"""In this order."""


def mqadmin_cells(version: str, pairs: Sequence[Pair], book: Book) -> None:
    """Every command on every row. Raises `NotAvailable`; `Undecided` if it can't be begun."""
    peer = f"mqadmin-{version}"
    namesrv = ";".join(pair.both for pair in pairs)
    with ExitStack() as stack:
        admin = stack.enter_context(mqadmin(version))
        broker = stack.enter_context(apache_broker(BROKER, namesrv=namesrv, name=NAME))
        for pair in pairs:
            pair.settled("the broker is registered", shows(broker.name, {0: broker.address}))
        for pair in pairs:
            for command in COMMANDS:
                with book.trying(pair.row.name, peer, command.name):
                    tried(admin, pair, command)


def tried(admin: Mqadmin, pair: Pair, command: Command) -> None:
    """Raises `Undecided` if the real NameServer is not as it has to be, `Departed` if ours is not like it."""
    theirs = printed(admin, pair.twin, command)
    if command.says not in theirs:
        raise Undecided(f"expected that with the real NameServer it prints {command.says!r}, got {theirs!r}")
    ours = printed(admin, pair.ours.target, command)
    if compared(ours) != compared(theirs):
        raise Departed(f"expected (with the real NameServer) {theirs!r}, got {ours!r}")
    pair.settled(f"what {command.name} does is done", command.shows)
    for expected in command.stored:
        for where, target in (("the real NameServer", pair.twin), ("ours", pair.ours.target)):
            if (got := kv_config(target)) != expected:
                raise Departed(f"after it {where} has the value {got!r}, expected {expected!r}")


def printed(admin: Mqadmin, target: Target, command: Command) -> str:
    """The NameServer's address left out."""
    return admin(command.name, "-n", target.where, *command.arguments).replace(target.where, "NAMESRV")


def compared(text: str) -> list[str]:
    """The lines whose order and contents do not depend on the moment."""
    lines = []
    for line in text.splitlines():
        words = line.split()
        if words[1:2] == [NAME]:
            line = " ".join(words[:COUNTED_COLUMNS])
        if words[:1] and words[0] not in OWN_KEYS:
            lines.append(line)
    return sorted(lines)


def kv_config(target: Target) -> str | None:
    """101 of what updateKvConfig put. Raises `Undecided`."""
    answer = asked(target, RequestCode.GET_KV_CONFIG, namespace="Interop", key="Key")
    return (answer.ext_fields or {}).get("value") if answer.code == ResponseCode.SUCCESS else None
