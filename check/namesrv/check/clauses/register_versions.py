"""REGISTER_BROKER (103): which DataVersions are news, and what of a body is put."""

from typing import Any, Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import EXTENSIONS, apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H2,
    asks,
    broker,
    case,
    close,
    configs,
    deletes,
    gone,
    mapping,
    over,
    styled,
    version,
)
from namesrv.model.profiles import TopicUpdate
from namesrv.model.values import TopicConfig

SOURCE: Final = "RouteInfoManager.registerBroker"
CHANGED: Final = "RouteInfoManager.isBrokerTopicConfigChanged"
ABSENT: Final = "RouteInfoManager.isTopicConfigChanged"

MASTER: Final = broker()
V2: Final = version(2)
FEW: Final = configs("t1", "t2")
MORE: Final = configs("t1", "t2", queues=8)
OTHER: Final = configs("t1", "t2", queues=2)

COMPRESSED: Final[dict[str, Any]] = {"compressed": True, "mq_version": 401}
"""Another way to write it: nobody takes it for the same bytes."""

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="register-broker/changed-version",
        severity=Severity.MUST,
        rules=(apache("Under another DataVersion every topic of the body is put.", CHANGED),),
        steps=case(MASTER, broker(topics=configs("t1", "t2", "t3", queues=8), said=V2), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/counter-alone",
        severity=Severity.MUST,
        rules=(apache("Another counter alone is another DataVersion.", CHANGED),),
        steps=case(
            broker(topics=FEW),
            broker(topics=MORE, said=version(2, 1)),
            asks(MASTER, version(2, 1)),
            styled(broker(topics=OTHER, said=version(3, 1)), **COMPRESSED),
        ),
    ),
    Clause(
        slug="register-broker/timestamp-alone",
        severity=Severity.MUST,
        rules=(apache("Another timestamp alone is another DataVersion.", CHANGED),),
        steps=case(
            broker(topics=FEW),
            broker(topics=MORE, said=version(1, 2)),
            asks(MASTER, version(1, 2)),
            styled(broker(topics=OTHER, said=version(1, 3)), **COMPRESSED),
        ),
    ),
    Clause(
        slug="register-broker/state-version-alone",
        severity=Severity.MUST,
        rules=(
            apache("Another stateVersion alone is another DataVersion.", CHANGED, lambda p: p.state_version),
            apache_4("A DataVersion is a timestamp and a counter.", CHANGED, lambda p: not p.state_version),
        ),
        steps=case(
            broker(topics=FEW),
            broker(topics=MORE, said=version(state=1)),
            asks(MASTER, version()),
            asks(MASTER, version(state=1)),
        ),
    ),
    Clause(
        slug="register-broker/known-topic-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A topic of an accepted body is put, whatever its DataVersion.", lambda p: p.same_version_puts_topics
            ),
            apache("A known topic is not put under the stored DataVersion.", CHANGED),
        ),
        steps=case(
            broker(topics=FEW),
            broker(topics=MORE),
            asks(MASTER, version()),
            styled(broker(topics=OTHER), **COMPRESSED),
        ),
    ),
    Clause(
        slug="register-broker/topics-told-one-by-one",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Of topics that are told one by one under one new DataVersion each is put.",
                lambda p: p.same_version_puts_topics,
            ),
            apache("Of known topics that are told one by one under one new DataVersion the first is put.", CHANGED),
        ),
        steps=case(
            broker(topics=FEW, filters=("f1:1",)),
            broker(topics=configs("t1", queues=8), said=V2),
            broker(topics=configs("t2", queues=8), said=V2),
            broker(topics=MORE, said=V2),
            asks(MASTER, V2),
        ),
    ),
    Clause(
        slug="register-broker/absent-topic-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A new topic is not put under the stored DataVersion.",
                CHANGED,
                lambda p: p.topic_update is TopicUpdate.ALL_IF_CHANGED,
            ),
            apache("A topic that the name has no queues of is put under the stored DataVersion, too.", ABSENT),
        ),
        steps=case(MASTER, broker(topics=("t1", "t2", "t3"))),
    ),
    Clause(
        slug="register-broker/newcomer-to-an-id-under-the-same-version",
        severity=Severity.MUST,
        rules=(apache("Who comes to an id that nobody holds has its topics put, under whatever DataVersion.", SOURCE),),
        steps=case(
            MASTER,
            broker(broker_id=1),
            over(2, broker(H2, name="b")),
            over(2, broker(H2, configs("t1", "t2", queues=8))),
        ),
    ),
    Clause(
        slug="register-broker/id-taken-over-under-a-known-version",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Who takes an id over has its topics put, under whatever DataVersion.",
                lambda p: p.same_version_puts_topics,
            ),
            apache(
                "Who takes an id over under the DataVersion that its address has registered elsewhere has no known topic put.",
                CHANGED,
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H2, name="b")),
            over(2, broker(H2, configs("t1", "t2", queues=8))),
        ),
    ),
    Clause(
        slug="register-broker/absent-topic-by-the-name-of-its-config",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A topic of an accepted body is put, whatever its key and its DataVersion.",
                lambda p: p.same_version_puts_topics,
            ),
            apache_4(
                "No topic is put under the stored DataVersion.",
                CHANGED,
                lambda p: p.topic_update is TopicUpdate.ALL_IF_CHANGED,
            ),
            apache("Whether a topic is missing is asked of its config's name, not of its key.", ABSENT),
        ),
        steps=case(
            MASTER,
            broker(topics={"t1": TopicConfig(topic_name="t3"), "t9": TopicConfig(topic_name="t2", read_queue_nums=9)}),
        ),
    ),
    Clause(
        slug="register-broker/topic-of-another-name-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A topic that only another name has is not put under the stored DataVersion.",
                CHANGED,
                lambda p: p.topic_update is TopicUpdate.ALL_IF_CHANGED,
            ),
            apache("A topic that only another name has is absent, and put.", ABSENT),
        ),
        steps=case(MASTER, over(2, broker(H2, ("t2", "t3"), name="b")), broker(topics=("t1", "t2", "t3"))),
    ),
    Clause(
        slug="register-broker/deleted-topic-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A deleted topic does not come back under the stored DataVersion.",
                CHANGED,
                lambda p: p.topic_update is TopicUpdate.ALL_IF_CHANGED,
            ),
            apache(
                "A deleted topic comes back with its broker's next registration, under whatever DataVersion.", ABSENT
            ),
        ),
        steps=case(MASTER, deletes("t1"), MASTER),
    ),
    Clause(
        slug="register-broker/deleted-topic-under-a-changed-version",
        severity=Severity.MUST,
        rules=(apache("A deleted topic comes back under another DataVersion.", SOURCE),),
        steps=case(MASTER, deletes("t1"), broker(said=V2)),
    ),
    Clause(
        slug="register-broker/topic-left-out",
        severity=Severity.MUST,
        rules=(apache("A topic that a later body does not name stays.", SOURCE),),
        steps=case(broker(topics=("t1", "t2", "t3")), broker(topics=("t2", "t3"), said=V2)),
    ),
    Clause(
        slug="register-broker/full-body",
        severity=Severity.MUST,
        rules=(
            repaired(
                "What a master does not name in a body that is said to be full, it has no more.",
                lambda p: p.full_body_replaces,
                EXTENSIONS,
            ),
            apache("`fullBody` is a field that nobody knows: a topic that is not named stays.", SOURCE),
        ),
        steps=case(broker(topics=("t1", "t2", "t3")), broker(topics=("t2", "t3"), said=V2, full_body=True)),
    ),
    Clause(
        slug="register-broker/full-body-of-mappings",
        severity=Severity.MUST,
        rules=(
            repaired("A full body takes mappings away as it does topics.", lambda p: p.full_body_replaces, EXTENSIONS),
            apache("A mapping that is not named stays.", SOURCE, lambda p: p.acting_master),
            apache_4("There are no mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(mappings=mapping("t1") | mapping("t2")), broker(said=V2, mappings=mapping("t2"), full_body=True)
        ),
    ),
    Clause(
        slug="register-broker/body-without-a-part",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Who says that its body is a part is not told that this version is unchanged.",
                lambda p: p.full_body_replaces,
                EXTENSIONS,
            ),
            apache("`fullBody` is a field that nobody knows: the version is unchanged.", SOURCE),
        ),
        steps=case(
            MASTER,
            broker(topics=("t3",), said=V2, full_body=False),
            asks(MASTER, V2),
            broker(said=V2, full_body=True),
            asks(MASTER, V2),
        ),
    ),
    # Versions that go back ----------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/older-version-over-its-own-connection",
        severity=Severity.MUST,
        rules=(
            apache(
                "Over the connection that speaks for it, a broker's last word counts, whatever its DataVersion.", SOURCE
            ),
        ),
        steps=case(broker(topics=MORE, said=V2), broker(topics=FEW), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/older-version-over-another-connection",
        severity=Severity.MUST,
        rules=(
            repaired(
                "An older DataVersion over another connection than the speaking one is refused.",
                lambda p: p.data_version_monotonic,
            ),
            apache("An older DataVersion replaces a newer one.", SOURCE),
        ),
        steps=case(broker(topics=MORE, said=V2), over(2, broker(topics=FEW)), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/earlier-timestamp-at-an-equal-counter",
        severity=Severity.MUST,
        rules=(
            repaired(
                "At equal counters the earlier timestamp is older, and refused.", lambda p: p.timestamp_breaks_tie
            ),
            apache("An earlier timestamp replaces a later one.", SOURCE),
        ),
        steps=case(
            broker(topics=MORE, said=version(1, 3)),
            over(2, broker(topics=FEW, said=version(1, 1))),
            asks(MASTER, version(1, 3)),
        ),
    ),
    Clause(
        slug="register-broker/counts-anew",
        severity=Severity.MUST,
        rules=(apache("A broker that has lost its versions counts from 0 again, but later: it is believed.", SOURCE),),
        steps=case(
            broker(topics=MORE, said=version(9, 1)),
            over(2, broker(topics=FEW, said=version(1, 2))),
            asks(MASTER, version(1, 2)),
        ),
    ),
    Clause(
        slug="register-broker/clock-set-back",
        severity=Severity.MUST,
        rules=(apache("A greater counter is believed with an earlier timestamp.", SOURCE),),
        steps=case(
            broker(topics=FEW, said=version(1, 5)),
            over(2, broker(topics=MORE, said=version(2, 3))),
            asks(MASTER, version(2, 3)),
        ),
    ),
    Clause(
        slug="register-broker/older-state-version-over-another-connection",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Of an address itself, too, an older stateVersion over another connection is refused.",
                lambda p: p.data_version_monotonic,
            ),
            apache("An address may come with an older stateVersion over another connection.", SOURCE),
        ),
        steps=case(broker(topics=MORE, said=version(state=2)), over(2, broker(topics=FEW, said=version(5, state=1)))),
    ),
    # A master that comes anew -------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/first-of-another-master",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A master's first registration removes what the name published before.",
                lambda p: p.first_topics_replace,
            ),
            apache("What a name published stays when another address takes its master's id.", SOURCE),
        ),
        steps=case(broker(topics=("t1", "t2", "t3")), over(2, broker(H2, ("t2", "t4"), V2))),
    ),
    Clause(
        slug="register-broker/first-of-another-master-under-the-same-version",
        severity=Severity.MUST,
        rules=(
            apache("A newcomer's topics are put, though the address before it came with the same DataVersion.", SOURCE),
        ),
        steps=case(broker(topics=FEW), over(2, broker(H2, MORE))),
    ),
    Clause(
        slug="register-broker/first-again",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker that has left and comes back with the same DataVersion is put as if for the first time.",
                SOURCE,
            ),
        ),
        steps=case(MASTER, gone(MASTER), broker(topics=("t2", "t3")), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/first-again-beside-a-slave",
        severity=Severity.MUST,
        rules=(
            repaired("A master that comes back has only what it comes with.", lambda p: p.first_topics_replace),
            apache(
                "What a master published before it left stays for its slave, and beside what it comes back with.",
                SOURCE,
            ),
        ),
        steps=case(
            broker(topics=("t1", "t2")),
            over(2, broker(H2, broker_id=1)),
            close(1),
            over(3, broker(topics=("t2", "t3"))),
        ),
    ),
)
