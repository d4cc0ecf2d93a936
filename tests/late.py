"""Stories of a route that is asked for while something in it changes, as its clients see them, some of which may not be.

What each answer is was written by hand out of Apache's sources (docs/findings/apache-torn-routes.md), not taken from the model.
"""

from typing import Final

import attrs

from namesrv.check.traces import Settled, Trace, TraceEvent
from namesrv.explore.peers import H1, H2, V2, registration, unregistration
from namesrv.model.events import (
    AddWritePermOfBroker,
    Answer,
    Answered,
    Channel,
    GetRouteInfoByTopic,
    Opaque,
    Received,
    Request,
    WipeWritePermOfBroker,
)
from namesrv.model.values import (
    PERM_READ,
    PERM_WRITE,
    BrokerData,
    QueueData,
    TopicQueueMappingInfo,
    TopicRouteData,
    table,
)

READ: Final = PERM_READ
BOTH: Final = PERM_READ | PERM_WRITE
H3: Final = "h3:10911"
SLAVE: Final = ("C1", "a", 1)
B: Final = ("C1", "b", 0)
ROUTE: Final = GetRouteInfoByTopic(topic="t1")
DONE: Final = Answer(code=0)
REGISTERED: Final = Answer(code=0, ext_fields=table())
TO_SLAVE: Final = Answer(code=0, ext_fields=table({"masterAddr": H1}))
WIPED: Final = Answer(code=0, ext_fields=table({"wipeTopicCount": "2"}))
ADDED: Final = Answer(code=0, ext_fields=table({"addTopicCount": "2"}))


def queue(perm: int, name: str = "a") -> QueueData:
    return QueueData(broker_name=name, read_queue_nums=4, write_queue_nums=4, perm=perm, topic_sys_flag=0)


def brokers(*addrs: str, name: str = "a", acting: bool = False) -> BrokerData:
    """Ids from 0 on, none for an empty address."""
    of = {broker_id: addr for broker_id, addr in enumerate(addrs) if addr}
    return BrokerData(
        cluster="C1", broker_name=name, broker_addrs=table(of), enable_acting_master=acting, zone_name=None
    )


def found(
    queues: QueueData | list[QueueData],
    datas: BrokerData | list[BrokerData],
    mappings: dict[str, TopicQueueMappingInfo] | None = None,
    conf: str | None = None,
) -> Answer:
    return Answer(
        code=0,
        body=TopicRouteData(
            queue_datas=frozenset(queues if isinstance(queues, list) else [queues]),
            broker_datas=frozenset(datas if isinstance(datas, list) else [datas]),
            filter_server_table=table(),
            topic_queue_mapping_by_broker=None if mappings is None else table(mappings),
            order_topic_conf=conf,
        ),
    )


def asked(opaque: int, request: Request, channel: int) -> Received:
    return Received(channel=Channel(channel), opaque=Opaque(opaque), request=request)


def told(opaque: int, answer: Answer, channel: int) -> Answered:
    return Answered(channel=Channel(channel), opaque=Opaque(opaque), answer=answer)


def done(opaque: int, request: Request, answer: Answer) -> tuple[TraceEvent, ...]:
    """One after the other, over connection 1, and nothing is left to do then."""
    return asked(opaque, request, 1), told(opaque, answer, 1), Settled()


def looking(route: Answer, *meanwhile: TraceEvent) -> tuple[TraceEvent, ...]:
    """Over connection 2 somebody asks for the route before all that, and reads the answer after it."""
    return asked(1, ROUTE, 2), *meanwhile, told(1, route, 2)


@attrs.frozen(kw_only=True)
class Case:
    """`releases`: whose story it is. `may_be`: whether the route may be one of theirs; it never is one of `strict`."""

    name: str
    releases: tuple[str, ...]
    events: tuple[TraceEvent, ...]
    may_be: bool

    def trace(self, profile: str) -> Trace:
        """The story as a trace."""
        return Trace(profile=profile, server="a story", events=self.events)

    def explained(self, profile: str) -> int:
        """How many of its events there is an explanation for: all, or those before the route."""
        if self.may_be and profile in self.releases:
            return len(self.events)
        return next(n for n, event in enumerate(self.events) if isinstance(event, Answered) and event.channel == 2)


EVERY: Final = ("apache-4.9.7", "apache-5.1.4", "apache-5.5.0")
FIVE: Final = EVERY[1:]

MASTER = done(1, registration(), REGISTERED)
"""`a` on h1, with four queues of t1 to be read and written."""
SLAVE_COMES = done(2, registration(H2, SLAVE), TO_SLAVE)
WIPE = done(3, WipeWritePermOfBroker(broker_name="a"), WIPED)
ADD = done(4, AddWritePermOfBroker(broker_name="a"), ADDED)
SAID_ANEW = done(5, registration(perm=PERM_WRITE, version=V2), REGISTERED)

PAIR = (
    *done(1, registration(enable_acting_master=True), REGISTERED),
    *done(2, registration(H2, SLAVE, enable_acting_master=True), TO_SLAVE),
)
"""5.x: master h1 and slave h2, of which one may act for the other."""
LEAVES = done(3, unregistration(), DONE)

OTHER = done(6, registration(H3, B), REGISTERED)
WIPE_B = done(7, WipeWritePermOfBroker(broker_name="b"), WIPED)
BOTH_DATAS = [brokers(H1), brokers(H3, name="b")]

MAPPED = TopicQueueMappingInfo(topic="t1", bname="b", total_queues=1, curr_id_map=table({0: 0}))
MAPPING_COMES = done(8, registration(H3, B, mappings={"t1": MAPPED}), REGISTERED)

CASES = (
    # What real ones were seen to do: the queues are later.
    Case(name="a permission is taken away after the slave has come", releases=EVERY, may_be=True,
         events=(*MASTER, *looking(found(queue(READ), brokers(H1)), *SLAVE_COMES, *WIPE))),
    Case(name="a master leaves, and the permission with it", releases=FIVE, may_be=True,
         events=(*PAIR, *looking(found(queue(READ), brokers(H1, H2, acting=True)), *LEAVES))),
    Case(name="of two names one is read before and one after", releases=EVERY, may_be=True,
         events=(*MASTER, *OTHER, *looking(found([queue(BOTH), queue(READ, "b")], BOTH_DATAS), *WIPE, *WIPE_B))),
    Case(name="a mapping of a broker that is not there yet", releases=FIVE, may_be=True,
         events=(*MASTER, *looking(found(queue(BOTH), brokers(H1), {"b": MAPPED}), *MAPPING_COMES))),
    # What there is no way to.
    Case(name="the brokers are later", releases=EVERY, may_be=False,
         events=(*MASTER, *looking(found(queue(BOTH), brokers(H1, H2)), *WIPE, *SLAVE_COMES))),
    Case(name="the master is gone and its permission is not", releases=FIVE, may_be=False,
         events=(*PAIR, *looking(found(queue(BOTH), brokers("", H2, acting=True)), *LEAVES))),
    Case(name="what was changed before it was asked for", releases=EVERY, may_be=False,
         events=(*MASTER, *SLAVE_COMES, *WIPE, *looking(found(queue(READ), brokers(H1))))),
    Case(name="what was changed after it had been read", releases=EVERY, may_be=False,
         events=(*MASTER, *looking(found(queue(READ), brokers(H1))), *SLAVE_COMES, *WIPE)),
    Case(name="the change is undone before it is asked for", releases=EVERY, may_be=False,
         events=(*MASTER, *WIPE, *ADD, *looking(found(queue(READ), brokers(H1)), *SLAVE_COMES))),
    Case(name="a registration puts other queues, and those before stay as they are", releases=EVERY, may_be=False,
         events=(*MASTER, *looking(found(queue(PERM_WRITE), brokers(H1)), *SLAVE_COMES, *SAID_ANEW))),
    Case(name="what happens to queues that were put later", releases=EVERY, may_be=False,
         events=(*MASTER, *looking(found(queue(0), brokers(H1)), *SLAVE_COMES, *SAID_ANEW, *WIPE))),
    Case(name="brokers without the mapping that came with them", releases=FIVE, may_be=False,
         events=(*MASTER, *looking(found([queue(BOTH), queue(BOTH, "b")], BOTH_DATAS), *MAPPING_COMES))),
)  # fmt: skip
