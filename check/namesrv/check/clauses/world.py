"""The small world of the clauses, and the words in which their cases are told.

A case is requests, one after the other, over connection 1 unless it says `over`. Names are those of a small world (cluster `C1`,
broker name `a`, topics `t1` and `t2`); on the wire they get the run's prefix.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

import attrs

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.model.events import (
    BrokerHeartbeat,
    DeleteTopicInNamesrv,
    GetRouteInfoByTopic,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnregisterBroker,
)
from namesrv.model.values import (
    DataVersion,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicQueueMappingInfo,
    table,
)

H1: Final = "h1:10911"
H2: Final = "h2:10911"
H3: Final = "h3:10911"
HA: Final = "h1:10912"
"""Where a master replicates."""

# Requests ---------------------------------------------------------------------------------------------------------


def version(counter: int | None = 1, timestamp: int | None = None, *, state: int = 0) -> DataVersion:
    """A DataVersion. `timestamp`: as late as the counter is high, if not given."""
    return DataVersion(
        state_version=state, counter=counter, timestamp=(counter or 0) if timestamp is None else timestamp
    )


def configs(*names: str, queues: int = 4, perm: int = 6, flag: int = 0) -> dict[str, TopicConfig]:
    """Topics that are configured alike."""
    return {
        name: TopicConfig(
            topic_name=name, read_queue_nums=queues, write_queue_nums=queues, perm=perm, topic_sys_flag=flag
        )
        for name in names
    }


def mapping(topic: str, bname: str = "a", epoch: int = 0) -> dict[str, TopicQueueMappingInfo]:
    """Where the two queues of a static topic live."""
    info = TopicQueueMappingInfo(topic=topic, bname=bname, epoch=epoch, total_queues=2, curr_id_map=table({0: 0, 1: 1}))
    return {topic: info}


def body(
    topics: Collection[str] | Mapping[str, TopicConfig] = ("t1", "t2"),
    said: DataVersion | None = DataVersion(timestamp=1, counter=1),  # noqa: B008  # frozen
    *,
    filters: tuple[str, ...] | None = (),
    mappings: Mapping[str, TopicQueueMappingInfo] | None = None,
) -> RegisterBrokerBody:
    """What a broker registers: its topics, under a DataVersion."""
    return RegisterBrokerBody(
        topic_config_table=table(topics if isinstance(topics, Mapping) else configs(*topics)),
        data_version=said,
        filter_server_list=filters,
        topic_queue_mapping_info_map=table(mappings or {}),
    )


def broker(
    addr: str | None = H1,
    topics: Collection[str] | Mapping[str, TopicConfig] = ("t1", "t2"),
    said: DataVersion | None = DataVersion(timestamp=1, counter=1),  # noqa: B008  # frozen
    *,
    name: str | None = "a",
    broker_id: int | None = 0,
    cluster: str | None = "C1",
    filters: tuple[str, ...] | None = (),
    mappings: Mapping[str, TopicQueueMappingInfo] | None = None,
    ha_server_addr: str | None = HA,
    **header: Any,
) -> RegisterBroker:
    """A registration, of a master if not said otherwise. `header`: the header's other fields.

    An HA address is always there, as in every real broker's registration: a port that insists on one departs in the clause that
    leaves it out, and the others still tell something of it.
    """
    return RegisterBroker(
        cluster_name=cluster,
        broker_addr=addr,
        broker_name=name,
        broker_id=broker_id,
        ha_server_addr=ha_server_addr,
        body=body(topics, said, filters=filters, mappings=mappings),
        **header,
    )


def gone(r: RegisterBroker) -> UnregisterBroker:
    """What withdraws a registration."""
    return UnregisterBroker(
        cluster_name=r.cluster_name, broker_addr=r.broker_addr, broker_name=r.broker_name, broker_id=r.broker_id
    )


def asks(r: RegisterBroker, said: DataVersion | None) -> QueryDataVersion:
    """Whether this version is what a broker has registered."""
    return QueryDataVersion(
        cluster_name=r.cluster_name,
        broker_addr=r.broker_addr,
        broker_name=r.broker_name,
        broker_id=r.broker_id,
        data_version=said,
    )


def beats(r: RegisterBroker) -> BrokerHeartbeat:
    """A broker's heartbeat."""
    return BrokerHeartbeat(cluster_name=r.cluster_name, broker_addr=r.broker_addr, broker_name=r.broker_name)


def route(topic: str | None) -> GetRouteInfoByTopic:
    """A client's question."""
    return GetRouteInfoByTopic(topic=topic)


def queue(name: str | None = "a", perm: int = 6, *, nums: int = 3, flag: int = 0) -> QueueData:
    """Queues that an administrator gives a topic."""
    return QueueData(broker_name=name, read_queue_nums=nums, write_queue_nums=nums - 1, perm=perm, topic_sys_flag=flag)


def adds(topic: str | None, *queues: QueueData | None) -> RegisterTopicInNamesrv:
    """A topic that is registered by hand."""
    return RegisterTopicInNamesrv(topic=topic, queue_datas=queues)


def deletes(topic: str | None, cluster: str | None = None) -> DeleteTopicInNamesrv:
    """A topic that is deleted by hand."""
    return DeleteTopicInNamesrv(topic=topic, cluster_name=cluster)


# Cases ------------------------------------------------------------------------------------------------------------


def over(connection: int, request: Request, *, oneway: bool = False, **style: Any) -> Send:
    """The request over that connection. `style`: how it is written."""
    return Send(connection=connection, request=request, oneway=oneway, style=Style(**style))


def styled(request: Request, **style: Any) -> Send:
    """The request, written in some way."""
    return over(1, request, **style)


def one_way(request: Request) -> Send:
    """The request, whose sender wants no answer."""
    return over(1, request, oneway=True)


def together(*sends: Send | Request) -> Requests:
    """Requests that are all sent before an answer is waited for."""
    return Requests(sends=tuple(_send(send) for send in sends))


def close(connection: int = 1, *, abort: bool = False) -> Close:
    """The connection's end."""
    return Close(connection=connection, abort=abort)


def after(ms: int) -> tuple[Step, ...]:
    """So much time has passed, and the NameServer has scanned."""
    return Advance(ms=ms), Scan()


def case(*acts: Request | Send | Step | tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps: connections are opened first."""
    steps: list[Step] = []
    for act in acts:
        if isinstance(act, tuple):
            steps += act
        elif isinstance(act, Open | Requests | Close | Advance | Scan):
            steps.append(act)
        else:
            steps.append(Requests(sends=(_send(act),)))
    used = {send.connection for step in steps if isinstance(step, Requests) for send in step.sends}
    used |= {step.connection for step in steps if isinstance(step, Close)}
    return (*(Open(connection=number) for number in sorted(used)), *steps)


def _send(act: Request | Send) -> Send:
    return act if isinstance(act, Send) else Send(connection=1, request=act)


def without_fields(group: str, request: Request, severity: Severity, sentence: str, source: str) -> Clause:
    """The clause that such a request has no extFields at all."""
    return Clause(
        slug=f"{group}/without-fields",
        severity=severity,
        rules=(apache(sentence, source),),
        steps=case(styled(request, without_ext_fields=True)),
    )


def with_body(request: RegisterBroker, **parts: Any) -> RegisterBroker:
    """The same registration with parts of its body changed."""
    assert request.body is not None
    return attrs.evolve(request, body=attrs.evolve(request.body, **parts))
