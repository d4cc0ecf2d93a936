"""REGISTER_BROKER (103): what becomes of topics, filter servers, zones and mappings."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H2,
    adds,
    broker,
    case,
    configs,
    gone,
    mapping,
    over,
    queue,
    route,
    styled,
    version,
)
from namesrv.model.values import TopicConfig, table

SOURCE: Final = "RouteInfoManager.registerBroker"
QUEUES: Final = "RouteInfoManager.createAndUpdateQueueData"
ROUTES: Final = "RouteInfoManager.pickupTopicRouteData"

MASTER: Final = broker()
V2: Final = version(2)


def _sized(name: str, read: int, write: int) -> dict[str, TopicConfig]:
    return {name: TopicConfig(topic_name=name, read_queue_nums=read, write_queue_nums=write)}


CLAUSES: Final[tuple[Clause, ...]] = (
    # Queues -------------------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/perm",
        severity=Severity.MUST,
        rules=(apache("A topic's perm is passed on as it is, whatever its bits.", QUEUES),),
        steps=case(
            broker(
                topics=configs("t1", perm=7) | configs("t2", perm=4) | configs("t3", perm=2) | configs("t4", perm=0)
            ),
            broker(topics=configs("t1", perm=1) | configs("t2", perm=6), said=V2),
        ),
    ),
    Clause(
        slug="register-broker/queue-numbers",
        severity=Severity.MUST,
        rules=(apache("Read and write queues are numbers of their own, and either may change alone.", QUEUES),),
        steps=case(
            broker(topics=_sized("t1", 8, 2) | _sized("t2", 0, 16)),
            broker(topics=_sized("t1", 8, 4) | _sized("t2", 1, 16), said=V2),
        ),
    ),
    Clause(
        slug="register-broker/topic-sys-flag",
        severity=Severity.SHOULD,
        rules=(apache("A topic's topicSysFlag is passed on as it is.", QUEUES),),
        steps=case(
            broker(topics=configs("t1", flag=1) | configs("t2", flag=2) | configs("t3", flag=7)),
            broker(topics=configs("t1", flag=2), said=V2),
        ),
    ),
    Clause(
        slug="register-broker/queues-replaced",
        severity=Severity.MUST,
        rules=(apache("What a name offers of a topic replaces what it offered before, and nobody else's.", QUEUES),),
        steps=case(
            MASTER, over(2, broker(H2, name="b")), broker(topics=configs("t1", "t2", queues=1, perm=4), said=V2)
        ),
    ),
    Clause(
        slug="register-broker/topic-name-of-the-config",
        severity=Severity.MUST,
        rules=(apache("A topic has the name that its config says, not the key under which it was sent.", QUEUES),),
        steps=case(
            broker(topics={"k1": TopicConfig(topic_name="t1"), "k2": TopicConfig(topic_name="t2")}), route("k1")
        ),
    ),
    Clause(
        slug="register-broker/order-and-attributes",
        severity=Severity.SHOULD,
        rules=(apache("Of a topic's config only its queues, perm and topicSysFlag get through to routes.", QUEUES),),
        steps=case(
            broker(
                topics={
                    "t1": TopicConfig(topic_name="t1", order=True, topic_filter_type="MULTI_TAG"),
                    "t2": TopicConfig(topic_name="t2", attributes=table({"+message.type": "FIFO"})),
                }
            ),
        ),
    ),
    Clause(
        slug="register-broker/many-topics",
        severity=Severity.MUST,
        rules=(apache("A broker may have hundreds of topics.", SOURCE),),
        steps=case(
            broker(topics=[f"t{n}" for n in range(300)]),
            broker(topics=configs("t7", queues=9), said=V2),
            styled(broker(topics=[f"t{n}" for n in range(1, 302)], said=version(3)), compressed=True),
        ),
    ),
    # Filter servers -----------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/filter-servers",
        severity=Severity.SHOULD,
        rules=(apache("A broker's filter servers are shown in its routes, a slave's too.", ROUTES),),
        steps=case(broker(filters=("f1:1", "f2:1")), over(2, broker(H2, broker_id=1, filters=("f3:1",)))),
    ),
    Clause(
        slug="register-broker/filter-servers-replaced",
        severity=Severity.SHOULD,
        rules=(apache("A list of filter servers replaces the one before, whatever the DataVersion.", SOURCE),),
        steps=case(broker(filters=("f1:1", "f2:1")), broker(filters=("f2:1",))),
    ),
    Clause(
        slug="register-broker/filter-servers-emptied",
        severity=Severity.SHOULD,
        rules=(apache("An empty list takes the filter servers away.", SOURCE),),
        steps=case(broker(filters=("f1:1",)), broker(filters=())),
    ),
    Clause(
        slug="register-broker/filter-servers-null",
        severity=Severity.SHOULD,
        rules=(apache("Null leaves the filter servers as they are.", SOURCE),),
        steps=case(broker(filters=("f1:1",)), broker(filters=None, said=V2)),
    ),
    Clause(
        slug="register-broker/filter-servers-of-two-clusters",
        severity=Severity.SHOULD,
        rules=(
            repaired(
                "An address stands in one cluster, and has that one's filter servers.",
                lambda p: p.one_place_per_address,
            ),
            apache_4(
                "An address has one list of filter servers, in all clusters.", SOURCE, lambda p: not p.concurrent_tables
            ),
            apache("An address has a list of filter servers in each cluster.", SOURCE),
        ),
        steps=case(
            broker(filters=("f1:1",)),
            broker(topics=("t3", "t4"), name="b", cluster="C2", filters=("f2:1",)),
            route("t1"),
        ),
    ),
    # Zones and acting masters -------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/zone-name",
        severity=Severity.MUST,
        rules=(
            apache(
                "A name has the zone of its last registration, and none without.", SOURCE, lambda p: p.acting_master
            ),
            apache_4("There are no zones.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(zone_name="z1"), broker(zone_name="z2"), MASTER),
    ),
    Clause(
        slug="register-broker/acting-master-flag",
        severity=Severity.MUST,
        rules=(
            apache(
                "A name has enableActingMaster as its last registration says, false if that does not.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("There is no enableActingMaster.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(enable_acting_master=True),
            MASTER,
            broker(enable_acting_master=True),
            broker(enable_acting_master=False),
        ),
    ),
    Clause(
        slug="register-broker/flags-of-a-slave",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Zone and enableActingMaster are the name's: a slave's registration changes them.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("There is neither zone nor enableActingMaster.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(zone_name="z1"), over(2, broker(H2, broker_id=1, zone_name="z2", enable_acting_master=True))),
    ),
    # Topic-queue mappings -----------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/mappings",
        severity=Severity.MUST,
        rules=(
            apache(
                "A topic-queue mapping is shown in its topic's route, by broker name.",
                ROUTES,
                lambda p: p.acting_master,
            ),
            apache_4("There are no topic-queue mappings.", ROUTES, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(mappings=mapping("t1")),
            over(2, broker(H2, name="b", mappings=mapping("t1", "b", 1) | mapping("t2", "b"))),
        ),
    ),
    Clause(
        slug="register-broker/mappings-replaced",
        severity=Severity.MUST,
        rules=(
            apache("Under another DataVersion a mapping replaces the one before.", SOURCE, lambda p: p.acting_master),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), broker(mappings=mapping("t1", epoch=1), said=V2)),
    ),
    Clause(
        slug="register-broker/mapping-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A mapping of an accepted body is put, whatever its DataVersion.", lambda p: p.same_version_puts_topics
            ),
            apache(
                "A mapping is not put under the stored DataVersion, not even a new one.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), broker(mappings=mapping("t1", epoch=1) | mapping("t2"))),
    ),
    Clause(
        slug="register-broker/mapping-of-a-newcomer",
        severity=Severity.MUST,
        rules=(
            apache(
                "Who comes to an id that nobody holds brings its mappings, under whatever DataVersion.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(MASTER, broker(name="b", mappings=mapping("t1", "b")), gone(broker(name="b"))),
    ),
    Clause(
        slug="register-broker/mappings-of-several-names",
        severity=Severity.MUST,
        rules=(
            apache("A topic has the mappings of every name that has one.", ROUTES, lambda p: p.acting_master),
            apache_4("There are no topic-queue mappings.", ROUTES, lambda p: not p.acting_master),
        ),
        steps=case(
            *(over(n, broker(f"h{n}:1", name=f"b{n}", mappings=mapping("t1", f"b{n}", n))) for n in range(1, 4)),
            over(1, broker("h1:1", name="b1", mappings=mapping("t1", "b1", 9), said=V2)),
        ),
    ),
    Clause(
        slug="register-broker/mapping-left-out",
        severity=Severity.MUST,
        rules=(
            apache("A mapping that a later body does not name stays.", SOURCE, lambda p: p.acting_master),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), broker(said=V2)),
    ),
    Clause(
        slug="register-broker/mapping-of-another-name",
        severity=Severity.MUST,
        rules=(
            repaired("A mapping of another broker name is refused.", lambda p: p.parts_required),
            apache(
                "A mapping is put under the name that it says, whoever brings it.", SOURCE, lambda p: p.acting_master
            ),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1", "b"))),
    ),
    Clause(
        slug="register-broker/mapping-of-a-slave",
        severity=Severity.MUST,
        rules=(apache("Who publishes no topics publishes no topic-queue mappings.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, broker_id=1, mappings=mapping("t1")))),
    ),
    Clause(
        slug="register-broker/mapping-outlives-its-broker",
        severity=Severity.MUST,
        rules=(
            repaired("The last address of a name takes its mappings along.", lambda p: p.mappings_leave_with_broker),
            apache(
                "A mapping outlives its broker: it is in the topic's route as soon as somebody else has the topic.",
                "RouteInfoManager.unRegisterBroker",
                lambda p: p.acting_master,
            ),
            apache_4("There are no topic-queue mappings.", ROUTES, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), gone(MASTER), over(2, broker(H2, name="b"))),
    ),
    Clause(
        slug="register-broker/topic-added-by-hand-stays",
        severity=Severity.MUST,
        rules=(
            apache(
                "A topic that was added by hand is none of its broker's business, until that names it.",
                SOURCE,
                lambda p: p.register_topic,
            ),
            apache_4(
                "Nobody adds topics by hand.", "DefaultRequestProcessor.processRequest", lambda p: not p.register_topic
            ),
        ),
        steps=case(
            MASTER, adds("t3", queue()), route("t3"), broker(said=V2), broker(topics=("t1", "t3"), said=version(3))
        ),
    ),
    Clause(
        slug="register-broker/names-that-are-not-ascii",
        severity=Severity.MUST,
        rules=(apache("Names may have any characters.", SOURCE),),
        # No key of the body has a character of four bytes: 5.4.0 (fastjson2 2.0.43) can't read such a body.
        steps=case(
            broker(
                "hö:1", configs("tä", "t日本") | {"k": TopicConfig(topic_name="t😀")}, name="ß😀", cluster="Çluster"
            ),
            gone(broker("hö:1", name="ß😀", cluster="Çluster")),
        ),
    ),
)
