"""What a closed connection and a silent broker are to the tables, whatever the release does about them."""

import attrs

from namesrv.model.context import Context, Outcome
from namesrv.model.events import Applied, Channel
from namesrv.model.profiles import Profile
from namesrv.model.state import CLOSE, BrokerLiveInfo, ClosedConnection, NameServerState, Tables, Task
from namesrv.model.values import BrokerAddrInfo

LONG_RANGE = 1 << 64


def is_expired(info: BrokerLiveInfo, now_ms: int, profile: Profile) -> bool:
    """Whether a live entry has been silent for longer than its timeout: `last + timeout < now`, in Java's arithmetic."""
    deadline_ms = info.last_update_ms + info.heartbeat_timeout_ms
    if profile.expiry_overflows:
        deadline_ms = (deadline_ms + LONG_RANGE // 2) % LONG_RANGE - LONG_RANGE // 2
    return deadline_ms < now_ms


def speaks_for(tables: Tables, channel: Channel) -> list[BrokerAddrInfo]:
    """The live addresses that this connection registered last."""
    return [key for key, info in tables.broker_live_table.items() if info.channel == channel]


def noticed(c: Context, job: ClosedConnection, state: NameServerState, rule: str) -> Outcome:
    """A closed connection has been dealt with; one that was aborted may be reported once more."""
    outcome = c.done(None, state, Applied(table="channel_destroy", rule=rule))
    if job.aborted and not job.again:
        outcome = attrs.evolve(outcome, task=attrs.evolve(c.task, job=attrs.evolve(job, again=True), pc=0, memo=None))
    return outcome


def with_close_noticed(
    state: NameServerState, channel: Channel, *, found: BrokerAddrInfo | None = None
) -> NameServerState:
    """The NameServer's own closing is noticed like the peer's, later. `found`: whom its notice has found already."""
    if any(task.channel == channel and task.opaque == CLOSE for task in state.tasks):
        return state
    task = Task(channel=channel, opaque=CLOSE, job=ClosedConnection(), pc=0 if found is None else 1, memo=found)
    return attrs.evolve(state, tasks=(*state.tasks, task))
