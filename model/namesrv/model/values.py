"""The data that registration is about, in RocketMQ's own terms. Shared by the model and the implementation.

Every class is frozen and hashable. Maps are `rpds.HashTrieMap` (persistent, hashable), sequences are tuples.
`None` means that the sender left the value out or wrote `null`, which Java keeps apart from a default.
Sources: `org.apache.rocketmq.remoting.protocol.{DataVersion, route.*, body.*}` and `common.TopicConfig`, 5.5.0.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import attrs
from rpds import HashTrieMap

K = TypeVar("K")
V = TypeVar("V")

MASTER_ID: Final = 0
"""The broker id of a master: `MixAll.MASTER_ID`."""

UNIT_FLAG: Final = 0x1
UNIT_SUB_FLAG: Final = 0x2
"""The bits of `topic_sys_flag`: `TopicSysFlag`."""

PERM_READ: Final = 0x4
PERM_WRITE: Final = 0x2
PERM_INHERIT: Final = 0x1
"""The bits of `perm`: `PermName`."""

ORDER_TOPIC_CONFIG: Final = "ORDER_TOPIC_CONFIG"
"""The namespace of order topic configs: `NamesrvUtil.NAMESPACE_ORDER_TOPIC_CONFIG`."""


def table(entries: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> HashTrieMap[K, V]:
    """An immutable, hashable map of `entries`."""
    return HashTrieMap(entries)


HASH_BINS: Final = 2_048
"""Of a broker's topic table, `new ConcurrentHashMap<>(1024)`: `TopicConfigManager`, 5.x."""
MOST_IN_A_BIN: Final = 0.75
"""On average; a table that has more gets twice the bins."""


def in_hash_order(topics: Iterable[str]) -> list[str]:
    """The order in which a Java broker goes through its topic table. Those of one bin, which come as they were put, are sorted.

    Source: `String.hashCode`, `ConcurrentHashMap.spread`, JDK 8 to 17.
    """
    names = sorted(topics)
    bins = HASH_BINS
    while len(names) >= bins * MOST_IN_A_BIN:
        bins *= 2

    def bin_of(name: str) -> int:
        units = name.encode("utf-16-be", "surrogatepass")
        code = 0
        for at in range(0, len(units), 2):
            code = (31 * code + int.from_bytes(units[at : at + 2])) & 0xFFFF_FFFF
        return (code ^ code >> 16) & (bins - 1)

    return sorted(names, key=bin_of)


@attrs.frozen(kw_only=True)
class DataVersion:
    """The version of a broker's topic configs. `timestamp`: epoch milliseconds; `counter`: `None` if sent as null.

    4.9 knows no `state_version` and leaves it out of JSON: there it is 0 in every value. Source: `DataVersion`.
    """

    state_version: int = 0
    timestamp: int = 0
    counter: int | None = 0


@attrs.frozen(kw_only=True)
class TopicConfig:
    """One topic as its broker configures it. `perm`: bits of `PERM_*`. Source: `common.TopicConfig`."""

    topic_name: str | None
    read_queue_nums: int = 16
    write_queue_nums: int = 16
    perm: int = PERM_READ | PERM_WRITE
    topic_filter_type: str = "SINGLE_TAG"
    topic_sys_flag: int = 0
    order: bool = False
    attributes: HashTrieMap[str, str] = HashTrieMap()


@attrs.frozen(kw_only=True)
class TopicQueueMappingInfo:
    """Where the queues of a static topic live. `curr_id_map`: logic id to physical id.

    Source: `statictopic.TopicQueueMappingInfo`, 5.x.
    """

    topic: str | None
    bname: str | None
    total_queues: int = 0
    scope: str | None = "__global__"
    epoch: int = 0
    dirty: bool = False
    curr_id_map: HashTrieMap[int, int] | None = HashTrieMap()


@attrs.frozen(kw_only=True)
class RegisterBrokerBody:
    """The body of REGISTER_BROKER, flattened: the wrapper's fields beside the filter servers.

    `topic_config_table` maps the key that the sender wrote to a config (whose own name may differ); `None` where the
    sender wrote null; so are `topic_queue_mapping_info_map`, and a mapping in it. `filter_server_list` is `None` where null
    was sent, or where the body's old shape has none; what it lists may be null too.
    Source: `RegisterBrokerBody`, `TopicConfigAndMappingSerializeWrapper`.
    """

    topic_config_table: HashTrieMap[str, TopicConfig] | None = HashTrieMap()
    data_version: DataVersion | None = DataVersion()
    topic_queue_mapping_info_map: HashTrieMap[str, TopicQueueMappingInfo | None] | None = HashTrieMap()
    filter_server_list: tuple[str | None, ...] | None = ()


@attrs.frozen(kw_only=True)
class QueueData:
    """The queues that one broker name offers for a topic. Source: `route.QueueData`."""

    broker_name: str | None
    read_queue_nums: int
    write_queue_nums: int
    perm: int
    topic_sys_flag: int


@attrs.frozen(kw_only=True)
class BrokerData:
    """The brokers of one name. `broker_addrs`: broker id to `HOST:PORT`. 4.9 has neither of the last two fields.

    Source: `route.BrokerData`.
    """

    cluster: str | None
    broker_name: str | None
    broker_addrs: HashTrieMap[int, str | None] = HashTrieMap()
    enable_acting_master: bool = False
    zone_name: str | None = None


@attrs.frozen(kw_only=True)
class BrokerAddrInfo:
    """The key of liveness: `cluster_name` and `broker_addr`.

    4.9 keys by address alone: there `cluster_name` is `""`, and `broker_addr` may be `None` (a HashMap takes a null key).
    Source: `RouteInfoManager.BrokerAddrInfo`, 5.x.
    """

    cluster_name: str
    broker_addr: str | None


@attrs.frozen(kw_only=True)
class TopicRouteData:
    """What a client learns of a topic. The order of queues and brokers means nothing: both are sets here.

    Source: `route.TopicRouteData`.
    """

    queue_datas: frozenset[QueueData]
    broker_datas: frozenset[BrokerData]
    filter_server_table: HashTrieMap[str | None, tuple[str | None, ...] | None] = HashTrieMap()
    topic_queue_mapping_by_broker: HashTrieMap[str | None, TopicQueueMappingInfo] | None = None
    order_topic_conf: str | None = None


@attrs.frozen(kw_only=True)
class ClusterInfo:
    """All brokers of all clusters. Source: `body.ClusterInfo`."""

    broker_addr_table: HashTrieMap[str | None, BrokerData]
    cluster_addr_table: HashTrieMap[str | None, frozenset[str | None]]


@attrs.frozen(kw_only=True)
class TopicList:
    """Topic names; their order means nothing. Source: `body.TopicList`."""

    topic_list: frozenset[str | None]
    broker_addr: str | None = None


@attrs.frozen(kw_only=True)
class BrokerMemberGroup:
    """The brokers of one name, as GET_BROKER_MEMBER_GROUP answers. Source: `body.BrokerMemberGroup`, 5.x."""

    cluster: str | None
    broker_name: str | None
    broker_addrs: HashTrieMap[int, str | None] = HashTrieMap()


@attrs.frozen(kw_only=True)
class KVTable:
    """The keys of one KV namespace. Source: `body.KVTable`."""

    table: HashTrieMap[str, str]


@attrs.frozen(kw_only=True)
class ConfigText:
    """A NameServer's configuration, as GET_NAMESRV_CONFIG answers: `key=value`, by the line.

    Nothing is escaped: a value with a line's end makes two. `any_order`: their order is that of a Java hash table, and means
    nothing. Source: `MixAll.properties2String`.
    """

    lines: tuple[str, ...]
    any_order: bool = False
