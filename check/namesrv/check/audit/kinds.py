"""The kinds of findings that an audit can come to: what each means, which invariant it is the loss of, and what to do about it.

What finds them: `alone` looks at one NameServer, `together` compares those of a set. `docs/audit.md` lists them.
"""

from enum import Enum
from typing import Final

import attrs


class Reads(Enum):
    """What has to be read to come to a finding."""

    ANSWERS = "one NameServer's answers"
    LIVENESS = "one NameServer's answers, with --data-versions"
    SET = "the answers of two NameServers"
    SET_VERSIONS = "the answers of two NameServers, with --data-versions"


@attrs.frozen(kw_only=True)
class Kind:
    """`invariant`: of the model, `None` where NameServers are only compared with each other; `means`: to clients and operators;
    `do`: a sentence with `{broker}`, `{where}` and `{others}`: NameServers at which it shows, and the other ones.
    """

    slug: str
    reads: Reads
    invariant: str | None = None
    means: str
    do: str


KINDS: Final = {
    kind.slug: kind
    for kind in (
        Kind(
            slug="address-at-two-names",
            reads=Reads.ANSWERS,
            invariant="AddressUniqueness",
            means="One address stands under two broker names: clients count its queues twice and ask it for queues it "
            "does not have.",
            do="Find out which brokerName the broker at {broker} really has (its configuration, or `mqadmin "
            "getBrokerConfig -b`): "
            "it was renamed, or two brokers share brokerIP1 and listenPort.",
        ),
        Kind(
            slug="address-at-two-ids",
            reads=Reads.ANSWERS,
            invariant="AddressUniqueness",
            means="One address stands under two ids of one name: it is taken for its own slave, and a removal leaves one "
            "of the two.",
            do="Compare brokerId and brokerRole of the broker at {broker} with what stands here: its role was changed, or "
            "two brokers "
            "share brokerIP1 and listenPort.",
        ),
        Kind(
            slug="name-without-address",
            reads=Reads.ANSWERS,
            invariant="ClusterAgreement",
            means="A broker name is listed without any address: tools that go through clusters fail or count wrongly.",
            do="If a broker {broker} should be there, look into its log for the answer to its registration (a new broker "
            "with exactly "
            "one topic is refused).",
        ),
        Kind(
            slug="name-without-broker",
            reads=Reads.ANSWERS,
            invariant="ClusterAgreement",
            means="A cluster lists a broker name that the NameServer does not know: tools that go through clusters fail.",
            do="Nothing routes to {broker}; if it should be there, start it, and see that it registers in this cluster.",
        ),
        Kind(
            slug="name-in-another-cluster",
            reads=Reads.ANSWERS,
            invariant="ClusterAgreement",
            means="A broker name is listed in a cluster that its brokers are not in: two clusters use the same brokerName.",
            do="Give one of the brokers called {broker} another brokerName: a name must be of one brokerClusterName only.",
        ),
        Kind(
            slug="name-in-no-cluster",
            reads=Reads.ANSWERS,
            invariant="ClusterAgreement",
            means="The cluster of a broker does not list its name: tools that go through clusters pass it over.",
            do="See that {broker} is called the same, in the same cluster, in all its brokers' configurations.",
        ),
        Kind(
            slug="queues-without-broker",
            reads=Reads.ANSWERS,
            invariant="QueueSoundness",
            means="A route has queues of a broker name that the NameServer does not know: sends to them fail.",
            do="If {broker} is gone for good, `mqadmin deleteTopic` what only it had; if not, start it.",
        ),
        Kind(
            slug="topic-without-route",
            reads=Reads.ANSWERS,
            invariant="QueueSoundness",
            means="A topic is listed and has no route: none of the brokers whose queues it has is known.",
            do="If the topic is not used any more, `mqadmin deleteTopic` it; if it is, start the brokers that have it.",
        ),
        Kind(
            slug="mapping-left-over",
            reads=Reads.ANSWERS,
            invariant="NothingLeftOver",
            means="A route has the static-topic mapping of a broker that is gone: clients map logical queues onto it.",
            do="If {broker} is gone for good, remap the static topic (`mqadmin remapStaticTopic`).",
        ),
        Kind(
            slug="route-not-live",
            reads=Reads.LIVENESS,
            invariant="RouteSoundness",
            means="A route shows an address that is not live, and that no scan or close will remove: clients are sent there.",
            do="See whether the broker {broker} runs. If it does, its next registration puts it right.",
        ),
        Kind(
            slug="live-nowhere",
            reads=Reads.LIVENESS,
            invariant="LiveIsStanding",
            means="An address is kept alive and stands nowhere: it is told that nothing changed, and no client finds it.",
            do="Look whether another broker has taken the place (brokerName and brokerId) of the one at {broker}.",
        ),
        Kind(
            slug="broker-missing",
            reads=Reads.SET,
            means="A broker is registered at some NameServers and not at others: which clients find it depends on whom "
            "they ask.",
            do="See that the namesrvAddr of {broker} names {where}, and look into its log for what that NameServer answers it.",
        ),
        Kind(
            slug="place-differs",
            reads=Reads.SET,
            means="The same name and id is another address at another NameServer: two brokers quarrel for one place.",
            do="Two brokers have the brokerName and brokerId of {broker}: give one of them another brokerId, or shut it down.",
        ),
        Kind(
            slug="flags-differ",
            reads=Reads.SET,
            means="enableActingMaster or the zone of a broker name differ: clients see a slave acting for its master at "
            "one NameServer only.",
            do="Set enableSlaveActingMaster and zoneName alike in all brokers called {broker}.",
        ),
        Kind(
            slug="topics-differ",
            reads=Reads.SET,
            means="A broker has a topic at some NameServers and not at others: which clients find it depends on whom they ask.",
            do="Ask {broker} which topics it has (`mqadmin topicList`, `mqadmin updateTopic` to have it say so again): "
            "either {where} has "
            "missed a registration, or {others} kept topics that the broker does not have any more.",
        ),
        Kind(
            slug="queues-differ",
            reads=Reads.SET,
            means="A topic's queue numbers or permission at a broker differ between NameServers: clients spread their "
            "messages differently.",
            do="If somebody wiped the write permission of {broker}, do so, or take it back (`mqadmin addWritePerm`), at "
            "every NameServer; "
            "otherwise have the broker register again.",
        ),
        Kind(
            slug="mapping-differs",
            reads=Reads.SET,
            means="The mapping of a static topic at a broker differs between NameServers: clients ask the wrong broker "
            "for a queue.",
            do="Have {broker} register again; if it stays, remap the static topic (`mqadmin remapStaticTopic`).",
        ),
        Kind(
            slug="filters-differ",
            reads=Reads.SET,
            means="The filter servers of an address differ between NameServers.",
            do="Have {broker} register again.",
        ),
        Kind(
            slug="order-config-differs",
            reads=Reads.SET,
            means="The order configuration of a topic differs between NameServers: ordered messages are spread differently.",
            do="Set it at every NameServer (`mqadmin updateOrderConf` with all of them in -n), and orderMessageEnable "
            "alike in all.",
        ),
        Kind(
            slug="version-differs",
            reads=Reads.SET_VERSIONS,
            means="NameServers hold different DataVersions of one broker: one of them has missed or refused a registration.",
            do="Look into the log of {broker} for what the NameServers answer it.",
        ),
        Kind(
            slug="same-version-other-topics",
            reads=Reads.SET_VERSIONS,
            invariant="VersionCoherence",
            means="NameServers hold the same DataVersion of a broker and different topics: one that asks first "
            "(forceRegister=false) is "
            "told that nothing changed, and never repairs it.",
            do="Change any topic of {broker} (`mqadmin updateTopic`), so that its DataVersion grows.",
        ),
    )
}

NOT_READABLE: Final = {
    "RouteSoundness": "with --data-versions: whether an address is live is in no route",
    "LiveIsStanding": "with --data-versions, of addresses that another NameServer or an earlier snapshot has shown",
    "VersionCoherence": "with --data-versions, of a set: that one version goes with different topics",
    "NothingLeftOver": "of mappings; of filter servers nothing is shown once their broker stands nowhere",
    "AcknowledgedEffect": "not of one NameServer, which does not say whom it has promised what; in a set it shows as a "
    "difference",
    "TopicsAreSaid": "not of one NameServer: only the broker knows its topics; in a set it shows as a difference",
    "WipedIsReadOnly": "not of one NameServer: nothing shows that a name was wiped; in a set its queues may differ",
    "HandGivesWay": "of a step, not of a state; in a set it shows as a difference",
    "VersionMonotonicity": "of a step, not of a state; in a set it may show as a difference",
    "SkipSafety": "not: it is about what a registration would change",
    "LiveIsConnected": "not: connections are not shown; the address expires after 120 s",
    "AtomicRefusal": "of a step, not of a state; what is left of a refused registration shows as ClusterAgreement",
}
"""What can be said of the invariants that answers do not show, or not all of: the others are read off them."""
