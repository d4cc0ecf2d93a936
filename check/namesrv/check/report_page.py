"""One page that tells what was found: HTML that stands alone, needs no network and runs no script.

A page is made of data (`Page`, `Section`); `templates/report.html.jinja` says how it looks. Everything that is written into it is
escaped; drawings are made by `sequence_svg`, which escapes what it draws.
"""

from pathlib import Path
from typing import Final, Literal

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from namesrv.check.sequence import Diagram
from namesrv.check.sequence_svg import svg

Facts = tuple[tuple[str, str], ...]
"""What and how much, in order."""

Verdict = Literal["holds", "violated", "unknown", ""]
"""Of a page; empty if it judges nothing."""


@attrs.frozen(kw_only=True)
class Board:
    """A table. `rows`: what it is about, how that came out (one of the words that are coloured), and as many numbers as `heads`
    has after these two."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[int, ...]], ...]


@attrs.frozen(kw_only=True)
class Section:
    """`paragraphs`: plain text; `steps`: a story, one sentence each; `diagram`: the same, drawn, or `drawing`: an SVG;
    `links`: (words, address); `command`: how to see it again."""

    title: str
    paragraphs: tuple[str, ...] = ()
    facts: Facts = ()
    steps: tuple[str, ...] = ()
    diagram: Diagram | None = None
    drawing: Markup | None = None
    links: tuple[tuple[str, str], ...] = ()
    command: str = ""


@attrs.frozen(kw_only=True)
class Page:
    """`command`: how to get it again."""

    title: str
    verdict: Verdict = ""
    lead: str = ""
    facts: Facts = ()
    board: Board | None = None
    sections: tuple[Section, ...] = ()
    command: str = ""


ENVIRONMENT: Final = Environment(
    loader=PackageLoader("namesrv.check"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""The templates, which escape whatever is written into them."""


def html(page: Page) -> str:
    """The page. Headings are numbered for links: `#part-1` and so on."""
    drawn = [
        section.drawing
        if section.diagram is None
        else Markup(svg(section.diagram, section.title, name=f"drawing-{number}"))
        for number, section in enumerate(page.sections, 1)
    ]
    template = ENVIRONMENT.get_template("report.html.jinja")
    return template.render(page=page, parts=list(zip(page.sections, drawn, strict=True)))


def write(file: Path, page: Page) -> None:
    """Writes the page to `file`. Raises `OSError`."""
    file.write_text(html(page), encoding="utf-8")
