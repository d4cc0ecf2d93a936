"""A sequence diagram as SVG: stands alone, needs no script, no font and no network, and is readable on light and dark paper.

Colours are CSS variables that follow the reader's colour scheme; nothing is told by colour alone. Every step has the number that
its sentence has in the list beside the drawing, where what a note leaves out is said.
"""

from textwrap import wrap
from typing import Final
from xml.etree import ElementTree as ET

import attrs

from namesrv.check.sequence import Arrow, Diagram, Kind, Note

CHAR: Final = 6.7
"""The width of a character at most on average, pixels: 12 pixels of a sans-serif font."""

BOLD: Final = 1.2
"""How much wider bold characters are."""

LINE: Final = 16
GAP: Final = 300
"""Between two lifelines, pixels."""

LEFT: Final = 150
"""Of the first lifeline: room for half of what is written over it, and for the numbers of the steps."""

HEAD: Final = 30
PAD: Final = 8
NUMBER_X: Final = 16
NOTE_CHARS: Final = 38
"""Of one line of a note over one lifeline."""

STYLE: Final = """
.seq{--ink:#1f2328;--soft:#59636e;--line:#b7bec6;--paper:#fff;--head:#eef2f6;--note:#fff8d6;--edge:#c9b458;--bad:#b3151d;--badpaper:#ffe9e9;
font:12px/16px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.seq{--ink:#e6edf3;--soft:#9aa4af;--line:#4a525b;--paper:#0d1117;--head:#1f2630;--note:#2e2a15;
--edge:#8a7a35;--bad:#ff8a84;--badpaper:#3a1518}}
.seq text{fill:var(--ink)}.seq .number{fill:var(--soft)}.seq .life{stroke:var(--line);stroke-dasharray:4 4}
.seq .head rect{fill:var(--head);stroke:var(--line)}.seq .head text{font-weight:600}
.seq .note rect{fill:var(--note);stroke:var(--edge)}.seq .broken rect{fill:var(--badpaper);stroke:var(--bad);stroke-width:2}
.seq .broken text{fill:var(--bad);font-weight:600}.seq .arrow line,.seq .arrow path{stroke:var(--ink);stroke-width:1.5;fill:none}
.seq .arrow .tip{fill:var(--ink);stroke:none}.seq .answer line{stroke-dasharray:6 4}.seq .paper{fill:var(--paper)}
""".strip()


def svg(diagram: Diagram, title: str, *, name: str = "sequence") -> str:
    """The drawing. `title`: what it shows, for those who cannot see it; `name`: unlike those of other drawings on a page."""
    drawing = _Drawing(diagram)
    height = drawing.draw()
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "seq",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-about",
            "viewBox": f"0 0 {drawing.width:.0f} {height:.0f}",
            "width": f"{drawing.width:.0f}",
            "height": f"{height:.0f}",
        },
    )
    ET.SubElement(root, "title", {"id": f"{name}-title"}).text = title
    ET.SubElement(root, "desc", {"id": f"{name}-about"}).text = _about(diagram)
    ET.SubElement(root, "style").text = STYLE
    ET.SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    root.extend(drawing.shapes)
    return ET.tostring(root, encoding="unicode")


def _about(diagram: Diagram) -> str:
    told = []
    for step in diagram.steps:
        who = f"{step.source} to {step.target}" if isinstance(step, Arrow) else " and ".join(step.over)
        told.append(f"{'' if step.number is None else f'{step.number}. '}{who}: {step.text}.")
    return " ".join(told)


@attrs.define
class _Drawing:
    diagram: Diagram
    shapes: list[ET.Element] = attrs.field(factory=list, init=False)

    @property
    def width(self) -> float:
        return 2 * LEFT + GAP * (len(self.diagram.participants) - 1)

    def x(self, who: str) -> float:
        """Of a participant's lifeline."""
        return LEFT + GAP * [name for _, name in self.diagram.participants].index(who)

    def draw(self) -> float:
        """Draws everything; how high it is."""
        lives = ET.Element("g")
        self.shapes.append(lives)
        self._heads(PAD)
        y: float = PAD + HEAD + PAD
        for step in self.diagram.steps:
            y = self._arrow(step, y) if isinstance(step, Arrow) else self._note(step, y)
        self._heads(y + PAD)
        for _, name in self.diagram.participants:
            x = f"{self.x(name):.1f}"
            ends = {"x1": x, "x2": x, "y1": str(PAD + HEAD), "y2": f"{y + PAD:.1f}"}
            ET.SubElement(lives, "line", {"class": "life", **ends})
        return y + 2 * PAD + HEAD

    def _heads(self, y: float) -> None:
        for _, name in self.diagram.participants:
            width = max(110, len(name) * CHAR * BOLD + 20)
            self._box("head", self.x(name), y, width, [name], HEAD)

    def _note(self, step: Note, y: float) -> float:
        xs = [self.x(name) for name in step.over] or [self.width / 2]
        span = max(xs) - min(xs)
        lines = wrap(step.short or step.text, int(NOTE_CHARS + span / CHAR)) or [""]
        width = max(span + 40, max(map(len, lines)) * CHAR * (BOLD if step.broken else 1) + 24)
        height = len(lines) * LINE + 10
        self._number(step.number, y + height / 2)
        self._box("note broken" if step.broken else "note", (max(xs) + min(xs)) / 2, y, width, lines, height)
        return y + height + PAD

    def _arrow(self, step: Arrow, y: float) -> float:
        start, end = self.x(step.source), self.x(step.target)
        room = abs(end - start) - 24
        lines = wrap(step.text, int(room / CHAR)) or [""]
        # Text stands on paper of its own where it crosses the lifelines of others.
        bottom = y + len(lines) * LINE + 4
        group = ET.Element("g", {"class": f"arrow {step.kind.value}"})
        self.shapes.append(group)
        width = max(map(len, lines)) * CHAR + 8
        middle = (start + end) / 2
        if abs(end - start) > GAP:
            paper = {
                "x": f"{middle - width / 2:.1f}",
                "y": f"{y:.1f}",
                "width": f"{width:.1f}",
                "height": f"{bottom - y - 2:.1f}",
            }
            ET.SubElement(group, "rect", {"class": "paper", **paper})
        self._lines(group, middle, y + LINE - 4, lines)
        way = 1 if end > start else -1
        ends = {"x1": f"{start:.1f}", "x2": f"{end - way * 7:.1f}", "y1": f"{bottom:.1f}", "y2": f"{bottom:.1f}"}
        ET.SubElement(group, "line", ends)
        if step.kind is Kind.CLOSE:
            x = end - way * 9
            cross = f"M{x - 5:.1f} {bottom - 5:.1f}l10 10m0 -10l-10 10"
            ET.SubElement(group, "path", {"d": cross})
        else:
            tip = f"M{end:.1f} {bottom:.1f}l{-way * 10} -5v10z"
            ET.SubElement(group, "path", {"class": "tip", "d": tip})
        self._number(step.number, bottom)
        return bottom + PAD + 4

    def _number(self, number: int | None, y: float) -> None:
        if number is None:
            return
        at = {"x": str(NUMBER_X), "y": f"{y + 4:.1f}", "class": "number"}
        text = ET.Element("text", {**at, "text-anchor": "middle"})
        text.text = str(number)
        self.shapes.append(text)

    def _box(self, kind: str, middle: float, y: float, width: float, lines: list[str], height: float) -> None:
        group = ET.Element("g", {"class": kind})
        self.shapes.append(group)
        width = min(width, self.width - 2 * (NUMBER_X + 14))
        left = min(max(middle - width / 2, NUMBER_X + 14), self.width - width - 2)
        place = {"x": f"{left:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}", "rx": "4"}
        ET.SubElement(group, "rect", place)
        first = y + (height - len(lines) * LINE) / 2 + LINE - 4
        self._lines(group, left + width / 2, first, lines)

    def _lines(self, group: ET.Element, middle: float, y: float, lines: list[str]) -> None:
        text = ET.SubElement(group, "text", {"text-anchor": "middle"})
        for number, line in enumerate(lines):
            at = {"x": f"{middle:.1f}", "y": f"{y + number * LINE:.1f}"}
            ET.SubElement(text, "tspan", at).text = line
