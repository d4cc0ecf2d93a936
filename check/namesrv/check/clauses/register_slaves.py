"""REGISTER_BROKER (103): slaves, what they are told of their master, and those that may act for it."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, apache_5_1, repaired
from namesrv.check.clauses.world import H2, H3, asks, broker, case, close, configs, gone, over, styled, version
from namesrv.model.events import DeleteKVConfig, PutKVConfig
from namesrv.model.values import ORDER_TOPIC_CONFIG, table

SOURCE: Final = "RouteInfoManager.registerBroker"
ANSWER: Final = "DefaultRequestProcessor.registerBroker"

MASTER: Final = broker()
UNUSED: Final = frozenset({Needs.UNUSED})
"""Nobody can remove the namespace, and old brokers take an empty one for the news that no topic is ordered."""
SLAVE: Final = broker(H2, broker_id=1)
V2: Final = version(2)
PERMS: Final = configs("t1") | configs("t2", perm=7) | configs("t3", perm=2)
"""The write bit alone goes: what is left tells a permission that is masked from one that is set."""

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="register-broker/slave-publishes-nothing",
        severity=Severity.MUST,
        rules=(apache("A slave's topics are not published: routes show it beside its master.", SOURCE),),
        steps=case(
            MASTER, over(2, broker(H2, configs("t2", "t3", queues=8), broker_id=1)), over(2, asks(SLAVE, version()))
        ),
    ),
    Clause(
        slug="register-broker/slave-without-master",
        severity=Severity.MUST,
        rules=(apache("A slave that says nothing of enableActingMaster publishes nothing, even alone.", SOURCE),),
        steps=case(over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/slave-is-told-its-master",
        severity=Severity.SHOULD,
        rules=(apache("A slave is told its master's address, and where that replicates.", ANSWER),),
        steps=case(MASTER, over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/master-without-ha-address",
        severity=Severity.SHOULD,
        rules=(apache("Of a master without an HA address a slave is told the address alone.", ANSWER),),
        steps=case(broker(ha_server_addr=None), over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/slave-is-told-a-new-ha-address",
        severity=Severity.SHOULD,
        rules=(apache("A slave is told where its master replicates now.", ANSWER),),
        steps=case(MASTER, over(2, SLAVE), broker(ha_server_addr="h1:20912"), over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/slave-is-told-a-new-master",
        severity=Severity.SHOULD,
        rules=(apache("A slave is told who holds its master's id now.", ANSWER),),
        steps=case(MASTER, over(2, SLAVE), over(3, broker(H3, ha_server_addr="h3:10912")), over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/master-is-told-nothing",
        severity=Severity.SHOULD,
        rules=(apache("A master is told of no master, whoever else is there.", ANSWER),),
        steps=case(over(2, SLAVE), MASTER, over(2, SLAVE), MASTER),
    ),
    Clause(
        slug="register-broker/slave-of-a-master-that-has-left",
        severity=Severity.SHOULD,
        rules=(apache("A slave whose master has left is told of none.", ANSWER),),
        steps=case(MASTER, over(2, SLAVE), gone(MASTER), over(2, SLAVE)),
    ),
    Clause(
        slug="register-broker/slave-in-another-cluster",
        severity=Severity.SHOULD,
        rules=(
            repaired("A slave comes to its master's cluster or is refused.", lambda p: p.one_cluster_per_name),
            apache_4(
                "A slave is told its master, whatever cluster it says.", SOURCE, lambda p: not p.concurrent_tables
            ),
            apache("A slave is told only of a master that is live in the slave's cluster.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, broker_id=1, cluster="C2"))),
    ),
    Clause(
        slug="register-broker/slave-before-master",
        severity=Severity.MUST,
        rules=(
            apache("A master that comes after its slaves publishes its topics, under whatever DataVersion.", SOURCE),
        ),
        steps=case(over(2, SLAVE), over(3, broker(H3, broker_id=2)), MASTER),
    ),
    # Prime slaves -------------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/prime-slave",
        severity=Severity.MUST,
        rules=(
            apache(
                "A slave with enableActingMaster and the least id publishes its topics without the write bit.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("No slave publishes anything.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(over(2, broker(H2, PERMS, broker_id=1, enable_acting_master=True))),
    ),
    Clause(
        slug="register-broker/prime-slave-without-acting-master",
        severity=Severity.MUST,
        rules=(
            apache_5_1(
                "A slave with the least id that brings enableActingMaster=false publishes without the write bit.",
                SOURCE,
                lambda p: p.prime_slave_is_read_only,
            ),
            apache(
                "A slave with the least id that brings enableActingMaster=false publishes its topics as they are.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("No slave publishes anything.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(over(2, broker(H2, PERMS, broker_id=1, enable_acting_master=False))),
    ),
    Clause(
        slug="register-broker/second-slave-publishes-nothing",
        severity=Severity.MUST,
        rules=(
            apache("A slave publishes nothing beside one with a lesser id.", SOURCE, lambda p: p.acting_master),
            apache_4("No slave publishes anything.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            over(3, broker(H3, ("t2", "t3"), broker_id=2, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/slave-beside-its-master-publishes-nothing",
        severity=Severity.MUST,
        rules=(apache("A slave with enableActingMaster publishes nothing as long as the master stands.", SOURCE),),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, ("t2", "t3"), broker_id=1, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/prime-slave-of-a-master-that-has-left",
        severity=Severity.MUST,
        rules=(
            apache(
                "Once its master has left, a prime slave publishes its topics without the write bit.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4(
                "A slave goes on publishing nothing; what its master had stays as it was.",
                SOURCE,
                lambda p: not p.acting_master,
            ),
        ),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            close(1),
            over(2, broker(H2, ("t1", "t3"), V2, broker_id=1, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/master-comes-back-to-a-prime-slave",
        severity=Severity.MUST,
        rules=(apache("A master that comes back publishes its topics with the write bit again.", SOURCE),),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            close(1),
            over(3, broker(enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/master-comes-back-under-the-version-of-its-prime-slave",
        severity=Severity.MUST,
        rules=(
            apache("That the prime slave has published under the master's DataVersion makes no difference.", SOURCE),
        ),
        steps=case(
            over(2, broker(H2, configs("t1", "t2", queues=2), broker_id=1, enable_acting_master=True)),
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/prime-slave-with-a-greater-id",
        severity=Severity.MUST,
        rules=(
            apache("A prime slave may have any id above 0.", SOURCE, lambda p: p.acting_master),
            apache_4("No slave publishes anything.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            over(2, broker(H2, broker_id=7, enable_acting_master=True)),
            over(3, broker(H3, ("t3", "t4"), broker_id=3, enable_acting_master=True)),
        ),
    ),
    # Order topics -------------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/prime-slave-below-zero",
        severity=Severity.MUST,
        rules=(
            repaired("A broker id below zero is refused.", lambda p: p.parts_required),
            apache(
                "A broker with the least id is a prime slave though that is below 0.", SOURCE, lambda p: p.acting_master
            ),
            apache_4("No slave publishes anything.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            over(2, broker(H2, broker_id=-1, enable_acting_master=True)),
            over(3, broker(H3, ("t3", "t4"), broker_id=1, enable_acting_master=True)),
        ),
    ),
    Clause(
        slug="register-broker/after-an-empty-address",
        severity=Severity.MUST,
        rules=(
            repaired("An empty address is refused.", lambda p: p.parts_required),
            apache(
                "Who takes an id over from an empty address is new to it: its topics are published whatever its version.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4(
                "Who takes an id over from an empty address is not new to it: known topics of a known version stay.",
                SOURCE,
                lambda p: not p.acting_master,
            ),
        ),
        steps=case(
            over(2, broker(broker_id=1)),
            styled(broker(H2, configs("t1", "t2", queues=8)), ext_fields=table({"brokerAddr": ""})),
            over(2, broker()),
        ),
    ),
    Clause(
        slug="register-broker/order-topic-config",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "A registration is answered with the keys of ORDER_TOPIC_CONFIG, as soon as there is that namespace.",
                ANSWER,
            ),
        ),
        steps=case(
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"),
            MASTER,
            over(2, SLAVE),
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:8"),
            MASTER,
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="register-broker/order-topic-config-without-keys",
        severity=Severity.SHOULD,
        rules=(apache("An ORDER_TOPIC_CONFIG whose last key has been deleted is answered as an empty table.", ANSWER),),
        steps=case(
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"),
            DeleteKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1"),
            MASTER,
            broker(topics=("t1", "t3"), said=V2),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="register-broker/order-topic-config-without-value",
        severity=Severity.MAY,
        rules=(apache("A key that was put without a value is not in the answer.", ANSWER),),
        steps=case(
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value="a:4"),
            PutKVConfig(namespace=ORDER_TOPIC_CONFIG, key="t1", value=None),
            MASTER,
        ),
        needs=UNUSED,
    ),
)
