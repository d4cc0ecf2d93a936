"""The end of a connection: whom it takes along."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Needs, Severity
from namesrv.check.clauses.rules import apache, apache_4, repaired
from namesrv.check.clauses.world import (
    H1,
    H2,
    H3,
    asks,
    beats,
    broker,
    case,
    close,
    gone,
    mapping,
    one_way,
    over,
    route,
    version,
)
from namesrv.model.profiles import ChannelDestroy, LiveKey, Profile

SOURCE: Final = "RouteInfoManager.onChannelDestroy"

MASTER: Final = broker()
SLAVE: Final = broker(H2, broker_id=1)
V2: Final = version(2)


def _all(profile: Profile) -> bool:
    return profile.channel_destroy is ChannelDestroy.ALL_AT_ONCE


CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="channel-destroy/master",
        severity=Severity.MUST,
        rules=(apache("A broker goes with its connection, and takes along what it is the last to have.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, ("t2", "t3"), name="b")), close(1), over(2, asks(MASTER, version()))),
    ),
    Clause(
        slug="channel-destroy/slave",
        severity=Severity.MUST,
        rules=(apache("A slave goes with its connection; its master stays.", SOURCE),),
        steps=case(MASTER, over(2, SLAVE), close(2), asks(MASTER, version())),
    ),
    Clause(
        slug="channel-destroy/reset",
        severity=Severity.MUST,
        rules=(apache("A connection that is reset takes its broker along as one that is closed.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b")), close(1, abort=True)),
    ),
    Clause(
        slug="channel-destroy/addresses-alike",
        severity=Severity.MUST,
        rules=(apache("Of addresses that begin alike, or differ in capitals, the connection's own goes.", SOURCE),),
        steps=case(
            MASTER,
            over(2, broker(H1.upper(), broker_id=1)),
            over(3, broker(f"{H1}0", broker_id=2)),
            over(4, broker(H1[:-1], broker_id=3)),
            close(4),
            close(2),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="channel-destroy/address-that-others-begin-with",
        severity=Severity.MUST,
        rules=(apache("A broker leaves its own name, whatever other names' addresses begin with its own.", SOURCE),),
        steps=case(
            *(over(n, broker(H1[: n - 8], name=f"b{n}")) for n in range(2, 8)),
            *(close(number) for number in range(2, 8)),
        ),
    ),
    Clause(
        slug="channel-destroy/beside-other-clusters",
        severity=Severity.MUST,
        rules=(apache("A broker goes with its connection, whatever clusters there are besides.", SOURCE),),
        steps=case(
            *(over(number, broker(f"h{number}:1", name=f"b{number}", cluster=f"C{number}")) for number in range(1, 7)),
            *(close(number) for number in range(1, 7)),
        ),
    ),
    Clause(
        slug="channel-destroy/registered-one-way",
        severity=Severity.MUST,
        rules=(apache("Who has registered one-way goes with its connection, too.", SOURCE),),
        steps=case(over(2, broker(H2, name="b")), one_way(MASTER), close(1), over(2, route("t1"))),
    ),
    Clause(
        slug="channel-destroy/nobodys",
        severity=Severity.MUST,
        rules=(
            apache(
                "A connection that nobody has registered over takes nobody along, whatever else was said over it.",
                SOURCE,
            ),
        ),
        steps=case(
            MASTER,
            over(2, route("t1")),
            over(2, asks(MASTER, version())),
            over(2, beats(MASTER)),
            close(2),
            asks(MASTER, version()),
        ),
    ),
    Clause(
        slug="channel-destroy/refused-broker",
        severity=Severity.MUST,
        rules=(
            apache_4("Who registered one topic goes with its connection.", SOURCE, lambda p: not p.concurrent_tables),
            apache("Who was refused does not speak for anybody.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, ("t3",), name="b")), close(2)),
    ),
    Clause(
        slug="channel-destroy/several-brokers",
        severity=Severity.MUST,
        rules=(
            repaired("Every broker that the connection speaks for goes with it.", _all),
            apache("One of the brokers that the connection speaks for goes with it; the others stay.", SOURCE),
        ),
        steps=case(MASTER, broker(H2, name="b"), over(2, broker(H3, name="c")), close(1)),
    ),
    Clause(
        slug="channel-destroy/taken-over",
        severity=Severity.MUST,
        rules=(apache("A broker that has registered over a newer connection stays when the older one ends.", SOURCE),),
        steps=case(MASTER, over(2, broker(said=V2)), close(1), over(2, asks(MASTER, V2)), close(2)),
    ),
    Clause(
        slug="channel-destroy/unregistered",
        severity=Severity.MUST,
        rules=(apache("Whoever has left before its connection's end is not removed once more.", SOURCE),),
        steps=case(MASTER, gone(MASTER), over(2, MASTER), close(1), over(2, asks(MASTER, version()))),
    ),
    Clause(
        slug="channel-destroy/displaced-broker",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A displaced broker is not there any more: its connection's end changes nothing.",
                lambda p: p.displaced_broker_leaves,
            ),
            apache_4(
                "A displaced broker's connection ends: the broker is no longer live, the new holder of its id stays.",
                SOURCE,
                lambda p: not p.concurrent_tables,
            ),
            apache(
                "A displaced broker stands nowhere, so that its connection's end does not remove it: it stays live.",
                "RouteInfoManager.setupUnRegisterRequest",
            ),
        ),
        steps=case(MASTER, over(2, broker(H2, said=V2)), close(1), over(2, asks(MASTER, version()))),
    ),
    Clause(
        slug="channel-destroy/acting-group",
        severity=Severity.MUST,
        rules=(
            apache(
                "When a group with enableActingMaster loses its master's connection, its queues lose the write bit.",
                "RouteInfoManager.unRegisterBroker",
                lambda p: p.acting_master,
            ),
            apache_4(
                "A group that has lost its master's connection may be written to as before.",
                SOURCE,
                lambda p: not p.acting_master,
            ),
        ),
        steps=case(
            broker(enable_acting_master=True), over(2, broker(H2, broker_id=1, enable_acting_master=True)), close(1)
        ),
    ),
    Clause(
        slug="channel-destroy/comes-back",
        severity=Severity.MUST,
        rules=(apache("A broker that comes back over a new connection is a newcomer.", SOURCE),),
        steps=case(MASTER, close(1), over(2, broker(topics=("t2", "t3"))), over(2, asks(MASTER, version()))),
    ),
    Clause(
        slug="channel-destroy/comes-back-before-its-end",
        severity=Severity.MUST,
        rules=(
            apache(
                "A broker that comes back over a new connection, before its old one ends stays as it said last.",
                SOURCE,
            ),
        ),
        steps=case(
            MASTER, over(2, broker(topics=("t1", "t3"), said=V2)), close(1, abort=True), over(2, asks(MASTER, V2))
        ),
    ),
    Clause(
        slug="channel-destroy/filter-servers",
        severity=Severity.SHOULD,
        rules=(apache("Filter servers go with their broker's connection.", SOURCE),),
        steps=case(broker(filters=("f1:1",)), close(1), over(2, broker(filters=None))),
    ),
    Clause(
        slug="channel-destroy/address-of-two-names",
        severity=Severity.MUST,
        rules=(
            repaired("An address stands under one name, and leaves it.", lambda p: p.one_place_per_address),
            apache("An address that stands under two names leaves one of them.", SOURCE),
        ),
        steps=case(MASTER, broker(name="b", topics=("t3", "t4"), said=V2), over(2, broker(H2, name="c")), close(1)),
    ),
    Clause(
        slug="channel-destroy/whole-group",
        severity=Severity.MUST,
        rules=(apache("A group whose connections end one after the other is gone with the last.", SOURCE),),
        steps=case(
            broker(enable_acting_master=True),
            over(2, broker(H2, broker_id=1, enable_acting_master=True)),
            over(3, broker(H3, broker_id=2, enable_acting_master=True)),
            close(2),
            close(1),
            close(3),
            over(4, route("t1")),
        ),
    ),
    Clause(
        slug="channel-destroy/mappings",
        severity=Severity.MUST,
        rules=(
            repaired("Mappings go with the last broker of their name.", lambda p: p.mappings_leave_with_broker),
            apache("Mappings outlive their broker's connection.", SOURCE, lambda p: p.acting_master),
            apache_4("There are no topic-queue mappings.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(broker(mappings=mapping("t1")), close(1), over(2, broker(H2, name="b"))),
    ),
    Clause(
        slug="channel-destroy/same-address-in-another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired(
                "An address stands in one cluster only: the other goes at once.", lambda p: p.one_place_per_address
            ),
            apache(
                "A broker goes with its connection; a broker of the same address in another cluster stays.",
                SOURCE,
                lambda p: p.live_key is LiveKey.CLUSTER_AND_ADDR,
            ),
            apache_4(
                "An address is one broker's, whatever the cluster: who spoke first for it has nobody to take along.",
                SOURCE,
                lambda p: p.live_key is LiveKey.ADDR,
            ),
        ),
        steps=case(MASTER, over(2, broker(H1, ("t2", "t3"), name="b", cluster="C2")), close(1), over(2, route("t1"))),
    ),
    Clause(
        slug="channel-destroy/same-address-in-many-clusters",
        severity=Severity.MUST,
        rules=(
            repaired("An address stands in one cluster only: the last.", lambda p: p.one_place_per_address),
            apache(
                "Of brokers with one address in several clusters each goes with its own connection.",
                SOURCE,
                lambda p: p.live_key is LiveKey.CLUSTER_AND_ADDR,
            ),
            apache_4(
                "An address is one broker's, whatever the cluster: it goes with the connection that spoke last.",
                SOURCE,
                lambda p: p.live_key is LiveKey.ADDR,
            ),
        ),
        steps=case(
            *(over(n, broker(H1, name=f"b{n}", cluster=f"C{n}")) for n in range(1, 7)),
            *(close(number) for number in range(1, 7)),
        ),
    ),
    Clause(
        slug="channel-destroy/address-missing",
        severity=Severity.MUST,
        rules=(
            repaired("Nobody is registered without an address.", lambda p: p.parts_required),
            apache_4(
                "A broker without an address is not found when its connection ends, and stays.",
                SOURCE,
                lambda p: not p.concurrent_tables,
            ),
            apache("A broker without an address is never live: its connection's end takes nobody along.", SOURCE),
        ),
        steps=case(broker(None), close(1), over(2, route("t1")), over(2, asks(broker(None), version()))),
        needs=frozenset({Needs.DESTRUCTIVE, Needs.OWN}),
    ),
    Clause(
        slug="channel-destroy/group-of-a-null-address",
        severity=Severity.MUST,
        rules=(
            apache(
                "Who has a lower id without an address beside it is not found when its connection ends, and stays.",
                "RouteInfoManager.setupUnRegisterRequest",
                lambda p: p.channel_destroy is ChannelDestroy.ONE_QUEUED,
            ),
        ),
        steps=case(broker(None), over(2, SLAVE), close(2), asks(SLAVE, version()), MASTER),
        needs=frozenset({Needs.UNUSED}),  # whoever else of the cluster crashes now may stay, too
    ),
)
