"""The server's own configuration: options of the start, changed while it runs, listed, and kept in a file.

An option's type is that of its default.
Source: `NamesrvConfig`, `NettyServerConfig`, `Configuration`, `MixAll`, 4.9.7, 5.1.4 and 5.3.3.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from namesrv.server.log import log
from namesrv.server.profiles import ServerProfile

Value = str | bool | int

NAMESRV_4_9: Final[Mapping[str, Value]] = {
    "rocketmqHome": "",
    "kvConfigPath": "",
    "configStorePath": "",
    "productEnvName": "center",
    "clusterTest": False,
    "orderMessageEnable": False,
    "listenPort": 9876,
    "serverWorkerThreads": 8,
    "serverCallbackExecutorThreads": 0,
    "serverSelectorThreads": 3,
    "serverOnewaySemaphoreValue": 256,
    "serverAsyncSemaphoreValue": 64,
    "serverChannelMaxIdleTimeSeconds": 120,
    "serverSocketSndBufSize": 0,
    "serverSocketRcvBufSize": 0,
    "writeBufferHighWaterMark": 0,
    "writeBufferLowWaterMark": 0,
    "serverSocketBacklog": 1024,
    "serverPooledByteBufAllocatorEnable": True,
    "useEpollNativeSelector": False,
}
"""The options of 4.9.7. Most are for Java's threads and buffers: here they are only listed."""

NAMESRV_5: Final[Mapping[str, Value]] = {
    **NAMESRV_4_9,
    "bindAddress": "0.0.0.0",
    "returnOrderTopicConfigToBroker": True,
    "clientRequestThreadPoolNums": 8,
    "defaultThreadPoolNums": 16,
    "clientRequestThreadPoolQueueCapacity": 50_000,
    "defaultThreadPoolQueueCapacity": 10_000,
    "scanNotActiveBrokerInterval": 5_000,
    "unRegisterBrokerQueueCapacity": 3_000,
    "supportActingMaster": False,
    "enableAllTopicList": True,
    "enableTopicList": True,
    "notifyMinBrokerIdChanged": False,
    "enableControllerInNamesrv": False,
    "needWaitForService": False,
    "waitSecondsForService": 45,
    "deleteTopicWithBrokerRegistration": False,
}
"""Those of 5.1.4."""

NAMESRV_5_3: Final[Mapping[str, Value]] = {
    **NAMESRV_5,
    "configBlackList": "configBlackList;configStorePath;kvConfigPath",
    "serverNettyWorkerGroupEnable": True,
    "enableShutdownGracefully": False,
    "shutdownWaitTimeSeconds": 30,
}
"""Those of 5.3.3, 5.4.0 and 5.5.0."""

LONG: Final = frozenset({"scanNotActiveBrokerInterval"})
INTEGER: Final = re.compile(r"[+-]?[0-9]+")
BLANKS: Final = bytes(range(33)).decode("ascii")


class NotAnInteger(ValueError):
    """Java's `Integer.parseInt` throws; the option stays what it is."""


class Config:
    """Every option's value. `properties`: what the start was told; `file`: where a change is written, `None` nowhere.

    `machine`: what only the caller knows, such as the port.
    """

    def __init__(
        self,
        profile: ServerProfile,
        properties: Mapping[str, str] | None = None,
        *,
        file: Path | None = None,
        machine: Mapping[str, Value] | None = None,
    ) -> None:
        self._profile = profile
        self._file = file
        self._known: dict[str, Value] = dict(
            NAMESRV_5_3 if profile.config_black_list_option else NAMESRV_5 if profile.acting_master else NAMESRV_4_9
        )
        self._unknown: dict[str, str] = {}
        given = dict(properties or {})
        for key, text in given.items():
            if key in self._known:
                self._set(key, text)
            else:
                self._unknown[key] = text
        self.learn(machine or {})
        self.is_cluster_test = self.is_on("clusterTest")
        """Looked at once, at the start."""
        self._refused = self._refused_keys()

    def learn(self, machine: Mapping[str, Value]) -> None:
        """Sets options that the release has, without asking."""
        self._known.update({key: value for key, value in machine.items() if key in self._known})

    def _refused_keys(self) -> frozenset[str]:
        fixed = {"kvConfigPath", "configStorePath"}
        if not self._profile.config_black_list_option:
            return frozenset(fixed)
        listed = self.text("configBlackList")
        # Java's split drops empty words at the end, unless there is nothing to split.
        words = re.sub(";+$", "", listed).split(";") if listed.strip(";") else [] if listed else [""]
        return frozenset({*fixed, *words, "configBlackList", "rocketmqHome"})

    def is_on(self, key: str, *, default: bool = False) -> bool:
        """An option that is true or false; `default` where the release does not have it."""
        value = self._known.get(key, default)
        return value is True

    def number(self, key: str) -> int:
        """An option that is a number, 0 where the release does not have it."""
        value = self._known.get(key, 0)
        assert isinstance(value, int)
        return value

    def text(self, key: str) -> str:
        """An option that is text, empty where the release does not have it."""
        value = self._known.get(key, "")
        assert isinstance(value, str)
        return value

    def refuses(self, properties: Mapping[str, str]) -> bool:
        """Whether nobody may set one of these over the wire."""
        return not self._refused.isdisjoint(properties)

    def update(self, properties: Mapping[str, str]) -> None:
        """Sets what is listed already, and writes the file."""
        for key, text in properties.items():
            if key in self._known:
                self._set(key, text)
            elif key in self._unknown:
                self._unknown[key] = text
        self._persist()

    def listing(self) -> bytes:
        """`key=value` by the line, sorted as Java sorts strings. (4.9.7's order is that of a hash table: any will do.)"""
        values = {**self._unknown, **{key: _shown(value) for key, value in self._known.items()}}
        lines = (f"{key}={values[key]}\n" for key in sorted(values, key=_utf_16))
        return "".join(lines).encode("utf-8", "replace")

    def _set(self, key: str, text: str) -> None:
        before = self._known[key]
        if isinstance(before, bool):
            self._known[key] = text.lower() == "true"
        elif isinstance(before, int):
            try:
                self._known[key] = _integer(text, 64 if key in LONG else 32)
            except NotAnInteger:
                log.warning("option not set", key=key, value=text, why="not an integer")
        else:
            self._known[key] = text.strip(BLANKS) if self._profile.config_is_trimmed else text

    def _persist(self) -> None:
        """A file that can't be written is logged, as by `Configuration.persist`; what was in it before stays as `.bak`."""
        if self._file is None:
            return
        beside = self._file.with_name(f"{self._file.name}.tmp")
        try:
            beside.write_bytes(self.listing())
            if self._file.exists():
                self._file.with_name(f"{self._file.name}.bak").write_bytes(self._file.read_bytes())
            os.replace(beside, self._file)
        except OSError as error:
            log.warning("configuration not written", file=str(self._file), error=str(error))


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _utf_16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _integer(text: str, bits: int) -> int:
    """Raises `NotAnInteger`."""
    number = int(text) if INTEGER.fullmatch(text) else 1 << bits
    if not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise NotAnInteger(text)
    return number
