"""The compressed body of REGISTER_BROKER: a zlib stream of length-prefixed parts.

    int32 length, DataVersion as JSON
    | int32 count, then per topic: int32 length, `NAME READ WRITE PERM FILTER ATTRIBUTES`
    | int32 length, filter servers as JSON | from V5_0_0 on: int32 count, then per mapping: int32 length, JSON

Source: `RegisterBrokerBody.encode`, `.decode`, `TopicConfig.encode`, `.decode`, 4.9.7 and 5.5.0.
"""

import struct
import zlib
from typing import Any, Final

from namesrv.model.values import RegisterBrokerBody, TopicConfig, table
from namesrv.remoting.body import (
    decode_data_version,
    encode_data_version,
    read_attributes,
    read_mapping_info,
    with_nulls,
    write_mapping_info,
)
from namesrv.remoting.dialect import FASTJSON_2_0_59, Dialect
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import dumps, loads
from namesrv.remoting.headers import parse_integer
from namesrv.remoting.json_fields import texts

MAX_INFLATED_BYTES: Final = 64 << 20
"""More than this is not inflated, unless asked for: some 800,000 topics."""

INT32: Final = struct.Struct(">i")
CHUNK: Final = 1 << 16
TOPIC_LINE: Final = "NAME READ WRITE PERM FILTER"
FILTER_TYPES: Final = ("SINGLE_TAG", "MULTI_TAG")
SHOWN_CHARACTERS: Final = 80


def encode_compressed(body: RegisterBrokerBody, *, release_5: bool = True, state_version: bool | None = None) -> bytes:
    """As a broker with `compressedRegister=true` writes it.

    `release_5`: with attributes, and the mappings at the end; `state_version`: with it, by default if `release_5`. Topics are
    sorted by name. Raises `BodyError` where the form has no place for what the body holds: no version, no table of topics.
    A space in a topic's name or attributes is written, as Java does, and can't be read back.
    """
    version, configs = body.data_version, body.topic_config_table
    if version is None or configs is None:
        what = "dataVersion" if version is None else "topicConfigTable"
        raise BodyError("compressed body to write", what, "a value", "null")
    state = release_5 if state_version is None else state_version
    parts = [_part(encode_data_version(version, state_version=state)), INT32.pack(len(configs))]
    parts += [_part(_topic_line(config, attributes=release_5)) for _, config in sorted(configs.items())]
    filters = body.filter_server_list
    parts.append(_part(b"null" if filters is None else dumps(filters)))
    if release_5:
        infos = sorted(body.topic_queue_mapping_info_map.items())
        parts.append(INT32.pack(len(infos)))
        parts += [_part(with_nulls(write_mapping_info(info))) for _, info in infos]
    return zlib.compress(b"".join(parts), 9)


def decode_compressed(
    data: bytes,
    *,
    mappings: bool,
    attributes: bool = True,
    now_ms: int = 0,
    dialect: Dialect = FASTJSON_2_0_59,
    max_inflated_bytes: int = MAX_INFLATED_BYTES,
) -> RegisterBrokerBody:
    """The body; `mappings`: whether they are expected at the end (the request's version is V5_0_0 or later).

    `attributes`: whether a topic's line may have them; 4.9's `TopicConfig.decode` takes five words and no more.
    What stands behind the last part is not looked at. Raises `BodyError`: not a zlib stream, a length that points outside it, a
    line that is no topic's, or more than `max_inflated_bytes` in it.
    """
    reader = _Inflating(data, max_inflated_bytes)
    version = decode_data_version(reader.part("dataVersion"), now_ms=now_ms, dialect=dialect)
    configs = {}
    for index in range(reader.count("topics")):
        line = reader.part(f"topic {index}").decode("utf-8", "replace")
        config = _read_topic_line(line, f"topic {index}", attributes=attributes)
        configs[str(config.topic_name)] = config
    filters = _read_filters(reader.part("filterServerList"))
    infos = {}
    if mappings:
        for index in range(reader.count("mappings")):
            where = f"mapping {index}"
            info = read_mapping_info(loads(reader.part(where), where, dialect), where, dialect)
            if info.topic is None:  # ConcurrentHashMap.put(null) throws in Java
                raise BodyError("compressed body", where, "a topic's name", "null")
            infos[info.topic] = info
    return RegisterBrokerBody(
        topic_config_table=table(configs),
        data_version=version,
        topic_queue_mapping_info_map=table(infos),
        filter_server_list=filters,
    )


def _read_filters(data: bytes) -> tuple[str, ...] | None:
    """Java goes on without filter servers where it can't read them."""
    try:
        found = loads(data, "filterServerList") if data else None
        return None if found is None else texts(found, "filterServerList")
    except BodyError:
        return ()


def _part(data: bytes) -> bytes:
    return INT32.pack(len(data)) + data


def _topic_line(config: TopicConfig, *, attributes: bool) -> bytes:
    words = (config.topic_name, config.read_queue_nums, config.write_queue_nums, config.perm, config.topic_filter_type)
    line = " ".join(str(word) for word in words).encode()
    return line + b" " + dumps(dict(config.attributes)) if attributes else line


def _read_topic_line(line: str, where: str, *, attributes: bool) -> TopicConfig:
    words = line.split(" ")
    while words and not words[-1]:
        words.pop()  # Java's split drops them: a line of 5.x without attributes ends in a space
    if len(words) < 5 or (len(words) > 5 and not attributes):
        # Java's decode then leaves the name null, which ConcurrentHashMap.put refuses.
        raise BodyError("compressed body", where, TOPIC_LINE, repr(line[:SHOWN_CHARACTERS]))
    name, read, write, perm, filter_type = words[:5]
    if filter_type not in FILTER_TYPES:
        raise BodyError("compressed body", where, " or ".join(FILTER_TYPES), repr(filter_type[:SHOWN_CHARACTERS]))
    return TopicConfig(
        topic_name=name,
        read_queue_nums=_number(read, where),
        write_queue_nums=_number(write, where),
        perm=_number(perm, where),
        topic_filter_type=filter_type,
        attributes=_read_attributes(words[5]) if len(words) > 5 else table(),
    )


def _number(word: str, where: str) -> int:
    value = parse_integer(word)
    if value is None:
        raise BodyError("compressed body", where, "numbers of queues and a perm", repr(word[:SHOWN_CHARACTERS]))
    return value


def _read_attributes(word: str) -> Any:
    """Java passes over attributes that it can't read."""
    try:
        found = loads(word.encode(), "attributes")
        return table() if found is None else read_attributes(found, "attributes")
    except BodyError:
        return table()


class _Inflating:
    """Inflates as far as it is read, so that a length that lies costs nothing."""

    def __init__(self, data: bytes, max_bytes: int) -> None:
        self._inflater = zlib.decompressobj()
        self._max_bytes = max_bytes
        self._rest = data
        self._buffer = bytearray()
        self._at = 0
        self._total = 0

    def part(self, what: str) -> bytes:
        size = self._int(f"length of {what}")
        if size < 0:
            raise BodyError("compressed body", f"length of {what}", "at least 0", str(size))
        return self._take(size, what)

    def count(self, what: str) -> int:
        """How many parts follow. A negative number is none: Java's loop does not run."""
        return max(0, self._int(f"number of {what}"))

    def _int(self, what: str) -> int:
        (value,) = INT32.unpack(self._take(4, what))
        assert isinstance(value, int)
        return value

    def _take(self, size: int, what: str) -> bytes:
        if size > self._max_bytes:
            raise BodyError("compressed body", what, f"at most {self._max_bytes} bytes", str(size))
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
        if self._total > self._max_bytes:
            raise BodyError("compressed body", "its end", f"at most {self._max_bytes} bytes", "more")
        self._buffer += chunk
        return bool(chunk)


def crc32(body: bytes | None) -> int:
    """`UtilAll.crc32`: of the body as sent, without the sign bit; 0 for none."""
    return 0 if body is None else zlib.crc32(body) & 0x7FFFFFFF
