"""The matrix can turn red: its judges on NameServers that differ, and on peers that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench.interop import client_cells, name_servers
from bench.interop.__main__ import COLUMNS, Column, selected
from bench.interop.cells import SKIPPED, Book, Departed
from bench.interop.client_cells import passes
from bench.interop.clients import Client
from bench.interop.mqadmin_cells import NAME, Command, compared, tried
from bench.interop.name_servers import ROWS, Pair, look
from bench.interop.page import explanation
from bench.interop.registrar_cells import compare
from click import UsageError

from namesrv.check.findings import Undecided, Verdict
from namesrv.check.runner import Target
from namesrv.check.stand_in import StandInBroker
from namesrv.server.running import RunningNameServer, running

TOPICS = ("Orders", "Bills")


class Ours:
    """Stands in for `Served`: a server in this process."""

    def __init__(self, server: RunningNameServer) -> None:
        self.target = Target(host=server.host, port=server.port)


@pytest.fixture
def ours() -> Iterator[RunningNameServer]:
    """The one that is judged."""
    with running(profile="strict") as server:
        yield server


@pytest.fixture
def twin() -> Iterator[RunningNameServer]:
    """The one that it has to be like."""
    with running(profile="strict") as server:
        yield server


@pytest.fixture
def pair(ours: RunningNameServer, twin: RunningNameServer, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Both, and no patience."""
    for limit in ("PEER_TIMEOUT_S", "SAME_TIMEOUT_S"):
        monkeypatch.setattr(name_servers, limit, 0.0)
    return Pair(ROWS["strict"], Ours(ours), Target(host=twin.host, port=twin.port))  # type: ignore[arg-type]


def orders_queues(facts: name_servers.Facts) -> bool:
    """Whether there is a route for Orders."""
    return any("GET_ROUTEINFO_BY_TOPIC Orders" in fact.says for fact in facts)


def test_a_broker_that_both_know_alike_is_settled(pair: Pair, ours: RunningNameServer, twin: RunningNameServer) -> None:
    brokers = [StandInBroker(server, topics=TOPICS) for server in (ours, twin)]
    pair.settled("the broker is registered", orders_queues)
    for broker in brokers:
        broker.crash()


def test_a_broker_that_only_the_real_one_knows_is_a_departure(pair: Pair, twin: RunningNameServer) -> None:
    broker = StandInBroker(twin, topics=TOPICS)
    with pytest.raises(Departed, match="Orders"):
        pair.settled("the broker is registered", orders_queues)
    broker.crash()


def test_other_queues_than_the_real_ones_are_a_departure(
    pair: Pair, ours: RunningNameServer, twin: RunningNameServer
) -> None:
    brokers = [StandInBroker(ours, topics=TOPICS, queues=3), StandInBroker(twin, topics=TOPICS, queues=4)]
    with pytest.raises(Departed, match="expected"):
        pair.settled("the broker is registered", orders_queues)
    for broker in brokers:
        broker.crash()


def test_what_the_real_one_never_shows_is_undecided(pair: Pair, ours: RunningNameServer) -> None:
    broker = StandInBroker(ours, topics=TOPICS)
    with pytest.raises(Undecided, match="at the real NameServer"):
        pair.settled("the broker is registered", orders_queues)
    broker.crash()


def test_mqadmin_that_prints_something_else_for_ours_is_a_departure(pair: Pair) -> None:
    def admin(name: str, option: str, namesrv: str) -> str:
        return "Orders" if namesrv == pair.twin.where else "Bills"

    with pytest.raises(Departed, match="Bills"):
        tried(admin, pair, Command("topicList", (), "Orders"))  # type: ignore[arg-type]


def test_mqadmin_that_fails_with_the_real_one_is_undecided(pair: Pair) -> None:
    with pytest.raises(Undecided, match="expected that with the real NameServer"):
        tried(lambda *arguments: "Exception", pair, Command("topicList", (), "Orders"))  # type: ignore[arg-type]


def test_a_kv_config_that_was_not_stored_is_a_departure(pair: Pair) -> None:
    command = Command("updateKvConfig", (), "success", stored=("Value",))
    with pytest.raises(Departed, match="None"):
        tried(lambda *arguments: "success", pair, command)  # type: ignore[arg-type]


def test_of_what_mqadmin_prints_counters_and_places_are_not_compared() -> None:
    assert compared(f"C {NAME} 0 ADDR V5 0.1 0.2") == compared(f"C {NAME} 0 ADDR V5 9 9")
    assert compared(f"C {NAME} 0 ADDR V5 0.1") != compared(f"C {NAME} 1 ADDR V5 0.1")
    assert compared("listenPort = 1\na = b") == compared("a = b\nlistenPort = 2")


@pytest.mark.parametrize(
    ("said", "code", "is_through"),
    [
        ("SENT b\nRECEIVED a message for T", 0, True),
        ("SENT b\n", 0, False),
        ("SENT b\nRECEIVED a message for T", 1, False),
    ],
)
def test_a_client_has_to_have_sent_and_received_its_own_message(
    pair: Pair, said: str, code: int, is_through: bool
) -> None:
    class Ended:
        def wait(self, timeout_s: float) -> int:
            return code

        def log(self) -> str:
            return said

    @contextmanager
    def run(*arguments: object) -> Iterator[Ended]:
        yield Ended()

    client = Client("test", "Test", "none", Path, run)  # type: ignore[arg-type]
    if is_through:
        passes(client, Path(), pair, "T")
    else:
        with pytest.raises(Departed, match="with the real NameServer it fails too"):
            passes(client, Path(), pair, "T")
    assert client_cells.tried(client, Path(), pair.twin, "U") is not None


def test_our_broker_has_to_be_shown_as_the_real_one_was(ours: RunningNameServer) -> None:
    nothing = look(Target(host=ours.host, port=ours.port))
    compare(nothing, nothing)
    broker = StandInBroker(ours, topics=TOPICS)
    something = look(Target(host=ours.host, port=ours.port))
    broker.crash()
    for real, own in (
        (something, nothing),
        (nothing, something),
        ("did not come", something),
        (something, "did not come"),
    ):
        with pytest.raises(Departed):
            compare(real, own)


def test_what_a_check_raises_is_its_verdict_and_the_latest_counts(tmp_path: Path) -> None:
    book = Book(tmp_path / "peer.json", of="a hash")
    for error in (Departed("wrong"), Undecided("slow"), None):
        with book.trying("row", "peer", repr(error)):
            if error is not None:
                raise error
    with book.trying("row", "peer", "None"):
        raise Departed(f"{Path.home()}/secret")
    book.skip("row", "peer", "last", "nothing to try")
    cells = Book(tmp_path / "peer.json").cells
    assert [cell.verdict for cell in cells] == ["violated", "unknown", "violated", SKIPPED]
    assert cells[2].why == "~/secret"
    assert {cell.of for cell in cells} == {"a hash"}


def test_a_name_that_nothing_has_is_refused() -> None:
    assert [(column.peer, rows) for column, rows in selected(["strict/java"])] == [("java", ["strict"])]
    with pytest.raises(UsageError, match="strict/nobody"):
        selected(["strict/nobody"])


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.peer)
def test_every_cell_of_the_matrix_was_tried_as_now_and_is_green_or_explained(column: Column) -> None:
    cells = Book(column.file).cells
    assert {cell.row for cell in cells} == set(column.rows)
    for cell in cells:
        assert cell.of == column.of, (
            f"{cell}: expected of {column.of}: run python -m bench.interop --only {column.peer}"
        )
        assert cell.verdict in (Verdict.HOLDS.value, SKIPPED) or explanation(cell), cell
        assert cell.verdict != SKIPPED or cell.why, cell
