"""REGISTER_BROKER (103): names that are alike, numbers beyond an int, how many of all there may be, and what a refusal says."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, apache_5_4, repaired
from namesrv.check.clauses.world import H1, H2, asks, broker, case, configs, over, route, version
from namesrv.model.profiles import OlderStateVersion, TopicBeforeBroker

SOURCE: Final = "RouteInfoManager.registerBroker"
QUEUES: Final = "RouteInfoManager.createAndUpdateQueueData"
CHANGED: Final = "RouteInfoManager.isBrokerTopicConfigChanged"

BEYOND_AN_INT: Final = 1 << 32

MASTER: Final = broker()


def addr(number: int) -> str:
    """One of many."""
    return f"h{number}:10911"


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="register-broker/refusal-remark",
        severity=Severity.MAY,
        rules=(
            apache_4(
                "One topic registers its broker, without a word.",
                SOURCE,
                lambda p: p.topic_before_broker is TopicBeforeBroker.ACCEPTED,
            ),
            apache(
                "Who is refused with one topic reads `register broker failed`.",
                "DefaultRequestProcessor.registerBroker",
            ),
        ),
        steps=case(broker(topics=("t1",))),
    ),
    Clause(
        slug="register-broker/addresses-alike-but-for-case",
        severity=Severity.MUST,
        rules=(
            apache("Addresses are compared to the letter: those that differ in capitals are two brokers'.", SOURCE),
        ),
        steps=case(
            MASTER,
            over(2, broker(H1.upper(), broker_id=1)),
            over(3, broker(H1.title(), ("t3", "t4"), name="b")),
            over(2, asks(broker(H1.upper()), version())),
        ),
    ),
    Clause(
        slug="register-broker/addresses-that-begin-alike",
        severity=Severity.MUST,
        rules=(apache("An address that another one begins with is another broker's.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H1[:-1], broker_id=1)),
            over(3, broker(f"{H1}0", broker_id=2)),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="register-broker/names-alike",
        severity=Severity.MUST,
        rules=(
            apache(
                "Names of brokers, clusters and topics are compared to the letter: blanks, capitals and all.", SOURCE
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, ("T1", "t1 ", "t11"), name="A", cluster="c1")),
            over(3, broker(addr(3), ("t1", "T1"), name="aa", cluster="C1 ")),
            over(4, broker(addr(4), ("t1", "t11"), name="a ", cluster="C11")),
            route("t1"),
            asks(broker(cluster="c1"), version()),
        ),
    ),
    Clause(
        slug="register-broker/state-version-beyond-an-int",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A stateVersion is a long: one beyond an int is greater, and the older claim is refused.",
                lambda p: p.older_state_version is OlderStateVersion.REFUSED,
            ),
            apache(
                "A stateVersion is a long: one beyond an int is greater, and the older claim is not registered.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.IGNORED,
            ),
            apache_4("A stateVersion is a field that nobody knows.", SOURCE, lambda p: not p.state_version),
        ),
        steps=case(
            broker(said=version(state=1 << 31)),
            over(2, broker(H2, said=version(2, state=1))),
            over(3, broker(addr(3), said=version(3, state=BEYOND_AN_INT))),
        ),
    ),
    Clause(
        slug="register-broker/counters-that-an-int-takes-for-one",
        severity=Severity.MUST,
        rules=(
            apache_5_4(
                "A body with a counter beyond an int can't be decoded, and nothing changes.",
                "DefaultRequestProcessor.extractRegisterBrokerBodyFromRequest",
                lambda p: p.counter_is_int,
            ),
            apache("Counters that differ by 2^32 are two.", CHANGED),
        ),
        steps=case(
            broker(said=version(7, 1)),
            broker(topics=configs("t1", "t3", queues=8), said=version(7 + BEYOND_AN_INT, 1)),
            asks(MASTER, version(7, 1)),
        ),
    ),
    Clause(
        slug="register-broker/timestamp-beyond-an-int",
        severity=Severity.MUST,
        rules=(apache("Timestamps that differ by 2^32 are two.", CHANGED),),
        steps=case(
            broker(said=version(1, 7)),
            broker(topics=configs("t1", "t3", queues=8), said=version(1, 7 + BEYOND_AN_INT)),
            asks(MASTER, version(1, 7)),
        ),
    ),
    Clause(
        slug="register-broker/many-ids",
        severity=Severity.MUST,
        rules=(apache("A name may have as many brokers as have ids.", SOURCE),),
        steps=case(
            MASTER,
            *(over(number, broker(addr(number), broker_id=number)) for number in range(2, 9)),
            asks(broker(addr(8)), version()),
        ),
    ),
    Clause(
        slug="register-broker/many-names",
        severity=Severity.MUST,
        rules=(apache("A topic may have the queues of many names, and its route shows them all.", QUEUES),),
        steps=case(*(over(number, broker(addr(number), name=f"b{number}")) for number in range(1, 9)), route("t1")),
    ),
    Clause(
        slug="register-broker/thousand-topics",
        severity=Severity.MUST,
        rules=(apache("There may be more than a thousand topics.", QUEUES),),
        steps=case(broker(topics=[f"t{number}" for number in range(1_100)])),
    ),
)
