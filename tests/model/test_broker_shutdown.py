"""How a broker leaves, in both releases."""

from __future__ import annotations

import pytest

from namesrv.model.broker import next_wakeup_ms
from namesrv.model.broker_events import (
    CloseConnections,
    Shutdown,
    Started,
    Tick,
    TimersStopped,
    TopicUpdated,
)
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BrokerProfile
from namesrv.model.events import UnregisterBroker
from namesrv.model.values import (
    TopicConfig,
)
from tests.model.broker_driver import T0, kinds, started

BOTH = pytest.mark.parametrize("profile", [BROKER_4_9_7, BROKER_5_5_0], ids=lambda p: p.name)


@BOTH
def test_at_shutdown_it_unregisters_with_one_name_server_after_the_other(profile: BrokerProfile) -> None:
    broker = started(profile)
    broker.do(Shutdown())
    [first] = broker.take()
    assert first.request == UnregisterBroker(
        cluster_name="C", broker_addr="10.0.0.1:10911", broker_name="b", broker_id=0
    )
    assert (first.name_server, first.timeout_ms) == (0, 3_000)
    broker.fail(first.call)
    [second] = broker.take()
    assert (second.name_server, kinds([second])) == (1, ["UnregisterBroker"])
    broker.answer(second.call)
    broker.do(TimersStopped())
    assert broker.sent == [CloseConnections()]
    assert broker.do(Started()) == []


def test_five_goes_on_asking_and_beating_after_it_unregistered_but_registers_no_more() -> None:
    broker = started(BROKER_5_5_0, force_register=False, enable_slave_acting_master=True)
    broker.do(Shutdown())
    broker.settle()
    broker.now_ms += 10_000
    broker.do(Tick())
    sent = broker.take()
    assert {send.call is None for send in sent} == {True, False}
    assert set(kinds(sent)) == {"QueryDataVersion"}
    for send in sent:
        if send.call is not None:
            broker.answer(send.call, changed=True)
    assert broker.take() == []
    broker.do(TopicUpdated(configs=(TopicConfig(topic_name="x"),)))
    assert broker.take() == []
    broker.do(TimersStopped())
    assert broker.sent == [CloseConnections()]


def test_four_waits_for_a_periodic_registration_under_way_but_at_most_five_seconds() -> None:
    broker = started(BROKER_4_9_7)
    broker.now_ms += 10_000
    broker.do(Tick())
    hung = broker.take()
    broker.do(Shutdown())
    assert broker.take() == []
    assert next_wakeup_ms(broker.state) == T0 + 15_000
    broker.now_ms += 5_000
    broker.do(Tick())
    assert kinds(broker.take()) == ["UnregisterBroker"]
    quick = started(BROKER_4_9_7)
    quick.now_ms += 10_000
    quick.do(Tick())
    under_way = quick.take()
    quick.do(Shutdown())
    for send in under_way:
        quick.answer(send.call)
    assert kinds(quick.take()) == ["UnregisterBroker"]
    assert len(hung) == 2
