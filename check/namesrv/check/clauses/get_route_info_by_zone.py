"""GET_ROUTEINFO_BY_TOPIC (105), asked by clients that want the brokers of their zone only (`__ZONE_MODE`, `__ZONE_NAME`)."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4
from namesrv.check.clauses.world import H2, H3, broker, case, over, route, styled
from namesrv.model.events import GetRouteInfoByTopic
from namesrv.model.values import table

FILTERS: Final = "ZoneRouteRPCHook.filterByZoneName"
ASKED: Final = "ZoneRouteRPCHook.doAfterResponse"

NOT_KNOWN: Final = apache_4(
    "Zones are not known: every broker is told of.", "RouteInfoManager.pickupTopicRouteData", lambda p: not p.zones
)
IN_Z1: Final = broker(zone_name="z1", filters=("f1:1",))
IN_Z2: Final = broker(H2, name="b", zone_name="z2", filters=("f2:1",))


def of_zone(name: str) -> GetRouteInfoByTopic:
    """A client's question for its zone."""
    return GetRouteInfoByTopic(topic="t1", zone_name=name)


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="get-route-info-by-topic/zone-in-capitals",
        severity=Severity.MUST,
        rules=(NOT_KNOWN, apache("A zone is the same in capitals.", FILTERS)),
        steps=case(IN_Z1, over(2, IN_Z2), of_zone("Z1"), of_zone("z"), of_zone("z11")),
    ),
    Clause(
        slug="get-route-info-by-topic/zone-of-a-group-without-master",
        severity=Severity.MUST,
        rules=(NOT_KNOWN, apache("A group without a master is told of in every zone.", FILTERS)),
        steps=case(
            IN_Z1,
            over(2, broker(H2, name="b", broker_id=1, enable_acting_master=True, zone_name="z2")),
            of_zone("z1"),
            of_zone("z3"),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/zone-of-who-has-none",
        severity=Severity.MUST,
        rules=(NOT_KNOWN, apache("A broker that is in no zone is in nobody's.", FILTERS)),
        steps=case(IN_Z1, over(2, broker(H2, name="b")), over(3, broker(H3, name="c", zone_name="")), of_zone("z1")),
    ),
    Clause(
        slug="get-route-info-by-topic/zone-filter-servers",
        severity=Severity.SHOULD,
        rules=(NOT_KNOWN, apache("Filter servers of brokers that are left out are left out with them.", FILTERS)),
        steps=case(
            IN_Z1,
            over(2, IN_Z2),
            over(3, broker(H3, (), name="b", broker_id=1, zone_name="z2", filters=("f3:1",))),
            of_zone("z1"),
            of_zone("z2"),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/zone-mode-off",
        severity=Severity.MUST,
        rules=(NOT_KNOWN, apache("Who names its zone, and does not ask for it alone, is told of all brokers.", ASKED)),
        steps=case(
            IN_Z1,
            over(2, IN_Z2),
            *(
                styled(route("t1"), ext_fields=table({"__ZONE_NAME": "z1", **mode}))
                for mode in ({}, {"__ZONE_MODE": "false"}, {"__ZONE_MODE": "1"}, {"__ZONE_MODE": "TRUE"})
            ),
        ),
    ),
    Clause(
        slug="get-route-info-by-topic/zone-blank",
        severity=Severity.SHOULD,
        rules=(NOT_KNOWN, apache("Who asks for a zone without a name is told of all brokers.", ASKED)),
        steps=case(
            IN_Z1,
            over(2, IN_Z2),
            of_zone(""),
            of_zone("  "),
            styled(route("t1"), ext_fields=table({"__ZONE_MODE": "true"})),
        ),
    ),
)
