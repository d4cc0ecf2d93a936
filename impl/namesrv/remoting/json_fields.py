"""Fields of a JSON body, in the types that Java gives them.

fastjson turns what it finds into the type that the class declares: numbers and booleans out of text, text out of anything. The
readers here take the same, and refuse with a `BodyError` what it refuses; where releases differ the `Dialect` says, which is
5.5.0's unless another is given. Source: tried on all five releases.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson
from rpds import HashTrieMap

from namesrv.model.values import table
from namesrv.remoting.dialect import FASTJSON_2_0_59, Dialect
from namesrv.remoting.errors import BodyError, CommaError
from namesrv.remoting.loose_json import BareKey, LooseList, LooseObject

V = TypeVar("V")
Fields = Mapping[str, Any]

INT_BOUND: Final = 1 << 31
LONG_BOUND: Final = 1 << 63
NUMBER: Final = re.compile(r"([+-]?[0-9]{1,19})(?:\.[0-9]{0,20})?", re.ASCII)
DIGITS: Final = re.compile(r"([+-]?[0-9]{1,19})", re.ASCII)
AS_NULL: Final = ("", "null")
"""Text that is read as null where a number should be."""

WORDS: Final = {"true": 1, "false": 0}
WIDE: Final = re.compile("[\U00010000-\U0010ffff]")
NO_UTF_8: Final = re.compile("[\udc80-\udcff]")
"""Bytes that are none, as `surrogateescape` shows them."""

TRUE: Final = ("true", "1", "y", "t")
FALSE: Final = ("false", "0", "n", "f")
ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')

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


def read_class(value: object, where: str, known: frozenset[str], d: Dialect) -> Fields | None:
    """An object as a Java class with these fields reads it, by their names; `None` for null."""
    if value is None or value == "" or (value == [] and d.blank_is_null):
        return None
    fields = read_object(value, where)
    if type(fields) is dict and known.issuperset(fields):
        return fields
    smart = {_plain(name): name for name in known} if d.smart_keys else {}
    found: dict[str, Any] = {}
    for key, item in fields.items():
        name = key if key in known else smart.get(_plain(key))
        if not d.wide_field_names and WIDE.search(key):
            raise BodyError("body", where, "a field's name of 16-bit characters", shown(key))
        if NO_UTF_8.search(key) or (isinstance(key, BareKey) and not key[:1].isalpha()):
            raise BodyError("body", where, "a field's name", shown(key))
        if name is None:
            _pass_over(item, f"{where}.{key}", d)
        else:
            found.setdefault(name, item)
    _look_behind_unknown(fields, where, d, known)
    return found


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _look_behind_unknown(fields: Fields, where: str, d: Dialect, known: frozenset[str] = frozenset()) -> None:
    behind = fields.comma_after if isinstance(fields, LooseObject) else None
    if behind is not None and behind not in known and not d.comma_after_unknown:
        raise CommaError("body", where, "no comma behind an unknown field", shown(behind))


def _pass_over(value: object, where: str, d: Dialect) -> None:
    """What a class does not know is not built, but has to be JSON all the same: fastjson2 is less lenient there."""
    if isinstance(value, LooseObject):
        if value.lacks_comma or (not d.loose and any(isinstance(key, BareKey) for key in value)):
            raise BodyError("body", where, "JSON", "an object without commas or quotes")
        _look_behind_unknown(value, where, d)
    elif isinstance(value, LooseList) and value.comma_after and not d.comma_after_unknown:
        raise CommaError("body", where, "no comma behind the last item", "a comma")
    if isinstance(value, LooseObject | LooseList):
        for item in value.values() if isinstance(value, LooseObject) else value:
            _pass_over(item, where, d)


def to_number(value: object, where: str, bound: int, d: Dialect = FASTJSON_2_0_59, default: int = 0) -> int:
    """A number from -`bound` to `bound` - 1, decimals cut off; null is 0, or the `default` stays."""
    found: int | None = None
    if isinstance(value, bool):
        found = int(value) if bound == INT_BOUND or d.true_is_a_long else None
    elif isinstance(value, int):
        found = value
    elif value is None or value in AS_NULL:
        found = 0 if d.null_is_zero else default
    elif isinstance(value, float) and -LONG_BOUND <= value < LONG_BOUND:
        found = int(value)
    elif isinstance(value, str):
        match = (NUMBER if d.numbers_in_texts else DIGITS).fullmatch(value)
        found = int(match.group(1)) if match else WORDS.get(value) if d.numbers_in_texts else None
    elif isinstance(value, list):
        found = to_number(value[0], where, bound, d) if d.list_of_one and len(value) == 1 else None
    elif isinstance(value, dict) and d.object_is_zero and bound == INT_BOUND:
        found = 0
    if found is not None and -bound <= found < bound:
        return found
    raise BodyError("body", where, f"a number of {bound.bit_length()} bits", shown(value))


def read_int(fields: Fields, key: str, default: int, d: Dialect = FASTJSON_2_0_59) -> int:
    """A Java int."""
    value = fields.get(key, default)
    if type(value) is int and -INT_BOUND <= value < INT_BOUND:
        return value
    return to_number(value, key, INT_BOUND, d, default)


def read_long(fields: Fields, key: str, default: int, d: Dialect = FASTJSON_2_0_59) -> int:
    """A Java long."""
    value = fields.get(key, default)
    if type(value) is int and -LONG_BOUND <= value < LONG_BOUND:
        return value
    return to_number(value, key, LONG_BOUND, d, default)


def read_bool(fields: Fields, key: str) -> bool:
    """A Java boolean: false where it is absent."""
    value = fields.get(key, False)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if value is None or value in AS_NULL:
        return False
    word = value.lower() if isinstance(value, str) else None
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise BodyError("body", key, "true or false", shown(value))


def to_text(value: object, where: str) -> str:
    """Text, or the JSON of something else. Raises `BodyError` for null: not every Java collection holds one."""
    if isinstance(value, str):
        if not value.isascii() and NO_UTF_8.search(value):
            raise BodyError("body", where, "UTF-8", "other bytes")
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
    return None if value is None else to_text(value, key)


def texts(value: object, where: str) -> tuple[str, ...]:
    """An array of texts; a text alone is an array of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(to_text(item, f"{where}[{index}]") for index, item in enumerate(read_list(value, where)))


def nullable_texts(values: Iterable[object], where: str) -> list[str | None]:
    """Texts and nulls."""
    return [None if value is None else to_text(value, where) for value in values]


def read_java_map(
    value: object, where: str, read: Callable[[object, str], V], d: Dialect
) -> HashTrieMap[Any, V] | None:
    """A map of a class whose keys are texts; `None` for null."""
    if value is None:
        return None
    fields = read_object(value, where)
    for key in fields:
        if isinstance(key, BareKey) and (key == "null" or (key[-1:].isdigit() and not d.number_is_a_map_key)):
            raise BodyError("body", where, "a text as a key", key)
        if key.isascii():
            continue
        if NO_UTF_8.search(key):
            raise BodyError("body", where, "UTF-8", "other bytes")
        if WIDE.search(key) and not (d.wide_map_keys and (d.wide_field_names or not ESCAPED.search(key))):
            raise BodyError("body", where, "a key of 16-bit characters", shown(key))
    return read_map(fields, where, read)


def read_map(value: object, where: str, read: Callable[[object, str], V]) -> HashTrieMap[Any, V]:
    """A map, each value read by `read`."""
    return table({key: read(item, f"{where}.{key}") for key, item in read_object(value, where).items()})


def read_integer_map(value: object, where: str, bound: int, read: Callable[[object, str], V]) -> HashTrieMap[int, V]:
    """A map with numbers as its keys, whether they were quoted or not."""
    entries = read_object(value, where).items()
    return table({to_number(key, f"key of {where}", bound): read(item, f"{where}.{key}") for key, item in entries})
