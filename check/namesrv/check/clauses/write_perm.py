"""WIPE_WRITE_PERM_OF_BROKER, ADD_WRITE_PERM_OF_BROKER (205, 327)."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H2,
    adds,
    broker,
    case,
    close,
    configs,
    deletes,
    gone,
    one_way,
    over,
    queue,
    route,
    styled,
    version,
)
from namesrv.check.steps import Header
from namesrv.model.events import AddWritePermOfBroker, GetBrokerClusterInfo, WipeWritePermOfBroker

SOURCE: Final = "RouteInfoManager.operateWritePermOfBroker"
REGISTERS: Final = "RouteInfoManager.registerBroker"
WIPES: Final = "DefaultRequestProcessor.wipeWritePermOfBroker"
ADDS: Final = "DefaultRequestProcessor.addWritePermOfBroker"
BINARY: Final = "RocketMQSerializable.rocketMQProtocolDecode"

MASTER: Final = broker()
V2: Final = version(2)
WIPE: Final = WipeWritePermOfBroker(broker_name="a")
ADD: Final = AddWritePermOfBroker(broker_name="a")

CLAUSES: Final[tuple[Clause, ...]] = (
    # 205 ----------------------------------------------------------------------------------------------------------
    Clause(
        slug="wipe-write-perm-of-broker/all-topics",
        severity=Severity.MUST,
        rules=(apache("Every queue of the name loses the write bit; other names' keep it.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b")), WIPE),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/other-bits",
        severity=Severity.MUST,
        rules=(apache("Only the write bit goes: 7 becomes 5, 2 becomes 0, 4 stays.", SOURCE),),
        steps=case(broker(topics=configs("t1", perm=7) | configs("t2", perm=2) | configs("t3", perm=4)), WIPE),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/count",
        severity=Severity.SHOULD,
        rules=(apache("`wipeTopicCount` counts the name's topics, also those that had no write bit.", WIPES),),
        steps=case(
            broker(topics=configs("t1", "t2") | configs("t3", perm=4)), over(2, broker(H2, name="b")), WIPE, WIPE
        ),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/names-alike",
        severity=Severity.MUST,
        rules=(
            apache(
                "Names are compared to the letter: those that begin alike, or differ in capitals, keep theirs.", SOURCE
            ),
        ),
        steps=case(
            *(
                over(number, broker(f"h{number}:1", name=name))
                for number, name in enumerate(("aa", "A", "a ", "ab"), 2)
            ),
            WIPE,
            MASTER,
            WIPE,
            WipeWritePermOfBroker(broker_name="A"),
        ),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/many-topics",
        severity=Severity.MUST,
        rules=(apache("However many topics a name has, all are wiped, and counted.", SOURCE),),
        steps=case(broker(topics=[f"t{number}" for number in range(150)]), WIPE, ADD),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/unknown",
        severity=Severity.SHOULD,
        rules=(apache("Of an unknown name nothing is wiped: SUCCESS, and a count of 0.", WIPES),),
        steps=case(MASTER, WipeWritePermOfBroker(broker_name="b"), WipeWritePermOfBroker(broker_name="C1")),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/broker-name-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without brokerName nothing is wiped: SUCCESS, and a count of 0.", WIPES),),
        steps=case(MASTER, WipeWritePermOfBroker(broker_name=None)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-the-same-version",
        severity=Severity.MUST,
        rules=(apache("A registration with the stored DataVersion leaves a wipe as it is.", REGISTERS),),
        steps=case(MASTER, WIPE, MASTER, MASTER),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-a-changed-version",
        severity=Severity.MUST,
        rules=(
            repaired("A wipe outlasts its broker's registrations.", lambda p: p.wipe_outlasts_registration),
            apache("A registration with another DataVersion undoes a wipe.", REGISTERS),
        ),
        steps=case(MASTER, WIPE, broker(said=V2)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-a-new-topic",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A topic that comes after a wipe has no write bit either.", lambda p: p.wipe_outlasts_registration
            ),
            apache("A topic that comes after a wipe has its write bit.", REGISTERS),
        ),
        steps=case(MASTER, WIPE, broker(topics=("t3",), said=V2)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-a-topic-by-hand",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A topic that is added by hand after a wipe has no write bit.", lambda p: p.wipe_outlasts_registration
            ),
            apache(
                "A topic that is added by hand after a wipe has the perm that is given.",
                "RouteInfoManager.registerTopic",
                lambda p: p.register_topic,
            ),
            apache_4(
                "Nobody adds topics by hand.", "DefaultRequestProcessor.processRequest", lambda p: not p.register_topic
            ),
        ),
        steps=case(MASTER, WIPE, adds("t3", queue()), route("t3"), close(1)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-the-topic-comes-back",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A wiped topic that is deleted and comes back has no write bit.", lambda p: p.wipe_outlasts_registration
            ),
            apache_4(
                "A wiped topic that is deleted does not come back with the stored DataVersion.",
                REGISTERS,
                lambda p: not p.concurrent_tables,
            ),
            apache(
                "A wiped topic that is deleted and comes back with the stored DataVersion has its write bit again.",
                REGISTERS,
            ),
        ),
        steps=case(MASTER, WIPE, deletes("t1"), MASTER),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-the-broker-leaves",
        severity=Severity.MUST,
        rules=(apache("A wipe is forgotten with its name.", REGISTERS),),
        steps=case(MASTER, WIPE, gone(MASTER), MASTER),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-another-master",
        severity=Severity.MUST,
        rules=(apache("A master that takes the id over is not wiped.", REGISTERS),),
        steps=case(MASTER, WIPE, over(2, broker(H2))),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/then-a-slave",
        severity=Severity.MUST,
        rules=(apache("A slave that comes leaves a wipe as it is.", REGISTERS),),
        steps=case(MASTER, WIPE, over(2, broker(H2, broker_id=1, said=V2)), MASTER),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/name-without-topics",
        severity=Severity.SHOULD,
        rules=(
            repaired("A name is wiped before it has topics.", lambda p: p.wipe_outlasts_registration),
            apache("Of a name without topics there is nothing to wipe.", SOURCE),
        ),
        steps=case(broker(topics=()), WIPE, broker(said=V2)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The request may have a binary header.", BINARY),),
        steps=case(MASTER, styled(WIPE, header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="wipe-write-perm-of-broker/one-way",
        severity=Severity.SHOULD,
        rules=(apache("A one-way request wipes, and is not answered.", "NettyRemotingAbstract.processRequestCommand"),),
        steps=case(MASTER, one_way(WIPE), GetBrokerClusterInfo(), close(1)),
    ),
    # 327 ----------------------------------------------------------------------------------------------------------
    Clause(
        slug="add-write-perm-of-broker/all-topics",
        severity=Severity.MUST,
        rules=(apache("Every queue of the name may be read and written again; other names' stay.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, configs("t1", "t2", perm=4), name="b")), WIPE, ADD),
    ),
    Clause(
        slug="add-write-perm-of-broker/whatever-it-was",
        severity=Severity.MUST,
        rules=(apache("The perm becomes 6, whatever it was: 7 loses its inherit bit, 2 and 4 get both.", SOURCE),),
        steps=case(
            broker(
                topics=configs("t1", perm=7) | configs("t2", perm=2) | configs("t3", perm=4) | configs("t4", perm=0)
            ),
            ADD,
        ),
    ),
    Clause(
        slug="add-write-perm-of-broker/count",
        severity=Severity.SHOULD,
        rules=(apache("`addTopicCount` counts the name's topics, changed or not.", ADDS),),
        steps=case(broker(topics=configs("t1", "t2") | configs("t3", perm=4)), over(2, broker(H2, name="b")), ADD, ADD),
    ),
    Clause(
        slug="add-write-perm-of-broker/unknown",
        severity=Severity.SHOULD,
        rules=(apache("Of an unknown name nothing is changed: SUCCESS, and a count of 0.", ADDS),),
        steps=case(broker(topics=configs("t1", "t2", perm=4)), AddWritePermOfBroker(broker_name="b")),
    ),
    Clause(
        slug="add-write-perm-of-broker/broker-name-missing",
        severity=Severity.SHOULD,
        rules=(apache("Without brokerName nothing is changed: SUCCESS, and a count of 0.", ADDS),),
        steps=case(broker(topics=configs("t1", "t2", perm=4)), AddWritePermOfBroker(broker_name=None)),
    ),
    Clause(
        slug="add-write-perm-of-broker/ends-a-wipe",
        severity=Severity.MUST,
        rules=(apache("After it what a broker registers is writeable as it says.", REGISTERS),),
        steps=case(MASTER, WIPE, ADD, broker(said=V2), broker(topics=("t3",), said=version(3))),
    ),
    Clause(
        slug="add-write-perm-of-broker/prime-slave",
        severity=Severity.MUST,
        rules=(
            apache(
                "A prime slave's queues become writeable, until it registers another DataVersion.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("A slave has no queues.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            ADD,
            over(2, broker(H2, ("t1", "t3"), V2, broker_id=1, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="add-write-perm-of-broker/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("The request may have a binary header.", BINARY),),
        steps=case(broker(topics=configs("t1", "t2", perm=4)), styled(ADD, header=Header.ROCKETMQ)),
    ),
)
