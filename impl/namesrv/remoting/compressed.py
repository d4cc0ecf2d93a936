"""The compressed body of REGISTER_BROKER: a zlib stream of length-prefixed parts.

    int32 length, DataVersion as JSON
    | int32 count, then per topic: int32 length, `NAME READ WRITE PERM FILTER ATTRIBUTES`
    | int32 length, filter servers as JSON | from V5_0_0 on: int32 count, then per mapping: int32 length, JSON

Source: `RegisterBrokerBody.encode`, `.decode`, `TopicConfig.encode`, `.decode`, 4.9.7 and 5.5.0.
"""

import struct
import zlib
from typing import Final

import attrs

from namesrv.model.values import RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.body import (
    decode_data_version,
    read_mapping_info,
    write_data_version,
    write_mapping_info,
)
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import dumps, loads

MAX_INFLATED_BYTES: Final = 128 << 20
"""More than this is not inflated: some 500,000 topics."""

INT32: Final = struct.Struct(">i")
CHUNK: Final = 1 << 16


def encode_compressed(body: RegisterBrokerBody, *, release_5: bool = True, state_version: bool | None = None) -> bytes:
    """As a broker with `compressedRegister=true` writes it.

    `release_5`: with attributes, and the mappings at the end; `state_version`: with it, by default if `release_5`.
    """
    if state_version is None:
        state_version = release_5
    assert body.data_version is not None and body.topic_config_table is not None
    parts = [_part(dumps(write_data_version(body.data_version, state_version=state_version)))]
    parts.append(INT32.pack(len(body.topic_config_table)))
    parts += [_part(_topic_line(config, attributes=release_5)) for config in body.topic_config_table.values()]
    parts.append(_part(dumps(list(body.filter_server_list or ()))))
    if release_5:
        parts.append(INT32.pack(len(body.topic_queue_mapping_info_map)))
        parts += [_part(dumps(write_mapping_info(i))) for i in body.topic_queue_mapping_info_map.values()]
    return zlib.compress(b"".join(parts), 9)


def decode_compressed(data: bytes, *, mappings: bool, attributes: bool = True, now_ms: int = 0) -> RegisterBrokerBody:
    """The body; `mappings`: whether they are expected at the end (the request's version is V5_0_0 or later).

    `attributes`: whether a topic's line may have them; 4.9's `TopicConfig.decode` takes five words and no more.

    Raises `BodyError`: not a zlib stream, a length that points outside it, or more than `MAX_INFLATED_BYTES` in it.
    """
    reader = _Inflating(data)
    version = decode_data_version(reader.part("dataVersion"), now_ms=now_ms)
    configs = {}
    for index in range(reader.count("topics")):
        line = reader.part(f"topic {index}").decode("utf-8", "replace")
        config = _read_topic_line(line, attributes=attributes)
        if config.topic_name is None:
            # ConcurrentHashMap.put(null) throws in Java
            raise BodyError("compressed body", f"topic {index}", "NAME READ WRITE PERM FILTER", repr(line[:80]))
        configs[config.topic_name] = config
    filters = loads(reader.part("filterServerList"), "filterServerList")
    infos = {}
    if mappings:
        for index in range(reader.count("mappings")):
            info = read_mapping_info(loads(reader.part(f"mapping {index}"), "mapping"), f"mapping {index}")
            infos[str(info.topic)] = info
    return RegisterBrokerBody(
        topic_config_table=table(configs),
        data_version=version,
        topic_queue_mapping_info_map=table(infos),
        filter_server_list=tuple(str(item) for item in filters) if isinstance(filters, list) else None,
    )


def _part(data: bytes) -> bytes:
    return INT32.pack(len(data)) + data


def _topic_line(config: TopicConfig, *, attributes: bool) -> bytes:
    words = (config.topic_name, config.read_queue_nums, config.write_queue_nums, config.perm, config.topic_filter_type)
    line = " ".join(str(word) for word in words).encode()
    return line + b" " + dumps(dict(config.attributes)) if attributes else line


def _read_topic_line(line: str, *, attributes: bool) -> TopicConfig:
    words = line.split(" ")
    if len(words) < 5 or (len(words) > 5 and not attributes):
        return TopicConfig(topic_name=None)
    try:
        read, write, perm = (int(word) for word in words[1:4])
    except ValueError as error:
        raise BodyError(
            "compressed body", f"topic {words[0]}", "numbers of queues and a perm", repr(line[:80])
        ) from error
    if words[4] not in ("SINGLE_TAG", "MULTI_TAG"):
        raise BodyError("compressed body", f"topic {words[0]}", "SINGLE_TAG or MULTI_TAG", repr(words[4]))
    config = TopicConfig(
        topic_name=words[0], read_queue_nums=read, write_queue_nums=write, perm=perm, topic_filter_type=words[4]
    )
    if len(words) > 5 and words[5]:
        try:
            found = loads(words[5].encode(), "attributes")
        except BodyError:
            return config  # Java passes over attributes that it can't read
        if isinstance(found, dict):
            return attrs.evolve(config, attributes=table({k: str(v) for k, v in found.items()}))
    return config


class _Inflating:
    """Inflates as far as it is read, so that a length that lies costs nothing."""

    def __init__(self, data: bytes) -> None:
        self._inflater = zlib.decompressobj()
        self._rest = data
        self._buffer = bytearray()
        self._at = 0
        self._total = 0

    def part(self, what: str) -> bytes:
        return self._take(self.count(what), what)

    def count(self, what: str) -> int:
        (value,) = INT32.unpack(self._take(4, f"length of {what}"))
        assert isinstance(value, int)
        if value < 0:
            raise BodyError("compressed body", f"length of {what}", "at least 0", str(value))
        return value

    def _take(self, size: int, what: str) -> bytes:
        if size > MAX_INFLATED_BYTES:
            raise BodyError("compressed body", what, f"at most {MAX_INFLATED_BYTES} bytes", str(size))
        while len(self._buffer) - self._at < size:
            if not self._inflate():
                got = f"{len(self._buffer) - self._at} before the end"
                raise BodyError("compressed body", what, f"{size} bytes", got)
        taken = bytes(self._buffer[self._at : self._at + size])
        self._at += size
        if self._at > CHUNK:
            del self._buffer[: self._at]
            self._at = 0
        return taken

    def _inflate(self) -> bool:
        if self._inflater.eof:
            return False
        try:
            chunk = self._inflater.decompress(self._rest, CHUNK)
        except zlib.error as error:
            raise BodyError("compressed body", f"byte {self._total} inflated", "a zlib stream", str(error)) from error
        self._rest = self._inflater.unconsumed_tail
        self._total += len(chunk)
        if self._total > MAX_INFLATED_BYTES:
            raise BodyError("compressed body", "its end", f"at most {MAX_INFLATED_BYTES} bytes", "more")
        self._buffer += chunk
        return bool(chunk)


def crc32(body: bytes | None) -> int:
    """`UtilAll.crc32`: of the body as sent, without the sign bit; 0 for none."""
    return 0 if body is None else zlib.crc32(body) & 0x7FFFFFFF
