"""An expected answer as one regular expression, so that whoever plays vectors needs no rule of comparison, and no JSON parser.

What it is matched with: the header, a line feed, the body. It says all that was expected: whitespace, the order of members
and of array elements, members that are null or empty and other members of the header mean nothing; everything else does. RE2's
syntax (Go, Rust), which has no lookahead. That an object has each of its n members once is said as "n members, each of these",
for no key comes twice; an array's elements are written down in every order. Commas are not asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any, Final

EMPTY: Final = r'(?:(?:"[^"]*"|-?\d+):\s*(?:null|""),?\s*)*'
"""Members that say nothing."""

FREE: Final = (
    r'(?:"(?:[^ceor"]\w*":\s*(?:null|-?\d+|"\w*")|(?:remark|extFields)":\s*(?:null|""|\{\s*' + EMPTY + r"\})),?\s*)*"
)
"""Of the header, what is not compared: `flag`, `language`, `version` and the like, and what is empty."""

ANY_REMARK: Final = r'(?:"remark":\s*"(?:[^"\\]|\\.)*",?\s*)?'

OFTEN_ESCAPED: Final = frozenset("<>&='")
"""Some writers of JSON escape them, and others don't."""

SOMEBODYS: Final = r'"brokerAddr":\s*"[^"]*"'
"""Some broker has some address (304): whose, nobody knows."""

LARGEST: Final = 5
"""The most elements of an array: its orders are written down."""


def pattern(answers: Iterable[Mapping[str, Any]]) -> str:
    """What any of these, in the decoded form that vectors have, looks like. All of it has to match."""
    return f"(?s)^(?:{'|'.join(sorted({_answer(answer) for answer in answers}))})$"


def _answer(answer: Mapping[str, Any]) -> str:
    compared = ("code", "opaque", *(key for key in ("remark", "extFields") if answer[key]))
    others = FREE if answer["remark"] is not None else FREE + ANY_REMARK + FREE
    return _object([_member(key, _value(answer[key])) for key in compared], others) + r"\n" + _body(answer)


def _body(answer: Mapping[str, Any]) -> str:
    body = answer["body"]
    if body is None:
        return ""
    if isinstance(body, str):
        return ".+"  # that there is one: nothing of a text is the sequence's own
    return _own(body, answer["own"]) if "own" in answer else _value(body)


def _value(value: Any) -> str:
    match value:
        case dict():
            return _object([_member(key, _value(member)) for key, member in _told(value)], EMPTY)
        case list():
            return _array([_value(item) for item in value], r",\s*")
        case str():
            return f'"{"".join(map(_character, value))}"'
        case _:
            return json.dumps(value)


def _told(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, member) for key, member in value.items() if member not in (None, "")]


def _character(character: str) -> str:
    """As it stands in a JSON string, whether or not the writer escapes what need not be."""
    if character == "/":
        return r"\\?/"
    escaped = f"\\u{ord(character):04x}" if character in OFTEN_ESCAPED else json.dumps(character)[1:-1]
    written = {json.dumps(character, ensure_ascii=False)[1:-1], escaped}
    if escaped.startswith("\\u"):
        written.add(escaped.upper().replace("\\U", "\\u"))
    one, *more = sorted(map(_literal, written))
    return f"(?:{'|'.join([one, *more])})" if more else one


def _literal(text: str) -> str:
    """Escapes what has a meaning, and nothing else."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", text)


def _member(key: str, value: str) -> str:
    """fastjson writes integer keys without quotes."""
    name = f'"?{key}"?' if re.fullmatch(r"-?\d+", key) else _value(key)
    return rf"{name}:\s*{value},?\s*"


def _object(members: list[str], others: str) -> str:
    return rf"\{{\s*{others}{_all_of(members, others)}\}}"


def _all_of(members: list[str], between: str) -> str:
    """Each once, for no key comes twice."""
    return f"(?:(?:{'|'.join(members)}){between}){{{len(members)}}}" if members else ""


def _array(items: list[str], between: str, around: str = r"\s*") -> str:
    return rf"\[{around}{_any_order(items, between)}{around}\]"


def _any_order(items: list[str], between: str) -> str:
    if len(items) > LARGEST:
        raise ValueError(f"expected at most {LARGEST} elements, got {len(items)}")
    return f"(?:{'|'.join(sorted({between.join(order) for order in permutations(items)}))})"


# A body that tells of all brokers --------------------------------------------------------------------------------------


def _own(body: Mapping[str, Any], own: str) -> str:
    """What names somebody of the sequence's own is there, and no other of its names; between them, whatever others have left."""
    others = _without(own, "", SOMEBODYS)
    return rf"\{{{others}{_among(body, own, others)}\}}"


def _among(value: Mapping[str, Any], own: str, others: str) -> str:
    members = []
    for key, member in _told(value):
        if own in key:
            members.append(_member(key, _value(member)))
        elif own in json.dumps(member):
            members.append(_member(key, _part(member, own, others)))
    return _all_of(members, others)


def _part(value: Any, own: str, others: str) -> str:
    if isinstance(value, dict):
        return rf"\{{{others}{_among(value, own, others)}\}}"
    if isinstance(value, list):
        items = _without(own, besides="]")
        return _array([_value(item) for item in value if own in json.dumps(item)], items, items)
    return _value(value)


def _without(own: str, besides: str = "", *more: str) -> str:
    """Any text in which `own` does not begin a string, without any of the characters `besides`; in it may be `more`."""
    starts = (*more, *(f"{own[:end]}[^{re.escape(own[end] + besides)}]" for end in range(len(own))))
    return f"(?:{'|'.join(starts)})*"
