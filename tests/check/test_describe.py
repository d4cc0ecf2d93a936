"""Sentences about requests can be read."""

from namesrv.check.describe import MANY_TOPICS, describe_request
from namesrv.model.events import RegisterBroker
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table


def described(topics: int) -> str:
    names = [f"t{number}" for number in range(topics)]
    configs = table({name: TopicConfig(topic_name=name) for name in names})
    body = RegisterBrokerBody(topic_config_table=configs, data_version=DataVersion(counter=1, timestamp=1))
    return describe_request(
        RegisterBroker(cluster_name="C1", broker_addr="h1:1", broker_name="a", broker_id=0, body=body)
    )


def test_all_topics_are_told_where_there_are_not_many() -> None:
    assert described(MANY_TOPICS).count("(r") == MANY_TOPICS
    assert "…" not in described(MANY_TOPICS)


def test_of_very_many_topics_it_is_told_how_many_there_are() -> None:
    told = described(1_001)
    assert len(told) < 300
    assert all(part in told for part in ("t0(r", "… t999(r", "(1001 of them)"))
