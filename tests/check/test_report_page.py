"""Stories as drawings and pages: well formed, complete, harmless whatever stands in them."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from random import Random
from xml.etree import ElementTree as ET

import pytest

from namesrv.check.report_page import Page, Section, html
from namesrv.check.sequence import Arrow, Diagram, Kind, Note, mermaid
from namesrv.check.sequence_svg import svg
from namesrv.check.system_story import diagram, sentence
from namesrv.explore.product import Move, Product, moves
from namesrv.explore.registration import registration_system
from namesrv.model.profiles import STRICT
from namesrv.model.system.scope import Scope

SVG = "{http://www.w3.org/2000/svg}"
NASTY = """</svg><script>alert("1")</script> & 'quoted' <b> ]]> {{ 7 * 7 }}"""

SMALL = Diagram(
    participants=(("b", "broker 1"), ("n", "NameServer 1")),
    steps=(
        Arrow(source="broker 1", target="NameServer 1", text=f"REGISTER_BROKER {NASTY}", number=1),
        Arrow(source="NameServer 1", target="broker 1", text="SUCCESS", number=2, kind=Kind.ANSWER),
        Note(over=("broker 1", "NameServer 1"), text="the connection breaks", number=3),
        Arrow(source="broker 1", target="NameServer 1", text="close", number=4, kind=Kind.CLOSE),
        Note(over=("NameServer 1",), text="RouteSoundness broken", broken=True),
    ),
)


def a_long_story(steps: int = 40) -> tuple[Product, list[Move]]:
    """Of two brokers and two NameServers, moves as they come."""
    product = registration_system(Scope(brokers=2, namesrvs=2, topics=3, versions=3, faults=4, deletes=1), STRICT)
    random, at, story = Random(3), product.initial, []
    for _ in range(steps):
        story.append(random.choice(list(moves(product, at))))
        at = story[-1].after
    return product, story


def texts(root: ET.Element) -> list[str]:
    return [" ".join(span.text or "" for span in text.iter(f"{SVG}tspan")) for text in root.iter(f"{SVG}text")]


def test_a_drawing_says_to_everybody_what_it_shows() -> None:
    root = ET.fromstring(svg(SMALL, f"a title {NASTY}", name="d"))
    assert root.get("role") == "img"
    named = {each.get("id"): each.text or "" for each in root if each.get("id")}
    assert list(named) == str(root.get("aria-labelledby")).split()
    title, about = named.values()
    assert title == f"a title {NASTY}"
    for step in SMALL.steps:
        assert step.text in about
    assert "prefers-color-scheme:dark" in (root.findtext(f"{SVG}style") or "")


def test_every_step_of_a_long_story_is_drawn_and_numbered_within_the_picture() -> None:
    product, story = a_long_story()
    drawn = diagram(story, product.components, ["RouteSoundness@2"])
    root = ET.fromstring(svg(drawn, "forty steps"))
    numbers = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "number"]
    assert numbers == [str(number) for number in range(1, 41)]
    said = " ".join(texts(root))
    for step in drawn.steps:
        words = (step.text if isinstance(step, Arrow) else step.short or step.text).split()
        assert " ".join(words) in re.sub(r"\s+", " ", said)
    width, height = (float(root.get(side) or 0) for side in ("width", "height"))
    for box in (rect for rect in root.iter(f"{SVG}rect") if rect.get("x")):
        x, y, w, h = (float(box.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
    broken = [each for each in root.iter(f"{SVG}g") if each.get("class") == "note broken"]
    assert [" ".join(texts(each)) for each in broken] == ["RouteSoundness@2 broken"]


def test_no_two_rows_of_a_drawing_stand_on_each_other() -> None:
    product, story = a_long_story()
    root = ET.fromstring(svg(diagram(story, product.components), "forty steps"))
    rows = [float(text.get("y") or 0) for text in root.iter(f"{SVG}text") if text.get("class") == "number"]
    assert all(later - earlier >= 16 for earlier, later in itertools.pairwise(rows))


def test_both_drawings_are_made_of_the_same_story() -> None:
    product, story = a_long_story(12)
    drawn = diagram(story, product.components)
    lines = mermaid(drawn, 1000).splitlines()
    assert len(lines) == 1 + len(drawn.participants) + len(story)
    assert [step.number for step in drawn.steps] == list(range(1, 13))
    assert all(step.text in sentence(move) for step, move in zip(drawn.steps, story, strict=True))


class Seen(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page() -> Seen:
    """Nasty words everywhere."""
    part = Section(
        title=NASTY, paragraphs=(NASTY,), facts=((NASTY, NASTY),), steps=(NASTY,), diagram=SMALL, links=((NASTY, "#"),)
    )
    whole = Page(
        title=NASTY, verdict="violated", lead=NASTY, facts=((NASTY, NASTY),), sections=(part,) * 4, command=NASTY
    )
    return Seen(html(whole))


def test_whatever_stands_in_a_page_is_escaped(page: Seen) -> None:
    assert not {"script", "b", "img", "link", "iframe", "object"} & set(page.tags)
    assert page.text.count(NASTY) > 20


def test_a_page_needs_nothing_from_elsewhere(page: Seen) -> None:
    assert all(address.startswith("#") for address in page.addresses)
    assert "url(" not in html(Page(title="t"))
    assert "default-src 'none'" in html(Page(title="t"))


def test_drawings_on_one_page_have_names_of_their_own(page: Seen) -> None:
    assert page.tags.count("svg") == 4
    assert len(page.ids) == len(set(page.ids))


def test_a_page_without_a_verdict_shows_none() -> None:
    assert 'class="verdict' not in html(Page(title="t"))
    assert 'class="verdict holds"' in html(Page(title="t", verdict="holds"))
