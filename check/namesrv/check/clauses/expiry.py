"""Brokers that fall silent. Time goes by in these cases: where nobody holds the NameServer's clock, that takes minutes."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import H2, after, asks, beats, broker, case, over, version
from namesrv.model.profiles import QueryRefreshes

SOURCE: Final = "RouteInfoManager.scanNotActiveBroker"
QUERY: Final = "DefaultRequestProcessor.queryBrokerTopicConfig"
SLOW: Final = frozenset({Needs.SLOW})

DEFAULT_MS: Final = 120_000
OWN_MS: Final = 3_000
FOREVER_MS: Final = (1 << 63) - 1

MASTER: Final = broker()
SHORT: Final = broker(heartbeat_timeout_ms=OWN_MS)
V2: Final = version(2)

CLAUSES: Final = (
    Clause(
        slug="scan-not-active-broker/default-timeout",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker that brings no timeout expires when it has been silent for longer than 120 s, and not before.",
                SOURCE,
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b")),
            after(1_000),
            over(2, broker(H2, name="b")),
            after(DEFAULT_MS - 1_000),
            after(1),
            after(1_000),
        ),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/own-timeout",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker expires when it has been silent for longer than the heartbeatTimeoutMillis that it brought.",
                SOURCE,
                lambda p: p.request_heartbeat_timeout,
            ),
            apache_4(
                "`heartbeatTimeoutMillis` is a field that nobody knows: it is 120 s for all.",
                SOURCE,
                lambda p: not p.request_heartbeat_timeout,
            ),
        ),
        steps=case(SHORT, after(OWN_MS), after(1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/longer-timeout",
        severity=Severity.MUST,
        rules=(
            apache("A broker may bring a timeout of more than 120 s.", SOURCE, lambda p: p.request_heartbeat_timeout),
            apache_4(
                "`heartbeatTimeoutMillis` is a field that nobody knows: it is 120 s for all.",
                SOURCE,
                lambda p: not p.request_heartbeat_timeout,
            ),
        ),
        steps=case(broker(heartbeat_timeout_ms=600_000), after(DEFAULT_MS + 1), after(480_000)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/timeout-without-end",
        severity=Severity.SHOULD,
        rules=(
            repaired("A timeout without end never ends.", lambda p: not p.expiry_overflows),
            apache(
                "A timeout without end wraps round, and the broker expires with the next scan.",
                SOURCE,
                lambda p: p.request_heartbeat_timeout,
            ),
            apache_4(
                "`heartbeatTimeoutMillis` is a field that nobody knows.",
                SOURCE,
                lambda p: not p.request_heartbeat_timeout,
            ),
        ),
        steps=case(broker(heartbeat_timeout_ms=FOREVER_MS), after(1), after(DEFAULT_MS)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/no-timeout-at-all",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "With a timeout of 0 or less a broker expires with the next scan.",
                SOURCE,
                lambda p: p.request_heartbeat_timeout,
            ),
            apache_4(
                "`heartbeatTimeoutMillis` is a field that nobody knows.",
                SOURCE,
                lambda p: not p.request_heartbeat_timeout,
            ),
        ),
        steps=case(broker(heartbeat_timeout_ms=0), over(2, broker(H2, name="b", heartbeat_timeout_ms=-1)), after(1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/registration-is-a-sign-of-life",
        severity=Severity.MUST,
        rules=(
            apache(
                "Each accepted registration is a sign of life, also one that changes nothing.",
                "RouteInfoManager.registerBroker",
            ),
        ),
        steps=case(MASTER, after(DEFAULT_MS - 1), MASTER, after(DEFAULT_MS), after(1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/heartbeat-is-a-sign-of-life",
        severity=Severity.MUST,
        rules=(
            apache(
                "A heartbeat is a sign of life.",
                "RouteInfoManager.updateBrokerInfoUpdateTimestamp",
                lambda p: p.broker_heartbeat,
            ),
            apache_4(
                "904 is not known, and no sign of life.",
                "DefaultRequestProcessor.processRequest",
                lambda p: not p.broker_heartbeat,
            ),
        ),
        steps=case(MASTER, after(DEFAULT_MS - 1), beats(MASTER), after(DEFAULT_MS), after(1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/query-is-a-sign-of-life",
        severity=Severity.MUST,
        rules=(apache("A question that is answered unchanged is a sign of life.", QUERY),),
        steps=case(MASTER, after(DEFAULT_MS - 1), asks(MASTER, version()), after(DEFAULT_MS), after(1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/query-for-another-version",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A question that is answered changed is no sign of life.",
                QUERY,
                lambda p: p.query_refreshes is QueryRefreshes.UNCHANGED,
            ),
            apache("A question that is answered changed is a sign of life, too.", QUERY),
        ),
        steps=case(MASTER, after(DEFAULT_MS - 1), asks(MASTER, V2), after(2)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/query-for-another-place",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A question for another place is no sign of life.",
                lambda p: p.query_refreshes is QueryRefreshes.SAME_PLACE,
            ),
            apache("A question for another place is a sign of life.", QUERY),
        ),
        steps=case(MASTER, after(DEFAULT_MS - 1), asks(broker(name="b"), version()), after(2)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/connection-is-closed",
        severity=Severity.MUST,
        rules=(apache("The connection of a broker that has expired is closed.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b", heartbeat_timeout_ms=600_000)), after(DEFAULT_MS + 1)),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/neighbours",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A broker that expires leaves the connection to another one that is alive.",
                lambda p: p.expiry_spares_neighbours,
            ),
            apache(
                "When a broker expires its connection is closed, though another one that is alive speaks over it.",
                SOURCE,
            ),
        ),
        steps=case(
            MASTER,
            broker(H2, name="b", heartbeat_timeout_ms=600_000),
            after(DEFAULT_MS - 1),
            broker(H2, name="b", heartbeat_timeout_ms=600_000),
            after(2),
            asks(broker(H2, name="b"), version()),
        ),
        needs=SLOW,
    ),
    Clause(
        slug="scan-not-active-broker/master-of-an-acting-group",
        severity=Severity.MUST,
        rules=(
            apache(
                "When the master of a group with enableActingMaster expires, its queues lose the write bit.",
                "RouteInfoManager.unRegisterBroker",
                lambda p: p.acting_master,
            ),
            apache_4(
                "When a master expires, its group's queues stay as they are.", SOURCE, lambda p: not p.acting_master
            ),
        ),
        steps=case(
            broker(enable_acting_master=True),
            after(1_000),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            after(DEFAULT_MS - 999),
        ),
        needs=SLOW,
    ),
)
