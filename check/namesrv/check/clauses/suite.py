"""The suite: every clause, in the order in which they are run and shown."""

from typing import Final

from namesrv.check.clauses import (
    broker_heartbeat,
    channel_destroy,
    connections,
    delete_topic_in_namesrv,
    expiry,
    get_all_topic_list,
    get_broker_cluster_info,
    get_broker_member_group,
    get_route_info_by_topic,
    kv_config,
    lists,
    namesrv_config,
    query_data_version,
    register_broker,
    register_slaves,
    register_topic_in_namesrv,
    register_topics,
    register_versions,
    register_written,
    unregister_broker,
    write_perm,
)
from namesrv.check.clauses.clause import Clause

SUITE: Final[tuple[Clause, ...]] = (
    *register_broker.CLAUSES,
    *register_versions.CLAUSES,
    *register_topics.CLAUSES,
    *register_slaves.CLAUSES,
    *register_written.CLAUSES,
    *unregister_broker.CLAUSES,
    *query_data_version.CLAUSES,
    *broker_heartbeat.CLAUSES,
    *channel_destroy.CLAUSES,
    *expiry.CLAUSES,
    *get_route_info_by_topic.CLAUSES,
    *get_broker_cluster_info.CLAUSES,
    *get_all_topic_list.CLAUSES,
    *lists.CLAUSES,
    *get_broker_member_group.CLAUSES,
    *kv_config.CLAUSES,
    *namesrv_config.CLAUSES,
    *write_perm.CLAUSES,
    *delete_topic_in_namesrv.CLAUSES,
    *register_topic_in_namesrv.CLAUSES,
    *connections.CLAUSES,
)
