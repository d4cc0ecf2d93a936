"""A broker's topics and their version: what each change does to them. Source: `TopicConfigManager`, 4.9.7 and 5.5.0."""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from typing import Final

import attrs
from rpds import HashTrieMap

from namesrv.model.broker_profiles import BrokerProfile, MaskedPerm
from namesrv.model.values import PERM_INHERIT, PERM_READ, PERM_WRITE, DataVersion, KVTable, TopicConfig, table

AUTO_CREATE_TOPIC: Final = "TBW102"
"""`TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC`."""


def next_version(version: DataVersion, now_ms: int, state_version: int) -> DataVersion:
    """The version after a change at `now_ms`, epoch milliseconds. Source: `DataVersion.nextVersion`."""
    return DataVersion(state_version=state_version, timestamp=now_ms, counter=(version.counter or 0) + 1)


def is_masked(broker_permission: int) -> bool:
    """Whether what is registered is not what the topics say. Source: `BrokerController.registerBrokerAll`."""
    return not (broker_permission & PERM_READ and broker_permission & PERM_WRITE)


def masked(
    config: TopicConfig, broker_permission: int, profile: BrokerProfile, *, increment: bool = False
) -> TopicConfig:
    """What a broker with `broker_permission` registers of `config`: all of it, or only its queues and a lesser perm.

    Source: `BrokerController.registerBrokerAll`; `increment`: `.registerIncrementBrokerData`.
    """
    if not is_masked(broker_permission):
        return config
    perm = broker_permission if profile.masked_perm is MaskedPerm.REPLACED else config.perm & broker_permission
    return TopicConfig(
        topic_name=config.topic_name,
        read_queue_nums=config.read_queue_nums,
        write_queue_nums=config.write_queue_nums,
        perm=perm,
        topic_sys_flag=config.topic_sys_flag if increment and profile.masked_increment_keeps_sys_flag else 0,
    )


def create_on_send(
    configs: HashTrieMap[str, TopicConfig], topic: str, default_topic: str, queue_nums: int, topic_sys_flag: int
) -> TopicConfig | None:
    """The topic that a producer's message creates; `None` if there is one, or none may be created.

    `default_topic`: the topic after which it is made; `queue_nums`: as many as the producer asks for.
    Source: `TopicConfigManager.createTopicInSendMessageMethod`.
    """
    default = configs.get(default_topic)
    if topic in configs or default is None or not default.perm & PERM_INHERIT:
        return None
    queues = max(0, min(queue_nums, default.write_queue_nums))
    return TopicConfig(
        topic_name=topic,
        read_queue_nums=queues,
        write_queue_nums=queues,
        perm=default.perm & ~PERM_INHERIT,
        topic_sys_flag=topic_sys_flag,
        topic_filter_type=default.topic_filter_type,
    )


def with_order_config(
    configs: HashTrieMap[str, TopicConfig], keys: KVTable | None, profile: BrokerProfile
) -> HashTrieMap[str, TopicConfig]:
    """The topics after an answer that brought order topic configs; `None` changes nothing.

    Source: `TopicConfigManager.updateOrderTopicConfig`.
    """
    if keys is None:
        return configs
    changed = {}
    for topic, config in configs.items():
        order = topic in keys.table or (config.order and not profile.order_config_clears)
        if order != config.order:
            changed[topic] = attrs.evolve(config, order=order)
    return configs.update(table(changed)) if changed else configs
