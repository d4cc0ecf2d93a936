"""Lists for administrators: what of the tables they show.

Source: `RouteInfoManager.getTopicsByCluster`, `.getSystemTopicList`, `.getUnitTopics`, `.getHasUnitSubTopicList`,
`.getHasUnitSubUnUnitTopicList`, 4.9.7 and 5.5.0.
"""

from collections.abc import Callable, Mapping
from typing import Final

from namesrv.model.values import UNIT_FLAG, UNIT_SUB_FLAG
from namesrv.remoting.codes import RequestCode
from namesrv.server.tables import Tables

UNIT_LISTS: Final[Mapping[int, Callable[[int], bool]]] = {
    RequestCode.GET_UNIT_TOPIC_LIST: lambda flag: bool(flag & UNIT_FLAG),
    RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST: lambda flag: bool(flag & UNIT_SUB_FLAG),
    RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST: lambda flag: flag & (UNIT_FLAG | UNIT_SUB_FLAG) == UNIT_SUB_FLAG,
}
"""By the request's code: whether a topic with that flag is listed."""


def topics_by_cluster(tables: Tables, cluster: str | None) -> list[str | None]:
    """The topics that a name of the cluster has queues of."""
    names = tables.cluster_addr.get(cluster, {}).keys()
    return [topic for topic, queues in tables.topic_queue.items() if not names.isdisjoint(queues)]


def system_topics(tables: Tables) -> list[str | None]:
    """The names of clusters and of their brokers, each once."""
    names: dict[str | None, None] = {}
    for cluster, brokers in tables.cluster_addr.items():
        names[cluster] = None
        names.update(brokers)
    return list(names)


def some_address(tables: Tables) -> str | None:
    """The lowest broker of the first name that has any."""
    entry = next((entry for entry in tables.broker_addr.values() if entry.addrs), None)
    return None if entry is None else entry.addrs[min(entry.addrs)]


def unit_topics(tables: Tables, code: int) -> list[str | None]:
    """The topics whose first queues have the flag that the request asks for."""
    is_listed = UNIT_LISTS[code]
    return [
        topic for topic, queues in tables.topic_queue.items() if is_listed(next(iter(queues.values())).topic_sys_flag)
    ]
