"""GET_BROKER_CLUSTER_INFO (106): what administrators see of clusters and brokers."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache
from namesrv.check.clauses.world import H2, H3, broker, case, close, gone, one_way, over, route, styled
from namesrv.check.steps import Header
from namesrv.model.events import GetBrokerClusterInfo

SOURCE: Final = "RouteInfoManager.getAllClusterInfo"

MASTER: Final = broker()
ALL: Final = GetBrokerClusterInfo()

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="get-broker-cluster-info/all",
        severity=Severity.MUST,
        rules=(apache("Every name with its brokers, and every cluster with its names.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H2, (), broker_id=1)),
            over(3, broker(H3, name="b")),
            over(4, broker("h4:1", name="c", cluster="C2")),
            ALL,
        ),
    ),
    Clause(
        slug="get-broker-cluster-info/names-that-publish-nothing",
        severity=Severity.MUST,
        rules=(apache("A name without topics is listed, too.", SOURCE),),
        steps=case(broker(topics=()), ALL),
    ),
    Clause(
        slug="get-broker-cluster-info/true-ids",
        severity=Severity.MUST,
        rules=(
            apache(
                "Brokers are listed under the ids that they registered with, also where the master has left.", SOURCE
            ),
        ),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=3, enable_acting_master=True)),
            close(1),
            over(2, ALL),
        ),
    ),
    Clause(
        slug="get-broker-cluster-info/empty-cluster",
        severity=Severity.MUST,
        rules=(apache("A cluster goes with its last name.", "RouteInfoManager.unRegisterBroker"),),
        steps=case(MASTER, over(2, broker(H2, name="b")), gone(MASTER), ALL, over(2, gone(broker(H2, name="b"))), ALL),
    ),
    Clause(
        slug="get-broker-cluster-info/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The question may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(MASTER, styled(ALL, header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="get-broker-cluster-info/one-way",
        severity=Severity.MAY,
        rules=(apache("A one-way question is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(ALL), route("t1"), close(1)),
    ),
    Clause(
        slug="get-broker-cluster-info/keys-without-quotes",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Broker ids are without quotes for all, for so every client reads them.", "RemotingSerializable.encode"
            ),
        ),
        steps=case(
            broker(),
            *(styled(GetBrokerClusterInfo(), whole_answer=True, mq_version=number) for number in (0, 513)),
        ),
    ),
)
