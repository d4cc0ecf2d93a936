"""Clients of a NameServer: `NameServerClient` asks, typed; `RouteKeeper` keeps the routes that a producer or consumer uses."""

from namesrv.client.name_server_client import NameServerClient
from namesrv.client.publish_info import MessageQueue, TopicPublishInfo, topic_publish_info, topic_subscribe_info
from namesrv.client.route_keeper import KeptRoute, RouteKeeper

__all__ = [
    "KeptRoute",
    "MessageQueue",
    "NameServerClient",
    "RouteKeeper",
    "TopicPublishInfo",
    "topic_publish_info",
    "topic_subscribe_info",
]
