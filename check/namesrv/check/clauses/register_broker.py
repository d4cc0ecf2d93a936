"""REGISTER_BROKER (103): who stands where, and whose registration is accepted."""

from typing import Final

from namesrv.check.clauses.clause import Clause, Severity
from namesrv.check.clauses.rules import EXTENSIONS, apache, apache_4, repaired
from namesrv.check.clauses.world import H2, H3, asks, broker, case, close, configs, gone, over, version
from namesrv.model.profiles import OlderStateVersion, TopicBeforeBroker

SOURCE: Final = "RouteInfoManager.registerBroker"

MASTER: Final = broker()
V2: Final = version(2)
SV1, SV2 = version(state=1), version(state=2)

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        slug="register-broker/first",
        severity=Severity.MUST,
        rules=(
            apache(
                "A master's first registration enters its cluster, its name, its address and the queues of each topic.",
                SOURCE,
            ),
        ),
        steps=case(MASTER, asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/unchanged",
        severity=Severity.MUST,
        rules=(apache("The same registration once more is answered SUCCESS and changes nothing.", SOURCE),),
        steps=case(MASTER, MASTER, asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/several-names",
        severity=Severity.MUST,
        rules=(apache("Masters of several names publish the same topic side by side.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, configs("t1", "t3", queues=8), name="b"))),
    ),
    Clause(
        slug="register-broker/several-clusters",
        severity=Severity.MUST,
        rules=(apache("A name is listed in the cluster that its registration gives.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, name="b", cluster="C2"))),
    ),
    Clause(
        slug="register-broker/several-brokers-of-a-connection",
        severity=Severity.MUST,
        rules=(apache("One connection may register several brokers.", SOURCE),),
        steps=case(MASTER, broker(H2, name="b"), broker(H3, name="c", cluster="C2"), MASTER),
    ),
    Clause(
        slug="register-broker/another-connection-speaks",
        severity=Severity.MUST,
        rules=(
            apache(
                "The connection of the last accepted registration speaks for the address: the end of the one "
                "before it takes nobody along.",
                SOURCE,
            ),
        ),
        steps=case(MASTER, over(2, MASTER), close(1), over(2, asks(MASTER, version()))),
    ),
    # Ids of one name ----------------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/slave-becomes-master",
        severity=Severity.MUST,
        rules=(apache("An address that registers under another id of its name leaves the id that it had.", SOURCE),),
        steps=case(broker(broker_id=1), broker(said=V2), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/master-becomes-slave",
        severity=Severity.MUST,
        rules=(apache("A master that comes back as a slave leaves the id 0; what it published stays.", SOURCE),),
        steps=case(
            MASTER, over(2, broker(H2, broker_id=2)), broker(broker_id=1, said=V2), over(2, broker(H2, said=V2))
        ),
    ),
    Clause(
        slug="register-broker/id-beyond-an-int",
        severity=Severity.SHOULD,
        rules=(apache("A broker id is a long.", "BrokerData.getBrokerAddrs"),),
        steps=case(MASTER, over(2, broker(H2, broker_id=1 << 40))),
    ),
    Clause(
        slug="register-broker/id-below-zero",
        severity=Severity.SHOULD,
        rules=(
            repaired("A broker id below zero is refused.", lambda p: p.parts_required),
            apache("A broker id below zero is an id like others, and no master's.", SOURCE),
        ),
        steps=case(broker(broker_id=-1), over(2, broker(H2, said=V2)), broker(broker_id=-1, said=V2)),
    ),
    # Somebody else holds the id -----------------------------------------------------------------------------------
    Clause(
        slug="register-broker/id-taken-over",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Of two addresses that claim one id with equal stateVersions the later one gets it, and the earlier one "
                "is no longer live.",
                lambda p: p.displaced_broker_leaves,
            ),
            apache(
                "Of two addresses that claim one id with equal stateVersions the later one gets it; the earlier one "
                "stays live.",
                SOURCE,
            ),
        ),
        steps=case(MASTER, over(2, broker(H2)), asks(MASTER, version()), over(2, asks(broker(H2), version()))),
    ),
    Clause(
        slug="register-broker/displaced-broker-comes-back",
        severity=Severity.MUST,
        rules=(apache("A displaced broker that registers again displaces the other one.", SOURCE),),
        steps=case(MASTER, over(2, broker(H2, said=V2)), MASTER, over(2, asks(broker(H2), V2))),
    ),
    Clause(
        slug="register-broker/older-state-version",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Who claims an id that a live address holds with a greater stateVersion is refused.",
                lambda p: p.older_state_version is OlderStateVersion.REFUSED,
            ),
            apache(
                "Who claims an id that a live address holds with a greater stateVersion is answered SUCCESS and not "
                "registered.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.IGNORED,
            ),
            apache_4(
                "An id is the last claimant's: nobody knows of a stateVersion.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.WINS,
            ),
        ),
        steps=case(
            broker(said=SV2),
            over(2, broker(H2, ("t3", "t4"), SV1)),
            over(2, asks(broker(H2), SV1)),
            asks(MASTER, SV2),
        ),
    ),
    Clause(
        slug="register-broker/newer-state-version",
        severity=Severity.MUST,
        rules=(apache("Who claims an id with a greater stateVersion than its holder's gets it.", SOURCE),),
        steps=case(broker(said=SV1), over(2, broker(H2, said=SV2)), over(2, asks(broker(H2), SV2))),
    ),
    Clause(
        slug="register-broker/older-state-version-of-a-slave",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A slave's id is as safe from an older stateVersion as a master's.",
                lambda p: p.older_state_version is OlderStateVersion.REFUSED,
            ),
            apache(
                "A slave's id is not given to an older stateVersion, though SUCCESS is answered.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.IGNORED,
            ),
            apache_4("A slave's id is the last claimant's, too.", SOURCE, lambda p: not p.state_version),
        ),
        steps=case(MASTER, over(2, broker(H2, broker_id=1, said=SV2)), over(3, broker(H3, broker_id=1, said=SV1))),
    ),
    Clause(
        slug="register-broker/older-state-version-of-its-own",
        severity=Severity.MUST,
        rules=(apache("A holder may come with an older stateVersion than its own, over its own connection.", SOURCE),),
        steps=case(broker(said=SV2), broker(said=SV1), asks(MASTER, SV1)),
    ),
    Clause(
        slug="register-broker/older-state-version-leaves-the-claimant",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A claimant that is refused for its stateVersion stays what it was.",
                lambda p: p.older_state_version is OlderStateVersion.REFUSED,
            ),
            apache(
                "A claimant whose stateVersion is older loses its live entry, and its place under another id of the name.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.IGNORED,
            ),
            apache_4(
                "A claimant leaves its other id and gets the one that it claims.", SOURCE, lambda p: not p.state_version
            ),
        ),
        steps=case(
            broker(said=SV2),
            over(2, broker(H2, broker_id=1, said=SV1)),
            over(2, broker(H2, said=SV1)),
            over(2, asks(broker(H2, broker_id=1), SV1)),
        ),
    ),
    Clause(
        slug="register-broker/holder-not-live",
        severity=Severity.MUST,
        rules=(
            repaired("Every address that stands is live.", lambda p: p.atomic_refusal),
            apache("The stateVersion of a holder that is not live stops nobody.", SOURCE),
        ),
        steps=case(
            broker(said=SV1),
            over(2, broker(H2, name="b", said=SV2)),
            broker(name="b", said=SV1),
            over(3, broker(H3, said=version())),
        ),
    ),
    Clause(
        slug="register-broker/refusal-leaves-flags",
        severity=Severity.SHOULD,
        rules=(
            repaired("A refused registration changes nothing of the name.", lambda p: p.atomic_refusal),
            apache(
                "A registration whose stateVersion is older changes the name's zone and enableActingMaster all the same.",
                SOURCE,
                lambda p: p.acting_master,
            ),
            apache_4("A name has neither a zone nor enableActingMaster.", SOURCE, lambda p: not p.acting_master),
        ),
        steps=case(
            broker(said=SV2),
            over(2, broker(H2, said=SV1, enable_acting_master=True, zone_name="z1")),
        ),
    ),
    # One address at several places --------------------------------------------------------------------------------
    Clause(
        slug="register-broker/address-under-another-name",
        severity=Severity.MUST,
        rules=(
            repaired("An address stands at one place: the one before is left.", lambda p: p.one_place_per_address),
            apache("An address that registers under another name stands under both.", SOURCE),
        ),
        steps=case(MASTER, broker(name="b", said=V2), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/address-in-another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired(
                "An address that moves to another cluster leaves the one before.", lambda p: p.one_place_per_address
            ),
            apache_4(
                "An address has one live entry, whatever cluster it registers in.",
                SOURCE,
                lambda p: not p.concurrent_tables,
            ),
            apache("An address has a live entry in each cluster that it registers in.", SOURCE),
        ),
        steps=case(
            MASTER,
            over(2, broker(name="b", cluster="C2", said=V2)),
            asks(MASTER, version()),
            asks(broker(name="b", cluster="C2"), V2),
        ),
    ),
    Clause(
        slug="register-broker/name-of-another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A name that stands in another cluster, with an address that stays, is refused.",
                lambda p: p.one_cluster_per_name,
            ),
            apache("A name that stands in another cluster is listed in both, and its data keep the first.", SOURCE),
        ),
        steps=case(
            MASTER, over(2, broker(H2, broker_id=1, cluster="C2")), over(2, asks(broker(H2, cluster="C2"), version()))
        ),
    ),
    Clause(
        slug="register-broker/name-moves-with-its-only-address",
        severity=Severity.MUST,
        rules=(
            repaired("A name moves to another cluster with its only address.", lambda p: p.one_cluster_per_name),
            apache("A name whose only address registers in another cluster stays in both.", SOURCE),
        ),
        steps=case(MASTER, broker(cluster="C2", said=V2)),
    ),
    Clause(
        slug="register-broker/id-taken-over-from-another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired(
                "A claim to the only id of a name takes the name to the claimant's cluster.",
                lambda p: p.one_cluster_per_name,
            ),
            apache("A claim to an id of another cluster's name gets it, and the name is listed in both.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, cluster="C2")), over(2, asks(broker(H2, cluster="C2"), version()))),
    ),
    Clause(
        slug="register-broker/older-state-version-from-another-cluster",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Who claims an id that a live address holds with a greater stateVersion is refused, whatever its cluster.",
                lambda p: p.one_cluster_per_name,
            ),
            apache_4(
                "An id is the last claimant's, from whatever cluster: nobody knows of a stateVersion.",
                SOURCE,
                lambda p: p.older_state_version is OlderStateVersion.WINS,
            ),
            apache("A holder's stateVersion stops nobody who comes from a cluster where it is not live.", SOURCE),
        ),
        steps=case(
            broker(said=SV2),
            over(2, broker(H2, cluster="C2", said=SV1)),
            over(2, asks(broker(H2, cluster="C2"), SV1)),
            over(3, broker(H3, ("t3", "t4"), name="b")),
            over(3, broker(H3, ("t3", "t4"), cluster="C2")),  # refused by who holds it now, and stays live in C1
            over(3, asks(broker(H3), version())),
        ),
    ),
    # One topic from a newcomer ------------------------------------------------------------------------------------
    Clause(
        slug="register-broker/topic-before-broker",
        severity=Severity.MUST,
        rules=(
            repaired(
                "One topic from a broker that is not registered is refused, and nothing changes.",
                lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED,
            ),
            apache(
                "One topic from a broker whose id nobody holds is refused; cluster and name have been entered, and stay.",
                SOURCE,
                lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME,
            ),
            apache_4(
                "One topic registers its broker.", SOURCE, lambda p: p.topic_before_broker is TopicBeforeBroker.ACCEPTED
            ),
        ),
        steps=case(broker(topics=("t1",)), asks(MASTER, version())),
    ),
    Clause(
        slug="register-broker/topic-before-another-id",
        severity=Severity.MUST,
        rules=(
            apache(
                "One topic from a new id of a known name is refused, too.",
                SOURCE,
                lambda p: p.topic_before_broker is not TopicBeforeBroker.ACCEPTED,
            ),
            apache_4(
                "One topic registers a slave.", SOURCE, lambda p: p.topic_before_broker is TopicBeforeBroker.ACCEPTED
            ),
        ),
        steps=case(MASTER, over(2, broker(H2, ("t1",), broker_id=1))),
    ),
    Clause(
        slug="register-broker/topic-before-broker-at-a-held-id",
        severity=Severity.MUST,
        rules=(
            repaired(
                "One topic from an address that does not stand at the place is refused, whoever holds the id.",
                lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED,
            ),
            apache("One topic from another address is accepted where somebody holds the id.", SOURCE),
        ),
        steps=case(MASTER, over(2, broker(H2, ("t3",), V2))),
    ),
    Clause(
        slug="register-broker/topic-before-broker-leaves-its-id",
        severity=Severity.MUST,
        rules=(
            repaired(
                "Who is refused stays where it was.", lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED
            ),
            apache(
                "Who is refused with one topic has left the id that it had.",
                SOURCE,
                lambda p: p.topic_before_broker is TopicBeforeBroker.REFUSED_LEAVING_NAME,
            ),
            apache_4("One topic takes its broker to another id.", SOURCE, lambda p: not p.concurrent_tables),
        ),
        steps=case(broker(broker_id=1), broker(topics=("t1",), said=V2)),
    ),
    Clause(
        slug="register-broker/one-topic-of-a-known-broker",
        severity=Severity.MUST,
        rules=(apache("One topic of a registered broker is put beside its others.", SOURCE),),
        steps=case(MASTER, broker(topics=("t3",), said=V2), asks(MASTER, V2)),
    ),
    Clause(
        slug="register-broker/no-topics",
        severity=Severity.MUST,
        rules=(apache("A broker without topics is registered.", SOURCE),),
        steps=case(broker(topics=()), asks(MASTER, version()), broker(topics=("t1",), said=V2)),
    ),
    Clause(
        slug="register-broker/registers-after-a-refusal",
        severity=Severity.MUST,
        rules=(
            apache("Who comes with several topics after a refusal is registered as if there had been none.", SOURCE),
        ),
        steps=case(broker(topics=("t1",)), broker(), gone(MASTER)),
    ),
    Clause(
        slug="register-broker/one-topic-that-is-all",
        severity=Severity.MUST,
        rules=(
            repaired(
                "One topic registers its broker if it is said to be all.", lambda p: p.full_body_replaces, EXTENSIONS
            ),
            apache(
                "`fullBody` is a field that nobody knows: one topic is refused.",
                SOURCE,
                lambda p: p.topic_before_broker is not TopicBeforeBroker.ACCEPTED,
            ),
            apache_4(
                "One topic registers its broker, whatever else it says.", SOURCE, lambda p: not p.concurrent_tables
            ),
        ),
        steps=case(broker(topics=("t1",), full_body=True), over(2, broker(H2, ("t1",), name="b"))),
    ),
)
