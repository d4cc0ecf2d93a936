"""The custom headers of requests and answers: typed here, strings in a command's ext fields.

Java is lenient: what it can't parse into a field's type it leaves at its default and goes on. So is `read`.
Source: `remoting.protocol.header.namesrv.*`, `RemotingCommand.decodeCommandCustomHeader`, 5.5.0.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import attrs

H = TypeVar("H", bound=attrs.AttrsInstance)

ZONE_NAME: Final = "__ZONE_NAME"
ZONE_MODE: Final = "__ZONE_MODE"
"""Ext fields beside the header's own: `MixAll.ZONE_NAME`, `MixAll.ZONE_MODE`."""

LONG: Final = 1 << 63
INTEGER: Final = 1 << 31
MAX_DIGITS: Final = 40


def parse_number(text: str, bound: int) -> int | None:
    """Digits, maybe after a sign, from -`bound` to `bound` - 1; `None` where `Long.parseLong` and `Integer.parseInt` throw."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits.isdecimal() or len(text) > MAX_DIGITS:
        return None
    value = int(text)
    return value if -bound <= value < bound else None


def parse_long(text: str) -> int | None:
    """As `Long.parseLong`."""
    return parse_number(text, LONG)


def parse_integer(text: str) -> int | None:
    """As `Integer.parseInt`."""
    return parse_number(text, INTEGER)


def _boolean(text: str) -> bool | None:
    return text.lower() == "true"


def _string(text: str) -> str | None:
    return text


def _field(name: str, parse: Callable[[str], Any] = _string, default: Any = None) -> Any:
    return attrs.field(default=default, metadata={"name": name, "parse": parse})


@attrs.frozen(kw_only=True)
class RegisterBrokerRequestHeader:
    """REGISTER_BROKER. `body_crc32`: 0 if unchecked; `heartbeat_timeout_ms`: milliseconds, and the two after it: 5.x.

    `full_body`: an extension of ours (`docs/protocol-gaps.md`).
    """

    broker_name: str | None = _field("brokerName")
    broker_addr: str | None = _field("brokerAddr")
    cluster_name: str | None = _field("clusterName")
    ha_server_addr: str | None = _field("haServerAddr")
    broker_id: int | None = _field("brokerId", parse_long)
    compressed: bool | None = _field("compressed", _boolean)
    body_crc32: int | None = _field("bodyCrc32", parse_integer)
    heartbeat_timeout_ms: int | None = _field("heartbeatTimeoutMillis", parse_long)
    enable_acting_master: bool | None = _field("enableActingMaster", _boolean)
    zone_name: str | None = _field(ZONE_NAME)
    full_body: bool | None = _field("fullBody", _boolean)


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
    broker_id: int | None = _field("brokerId", parse_long)


@attrs.frozen(kw_only=True)
class QueryDataVersionResponseHeader:
    """The answer to QUERY_DATA_VERSION."""

    changed: bool | None = _field("changed", _boolean)


@attrs.frozen(kw_only=True)
class BrokerHeartbeatRequestHeader:
    """BROKER_HEARTBEAT. A NameServer reads only the three names; the rest is for a controller.

    `heartbeat_timeout_ms`: milliseconds, and spelled like this on the wire.
    """

    cluster_name: str | None = _field("clusterName")
    broker_addr: str | None = _field("brokerAddr")
    broker_name: str | None = _field("brokerName")
    broker_id: int | None = _field("brokerId", parse_long)
    epoch: int | None = _field("epoch", parse_integer)
    max_offset: int | None = _field("maxOffset", parse_long)
    confirm_offset: int | None = _field("confirmOffset", parse_long)
    heartbeat_timeout_ms: int | None = _field("heartbeatTimeoutMills", parse_long)
    election_priority: int | None = _field("electionPriority", parse_integer)


@attrs.frozen(kw_only=True)
class GetBrokerMemberGroupRequestHeader:
    """GET_BROKER_MEMBER_GROUP, 5.x."""

    cluster_name: str | None = _field("clusterName")
    broker_name: str | None = _field("brokerName")


@attrs.frozen(kw_only=True)
class GetRouteInfoRequestHeader:
    """GET_ROUTEINFO_BY_TOPIC. The zone of a client: 5.x, `ZoneRouteRPCHook`."""

    topic: str | None = _field("topic")
    accept_standard_json_only: bool | None = _field("acceptStandardJsonOnly", _boolean)
    zone_mode: bool | None = _field(ZONE_MODE, _boolean)
    zone_name: str | None = _field(ZONE_NAME)


@attrs.frozen(kw_only=True)
class TopicRequestHeader:
    """REGISTER_TOPIC_IN_NAMESRV and DELETE_TOPIC_IN_NAMESRV; only the latter has a cluster."""

    topic: str | None = _field("topic")
    cluster_name: str | None = _field("clusterName")


@attrs.frozen(kw_only=True)
class GetTopicsByClusterRequestHeader:
    """GET_TOPICS_BY_CLUSTER."""

    cluster: str | None = _field("cluster")


@attrs.frozen(kw_only=True)
class WritePermOfBrokerRequestHeader:
    """WIPE_WRITE_PERM_OF_BROKER and ADD_WRITE_PERM_OF_BROKER."""

    broker_name: str | None = _field("brokerName")


@attrs.frozen(kw_only=True)
class WipeWritePermOfBrokerResponseHeader:
    """The answer: of how many topics."""

    wipe_topic_count: int | None = _field("wipeTopicCount", parse_integer)


@attrs.frozen(kw_only=True)
class AddWritePermOfBrokerResponseHeader:
    """The answer: of how many topics."""

    add_topic_count: int | None = _field("addTopicCount", parse_integer)


@attrs.frozen(kw_only=True)
class KVConfigRequestHeader:
    """PUT_KV_CONFIG, GET_KV_CONFIG and DELETE_KV_CONFIG (without a value), GET_KVLIST_BY_NAMESPACE (without a key too)."""

    namespace: str | None = _field("namespace")
    key: str | None = _field("key")
    value: str | None = _field("value")


@attrs.frozen(kw_only=True)
class GetKVConfigResponseHeader:
    """The answer to GET_KV_CONFIG."""

    value: str | None = _field("value")


@cache
def _table(kind: type[attrs.AttrsInstance]) -> tuple[tuple[str, str, Callable[[str], Any]], ...]:
    """Of each field: its name here, its name on the wire, what reads it."""
    return tuple((field.name, field.metadata["name"], field.metadata["parse"]) for field in attrs.fields(kind))


def write(header: attrs.AttrsInstance) -> dict[str, str]:
    """The header as ext fields, without those that are `None`."""
    fields: dict[str, str] = {}
    for name, wire_name, _ in _table(type(header)):
        value = getattr(header, name)
        if value is not None:
            fields[wire_name] = str(value).lower() if isinstance(value, bool) else str(value)
    return fields


def read(kind: type[H], ext_fields: Mapping[str, str] | None) -> H:
    """The ext fields as a header of `kind`; what is missing or can't be parsed is `None`. Never raises."""
    found = ext_fields or {}
    values = {}
    for name, wire_name, parse in _table(kind):
        text = found.get(wire_name)
        if text is not None:
            values[name] = parse(text)
    return kind(**values)
