"""GET_TOPICS_BY_CLUSTER, GET_SYSTEM_TOPIC_LIST_FROM_NS, and the three lists of unit topics (224, 304, 311 to 313)."""

from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H2,
    H3,
    broker,
    case,
    close,
    configs,
    deletes,
    gone,
    one_way,
    over,
    route,
    styled,
    version,
)
from namesrv.check.steps import Header
from namesrv.model.events import GetSystemTopicList, GetTopicsByCluster, GetUnitTopicList, UnitList
from namesrv.model.profiles import TopicBeforeBroker

BY_CLUSTER: Final = "RouteInfoManager.getTopicsByCluster"
SYSTEM: Final = "RouteInfoManager.getSystemTopicList"
UNIT: Final = "RouteInfoManager.getUnitTopics"
UNIT_SUB: Final = "RouteInfoManager.getHasUnitSubTopicList"
UNIT_SUB_UNUNIT: Final = "RouteInfoManager.getHasUnitSubUnUnitTopicList"
BINARY: Final = "RocketMQSerializable.rocketMQProtocolDecode"
ONE_WAY: Final = "NettyRemotingAbstract.processRequestCommand"

MASTER: Final = broker()
FLAGGED: Final = broker(topics={k: v for flag in range(8) for k, v in configs(f"f{flag}", flag=flag).items()})
NAMES: Final = GetSystemTopicList()


def topics_of(cluster: str | None) -> GetTopicsByCluster:
    return GetTopicsByCluster(cluster=cluster)


def units(kind: UnitList) -> GetUnitTopicList:
    return GetUnitTopicList(kind=kind)


CLAUSES: Final[tuple[Clause, ...]] = (
    # 224 ----------------------------------------------------------------------------------------------------------
    Clause(
        slug="get-topics-by-cluster/own",
        severity=Severity.MUST,
        rules=(apache("The topics that a name of the cluster publishes, and no others.", BY_CLUSTER),),
        steps=case(
            MASTER,
            over(2, broker(H2, ("t2", "t3"), name="b")),
            over(3, broker(H3, ("t2", "t4"), name="c", cluster="C2")),
            topics_of("C1"),
            topics_of("C2"),
        ),
    ),
    Clause(
        slug="get-topics-by-cluster/unknown",
        severity=Severity.SHOULD,
        rules=(apache("An unknown cluster has no topics: SUCCESS, and an empty list.", BY_CLUSTER),),
        steps=case(MASTER, topics_of("C9"), topics_of("a")),
    ),
    Clause(
        slug="get-topics-by-cluster/cluster-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without a cluster the list is empty.", BY_CLUSTER),),
        steps=case(MASTER, topics_of(None)),
    ),
    Clause(
        slug="get-topics-by-cluster/name-in-two-clusters",
        severity=Severity.SHOULD,
        rules=(
            repaired("A name's topics are of one cluster.", lambda p: p.one_cluster_per_name),
            apache("The topics of a name that is listed in two clusters are of both.", BY_CLUSTER),
        ),
        steps=case(MASTER, broker(cluster="C2", said=version(2)), topics_of("C1"), topics_of("C2")),
    ),
    Clause(
        slug="get-topics-by-cluster/deleted-topic",
        severity=Severity.MUST,
        rules=(apache("A topic that was deleted in a cluster is none of it.", BY_CLUSTER),),
        steps=case(
            MASTER, over(2, broker(H2, name="b", cluster="C2")), deletes("t1", "C1"), topics_of("C1"), topics_of("C2")
        ),
    ),
    Clause(
        slug="get-topics-by-cluster/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The question may have a binary header.", BINARY),),
        steps=case(MASTER, styled(topics_of("C1"), header=Header.ROCKETMQ)),
    ),
    # 304 ----------------------------------------------------------------------------------------------------------
    Clause(
        slug="get-system-topic-list/names",
        severity=Severity.SHOULD,
        rules=(apache("The names of clusters and brokers, and no topic that a broker has.", SYSTEM),),
        steps=case(MASTER, over(2, broker(H2, name="b", cluster="C2")), over(3, broker(H3, broker_id=1)), NAMES),
    ),
    Clause(
        slug="get-system-topic-list/address",
        severity=Severity.SHOULD,
        rules=(apache("The address of some broker comes with the list, be it a slave's, if there is one.", SYSTEM),),
        steps=case(NAMES, over(2, broker(H2, broker_id=1)), NAMES, MASTER, NAMES, gone(MASTER), NAMES),
    ),
    Clause(
        slug="get-system-topic-list/those-that-have-left",
        severity=Severity.SHOULD,
        rules=(apache("Who has left is no longer listed.", SYSTEM),),
        steps=case(MASTER, over(2, broker(H2, name="b", cluster="C2")), gone(MASTER), NAMES),
    ),
    Clause(
        slug="get-system-topic-list/after-a-refusal",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Names that a refused registration has entered are listed.",
                SYSTEM,
                lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME,
            ),
            apache_4("Names are listed as soon as they are registered.", SYSTEM, lambda p: not p.concurrent_tables),
            repaired("Names of a refused registration are not listed.", lambda p: p.atomic_refusal),
        ),
        steps=case(broker(topics=("t1",)), NAMES),
    ),
    Clause(
        slug="get-system-topic-list/binary-header",
        severity=Severity.MAY,
        rules=(apache("The question may have a binary header.", BINARY),),
        steps=case(MASTER, styled(NAMES, header=Header.ROCKETMQ)),
    ),
    # 311, 312, 313 ------------------------------------------------------------------------------------------------
    Clause(
        slug="get-unit-topic-list/unit",
        severity=Severity.SHOULD,
        rules=(apache("311 lists the topics whose topicSysFlag has bit 1.", UNIT),),
        steps=case(FLAGGED, units(UnitList.UNIT)),
    ),
    Clause(
        slug="get-unit-topic-list/has-unit-sub",
        severity=Severity.SHOULD,
        rules=(apache("312 lists the topics whose topicSysFlag has bit 2.", UNIT_SUB),),
        steps=case(FLAGGED, units(UnitList.HAS_UNIT_SUB)),
    ),
    Clause(
        slug="get-unit-topic-list/has-unit-sub-ununit",
        severity=Severity.SHOULD,
        rules=(apache("313 lists the topics whose topicSysFlag has bit 2 and not bit 1.", UNIT_SUB_UNUNIT),),
        steps=case(FLAGGED, units(UnitList.HAS_UNIT_SUB_UNUNIT)),
    ),
    Clause(
        slug="get-unit-topic-list/none",
        severity=Severity.SHOULD,
        rules=(apache("Where no topic has the bits the lists are empty.", UNIT),),
        steps=case(MASTER, *(units(kind) for kind in UnitList)),
    ),
    Clause(
        slug="get-unit-topic-list/several-names",
        severity=Severity.MAY,
        rules=(apache("Of a topic of several names any one's flag decides.", UNIT),),
        steps=case(
            broker(topics=configs("t1", flag=1) | configs("t2", flag=1)),
            over(2, broker(H2, configs("t1", flag=2) | configs("t2", flag=3), name="b")),
            *(units(kind) for kind in UnitList),
        ),
    ),
    Clause(
        slug="get-unit-topic-list/several-names-of-one-flag",
        severity=Severity.SHOULD,
        rules=(apache("A topic of several names that agree on its flag is listed as one of a single name.", UNIT),),
        steps=case(
            FLAGGED, over(2, attrs.evolve(FLAGGED, broker_addr=H2, broker_name="b")), *(units(k) for k in UnitList)
        ),
    ),
    Clause(
        slug="get-unit-topic-list/follows-registrations",
        severity=Severity.SHOULD,
        rules=(apache("A flag that changes changes the lists.", UNIT),),
        steps=case(
            broker(topics=configs("t1", "t2", flag=1)),
            units(UnitList.UNIT),
            broker(topics=configs("t1", flag=2), said=version(2)),
            *(units(kind) for kind in UnitList),
        ),
    ),
    Clause(
        slug="get-unit-topic-list/binary-header",
        severity=Severity.MAY,
        rules=(apache("The questions may have binary headers.", BINARY),),
        steps=case(FLAGGED, *(styled(units(kind), header=Header.ROCKETMQ) for kind in UnitList)),
    ),
    Clause(
        slug="get-unit-topic-list/one-way",
        severity=Severity.MAY,
        rules=(apache("One-way questions are not answered.", ONE_WAY),),
        steps=case(
            FLAGGED,
            *(one_way(units(kind)) for kind in UnitList),
            one_way(NAMES),
            one_way(topics_of("C1")),
            route("f1"),
            close(1),
        ),
    ),
)
