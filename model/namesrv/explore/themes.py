"""The themes: the alphabets with which the catalogue is searched for, and how many requests of each."""

from itertools import product
from typing import Final

import attrs

from namesrv.explore.peers import (
    H1,
    H2,
    ONE,
    TWO,
    V1,
    V2,
    Theme,
    question,
    registration,
    topic_by_hand,
    unregistration,
)
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteTopicInNamesrv,
    WipeWritePermOfBroker,
)
from namesrv.model.values import (
    PERM_READ,
    DataVersion,
    RegisterBrokerBody,
    TopicQueueMappingInfo,
    table,
)

PLACES: Final = (("C1", "a", 0), ("C1", "a", 1), ("C1", "b", 0), ("C2", "a", 0))

_MAPPING: Final = TopicQueueMappingInfo(topic="t1", bname="a", total_queues=2, curr_id_map=table({0: 0, 1: 1}))
_FOREIGN: Final = attrs.evolve(_MAPPING, bname="b")
_LATER: Final = DataVersion(counter=1, timestamp=3)
_OUTRANKS: Final = DataVersion(state_version=1, counter=1, timestamp=1)
_FOREVER: Final = (1 << 63) - 1

_NO_LEADER: Final = ("C1", "a", -1)
"""Where a 5.x broker with `enableDLegerCommitLog` registers before its quorum has a leader: `BrokerStartup`, 4.9.7 to 5.5.0."""

THEMES: Final = (
    Theme(
        name="places",
        about="two addresses, each over a connection of its own, at any of four places",
        alphabet=tuple(
            (channel, make(addr, place))
            for (channel, addr), place in product(((ONE, H1), (TWO, H2)), PLACES)
            for make in (registration, unregistration)
        ),
        requests=4,
    ),
    Theme(
        name="versions",
        about="one place, every order of versions and bodies, and a second claimant",
        alphabet=tuple(
            (ONE, registration(topics=topics, version=version))
            for topics, version in product(
                ({"t1": 4, "t2": 4}, {"t1": 8, "t2": 4}, {"t1": 8}, {}), (V1, V2, _LATER, _OUTRANKS)
            )
        )
        + tuple((TWO, registration(H2, topics=topics)) for topics in ({"t1": 4, "t2": 4}, {"t3": 4}, {"t1": 4}, {}))
        + (
            (TWO, registration(H2, version=_OUTRANKS)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, registration()),
            (TWO, registration(version=V2, topics={"t1": 8, "t2": 4})),
        ),
        requests=4,
    ),
    Theme(
        name="connections",
        about="two addresses over two connections, either over either, with silence and scans",
        alphabet=(
            *(
                (channel, make(addr, ("C1", name, 0)))
                for channel, (addr, name) in product((ONE, TWO), ((H1, "a"), (H2, "b")))
                for make in (registration, unregistration)
            ),
            (ONE, registration(H1, ("C1", "b", 0))),
        ),
        requests=4,
        silence=True,
    ),
    Theme(
        name="races",
        about="a registration, its withdrawal and its connection's end, at the same time",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(version=V2, topics={"t1": 8, "t2": 4})),
            (ONE, unregistration()),
            (TWO, registration()),
            (TWO, registration(H2)),
            (TWO, unregistration()),
        ),
        requests=3,
        at_once=2,
        silence=True,
    ),
    Theme(
        name="groups",
        about="masters and slaves of one name that may act for each other",
        alphabet=(
            *(
                (channel, registration(addr, ("C1", "a", broker_id), enable_acting_master=acting))
                for (channel, addr, broker_id), acting in product(
                    ((ONE, H1, 0), (TWO, H2, 1), (TWO, H2, 0), (ONE, H1, 2)), (None, True, False)
                )
            ),
            (ONE, unregistration()),
            (TWO, unregistration(H2, ("C1", "a", 1))),
        ),
        requests=4,
    ),
    Theme(
        name="leftovers",
        about="topic-queue mappings, filter servers, own timeouts, signs of life",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(mappings={"t1": _MAPPING}, version=V2)),
            (ONE, registration(filters=("f1:1",))),
            (ONE, registration(filters=None)),
            (ONE, registration(topics={"t1": 4}, filters=("f1:1",))),
            (ONE, registration(place=("C2", "a", 0), filters=("f1:1",))),
            (ONE, registration(heartbeat_timeout_ms=_FOREVER)),
            (ONE, registration(heartbeat_timeout_ms=-1)),
            (TWO, registration(H2, filters=("f2:1",))),
            (TWO, registration(H2, version=_OUTRANKS, filters=("f2:1",))),
            (TWO, BrokerHeartbeat(cluster_name="C1", broker_addr=H1, broker_name="a")),
            (TWO, question(H1, V1)),
            (ONE, unregistration()),
        ),
        requests=4,
        silence=True,
    ),
    Theme(
        name="parts",
        about="requests with parts missing or out of range",
        alphabet=(
            *(
                (ONE, make(addr, place))
                for make in (registration, unregistration)
                for addr, place in (
                    (H1, ("C1", "a", 0)),
                    (None, ("C1", "a", 0)),
                    (H1, (None, "a", 0)),
                    (H1, ("C1", None, 0)),
                    (H1, ("C1", "a", None)),
                    (H1, ("C1", "a", -1)),
                )
            ),
            (ONE, registration(version=None)),
            (ONE, registration(version=DataVersion(counter=None, timestamp=1))),
            (
                ONE,
                attrs.evolve(registration(), body=RegisterBrokerBody(topic_config_table=None, data_version=V1)),
            ),
            (ONE, attrs.evolve(registration(), body=None, body_error="RuntimeException")),
            (ONE, attrs.evolve(registration(), crc32_matches=False)),
            (TWO, registration(H2)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, unregistration(H2)),
        ),
        requests=3,
    ),
    Theme(
        name="claims",
        about="a place held by a newer stateVersion, claimed by who stands elsewhere; other names' mappings",
        alphabet=(
            (TWO, registration(H2, version=_OUTRANKS)),
            (ONE, registration()),
            (ONE, registration(place=("C1", "b", 0), filters=("f1:1",))),
            (ONE, registration(place=("C2", "b", 0))),
            (ONE, registration(None, ("C2", "a", 0))),
            (ONE, registration(mappings={"t1": _FOREIGN})),
        ),
        requests=3,
    ),
    Theme(
        name="administrators",
        about="write permissions taken away and given back, topics deleted and put by hand, while brokers come and go",
        alphabet=(
            (ONE, registration()),
            (ONE, registration(version=V2)),
            (ONE, registration(perm=PERM_READ)),
            (ONE, unregistration()),
            (TWO, registration(H2)),
            (TWO, registration(H2, ("C1", "a", 1))),
            (TWO, registration(H2, ("C1", "b", 0))),
            (TWO, WipeWritePermOfBroker(broker_name="a")),
            (TWO, AddWritePermOfBroker(broker_name="a")),
            (TWO, DeleteTopicInNamesrv(topic="t1")),
            (TWO, DeleteTopicInNamesrv(topic="t1", cluster_name="C1")),
            (TWO, topic_by_hand("t1", "a")),
            (TWO, topic_by_hand("t3", "b", "a")),
        ),
        requests=4,
    ),
    Theme(
        name="nulls",
        about="null names and null addresses met by closes and scans",
        alphabet=(
            (ONE, registration(place=("C1", "b", 0), filters=("f1:1",))),
            (ONE, registration(H2, ("C1", "c", 0))),
            (ONE, registration(place=("C1", None, 0))),
            (
                TWO,
                registration(None, filters=("f2:1",)),
            ),  # of names with one letter, Java's hash table has the first first
        ),
        requests=3,
        silence=True,
    ),
    Theme(
        name="null races",
        about="an address that takes a null name while it is removed from beside a null address",
        before=((ONE, registration(place=("C1", "b", -1))), (TWO, registration(None, ("C1", "b", 0)))),
        alphabet=((TWO, registration(place=("C1", None, 0))),),
        requests=2,
        at_once=2,
    ),
    Theme(
        name="quorums",
        about="members of a quorum: as leader, as follower, and under the id -1 until they have found a leader",
        alphabet=(
            *(
                (channel, registration(addr, ("C1", "a", broker_id), enable_acting_master=False))
                for (channel, addr), broker_id in product(((ONE, H1), (TWO, H2)), (-1, 0, 1))
            ),
            (TWO, registration(H2, _NO_LEADER, {"t1": 8, "t2": 4}, V2, enable_acting_master=False)),
            (TWO, registration(H2, _NO_LEADER, {"t3": 4}, V2, enable_acting_master=False)),
            *((channel, unregistration(addr, _NO_LEADER)) for channel, addr in ((ONE, H1), (TWO, H2))),
            *((channel, unregistration(addr)) for channel, addr in ((ONE, H1), (TWO, H2))),
        ),
        requests=3,
    ),
    Theme(
        name="null claims",
        about="claims that come to nothing, with and without nulls, of a name that has topics put by hand",
        alphabet=(
            (ONE, registration(topics={}, version=_OUTRANKS)),
            (TWO, topic_by_hand("t1", "a")),
            (TWO, registration(H2)),
            (TWO, registration(H2, version=None)),
            (TWO, registration(H2, (None, "a", 0))),
        ),
        requests=3,
    ),
    Theme(
        name="null wipes",
        about="a wiped name at which a null address comes as the master, one-way, and queues are put, one of them nobody's",
        alphabet=(
            (ONE, registration(place=("C1", "a", 1), enable_acting_master=False)),
            (TWO, WipeWritePermOfBroker(broker_name="a")),
            (TWO, topic_by_hand("t1", "a", "b")),
        ),
        oneway=((TWO, registration(None)),),
        requests=3,
    ),
    Theme(
        name="null batches",
        about="one who leaves, and an unregistration without a cluster name that ends the batch in which it is removed",
        before=((ONE, registration()),),
        alphabet=((ONE, unregistration()), (TWO, unregistration(H2, (None, "b", 0)))),
        requests=2,
        at_once=2,
    ),
)
"""Every theme."""
