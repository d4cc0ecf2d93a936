"""What the server answers, as bytes: the bodies that fastjson would write, and the frames around them.

Keys come in fastjson's order (sorted, for a class's fields), nulls are left out. Sources: `TopicRouteData`, `BrokerData`,
`QueueData`, `ClusterInfo`, `TopicList`, `KVTable`, `DataVersion`, `RemotingSerializable.encode`, 4.9.7 and 5.5.0.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import orjson

from namesrv.model.values import MASTER_ID, PERM_WRITE, TopicQueueMappingInfo
from namesrv.remoting.codes import RESPONSE_FLAG, SerializeType
from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.remoting.frame import LENGTHS
from namesrv.server.profiles import ServerProfile
from namesrv.server.registration import NullPointer
from namesrv.server.tables import BrokerEntry, LiveKey, Queue, Tables, Version

Text = Callable[[str | None], str]
"""Writes a JSON string; `null` for `None`."""

FASTJSON_1: Final = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u2028\u2029]')
FASTJSON_1_BROWSER: Final = re.compile("[^ !#-.0-[\\]-~]")
SHORT: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\", "/": "\\/"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in SHORT:
        return SHORT[char]
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2))


def fastjson_2(text: str | None) -> str:
    """As 5.x writes it, whatever features it names: `BrowserCompatible` has no effect on what it writes as UTF-8."""
    return "null" if text is None else orjson.dumps(text).decode()


def fastjson_1(text: str | None) -> str:
    """As 4.9 writes it."""
    return "null" if text is None else f'"{FASTJSON_1.sub(_escape, text)}"'


def fastjson_1_browser(text: str | None) -> str:
    """As 4.9 writes it with `BrowserCompatible`: ASCII only, slashes escaped."""
    return "null" if text is None else f'"{FASTJSON_1_BROWSER.sub(_escape, text)}"'


def text_of(profile: ServerProfile, *, quoted: bool = False) -> Text:
    """How the release writes strings; `quoted`: in a route for those who get standard JSON."""
    if not profile.fastjson_1:
        return fastjson_2
    return fastjson_1_browser if quoted else fastjson_1


# Bodies -----------------------------------------------------------------------------------------------------------


SYNC_BROKER_MEMBER: Final = "rmq_sys_SYNC_BROKER_MEMBER_"
"""Topics whose routes show who is master: `TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX`."""


def encode_route(
    tables: Tables,
    profile: ServerProfile,
    topic: str | None,
    *,
    quoted: bool,
    acting_masters: bool = False,
    order_topic_conf: str | None = None,
    zone: str | None = None,
) -> bytes | None:
    """`pickupTopicRouteData` as JSON, or `None`. `quoted`: broker ids in quotes, and ASCII only.

    `acting_masters`: a name that has none, and may not be written to, shows its lowest slave as its master. `zone`: without the
    names that have a master in another one (`ZoneRouteRPCHook`).
    """
    queues = tables.topic_queue.get(topic)
    if queues is None:
        return None
    text = text_of(profile, quoted=quoted)
    brokers: list[str] = []
    filters: dict[str | None, tuple[str | None, ...]] = {}
    far: set[str | None] = set()
    for name in queues:
        entry = tables.broker_addr.get(name)
        if entry is None:
            continue
        addrs = entry.addrs
        if acting_masters and topic is not None and not topic.startswith(SYNC_BROKER_MEMBER):
            addrs = _with_acting_master(entry, queues[name])
        if zone is not None and addrs.get(MASTER_ID) is not None and (entry.zone or "").lower() != zone.lower():
            far.add(name)
        else:
            brokers.append(encode_broker(entry, profile, quoted=quoted, addrs=addrs))
        if tables.filter_server and not _collect_filters(tables, profile, entry, filters):
            break
    if not brokers and not far:
        return None
    for name in far:
        for addr in tables.broker_addr[name].addrs.values():
            filters.pop(addr, None)
    parts = [f'{{"brokerDatas":[{",".join(brokers)}],"filterServerTable":{{']
    parts.append(
        ",".join(
            f"{_key(addr, text, quoted=quoted)}:[{','.join(map(text, servers))}]" for addr, servers in filters.items()
        )
    )
    parts.append("}")
    if order_topic_conf is not None:
        parts.append(f',"orderTopicConf":{text(order_topic_conf)}')
    parts.append(',"queueDatas":[')
    parts.append(",".join(_encode_queue(name, queue, text(name)) for name, queue in queues.items() if name not in far))
    parts.append("]")
    mappings = None if topic is None else tables.mapping.get(topic)
    if mappings is not None:
        if None in mappings and not profile.fastjson_1:
            raise NullPointer  # fastjson2 writes no null key
        infos = (
            f"{_key(name, text, quoted=quoted)}:{_encode_mapping(info, text, quoted=quoted)}"
            for name, info in mappings.items()
        )
        parts.append(f',"topicQueueMappingByBroker":{{{",".join(infos)}}}')
    parts.append("}")
    return "".join(parts).encode()


def _with_acting_master(entry: BrokerEntry, queue: Queue) -> dict[int, str | None]:
    if not entry.addrs or MASTER_ID in entry.addrs or not entry.acting or queue.perm & PERM_WRITE:
        return entry.addrs
    lowest = min(entry.addrs)
    return {MASTER_ID: entry.addrs[lowest]} | {i: addr for i, addr in entry.addrs.items() if i != lowest}


def _key(addr: str | None, text: Text, *, quoted: bool) -> str:
    """A null key is written as such, or in quotes where all keys are."""
    return '"null"' if addr is None and quoted else text(addr)


def _collect_filters(
    tables: Tables, profile: ServerProfile, entry: BrokerEntry, filters: dict[str | None, tuple[str | None, ...]]
) -> bool:
    """False where 5.5.0 meets a null address and throws: it then answers with what it has. 4.9.7's HashMap takes null."""
    for addr in entry.addrs.values():
        if addr is None and not profile.null_keys:
            if profile.filter_servers_all_addresses:
                return False
            continue
        key: LiveKey = (entry.cluster if profile.live_by_cluster else "", addr)
        servers = tables.filter_server.get(key)
        if servers is not None:
            filters[addr] = servers
    return True


def encode_broker(
    entry: BrokerEntry, profile: ServerProfile, *, quoted: bool, addrs: Mapping[int, str | None] | None = None
) -> str:
    """A `BrokerData`, without null addresses. `addrs`: others than the entry's."""
    text = text_of(profile, quoted=quoted)
    mark = '"' if quoted else ""
    held = sorted((entry.addrs if addrs is None else addrs).items())
    shown = ",".join(f"{mark}{i}{mark}:{text(addr)}" for i, addr in held if addr is not None)
    parts = [f'{{"brokerAddrs":{{{shown}}}']
    if entry.name is not None:
        parts.append(f',"brokerName":{text(entry.name)}')
    if entry.cluster is not None:
        parts.append(f',"cluster":{text(entry.cluster)}')
    if profile.acting_master:
        parts.append(f',"enableActingMaster":{"true" if entry.acting else "false"}')
        if entry.zone is not None:
            parts.append(f',"zoneName":{text(entry.zone)}')
    parts.append("}")
    return "".join(parts)


def _encode_queue(name: str | None, queue: Queue, quoted_name: str) -> str:
    read, write, perm, flag = queue
    broker = "" if name is None else f'"brokerName":{quoted_name},'
    return f'{{{broker}"perm":{perm},"readQueueNums":{read},"topicSysFlag":{flag},"writeQueueNums":{write}}}'


def _encode_mapping(info: TopicQueueMappingInfo, text: Text, *, quoted: bool) -> str:
    mark = '"' if quoted else ""
    parts = [] if info.bname is None else [f'"bname":{text(info.bname)}']
    if info.curr_id_map is not None:
        ids = ",".join(f"{mark}{i}{mark}:{physical}" for i, physical in sorted(info.curr_id_map.items()))
        parts.append(f'"currIdMap":{{{ids}}}')
    parts.append(f'"dirty":{"true" if info.dirty else "false"},"epoch":{info.epoch}')
    if info.scope is not None:
        parts.append(f'"scope":{text(info.scope)}')
    if info.topic is not None:
        parts.append(f'"topic":{text(info.topic)}')
    parts.append(f'"totalQueues":{info.total_queues}')
    return "{" + ",".join(parts) + "}"


def encode_cluster_info(tables: Tables, profile: ServerProfile) -> bytes:
    """All brokers of all clusters; broker ids never in quotes."""
    text = text_of(profile)
    brokers = ",".join(
        f"{text(name)}:{encode_broker(entry, profile, quoted=False)}" for name, entry in tables.broker_addr.items()
    )
    clusters = ",".join(
        f"{text(cluster)}:[{','.join(map(text, names))}]" for cluster, names in tables.cluster_addr.items()
    )
    return f'{{"brokerAddrTable":{{{brokers}}},"clusterAddrTable":{{{clusters}}}}}'.encode()


def encode_topic_list(topics: Iterable[str | None], profile: ServerProfile, broker_addr: str | None = None) -> bytes:
    """Topic names, and maybe the address of a broker."""
    addr = b"" if broker_addr is None else f'"brokerAddr":{text_of(profile)(broker_addr)},'.encode()
    if profile.fastjson_1:
        return b"{" + addr + f'"topicList":[{",".join(map(fastjson_1, topics))}]}}'.encode()
    return b"{" + addr + b'"topicList":' + orjson.dumps(list(topics)) + b"}"


def encode_member_group(tables: Tables, profile: ServerProfile, cluster: str | None, name: str | None) -> bytes:
    """The addresses of a name, null ones left out; broker ids never in quotes."""
    text = text_of(profile)
    entry = None if name is None else tables.broker_addr.get(name)
    held = [] if entry is None else sorted(entry.addrs.items())
    addrs = ",".join(f"{broker_id}:{text(addr)}" for broker_id, addr in held if addr is not None)
    parts = [f'"brokerAddrs":{{{addrs}}}']
    if name is not None:
        parts.append(f'"brokerName":{text(name)}')
    if cluster is not None:
        parts.append(f'"cluster":{text(cluster)}')
    return f'{{"brokerMemberGroup":{{{",".join(parts)}}}}}'.encode()


def encode_kv_table(table: Mapping[str, str], profile: ServerProfile) -> bytes:
    """The keys of one KV namespace."""
    text = text_of(profile)
    keys = ",".join(f"{text(key)}:{text(value)}" for key, value in table.items())
    return f'{{"table":{{{keys}}}}}'.encode()


def encode_version(version: Version, profile: ServerProfile) -> bytes:
    """A DataVersion."""
    counter = b"" if version.counter is None else b'"counter":%d,' % version.counter
    state = b'"stateVersion":%d,' % version.state_version if profile.state_version else b""
    return b'{%b%b"timestamp":%d}' % (counter, state, version.timestamp)


# Frames -----------------------------------------------------------------------------------------------------------


class Answers:
    """Frames of answers, for one profile."""

    def __init__(self, profile: ServerProfile) -> None:
        self._version = profile.mq_version
        self._in_kind = profile.answers_in_kind
        self._success: Final = b'{"code":0,"flag":1,"language":"JAVA","opaque":%d,' + (
            b'"serializeTypeCurrentRPC":"JSON","version":%d}' % profile.mq_version
        )

    def success(self, opaque: int, body: bytes | None = None) -> bytes:
        """The usual answer: code 0, neither remark nor ext fields, JSON."""
        header = self._success % opaque
        length = len(header)
        if body is None:
            return LENGTHS.pack(4 + length, length) + header
        return b"".join((LENGTHS.pack(4 + length + len(body), length), header, body))

    def frame(
        self,
        serialize_type: int,
        opaque: int,
        code: int = 0,
        *,
        remark: str | None = None,
        ext_fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> bytes:
        """Any answer. `ext_fields`: `None` leaves the key out of the header; `serialize_type`: the request's."""
        command = RemotingCommand(
            code=int(code),
            opaque=opaque,
            flag=RESPONSE_FLAG,
            version=self._version,
            remark=remark,
            ext_fields=ext_fields,
            body=body,
            serialize_type=serialize_type if self._in_kind else int(SerializeType.JSON),
        )
        return encode_command(command)
