"""The custom headers of requests and answers: typed here, strings in a command's ext fields.

Java is lenient: what it can't parse into a field's type it leaves at its default and goes on. So is `read`.
Source: `remoting.protocol.header.namesrv.*`, `RemotingCommand.decodeCommandCustomHeader`, 5.5.0.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs

H = TypeVar("H", bound=attrs.AttrsInstance)

ZONE_NAME: Final = "__ZONE_NAME"
ZONE_MODE: Final = "__ZONE_MODE"
"""Ext fields beside the header's own: `MixAll.ZONE_NAME`, `MixAll.ZONE_MODE`."""

LONG: Final = 1 << 63
INTEGER: Final = 1 << 31


def _number(text: str, bound: int) -> int | None:
    """As `Long.parseLong`, `Integer.parseInt`: a sign, decimal digits, within range; `None` otherwise."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits.isdecimal() or len(text) > 40:
        return None
    value = int(text)
    return value if -bound <= value < bound else None


def _long(text: str) -> int | None:
    return _number(text, LONG)


def _integer(text: str) -> int | None:
    return _number(text, INTEGER)


def _boolean(text: str) -> bool | None:
    return text.lower() == "true"


def _string(text: str) -> str | None:
    return text


def _field(name: str, parse: Callable[[str], Any] = _string, default: Any = None) -> Any:
    return attrs.field(default=default, metadata={"name": name, "parse": parse})


@attrs.frozen(kw_only=True)
class RegisterBrokerRequestHeader:
    """REGISTER_BROKER. `body_crc32`: 0 if unchecked; `heartbeat_timeout_ms`: milliseconds; 5.x has the last three."""

    broker_name: str | None = _field("brokerName")
    broker_addr: str | None = _field("brokerAddr")
    cluster_name: str | None = _field("clusterName")
    ha_server_addr: str | None = _field("haServerAddr")
    broker_id: int | None = _field("brokerId", _long)
    compressed: bool | None = _field("compressed", _boolean)
    body_crc32: int | None = _field("bodyCrc32", _integer)
    heartbeat_timeout_ms: int | None = _field("heartbeatTimeoutMillis", _long)
    enable_acting_master: bool | None = _field("enableActingMaster", _boolean)
    zone_name: str | None = _field(ZONE_NAME)


@attrs.frozen(kw_only=True)
class RegisterBrokerResponseHeader:
    """The answer to it: what a slave has to know of its master."""

    ha_server_addr: str | None = _field("haServerAddr")
    master_addr: str | None = _field("masterAddr")


@attrs.frozen(kw_only=True)
class BrokerRequestHeader:
    """UNREGISTER_BROKER, QUERY_DATA_VERSION and BROKER_HEARTBEAT (which has no broker id) name a broker like this."""

    broker_name: str | None = _field("brokerName")
    broker_addr: str | None = _field("brokerAddr")
    cluster_name: str | None = _field("clusterName")
    broker_id: int | None = _field("brokerId", _long)


@attrs.frozen(kw_only=True)
class QueryDataVersionResponseHeader:
    """The answer to QUERY_DATA_VERSION."""

    changed: bool | None = _field("changed", _boolean)


@attrs.frozen(kw_only=True)
class GetRouteInfoRequestHeader:
    """GET_ROUTEINFO_BY_TOPIC."""

    topic: str | None = _field("topic")
    accept_standard_json_only: bool | None = _field("acceptStandardJsonOnly", _boolean)


def write(header: attrs.AttrsInstance) -> dict[str, str]:
    """The header as ext fields, without those that are `None`."""
    fields: dict[str, str] = {}
    for field in attrs.fields(type(header)):
        value = getattr(header, field.name)
        if value is not None:
            fields[field.metadata["name"]] = str(value).lower() if isinstance(value, bool) else str(value)
    return fields


def read(kind: type[H], ext_fields: Mapping[str, str] | None) -> H:
    """The ext fields as a header of `kind`; what is missing or can't be parsed is `None`. Never raises."""
    found = ext_fields or {}
    values = {}
    for field in attrs.fields(kind):
        text = found.get(field.metadata["name"])
        values[field.name] = None if text is None else field.metadata["parse"](text)
    return kind(**values)
