"""Mutations of 4.9.7, above all where it is built in another way than 5.x: by address alone, at once, and under one lock."""

from typing import Final

from bench.mutants.administering import BY_HAND, KV, WIRE
from bench.mutants.mutation import Mutation
from bench.mutants.registering import DATA_VERSION, PROCESSOR, REGISTRATION, ROUTES

REGISTER: Final = "public RegisterBrokerResult registerBroker"
UNREGISTER: Final = "public void unregisterBroker"
REMOVE_TOPICS: Final = "private void removeTopicByBrokerName"
CLOSED: Final = "public void onChannelDestroy(String remoteAddr"
PICK_UP: Final = "public TopicRouteData pickupTopicRouteData"
OPERATE: Final = "private int operateWritePermOfBroker(final"
QUERY: Final = "public RemotingCommand queryBrokerTopicConfig"
ROUTE_ANSWER: Final = "public RemotingCommand getRouteInfoByTopic"
REGISTER_ANSWER: Final = "public RemotingCommand registerBrokerWithFilterServer"

ALIKE: Final = frozenset(
    {
        "registration/wrong-queue-count",
        "data-version/unknown-is-unchanged",
        "data-version/counter-only",
        "by-hand/empty-topic-stays",
        "kv/first-value-stays",
        "wire/crc-not-looked-at",
    }
)
"""Where the two releases read the same."""

MUTATIONS_4_9_7: Final = (
    *(each for each in (*REGISTRATION, *DATA_VERSION, *BY_HAND, *KV, *WIRE) if each.slug in ALIKE),
    Mutation(
        "registration/cluster-without-broker", ROUTES, REGISTER,
        "brokerNames.add(brokerName);", "",
        "A registered broker is missing in its cluster.",
    ),
    Mutation(
        "registration/address-under-two-ids", ROUTES, REGISTER,
        "it.remove();", "",
        "A slave that becomes master stays in the route as slave too.",
    ),
    Mutation(
        "registration/address-not-replaced", ROUTES, REGISTER,
        ".put(brokerId, brokerAddr)", ".putIfAbsent(brokerId, brokerAddr)",
        "A broker that comes back at another address keeps the old one in the route.",
    ),
    Mutation(
        "registration/first-of-an-id-not-noticed", ROUTES, REGISTER,
        "registerFirst = registerFirst || (null == oldAddr);", "",
        "Topics that came with a version already seen at this address are dropped.",
    ),
    Mutation(
        "registration/always-first", ROUTES, REGISTER,
        "registerFirst = registerFirst || (null == oldAddr);", "registerFirst = true;",
        "Topics are taken although their version is the stored one.",
    ),
    Mutation(
        "registration/slaves-publish", ROUTES, REGISTER,
        "&& MixAll.MASTER_ID == brokerId) {", "&& brokerId >= 0) {",
        "Every slave's topics overwrite its master's.",
    ),
    Mutation(
        "registration/ha-address-forgotten", ROUTES, REGISTER,
        "haServerAddr));", "null));",
        "Slaves are not told where to replicate from.",
    ),
    Mutation(
        "registration/filter-servers-stay", ROUTES, REGISTER,
        "this.filterServerTable.remove(brokerAddr);", "",
        "Filter servers that a broker gave up stay in routes.",
    ),
    Mutation(
        "registration/master-told-of-itself", ROUTES, REGISTER,
        "if (MixAll.MASTER_ID != brokerId)", "if (MixAll.MASTER_ID == brokerId)",
        "The answer with the master's address goes to the master and not to slaves.",
    ),
    Mutation(
        "registration/topic-only-added", ROUTES, "private void createAndUpdateQueueData",
        "QueueData old = queueDataMap.put(", "QueueData old = queueDataMap.putIfAbsent(",
        "A topic that changes keeps its first configuration.",
    ),
    Mutation(
        "data-version/changed-inverted", PROCESSOR, QUERY,
        "responseHeader.setChanged(changed);", "responseHeader.setChanged(!changed);",
        "Brokers register when nothing has changed, and not when something has.",
    ),
    Mutation(
        "data-version/echoed", PROCESSOR, QUERY,
        "nameSeverDataVersion.encode()", "dataVersion.encode()",
        "A broker gets its own version as the stored one.",
    ),
    Mutation(
        "unregistration/stays-live", ROUTES, UNREGISTER,
        "this.brokerLiveTable.remove(brokerAddr)", "this.brokerLiveTable.get(brokerAddr)",
        "A broker that has left is told that its version is known, and does not register again.",
    ),
    Mutation(
        "unregistration/by-address", ROUTES, UNREGISTER,
        "String addr = brokerData.getBrokerAddrs().remove(brokerId);",
        "String addr = brokerData.getBrokerAddrs().remove(brokerId, brokerAddr) ? brokerAddr : null;",
        "Not what this release does: it goes by the id alone, whoever holds it.",
    ),
    Mutation(
        "unregistration/name-stays", ROUTES, UNREGISTER,
        "this.brokerAddrTable.remove(brokerName);", "",
        "A broker name without addresses stays in the cluster info.",
    ),
    Mutation(
        "unregistration/empty-cluster-stays", ROUTES, UNREGISTER,
        "this.clusterAddrTable.remove(clusterName);", "",
        "A cluster without brokers stays.",
    ),
    Mutation(
        "unregistration/topics-stay", ROUTES, UNREGISTER,
        "this.removeTopicByBrokerName(brokerName);", "",
        "Topics name brokers that have left.",
    ),
    Mutation(
        "unregistration/empty-topic-stays", ROUTES, REMOVE_TOPICS,
        "queueDataMap.size() == 0", "queueDataMap.size() < 0",
        "A topic without queues stays in the list of topics.",
    ),
    Mutation(
        "close/not-noticed", "routeinfo/BrokerHousekeepingService", "onChannelClose",
        "onChannelDestroy(remoteAddr, channel)", "onChannelDestroy(remoteAddr, null)",
        "A crashed broker stays until it expires.",
    ),
    Mutation(
        "close/stays-live", ROUTES, CLOSED,
        "this.brokerLiveTable.remove(brokerAddrFound);", "",
        "A crashed broker is told that its version is known, and does not register again.",
    ),
    Mutation(
        "close/whole-group-leaves", ROUTES, CLOSED,
        "if (brokerData.getBrokerAddrs().isEmpty())", "if (brokerNameFound != null)",
        "One of a group crashes, and all of it is taken out.",
    ),
    Mutation(
        "close/topics-stay", ROUTES, CLOSED,
        "QueueData old = queueDataMap.remove(finalBrokerNameFound);",
        "QueueData old = queueDataMap.get(finalBrokerNameFound);",
        "Topics name brokers that have crashed.",
    ),
    Mutation(
        "close/empty-cluster-stays", ROUTES, CLOSED,
        "if (brokerNames.isEmpty())", "if (!brokerNames.isEmpty())",
        "A cluster whose brokers have crashed stays, one that still has some goes.",
    ),
    Mutation(
        "close/filter-servers-stay", ROUTES, CLOSED,
        "this.filterServerTable.remove(brokerAddrFound);", "",
        "The filter servers of a crashed broker come back with it.",
    ),
    Mutation(
        "routes/filter-servers-null", ROUTES, PICK_UP,
        "if (filterServerList != null)", "",
        "Not what this release does: brokers without filter servers have null.",
        excluded="equivalent: fastjson leaves out a key whose value is null",
    ),
    Mutation(
        "routes/unquoted-keys", PROCESSOR, ROUTE_ANSWER,
        "V4_9_4.ordinal() ||", "V4_9_4.ordinal() &&",
        "Clients that can't read unquoted keys get them.",
    ),
    Mutation(
        "routes/wrong-code", PROCESSOR, ROUTE_ANSWER,
        "ResponseCode.TOPIC_NOT_EXIST", "ResponseCode.SYSTEM_ERROR",
        "Producers take a topic that is not there for an error, and don't create it.",
    ),
    Mutation(
        "by-hand/wrong-perm-wiped", ROUTES, OPERATE,
        "perm &= ~PermName.PERM_WRITE", "perm &= ~PermName.PERM_READ",
        "Consumers are cut off instead of producers.",
    ),
    Mutation(
        "wire/unknown-request-answered", PROCESSOR, "public RemotingCommand processRequest",
        "return null;",
        'return RemotingCommand.createResponseCommand(3, "");',
        "Not what this release does: it does not answer a code that it does not know.",
    ),
    Mutation(
        "wire/order-config-withheld", PROCESSOR, REGISTER_ANSWER,
        "response.setBody(jsonValue);", "",
        "Brokers don't learn of ordered topics.",
    ),
)  # fmt: skip
