"""A broker of a group that may have an acting master: signs of life, isolation, what a slave takes over."""

from __future__ import annotations

import pytest

from namesrv.model.broker_events import (
    ServiceStarted,
    ServiceStopped,
    Started,
    TopicsCopied,
)
from namesrv.model.broker_profiles import BROKER_5_5_0
from namesrv.model.events import BrokerHeartbeat, QueryDataVersion, RegisterBroker
from namesrv.model.values import (
    DataVersion,
    table,
)
from tests.model.broker_driver import T0, Driven, at, body_of, kinds, started, topics


@pytest.mark.parametrize("old_name_srv", [True, False])
def test_a_broker_of_an_acting_master_group_beats_every_second_one_way(old_name_srv: bool) -> None:
    broker = started(BROKER_5_5_0, enable_slave_acting_master=True, compatible_with_old_name_srv=old_name_srv)
    sent = at(broker, 1_000)
    kind = QueryDataVersion if old_name_srv else BrokerHeartbeat
    assert [(send.name_server, type(send.request), send.call) for send in sent] == [(0, kind, None), (1, kind, None)]
    assert kinds(at(broker, 3_000)) == [kind.__name__] * 4
    [first, *_] = (send for send in at(broker, 10_000) if isinstance(send.request, RegisterBroker))
    assert isinstance(first.request, RegisterBroker)
    assert (first.request.enable_acting_master, first.request.heartbeat_timeout_ms) == (True, 10_000)


def test_an_isolated_broker_does_nothing_until_its_service_starts() -> None:
    broker = Driven(BROKER_5_5_0, enable_slave_acting_master=True, total_replicas=2)
    broker.do(Started())
    assert at(broker, 20_000) == []
    broker.do(ServiceStarted())
    assert broker.state.is_isolated
    assert kinds(broker.settle()) == ["RegisterBroker"] * 2
    assert not broker.state.is_isolated
    broker.do(ServiceStopped())
    assert at(broker, 50_000) == []


def test_a_slave_takes_over_its_masters_topics_and_version_and_says_so_at_its_next_registration() -> None:
    slave = started(BROKER_5_5_0, broker_id=1)
    version = DataVersion(counter=7, timestamp=T0 + 5)
    assert slave.do(TopicsCopied(topic_config_table=table(topics("TBW102", "z")), data_version=version)) == []
    first = next(send for send in at(slave, 10_000) if isinstance(send.request, RegisterBroker))
    body = body_of(first)
    assert (set(body.topic_config_table or ()), body.data_version) == ({"TBW102", "z"}, version)


def test_a_broker_that_skips_pre_online_starts_its_service_at_once() -> None:
    broker = Driven(BROKER_5_5_0, enable_slave_acting_master=True, total_replicas=2, skip_pre_online=True)
    broker.do(Started())
    assert kinds(broker.settle()) == ["RegisterBroker"] * 2
    assert not broker.state.is_isolated
