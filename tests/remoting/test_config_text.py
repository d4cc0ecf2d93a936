"""Java properties on the wire. What is expected was seen in the answers of the real 4.9.7, 5.1.4, 5.3.3 and 5.5.0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.model.values import ConfigText
from namesrv.remoting.config_text import decode_config_text, decode_properties, encode_properties, read_properties
from namesrv.remoting.errors import BodyError

texts = st.text(st.characters(exclude_categories=("Cs",)))


@given(st.dictionaries(texts, texts))
def test_properties_are_read_as_they_were_written(properties: dict[str, str]) -> None:
    data = encode_properties(properties)
    assert decode_properties(data) == properties
    assert read_properties(data) == properties


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"#c", {}),
        (b"=x", {"": "x"}),
        (b"productEnvName", {"productEnvName": ""}),
        (b"productEnvName=a\\nb", {"productEnvName": "a\nb"}),
        (b"orderMessageEnable= true ", {"orderMessageEnable": "true "}),
        ("productEnvName=ä".encode(), {"productEnvName": "\xc3\xa4"}),
        (b"productEnvName=\xff", {"productEnvName": "\xef\xbf\xbd"}),
    ],
)
def test_a_body_is_utf_8_whose_bytes_are_taken_for_iso_8859_1(body: bytes, read: dict[str, str]) -> None:
    assert decode_properties(body) == read


def test_an_escape_without_four_digits_is_no_property() -> None:
    with pytest.raises(BodyError, match="four hexadecimal digits"):
        decode_properties(rb"a=\u00zz")


def test_a_configuration_is_read_by_the_line() -> None:
    assert decode_config_text("a=1\nb=ä=\n".encode()) == ConfigText(lines=("a=1", "b=ä="))


@pytest.mark.parametrize("data", [b"", b"a=1", b"a=\xff\n"])
def test_what_is_no_configuration_is_refused(data: bytes) -> None:
    if data:
        with pytest.raises(BodyError, match="ConfigText"):
            decode_config_text(data)
    else:
        assert decode_config_text(data).lines == ()
