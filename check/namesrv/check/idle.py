"""States without the tasks of which nobody will ever know whether they are done: each would double the states."""

import attrs

from namesrv.model.events import (
    BrokerHeartbeat,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    RegisterTopicInNamesrv,
    UnknownRequest,
)
from namesrv.model.profiles import Profile
from namesrv.model.state import ClosedConnection, NameServerState, Task


def without_idle_tasks(state: NameServerState, profile: Profile) -> NameServerState:
    """The state without them.

    A closed connection that speaks for nobody and has nothing in work can never come to anything; nor can a request that changes
    nothing and is not answered.
    """
    tasks = tuple(task for task in state.tasks if not _is_mute(task, profile))
    if any(isinstance(task.job, ClosedConnection) for task in tasks):
        speaking = {info.channel for info in state.tables.broker_live_table.values()}
        speaking |= {task.channel for task in tasks if not isinstance(task.job, ClosedConnection)}
        tasks = tuple(
            task for task in tasks if not isinstance(task.job, ClosedConnection) or task.pc or task.channel in speaking
        )
    return state if len(tasks) == len(state.tasks) else attrs.evolve(state, tasks=tasks)


def _is_mute(task: Task, profile: Profile) -> bool:
    """Whether the task is a read, or of a code that the release does not know, and nothing is said to it."""
    match task.job:
        case (
            GetRouteInfoByTopic() | GetBrokerClusterInfo() | GetAllTopicList() | GetKVConfig() | GetKVListByNamespace()
        ):
            return task.oneway
        case GetTopicsByCluster() | GetSystemTopicList() | GetUnitTopicList() | GetNamesrvConfig():
            return task.oneway
        case GetBrokerMemberGroup():
            return task.oneway or not (profile.member_group or profile.answers_unknown_codes)
        case UnknownRequest():
            return task.oneway or not profile.answers_unknown_codes
        case RegisterTopicInNamesrv():
            return not (profile.register_topic or profile.answers_unknown_codes)
        case BrokerHeartbeat():
            return not (profile.broker_heartbeat or profile.answers_unknown_codes)
        case _:
            return False
