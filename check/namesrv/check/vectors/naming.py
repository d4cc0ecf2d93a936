"""Names of its own for each sequence, so that none finds what another has left."""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from typing import Any, Final, TypeVar

import attrs
from rpds import HashTrieMap

from namesrv.check.steps import PREFIX, Style
from namesrv.model.values import ORDER_TOPIC_CONFIG, table

NAMES: Final = frozenset(
    {
        *("cluster_name", "broker_name", "broker_addr", "cluster", "topic", "topic_name", "bname"),
        *("namespace", "key"),
    }
)
"""Fields that hold a name which is entered somewhere."""

BY_TOPIC: Final = frozenset({"topic_config_table", "topic_queue_mapping_info_map"})
"""Maps whose keys are topics."""

T = TypeVar("T")


def named(value: T, prefix: str) -> T:
    """The request, its body and what is in it, with `prefix` before every name. Empty and missing names stay what they are."""
    changes: dict[str, Any] = {}
    for field in attrs.fields(type(value)):  # type: ignore[arg-type]  # an attrs class
        before = getattr(value, field.name)
        after = _named_field(field.name, before, prefix)
        if after is not before:
            changes[field.name] = after
    return attrs.evolve(value, **changes) if changes else value  # type: ignore[misc]  # an attrs class, as above


def with_prefix(style: Style, prefix: str) -> Style:
    """The style, with `prefix` where a body or a header's fields leave room for one."""
    fields = {key: value and value.replace(PREFIX, prefix) for key, value in style.ext_fields.items()}
    body = None if style.body is None else style.body.replace(PREFIX.encode(), prefix.encode())
    return attrs.evolve(style, body=body, ext_fields=table(fields))


def _named_field(name: str, value: Any, prefix: str) -> Any:
    if isinstance(value, str):
        return prefix + value if name in NAMES and value and value != ORDER_TOPIC_CONFIG else value
    if attrs.has(type(value)):
        return named(value, prefix)
    if isinstance(value, tuple):
        return tuple(named(item, prefix) if attrs.has(type(item)) else item for item in value)
    if isinstance(value, HashTrieMap) and name in BY_TOPIC:
        return table({prefix + key: named(item, prefix) for key, item in value.items()})
    return value
