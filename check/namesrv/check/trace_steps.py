"""Runs to be recorded: seeded steps over a small world, of those requests and parts that the specification has.

Brokers register, change topics, ask, claim each other's places, leave, lose connections, and fall silent; some of it pipelined
over several connections. What the specification leaves out (null parts, time to the millisecond) is not in here.
"""

from random import Random
from typing import Final

import attrs

from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, question_of
from namesrv.check.traces import SILENCE_MS
from namesrv.model.events import (
    BrokerHeartbeat,
    GetAllTopicList,
    GetBrokerClusterInfo,
    GetRouteInfoByTopic,
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnknownRequest,
    UnregisterBroker,
)
from namesrv.model.profiles import Profile
from namesrv.model.values import DataVersion, RegisterBrokerBody, TopicConfig, TopicQueueMappingInfo, table

CONNECTIONS: Final = (1, 2, 3)
OBSERVER: Final = 0
"""The connection over which is only looked."""

ADDRS: Final = ("h1:10911", "h2:10911", "h3:10911")
TOPICS: Final = ("t1", "t2", "t3")
STEPS: Final = 10
LOOK: Final[tuple[Request, ...]] = (
    *(GetRouteInfoByTopic(topic=topic) for topic in TOPICS),
    *(GetBrokerClusterInfo(), GetAllTopicList()),
)
LAST_LOOK: Final[tuple[Step, ...]] = tuple(Requests(sends=(Send(connection=OBSERVER, request=read),)) for read in LOOK)


@attrs.define
class _World:
    """What the generator remembers: what each address has registered last, and which connections are open."""

    rng: Random
    profile: Profile
    last: dict[str, RegisterBroker] = attrs.Factory(dict)
    opened: list[int] = attrs.Factory(list)
    has_aborted: bool = False


def generated_steps(seed: int, profile: Profile, *, timed: bool, length: int = STEPS) -> tuple[Step, ...]:
    """Steps of one run; the same ones for the same arguments. `timed`: brokers may fall silent, and scans come.

    `LAST_LOOK` is for when all of it has happened.
    """
    world = _World(Random(seed), profile)
    steps: list[Step] = [Open(connection=OBSERVER)]
    for _ in range(length):
        missing = [connection for connection in CONNECTIONS if connection not in world.opened]
        if missing and (not world.opened or world.rng.random() < 0.4):
            world.opened.append(missing[0])
            steps.append(Open(connection=missing[0]))
        steps += _act(world, timed=timed)
        steps.append(_look(world))
    return tuple(steps)


def _act(world: _World, *, timed: bool) -> list[Step]:
    rng = world.rng
    kind = rng.random()
    if kind < 0.5 or not world.last:
        return [_sent(world, [_registration(world)])]
    if kind < 0.75:
        requests = [_request(world) for _ in range(rng.choice((2, 2, 2, 3)))]
        return [_sent(world, requests)]
    if kind < 0.85:
        connection = rng.choice(world.opened)
        world.opened.remove(connection)
        abort = (
            not world.has_aborted and rng.random() < 0.3
        )  # Netty may report it twice, which doubles what may be the case
        world.has_aborted |= abort
        return [Close(connection=connection, abort=abort)]
    if kind < 0.92 and timed and len(world.opened) < len(CONNECTIONS):  # of all at once the orders are too many
        told = [_sent(world, [question_of(rng.choice(list(world.last.values())))])] if rng.random() < 0.6 else []
        return [Advance(ms=SILENCE_MS), *told, Scan()]
    return [_sent(world, [_request(world)])]


def _sent(world: _World, requests: list[Request]) -> Requests:
    sends = []
    for request in requests:
        registers = isinstance(request, RegisterBroker)
        oneway = registers and world.rng.random() < 0.05
        sends.append(Send(connection=world.rng.choice(world.opened), request=request, oneway=oneway))
    return Requests(sends=tuple(sends))


def _look(world: _World) -> Requests:
    return Requests(sends=(Send(connection=OBSERVER, request=world.rng.choice(LOOK)),))


def _request(world: _World) -> Request:
    rng = world.rng
    earlier = rng.choice(list(world.last.values()))
    kind = rng.random()
    if kind < 0.4:
        return _registration(world)
    if kind < 0.65:
        return UnregisterBroker(
            cluster_name=earlier.cluster_name,
            broker_addr=earlier.broker_addr if rng.random() < 0.8 else rng.choice(ADDRS),
            broker_name=earlier.broker_name,
            broker_id=earlier.broker_id if rng.random() < 0.8 else rng.choice((0, 1)),
        )
    if kind < 0.8:
        return _question(world, earlier)
    if kind < 0.86 and world.profile.broker_heartbeat:
        return BrokerHeartbeat(
            cluster_name=earlier.cluster_name, broker_addr=earlier.broker_addr, broker_name=earlier.broker_name
        )
    if kind < 0.88 and world.profile.answers_unknown_codes:
        return UnknownRequest(code=9_999)
    return rng.choice(LOOK)


def _question(world: _World, earlier: RegisterBroker) -> QueryDataVersion:
    asked = question_of(earlier)
    return asked if world.rng.random() < 0.7 else attrs.evolve(asked, data_version=_version(world, None))


def _registration(world: _World) -> RegisterBroker:
    rng = world.rng
    addr = rng.choice(ADDRS)
    earlier = world.last.get(addr)
    if earlier is not None and rng.random() < 0.65:  # what a broker does whose topics change, or who comes again
        request = attrs.evolve(earlier, body=_body(world, earlier, earlier.broker_name or ""))
    else:
        name = rng.choice(("a", "a", "b"))
        request = RegisterBroker(
            cluster_name=rng.choice(("C1", "C1", "C1", "C2")),
            broker_addr=addr,
            broker_name=name,
            broker_id=rng.choice((0, 0, 1, 1)),
            ha_server_addr=addr.replace("10911", "10912"),
            enable_acting_master=rng.choice((None, True, True, False)),
            full_body=rng.choice((None, None, None, True, False)),
            body=_body(world, earlier, name),
        )
    world.last[addr] = request
    return request


def _body(world: _World, earlier: RegisterBroker | None, name: str) -> RegisterBrokerBody:
    rng = world.rng
    topics = rng.choice((("t1", "t2"), ("t1", "t2"), ("t2", "t3"), ("t1",), ("t3",), ()))
    queues = {topic: (rng.choice((4, 8)), rng.choice((6, 6, 4))) for topic in topics}
    configs = {
        topic: TopicConfig(topic_name=topic, read_queue_nums=number, write_queue_nums=number, perm=perm)
        for topic, (number, perm) in queues.items()
    }
    mapped = rng.choice(((), (), (), ("t1",)))
    infos = {
        t: TopicQueueMappingInfo(
            topic=t, bname=name, epoch=rng.choice((0, 1)), total_queues=2, curr_id_map=table({0: 0})
        )
        for t in mapped
    }
    return RegisterBrokerBody(
        topic_config_table=table(configs),
        data_version=_version(world, earlier),
        topic_queue_mapping_info_map=table(infos),
        filter_server_list=rng.choice(((), (), (), ("f1:1",))),
    )


def _version(world: _World, earlier: RegisterBroker | None) -> DataVersion:
    """Mostly the next one; now and then the same, or any."""
    rng = world.rng
    if earlier is not None and earlier.body is not None and earlier.body.data_version is not None:
        version = earlier.body.data_version
        kind = rng.random()
        if kind < 0.6:
            return attrs.evolve(version, counter=(version.counter or 0) + 1, timestamp=version.timestamp + 1)
        if kind < 0.8:
            return version
    return DataVersion(
        state_version=rng.choice((0, 0, 0, 1)), counter=rng.choice((0, 1, 2)), timestamp=rng.choice((1, 2, 3))
    )
