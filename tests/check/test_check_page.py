"""The page of a check: a scoreboard, and each failure drawn, harmless whatever a server has said."""

from html.parser import HTMLParser

import attrs
import pytest

from namesrv.check.check_page import diagram, page_of
from namesrv.check.check_report import CheckReport
from namesrv.check.clauses.clause import Severity
from namesrv.check.findings import Finding
from namesrv.check.report_page import html
from namesrv.check.sequence import Arrow
from namesrv.check.steps import Close, Open, Requests, Send
from namesrv.model.events import DeleteTopicInNamesrv, GetRouteInfoByTopic
from tests.check.reports import EVERYTHING, FINE, NASTY, STOPPED
from tests.model.worlds import query, registration, version


class Seen(HTMLParser):
    """Tags, headings, cells of tables and all text of a page."""

    def __init__(self, report: CheckReport) -> None:
        super().__init__()
        self.tags = [""]
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(html(page_of(report)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        if self.tags[-1] != "style":
            self.text += data
        if self.tags[-1] in ("td", "th") and data.strip():
            self.rows[-1].append(data)
        if self.tags[-1] == "h2" and data.strip():
            self.headings.append(data)


@pytest.fixture(scope="module")
def everything() -> Seen:
    return Seen(EVERYTHING)


def test_the_scoreboard_stands_on_the_page(everything: Seen) -> None:
    heads, first, *others = everything.rows
    assert heads == ["clauses", "verdict", "hold", "✗ must", "✗ should", "✗ may", "unknown", "not run"]
    assert first == ["register-broker", "violated", "1", "·", "1", "·", "·", "2"]
    assert [row[0] for row in others] == ["unregister-broker", "get-route", "get-kv-config", "unknown-code"]


def test_each_failure_has_its_part_with_a_drawing_and_a_command(everything: Seen) -> None:
    parts = ["register-broker/told-of-master", "unregister-broker/leaves", "get-route/no-route-remark"]
    assert [heading for heading in everything.headings if "/" in heading] == parts
    assert everything.tags.count("svg") == len(parts) + 1  # and the search's
    for slug in parts:
        assert f"--profile apache-5.5.0 --clause {slug} --own" in everything.text
    assert "must: What unregister-broker/leaves says." in everything.text
    assert "RouteInfoManager.registerBroker, rocketmq-all-5.5.0" in everything.text
    assert "--replay kept.json" in everything.text


def test_what_a_server_says_is_text(everything: Seen) -> None:
    assert NASTY in everything.text
    assert not {"script", "b"} & set(everything.tags)


def test_what_is_undecided_or_was_left_behind_is_said(everything: Seen) -> None:
    assert "the connection was lost" in everything.text
    assert "nk1-C nk1-a" in everything.text
    assert "unknown: 3 of 5 silent brokers are still there" in everything.text
    assert "nobody there" in Seen(STOPPED).text


@pytest.mark.parametrize("report", [FINE, attrs.evolve(FINE, suite=None), attrs.evolve(FINE, search=None)])
def test_where_nothing_is_wrong_nothing_is_drawn(report: CheckReport) -> None:
    seen = Seen(report)
    assert "svg" not in seen.tags
    assert "violated" not in seen.text


def test_what_counts_is_said_if_not_everything_does() -> None:
    assert "a departure from a lesser clause" in Seen(attrs.evolve(FINE, fail_on=Severity.MUST)).text
    assert "a departure from a lesser clause" not in Seen(FINE).text


def test_connections_are_drawn_as_who_would_speak_over_them() -> None:
    steps = (
        *(Open(connection=number) for number in (1, 2, 3, 4)),
        Requests(sends=(Send(connection=1, request=registration()),)),
        Requests(sends=(Send(connection=2, request=query(data_version=version())),)),
        Requests(sends=(Send(connection=3, request=GetRouteInfoByTopic(topic="t1")),)),
        Requests(sends=(Send(connection=4, request=DeleteTopicInNamesrv(topic="t1", cluster_name=None)),)),
        Close(connection=1),
    )
    drawn = diagram(steps, Finding(what="REQUEST x", where="", expected=(), got=""))
    names = [name for _, name in drawn.participants]
    assert names == ["broker a/0 (1)", "broker (2)", "client (3)", "connection (4)", "NameServer"]
    assert [step.source for step in drawn.steps if isinstance(step, Arrow)] == [*names[:4], names[0]]
