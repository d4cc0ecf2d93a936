"""Pages of the explorer's counterexamples, the catalogue's anomalies and the proofs' runs."""

import re
from pathlib import Path
from typing import Any

import pytest

from namesrv.check.proof_report import page_of
from namesrv.check.proving import Proving, Refutation
from namesrv.check.recorded.runs import book_of_anomaly, book_of_moves, book_of_story, way_of
from namesrv.check.recorded.show import BooksBeside, html
from namesrv.check.reproduce import Outcome
from namesrv.explore.catalogue import Anomaly, search
from namesrv.explore.outcome import Options
from namesrv.explore.peers import H1, H2, ONE, TWO, Theme, Told, question, registration
from namesrv.explore.product import Move, Product
from namesrv.explore.product import broken as broken_in
from namesrv.explore.registration import registration_system
from namesrv.explore.search import search as explored
from namesrv.model.events import Opaque, Received
from namesrv.model.profiles import APACHE_5_5_0, STRICT
from namesrv.model.system.scope import Scope
from namesrv.model.values import DataVersion
from namesrv.proofs import Run
from namesrv.proofs.decode import Happens
from tests.check.recorded.browser import opened
from tests.check.recorded.test_show import BROKEN, CONNECTION, KIND, STATE, TEXT, TO, tables_at

TWO_CLAIM = Theme(
    name="claims",
    about="two addresses claim one place",
    alphabet=((ONE, registration()), (TWO, registration(H2))),
    requests=2,
    at_once=2,
)


@pytest.fixture(scope="module")
def found() -> tuple[Product, tuple[Move, ...]]:
    """The first run that breaks something in a system of two NameServers."""
    scope = Scope(brokers=1, namesrvs=2, versions=1, faults=1, kinds=frozenset({"break"}))
    product = registration_system(scope, APACHE_5_5_0)
    return product, explored(product, Options(symmetry=False)).violations[0].story


@pytest.fixture(scope="module")
def anomaly() -> Anomaly:
    return next(each for each in search(TWO_CLAIM, APACHE_5_5_0) if "VersionCoherence" in each.broken)


def told(*requests: tuple[int, Any]) -> tuple[Told, ...]:
    return tuple(
        Told(Received(channel=channel, opaque=Opaque(1), request=request), at_once=False)
        for channel, request in requests
    )


def test_a_run_of_a_system_is_shown_between_brokers_and_each_name_server(
    found: tuple[Product, tuple[Move, ...]],
) -> None:
    product, story = found
    data = book_of_moves(product, story, APACHE_5_5_0, "broken").data()
    assert data["lives"] == ["broker 1", "NameServer 1", "NameServer 2"]
    assert len(data["rows"]) == len(story) + 1
    reads = [(n, move) for n, move in enumerate(story, 1) if " reads from " in move.rule]
    assert reads
    for number, move in reads:
        row = data["rows"][number]
        assert (row[KIND], row[TO]) == ("request", 1)
        assert data["lives"][data["homeOf"][str(row[CONNECTION])]] == move.rule.partition(" reads")[0]
        assert data["lives"][data["lifeOf"][str(row[CONNECTION])]] == "broker 1"


def test_in_a_run_of_a_system_the_broken_invariant_is_marked_where_it_breaks(
    found: tuple[Product, tuple[Move, ...]],
) -> None:
    product, story = found
    data = book_of_moves(product, story, APACHE_5_5_0, "broken").data()
    assert data["verdict"] == "violated"
    assert not any(row[BROKEN] for row in data["rows"][:-1])
    assert data["rows"][-1][BROKEN] == sorted(broken_in(product, story[-1].after)) != []


def test_in_a_run_of_a_system_each_moment_has_what_broker_and_name_servers_hold(
    found: tuple[Product, tuple[Move, ...]],
) -> None:
    product, story = found
    data = book_of_moves(product, story, APACHE_5_5_0, "broken").data()
    assert set(tables_at(data, data["rows"][0][STATE])) == {"broker 1: C1 a/0 h1:10911 is down"}
    last = set(tables_at(data, data["rows"][-1][STATE]))
    at = product.components.index("NameServer 1"), product.components.index("NameServer 2")
    holding = [n for n, index in enumerate(at, 1) if story[-1].after[index].state.tables.broker_addr_table]  # type: ignore[attr-defined]
    assert (
        {line[:12] for line in last if ": broker: C1 a has " in line} == {f"NameServer {n}" for n in holding} != set()
    )


def test_an_anomaly_is_shown_with_the_name_servers_own_steps_and_its_answers(anomaly: Anomaly) -> None:
    data = book_of_anomaly(anomaly, APACHE_5_5_0, "two claim one place").data()
    kinds = [row[KIND] for row in data["rows"]]
    assert kinds.count("request") == len(anomaly.story)
    assert any(row[TEXT].startswith("the NameServer goes on: register_broker/") for row in data["rows"])
    assert any(row[TEXT].startswith("SUCCESS") for row in data["rows"])
    assert anomaly.broken <= set(data["rows"][-1][BROKEN])
    assert not data["rows"][0][BROKEN]


def test_a_story_that_breaks_nothing_has_no_page(anomaly: Anomaly) -> None:
    assert book_of_story(anomaly.story, STRICT, anomaly.broken, "strict keeps it") is None


def test_what_was_not_said_at_once_waits_until_the_name_server_is_at_rest() -> None:
    way = way_of(told((1, registration()), (1, question(H1, DataVersion()))), APACHE_5_5_0, frozenset())
    assert way is not None
    second = next(number for number, taken in enumerate(way) if taken.number == 1)
    assert way[second - 1].part.is_at_rest
    assert way[second - 1].number is None


def test_the_proofs_report_links_a_page_of_each_run(tmp_path: Path, anomaly: Anomaly) -> None:
    happened = tuple(
        Happens(transition="register_broker/accepted", event=each.happening, now_ms=0)  # type: ignore[arg-type]
        for each in anomaly.story
    )
    name = min(anomaly.broken)
    reached = Refutation(transition="register_broker/accepted", invariant=name, run=Run(happened=happened, state=()),
                         in_model=True, replayed=Outcome.REPRODUCED)  # fmt: skip
    unreached = Refutation(transition="register_broker/accepted", invariant="RouteSoundness", run=None)
    proving = Proving(profile=APACHE_5_5_0, cells=(), refutations=(reached, unreached))
    report = page_of([proving], "namesrv prove", BooksBeside(tmp_path / "proofs.html"))
    assert [section.links for section in report.sections] == [
        (("Step by step, with the tables after each", "proofs-run-1.html"),),
        (),
    ]
    assert f'"{name}"' in (tmp_path / "proofs-run-1.html").read_text()
    assert report.verdict == "unknown"


def test_a_browser_opens_a_run_at_what_it_breaks(tmp_path: Path, found: tuple[Product, tuple[Move, ...]]) -> None:
    product, story = found
    page = tmp_path / "page.html"
    page.write_text(html(book_of_moves(product, story, APACHE_5_5_0, "a run")))
    shown = opened(page, tmp_path / "browser").partition('<script type="application/json"')[0]
    (name,) = broken_in(product, story[-1].after)[:1]
    assert f"Invariant broken: {name}" in shown
    assert re.findall(r'<div class="row picked breaks".*?data-row="(\d+)"', shown) == [str(len(story))]
    assert "What is held after it" in shown
