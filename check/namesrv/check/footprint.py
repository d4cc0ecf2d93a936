"""What a run may have left in a NameServer: what it looks at after each step, and removes in the end."""

from rpds import HashTrieMap

from namesrv.check.cleaning import Place
from namesrv.model.events import (
    DeleteTopicInNamesrv,
    GetRouteInfoByTopic,
    PutKVConfig,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
    UpdateNamesrvConfig,
)


class Footprint:
    """`topics` by name, `addresses` with their cluster, `places` as claimed, `keys` with their namespace, `options` by name."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.addresses: set[tuple[str, str]] = set()
        self.places: set[Place] = set()
        self.keys: set[tuple[str, str]] = set()
        self.options: set[str] = set()

    def remember(self, request: Request) -> None:
        """What this request may leave."""
        match request:
            case RegisterBroker():
                if request.body is not None and request.body.topic_config_table is not None:
                    configs = request.body.topic_config_table.values()
                    self.topics |= {config.topic_name for config in configs if config.topic_name}
                self._remember_place(request)
            case UnregisterBroker():
                self._remember_place(request)
            case GetRouteInfoByTopic(topic=str() as topic) | DeleteTopicInNamesrv(topic=str() as topic):
                self.topics.add(topic)
            case RegisterTopicInNamesrv(topic=str() as topic):
                self.topics.add(topic)
            case PutKVConfig(namespace=str() as namespace, key=str() as key):
                self.keys.add((namespace, key))
            case UpdateNamesrvConfig(properties=HashTrieMap() as properties):
                self.options |= set(properties)
            case _:
                pass

    def namespaces(self) -> list[str]:
        """Those that keys have been put in."""
        return sorted({namespace for namespace, _ in self.keys})

    def _remember_place(self, request: RegisterBroker | UnregisterBroker) -> None:
        cluster, name, addr = request.cluster_name, request.broker_name, request.broker_addr
        if cluster and addr:
            self.addresses.add((cluster, addr))
        if request.broker_id is not None:
            self.places.add(Place(cluster, name, request.broker_id, addr))
