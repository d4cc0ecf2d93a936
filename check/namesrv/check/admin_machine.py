"""What administrators do to brokers that are there: write permission, topics and keys by hand, lists of every kind."""

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import rule

from namesrv.check import strategies as small
from namesrv.check.machine import CLAIMS, CONNECTIONS, Claim, Machine
from namesrv.check.steps import Requests, Send, Style
from namesrv.check.strategies import VersionStep, stepped
from namesrv.model.events import (
    AddWritePermOfBroker,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    RegisterTopicInNamesrv,
    Request,
    UnitList,
    WipeWritePermOfBroker,
)
from namesrv.model.values import QueueData


class AdminMachine(Machine):
    """Brokers and administrators. Where a broker has to be there, it speaks first, over a connection that is open for certain."""

    @rule(connection=CONNECTIONS, request=small.write_perms | small.topics_by_hand | small.reads, style=small.styles)
    def by_hand(self, connection: int, request: Request, style: Style) -> None:
        """Whatever name or topic."""
        self.send(connection, request, style)

    @rule(connection=CONNECTIONS, earlier=CLAIMS, step=small.version_steps)
    def wipe(self, connection: int, earlier: Claim, step: VersionStep) -> None:
        """A broker loses its write permission, says what it said, and something new, and gets it back."""
        name, said = earlier.request.broker_name, earlier.request
        self.send(connection, said)
        self.send(connection, WipeWritePermOfBroker(broker_name=name))
        self.send(connection, said)
        self.send(connection, stepped(said, step))
        self.send(connection, AddWritePermOfBroker(broker_name=name))

    @rule(connection=CONNECTIONS, earlier=CLAIMS, deletion=small.deleted_topics)
    def delete_topic(self, connection: int, earlier: Claim, deletion: DeleteTopicInNamesrv) -> None:
        """A topic of a broker is deleted; the broker says what it said."""
        self.send(connection, earlier.request)
        self.send(connection, deletion)
        self.send(connection, earlier.request)

    @rule(connection=CONNECTIONS, earlier=CLAIMS, given=small.queue_datas, topic=small.topics)
    def add_topic(self, connection: int, earlier: Claim, given: QueueData, topic: str) -> None:
        """A broker that is there gets a topic by hand, and again with another; then the topic is deleted in its cluster."""
        data = attrs.evolve(given, broker_name=earlier.request.broker_name)
        request = RegisterTopicInNamesrv(topic=topic, queue_datas=(data,))
        self.send(connection, earlier.request)
        self.send(connection, request)
        self.send(connection, attrs.evolve(request, queue_datas=(attrs.evolve(data, perm=4), given, data)))
        self.send(connection, DeleteTopicInNamesrv(topic=topic, cluster_name=earlier.request.cluster_name))

    @rule(connection=CONNECTIONS, earlier=CLAIMS, topic=small.topics)
    def list_all(self, connection: int, earlier: Claim, topic: str) -> None:
        """A broker registers, and every list is asked for that may show it; and a route, by a client of some zone."""
        request = earlier.request
        self.send(connection, request)
        reads: tuple[Request, ...] = (
            GetRouteInfoByTopic(topic=topic, zone_name=small.ZONE),
            GetTopicsByCluster(cluster=request.cluster_name),
            GetSystemTopicList(),
            *(GetUnitTopicList(kind=kind) for kind in UnitList),
            GetBrokerMemberGroup(cluster_name=request.cluster_name, broker_name=request.broker_name),
        )
        self.do(Requests(sends=tuple(Send(connection=connection, request=read) for read in reads)))

    @rule(connection=CONNECTIONS, data=st.data())
    def configure(self, connection: int, data: st.DataObject) -> None:
        """Some request about keys; or a key is put over another value, looked up and deleted."""
        if data.draw(st.booleans()):
            self.send(connection, data.draw(small.kv_requests(own=self.setup.own)), data.draw(small.styles))
            return
        put = data.draw(small.puts(own=self.setup.own))
        place = {"namespace": put.namespace, "key": put.key}
        for request in (attrs.evolve(put, value="before"), put, GetKVConfig(**place), DeleteKVConfig(**place)):
            self.send(connection, request)

    @rule(connection=CONNECTIONS, data=st.data())
    def configure_server(self, connection: int, data: st.DataObject) -> None:
        """Some request about the NameServer's own options."""
        self.send(connection, data.draw(small.config_requests(own=self.setup.own)))
