"""A message sent and received through a route that came from our server: the client knows no other NameServer."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from bench.interop.broker import apache_broker
from bench.interop.broker_cells import queues_of, shows
from bench.interop.cells import Book, Departed
from bench.interop.clients import Client
from bench.interop.mqadmin import mqadmin
from bench.interop.name_servers import Pair
from namesrv.check.findings import Undecided
from namesrv.check.runner import Target

BROKER: Final = "5.5.0"
CHECKS: Final = {
    "message": "a message sent to a topic that an administrator made, and received",
    "new topic": "the same with a topic that nobody has made: through the route of TBW102",
}
MAKES_TOPICS: Final = ("java", "go", "cpp")
"""Which clients ask for TBW102. ali-ons does not, and the Proxy only sends to topics that there are."""
TRIES: Final = 2
"""A client has timeouts of its own, which a busy machine may exceed once."""
TIMEOUT_S: Final = 150.0


def client_cells(client: Client, pairs: Sequence[Pair], book: Book) -> None:
    """Every row. Raises `NotAvailable`; `Undecided` if it can't be begun."""
    folder = client.install()
    namesrv = ";".join(pair.both for pair in pairs)
    with ExitStack() as stack:
        admin = stack.enter_context(mqadmin(BROKER))
        broker = stack.enter_context(apache_broker(BROKER, namesrv=namesrv))
        for pair in pairs:
            pair.settled("the broker is registered", shows(broker.name, {0: broker.address}))
        for pair in pairs:
            topic = f"Interop-{client.name}-{pair.row.name}".replace(".", "-")
            with book.trying(pair.row.name, client.name, "message"):
                admin("updateTopic", "-n", pair.address, "-b", broker.address, "-t", topic, "-r", "4", "-w", "4")
                pair.settled(f"{topic} has a route", lambda facts, topic=topic: list(queues_of(facts, topic)))
                passes(client, folder, pair, topic)
            if client.name in MAKES_TOPICS:
                with book.trying(pair.row.name, client.name, "new topic"):
                    passes(client, folder, pair, f"{topic}-new")


def passes(client: Client, folder: object, pair: Pair, topic: str) -> None:
    """Raises `Departed` with what the client says, and what it says of the real NameServer."""
    for _ in range(TRIES):
        failure = tried(client, folder, pair.ours.target, topic)
        if failure is None:
            return
    if "Timeout" in failure:
        raise Undecided(failure)  # the client's own patience
    control = tried(client, folder, pair.twin, f"{topic}-control" if topic.endswith("-new") else topic)
    beside = "passes" if control is None else f"fails too: {control}"
    raise Departed(f"{failure}; with the real NameServer it {beside}")


def tried(client: Client, folder: object, target: Target, topic: str) -> str | None:
    """What went wrong."""
    text = f"a message for {topic}"
    with client.run(folder, target.where, topic, text) as running:
        code = running.wait(TIMEOUT_S)
        if code is None:
            raise Undecided(f"not ended within {TIMEOUT_S:g} s; it printed: {running.log()[-300:]}")
        said = running.log()
    lines = said.splitlines()
    if code == 0 and any(line.startswith("SENT") for line in lines) and f"RECEIVED {text}" in lines:
        return None
    return f"exit code {code}, it printed: {' | '.join(lines[-6:])}"
