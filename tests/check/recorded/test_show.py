"""The page of a run: its data, and what a real browser makes of it."""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from namesrv.check.findings import Finding
from namesrv.check.recorded.book import Book, Row, lines_of
from namesrv.check.recorded.replay import Replay
from namesrv.check.recorded.seen import Start
from namesrv.check.recorded.show import PagesBeside, book_of_recording, book_of_steps, html, write
from namesrv.check.recording import Recording
from namesrv.check.recording_file import load_recording
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send
from namesrv.check.tracker import Belief
from namesrv.model.events import GetRouteInfoByTopic
from namesrv.model.profiles import APACHE_5_5_0, STRICT
from namesrv.model.state import NameServerState, Tables
from namesrv.model.values import table
from tests.check.recorded.browser import opened
from tests.check.recorded.tampering import broker_removed
from tests.check.recorded.test_judging import RECORDINGS, ROUTE, TWO_TOPICS

AT, CONNECTION, TO, KIND, TEXT, ANSWERS, ABOUT, WRONG, STATE, MANY, BROKEN, MAYBE = range(12)
NAME = "broker-5.5.0-topic-before-broker.jsonl"


def recording() -> Recording:
    return load_recording(RECORDINGS / NAME)


def data_of(recorded: Recording) -> dict[str, Any]:
    return book_of_recording(recorded.events, recorded.head, APACHE_5_5_0, Start.EMPTY).data()


def tables_at(data: dict[str, Any], state: int) -> dict[str, bool]:
    now: dict[str, bool] = {}
    for gone, changed in data["states"][: state + 1]:
        for line in gone:
            del now[data["lines"][line]]
        now |= {data["lines"][code >> 1]: bool(code & 1) for code in changed}
    return now


def test_each_row_has_the_tables_that_the_model_holds_then() -> None:
    recorded = recording()
    data, replay = data_of(recorded), Replay(APACHE_5_5_0, Start.EMPTY)
    assert len(data["rows"]) == len(recorded.events)
    for row, event in zip(data["rows"], recorded.events, strict=True):
        replay.see(event)
        every = [set(lines_of(belief.state.tables)) for belief in replay.tracker.beliefs]
        shown = {line: sure for line, sure in tables_at(data, row[STATE]).items() if not line.startswith("queued")}
        assert set(shown) == set().union(*every)
        assert {line for line, sure in shown.items() if sure} == set.intersection(*every)
        assert row[MANY] == len(every)


def test_invariants_that_are_broken_are_marked() -> None:
    """5.5.0 refuses a topic before its broker and keeps the name without an address: `ClusterAgreement` does not hold."""
    rows = data_of(recording())["rows"]
    refused = next(number for number, row in enumerate(rows) if row[TEXT].startswith("SYSTEM_ERROR"))
    assert rows[refused][BROKEN] == ["ClusterAgreement"]
    assert rows[0][BROKEN] == rows[-1][BROKEN] == []


def test_a_row_tells_which_request_it_answers() -> None:
    rows = data_of(recording())["rows"]
    answers = [row for row in rows if row[KIND] == "answer"]
    assert len(answers) == 22
    for row in answers:
        assert rows[row[ANSWERS]][KIND] == "request"
        assert rows[row[ANSWERS]][CONNECTION] == row[CONNECTION]


def test_what_is_impossible_is_marked_and_the_rest_is_shown() -> None:
    recorded = recording()
    (_, events), *_ = broker_removed(recorded.events)
    data = data_of(attrs.evolve(recorded, events=events))
    (wrong,) = [row for row in data["rows"] if row[WRONG]]
    assert data["verdict"] == "violated"
    assert wrong[WRONG][1].startswith("possible: SUCCESS route")
    assert len(data["rows"]) == len(events)


def test_what_is_in_a_recording_can_not_leave_its_place() -> None:
    book = Book("</title><script>alert(1)</script>")
    book.add(Row(at_ns=1, kind="note", text="</script><script>alert(2)</script>"), [])
    page = html(book)
    assert "<script>alert" not in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert json.loads(data)["rows"][0][TEXT] == "</script><script>alert(2)</script>"


def test_a_page_needs_no_network() -> None:
    page = html(Book("empty"))
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)\s*=|url\(|import\s", page.partition("</style>")[0])
    assert "http" not in page.replace("http-equiv", "")


STEPS = (
    Open(connection=1),
    Requests(sends=(Send(connection=1, request=TWO_TOPICS), Send(connection=1, request=ROUTE, oneway=True))),
    Advance(ms=120_001),
    Scan(),
    Close(connection=1),
    Open(connection=2),
    Requests(sends=(Send(connection=2, request=GetRouteInfoByTopic(topic="t2")),)),
)
FINDING = Finding(what="GET_ROUTEINFO_BY_TOPIC t2", where="h:1", expected=("TOPIC_NOT_EXIST",), got="SUCCESS")


def test_a_counterexample_is_shown_with_what_was_possible() -> None:
    data = book_of_steps(STEPS, STRICT, FINDING).data()
    texts = [row[TEXT] for row in data["rows"]]
    assert texts[1].startswith("REGISTER_BROKER C1 a/0")
    assert texts[-2].startswith("TOPIC_NOT_EXIST")
    assert data["rows"][-1][WRONG] == ["possible: TOPIC_NOT_EXIST", "but: SUCCESS"]
    assert "broker: C1 a has 0=h1:10911" in tables_at(data, data["rows"][2][STATE])
    assert tables_at(data, data["rows"][-1][STATE]) == {}


def test_reports_get_pages_beside_them_as_far_as_they_are_not_too_many(tmp_path: Path) -> None:
    follow = PagesBeside(tmp_path / "report.html", STRICT)
    names = [follow(STEPS, FINDING) for _ in range(22)]
    assert names[:2] == ["report-run-1.html", "report-run-2.html"]
    assert names[20:] == [None, None]
    assert len(list(tmp_path.iterdir())) == 20
    assert "TOPIC_NOT_EXIST" in (tmp_path / "report-run-1.html").read_text()


# In a browser -------------------------------------------------------------------------------------------------------

MANY_ROWS = 20_000
MEASURING = """<script>"use strict";
const {render, pick, rows} = window.namesrvTrace, el = id => document.getElementById(id), told = {rows}, times = [];
let most = 0;
for (let n = 0; n <= 60; n++) {
  const began = performance.now();
  el("scroll").scrollTop = n / 60 * el("tall").offsetHeight; render(); el("tall").offsetHeight;
  times.push(performance.now() - began);
  most = Math.max(most, document.querySelectorAll(".row").length);
}
told.mostElements = most;
told.lastShown = [...document.querySelectorAll(".row")].at(-1).textContent;
told.frameMs = times.sort((a, b) => a - b)[30];
pick(MIDDLE);
told.picked = document.querySelector(".row.picked .text").textContent;
told.tables = [...document.querySelectorAll("#about .table div")].map(line => [line.textContent, line.className]);
told.about = el("about").textContent;
el("words").value = "TOPIC t7 broker-1"; el("words").dispatchEvent(new Event("input"));
told.found = el("found").textContent;
el("words").value = ""; el("answers").checked = el("requests").checked = false; el("words").dispatchEvent(new Event("input"));
told.narrowed = el("found").textContent;
el("problem").click();
told.problem = document.querySelector(".row.picked").textContent;
el("changes").checked = el("answers").checked = el("requests").checked = true; el("changes").dispatchEvent(new Event("input"));
told.changes = el("found").textContent;
const done = document.createElement("pre"); done.id = "told"; done.textContent = JSON.stringify(told); document.body.append(done);
</script>"""


def long_book() -> Book:
    """A long run of twenty connections, with one problem near its end, and tables that change now and then."""
    book = Book("a long run")
    empty = Tables()
    tables = [attrs.evolve(empty, cluster_addr_table=table({"C1": frozenset({f"b{n}"})})) for n in range(50)]
    for number in range(MANY_ROWS):
        belief = Belief(NameServerState(tables=empty if number < 100 else tables[number // 500]))
        connection = number % 20
        book.speaks(connection, TWO_TOPICS if connection == 1 else None, f"h{connection}:1")
        kind = ("request", "answer", "note")[number % 3]
        wrong = ("possible: nothing",) if number == MANY_ROWS - 7 else ()
        text = f"GET_ROUTEINFO_BY_TOPIC t{number} broker-{number % 4}"
        row = Row(at_ns=number * 10**6, kind=kind, text=text, connection=connection, wrong=wrong)
        book.add(row, [belief])
    return book


def test_a_browser_shows_a_long_run_a_window_at_a_time(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    middle = 10_250
    page.write_text(html(long_book()).replace("</body>", MEASURING.replace("MIDDLE", str(middle)) + "</body>"))
    dom = opened(page, tmp_path / "browser")
    (text,) = re.findall(r'<pre id="told">(.*?)</pre>', dom)
    told = json.loads(text)
    assert told["rows"] == MANY_ROWS
    assert told["mostElements"] < 100, "only a window of the rows is in the page"
    assert f"t{MANY_ROWS - 1} " in told["lastShown"]
    assert told["picked"] == f"GET_ROUTEINFO_BY_TOPIC t{middle} broker-{middle % 4}"
    assert told["tables"] == [["cluster: C1 has b20", ""]]
    assert f"Event {middle + 1}, 10.250 s" in told["about"]
    searched = sum(f"t{n} broker-{n % 4}".startswith("t7") and n % 4 == 1 for n in range(MANY_ROWS))
    assert told["found"] == f"{searched} of {MANY_ROWS} events"
    assert told["narrowed"] == f"{MANY_ROWS // 3 + 1} of {MANY_ROWS} events"
    assert f"t{MANY_ROWS - 7} " in told["problem"]
    changes = 1 + len({n // 500 for n in range(100, MANY_ROWS)}) + 1  # the first, each change, and what is wrong
    assert told["changes"] == f"{changes} of {MANY_ROWS} events"
    print(f"a frame of {MANY_ROWS} rows: {told['frameMs']:.1f} ms")


@pytest.mark.slow
def test_a_browser_shows_a_real_run_and_takes_its_address_for_an_event(tmp_path: Path) -> None:
    page, recorded = tmp_path / "page.html", recording()
    write(page, book_of_recording(recorded.events, recorded.head, APACHE_5_5_0, Start.EMPTY))
    dom = opened(page, tmp_path / "browser", "#event=3").partition('<script type="application/json"')[0]
    assert "Invariant broken: ClusterAgreement" in dom
    assert "Event 3," in dom
