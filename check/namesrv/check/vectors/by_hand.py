"""Short sequences by hand, which reach every row that a vector can: what the search chooses may change, this does not.

What is expected of them is not written down: the model says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs

from namesrv.check.clauses import register_odd
from namesrv.check.steps import Close, Crc, Open, Requests, Send, Style
from namesrv.check.vectors.script import Expire, VectorStep
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetKVListByNamespace,
    GetNamesrvConfig,
    GetRouteInfoByTopic,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    PutKVConfig,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnitList,
    UnknownRequest,
    UnregisterBroker,
    UpdateNamesrvConfig,
    WipeWritePermOfBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, QueueData, RegisterBrokerBody, TopicConfig, table

PLACE: Final[dict[str, Any]] = {"cluster_name": "C1", "broker_addr": "h1:10911", "broker_name": "a", "broker_id": 0}
OLDER: Final = DataVersion(timestamp=0, counter=0)
VERSION: Final = DataVersion(timestamp=1, counter=1)
BODY: Final = RegisterBrokerBody(
    topic_config_table=table({name: TopicConfig(topic_name=name) for name in ("t1", "t2")}), data_version=VERSION
)
UNREADABLE: Final = "an exception whose name is not compared"


def registration(*, body: RegisterBrokerBody | None = BODY, **fields: Any) -> RegisterBroker:
    """A master with two topics."""
    return RegisterBroker(**PLACE | fields, body=body)


def with_body(**fields: Any) -> RegisterBrokerBody:
    """Its body, with changes."""
    return attrs.evolve(BODY, **fields)


def unregistration(**fields: Any) -> UnregisterBroker:
    """Of that master."""
    return UnregisterBroker(**PLACE | fields)


def question(*, data_version: DataVersion | None = VERSION, **fields: Any) -> QueryDataVersion:
    """About that master."""
    return QueryDataVersion(**PLACE | fields, data_version=data_version)


def over(connection: int, *steps: Request | Close | Expire, style: Style | None = None) -> tuple[VectorStep, ...]:
    """Over a new connection, one after the other."""
    made: list[VectorStep] = [Open(connection=connection)]
    for step in steps:
        if isinstance(step, Close | Expire):
            made.append(step)
        else:
            made.append(Requests(sends=(Send(connection=connection, request=step, style=style or Style()),)))
    return tuple(made)


def by_hand(profile: Profile) -> Iterator[tuple[VectorStep, ...]]:
    """All of them, for this profile."""
    yield from _claims(profile)
    yield from _departures(profile)
    yield from _administration()
    yield from _odd_bodies()
    yield from _null_names(profile)


def _claims(profile: Profile) -> Iterator[tuple[VectorStep, ...]]:
    """Registrations that are refused, ignored, or half done; signs of life."""
    newcomer = "h2:10911"
    one_topic = with_body(topic_config_table=table({"t3": TopicConfig(topic_name="t3")}))
    yield over(1, registration(), style=Style(crc=Crc.WRONG))
    yield over(1, registration(body=None, body_error=UNREADABLE))
    yield over(1, registration(broker_id=None), registration(), unregistration())
    yield over(1, registration(), unregistration(broker_id=None), unregistration())
    yield over(1, registration(), registration(broker_addr=newcomer, body=with_body(data_version=None)))
    later = with_body(data_version=attrs.evolve(VERSION, state_version=1))
    yield over(1, registration(body=later), registration(broker_addr=newcomer))
    yield (*over(1, registration(body=later)), *over(2, registration()))
    yield over(1, registration(), registration(cluster_name="C2", broker_addr=newcomer, broker_id=1))
    yield over(1, registration(body=one_topic), registration(), registration(body=one_topic))
    yield over(1, registration(body=with_body(topic_config_table=None)))
    other = attrs.evolve(VERSION, counter=2)
    yield over(1, registration(), question(), question(data_version=other), question(broker_addr=newcomer))
    yield over(1, registration(), question(body_error=UNREADABLE), question(data_version=None))
    heartbeats = (BrokerHeartbeat(cluster_name=c, broker_addr="h1:10911", broker_name="a") for c in ("C1", "C2", None))
    yield over(1, registration(), *heartbeats, question(cluster_name=None), question(broker_addr=None))
    if profile.request_heartbeat_timeout:
        yield over(1, registration(heartbeat_timeout_ms=1_000), Expire(connection=1))


def _departures(profile: Profile) -> Iterator[tuple[VectorStep, ...]]:
    """Unregistrations and closed connections."""
    close = Close(connection=1)
    yield over(1, registration(), unregistration(broker_id=1), unregistration(), unregistration())
    yield (*over(1, registration()), *over(2, unregistration()), *over(3, unregistration(cluster_name="")))
    yield over(1, GetBrokerClusterInfo(), close)
    yield (*over(1, registration()), close)
    yield (*over(1, registration()), *over(2, registration(broker_addr="h2:10911")), close)


def _administration() -> Iterator[tuple[VectorStep, ...]]:
    """What administrators ask for."""
    queue = QueueData(broker_name="a", read_queue_nums=3, write_queue_nums=2, perm=6, topic_sys_flag=1)
    strangers = attrs.evolve(queue, broker_name="nobody")
    registered = [RegisterTopicInNamesrv(topic="t3", queue_datas=queues) for queues in (None, (queue,), (strangers,))]
    yield over(1, registration(), *registered, DeleteTopicInNamesrv(topic="t3"))
    unreadable = RegisterTopicInNamesrv(topic="t3", queue_datas=None, body_error=UNREADABLE)
    yield over(1, registration(), unreadable, RegisterTopicInNamesrv(topic="t3", queue_datas=None, has_body=False))
    yield over(1, registration(), WipeWritePermOfBroker(broker_name="a"), AddWritePermOfBroker(broker_name="a"))
    units = (GetUnitTopicList(kind=kind) for kind in UnitList)
    group = GetBrokerMemberGroup(cluster_name="C1", broker_name="a")
    lists: tuple[Request, ...] = (
        GetAllTopicList(),
        GetTopicsByCluster(cluster="C1"),
        GetSystemTopicList(),
        *units,
        group,
    )
    routes = (GetRouteInfoByTopic(topic=topic) for topic in ("t1", "t9"))
    yield over(1, registration(), *routes, GetBrokerClusterInfo(), *lists)
    kept = {"namespace": "n", "key": "k"}
    reads = (GetKVConfig(**kept), GetKVListByNamespace(namespace="n"))
    yield over(1, *reads, PutKVConfig(**kept, value="v"), *reads, DeleteKVConfig(**kept), *reads)
    refused = UpdateNamesrvConfig(properties=table({"kvConfigPath": "/"}))
    unread = UpdateNamesrvConfig(properties=table(), readable=False)
    nothing = UpdateNamesrvConfig(properties=table())
    yield over(1, GetNamesrvConfig(), refused, unread, UpdateNamesrvConfig(properties=None), nothing)
    yield over(1, UnknownRequest(code=9_999), PutKVConfig(namespace="n", key=None, value="v"))


def _odd_bodies() -> Iterator[tuple[VectorStep, ...]]:
    """The clauses' bodies that some releases read and others don't, each after a registration."""
    for clause in register_odd.CLAUSES:
        bodies = [step for step in clause.steps if isinstance(step, Requests) and step.sends[0].style.body is not None]
        if bodies:
            yield (*over(1, registration(body=with_body(data_version=OLDER))), *bodies)


def _null_names(profile: Profile) -> Iterator[tuple[VectorStep, ...]]:
    """What a search leaves out that shares its server. The null address of 4.9.7 is never removed, for nobody could tell when."""
    if profile.concurrent_tables:
        yield over(1, registration(cluster_name=None), registration(), registration(broker_name=None))
        yield over(1, registration(broker_addr=None), registration(), unregistration())
    else:
        yield over(1, registration(broker_addr=None), Close(connection=1))
