"""Routes as clients ask for them: from the cache where they are plain, made anew where an option adds to them.

Source: `ClientRequestProcessor`, `ClusterTestRequestProcessor`, `RouteInfoManager.pickupTopicRouteData`, 5.1.4 and
5.3.3; `DefaultRequestProcessor.getRouteInfoByTopic`, 4.9.7.
"""

from namesrv.model.values import ORDER_TOPIC_CONFIG
from namesrv.server.answers import encode_route
from namesrv.server.config import Config
from namesrv.server.kv_config import KVConfigManager
from namesrv.server.profiles import ServerProfile
from namesrv.server.tables import Tables


class Routes:
    """`started_ms`: when the server started, epoch milliseconds. `are_plain`: whether no option has a say in them."""

    def __init__(
        self, tables: Tables, profile: ServerProfile, config: Config, kv_config: KVConfigManager, *, started_ms: int
    ) -> None:
        self._tables = tables
        self._profile = profile
        self._config = config
        self._kv_config = kv_config
        self._started_ms = started_ms
        self._has_found = False
        self.are_plain = False
        self.look_at_options()

    def look_at_options(self) -> None:
        """They may have changed."""
        config = self._config
        self._is_ordered = config.is_on("orderMessageEnable") or config.is_cluster_test
        self._has_acting_masters = config.is_on("supportActingMaster")
        self._waits = config.is_on("needWaitForService") and not config.is_cluster_test
        self._is_made_anew = self._is_ordered or self._has_acting_masters
        self.are_plain = not (
            self._is_made_anew or self._waits or config.is_cluster_test or self._profile.ready_check_breaks
        )

    def is_ready(self, now_ms: int) -> bool:
        """Whether routes are answered yet."""
        if not self._waits:
            return True
        if self._has_found and self._profile.ready_check_breaks:
            return False
        return now_ms - self._started_ms >= self._config.number("waitSecondsForService") * 1_000

    def find(self, topic: str | None, *, quoted: bool, zone: str | None = None) -> bytes | None:
        """The route's JSON, if there is one; without what is far from `zone`."""
        route = self._find(topic, quoted, zone)
        self._has_found = self._has_found or route is not None
        return route

    def _find(self, topic: str | None, quoted: bool, zone: str | None) -> bytes | None:
        if topic is None and not self._profile.null_keys:
            return None
        tables = self._tables
        if topic is None or zone is not None or self._is_made_anew:
            return self._encode(topic, quoted and zone is None, zone)
        route = tables.cached_route(topic, quoted)
        if route is None:
            route = self._encode(topic, quoted)
            if route is not None and not self._shows_null(topic):
                tables.cache_route(topic, quoted, route)
        return route

    def _encode(self, topic: str | None, quoted: bool, zone: str | None = None) -> bytes | None:
        order = self._kv_config.get(ORDER_TOPIC_CONFIG, topic) if self._is_ordered else None
        return encode_route(
            self._tables,
            self._profile,
            topic,
            quoted=quoted,
            acting_masters=self._has_acting_masters,
            order_topic_conf=order,
            zone=zone,
        )

    def _shows_null(self, topic: str) -> bool:
        """5.5.0 cuts a route short at a null address once anybody has filter servers: such a route is not kept."""
        tables = self._tables
        entries = (tables.broker_addr.get(name) for name in tables.topic_queue[topic])
        return any(entry is not None and None in entry.addrs.values() for entry in entries)
