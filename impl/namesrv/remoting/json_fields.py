"""Fields of a JSON body, in the types that Java gives them.

fastjson turns what it finds into the type that the class declares: numbers and booleans out of text, text out of anything. The
readers here take the same, as 5.5.0's fastjson2 does, and refuse with a `BodyError` what it refuses. 4.9.7's fastjson 1.2 differs
where a primitive is null: it leaves the class's default, fastjson2 (and this) sets zero.
Source: tried on the `RemotingSerializable.decode` of 4.9.7 and 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson
from rpds import HashTrieMap

from namesrv.model.values import table
from namesrv.remoting.errors import BodyError

V = TypeVar("V")
Fields = Mapping[str, Any]

INT_BOUND: Final = 1 << 31
LONG_BOUND: Final = 1 << 63
NUMBER: Final = re.compile(r"([+-]?[0-9]{1,19})(?:\.[0-9]{0,20})?", re.ASCII)
NO_NUMBER: Final = ("", "null")
"""Text that fastjson2 reads as zero, as it does null itself."""

SHOWN_CHARACTERS: Final = 60


def shown(value: object) -> str:
    """A value from a body, short enough for an error."""
    if isinstance(value, dict | list):
        return "a JSON object" if isinstance(value, dict) else "a JSON array"
    return "null" if value is None else repr(value)[:SHOWN_CHARACTERS]


def read_object(value: object, where: str) -> Fields:
    """A JSON object."""
    if isinstance(value, dict):
        return value
    raise BodyError("body", where, "a JSON object", shown(value))


def read_list(value: object, where: str) -> list[Any]:
    """A JSON array."""
    if isinstance(value, list):
        return value
    raise BodyError("body", where, "a JSON array", shown(value))


def to_number(value: object, where: str, bound: int) -> int:
    """A number from -`bound` to `bound` - 1, decimals cut off; null is 0."""
    found: int | None = None
    if isinstance(value, int):
        found = int(value)
    elif value is None or value in NO_NUMBER:
        found = 0
    elif isinstance(value, float) and -LONG_BOUND <= value < LONG_BOUND:
        found = int(value)
    elif isinstance(value, str):
        match = NUMBER.fullmatch(value)
        found = None if match is None else int(match.group(1))
    if found is not None and -bound <= found < bound:
        return found
    raise BodyError("body", where, f"a number of {bound.bit_length()} bits", shown(value))


def read_int(fields: Fields, key: str, default: int) -> int:
    """A Java int."""
    value = fields.get(key, default)
    return value if type(value) is int and -INT_BOUND <= value < INT_BOUND else to_number(value, key, INT_BOUND)


def read_long(fields: Fields, key: str, default: int) -> int:
    """A Java long."""
    value = fields.get(key, default)
    return value if type(value) is int and -LONG_BOUND <= value < LONG_BOUND else to_number(value, key, LONG_BOUND)


def read_bool(fields: Fields, key: str) -> bool:
    """A Java boolean: false where it is absent."""
    value = fields.get(key, False)
    if isinstance(value, bool):
        return value
    if value is None or value in NO_NUMBER:
        return False
    word = value.lower() if isinstance(value, str) else value
    if word in ("true", 1):
        return True
    if word in ("false", 0):
        return False
    raise BodyError("body", key, "true or false", shown(value))


def to_text(value: object, where: str) -> str:
    """Text, or the JSON of something else. Raises `BodyError` for null: not every Java collection holds one."""
    if isinstance(value, str):
        return value
    if value is None:
        raise BodyError("body", where, "a text", "null")
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:  # nested deeper than orjson writes
        raise BodyError("body", where, "a text", shown(value)) from error


def read_text(fields: Fields, key: str, default: str | None = None) -> str | None:
    """Text or null."""
    value = fields.get(key, default)
    return value if value is None or isinstance(value, str) else to_text(value, key)


def texts(value: object, where: str) -> tuple[str, ...]:
    """An array of texts; a text alone is an array of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(to_text(item, f"{where}[{index}]") for index, item in enumerate(read_list(value, where)))


def nullable_texts(values: Iterable[object], where: str) -> list[str | None]:
    """Texts and nulls."""
    return [None if value is None else to_text(value, where) for value in values]


def read_map(value: object, where: str, read: Callable[[object, str], V]) -> HashTrieMap[Any, V]:
    """A map, each value read by `read`."""
    return table({key: read(item, f"{where}.{key}") for key, item in read_object(value, where).items()})


def read_integer_map(value: object, where: str, bound: int, read: Callable[[object, str], V]) -> HashTrieMap[int, V]:
    """A map with numbers as its keys, whether they were quoted or not."""
    entries = read_object(value, where).items()
    return table({to_number(key, f"key of {where}", bound): read(item, f"{where}.{key}") for key, item in entries})
