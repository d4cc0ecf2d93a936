"""What an answer may be where nobody knows what the NameServer held when the recording began.

The model begins empty. Whatever an answer shows beyond what the recording's own requests have made is taken for older; what they
have made has to be there, and what they have taken away must not. So an answer agrees with one of the model's if it shows

- every address that a registration here has put in its place, and no other one there;
- every queue that a master's registration here has put, where it is certain that it was put: since Apache passes over topics
  of a body whose DataVersion is the stored one, numbers count only once a registration here has brought another version than
  the one before it (and in 4.9.7 the queue itself, too);
- the very DataVersion that the address registered here last.

Not noticed: what is wrong with things that were there before, an answer that shows too much, and all of configurations.
Assumed: that no broker from before holds a place with a newer stateVersion. That is a controller's doing, and looks like a fault.
"""

from __future__ import annotations  # rpds maps can be subscripted by a type checker only

from collections.abc import Mapping

import attrs

from namesrv.model.context import SUCCESS, SYSTEM_ERROR
from namesrv.model.events import (
    Answer,
    DeleteKVConfig,
    GetBrokerClusterInfo,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetRouteInfoByTopic,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnregisterBroker,
    UpdateNamesrvConfig,
)
from namesrv.model.profiles import Profile, TopicBeforeBroker, TopicUpdate
from namesrv.model.state import NameServerState, live_key
from namesrv.model.values import (
    MASTER_ID,
    BrokerAddrInfo,
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    DataVersion,
    KVTable,
    TopicList,
    TopicRouteData,
    table,
)


@attrs.define
class Touched:
    """What the recording has made certain so far. `places`: name and id; `versions`: what each address registered last;
    `topics`: by name, those whose queues are certain; `keys`: namespace and key.
    """

    profile: Profile
    places: set[tuple[str | None, int]] = attrs.Factory(set)
    versions: dict[BrokerAddrInfo, DataVersion | None] = attrs.Factory(dict)
    topics: dict[str | None, set[str | None]] = attrs.Factory(dict)
    keys: set[tuple[str | None, str | None]] = attrs.Factory(set)

    def answered(self, request: Request, answer: Answer) -> None:
        """The NameServer has done what was asked, as it says."""
        if answer.code != SUCCESS:
            return
        match request:
            case PutKVConfig() | DeleteKVConfig():
                self.keys.add((request.namespace, request.key))
            case RegisterBroker():
                self._registered(request)
            case _:
                pass

    def _registered(self, request: RegisterBroker) -> None:
        key = live_key(self.profile, request.cluster_name, request.broker_addr)
        if key is None or request.broker_id is None or request.body is None or request.broker_name is None:
            return
        version = request.body.data_version
        changed = key in self.versions and self.versions[key] != version
        if request.broker_id == MASTER_ID and (changed or self.profile.same_version_puts_topics):
            configs = request.body.topic_config_table or table()
            names = {config.topic_name for config in configs.values()}
            self.topics.setdefault(request.broker_name, set()).update(names)
        self.places.add((request.broker_name, request.broker_id))
        self.versions[key] = version

    # Answers ----------------------------------------------------------------------------------------------------

    def agrees(self, request: Request, got: Answer, possible: Answer) -> bool:
        """Whether the answer may be the model's `possible`, and more that was there before."""
        if got == possible:
            return True
        match request:
            case RegisterBroker():
                return self._registration(request, got, possible)
            case UnregisterBroker() | UpdateNamesrvConfig():
                return True
            case QueryDataVersion():
                key = live_key(self.profile, request.cluster_name, request.broker_addr)
                return got.code == possible.code and key not in self.versions
            case GetKVConfig():
                return (request.namespace, request.key) not in self.keys
            case GetKVListByNamespace():
                return self._keys(request.namespace, got.body, possible.body)
            case GetRouteInfoByTopic():
                return self._route(request.topic, got, possible)
            case GetBrokerClusterInfo():
                return self._clusters(got.body, possible.body)
            case GetBrokerMemberGroup():
                return self._group(got.body, possible.body)
            case _:
                return self._topics(got.body, possible.body)

    def _registration(self, request: RegisterBroker, got: Answer, possible: Answer) -> bool:
        """Who the master is may come from before; so may the order topics."""
        if (got.code, got.remark, got.exception) != (possible.code, possible.remark, possible.exception):
            return False
        return (request.broker_name, MASTER_ID) not in self.places or got.ext_fields == possible.ext_fields

    def _keys(self, namespace: str | None, got: object, possible: object) -> bool:
        shown = got.table if isinstance(got, KVTable) else table()
        expected = possible.table if isinstance(possible, KVTable) else table()
        return all(shown.get(key) == expected.get(key) for ns, key in self.keys if ns == namespace and key is not None)

    def _route(self, topic: str | None, got: Answer, possible: Answer) -> bool:
        expected = possible.body
        if not isinstance(expected, TopicRouteData):
            return got.exception is None and (got.code == possible.code or isinstance(got.body, TopicRouteData))
        certain = [queue for queue in expected.queue_datas if self._is_certain(topic, queue.broker_name)]
        shown = got.body
        if not isinstance(shown, TopicRouteData):
            return not certain and got.exception is None and got.code != SUCCESS
        by_name = {queue.broker_name: queue for queue in shown.queue_datas}
        for queue in certain:
            if queue.broker_name not in by_name:
                return False
            numbers_count = topic in self.topics.get(queue.broker_name, ())
            if numbers_count and by_name[queue.broker_name] != queue:
                return False
        there = {data.broker_name: data for data in shown.broker_datas}
        names = {queue.broker_name for queue in certain}
        return all(self._brokers(there.get(d.broker_name), d) for d in expected.broker_datas if d.broker_name in names)

    def _is_certain(self, topic: str | None, name: str | None) -> bool:
        if (name, MASTER_ID) not in self.places:
            return False
        if self.profile.topic_update is TopicUpdate.EACH_IF_CHANGED_OR_ABSENT:
            return True
        return topic in self.topics.get(name, ())

    def _brokers(self, shown: BrokerData | None, expected: BrokerData) -> bool:
        if shown is None:
            return not any((expected.broker_name, broker_id) in self.places for broker_id in expected.broker_addrs)
        flags = shown.enable_acting_master == expected.enable_acting_master and shown.zone_name == expected.zone_name
        return flags and self._addrs(expected.broker_name, shown.broker_addrs, expected.broker_addrs)

    def _addrs(self, name: str | None, shown: Mapping[int, str | None], expected: Mapping[int, str | None]) -> bool:
        ids = [broker_id for where, broker_id in self.places if where == name]
        return all(shown.get(broker_id) == expected.get(broker_id) for broker_id in ids)

    def _clusters(self, got: object, possible: object) -> bool:
        if not isinstance(got, ClusterInfo) or not isinstance(possible, ClusterInfo):
            return False
        for name, data in possible.broker_addr_table.items():
            if not self._brokers(got.broker_addr_table.get(name), data):
                return False
        gone = {name for name, _ in self.places} - set(possible.broker_addr_table)
        left = {name: got.broker_addr_table.get(name) for name in gone}
        if not all(data is None or self._addrs(name, data.broker_addrs, table()) for name, data in left.items()):
            return False
        registered = {name for name, _ in self.places}
        return all(
            names & registered <= got.cluster_addr_table.get(cluster, frozenset())
            for cluster, names in possible.cluster_addr_table.items()
        )

    def _group(self, got: object, possible: object) -> bool:
        if not isinstance(got, BrokerMemberGroup) or not isinstance(possible, BrokerMemberGroup):
            return False
        return self._addrs(possible.broker_name, got.broker_addrs, possible.broker_addrs)

    def _topics(self, got: object, possible: object) -> bool:
        if not isinstance(got, TopicList):
            return True  # disabled, maybe: options are from before
        certain: set[str | None] = set().union(*self.topics.values())
        shown = possible.topic_list if isinstance(possible, TopicList) else frozenset()
        return shown & certain <= got.topic_list

    # Registrations that may find something from before ---------------------------------------------------------------

    def others(self, request: Request, state: NameServerState) -> tuple[list[NameServerState], list[Answer]]:
        """What else may be the case when this arrives: states that the NameServer may be in, and answers that change nothing."""
        if not isinstance(request, RegisterBroker) or request.broker_id is None or request.body is None:
            return [], []
        key = live_key(self.profile, request.cluster_name, request.broker_addr)
        if (request.broker_name, request.broker_id) in self.places and key in self.versions:
            return [], []
        one_topic = len(request.body.topic_config_table or ()) == 1
        refuses = one_topic and self.profile.topic_before_broker is not TopicBeforeBroker.ACCEPTED
        refused = Answer(code=SYSTEM_ERROR, remark="register broker failed", ext_fields=table())
        return [self._standing(request, state)] * refuses, [refused] * self.profile.atomic_refusal

    def _standing(self, request: RegisterBroker, state: NameServerState) -> NameServerState:
        """The place is taken already, by this very address."""
        assert request.broker_id is not None
        tables = state.tables
        data = tables.broker_addr_table.get(request.broker_name)
        data = data or BrokerData(cluster=request.cluster_name, broker_name=request.broker_name)
        data = attrs.evolve(data, broker_addrs=data.broker_addrs.insert(request.broker_id, request.broker_addr))
        names = tables.cluster_addr_table.get(data.cluster, frozenset()) | {request.broker_name}
        tables = attrs.evolve(
            tables,
            broker_addr_table=tables.broker_addr_table.insert(request.broker_name, data),
            cluster_addr_table=tables.cluster_addr_table.insert(data.cluster, names),
        )
        return attrs.evolve(state, tables=tables)
