"""Lists for administrators, and the group of one broker name. Reads only, each one step under the read lock.

Where the order of a Java hash map decides, every answer is given that some order gives.
Source: `RouteInfoManager.getTopicsByCluster`, `.getSystemTopicList`, `.getUnitTopics`, `.getHasUnitSubTopicList`,
`.getHasUnitSubUnUnitTopicList`, 4.9.7 and 5.5.0; `.getBrokerMemberGroup`, 5.5.0.
"""

from collections.abc import Iterator
from itertools import product
from typing import Final

from namesrv.model.context import DISABLED, SUCCESS, Context, Outcome, cause
from namesrv.model.events import (
    Answer,
    GetBrokerMemberGroup,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    UnitList,
)
from namesrv.model.state import Tables
from namesrv.model.values import UNIT_FLAG, UNIT_SUB_FLAG, BrokerMemberGroup, TopicList, table

NOT_SET: Final = "not set any response code"
"""What `RemotingCommand.createResponseCommand` begins with; `getBrokerMemberGroup` sets the code and leaves the remark."""


def get_topics_by_cluster(c: Context, request: GetTopicsByCluster) -> Iterator[Outcome]:
    """The topics that a name of the cluster has queues of; none of an unknown cluster."""
    if not c.state.options.enable_topic_list:
        yield c.done(DISABLED, None, cause("get_topics_by_cluster", "disabled"))
        return
    tables = c.state.tables
    names = tables.cluster_addr_table.get(request.cluster, frozenset())
    topics = frozenset(topic for topic, queues in tables.topic_queue_table.items() if names & set(queues))
    answer = Answer(code=SUCCESS, body=TopicList(topic_list=topics))
    yield c.done(answer, None, cause("get_topics_by_cluster", "found"))


def get_system_topic_list(c: Context, _: GetSystemTopicList) -> Iterator[Outcome]:
    """The names of clusters and brokers, which are topics of every broker; and the address of some broker."""
    tables = c.state.tables
    clusters = tables.cluster_addr_table
    names = frozenset(clusters).union(*clusters.values())
    addrs = {addr for data in tables.broker_addr_table.values() for addr in data.broker_addrs.values()}
    for addr in sorted(addrs, key=str) or (None,):
        answer = Answer(code=SUCCESS, body=TopicList(topic_list=names, broker_addr=addr))
        yield c.done(answer, None, cause("get_system_topic_list", "found"))


def get_unit_topic_list(c: Context, request: GetUnitTopicList) -> Iterator[Outcome]:
    """The topics whose first queues, in any order of their names, have the bits."""
    if not c.state.options.enable_topic_list:
        yield c.done(DISABLED, None, cause("get_unit_topic_list", "disabled"))
        return
    for topics in unit_topics(c.state.tables, request.kind):
        answer = Answer(code=SUCCESS, body=TopicList(topic_list=topics))
        yield c.done(answer, None, cause("get_unit_topic_list", "found"))


def unit_topics(tables: Tables, kind: UnitList) -> Iterator[frozenset[str | None]]:
    """Every list that may be the answer."""
    flags = [
        sorted({(topic, _has(queue.topic_sys_flag, kind)) for queue in queues.values()}, key=str)
        for topic, queues in tables.topic_queue_table.items()
    ]
    for chosen in product(*flags):
        yield frozenset(topic for topic, is_listed in chosen if is_listed)


def _has(flag: int, kind: UnitList) -> bool:
    match kind:
        case UnitList.UNIT:
            return bool(flag & UNIT_FLAG)
        case UnitList.HAS_UNIT_SUB:
            return bool(flag & UNIT_SUB_FLAG)
        case UnitList.HAS_UNIT_SUB_UNUNIT:
            return bool(flag & UNIT_SUB_FLAG) and not flag & UNIT_FLAG


def get_broker_member_group(c: Context, request: GetBrokerMemberGroup) -> Iterator[Outcome]:
    """The addresses of a name, whatever cluster is asked for; an unknown name has none."""
    data = None if request.broker_name is None else c.state.tables.broker_addr_table.get(request.broker_name)
    group = BrokerMemberGroup(
        cluster=request.cluster_name,
        broker_name=request.broker_name,
        broker_addrs=table() if data is None else data.broker_addrs,
    )
    answer = Answer(code=SUCCESS, remark=NOT_SET, body=group)
    yield c.done(answer, None, cause("get_broker_member_group", "found"))
