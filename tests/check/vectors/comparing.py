"""How an answer is compared with what a vector expects, as JSON: the regular expressions have to come to the same."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

BARE_KEY: Final = re.compile(r"([{,])(-?\d+):")
"""fastjson writes a map's integer keys without quotes. No string in an answer to a vector looks like that."""

SOMEBODYS: Final = "/brokerAddr="
"""How the fact begins that some broker has some address (304): whose, nobody knows."""


def parsed(body: bytes) -> Any:
    """The body's JSON value; a body that is no JSON is one string."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(BARE_KEY.sub(r'\1"\2":', text))
    except ValueError:
        return text


def facts(value: Any, path: str = "") -> list[str]:
    """What a JSON value says, one fact a part. Orders mean nothing; null, an empty string and absence are the same."""
    if isinstance(value, dict):
        members = (fact for key, member in value.items() for fact in facts(member, f"{path}/{key}"))
        return sorted([f"{path}{{}}", *members])
    if isinstance(value, list):
        return sorted([f"{path}[]", *(f"{path}[{' '.join(facts(item))}]" for item in value)])
    return [] if value is None or value == "" else [f"{path}={json.dumps(value)}"]


def own_facts(value: Any, prefix: str) -> list[str]:
    """Of a body that tells of all brokers, the facts that name somebody of the sequence's own."""
    return [fact for fact in facts(value) if prefix in fact and not fact.startswith(SOMEBODYS)]


def agrees(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether `answer` (code, remark, extFields, and body as bytes or None) is the one that is expected."""
    if answer["code"] != expected["code"] or expected["remark"] not in (None, answer["remark"] or ""):
        return False
    if facts(answer["extFields"] or {}) != facts(expected["extFields"]):
        return False
    if answer["body"] is None or expected["body"] is None:
        return answer["body"] is expected["body"]
    got, wanted = parsed(answer["body"]), expected["body"]
    if prefix := expected.get("own"):
        return own_facts(got, prefix) == own_facts(wanted, prefix)
    return facts(got) == facts(wanted)
