"""The topics that a broker has of its own: 8 of 4.9.7, 15 of 5.5.0 with their default settings.

`{cluster}` and `{broker}` stand for the names. Source: `TopicConfigManager` (its constructor in 4.9.7, `init` in 5.5.0),
checked against captured registrations.
"""

from typing import Final

from namesrv.model.values import PERM_INHERIT, PERM_READ, PERM_WRITE, TopicConfig

READ_WRITE: Final = PERM_READ | PERM_WRITE
ALL: Final = READ_WRITE | PERM_INHERIT
AUTO_CREATE_TOPIC: Final = "TBW102"

OF_4_9_7: Final[tuple[tuple[str, int, int], ...]] = (
    ("SELF_TEST_TOPIC", 1, READ_WRITE),
    (AUTO_CREATE_TOPIC, 8, ALL),
    ("BenchmarkTest", 1024, READ_WRITE),
    ("{cluster}", 16, ALL),
    ("{broker}", 1, ALL),
    ("OFFSET_MOVED_EVENT", 1, READ_WRITE),
    ("SCHEDULE_TOPIC_XXXX", 18, READ_WRITE),
    ("{cluster}_REPLY_TOPIC", 1, READ_WRITE),
)
"""Name, queues to read and to write, perm."""

OF_5_5_0: Final = (
    *OF_4_9_7,
    ("rmq_sys_REVIVE_LOG_{cluster}", 8, READ_WRITE),
    ("rmq_sys_SYNC_BROKER_MEMBER_{broker}", 1, PERM_INHERIT),
    ("RMQ_SYS_TRANS_HALF_TOPIC", 1, READ_WRITE),
    ("RMQ_SYS_TRANS_OP_HALF_TOPIC", 1, READ_WRITE),
    ("RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC", 1, READ_WRITE),
    ("RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC", 1, READ_WRITE),
    ("rmq_sys_wheel_timer", 1, READ_WRITE),
)

LATER_TOPICS: Final = {"apache-4.9.7": ((60_000, "RMQ_SYS_TRANS_HALF_TOPIC"),)}
"""What a release makes only when it needs it the first time: milliseconds after its start, and the name; one queue.

4.9.7 first looks for transactions to check `transactionCheckInterval` after it has started, and makes their topic:
`TransactionalMessageCheckService.run`, `TransactionalMessageBridge.selectTopicConfig`; seen in recordings (tests/broker/traffic).
"""

DEFAULT_TOPICS: Final = {"apache-4.9.7": OF_4_9_7, "apache-5.5.0": OF_5_5_0}


def default_topics(profile_name: str, cluster_name: str, broker_name: str) -> dict[str, TopicConfig]:
    """A broker's own topics, by name. `profile_name`: one of `DEFAULT_TOPICS`."""
    configs = {}
    for template, queues, perm in DEFAULT_TOPICS[profile_name]:
        name = template.replace("{cluster}", cluster_name).replace("{broker}", broker_name)
        configs[name] = TopicConfig(topic_name=name, read_queue_nums=queues, write_queue_nums=queues, perm=perm)
    return configs


def later_topics(profile_name: str) -> tuple[tuple[int, TopicConfig], ...]:
    """What it makes of its own accord after its start: after how many milliseconds, and what."""
    return tuple(
        (after_ms, TopicConfig(topic_name=name, read_queue_nums=1, write_queue_nums=1, perm=READ_WRITE))
        for after_ms, name in LATER_TOPICS.get(profile_name, ())
    )
