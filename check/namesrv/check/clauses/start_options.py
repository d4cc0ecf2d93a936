"""What options of the start change, set while it runs: UPDATE_NAMESRV_CONFIG puts them back in the end.

Everybody is answered otherwise meanwhile, so only where no broker is registered (`UNUSED`). 4.9.7 knows none of them.
"""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Rule, Severity
from namesrv.check.clauses.namesrv_config import sets
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import H2, H3, adds, broker, case, close, configs, mapping, over, queue, route, version
from namesrv.model.events import GetAllTopicList, GetTopicsByCluster, GetUnitTopicList, UnitList

PICKUP: Final = "RouteInfoManager.pickupTopicRouteData"
REGISTER: Final = "RouteInfoManager.registerBroker"
LISTS: Final = "DefaultRequestProcessor.getUnitTopicList"
ALL_TOPICS: Final = "DefaultRequestProcessor.getAllTopicListFromNameserver"

UNUSED: Final = frozenset({Needs.UNUSED})
MASTER: Final = broker(topics=configs("t1") | configs("t2", perm=7) | configs("t3", perm=2), enable_acting_master=True)


def rules(sentence: str, source: str) -> tuple[Rule, ...]:
    """What 5.x does; that 4.9.7 does not know the option."""
    return (
        apache(sentence, source, lambda p: p.acting_master),
        apache_4("Nobody knows the option: nothing changes.", source, lambda p: not p.acting_master),
    )


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="update-namesrv-config/support-acting-master",
        severity=Severity.MUST,
        rules=rules(
            "With supportActingMaster routes show the least slave of a group without its master under id 0; the tables keep it.",
            PICKUP,
        ),
        steps=case(
            sets(supportActingMaster="true"),
            over(2, MASTER),
            over(3, broker(H2, (), broker_id=1, enable_acting_master=True)),
            over(4, broker(H3, (), broker_id=2, enable_acting_master=True)),
            close(2),
            route("t1"),
            route("t1"),
            over(2, MASTER),
            route("t1"),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/support-acting-master-where-asked",
        severity=Severity.MUST,
        rules=rules(
            "There is no acting master in a group that did not ask for one, nor for a topic that can be written.",
            PICKUP,
        ),
        steps=case(
            sets(supportActingMaster="true"),
            broker(broker_id=1, enable_acting_master=True),
            over(2, broker(H2, ("t1", "t3"), name="b", broker_id=1, enable_acting_master=False)),
            adds("t2", queue(perm=6)),
            adds("t4", queue(perm=2)),
            adds("t5", queue(perm=0), queue("b", perm=4)),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/delete-topic-with-broker-registration",
        severity=Severity.MUST,
        rules=rules(
            "With deleteTopicWithBrokerRegistration a name has the topics of its last registration, unless that has mappings.",
            REGISTER,
        ),
        steps=case(
            sets(deleteTopicWithBrokerRegistration="true"),
            broker(),
            over(2, broker(H2, name="b")),
            broker(topics=("t2", "t3"), said=version(2)),
            broker(topics=("t4", "t5"), said=version(3), mappings=mapping("t4")),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/enable-topic-list",
        severity=Severity.SHOULD,
        rules=rules("Without enableTopicList the lists of some topics are refused, that of all is not.", LISTS),
        steps=case(
            broker(topics=configs("t1", "t2", flag=3)),
            sets(enableTopicList="false"),
            GetTopicsByCluster(cluster="C1"),
            *(GetUnitTopicList(kind=kind) for kind in UnitList),
            GetAllTopicList(),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="update-namesrv-config/enable-all-topic-list",
        severity=Severity.SHOULD,
        rules=rules("Without enableAllTopicList the list of all topics is refused, those of some are not.", ALL_TOPICS),
        steps=case(
            broker(topics=configs("t1", "t2", flag=3)),
            sets(enableAllTopicList="false"),
            GetAllTopicList(),
            GetTopicsByCluster(cluster="C1"),
            GetUnitTopicList(kind=UnitList.UNIT),
        ),
        needs=UNUSED,
    ),
)
