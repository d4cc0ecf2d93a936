"""JSON as fastjson reads and writes it: integer keys and null may stand without quotes, as in `{0:"10.0.0.1:10911"}`.

Standard JSON goes through orjson; what that refuses is read again with its integer keys put into quotes. Source: what Apache
4.9 and 5.5 brokers and NameServers were seen to send (`brokerAddrs`, a static topic's `currIdMap`). fastjson reads more that no
peer was seen to send: single quotes, comments, a comma before a brace (both), keys that are bare words (1.x), a missing comma
(2.x). That is refused here, unless a `Dialect` is given. Of equal keys the last one counts, as in fastjson.
"""

import json
import re
from array import array
from bisect import bisect_left
from typing import Any, Final

import orjson

from namesrv.remoting.dialect import Dialect
from namesrv.remoting.errors import BodyError
from namesrv.remoting.loose_json import read_loosely

# Each alternative takes all it can and never gives back, and a string without an end is taken as a whole: what follows an
# unfinished string must not be scanned again from every quote in it, or the time would be quadratic.
TOKEN: Final = re.compile(
    rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[{,][ \t\r\n]*+(-?[0-9]++|null)(?=[ \t\r\n]*+:)', re.DOTALL
)
SHOWN_BYTES: Final = 12

Json = Any
"""What JSON holds: dict, list, str, int, float, bool or None."""


def loads(data: bytes, what: str = "body", dialect: Dialect | None = None) -> Json:
    """The value; keys are always strings, also those written as numbers, or as null (a Java map's null key).

    `dialect`: what else is taken for JSON. Raises `BodyError` with the position.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if dialect is not None:
            return read_loosely(data, what, dialect)
        return _loads_dialect(data, what, error)


def _loads_dialect(data: bytes, what: str, error: orjson.JSONDecodeError) -> Json:
    text = bytearray()
    key_ends = array("q")  # their positions in `text`
    done = 0
    for match in TOKEN.finditer(data):
        start, end = match.span(1)
        if start >= 0:
            text += data[done:start]
            text += b'"%b"' % data[start:end]
            key_ends.append(len(text))
            done = end
    if not key_ends:
        raise _error(data, what, error, key_ends) from error
    text += data[done:]
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as second:
        raise _error(data, what, second, key_ends) from second


def _error(data: bytes, what: str, error: orjson.JSONDecodeError, key_ends: "array[int]") -> BodyError:
    """`error` in terms of `data`: its position counts characters of the text that was read, with the quotes put in."""
    at = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
    at -= 2 * bisect_left(key_ends, at)
    found = data[max(at, 0) : at + SHOWN_BYTES].decode("utf-8", "replace")
    return BodyError(what, f"byte {max(at, 0)}", f"JSON ({error.msg})", repr(found) if found else "the end")


class IntegerKeys(dict[int, Any]):
    """A map whose keys `dumps` writes without quotes."""


CONTAINERS: Final = (dict, IntegerKeys, list, tuple)
NULL: Final = object()
"""A null that `dumps` writes, where it would leave out a `None`."""


def dumps(value: Json, *, quoted: bool = False) -> bytes:
    """As fastjson writes it: no spaces, keys in the order given, those of `IntegerKeys` without quotes, null values left out.

    `quoted`: as with `QuoteFieldNames` and `BrowserCompatible` instead, which is standard JSON in ASCII only. Raises
    `BodyError` for what JSON and UTF-8 can't hold.
    """
    given = _without_nulls(value)
    try:
        if quoted:
            return json.dumps(given, separators=(",", ":"), allow_nan=False, default=_dialect).encode()
        return orjson.dumps(given, default=_dialect, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    except (TypeError, ValueError) as error:
        raise BodyError("JSON to write", "a value", "what JSON and UTF-8 can hold", str(error)) from error


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        given = {k: _without_nulls(v) if type(v) in CONTAINERS else v for k, v in value.items() if v is not None}
        return IntegerKeys(given) if isinstance(value, IntegerKeys) else given
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value]
    return value


def _dialect(value: object) -> object:
    if value is NULL:
        return None
    if isinstance(value, IntegerKeys):
        return orjson.Fragment(b"{" + b",".join(b"%d:%b" % (k, dumps(v)) for k, v in value.items()) + b"}")
    raise TypeError(f"{type(value).__name__} is not JSON")
