"""BROKER_HEARTBEAT (904), of 5.x."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import asks, beats, broker, case, close, one_way, over, styled, version
from namesrv.check.steps import Header
from namesrv.model.events import GetBrokerClusterInfo
from namesrv.model.profiles import Profile

SOURCE: Final = "DefaultRequestProcessor.brokerHeartbeat"
UNKNOWN: Final = "DefaultRequestProcessor.processRequest"

MASTER: Final = broker()


def _unknown(profile: Profile) -> bool:
    return not profile.broker_heartbeat


NOT_ANSWERED: Final = apache_4("The code is not known, and not answered.", UNKNOWN, _unknown)

CLAUSES: Final = (
    Clause(
        slug="broker-heartbeat/known",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("A heartbeat is answered SUCCESS, and changes nothing that can be seen.", SOURCE)),
        steps=case(MASTER, beats(MASTER), asks(MASTER, version()), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/unknown-address",
        severity=Severity.MUST,
        rules=(NOT_ANSWERED, apache("A heartbeat of nobody is answered SUCCESS, and registers nobody.", SOURCE)),
        steps=case(beats(MASTER), asks(MASTER, version()), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/does-not-take-over",
        severity=Severity.MUST,
        rules=(
            NOT_ANSWERED,
            apache("A heartbeat over another connection does not make that one speak for the broker.", SOURCE),
        ),
        steps=case(MASTER, over(2, beats(MASTER)), over(2, GetBrokerClusterInfo()), close(2), asks(MASTER, version())),
    ),
    Clause(
        slug="broker-heartbeat/broker-name-missing",
        severity=Severity.MAY,
        rules=(NOT_ANSWERED, apache("Nobody looks at the broker name.", SOURCE)),
        steps=case(MASTER, beats(broker(name=None)), beats(broker(name="b")), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/cluster-name-missing",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache(
                "A heartbeat without clusterName is answered with a NullPointerException.", "BrokerAddrInfo.hashCode"
            ),
        ),
        steps=case(MASTER, beats(broker(cluster=None)), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/broker-addr-missing",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache(
                "A heartbeat without brokerAddr is answered with a NullPointerException.", "BrokerAddrInfo.hashCode"
            ),
        ),
        steps=case(MASTER, beats(broker(None)), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/another-cluster",
        severity=Severity.SHOULD,
        rules=(NOT_ANSWERED, apache("A heartbeat in another cluster is nobody's, and answered SUCCESS.", SOURCE)),
        steps=case(MASTER, beats(broker(cluster="C2")), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/binary-header",
        severity=Severity.SHOULD,
        rules=(
            NOT_ANSWERED,
            apache("A heartbeat may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),
        ),
        steps=case(MASTER, styled(beats(MASTER), header=Header.ROCKETMQ), GetBrokerClusterInfo(), close(1)),
    ),
    Clause(
        slug="broker-heartbeat/one-way",
        severity=Severity.SHOULD,
        rules=(apache("A one-way heartbeat is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(beats(MASTER)), asks(MASTER, version()), close(1)),
    ),
)
