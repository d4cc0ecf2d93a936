"""The topics of one broker and their DataVersion, as they change. Source: `TopicConfigManager`, 4.9.7 and 5.5.0."""

from collections.abc import Iterable, Mapping

import attrs

from namesrv.broker.profiles import RegistrarProfile
from namesrv.broker.topics import AUTO_CREATE_TOPIC
from namesrv.model.values import (
    PERM_INHERIT,
    PERM_READ,
    PERM_WRITE,
    DataVersion,
    KVTable,
    TopicConfig,
    TopicQueueMappingInfo,
)
from namesrv.remoting.clock import Clock

Configs = dict[str, TopicConfig]


class TopicConfigManager:
    """Every change makes a new version, at the clock's time."""

    def __init__(
        self,
        profile: RegistrarProfile,
        clock: Clock,
        configs: Mapping[str, TopicConfig],
        *,
        state_version: int = 0,
        auto_create_topic_enable: bool = True,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._state_version = state_version if profile.release_5 else 0
        self._auto_create_topic_enable = auto_create_topic_enable
        self.configs: Configs = dict(configs)
        self.mappings: dict[str, TopicQueueMappingInfo] = {}
        self.data_version = DataVersion(timestamp=clock.now_ms())

    def next_version(self, state_version: int | None = None) -> None:
        """A new version for what has changed. `state_version` `None`: that of the last election."""
        self.data_version = DataVersion(
            state_version=self._state_version if state_version is None else state_version,
            timestamp=self._clock.now_ms(),
            counter=(self.data_version.counter or 0) + 1,
        )

    def update(self, configs: Iterable[TopicConfig]) -> None:
        """Creates or changes topics, each under a version of its own."""
        for config in configs:
            assert config.topic_name is not None
            self.configs[config.topic_name] = config
            self.next_version()

    def holds(self, config: TopicConfig) -> bool:
        """Whether exactly this config is there."""
        return config.topic_name is not None and self.configs.get(config.topic_name) == config

    def delete(self, topic: str) -> bool:
        """Removes a topic; false if there is none."""
        if self.configs.pop(topic, None) is None:
            return False
        self.next_version()
        return True

    def create_on_send(
        self, topic: str, *, default_topic: str, queue_nums: int, topic_sys_flag: int
    ) -> TopicConfig | None:
        """A topic that a producer's message asks for, after the pattern of another; `None` if it is there or forbidden."""
        default = self.configs.get(default_topic)
        if topic in self.configs or default is None:
            return None
        if default_topic == AUTO_CREATE_TOPIC and not self._auto_create_topic_enable:
            default = self.configs[default_topic] = attrs.evolve(default, perm=PERM_READ | PERM_WRITE)
        if not default.perm & PERM_INHERIT:
            return None
        queues = max(0, min(queue_nums, default.write_queue_nums))
        config = attrs.evolve(
            TopicConfig(topic_name=topic, topic_filter_type=default.topic_filter_type),
            read_queue_nums=queues,
            write_queue_nums=queues,
            perm=default.perm & ~PERM_INHERIT,
            topic_sys_flag=topic_sys_flag,
        )
        self.update([config])
        return config

    def update_order_topic_config(self, keys: KVTable | None) -> None:
        """Takes over which topics are ordered; `None` says nothing about it."""
        if keys is None:
            return
        ordered = set(keys.table)
        turned = {name for name in ordered if name in self.configs and not self.configs[name].order}
        if self._profile.order_config_clears:
            turned |= {name for name, config in self.configs.items() if config.order and name not in ordered}
        for name in turned:
            self.configs[name] = attrs.evolve(self.configs[name], order=not self.configs[name].order)
        if turned:
            self.next_version()

    # What is registered -------------------------------------------------------------------------------------------

    def as_registered(self, broker_permission: int) -> Configs | None:
        """All topics as a broker with that permission registers them; `None` where they are registered as they are."""
        if not is_masking(broker_permission):
            return None
        return {name: self._masked(config, broker_permission, 0) for name, config in self.configs.items()}

    def increment(self, configs: Iterable[TopicConfig], broker_permission: int) -> Configs:
        """Some topics as an incremental registration has them."""
        found = {config.topic_name: config for config in configs if config.topic_name is not None}
        if not is_masking(broker_permission):
            return found
        keeps = self._profile.increment_keeps_sys_flag
        return {
            name: self._masked(config, broker_permission, config.topic_sys_flag if keeps else 0)
            for name, config in found.items()
        }

    def _masked(self, config: TopicConfig, broker_permission: int, topic_sys_flag: int) -> TopicConfig:
        return TopicConfig(
            topic_name=config.topic_name,
            read_queue_nums=config.read_queue_nums,
            write_queue_nums=config.write_queue_nums,
            perm=config.perm & broker_permission if self._profile.perm_anded else broker_permission,
            topic_sys_flag=topic_sys_flag,
        )


def is_masking(broker_permission: int) -> bool:
    """Whether a broker that allows this much must not register its topics as they are."""
    return broker_permission & (PERM_READ | PERM_WRITE) != PERM_READ | PERM_WRITE
