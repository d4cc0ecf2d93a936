"""A group that acts for its master, within a system: isolation, signs of life, copies."""

from typing import Any

import attrs

from namesrv.model.broker_events import RoleChanged, Shutdown, TopicUpdated
from namesrv.model.events import Answer, BrokerHeartbeat, QueryDataVersion, RegisterBroker
from namesrv.model.profiles import APACHE_4_9_7, STRICT, Profile
from namesrv.model.system.acts import Acts
from namesrv.model.system.broker_part import BrokerPart, call_ended, happened, started, stopped
from namesrv.model.system.groups import beat, copy_topics, find_group
from namesrv.model.system.link_acts import Outward
from namesrv.model.system.scope import Scope
from namesrv.model.values import TopicConfig, table

GROUP = Scope(brokers=2, namesrvs=1, acting=True)
CHANGED = TopicUpdated(configs=(TopicConfig(topic_name="t1", read_queue_nums=8, write_queue_nums=8),))


def fresh(broker: int, scope: Scope = GROUP, profile: Profile = STRICT) -> BrokerPart:
    acts = Acts(scope, profile)
    return started(acts.initial_broker(broker), acts.broker_profile)[0]


def ways(act: Any, *at: Any) -> list[tuple[tuple[Any, ...], Any]]:
    return list(act(at, None))


def online(broker: int, scope: Scope = GROUP, master_addr: str | None = None) -> BrokerPart:
    """It has found its group, and its registration has been answered."""
    [((part,), outward)] = ways(find_group, fresh(broker, scope))
    [send] = outward.sends
    fields = {} if master_addr is None else {"masterAddr": master_addr}
    after, _ = call_ended(part, send.call, Answer(code=0, ext_fields=table(fields)))
    return after


def test_a_broker_of_a_group_registers_once_it_has_found_the_others() -> None:
    part = fresh(0)
    assert part.state is not None and part.state.is_isolated
    assert ways(beat, part) == []
    [((part,), outward)] = ways(find_group, part)
    assert [type(send.request) for send in outward.sends] == [RegisterBroker]
    assert ways(find_group, part) == [], "once"
    assert ways(beat, part) == [], "not before its registration is over"
    after = online(0)
    assert after.state is not None and not after.state.is_isolated
    assert ways(find_group, after) == []


def test_it_beats_without_a_change_of_its_own() -> None:
    for heartbeats, kind in ((False, QueryDataVersion), (True, BrokerHeartbeat)):
        part = online(0, attrs.evolve(GROUP, heartbeats=heartbeats))
        [((after,), outward)] = ways(beat, part)
        assert after == part
        assert isinstance(outward, Outward)
        assert [(type(send.request), send.call) for send in outward.sends] == [(kind, None)]


def test_a_broker_that_is_alone_or_older_is_not_isolated() -> None:
    for part in (fresh(0, attrs.evolve(GROUP, brokers=1)), fresh(0, profile=APACHE_4_9_7)):
        assert part.state is not None and not part.state.is_isolated
        assert ways(find_group, part) == []


def test_a_slave_copies_from_the_master_that_it_was_told_of() -> None:
    master, _ = happened(online(0), CHANGED)
    slave = online(1, master_addr="h1:10911")
    [((after, same), _)] = ways(copy_topics, slave, master)
    assert same == master
    assert after.state is not None and master.state is not None
    assert (after.state.topic_config_table, after.state.data_version) == (
        master.state.topic_config_table,
        master.state.data_version,
    )
    assert ways(copy_topics, after, master) == [], "once"


def test_nobody_copies_from_whom_it_does_not_know_or_who_is_down_nor_as_a_master() -> None:
    master, _ = happened(online(0), CHANGED)
    slave = online(1, master_addr="h1:10911")
    for one, other in (
        (online(1), master),
        (slave, stopped(master)),
        (stopped(slave), master),
        (slave, happened(master, Shutdown())[0]),
        (happened(slave, RoleChanged(broker_id=0))[0], master),
    ):
        assert ways(copy_topics, one, other) == []
