"""GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206)."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache
from namesrv.check.clauses.world import H2, broker, case, close, deletes, gone, one_way, over, route, styled, version
from namesrv.check.steps import Header
from namesrv.model.events import GetAllTopicList

SOURCE: Final = "RouteInfoManager.getAllTopicList"

MASTER: Final = broker()
ALL: Final = GetAllTopicList()

CLAUSES: Final = (
    Clause(
        slug="get-all-topic-list/all",
        severity=Severity.MUST,
        rules=(apache("Every topic that anybody publishes, once.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t2", "t3"), name="b", cluster="C2")), ALL),
    ),
    Clause(
        slug="get-all-topic-list/none",
        severity=Severity.SHOULD,
        rules=(apache("Names and clusters are no topics.", SOURCE),),
        steps=case(ALL, broker(topics=()), ALL),
    ),
    Clause(
        slug="get-all-topic-list/without-those-that-have-left",
        severity=Severity.MUST,
        rules=(apache("A topic goes with the last that publishes it, or when it is deleted.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H2, ("t2", "t3"), name="b")),
            gone(MASTER),
            ALL,
            deletes("t3"),
            ALL,
        ),
    ),
    Clause(
        slug="get-all-topic-list/follows-registrations",
        severity=Severity.MUST,
        rules=(apache("A topic that a broker adds is listed.", SOURCE),),
        steps=case(MASTER, ALL, broker(topics=("t3",), said=version(2)), ALL),
    ),
    Clause(
        slug="get-all-topic-list/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The question may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(MASTER, styled(ALL, header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="get-all-topic-list/one-way",
        severity=Severity.MAY,
        rules=(apache("A one-way question is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(ALL), route("t1"), close(1)),
    ),
)
