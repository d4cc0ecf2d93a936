"""Groups of brokers of one name that act for their master (`enableSlaveActingMaster`, 5.x): isolation, signs of life, copies.

A broker of a group of several starts isolated and comes online when it has found the others. How it finds them (it asks
NameServers for the group, and master and slaves shake hands) changes nothing in a NameServer, so here it may happen at any time.
From then on it beats, one-way. A slave copies its master's topics and their version. When the master is gone, the NameServer lets
the slave with the lowest id publish; the broker does nothing for it that a NameServer could see.
Source: `BrokerController.start`, `.startService`, `.sendHeartbeat`, `BrokerPreOnlineService`, `SlaveSynchronize`, 5.5.0. Nothing
but a controller isolates a broker that is online there (nobody calls `BrokerController.stopService`), so nothing does here.
"""

from typing import Any

from namesrv.model.broker_events import Send, ServiceStarted, TopicsCopied
from namesrv.model.broker_state import RegisterAll, Then
from namesrv.model.system.broker_part import BrokerPart, beaten, happened
from namesrv.model.system.link import SLOTS, Link, channel_of
from namesrv.model.system.link_acts import Act, Outward, Ways
from namesrv.model.system.nameserver_part import NameServerPart
from namesrv.model.values import MASTER_ID


def find_group(at: tuple[BrokerPart], told: Any) -> Ways:
    """An isolated broker has found the others of its group, or that there are none: it comes online."""
    (part,) = at
    state = part.state
    if state is None or not state.is_isolated or state.is_shutdown or not state.available:
        return
    jobs = state.jobs if state.under_way is None else (state.under_way.job, *state.jobs)
    if any(isinstance(job, RegisterAll) and job.then is Then.LEAVE_ISOLATION for job in jobs):
        return
    after, outputs = happened(part, ServiceStarted())
    yield (after,), Outward(sends=tuple(output for output in outputs if isinstance(output, Send)))


def beat(at: tuple[BrokerPart], told: Any) -> Ways:
    """The heartbeat timer fires; nothing if that does nothing."""
    sends = beaten(at[0])
    if sends:
        yield at, Outward(sends=sends)


def nothing_oneway(member: int) -> Act:
    """Only if no one-way request of that broker is on its way: so that they stay few."""

    def act(at: tuple[Link], told: Any) -> Ways:
        if not at[0].has_oneway(member):
            yield at, told

    return act


def no_oneway_task(process: int) -> Act:
    """Nor in work."""
    channels = frozenset(channel_of(process, slot) for slot in range(SLOTS))

    def act(at: tuple[NameServerPart], told: Any) -> Ways:
        if not any(task.oneway and task.channel in channels for task in at[0].state.tasks):
            yield at, told

    return act


def copy_topics(at: tuple[BrokerPart, BrokerPart], told: Any) -> Ways:
    """A slave asks its master, as the last answer to its registration told it, for all topics."""
    part, other = at
    state, master = part.state, other.state
    if state is None or master is None or state.broker_id == MASTER_ID or state.is_shutdown or master.is_shutdown:
        return
    if state.master_addr != other.settings.broker_addr or state.data_version == master.data_version:
        return
    copied = TopicsCopied(topic_config_table=master.topic_config_table, data_version=master.data_version)
    after, _ = happened(part, copied)
    yield (after, other), None
