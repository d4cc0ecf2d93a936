"""DELETE_TOPIC_IN_NAMESRV (216)."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import (
    H2,
    H3,
    adds,
    asks,
    broker,
    case,
    close,
    deletes,
    gone,
    mapping,
    one_way,
    over,
    queue,
    route,
    styled,
    version,
)
from namesrv.check.steps import Header

SOURCE: Final = "RouteInfoManager.deleteTopic"

MASTER: Final = broker()

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="delete-topic-in-namesrv/everywhere",
        severity=Severity.MUST,
        rules=(apache("Without a cluster the topic goes from every name; other topics stay.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b", cluster="C2")), deletes("t1")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/of-a-cluster",
        severity=Severity.MUST,
        rules=(apache("With a cluster the topic goes from that cluster's names alone.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b", cluster="C2")),
            over(3, broker(H3, name="c")),
            deletes("t1", "C1"),
            deletes("t1", "C2"),
        ),
    ),
    Clause(
        slug="delete-topic-in-namesrv/last-of-a-cluster",
        severity=Severity.MUST,
        rules=(apache("A topic that only that cluster's names have is gone with them.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t3", "t4"), name="b", cluster="C2")), deletes("t1", "C1"), route("t1")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/of-another-cluster",
        severity=Severity.MUST,
        rules=(apache("With a cluster whose names don't have the topic nothing changes.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t3", "t4"), name="b", cluster="C2")), deletes("t1", "C2")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/unknown-cluster",
        severity=Severity.SHOULD,
        rules=(apache("With an unknown cluster nothing changes: SUCCESS.", SOURCE),),
        steps=case(MASTER, deletes("t1", "C9"), deletes("t1", "a")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/empty-cluster",
        severity=Severity.SHOULD,
        rules=(apache("An empty clusterName counts as none.", "DefaultRequestProcessor.deleteTopicInNamesrv"),),
        steps=case(MASTER, over(2, broker(H2, name="b", cluster="C2")), deletes("t1", "")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/unknown-topic",
        severity=Severity.SHOULD,
        rules=(apache("To delete a topic that is not there is answered SUCCESS.", SOURCE),),
        steps=case(MASTER, deletes("t9"), deletes("t9", "C1"), deletes("t1"), deletes("t1")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/topics-alike",
        severity=Severity.MUST,
        rules=(
            apache("Topics are compared to the letter: those that begin alike, or differ in capitals, stay.", SOURCE),
        ),
        steps=case(
            broker(topics=("t1", "T1", "t1 ", "t11")),
            deletes("T1"),
            deletes("t", "C1"),
            deletes("t1", "c1"),
            deletes("t1"),
        ),
    ),
    Clause(
        slug="delete-topic-in-namesrv/topic-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without a topic nothing changes: SUCCESS.", SOURCE),),
        steps=case(MASTER, deletes(None), deletes(None, "C1")),
    ),
    Clause(
        slug="delete-topic-in-namesrv/version-stays",
        severity=Severity.MUST,
        rules=(apache("Its broker's DataVersion does not change: who asks is told unchanged.", SOURCE),),
        steps=case(MASTER, deletes("t1"), asks(MASTER, version())),
    ),
    Clause(
        slug="delete-topic-in-namesrv/broker-stays",
        severity=Severity.MUST,
        rules=(apache("A broker whose topics are all deleted is still registered.", SOURCE),),
        steps=case(MASTER, deletes("t1"), deletes("t2"), broker(topics=("t3",), said=version(2))),
    ),
    Clause(
        slug="delete-topic-in-namesrv/mapping-stays",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "A deleted topic's mappings stay, and are in its route again when it comes back.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), deletes("t1"), over(2, broker(H2, name="b"))),
    ),
    Clause(
        slug="delete-topic-in-namesrv/added-by-hand",
        severity=Severity.MUST,
        rules=(
            apache("A topic that was added by hand is deleted for good.", SOURCE, lambda p: p.register_topic),
            apache_4(
                "Nobody adds topics by hand.", "DefaultRequestProcessor.processRequest", lambda p: not p.register_topic
            ),
        ),
        steps=case(MASTER, adds("t3", queue()), route("t3"), deletes("t3"), MASTER),
    ),
    Clause(
        slug="delete-topic-in-namesrv/then-the-broker-leaves",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker leaves as usual after one of its topics was deleted.", "RouteInfoManager.unRegisterBroker"
            ),
        ),
        steps=case(MASTER, deletes("t1"), gone(MASTER)),
    ),
    Clause(
        slug="delete-topic-in-namesrv/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The request may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(
            MASTER, styled(deletes("t1"), header=Header.ROCKETMQ), styled(deletes("t2", "C1"), header=Header.ROCKETMQ)
        ),
    ),
    Clause(
        slug="delete-topic-in-namesrv/one-way",
        severity=Severity.SHOULD,
        rules=(
            apache("A one-way request deletes, and is not answered.", "NettyRemotingAbstract.processRequestCommand"),
        ),
        steps=case(MASTER, one_way(deletes("t1")), route("t2"), close(1)),
    ),
)
