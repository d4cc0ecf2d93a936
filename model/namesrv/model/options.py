"""A NameServer's own configuration: what it was started with, and what UPDATE_NAMESRV_CONFIG has made of it.

`Profile.settings` says which options a release has. What else a file names is kept and shown as it is, and means nothing.
Source: `NamesrvConfig`, `NettyServerConfig`, `Configuration`, `MixAll.properties2Object`, `NamesrvStartup`, 4.9.7 and 5.3.3.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

import attrs
from rpds import HashTrieMap

from namesrv.model.values import table


class Kind(Enum):
    """The type of an option's field."""

    TEXT = "String"
    BOOLEAN = "boolean"
    INT = "int"
    LONG = "long"


@attrs.frozen
class Setting:
    """One option. `default`: as GET_NAMESRV_CONFIG writes it; `None` where it is the machine's, or the start's."""

    key: str
    kind: Kind
    default: str | None

    def read(self, text: str, *, trims: bool) -> str | None:
        """The value as the field will show it, or `None` where the setter throws: the field then stays what it was."""
        match self.kind:
            case Kind.TEXT:
                return text.strip(JAVA_BLANKS) if trims else text
            case Kind.BOOLEAN:
                return "true" if text.lower() == "true" else "false"
            case Kind.INT | Kind.LONG:
                limit = 1 << (31 if self.kind is Kind.INT else 63)
                if NUMBER.fullmatch(text) is None or not -limit <= int(text) < limit:
                    return None
                return str(int(text))


JAVA_BLANKS: Final = "".join(map(chr, range(0x21)))
"""What `String.trim` takes away."""

NUMBER: Final = re.compile(r"[+-]?[0-9]+")


def _settings(kind: Kind, defaults: Mapping[str, object]) -> Iterable[Setting]:
    for key, default in defaults.items():
        text = str(default).lower() if isinstance(default, bool) else default
        yield Setting(key, kind, None if text is None else str(text))


SETTINGS_4_9: Final = (
    *_settings(
        Kind.TEXT, {"rocketmqHome": None, "kvConfigPath": None, "configStorePath": None, "productEnvName": "center"}
    ),
    *_settings(Kind.BOOLEAN, {"clusterTest": False, "orderMessageEnable": False}),
    *_settings(
        Kind.INT,
        {
            "listenPort": None,
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
        },
    ),
    *_settings(Kind.BOOLEAN, {"serverPooledByteBufAllocatorEnable": True, "useEpollNativeSelector": False}),
)
"""`NamesrvConfig`, `NettyServerConfig`, 4.9.7."""

SETTINGS_5_1: Final = (
    *SETTINGS_4_9,
    *_settings(Kind.TEXT, {"bindAddress": None}),
    *_settings(
        Kind.INT,
        {
            "clientRequestThreadPoolNums": 8,
            "defaultThreadPoolNums": 16,
            "clientRequestThreadPoolQueueCapacity": 50_000,
            "defaultThreadPoolQueueCapacity": 10_000,
            "unRegisterBrokerQueueCapacity": 3_000,
            "waitSecondsForService": 45,
        },
    ),
    *_settings(Kind.LONG, {"scanNotActiveBrokerInterval": None}),
    *_settings(
        Kind.BOOLEAN,
        {
            "returnOrderTopicConfigToBroker": True,
            "supportActingMaster": False,
            "enableAllTopicList": True,
            "enableTopicList": True,
            "notifyMinBrokerIdChanged": False,
            "enableControllerInNamesrv": False,
            "needWaitForService": False,
            "deleteTopicWithBrokerRegistration": False,
        },
    ),
)
"""The same, 5.1.4. The scan's interval is the start's: it is seen by its effect (`namesrv.check.expiry`)."""

BLACK_LIST: Final = "configBlackList;configStorePath;kvConfigPath"

SETTINGS_5_3: Final = (
    *SETTINGS_5_1,
    *_settings(Kind.TEXT, {"configBlackList": BLACK_LIST}),
    *_settings(Kind.BOOLEAN, {"serverNettyWorkerGroupEnable": True, "enableShutdownGracefully": False}),
    *_settings(Kind.INT, {"shutdownWaitTimeSeconds": 30}),
)
"""The same, 5.3.3; 5.4.0 and 5.5.0 have no others."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Options:
    """The options that answers depend on, as they count now, and `shown`: what GET_NAMESRV_CONFIG shows that is no default.

    Made by `started`, or `Options()` for a start without a file. Looked at once, at the start: `cluster_test`
    (`NamesrvController.registerProcessor`) and `black_list` (`DefaultRequestProcessor.initConfigBlackList`, 5.3.3); all others
    whenever they matter, so that UPDATE_NAMESRV_CONFIG changes them at once.
    """

    order_message_enable: bool = False
    """Routes bring the topic's order config: `ClientRequestProcessor.getRouteInfoByTopic`."""
    return_order_topic_config_to_broker: bool = True
    """Registrations are answered with the order topics: `DefaultRequestProcessor.registerBroker`, 5.x; 4.9.7 always does."""
    enable_all_topic_list: bool = True
    """GET_ALL_TOPIC_LIST is answered: `DefaultRequestProcessor.getAllTopicListFromNameserver`, 5.x."""
    enable_topic_list: bool = True
    """The other lists of topics are answered, but for the system's: `DefaultRequestProcessor.getTopicsByCluster`, 5.x."""
    support_acting_master: bool = False
    """Routes show a slave in the place of a master that is gone: `RouteInfoManager.pickupTopicRouteData`, 5.x."""
    notify_min_broker_id_changed: bool = False
    """Brokers are told when the lowest id of their name changes: `RouteInfoManager.notifyMinBrokerIdChanged`, 5.x."""
    delete_topic_with_broker_registration: bool = False
    """A registration takes away the name's topics that it does not have: `RouteInfoManager.registerBroker`, 5.x."""
    need_wait_for_service: bool = False
    """No routes until `wait_seconds_for_service` after the start: `ClientRequestProcessor.getRouteInfoByTopic`, 5.x."""
    wait_seconds_for_service: int = 45
    cluster_test: bool = False
    """`ClusterTestRequestProcessor` answers."""
    black_list: str = BLACK_LIST
    """More keys that UPDATE_NAMESRV_CONFIG refuses, separated by `;`."""
    shown: HashTrieMap[str, str] = HashTrieMap()


FIELDS: Final = {
    "orderMessageEnable": "order_message_enable",
    "returnOrderTopicConfigToBroker": "return_order_topic_config_to_broker",
    "enableAllTopicList": "enable_all_topic_list",
    "enableTopicList": "enable_topic_list",
    "supportActingMaster": "support_acting_master",
    "notifyMinBrokerIdChanged": "notify_min_broker_id_changed",
    "deleteTopicWithBrokerRegistration": "delete_topic_with_broker_registration",
    "needWaitForService": "need_wait_for_service",
    "waitSecondsForService": "wait_seconds_for_service",
    "clusterTest": "cluster_test",
    "configBlackList": "black_list",
}
"""By an option's name: the field of `Options`."""

ONLY_AT_START: Final = frozenset({"clusterTest", "configBlackList"})


def started(settings: Iterable[Setting], properties: Mapping[str, str], *, trims: bool) -> Options:
    """What a start with a file of these properties makes. Source: `NamesrvStartup`, `Configuration.registerConfig`."""
    by_key = {setting.key: setting for setting in settings}
    shown: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for key, text in properties.items():
        setting = by_key.get(key)
        if setting is None:
            shown[key] = text
            continue
        value = setting.read(text, trims=trims)
        if value is not None:
            if value != setting.default:
                shown[key] = value
            if key in FIELDS:
                fields[FIELDS[key]] = _field(setting.kind, value)
    return Options(**fields, shown=table(shown))


def updated(options: Options, settings: Iterable[Setting], properties: Mapping[str, str], *, trims: bool) -> Options:
    """What UPDATE_NAMESRV_CONFIG makes: a key that nobody has shown before is passed over. Source: `Configuration.update`."""
    by_key = {setting.key: setting for setting in settings}
    shown = options.shown
    fields: dict[str, Any] = {}
    for key, text in properties.items():
        setting = by_key.get(key)
        if setting is None:
            if key in shown:
                shown = shown.insert(key, text)
            continue
        value = setting.read(text, trims=trims)
        if value is not None:
            shown = shown.discard(key) if value == setting.default else shown.insert(key, value)
            if key in FIELDS and key not in ONLY_AT_START:
                fields[FIELDS[key]] = _field(setting.kind, value)
    return attrs.evolve(options, **fields, shown=shown)


def _field(kind: Kind, value: str) -> object:
    return value == "true" if kind is Kind.BOOLEAN else int(value) if kind is Kind.INT else value


def listed(options: Options, settings: Iterable[Setting]) -> dict[str, str]:
    """Every option with its value; what is the machine's own only if it is known."""
    defaults = {setting.key: setting.default for setting in settings if setting.default is not None}
    return defaults | dict(options.shown.items())


def refused_keys(options: Options, fixed: Iterable[str], settings: Iterable[Setting]) -> frozenset[str]:
    """The keys that UPDATE_NAMESRV_CONFIG refuses: the release's, and those that the option lists if there is one."""
    if not any(setting.key == "configBlackList" for setting in settings):
        return frozenset(fixed)
    words = options.black_list.split(";")
    if options.black_list:  # String.split leaves out empty words at the end, but for the empty text
        while words and not words[-1]:
            words.pop()
    return frozenset(fixed) | frozenset(words)
