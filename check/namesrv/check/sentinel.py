"""A broker of the checker's own, to see that a NameServer has worked off its queue: what was asked before it has come about.

5.x queues unregistrations, first in, first out, and works on what it takes from the queue under one lock; a route is read under
that lock. So once the sentinel's topics have gone, whatever was queued before its unregistration has been done.
Source: `BatchUnregistrationService`, `RouteInfoManager.unRegisterBroker`, `.pickupTopicRouteData`, 5.5.0.
"""

from typing import Final

from namesrv.model.events import GetRouteInfoByTopic, RegisterBroker, UnregisterBroker
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, table

SENTINEL: Final = RegisterBroker(
    cluster_name="S",
    broker_addr="sentinel:1",
    broker_name="sentinel",
    ha_server_addr="sentinel:2",  # every real broker sends one, and a port may insist on it
    broker_id=0,
    body=RegisterBrokerBody(
        topic_config_table=table({name: TopicConfig(topic_name=name) for name in ("sentinel1", "sentinel2")}),
        data_version=DataVersion(timestamp=1, counter=1),
    ),
)
SENTINEL_GONE: Final = UnregisterBroker(cluster_name="S", broker_addr="sentinel:1", broker_name="sentinel", broker_id=0)

SENTINEL_ROUTE: Final = GetRouteInfoByTopic(topic="sentinel1")
SENTINEL_REMOVED: Final = 17
"""TOPIC_NOT_EXIST: the sentinel's topics have gone with it."""
