"""What UPDATE_NAMESRV_CONFIG sends and GET_NAMESRV_CONFIG answers: Java properties, and lines that look like them.

Source: `DefaultRequestProcessor.updateConfig`, `MixAll.{string2Properties,properties2String}`, `java.util.Properties`, 5.3.3.
"""

from collections.abc import Mapping

import javaproperties

from namesrv.model.values import ConfigText
from namesrv.remoting.errors import BodyError


def decode_properties(data: bytes) -> dict[str, str]:
    """As the NameServer reads a body: UTF-8, whose bytes it then takes for ISO-8859-1. Raises `BodyError`."""
    return read_properties(data.decode("utf-8", "replace").encode())


def read_properties(data: bytes) -> dict[str, str]:
    """As `Properties.load` reads a file, in ISO-8859-1. Raises `BodyError`."""
    try:
        return javaproperties.loads(data.decode("latin-1"))
    except ValueError as error:
        raise BodyError("properties", "an escape", "\\u and four hexadecimal digits", str(error)) from error


def encode_properties(properties: Mapping[str, str]) -> bytes:
    """Read back as they were, whatever is in them: all that is not ASCII is escaped."""
    return javaproperties.dumps(properties, timestamp=None).encode("ascii")


def decode_config_text(data: bytes) -> ConfigText:
    """GET_NAMESRV_CONFIG's answer, from any release. Raises `BodyError`."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise BodyError(
            "ConfigText", f"byte {error.start}", "UTF-8", data[error.start : error.start + 1].hex()
        ) from error
    if lines[-1]:
        raise BodyError("ConfigText", "its end", "a line's end", repr(lines[-1]))
    return ConfigText(lines=tuple(lines[:-1]))
