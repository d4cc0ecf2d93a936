"""The NameServer's state: its six tables, the KV configs, its options, the requests in work, and what it has put off for later.

Source: the fields of `RouteInfoManager`, `KVConfigManager`, `BatchUnregistrationService` and (the tasks) the thread pools, 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from typing import Final, TypeAlias

import attrs
from rpds import HashTrieMap

from namesrv.model.events import Channel, Opaque, Request, UnregisterBroker
from namesrv.model.options import Options
from namesrv.model.profiles import LiveKey, Profile
from namesrv.model.values import BrokerAddrInfo, BrokerData, DataVersion, QueueData, TopicQueueMappingInfo

CLOSE: Opaque = Opaque(-1)
"""Stands for the opaque of the task that deals with a closed connection."""

SCAN_CHANNEL: Channel = Channel(-1)
"""Stands for the connection of the task that scans for brokers that are no longer active."""


@attrs.frozen(kw_only=True)
class BrokerLiveInfo:
    """What is known of a live address. Times in epoch milliseconds; `channel` is the one that speaks for it.

    `partial`: its last registration said not to be full (`Profile.full_body_replaces`). Source of the others: `BrokerLiveInfo`.
    """

    last_update_ms: int
    heartbeat_timeout_ms: int
    data_version: DataVersion | None
    channel: Channel
    ha_server_addr: str | None
    partial: bool = False


Topics: TypeAlias = "HashTrieMap[str | None, HashTrieMap[str | None, QueueData]]"

LARGE: Final = 16
MAX_REMEMBERED: Final = 1_000
_hashes: dict[int, tuple[Topics, int]] = {}
"""Of topic tables, by which object it is."""


class _Large:
    """A large topic table in comparisons and hashes. Most steps keep the one that was there: so it is asked first whether it is
    the same object, and its hash is remembered.
    """

    __slots__ = ("_topics",)

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Large) and (self._topics is other._topics or self._topics == other._topics)

    def __hash__(self) -> int:
        known = _hashes.get(id(self._topics))
        if known is None or known[0] is not self._topics:
            if len(_hashes) >= MAX_REMEMBERED:
                _hashes.clear()
            known = _hashes[id(self._topics)] = (self._topics, hash(self._topics))
        return known[1]


def _compared(topics: Topics) -> Topics | _Large:
    """Equal ones are equally large. A small one is compared as fast as it is."""
    return topics if len(topics) < LARGE else _Large(topics)


@attrs.frozen(kw_only=True, cache_hash=True)
class Tables:
    """The tables of `RouteInfoManager`. A topic's queues are keyed by broker name; mappings too.

    Keys may be `None` where a release's HashMap takes null (4.9). `write_wiped`: names whose write permission an administrator
    has taken away, where that is remembered (`Profile.wipe_outlasts_registration`).
    """

    topic_queue_table: Topics = attrs.field(default=HashTrieMap(), eq=_compared)
    broker_addr_table: HashTrieMap[str | None, BrokerData] = HashTrieMap()
    cluster_addr_table: HashTrieMap[str | None, frozenset[str | None]] = HashTrieMap()
    broker_live_table: HashTrieMap[BrokerAddrInfo, BrokerLiveInfo] = HashTrieMap()
    filter_server_table: HashTrieMap[BrokerAddrInfo, tuple[str | None, ...]] = HashTrieMap()
    topic_queue_mapping_info_table: HashTrieMap[str, HashTrieMap[str | None, TopicQueueMappingInfo]] = HashTrieMap()
    write_wiped: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class ClosedConnection:
    """The work that a closed connection makes.

    Netty may report one that was `aborted` twice: an exception, then inactivity. `again`: this is the second time, maybe.
    """

    aborted: bool = False
    again: bool = False


@attrs.frozen(kw_only=True)
class Scan:
    """The work that a scan makes. `visited`: the live keys that it has already dealt with.

    4.9.7: `left`: those that its iterator has before it, `None` until it has begun; `modified`: somebody has added or removed a
    live entry since (`namesrv.model.destroy_at_once`).
    """

    visited: frozenset[BrokerAddrInfo] = frozenset()
    left: frozenset[BrokerAddrInfo] | None = None
    modified: bool = False


@attrs.frozen(kw_only=True, cache_hash=True)
class Task:
    """Something in work. `pc` counts the internal steps that it has made; `memo` is what they remember."""

    channel: Channel
    opaque: Opaque
    job: Request | ClosedConnection | Scan
    oneway: bool = False
    pc: int = 0
    memo: object = None


@attrs.frozen(kw_only=True, cache_hash=True)
class NameServerState:
    """Everything that a NameServer remembers.

    `tasks` in order of arrival; `locked` while a task in the middle holds the write lock; `unregistration_queue` in order of
    arrival; `kv_config`: namespace, key, value (`None` where a key was put without one); `options`: its configuration;
    `started_ms`: when it started, epoch milliseconds, `None` if nobody knows; `route_found`: whether a route has been asked for
    and found, kept for `Profile.ready_check_breaks` only, `None` if nobody knows; `scan_stopped` once an exception has ended
    the scan timer for good (4.9.7).
    """

    tables: Tables = Tables()
    tasks: tuple[Task, ...] = ()
    locked: bool = False
    unregistration_queue: tuple[UnregisterBroker, ...] = ()
    kv_config: HashTrieMap[str, HashTrieMap[str, str | None]] = HashTrieMap()
    options: Options = Options()
    started_ms: int | None = None
    route_found: bool | None = False
    scan_stopped: bool = False


def live_key(profile: Profile, cluster_name: str | None, broker_addr: str | None) -> BrokerAddrInfo | None:
    """The key of an address in the live and filter server tables, or `None` where Java throws on a null part."""
    if profile.live_key is LiveKey.ADDR:
        return BrokerAddrInfo(cluster_name="", broker_addr=broker_addr)
    if cluster_name is None or broker_addr is None:
        return None
    return BrokerAddrInfo(cluster_name=cluster_name, broker_addr=broker_addr)
