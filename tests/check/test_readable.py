"""Whatever a server says can be shown, and stays short."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.check.findings import Finding
from namesrv.check.readable import readable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a topic, ä, 主题 %RETRY%", "a topic, ä, 主题 %RETRY%"),
        ("two\nlines", "two\nlines"),
        ("\x00\x0b\t\ud800\ufffe", "\\x00\\x0b\\t\\ud800\\ufffe"),
        ("t" * 39, "t" * 39),
        ("a" + "t" * 32_768 + "b", "at…(32768 times)b"),
    ],
    ids=["printable", "line end", "not printable", "long", "over-long"],
)
def test_what_cannot_be_shown_is_escaped_and_what_nobody_reads_is_counted(text: str, shown: str) -> None:
    assert readable(text) == shown


@given(st.text())
def test_readable_text_can_be_written_as_json_and_is_not_changed_again(text: str) -> None:
    once = readable(text)
    assert orjson.loads(orjson.dumps(once)) == once
    assert readable(once) == once


def test_findings_are_readable_whoever_makes_them() -> None:
    finding = Finding(what="\x00", where="127.0.0.1:1", expected=("\x01", "b"), got="\ud800")
    assert (finding.what, finding.expected, finding.got) == ("\\x00", ("\\x01", "b"), "\\ud800")
