"""Requests as bars, from sending to answer, a row for each client: which of them overlap, and which answer is impossible.

The axis is the order of events, not time: what matters is who was done before whom had begun. Numbers are those of the list
beside the drawing. It stands alone: no script, no font; nothing is told by colour alone.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

import attrs

from namesrv.check.recorded.replay import Replay
from namesrv.check.recorded.seen import Start
from namesrv.check.recording import Event
from namesrv.model.options import Options
from namesrv.model.profiles import Profile

COLUMN: Final = 34
ROW: Final = 44
BAR: Final = 28
LEFT: Final = 110
PAD: Final = 10

STYLE: Final = """
.bars{--ink:#1f2328;--line:#b7bec6;--paper:#fff;--bar:#dbe9f9;--bad:#b3151d;--badpaper:#ffe9e9;
font:12px/16px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.bars{--ink:#e6edf3;--line:#4a525b;--paper:#0d1117;--bar:#1d3350;--bad:#ff8a84;
--badpaper:#3a1518}}
.bars text{fill:var(--ink)}.bars line{stroke:var(--line);stroke-dasharray:4 4}.bars .paper{fill:var(--paper)}
.bars .bar rect{fill:var(--bar);stroke:var(--line)}.bars .needed rect{stroke:var(--ink);stroke-width:2}
.bars .needed text{font-weight:600}.bars .bad rect{fill:var(--badpaper);stroke:var(--bad);stroke-width:3}
.bars .bad text{fill:var(--bad);font-weight:600}
""".strip()


@attrs.define(kw_only=True)
class Bar:
    """A request. `began`, `ended`: numbers of events; `ended` `None` if nobody has seen an answer. `wrong`: what was possible.

    `needed`: without it the answer would not be impossible.
    """

    connection: int
    began: int
    asked: str
    ended: int | None = None
    answered: str = "not answered"
    wrong: tuple[str, ...] = ()
    needed: bool = False

    def text(self) -> str:
        """Request and answer, in words."""
        said = f"{self.asked} → {self.answered}"
        if self.wrong:
            return f"{said}: impossible. Possible: {' or '.join(self.wrong)}"
        return f"{said} (needed for that)" if self.needed else said


def bars_of(
    events: Sequence[Event],
    least: Iterable[Event],
    profile: Profile,
    start: Start,
    *,
    options: Options | None = None,
    names: str = "",
) -> list[Bar]:
    """The requests of a recording, in order. `least`: those of its events that are needed; `names` is left out of the words."""
    replay, bars, needed = Replay(profile, start, options, names), dict[int, Bar](), {id(event) for event in least}
    for number, event in enumerate(events):
        seen = replay.see(event)
        text = seen.text.replace(names, "")
        if seen.kind == "request" and seen.connection is not None:
            bars[number] = Bar(connection=seen.connection, began=number, asked=text, needed=id(event) in needed)
        elif seen.answered in bars:
            bar = bars[seen.answered]
            bar.ended, bar.answered = number, text
            if seen.wrong is not None:
                bar.wrong = tuple(expected.replace(names, "") for expected in seen.wrong.finding.expected)
    return list(bars.values())


def drawing(bars: Sequence[Bar], title: str) -> str:
    """As SVG. Bars are numbered from 1, in their order."""
    rows = sorted({bar.connection for bar in bars})
    ends = sorted({bar.began for bar in bars} | {bar.ended for bar in bars if bar.ended is not None})
    column = {event: LEFT + PAD + COLUMN * place for place, event in enumerate(ends)}
    width, height = LEFT + 2 * PAD + COLUMN * max(len(ends), 1), 2 * PAD + ROW * len(rows)
    size = {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)}
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "bars", "role": "img",
                              "aria-labelledby": "bars-title bars-about", **size})  # fmt: skip
    ET.SubElement(root, "title", {"id": "bars-title"}).text = title
    about = " ".join(f"{number}. client {bar.connection}: {bar.text()}." for number, bar in enumerate(bars, 1))
    ET.SubElement(root, "desc", {"id": "bars-about"}).text = about
    ET.SubElement(root, "style").text = STYLE
    ET.SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    for row, connection in enumerate(rows):
        y = PAD + ROW * row + ROW // 2
        ET.SubElement(root, "text", {"x": str(PAD), "y": str(y + 4)}).text = f"connection {connection}"
        ET.SubElement(root, "line", {"x1": str(LEFT), "x2": str(width), "y1": str(y), "y2": str(y)})
    for number, bar in enumerate(bars, 1):
        _bar(root, number, bar, column, PAD + ROW * rows.index(bar.connection), width)
    return ET.tostring(root, encoding="unicode")


def _bar(root: ET.Element, number: int, bar: Bar, column: dict[int, int], top: int, width: int) -> None:
    x, y = column[bar.began], top + (ROW - BAR) // 2
    until = width if bar.ended is None else column[bar.ended]
    group = ET.SubElement(root, "g", {"class": "bar bad" if bar.wrong else "bar needed" if bar.needed else "bar"})
    ET.SubElement(group, "title").text = bar.text()
    box = {"x": str(x), "y": str(y), "width": str(max(until - x, 4)), "height": str(BAR), "rx": "4"}
    ET.SubElement(group, "rect", box)
    ET.SubElement(group, "text", {"x": str(x + 6), "y": str(y + 18)}).text = f"{number} ✗" if bar.wrong else str(number)
