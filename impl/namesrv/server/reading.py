"""Bodies as the server needs them: rows instead of values, read the quick way where the usual broker wrote them.

The quick way takes standard JSON in which every number of a topic is a number; whatever else a body has goes through
`namesrv.remoting`, which knows fastjson's ways. Both give the same rows.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

import orjson

from namesrv.model.values import DataVersion, QueueData, RegisterBrokerBody, TopicConfig
from namesrv.remoting.answer_body import decode_queue_datas
from namesrv.remoting.body import (
    decode_data_version,
    decode_old_register_broker_body,
    decode_register_broker_body,
)
from namesrv.remoting.compressed import decode_compressed
from namesrv.remoting.errors import BodyError
from namesrv.remoting.fastjson import loads
from namesrv.remoting.version import MQVersion
from namesrv.server.registration import Registration
from namesrv.server.tables import Queue, Version

NUMBERS: Final = itemgetter("readQueueNums", "writeQueueNums", "perm", "topicSysFlag")
TOPIC_NAME: Final = itemgetter("topicName")
MAX_SHARED: Final = 65_536
"""So many different rows are shared; a server that meets more makes new ones."""

V3_0_11: Final = int(MQVersion.V3_0_11)
V5_0_0: Final = int(MQVersion.V5_0_0)
INTEGER: Final = range(-(1 << 31), 1 << 31)
LONG: Final = range(-(1 << 63), 1 << 63)

Topics = list[tuple[str | None, Queue]]


class NotQuick(Exception):
    """Something that the quick way does not take."""


class NullBody(Exception):
    """The body is JSON's null: fastjson makes a null of it, over which Java falls as soon as it looks inside."""


QUICK_FAILS: Final = (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, NotQuick)
"""What going the quick way over anything else raises."""


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


class Reader:
    """Reads bodies; equal rows are one object.

    `state_version`: whether the release knows stateVersions; `not_utf_8_is_null`, `counter_is_int`: as in the profile.
    """

    def __init__(self, *, state_version: bool, not_utf_8_is_null: bool = False, counter_is_int: bool = False) -> None:
        self._state_version = state_version
        self._not_utf_8_is_null = not_utf_8_is_null
        self._counters = INTEGER if counter_is_int else LONG
        self._queues: dict[tuple[int, int, int, int], Queue] = {}

    def read_registration(self, r: Registration, body: bytes | None, version: int, *, compressed: bool) -> bool:
        """Fills in what the body of a REGISTER_BROKER says; `version` is the header's.

        Returns whether the body was standard JSON of the shape that 4.9 and 5.x brokers send. Raises `BodyError`, `NullBody`.
        """
        new_shape = version >= V3_0_11
        if body is None:
            r.topics, r.topic_count, r.version = [], 0, Version(0, 0, 0)
            r.filter_servers = () if new_shape else None
            return False
        if new_shape and not compressed:
            if self._is_null(body):
                raise NullBody
            try:
                self._read_quickly(r, orjson.loads(body))
            except QUICK_FAILS:
                if not self._wrapper_is_null(r, body):
                    self._fill(r, decode_register_broker_body(body, now_ms=r.now_ms))
                return False
            return True
        if new_shape:
            mappings = self._state_version and version >= V5_0_0
            attributes = self._state_version
            self._fill(r, decode_compressed(body, mappings=mappings, attributes=attributes, now_ms=r.now_ms))
        elif self._is_null(body):
            r.has_wrapper = False
        else:
            self._fill(r, decode_old_register_broker_body(body, now_ms=r.now_ms))
        return False

    def _is_null(self, body: bytes) -> bool:
        return body.strip() == b"null" or (self._not_utf_8_is_null and not _is_utf_8(body))

    @staticmethod
    def _wrapper_is_null(r: Registration, body: bytes) -> bool:
        """A body whose `topicConfigSerializeWrapper` is written as null: no topics table, no version, and Java goes on."""
        fields = loads(body)
        if not isinstance(fields, dict) or fields.get("topicConfigSerializeWrapper", fields) is not None:
            return False
        filters = fields.get("filterServerList", [])
        r.has_wrapper = False
        r.filter_servers = tuple(map(str, filters)) if isinstance(filters, list) else None
        return True

    def read_version(self, body: bytes, now_ms: int) -> Version | None:
        """The body of a QUERY_DATA_VERSION; `None` for null. Raises `BodyError`."""
        if self._is_null(body):
            return None
        try:
            return self._quick_version(orjson.loads(body))
        except QUICK_FAILS:
            return self._version(decode_data_version(body, now_ms=now_ms))

    def read_queues(self, body: bytes) -> list[QueueData | None] | None:
        """The queues of a REGISTER_TOPIC_IN_NAMESRV in their order; `None` without any. Raises `BodyError`."""
        return None if self._is_null(body) else decode_queue_datas(body)

    def _read_quickly(self, r: Registration, fields: Mapping[str, Any]) -> None:
        filters = fields["filterServerList"]
        wrapper = fields["topicConfigSerializeWrapper"]
        version = self._quick_version(wrapper["dataVersion"])
        if wrapper.get("topicQueueMappingInfoMap") or any(type(server) is not str for server in filters):
            raise NotQuick
        configs = wrapper["topicConfigTable"].values()
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
        r.version = version
        r.filter_servers = tuple(filters)

    def _quick_version(self, fields: Mapping[str, Any]) -> Version:
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
        if version.counter is not None and version.counter not in self._counters:
            raise BodyError("DataVersion", "counter", "an int", str(version.counter))
        return Version(version.state_version if self._state_version else 0, version.timestamp, version.counter)
