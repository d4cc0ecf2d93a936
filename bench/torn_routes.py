"""How often a real NameServer's route is of two moments: `python -m bench.torn_routes [--release R]`.

A route is put together under the read lock and encoded after it (`RouteInfoManager.pickupTopicRouteData`). One client asks for
the route of a topic with many brokers, another changes what stands in it, always in the same order and only after the change
before has been answered. So some combinations are never there at any moment. An answer with one of them is *torn* if its queues
(or mappings) are later than its brokers, and *turned round* if they are earlier, for which there is no way in the sources.
"""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
import orjson

from namesrv.check.oracle import RELEASES, Oracle
from namesrv.check.peer import Peer
from namesrv.check.steps import Style
from namesrv.check.wire import NO_PREFIX, encode
from namesrv.model.events import (
    GetRouteInfoByTopic,
    RegisterBroker,
    Request,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import PROFILES
from namesrv.model.values import (
    PERM_WRITE,
    DataVersion,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)
from namesrv.remoting.command import RemotingCommand

TOPIC: Final = "t"
OTHER: Final = "u"
"""5.x takes no new broker with one topic only."""
NAME: Final = "x"
IN_FLIGHT: Final = 4
PATIENCE_S: Final = 60.0
MOST_MAPPINGS: Final = 400
"""No mapping ever leaves, so a run adds only so many."""

Route = dict[str, Any]


class Client:
    """One connection."""

    def __init__(self, oracle: Oracle) -> None:
        self._peer = Peer(oracle.host, oracle.port, timeout_s=PATIENCE_S)

    def send(self, request: Request) -> int:
        """Sends it; the number to ask for its answer."""
        opaque = self._peer.next_opaque()
        self._peer.send(encode(NO_PREFIX, request, Style(), opaque=opaque, oneway=False))
        return opaque

    def answer(self, opaque: int) -> RemotingCommand:
        """Raises `SystemExit` if there is none."""
        answer = self._peer.answer(opaque, time.monotonic() + PATIENCE_S)
        if answer is None:
            raise SystemExit("bench: no answer")
        return answer

    def ask(self, request: Request) -> RemotingCommand:
        """One after the other. Raises `SystemExit`."""
        return self.answer(self.send(request))

    def must(self, request: Request) -> None:
        """Raises `SystemExit` unless it is answered SUCCESS."""
        answer = self.ask(request)
        if answer.code != 0:
            raise SystemExit(f"bench: {request}: {answer.code} {answer.remark}")


def registered(
    name: str, addr: str, broker_id: int = 0, *, version: int = 0, publishes: bool = True, acting: bool | None = None,
    mapped: bool = False,
) -> RegisterBroker:  # fmt: skip
    """A registration of that version; whoever publishes has the topic."""
    info = TopicQueueMappingInfo(topic=TOPIC, bname=name, total_queues=1)
    topics = (TOPIC, OTHER) if publishes else ()
    return RegisterBroker(
        cluster_name="c",
        broker_addr=addr,
        broker_name=name,
        broker_id=broker_id,
        enable_acting_master=acting,
        body=RegisterBrokerBody(
            topic_config_table=table({topic: TopicConfig(topic_name=topic) for topic in topics}),
            data_version=DataVersion(counter=version),
            topic_queue_mapping_info_map=table({TOPIC: info} if mapped else {}),
        ),
    )


@attrs.frozen
class Experiment:
    """`cycle(client, number)` changes things once round; `judge(route)`: "torn", "turned round", or neither."""

    name: str
    setting: Callable[[Client], None]
    cycle: Callable[[Client, int], None]
    judge: Callable[[Route], str | None]
    most: int | None = None
    is_of: Callable[[str], bool] = lambda _: True


def route_of(answer: RemotingCommand) -> Route:
    """The body's."""
    route = orjson.loads(answer.body or b"null")
    assert isinstance(route, dict)
    return route


def exception_of(answer: RemotingCommand) -> str:
    """The simple name of the class that the remark begins with."""
    return (answer.remark or str(answer.code)).split(",")[0].split(":")[0].rpartition(".")[2]


def of_name(route: Route) -> tuple[dict[str, str], bool]:
    """The addresses of the name that changes, and whether its queues may be written."""
    addrs = next((data["brokerAddrs"] for data in route["brokerDatas"] if data["brokerName"] == NAME), {})
    return addrs, any(q["brokerName"] == NAME and q["perm"] & PERM_WRITE for q in route["queueDatas"])


# Write permissions by hand, every release: the slave at a-N is there only while the queues may be written, the one at c-N only
# while they may not; that ends with a registration, which puts other queues.


def hand_setting(client: Client) -> None:
    client.must(registered(NAME, "m:1"))


def hand_cycle(client: Client, n: int) -> None:
    client.must(registered(NAME, f"a-{n}:1", 1, publishes=False))
    client.must(registered(NAME, f"b-{n}:1", 1, publishes=False))
    client.must(WipeWritePermOfBroker(broker_name=NAME))
    client.must(registered(NAME, f"c-{n}:1", 1, publishes=False))
    client.must(registered(NAME, f"d-{n}:1", 1, publishes=False))
    client.must(registered(NAME, "m:1", version=n + 1))


def hand_judge(route: Route) -> str | None:
    addrs, writable = of_name(route)
    kind = addrs.get("1", "-")[0]
    return "torn" if kind == "a" and not writable else "turned round" if kind == "c" and writable else None


# A master that unregisters, of a group that may have an acting one, 5.x: address and write permission go under one lock, and come
# again under one, with other queues.


def leave_setting(client: Client) -> None:
    client.must(registered(NAME, "m-0:1", acting=True))
    client.must(registered(NAME, "s:1", 1, publishes=False, acting=True))


def leave_cycle(client: Client, n: int) -> None:
    client.must(UnregisterBroker(cluster_name="c", broker_addr=f"m-{n}:1", broker_name=NAME, broker_id=0))
    while "0" in of_name(route_of(client.ask(GetRouteInfoByTopic(topic=TOPIC))))[0]:
        pass  # it is queued; who asks sees when it has been done
    client.must(registered(NAME, f"m-{n + 1}:1", version=n + 1, acting=True))


def leave_judge(route: Route) -> str | None:
    addrs, writable = of_name(route)
    return "torn" if "0" in addrs and not writable else "turned round" if "0" not in addrs and writable else None


# A broker that brings a mapping, 5.x: its address and its mapping come under one lock.


def mapping_setting(client: Client) -> None:
    client.must(registered("y-0", "y-0:1", mapped=True))


def mapping_cycle(client: Client, n: int) -> None:
    client.must(registered(f"y-{n + 1}", f"y-{n + 1}:1", mapped=True))


def mapping_judge(route: Route) -> str | None:
    brokers = {data["brokerName"] for data in route["brokerDatas"] if data["brokerName"].startswith("y-")}
    mapped = set(route["topicQueueMappingByBroker"] or ())
    return "torn" if mapped - brokers else "turned round" if brokers - mapped else None


EXPERIMENTS: Final = (
    Experiment("write permissions by hand", hand_setting, hand_cycle, hand_judge),
    Experiment(
        "a master unregisters", leave_setting, leave_cycle, leave_judge, is_of=lambda r: PROFILES[r].acting_master
    ),
    Experiment(
        "a broker with a mapping comes", mapping_setting, mapping_cycle, mapping_judge,
        most=MOST_MAPPINGS, is_of=lambda r: PROFILES[r].acting_master,
    ),
)  # fmt: skip


@attrs.define
class Seen:
    """What came of one. `thrown`: the exceptions that there were instead of a route."""

    routes: int = 0
    cycles: int = 0
    torn: int = 0
    turned_round: int = 0
    thrown: Counter[str] = attrs.Factory(Counter)


def look(client: Client, judge: Callable[[Route], str | None], seen: Seen, ended: Callable[[], bool]) -> None:
    """Asks for the route again and again, a few at once."""
    sent = [client.send(GetRouteInfoByTopic(topic=TOPIC)) for _ in range(IN_FLIGHT)]
    while sent:
        answer = client.answer(sent.pop(0))
        if not ended():
            sent.append(client.send(GetRouteInfoByTopic(topic=TOPIC)))
        if answer.code != 0:
            seen.thrown[exception_of(answer)] += 1
            continue
        seen.routes += 1
        found = judge(route_of(answer))
        seen.torn += found == "torn"
        seen.turned_round += found == "turned round"


def run(release: str, experiment: Experiment, names: int, seconds: float) -> Seen:
    """On a NameServer of its own."""
    seen, over = Seen(), threading.Event()
    with Oracle(release) as oracle:
        changing = Client(oracle)
        experiment.setting(changing)
        for n in range(names):
            changing.must(registered(f"n-{n}", f"n-{n}:1"))
        looking = Client(oracle)
        reader = threading.Thread(target=look, args=(looking, experiment.judge, seen, over.is_set))
        reader.start()
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until and (experiment.most is None or seen.cycles < experiment.most):
                experiment.cycle(changing, seen.cycles)
                seen.cycles += 1
        finally:
            over.set()
            reader.join()
    return seen


def rows(releases: list[str], names: int, seconds: float) -> Iterator[str]:
    """The table's."""
    for release in releases:
        for experiment in EXPERIMENTS:
            if experiment.is_of(release):
                seen = run(release, experiment, names, seconds)
                thrown = ", ".join(f"{count} {name}" for name, count in seen.thrown.items())
                yield (
                    f"| {release} | {experiment.name} | {seen.cycles:,} | {seen.routes:,} | {seen.torn:,} | "
                    f"{seen.turned_round:,} | {thrown or 0} |"
                )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="append", choices=list(RELEASES))
    parser.add_argument("--names", type=int, default=300, help="of other brokers that have the topic")
    parser.add_argument("--seconds", type=float, default=15.0, help="for each release and way to change something")
    given = parser.parse_args()
    print("| release | what changes | times | routes | torn | turned round | no route |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(given.release or list(RELEASES), given.names, given.seconds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
