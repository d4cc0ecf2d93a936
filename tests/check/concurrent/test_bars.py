"""The drawing of requests: bars overlap where requests did, and only there."""

from xml.etree import ElementTree as ET

from namesrv.check.concurrent.bars import Bar, drawing

SVG = "{http://www.w3.org/2000/svg}"
BARS = (
    Bar(connection=2, began=3, ended=5, asked="REGISTER_BROKER <a>", answered="SUCCESS"),
    Bar(connection=3, began=4, ended=8, asked="REGISTER_BROKER b", answered="SUCCESS"),
    Bar(connection=2, began=6, ended=7, asked="GET", answered="t1", wrong=("t1 t2", "t2")),
    Bar(connection=4, began=9, asked="PUT"),
)


def boxes() -> list[tuple[float, float, float]]:
    """From where to where, and in which row."""
    found = []
    for group in ET.fromstring(drawing(BARS, "title")).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, width, y = (float(rect.attrib[key]) for key in ("x", "width", "y"))
        found.append((x, x + width, y))
    return found


def test_bars_overlap_where_requests_did_and_only_there() -> None:
    spans = boxes()
    for one, (left, right, _) in zip(BARS, spans, strict=True):
        for other, (from_x, to_x, _) in zip(BARS, spans, strict=True):
            together = one.began < (other.ended or 99) and other.began < (one.ended or 99)
            assert (left < to_x and from_x < right) == together


def test_each_client_has_a_row_of_its_own() -> None:
    rows = [row for _, _, row in boxes()]
    assert rows[0] == rows[2]
    assert len(set(rows)) == 3


def test_what_is_impossible_is_marked_in_form_and_words_and_everything_is_escaped() -> None:
    text = drawing(BARS, "title")
    root = ET.fromstring(text)
    marked = [group for group in root.iter(f"{SVG}g") if "bad" in group.attrib["class"].split()]
    assert ["".join(group.itertext()) for group in marked] == ["GET → t1: impossible. Possible: t1 t2 or t23 ✗"]
    assert "REGISTER_BROKER &lt;a&gt;" in text
    about = root.findtext(f"{SVG}desc")
    assert about is not None
    assert about.endswith("4. client 4: PUT → not answered.")
