"""A NameServer model to talk to in one line, for tests: every request is worked on to the end before the next."""

from typing import Any

from namesrv.model.events import (
    Answer,
    Answered,
    Applied,
    Channel,
    ChannelClosed,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    Opaque,
    QueryDataVersion,
    Received,
    RegisterBroker,
    Request,
    ScanNotActiveBroker,
    UnregisterBroker,
)
from namesrv.model.namesrv import settle, step
from namesrv.model.profiles import Profile
from namesrv.model.state import NameServerState
from namesrv.model.values import ClusterInfo, DataVersion, RegisterBrokerBody, TopicConfig, TopicRouteData, table


def version(counter: int = 1, timestamp: int = 1, state_version: int = 0) -> DataVersion:
    return DataVersion(counter=counter, timestamp=timestamp, state_version=state_version)


def registration(
    addr: str = "h1:1",
    *,
    name: str = "a",
    broker_id: int = 0,
    cluster: str = "C",
    topics: tuple[str, ...] = ("t1", "t2"),
    data_version: DataVersion | None = None,
    filters: tuple[str, ...] | None = (),
    perm: int = 6,
    **fields: Any,
) -> RegisterBroker:
    configs = table({topic: TopicConfig(topic_name=topic, perm=perm) for topic in topics})
    return RegisterBroker(
        cluster_name=cluster,
        broker_addr=addr,
        broker_name=name,
        broker_id=broker_id,
        body=RegisterBrokerBody(
            topic_config_table=configs, data_version=data_version or version(), filter_server_list=filters
        ),
        **fields,
    )


def unregistration(addr: str = "h1:1", *, name: str = "a", broker_id: int = 0, cluster: str = "C") -> UnregisterBroker:
    return UnregisterBroker(cluster_name=cluster, broker_addr=addr, broker_name=name, broker_id=broker_id)


def query(
    addr: str = "h1:1", *, name: str = "a", broker_id: int = 0, data_version: DataVersion | None
) -> QueryDataVersion:
    return QueryDataVersion(
        cluster_name="C", broker_addr=addr, broker_name=name, broker_id=broker_id, data_version=data_version
    )


class World:
    """One NameServer model. `now_ms` is the test's clock; `causes` are the rules that have decided so far."""

    def __init__(self, profile: Profile, state: NameServerState | None = None) -> None:
        self.profile = profile
        self.state = NameServerState() if state is None else state
        self.now_ms = 1_000_000
        self.causes: list[str] = []
        self._opaque = 0

    def send(self, request: Request, channel: int = 1) -> Answer | None:
        self._opaque += 1
        received = Received(channel=Channel(channel), opaque=Opaque(self._opaque), request=request)
        self.state, _ = step(self.state, received, self.profile)
        return self._settle()

    def close(self, channel: int = 1) -> None:
        self.state, _ = step(self.state, ChannelClosed(channel=Channel(channel)), self.profile)
        self._settle()

    def scan(self) -> None:
        self.state, _ = step(self.state, ScanNotActiveBroker(), self.profile)
        self._settle()

    def route(self, topic: str) -> TopicRouteData | None:
        answer = self.send(GetRouteInfoByTopic(topic=topic), channel=99)
        assert answer is not None
        assert answer.body is None or isinstance(answer.body, TopicRouteData)
        return answer.body

    def addrs(self, name: str = "a") -> dict[int, str | None]:
        data = self.clusters().broker_addr_table.get(name)
        return {} if data is None else dict(data.broker_addrs)

    def clusters(self) -> ClusterInfo:
        answer = self.send(GetBrokerClusterInfo(), channel=99)
        assert answer is not None and isinstance(answer.body, ClusterInfo)
        return answer.body

    def live(self) -> set[str | None]:
        return {key.broker_addr for key in self.state.tables.broker_live_table}

    def _settle(self) -> Answer | None:
        self.state, outputs = settle(self.state, self.profile, self.now_ms)
        self.causes += [f"{o.table}/{o.rule}" for o in outputs if isinstance(o, Applied)]
        answers = [output.answer for output in outputs if isinstance(output, Answered)]
        return answers[-1] if answers else None
