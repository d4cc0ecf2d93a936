"""REGISTER_BROKER (103): the ways to write one, and what is wrong with others."""

from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, apache_5_4, repaired
from namesrv.check.clauses.world import (
    H2,
    H3,
    asks,
    broker,
    case,
    configs,
    gone,
    mapping,
    one_way,
    over,
    styled,
    together,
    version,
    with_body,
)
from namesrv.check.steps import Crc, Header
from namesrv.model.events import GetBrokerClusterInfo
from namesrv.model.values import TopicConfig, table

SOURCE: Final = "RouteInfoManager.registerBroker"
READ: Final = "DefaultRequestProcessor.registerBroker"
BODY: Final = "RegisterBrokerBody.decode"

MASTER: Final = broker()
V2: Final = version(2)
UNEQUAL: Final = configs("t1") | {"t3": TopicConfig(topic_name="t3", read_queue_nums=5, write_queue_nums=2)}
DESTRUCTIVE: Final = frozenset({Needs.DESTRUCTIVE, Needs.OWN})

LONG: Final = "x" * 250
LONG_MAX: Final = (1 << 63) - 1
INT_MAX: Final = (1 << 31) - 1

CLAUSES: Final[tuple[Clause, ...]] = (
    # Ways to write it ---------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/binary-header",
        severity=Severity.MUST,
        rules=(apache("A registration may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(styled(MASTER, header=Header.ROCKETMQ), over(2, broker(H2, broker_id=1), header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="register-broker/compressed-body",
        severity=Severity.MUST,
        rules=(apache("A body may be compressed; before V5_0_0 it has no mappings at its end.", BODY),),
        steps=case(
            styled(
                broker(topics=configs("t1", "t2", perm=4, queues=3), filters=("f1:1",)), compressed=True, mq_version=407
            ),
            styled(broker(topics=UNEQUAL, said=V2), compressed=True, mq_version=37),
            styled(broker(topics=("t1", "t4"), said=version(3)), compressed=True, mq_version=412),
        ),
    ),
    Clause(
        slug="register-broker/compressed-body-of-a-5-broker",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A 5.x broker's compressed body can't be read: its topics have a word too many.",
                "TopicConfig.decode",
                lambda p: not p.reads_topic_attributes,
            ),
            apache("A 5.x broker's compressed body ends in its mappings.", BODY),
        ),
        steps=case(
            styled(broker(mappings=mapping("t1")), compressed=True),
            styled(broker(mappings=mapping("t2"), said=V2), compressed=True, mq_version=413),
        ),
    ),
    Clause(
        slug="register-broker/compressed-body-without-topics",
        severity=Severity.MUST,
        rules=(apache("A compressed body may be without topics.", BODY),),
        steps=case(
            styled(broker(topics=()), compressed=True),
            styled(broker(topics=(), said=V2), compressed=True, mq_version=401),
        ),
    ),
    Clause(
        slug="register-broker/topic-sys-flag-of-a-compressed-body",
        severity=Severity.SHOULD,
        rules=(apache("A compressed body has no place for a topicSysFlag: it is 0.", "TopicConfig.encode"),),
        steps=case(styled(broker(topics=configs("t1", "t2", flag=1)), compressed=True, mq_version=401)),
    ),
    Clause(
        slug="register-broker/body-before-3-0-11",
        severity=Severity.MUST,
        rules=(apache("Before V3_0_11 a body is the topics' wrapper alone: it says nothing of filter servers.", READ),),
        steps=case(broker(filters=("f1:1",)), styled(broker(topics=("t1", "t3"), said=V2), mq_version=36)),
    ),
    Clause(
        slug="register-broker/body-of-3-0-11",
        severity=Severity.MUST,
        rules=(apache("From V3_0_11 on a body has filter servers beside its topics.", READ),),
        steps=case(styled(broker(filters=("f1:1",)), mq_version=37)),
    ),
    Clause(
        slug="register-broker/release-beyond-the-known",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker of a release that nobody knows yet is taken for one of the newest.", "MQVersion.value2Version"
            ),
        ),
        steps=case(
            *(
                styled(broker(topics=("t1", f"t{number}"), said=version(number)), mq_version=mq_version)
                for number, mq_version in enumerate((611, 612, 613, 614, INT_MAX), start=2)
            )
        ),
    ),
    Clause(
        slug="register-broker/checksum-wrong",
        severity=Severity.MUST,
        rules=(
            apache(
                "A body that does not have the header's bodyCrc32 is refused, and nothing changes.",
                "DefaultRequestProcessor.checksum",
            ),
        ),
        steps=case(
            MASTER,
            styled(broker(topics=configs("t1", "t3"), said=V2), crc=Crc.WRONG),
            over(2, broker(H2, name="b"), crc=Crc.WRONG),
        ),
    ),
    Clause(
        slug="register-broker/checksum-absent",
        severity=Severity.MUST,
        rules=(apache("Without bodyCrc32 nothing is checked.", "DefaultRequestProcessor.checksum"),),
        steps=case(
            styled(MASTER, crc=Crc.ABSENT), styled(broker(said=V2), crc=Crc.ABSENT, compressed=True, mq_version=401)
        ),
    ),
    Clause(
        slug="register-broker/checksum-without-body",
        severity=Severity.MUST,
        rules=(apache("A bodyCrc32 without a body is wrong: refused.", "DefaultRequestProcessor.checksum"),),
        steps=case(MASTER, styled(broker(said=V2), without_body=True, ext_fields=table({"bodyCrc32": "7"}))),
    ),
    Clause(
        slug="register-broker/checksum-of-a-compressed-body",
        severity=Severity.MUST,
        rules=(apache("The checksum is that of the bytes as they were sent.", "DefaultRequestProcessor.checksum"),),
        steps=case(
            styled(MASTER, compressed=True, mq_version=401),
            styled(broker(topics=("t1", "t3"), said=V2), compressed=True, mq_version=401, crc=Crc.WRONG),
        ),
    ),
    Clause(
        slug="register-broker/one-way",
        severity=Severity.MUST,
        rules=(
            apache(
                "A one-way registration registers, and is not answered.", "NettyRemotingAbstract.processRequestCommand"
            ),
        ),
        steps=case(one_way(MASTER), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/at-the-same-time",
        severity=Severity.MUST,
        rules=(apache("Registrations that come at the same time over several connections are all entered.", SOURCE),),
        steps=case(together(MASTER, over(2, broker(H2, broker_id=1)), over(3, broker(H3, name="b", cluster="C2")))),
    ),
    Clause(
        slug="register-broker/one-id-at-the-same-time",
        severity=Severity.MUST,
        rules=(apache("Of two claims to one id at the same time one is the later, and gets it.", SOURCE),),
        steps=case(together(MASTER, over(2, broker(H2, ("t3", "t4")))), asks(MASTER, version())),
    ),
    # What is wrong with it ----------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/body-that-is-none",
        severity=Severity.MUST,
        rules=(apache("A body that can't be decoded is answered SYSTEM_ERROR, and nothing changes.", BODY),),
        steps=case(
            MASTER,
            attrs.evolve(broker(H2, name="b"), body=None, body_error="RemotingCommandException"),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="register-broker/long-names",
        severity=Severity.MUST,
        rules=(apache("Names may be longer than 127, and than 255, characters: nobody checks them.", SOURCE),),
        steps=case(
            broker(LONG + ":1", ("t" + LONG, "u" + LONG + LONG), name="a" + LONG, cluster="C" + LONG),
            gone(broker(LONG + ":1", name="a" + LONG, cluster="C" + LONG)),
        ),
    ),
    Clause(
        slug="register-broker/names-with-quotes",
        severity=Severity.MUST,
        rules=(apache("Names may have quotes, backslashes, slashes and blanks.", SOURCE),),
        steps=case(
            broker('h"1\\:1', ('t"1', "t\\2", "t/3 4", "t\t5"), name='a"\\/', cluster="C 1"),
            gone(broker('h"1\\:1', name='a"\\/', cluster="C 1")),
        ),
    ),
    Clause(
        slug="register-broker/address-without-port",
        severity=Severity.SHOULD,
        rules=(apache("An address is any string.", SOURCE),),
        steps=case(broker("h1"), over(2, broker("::1", name="b")), asks(broker("h1"), version())),
    ),
    Clause(
        slug="register-broker/queues-below-zero",
        severity=Severity.SHOULD,
        rules=(
            apache(
                "Numbers of queues and perms are passed on though they make no sense.",
                "RouteInfoManager.createAndUpdateQueueData",
            ),
        ),
        steps=case(
            broker(
                topics={
                    "t1": TopicConfig(topic_name="t1", read_queue_nums=-1, write_queue_nums=-1, perm=-1),
                    "t2": TopicConfig(topic_name="t2", read_queue_nums=(1 << 31) - 1, perm=1 << 30, topic_sys_flag=-1),
                }
            )
        ),
    ),
    Clause(
        slug="register-broker/version-out-of-range",
        severity=Severity.SHOULD,
        rules=(apache("A DataVersion's numbers may be as large as they fit, and below zero.", SOURCE),),
        steps=case(
            broker(said=version(INT_MAX, LONG_MAX, state=LONG_MAX)),
            asks(MASTER, version(INT_MAX, LONG_MAX, state=LONG_MAX)),
            broker(said=version(-5, -LONG_MAX - 1, state=-1)),
            asks(MASTER, version(-5, -LONG_MAX - 1, state=-1)),
        ),
    ),
    Clause(
        slug="register-broker/counter-beyond-an-int",
        severity=Severity.SHOULD,
        rules=(
            apache_5_4(
                "A counter beyond an int is no number: such a body can't be decoded, and nothing changes.",
                BODY,
                lambda p: p.counter_is_int,
            ),
            apache("A counter is a long.", "DataVersion.getCounter"),
        ),
        steps=case(
            MASTER,
            broker(topics=configs("t1", "t2", queues=8), said=version(INT_MAX + 1)),
            asks(MASTER, version()),
            styled(broker(said=version(-INT_MAX - 2)), compressed=True, mq_version=401),
            styled(broker(said=version(LONG_MAX, 1)), mq_version=36),
        ),
    ),
    Clause(
        slug="register-broker/timeout-that-is-none",
        severity=Severity.SHOULD,
        rules=(apache("A heartbeatTimeoutMillis beyond all times does not keep a broker out.", SOURCE),),
        steps=case(broker(heartbeat_timeout_ms=1 << 40), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/broker-id-missing",
        severity=Severity.MUST,
        rules=(apache("A registration without brokerId is answered SYSTEM_ERROR, and nothing changes.", READ),),
        steps=case(MASTER, over(2, broker(H2, broker_id=None, said=V2))),
    ),
    Clause(
        slug="register-broker/broker-id-missing-remark",
        severity=Severity.MAY,
        rules=(
            repaired("The remark is that of every refusal.", lambda p: p.parts_required),
            apache("The remark tells of a NullPointerException.", READ),
        ),
        steps=case(broker(broker_id=None)),
    ),
    Clause(
        slug="register-broker/data-version-null",
        severity=Severity.MUST,
        rules=(
            repaired("A body without dataVersion is refused.", lambda p: p.parts_required),
            apache("A body without dataVersion registers: its version is never unchanged.", SOURCE),
        ),
        steps=case(broker(said=None), asks(MASTER, version()), broker(topics=configs("t1", "t2", queues=8), said=None)),
    ),
    Clause(
        slug="register-broker/data-version-null-for-a-held-id",
        severity=Severity.MUST,
        rules=(
            repaired("A claim without dataVersion is refused.", lambda p: p.parts_required),
            apache(
                "A claim to a held id without dataVersion is answered SUCCESS and not registered.",
                SOURCE,
                lambda p: p.state_version,
            ),
            apache_4("A claim without dataVersion gets the id.", SOURCE, lambda p: not p.state_version),
        ),
        steps=case(MASTER, over(2, broker(H2, said=None)), over(2, asks(broker(H2), version()))),
    ),
    Clause(
        slug="register-broker/id-held-without-data-version",
        severity=Severity.MUST,
        rules=(
            repaired("Nobody is registered without dataVersion.", lambda p: p.parts_required),
            apache(
                "A claim to an id whose holder has no DataVersion is answered SUCCESS and not registered.",
                SOURCE,
                lambda p: p.state_version,
            ),
            apache_4("A claim gets the id, whatever its holder's DataVersion.", SOURCE, lambda p: not p.state_version),
        ),
        steps=case(broker(said=None), over(2, broker(H2)), over(2, asks(broker(H2), version()))),
    ),
    Clause(
        slug="register-broker/counter-null",
        severity=Severity.MUST,
        rules=(
            repaired("A dataVersion without counter is refused.", lambda p: p.parts_required),
            apache("A dataVersion without counter is one like others.", "DataVersion.equals"),
        ),
        steps=case(
            broker(said=version(None, 1)),
            asks(MASTER, version(1, 1)),
            broker(topics=configs("t1", "t2", queues=8), said=V2),
        ),
    ),
    Clause(
        slug="register-broker/topic-table-null",
        severity=Severity.MUST,
        rules=(
            repaired("A body without topicConfigTable is refused.", lambda p: p.parts_required),
            apache(
                "A newcomer's body without topicConfigTable is answered SUCCESS: cluster and name are entered, no address.",
                SOURCE,
                lambda p: p.concurrent_tables,
            ),
            apache_4(
                "A body without topicConfigTable registers a broker without topics.",
                SOURCE,
                lambda p: not p.concurrent_tables,
            ),
        ),
        steps=case(with_body(MASTER, topic_config_table=None), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/topic-table-null-of-a-known-broker",
        severity=Severity.MUST,
        rules=(
            repaired("A known broker's body without topicConfigTable is refused.", lambda p: p.parts_required),
            apache("A known broker's body without topicConfigTable is accepted, and its DataVersion stored.", SOURCE),
        ),
        steps=case(MASTER, with_body(MASTER, topic_config_table=None, data_version=V2), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/topic-name-null",
        severity=Severity.MUST,
        rules=(
            repaired("A topic without a name is refused.", lambda p: p.parts_required),
            apache_4("A topic without a name is a topic like others.", SOURCE, lambda p: not p.concurrent_tables),
        ),
        steps=case(
            MASTER,
            with_body(MASTER, topic_config_table=table({"t1": TopicConfig(topic_name=None)}), data_version=V2),
            gone(MASTER),
        ),
        needs=DESTRUCTIVE,
    ),
    Clause(
        slug="register-broker/cluster-name-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A registration without clusterName is refused.", lambda p: p.parts_required),
            apache(
                "A registration without clusterName is answered SUCCESS, and nothing changes.",
                SOURCE,
                lambda p: p.concurrent_tables,
            ),
            apache_4("A cluster without a name is one like others.", SOURCE, lambda p: not p.concurrent_tables),
        ),
        steps=case(broker(cluster=None), GetBrokerClusterInfo(), gone(broker(cluster=None)), asks(MASTER, version())),
        needs=DESTRUCTIVE,
    ),
    Clause(
        slug="register-broker/broker-addr-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A registration without brokerAddr is refused.", lambda p: p.parts_required),
            apache(
                "A registration without brokerAddr is answered SUCCESS: the id is held by null, and the topics are published.",
                SOURCE,
                lambda p: p.concurrent_tables,
            ),
            apache_4("An address that is null is one like others.", SOURCE, lambda p: not p.concurrent_tables),
        ),
        steps=case(broker(None), broker(None, ("t1", "t3"), V2), asks(broker(None), V2), over(2, broker(H2, said=V2))),
        needs=DESTRUCTIVE,
    ),
    Clause(
        slug="register-broker/broker-name-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A registration without brokerName is refused.", lambda p: p.parts_required),
            apache(
                "A registration without brokerName is answered SUCCESS: null is a name of its cluster, for ever.",
                SOURCE,
                lambda p: p.concurrent_tables,
            ),
            apache_4("A name that is null is one like others.", SOURCE, lambda p: not p.concurrent_tables),
        ),
        steps=case(broker(name=None), GetBrokerClusterInfo()),
        needs=DESTRUCTIVE,
    ),
)
