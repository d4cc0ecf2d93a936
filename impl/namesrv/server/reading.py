"""Bodies as the server needs them: rows instead of values, read the quick way where the usual broker wrote them.

The quick way takes standard JSON in which every number of a topic is a number; whatever else a body has goes through
`namesrv.remoting`, which knows fastjson's ways. Both give the same rows.
"""

import re
from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any, Final

import orjson

from namesrv.model.values import DataVersion, QueueData, RegisterBrokerBody, TopicConfig
from namesrv.remoting.answer_body import decode_queue_datas
from namesrv.remoting.body import (
    decode_data_version,
    decode_nullable_register_broker_body,
    decode_old_register_broker_body,
    has_null_wrapper,
    is_null,
)
from namesrv.remoting.compressed import decode_compressed
from namesrv.remoting.dialect import Dialect
from namesrv.remoting.version import MQVersion
from namesrv.server.registration import Registration
from namesrv.server.tables import Queue, Version

NUMBERS: Final = itemgetter("readQueueNums", "writeQueueNums", "perm", "topicSysFlag")
TOPIC_NAME: Final = itemgetter("topicName")
MAX_SHARED: Final = 65_536
"""So many different rows are shared; a server that meets more makes new ones."""

V3_0_11: Final = int(MQVersion.V3_0_11)
V5_0_0: Final = int(MQVersion.V5_0_0)
WIDE: Final = re.compile(rb"[\xf0-\xff]")
"""The first byte of a character beyond 16 bits; as a part of a key it is not every release's."""
BODY: Final = frozenset({"filterServerList", "topicConfigSerializeWrapper"})
WRAPPER: Final = frozenset(
    {
        *("dataVersion", "topicConfigTable"),
        *("mappingDataVersion", "topicQueueMappingInfoMap", "topicQueueMappingDetailMap"),
    }
)
MAPPINGS: Final = ("topicQueueMappingInfoMap", "topicQueueMappingDetailMap")
VERSION: Final = frozenset({"counter", "stateVersion", "timestamp"})
TOPIC: Final = ("order", "perm", "readQueueNums", "topicFilterType", "topicName", "topicSysFlag", "writeQueueNums")
"""All that a topic of 4.9 has; 5.x adds attributes."""
ORDER: Final = itemgetter("order")
FILTER_TYPE: Final = itemgetter("topicFilterType")
ATTRIBUTES: Final = itemgetter("attributes")
FILTER_TYPES: Final = frozenset({"SINGLE_TAG", "MULTI_TAG"})
NOTHING: Final[dict[str, Any]] = {}
INTEGER: Final = range(-(1 << 31), 1 << 31)
LONG: Final = range(-(1 << 63), 1 << 63)

Topics = list[tuple[str | None, Queue]]


class NotQuick(Exception):
    """Something that the quick way does not take."""


class NullBody(Exception):
    """The body is JSON's null: fastjson makes a null of it, over which Java falls as soon as it looks inside."""


QUICK_FAILS: Final = (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, NotQuick)
"""What going the quick way over anything else raises."""


class Reader:
    """Reads bodies as `dialect` says; equal rows are one object."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._state_version = dialect.release_5
        self._counters = INTEGER if dialect.counter_is_int else LONG
        self._queues: dict[tuple[int, int, int, int], Queue] = {}

    def read_registration(self, r: Registration, body: bytes | None, version: int, *, compressed: bool) -> bool:
        """Fills in what the body of a REGISTER_BROKER says; `version` is the header's.

        Returns whether the body was standard JSON of the shape that 4.9 and 5.x brokers send. Raises `BodyError`, `NullBody`.
        """
        new_shape = version >= V3_0_11
        if body is None:
            r.topics, r.topic_count, r.keys, r.version = [], 0, (), Version(0, 0, 0)
            r.filter_servers = () if new_shape else None
            return False
        if new_shape and not compressed:
            try:
                self._read_quickly(r, orjson.loads(body), body)
            except QUICK_FAILS:
                read = decode_nullable_register_broker_body(body, now_ms=r.now_ms, dialect=self.dialect)
                if read is None:
                    raise NullBody from None
                self._fill(r, read)
                r.has_wrapper = (
                    r.topics is not None or r.version is not None or not has_null_wrapper(body, self.dialect)
                )
                return False
            return True
        if new_shape:
            mappings = self._state_version and version >= V5_0_0
            attributes = self._state_version
            self._fill(
                r,
                decode_compressed(
                    body, mappings=mappings, attributes=attributes, now_ms=r.now_ms, dialect=self.dialect
                ),
            )
        else:
            self._fill(r, decode_old_register_broker_body(body, now_ms=r.now_ms, dialect=self.dialect))
            r.has_wrapper = r.topics is not None or r.version is not None or not is_null(body, self.dialect)
        return False

    def read_version(self, body: bytes, now_ms: int) -> Version | None:
        """The body of a QUERY_DATA_VERSION; `None` for null. Raises `BodyError`."""
        try:
            return self._quick_version(orjson.loads(body))
        except QUICK_FAILS:
            return self._version(decode_data_version(body, now_ms=now_ms, dialect=self.dialect))

    def read_queues(self, body: bytes) -> list[QueueData | None] | None:
        """The queues of a REGISTER_TOPIC_IN_NAMESRV in their order; `None` without any. Raises `BodyError`."""
        return decode_queue_datas(body, self.dialect)

    def _read_quickly(self, r: Registration, fields: Mapping[str, Any], body: bytes) -> None:
        if not body.isascii() and not self.dialect.wide_field_names and WIDE.search(body):
            raise NotQuick
        filters = fields["filterServerList"]
        wrapper = fields["topicConfigSerializeWrapper"]
        version = self._quick_version(wrapper["dataVersion"])
        table = wrapper["topicConfigTable"]
        configs = table.values()
        self._look_at_the_rest(fields, wrapper, configs)
        if type(filters) is not list or set(map(type, filters)) - {str}:
            raise NotQuick
        queues = self._queues
        names = list(map(TOPIC_NAME, configs))
        rows = []
        for numbers in map(NUMBERS, configs):
            row = queues.get(numbers)
            rows.append(self._queue(*numbers) if row is None else row)
        if set(map(type, names)) - {str}:
            raise NotQuick
        r.topics = list(zip(names, rows, strict=True))
        r.topic_count = len(rows)
        r.keys = table
        r.version = version
        r.filter_servers = tuple(filters)

    def _look_at_the_rest(
        self, fields: Mapping[str, Any], wrapper: Mapping[str, Any], configs: Collection[Any]
    ) -> None:
        """What a NameServer does not use is read all the same, and may not be what it should. Raises one of `QUICK_FAILS`."""
        if not (fields.keys() <= BODY and wrapper.keys() <= WRAPPER):
            raise NotQuick
        if any(wrapper.get(field, NOTHING) != NOTHING for field in MAPPINGS):
            raise NotQuick
        if wrapper.get("mappingDataVersion") is not None:
            self._quick_version(wrapper["mappingDataVersion"])
        if set(map(type, map(ORDER, configs))) - {bool} or set(map(FILTER_TYPE, configs)) - FILTER_TYPES:
            raise NotQuick
        if set(map(len, configs)) - {len(TOPIC)}:
            attributes = list(map(ATTRIBUTES, configs))
            if set(map(len, configs)) - {len(TOPIC) + 1} or set(map(type, attributes)) - {dict}:
                raise NotQuick
            if any(set(map(type, each.values())) - {str} for each in attributes if each):
                raise NotQuick

    def _quick_version(self, fields: Mapping[str, Any]) -> Version:
        if not fields.keys() <= VERSION:
            raise NotQuick
        state_version = fields.get("stateVersion", 0) if self._state_version else 0
        version = Version(state_version, fields["timestamp"], fields["counter"])
        for number in version:
            if type(number) is not int or number not in LONG:
                raise NotQuick
        if version.counter not in self._counters:
            raise NotQuick
        return version

    def _queue(self, read_queue_nums: int, write_queue_nums: int, perm: int, topic_sys_flag: int) -> Queue:
        numbers = (read_queue_nums, write_queue_nums, perm, topic_sys_flag)
        for number in numbers:
            if type(number) is not int or number not in INTEGER:
                raise NotQuick
        queue = Queue(*numbers)
        if len(self._queues) < MAX_SHARED:
            self._queues[numbers] = queue
        return queue

    def _fill(self, r: Registration, body: RegisterBrokerBody) -> None:
        r.version = self._version(body.data_version)
        r.filter_servers = body.filter_server_list
        r.mappings = list(body.topic_queue_mapping_info_map.items()) if self._state_version else []
        configs = body.topic_config_table
        if configs is None:
            r.topics, r.topic_count = None, 0
        else:
            r.topics = [(config.topic_name, self._row(config)) for config in configs.values()]
            r.topic_count = len(configs)
            r.keys = configs

    def _row(self, config: TopicConfig) -> Queue:
        numbers = (config.read_queue_nums, config.write_queue_nums, config.perm, config.topic_sys_flag)
        row = self._queues.get(numbers)
        if row is None:
            row = Queue(*numbers)
            if len(self._queues) < MAX_SHARED:
                self._queues[numbers] = row
        return row

    def _version(self, version: DataVersion | None) -> Version | None:
        if version is None:
            return None
        return Version(version.state_version if self._state_version else 0, version.timestamp, version.counter)
