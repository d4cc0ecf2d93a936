"""GET_BROKER_MEMBER_GROUP (901), of 5.x."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import H2, H3, broker, case, close, gone, one_way, over, route, styled
from namesrv.check.steps import Header
from namesrv.model.events import GetBrokerMemberGroup
from namesrv.model.profiles import Profile

SOURCE: Final = "RouteInfoManager.getBrokerMemberGroup"
ANSWER: Final = "DefaultRequestProcessor.getBrokerMemberGroup"

MASTER: Final = broker()
SLAVE: Final = broker(H2, broker_id=1)


def _unknown(profile: Profile) -> bool:
    return not profile.member_group


def group(name: str | None = "a", cluster: str | None = "C1") -> GetBrokerMemberGroup:
    return GetBrokerMemberGroup(cluster_name=cluster, broker_name=name)


NOT_ANSWERED: Final = apache_4(
    "The code is not known, and not answered.", "DefaultRequestProcessor.processRequest", _unknown
)

CLAUSES: Final = (
    Clause(
        slug="get-broker-member-group/whole-group",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("Every broker of the name, by broker id.", SOURCE)),
        steps=case(MASTER, over(2, SLAVE), over(3, broker(H3, name="b")), group(), group("b"), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/remark",
        severity=Severity.MAY,
        rules=(NOT_ANSWERED, apache("A group comes with the remark `not set any response code`.", ANSWER)),
        steps=case(MASTER, group(), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/unknown-name",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("An unknown name has nobody: SUCCESS, and no addresses.", SOURCE)),
        steps=case(MASTER, group("b"), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/another-cluster",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("The cluster of the question is answered, and not compared.", SOURCE)),
        steps=case(MASTER, group("a", "C2"), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/part-missing",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("Without brokerName nobody is found; without clusterName none is answered.", SOURCE),
        ),
        steps=case(MASTER, group(None), group("a", None), group(None, None), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/true-ids",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("Brokers have the ids that they registered with, also where the master has left.", SOURCE),
        ),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            gone(MASTER),
            over(2, group()),
            route("t1"),
            close(1),
        ),
    ),
    Clause(
        slug="get-broker-member-group/those-that-have-left",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("Who has left is not in the group.", SOURCE)),
        steps=case(MASTER, over(2, SLAVE), over(2, gone(SLAVE)), group(), gone(MASTER), group(), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/binary-header",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("The question may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),
        ),
        steps=case(MASTER, styled(group(), header=Header.ROCKETMQ), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-member-group/one-way",
        severity=Severity.MAY,
        rules=(apache("A one-way question is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(group()), route("t1"), close(1)),
    ),
)
