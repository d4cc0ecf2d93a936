"""How an answer is compared with what a vector expects. `docs/vectors.md` says the same in prose; the standard library is enough.

Nothing here knows the model, so that whoever plays vectors with it is no judge in his own case.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

ANYTHING: Final = "*"
"""An expected string in a body of which only what is the sequence's own counts: some string, whatever it is."""

BARE_KEY: Final = re.compile(r"([{,])(-?\d+):")
"""fastjson writes a map's integer keys without quotes. No string in an answer to a vector looks like that."""


def parsed(body: bytes) -> Any:
    """The body's JSON value. Raises `ValueError`."""
    return json.loads(BARE_KEY.sub(r'\1"\2":', body.decode()))


def canonical(value: Any) -> Any:
    """Without members that are null, and with every array in one order: orders mean nothing, null is the same as absent."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=text)
    return value


def text(value: Any) -> str:
    """Equal canonical values have equal texts."""
    return json.dumps(value, sort_keys=True)


def own_part(body: Any, prefix: str) -> Any:
    """A body that tells of all brokers: of each member, only the keys or strings that start with `prefix`."""
    if not isinstance(body, dict):
        return body
    return {name: _own(member, prefix) for name, member in body.items()}


def _own(member: Any, prefix: str) -> Any:
    if isinstance(member, dict):
        return {key: item for key, item in member.items() if key.startswith(prefix)}
    if isinstance(member, list):
        return [item for item in member if isinstance(item, str) and item.startswith(prefix)]
    return member


def agrees(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether `answer` (code, remark, extFields, and body as bytes or None) is the one that is expected."""
    if answer["code"] != expected["code"] or _given(answer["extFields"]) != expected["extFields"]:
        return False
    if expected["remark"] is not None and (answer["remark"] or "") != expected["remark"]:
        return False
    return _body_agrees(answer["body"], expected)


def _given(fields: Mapping[str, str | None] | None) -> dict[str, str]:
    return {key: value for key, value in (fields or {}).items() if value}


def _body_agrees(body: bytes | None, expected: Mapping[str, Any]) -> bool:
    if body is None or expected["body"] is None:
        return body is expected["body"]
    try:
        got, wanted = parsed(body), expected["body"]
    except ValueError:
        return False
    if prefix := expected.get("own"):
        got = own_part(got, prefix)
        if isinstance(got, dict):
            for name in [name for name, member in got.items() if not isinstance(member, dict | list)]:
                if name not in wanted:
                    del got[name]
                elif wanted[name] == ANYTHING and isinstance(got[name], str):
                    got[name] = ANYTHING
    return text(canonical(got)) == text(canonical(wanted))
