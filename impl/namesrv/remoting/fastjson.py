"""JSON as fastjson reads and writes it: integer keys may stand without quotes, as in `{0:"10.0.0.1:10911"}`.

Standard JSON goes through orjson; only what that refuses comes to the parser here. Source: what Apache 4.9 and 5.5 brokers and
NameServers were seen to send (`brokerAddrs`, a static topic's `currIdMap`); fastjson's other licences are not taken.
"""

import re
from typing import Any, Final

import orjson

from namesrv.remoting.errors import BodyError

MAX_DEPTH: Final = 128
"""Deeper nesting is refused, before Python's own stack is."""

SPACE: Final = re.compile(rb"[ \t\r\n]*")
STRING: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\.)*"', re.DOTALL)
NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
INTEGER_KEY: Final = re.compile(rb"-?[0-9]+")
LITERALS: Final = ((b"true", True), (b"false", False), (b"null", None))

Json = Any
"""What JSON holds: dict, list, str, int, float, bool or None."""


def loads(data: bytes, what: str = "body") -> Json:
    """The value. Keys are always strings, also those that were written as numbers. Raises `BodyError`."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _Parser(data, what).document()


class _Parser:
    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.what = what
        self.at = 0

    def document(self) -> Json:
        value = self.value(0)
        self.space()
        if self.at != len(self.data):
            raise self.error("the end")
        return value

    def error(self, expected: str) -> BodyError:
        got = (
            repr(self.data[self.at : self.at + 12].decode("utf-8", "replace"))
            if self.at < len(self.data)
            else "the end"
        )
        return BodyError(self.what, f"byte {self.at}", expected, got)

    def space(self) -> None:
        match = SPACE.match(self.data, self.at)
        assert match is not None
        self.at = match.end()

    def peek(self) -> bytes:
        self.space()
        return self.data[self.at : self.at + 1]

    def value(self, depth: int) -> Json:
        if depth > MAX_DEPTH:
            raise self.error(f"at most {MAX_DEPTH} levels")
        first = self.peek()
        if first == b"{":
            return self.object(depth)
        if first == b"[":
            return self.array(depth)
        if first == b'"':
            return self.string()
        for literal, value in LITERALS:
            if self.data.startswith(literal, self.at):
                self.at += len(literal)
                return value
        match = NUMBER.match(self.data, self.at)
        if match is None:
            raise self.error("a value")
        self.at = match.end()
        text = match.group()
        return float(text) if set(text) & set(b".eE") else self.integer(text)

    def integer(self, text: bytes) -> int:
        if len(text) > 40:
            raise self.error("a number of at most 40 digits")
        return int(text)

    def string(self) -> str:
        match = STRING.match(self.data, self.at)
        if match is None:
            raise self.error("a string")
        try:
            value = orjson.loads(match.group())
        except orjson.JSONDecodeError as error:
            raise self.error("a string") from error
        self.at = match.end()
        assert isinstance(value, str)
        return value

    def key(self) -> str:
        if self.peek() == b'"':
            return self.string()
        match = INTEGER_KEY.match(self.data, self.at)
        if match is None:
            raise self.error("a key")
        self.at = match.end()
        return match.group().decode()

    def object(self, depth: int) -> dict[str, Json]:
        self.at += 1
        fields: dict[str, Json] = {}
        if self.peek() == b"}":
            self.at += 1
            return fields
        while True:
            key = self.key()
            if self.peek() != b":":
                raise self.error("':'")
            self.at += 1
            fields[key] = self.value(depth + 1)
            if self.more(b"}"):
                return fields

    def array(self, depth: int) -> list[Json]:
        self.at += 1
        items: list[Json] = []
        if self.peek() == b"]":
            self.at += 1
            return items
        while True:
            items.append(self.value(depth + 1))
            if self.more(b"]"):
                return items

    def more(self, end: bytes) -> bool:
        """Steps over a comma or over `end`; whether it was the end."""
        found = self.peek()
        if found not in (b",", end):
            raise self.error(f"',' or '{end.decode()}'")
        self.at += 1
        return found == end


class IntegerKeys(dict[int, Any]):
    """A map whose keys `dumps` writes without quotes."""


NULL: Final = object()
"""A null that `dumps` writes, where it would leave out a `None`."""


def dumps(value: Json) -> bytes:
    """As fastjson writes it: no spaces, keys in the order given, those of `IntegerKeys` without quotes, null values left out."""
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def _write(value: Json, out: list[bytes]) -> None:
    if isinstance(value, dict):
        integer_keys = isinstance(value, IntegerKeys)
        out.append(b"{")
        first = True
        for key, item in value.items():
            if item is None:
                continue
            out.append(
                (b"" if first else b",") + (str(key).encode() if integer_keys else orjson.dumps(str(key))) + b":"
            )
            _write(item, out)
            first = False
        out.append(b"}")
    elif isinstance(value, list | tuple):
        out.append(b"[")
        for index, item in enumerate(value):
            if index:
                out.append(b",")
            _write(item, out)
        out.append(b"]")
    else:
        out.append(b"null" if value is NULL else orjson.dumps(value))
