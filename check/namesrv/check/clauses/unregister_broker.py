"""UNREGISTER_BROKER (104), and what goes with an address."""

from typing import Final

import attrs

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H1,
    H2,
    H3,
    asks,
    broker,
    case,
    close,
    configs,
    deletes,
    gone,
    one_way,
    over,
    styled,
    together,
    version,
)
from namesrv.check.steps import Header
from namesrv.model.events import GetRouteInfoByTopic
from namesrv.model.profiles import Profile, Unregistration

SOURCE: Final = "RouteInfoManager.unRegisterBroker"
SOURCE_4: Final = "RouteInfoManager.unregisterBroker"
QUEUED: Final = "BatchUnregistrationService.run"

MASTER: Final = broker()
SLAVE: Final = broker(H2, broker_id=1)
V2: Final = version(2)


ROUNDS: Final = 20
"""Which of two that come together is taken first, and whether in one batch, is anybody's guess."""
UNUSED: Final = frozenset({Needs.UNUSED})
"""What fails takes others' withdrawals along that are in its batch."""


def _checked(profile: Profile) -> bool:
    return profile.unregistration is Unregistration.AT_ONCE_CHECKED


def _by_id(profile: Profile) -> bool:
    return profile.unregistration is Unregistration.AT_ONCE_BY_ID


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="unregister-broker/last-of-a-name",
        severity=Severity.MUST,
        rules=(apache("The last address of a name takes the name, its cluster's entry and its topics along.", SOURCE),),
        steps=case(MASTER, gone(MASTER), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/other-names-stay",
        severity=Severity.MUST,
        rules=(apache("What other names publish stays, of the same topics too; so do their clusters.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t1", "t3"), name="b")), gone(MASTER)),
    ),
    Clause(
        slug="unregister-broker/slave",
        severity=Severity.MUST,
        rules=(apache("A slave that leaves takes nothing along but its address.", SOURCE),),
        steps=case(MASTER, over(2, SLAVE), over(2, gone(SLAVE))),
    ),
    Clause(
        slug="unregister-broker/master-beside-a-slave",
        severity=Severity.MUST,
        rules=(apache("A master's topics stay as they are as long as a slave stands.", SOURCE),),
        steps=case(MASTER, over(2, SLAVE), gone(MASTER)),
    ),
    Clause(
        slug="unregister-broker/master-of-an-acting-group",
        severity=Severity.MUST,
        rules=(
            apache(
                "When the master leaves a name with enableActingMaster, its queues lose the write bit.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("When a master leaves, its queues stay as they are.", SOURCE_4, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(enable_acting_master=True), over(2, broker(H2, broker_id=1, enable_acting_master=True)), gone(MASTER)
        ),
    ),
    Clause(
        slug="unregister-broker/other-bits-of-an-acting-group",
        severity=Severity.MUST,
        rules=(
            apache(
                "When the master leaves a name with enableActingMaster only the write bit goes: 7 becomes 5, 2 becomes 0.",
                "RouteInfoManager.cleanTopicByUnRegisterRequests",
                lambda p: p.acting_master,
            ),
            apache_4("When a master leaves, its queues' perms stay.", SOURCE_4, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(topics=configs("t1", perm=7) | configs("t2", perm=2), enable_acting_master=True),
            over(2, broker(H2, (), broker_id=1, enable_acting_master=True)),
            gone(MASTER),
        ),
    ),
    Clause(
        slug="unregister-broker/master-beside-an-id-below-zero",
        severity=Severity.MUST,
        rules=(
            apache(
                "When the master leaves a name whose least id is below 0, its queues stay as they are.",
                "RouteInfoManager.isNoMasterExists",
            ),
        ),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, (), broker_id=-1, enable_acting_master=True)),
            gone(MASTER),
        ),
    ),
    Clause(
        slug="unregister-broker/slave-of-an-acting-group",
        severity=Severity.MUST,
        rules=(
            apache("When a slave leaves a name with enableActingMaster, its master's queues stay writeable.", SOURCE),
        ),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            over(2, gone(SLAVE)),
        ),
    ),
    Clause(
        slug="unregister-broker/filter-servers",
        severity=Severity.SHOULD,
        rules=(apache("Filter servers go with their broker.", SOURCE),),
        steps=case(broker(filters=("f1:1",)), gone(MASTER), broker(filters=None)),
    ),
    Clause(
        slug="unregister-broker/addresses-alike",
        severity=Severity.MUST,
        rules=(
            apache(
                "Addresses are compared to the letter: those that begin alike, or differ in capitals, stay.", SOURCE
            ),
        ),
        steps=case(
            MASTER,
            over(2, broker(H1.upper(), broker_id=1)),
            over(3, broker(f"{H1}0", broker_id=2)),
            over(4, broker(H1[:-1], broker_id=3)),
            over(4, gone(broker(H1[:-1], broker_id=3))),
            over(2, gone(broker(H1.upper(), broker_id=1))),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="unregister-broker/unknown",
        severity=Severity.MUST,
        rules=(apache("To unregister who is not there is answered SUCCESS, and changes nothing.", SOURCE),),
        steps=case(MASTER, over(2, gone(broker(H2, name="b"))), gone(broker(H3, name="c", cluster="C2"))),
    ),
    Clause(
        slug="unregister-broker/twice",
        severity=Severity.MUST,
        rules=(apache("To unregister once more is answered SUCCESS, and changes nothing.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b")), gone(MASTER), gone(MASTER)),
    ),
    Clause(
        slug="unregister-broker/registers-again",
        severity=Severity.MUST,
        rules=(apache("Who has left and registers again is a newcomer.", SOURCE),),
        steps=case(MASTER, gone(MASTER), broker(topics=("t1",)), MASTER, asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/over-another-connection",
        severity=Severity.MUST,
        rules=(
            repaired("Only the connection that speaks for an address may unregister it.", _checked),
            apache("Any connection may unregister any broker.", SOURCE),
        ),
        steps=case(MASTER, over(2, gone(MASTER)), over(2, asks(MASTER, version()))),
    ),
    Clause(
        slug="unregister-broker/another-id",
        severity=Severity.MUST,
        rules=(
            repaired("An address is unregistered only at the id that it holds.", _checked),
            apache_4(
                "The id of the request goes, whoever holds it; the address is no longer live, and stays in routes.",
                SOURCE_4,
                _by_id,
            ),
            apache("The address goes, whatever id the request says.", SOURCE),
        ),
        steps=case(MASTER, gone(attrs.evolve(MASTER, broker_id=5)), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/id-of-somebody-else",
        severity=Severity.MUST,
        rules=(
            repaired("Nobody is unregistered at an id that somebody else holds.", _checked),
            apache_4("Who holds the request's id goes, whatever its address.", SOURCE_4, _by_id),
            apache("The address goes, and who holds the request's id stays.", SOURCE),
        ),
        steps=case(MASTER, over(2, SLAVE), over(2, gone(broker(H2))), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/another-name",
        severity=Severity.MUST,
        rules=(
            repaired("An address is unregistered only from the name that it stands under.", _checked),
            apache_4("At another name the id goes, and the address is no longer live under its own.", SOURCE_4, _by_id),
            apache("From another name an address can't be taken; but it is no longer live under its own.", SOURCE),
        ),
        steps=case(
            MASTER, over(2, broker(H2, ("t3", "t4"), name="b")), gone(broker(name="b")), asks(MASTER, version())
        ),
    ),
    Clause(
        slug="unregister-broker/another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired("Who is not live in the request's cluster is not there: SUCCESS, and nothing changes.", _checked),
            apache_4(
                "Whatever the request's cluster, the address is gone; the name stays in its own cluster's list.",
                SOURCE_4,
                _by_id,
            ),
            apache("In another cluster the address leaves the name, and stays live in its own.", SOURCE),
        ),
        steps=case(MASTER, gone(broker(cluster="C2")), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/displaced-broker",
        severity=Severity.MUST,
        rules=(
            repaired("A displaced broker is not there any more: SUCCESS, and nothing changes.", _checked),
            apache_4("A displaced broker that leaves takes the new holder of its id along.", SOURCE_4, _by_id),
            apache("A displaced broker that leaves takes nobody along.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, said=V2)), gone(MASTER), over(2, asks(broker(H2), V2))),
    ),
    Clause(
        slug="unregister-broker/name-in-two-clusters",
        severity=Severity.MUST,
        rules=(
            repaired("A name stands in one cluster.", lambda p: p.one_cluster_per_name),
            apache("A name that is listed in two clusters leaves the request's.", SOURCE),
        ),
        steps=case(MASTER, broker(cluster="C2", said=V2), gone(broker(cluster="C2"))),
    ),
    Clause(
        slug="unregister-broker/address-of-two-names",
        severity=Severity.MUST,
        rules=(
            repaired("An address stands under one name.", lambda p: p.one_place_per_address),
            apache("An address that stands under two names leaves the request's.", SOURCE),
        ),
        steps=case(MASTER, broker(name="b", topics=("t3", "t4"), said=V2), gone(MASTER), asks(broker(name="b"), V2)),
    ),
    # Several at once ----------------------------------------------------------------------------------------------
    Clause(
        slug="unregister-broker/whole-group-at-once",
        severity=Severity.MUST,
        rules=(apache("All brokers of a name may leave at once: nothing of it stays.", QUEUED),),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            over(3, broker(H3, broker_id=2, enable_acting_master=True)),
            together(gone(MASTER), over(2, gone(SLAVE)), over(3, gone(broker(H3, broker_id=2)))),
        ),
    ),
    Clause(
        slug="unregister-broker/several-names-at-once",
        severity=Severity.MUST,
        rules=(apache("Brokers of several names may leave at once.", QUEUED),),
        steps=case(
            MASTER,
            over(2, broker(H2, ("t2", "t3"), name="b")),
            over(3, broker(H3, name="c", cluster="C2")),
            together(
                gone(MASTER), over(2, gone(broker(H2, name="b"))), over(3, gone(broker(H3, name="c", cluster="C2")))
            ),
        ),
    ),
    Clause(
        slug="unregister-broker/and-register-at-once",
        severity=Severity.MUST,
        rules=(
            repaired("Requests of one connection are worked on in their order.", lambda p: p.in_order),
            apache("A withdrawal and a registration that come together are worked on in any order.", QUEUED),
        ),
        steps=case(MASTER, together(gone(MASTER), broker(said=V2)), asks(MASTER, V2)),
    ),
    Clause(
        slug="unregister-broker/beside-one-that-fails",
        severity=Severity.MUST,
        rules=(
            apache(
                "A withdrawal that fails ends its batch: who stands behind it stays, who stood before it leaves its queues,"
                " and routes show them without a broker.",
                SOURCE,
                lambda p: p.unregistration is Unregistration.QUEUED_BY_ADDR,
            ),
        ),
        steps=case(
            *(broker(f"{name}:1", name=name, zone_name="z1") for name in ("a", "c", "d")),
            *(
                act
                for name in ("b", "e") * (ROUNDS // 2)
                for leaves in (broker(f"{name}:1", ("t2", "t3"), name=name),)
                for act in (
                    over(2, leaves),
                    together(over(2, gone(leaves)), over(2, gone(broker(broker_id=None)))),
                    GetRouteInfoByTopic(topic="t2", zone_name="z1"),
                )
            ),
            deletes("t2"),
            deletes("t3"),
        ),
        needs=UNUSED,
    ),
    Clause(
        slug="unregister-broker/then-closes",
        severity=Severity.MUST,
        rules=(apache("Who has unregistered and closes its connection is gone once.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b")), gone(MASTER), close(1)),
    ),
    # The ways to write it, and bad input --------------------------------------------------------------------------
    Clause(
        slug="unregister-broker/binary-header",
        severity=Severity.SHOULD,
        rules=(apache("A withdrawal may have a binary header.", "RocketMQSerializable.rocketMQProtocolDecode"),),
        steps=case(MASTER, styled(gone(MASTER), header=Header.ROCKETMQ)),
    ),
    Clause(
        slug="unregister-broker/one-way",
        severity=Severity.MUST,
        rules=(
            apache(
                "A one-way withdrawal withdraws, and is not answered.", "NettyRemotingAbstract.processRequestCommand"
            ),
        ),
        steps=case(MASTER, one_way(gone(MASTER)), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/cluster-name-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A withdrawal without clusterName is refused.", _checked),
            apache_4(
                "Without clusterName the broker goes all the same, and its name stays in its cluster's list.",
                SOURCE_4,
                _by_id,
            ),
            apache("A withdrawal without clusterName is answered SUCCESS, and nothing changes.", SOURCE),
        ),
        steps=case(MASTER, gone(broker(cluster=None)), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/broker-addr-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A withdrawal without brokerAddr is refused.", _checked),
            apache_4("Without brokerAddr the holder of the id goes from its place, and stays live.", SOURCE_4, _by_id),
            apache("A withdrawal without brokerAddr is answered SUCCESS, and nothing changes.", SOURCE),
        ),
        steps=case(MASTER, gone(broker(None)), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/beside-a-null-address",
        severity=Severity.MUST,
        rules=(
            repaired("Nobody is registered without an address.", _checked),
            apache_4("A broker leaves though its group has an address that is null.", SOURCE_4, _by_id),
            apache(
                "A withdrawal from a group with an address that is null ends there: the broker stays in routes, not live.",
                SOURCE,
            ),
        ),
        steps=case(broker(None), over(2, SLAVE), over(2, gone(SLAVE)), asks(SLAVE, version()), MASTER),
        needs=frozenset({Needs.DESTRUCTIVE, Needs.OWN}),  # a null address of 4.9 is live, and everybody's
    ),
    Clause(
        slug="unregister-broker/group-of-a-null-address",
        severity=Severity.MUST,
        rules=(
            apache(
                "A withdrawal from a group with an address that is null ends there: the broker stays in routes, not live.",
                SOURCE,
                lambda p: p.unregistration is Unregistration.QUEUED_BY_ADDR,
            ),
        ),
        steps=case(broker(None), over(2, SLAVE), over(2, gone(SLAVE)), asks(SLAVE, version()), MASTER),
        needs=UNUSED,
    ),
    Clause(
        slug="unregister-broker/broker-name-missing",
        severity=Severity.MUST,
        rules=(
            repaired("A withdrawal without brokerName is refused.", _checked),
            apache("Without brokerName the address is no longer live, and stays in routes.", SOURCE),
        ),
        steps=case(MASTER, gone(broker(name=None)), asks(MASTER, version())),
    ),
    Clause(
        slug="unregister-broker/broker-id-missing",
        severity=Severity.MUST,
        rules=(
            apache_4(
                "A withdrawal without brokerId is answered SYSTEM_ERROR, and nothing changes.",
                SOURCE_4,
                lambda p: _by_id(p) or _checked(p),
            ),
            apache("Without brokerId the address is no longer live, and stays in routes.", SOURCE),
        ),
        steps=case(MASTER, gone(broker(broker_id=None)), asks(MASTER, version())),
    ),
)
